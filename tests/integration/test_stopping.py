"""How a worker stops: what runs gets its time, what does not end is run elsewhere, and nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from typing import Any

import anyio
import pytest
from shared_servers import SharedServer

from asyncworker import Client, activity
from asyncworker.activity import ActivityCancellationDetails

from .calls import Caller, StandaloneCaller, eventually

pytestmark = pytest.mark.server


# Within the grace period


@activity.defn
async def finish_async() -> str:
    await activity.wait_for_worker_shutdown()
    return f"cancelled: {activity.is_cancelled()}, worker stops: {activity.is_worker_shutdown()}"


@activity.defn
def finish_sync() -> str:
    assert activity.wait_for_worker_shutdown_sync(20)
    return f"cancelled: {activity.is_cancelled()}, worker stops: {activity.is_worker_shutdown()}"


@pytest.mark.parametrize("fn", [finish_async, finish_sync], ids=["async", "sync"])
async def test_the_grace_period_lets_activities_finish(caller: Caller, fn: Any):
    """An activity hears that its worker stops, and has the grace period to come to its end."""
    async with caller.worker(fn, graceful_shutdown_timeout=20):
        call = await caller.start(fn)
        await call.reaches(1, "STARTED")

    assert await call.result() == "cancelled: False, worker stops: True"


async def test_heartbeats_go_on_in_the_grace_period(caller: Caller):
    """While a worker waits for its activities, they still heartbeat, and can still be cancelled."""

    @activity.defn
    async def beat() -> None:
        while True:
            activity.heartbeat("stopping" if activity.is_worker_shutdown() else "running")
            await asyncio.sleep(0.01)

    worker = caller.worker(beat, graceful_shutdown_timeout=20)
    async with anyio.create_task_group() as group, worker:
        call = await caller.start(beat, heartbeat_timeout=10)
        await call.heartbeats("running")
        group.start_soon(worker.shutdown)
        await call.heartbeats("stopping")
        await call.cancel()
        error = await call.failure()

    assert type(error).__name__ == "CancelledError"


# Beyond it


@activity.defn
async def interrupted_async() -> list[Any]:
    if activity.info().attempt == 1:
        activity.heartbeat(0)
        try:
            await asyncio.sleep(30)
        finally:
            assert activity.cancellation_details() == ActivityCancellationDetails(worker_shutdown=True)
            activity.heartbeat(41)
    return [activity.info().attempt, activity.heartbeat_details(int)]


@activity.defn
def interrupted_sync() -> list[Any]:
    if activity.info().attempt == 1:
        activity.heartbeat(0)
        activity.wait_for_cancelled_sync(20)
        assert activity.cancellation_details() == ActivityCancellationDetails(worker_shutdown=True)
        activity.heartbeat(41)
    return [activity.info().attempt, activity.heartbeat_details(int)]


@pytest.mark.parametrize("fn", [interrupted_async, interrupted_sync], ids=["async", "sync"])
async def test_what_does_not_finish_goes_on_elsewhere(caller: Caller, fn: Any):
    """After the grace period activities are interrupted, and the next worker resumes from their last heartbeat."""
    async with caller.worker(fn, graceful_shutdown_timeout=0, identity="the first"):
        call = await caller.start(fn, initial_interval=0.3, heartbeat_timeout=20)
        # A thread that is asked to stop before its first heartbeat is told by that one, and never gets to the second.
        await call.heartbeats(0)
    standing = await call.standing()
    async with caller.worker(fn):
        result = await call.result()

    assert standing.last_failure == "The worker shut down before the activity had completed"
    assert standing.worker == "the first"
    assert result == [2, 41]


async def test_an_activity_that_does_not_heed_is_left_behind(caller: Caller):
    """A coroutine that goes on whatever it is told does not keep its worker from ending, and is run elsewhere."""
    release = asyncio.Event()
    left_behind = asyncio.Event()

    @activity.defn
    async def deaf() -> int:
        attempt = activity.info().attempt
        while attempt == 1 and not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        left_behind.set()
        return attempt

    async with caller.worker(deaf, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.1):
        call = await caller.start(deaf)
        await call.reaches(1, "STARTED")
    async with caller.worker(deaf):
        result = await call.result()
    assert result == 2
    release.set()
    with anyio.fail_after(5):
        await left_behind.wait()


async def test_a_thread_that_does_not_heed_is_left_behind(caller: Caller):
    """A thread that goes on whatever it is told does not keep its worker from ending, and is run elsewhere."""
    release = threading.Event()

    @activity.defn
    def deaf() -> int:
        attempt = activity.info().attempt
        if attempt == 1:
            release.wait(20)
        return attempt

    try:
        async with caller.worker(deaf, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.1):
            call = await caller.start(deaf)
            await call.reaches(1, "STARTED")
        async with caller.worker(deaf):
            result = await call.result()
    finally:
        release.set()

    assert result == 2


# Between polling and the end


@activity.defn
async def who() -> int:
    return activity.info().attempt


async def test_a_stopped_worker_takes_nothing(caller: Caller):
    """What is called after a worker has stopped is not started by it: it waits for the next worker."""
    async with caller.worker(who):
        pass
    call = await caller.start(who)
    await call.reaches(1, "SCHEDULED")

    async with caller.worker(who):
        assert await call.result() == 1


async def test_a_task_may_come_while_the_worker_stops(reticent_server: SharedServer, task_queue: str):
    """A task that an open poll brings is run within grace period and hard stop, and after them given back at once."""
    async with await Client.connect(reticent_server.target) as client:

        async def attempts(queue: str, grace: float, hard_stop: float) -> int:  # type: ignore[return]
            caller = StandaloneCaller(reticent_server.target, client, queue)
            # One poll: the task that is given back shall not come to another one of this worker.
            settings = {"long_poll_timeout": 3, "max_concurrent_activity_task_polls": 1}
            stopping = {"graceful_shutdown_timeout": grace, "hard_shutdown_timeout": hard_stop}
            worker = caller.worker(who, identity="the first", **stopping, **settings)
            async with anyio.create_task_group() as group, worker:
                await caller.result(who)
                group.start_soon(worker.shutdown)
                await anyio.wait_all_tasks_blocked()
                call = await caller.start(who)
                await eventually(call.standing, lambda now: now.worker == "the first")
            async with caller.worker(who, **settings):
                return await call.result()

        results = await asyncio.gather(
            attempts(f"{task_queue}-1", 20, 0), attempts(f"{task_queue}-2", 0, 20), attempts(f"{task_queue}-3", 0, 0)
        )

    assert results == [1, 1, 2]  # type: ignore[comparison-overlap]


async def test_a_young_worker_has_little_to_wait_for(
    reticent_server: SharedServer, task_queue: str, caplog: pytest.LogCaptureFixture
):
    """Where the server leaves open polls open, those of a worker's first minute end soon, and the log says how soon."""
    caplog.set_level(logging.INFO, "asyncworker")
    async with await Client.connect(reticent_server.target) as client:
        caller = StandaloneCaller(reticent_server.target, client, task_queue)
        async with caller.worker(who):
            await caller.result(who)

    (line,) = [message for message in caplog.messages if "stops, and waits" in message]
    found = re.search(r"waits for 5 open polls, which end within (\d) s$", line)
    assert found is not None
    assert int(found[1]) <= 3
    assert "given up" not in caplog.text


