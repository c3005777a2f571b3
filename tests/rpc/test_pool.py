from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import anyio
import hpack
import pytest
from far_ends import until
from http2_peer import PATH
from nowait import Answer, Nowait
from scripted_server import ScriptedServer, ServerConnection

from asyncworker._rpc._bound import BoundTransport
from asyncworker._rpc._target import KeepAlive, Target
from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._frames import ErrorCode, Setting
from asyncworker._rpc.http2._transport import Http2Transport, TransportStatistics
from asyncworker.exceptions import ClientClosedError, RPCError, RPCStatusCode


@asynccontextmanager
async def connected(server, *, close_timeout=5.0, **options):
    transport = Http2Transport(server.target(**options), close_timeout=close_timeout)
    try:
        yield transport
    finally:
        with anyio.move_on_after(1, shield=True):
            await transport.close()


def call(transport, request=b"request", timeout=10.0, **options):
    return asyncio.create_task(transport.unary(PATH, request, timeout=timeout, **options))


# A call is awaited, or its outcome goes to callbacks: both have the same outcome.
both_ways = pytest.mark.parametrize("way", [lambda transport: transport, Nowait], ids=["awaited", "nowait"])


async def refused(transport, **options) -> RPCError:
    with pytest.raises(RPCError) as caught:
        await call(transport, **options)
    return caught.value


def keep_quiet(connection, stream_id):
    """Leave a request without an answer."""


def cancel_late(connection, stream_id):
    # Blocks the loop past the deadline, so that the reset is read before the timer is looked at.
    connection.reset(stream_id, ErrorCode.CANCEL)
    time.sleep(0.4)


def quick(interval, timeout) -> KeepAlive:
    """A keep-alive that no server would like."""
    keep_alive = KeepAlive()
    object.__setattr__(keep_alive, "interval", interval)
    object.__setattr__(keep_alive, "timeout", timeout)
    return keep_alive


# Connecting


async def test_connects_at_the_first_call():
    """There is no connection before the first call, and one for all that follow."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        assert transport.statistics() == TransportStatistics(connections=0, draining=0, calls=0, opened=0)

        assert await asyncio.gather(*(call(transport, b"%d" % n) for n in range(5))) == [b"%d" % n for n in range(5)]

        assert transport.statistics() == TransportStatistics(connections=1, draining=0, calls=0, opened=1)
        assert len(server.connections) == 1


async def test_writes_are_coalesced():
    """What is started in one turn of the loop is written at once."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(transport)
        reads = server.reads

        await asyncio.gather(*(call(transport) for _ in range(20)))

        assert server.reads - reads == 1


async def test_calls_are_spread_over_the_connections_asked_for():
    """Asked for several connections, it opens them one by one, and long polls end up on all of them."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server, connections=3) as transport:
        polls = []
        for opened in (1, 2, 3):
            polls.append(call(transport))
            await until(lambda opened=opened: transport.statistics().connections >= opened)
        polls += [call(transport) for _ in range(6)]
        await until(lambda: sum(len(connection.requests) for connection in server.connections) == 9)

        assert transport.statistics() == TransportStatistics(connections=3, draining=0, calls=9, opened=3)
        assert [len(connection.requests) for connection in server.connections] == [3, 3, 3]
        for poll in polls:
            poll.cancel()


async def test_the_load_is_the_share_of_the_streams_in_use():
    """What can wait leaves the streams that a server allows to other calls; without a connection all are in use."""
    server = ScriptedServer(keep_quiet, settings={Setting.MAX_CONCURRENT_STREAMS: 4})
    async with server.listening(), connected(server) as transport:
        before = transport.load
        polls = [call(transport) for _ in range(3)]
        await until(lambda: sum(len(connection.requests) for connection in server.connections) == 3)

        assert (before, transport.load, BoundTransport(transport).load) == (1.0, 0.75, 0.75)
        for poll in polls:
            poll.cancel()


async def test_a_server_that_is_not_http2_is_named_so():
    """Something that is not HTTP/2 is named for what it is."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        task = call(transport)
        await until(lambda: server.connections)
        server.connections[0].say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        with pytest.raises(RPCError, match="does not speak HTTP/2") as caught:
            await task
        assert caught.value.status is RPCStatusCode.UNAVAILABLE


