"""Whose the cancellation of a task is, and how it is taken back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from asyncworker._rpc._callbacks import detach
from asyncworker.worker.attempts._task import (
    absorb_cancellation,
    is_being_closed,
    is_cancellation,
    uncancel,
)

T = TypeVar("T")


async def in_a_task(run: Callable[[asyncio.Task[T]], Awaitable[T]]) -> T:
    """Call *run* with the task that it is run in, which is not the test's."""

    async def call() -> T:
        task = asyncio.current_task()
        assert task is not None
        return await run(task)

    return await asyncio.get_running_loop().create_task(call())


async def test_a_cancelled_error_is_the_tasks_own_if_the_task_was_cancelled():
    """One that comes out of another task or a future says nothing of the task that gets it."""

    async def run(task):
        error = asyncio.CancelledError()
        before = is_cancellation(task, error)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        own, other = is_cancellation(task, error), is_cancellation(task, ValueError())
        uncancel(task)
        return before, own, other

    assert await in_a_task(run) == (False, True, False)


async def test_all_requests_to_cancel_are_taken_back():
    """Several may have come by the time that the first is delivered."""

    async def run(task):
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        uncancel(task)
        await asyncio.sleep(0)
        return task.cancelling()

    assert await in_a_task(run) == 0


async def test_a_cancellation_that_was_taken_back_undelivered_ends_no_later_await():
    """Before Python 3.13 the next await would raise it."""

    async def run(task):
        task.cancel()
        uncancel(task)
        await absorb_cancellation(task)
        await asyncio.sleep(0)
        return "went on"

    assert await in_a_task(run) == "went on"


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="uncancel() takes back what was not delivered")
async def test_a_cancellation_that_comes_while_another_is_absorbed_is_raised():
    """It was not taken back."""

    async def run(task):
        task.cancel()
        uncancel(task)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await absorb_cancellation(task)
        return task.cancelling()

    assert await in_a_task(run) == 1


async def test_a_task_is_being_closed_if_another_one_runs_meanwhile():
    """A GeneratorExit that its own code raises is an error like any other."""

    async def run(task):
        return is_being_closed(task, GeneratorExit())

    other = asyncio.get_running_loop().create_task(asyncio.sleep(0))
    closed, failed = is_being_closed(other, GeneratorExit()), is_being_closed(other, ValueError())
    await other

    assert (closed, failed, await in_a_task(run)) == (True, False, False)


def test_a_task_is_being_closed_if_no_event_loop_runs():
    """The garbage collector closes what is left when the loop has gone."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(0))
    closed = is_being_closed(task, GeneratorExit())
    loop.run_until_complete(task)
    loop.close()

    assert closed


async def test_the_end_of_the_event_loop_does_not_wait_for_a_detached_task():
    """It is none of the loop's tasks any more, and can end all the same."""
    task = asyncio.get_running_loop().create_task(asyncio.sleep(0))
    detach(task)
    is_listed = task in asyncio.all_tasks()
    await task

    assert not is_listed
    assert task.done()
