from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio import fail_after
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.server import Server
from grpclib.testing import ChannelFor

from asyncworker._rpc._grpclib import BytesCodec, BytesDetailsCodec, GrpclibTransport
from asyncworker._rpc._grpclib._connection import TargetChannel
from asyncworker._rpc._grpclib._errors import translate
from asyncworker._rpc._target import HttpConnectProxy, Target
from asyncworker.exceptions import ClientClosedError, ConfigurationError, RPCError, RPCStatusCode

ECHO = "/test.Service/Echo"
HANG = "/test.Service/Hang"
FAIL = "/test.Service/Fail"
RESET = "/test.Service/Reset"


class Far:
    """The far end: what it was told, and ways for it to answer."""

    def __init__(self):
        self.metadata = []
        self.deadlines = []
        self.hanging = 0
        self.abandoned = 0
        self.released = asyncio.Event()
        self.connections = set()
        self.failure = GRPCError(Status.INTERNAL)

    def __mapping__(self):
        handlers = {ECHO: self.echo, HANG: self.hang, FAIL: self.fail, RESET: self.reset}
        return {path: Handler(handler, Cardinality.UNARY_UNARY, bytes, bytes) for path, handler in handlers.items()}

    async def echo(self, stream):
        request = await stream.recv_message()
        self.metadata.append(dict(stream.metadata))
        self.deadlines.append(stream.deadline)
        self.connections.add(id(stream._stream.connection))
        await stream.send_message(request)

    async def hang(self, stream):
        request = await stream.recv_message()
        self.hanging += 1
        self.connections.add(id(stream._stream.connection))
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.abandoned += 1
            raise
        await stream.send_message(request)

    async def fail(self, stream):
        await stream.recv_message()
        raise self.failure

    async def reset(self, stream):
        await stream.recv_message()
        await stream.cancel()


@pytest.fixture
def far():
    return Far()


@asynccontextmanager
async def connected(far, **options) -> AsyncIterator[GrpclibTransport]:
    transport = GrpclibTransport(
        lambda: ChannelFor([far], codec=BytesCodec(), status_details_codec=BytesDetailsCodec()), **options
    )
    try:
        yield transport
    finally:
        far.released.set()
        await transport.close()


async def until(fact):
    with fail_after(5):
        while not fact():  # noqa: ASYNC110 - the facts are grpclib's
            await anyio.sleep(0.001)


async def test_bytes_go_there_and_back(far):
    """A response is the bytes that the server sent."""
    async with connected(far) as transport:
        assert await transport.unary(ECHO, b"\x00\xff", timeout=5) == b"\x00\xff"


async def test_messages_may_be_empty(far):
    """An empty message is a message."""
    async with connected(far) as transport:
        assert await transport.unary(ECHO, b"", timeout=None) == b""


async def test_metadata_and_deadline_are_sent(far):
    """The server gets the metadata, text and binary, and knows the deadline."""
    async with connected(far) as transport:
        await transport.unary(ECHO, b"", timeout=30, metadata=(("client-name", "x"), ("raw-bin", b"\x00\x01\x02")))

    assert far.metadata == [{"client-name": "x", "raw-bin": b"\x00\x01\x02"}]
    assert 0 < far.deadlines[0].time_remaining() <= 30


async def test_errors_keep_status_message_and_raw_details(far):
    """What the server says about an error arrives: status, message, and the details' bytes, still to be decoded."""
    far.failure = GRPCError(Status.NOT_FOUND, "no such thing: ü", b"\x08\x05")

    async with connected(far) as transport:
        with pytest.raises(RPCError) as caught:
            await transport.unary(FAIL, b"", timeout=5)

    assert RPCStatusCode.NOT_FOUND is caught.value.status
    assert caught.value.message == "no such thing: ü"
    assert caught.value.details == (b"\x08\x05",)


async def test_a_deadline_fails_the_call_and_not_its_task(far):
    """A call that is not answered in time fails, and leaves its caller's task uncancelled."""
    async with connected(far) as transport:
        with pytest.raises(RPCError) as caught:
            await transport.unary(HANG, b"", timeout=0.05)

        assert RPCStatusCode.DEADLINE_EXCEEDED is caught.value.status
        assert asyncio.current_task().cancelling() == 0


async def test_cancelling_resets_the_stream(far):
    """The server hears of a cancelled call at once."""
    async with connected(far) as transport, anyio.create_task_group() as group:
        group.start_soon(lambda: transport.unary(HANG, b"", timeout=30))
        await until(lambda: far.hanging == 1)

        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await until(lambda: far.abandoned == 1)

        assert far.abandoned == 1


@pytest.mark.parametrize(("path", "status"), [(RESET, RPCStatusCode.INTERNAL)])
async def test_a_reset_stream_has_the_status_of_its_code(far, path, status):
    """A stream that the server resets says so by gRPC's table of HTTP/2 codes."""
    async with connected(far) as transport:
        with pytest.raises(RPCError) as caught:
            await transport.unary(path, b"", timeout=5)

    assert status is caught.value.status


async def test_a_response_over_the_limit_is_refused(far):
    """A response above the limit is refused in words that are never retried."""
    async with connected(far, max_receive_bytes=10) as transport:
        with pytest.raises(RPCError) as caught:
            await transport.unary(ECHO, bytes(11), timeout=5)

    assert caught.value.is_message_too_large


async def test_close_lets_calls_end(far):
    """Closing waits for calls in flight, and lets no new one in."""
    async with connected(far) as transport, anyio.create_task_group() as group:
        answers = []

        async def call():
            answers.append(await transport.unary(HANG, b"a", timeout=30))

        group.start_soon(call)
        await until(lambda: far.hanging == 1)
        group.start_soon(transport.close)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ClientClosedError):
            await transport.unary(ECHO, b"", timeout=5)
        far.released.set()

    assert answers == [b"a"]