async def test_a_server_that_hangs_up_before_settings_is_unavailable():
    """A server that hangs up before its settings have come makes the call UNAVAILABLE."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        task = call(transport)
        await until(lambda: server.connections)
        server.hang_up()

        with pytest.raises(RPCError, match="cannot connect") as caught:
            await task
        assert caught.value.status is RPCStatusCode.UNAVAILABLE


async def test_a_server_that_sends_goaway_at_once_is_not_connected_to_again():
    """A server that greets and hangs up in one breath is not connected to again and again."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        task = call(transport)
        await until(lambda: server.connections)
        server.connections[0].say(frames.settings({}))
        server.connections[0].goaway()

        with pytest.raises(RPCError, match="hung up at once"):
            await task
        assert len(server.connections) == 1
        await until(lambda: server.connections[0].is_lost)


@both_ways
async def test_a_deadline_while_connecting_is_unavailable(way):
    """A call that finds no connection in time is UNAVAILABLE: the server cannot have seen it."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        error = await refused(way(transport), timeout=0.05)

        assert error.status is RPCStatusCode.UNAVAILABLE


@both_ways
async def test_a_connect_timeout_fails_calls_without_a_deadline(way):
    """An attempt to connect ends by itself, and so does a call without a deadline."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server, connect_timeout=0.05) as transport:
        error = await refused(way(transport), timeout=None)

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert "no answer within 0.05 s" in error.message
        await until(lambda: server.connections[0].is_lost)


async def test_a_cancelled_caller_leaves_the_attempt_to_others():
    """A caller that goes away leaves the attempt to the others."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        first, second = call(transport), call(transport)
        await until(lambda: server.connections)

        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        server.connections[0].say(frames.settings({}))

        assert await second == b"request"
        assert len(server.connections) == 1


async def test_a_cancelled_attempt_to_connect_is_repeated_for_waiting_calls():
    """An attempt to connect whose task is cancelled is made again for the calls that wait for it."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        task = call(transport, timeout=None)
        await until(lambda: server.connections)
        server.greets = True
        transport._pool._connecting.cancel()

        assert await asyncio.wait_for(task, 5) == b"request"


@both_ways
async def test_close_ends_an_attempt_to_connect_and_its_waiting_calls(way):
    """Closing ends an attempt to connect, and the calls that wait for it."""
    server = ScriptedServer(greets=False)
    async with server.listening(), connected(server) as transport:
        task = call(way(transport), timeout=None)
        await until(lambda: server.connections)

        await transport.close()

        with pytest.raises(ClientClosedError):
            await task
        await until(lambda: server.connections[0].is_lost)


@both_ways
async def test_a_call_after_a_failed_attempt_waits_for_the_next(free_tcp_port, way):
    """A call after a failed attempt waits for the next, and finds a server that has come up."""
    server = ScriptedServer(port=free_tcp_port)
    async with connected(server) as transport:
        assert (await refused(way(transport))).status is RPCStatusCode.UNAVAILABLE
        async with server.listening():
            assert await call(way(transport)) == b"request"


async def test_a_transport_that_was_never_used_refuses_calls_once_closed():
    """Closing a transport that has no connection yet is as final as closing any other."""
    transport = Http2Transport(Target("127.0.0.1", 1))
    await transport.close()

    with pytest.raises(ClientClosedError):
        await call(transport)


async def test_a_transport_belongs_to_the_loop_of_its_first_call():
    """A transport belongs to the loop of its first call."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(transport)

        with pytest.raises(RuntimeError, match="belongs to another event loop"):
            await asyncio.to_thread(asyncio.run, transport.unary(PATH, b"", timeout=1.0))


async def test_repr_shows_the_state_of_the_transport():
    """The transport shows its state."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server) as transport:
        where = f"127.0.0.1:{server.port}"
        assert repr(transport) == f"<Http2Transport to {where} [0 connections, 0 draining, 0 calls]>"
        task = call(transport)
        await asyncio.sleep(0)
        assert repr(transport) == f"<Http2Transport to {where} [connecting, 0 draining, 0 calls]>"
        await until(lambda: server.connections and server.connections[0].requests)
        assert repr(transport) == f"<Http2Transport to {where} [1 connections, 0 draining, 1 calls]>"
        server.connections[0].goaway()
        await until(lambda: transport.statistics().draining)
        assert repr(transport._pool._draining) == "{<Connection [draining, 1 calls]>}"
        server.connections[0].answer(1)
        await task
        await transport.close()
        assert repr(transport) == f"<Http2Transport to {where} [closed, 0 draining, 0 calls]>"


