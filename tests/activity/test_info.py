from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from asyncworker import Priority, RetryPolicy
from asyncworker._proto.temporal.api.common.v1 import ActivityType, WorkflowExecution, WorkflowType
from asyncworker._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from asyncworker._proto.temporal.wkt import Duration, Timestamp
from asyncworker._time import to_duration, to_timestamp
from asyncworker.activity import Info
from asyncworker.activity._info import info_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLICY = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(seconds=9), maximum_attempts=4)

TASK = PollActivityTaskQueueResponse(
    task_token=b"token",
    workflow_namespace="default",
    workflow_type=WorkflowType(name="Shop"),
    workflow_execution=WorkflowExecution(workflow_id="w7", run_id="r7"),
    activity_type=ActivityType(name="pack"),
    activity_id="a7",
    scheduled_time=to_timestamp(NOON),
    current_attempt_scheduled_time=to_timestamp(NOON + timedelta(seconds=1)),
    started_time=to_timestamp(NOON + timedelta(seconds=2)),
    attempt=3,
    schedule_to_close_timeout=to_duration(100),
    start_to_close_timeout=to_duration(60),
    heartbeat_timeout=to_duration(10),
    retry_policy=POLICY._to_proto(),
    priority=Priority(priority_key=2, fairness_key="blue", fairness_weight=1.5)._to_proto(),
)


def test_says_what_the_task_says():
    """Each field of the task is where its name says."""
    assert info_of(TASK, "orders", (1,)) == Info(
        activity_id="a7",
        activity_type="pack",
        attempt=3,
        namespace="default",
        task_queue="orders",
        task_token=b"token",
        scheduled_time=NOON,
        current_attempt_scheduled_time=NOON + timedelta(seconds=1),
        started_time=NOON + timedelta(seconds=2),
        schedule_to_close_timeout=timedelta(seconds=100),
        start_to_close_timeout=timedelta(seconds=60),
        heartbeat_timeout=timedelta(seconds=10),
        retry_policy=POLICY,
        priority=Priority(priority_key=2, fairness_key="blue", fairness_weight=1.5),
        workflow_id="w7",
        workflow_run_id="r7",
        workflow_type="Shop",
        heartbeat_details=(1,),
    )


def test_every_field_is_filled():
    """None is forgotten where a task is read, whatever the task has."""
    info = info_of(PollActivityTaskQueueResponse(), "orders")

    assert [field.name for field in fields(Info) if not hasattr(info, field.name)] == []


def test_of_a_standalone_activity_has_no_workflow():
    """The server sends an execution without an id, which is none."""
    info = info_of(
        PollActivityTaskQueueResponse(
            activity_type=ActivityType(name="pack"), workflow_execution=WorkflowExecution(), activity_run_id="run"
        ),
        "orders",
    )

    assert not info.in_workflow
    assert (info.workflow_id, info.workflow_type, info.workflow_namespace) == (None, None, None)
    assert info.activity_run_id == "run"
    assert info.start_to_close_timeout is None


def test_knows_its_deadline():
    """The server gives the attempt up at the first of its timeouts, by its own clock."""
    assert info_of(TASK, "orders").deadline == NOON + timedelta(seconds=62)


def test_of_a_later_attempt_estimates_its_deadline():
    """It counts from the schedule, unless a delay of the start is the only way to such an attempt."""
    scheduled = {"scheduled_time": to_timestamp(NOON), "start_to_close_timeout": None, "attempt": 2}
    early, late = (
        replace(TASK, **scheduled, current_attempt_scheduled_time=to_timestamp(NOON + timedelta(seconds=seconds)))
        for seconds in (90, 110)
    )

    assert info_of(early, "orders").deadline == NOON + timedelta(seconds=100)
    assert info_of(late, "orders").deadline == NOON + timedelta(seconds=210)


def test_has_no_deadline_beyond_the_years_that_python_knows():
    """Ten thousand years, which a Duration can say, are never; the nearer end counts as ever."""
    for_ever = to_duration(timedelta(days=3_652_000))
    far, near = replace(TASK, start_to_close_timeout=for_ever), replace(TASK, schedule_to_close_timeout=for_ever)

    assert info_of(replace(far, schedule_to_close_timeout=for_ever), "orders").deadline is None
    assert info_of(far, "orders").deadline == NOON + timedelta(seconds=100)
    assert info_of(near, "orders").deadline == NOON + timedelta(seconds=62)


def test_of_times_that_python_cannot_say_says_the_nearest():
    """A task is not lost for its date."""
    info = info_of(
        PollActivityTaskQueueResponse(
            scheduled_time=Timestamp(seconds=1 << 62),
            started_time=Timestamp(seconds=-(1 << 62)),
            heartbeat_timeout=Duration(seconds=1 << 62),
            start_to_close_timeout=Duration(seconds=-(1 << 62)),
        ),
        "orders",
    )

    assert info.scheduled_time == datetime.max.replace(tzinfo=UTC)
    assert info.started_time == datetime.min.replace(tzinfo=UTC)
    assert info.heartbeat_timeout == timedelta.max
    assert info.start_to_close_timeout == timedelta.min


def test_does_not_change():
    """What the server said is not the activity's to change."""
    with pytest.raises(FrozenInstanceError):
        info_of(TASK, "orders").attempt = 1
