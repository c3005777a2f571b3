"""What the cancellation of an attempt's asyncio task means: whose it is, and how it is taken back."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["absorb_cancellation", "is_being_closed", "is_cancellation", "uncancel"]


def is_cancellation(task: asyncio.Task[Any], error: BaseException) -> bool:
    """Whether *error* is a cancellation of *task*, and not one that came out of another task or a future."""
    return issubclass(type(error), asyncio.CancelledError) and task.cancelling() > 0


def is_being_closed(task: asyncio.Task[Any], error: BaseException) -> bool:
    """Whether *error* says that the coroutine of *task* is closed, so that nothing can be awaited any more."""
    if not issubclass(type(error), GeneratorExit):
        return False
    try:
        return asyncio.current_task() is not task
    except RuntimeError:
        return True


def uncancel(task: asyncio.Task[Any]) -> None:
    """Take back all requests to cancel *task*.

    Not only the worker's: before Python 3.13 an asyncio.TaskGroup that fails leaves one behind.
    """
    while task.cancelling():
        task.uncancel()


async def absorb_cancellation(task: asyncio.Task[Any]) -> None:
    """Absorb a cancellation of *task*, which runs this, that was taken back before it was delivered.

    Before Python 3.13 the next ``await`` raises it all the same, and that would be the reply's.
    """
    if getattr(task, "_must_cancel", False):
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if task.cancelling():
                raise
