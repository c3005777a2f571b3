"""Standalone activities on the real server, run by our worker and by the official one."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import anyio
import pytest
import temporalio.api.enums.v1 as official_enums
import temporalio.api.operatorservice.v1 as operator
import temporalio.client
from workers import Parcel, broken, climb, endless, pack, running

from asyncworker._proto.temporal.api.common.v1 import Payload
from asyncworker.client import (
    ActivityExecutionStatus,
    ActivityHandle,
    Client,
    PendingActivityState,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
)
from asyncworker.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy
from asyncworker.exceptions import (
    ActivityAlreadyStartedError,
    ActivityFailureError,
    ActivityNotFoundError,
    ApplicationError,
    CancelledError,
    RPCError,
    RPCStatusCode,
    TerminatedError,
    TimeoutError as ActivityTimeoutError,
    TimeoutType,
)

ONCE = RetryPolicy(maximum_attempts=1)


@pytest.fixture
async def client(dev_server) -> AsyncIterator[Client]:
    async with await Client.connect(dev_server.target) as client:
        yield client


@pytest.fixture
async def idle(client, task_queue) -> ActivityHandle[Any]:
    """An activity that no worker runs."""
    return await client.start_activity(pack, Parcel("7", 1), task_queue=task_queue)


async def status_of(handle: ActivityHandle[Any], *statuses: ActivityExecutionStatus) -> ActivityExecutionStatus:
    """Wait until the activity stands like this."""
    description = await handle.describe()
    with anyio.fail_after(10):
        while description.status not in statuses:
            description = await handle.describe(changed_since=description)
    return description.status


async def first_step(handle: ActivityHandle[Any]) -> None:
    """Wait for the first heartbeat."""
    await anext(aiter(handle.progress()))


# Run


async def test_a_result_comes_back_as_its_type(client, task_queue, activities):
    """An activity takes and returns what its function says, through the real server."""
    assert await client.execute_activity(pack, Parcel("7", 1), task_queue=task_queue) == Parcel("7", 2)


async def test_an_activity_can_be_called_by_name(client, task_queue, activities):
    """Without the function the result is as the payload has it, or as the caller says."""
    options: Any = {"task_queue": task_queue, "start_to_close_timeout": 20}

    assert await client.execute_activity("pack", {"order": "7", "boxes": 1}, **options) == {"order": "7", "boxes": 2}
    assert await client.execute_activity("pack", args=[Parcel("7", 1)], result_type=Parcel, **options) == Parcel("7", 2)


async def test_a_handle_finds_an_activity_again(client, task_queue, activities):
    """The id is enough to get the result elsewhere, typed by the function."""
    started = await client.start_activity(pack, Parcel("7", 1), task_queue=task_queue)

    found = client.get_activity_handle(started.id, run_id=started.run_id, activity=pack)

    assert await found.result() == Parcel("7", 2)


async def test_a_failure_has_its_causes(client, task_queue, activities):
    """What the activity raised is the cause, with its own cause below it."""
    with pytest.raises(ActivityFailureError) as caught:
        await client.execute_activity(broken, "out of tape", task_queue=task_queue, retry_policy=ONCE)

    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.message, cause.type) == ("out of tape", "ValueError")
    assert isinstance(cause.cause, ApplicationError)
    assert cause.cause.type == "KeyError"
    assert "workers.py" in (cause.stack_trace or "")


async def test_a_cancelled_activity_says_so(client, task_queue, activities):
    """An activity that stops because it was asked to, if twice, ends in a CancelledError."""
    handle = await client.start_activity(climb, 2, task_queue=task_queue)
    await first_step(handle)

    await handle.cancel(reason="enough")
    await handle.cancel(reason="really")
    # It hears of it with its next heartbeat.
    activities.steps.put_nowait(None)

    with pytest.raises(ActivityFailureError) as caught:
        await handle.result()
    assert isinstance(caught.value.cause, CancelledError)
    description = await handle.describe()
    assert (description.status, description.canceled_reason) == (ActivityExecutionStatus.CANCELED, "enough")


async def test_progress_follows_the_heartbeats(client, task_queue, activities):
    """Each heartbeat is a step, as it comes; the iterator ends when the activity has."""
    handle = await client.start_activity(climb, 3, task_queue=task_queue)

    steps = []
    async for step in handle.progress(int):
        steps.append(step)
        activities.steps.put_nowait(None)

    assert steps == [0, 1, 2]
    assert await handle.result() == "up"


async def test_a_description_shows_a_running_activity(client, task_queue, activities):
    """What runs can be seen running: the attempt, the worker, the last heartbeat."""
    handle = await client.start_activity(climb, 2, task_queue=task_queue)
    await first_step(handle)

    found = await handle.describe(include_input=True)

    assert (found.activity_id, found.activity_run_id, found.activity_type) == (handle.id, handle.run_id, "climb")
    assert (found.status, found.run_state) == (ActivityExecutionStatus.RUNNING, PendingActivityState.STARTED)
    assert (found.attempt, found.task_queue, found.input(int)) == (1, task_queue, [2])
    assert (found.heartbeat_details(int), found.total_heartbeat_count) == (0, 1)
    assert found.heartbeat_timeout == timedelta(seconds=10)
    assert found.last_worker_identity
    assert found.last_heartbeat_time is not None
    assert found.last_started_time is not None
    assert found.close_time is None
    for _ in range(2):
        activities.steps.put_nowait(None)
    assert await handle.result() == "up"


async def test_a_description_shows_what_became_of_an_activity(client, task_queue, activities):
    """What has ended shows how: its result, or its failure."""
    packed = await client.start_activity(pack, Parcel("7", 1), task_queue=task_queue)
    failed = await client.start_activity(broken, "out of tape", task_queue=task_queue, retry_policy=ONCE)
    await status_of(packed, ActivityExecutionStatus.COMPLETED)
    await status_of(failed, ActivityExecutionStatus.FAILED)

    good, bad = [await each.describe(include_outcome=True) for each in (packed, failed)]

    assert good.result(Parcel) == Parcel("7", 2)
    assert good.failure is None
    assert good.close_time is not None
    assert good.execution_duration is not None
    assert isinstance(bad.failure, ApplicationError)
    assert isinstance(bad.last_failure, ApplicationError)
    assert not bad.has_result()


async def test_a_retry_shows_the_last_failure(client, task_queue, activities):
    """Between two attempts a description has how the last one failed, and when the next begins."""
    handle = await client.start_activity(
        broken, "out of tape", task_queue=task_queue, retry_policy=RetryPolicy(initial_interval=timedelta(hours=1))
    )
    found = await handle.describe()
    with anyio.fail_after(10):
        while found.last_failure is None:
            found = await handle.describe(changed_since=found)

    assert str(found.last_failure) == "ValueError: out of tape"
    assert found.attempt == 2
    assert found.current_retry_interval == timedelta(hours=1)
    assert found.next_attempt_schedule_time is not None
    await handle.terminate()


async def test_a_pause_stops_the_activity_and_unpausing_runs_it_again(client, task_queue, activities):
    """A paused activity's attempt ends, and another begins when it may go on."""
    handle = await client.start_activity(endless, task_queue=task_queue)

    await handle.pause(reason="lunch")
    assert await status_of(handle, ActivityExecutionStatus.PAUSED) is ActivityExecutionStatus.PAUSED
    await handle.unpause()
    await handle.cancel()

    with pytest.raises(ActivityFailureError) as caught:
        await handle.result()
    assert isinstance(caught.value.cause, CancelledError)


