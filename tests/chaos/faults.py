"""What can go wrong with a connection in the middle of a call."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

from .http2_server import Call, Step

Fault = Callable[[Call], Awaitable[None]]

_REFUSED_STREAM, _CANCEL, _INTERNAL_ERROR = 7, 8, 2


async def announce_goaway(call: Call) -> None:
    """GOAWAY with 2^31-1, a round trip later the real last id; what was begun is answered."""
    call.connection.say_goodbye()


async def goaway_after(call: Call) -> None:
    """GOAWAY whose last id includes this call, which is answered."""
    call.connection.go_away()


async def goaway_before(call: Call) -> None:
    """GOAWAY whose last id is below this call: it is as if the call had never been."""
    call.connection.go_away(max(0, call.stream_id - 2))


async def goaway_and_hang_up(call: Call) -> None:
    """GOAWAY that includes this call, and the connection is closed all the same."""
    call.connection.go_away()
    call.connection.hang_up()


async def refuse_stream(call: Call) -> None:
    """RST_STREAM that says that nothing was done."""
    call.connection.reset_stream(call.stream_id, _REFUSED_STREAM)


async def cancel_stream(call: Call) -> None:
    """RST_STREAM CANCEL."""
    call.connection.reset_stream(call.stream_id, _CANCEL)


async def break_stream(call: Call) -> None:
    """RST_STREAM INTERNAL_ERROR."""
    call.connection.reset_stream(call.stream_id, _INTERNAL_ERROR)


async def hang_up(call: Call) -> None:
    """The connection is closed; what was said arrives."""
    call.connection.hang_up()


async def reset(call: Call) -> None:
    """The connection is reset; what was said last is lost."""
    call.connection.reset()


async def cut(call: Call) -> None:
    """The network resets the connection at both ends."""
    call.connection.transport.link.cut()


async def silence(call: Call) -> None:
    """The network drops the connection without a word to either side."""
    call.connection.transport.link.silence()


async def delay(call: Call) -> None:
    """Nothing happens for half a second."""
    await asyncio.sleep(0.5)


async def delay_for_long(call: Call) -> None:
    """Nothing happens for eleven seconds: longer than any call but a poll waits for its answer."""
    await asyncio.sleep(11)


#: Promises that nothing was done, so that only the truth may be told with them.
PROMISES = (goaway_before, refuse_stream)
FAULTS: tuple[Fault, ...] = (
    announce_goaway,
    goaway_after,
    goaway_before,
    goaway_and_hang_up,
    refuse_stream,
    cancel_stream,
    break_stream,
    hang_up,
    reset,
    cut,
    silence,
    delay,
    delay_for_long,
)
#: Those that must go entirely unnoticed, by worker and server alike.
UNNOTICED = (announce_goaway, goaway_after, goaway_before, refuse_stream, delay)


def is_possible(fault: Fault, step: Step) -> bool:
    """Whether an honest server can do this at that step."""
    return not (step.is_acted_on and fault in PROMISES)


class Once:
    """A gremlin that strikes the first call of one method, at one step.

    Attributes:
        victim: The call that it struck.
    """

    def __init__(self, method: str, step: Step, fault: Fault) -> None:
        self._method = method
        self._step = step
        self._fault = fault
        self.victim: Call | None = None

    async def __call__(self, step: Step, call: Call) -> None:
        if self.victim is None and step is self._step and call.method == self._method:
            self.victim = call
            await self._fault(call)


def name_of(value: Any) -> str:
    """How a test's parameter is called."""
    return value.name.lower() if isinstance(value, Enum) else getattr(value, "__name__", str(value))