# Ways to ask for it


async def test_run_returns_when_told_to(caller: Caller):
    """run() ends by shutdown(), which waits for the end and does nothing where there is nothing to end."""
    worker = caller.worker(who)
    await worker.shutdown()
    async with anyio.create_task_group() as group:
        group.start_soon(worker.run)
        await caller.result(who)
        assert worker.is_running
        await worker.shutdown()
        assert worker.is_shutdown
    await worker.shutdown()


async def test_cancelling_run_is_a_shutdown(caller: Caller):
    """Cancelling run() lets activities finish within the grace period, and is then passed on."""
    worker = caller.worker(finish_async, graceful_shutdown_timeout=20)
    running = asyncio.create_task(worker.run())
    call = await caller.start(finish_async)
    await call.reaches(1, "STARTED")

    running.cancel()
    await asyncio.wait([running])

    assert running.cancelled()
    assert await call.result() == "cancelled: False, worker stops: True"


async def test_cancelling_run_twice_cancels_activities(caller: Caller):
    """Cancelling run() a second time ends the grace period."""
    worker = caller.worker(interrupted_async, graceful_shutdown_timeout=60)
    running = asyncio.create_task(worker.run())
    call = await caller.start(interrupted_async, heartbeat_timeout=20)
    await call.reaches(1, "STARTED")
    await call.heartbeats(0)

    running.cancel()
    await anyio.wait_all_tasks_blocked()
    running.cancel()
    await asyncio.wait([running])

    assert running.cancelled()
    async with caller.worker(interrupted_async):
        assert await call.result() == [2, 41]


async def test_a_worker_runs_again(caller: Caller):
    """A worker that has stopped can be started again, and is none the worse for it."""
    worker = caller.worker(who, max_concurrent_activities=1)
    results = []
    for _ in range(3):
        async with worker:
            results.append(await caller.result(who))

    assert results == [1, 1, 1]
    assert worker.is_shutdown


async def test_a_running_worker_is_not_run_twice(caller: Caller):
    """A worker lives one life at a time."""
    async with caller.worker(who) as worker:
        with pytest.raises(RuntimeError, match="runs already"):
            await worker.run()
        assert await caller.result(who) == 1


async def test_an_error_in_the_block_is_the_block_s(caller: Caller):
    """An error in the block of `async with` drains the worker, and is what the block raises."""
    call = await caller.start(finish_async)

    async def block() -> None:
        async with caller.worker(finish_async, graceful_shutdown_timeout=20):
            await call.reaches(1, "STARTED")
            raise KeyError("of the block")

    with pytest.raises(KeyError):
        await block()
    assert await call.result() == "cancelled: False, worker stops: True"
