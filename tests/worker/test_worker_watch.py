"""Activities that do not heartbeat are told to stop: by a server in memory, that has no worker commands."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from worker_helpers import QUEUE, until, worker_of

from asyncworker import CancelReason, RetryPolicy, Worker, activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeActivity, FakeTemporal
from asyncworker.worker import ActivityCancelled, WatchOptions
from asyncworker.worker.watch import _findings, _run_watch, _table, _watcher, _watches

DESCRIBE, DESCRIBE_RUN = "DescribeActivityExecution", "DescribeWorkflowExecution"
HISTORY, HEARTBEAT = "GetWorkflowExecutionHistory", "RecordActivityTaskHeartbeat"
FAST = WatchOptions(calls_per_second=1000)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Attempts are watched at once, and looked at often."""
    monkeypatch.setattr(_watcher, "MIN_AGE", 0.01)
    monkeypatch.setattr(_watches, "MIN_AGE", 0.0)
    monkeypatch.setattr(_watches, "_LONGEST_WAIT", 0.02)
    monkeypatch.setattr(_run_watch, "_GATHERING", 0.0)
    monkeypatch.setattr(_findings, "_POLLS_PER_SECOND", 1000.0)


@activity.defn
async def silent() -> str:
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        details = activity.cancellation_details()
        assert details is not None
        return str(details.reason)
    return "slept"


@activity.defn
def silent_in_thread() -> str:
    assert activity.wait_for_cancelled_sync(30)
    return str(activity.context().cancel_reason)


@activity.defn
async def hanging() -> None:
    await asyncio.sleep(30)


@activity.defn
async def beating() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def working(temporal: FakeTemporal, *activities: Any, **options: Any) -> AsyncIterator[Worker]:
    """A worker that has no time for activities that go on."""
    settings: dict[str, Any] = {"cancellation_watch": FAST, "graceful_shutdown_timeout": 0, **options}
    async with worker_of(temporal, *activities, **settings) as worker:
        yield worker


async def is_watched(temporal: FakeTemporal, task: FakeActivity) -> None:
    """Wait until a long poll is open for an activity."""
    method, field = (DESCRIBE, "long_poll_token") if task.workflow_id is None else (HISTORY, "next_page_token")
    await until(lambda: any(getattr(request, field) for request in temporal.requests(method)))


def start(temporal: FakeTemporal, kind: str, fn: Any, **options: Any) -> FakeActivity:
    add = temporal.add_task if kind == "workflow" else temporal.start_activity
    return add(fn, task_queue=QUEUE, **options)


KINDS = pytest.mark.parametrize("kind", ["workflow", "standalone"])


# Being told


@KINDS
@pytest.mark.parametrize("fn", [silent, silent_in_thread], ids=["async", "sync"])
async def test_a_cancellation_reaches_an_activity_that_does_not_heartbeat(temporal, kind, fn):
    async with working(temporal, fn):
        task = start(temporal, kind, fn)
        await is_watched(temporal, task)
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)
    assert task.heartbeats == []


@KINDS
async def test_a_termination_reaches_an_activity_that_does_not_heartbeat(temporal, kind):
    stopped: list[Any] = []

    @activity.defn
    async def going_on() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            stopped.append(activity.context().cancel_reason)

    async with working(temporal, going_on):
        task = start(temporal, kind, going_on)
        await is_watched(temporal, task)
        task.terminate()
        await until(lambda: bool(stopped))

    assert stopped == [CancelReason.NOT_FOUND]


@pytest.mark.parametrize("method", [HISTORY, DESCRIBE_RUN])
async def test_a_workflow_that_ends_before_the_watch_has_looked_stops_its_activity(temporal, method):
    """Whichever of the watch's first calls finds it closed: there is no end to wait for any more."""
    stopped: list[Any] = []

    @activity.defn
    async def going_on() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            stopped.append(activity.context().cancel_reason)
            raise

    async with working(temporal, going_on):
        with temporal.hold(method):
            task = temporal.add_task(going_on, task_queue=QUEUE)
            await temporal.wait_for(method)
            task.terminate()
        await until(lambda: stopped)

    assert stopped == [CancelReason.NOT_FOUND]


async def test_a_pause_reaches_a_standalone_activity_that_does_not_heartbeat(temporal):
    async with working(temporal, silent):
        task = start(temporal, "standalone", silent)
        await is_watched(temporal, task)
        task.pause()
        await task.wait_closed()

    assert task.result == str(CancelReason.PAUSED)


