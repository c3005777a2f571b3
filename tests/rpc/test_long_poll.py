"""Long polls on both transports: they end by the server's response or with their connection, not at their deadline."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from far_ends import ECHO, HANG, KINDS, until
from scripted_server import ScriptedServer

from asyncworker._rpc._bound import BoundTransport
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._long_poll import LongPoll, UnansweredError, poll_of
from asyncworker._rpc._target import Target
from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._frames import Setting
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.exceptions import RPCError, RPCStatusCode

TRANSPORTS = {
    "own": Http2Transport,
    "own, bound": lambda target: BoundTransport(Http2Transport(target)),
    "grpclib": GrpclibTransport.to,
}
ACKNOWLEDGED = (frames.SETTINGS, frames.ACK)
LONG = 30.0
# Far shorter than late responses are waited for, and long enough to send a request on a busy machine.
DEADLINE = 0.3


@pytest.fixture(params=TRANSPORTS)
def make_transport(request):
    return TRANSPORTS[request.param]


@asynccontextmanager
async def connected(make, target):
    transport = make(target)
    try:
        yield transport
    finally:
        with anyio.fail_after(10, shield=True):
            await transport.close()


class Quiet:
    """A server that sends no response, and records the requests by connection and stream."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __call__(self, connection, stream_id):
        self.asked.append((connection, stream_id))


def begin(transport, long_poll, timeout=DEADLINE, path=ECHO) -> asyncio.Task[bytes]:
    return asyncio.ensure_future(transport.poll(path, b"task", timeout=timeout, long_poll=long_poll))


def heard(server):
    return [frame for connection in server.connections for frame in connection.heard]


async def acquaint(transport, server, quiet) -> None:
    """Connect, and have the server's settings applied; grpclib's transport does not wait for them before a call."""
    poll = begin(transport, LongPoll(), timeout=LONG)
    await until(lambda: any((frame.kind, frame.flags) == ACKNOWLEDGED for frame in heard(server)))
    poll.cancel()
    await asyncio.wait([poll])
    quiet.asked.clear()


def is_past(deadline) -> bool:
    return asyncio.get_running_loop().time() > deadline


async def error_of(poll) -> RPCError:
    with anyio.fail_after(10), pytest.raises(RPCError) as caught:
        await poll
    return caught.value


async def test_a_response_after_the_deadline_is_received(make_transport):
    """What a stalled network delivers late is delivered: the stream has not been reset."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        poll = begin(transport, long_poll)
        await until(lambda: quiet.asked and is_past(long_poll.deadline + DEADLINE))
        [(connection, stream_id)] = quiet.asked
        connection.answer(stream_id)

        assert await poll == b"task"
        assert connection.count(frames.RST_STREAM) == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_a_poll_sends_its_deadline_and_ends_by_the_servers_status(make_transport, kind):
    """The server is sent when to respond, not how long a late response is waited for, and may end the poll by then."""
    async with KINDS[kind](tls=False).running() as far, connected(make_transport, far.target()) as transport:
        error = await error_of(begin(transport, LongPoll(LONG), path=HANG, timeout=0.3))

        assert 0 < far.timeouts[0] <= 0.31
        assert error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
        assert not isinstance(error, UnansweredError)


async def test_a_poll_without_a_response_is_unanswered(make_transport):
    """In the end a poll fails with an error of its own, and its stream is reset."""
    quiet = Quiet()
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        error = await error_of(begin(transport, LongPoll(late_response_timeout=0.1)))
        [(connection, _)] = quiet.asked
        # The first is that of the poll by which the two got acquainted.
        await until(lambda: connection.count(frames.RST_STREAM) == 2)

        assert isinstance(error, UnansweredError)
        assert str(error) == "DEADLINE_EXCEEDED: no answer came to a long poll within 0.1 s of its deadline"


async def test_a_poll_ends_with_its_connection(make_transport):
    """A connection that dies fails its polls, before and after their deadline."""
    quiet, long_polls = Quiet(), [LongPoll(LONG), LongPoll(LONG)]
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        polls = [begin(transport, long_polls[0]), begin(transport, long_polls[1], timeout=LONG)]
        await until(lambda: len(quiet.asked) == 2 and is_past(long_polls[0].deadline + DEADLINE))
        server.hang_up()

        assert [(await error_of(poll)).status for poll in polls] == [RPCStatusCode.UNAVAILABLE] * 2


async def test_a_poll_shows_whether_the_server_has_it(make_transport):
    """It is not while there is no connection, and not any more when it is answered."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = begin(transport, long_poll, timeout=LONG)
        seen = [long_poll.is_sent]
        await until(lambda: quiet.asked)
        seen.append(long_poll.is_sent)
        [(connection, stream_id)] = quiet.asked
        connection.answer(stream_id)
        await poll
        seen.append(long_poll.is_sent)

        assert seen == [False, True, False]


