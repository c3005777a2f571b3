"""Descriptions of an activity, entries of lists, and the values that lists are filtered by."""

from __future__ import annotations

from collections.abc import Iterable

from ...._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityExecutionListInfo
from ...._proto.temporal.api.common.v1.lazy import SearchAttributes
from ...._proto.temporal.api.enums.v1.lazy import ActivityExecutionStatus, PendingActivityState
from ...._proto.temporal.api.workflowservice.v1 import lazy as messages
from ...._proto.temporal.wkt import Duration, Timestamp
from .._payloads import to_payload
from ._activity import Activity
from ._options import KEPT
from ._state import State

_STATUS = {
    State.COMPLETED: ActivityExecutionStatus.COMPLETED,
    State.FAILED: ActivityExecutionStatus.FAILED,
    State.CANCELED: ActivityExecutionStatus.CANCELED,
    State.TERMINATED: ActivityExecutionStatus.TERMINATED,
    State.TIMED_OUT: ActivityExecutionStatus.TIMED_OUT,
    State.PAUSED: ActivityExecutionStatus.PAUSED,
}
_RUN_STATE = {
    State.SCHEDULED: PendingActivityState.SCHEDULED,
    State.STARTED: PendingActivityState.STARTED,
    State.RESET_REQUESTED: PendingActivityState.STARTED,
    State.CANCEL_REQUESTED: PendingActivityState.CANCEL_REQUESTED,
    State.PAUSE_REQUESTED: PendingActivityState.PAUSE_REQUESTED,
    State.PAUSED: PendingActivityState.PAUSED,
}


def _status(activity: Activity) -> ActivityExecutionStatus:
    return _STATUS.get(activity.state, ActivityExecutionStatus.RUNNING)


def run_state(activity: Activity) -> PendingActivityState:
    """Return the state of an activity that has not closed."""
    return _RUN_STATE.get(activity.state, PendingActivityState.UNSPECIFIED)


def version(activity: Activity) -> bytes:
    """Return what differs between a description and an earlier one."""
    return f"{activity.state.value}|{activity.stamp}|{len(activity.heartbeats)}".encode()


def info(activity: Activity, *, include_heartbeat_details: bool, include_last_failure: bool) -> ActivityExecutionInfo:
    request = activity.request
    return ActivityExecutionInfo(
        activity_id=activity.id,
        run_id=activity.run_id,
        activity_type=request.activity_type,
        status=_status(activity),
        run_state=run_state(activity),
        task_queue=activity.task_queue,
        **{name: getattr(activity.options, name) for name in KEPT},
        start_delay=request.start_delay,
        heartbeat_details=activity.heartbeat_details if include_heartbeat_details else None,
        last_failure=activity.last_failure if include_last_failure else None,
        last_heartbeat_time=activity.heartbeat_at,
        last_started_time=activity.started_at,
        last_attempt_complete_time=activity.attempt_ended_at,
        next_attempt_schedule_time=activity.attempt_scheduled_at if activity.is_backing_off else None,
        expiration_time=_expiration(activity),
        last_worker_identity=activity.worker_identity,
        attempt=activity.attempt,
        schedule_time=activity.scheduled_at,
        execution_time=activity.begins_at,
        close_time=activity.closed_at,
        canceled_reason=activity.cancel_reason,
        total_heartbeat_count=len(activity.heartbeats),
        state_transition_count=activity.state_transition_count,
        header=request.header,
        user_metadata=request.user_metadata,
        search_attributes=request.search_attributes or SearchAttributes(),
    )


def _expiration(activity: Activity) -> Timestamp | None:
    timeout = activity.options.schedule_to_close_timeout
    if timeout is None or timeout == Duration():
        return None
    seconds, nanos = divmod(activity.begins_at.nanos + timeout.nanos, 1_000_000_000)
    return Timestamp(seconds=activity.begins_at.seconds + timeout.seconds + seconds, nanos=nanos)


def list_info(activity: Activity) -> ActivityExecutionListInfo:
    return ActivityExecutionListInfo(
        activity_id=activity.id,
        run_id=activity.run_id,
        activity_type=activity.request.activity_type,
        status=_status(activity),
        task_queue=activity.task_queue,
        schedule_time=activity.scheduled_at,
        execution_time=activity.begins_at,
        close_time=activity.closed_at,
        search_attributes=activity.request.search_attributes or SearchAttributes(),
    )


def searchable(activity: Activity) -> dict[str, str]:
    assert activity.request.activity_type is not None
    return {
        "ActivityId": activity.id,
        "WorkflowId": activity.id,
        "ActivityType": activity.request.activity_type.name,
        "TaskQueue": activity.task_queue,
        "ExecutionStatus": _status_name(activity),
    }


def _status_name(activity: Activity) -> str:
    return "".join(word.capitalize() for word in (_status(activity).name or "").split("_"))


def groups(activities: Iterable[Activity]) -> list[messages.CountActivityExecutionsResponseAggregationGroup]:
    counts: dict[str, int] = {}
    for activity in activities:
        counts[_status_name(activity)] = counts.get(_status_name(activity), 0) + 1
    return [
        messages.CountActivityExecutionsResponseAggregationGroup(group_values=[to_payload(name)], count=count)
        for name, count in sorted(counts.items())
    ]
