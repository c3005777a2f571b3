from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from far_end import refusal
from pydantic import BaseModel

from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityExecutionOutcome, ActivityOptions
from asyncworker._proto.temporal.api.common.v1 import (
    ActivityType,
    Payload,
    Payloads,
    Priority as PriorityMessage,
    RetryPolicy as RetryPolicyMessage,
)
from asyncworker._proto.temporal.api.deployment.v1 import WorkerDeploymentVersion as VersionMessage
from asyncworker._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure
from asyncworker._proto.temporal.api.sdk.v1 import UserMetadata
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.api.workflowservice.v1 import (
    DescribeActivityExecutionResponse,
    UpdateActivityExecutionOptionsResponse,
)
from asyncworker._proto.temporal.wkt import Duration, Timestamp
from asyncworker.client import ActivityExecutionStatus, PendingActivityState
from asyncworker.common import Priority, RetryPolicy, WorkerDeploymentVersion
from asyncworker.exceptions import ApplicationError, ConverterError, RPCError, RPCStatusCode

RUNNING, COMPLETED = 1, 2


class Progress(BaseModel):
    done: int


def payload(data: bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=data)


def described(status: int = RUNNING, *, beats: int = 0, detail: bytes | None = None, token: bytes = b"t", **info: Any):
    details = None if detail is None else Payloads(payloads=[payload(detail)])
    return DescribeActivityExecutionResponse(
        run_id="r1",
        long_poll_token=token,
        info=ActivityExecutionInfo(
            activity_id="a1",
            run_id="r1",
            status=status,
            total_heartbeat_count=beats,
            heartbeat_details=details,
            **info,
        ),
    )


NOTHING_YET = DescribeActivityExecutionResponse()


@pytest.fixture
def handle(client):
    return client.get_activity_handle("a1", run_id="r1")


# Describing


async def test_a_description_says_what_the_server_says(far_end, handle):
    """Every field of the answer is there, in Python's terms."""
    far_end.answer(
        "DescribeActivityExecution",
        described(
            beats=4,
            detail=b'{"done":3}',
            activity_type=ActivityType(name="pack"),
            run_state=PendingActivityState.PAUSE_REQUESTED,
            task_queue="depot",
            attempt=2,
            schedule_to_close_timeout=Duration(seconds=60),
            schedule_to_start_timeout=Duration(),
            start_to_close_timeout=Duration(seconds=5),
            heartbeat_timeout=Duration(nanos=500_000_000),
            start_delay=Duration(seconds=1),
            retry_policy=RetryPolicyMessage(backoff_coefficient=2, maximum_attempts=3),
            priority=PriorityMessage(priority_key=2),
            schedule_time=Timestamp(seconds=1),
            last_started_time=Timestamp(seconds=2, nanos=1000),
            current_retry_interval=Duration(seconds=4),
            last_worker_identity="worker",
            last_deployment_version=VersionMessage(deployment_name="d", build_id="b"),
            canceled_reason="enough",
            user_metadata=UserMetadata(summary=payload(b'"Packing"'), details=payload(b'"All"')),
            last_failure=Failure(message="broken", application_failure_info=ApplicationFailureInfo()),
        ),
    )

    found = await handle.describe()

    assert (found.namespace, found.activity_id, found.activity_run_id) == ("space", "a1", "r1")
    assert (found.activity_type, found.task_queue, found.attempt) == ("pack", "depot", 2)
    assert found.status is ActivityExecutionStatus.RUNNING
    assert found.run_state is PendingActivityState.PAUSE_REQUESTED
    assert found.schedule_to_close_timeout == timedelta(seconds=60)
    assert found.schedule_to_start_timeout is None
    assert found.start_to_close_timeout == timedelta(seconds=5)
    assert found.heartbeat_timeout == timedelta(seconds=0.5)
    assert found.start_delay == timedelta(seconds=1)
    assert found.retry_policy == RetryPolicy(initial_interval=timedelta(0), maximum_attempts=3)
    assert found.priority == Priority(priority_key=2)
    assert found.schedule_time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert found.last_started_time == datetime(1970, 1, 1, 0, 0, 2, 1, tzinfo=UTC)
    assert found.close_time is None
    assert found.current_retry_interval == timedelta(seconds=4)
    assert found.last_worker_identity == "worker"
    assert found.last_deployment_version == WorkerDeploymentVersion("d", "b")
    assert found.canceled_reason == "enough"
    assert (found.summary, found.details) == ("Packing", "All")
    assert found.total_heartbeat_count == 4
    assert found.heartbeat_details(Progress) == Progress(done=3)
    assert found.heartbeat_details() == {"done": 3}
    assert isinstance(found.last_failure, ApplicationError)
    assert not found.status.is_closed


