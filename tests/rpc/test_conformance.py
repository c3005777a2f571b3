from __future__ import annotations

import asyncio
import base64
import json
import logging
import random
import sys
import traceback
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import grpc
import pytest
from far_ends import CA_PEM, ECHO, FAIL, HANG, KINDS, SIZE, TELL, GrpcioFarEnd, GrpclibFarEnd, tls_before, until
from nowait import Nowait
from scripted_server import ScriptedServer

from asyncworker._proto.temporal.api.common.v1 import Payload, Payloads
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    GetSystemInfoResponse,
    PollActivityTaskQueueRequest,
    PollActivityTaskQueueResponse,
    RespondActivityTaskCompletedRequest,
)
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._response_head import leading_field
from asyncworker._rpc._target import Target, TLSConfig, parse_address
from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker._wire import decode, encode
from asyncworker.exceptions import ClientClosedError, RPCError, RPCStatusCode

TRANSPORTS = {
    "own": Http2Transport,
    "own, nowait": lambda target: Nowait(Http2Transport(target)),
    "grpclib": GrpclibTransport.to,
}
# A call with callbacks cannot be cancelled.
awaited = pytest.mark.parametrize("make_transport", ["own", "grpclib"], indirect=True)
SERVICE = "/temporal.api.workflowservice.v1.WorkflowService"
GET_SYSTEM_INFO = f"{SERVICE}/GetSystemInfo"


@asynccontextmanager
async def connected(make, target):
    transport = make(target)
    try:
        yield transport
    finally:
        with anyio.fail_after(10, shield=True):
            await transport.close()


@pytest.fixture(params=TRANSPORTS)
def make_transport(request):
    return TRANSPORTS[request.param]


@pytest.fixture(params=[(kind, tls) for kind in KINDS for tls in (False, True)], ids=lambda p: p[0] + "+tls" * p[1])
async def far(request):
    kind, tls = request.param
    async with KINDS[kind](tls=tls).running() as far_end:
        yield far_end


@pytest.fixture
async def transport(make_transport, far):
    async with connected(make_transport, far.target()) as transport:
        yield transport


async def refused(transport, path, request=b"", timeout=5.0, metadata=()) -> RPCError:
    with pytest.raises(RPCError) as caught:
        await transport.unary(path, request, timeout=timeout, metadata=metadata)
    return caught.value


@pytest.mark.parametrize("size", [0, 1, 1000, 16_379, 16_380, 65_536, 1 << 20, 5 << 20])
async def test_messages_of_any_size_are_exchanged(transport, size):
    """A message of any size arrives, and comes back."""
    request = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    response = await transport.unary(ECHO, request, timeout=20.0)

    assert response == request


async def test_large_messages_share_a_connection(transport):
    """Large messages in both directions share a connection."""
    requests = [bytes([number]) * (1 << 20) for number in range(8)]

    responses = await asyncio.gather(*(transport.unary(ECHO, request, timeout=30.0) for request in requests))

    assert responses == requests


async def test_a_response_may_exceed_the_windows(make_transport, far):
    """A response may be larger than any window, where so much is allowed."""
    async with connected(make_transport, far.target(max_receive_bytes=20_000_000)) as transport:
        assert await transport.unary(SIZE, b"20000000", timeout=30.0) == bytes(20_000_000)


async def test_each_of_many_calls_gets_its_response(transport):
    """Each of many concurrent calls gets its own answer."""
    requests = [b"%d" % number for number in range(200)]

    responses = await asyncio.gather(*(transport.unary(ECHO, request, timeout=20.0) for request in requests))

    assert responses == requests


async def test_a_connection_serves_many_calls(transport):
    """A connection serves call after call."""
    for number in range(50):
        assert await transport.unary(ECHO, b"%d" % number, timeout=None) == b"%d" % number


