"""Many timers on one event loop, with one handle of asyncio's."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Protocol

from ._safe_logger import get_logger
from ._timer_queue import TimerQueue

__all__ = ["CoalescedTimers", "TimerListener"]

_logger = get_logger(__name__)

# A handle that is called so many seconds late shows that the event loop was blocked.
_LATE = 0.05


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
