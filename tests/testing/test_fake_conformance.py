"""FakeTemporal answers as the real server does: the same scenes are played with both, and must read the same.

With a FakeTemporal whose timeouts pass by hand, and with one in virtual time, in which they pass by themselves.
"""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from stage import ManualStage, Theatre, VirtualStage, failure, json

from asyncworker._proto.temporal.api.activity.v1 import ActivityOptions
from asyncworker._proto.temporal.api.common.v1 import ActivityType, RetryPolicy, WorkflowExecution
from asyncworker._proto.temporal.api.enums.v1.lazy import (
    ActivityIdConflictPolicy,
    ActivityIdReusePolicy,
    HistoryEventFilterType,
)
from asyncworker._proto.temporal.api.failure.v1 import CanceledFailureInfo, Failure
from asyncworker._proto.temporal.api.taskqueue.v1 import TaskQueue
from asyncworker._proto.temporal.wkt import Duration
from asyncworker._proto.temporal.wkt.lazy import FieldMask
from asyncworker.exceptions import TimeoutType
from asyncworker.testing import FakeTemporal

ALL_EVENT, CLOSE_EVENT = HistoryEventFilterType.ALL_EVENT, HistoryEventFilterType.CLOSE_EVENT
SCENES: list[Any] = []
# Those in which time passes, which it does not by hand.
TIMED_SCENES: list[Any] = []
# The last one is accepted without an attempt under way as well.
ANSWERS_BY_ID = (
    "RecordActivityTaskHeartbeatById",
    "RespondActivityTaskFailedById",
    "RespondActivityTaskCanceledById",
    "RespondActivityTaskCompletedById",
)


def scene(function):
    SCENES.append(function)
    return function


def timed_scene(function):
    TIMED_SCENES.append(function)
    return function


# Standalone activities


@scene
async def completed(stage):
    await stage.start(input=json('"in"'), identity="x" * 1000)
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, namespace="")
    await stage.describe()
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, result=json('"out"'))
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()
    await stage.say("PollActivityExecution", activity_id=stage.activity_id)


@scene
async def failed_and_retried(stage):
    await stage.start()
    first = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=first.task_token, details=json("1"))
    await stage.say(
        "RespondActivityTaskFailed",
        task_token=first.task_token,
        failure=failure(),
        last_heartbeat_details=json("2"),
    )
    await stage.say("RecordActivityTaskHeartbeat", task_token=first.task_token)
    second = await stage.poll()
    await stage.say("RespondActivityTaskCompleted", task_token=first.task_token)
    await stage.say("RespondActivityTaskFailed", task_token=second.task_token, failure=failure(non_retryable=True))
    await stage.describe()


@scene
async def attempts_used_up(stage):
    await stage.start(retry_policy=RetryPolicy(maximum_attempts=1))
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()


@scene
async def type_not_retried(stage):
    await stage.start(retry_policy=RetryPolicy(non_retryable_error_types=["Trouble"]))
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()


@scene
async def failures_the_server_refuses(stage):
    await stage.start()
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=Failure(message="bare"))
    cancelled = Failure(message="no", canceled_failure_info=CanceledFailureInfo())
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=cancelled)
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token)
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token)
    await stage.describe()


@scene
async def cancelled(stage):
    await stage.start()
    task = await stage.poll()
    await stage.about("RequestCancelActivityExecution", request_id="r", reason="why", identity="me")
    await stage.about("RequestCancelActivityExecution", request_id="r", reason="why", identity="me")
    await stage.about("RequestCancelActivityExecution", request_id="other")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token, details=json("3"), identity="worker")
    await stage.describe()


@scene
async def cancelled_before_it_started(stage):
    await stage.start()
    await stage.about("RequestCancelActivityExecution", request_id="r", reason="why", identity="me")
    await stage.describe()


@scene
async def failed_after_a_cancel_request(stage):
    await stage.start()
    task = await stage.poll()
    await stage.about("RequestCancelActivityExecution", request_id="r")
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()


@scene
async def paused(stage):
    await stage.start()
    task = await stage.poll()
    await stage.about("PauseActivityExecution", request_id="p1")
    await stage.about("PauseActivityExecution", request_id="p2")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()
    await stage.about("UnpauseActivityExecution")
    await stage.about("UnpauseActivityExecution")
    task = await stage.poll()
    await stage.about("PauseActivityExecution", request_id="p3")
    await stage.about("RequestCancelActivityExecution", request_id="r")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.describe()


