"""The worker where tasks are eager: they run as far as they can before `create_task` returns them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator

import anyio
import pytest
from worker_helpers import QUEUE, run, worker_of

from asyncworker import RetryPolicy, activity
from asyncworker.exceptions import ApplicationError
from asyncworker.worker import FixedSizeSlotSupplier, SlotPermit, SlotReservation

if sys.version_info < (3, 12):
    pytest.skip("Python 3.11 has no eager tasks", allow_module_level=True)


@pytest.fixture(autouse=True)
async def eager_tasks() -> Iterator[None]:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    yield
    loop.set_task_factory(None)


async def test_an_eager_activity_that_never_waits_is_run(temporal):
    """An activity that is over before its task is known to the worker is completed, and its slot is free again."""

    @activity.defn
    async def double(number: int) -> int:
        return 2 * number

    async with worker_of(temporal, double, max_concurrent_activities=1):
        tasks = [temporal.add_task(double, number, task_queue=QUEUE) for number in range(5)]
        for task in tasks:
            await task.wait_closed()

    assert [task.result for task in tasks] == [0, 2, 4, 6, 8]


async def test_an_eager_activity_that_fails_at_once_is_reported(temporal):
    """A failure in the first step is a failure like any other."""

    @activity.defn
    async def fail() -> None:
        raise ApplicationError("no", non_retryable=True)

    task = await run(temporal, fail, retry_policy=RetryPolicy())

    assert task.failure.message == "no"


async def test_an_eager_activity_that_waits_is_cancelled(temporal):
    """A request to cancel reaches the activity."""

    @activity.defn
    async def wait() -> None:
        while True:
            activity.heartbeat("here")
            await asyncio.sleep(0.02)

    async with worker_of(temporal, wait):
        task = temporal.add_task(wait, task_queue=QUEUE, heartbeat_timeout=0.2)
        await temporal.wait_for("RecordActivityTaskHeartbeat")
        task.request_cancel()
        await task.wait_closed()

    assert task.is_closed
    assert len(temporal.requests("RespondActivityTaskCanceled")) == 1


async def test_an_eager_activity_whose_task_group_failed_at_once_is_reported(temporal):
    """A task group cancels its parent when a child fails in its first step; the reply is not what that ends."""

    async def fail() -> None:
        raise OSError("jam")

    @activity.defn
    async def gather() -> str:
        with contextlib.suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
        return "gathered"

    async with worker_of(temporal, gather) as worker:
        with temporal.hold("RespondActivityTaskCompleted"):
            task = temporal.add_task(gather, task_queue=QUEUE)
            await temporal.wait_for("RespondActivityTaskCompleted")
            await anyio.wait_all_tasks_blocked()
            waiting = worker.slots_used
        await task.wait_closed()

    assert (waiting, task.result) == (1, "gathered")


async def test_a_heartbeat_that_is_due_when_the_last_has_arrived_is_sent(temporal):
    """A heartbeat that takes longer than the interval does not end the heartbeats."""

    @activity.defn
    async def beat() -> int:
        with temporal.hold("RecordActivityTaskHeartbeat"):
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat(2)
            await anyio.sleep(0.1)
        await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)
        return 2

    task = await run(temporal, beat, heartbeat_timeout=0.1, start_to_close_timeout=60)

    assert task.result == 2


async def test_a_task_after_the_last_call_is_not_run(temporal):
    """What comes when nothing may run any more goes back to the queue at once."""
    ran = []

    @activity.defn
    async def late() -> None:
        ran.append(1)

    worker = worker_of(
        temporal,
        late,
        max_concurrent_activity_task_polls=1,
        graceful_shutdown_timeout=0,
        hard_shutdown_timeout=0,
    )
    running = asyncio.create_task(worker.run(handle_signals=False))
    await temporal.wait_for("PollActivityTaskQueue")
    with temporal.hold("ShutdownWorker"):
        stopping = asyncio.create_task(worker.shutdown())
        await temporal.wait_for("ShutdownWorker")
        await anyio.wait_all_tasks_blocked()
        temporal.add_task(late, task_queue=QUEUE, retry_policy=RetryPolicy())
        await temporal.wait_for("RespondActivityTaskFailed")
    await stopping
    await running

    assert ran == []


async def test_a_slot_supplier_that_lets_a_cancellation_out_does_not_end_the_polling(temporal):
    """A supplier's stray CancelledError is no request to stop, however early it comes."""

    class Stray(FixedSizeSlotSupplier):
        asked = 0

        async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
            self.asked += 1
            if self.asked == 1:
                raise asyncio.CancelledError
            return await super().reserve_slot(reservation)

    @activity.defn
    async def answer() -> int:
        return 42

    task = await run(temporal, answer, worker={"slot_supplier": Stray(5), "max_concurrent_activity_task_polls": 1})

    assert task.result == 42