@pytest.mark.parametrize("code", [code for code in RPCStatusCode if code])
async def test_each_status_arrives_with_its_message(transport, code):
    """Every status comes back with its message."""
    order = {"code": int(code), "message": f"no {code.name}", "details": ""}

    error = await refused(transport, FAIL, json.dumps(order).encode())

    assert (error.status, error.message, error.details) == (code, f"no {code.name}", ())


async def test_a_status_message_may_be_unicode(transport):
    """Messages are text of any kind."""
    text = "50 % der Ämter:\nnicht da ☃"

    error = await refused(transport, FAIL, json.dumps({"code": 5, "message": text, "details": ""}).encode())

    assert error.message == text


@pytest.mark.parametrize("details", [b"\x08\x05\x12\x02no", bytes(range(256)) * 20])
async def test_error_details_arrive_as_sent(transport, details):
    """The details of an error come back as they were sent."""
    error = await refused(transport, FAIL, json.dumps({"code": 9, "message": "m", "details": details.hex()}).encode())

    assert error.status is RPCStatusCode.FAILED_PRECONDITION
    assert error.details == (details,)


async def test_an_unknown_method_is_unimplemented(transport, far, request):
    """A method that the server does not have is UNIMPLEMENTED, and the connection goes on."""
    if isinstance(transport, GrpclibTransport) and isinstance(far, GrpclibFarEnd):
        reason = "grpclib's server leaves the content-type out, and grpclib's client insists on it"
        request.applymarker(pytest.mark.xfail(strict=True, reason=reason))
    error = await refused(transport, "/test.Service/None")

    assert error.status is RPCStatusCode.UNIMPLEMENTED
    assert await transport.unary(ECHO, b"still here", timeout=5.0) == b"still here"


async def test_metadata_arrive_as_sent(transport):
    """Metadata arrive as they were sent, text and bytes."""
    sent = [("temporal-namespace", "default"), ("raw-bin", bytes(range(256))), ("odd-bin", b"\xff")]

    told = json.loads(await transport.unary(TELL, b"", timeout=5.0, metadata=tuple(sent)))

    assert [(key, value.hex() if isinstance(value, bytes) else value) for key, value in sent] == [
        (key, value) for key, value in told if key in dict(sent)
    ]


async def test_metadata_may_be_any_sequence(transport):
    """Metadata may be any sequence."""
    told = json.loads(await transport.unary(TELL, b"", timeout=5.0, metadata=[("key", "value")]))

    assert ["key", "value"] in told


async def test_repeated_metadata_arrive_each_time(transport):
    """What was compressed once arrives whole every time."""
    metadata = (("authorization", "Bearer " + "x" * 1500), ("client-name", "test"))

    told = [json.loads(await transport.unary(TELL, b"", timeout=5.0, metadata=metadata)) for _ in range(5)]

    assert [dict(fields)["authorization"] for fields in told] == [metadata[0][1]] * 5


async def test_metadata_may_change_between_calls(transport):
    """Metadata that differ in every call do too."""
    told = [
        dict(json.loads(await transport.unary(TELL, b"", timeout=5.0, metadata=(("n", str(n)), ("same", "s")))))
        for n in range(20)
    ]

    assert [(fields["n"], fields["same"]) for fields in told] == [(str(n), "s") for n in range(20)]


async def test_metadata_may_exceed_a_frame(transport):
    """Metadata may be longer than a frame."""
    metadata = (("a", "x" * 6000), ("b", "y" * 6000), ("c", "z" * 6000))

    told = dict(json.loads(await transport.unary(TELL, b"", timeout=5.0, metadata=metadata)))

    assert [told[key] for key in "abc"] == [value for _, value in metadata]