@scene
async def paused_before_it_started(stage):
    await stage.start()
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.describe()
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=3.0)
    await stage.about("RequestCancelActivityExecution", request_id="r", reason="x")
    await stage.describe()


@scene
async def reset(stage):
    await stage.start()
    first = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=first.task_token, failure=failure())
    second = await stage.poll()
    await stage.about("ResetActivityExecution")
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.say("RecordActivityTaskHeartbeat", task_token=second.task_token, details=json("5"))
    await stage.describe()
    await stage.say("RespondActivityTaskFailed", task_token=second.task_token, failure=failure())
    await stage.poll()


@scene
async def terminated(stage):
    await stage.start()
    task = await stage.poll()
    await stage.about("TerminateActivityExecution", request_id="t", reason="enough", identity="me")
    await stage.about("TerminateActivityExecution", request_id="t")
    await stage.about("TerminateActivityExecution", request_id="u")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()


@scene
async def after_its_end(stage):
    await stage.start(retry_policy=RetryPolicy(maximum_attempts=1))
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.about("RequestCancelActivityExecution", request_id="r")
    await stage.about("TerminateActivityExecution", request_id="t")
    await stage.about("PauseActivityExecution")
    await stage.about("UnpauseActivityExecution")
    await stage.about("ResetActivityExecution")
    for verb in ANSWERS_BY_ID:
        await stage.about(verb)
    await stage.about("DeleteActivityExecution")


@scene
async def never_existed(stage):
    for verb in (
        "DescribeActivityExecution",
        "PollActivityExecution",
        "RequestCancelActivityExecution",
        "TerminateActivityExecution",
        "PauseActivityExecution",
        "UnpauseActivityExecution",
        "ResetActivityExecution",
        "DeleteActivityExecution",
        *ANSWERS_BY_ID,
    ):
        await stage.about(verb)
    await stage.about("RecordActivityTaskHeartbeatById", workflow_id="no-such-workflow")
    await stage.about("DescribeActivityExecution", run_id="no uuid")


@scene
async def answered_by_id(stage):
    await stage.start()
    await stage.poll()
    await stage.about("RecordActivityTaskHeartbeatById", details=json("1"))
    await stage.about("RequestCancelActivityExecution", request_id="r")
    await stage.about("RecordActivityTaskHeartbeatById")
    await stage.about("RespondActivityTaskCanceledById", details=json("2"))
    await stage.describe()


async def answer_by_id_without_an_attempt(stage):
    for verb in ANSWERS_BY_ID:
        await stage.about(verb)
        await stage.describe()
    await stage.about("RespondActivityTaskCompletedById")


@scene
async def answered_by_id_before_its_first_attempt(stage):
    await stage.start()
    await answer_by_id_without_an_attempt(stage)


@scene
async def answered_by_id_between_two_attempts(stage):
    await stage.start(retry_policy=RetryPolicy(initial_interval=Duration(seconds=60)))
    task = await stage.poll()
    # What a backoff shows differs where none passes.
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await answer_by_id_without_an_attempt(stage)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@scene
async def heartbeat_timeout(stage):
    # A heartbeat is recorded before it times out, on a busy machine too.
    await stage.start(heartbeat_timeout=Duration(seconds=5), retry_policy=RetryPolicy(maximum_attempts=1))
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.time_out(TimeoutType.HEARTBEAT, 5)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()


@scene
async def start_to_close_timeout_retried(stage):
    await stage.start(
        start_to_close_timeout=Duration(seconds=5),
        retry_policy=RetryPolicy(initial_interval=Duration(nanos=1_000_000), maximum_attempts=2),
    )
    task = await stage.poll()
    await stage.time_out(TimeoutType.START_TO_CLOSE, 5)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.poll()


@scene
async def schedule_to_close_timeout(stage):
    # It runs from the start, not from the poll: on a busy machine a second passes between the two.
    await stage.start(schedule_to_close_timeout=Duration(seconds=6), start_to_close_timeout=None)
    await stage.poll()
    await stage.time_out(TimeoutType.SCHEDULE_TO_CLOSE, 6)
    await stage.describe()


