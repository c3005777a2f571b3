"""Await calls for those who do not: they are told what came of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..exceptions import RPCError, RPCStatusCode
from ._transport import Metadata, Post, Receiver, Transport

__all__ = ["Relays", "post_of", "tell_failure", "tell_reply"]

_logger = logging.getLogger(__name__)

T = TypeVar("T")


class Relays:
    """Tasks, each of which awaits a call and tells its receiver; kept alive as long as they take."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"<Relays [{len(self._tasks)} calls]>"

    def add(self, call: Coroutine[Any, Any, T], receiver: Receiver[T]) -> None:
        """Await *call* in a task of its own."""
        # Never an eager one: who is told must be past asking by then.
        task = asyncio.Task(_relay(call, receiver), loop=asyncio.get_running_loop())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def post_of(transport: Transport) -> Post:
    """How calls that nobody awaits are made on *transport*: in its own way, or in a task each."""
    own: Post | None = getattr(transport, "post", None)
    if own is not None:
        return own
    relays = Relays()

    def post(
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        receiver: Receiver[bytes],
    ) -> None:
        relays.add(transport.unary(path, request, timeout=timeout, metadata=metadata), receiver)

    return post


async def _relay(call: Coroutine[Any, Any, T], receiver: Receiver[T]) -> None:
    try:
        reply = await call
    except RPCError as error:
        tell_failure(receiver, error)
    except asyncio.CancelledError:
        # By somebody who cancels all tasks there are: nobody here does.
        tell_failure(receiver, RPCError("the call was cancelled from outside", RPCStatusCode.CANCELLED))
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the receiver must not wait for ever
        failure = RPCError(repr(error), RPCStatusCode.INTERNAL)
        failure.__cause__ = error
        tell_failure(receiver, failure)
    else:
        tell_reply(receiver, reply)


def tell_reply(receiver: Receiver[T], reply: T) -> None:
    """Tell *receiver* the reply; what goes wrong there is not the teller's."""
    try:
        receiver.on_reply(reply)
    except Exception:
        _logger.exception("%r failed on a reply", receiver)


def tell_failure(receiver: Receiver[Any], error: RPCError) -> None:
    """Tell *receiver* that there will be no reply; what goes wrong there is not the teller's."""
    try:
        receiver.on_failure(error)
    except Exception:
        _logger.exception("%r failed on an error", receiver)
