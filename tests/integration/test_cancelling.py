"""How an activity is asked to stop, and what is made of its answer."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import anyio
import pytest

from asyncworker import ApplicationError, CancelledError, activity
from asyncworker.activity import ActivityCancellationDetails

from .calls import Call, Caller, StandaloneCaller

pytestmark = pytest.mark.server


async def beat_until_cancelled() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.02)


def beat_until_cancelled_sync() -> None:
    while True:
        activity.heartbeat()
        time.sleep(0.02)


async def cancelled(caller: Caller, fn: Any, *, heartbeat_timeout: float = 10) -> Call:
    """Start *fn*, ask for its cancellation once it runs, and return the call."""
    call = await caller.start(fn, heartbeat_timeout=heartbeat_timeout)
    await call.reaches(1, "STARTED")
    await call.cancel()
    return call


# Letting it through


@activity.defn
async def heed_async() -> None:
    await beat_until_cancelled()


@activity.defn
def heed_sync() -> None:
    beat_until_cancelled_sync()


@activity.defn(auto_heartbeat=True)
async def heed_without_heartbeats() -> None:
    await asyncio.sleep(30)


@pytest.mark.parametrize(
    "fn", [heed_async, heed_sync, heed_without_heartbeats], ids=lambda fn: fn.__name__.removeprefix("heed_")
)
async def test_a_cancellation_let_through_is_reported_as_one(caller: Caller, fn: Any):
    """CancelledError comes out of the activity's await, or a thread's heartbeat(); let through, it is reported."""
    async with caller.worker(fn):
        call = await cancelled(caller, fn)
        error = await call.failure()

    assert type(error).__name__ == "CancelledError"


@activity.defn
async def say_more_async() -> None:
    try:
        await beat_until_cancelled()
    except asyncio.CancelledError:
        raise CancelledError("stopped", {"done": 3}) from None


@activity.defn
def say_more_sync() -> None:
    try:
        beat_until_cancelled_sync()
    except CancelledError:
        raise CancelledError("stopped", {"done": 3}) from None


@pytest.mark.parametrize("fn", [say_more_async, say_more_sync], ids=["async", "sync"])
async def test_a_cancellation_can_have_details(caller: Caller, fn: Any):
    """The details of a CancelledError that the activity raises are those of its cancellation."""
    async with caller.worker(fn):
        error = await (await cancelled(caller, fn)).failure()

    assert list(error.details) == [{"done": 3}]  # type: ignore[attr-defined]


# Catching it


@activity.defn
async def finish_async() -> str:
    try:
        await beat_until_cancelled()
    except asyncio.CancelledError:
        # Awaiting works: the request came once.
        await asyncio.sleep(0.01)
    return str(activity.cancellation_details())


@activity.defn
def finish_sync() -> str:
    try:
        beat_until_cancelled_sync()
    except CancelledError:
        activity.heartbeat()
    return str(activity.cancellation_details())


@activity.defn(no_thread_cancel_exception=True)
def finish_when_asked() -> str:
    while not activity.is_cancelled():
        activity.heartbeat()
        time.sleep(0.02)
    activity.heartbeat()
    return str(activity.cancellation_details())


# The cancellation may come before the heartbeat does, which then must not raise it.
@activity.defn(no_thread_cancel_exception=True)
def finish_when_woken() -> str:
    activity.heartbeat()
    assert activity.wait_for_cancelled_sync(20)
    return str(activity.cancellation_details())


@activity.defn
async def finish_when_told(context: activity.Context) -> str:
    context.heartbeat()
    with anyio.CancelScope(shield=True):
        try:
            await context.wait_for_cancelled()
        except asyncio.CancelledError:
            pass
    return str(context.cancellation_details())


@pytest.mark.parametrize("fn", [finish_async, finish_sync, finish_when_asked], ids=lambda fn: fn.__name__)
async def test_a_cancelled_activity_may_complete(caller: Caller, fn: Any):
    """An activity that catches its cancellation goes on as it likes, and its result is its result."""
    async with caller.worker(fn):
        result = await (await cancelled(caller, fn)).result()

    assert result == str(ActivityCancellationDetails(cancel_requested=True))


@pytest.mark.parametrize("fn", [finish_when_woken, finish_when_told], ids=lambda fn: fn.__name__)
async def test_waiting_for_a_cancellation(caller: Caller, fn: Any):
    """An activity can wait for its cancellation, while the worker heartbeats for it."""
    async with caller.worker(fn, auto_heartbeat=True):
        result = await (await cancelled(caller, fn)).result()

    assert result == str(ActivityCancellationDetails(cancel_requested=True))


@activity.defn
async def fail_async() -> None:
    try:
        await beat_until_cancelled()
    finally:
        raise ApplicationError("no way back", type="Stuck", non_retryable=True)


@activity.defn
def fail_sync() -> None:
    try:
        beat_until_cancelled_sync()
    except CancelledError:
        raise ApplicationError("no way back", type="Stuck", non_retryable=True) from None


@pytest.mark.parametrize("fn", [fail_async, fail_sync], ids=["async", "sync"])
async def test_a_cancelled_activity_may_fail(caller: Caller, fn: Any):
    """An error raised while a cancellation is handled is a failure."""
    async with caller.worker(fn):
        error = await (await cancelled(caller, fn)).failure()

    assert (error.type, error.message) == ("Stuck", "no way back")  # type: ignore[attr-defined]


async def test_clean_up_may_take_its_time(caller: Caller):
    """While clean-up runs, heartbeats go on: it can outlive the heartbeat timeout, and the cancellation arrives."""
    heard: list[int] = []

    @activity.defn
    async def tidy_up() -> None:
        try:
            await beat_until_cancelled()
        finally:
            for number in range(60):
                activity.heartbeat(number)
                await asyncio.sleep(0.02)
                heard.append(number)

    async with caller.worker(tidy_up):
        error = await (await cancelled(caller, tidy_up, heartbeat_timeout=1)).failure()

    assert type(error).__name__ == "CancelledError"
    assert heard == list(range(60))


async def test_a_group_of_tasks_is_cancelled(caller: Caller):
    """What an activity has begun in task groups, of asyncio or anyio, is cancelled with it."""
    ended: list[str] = []

    async def work(name: str) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(name)

    @activity.defn(auto_heartbeat=True)
    async def fan_out() -> None:
        async with asyncio.TaskGroup() as tasks, anyio.create_task_group() as group:
            tasks.create_task(work("asyncio"))
            group.start_soon(work, "anyio")

    async with caller.worker(fan_out):
        error = await (await cancelled(caller, fan_out)).failure()

    assert type(error).__name__ == "CancelledError"
    assert sorted(ended) == ["anyio", "asyncio"]


async def test_a_cancellation_without_a_request_is_a_failure(caller: Caller):
    """A CancelledError that was not requested is a failure."""

    @activity.defn
    async def give_up() -> None:
        raise asyncio.CancelledError

    async with caller.worker(give_up):
        error = await caller.failure(give_up, maximum_attempts=1)

    assert error.type == "CancelledError"
    assert "without having been cancelled" in error.message


# Other reasons


@activity.defn
async def first_try_async() -> str:
    if activity.info().attempt == 1 and not activity.has_heartbeat_details():
        activity.heartbeat("seen")
        await beat_forever()
    return f"attempt {activity.info().attempt}"


@activity.defn
def first_try_sync() -> str:
    if activity.info().attempt == 1 and not activity.has_heartbeat_details():
        while True:
            activity.heartbeat("seen")
            time.sleep(0.02)
    return f"attempt {activity.info().attempt}"


async def beat_forever() -> None:
    while True:
        activity.heartbeat("seen")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("fn", [first_try_async, first_try_sync], ids=["async", "sync"])
async def test_a_paused_activity_stops_and_goes_on_later(caller: Caller, fn: Any):
    """A pause stops the attempt, which does not count as a cancellation; once unpaused, the next begins."""
    async with caller.worker(fn):
        call = await caller.start(fn, heartbeat_timeout=10)
        await call.reaches(1, "STARTED")
        await call.pause()
        standing = await call.reaches(2, "PAUSED")
        await call.unpause()
        result = await call.result()

    assert standing.last_failure == "The activity was paused before the activity had completed"
    assert result == "attempt 2"


@pytest.mark.parametrize("fn", [first_try_async, first_try_sync], ids=["async", "sync"])
async def test_a_reset_activity_starts_over(caller: Caller, fn: Any):
    """A reset stops the attempt, which is no cancellation, and the next begins at once."""
    async with caller.worker(fn):
        call = await caller.start(fn, heartbeat_timeout=10)
        await call.reaches(1, "STARTED")
        await call.reset()
        result = await call.result()

    # The server counts an attempt that a workflow's activity has ended because of its reset, others it does not.
    assert result == ("attempt 2" if caller.kind == "workflow" else "attempt 1")


async def test_a_terminated_activity_stops(caller: Caller):
    """When the server no longer knows the attempt, the activity is asked to stop, and nothing is reported."""
    found: list[Any] = []
    stopped = anyio.Event()

    @activity.defn
    async def go_on() -> None:
        try:
            await beat_until_cancelled()
        finally:
            found.append(activity.cancellation_details())
            stopped.set()

    async with caller.worker(go_on):
        call = await caller.start(go_on, heartbeat_timeout=10)
        await call.reaches(1, "STARTED")
        await call.terminate()
        with anyio.fail_after(10):
            await stopped.wait()

    assert found == [ActivityCancellationDetails(not_found=True)]


@pytest.mark.parametrize("timeout", ["start_to_close_timeout", "schedule_to_close_timeout"])
async def test_an_attempt_out_of_time_stops(caller: Caller, timeout: str):
    """When an attempt has used up its time, the server fails it, and the worker asks the activity to stop."""
    found: list[Any] = []
    stopped = anyio.Event()

    @activity.defn
    async def dawdle() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            found.append(activity.cancellation_details())
            stopped.set()

    async with caller.worker(dawdle):
        error = await caller.failure(dawdle, maximum_attempts=1, **{timeout: 0.4})
        with anyio.fail_after(10):
            await stopped.wait()

    assert error.type.name == timeout.removesuffix("_timeout").upper()
    assert found == [ActivityCancellationDetails(timed_out=True)]


async def test_a_cancellation_before_the_start_runs_nothing(standalone: StandaloneCaller):
    """A standalone activity that is cancelled before a worker has it never runs."""
    ran: list[None] = []

    @activity.defn
    async def never() -> None:
        ran.append(None)

    call = await standalone.start(never)
    await call.cancel()
    async with standalone.worker(never):
        error = await call.failure()

    assert type(error).__name__ == "CancelledError"
    assert ran == []
