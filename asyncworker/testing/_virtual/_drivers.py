"""How an event loop is made to read another clock, and to ask it before it waits."""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from ._foreign_loop import ForeignLoopDriver
from ._waits import waits_for_events

__all__ = ["Driver", "Idle", "drive"]

# What every selector takes, in seconds.
_LONGEST_WAIT = 3600.0
#: Is told when the next timer is due, and how to find out whether a connection may bring something; returns the seconds
#: to wait for that.
Idle: TypeAlias = Callable[[float | None, Callable[[], bool]], float | None]


class Driver(Protocol):
    """Drives one loop by another clock."""

    def real_time(self) -> float:
        """Return the time of the loop's own clock."""
        ...

    def close(self) -> None:
        """Give the loop its own clock back, ahead by as much as was jumped."""
        ...


def drive(loop: asyncio.AbstractEventLoop, read: Callable[[], float], idle: Idle, awake: Callable[[], None]) -> Driver:
    """Begin to drive *loop*.

    Args:
        loop: The running loop.
        read: Returns the time on the new clock.
        idle: Called when the loop has nothing to do.
        awake: Called when an event has come from outside.

    Raises:
        RuntimeError: It is in virtual time already, or cannot be.
    """
    if getattr(loop.time, "__func__", loop.time) is getattr(read, "__func__", read):
        raise RuntimeError(
            "the running event loop is in virtual time already: one block at a time (a second worker runs on the"
            " server of the first: TestWorker(other, temporal=t.temporal))"
        )
    if isinstance(loop, asyncio.BaseEventLoop) and hasattr(loop, "_selector"):
        return _AsyncioDriver(loop, read, idle, awake)
    try:
        return _OtherDriver(loop, read, idle, awake)
    except AttributeError:
        kind = f"{type(loop).__module__}.{type(loop).__qualname__}"
        raise RuntimeError(
            f"time cannot be virtual on {kind}, which allows no other clock: use asyncio's loop"
        ) from None


class _ShiftedClock:
    """A loop's own clock, ahead by so many seconds."""

    def __init__(self, own: Callable[[], float], ahead: float) -> None:
        self.own = own
        self._ahead = ahead

    def __call__(self) -> float:
        return self.own() + self._ahead


class _AsyncioDriver:
    """Drives a loop of asyncio's: it asks its selector whenever it has nothing to do."""

    def __init__(self, loop: Any, read: Callable[[], float], idle: Idle, awake: Callable[[], None]) -> None:
        self._loop = loop
        self._read = read
        self.real_time: Callable[[], float] = _own_clock(loop)
        self._selector = loop._selector
        loop.time = read
        loop._selector = _Selector(loop, loop._selector, idle, awake)

    def close(self) -> None:
        self._loop._selector = self._selector
        self._loop.time = _ShiftedClock(self.real_time, self._read() - self.real_time())


class _OtherDriver:
    """Drives a loop of another kind, as uvloop's."""

    def __init__(self, loop: Any, read: Callable[[], float], idle: Idle, awake: Callable[[], None]) -> None:
        self._loop = loop
        self._read = read
        self.real_time: Callable[[], float] = _own_clock(loop)
        own = loop.time
        loop.time = read
        try:
            self._driver = ForeignLoopDriver(loop, self.real_time, read, idle, awake)
        except AttributeError:
            loop.time = own
            raise

    def close(self) -> None:
        self._driver.close()
        self._loop.time = _ShiftedClock(self.real_time, self._read() - self.real_time())


def _own_clock(loop: asyncio.AbstractEventLoop) -> Callable[[], float]:
    clock = loop.time
    return clock.own if isinstance(clock, _ShiftedClock) else clock


class _Selector:
    """A loop's selector, which asks before it waits."""

    def __init__(self, loop: Any, inner: Any, idle: Idle, awake: Callable[[], None]) -> None:
        self._loop = loop
        self._inner = inner
        self._idle = idle
        self._awake = awake

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def select(self, timeout: float | None = None) -> Any:
        events = self._inner.select(0)
        if events or (timeout is not None and timeout <= 0):
            if events:
                self._awake()
            return events
        scheduled = self._loop._scheduled
        wait = self._idle(scheduled[0].when() if scheduled else None, self._has_connections)
        return events if wait == 0 else self._wait(wait)

    def _wait(self, seconds: float | None) -> Any:
        events = self._inner.select(None if seconds is None else min(seconds, _LONGEST_WAIT))
        if events:
            self._awake()
        return events

    def _has_connections(self) -> bool:
        """Whether there are connections on the loop, and a task that may wait for what they bring."""
        own = self._loop._ssock.fileno()
        foreign = (key for key in self._registered() if key.fd != own)
        return any(not _listens(key) for key in foreign) and waits_for_events(self._loop)

    def _registered(self) -> list[selectors.SelectorKey]:
        if not hasattr(self._inner, "get_map"):
            # Windows' proactor does not show what it waits for.
            return []
        found = self._inner.get_map()
        return list(found.values()) if len(found) > 1 else []


def _listens(key: selectors.SelectorKey) -> bool:
    """Whether it is a socket that only takes connections."""
    accepts = getattr(socket, "SO_ACCEPTCONN", None)
    if accepts is None:
        return False
    try:
        with socket.socket(fileno=socket.dup(key.fd)) as copy:
            return bool(copy.getsockopt(socket.SOL_SOCKET, accepts))
    except OSError:
        # A pipe, or a process.
        return False
