"""One connection on asyncio: bytes between a socket and the sans-I/O protocol, outcomes to the calls' waiters."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeAlias, cast

from ..._safe_logger import get_logger
from ...exceptions import RPCError, RPCStatusCode
from .._dial import dial
from .._response_head import head_of
from .._target import KeepAlive, Target
from ._call import Call, Closed, Event, Failure, GoingAway, Ready, Response
from ._keep_alive import Liveness, Verdict
from ._protocol import Http2Connection

_logger = get_logger(__name__)

_READ_SIZE = 1 << 16
_MAX_BUFFERED = 256 << 20
#: Seconds that a peer has to take what it was sent last.
CLOSE_TIMEOUT = 5.0


class UnprocessedError(RPCError):
    """The server has not acted on the call: it may be sent again at once."""


class Connection(asyncio.BufferedProtocol):
    """A connection to a target. Use `open_connection` to get one.

    Args:
        target: Where it leads.
        keep_alive: In place of the target's.
        on_change: Called when the connection stops accepting calls, with the server's GOAWAY if that is why, and when
            it is closed.
        close_timeout: Seconds that the peer has to take what it was sent last.
    """

    __slots__ = (
        "_buffer",
        "_close_timeout",
        "_close_timer",
        "_flush_is_due",
        "_http2",
        "_is_draining",
        "_is_paused",
        "_keep_alive_timer",
        "_liveness",
        "_loop",
        "_lost_by",
        "_on_change",
        "_transport",
        "closed",
        "ready",
    )

    def __init__(
        self,
        target: Target,
        keep_alive: KeepAlive | None,
        on_change: OnChange | None = None,
        *,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_change = on_change
        self._close_timeout = close_timeout
        self._http2 = Http2Connection(
            target.authority,
            scheme="http" if target.tls is None else "https",
            is_compressing=target.compress_requests,
            max_message=target.max_receive_bytes,
            # What a hundred polls may bring at once should fit.
            max_buffered=max(_MAX_BUFFERED, 2 * target.max_receive_bytes),
        )
        # With a buffer of our own asyncio does not make one of 256 KiB per read, which is a quarter of a lone call.
        self._buffer = memoryview(bytearray(_READ_SIZE))
        self._liveness = None if keep_alive is None else Liveness(keep_alive)
        self._keep_alive_timer: asyncio.TimerHandle | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._flush_is_due = False
        self._is_paused = False
        self._is_draining = False
        self._lost_by: Exception | None = None
        #: Done when the server has sent its SETTINGS, and so speaks HTTP/2; fails when it hangs up before.
        self.ready: asyncio.Future[None] = self._loop.create_future()
        #: Done when the socket is closed.
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def __repr__(self) -> str:
        state = "closed" if self.closed.done() else "opening" if not self.ready.done() else "open"
        if state == "open" and not self._http2.accepts_calls:
            state = "draining"
        return f"<Connection [{state}, {self.calls} calls]>"

    @property
    def calls(self) -> int:
        """How many calls are in flight."""
        return self._http2.calls

    @property
    def accepts_calls(self) -> bool:
        """Whether `start` may be called."""
        return self._http2.accepts_calls

    @property
    def max_streams(self) -> int:
        """How many calls the server accepts at a time."""
        return self._http2.max_streams

    @property
    def has_capacity(self) -> bool:
        """Whether a call would be sent at once, and not queue for a stream."""
        return self._http2.has_capacity

    # Calls

    def start(self, call: Call) -> None:
        """Send a call; ``call.waiter``, a future, gets its response or an `RPCError`.

        Raises:
            RPCError: ``INVALID_ARGUMENT``, its metadata cannot be sent.
        """
        try:
            self._http2.start(call)
        except ValueError as error:
            raise RPCError(str(error), RPCStatusCode.INVALID_ARGUMENT) from error
        # What the other tasks of this turn of the loop start goes out with it.
        if not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def cancel(self, call: Call) -> None:
        """Stop waiting for a call, and reset its stream. Nothing happens to one that is over."""
        if call.is_over:
            return
        call.waiter = None
        self._handle(self._http2.reset(call, self._loop.time()))
        self._schedule_flush()
        self._close_if_drained()

    def drain(self) -> None:
        """Take no new calls, and close when those in flight are over."""
        self._http2.stop_accepting()
        self._is_draining = True
        self._close_if_drained()

    def abort(self, reason: str) -> None:
        """Close at once; calls in flight fail with ``UNAVAILABLE``."""
        self._handle(self._http2.connection_lost(reason))
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is no subclass.
        self._transport = cast(asyncio.Transport, transport)
        self._http2.received_at = self._loop.time()
        self._flush()
        if self._liveness is not None:
            self._check_liveness()

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        for event in self._http2.receive_data(bytes(self._buffer[:nbytes]), self._loop.time()):
            if type(event) is Response:
                waiter = event.call.waiter
                event.call.waiter = None
                if not waiter.done():
                    waiter.set_result(event.message)
            else:
                self._handle([event])
        self._schedule_flush()
        if not self._http2.accepts_calls:
            self._close_if_drained()

    def pause_writing(self) -> None:
        # Calls go on piling up in the protocol, where cancelling one costs nothing; their callers bound their number.
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._keep_alive_timer, self._close_timer):
            if timer is not None:
                timer.cancel()
        self._lost_by = exc
        reason = f"connection lost: {exc}" if exc is not None else "connection closed by the server"
        self._handle(self._http2.connection_lost(reason))
        self._transport = None
        self.closed.set_result(None)
        self._notify()

    # Inside

    def _schedule_flush(self) -> None:
        if self._http2.has_data_to_send and not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flush_is_due = False
        transport = self._transport
        if self._is_paused or transport is None or transport.is_closing():
            return
        data = self._http2.data_to_send()
        if data:
            transport.write(data)

    def _handle(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Response(call, message):
                    _set_outcome(call, message)
                case Failure(call, status, is_unprocessed):
                    kind = UnprocessedError if is_unprocessed else RPCError
                    error = kind(status.message, status.code, () if status.details is None else (status.details,))
                    if call.size > 0:
                        error._head = head_of(call.message, is_compressed=bool(call.is_compressed))
                    _set_outcome(call, error)
                case Ready():
                    if not self.ready.done():
                        self.ready.set_result(None)
                case GoingAway(_, reason):
                    _logger.debug("Server is going away: %s", reason)
                    self._is_draining = True
                    self._notify(event)
                case Closed(reason):
                    self._on_closed(reason)

    def _on_closed(self, reason: str) -> None:
        if not self.ready.done():
            error = ConnectionError(reason)
            if _is_final(self._lost_by):
                error.__cause__ = self._lost_by
            self.ready.set_exception(error)
            # Marked as retrieved, as the attempt to connect may have been given up.
            self.ready.exception()
        # A GOAWAY that names the reason may be left to send.
        self._close()
        self._notify()

    def _close_if_drained(self) -> None:
        if self._is_draining and self._http2.calls == 0 and self._close_timer is None:
            self._http2.close()
            self._close()

    def _close(self) -> None:
        if self._transport is None:
            return
        self._flush()
        self._transport.close()
        if self._close_timer is None:
            # A peer that is gone takes nothing more, and a socket waits for it for a quarter of an hour.
            self._close_timer = self._loop.call_later(self._close_timeout, self._transport.abort)

    def _notify(self, goaway: GoingAway | None = None) -> None:
        if self._on_change is not None:
            self._on_change(self, goaway)

    def _check_liveness(self) -> None:
        assert self._liveness is not None
        verdict, again_at = self._liveness.decide(self._loop.time(), self._http2.received_at)
        if verdict is Verdict.DEAD:
            self.abort("connection lost: no answer to a keep-alive PING")
            return
        if verdict is Verdict.PING:
            self._http2.ping()
            self._flush()
        self._keep_alive_timer = self._loop.call_at(again_at, self._check_liveness)


def _is_final(error: Exception | None) -> bool:
    """Whether TLS has failed for good, as by an alert that a client certificate is missing; an abrupt end may pass."""
    return isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError)


def _set_outcome(call: Call, outcome: bytes | RPCError) -> None:
    waiter, call.waiter = call.waiter, None
    if waiter is None or waiter.done():
        return
    if isinstance(outcome, RPCError):
        waiter.set_exception(outcome)
    else:
        waiter.set_result(outcome)


#: Called with a connection, and with the server's GOAWAY if that is the change.
OnChange: TypeAlias = Callable[[Connection, GoingAway | None], None]


async def open_connection(
    target: Target,
    keep_alive: KeepAlive | None,
    on_change: OnChange | None = None,
    *,
    close_timeout: float = CLOSE_TIMEOUT,
) -> Connection:
    """Connect, and wait until the server has shown that it speaks HTTP/2.

    Raises:
        OSError: it cannot be reached, is not trusted, hangs up, or is something else (``TimeoutError`` if it takes more
            than the target's connect timeout).
        ConfigurationError: certificates cannot be used.

    Cancelling leaves nothing open.
    """
    connections: list[Connection] = []

    def make_protocol() -> Connection:
        connections.append(Connection(target, keep_alive, on_change, close_timeout=close_timeout))
        return connections[-1]

    try:
        async with asyncio.timeout(target.connect_timeout):
            connection = await dial(target, make_protocol)
            await connection.ready
    except BaseException:
        for connection in connections:
            connection.abort("the attempt to connect was given up")
        raise
    return connection
