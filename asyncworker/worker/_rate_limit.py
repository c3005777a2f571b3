"""Decide when the next start is due so that there are no more than so many per second."""

from __future__ import annotations

import asyncio
import math
from collections import deque

__all__ = ["RateLimit", "PollRateLimiter"]


class RateLimit:
    """Permits that come at an even pace; none are saved up for later."""

    __slots__ = ("_next_at", "spacing")

    def __init__(self, per_second: float) -> None:
        if not per_second > 0:
            raise ValueError(f"a rate must be above zero, got {per_second!r} per second")
        #: Seconds between two permits.
        self.spacing = 1 / per_second
        self._next_at = 0.0

    def __repr__(self) -> str:
        return f"<RateLimit [{1 / self.spacing:g} per second]>"

    def next_wait(self, now: float) -> float:
        """Answer how many seconds after *now* the next permit may be used, without taking it."""
        return max(0.0, self._next_at - now)

    def take(self, now: float) -> float:
        """Take the next permit; return how many seconds after *now* it may be used."""
        due = max(now, self._next_at)
        self._next_at = due + self.spacing
        return due - now

    def give_back(self) -> None:
        """Return a permit that was not used, so that an empty poll costs nothing."""
        self._next_at -= self.spacing

    def used(self, now: float) -> None:
        """Learn that a permit was used only now, so that the next one keeps its distance from that."""
        self._next_at = max(self._next_at, now + self.spacing)


class PollRateLimiter:
    """Lets polls through at the pace of a rate limit, in the order of their coming.

    A permit is taken before the poll, not after it: by then the attempt's time runs. So a permit may lie in an open
    poll for a while, and all that lie there may be used at the same moment. That is why no more polls are let through
    at a time than the permits of one second: the starts of any *T* seconds are at most ``rate × (T + 1) + 2``. Up to
    one per second only one poll is open, and no two starts are closer than ``1 / rate`` seconds.

    A permit that an empty poll gives back moves everybody who waits forward, and nobody past another.
    """

    __slots__ = ("_inside", "_limit", "_room", "_timer", "_waiting")

    def __init__(self, per_second: float) -> None:
        self._limit = RateLimit(per_second)
        self._room = math.ceil(per_second)
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<PollRateLimiter [{self._limit}, {self._inside} inside, {len(self._waiting)} waiting]>"

    async def enter(self) -> None:
        """Wait for a permit; then :meth:`leave` must follow. Cancelling is safe: no permit is lost."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(has_started=False)
            elif turn in self._waiting:
                self._waiting.remove(turn)
                self._serve()
            raise

    def leave(self, *, has_started: bool) -> None:
        """Say what became of a permit: an activity has started, or none, and the next may have it."""
        self._inside -= 1
        if not has_started:
            self._limit.give_back()
        elif self._room == 1:
            self._limit.used(asyncio.get_running_loop().time())
        self._serve()

    def _serve(self) -> None:
        """Let in whoever is due, and come back for the next: one timer for all who wait."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        while self._waiting and self._inside < self._room:
            now = loop.time()
            if wait := self._limit.next_wait(now):
                self._timer = loop.call_later(wait, self._serve)
                return
            turn = self._waiting.popleft()
            if not turn.done():
                self._limit.take(now)
                self._inside += 1
                turn.set_result(None)