@scene
async def the_same_id(stage):
    use_existing = ActivityIdConflictPolicy.USE_EXISTING
    await stage.start(request_id="r1")
    await stage.start(request_id="r1")
    await stage.start(request_id="r2")
    await stage.start(request_id="r3", id_conflict_policy=use_existing)
    task = await stage.poll()
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.start(request_id="r4", id_reuse_policy=ActivityIdReusePolicy.REJECT_DUPLICATE)
    await stage.start(request_id="r5", id_reuse_policy=ActivityIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)
    await stage.start(request_id="r6", id_reuse_policy=ActivityIdReusePolicy.ALLOW_DUPLICATE)
    await stage.about("TerminateActivityExecution")
    await stage.start(request_id="r7", id_reuse_policy=ActivityIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY)


@scene
async def starts_the_server_refuses(stage):
    await stage.start(activity_id="")
    await stage.start(activity_id="x" * 1001)
    await stage.start(activity_type=None)
    await stage.start(activity_type=ActivityType())
    await stage.start(task_queue=None)
    await stage.start(start_to_close_timeout=None)
    await stage.start(namespace="nope")
    await stage.start(input=json(f'"{"x" * (2 << 20)}"'))


@scene
async def polls_the_server_refuses(stage):
    await stage.say("PollActivityTaskQueue", timeout=5.0)
    await stage.say("PollActivityTaskQueue", task_queue=TaskQueue(name="x" * 1001, kind=1), timeout=5.0)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, identity="x" * 1001, timeout=5.0)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, namespace="nope", timeout=5.0)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, namespace="", timeout=5.0)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=1.5)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=3.0)


@scene
async def tokens_the_server_refuses(stage):
    await stage.start()
    task = await stage.poll()
    for verb in ("RecordActivityTaskHeartbeat", "RespondActivityTaskCompleted", "RespondActivityTaskFailed"):
        await stage.say(verb, task_token=b"")
        await stage.say(verb, task_token=b"garbage")
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, namespace="nope")
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, namespace="temporal-system")


@scene
async def too_large(stage):
    large = json(f'"{"x" * (2 << 20)}"')
    await stage.start()
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=large)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("PollActivityExecution", activity_id=stage.activity_id)
    await stage.start()
    task = await stage.poll()
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, result=large)
    await stage.say("PollActivityExecution", activity_id=stage.activity_id)
    await stage.start()
    task = await stage.poll()
    message = json(f'"{"x" * (4 << 20)}"')
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, result=message)


@scene
async def options_updated(stage):
    await stage.start()
    new = ActivityOptions(heartbeat_timeout=Duration(seconds=7))
    mask = FieldMask(paths=["heartbeat_timeout"])
    await stage.about("UpdateActivityExecutionOptions")
    await stage.about("UpdateActivityExecutionOptions", activity_options=new)
    await stage.about("UpdateActivityExecutionOptions", activity_options=new, update_mask=FieldMask(paths=["bogus"]))
    await stage.about("UpdateActivityExecutionOptions", activity_options=new, update_mask=mask)
    await stage.poll()
    await stage.about("UpdateActivityExecutionOptions", restore_original=True)


@scene
async def waits_in_vain(stage):
    await stage.start()
    await stage.say("PollActivityExecution", activity_id=stage.activity_id, timeout=5.0)


@scene
async def namespaces(stage):
    await stage.say("DescribeNamespace", namespace="nope")
    await stage.say("DescribeNamespace", namespace="")


# Activities of a workflow


@scene
async def workflow_completed(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token, result=json("2"))
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.about("RespondActivityTaskCompletedById")


@scene
async def workflow_answered_by_id_between_two_attempts(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    for verb in ANSWERS_BY_ID:
        await stage.about(verb)
    await stage.describe_run()
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@scene
async def workflow_retried(stage):
    await stage.schedule(maximum_attempts=2)
    first = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=first.task_token, failure=Failure(message="bare"))
    await stage.say(
        "RespondActivityTaskFailed", task_token=first.task_token, failure=failure(), last_heartbeat_details=json("1")
    )
    await stage.say("RecordActivityTaskHeartbeat", task_token=first.task_token)
    second = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=second.task_token, failure=failure())
    await stage.say("RespondActivityTaskFailed", task_token=second.task_token, failure=failure())


@scene
async def workflow_cancelled(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.request_cancel()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token)
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token)


