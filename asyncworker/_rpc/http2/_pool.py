"""A few connections to one target, replaced before the server asks for it.

A connection past the target's ``max_connection_age`` is replaced: it takes no new calls and is closed when its last
call is over, so that no long poll is cut off by the server's own limit. The same is done on GOAWAY. See the package's
docstring.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import anyio

from ..._safe_logger import get_logger
from ...exceptions import ClientClosedError, RPCError
from .._callbacks import BackgroundTasks
from .._retry import Backoff
from .._target import Target
from ._call import GoingAway, unavailable
from ._connection import CLOSE_TIMEOUT, Connection, open_connection

__all__ = ["ConnectionPool", "TransportStatistics"]

_logger = get_logger(__name__)

_RECONNECT = Backoff(0.2, 10.0)
# As many streams as any server allows on one connection are usually enough; past this calls queue.
_MAX_CONNECTIONS = 8
# Seconds until a connection that ends is replaced, from its beginning: some servers hang up on every client.
_MIN_LIFE = 0.2


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


class _Member:
    """What the pool keeps about a connection that takes calls."""

    __slots__ = ("connection", "is_aged", "opened_at", "replacement")

    def __init__(self, connection: Connection, opened_at: float) -> None:
        self.connection = connection
        self.opened_at = opened_at
        #: Whether it is past its age, and goes on only until there is another.
        self.is_aged = False
        self.replacement: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<_Member {self.connection!r}{' [aged]' if self.is_aged else ''}>"


class ConnectionPool:
    """The connections to one target; belongs to the event loop it was made on.

    Of several connections the one with the fewest calls takes the next call.

    Args:
        target: Where they lead.
        close_timeout: Seconds that a peer has to take what it was sent last.

    Attributes:
        current: The connection of the last call, to be looked at first; ``None`` once it is not to be used.
        last_error: Why the last attempt to connect has failed, if it has.
    """

    def __init__(self, target: Target, *, close_timeout: float = CLOSE_TIMEOUT) -> None:
        self._target = target
        self._close_timeout = close_timeout
        self._keep_alive = target.keep_alive
        self._loop = asyncio.get_running_loop()
        self._tasks = BackgroundTasks()
        self.current: Connection | None = None
        self._members: dict[Connection, _Member] = {}
        self._draining: set[Connection] = set()
        self._opened = 0
        self._is_closed = False

        self._connecting: asyncio.Task[None] | None = None
        self._waiters: set[asyncio.Future[bool]] = set()
        self._failures = 0
        self._connect_at = 0.0
        self.last_error: BaseException | None = None

    def __repr__(self) -> str:
        counts = self.statistics()
        return f"<ConnectionPool [{counts.connections} connections, {counts.draining} draining]>"

    @property
    def is_connecting(self) -> bool:
        """Whether there is an attempt to connect, or one is due."""
        return self._connecting is not None

    def statistics(self) -> TransportStatistics:
        """Count connections and calls. Of any thread."""
        now, members = self._loop.time(), list(self._members.values())
        return TransportStatistics(
            connections=len(self._members),
            draining=len(self._draining),
            calls=sum(connection.calls for connection in (*self._members, *self._draining)),
            opened=self._opened,
            ages=tuple(now - member.opened_at for member in members),
        )

    @property
    def load(self) -> float:
        """The share of the streams that is in use, on the connections that take calls; 1 where there is none."""
        streams = sum(connection.max_streams for connection in self._members)
        return sum(connection.calls for connection in self._members) / streams if streams else 1.0

    # For calls

    async def acquire(self, deadline: float | None) -> Connection:
        """Return the connection for the next call; wait for one until *deadline* if none has a free stream.

        Raises:
            RPCError: ``UNAVAILABLE``, none could be opened; :exc:`.ClientClosedError` where the pool is closed.
        """
        may_queue = False
        while True:
            if self._is_closed:
                raise ClientClosedError
            connection = self._pick(may_queue=may_queue)
            if len(self._members) < self._target.connections:
                # No call waits for it if there is another.
                self._ensure_connecting()
            if connection is not None:
                self.current = connection
                return connection
            may_queue = not await self._wait_for_connection(deadline)

    def _pick(self, *, may_queue: bool) -> Connection | None:
        for connection in [connection for connection in self._members if not connection.accepts_calls]:
            self._drain(connection)
        choice = [connection for connection in self._members if connection.has_capacity]
        # A call that queues may wait for a long poll to end: another connection is better, if one is to be had.
        if not choice and (may_queue or len(self._members) >= _MAX_CONNECTIONS):
            choice = list(self._members)
        return min(choice, key=lambda connection: connection.calls, default=None)

    async def _wait_for_connection(self, deadline: float | None) -> bool:
        """Wait until another connection is open, or (``False``) cannot be opened while there are others."""
        self._ensure_connecting()
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._waiters.add(waiter)
        timer = None if deadline is None else self._loop.call_at(deadline, self._time_out, waiter)
        try:
            return await waiter
        finally:
            self._waiters.discard(waiter)
            if timer is not None:
                timer.cancel()

    def _time_out(self, waiter: asyncio.Future[bool]) -> None:
        if not waiter.done():
            reason = f": {self.last_error}" if self.last_error is not None else ""
            message = f"no connection to {self._target} before the call's deadline{reason}"
            # Not DEADLINE_EXCEEDED: the server cannot have seen the call, so that it may always be tried again.
            waiter.set_exception(unavailable(message, self.last_error))

    def _resolve_waiters(self, has_connection: bool) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(has_connection)

    def _fail_waiters(self, make_error: Callable[[], RPCError]) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                # An exception collects tracebacks, so that each waiter gets its own.
                waiter.set_exception(make_error())

    # Connecting

    def _ensure_connecting(self) -> None:
        if self._connecting is None and not self._is_closed:
            # An empty context: what the first caller's holds must not live as long as the connection.
            self._connecting = self._tasks.start(self._connect(), contextvars.Context())

    async def _connect(self) -> None:
        try:
            await asyncio.sleep(max(0.0, self._connect_at - self._loop.time()))
            connection = await open_connection(
                self._target, self._keep_alive, self._on_change, close_timeout=self._close_timeout
            )
        except Exception as error:  # noqa: BLE001 - whatever is wrong, calls that wait must get it
            self._connecting = None
            self._on_connect_failed(error)
        except BaseException:
            # As a rule all tasks of the loop are being cancelled: calls that are spared try again.
            self._connecting = None
            self._resolve_waiters(False)
            raise
        else:
            self._connecting = None
            self._on_connected(connection)

    def _on_connect_failed(self, error: Exception) -> None:
        self._failures += 1
        self.last_error = error
        self._connect_at = self._loop.time() + _RECONNECT.wait(self._failures) * random.uniform(0.8, 1.2)
        reason = f"no answer within {self._target.connect_timeout:g} s" if type(error) is TimeoutError else str(error)
        message = f"cannot connect to {self._target}: {reason or type(error).__name__}"
        _logger.debug("%s", message)
        for member in self._members.values():
            if member.is_aged:
                self._schedule_replacement(member, self._connect_at)
        if self._members:
            # While there is any connection at all, calls can queue for it.
            self._resolve_waiters(False)
        else:
            self._fail_waiters(lambda: unavailable(message, error))

    def _on_connected(self, connection: Connection) -> None:
        self._opened += 1
        if not connection.accepts_calls:
            self._on_connect_failed(ConnectionError("the server hung up at once"))
            return
        self._failures = 0
        self.last_error = None
        _logger.debug("connected to %s", self._target)
        for aged in [member.connection for member in self._members.values() if member.is_aged]:
            self._drain(aged)
        now = self._loop.time()
        self._members[connection] = member = _Member(connection, now)
        if self._target.max_connection_age is not None:
            # Jitter, so that a fleet that started together does not reconnect together.
            self._schedule_replacement(member, now + self._target.max_connection_age * random.uniform(0.9, 1.1))
        self._resolve_waiters(True)

    # Replacing and draining

    def _schedule_replacement(self, member: _Member, when: float) -> None:
        member.replacement = self._loop.call_at(when, self._replace, member)

    def _replace(self, member: _Member) -> None:
        member.is_aged = True
        if member.connection.calls:
            self._ensure_connecting()
        else:
            self._drain(member.connection)

    def _drain(self, connection: Connection) -> None:
        member = self._members.pop(connection, None)
        if member is not None:
            self._draining.add(connection)
            if member.replacement is not None:
                member.replacement.cancel()
        if self.current is connection:
            self.current = None
        connection.drain()

    def _on_change(self, connection: Connection, goaway: GoingAway | None) -> None:
        if goaway is not None and goaway.is_too_many_pings and self._keep_alive is not None:
            self._keep_alive = replace(self._keep_alive, interval=2 * self._keep_alive.interval)
            _logger.info("%s asks for fewer keep-alive PINGs: one in %g s", self._target, self._keep_alive.interval)
        member = self._members.get(connection)
        if member is not None and not connection.accepts_calls:
            self._connect_at = max(self._connect_at, member.opened_at + _MIN_LIFE)
            self._drain(connection)
        if connection.closed.done():
            _logger.debug("connection to %s closed", self._target)
            self._draining.discard(connection)

    async def close(self) -> None:
        """Refuse further calls, and close each connection when its calls are over.

        Cancelling closes them at once.
        """
        self._is_closed = True
        self._fail_waiters(ClientClosedError)
        for connection in list(self._members):
            self._drain(connection)
        if self._connecting is not None:
            self._connecting.cancel()
        try:
            if self._draining:
                await asyncio.wait([connection.closed for connection in self._draining])
        finally:
            for connection in list(self._draining):
                connection.abort("the transport is closed")
            with anyio.CancelScope(shield=True):
                await self._tasks.close()
