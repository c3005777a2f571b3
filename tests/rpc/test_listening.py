"""Long polls on both transports: they end by the server's word or with their connection, and not at their deadline."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

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
# Far shorter than anybody listens.
DEADLINE = 0.1


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
    """What a server that says nothing remembers: who asked, and on which stream."""

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, connection, stream_id):
        self.asked.append((connection, stream_id))


def begin(transport, listening, timeout=DEADLINE, path=ECHO) -> asyncio.Task[bytes]:
    return asyncio.ensure_future(transport.poll(path, b"task", timeout=timeout, long_poll=listening))


def heard(server):
    return [frame for connection in server.connections for frame in connection.heard]


async def acquaint(transport, server, quiet) -> None:
    """Let the transport learn the server's settings; grpclib's does not wait for them with its first call."""
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


async def test_an_answer_that_comes_after_the_deadline_is_heard(make_transport):
    """What a stalled network delivers late is delivered: the stream has not been reset."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = begin(transport, listening)
        await until(lambda: quiet.asked and is_past(listening.deadline + DEADLINE))
        [(connection, stream_id)] = quiet.asked
        connection.answer(stream_id)

        assert await poll == b"task"
        assert connection.count(frames.RST_STREAM) == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_the_server_is_told_the_deadline_and_its_word_counts(make_transport, kind):
    """The server is told when to answer, not how long it is listened to, and may end the poll by then."""
    async with KINDS[kind](tls=False).running() as far, connected(make_transport, far.target()) as transport:
        error = await error_of(begin(transport, LongPoll(LONG), path=HANG, timeout=0.3))

        assert 0 < far.timeouts[0] <= 0.31
        assert error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
        assert not isinstance(error, UnansweredError)


async def test_one_that_gets_no_answer_says_so(make_transport):
    """In the end a poll is given up, with an error of its own, and the server is told."""
    quiet = Quiet()
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        error = await error_of(begin(transport, LongPoll(late_response_timeout=0.1)))
        [(connection, _)] = quiet.asked
        await until(lambda: connection.count(frames.RST_STREAM) == 1)

        assert isinstance(error, UnansweredError)
        assert str(error) == "DEADLINE_EXCEEDED: no answer came to a long poll within 0.1 s of its deadline"


async def test_one_ends_with_its_connection(make_transport):
    """A connection that dies fails its polls, before and after their deadline."""
    quiet, listenings = Quiet(), [LongPoll(LONG), LongPoll(LONG)]
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        polls = [begin(transport, listenings[0]), begin(transport, listenings[1], timeout=LONG)]
        await until(lambda: len(quiet.asked) == 2 and is_past(listenings[0].deadline + DEADLINE))
        server.hang_up()

        assert [(await error_of(poll)).status for poll in polls] == [RPCStatusCode.UNAVAILABLE] * 2


async def test_one_shows_when_it_is_with_the_server(make_transport):
    """It is not while there is no connection, and not any more when it is answered."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = begin(transport, listening, timeout=LONG)
        seen = [listening.is_sent]
        await until(lambda: quiet.asked)
        seen.append(listening.is_sent)
        [(connection, stream_id)] = quiet.asked
        connection.answer(stream_id)
        await poll
        seen.append(listening.is_sent)

        assert seen == [False, True, False]


@pytest.mark.parametrize("setting", [Setting.MAX_CONCURRENT_STREAMS, Setting.INITIAL_WINDOW_SIZE])
async def test_one_that_cannot_be_sent_ends_at_its_deadline(make_transport, setting):
    """A server that lets no request in has not seen the poll: that is trouble, and not an empty poll."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet, settings={setting: 0})
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        error = await error_of(begin(transport, listening))

        assert (error.status, quiet.asked) == (RPCStatusCode.UNAVAILABLE, [])


async def test_one_that_nobody_can_be_reached_for_ends_at_its_deadline(make_transport, free_tcp_port):
    """Without a connection a poll is trouble, by its deadline at the latest."""
    listening = LongPoll(LONG)
    async with connected(make_transport, Target("127.0.0.1", free_tcp_port)) as transport:
        error = await error_of(begin(transport, listening))

        assert (error.status, listening.is_sent) == (RPCStatusCode.UNAVAILABLE, False)


async def test_one_that_is_given_up_ends_at_once(make_transport):
    """Whoever listens may stop, and the server is told."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = begin(transport, listening, timeout=LONG)
        await until(lambda: quiet.asked)
        assert listening.give_up()
        await error_of(poll)
        [(connection, _)] = quiet.asked
        await until(lambda: connection.count(frames.RST_STREAM) == 1)


async def test_one_that_is_given_up_with_its_answer_has_it():
    """An answer that has come is not lost to somebody who gives up at the same moment."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(Http2Transport, server.target()) as transport:
        poll = begin(transport, listening, timeout=LONG)
        await until(lambda: quiet.asked)
        listening.in_flight.outcome.set_result(b"answer")
        listening.give_up()

        assert await poll == b"answer"


@pytest.mark.parametrize("setting", [Setting.MAX_CONCURRENT_STREAMS, Setting.INITIAL_WINDOW_SIZE])
async def test_one_that_was_not_sent_and_is_given_up_never_is(make_transport, setting):
    """A poll that nobody wants any more does not go out when the server lets it."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet, settings={setting: 0})
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await acquaint(transport, server, quiet)
        poll = begin(transport, listening, timeout=LONG)
        await until(lambda: listening.in_flight)
        listening.give_up()
        [connection, *_] = server.connections
        connection.say(frames.settings({setting: 100}))
        await error_of(poll)
        connection.say(frames.frame(frames.PING, 0, 0, b"are you?"))
        await until(lambda: connection.count(frames.PING) == 1)

        assert quiet.asked == []


async def test_none_begins_after_the_end(make_transport):
    """A listening that was given up sends nothing any more."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    listening.give_up()
    async with server.listening(), connected(make_transport, server.target()) as transport:
        await error_of(begin(transport, listening, timeout=LONG))

        assert quiet.asked == []


async def test_a_transport_without_polls_has_calls(make_transport):
    """Where a transport knows no polls they are calls, which end at their deadline."""
    quiet, listening = Quiet(), LongPoll(LONG)
    server = ScriptedServer(quiet)
    async with server.listening(), connected(make_transport, server.target()) as transport:
        poll = asyncio.ensure_future(poll_of(Plain(transport))(ECHO, b"", timeout=DEADLINE, long_poll=listening))
        await until(lambda: quiet.asked)
        seen = (listening.is_sent, listening.give_up())
        error = await error_of(poll)

        assert seen == (True, False)
        assert error.status is RPCStatusCode.DEADLINE_EXCEEDED


class Plain:
    """A transport of the least that one is."""

    def __init__(self, inner) -> None:
        self._inner = inner

    async def unary(self, path, request, *, timeout, metadata=()):
        return await self._inner.unary(path, request, timeout=timeout, metadata=metadata)
