"""Run calls in background tasks and report their outcome to callbacks.

This is the one module of the package that creates tasks. Each set of them has an owner, which waits for them when it
is closed: a caller for the retries of calls that are not awaited, a pool for its attempt to connect, the grpclib
transport for its calls, a client for the long polls that its callers share, and a worker's run for the codecs of
heartbeats, its lifespan and its dependencies.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

import anyio

from .._safe_logger import get_logger
from ..exceptions import RPCError, RPCStatusCode
from ._transport import Callbacks, Metadata, Transport, UnaryNowait

__all__ = ["BackgroundTasks", "CallTaskCancelledError", "detach", "report_failure", "report_reply", "unary_nowait_of"]

_logger = get_logger(__name__)

T = TypeVar("T")


class CallTaskCancelledError(RPCError):
    """The task of a call that is not awaited was cancelled, as a rule with all others at the end of the event loop."""

    def __init__(self) -> None:
        super().__init__("the call was cancelled from outside", RPCStatusCode.CANCELLED)


class BackgroundTasks:
    """Tasks of one owner, which closes this when it ends."""

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __repr__(self) -> str:
        return f"<BackgroundTasks [{len(self._tasks)} running]>"

    def start(self, coroutine: Coroutine[Any, Any, T], context: contextvars.Context | None = None) -> asyncio.Task[T]:
        """Run *coroutine* in a task of its own; it begins after this has returned, also with eager tasks."""
        task = asyncio.Task(coroutine, loop=asyncio.get_running_loop(), context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def start_call(self, call: Coroutine[Any, Any, T], callbacks: Callbacks[T]) -> None:
        """Run *call* in a task of its own, and report its outcome to *callbacks*."""
        # Not reported by the task itself, which can be cancelled before it begins.
        self.start(call).add_done_callback(partial(_report_task, callbacks))

    async def close(self, timeout: float = 1.0, *, cancel_timeout: float = math.inf) -> None:
        """Wait until all tasks have ended; those that take longer than *timeout* seconds are cancelled.

        Those that run user code may not heed that: they are waited for *cancel_timeout* seconds longer, and left
        behind. Cancelling cancels them all; they have ended when it is raised.
        """
        try:
            await self._wait(timeout)
        finally:
            if late := self._running_here():
                for task in late:
                    task.cancel()
                with anyio.CancelScope(shield=True):
                    await self._wait(cancel_timeout)

    async def _wait(self, timeout: float) -> None:
        deadline = asyncio.get_running_loop().time() + timeout
        # Tasks may start others.
        while (tasks := self._running_here()) and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(tasks, timeout=None if left == math.inf else left)

    def _running_here(self) -> list[asyncio.Task[Any]]:
        # A process that was forked off has copies of its parent's.
        loop = asyncio.get_running_loop()
        return [task for task in self._tasks if task.get_loop() is loop]


def detach(task: asyncio.Task[Any]) -> None:
    """Take *task* off the event loop: ``asyncio.run()`` would wait for ever for one that heeds no cancellation.

    By the functions that asyncio has for task implementations (docs: Extending, "Task lifetime support").
    """
    if not task.done():
        asyncio._unregister_task(task)
        # That it is pending at the end of the process has been logged.
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def unary_nowait_of(transport: Transport, tasks: BackgroundTasks) -> UnaryNowait:
    """Return *transport*'s own ``unary_nowait``, or one that awaits each call in one of *tasks*."""
    own: UnaryNowait | None = getattr(transport, "unary_nowait", None)
    if own is not None:
        return own

    def unary_nowait(
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        callbacks: Callbacks[bytes],
    ) -> None:
        tasks.start_call(transport.unary(path, request, timeout=timeout, metadata=metadata), callbacks)

    return unary_nowait


def report_reply(callbacks: Callbacks[T], reply: T) -> None:
    """Call ``on_reply``, and log what it raises."""
    try:
        callbacks.on_reply(reply)
    except Exception:
        _logger.exception("%r failed on a reply", callbacks)


def report_failure(callbacks: Callbacks[Any], error: RPCError) -> None:
    """Call ``on_failure``, and log what it raises."""
    try:
        callbacks.on_failure(error)
    except Exception:
        _logger.exception("%r failed on an error", callbacks)


def _report_task(callbacks: Callbacks[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        report_failure(callbacks, CallTaskCancelledError())
    elif (error := task.exception()) is None:
        report_reply(callbacks, task.result())
    else:
        # Whatever it is, the callbacks must not wait for ever.
        report_failure(callbacks, error if isinstance(error, RPCError) else _internal(error))


def _internal(cause: BaseException) -> RPCError:
    error = RPCError(repr(cause), RPCStatusCode.INTERNAL)
    error.__cause__ = cause
    return error