@scene
async def workflow_paused(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.about("UnpauseActivityExecution")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.about("PauseActivityExecution", request_id="q")
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@scene
async def workflow_reset_on_its_first_attempt(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.about("ResetActivityExecution")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.poll()


@scene
async def workflow_reset_on_its_second_attempt(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    task = await stage.poll()
    await stage.about("ResetActivityExecution")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@scene
async def workflow_terminated(stage):
    await stage.schedule()
    task = await stage.poll()
    await stage.terminate_workflow()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@scene
async def workflow_heartbeat_timeout(stage):
    await stage.schedule(heartbeat_timeout=5.0, maximum_attempts=2)
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.time_out(TimeoutType.HEARTBEAT, 5)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.poll()


# What a worker asks about silent activities


@scene
async def awaited_change_of_an_activity(stage):
    await stage.start()
    task = await stage.poll()
    token = await stage.wait_for_change(b"")
    token = await stage.wait_for_change(token, timeout=1.5)
    await stage.about("DescribeActivityExecution", long_poll_token=token)
    await stage.about("PauseActivityExecution", request_id="p")
    token = await stage.wait_for_change(token)
    await stage.about("UnpauseActivityExecution")
    token = await stage.wait_for_change(token)
    await stage.about("ResetActivityExecution")
    token = await stage.wait_for_change(token)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    token = await stage.wait_for_change(token)
    await stage.about("RequestCancelActivityExecution", request_id="r")
    token = await stage.wait_for_change(token)
    await stage.about("TerminateActivityExecution", request_id="t")
    await stage.wait_for_change(token)


@scene
async def awaited_change_of_a_run(stage):
    await stage.schedule()
    await stage.poll()
    token = await stage.wait_for_event(CLOSE_EVENT, page_size=1, timeout=0.5)
    await stage.describe_run()
    await stage.request_cancel()
    await stage.wait_for_event(ALL_EVENT, token=token, until="ACTIVITY_TASK_CANCEL_REQUESTED")
    await stage.describe_run()
    token = await stage.wait_for_event(CLOSE_EVENT, page_size=1, timeout=0.5)
    await stage.terminate_workflow()
    await stage.wait_for_event(ALL_EVENT, token=token, until="WORKFLOW_EXECUTION_TERMINATED")
    await stage.wait_for_event(CLOSE_EVENT, page_size=1, timeout=0.5)
    await stage.describe_run()


@scene
async def paused_in_a_run(stage):
    await stage.schedule()
    await stage.poll()
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.describe_run()
    await stage.about("UnpauseActivityExecution")
    await stage.describe_run()


@scene
async def run_that_never_existed(stage):
    execution = WorkflowExecution(workflow_id=f"no-{stage.unique}")
    await stage.say("DescribeWorkflowExecution", execution=execution)
    await stage.say("GetWorkflowExecutionHistory", execution=execution, wait_new_event=True)


# Time


FOUR_SECONDS, AN_HOUR = Duration(seconds=4), Duration(seconds=3600)
SOON = Duration(nanos=1_000_000)


@timed_scene
async def an_attempt_that_takes_too_long(stage):
    await stage.start(start_to_close_timeout=Duration(seconds=5), retry_policy=RetryPolicy(maximum_attempts=1))
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.wait_for_outcome()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()


@timed_scene
async def no_worker_in_time(stage):
    await stage.start(schedule_to_start_timeout=Duration(seconds=2))
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def no_worker_in_time_for_a_retry(stage):
    await stage.start(schedule_to_start_timeout=FOUR_SECONDS)
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def a_silent_attempt_is_retried_with_its_details(stage):
    await stage.start(heartbeat_timeout=Duration(seconds=5))
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("2"))
    await stage.describe()


@timed_scene
async def heartbeats_keep_an_attempt(stage):
    await stage.start(heartbeat_timeout=Duration(seconds=6), retry_policy=RetryPolicy(maximum_attempts=1))
    task = await stage.poll()
    for number in range(3):
        await stage.wait(2.5)
        await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json(str(number)))
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.describe()


@timed_scene
async def a_retry_comes_after_its_interval(stage):
    await stage.start(retry_policy=RetryPolicy(initial_interval=Duration(seconds=8)))
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=3.0)
    await stage.poll()