async def test_a_reset_is_asked_for_by_a_heartbeat_with_the_last_details(temporal):
    """A heartbeat without details would wipe those that the server has."""

    @activity.defn
    async def resumed() -> str:
        if activity.info().attempt == 1:
            activity.heartbeat("page 7")
            await asyncio.sleep(0.01)
            raise RuntimeError
        return await silent()

    async with working(temporal, resumed):
        task = start(temporal, "standalone", resumed, retry_policy=RetryPolicy(maximum_attempts=2))
        await task.wait_for_attempt(2)
        await is_watched(temporal, task)
        task.reset()
        await task.wait_closed()

    assert task.result == str(CancelReason.RESET)
    assert task.heartbeat_details == ["page 7"]
    assert task.heartbeats[-1] == ["page 7"]


async def test_a_watch_waits_for_the_poll_of_who_follows_the_progress(temporal, monkeypatch):
    """One long poll tells both."""
    # No watch begins until the other poll is open.
    monkeypatch.setattr(_watches, "_HALF_FULL", -1.0)
    details: list[Any] = []
    async with working(temporal, silent) as worker, anyio.create_task_group() as group:
        assert worker.client is not None
        task = start(temporal, "standalone", silent)
        handle = worker.client.get_activity_handle(task.activity_id)

        async def follow() -> None:
            details.extend([detail async for detail in handle.progress()])

        await task.wait_for_attempt()
        state = await handle.describe()
        group.start_soon(follow)
        polls = worker.client._polls
        await until(lambda: [awaited.token for awaited in polls._polls] == [state.long_poll_token])
        ((poll,),) = (found.values() for found in polls._polls.values())
        monkeypatch.setattr(_watches, "_HALF_FULL", 0.5)
        await until(lambda: len(poll._waiters) == 2)
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)
    assert details == []
    tokens = [request.long_poll_token for request in temporal.requests(DESCRIBE)]
    assert tokens.count(state.long_poll_token) == 1


@KINDS
async def test_what_came_before_the_watch_is_told_as_well(temporal, kind, monkeypatch):
    monkeypatch.setattr(_watches, "MIN_AGE", 0.2)
    async with working(temporal, silent):
        task = start(temporal, kind, silent)
        await task.wait_for_attempt()
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)


async def test_a_timeout_is_told_as_one(temporal):
    """The worker's own clock would say so five seconds later."""
    events: list[Any] = []
    async with working(temporal, hanging, observers=[events.append]):
        task = start(temporal, "standalone", hanging, start_to_close_timeout=0.3)
        await is_watched(temporal, task)
        task.time_out()
        await until(lambda: any(isinstance(event, ActivityCancelled) for event in events))

    assert [event.reason for event in events if isinstance(event, ActivityCancelled)] == [CancelReason.TIMED_OUT]


# One watch for a run


async def test_the_activities_of_a_run_share_one_poll(temporal):
    """Two activities of one run, on two workers of the process, cost what one does; and each is told its own."""
    options: dict[str, Any] = {"cancellation_watch": FAST, "graceful_shutdown_timeout": 0}
    client = temporal.client()
    first = Worker(client, task_queue="a", activities=[silent], **options)
    second = Worker(client, task_queue="b", activities=[silent], **options)
    async with first, second:
        tasks = [temporal.add_task(silent, task_queue=queue) for queue in ("a", "b")]
        for task in tasks:
            await task.wait_for_attempt()
        await is_watched(temporal, tasks[0])
        # Several looks later.
        await anyio.sleep(0.2)
        polls = [request for request in temporal.requests(HISTORY) if request.next_page_token]
        tasks[1].request_cancel()
        await tasks[1].wait_closed()
        assert not tasks[0].is_closed
        tasks[0].request_cancel()
        await tasks[0].wait_closed()

    assert len(polls) == 1
    assert [task.result for task in tasks] == [str(CancelReason.CANCEL_REQUESTED)] * 2


async def test_a_watch_goes_on_with_another_worker_when_its_own_stops(temporal):
    client = temporal.client()
    options: dict[str, Any] = {"cancellation_watch": FAST, "graceful_shutdown_timeout": 0}
    async with Worker(client, task_queue="b", activities=[silent], **options):
        async with Worker(client, task_queue="a", activities=[hanging], **options):
            temporal.add_task(hanging, task_queue="a")
            await until(lambda: any(request.next_page_token for request in temporal.requests(HISTORY)))
            task = temporal.add_task(silent, task_queue="b")
            await task.wait_for_attempt()
            await anyio.sleep(0.1)
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)


async def test_an_activity_that_joins_a_watched_run_late_is_told_what_it_has_missed(temporal, monkeypatch):
    """A cancellation that came before its watch began is in no event that will come."""
    async with working(temporal, silent, hanging):
        first = start(temporal, "workflow", hanging)
        await is_watched(temporal, first)
        monkeypatch.setattr(_watches, "MIN_AGE", 0.3)
        task = start(temporal, "workflow", silent)
        await task.wait_for_attempt()
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)


