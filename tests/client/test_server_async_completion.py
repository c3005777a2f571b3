"""Activities that are completed from elsewhere, on the real server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
import temporalio.client
from temporalio import workflow
from temporalio.worker import Worker
from workers import elsewhere

from asyncworker.client import ActivityHandle, AsyncActivityHandle, Client
from asyncworker.common import ActivityCancellationDetails, RetryPolicy
from asyncworker.exceptions import (
    ActivityFailureError,
    ActivityNotFoundError,
    ApplicationError,
    AsyncActivityCancelledError,
    CancelledError,
    RPCError,
    RPCStatusCode,
)


@pytest.fixture
async def client(dev_server) -> AsyncIterator[Client]:
    async with await Client.connect(dev_server.target) as client:
        yield client


@pytest.fixture
async def waiting(client, task_queue, activities) -> ActivityHandle[Any]:
    """A standalone activity that has been left to be completed from elsewhere."""
    options: Any = {"retry_policy": RetryPolicy(initial_interval=0.01), "heartbeat_timeout": 10}
    return await client.start_activity(elsewhere, task_queue=task_queue, **options)


@pytest.fixture(params=["by token", "by id"])
async def completing(request, client, activities, waiting) -> AsyncActivityHandle:
    """The same, as who completes it holds it."""
    token = await activities.tokens.get()
    if request.param == "by id":
        return client.get_async_activity_handle(activity_id=waiting.id, run_id=waiting.run_id)
    return client.get_async_activity_handle(task_token=token)


async def test_a_result_from_elsewhere(waiting, completing):
    """What it is completed with is the activity's result."""
    await completing.complete("from elsewhere")

    assert await waiting.result() == "from elsewhere"


async def test_a_heartbeat_from_elsewhere(waiting, completing):
    """A heartbeat from elsewhere is the activity's, with its details."""
    await completing.heartbeat(1, "half")

    description = await waiting.describe()
    assert (description.heartbeat_details(int), description.heartbeat_details(str, index=1)) == (1, "half")
    await completing.complete("done")


async def test_a_failure_from_elsewhere_is_retried(client, activities, waiting, completing):
    """A failed attempt is followed by another, which finds the last words; the old token is good no more."""
    await completing.fail(ApplicationError("broken", type="Bad"), ["last words"])
    again = await activities.tokens.get()

    description = await waiting.describe()
    assert (description.attempt, str(description.last_failure)) == (2, "Bad: broken")
    assert description.heartbeat_details(str) == "last words"
    await client.get_async_activity_handle(task_token=again).complete("done")
    assert await waiting.result() == "done"
    with pytest.raises(ActivityNotFoundError):
        await completing.complete("too late")


@pytest.mark.parametrize("error", [ValueError("bad"), CancelledError("stop"), KeyboardInterrupt()], ids=repr)
async def test_any_error_is_one_that_the_server_takes(waiting, completing, error):
    """Whatever is raised where the work is done can be reported as it is."""
    await completing.fail(error)

    description = await waiting.describe()
    assert type(error).__name__ in str(description.last_failure)
    await waiting.terminate()


async def test_an_error_that_is_not_to_be_retried_is_the_end(waiting, completing):
    """A failure that says so ends the activity."""
    await completing.fail(ApplicationError("broken", 7, type="Bad", non_retryable=True))

    with pytest.raises(ActivityFailureError) as caught:
        await waiting.result()
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.message, cause.type, list(cause.details), cause.non_retryable) == ("broken", "Bad", [7], True)


async def test_a_cancellation_is_heard_and_reported(waiting, completing):
    """A heartbeat raises once the cancellation is requested, and it can be reported then, not before."""
    with pytest.raises(RPCError) as refused:
        await completing.report_cancellation()
    await waiting.cancel()

    with pytest.raises(AsyncActivityCancelledError) as caught:
        await completing.heartbeat()
    await completing.report_cancellation("cleaned up")

    assert refused.value.status is RPCStatusCode.INVALID_ARGUMENT
    assert caught.value.details == ActivityCancellationDetails(cancel_requested=True)
    with pytest.raises(ActivityFailureError) as ended:
        await waiting.result()
    assert isinstance(ended.value.cause, CancelledError)
    assert list(ended.value.cause.details) == ["cleaned up"]


async def test_a_pause_and_a_reset_are_heard(waiting, completing):
    """Who heartbeats hears that the activity was paused, or reset."""
    await waiting.pause()
    with pytest.raises(AsyncActivityCancelledError) as paused:
        await completing.heartbeat()
    await waiting.unpause()
    await waiting.reset()
    with pytest.raises(AsyncActivityCancelledError) as reset:
        await completing.heartbeat()

    assert paused.value.details == ActivityCancellationDetails(paused=True)
    assert reset.value.details.reset
    await waiting.terminate()


async def test_an_activity_that_has_ended_takes_nothing(waiting, completing):
    """After the end every call says that there is no such activity."""
    await waiting.terminate()

    for call in (
        completing.heartbeat(),
        completing.complete(1),
        completing.fail(ValueError()),
        completing.report_cancellation(),
    ):
        with pytest.raises(ActivityNotFoundError):
            await call


async def test_a_token_that_is_none(client):
    """A token that is no token is refused by the server."""
    with pytest.raises(RPCError, match="task token") as caught:
        await client.get_async_activity_handle(task_token=b"nonsense").complete()

    assert caught.value.status is RPCStatusCode.INVALID_ARGUMENT


# Activities of workflows


@workflow.defn
class Delegates:
    """Schedules the activity, and returns what it is completed with."""

    @workflow.run
    async def run(self, task_queue: str) -> str:
        result: str = await workflow.execute_activity(
            "elsewhere",
            activity_id="the-activity",
            task_queue=task_queue,
            start_to_close_timeout=timedelta(seconds=20),
            result_type=str,
        )
        return result


@pytest.mark.parametrize("by", ["token", "ids", "ids of the latest run"])
async def test_a_workflows_activity_is_completed_from_elsewhere(client, dev_server, task_queue, activities, by):
    """A workflow's activity is found by its token, or by the workflow's id and its own."""
    official = await temporalio.client.Client.connect(dev_server.target)
    queue = f"workflows-{uuid.uuid4()}"
    async with Worker(official, task_queue=queue, workflows=[Delegates]):
        started = await official.start_workflow(Delegates.run, task_queue, id=queue, task_queue=queue)
        token = await activities.tokens.get()
        ids: Any = {"workflow_id": started.id, "activity_id": "the-activity"}
        if by == "ids":
            ids["run_id"] = started.result_run_id
        handle = client.get_async_activity_handle(**({"task_token": token} if by == "token" else ids))

        await handle.heartbeat("half")
        await handle.complete("from elsewhere")

        with anyio.fail_after(10):
            assert await started.result() == "from elsewhere"
