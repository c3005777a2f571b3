"""VirtualTime: the clock of a test, which jumps to the next timer when nothing else is left to do.

Theory of operation
-------------------
Everything on an event loop reads one clock: the loop's. So that is what is replaced, for the length of a block. It
stands still while there is anything to do. When the loop is about to wait, :meth:`VirtualTime._idle` is asked, and
moves the clock to the next timer, unless something goes on whose end the loop cannot know: a thread, a connection, or a
block of :meth:`VirtualTime.real`. Then time passes as it does outside.

The clock never goes back: after the block it is ahead of the machine's, by as much as was jumped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from ..._arguments import check_seconds
from ..._safe_logger import get_logger
from ..._time import Seconds
from ._drivers import Driver, drive
from ._threads import BusyThreads

__all__ = ["NEVER", "DeadlockError", "VirtualTime"]

_logger = get_logger(__name__)

#: Seconds after which something is as good as never.
NEVER = 100 * 365 * 86_400.0
# Seconds of real time in which something that the loop does not know of may still bring an event.
_GRACE = 0.5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000


class DeadlockError(RuntimeError):
    """What a test waits for cannot happen: no code runs, and no timer is set."""


class VirtualTime:
    """The time of a test: it stands still while code runs, and jumps to the next timer when none does.

    It is that of everything on the event loop: ``asyncio.sleep``, ``asyncio.timeout``, anyio's scopes, the worker's and
    the server's timers. It is not that of ``time.time()``, ``datetime.now()`` and ``time.sleep()``, nor of other
    threads: while one of those works for the loop, or while a task waits for a connection, time passes as it does
    outside.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._driver: Driver | None = None
        self._threads: BusyThreads | None = None
        self._began_at = 0.0
        self._began_ns = 0
        self._now = 0.0
        # When time began to pass as it does outside, on the machine's clock; ``None`` while it stands.
        self._passes_since: float | None = None
        self._advancing = 0
        self._held = 0
        self._has_waited = False
        self._has_warned = False
        self._settling: list[asyncio.Future[None]] = []
        self._guards: list[_Guard] = []

    def __repr__(self) -> str:
        return f"<VirtualTime [{self.now:%Y-%m-%d %H:%M:%S}, {self.elapsed} elapsed]>"

    async def __aenter__(self) -> Self:
        if self._loop is not None:
            raise RuntimeError("this virtual time runs already")
        loop = asyncio.get_running_loop()
        threads = BusyThreads(loop)
        await threads.find()
        self._began_at = self._now = loop.time()
        self._began_ns = time.time_ns()
        self._passes_since = None
        self._driver = drive(loop, self._read, self._idle, self._awake)
        threads.watch()
        self._loop, self._threads = loop, threads
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._driver is not None
        assert self._threads is not None
        self._stand()
        self._threads.close()
        self._driver.close()
        self._loop = None

    # For tests

    @property
    def now(self) -> datetime:
        """The time, in UTC; that of the machine when the block began, and as far ahead of that as was jumped."""
        seconds, nanos = divmod(self.read(), _SECOND)
        return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1_000)

    @property
    def elapsed(self) -> timedelta:
        """How much time has passed since the block began."""
        return timedelta(seconds=self._read() - self._began_at)

    async def advance(self, span: Seconds) -> None:
        """Let time pass; return when all that was due until then has been done.

        Each timer until then goes off at its time. Time also jumps while a thread runs or a connection is open.

        Args:
            span: Seconds or a timedelta; 0 waits until there is nothing to do at the present time.

        Raises:
            ValueError: *span* is negative: time does not go back.
            RuntimeError: This is not within the block.

        Cancelling leaves time where it is by then.
        """
        seconds = check_seconds("span", span)
        if not seconds >= 0:
            raise ValueError(f"time does not go back: advance() takes seconds or a timedelta above zero, got {span!r}")
        loop = self._running()
        reached: asyncio.Future[None] = loop.create_future()
        timer = loop.call_at(self._read() + seconds, _resolve, reached)
        self._advancing += 1
        try:
            await reached
            self._settling.append(settled := loop.create_future())
            await settled
        finally:
            self._advancing -= 1
            timer.cancel()

    @contextmanager
    def real(self) -> Iterator[None]:
        """Let time pass as it does outside within the block, for what the event loop does not know of.

        Such as a thread of the test's own, or a process.

        Raises:
            RuntimeError: This is not within the block of virtual time.
        """
        self._running()
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    # For the kit

    def read(self) -> int:
        """Return the time in nanoseconds since 1970."""
        if self._loop is None:
            return time.time_ns()
        return self._began_ns + round((self._read() - self._began_at) * _SECOND)

    @contextmanager
    def raising_deadlocks(self, describe: Callable[[], str]) -> Iterator[None]:
        """Raise :exc:`DeadlockError` in the running task if nothing is left to happen.

        Args:
            describe: Returns the message: what is waited for, and why it does not come.
        """
        guard = _Guard(describe)
        self._guards.append(guard)
        try:
            yield
        except asyncio.CancelledError:
            if guard.is_ours():
                raise DeadlockError(guard.describe()) from None
            raise
        finally:
            self._guards.remove(guard)

    def end(self, why: str) -> None:
        """Fail what waits, as it could do so for ever."""
        for guard in self._guards:
            guard.describe = lambda: why
            guard.fire()

    # The loop's side

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("time is virtual within the `async with` block only")
        return self._loop

    def _read(self) -> float:
        if self._passes_since is None:
            return self._now
        assert self._driver is not None
        return self._now + self._driver.real_time() - self._passes_since

    def _stand(self) -> None:
        self._now = self._read()
        self._passes_since = None

    def _awake(self) -> None:
        """Take note of an event from outside."""
        self._has_waited = False

    def _idle(self, next_at: float | None, has_connections: Callable[[], bool]) -> float | None:
        """Move on, as nothing is left to do at the present time.

        Args:
            next_at: When the next timer is due.
            has_connections: Returns whether a task may wait for a connection.

        Returns:
            Seconds to wait for an event, in real time: 0 if time has moved on, ``None`` for as long as it takes.
        """
        if self._settling:
            settling, self._settling = self._settling, []
            for future in settling:
                _resolve(future)
            return 0.0
        if not self._advancing and (self._held or len(self._threads or ()) or has_connections()):
            return self._pass(next_at)
        self._stand()
        if next_at is not None and next_at - self._now < NEVER / 2:
            self._now = max(self._now, next_at)
            self._has_waited = False
            return 0.0
        if not self._has_waited:
            self._has_waited = True
            return _GRACE
        return self._end_deadlock()

    def _pass(self, next_at: float | None) -> float | None:
        """Let time pass as it does outside."""
        assert self._driver is not None
        if self._passes_since is None:
            self._passes_since = self._driver.real_time()
        return None if next_at is None else max(next_at - self._read(), 1e-4)

    def _end_deadlock(self) -> float | None:
        if self._guards:
            for guard in self._guards:
                guard.fire()
            return 0.0
        if not self._has_warned:
            self._has_warned = True
            _logger.warning("nothing is left to happen: no code runs and no timer is set, so that virtual time stands")
        return None


class _Guard:
    """A wait of the running task that is given up in a deadlock."""

    def __init__(self, describe: Callable[[], str]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.describe = describe
        self._task = task
        self._cancelling_before = task.cancelling()
        self._has_fired = False

    def fire(self) -> None:
        if not self._has_fired:
            self._has_fired = self._task.cancel()

    def is_ours(self) -> bool:
        """Take a cancellation back; return whether it came from here alone."""
        return self._has_fired and self._task.uncancel() <= self._cancelling_before


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