# Calls


@both_ways
async def test_invalid_metadata_fail_their_call_only(way):
    """Metadata with a stray newline are the caller's error, and no secret is shown."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        error = await refused(way(transport), metadata=(("authorization", "Bearer secret\n"),))

        assert error.status is RPCStatusCode.INVALID_ARGUMENT
        assert "secret" not in str(error)
        assert await call(way(transport)) == b"request"


@both_ways
async def test_a_call_without_time_left_is_not_made(way):
    """A call without time left is not made."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(way(transport))

        assert (await refused(way(transport), timeout=0.0)).status is RPCStatusCode.DEADLINE_EXCEEDED
        assert (await refused(way(transport), timeout=-1.0)).status is RPCStatusCode.DEADLINE_EXCEEDED
        assert await call(way(transport), b"next") == b"next"
        assert len(server.connections[0].requests) == 2


@both_ways
async def test_each_call_ends_at_its_own_deadline(way):
    """Each call ends at its own deadline."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server) as transport:
        calls = {timeout: call(way(transport), timeout=timeout) for timeout in (0.2, 0.05, 0.15, 0.1)}
        ended = []
        for timeout, task in calls.items():
            task.add_done_callback(lambda _, timeout=timeout: ended.append(timeout))

        await asyncio.gather(*calls.values(), return_exceptions=True)

        assert ended == [0.05, 0.1, 0.15, 0.2]
        await until(lambda: server.connections[0].count(frames.RST_STREAM) == 4)
        assert transport.statistics().calls == 0


@both_ways
async def test_a_call_waits_as_long_as_the_server_was_sent(way):
    """A response is received until the deadline that the server was sent: no task that comes just in time is lost."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server) as transport:
        waited = {}

        async def wait_for(timeout):
            began = asyncio.get_running_loop().time()
            await refused(way(transport), timeout=timeout)
            waited[timeout] = asyncio.get_running_loop().time() - began

        await asyncio.gather(*(wait_for(1 + late / 1000) for late in range(1, 10, 2)))

        decoder = hpack.Decoder()
        blocks = [frame.payload for frame in server.connections[0].heard if frame.kind == frames.HEADERS]
        told = [int(dict(decoder.decode(block))["grpc-timeout"].removesuffix("u")) / 1e6 for block in blocks]
        assert len(told) == len(waited)
        assert max(told) <= min(waited.values()) + 0.001


@both_ways
async def test_a_cancel_by_the_server_at_the_deadline_is_deadline_exceeded(way):
    """A stream that the server cancels when the deadline has passed is DEADLINE_EXCEEDED, whichever side was first."""
    async with open_connection(cancel_late) as (transport, _):
        assert (await refused(way(transport), timeout=0.3)).status is RPCStatusCode.DEADLINE_EXCEEDED


# Calls with callbacks, on a connection that is open


