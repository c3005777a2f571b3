"""Another clock for a loop whose inner life is not Python's, as uvloop's is not.

The loop's own timers go by its own clock, so that they are kept here. That it has nothing left to do shows in that
nothing was scheduled in several of its turns.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import os
import socket
import stat
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from pathlib import Path
from typing import Any

from ._waits import waits_for_events

__all__ = ["ForeignLoopDriver"]

# Turns of the loop without anything new, after which it has nothing to do.
_QUIET_TURNS = 4
# Seconds between two looks while time passes as it does outside.
_PAUSE = 0.002
_REPLACED = ("call_soon", "call_soon_threadsafe", "call_later", "call_at", "_timer_handle_cancelled")


class ForeignLoopDriver:
    """Drives a loop by replacing the methods by which all else schedules what it does.

    Args:
        loop: The running loop.
        real_time: Its own clock.
        read: The new clock.
        idle: See :data:`.Idle`.
        awake: Called when an event has come from outside.
    """

    def __init__(
        self,
        loop: Any,
        real_time: Callable[[], float],
        read: Callable[[], float],
        idle: Callable[[float | None, Callable[[], bool]], float | None],
        awake: Callable[[], None],
    ) -> None:
        self.real_time = real_time
        self._loop = loop
        self._read = read
        self._idle = idle
        self._awake = awake
        self._call_soon = loop.call_soon
        self._call_soon_threadsafe = loop.call_soon_threadsafe
        self._call_later = loop.call_later
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._numbers = itertools.count()
        # What was scheduled so far, and at the last look.
        self._scheduled = 0
        self._seen = -1
        self._quiet_turns = 0
        self._waits_until: float | None = None
        self._is_closed = False
        loop.call_soon = self._counted_call_soon
        loop.call_soon_threadsafe = self._counted_call_soon_threadsafe
        loop.call_later = self._virtual_call_later
        loop.call_at = self._virtual_call_at
        loop._timer_handle_cancelled = lambda _: None
        self._look_again()

    def close(self) -> None:
        """Give the loop its own methods back, and the timers that are left."""
        self._is_closed = True
        for name in _REPLACED:
            delattr(self._loop, name)
        now = self._read()
        for when, _, timer in self._timers:
            if not timer.cancelled():
                self._call_later(max(0.0, when - now), _run, timer)

    # In the loop's place

    def _counted_call_soon(self, *args: Any, **kwargs: Any) -> Any:
        self._scheduled += 1
        return self._call_soon(*args, **kwargs)

    def _counted_call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> Any:
        self._scheduled += 1
        return self._call_soon_threadsafe(*args, **kwargs)

    def _virtual_call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        return self._virtual_call_at(self._read() + delay, callback, *args, context=context)

    def _virtual_call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self._loop, context)
        heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    # Looking

    def _look_again(self, seconds: float = 0.0) -> None:
        if seconds:
            self._call_later(seconds, self._look)
        else:
            self._call_soon(self._look)

    def _look(self) -> None:
        if self._is_closed:
            return
        self._run_due()
        if self._scheduled != self._seen:
            self._seen, self._quiet_turns = self._scheduled, 0
            if self._waits_until is not None:
                self._waits_until = None
                self._awake()
        else:
            self._quiet_turns += 1
        if self._quiet_turns < _QUIET_TURNS:
            self._look_again()
        elif self._waits_until is not None and self.real_time() < self._waits_until:
            self._look_again(_PAUSE)
        else:
            self._move_on()

    def _move_on(self) -> None:
        self._quiet_turns, self._waits_until = 0, None
        next_at = self._next_at()
        wait = self._idle(next_at, self._has_connections)
        self._run_due()
        if wait == 0:
            self._look_again()
            return
        self._quiet_turns = _QUIET_TURNS
        # In real time the loop may be told of anything at any time.
        self._waits_until = float("inf") if wait is None else self.real_time() + wait
        self._look_again(_PAUSE)

    def _next_at(self) -> float | None:
        while self._timers and self._timers[0][2].cancelled():
            heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _run_due(self) -> None:
        now = self._read()
        while (next_at := self._next_at()) is not None and next_at <= now:
            timer = heappop(self._timers)[2]
            self._counted_call_soon(_run, timer)

    def _has_connections(self) -> bool:
        return waits_for_events(self._loop) and any(map(_is_connection, self._descriptors()))

    def _descriptors(self) -> Iterable[int]:
        """Return what the loop waits for, where that is to be seen; elsewhere all that the process has."""
        try:
            watched = Path(f"/proc/self/fdinfo/{self._loop._get_backend_id()}").read_text(encoding="ascii")
        except (AttributeError, OSError):
            return [int(it.name) for it in Path("/dev/fd").iterdir()]
        return [int(line.split()[1]) for line in watched.splitlines() if line.startswith("tfd:")]


def _run(timer: asyncio.TimerHandle) -> None:
    if not timer.cancelled():
        timer._run()


def _is_connection(fd: int) -> bool:
    """Whether it is a socket that leads out of the process, or to a part of it by a name."""
    try:
        if not stat.S_ISSOCK(os.fstat(fd).st_mode):
            return False
        with socket.socket(fileno=os.dup(fd)) as copy:
            if copy.family == getattr(socket, "AF_UNIX", None):
                return bool(copy.getsockname() or copy.getpeername())
            return not copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        # It has gone meanwhile, or is a pair without names, as a loop has for itself.
        return False
