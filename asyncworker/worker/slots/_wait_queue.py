"""Let tasks wait in line for permits that come with time, or are given back."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

__all__ = ["WaitQueue"]


class WaitQueue:
    """Tasks that wait for a permit each, first come, first served; one timer for all of them.

    Cancelling one that waits loses no permit: one that was granted in the same moment is given back.

    Args:
        next_wait: Decides how many seconds to wait until the next permit may be granted: 0 is now, infinity is not
            before :meth:`serve` is called again.
        grant: Takes the next permit.
        give_back: Gives a permit back that was granted to a task which is cancelled, and calls :meth:`serve`.
    """

    __slots__ = ("_give_back", "_grant", "_next_wait", "_timer", "_waiting")

    def __init__(
        self, next_wait: Callable[[], float], grant: Callable[[], None], give_back: Callable[[], None]
    ) -> None:
        self._next_wait = next_wait
        self._grant = grant
        self._give_back = give_back
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<WaitQueue [{len(self)} waiting]>"

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self) -> None:
        """Wait for a permit. Cancelling is safe."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self.serve()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()
            elif turn in self._waiting:
                self._waiting.remove(turn)
                self.serve()
            raise

    def serve(self) -> None:
        """Grant the permits that are due, and come back when the next one is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            wait = self._next_wait()
            if wait == math.inf:
                return
            if wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self.serve)
                return
            turn = self._waiting.popleft()
            if not turn.done():
                self._grant()
                turn.set_result(None)