@pytest.mark.parametrize(
    "metadatum",
    [
        ("authorization", "Bearer secret\n"),
        ("authorization", "secret é"),
        ("authorization", b"secret"),
        ("raw-bin", "secret"),
        ("Upper", "secret"),
        ("te", "secret"),
    ],
)
async def test_invalid_metadata_fail_the_call_without_showing_values(make_transport, metadatum):
    """Metadata that gRPC does not allow are the caller's error, not to be tried again, and no secret is shown."""
    far = GrpcioFarEnd(tls=False)
    async with far.running(), connected(make_transport, far.target()) as transport:
        error = await refused(transport, TELL, metadata=(metadatum,))

        assert error.status is RPCStatusCode.INVALID_ARGUMENT
        assert "secret" not in "".join(traceback.format_exception(error))
        assert await transport.unary(ECHO, b"on", timeout=5.0) == b"on"


async def test_a_deadline_ends_the_call_on_both_sides(transport, far):
    """The server is sent the deadline; when it passes, the call fails and the server's work is cancelled."""
    # On a busy machine the time may be over before the server has the call.
    while not far.timeouts:
        error = await refused(transport, HANG, timeout=0.3)
    await until(lambda: far.abandoned == far.hanging > 0)

    assert error.status is RPCStatusCode.DEADLINE_EXCEEDED
    assert far.timeouts[0] <= 0.31


async def test_a_call_without_timeout_has_no_deadline(transport, far):
    """Without a timeout a call waits for as long as it takes."""
    async with anyio.create_task_group() as tasks:

        async def call():
            assert await transport.unary(HANG, b"patience", timeout=None) == b"patience"

        tasks.start_soon(call)
        await until(lambda: far.hanging == 1)
        far.release()

    assert far.timeouts[0] is None or far.timeouts[0] > 1e6


@awaited
async def test_cancelling_a_call_cancels_it_on_the_server(transport, far):
    """Cancelling a call cancels the server's work, and leaves other calls alone."""
    other = asyncio.create_task(transport.unary(HANG, b"other", timeout=20.0))
    call = asyncio.create_task(transport.unary(HANG, b"call", timeout=20.0))
    await until(lambda: far.hanging == 2)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(lambda: far.abandoned == 1)
    far.release()

    assert await other == b"other"


async def test_errors_do_not_touch_the_callers_cancellation_count(transport, far):
    """Deadlines and errors do not touch the cancellation of the task that made the call."""
    await refused(transport, HANG, timeout=0.05)
    await refused(transport, "/test.Service/None")

    assert asyncio.current_task().cancelling() == 0


@awaited
async def test_a_scope_that_ends_with_the_call_is_the_callers(transport):
    """A scope of the caller's that ends at the same moment is still the caller's."""
    with anyio.move_on_after(0.05) as scope:
        await refused(transport, HANG, timeout=10.0)

    assert scope.cancelled_caught
    assert await transport.unary(ECHO, b"on", timeout=5.0) == b"on"


@awaited
async def test_cancelled_calls_do_not_use_up_the_connection(transport, far):
    """Streams that were given up do not use the connection up."""
    for _ in range(5):
        calls = [asyncio.create_task(transport.unary(ECHO, b"x" * 50_000, timeout=5.0)) for _ in range(20)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)

    assert await transport.unary(ECHO, b"x" * 500_000, timeout=5.0) == b"x" * 500_000


@pytest.mark.parametrize("tls", [False, True], ids=["plaintext", "tls"])
@pytest.mark.parametrize("size", [2000, 5 << 20])
async def test_a_request_over_the_servers_limit_is_refused(make_transport, tls, size):
    """A server that refuses a request while it is still being sent is heard, and the connection goes on."""
    far = GrpcioFarEnd(tls=tls)
    far.options = (("grpc.max_receive_message_length", 1000),)
    async with far.running(), connected(make_transport, far.target()) as transport:
        error = await refused(transport, ECHO, bytes(size))

        assert error.status is RPCStatusCode.RESOURCE_EXHAUSTED
        assert await transport.unary(ECHO, b"on", timeout=5.0) == b"on"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, RPCStatusCode.INTERNAL),
        (2, RPCStatusCode.INTERNAL),
        (7, RPCStatusCode.UNAVAILABLE),
        (8, RPCStatusCode.CANCELLED),
        (11, RPCStatusCode.RESOURCE_EXHAUSTED),
        (12, RPCStatusCode.PERMISSION_DENIED),
        (99, RPCStatusCode.INTERNAL),
    ],
)
async def test_a_reset_stream_has_the_status_of_its_error_code(make_transport, code, status):
    """A stream that the server resets has the status that gRPC's table has for the reason."""
    server = ScriptedServer(lambda connection, stream_id: connection.reset(stream_id, code))
    async with server.listening(), connected(make_transport, server.target()) as transport:
        assert (await refused(transport, ECHO)).status is status