# Not run


async def test_all_options_reach_the_server(client, task_queue):
    """What an activity is started with is what its description says."""
    policy = RetryPolicy(
        initial_interval=2,
        backoff_coefficient=3.0,
        maximum_interval=50,
        maximum_attempts=4,
        non_retryable_error_types=["Bad"],
    )

    handle = await client.start_activity(
        "pack",
        1,
        id=f"all-{uuid.uuid4()}",
        task_queue=task_queue,
        schedule_to_close_timeout=300,
        schedule_to_start_timeout=timedelta(minutes=1),
        start_to_close_timeout=30.5,
        heartbeat_timeout=5,
        start_delay=60,
        retry_policy=policy,
        priority=Priority(priority_key=2, fairness_key="tenant", fairness_weight=2.5),
        summary="Packing",
        details="All of **it**",
        headers={"trace": Payload(metadata={"encoding": b"json/plain"}, data=b'"7"')},
    )

    found = await handle.describe()
    assert found.schedule_to_close_timeout == timedelta(seconds=300)
    assert found.schedule_to_start_timeout == timedelta(seconds=60)
    assert found.start_to_close_timeout == timedelta(seconds=30.5)
    assert found.heartbeat_timeout == timedelta(seconds=5)
    assert found.start_delay == timedelta(seconds=60)
    assert found.retry_policy == RetryPolicy(
        initial_interval=timedelta(seconds=2),
        backoff_coefficient=3.0,
        maximum_interval=timedelta(seconds=50),
        maximum_attempts=4,
        non_retryable_error_types=("Bad",),
    )
    assert found.priority == Priority(priority_key=2, fairness_key="tenant", fairness_weight=2.5)
    assert (found.summary, found.details) == ("Packing", "All of **it**")
    assert found.headers["trace"].data == b'"7"'
    assert found.schedule_time is not None
    assert found.execution_time == found.schedule_time + timedelta(seconds=60)