@asynccontextmanager
async def open_connection(on_request):
    """A transport with a connection, and a server that treats requests so from now on."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(transport)
        server.on_request = on_request
        yield transport, server


async def test_unary_nowait_takes_no_task():
    """A call with callbacks is made and answered without a task."""
    async with open_connection(ServerConnection.answer) as (transport, _):
        answer = Answer()
        tasks = asyncio.all_tasks()
        transport.unary_nowait(PATH, b"nowait", timeout=10.0, callbacks=answer)

        assert asyncio.all_tasks() == tasks
        assert await answer.outcome == b"nowait"


async def test_a_refused_nowait_call_is_sent_again():
    """A call with callbacks whose stream the server refuses is sent again, unnoticed."""
    refusals = iter([True, True, False])

    def on_request(connection, stream_id):
        if next(refusals):
            connection.reset(stream_id, ErrorCode.REFUSED_STREAM)
        else:
            connection.answer(stream_id)

    async with open_connection(on_request) as (transport, _):
        assert await call(Nowait(transport)) == b"request"


async def test_a_nowait_call_past_goaway_goes_to_another_connection():
    """A call with callbacks that a server which goes away has not acted on goes to another connection."""

    def on_request(connection, stream_id):
        if connection is server.connections[0]:
            connection.goaway(last_id=1)
        else:
            connection.answer(stream_id)

    async with open_connection(on_request) as (transport, server):
        assert await call(Nowait(transport)) == b"request"
        assert len(server.connections) == 2


async def test_a_nowait_call_ends_at_its_deadline():
    """A call with callbacks ends at its deadline, and its stream is reset."""
    async with open_connection(keep_quiet) as (transport, server):
        error = await refused(Nowait(transport), timeout=0.05)

        assert error.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert transport.statistics().calls == 0
        await until(lambda: server.connections[0].count(frames.RST_STREAM) == 1)


async def test_a_nowait_call_whose_connection_is_lost_is_not_repeated():
    """A call with callbacks whose connection is lost is UNAVAILABLE, and not sent again."""
    async with open_connection(lambda connection, _: connection.hang_up()) as (transport, server):
        assert (await refused(Nowait(transport))).status is RPCStatusCode.UNAVAILABLE
        assert len(server.connections) == 1


async def test_a_nowait_call_with_invalid_metadata_fails():
    """A call that cannot be made fails by its callback."""
    async with open_connection(ServerConnection.answer) as (transport, _):
        error = await refused(Nowait(transport), metadata=(("key", "value\n"),))

        assert error.status is RPCStatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "on_request", [ServerConnection.answer, lambda connection, stream: connection.reset(stream, 1)]
)
async def test_callbacks_that_raise_are_logged_and_harm_no_other_call(on_request, caplog):
    """Callbacks that raise harm no other call, and are logged."""

    class Failing:
        def on_reply(self, reply):
            raise OSError("no room")

        def on_failure(self, error):
            raise OSError("no room")

    async with open_connection(on_request) as (transport, server):
        transport.unary_nowait(PATH, b"nowait", timeout=10.0, callbacks=Failing())
        await until(lambda: caplog.records)
        server.on_request = ServerConnection.answer

        assert "Failing object" in caplog.text
        assert "no room" in caplog.text
        assert await call(transport, b"next") == b"next"


# Connections that end


async def test_goaway_drains_the_connection():
    """After GOAWAY a call in flight ends where it is, and new ones go to another connection."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server) as transport:
        poll = call(transport, b"poll")
        await until(lambda: server.connections and server.connections[0].requests)
        server.connections[0].goaway()
        await until(lambda: transport.statistics().draining == 1)
        other = call(transport, b"other")
        await until(lambda: len(server.connections) == 2 and server.connections[1].requests)
        assert transport.statistics() == TransportStatistics(connections=1, draining=1, calls=2, opened=2)

        server.connections[1].answer(1)
        assert await other == b"other"
        server.connections[0].answer(1)
        assert await poll == b"poll"

        await until(lambda: server.connections[0].is_lost)
        assert transport.statistics() == TransportStatistics(connections=1, draining=0, calls=0, opened=2)
        assert server.connections[0].count(frames.GOAWAY) == 1


@both_ways
@pytest.mark.parametrize("last_id", [0, 1])
@pytest.mark.parametrize("step", range(4))
async def test_goaway_at_every_step_loses_and_repeats_no_call(step, last_id, way):
    """Wherever GOAWAY comes in a call, the call is answered, and a request is handled once."""
    handled = []

    def on_request(connection, stream_id):
        if connection is not server.connections[0]:
            handled.append(connection.requests[stream_id])
            connection.answer(stream_id)
            return
        parts = [connection.head(stream_id), connection.message(stream_id), connection.trailers(stream_id)]
        for number, part in enumerate(parts):
            if number == step:
                connection.goaway(last_id)
            if step > number or last_id:
                connection.say(part)
        if step == 3:
            connection.goaway(last_id)
        if last_id or step == 3:
            handled.append(connection.requests[stream_id])

    server = ScriptedServer(on_request)
    async with server.listening(), connected(server) as transport:
        assert await call(way(transport)) == b"request"
        assert await call(way(transport), b"next") == b"next"

    assert len(handled) == 2
    assert len(server.connections) == 2


