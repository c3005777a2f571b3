"""Remember who waits for which moment.

Theory of operation
-------------------
Ten thousand activities have ten thousand heartbeats to send, as many time limits to watch, and calls in flight with a
deadline each. Nearly everything that is waited for here is given up before its time comes. With asyncio's own timers
each would have a handle, and a place in a heap that compares in Python.

Here the heap holds moments, which are plain floats, and each moment has those who wait for it. Whoever gives up is
forgotten at once; a moment that nobody waits for any more stays in the heap until there are too many of its kind.

Whoever does not mind being a little late rounds its moment up (see :func:`about`), and so shares it with others. What
is done for many in one turn of the event loop, heartbeats above all, is far cheaper than a turn of its own for each.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import Generic, TypeVar

__all__ = ["TimerQueue", "about"]

W = TypeVar("W")

# Under this throwing out saves nothing worth the time.
_MIN_SWEEP = 256


def about(when: float, slack: float) -> float:
    """The first moment not before *when* that others with the same *slack*, in seconds, will choose as well."""
    try:
        return max(when, math.ceil(when / slack) * slack)
    except OverflowError:
        # Never: all of these choose the same as it is.
        return when


class TimerQueue(Generic[W]):
    """Who waits for which moment, in seconds on whatever clock; those who wait are told apart by identity and hash."""

    __slots__ = ("_heap", "_sweep_at", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[float, dict[W, None]] = {}
        self._heap: list[float] = []
        self._sweep_at = _MIN_SWEEP

    def __repr__(self) -> str:
        return f"<TimerQueue [{len(self)} wait for {len(self._waiting)}]>"

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def add(self, when: float, who: W) -> bool:
        """Let *who* wait for *when*; ``True`` if no other moment comes before and nobody has waited for this one."""
        waiting = self._waiting.get(when)
        if waiting is not None:
            waiting[who] = None
            return False
        self._waiting[when] = {who: None}
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        else:
            heappush(self._heap, when)
        return self._heap[0] == when

    def discard(self, when: float, who: W) -> None:
        """Let *who* no longer wait for *when*, if it does."""
        waiting = self._waiting.get(when)
        if waiting is None:
            return
        waiting.pop(who, None)
        if not waiting:
            del self._waiting[when]

    def take(self, now: float) -> list[W]:
        """Take out those whose moment has come: by moments, and for the same one in the order in which they came."""
        taken: list[W] = []
        while self._heap and (self._heap[0] <= now or self._heap[0] not in self._waiting):
            taken += self._waiting.pop(heappop(self._heap), ())
        return taken

    @property
    def next(self) -> float | None:
        """The next moment: no later than the first that anybody waits for, and after :meth:`take` just that."""
        return self._heap[0] if self._heap else None

    def _sweep(self) -> None:
        self._heap = sorted(self._waiting)
        self._sweep_at = max(_MIN_SWEEP, 2 * len(self._heap))