async def test_search_attributes_find_an_activity(client, dev_server, task_queue):
    """An activity's search attributes come back with it, and queries find it by them."""
    name = f"Color{uuid.uuid4().hex[:8]}"
    official = await temporalio.client.Client.connect(dev_server.target)
    keyword = official_enums.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    await official.operator_service.add_search_attributes(
        operator.AddSearchAttributesRequest(namespace="default", search_attributes={name: keyword})
    )
    red = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword(name), "red")])

    handle = None
    with anyio.fail_after(10):
        while handle is None:
            try:
                handle = await client.start_activity(pack, Parcel("7", 1), task_queue=task_queue, search_attributes=red)
            except RPCError as error:
                # The server takes a moment to learn of a new attribute.
                if "no mapping defined for search attribute" not in error.message:
                    raise
                await asyncio.sleep(0.1)
        found: list[str] = []
        while not found:
            found = [each.activity_id async for each in client.list_activities(f"{name} = 'red'")]
            await asyncio.sleep(0.1)

    assert found == [handle.id]
    assert (await handle.describe()).typed_search_attributes == red


async def test_a_running_id_is_taken(client, idle, task_queue):
    """A second activity of a running one's id is an error, or the same one."""
    with pytest.raises(ActivityAlreadyStartedError) as caught:
        await client.start_activity(pack, Parcel("8", 1), id=idle.id, task_queue=task_queue)
    same = await client.start_activity(
        pack,
        Parcel("8", 1),
        id=idle.id,
        task_queue=task_queue,
        id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
    )

    assert caught.value.run_id == idle.run_id
    assert same.run_id == idle.run_id


async def test_a_closed_id_may_be_used_again(client, idle, task_queue):
    """A closed activity's id is free, unless the policy says that it is not."""
    await idle.terminate()

    with pytest.raises(ActivityAlreadyStartedError):
        await client.start_activity(
            pack,
            Parcel("8", 1),
            id=idle.id,
            task_queue=task_queue,
            id_reuse_policy=ActivityIDReusePolicy.REJECT_DUPLICATE,
        )
    again = await client.start_activity(pack, Parcel("8", 1), id=idle.id, task_queue=task_queue)

    assert again.run_id != idle.run_id


async def test_an_activity_that_nobody_has_started_is_cancelled_at_once(idle):
    """No worker has it, so the cancellation is the end."""
    await idle.cancel(reason="enough")

    with pytest.raises(ActivityFailureError) as caught:
        await idle.result()
    assert isinstance(caught.value.cause, CancelledError)


async def test_a_terminated_activity_says_so(idle):
    """Termination is the end, and has its reason."""
    await idle.terminate(reason="enough")

    with pytest.raises(ActivityFailureError) as caught:
        await idle.result()
    assert isinstance(caught.value.cause, TerminatedError)
    assert caught.value.cause.message == "enough"
    assert (await idle.describe()).status is ActivityExecutionStatus.TERMINATED


async def test_a_timeout_says_which(client, task_queue):
    """An activity that no worker takes in time times out, and says in which respect."""
    with pytest.raises(ActivityFailureError) as caught:
        await client.execute_activity(pack, Parcel("7", 1), task_queue=task_queue, schedule_to_start_timeout=0.1)

    assert isinstance(caught.value.cause, ActivityTimeoutError)
    assert caught.value.cause.type is TimeoutType.SCHEDULE_TO_START