@pytest.mark.parametrize(
    ("http_status", "status"),
    [
        (b"200", RPCStatusCode.UNKNOWN),
        (b"400", RPCStatusCode.INTERNAL),
        (b"401", RPCStatusCode.UNAUTHENTICATED),
        (b"403", RPCStatusCode.PERMISSION_DENIED),
        (b"404", RPCStatusCode.UNIMPLEMENTED),
        (b"429", RPCStatusCode.UNAVAILABLE),
        (b"500", RPCStatusCode.UNKNOWN),
        (b"502", RPCStatusCode.UNAVAILABLE),
        (b"503", RPCStatusCode.UNAVAILABLE),
        (b"504", RPCStatusCode.UNAVAILABLE),
    ],
)
async def test_an_http_response_has_the_status_of_its_http_status(make_transport, http_status, status):
    """What answers in HTTP but not in gRPC, as a proxy does, has the status that gRPC's table has for it."""

    def refuse(connection, stream_id):
        fields = [(b":status", http_status), (b"content-type", b"text/html")]
        connection.say(
            frames.frame(frames.HEADERS, frames.END_HEADERS, stream_id, connection.encoder.encode(fields)),
            frames.frame(frames.DATA, frames.END_STREAM, stream_id, b"<html>"),
        )

    server = ScriptedServer(refuse)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        assert (await refused(transport, ECHO)).status is status


async def test_ok_without_a_message_is_an_error(make_transport):
    """OK is nothing without a message."""
    server = ScriptedServer(
        lambda connection, stream_id: connection.say(connection.head(stream_id), connection.trailers(stream_id))
    )
    async with server.listening(), connected(make_transport, server.target()) as transport:
        assert (await refused(transport, ECHO)).status is RPCStatusCode.INTERNAL


async def test_a_response_over_the_limit_fails_its_call(make_transport, far):
    """A response over the target's limit fails, and the connection goes on."""
    async with connected(make_transport, far.target(max_receive_bytes=1000)) as transport:
        assert len(await transport.unary(SIZE, b"1000", timeout=5.0)) == 1000
        error = await refused(transport, SIZE, b"1001")

        assert error.is_message_too_large
        assert await transport.unary(ECHO, b"on", timeout=5.0) == b"on"


async def test_a_refused_response_shows_how_it_begins(make_transport, far):
    """Of a response over the limit as much is kept as names the task that may be in it."""
    poll = encode(PollActivityTaskQueueResponse(task_token=b"t" * 1000, activity_id="x" * 100_000))
    async with connected(make_transport, far.target(max_receive_bytes=50_000)) as transport:
        error = await refused(transport, ECHO, poll)

        assert error.is_message_too_large
        assert leading_field(error._head) == b"t" * 1000
        assert await transport.unary(ECHO, b"on", timeout=5.0) == b"on"


async def test_no_metadata_is_in_any_log(make_transport, caplog):
    """Neither credentials nor anything else of the caller's is logged at any level, by any of the libraries used."""
    secrets = (("authorization", "Bearer SECRET"), ("tenant", "SECRET"), ("long", "SECRET" * 500), ("x-bin", b"SECRET"))
    server = ScriptedServer()
    async with server.listening(), connected(make_transport, server.target()) as transport:
        with caplog.at_level(logging.DEBUG):
            # The second time it might come out of a table.
            for _ in range(2):
                assert await transport.unary(ECHO, b"request", timeout=5.0, metadata=secrets) == b"request"
        (connection,) = server.connections
        received = b"".join(frame.payload for frame in connection.heard if frame.kind == frames.HEADERS)

    assert received.count(b"Bearer SECRET") == 2
    for form in ("SECRET", base64.b64encode(b"SECRET").decode()):
        assert form not in caplog.text