@pytest.mark.parametrize("setting", [Setting.MAX_CONCURRENT_STREAMS, Setting.INITIAL_WINDOW_SIZE])
async def test_a_poll_that_cannot_be_sent_ends_at_its_deadline(make_transport, setting):
    """A server that lets no request in has not seen the poll: that is an error, and not an empty poll."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet, settings={setting: 0})
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        error = await error_of(begin(transport, long_poll))

        assert (error.status, quiet.asked) == (RPCStatusCode.UNAVAILABLE, [])


async def test_a_poll_without_a_server_ends_at_its_deadline(make_transport, free_tcp_port):
    """Without a connection a poll fails, by its deadline at the latest."""
    long_poll = LongPoll(LONG)
    async with connected(make_transport, Target("127.0.0.1", free_tcp_port)) as transport:
        error = await error_of(begin(transport, long_poll))

        assert (error.status, long_poll.is_sent) == (RPCStatusCode.UNAVAILABLE, False)


async def test_a_poll_that_is_given_up_is_reset(make_transport):
    """A poll may be given up, and its stream is reset."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = begin(transport, long_poll, timeout=LONG)
        await until(lambda: quiet.asked)
        assert long_poll.give_up()
        await error_of(poll)
        [(connection, _)] = quiet.asked
        await until(lambda: connection.count(frames.RST_STREAM) == 1)


async def test_a_poll_given_up_with_its_response_returns_it():
    """A response that has come is not lost where the poll is given up at the same moment."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(Http2Transport, server.target()) as transport:
        poll = begin(transport, long_poll, timeout=LONG)
        await until(lambda: quiet.asked)
        long_poll.in_flight.outcome.set_result(b"answer")
        long_poll.give_up()

        assert await poll == b"answer"


@pytest.mark.parametrize("setting", [Setting.MAX_CONCURRENT_STREAMS, Setting.INITIAL_WINDOW_SIZE])
async def test_a_poll_given_up_before_it_is_sent_is_never_sent(make_transport, setting):
    """A poll that was given up is not sent when the server allows it."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet, settings={setting: 0})
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        poll = begin(transport, long_poll, timeout=LONG)
        await until(lambda: long_poll.in_flight)
        long_poll.give_up()
        [connection, *_] = server.connections
        connection.say(frames.settings({setting: 100}))
        await error_of(poll)
        connection.say(frames.frame(frames.PING, 0, 0, b"are you?"))
        await until(lambda: connection.count(frames.PING) == 1)

        assert quiet.asked == []


async def test_no_poll_is_sent_after_giving_up(make_transport):
    """A long poll that was given up sends nothing any more."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    long_poll.give_up()
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await error_of(begin(transport, long_poll, timeout=LONG))

        assert quiet.asked == []


async def test_a_transport_without_polls_makes_calls(make_transport):
    """On a transport without polls they are calls, which end at their deadline."""
    quiet, long_poll = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        poll = asyncio.ensure_future(poll_of(Plain(transport))(ECHO, b"", timeout=DEADLINE, long_poll=long_poll))
        await until(lambda: quiet.asked)
        seen = (long_poll.is_sent, long_poll.give_up())
        error = await error_of(poll)

        assert seen == (True, False)
        assert error.status is RPCStatusCode.DEADLINE_EXCEEDED


class Plain:
    """A transport with unary calls only."""

    def __init__(self, inner) -> None:
        self._inner = inner

    async def unary(self, path, request, *, timeout, metadata=()):
        return await self._inner.unary(path, request, timeout=timeout, metadata=metadata)
