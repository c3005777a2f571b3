"""Distinguish exceptions that end the running task from others that user code raises."""

from __future__ import annotations

import asyncio

__all__ = ["ends_the_task"]


def ends_the_task(error: BaseException) -> bool:
    """Whether *error*, raised by user code, means that the task that runs the code has to end.

    A ``CancelledError`` does only if this task has been cancelled; it may also come from another task that the code
    awaited. A panic of an extension in another language is no ``Exception``, and does not.
    """
    if not isinstance(error, asyncio.CancelledError):
        return isinstance(error, GeneratorExit | KeyboardInterrupt)
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