@both_ways
async def test_a_refused_stream_is_sent_again(way):
    """A stream that the server refuses is sent again, unnoticed."""
    refusals = iter([True, True, False])

    def on_request(connection, stream_id):
        if next(refusals):
            connection.reset(stream_id, ErrorCode.REFUSED_STREAM)
        else:
            connection.answer(stream_id)

    server = ScriptedServer(on_request)
    async with server.listening(), connected(server) as transport:
        assert await call(way(transport)) == b"request"


@both_ways
async def test_a_stream_that_is_always_refused_is_unavailable(way):
    """A server that refuses every stream is UNAVAILABLE in the end."""
    server = ScriptedServer(lambda connection, stream_id: connection.reset(stream_id, ErrorCode.REFUSED_STREAM))
    async with server.listening(), connected(server) as transport:
        error = await refused(way(transport))

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert len(server.connections[0].requests) == 5


async def test_a_call_refused_at_its_deadline_is_not_sent_again():
    """A refusal that is read when the time is over is DEADLINE_EXCEEDED, and costs the server no second stream."""

    def refuse_late(connection, stream_id):
        # Blocks the loop past the deadline, so that the refusal is read before the timer is looked at.
        connection.reset(stream_id, ErrorCode.REFUSED_STREAM)
        time.sleep(0.4)

    async with open_connection(refuse_late) as (transport, server):
        assert (await refused(transport, timeout=0.3)).status is RPCStatusCode.DEADLINE_EXCEEDED
        assert len(server.connections[0].requests) == 2


async def test_a_connection_without_stream_ids_is_replaced():
    """After a billion calls a connection has no id left: it is drained, and the next call goes to another."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(transport)
        transport._pool.current._http2._next_id = frames.MAX_STREAM_ID

        assert await asyncio.gather(call(transport, b"last"), call(transport, b"next")) == [b"last", b"next"]

        assert [list(each.requests.values())[-1][5:] for each in server.connections] == [b"last", b"next"]
        await until(lambda: server.connections[0].is_lost)
        assert transport.statistics() == TransportStatistics(connections=1, draining=0, calls=0, opened=2)


@both_ways
async def test_a_call_in_flight_on_a_lost_connection_is_not_repeated(way):
    """A call whose connection is lost is UNAVAILABLE, not sent again: the server may have acted on it."""
    server = ScriptedServer(lambda connection, stream_id: connection.hang_up())
    async with server.listening(), connected(server) as transport:
        error = await refused(way(transport))

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert len(server.connections) == 1


@both_ways
async def test_a_call_that_was_not_written_goes_to_another_connection(way):
    """A call that was not yet written when the connection was lost goes to another one."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(way(transport))
        connection = transport._pool.current
        task = call(way(transport), b"second")
        # The call is with the connection, and the flush is due in the next turn.
        await asyncio.sleep(0)
        connection._transport.abort()

        assert await task == b"second"
        assert [len(far.requests) for far in server.connections] == [1, 1]


@both_ways
async def test_a_request_sent_in_part_goes_to_another_connection(way):
    """A request whose last byte was never sent goes to another connection."""
    server = ScriptedServer(settings={Setting.INITIAL_WINDOW_SIZE: 1000})
    async with server.listening(), connected(server) as transport:
        task = call(way(transport), b"x" * 2000)
        await until(lambda: server.connections and server.connections[0].requests)
        server.settings = {Setting.INITIAL_WINDOW_SIZE: 10_000}
        server.connections[0].hang_up()

        assert await task == b"x" * 2000


@both_ways
async def test_a_protocol_error_ends_the_connection_but_not_the_next_call(way):
    """A server that breaks the protocol loses the connection, and not the next call."""
    server = ScriptedServer(lambda connection, _: connection.say(frames.frame(frames.PUSH_PROMISE, 0, 1, b"\0\0\0\2")))
    async with server.listening(), connected(server) as transport:
        error = await refused(way(transport))
        server.on_request = ServerConnection.answer

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert "PROTOCOL_ERROR" in error.message
        assert await call(way(transport)) == b"request"
        await until(lambda: server.connections[0].is_lost)
        assert server.connections[0].heard[-1].kind == frames.GOAWAY