async def test_gzip_works_in_both_directions_with_grpcio():
    """Our transport's gzip and grpcio's understand each other, in both directions."""
    far = GrpcioFarEnd(tls=False)
    far.compression = grpc.Compression.Gzip
    async with far.running(), connected(Http2Transport, far.target(compress_requests=True)) as transport:
        for request in (b"", b"short", b"long" * 100_000, random.Random(7).randbytes(10_000)):
            assert await transport.unary(ECHO, request, timeout=5.0) == request


async def test_a_call_without_a_server_is_unavailable(make_transport, free_tcp_port):
    """Without a server a call is UNAVAILABLE."""
    async with connected(make_transport, Target("127.0.0.1", free_tcp_port)) as transport:
        error = await refused(transport, ECHO)

        assert error.status is RPCStatusCode.UNAVAILABLE


async def test_a_closed_transport_refuses_calls(make_transport, far):
    """A closed transport refuses calls; closing it twice does nothing."""
    transport = make_transport(far.target())
    await transport.unary(ECHO, b"", timeout=5.0)

    await transport.close()
    await transport.close()

    assert isinstance(await refused(transport, ECHO), ClientClosedError)


async def test_close_waits_for_calls_in_flight(make_transport, far):
    """Closing waits for calls in flight."""
    transport = make_transport(far.target())
    call = asyncio.create_task(transport.unary(HANG, b"work", timeout=20.0))
    await until(lambda: far.hanging == 1)
    closing = asyncio.create_task(transport.close())
    await asyncio.sleep(0)

    assert isinstance(await refused(transport, ECHO), ClientClosedError)
    far.release()
    assert await call == b"work"
    await closing


async def test_cancelling_close_fails_calls_in_flight(make_transport, far):
    """Cancelling the closing fails calls in flight."""
    transport = make_transport(far.target())
    call = asyncio.create_task(transport.unary(HANG, b"work", timeout=20.0))
    await until(lambda: far.hanging == 1)

    with anyio.move_on_after(0.01):
        await transport.close()

    with pytest.raises(RPCError) as caught:
        await call
    assert caught.value.status is RPCStatusCode.UNAVAILABLE
    await until(lambda: far.abandoned == 1)


async def eventually(transport) -> None:
    """Call until the server answers, as the retry rules do."""
    with anyio.fail_after(20):
        while await attempt(transport) is not None:  # noqa: ASYNC110 - the event is the attempt
            await asyncio.sleep(0.01)


async def attempt(transport) -> RPCStatusCode | None:
    try:
        await transport.unary(ECHO, b"back", timeout=2.0)
    except RPCError as error:
        return error.status
    return None


@pytest.mark.parametrize("kind", KINDS)
async def test_a_restarted_server_is_found(make_transport, kind):
    """A server that stops fails its calls with UNAVAILABLE; one that starts in its place is found."""
    far = KINDS[kind](tls=False)
    async with AsyncExitStack() as stack:
        async with far.running():
            transport = await stack.enter_async_context(connected(make_transport, far.target()))
            call = asyncio.create_task(transport.unary(HANG, b"", timeout=20.0))
            await until(lambda: far.hanging == 1)
        with pytest.raises(RPCError) as caught:
            await call
        async with far.running():
            await eventually(transport)

    # grpcio cancels what it cannot wait for.
    assert caught.value.status in (RPCStatusCode.UNAVAILABLE, RPCStatusCode.CANCELLED)