async def test_activities_that_join_together_are_asked_about_once(temporal, monkeypatch):
    async with working(temporal, silent, hanging):
        await is_watched(temporal, start(temporal, "workflow", hanging))
        monkeypatch.setattr(_watches, "MIN_AGE", 0.3)
        tasks = [start(temporal, "workflow", silent) for _ in range(5)]
        for task in tasks:
            await task.wait_for_attempt()
        tasks[0].request_cancel()
        await tasks[0].wait_closed()
        await anyio.sleep(0.1)
        descriptions = len(temporal.requests(DESCRIBE_RUN))
        assert [task.is_closed for task in tasks[1:]] == [False] * 4

    # At the beginning, for the event, and for those that came before it and are watched after it.
    assert descriptions == 3


async def test_a_quiet_run_costs_three_calls(temporal):
    """The end of its history, its description, and one poll that goes on."""
    async with working(temporal, hanging):
        task = start(temporal, "workflow", hanging)
        await is_watched(temporal, task)
        await anyio.sleep(0.2)

    assert len(temporal.requests(HISTORY)) == 2
    assert len(temporal.requests(DESCRIBE_RUN)) == 1


async def test_a_run_that_brings_too_much_is_dropped(temporal, monkeypatch):
    monkeypatch.setattr(_findings, "_MAX_ANSWER", 3)
    async with working(temporal, hanging, silent):
        task = start(temporal, "workflow", hanging)
        await is_watched(temporal, task)
        start(temporal, "workflow", silent)
        await anyio.sleep(0.2)
        before = len(temporal.requests(HISTORY))
        await anyio.sleep(0.2)

    assert len(temporal.requests(HISTORY)) == before == 2


# Who is watched


async def test_an_activity_that_heartbeats_is_not_watched(temporal):
    """Its heartbeats bring what a watch would."""
    async with working(temporal, beating, max_heartbeat_throttle_interval=0.05):
        for kind in ("standalone", "workflow"):
            task = start(temporal, kind, beating)
            await task.wait_for_heartbeat(3)

    assert temporal.requests(DESCRIBE) == []
    assert temporal.requests(HISTORY) == []


@pytest.mark.parametrize(
    "options", [None, WatchOptions(calls_per_second=0), WatchOptions(standalone=0, workflow_runs=0)]
)
async def test_the_watch_can_be_switched_off(temporal, options):
    async with working(temporal, hanging, cancellation_watch=options):
        for kind in ("standalone", "workflow"):
            await start(temporal, kind, hanging).wait_for_attempt()
        await anyio.sleep(0.2)

    assert {call.method for call in temporal.calls}.isdisjoint({DESCRIBE, DESCRIBE_RUN, HISTORY})


async def test_activities_of_workflows_are_not_watched_where_the_server_pushes():
    capabilities = {"worker_commands": True, "worker_poll_complete_on_shutdown": True}
    async with FakeTemporal(capabilities=capabilities) as temporal, working(temporal, hanging):
        await start(temporal, "workflow", hanging).wait_for_attempt()
        await is_watched(temporal, start(temporal, "standalone", hanging))

    assert temporal.requests(HISTORY) == []


@pytest.mark.parametrize(("kind", "method"), [("standalone", DESCRIBE), ("workflow", HISTORY)])
async def test_the_longest_running_are_watched_and_no_more_than_the_budget_allows(temporal, kind, method):
    options = WatchOptions(standalone=2, workflow_runs=2, calls_per_second=1000)
    async with working(temporal, hanging, silent, cancellation_watch=options):
        ids = [{"workflow_id": name} if kind == "workflow" else {"activity_id": name} for name in "abcd"]
        for number, each in enumerate(ids):
            await start(temporal, kind, hanging, **each).wait_for_attempt()
            await until(lambda: len(temporal.requests(method)) >= 2 * min(2, number + 1))  # noqa: B023
        await anyio.sleep(0.1)
        watched = {_name(request) for request in temporal.requests(method)}
        temporal.activities[0].terminate()
        await until(lambda: "c" in {_name(request) for request in temporal.requests(method)})

    assert watched == {"a", "b"}


def _name(request: Any) -> str:
    return request.activity_id if hasattr(request, "activity_id") else request.execution.workflow_id


async def test_the_calls_keep_their_pace(temporal):
    """Ten activities at once take two calls each; the first eight calls may come together."""
    options = WatchOptions(standalone=10, calls_per_second=4)
    async with working(temporal, hanging, cancellation_watch=options):
        began_at = anyio.current_time()
        for _ in range(10):
            start(temporal, "standalone", hanging)
        await temporal.wait_for(DESCRIBE, count=8)
        await anyio.sleep(0.15)
        calls = len(temporal.requests(DESCRIBE))
        took = anyio.current_time() - began_at

    assert 8 <= calls <= 8 + 4 * took


