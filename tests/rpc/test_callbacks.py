"""Background tasks: their owner awaits them, and ends them when it is closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import anyio
import pytest
from nowait import Answer

from asyncworker._rpc._callbacks import BackgroundTasks
from asyncworker.exceptions import RPCError, RPCStatusCode


async def test_a_task_that_heeds_no_cancellation_is_left_behind():
    """An owner that runs user code waits no longer than it says for a task that goes on."""
    tasks, goes_on = BackgroundTasks(), asyncio.Event()

    async def stubborn() -> None:
        while not goes_on.is_set():
            with suppress(asyncio.CancelledError):
                await goes_on.wait()

    task = tasks.start(stubborn())
    await asyncio.sleep(0)
    await tasks.close(timeout=0.0, cancel_timeout=0.01)

    assert not task.done()
    goes_on.set()
    await task


async def test_close_awaits_its_tasks():
    """A task that ends by itself has ended when the close returns, and those that it has started."""
    tasks, ended = BackgroundTasks(), []

    async def first():
        await asyncio.sleep(0)
        tasks.start(second())
        ended.append("first")

    async def second():
        await asyncio.sleep(0)
        ended.append("second")

    tasks.start(first())
    await tasks.close(timeout=60.0)

    assert ended == ["first", "second"]


async def test_close_cancels_tasks_after_its_timeout():
    """A task that does not end by itself is cancelled, and its clean-up awaited."""
    tasks, ended = BackgroundTasks(), []

    async def hang():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append("hang")

    tasks.start(hang())
    await asyncio.sleep(0)
    await tasks.close(timeout=0.0)

    assert ended == ["hang"]


async def test_cancelling_close_cancels_the_tasks():
    """A close that is cancelled leaves no task."""
    tasks, before = BackgroundTasks(), asyncio.all_tasks()
    tasks.start(asyncio.Event().wait())
    with anyio.move_on_after(0.01) as scope:
        await tasks.close(timeout=60.0)

    assert scope.cancelled_caught
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RPCError("no", RPCStatusCode.NOT_FOUND), RPCStatusCode.NOT_FOUND),
        (KeyError("key"), RPCStatusCode.INTERNAL),
        (asyncio.CancelledError(), RPCStatusCode.CANCELLED),
    ],
    ids=repr,
)
async def test_any_end_of_a_call_is_reported_as_an_rpc_error(error, status):
    """Callbacks get an RPCError, whatever the call has raised."""

    async def fail():
        raise error

    answer = Answer()
    BackgroundTasks().start_call(fail(), answer)

    with pytest.raises(RPCError) as caught:
        await answer.outcome
    assert caught.value.status is status


async def test_a_call_begins_after_it_was_started():
    """A call runs after the start has returned, also where the loop makes eager tasks."""
    began = []

    async def call():
        began.append(True)
        return b"reply"

    loop = asyncio.get_running_loop()
    if hasattr(asyncio, "eager_task_factory"):
        loop.set_task_factory(asyncio.eager_task_factory)
    try:
        answer = Answer()
        BackgroundTasks().start_call(call(), answer)
        assert began == []
    finally:
        loop.set_task_factory(None)

    assert await answer.outcome == b"reply"
