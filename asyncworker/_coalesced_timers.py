"""Many timers on one event loop, with one handle of asyncio's.

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

import asyncio
import contextvars
import math
from heapq import heappop, heappush
from typing import Generic, Protocol, TypeVar

from ._safe_logger import get_logger

__all__ = ["CoalescedTimers", "TimerListener", "TimerQueue", "coalesce"]

_logger = get_logger(__name__)

# A handle that is called so many seconds late shows that the event loop was blocked.
_LATE = 0.05
# With fewer times in the heap, removing the unused ones saves nothing worth the time.
_MIN_SWEEP = 256

L = TypeVar("L")


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


class TimerListener(Protocol):
    """What a timer calls; it has a hash of its own."""

    def on_timer(self) -> None:
        """Handle that the timer is due."""


class CoalescedTimers:
    """Timers that call their listeners in an empty context.

    After the event loop was blocked there may be responses, arrived in time, that are not read yet; it takes more than
    one turn of the loop to read them, and uvloop even handles timers first. So that no call fails while its response is
    there, all timers are then postponed once, by as much as makes a loop late.
    """

    __slots__ = ("_due_at", "_handle", "_is_postponed", "_loop", "_queue")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: TimerQueue[TimerListener] = TimerQueue()
        self._handle: asyncio.TimerHandle | None = None
        # uvloop's handle for what is due at once does not know when it is due.
        self._due_at = 0.0
        self._is_postponed = False

    def __repr__(self) -> str:
        return f"<CoalescedTimers [{len(self._queue)} set]>"

    def set(self, when: float, listener: TimerListener) -> None:
        """Call *listener* at *when*, or soon if that is past; once, however often it is set for that time."""
        if self._queue.add(when, listener):
            self._schedule(when)

    def cancel(self, when: float, listener: TimerListener) -> None:
        """Cancel the timer of *listener* at *when*, if there is one.

        While the listeners of the same time are being called it is too late for that.
        """
        self._queue.discard(when, listener)

    def close(self) -> None:
        """Cancel all timers."""
        self._queue = TimerQueue()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _schedule(self, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._due_at = when
        # An empty context: what the first listener's holds must not live as long as the handle.
        self._handle = self._loop.call_at(when, self._call_listeners, context=contextvars.Context())

    def _call_listeners(self) -> None:
        # The loop may be early by its clock's resolution.
        now = max(self._loop.time(), self._due_at)
        self._is_postponed = not self._is_postponed and now > self._due_at + _LATE
        if self._is_postponed:
            self._schedule(now + _LATE)
            return
        for listener in self._queue.pop_due(now):
            try:
                listener.on_timer()
            except Exception:
                _logger.exception("%r failed on its timer", listener)
        next_at = self._queue.next_at
        if next_at is not None:
            self._schedule(next_at)