@timed_scene
async def an_interval_grows_to_its_maximum(stage):
    policy = RetryPolicy(
        initial_interval=Duration(seconds=1), backoff_coefficient=100.0, maximum_interval=Duration(seconds=2)
    )
    await stage.start(retry_policy=policy)
    for _ in range(3):
        task = await stage.poll()
        await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()


@timed_scene
async def a_failure_with_an_interval_of_its_own(stage):
    await stage.start()
    task = await stage.poll()
    delayed = failure(next_retry_delay=Duration(seconds=8))
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=delayed)
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=3.0)
    await stage.poll()


@timed_scene
async def no_time_is_left_for_a_retry(stage):
    policy = RetryPolicy(initial_interval=AN_HOUR)
    await stage.start(schedule_to_close_timeout=Duration(seconds=100), retry_policy=policy)
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.describe()


@timed_scene
async def no_time_is_left_for_a_retry_of_what_timed_out(stage):
    await stage.start(
        start_to_close_timeout=Duration(seconds=2),
        schedule_to_close_timeout=Duration(seconds=100),
        retry_policy=RetryPolicy(initial_interval=AN_HOUR),
    )
    await stage.poll()
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def no_time_is_left_for_a_retry_of_what_was_silent(stage):
    await stage.start(
        heartbeat_timeout=Duration(seconds=5),
        schedule_to_close_timeout=Duration(seconds=100),
        retry_policy=RetryPolicy(initial_interval=AN_HOUR),
    )
    task = await stage.poll()
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def no_time_is_left_for_a_second_retry(stage):
    await stage.start(
        start_to_close_timeout=Duration(seconds=2),
        schedule_to_close_timeout=Duration(seconds=100),
        retry_policy=RetryPolicy(initial_interval=Duration(seconds=1), backoff_coefficient=1000.0),
    )
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.poll()
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def silence_after_a_failure(stage):
    await stage.start(
        heartbeat_timeout=Duration(seconds=5), retry_policy=RetryPolicy(initial_interval=SOON, maximum_attempts=2)
    )
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.poll()
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def a_timeout_after_a_failure_is_retried(stage):
    policy = RetryPolicy(initial_interval=SOON, backoff_coefficient=1.0, maximum_attempts=3)
    await stage.start(start_to_close_timeout=Duration(seconds=2), retry_policy=policy)
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.poll()
    await stage.poll()
    await stage.describe()


@timed_scene
async def time_is_up_between_two_attempts(stage):
    policy = RetryPolicy(initial_interval=Duration(seconds=3), backoff_coefficient=1.0)
    await stage.start(schedule_to_close_timeout=Duration(seconds=7), retry_policy=policy)
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def time_is_up_while_paused(stage):
    await stage.start(schedule_to_close_timeout=Duration(seconds=5))
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.wait_for_outcome()
    await stage.describe()


@timed_scene
async def a_pause_outlasts_the_wait_for_a_worker(stage):
    await stage.start(schedule_to_start_timeout=Duration(seconds=5))
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.time_out(TimeoutType.SCHEDULE_TO_START, 5)
    await stage.describe()
    await stage.about("UnpauseActivityExecution")
    await stage.poll()


@timed_scene
async def a_pause_that_was_not_heeded_in_time(stage):
    await stage.start(start_to_close_timeout=Duration(seconds=5))
    task = await stage.poll()
    await stage.about("PauseActivityExecution", request_id="p")
    await stage.wait_for_run_state("PAUSED")
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token)
    await stage.describe()


@timed_scene
async def a_cancellation_that_was_not_heeded_in_time(stage):
    await stage.start(start_to_close_timeout=Duration(seconds=5))
    task = await stage.poll()
    await stage.about("RequestCancelActivityExecution", request_id="r")
    await stage.wait_for_outcome()
    await stage.say("RespondActivityTaskCanceled", task_token=task.task_token)
    await stage.describe()


@timed_scene
async def a_reset_that_was_not_heeded_in_time(stage):
    await stage.start(
        start_to_close_timeout=Duration(seconds=5), retry_policy=RetryPolicy(initial_interval=SOON, maximum_attempts=3)
    )
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await stage.poll()
    await stage.about("ResetActivityExecution")
    await stage.poll()


