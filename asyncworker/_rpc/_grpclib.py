"""The transport on grpclib: the reference that our own is held to.

grpclib is correct for a call, and not made for a worker's life. What is done about that here:

* Any GOAWAY makes it close the socket and fail every call in flight. So a connection takes no call that could outlive
  the age at which servers send GOAWAY; calls go to a new connection then, and the old one is closed when its last call
  has ended by itself.
* Its deadlines, and a connection's end, call ``task.cancel()`` on the task that made the call, and leave its
  ``cancelling()`` raised, by which ``asyncio.timeout`` and task groups in that task are misled. So each call has a task
  of its own.
* The deadline that it sends to the server is when it stops waiting. Responses to long polls are waited for longer.
* Its errors are many, some of them h2's; they are translated here.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
from grpclib.client import Channel, Handler
from grpclib.config import Configuration
from grpclib.const import Cardinality, Status
from grpclib.encoding.base import CodecBase, StatusDetailsCodecBase
from grpclib.exceptions import GRPCError, StreamTerminatedError
from grpclib.metadata import Deadline
from grpclib.protocol import H2Protocol
from h2.exceptions import H2Error

from ..exceptions import AsyncWorkerError, ClientClosedError, ConfigurationError, RPCError, RPCStatusCode
from ._callbacks import BackgroundTasks
from ._dial import dial
from ._long_poll import LongPoll, UnansweredError
from ._response_head import HEAD_SIZE
from ._target import DEFAULT_MAX_RECEIVE_BYTES, Target
from ._transport import Metadata
from .http2._grpc import too_large
from .http2._headers import DiscreetEncoder, encode_metadatum

__all__ = ["BytesCodec", "BytesDetailsCodec", "GrpclibTransport"]

# https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
_RESET_STATUS = {
    7: RPCStatusCode.UNAVAILABLE,  # REFUSED_STREAM
    8: RPCStatusCode.CANCELLED,  # CANCEL
    11: RPCStatusCode.RESOURCE_EXHAUSTED,  # ENHANCE_YOUR_CALM
    12: RPCStatusCode.PERMISSION_DENIED,  # INADEQUATE_SECURITY
}
# grpclib has the code in its message only.
_RESET = re.compile(r"Stream reset by remote party, error_code: (\d+)")


class BytesCodec(CodecBase):
    """Leave messages as the bytes they are."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:  # noqa: ARG002
        return bytes(message)

    def decode(self, data: bytes, message_type: Any) -> bytes:  # noqa: ARG002
        return data


class BytesDetailsCodec(StatusDetailsCodecBase):
    """Leave ``grpc-status-details-bin`` as the bytes it is; without a codec grpclib drops it."""

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:  # noqa: ARG002
        return bytes(details)

    def decode(self, status: Status, message: str | None, data: bytes) -> bytes:  # noqa: ARG002
        return data