# Trouble


async def test_a_refused_poll_ends_watches(temporal):
    """The limits are shared: a watch would be served where a poll for tasks is refused."""
    async with working(temporal, hanging, max_concurrent_activities=10, max_concurrent_activity_task_polls=2):
        for _ in range(6):
            start(temporal, "standalone", hanging)
        await temporal.wait_for(DESCRIBE, count=12)
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.RESOURCE_EXHAUSTED, "namespace rate limit exceeded")
        start(temporal, "standalone", hanging)
        await until(lambda: _watch_count() == 0)


def _watch_count() -> int:
    """How many watches the tables of this test have."""
    return sum(len(table._watches) for table, _ in _table._tables[asyncio.get_running_loop()].values())


@pytest.mark.parametrize("status", [RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED])
async def test_a_watch_that_is_not_allowed_is_not_tried_again(temporal, caplog, status):
    temporal.fail_next(DESCRIBE, status, "not for you", times=100)
    with caplog.at_level(logging.INFO, "asyncworker.worker.watch"):
        async with working(temporal, hanging):
            for _ in range(3):
                start(temporal, "standalone", hanging)
            await temporal.wait_for(DESCRIBE)
            await anyio.sleep(0.2)
            calls = len(temporal.requests(DESCRIBE))

    assert calls <= 3
    lines = [record for record in caplog.records if record.name.startswith("asyncworker.worker.watch")]
    assert [(line.levelname, "standalone activities without heartbeats" in line.getMessage()) for line in lines] == [
        ("INFO", True)
    ]


@pytest.mark.parametrize(
    ("kind", "method"), [("standalone", DESCRIBE), ("workflow", HISTORY), ("workflow", DESCRIBE_RUN)]
)
async def test_a_watch_begins_again_after_an_outage(temporal, monkeypatch, kind, method):
    monkeypatch.setattr(_table, "_AFTER_ERROR", (0.01, 0.1))
    temporal.fail_next(method, RPCStatusCode.UNAVAILABLE, "away", times=3)
    async with working(temporal, silent):
        task = start(temporal, kind, silent)
        await is_watched(temporal, task)
        task.request_cancel()
        await task.wait_closed()

    assert task.result == str(CancelReason.CANCEL_REQUESTED)


async def test_a_broken_watch_harms_no_activity_and_is_reported_once(temporal, caplog, monkeypatch):
    def read(data: bytes) -> None:
        raise ValueError("no description")

    monkeypatch.setattr("asyncworker.worker.watch._activity_watch.read_activity", read)
    release = asyncio.Event()

    @activity.defn
    async def waiting() -> str:
        await release.wait()
        return "done"

    async with working(temporal, waiting):
        tasks = [start(temporal, "standalone", waiting) for _ in range(3)]
        await temporal.wait_for(DESCRIBE, count=3)
        await anyio.sleep(0.1)
        release.set()
        for task in tasks:
            await task.wait_closed()

    assert [task.result for task in tasks] == ["done"] * 3
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == [
        "a watch for cancellations broke; activities go on, told by heartbeats"
    ]
    assert len(temporal.requests(DESCRIBE)) == 3


async def test_a_watch_ends_with_its_worker(temporal):
    """An open poll for a description keeps no worker from stopping."""
    worker = worker_of(temporal, hanging, cancellation_watch=FAST, graceful_shutdown_timeout=0)
    with anyio.fail_after(2):
        async with worker:
            await is_watched(temporal, start(temporal, "standalone", hanging))
            task = start(temporal, "workflow", hanging)
            await is_watched(temporal, task)

    assert _table._tables[asyncio.get_running_loop()] == {}


@KINDS
async def test_the_end_of_an_activity_ends_its_watch(temporal, kind):
    release = asyncio.Event()

    @activity.defn
    async def waiting() -> None:
        await release.wait()

    async with working(temporal, waiting):
        task = start(temporal, kind, waiting)
        await is_watched(temporal, task)
        assert _watch_count() == 1
        release.set()
        await task.wait_closed()
        await until(lambda: _watch_count() == 0)

    assert task.state == "Completed"


async def test_watches_leave_room_on_the_connection(temporal, monkeypatch):
    """No watch begins where half of the streams that the server allows are in use."""
    monkeypatch.setattr("asyncworker._rpc._bound.BoundTransport.load", 0.6)
    monkeypatch.setattr("asyncworker._rpc._grpclib.GrpclibTransport.load", 0.6, raising=False)
    async with working(temporal, hanging):
        await start(temporal, "standalone", hanging).wait_for_attempt()
        await anyio.sleep(0.1)

    assert temporal.requests(DESCRIBE) == []