@timed_scene
async def begun_later(stage):
    await stage.start(start_delay=Duration(seconds=6))
    await stage.say("PollActivityTaskQueue", task_queue=stage.queue, timeout=3.0)
    await stage.describe()
    await stage.poll()
    await stage.describe()


@timed_scene
async def time_is_up_for_what_begins_later(stage):
    await stage.start(start_delay=Duration(seconds=5), schedule_to_close_timeout=Duration(seconds=8))
    task = await stage.poll()
    await stage.wait(5)
    await stage.say("RecordActivityTaskHeartbeat", task_token=task.task_token, details=json("1"))
    await stage.wait_for_outcome()


@timed_scene
async def answered_by_id_before_it_begins(stage):
    await stage.start(start_delay=Duration(seconds=60))
    await answer_by_id_without_an_attempt(stage)


@timed_scene
async def answered_by_id_while_it_backs_off(stage):
    await stage.start(retry_policy=RetryPolicy(initial_interval=Duration(seconds=60)))
    task = await stage.poll()
    await stage.say("RespondActivityTaskFailed", task_token=task.task_token, failure=failure())
    await answer_by_id_without_an_attempt(stage)
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)


@timed_scene
async def cancelled_before_it_begins(stage):
    await stage.start(start_delay=Duration(seconds=60))
    await stage.about("RequestCancelActivityExecution", request_id="r", reason="x")
    await stage.describe()


@timed_scene
async def workflow_an_attempt_that_takes_too_long(stage):
    await stage.schedule(start_to_close_timeout=2.0, maximum_attempts=2)
    task = await stage.poll()
    await stage.poll()
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.wait_for_event(ALL_EVENT, until="ACTIVITY_TASK_TIMED_OUT")
    await stage.describe_run()


@timed_scene
async def workflow_no_worker_in_time(stage):
    await stage.schedule(schedule_to_start_timeout=2.0)
    await stage.wait_for_event(ALL_EVENT, until="ACTIVITY_TASK_TIMED_OUT")
    await stage.describe_run()


@timed_scene
async def workflow_time_is_up(stage):
    await stage.schedule(schedule_to_close_timeout=6.0)
    task = await stage.poll()
    await stage.wait_for_event(ALL_EVENT, until="ACTIVITY_TASK_TIMED_OUT")
    await stage.say("RespondActivityTaskCompleted", task_token=task.task_token)
    await stage.describe_run()


@pytest.fixture(scope="module")
async def theatre(dev_server):
    async with Theatre(dev_server.target) as theatre:
        yield theatre


@pytest.fixture(scope="module")
async def transcripts(theatre):
    """What was said in each scene, with the fakes and with the real server, which is the last."""
    said = {play: [] for play in [*SCENES, *TIMED_SCENES]}

    async def perform(play, stages, limiter):
        async with limiter, anyio.create_task_group() as all_of_them:
            for stage in stages:
                all_of_them.start_soon(play, stage)
        said[play] += [stage.transcript for stage in stages]

    async def perform_in_virtual_time():
        limiter = anyio.CapacityLimiter(1000)
        async with FakeTemporal(time="virtual") as temporal, anyio.create_task_group() as scenes:
            for play in said:
                scenes.start_soon(perform, play, [VirtualStage(temporal)], limiter)

    # On a loop of its own: with the real server's connections time could not jump.
    await anyio.to_thread.run_sync(anyio.run, perform_in_virtual_time)
    # A server that has more to do at a time is late, or refuses a call as it is busy.
    limiter = anyio.CapacityLimiter(20)
    async with FakeTemporal() as temporal, anyio.create_task_group() as scenes:
        # The longest first.
        for play in reversed(said):
            manual = [ManualStage(temporal)] if play in SCENES else []
            scenes.start_soon(perform, play, [*manual, theatre.stage()], limiter)
    return said


@pytest.mark.server
@pytest.mark.parametrize("play", [*SCENES, *TIMED_SCENES], ids=lambda play: play.__name__)
async def test_a_scene_reads_the_same_on_both_servers(play, transcripts, theatre):
    """A scene reads the same, whichever of the two servers it is played with, and however time passes."""
    *fakes, real = transcripts[play]
    if fakes != [real] * len(fakes):
        # On a busy machine a timeout passes before the next step: once more, by itself.
        stage = theatre.stage()
        await play(stage)
        real = stage.transcript

    assert fakes == [real] * len(fakes)
