"""A loop that is blocked by what should not block it; on a real network, in ordinary time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from asyncworker._rpc._target import Target
from asyncworker._rpc.http2._transport import Http2Transport

from .http2_server import Call, Server, Step

# More than is read from a socket at a time, and less than a socket holds.
_SIZE = 50_000


def _loops() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    loops = {"asyncio": asyncio.new_event_loop}
    try:
        import uvloop
    except ImportError:
        return loops
    return {**loops, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=_loops().items(), ids=lambda item: item[0])
def anyio_backend(request):
    """Both kinds of loop, in ordinary time: one looks at sockets first, the other at timers."""
    return "asyncio", {"loop_factory": request.param[1]}


class Together:
    """Answers calls when there are enough."""

    def __init__(self, calls: int) -> None:
        self._missing = calls
        self._all = asyncio.Event()

    async def answer(self, call: Call) -> bytes:
        self._missing -= 1
        if not self._missing:
            self._all.set()
        await self._all.wait()
        return bytes(_SIZE)


async def test_an_answer_that_came_in_time_counts():
    """What came before a call's deadline is its answer, also if the loop was blocked and reads it only afterwards."""
    server = Server(Together(3))

    async def block_after_the_last(step: Step, call: Call) -> None:
        if step is Step.TRAILERS and all(call.ends_at for call in server.calls):
            time.sleep(0.6)  # noqa: ASYNC251 - that is the point

    server.gremlin = block_after_the_last
    await server.listen("127.0.0.1", 0)
    transport = Http2Transport(Target("127.0.0.1", server.port))
    calls = [transport.unary("/s/M", b"", timeout=0.5) for _ in range(3)]

    answers = await asyncio.gather(*calls, return_exceptions=True)
    await transport.close()
    server.close()

    assert answers == [bytes(_SIZE)] * 3
