"""``asyncworker codec-server`` bounds its connections: how many, and how long each may take."""

from __future__ import annotations

from contextlib import AsyncExitStack

import anyio
import httpx
import pytest
from asgi_server import serve

from asyncworker.cli.codec_server._limits import limited
from asyncworker.contrib.codec_server import codec_server
from asyncworker.converter import CompressionCodec, Payload, PayloadCodec

CODEC = CompressionCodec()
HEAD = b"POST /decode HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
BODY = b'{"payloads": [{}]}'


async def connected(url: str) -> anyio.abc.SocketStream:
    host, _, port = url.removeprefix("http://").partition(":")
    return await anyio.connect_tcp(host, int(port))


async def until_closed(stream: anyio.abc.SocketStream) -> bytes:
    """Receive until the other side has closed the connection."""
    received = b""
    with anyio.fail_after(60):
        try:
            while True:
                received += await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return received


class Held(PayloadCodec):
    """Decodes once it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_go_on = anyio.Event()

    async def encode(self, payloads):
        return list(payloads)

    async def decode(self, payloads):
        self.asked += 1
        await self.may_go_on.wait()
        return [Payload() for _ in payloads]


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST /decode HT", HEAD % len(BODY) + BODY + b"POST /decode HT"],
    ids=["nothing", "a part of the head", "a part of a second request's head"],
)
async def test_connection_is_closed_if_the_head_of_a_request_does_not_come(sent):
    """Whether it is the first request of the connection, or a later one."""
    async with (
        serve(codec_server(CODEC), http=limited(head_timeout=0.3), timeout_keep_alive=60) as url,
        await connected(url) as stream,
    ):
        if sent:
            await stream.send(sent)
        received = await until_closed(stream)

    assert received.count(b"200 OK") == sent.count(BODY)


async def test_connection_is_closed_if_a_request_takes_too_long():
    """Whether its codec is slow, or the reader of its response."""
    codec = Held()
    async with (
        serve(codec_server(codec), http=limited(request_timeout=0.3)) as url,
        await connected(url) as stream,
    ):
        await stream.send(HEAD % len(BODY) + BODY)
        received = await until_closed(stream)
        codec.may_go_on.set()

    assert received == b""


@pytest.mark.parametrize("sent", [b"", b"POST /decode HT", HEAD % 1000], ids=["nothing", "head", "body"])
async def test_two_hundred_slow_connections_keep_no_request_from_being_answered(sent):
    """The oldest gives way, whatever part of a request it has sent."""
    async with (
        serve(codec_server(CODEC), http=limited(max_connections=64)) as url,
        AsyncExitStack() as stack,
        httpx.AsyncClient() as http,
    ):
        slow = [await stack.enter_async_context(await connected(url)) for _ in range(200)]
        if sent:
            for each in slow[-50:]:
                await each.send(sent)
        answer = await http.post(f"{url}/decode", content=BODY, timeout=20)
        closed = await until_closed(slow[0])

    assert answer.status_code == 200
    assert closed == b""


async def test_connections_beyond_the_limit_are_closed_while_all_others_are_worked_on():
    """What has come in whole is answered."""
    codec = Held()
    async with (
        serve(codec_server(codec), http=limited(max_connections=2)) as url,
        await connected(url) as first,
        await connected(url) as second,
    ):
        for each in (first, second):
            await each.send(HEAD % len(BODY) + BODY)
        with anyio.fail_after(20):
            while codec.asked < 2:  # noqa: ASYNC110 - the codec is in another task's request
                await anyio.sleep(0.01)
        async with await connected(url) as third:
            refused = await until_closed(third)
        codec.may_go_on.set()
        answers = [await each.receive() for each in (first, second)]

    assert refused == b""
    assert [b"200 OK" in each for each in answers] == [True, True]
