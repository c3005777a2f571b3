"""Rate limits: so many starts per second at an even pace, for one activity and for the polls of a worker."""

from __future__ import annotations

import asyncio
import math

from .slots._wait_queue import WaitQueue

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
        """Return how many seconds after *now* the next permit may be used, without taking it."""
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
        """Record that a permit was used only now, so that the next one keeps its distance from that."""
        self._next_at = max(self._next_at, now + self.spacing)


class PollRateLimiter:
    """Permits for polls at the pace of a rate limit, first come, first served.

    A permit is acquired before the poll, not after it: by then the attempt's time runs. So a permit may lie in an open
    poll for a while, and all that lie there may be used at the same moment. That is why no more polls have one at a
    time than the permits of one second: the starts of any *T* seconds are at most ``rate × (T + 1) + 2``. Up to one
    per second only one poll is open, and no two starts are closer than ``1 / rate`` seconds.

    A permit that an empty poll gives back moves all waiting polls forward, and none past another.
    """

    __slots__ = ("_issued", "_limit", "_most", "_waiting")

    def __init__(self, per_second: float) -> None:
        self._limit = RateLimit(per_second)
        self._most = math.ceil(per_second)
        self._issued = 0
        self._waiting = WaitQueue(self._next_wait, self._grant, lambda: self.release(used=False))

    def __repr__(self) -> str:
        return f"<PollRateLimiter [{self._limit}, {self._issued} issued, {len(self._waiting)} waiting]>"

    async def acquire(self) -> None:
        """Wait for a permit; :meth:`release` must follow. Cancelling is safe: no permit is lost."""
        await self._waiting.wait()

    def release(self, *, used: bool) -> None:
        """Release a permit: *used* by an activity that has started, or for the next poll to use."""
        self._issued -= 1
        if not used:
            self._limit.give_back()
        elif self._most == 1:
            self._limit.used(asyncio.get_running_loop().time())
        self._waiting.serve()

    def _next_wait(self) -> float:
        # A permit that is released ends an infinite wait.
        return math.inf if self._issued >= self._most else self._limit.next_wait(asyncio.get_running_loop().time())

    def _grant(self) -> None:
        self._limit.take(asyncio.get_running_loop().time())
        self._issued += 1
