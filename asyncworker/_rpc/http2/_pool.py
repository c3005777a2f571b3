"""The default transport: a few connections to one target, replaced before the server asks for it."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..._coalesced_timers import CoalescedTimers
from ..._safe_logger import get_logger
from ..._timer_queue import about
from ...exceptions import ClientClosedError, RPCError, RPCStatusCode
from .._callbacks import BackgroundCalls, tell_failure, tell_reply
from .._long_poll import LongPoll, UnansweredError
from .._retry import Backoff
from .._target import Target
from .._transport import Metadata, Receiver
from ._call import NEVER, Call, deadline_exceeded
from ._connection import Connection, UnprocessedError, open_connection

__all__ = ["Http2Transport", "TransportStatistics"]

_logger = get_logger(__name__)

_RECONNECT = Backoff(0.2, 10.0)
# As many streams as any server allows on one connection are usually enough; past this calls queue.
_MAX_CONNECTIONS = 8
# Seconds until a connection that ends is replaced, from its beginning: some servers hang up on all who come.
_MIN_LIFE = 0.2
# A call learns that its time is up so many seconds late, or up to twice as many.
_SLACK = 0.01
# A call that the server has not acted on is sent again; a server that never acts on any is out of order.
_MAX_TRIES = 5


@dataclass(frozen=True, slots=True)
class TransportStatistics:
    """What a transport is doing.

    Attributes:
        connections: Open, and taking calls.
        draining: Open until their calls in flight are over.
        calls: In flight.
        opened: Connections ever opened.
        ages: Seconds since each connection that takes calls was opened.
    """

    connections: int
    draining: int
    calls: int
    opened: int
    ages: Sequence[float] = field(default=(), compare=False)


class Http2Transport:
    """Unary calls on our own HTTP/2 connections; connects at the first call.

    A connection past the target's ``max_connection_age`` is replaced: it takes no new calls and is closed when its last
    call is over, so that no long poll is cut off by the server's own limit. The same is done on GOAWAY. Calls that the
    server has not acted on are sent again on another connection, at once and unnoticed. Of several connections the one
    with the fewest calls takes the next.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._keep_alive = target.keep_alive
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarms: CoalescedTimers | None = None
        self._relays = BackgroundCalls()
        # The connection of the last call, to be looked at first.
        self._current: Connection | None = None
        self._connections: list[Connection] = []
        self._draining: set[Connection] = set()
        self._opened = 0
        self._is_closed = False

        self._connecting: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Future[bool]] = set()
        self._failures = 0
        self._connect_at = 0.0
        self._last_error: BaseException | None = None

    def __repr__(self) -> str:
        counts = self.statistics()
        state = (
            "closed" if self._is_closed else "connecting" if self._connecting else f"{counts.connections} connections"
        )
        return f"<Http2Transport to {self._target} [{state}, {counts.draining} draining, {counts.calls} calls]>"

    def statistics(self) -> TransportStatistics:
        """Count connections and calls. Of any thread."""
        connections, now = list(self._connections), 0.0 if self._loop is None else self._loop.time()
        return TransportStatistics(
            connections=len(connections),
            draining=len(self._draining),
            calls=sum(connection.calls for connection in (*connections, *self._draining)),
            opened=self._opened,
            ages=tuple(now - connection.opened_at for connection in connections),
        )

    # Calls

    async def unary(self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()) -> bytes:
        """See :meth:`Transport.unary`."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._bind(loop)
        deadline = _deadline(timeout, loop.time())
        tries = 0
        while True:
            connection = self._connection_at_hand()
            if connection is None:
                connection = await self._find_connection(deadline)
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
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), listening: LongPoll
    ) -> bytes:
        """See :class:`Poll`."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._bind(loop)
        listening.deadline = deadline = loop.time() + timeout
        tries = 0
        while True:
            connection = self._connection_at_hand() or await self._find_connection(deadline)
            timeout = deadline - loop.time()
            if listening.is_given_up or timeout <= 0:
                raise _unsent(self._last_error)
            call = _Listened(self, connection, path, request, timeout, metadata, listening.patience)
            call.expires_at = self._start(connection, call, deadline)
            listening.exchange = call
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
                listening.exchange = None
                self._end(connection, call, call.expires_at)

    def post(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        receiver: Receiver[bytes],
    ) -> None:
        """See :class:`Post`.

        On a connection that is open this takes no task, no coroutine and no future, which is a third of a call.
        """
        connection = self._connection_at_hand()
        if connection is not None and self._loop is not None and (timeout is None or timeout > 0):
            call = _Posted(self, connection, path, request, timeout, metadata, receiver)
            try:
                call.expires_at = self._start(connection, call, _deadline(timeout, self._loop.time()))
            except RPCError:
                # The receiver is told of it later, as of everything.
                pass
            else:
                return
        self._relays.add(self.unary(path, request, timeout=timeout, metadata=metadata), receiver)

    def on_posted_ended(self, call: _Posted, outcome: bytes | RPCError) -> None:
        """Pass on what came of a posted call, or make it again if the server has not acted on it."""
        assert self._loop is not None
        if call.expires_at is not None and self._alarms is not None:
            self._alarms.unset(call.expires_at, call)
        if not isinstance(outcome, RPCError):
            tell_reply(call.receiver, outcome)
        elif isinstance(outcome, UnprocessedError):
            timeout = None if call.deadline is None else call.deadline - self._loop.time()
            again = self.unary(call.path, call.request, timeout=timeout, metadata=call.metadata)
            self._relays.add(again, call.receiver)
        else:
            is_late = _is_too_late(outcome, call.deadline, self._loop.time())
            tell_failure(call.receiver, deadline_exceeded() if is_late else outcome)

    def _connection_at_hand(self) -> Connection | None:
        """Answer the connection of the last call, if that is where the next belongs without any further thought."""
        connection = self._current
        if connection is None or not connection.has_capacity or self._target.connections > 1:
            return None
        return connection

    def _start(self, connection: Connection, call: Call, deadline: float | None) -> float | None:
        call.deadline = deadline
        connection.start(call)
        if deadline is None or self._alarms is None:
            return None
        # The server is told up to as much more, as its timeout is rounded too: what it answers by then is heard.
        expires_at = about(deadline + _SLACK, _SLACK)
        self._alarms.set(expires_at, call)
        return expires_at

    def put_off(self, call: Call, until: float) -> float | None:
        """Wake *call* once more, at about *until*; answer when."""
        if self._alarms is None:
            return None
        expires_at = about(until + _SLACK, _SLACK)
        self._alarms.set(expires_at, call)
        return expires_at

    def _end(self, connection: Connection, call: Call, expires_at: float | None) -> None:
        if expires_at is not None and self._alarms is not None:
            self._alarms.unset(expires_at, call)
        connection.give_up(call)

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is not None:
            raise RuntimeError(f"{self!r} belongs to another event loop")
        self._loop = loop
        self._alarms = CoalescedTimers(loop)

    # Connections

    async def _find_connection(self, deadline: float | None) -> Connection:
        may_queue = False
        while True:
            if self._is_closed:
                raise ClientClosedError
            connection = self._pick(may_queue=may_queue)
            if len(self._connections) < self._target.connections:
                # Nobody waits for it if there is another.
                self._ensure_connecting()
            if connection is not None:
                self._current = connection
                return connection
            may_queue = not await self._wait_for_connection(deadline)

    def _pick(self, *, may_queue: bool) -> Connection | None:
        for connection in [connection for connection in self._connections if not connection.accepts_calls]:
            self._set_aside(connection)
        choice = [connection for connection in self._connections if connection.has_capacity]
        # A call that queues may wait for a long poll to end: another connection is better, if one is to be had.
        if not choice and (may_queue or len(self._connections) >= _MAX_CONNECTIONS):
            choice = self._connections
        return min(choice, key=lambda connection: connection.calls, default=None)

    async def _wait_for_connection(self, deadline: float | None) -> bool:
        """Wait until another connection is open, or (``False``) cannot be opened while there are others."""
        assert self._loop is not None
        self._ensure_connecting()
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._waiting.add(waiter)
        timer = None if deadline is None else self._loop.call_at(deadline, self._stop_waiting, waiter)
        try:
            return await waiter
        finally:
            self._waiting.discard(waiter)
            if timer is not None:
                timer.cancel()

    def _stop_waiting(self, waiter: asyncio.Future[bool]) -> None:
        if not waiter.done():
            reason = f": {self._last_error}" if self._last_error is not None else ""
            message = f"no connection to {self._target} before the call's deadline{reason}"
            # Not DEADLINE_EXCEEDED: the server cannot have seen the call, so that it may always be tried again.
            waiter.set_exception(_unavailable(message, self._last_error))

    def _wake(self, outcome: bool | RPCError) -> None:
        for waiter in self._waiting:
            if waiter.done():
                continue
            if isinstance(outcome, RPCError):
                # An exception collects tracebacks, so that each waiter gets its own.
                is_over = isinstance(outcome, ClientClosedError)
                error = ClientClosedError() if is_over else _unavailable(outcome.message, outcome.__cause__)
                waiter.set_exception(error)
            else:
                waiter.set_result(outcome)

    def _ensure_connecting(self) -> None:
        assert self._loop is not None
        if self._connecting is None and not self._is_closed:
            # An empty context: what the first caller's holds must not live as long as the connection.
            self._connecting = self._loop.create_task(self._connect(), context=contextvars.Context())

    async def _connect(self) -> None:
        assert self._loop is not None
        try:
            await asyncio.sleep(max(0.0, self._connect_at - self._loop.time()))
            connection = await open_connection(self._target, self._keep_alive, self._on_change)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, calls that wait must hear of it
            self._connecting = None
            self._on_connect_failed(error)
        except BaseException:
            # By somebody who cancels all tasks there are, as a rule: calls that are spared try again.
            self._connecting = None
            self._wake(False)
            raise
        else:
            self._connecting = None
            self._on_connected(connection)

    def _on_connect_failed(self, error: Exception) -> None:
        assert self._loop is not None
        self._failures += 1
        self._last_error = error
        self._connect_at = self._loop.time() + _RECONNECT.wait(self._failures) * random.uniform(0.8, 1.2)
        reason = f"no answer within {self._target.connect_timeout:g} s" if type(error) is TimeoutError else str(error)
        message = f"cannot connect to {self._target}: {reason or type(error).__name__}"
        _logger.debug("%s", message)
        for connection in self._connections:
            if connection.is_aged:
                self._schedule_replacement(connection, self._connect_at)
        # While there is any connection at all, calls can queue for it.
        self._wake(False if self._connections else _unavailable(message, error))

    def _on_connected(self, connection: Connection) -> None:
        assert self._loop is not None
        self._opened += 1
        if not connection.accepts_calls:
            self._on_connect_failed(ConnectionError("the server hung up at once"))
            return
        now = self._loop.time()
        self._failures = 0
        self._last_error = None
        for aged in [connection for connection in self._connections if connection.is_aged]:
            self._set_aside(aged)
        connection.opened_at = now
        self._connections.append(connection)
        if self._target.max_connection_age is not None:
            # Jitter, so that a fleet that started together does not reconnect together.
            self._schedule_replacement(connection, now + self._target.max_connection_age * random.uniform(0.9, 1.1))
        self._wake(True)

    def _schedule_replacement(self, connection: Connection, when: float) -> None:
        assert self._loop is not None
        connection.replacement = self._loop.call_at(when, self._replace, connection)

    def _replace(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        connection.is_aged = True
        if connection.calls:
            self._ensure_connecting()
        else:
            self._set_aside(connection)

    def _set_aside(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._draining.add(connection)
        if self._current is connection:
            self._current = None
        connection.retire()

    def _on_change(self, connection: Connection) -> None:
        if connection.was_too_eager and self._keep_alive is not None:
            connection.was_too_eager = False
            self._keep_alive = replace(self._keep_alive, interval=2 * self._keep_alive.interval)
            _logger.info("%s asks for fewer keep-alive PINGs: one in %g s", self._target, self._keep_alive.interval)
        if connection in self._connections and not connection.accepts_calls:
            self._connect_at = max(self._connect_at, connection.opened_at + _MIN_LIFE)
            self._set_aside(connection)
        if connection.closed.done():
            self._draining.discard(connection)

    async def close(self) -> None:
        """See :meth:`Transport.close`."""
        self._is_closed = True
        self._wake(ClientClosedError())
        for connection in list(self._connections):
            self._set_aside(connection)
        endings: list[asyncio.Future[None]] = [connection.closed for connection in self._draining]
        if self._connecting is not None:
            self._connecting.cancel()
            endings.append(self._connecting)
        try:
            if endings:
                await asyncio.wait(endings)
        finally:
            for connection in list(self._draining):
                connection.abort("the transport is closed")
            if self._alarms is not None:
                self._alarms.close()


class _Posted(Call):
    """A call that nobody awaits: it is its own waiter, in place of a future, and hands on what came of it."""

    __slots__ = ("_connection", "_transport", "expires_at", "receiver")

    def __init__(
        self,
        transport: Http2Transport,
        connection: Connection,
        path: str,
        request: bytes,
        timeout: float | None,
        metadata: Metadata,
        receiver: Receiver[bytes],
    ) -> None:
        super().__init__(path, request, timeout, metadata, self)
        self._transport = transport
        self._connection = connection
        self.receiver = receiver
        self.expires_at: float | None = None

    def on_alarm(self) -> None:
        if not self.is_over:
            self._connection.give_up(self)
            self.set_exception(deadline_exceeded())

    # What a connection asks of a future.

    def done(self) -> bool:
        """Whether it was told before; it is forgotten by whoever tells it."""
        return False

    def set_result(self, reply: bytes) -> None:
        """Learn the reply."""
        self._transport.on_posted_ended(self, reply)

    def set_exception(self, error: RPCError) -> None:
        """Learn that there will be none."""
        self._transport.on_posted_ended(self, error)


class _Listened(Call):
    """A long poll: past its deadline it is listened to for a while more, if it was sent."""

    __slots__ = ("_connection", "_patience", "_transport", "expires_at", "outcome")

    def __init__(
        self,
        transport: Http2Transport,
        connection: Connection,
        path: str,
        request: bytes,
        timeout: float,
        metadata: Metadata,
        patience: float,
    ) -> None:
        assert transport._loop is not None
        # Kept here as well: a call that is over has forgotten its waiter.
        self.outcome: asyncio.Future[bytes] = transport._loop.create_future()
        super().__init__(path, request, timeout, metadata, self.outcome)
        self._transport = transport
        self._connection = connection
        self._patience = patience
        self.expires_at: float | None = None

    @property
    def is_sent(self) -> bool:
        """See :class:`Exchange`."""
        return self.handed_out_at != NEVER

    def give_up(self) -> bool:
        """See :class:`Exchange`."""
        self._fail(UnansweredError(self._patience) if self.is_sent else _unsent(None))
        return True

    def on_alarm(self) -> None:
        """Listen on, the first time, and fail the next."""
        assert self.deadline is not None
        until = self.deadline + self._patience
        if not self.is_sent:
            self._fail(_unsent(None))
        elif self.expires_at is not None and self.expires_at < until:
            self.expires_at = self._transport.put_off(self, until)
        else:
            self._fail(UnansweredError(self._patience))

    def _fail(self, error: RPCError) -> None:
        if self.outcome.done():
            return
        # At once: one that waits for a stream must not get one before its task has its turn.
        self._connection.give_up(self)
        self.outcome.set_exception(error)


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


def _unavailable(message: str, cause: BaseException | None) -> RPCError:
    error = RPCError(message, RPCStatusCode.UNAVAILABLE)
    error.__cause__ = cause
    return error


def _unsent(cause: BaseException | None) -> RPCError:
    return _unavailable("the poll could not be sent before its deadline", cause)