async def test_cancelled_close_cuts_calls_off(far):
    """A close that is cancelled does not wait: calls in flight fail as with a lost connection."""
    async with connected(far) as transport, anyio.create_task_group() as group:
        failures = []

        async def call():
            try:
                await transport.unary(HANG, b"", timeout=30)
            except RPCError as error:
                failures.append(error.status)

        group.start_soon(call)
        await until(lambda: far.hanging == 1)
        with anyio.move_on_after(0.01):
            await transport.close()
        await until(lambda: failures)

    assert failures == [RPCStatusCode.UNAVAILABLE]


async def test_turned_over_before_its_time(far):
    """A connection takes no call that could outlive it; one in flight on it ends there by itself."""
    async with connected(far, max_age=100) as transport, anyio.create_task_group() as group:
        answers = []

        async def call():
            answers.append(await transport.unary(HANG, b"long", timeout=40))

        group.start_soon(call)
        await until(lambda: far.hanging == 1)
        transport._connection._ends_at = asyncio.get_running_loop().time() + 30
        await transport.unary(ECHO, b"", timeout=20)

        assert len(far.connections) == 1

        await transport.unary(ECHO, b"", timeout=40)

        assert len(far.connections) == 2
        assert repr(transport) == "<GrpclibTransport [1 calls on 2 connections]>"

        far.released.set()

    assert answers == [b"long"]
    assert repr(transport) == "<GrpclibTransport [closed, 0 calls on 0 connections]>"


async def test_calls_longer_than_a_connection(far):
    """Calls that may take longer than a connection lives still share one."""
    async with connected(far, max_age=4) as transport:
        for _ in range(3):
            await transport.unary(ECHO, b"", timeout=70)

    assert len(far.connections) == 1


@asynccontextmanager
async def listening(far, port=0):
    server = Server([far], codec=BytesCodec(), status_details_codec=BytesDetailsCodec())
    await server.start("127.0.0.1", port)
    try:
        yield server, server._server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def test_over_a_socket(far):
    """A target without a server is UNAVAILABLE, and is connected to as soon as there is one."""
    async with listening(far) as (_, port):
        pass
    transport = GrpclibTransport.to(Target("127.0.0.1", port))
    with pytest.raises(RPCError) as caught:
        await transport.unary(ECHO, b"", timeout=5)
    async with listening(far, port):
        reply = await transport.unary(ECHO, b"b", timeout=5)
        await transport.close()

    assert RPCStatusCode.UNAVAILABLE is caught.value.status
    assert str(port) in caught.value.message
    assert reply == b"b"


async def test_calls_on_a_connection_that_breaks_fail_as_unavailable(far):
    """Calls in flight on a connection that breaks fail with UNAVAILABLE, and the caller's task is not marked."""
    async with listening(far) as (_, port), anyio.create_task_group() as group:
        transport = GrpclibTransport.to(Target("127.0.0.1", port))
        failures = []

        async def call():
            try:
                await transport.unary(HANG, b"", timeout=30)
            except RPCError as error:
                failures.append((error.status, asyncio.current_task().cancelling()))

        group.start_soon(call)
        await until(lambda: far.hanging == 1)
        transport._connection.channel._protocol.connection._transport.abort()
        await until(lambda: failures)
        assert await transport.unary(ECHO, b"", timeout=5) == b""
        await transport.close()

    assert failures == [(RPCStatusCode.UNAVAILABLE, 0)]


@pytest.mark.parametrize(
    "target",
    [
        Target("h", http_connect_proxy=HttpConnectProxy("p", 1)),
        Target("h", compress_requests=True),
        Target("h", connections=2),
    ],
    ids=["proxy", "compression", "connections"],
)
def test_what_grpclib_lacks(target):
    """A target that grpclib cannot serve is refused at once."""
    with pytest.raises(ConfigurationError):
        GrpclibTransport.to(target)


@pytest.mark.parametrize(
    ("is_lost", "status"), [(True, RPCStatusCode.UNAVAILABLE), (False, RPCStatusCode.INTERNAL)], ids=["lost", "open"]
)
def test_an_error_that_grpclib_did_not_mean_to_raise_is_named(is_lost, status):
    """What breaks in grpclib when its connection ends may be tried again; anything else is a mistake of its own."""
    error = translate(AttributeError("write_eof"), is_lost=is_lost)

    assert (error.status, error.message) == (status, "AttributeError: write_eof")


async def test_a_transport_closed_while_it_waits_to_connect_refuses_the_call(far):
    """A call that waited for another's attempt to connect, and outlives the transport, opens no connection."""
    opened = asyncio.Event()

    class Slow(ChannelFor):
        async def __aenter__(self):
            opened.set()
            await asyncio.Event().wait()

    transport = GrpclibTransport(lambda: Slow([far]))
    first = asyncio.create_task(transport.unary(ECHO, b"", timeout=30))
    await opened.wait()
    second = asyncio.create_task(transport.unary(ECHO, b"", timeout=30))
    await anyio.wait_all_tasks_blocked()
    closing = asyncio.create_task(transport.close())
    await anyio.wait_all_tasks_blocked()
    first.cancel()

    with pytest.raises(ClientClosedError):
        await second
    await closing
    assert transport._connection is None


async def test_without_keep_alive_grpclib_sends_no_ping():
    """A target without keep-alive is connected to with grpclib's defaults, which have none."""
    channel = TargetChannel(Target("h", keep_alive=None))

    assert channel._config._keepalive_time is None
