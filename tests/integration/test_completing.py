"""An activity whose result comes from outside: by its task token or its ids, from another client."""

from __future__ import annotations

import queue
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
import pytest
from shared_servers import SharedServer

from asyncworker import ApplicationError, AsyncActivityHandle, Client, activity
from asyncworker.exceptions import AsyncActivityCancelledError, RPCError, RPCStatusCode

from .calls import Call, Caller, eventually

pytestmark = pytest.mark.server


@dataclass
class Verdict:
    """A decision that is made elsewhere."""

    approved: bool


# What the activities have told of themselves, from whatever thread.
told: queue.Queue[activity.Info] = queue.Queue()


@activity.defn
async def ask_async() -> Verdict:
    activity.heartbeat("asked")
    told.put(activity.info())
    activity.raise_complete_async()


@activity.defn
def ask_sync() -> Verdict:
    activity.heartbeat("asked")
    told.put(activity.info())
    activity.raise_complete_async()


@pytest.fixture
async def elsewhere(server: SharedServer) -> AsyncIterator[Client]:
    """A client of another program."""
    async with await Client.connect(server.target, identity="elsewhere") as connected:
        yield connected


def by_token(client: Client, info: activity.Info) -> AsyncActivityHandle:
    return client.get_async_activity_handle(task_token=info.task_token)


def by_ids(client: Client, info: activity.Info) -> AsyncActivityHandle:
    if info.workflow_id is None:
        return client.get_async_activity_handle(activity_id=info.activity_id, run_id=info.activity_run_id)
    return client.get_async_activity_handle(
        workflow_id=info.workflow_id, run_id=info.workflow_run_id, activity_id=info.activity_id
    )


HANDLES = pytest.mark.parametrize("handle_of", [by_token, by_ids], ids=lambda fn: fn.__name__)


async def asked(caller: Caller, fn: Any = ask_async, **plan: Any) -> tuple[Call, activity.Info]:
    """Have *fn* run to its end on a worker of which nothing is left, and return what it told of itself."""
    async with caller.worker(fn):
        call = await caller.start(fn, result_type=Verdict, **plan)
        info = await anyio.to_thread.run_sync(lambda: told.get(timeout=10))
    return call, info


@HANDLES
@pytest.mark.parametrize("fn", [ask_async, ask_sync], ids=["async", "sync"])
async def test_completed_from_outside(caller: Caller, elsewhere: Client, handle_of: Any, fn: Any):
    """An activity that left its result to others stays open, past its worker's end, until it is completed."""
    call, info = await asked(caller, fn)

    await call.reaches(1, "STARTED")
    await handle_of(elsewhere, info).complete(Verdict(approved=True))

    assert await call.result() == Verdict(approved=True)


@HANDLES
async def test_failed_from_outside(caller: Caller, elsewhere: Client, handle_of: Any):
    """A failure from outside is one of the activity: it is retried, with the heartbeat details that came along."""
    call, info = await asked(caller)
    await handle_of(elsewhere, info).fail(RuntimeError("not today"), ["so far"])

    await call.reaches(2, "SCHEDULED")
    await call.heartbeats("so far")
    _, again = await _next(caller, call)
    await handle_of(elsewhere, again).fail(ApplicationError("never", {"why": 1}, type="Refused", non_retryable=True))
    error: Any = await call.failure()

    assert again.attempt == 2
    assert again.heartbeat_details == ("so far",)
    assert (error.type, error.message, list(error.details)) == ("Refused", "never", [{"why": 1}])


async def _next(caller: Caller, call: Call) -> tuple[Call, activity.Info]:  # type: ignore[return]
    async with caller.worker(ask_async):
        return call, await anyio.to_thread.run_sync(lambda: told.get(timeout=10))


@HANDLES
async def test_cancelled_from_outside(caller: Caller, elsewhere: Client, handle_of: Any):
    """The code that completes an activity gets its cancellation with a heartbeat, and can report that it stopped."""
    call, info = await asked(caller, heartbeat_timeout=20)
    handle = handle_of(elsewhere, info)
    await handle.heartbeat("waiting")
    await call.heartbeats("waiting")

    await call.cancel()
    await eventually(call.standing, lambda now: now.state == "CANCEL_REQUESTED")
    with pytest.raises(AsyncActivityCancelledError) as heard:
        await handle.heartbeat("waiting")
    await handle.report_cancellation("stopped")
    error: Any = await call.failure()

    assert heard.value.details == activity.ActivityCancellationDetails(cancel_requested=True)
    assert type(error).__name__ == "CancelledError"
    assert list(error.details) == ["stopped"]


async def test_the_heartbeat_of_an_open_activity_leaves(caller: Caller):
    """What was heartbeated before the activity left its result to others is flushed, not forgotten."""

    @activity.defn
    async def count_then_ask() -> None:
        for number in range(10):
            activity.heartbeat(number)
        told.put(activity.info())
        activity.raise_complete_async()

    call, info = await asked(caller, count_then_ask, heartbeat_timeout=20)

    await call.heartbeats(9)
    await by_token(caller.client, info).complete(Verdict(approved=False))


@HANDLES
async def test_too_late_from_outside(caller: Caller, elsewhere: Client, handle_of: Any):
    """What has ended cannot be completed any more."""
    call, info = await asked(caller)
    await handle_of(elsewhere, info).complete(Verdict(approved=True))
    await call.result()

    with pytest.raises(RPCError) as refused:
        await handle_of(elsewhere, info).complete(Verdict(approved=False))

    assert refused.value.status is RPCStatusCode.NOT_FOUND