class GrpclibTransport:
    """Unary calls over grpclib's channels.

    Args:
        open_channel: Makes a channel, as a context that closes it: ``Channel`` is one, ``grpclib.testing.ChannelFor``
            another. It must have the codecs above. A channel that has lost its connection is not used again.
        max_age: Seconds (± 10 %) after which a channel is replaced; ``None`` never.
        max_receive_bytes: A longer response fails with ``RESOURCE_EXHAUSTED``.
    """

    def __init__(
        self,
        open_channel: Callable[[], AbstractAsyncContextManager[Channel]],
        *,
        max_age: float | None = None,
        max_receive_bytes: int = DEFAULT_MAX_RECEIVE_BYTES,
    ) -> None:
        self._open_channel = open_channel
        self._max_age = max_age
        self._max_receive_bytes = max_receive_bytes
        self._connection: _Connection | None = None
        self._retiring: set[_Connection] = set()
        self._tasks = BackgroundTasks()
        self._opening = asyncio.Lock()
        self._is_closed = False

    @classmethod
    def to(cls, target: Target) -> GrpclibTransport:
        """A transport to *target*; connects at the first call.

        Raises:
            ConfigurationError: The target asks for something that grpclib does not have.
        """
        if target.http_connect_proxy is not None:
            raise ConfigurationError("the grpclib transport knows no HTTP CONNECT proxy: use the default transport")
        if target.compress_requests:
            raise ConfigurationError("the grpclib transport knows no compression: use the default transport")
        if target.connections > 1:
            raise ConfigurationError("the grpclib transport has one connection: use the default transport")
        return cls(
            lambda: _TargetChannel(target),
            max_age=target.max_connection_age,
            max_receive_bytes=target.max_receive_bytes,
        )

    def __repr__(self) -> str:
        connections = [*([self._connection] if self._connection else []), *self._retiring]
        calls = sum(len(connection.calls) for connection in connections)
        state = "closed, " if self._is_closed else ""
        return f"<GrpclibTransport [{state}{calls} calls on {len(connections)} connections]>"

    async def unary(self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()) -> bytes:
        """See :meth:`Transport.unary`."""
        self._check_open()
        return await _outcome(self._tasks.start(self._call(path, request, timeout, metadata, None)))

    async def poll(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), long_poll: LongPoll
    ) -> bytes:
        """See :class:`.UnaryPoll`."""
        self._check_open()
        if long_poll.is_given_up:
            raise _unsent()
        loop = asyncio.get_running_loop()
        long_poll.deadline = loop.time() + timeout
        poll = _PollInFlight(long_poll.late_response_timeout)
        poll.task = self._tasks.start(self._call(path, request, timeout, metadata, poll))
        long_poll.in_flight = poll
        try:
            return await _outcome(poll.task)
        except RPCError as error:
            # The server's own word to that effect has another cause.
            if error.status is RPCStatusCode.DEADLINE_EXCEEDED and isinstance(error.__cause__, TimeoutError):
                raise poll.timed_out() from error.__cause__
            raise
        finally:
            long_poll.in_flight = None

    def _check_open(self) -> None:
        if self._is_closed:
            raise ClientClosedError

    async def close(self) -> None:
        """See :meth:`Transport.close`."""
        self._is_closed = True
        connections = {*self._retiring, *([self._connection] if self._connection else [])}
        self._connection = None
        try:
            while calls := {call for connection in connections for call in connection.calls}:
                await asyncio.wait(calls)
        finally:
            with anyio.CancelScope(shield=True):
                for connection in connections:
                    await connection.close()
                await self._tasks.close()

    async def _call(
        self, path: str, request: bytes, timeout: float | None, metadata: Metadata, poll: _PollInFlight | None
    ) -> bytes | RPCError:
        """Make one call, in a task of its own; errors are returned, as the caller may be gone when one occurs."""
        task = asyncio.current_task()
        assert task is not None
        connection: _Connection | None = None
        try:
            connection = await self._find_connection(timeout)
            connection.calls.add(task)
            return await self._make_call(connection, path, request, timeout, metadata, poll)
        except RPCError as error:
            return error
        except asyncio.CancelledError:
            return _interrupted()
        except Exception as error:  # noqa: BLE001 - whatever grpclib or h2 trip over, a call ends with one kind of error
            translated = _translate(error, is_lost=connection is not None and connection.is_lost)
            translated.__cause__ = error
            return translated
        finally:
            if connection is not None:
                await self._leave(connection, task)

    async def _make_call(
        self,
        connection: _Connection,
        path: str,
        request: bytes,
        timeout: float | None,
        metadata: Metadata,
        poll: _PollInFlight | None,
    ) -> bytes:
        _check(metadata)
        deadline = None if timeout is None else _Deadline(timeout, 0.0 if poll is None else poll.late_response_timeout)
        opened = connection.channel.request(
            path, Cardinality.UNARY_UNARY, bytes, bytes, deadline=deadline, metadata=tuple(metadata)
        )
        async with opened as stream:
            if poll is None:
                await stream.send_message(request, end=True)
            else:
                async with asyncio.timeout(timeout):
                    await stream.send_message(request, end=True)
                poll.is_sent = True
            self._limit(stream)
            reply = await stream.recv_message()
        if reply is None:
            raise RPCError("the server sent no response", RPCStatusCode.INTERNAL)
        return reply

    def _limit(self, stream: Any) -> None:
        """Read no more of a message than the limit; grpclib has no limit."""
        read = stream._stream.recv_data

        async def read_within_limit(size: int) -> bytes:
            if size <= self._max_receive_bytes:
                data: bytes = await read(size)
                return data
            error = RPCError(*too_large(size, self._max_receive_bytes)[1::-1])
            error._head = await read(min(size, HEAD_SIZE))
            raise error

        stream._stream.recv_data = read_within_limit

    async def _find_connection(self, timeout: float | None) -> _Connection:
        async with self._opening:
            now = asyncio.get_running_loop().time()
            if self._connection is None or not self._connection.takes(now, timeout):
                await self._retire()
                if self._is_closed:
                    raise ClientClosedError
                self._connection = await _Connection.open(self._open_channel(), now, self._max_age)
            return self._connection

    async def _retire(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.calls:
            self._retiring.add(connection)
        else:
            await connection.close()

    async def _leave(self, connection: _Connection, task: asyncio.Task[Any]) -> None:
        connection.calls.discard(task)
        if connection in self._retiring and not connection.calls:
            self._retiring.discard(connection)
            await connection.close()


class _PollInFlight:
    """One long poll on its way."""

    def __init__(self, late_response_timeout: float) -> None:
        self.late_response_timeout = late_response_timeout
        self.is_sent = False
        self.task: asyncio.Task[bytes | RPCError] | None = None

    def give_up(self) -> bool:
        """See :class:`.PollInFlight`."""
        if self.task is not None:
            self.task.cancel()
        return True

    def timed_out(self) -> RPCError:
        """Return the error of a poll whose time is over."""
        if self.is_sent:
            return UnansweredError(self.late_response_timeout)
        return _unsent()


class _Deadline(Deadline):
    """The deadline that the server is sent; grpclib itself, which asks first and for its own timer, waits longer."""

    def __init__(self, timeout: float, late_response_timeout: float) -> None:
        super().__init__(_timestamp=time.monotonic() + timeout)
        self._late_response_timeout = late_response_timeout

    def time_remaining(self) -> float:
        late_response_timeout, self._late_response_timeout = self._late_response_timeout, 0.0
        return super().time_remaining() + late_response_timeout


class _Connection:
    """One connection, and the calls on it."""

    def __init__(
        self, context: AbstractAsyncContextManager[Channel], channel: Channel, now: float, max_age: float | None
    ) -> None:
        self.channel = channel
        self.calls: set[asyncio.Task[Any]] = set()
        self._context: AbstractAsyncContextManager[Channel] | None = context
        self._max_age = max_age
        self._ends_at = None if max_age is None else now + max_age * random.uniform(0.9, 1.1)

    @classmethod
    async def open(
        cls, context: AbstractAsyncContextManager[Channel], now: float, max_age: float | None
    ) -> _Connection:
        return cls(context, await context.__aenter__(), now, max_age)

    @property
    def is_lost(self) -> bool:
        """Whether there was a connection, and it has ended."""
        protocol = self.channel._protocol
        return protocol is not None and bool(protocol.handler.connection_lost)  # type: ignore[attr-defined]

    def takes(self, now: float, timeout: float | None) -> bool:
        """Whether a call of so many seconds may begin here."""
        if self.is_lost:
            return False
        if self._ends_at is None or self._max_age is None:
            return True
        # A call that could take longer than a connection lives gets half of one: it will be cut off as often as not,
        # and all others must not pay for it with a connection each.
        return now + min(timeout or 0.0, self._max_age / 2) < self._ends_at

    async def close(self) -> None:
        """Close the connection; calls on it fail."""
        context, self._context = self._context, None
        if context is None:
            return
        for call in self.calls:
            call.cancel()
        if self.calls:
            # Each sends its RST_STREAM while there is a connection to send it on.
            await asyncio.wait(self.calls)
        await context.__aexit__(None, None, None)


class _Protocol(H2Protocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # h2's own shows each header in hpack's log, API keys included.
        self.connection._connection.encoder = DiscreetEncoder()


class _TargetChannel(Channel):
    """A channel that connects as a target says."""

    def __init__(self, target: Target) -> None:
        super().__init__(
            target.host,
            target.port,
            codec=BytesCodec(),
            status_details_codec=BytesDetailsCodec(),
            config=_configuration(target),
        )
        self._target = target
        self._scheme = "http" if target.tls is None else "https"
        self._authority = target.authority

    def _protocol_factory(self) -> H2Protocol:
        return _Protocol(Handler(), self._config, self._h2_config)

    async def _create_connection(self) -> H2Protocol:
        try:
            async with asyncio.timeout(self._target.connect_timeout):
                return await dial(self._target, self._protocol_factory)
        except TimeoutError as error:
            message = f"no connection to {self._target} within {self._target.connect_timeout:g} s"
            raise RPCError(message, RPCStatusCode.UNAVAILABLE) from error
        except (OSError, AsyncWorkerError) as error:
            raise RPCError(f"cannot connect to {self._target}: {error}", RPCStatusCode.UNAVAILABLE) from error


def _configuration(target: Target) -> Configuration:
    keep_alive = target.keep_alive
    if keep_alive is None:
        return Configuration()
    # grpclib stops after two PINGs without data, and sends one in five minutes at most, unless told otherwise.
    return Configuration(
        _keepalive_time=keep_alive.interval,
        _keepalive_timeout=keep_alive.timeout,
        _http2_max_pings_without_data=0,
        _http2_min_sent_ping_interval_without_data=keep_alive.interval / 2,
    )


def _check(metadata: Metadata) -> None:
    """Refuse what our own transport refuses; grpclib would show the value, which may be a secret."""
    try:
        for metadatum in metadata:
            encode_metadatum(metadatum)
    except ValueError as error:
        raise RPCError(str(error), RPCStatusCode.INVALID_ARGUMENT) from error


async def _outcome(call: asyncio.Task[bytes | RPCError]) -> bytes:
    try:
        # Unlike `await call` this leaves our own cancellation ours, however the call ends at the same moment.
        await asyncio.wait((call,))
    except asyncio.CancelledError:
        call.cancel()
        raise
    outcome = _interrupted() if call.cancelled() else call.result()
    if isinstance(outcome, RPCError):
        raise outcome
    return outcome


def _unsent() -> RPCError:
    return RPCError("the poll could not be sent before its deadline", RPCStatusCode.UNAVAILABLE)


def _interrupted() -> RPCError:
    return RPCError("the connection was closed during the call", RPCStatusCode.UNAVAILABLE)


def _translate(error: Exception, *, is_lost: bool) -> RPCError:
    match error:
        case GRPCError():
            details = () if error.details is None else (error.details,)
            return RPCError(error.message or "", RPCStatusCode(error.status.value), details)
        case StreamTerminatedError() if reset := _RESET.match(str(error)):
            return RPCError(str(error), _RESET_STATUS.get(int(reset[1]), RPCStatusCode.INTERNAL))
        case TimeoutError():
            return RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)
        case StreamTerminatedError() | OSError() | H2Error():
            return RPCError(str(error) or type(error).__name__, RPCStatusCode.UNAVAILABLE)
        case _:
            status = RPCStatusCode.UNAVAILABLE if is_lost else RPCStatusCode.INTERNAL
            return RPCError(f"{type(error).__name__}: {error}", status)
