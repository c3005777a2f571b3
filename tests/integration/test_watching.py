"""Activities that do not heartbeat, on a server as it comes: no worker commands, and polls that nothing ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from asyncworker import Client, Worker, activity
from asyncworker.common import ActivityCancellationDetails
from asyncworker.testing import DevServer
from asyncworker.worker import RequestFinished, WatchOptions

from .calls import CALLERS, Caller, until
from .workflows import running_workflows

STOPS = {
    "cancel": ActivityCancellationDetails(cancel_requested=True),
    "terminate": ActivityCancellationDetails(not_found=True),
    "pause": ActivityCancellationDetails(paused=True),
    "reset": ActivityCancellationDetails(reset=True),
}


@pytest.fixture
async def stock_client(reticent_server: DevServer) -> AsyncIterator[Client]:
    async with await Client.connect(reticent_server.target) as connected:
        yield connected


@pytest.fixture(params=CALLERS)
async def stock_caller(
    request: pytest.FixtureRequest, reticent_server: DevServer, stock_client: Client, task_queue: str
) -> AsyncIterator[Caller]:
    caller = CALLERS[request.param](reticent_server.target, stock_client, task_queue)
    if request.param == "standalone":
        yield caller
        return
    caller.workflows = f"workflows-of-{task_queue}"  # type: ignore[attr-defined]
    async with running_workflows(reticent_server.target, task_queue=caller.workflows):  # type: ignore[attr-defined]
        yield caller


@asynccontextmanager
async def working(caller: Caller, fn: Any, **options: Any) -> AsyncIterator[list[RequestFinished]]:
    """A worker with the default watch, that is gone soon; yield the requests that it has made."""
    requests: list[RequestFinished] = []

    def observe(event: object) -> None:
        if isinstance(event, RequestFinished):
            requests.append(event)

    settings: dict[str, Any] = {"graceful_shutdown_timeout": 0, "long_poll_timeout": 3, **options}
    # A client of its own: the requests are the worker's alone.
    async with (
        await Client.connect(caller.target) as client,
        Worker(client, task_queue=caller.task_queue, activities=[fn], observers=[observe], **settings),
    ):
        yield requests


class Silent:
    """An activity that says nothing, and remembers why it was stopped."""

    def __init__(self) -> None:
        self.stops: list[ActivityCancellationDetails | None] = []

    @activity.defn(name="silent")
    async def run(self) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            self.stops.append(activity.cancellation_details())


async def is_watched(requests: list[RequestFinished], caller: Caller) -> None:
    """Wait until the watch has heard how things stand, after which it waits for what comes."""
    first = "DescribeWorkflowExecution" if caller.kind == "workflow" else "DescribeActivityExecution"
    await until(lambda: any(request.operation == first for request in requests))


@pytest.mark.parametrize("verb", STOPS)
async def test_a_silent_activity_is_told_to_stop(stock_caller: Caller, verb: str):
    """What is asked for reaches an activity that neither heartbeats nor has a heartbeat timeout."""
    if stock_caller.kind == "workflow" and verb in ("pause", "reset"):
        pytest.skip("no event of a workflow's history says so")
    silent = Silent()
    async with working(stock_caller, silent.run) as requests:
        call = await stock_caller.start(silent.run, start_to_close_timeout=60)
        await call.reaches(1, "STARTED")
        await is_watched(requests, stock_caller)
        await getattr(call, verb)()
        await until(lambda: bool(silent.stops), within=10)

    assert silent.stops[0] == STOPS[verb]
    # Only a reset is asked for by a heartbeat.
    assert [it.operation for it in requests].count("RecordActivityTaskHeartbeat") == (verb == "reset")


async def test_what_came_in_the_first_second_is_told(stock_caller: Caller):
    silent = Silent()
    async with working(stock_caller, silent.run):
        call = await stock_caller.start(silent.run, start_to_close_timeout=60)
        await call.reaches(1, "STARTED")
        await call.cancel()
        await until(lambda: bool(silent.stops), within=10)

    assert silent.stops == [STOPS["cancel"]]


async def test_the_end_of_an_attempt_by_its_timeout_is_told(stock_caller: Caller):
    """The server's word comes before the worker's own clock, which waits for five seconds more."""
    silent = Silent()
    async with working(stock_caller, silent.run):
        call = await stock_caller.start(silent.run, start_to_close_timeout=2, maximum_attempts=1)
        await call.failure()
        with anyio.fail_after(4):
            await until(lambda: bool(silent.stops))

    assert silent.stops == [ActivityCancellationDetails(timed_out=True)]


async def test_a_worker_without_a_watch_does_not_describe(stock_caller: Caller):
    silent = Silent()
    async with working(stock_caller, silent.run, cancellation_watch=WatchOptions(calls_per_second=0)) as requests:
        call = await stock_caller.start(silent.run)
        await call.reaches(1, "STARTED")
        await anyio.sleep(2)
        await call.terminate()

    watching = {"DescribeActivityExecution", "DescribeWorkflowExecution", "GetWorkflowExecutionHistory"}
    assert not [request for request in requests if request.operation in watching]
