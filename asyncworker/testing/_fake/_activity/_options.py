"""The options of an activity as the server keeps them: it fills in those that a start left open."""

from __future__ import annotations

from ...._proto.temporal.api.activity.v1 import ActivityOptions
from ...._proto.temporal.api.common.v1 import RetryPolicy
from ...._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from ...._proto.temporal.wkt import Duration
from ...._time import to_duration
from ....client.activities._options import DESCRIBED

#: The options that the fake keeps, besides the task queue. A delay of the start passes with its clock only.
KEPT = tuple(name for name in DESCRIBED if name != "start_delay")


def normalize(request: StartActivityExecutionRequest) -> ActivityOptions:
    """Return a start's options with defaults and limits applied, as the server does."""
    policy = request.retry_policy or RetryPolicy()
    initial = seconds(policy.initial_interval) or 1.0
    schedule_to_close = seconds(request.schedule_to_close_timeout)
    start_to_close = shorter(seconds(request.start_to_close_timeout), schedule_to_close)
    heartbeat = seconds(request.heartbeat_timeout)
    return ActivityOptions(
        task_queue=request.task_queue,
        schedule_to_close_timeout=to_duration(schedule_to_close),
        schedule_to_start_timeout=to_duration(shorter(seconds(request.schedule_to_start_timeout), schedule_to_close)),
        start_to_close_timeout=to_duration(start_to_close),
        heartbeat_timeout=to_duration(shorter(heartbeat, start_to_close) if heartbeat else 0),
        retry_policy=RetryPolicy(
            initial_interval=to_duration(initial),
            backoff_coefficient=policy.backoff_coefficient or 2.0,
            maximum_interval=policy.maximum_interval or to_duration(100 * initial),
            maximum_attempts=policy.maximum_attempts,
            non_retryable_error_types=list(policy.non_retryable_error_types),
        ),
        priority=request.priority,
    )


def seconds(duration: Duration | None) -> float:
    return 0.0 if duration is None else duration.seconds + duration.nanos / 1e9


def shorter(timeout: float, other: float) -> float:
    """Return the shorter of two timeouts, where zero is none."""
    return min(timeout or other, other or timeout)
