"""The default transport: unary calls on a pool of our own HTTP/2 connections."""

from __future__ import annotations

import asyncio

import anyio

from ..._coalesced_timers import CoalescedTimers, coalesce
from ..._safe_logger import get_logger
from ...exceptions import ClientClosedError, RPCError, RPCStatusCode
from .._callbacks import BackgroundTasks, report_failure, report_reply
from .._long_poll import LongPoll
from .._target import Target
from .._transport import Callbacks, Metadata
from ._call import Call, deadline_exceeded
from ._call_kinds import CallbackCall, PollCall, poll_not_sent
from ._connection import CLOSE_TIMEOUT, Connection, UnprocessedError
from ._pool import ConnectionPool, TransportStatistics

__all__ = ["Http2Transport", "TransportStatistics"]

_logger = get_logger(__name__)

# A call fails so many seconds after its deadline, or up to twice as many.
_SLACK = 0.01
# A call that the server has not acted on is sent again; a server that never acts on any is out of order.
_MAX_TRIES = 5


class Http2Transport:
    """Unary calls on our own HTTP/2 connections; connects at the first call.

    Calls that the server has not acted on are sent again on another connection, at once and unnoticed.

    Args:
        target: Where to.
        close_timeout: Seconds that a peer has to take what it was sent last, when a connection is closed.
    """

    def __init__(self, target: Target, *, close_timeout: float = CLOSE_TIMEOUT) -> None:
        self._target = target
        self._close_timeout = close_timeout
        self._has_one_connection = target.connections == 1
        self._tasks = BackgroundTasks()
        self._is_closed = False
        # Of the event loop of the first call.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: ConnectionPool | None = None
        self._timers: CoalescedTimers | None = None

    def __repr__(self) -> str:
        counts = self.statistics()
        is_connecting = self._pool is not None and self._pool.is_connecting
        state = "closed" if self._is_closed else "connecting" if is_connecting else f"{counts.connections} connections"
        return f"<Http2Transport to {self._target} [{state}, {counts.draining} draining, {counts.calls} calls]>"

    @property
    def target(self) -> Target:
        """Where its connections lead."""
        return self._target

    def statistics(self) -> TransportStatistics:
        """Count connections and calls. Of any thread."""
        if self._pool is None:
            return TransportStatistics(connections=0, draining=0, calls=0, opened=0)
        return self._pool.statistics()

    @property
    def load(self) -> float:
        """The share of the streams that is in use, above 1 where calls queue; 1 without a connection."""
        return 1.0 if self._pool is None else self._pool.load

    async def unary(self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()) -> bytes:
        """See :meth:`Transport.unary`."""
        loop = asyncio.get_running_loop()
        pool = self._pool if loop is self._loop and self._pool is not None else self._bind(loop)
        deadline = _deadline(timeout, loop.time())
        tries = 0
        while True:
            connection = self._free_connection()
            if connection is None:
                connection = await pool.acquire(deadline)
                timeout = _remaining(deadline, loop.time())
            call = Call(path, request, timeout, metadata, loop.create_future())
            expires_at = self._start(connection, call, deadline)
            try:
                response: bytes = await call.waiter
            except UnprocessedError as error:
                tries += 1
                if tries == _MAX_TRIES:
                    raise
                timeout = _remaining(deadline, loop.time())
                _logger.debug("Sending %s again: %s", path, error)
            except RPCError as error:
                if _is_too_late(error, deadline, loop.time()):
                    raise deadline_exceeded() from error
                raise
            else:
                return response
            finally:
                self._end(connection, call, expires_at)

    async def poll(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), long_poll: LongPoll
    ) -> bytes:
        """See :class:`.UnaryPoll`."""
        loop = asyncio.get_running_loop()
        pool = self._pool if loop is self._loop and self._pool is not None else self._bind(loop)
        long_poll.deadline = deadline = loop.time() + timeout
        tries = 0
        while True:
            connection = self._free_connection() or await pool.acquire(deadline)
            timeout = deadline - loop.time()
            if long_poll.is_given_up or timeout <= 0:
                raise poll_not_sent(pool.last_error)
            call = PollCall(self, connection, path, request, timeout, metadata, long_poll)
            call.expires_at = self._start(connection, call, deadline)
            long_poll.in_flight = call
            try:
                response: bytes = await call.outcome
            except UnprocessedError as error:
                tries += 1
                if tries == _MAX_TRIES:
                    raise
                _logger.debug("Sending %s again: %s", path, error)
            except RPCError as error:
                if _is_too_late(error, deadline, loop.time()):
                    raise deadline_exceeded() from error
                raise
            else:
                return response
            finally:
                long_poll.in_flight = None
                self._end(connection, call, call.expires_at)

    def unary_nowait(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        callbacks: Callbacks[bytes],
    ) -> None:
        """See :class:`.UnaryNowait`.

        On a connection that is open this takes no task, no coroutine and no future, which is a third of a call.
        """
        connection = self._free_connection()
        if connection is not None and self._loop is not None and (timeout is None or timeout > 0):
            call = CallbackCall(self, connection, path, request, timeout, metadata, callbacks)
            try:
                call.expires_at = self._start(connection, call, _deadline(timeout, self._loop.time()))
            except RPCError:
                # The call in the task fails with it too, after this has returned.
                pass
            else:
                return
        self._tasks.start_call(self.unary(path, request, timeout=timeout, metadata=metadata), callbacks)

    def on_outcome(self, call: CallbackCall, outcome: bytes | RPCError) -> None:
        """Report the outcome of a call, or make it again if the server has not acted on it."""
        assert self._loop is not None
        if call.expires_at is not None and self._timers is not None:
            self._timers.cancel(call.expires_at, call)
        if not isinstance(outcome, RPCError):
            report_reply(call.callbacks, outcome)
        elif isinstance(outcome, UnprocessedError):
            timeout = None if call.deadline is None else call.deadline - self._loop.time()
            again = self.unary(call.path, call.request, timeout=timeout, metadata=call.metadata)
            self._tasks.start_call(again, call.callbacks)
        else:
            is_late = _is_too_late(outcome, call.deadline, self._loop.time())
            report_failure(call.callbacks, deadline_exceeded() if is_late else outcome)

    def set_timer(self, call: Call, when: float) -> float | None:
        """Call *call*'s ``on_timer`` a little after *when*, and return when."""
        assert self._timers is not None
        # The server is sent up to as much more, as its timeout is rounded too: what it answers by then is received.
        expires_at = coalesce(when + _SLACK, _SLACK)
        self._timers.set(expires_at, call)
        return expires_at

    async def close(self) -> None:
        """See :meth:`Transport.close`."""
        self._is_closed = True
        try:
            if self._pool is not None:
                await self._pool.close()
        finally:
            if self._timers is not None:
                self._timers.close()
            with anyio.CancelScope(shield=True):
                await self._tasks.close()

    def _bind(self, loop: asyncio.AbstractEventLoop) -> ConnectionPool:
        if self._loop is not None:
            raise RuntimeError(f"{self!r} belongs to another event loop")
        if self._is_closed:
            raise ClientClosedError
        self._loop = loop
        self._timers = CoalescedTimers(loop)
        self._pool = ConnectionPool(self._target, close_timeout=self._close_timeout)
        return self._pool

    def _free_connection(self) -> Connection | None:
        """Return the connection of the last call, if the next belongs there without any further thought."""
        pool = self._pool
        if pool is None or not self._has_one_connection:
            return None
        connection = pool.current
        return connection if connection is not None and connection.has_capacity else None

    def _start(self, connection: Connection, call: Call, deadline: float | None) -> float | None:
        call.deadline = deadline
        connection.start(call)
        if deadline is None or self._timers is None:
            return None
        # As `set_timer` does, without another call on the way of each request.
        expires_at = coalesce(deadline + _SLACK, _SLACK)
        self._timers.set(expires_at, call)
        return expires_at

    def _end(self, connection: Connection, call: Call, expires_at: float | None) -> None:
        if expires_at is not None and self._timers is not None:
            self._timers.cancel(expires_at, call)
        connection.cancel(call)


def _is_too_late(error: RPCError, deadline: float | None, now: float) -> bool:
    # The server's clock may be ahead of ours.
    return error.status is RPCStatusCode.CANCELLED and deadline is not None and now >= deadline


def _deadline(timeout: float | None, now: float) -> float | None:
    if timeout is None:
        return None
    if timeout <= 0:
        raise deadline_exceeded()
    return now + timeout


def _remaining(deadline: float | None, now: float) -> float | None:
    if deadline is None:
        return None
    if now >= deadline:
        raise deadline_exceeded()
    return deadline - now