async def test_no_call_is_lost_or_repeated_through_many_goaways():
    """No call is lost or handled twice while connections come and go."""
    handled = []

    def on_request(connection, stream_id):
        if len(connection.requests) > 7:
            # Some of what is under way was accepted, the rest comes too late.
            connection.goaway(13)
            return
        handled.append(connection.requests[stream_id])
        asyncio.get_running_loop().call_soon(connection.answer, stream_id)

    server = ScriptedServer(on_request)
    async with server.listening(), connected(server) as transport:
        for start in range(0, 40, 10):
            wanted = [b"%d" % number for number in range(start, start + 10)]
            assert await asyncio.gather(*(call(transport, request) for request in wanted)) == wanted

    assert len(handled) == len(set(handled)) == 40


# Connections that age


async def test_an_aged_connection_is_replaced_and_then_drained():
    """A connection past its age is replaced before it is left, and is closed when its last call is over."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server, max_connection_age=0.05) as transport:
        poll = call(transport, b"poll")
        await until(lambda: transport.statistics().draining)
        server.on_request = ServerConnection.answer

        assert await call(transport, b"other") == b"other"
        server.connections[0].answer(1)
        assert await poll == b"poll"
        await until(lambda: server.connections[0].is_lost)


async def test_an_idle_connection_is_closed_at_its_age():
    """A connection without calls at its age is not replaced."""
    server = ScriptedServer()
    async with server.listening(), connected(server, max_connection_age=0.05) as transport:
        await call(transport)
        await until(lambda: server.connections[0].is_lost)

        assert transport.statistics() == TransportStatistics(connections=0, draining=0, calls=0, opened=1)
        assert await call(transport) == b"request"


async def test_an_aged_connection_goes_on_while_it_cannot_be_replaced(free_tcp_port):
    """A connection past its age that cannot be replaced goes on, until it can."""
    server = ScriptedServer(keep_quiet, port=free_tcp_port)
    async with connected(server, max_connection_age=0.05) as transport:
        async with server.listening():
            poll = call(transport, b"poll")
            await until(lambda: server.connections and server.connections[0].requests)
        await until(lambda: transport._pool._failures)
        server.on_request = ServerConnection.answer
        assert await call(transport, b"meanwhile") == b"meanwhile"
        assert len(server.connections) == 1
        async with server.listening():
            await until(lambda: transport.statistics().opened == 2)
            server.connections[0].answer(1)
            assert await poll == b"poll"


# Limits on streams


@both_ways
async def test_calls_beyond_the_streams_open_connections_and_then_queue(way):
    """Where a connection has no stream left, another is opened; where none can be, calls queue."""
    server = ScriptedServer(keep_quiet, settings={Setting.MAX_CONCURRENT_STREAMS: 1})
    async with server.listening(), connected(server) as transport:
        calls = [call(way(transport), b"%d" % number) for number in range(10)]
        await until(lambda: transport.statistics().calls == 10)
        await until(lambda: len(server.connections) == 8 and all(far.requests for far in server.connections))
        server.on_request = ServerConnection.answer

        assert transport.statistics().connections == 8
        for connection in server.connections:
            connection.answer(1)
        assert await asyncio.gather(*calls) == [b"%d" % number for number in range(10)]


async def test_a_queued_call_is_sent_with_the_time_it_has_left(free_tcp_port):
    """The server is sent how long a call that waited for a stream has left, not how long it had."""
    server = ScriptedServer(keep_quiet, settings={Setting.MAX_CONCURRENT_STREAMS: 1}, port=free_tcp_port)
    async with connected(server) as transport:
        async with server.listening():
            first = call(transport, b"first", timeout=None)
            await until(lambda: server.connections and server.connections[0].requests)
        second = call(transport, b"second", timeout=5.0)
        await until(lambda: transport.statistics().calls == 2)
        await asyncio.sleep(0.05)
        server.on_request = ServerConnection.answer
        server.connections[0].answer(1)
        await asyncio.gather(first, second)

        decoder = hpack.Decoder()
        blocks = [frame.payload for frame in server.connections[0].heard if frame.kind == frames.HEADERS]
        first_fields, second_fields = [dict(decoder.decode(block)) for block in blocks]
        assert "grpc-timeout" not in first_fields
        assert int(second_fields["grpc-timeout"].removesuffix("u")) < 4_960_000


async def test_a_call_queues_where_no_connection_can_be_opened(free_tcp_port):
    """A call that finds no stream and gets no connection waits for a stream."""
    server = ScriptedServer(keep_quiet, settings={Setting.MAX_CONCURRENT_STREAMS: 1}, port=free_tcp_port)
    async with connected(server) as transport:
        async with server.listening():
            first = call(transport, b"first")
            await until(lambda: server.connections and server.connections[0].requests)
        second = call(transport, b"second")
        await until(lambda: transport.statistics().calls == 2)
        server.on_request = ServerConnection.answer

        server.connections[0].answer(1)

        assert await asyncio.gather(first, second) == [b"first", b"second"]


# Keep-alive


async def test_keep_alive_finds_a_half_open_connection():
    """A connection on which nothing comes back is given up, and its calls with it."""
    server = ScriptedServer(keep_quiet, answers_pings=False)
    async with server.listening(), connected(server, keep_alive=quick(0.03, 0.03)) as transport:
        error = await refused(transport, timeout=None)

        assert error.status is RPCStatusCode.UNAVAILABLE
        assert "keep-alive" in error.message
        assert server.connections[0].count(frames.PING) == 1


async def test_keep_alive_keeps_a_quiet_connection():
    """A connection that answers is kept, however long nothing is said."""
    server = ScriptedServer(keep_quiet)
    async with server.listening(), connected(server, keep_alive=quick(0.01, 0.3)) as transport:
        task = call(transport)
        await until(lambda: server.connections and server.connections[0].count(frames.PING) >= 3)
        server.connections[0].answer(1)

        assert await task == b"request"
        assert len(server.connections) == 1


async def test_too_many_pings_doubles_the_keep_alive_interval():
    """A server that complains about PINGs gets half as many from then on."""
    server = ScriptedServer()
    async with server.listening(), connected(server) as transport:
        await call(transport)
        server.connections[0].goaway(code=ErrorCode.ENHANCE_YOUR_CALM, reason=b"too_many_pings")
        await until(lambda: not transport.statistics().connections)

        assert transport._pool._keep_alive == KeepAlive(interval=60.0)
        assert await call(transport) == b"request"


async def test_without_keep_alive_no_ping_is_sent():
    """Without keep-alive nothing is sent on a quiet connection."""
    server = ScriptedServer()
    async with server.listening(), connected(server, keep_alive=None) as transport:
        await call(transport)

        assert transport._pool.current._keep_alive_timer is None


async def test_calls_pile_up_while_the_socket_takes_nothing():
    """While the socket takes nothing, calls pile up here, where giving one up costs nothing."""

    def on_request(connection, stream_id):
        connection.requests[stream_id] = connection.requests[stream_id][:10]
        connection.answer(stream_id)

    server = ScriptedServer(on_request, settings={Setting.INITIAL_WINDOW_SIZE: (1 << 31) - 1})
    async with server.listening(), connected(server) as transport:
        await call(transport)
        server.connections[0].say(frames.window_update(0, 1 << 30))
        server.connections[0].transport.pause_reading()
        # More than the sockets' buffers hold.
        large = call(transport, b"large" * 4_000_000)
        await until(lambda: transport._pool.current._is_paused)
        small = call(transport, b"small")
        await until(lambda: transport._pool.current._http2.has_data_to_send)

        server.connections[0].transport.resume_reading()

        assert await small == b"small"
        assert await large == b"large"


async def test_a_peer_that_reads_nothing_is_aborted_after_the_close_timeout():
    """A connection that cannot be closed in good order is closed in time."""
    server = ScriptedServer(settings={Setting.INITIAL_WINDOW_SIZE: (1 << 31) - 1})
    async with server.listening(), connected(server, close_timeout=0.05, keep_alive=None) as transport:
        await call(transport)
        server.connections[0].say(frames.window_update(0, 1 << 30))
        server.connections[0].transport.pause_reading()
        large = call(transport, b"large" * 4_000_000)
        await until(lambda: transport._pool.current._is_paused)
        large.cancel()
        await asyncio.wait([large])

        await transport.close()

        assert transport.statistics().draining == 0
        server.connections[0].hang_up()


async def test_a_name_that_does_not_resolve_is_unavailable():
    """A name that does not resolve is UNAVAILABLE, with the name in the message."""
    transport = Http2Transport(Target("does-not-exist.invalid", 1))

    error = await refused(transport)
    await transport.close()

    assert error.status is RPCStatusCode.UNAVAILABLE
    assert "does-not-exist.invalid:1" in error.message
