"""A queue of timers, ordered by their times.

Theory of operation
-------------------
Ten thousand activities have ten thousand heartbeats to send, as many deadlines to watch, and calls in flight with a
deadline each. Nearly all of these timers are cancelled before they are due. With asyncio's own timers each would have a
handle, and a place in a heap that compares in Python.

Here the heap holds times, which are plain floats, and each time has its listeners. A listener that is removed is
forgotten at once; a time that has none left stays in the heap until there are too many of its kind.

A timer that may be a little late has its time rounded up (see :func:`coalesce`), so that it shares it with others. What
is done for many listeners in one turn of the event loop, heartbeats above all, is far cheaper than a turn for each.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import Generic, TypeVar

__all__ = ["TimerQueue", "coalesce"]

L = TypeVar("L")

# With fewer times in the heap, removing the unused ones saves nothing worth the time.
_MIN_SWEEP = 256


def coalesce(when: float, slack: float) -> float:
    """Return the first time not before *when* that other timers with the same *slack*, in seconds, are rounded to."""
    try:
        return max(when, math.ceil(when / slack) * slack)
    except OverflowError:
        # Infinity is the same for all.
        return when


class TimerQueue(Generic[L]):
    """Listeners by the time at which they are due, in seconds on any clock; told apart by identity and hash."""

    __slots__ = ("_heap", "_listeners", "_sweep_at")

    def __init__(self) -> None:
        self._listeners: dict[float, dict[L, None]] = {}
        self._heap: list[float] = []
        self._sweep_at = _MIN_SWEEP

    def __repr__(self) -> str:
        return f"<TimerQueue [{len(self)} timers at {len(self._listeners)} times]>"

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    def add(self, when: float, listener: L) -> bool:
        """Add *listener* at *when*; return whether that is a new time, and the first of all."""
        listeners = self._listeners.get(when)
        if listeners is not None:
            listeners[listener] = None
            return False
        self._listeners[when] = {listener: None}
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        else:
            heappush(self._heap, when)
        return self._heap[0] == when

    def discard(self, when: float, listener: L) -> None:
        """Remove *listener* from *when*, if it is there."""
        listeners = self._listeners.get(when)
        if listeners is None:
            return
        listeners.pop(listener, None)
        if not listeners:
            del self._listeners[when]

    def pop_due(self, now: float) -> list[L]:
        """Remove the listeners that are due at *now* and return them: by time, and in the order of adding."""
        due: list[L] = []
        while self._heap and (self._heap[0] <= now or self._heap[0] not in self._listeners):
            due += self._listeners.pop(heappop(self._heap), ())
        return due

    @property
    def next_at(self) -> float | None:
        """The next time: no later than the first that has a listener, and after :meth:`pop_due` just that."""
        return self._heap[0] if self._heap else None

    def _sweep(self) -> None:
        self._heap = sorted(self._listeners)
        self._sweep_at = max(_MIN_SWEEP, 2 * len(self._heap))
