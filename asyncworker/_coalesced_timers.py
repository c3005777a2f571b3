"""Wake many on one event loop with one timer."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Protocol

from ._safe_logger import get_logger
from ._timer_queue import TimerQueue

__all__ = ["CoalescedTimers", "TimerListener"]

_logger = get_logger(__name__)

# A timer that goes off so many seconds late says that the loop was blocked.
_LATE = 0.05


class TimerListener(Protocol):
    """Who can be woken; it has a hash of its own."""

    def on_alarm(self) -> None:
        """Learn that the moment has come."""


class CoalescedTimers:
    """Wakes whoever asks for it at a moment on the event loop's clock, in an empty context.

    After the loop was blocked there may be answers, come in time, that nobody has read yet; it takes more than one turn
    of the loop to read them, and uvloop even looks at timers first. So that nobody gives up for their sake, all alarms
    are then put off once by as much as makes a loop late.
    """

    __slots__ = ("_is_reprieved", "_loop", "_moments", "_rings_at", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._moments: TimerQueue[TimerListener] = TimerQueue()
        self._timer: asyncio.TimerHandle | None = None
        # uvloop's handle for what is due at once does not know when it is due.
        self._rings_at = 0.0
        self._is_reprieved = False

    def __repr__(self) -> str:
        return f"<CoalescedTimers [{len(self._moments)} set]>"

    def set(self, when: float, sleeper: TimerListener) -> None:
        """Wake *sleeper* at *when*, or soon if that is past; once, however often it was set for that moment."""
        if self._moments.add(when, sleeper):
            self._set_timer(when)

    def unset(self, when: float, sleeper: TimerListener) -> None:
        """Do not wake *sleeper* at *when*, if that was asked for.

        While those of the same moment are being woken it is too late for that.
        """
        self._moments.discard(when, sleeper)

    def close(self) -> None:
        """Wake nobody any more."""
        self._moments = TimerQueue()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = when
        # An empty context: what the first sleeper's holds must not live as long as the timer.
        self._timer = self._loop.call_at(when, self._ring, context=contextvars.Context())

    def _ring(self) -> None:
        # The loop may be early by its clock's resolution.
        now = max(self._loop.time(), self._rings_at)
        self._is_reprieved = not self._is_reprieved and now > self._rings_at + _LATE
        if self._is_reprieved:
            self._set_timer(now + _LATE)
            return
        for sleeper in self._moments.take(now):
            try:
                sleeper.on_alarm()
            except Exception:
                _logger.exception("%r failed on its alarm", sleeper)
        next_at = self._moments.next
        if next_at is not None:
            self._set_timer(next_at)
