"""Run the tasks that keep a worker going, so that an error in one of them is never lost."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import anyio

__all__ = ["first_error", "is_scope_cancelled", "supervised", "uncancel"]

# Seconds until a cancellation from outside counts as an error, where it cannot be seen whether the event loop ends.
_AFTER_CANCELLATION = 0.1


async def supervised(run: Callable[[], Awaitable[None]], on_error: Callable[[Exception], None]) -> None:
    """Run a supervising task in a task group; its error is handed to *on_error*, and cancels none of its neighbours.

    Args:
        run: The task.
        on_error: Ends the run in order.

    Cancelling the scope around it ends it; being cancelled in another way is an error, but for the event loop's end.
    """
    try:
        await run()
    except asyncio.CancelledError:
        if is_scope_cancelled():
            raise
        # Of other code; or of the event loop's end, which cancels the group's own task at the same time.
        uncancel()
        host = anyio.get_current_task().parent_id
        if any(id(task) == host and task.cancelling() for task in asyncio.all_tasks()):
            return
        if host is None:
            await asyncio.sleep(_AFTER_CANCELLATION)
        on_error(RuntimeError("a task of the worker was cancelled from outside"))
    except Exception as error:  # noqa: BLE001 - handed on
        on_error(first_error(error))


def is_scope_cancelled() -> bool:
    """Whether an anyio scope around the running task is cancelled, which goes on until the task has ended."""
    return anyio.current_effective_deadline() == -math.inf


def uncancel() -> None:
    """Take back all requests to cancel the running task, which did not come from the worker."""
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


def first_error(error: Exception) -> Exception:
    """Return *error*, or the first one in it, as deep as it is nested, if it is a group of them."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