async def test_a_description_asks_for_what_it_is_told_to(far_end, handle):
    """Heartbeat details and the last failure come unless they are not wanted, input and outcome if they are."""
    far_end.answer("DescribeActivityExecution", described())

    await handle.describe()
    await handle.describe(
        include_input=True, include_outcome=True, include_heartbeat_details=False, include_last_failure=False
    )

    first, second = far_end.asked("DescribeActivityExecution")
    assert (first.activity_id, first.run_id, first.long_poll_token) == ("a1", "r1", b"")
    assert (first.include_input, first.include_outcome) == (False, False)
    assert (first.include_heartbeat_details, first.include_last_failure) == (True, True)
    assert (second.include_input, second.include_outcome) == (True, True)
    assert (second.include_heartbeat_details, second.include_last_failure) == (False, False)


async def test_input_and_result_get_their_types(far_end, handle):
    """What a description holds is converted when it is asked for, as what it is asked for."""
    answer = described(COMPLETED)
    answer.input = Payloads(payloads=[payload(b'{"done":1}'), payload(b'"x"')])
    answer.outcome = ActivityExecutionOutcome(result=Payloads(payloads=[payload(b'{"done":9}')]))
    far_end.answer("DescribeActivityExecution", answer)

    found = await handle.describe(include_input=True, include_outcome=True)

    assert found.input(Progress) == [Progress(done=1), "x"]
    assert found.input() == [{"done": 1}, "x"]
    assert found.has_result()
    assert found.result(Progress) == Progress(done=9)
    with pytest.raises(ConverterError, match="int"):
        found.result(int)


async def test_a_failure_is_no_result(far_end, handle):
    """An activity that failed has a failure to show and no result."""
    answer = described(3)
    failure = Failure(message="broken", application_failure_info=ApplicationFailureInfo())
    answer.outcome = ActivityExecutionOutcome(failure=failure)
    far_end.answer("DescribeActivityExecution", answer)

    found = await handle.describe(include_outcome=True)

    assert str(found.failure) == "broken"
    assert not found.has_result()
    with pytest.raises(LookupError, match="has no result"):
        found.result()


async def test_what_was_not_asked_for_is_missing_by_name(far_end, handle):
    """A value that is not there says why, or gives way to a default."""
    far_end.answer("DescribeActivityExecution", described())

    found = await handle.describe()

    assert found.heartbeat_details(int, default=None) is None
    assert not found.has_heartbeat_details()
    with pytest.raises(LookupError, match="'a1' has no heartbeat detail number 0"):
        found.heartbeat_details(int)
    with pytest.raises(LookupError, match=r"describe\(include_input=True\)"):
        found.input()
    with pytest.raises(LookupError, match="outcome was not fetched"):
        found.result()


async def test_a_status_that_is_new_to_us_is_unspecified(far_end, handle):
    """A newer server may know statuses that this program does not."""
    far_end.answer("DescribeActivityExecution", described(99))

    assert (await handle.describe()).status is ActivityExecutionStatus.UNSPECIFIED


async def test_waiting_for_a_change_goes_on_until_there_is_one(far_end, handle):
    """A long poll that ends empty is asked again with the same token, of the same run."""
    far_end.answer(
        "DescribeActivityExecution",
        described(token=b"t1"),
        NOTHING_YET,
        refusal(RPCStatusCode.DEADLINE_EXCEEDED),
        described(beats=1, token=b"t2"),
    )

    before = await handle.describe()
    after = await handle.describe(changed_since=before)

    asked = far_end.asked("DescribeActivityExecution")
    assert after.total_heartbeat_count == 1
    assert [each.long_poll_token for each in asked] == [b"", b"t1", b"t1", b"t1"]
    assert {each.run_id for each in asked} == {"r1"}


async def test_a_closed_activity_is_not_waited_for(far_end, handle):
    """What has ended does not change: its description comes at once."""
    far_end.answer("DescribeActivityExecution", described(COMPLETED))

    before = await handle.describe()
    await handle.describe(changed_since=before)

    assert [each.long_poll_token for each in far_end.asked("DescribeActivityExecution")] == [b"", b""]


# Progress


async def test_progress_is_what_heartbeats_say(far_end, handle):
    """Each heartbeat that is seen is a step, also one that says the same as the last; the end is the end."""
    far_end.answer(
        "DescribeActivityExecution",
        described(),
        described(beats=1, detail=b"1"),
        NOTHING_YET,
        # Something changed, but no heartbeat came.
        described(beats=1, detail=b"1", attempt=2),
        described(beats=2, detail=b"1"),
        described(COMPLETED, beats=3, detail=b"2"),
    )

    assert [step async for step in handle.progress(int)] == [1, 1, 2]


async def test_the_last_words_of_a_failed_attempt_are_progress(far_end, handle):
    """Details that came with a failure, and not with a heartbeat, are a step as well."""
    far_end.answer(
        "DescribeActivityExecution",
        described(beats=1, detail=b"1"),
        described(beats=1, detail=b"2"),
        described(COMPLETED, beats=1, detail=b"2"),
    )

    assert [step async for step in handle.progress(int)] == [1, 2]


async def test_progress_gets_its_type(far_end, handle):
    """Steps are what the caller says they are."""
    far_end.answer("DescribeActivityExecution", described(COMPLETED, beats=1, detail=b'{"done":3}'))

    assert [step async for step in handle.progress(Progress)] == [Progress(done=3)]