async def test_connections_ended_by_age_lose_no_call(make_transport):
    """No call is lost to a server that ends connections at an age, where calls are short."""
    far = GrpcioFarEnd(tls=False)
    far.options = (("grpc.max_connection_age_ms", 300), ("grpc.max_connection_age_grace_ms", 5000))
    async with far.running(), connected(make_transport, far.target(max_connection_age=0.2)) as transport:
        for _ in range(100):
            assert await transport.unary(ECHO, b"x", timeout=5.0) == b"x"
            await asyncio.sleep(0.01)


@pytest.fixture(params=[False, True], ids=["temporal", "temporal+tls"])
async def temporal(request, dev_server):
    """The real server; with TLS before it, as it has none in development."""
    host, port = parse_address(dev_server.target)
    if not request.param:
        yield Target(host, port)
        return
    async with tls_before(host, port) as tls_port:
        yield Target("127.0.0.1", tls_port, tls=TLSConfig(server_root_ca_cert=CA_PEM))


@pytest.mark.server
async def test_the_real_server_answers(make_transport, temporal):
    """The real server answers GetSystemInfo, and refuses what it does not know."""
    async with connected(make_transport, temporal) as transport:
        for _ in range(3):
            response = decode(GetSystemInfoResponse, await transport.unary(GET_SYSTEM_INFO, b"", timeout=5.0))
            assert response.server_version
        error = await refused(transport, f"{SERVICE}/DescribeNamespace", b"\x0a\x04none")
        assert error.status is RPCStatusCode.NOT_FOUND
        assert error.details
        assert (await refused(transport, "/no.Service/None")).status is RPCStatusCode.UNIMPLEMENTED


@awaited
@pytest.mark.server
async def test_a_poll_of_the_real_server_can_be_cancelled(make_transport, temporal, task_queue):
    """A poll that hangs at the real server can be cancelled, and the connection goes on."""
    poll = PollActivityTaskQueueRequest(namespace="default", task_queue=TaskQueue(name=task_queue), identity="test")
    async with connected(make_transport, temporal) as transport:
        with anyio.move_on_after(0.3) as scope:
            await transport.unary(f"{SERVICE}/PollActivityTaskQueue", encode(poll), timeout=20.0)

        assert scope.cancelled_caught
        assert await transport.unary(GET_SYSTEM_INFO, b"", timeout=5.0)


@pytest.mark.server
async def test_the_real_server_refuses_large_requests(make_transport, temporal):
    """A request above 4 MiB is refused by the real server, which is known by its words; the connection goes on."""
    completed = encode(
        RespondActivityTaskCompletedRequest(
            task_token=b"x", result=Payloads(payloads=[Payload(data=bytes(6 << 20))]), namespace="default"
        )
    )
    async with connected(make_transport, temporal) as transport:
        error = await refused(transport, f"{SERVICE}/RespondActivityTaskCompleted", completed)

        assert error.status is RPCStatusCode.RESOURCE_EXHAUSTED
        assert error.is_message_too_large
        assert await transport.unary(GET_SYSTEM_INFO, b"", timeout=5.0)


@pytest.mark.process
async def test_the_default_transport_runs_on_uvloop():
    """Our transport runs on uvloop too."""
    pytest.importorskip("uvloop")
    script = """
import asyncio, sys, uvloop
sys.path.insert(0, sys.argv[1])
from far_ends import ECHO, GrpclibFarEnd
from asyncworker._rpc.http2._transport import Http2Transport
async def main():
    for tls in (False, True):
        async with GrpclibFarEnd(tls=tls).running() as far:
            transport = Http2Transport(far.target())
            calls = [transport.unary(ECHO, b"x" * size, timeout=10.0) for size in (0, 1, 100_000, 5_000_000)]
            print([len(response) for response in await asyncio.gather(*calls)])
            await transport.close()
uvloop.run(main())
"""
    here = str(Path(__file__).parent)

    done = await anyio.run_process([sys.executable, "-X", "dev", "-c", script, here], check=False)

    assert done.stdout.decode().split("\n") == ["[0, 1, 100000, 5000000]"] * 2 + [""]
    assert done.returncode == 0, done.stderr.decode()
