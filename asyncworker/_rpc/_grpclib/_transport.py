"""Unary calls and long polls over grpclib's channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
from grpclib.client import Channel
from grpclib.const import Cardinality
from grpclib.metadata import Deadline

from ...exceptions import ClientClosedError, ConfigurationError, RPCError, RPCStatusCode
from .._callbacks import BackgroundTasks
from .._long_poll import LongPoll, UnansweredError
from .._response_head import HEAD_SIZE
from .._target import DEFAULT_MAX_RECEIVE_BYTES, Target
from .._transport import Metadata
from ..http2._grpc import too_large
from ..http2._headers import encode_metadatum
from ._connection import GrpclibConnection, TargetChannel
from ._errors import interrupted, not_sent, translate

__all__ = ["GrpclibTransport"]


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
        #: Where its channels lead, if they do so to a network.
        self.target: Target | None = None
        self._max_age = max_age
        self._max_receive_bytes = max_receive_bytes
        self._connection: GrpclibConnection | None = None
        self._retiring: set[GrpclibConnection] = set()
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
        transport = cls(
            lambda: TargetChannel(target),
            max_age=target.max_connection_age,
            max_receive_bytes=target.max_receive_bytes,
        )
        transport.target = target
        return transport

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
            raise not_sent()
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
        connection: GrpclibConnection | None = None
        try:
            connection = await self._find_connection(timeout)
            connection.calls.add(task)
            return await self._make_call(connection, path, request, timeout, metadata, poll)
        except RPCError as error:
            return error
        except asyncio.CancelledError:
            return interrupted()
        except Exception as error:  # noqa: BLE001 - whatever grpclib or h2 trip over, a call ends with one kind of error
            translated = translate(error, is_lost=connection is not None and connection.is_lost)
            translated.__cause__ = error
            return translated
        finally:
            if connection is not None:
                await self._leave(connection, task)

    async def _make_call(
        self,
        connection: GrpclibConnection,
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

    async def _find_connection(self, timeout: float | None) -> GrpclibConnection:
        async with self._opening:
            now = asyncio.get_running_loop().time()
            if self._connection is None or not self._connection.takes(now, timeout):
                await self._retire()
                if self._is_closed:
                    raise ClientClosedError
                self._connection = await GrpclibConnection.open(self._open_channel(), now, self._max_age)
            return self._connection

    async def _retire(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.calls:
            self._retiring.add(connection)
        else:
            await connection.close()

    async def _leave(self, connection: GrpclibConnection, task: asyncio.Task[Any]) -> None:
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
        return not_sent()


class _Deadline(Deadline):
    """The deadline that the server is sent; grpclib itself, which asks first and for its own timer, waits longer."""

    def __init__(self, timeout: float, late_response_timeout: float) -> None:
        super().__init__(_timestamp=time.monotonic() + timeout)
        self._late_response_timeout = late_response_timeout

    def time_remaining(self) -> float:
        late_response_timeout, self._late_response_timeout = self._late_response_timeout, 0.0
        return super().time_remaining() + late_response_timeout


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
    outcome = interrupted() if call.cancelled() else call.result()
    if isinstance(outcome, RPCError):
        raise outcome
    return outcome
