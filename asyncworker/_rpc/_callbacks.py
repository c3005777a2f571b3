"""Await calls for those who do not: they are told what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from .._safe_logger import get_logger
from ..exceptions import RPCError, RPCStatusCode
from ._transport import Metadata, Post, Receiver, Transport

__all__ = ["AbandonedError", "BackgroundCalls", "post_of", "tell_failure", "tell_reply"]

_logger = get_logger(__name__)

T = TypeVar("T")


class AbandonedError(RPCError):
    """Somebody has cancelled a call that is not theirs, with all other tasks as a rule: the event loop is to end."""

    def __init__(self) -> None:
        super().__init__("the call was cancelled from outside", RPCStatusCode.CANCELLED)


class BackgroundCalls:
    """Tasks, each of which makes a call; kept alive as long as they take, and its receiver is told of the end."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"<BackgroundCalls [{len(self._tasks)} calls]>"

    def add(self, call: Coroutine[Any, Any, T], receiver: Receiver[T]) -> None:
        """Await *call* in a task of its own."""
        # Never an eager one: who is told must be past asking by then.
        task = asyncio.Task(call, loop=asyncio.get_running_loop())
        self._tasks.add(task)
        # And not in the task itself, which can be cancelled before it begins.
        task.add_done_callback(partial(self._tell, receiver))

    def _tell(self, receiver: Receiver[T], task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            tell_failure(receiver, AbandonedError())
        elif (error := task.exception()) is None:
            tell_reply(receiver, task.result())
        else:
            # Whatever it is, the receiver must not wait for ever.
            tell_failure(receiver, error if isinstance(error, RPCError) else _internal(error))


def post_of(transport: Transport) -> Post:
    """How calls that nobody awaits are made on *transport*: in its own way, or in a task each."""
    own: Post | None = getattr(transport, "post", None)
    if own is not None:
        return own
    relays = BackgroundCalls()

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


def _internal(cause: BaseException) -> RPCError:
    error = RPCError(repr(cause), RPCStatusCode.INTERNAL)
    error.__cause__ = cause
    return error