# Changing


@pytest.mark.parametrize(
    ("call", "method", "fields"),
    [
        (lambda h: h.cancel(reason="why"), "RequestCancelActivityExecution", {"reason": "why"}),
        (lambda h: h.terminate(reason="why"), "TerminateActivityExecution", {"reason": "why"}),
        (lambda h: h.pause(reason="why"), "PauseActivityExecution", {"reason": "why"}),
        (
            lambda h: h.unpause(reason="why", jitter=2),
            "UnpauseActivityExecution",
            {"reason": "why", "jitter": Duration(seconds=2)},
        ),
        (
            lambda h: h.reset(keep_paused=True, reset_heartbeat=True, restore_original_options=True, jitter=1),
            "ResetActivityExecution",
            {
                "keep_paused": True,
                "reset_heartbeat": True,
                "restore_original_options": True,
                "jitter": Duration(seconds=1),
            },
        ),
        (lambda h: h.restore_original_options(), "UpdateActivityExecutionOptions", {"restore_original": True}),
    ],
)
async def test_a_change_says_who_asks_for_what(far_end, handle, call, method, fields):
    """A change names activity and run, who asks, and has a request id by which a repetition is known."""
    await call(handle)

    (request,) = far_end.asked(method)
    assert (request.namespace, request.activity_id, request.run_id) == ("space", "a1", "r1")
    assert request.identity == "me"
    assert request.request_id
    assert {name: getattr(request, name) for name in fields} == fields


async def test_deleting_names_the_run(far_end, handle):
    """What is deleted is the run that the handle stands for."""
    await handle.delete()

    (request,) = far_end.asked("DeleteActivityExecution")
    assert (request.namespace, request.activity_id, request.run_id) == ("space", "a1", "r1")


async def test_asking_for_cancellation_again_is_no_error(far_end, handle):
    """A cancellation that was requested before is no error."""
    message = "cancellation already requested with request ID rq1"
    far_end.answer("RequestCancelActivityExecution", refusal(RPCStatusCode.FAILED_PRECONDITION, message))

    await handle.cancel()


async def test_a_closed_activity_cannot_be_cancelled(far_end, handle):
    """Other reasons against a cancellation are errors."""
    message = "activity is in terminal state Completed"
    far_end.answer("RequestCancelActivityExecution", refusal(RPCStatusCode.FAILED_PRECONDITION, message))

    with pytest.raises(RPCError, match="terminal state Completed"):
        await handle.cancel()


async def test_only_the_options_that_are_given_change(far_end, handle):
    """The update mask names what was given; None takes an option back."""
    far_end.answer(
        "UpdateActivityExecutionOptions",
        UpdateActivityExecutionOptionsResponse(
            activity_options=ActivityOptions(
                task_queue=TaskQueue(name="other"), start_to_close_timeout=Duration(seconds=9)
            )
        ),
    )

    options = await handle.update_options(
        task_queue="other",
        start_to_close_timeout=9,
        heartbeat_timeout=None,
        retry_policy=RetryPolicy(maximum_attempts=2),
        rpc_metadata={"tenant": "7"},
    )

    (request,) = far_end.asked("UpdateActivityExecutionOptions")
    assert request.update_mask.paths == [
        "task_queue.name",
        "start_to_close_timeout",
        "heartbeat_timeout",
        "retry_policy",
    ]
    assert request.activity_options.task_queue.name == "other"
    assert request.activity_options.start_to_close_timeout == Duration(seconds=9)
    assert request.activity_options.heartbeat_timeout is None
    assert request.activity_options.retry_policy.maximum_attempts == 2
    assert not request.restore_original
    assert ("tenant", "7") in far_end.metadata[0]
    assert (options.task_queue, options.start_to_close_timeout) == ("other", timedelta(seconds=9))
    assert options.heartbeat_timeout is None
    assert options.priority == Priority()


async def test_a_timeout_of_the_call_is_no_option_that_changes(far_end, handle):
    """``rpc_timeout`` is about the call, and stays out of the update mask."""
    await handle.update_options(task_queue="other", rpc_timeout=3)

    (request,) = far_end.asked("UpdateActivityExecutionOptions")
    assert request.update_mask.paths == ["task_queue.name"]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({}, TypeError, "needs something to change; it takes task_queue"),
        ({"summary": "new"}, TypeError, "does not take summary"),
        ({"heartbeat_timeout": -1}, ValueError, "heartbeat_timeout must be above zero"),
        ({"task_queue": ""}, ValueError, "task_queue must not be empty"),
    ],
)
async def test_a_senseless_change_is_not_sent(far_end, handle, changes, error, message):
    """What the server would refuse is refused here."""
    with pytest.raises(error, match=message):
        await handle.update_options(**changes)

    assert far_end.requests == []


async def test_a_negative_jitter_is_not_sent(far_end, handle):
    """There is no waiting for less than no time."""
    with pytest.raises(ValueError, match="jitter must not be negative"):
        await handle.unpause(jitter=-1)

    assert far_end.requests == []