async def test_options_change_and_change_back(idle):
    """What is changed holds, what is taken back is the default, and the original can be restored."""
    changed = await idle.update_options(
        start_to_close_timeout=9, heartbeat_timeout=3, retry_policy=RetryPolicy(maximum_attempts=2)
    )
    taken_back = await idle.update_options(heartbeat_timeout=None)
    described = await idle.describe()
    restored = await idle.restore_original_options()

    assert (changed.start_to_close_timeout, changed.heartbeat_timeout) == (timedelta(seconds=9), timedelta(seconds=3))
    assert changed.retry_policy is not None
    assert changed.retry_policy.maximum_attempts == 2
    assert (taken_back.start_to_close_timeout, taken_back.heartbeat_timeout) == (timedelta(seconds=9), None)
    assert described.start_to_close_timeout == timedelta(seconds=9)
    assert restored.start_to_close_timeout == timedelta(seconds=20)


async def test_an_activity_moves_to_another_queue(client, dev_server, idle):
    """With its queue changed, an activity is run by that queue's workers."""
    other = f"other-{uuid.uuid4()}"
    async with running("ours", client, dev_server.target, other):
        await idle.update_options(task_queue=other)

        assert await idle.result() == Parcel("7", 2)


async def test_what_cannot_be_asked_of_a_closed_activity(idle):
    """The server says why not: an error with its status and message."""
    await idle.terminate()

    for ask in (idle.cancel, idle.terminate, idle.pause, idle.unpause, idle.reset):
        with pytest.raises(RPCError) as caught:
            await ask()
        assert caught.value.status is RPCStatusCode.FAILED_PRECONDITION


async def is_known(handle: ActivityHandle[Any]) -> bool:
    try:
        await handle.describe()
    except ActivityNotFoundError:
        return False
    return True


async def test_a_deleted_activity_is_gone(idle):
    """Nothing is known of a deleted activity, though it was running."""
    await idle.delete()
    # The server takes the order at once, and carries it out in its own time.
    with anyio.fail_after(20):
        while await is_known(idle):  # noqa: ASYNC110 - no event crosses from the server
            await anyio.sleep(0.01)

    for ask in (idle.describe, idle.result, idle.cancel, idle.delete):
        with pytest.raises(ActivityNotFoundError):
            await ask()


async def test_a_change_ends_the_wait_for_one(idle):
    """Who waits for a change hears of it, and of nothing before it."""
    before = await idle.describe()
    changes = []

    async def wait() -> None:
        changes.append((await idle.describe(changed_since=before)).status)

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        assert changes == []
        await idle.pause()

    assert changes == [ActivityExecutionStatus.PAUSED]


async def test_lists_and_counts_find_what_was_started(client, task_queue):
    """Activities are found by query, page by page, and counted by status."""
    handles = [await client.start_activity(pack, Parcel("7", 1), task_queue=task_queue) for _ in range(5)]
    await handles[0].terminate()
    query = f"TaskQueue = '{task_queue}'"

    with anyio.fail_after(10):
        count = await client.count_activities(query + " GROUP BY ExecutionStatus")
        while {group.group_values[0]: group.count for group in count.groups} != {"Running": 4, "Terminated": 1}:
            await asyncio.sleep(0.1)
            count = await client.count_activities(query + " GROUP BY ExecutionStatus")
    found = [each async for each in client.list_activities(query, page_size=2)]
    limited = [each async for each in client.list_activities(query, page_size=2, limit=3)]

    assert count.count == 5
    assert {each.activity_id for each in found} == {handle.id for handle in handles}
    assert {each.activity_run_id for each in found} == {handle.run_id for handle in handles}
    assert {each.activity_type for each in found} == {"pack"}
    assert sum(each.status is ActivityExecutionStatus.TERMINATED for each in found) == 1
    assert len(limited) == 3


async def test_a_wrong_query_says_what_is_wrong(client):
    """A query that makes no sense is an error that names the culprit, when the list is read."""
    with pytest.raises(RPCError, match="NoSuch") as caught:
        _ = [each async for each in client.list_activities("NoSuch = 1")]

    assert caught.value.status is RPCStatusCode.INVALID_ARGUMENT


async def test_an_input_that_is_too_large_is_refused(client, task_queue):
    """More than the server takes is an error that says so, whether the server or the way there is at its limit."""
    with pytest.raises(RPCError, match="input exceeds length limit"):
        await client.start_activity(pack, Parcel("7" * (2 << 20), 1), task_queue=task_queue)
    with pytest.raises(RPCError, match="larger than max"):
        await client.start_activity(pack, Parcel("7" * (5 << 20), 1), task_queue=task_queue)
