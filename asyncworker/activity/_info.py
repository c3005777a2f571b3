"""The description of an attempt that activity code can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from .._time import to_datetime, to_timedelta
from ..common import Priority, RetryPolicy

__all__ = ["Info", "info_of"]

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """The server's description of an attempt (``PollActivityTaskQueueResponse``).

    Names follow ``temporalio.activity.Info``. Times are the server's, aware and in UTC; a timeout that is not set is
    ``None``. The workflow's fields are ``None`` for a standalone activity.

    Attributes:
        activity_id: The activity's id.
        activity_type: Its type, which is the name that it is registered under.
        attempt: The number of the attempt; the first is 1.
        namespace: The namespace it is in.
        task_queue: The task queue that its task was polled from.
        task_token: Names this attempt to the server, to complete it from outside.
        scheduled_time: When the activity was scheduled.
        current_attempt_scheduled_time: When this attempt was scheduled.
        started_time: When the server handed this attempt's task out.
        schedule_to_close_timeout: How long all attempts together may take.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may go without a heartbeat.
        retry_policy: How attempts are repeated.
        priority: Its place in the queue.
        workflow_id: The id of the workflow that scheduled it.
        workflow_run_id: The run id of that workflow.
        workflow_type: The type of that workflow.
        activity_run_id: The run id of a standalone activity; ``None`` for one that a workflow scheduled.
        heartbeat_details: The last heartbeat's details of an earlier attempt, read without a type;
            :func:`heartbeat_details` reads them with one.
        is_local: Always ``False``: a worker of this package gets no local activities.
    """

    activity_id: str
    activity_type: str
    attempt: int
    namespace: str
    task_queue: str
    task_token: bytes = field(repr=False)
    scheduled_time: datetime
    current_attempt_scheduled_time: datetime
    started_time: datetime
    schedule_to_close_timeout: timedelta | None = None
    start_to_close_timeout: timedelta | None = None
    heartbeat_timeout: timedelta | None = None
    retry_policy: RetryPolicy | None = None
    priority: Priority = field(default_factory=Priority)
    workflow_id: str | None = None
    workflow_run_id: str | None = None
    workflow_type: str | None = None
    activity_run_id: str | None = None
    heartbeat_details: Sequence[Any] = field(default=(), repr=False)
    is_local: bool = False

    @property
    def in_workflow(self) -> bool:
        """Whether a workflow scheduled this activity; otherwise it is a standalone one."""
        return self.workflow_id is not None

    @property
    def workflow_namespace(self) -> str | None:
        """The workflow's namespace: the activity's own, or ``None`` for a standalone activity."""
        return self.namespace if self.in_workflow else None

    @property
    def deadline(self) -> datetime | None:
        """When the server times this attempt out, by the server's clock; ``None`` if it never does.

        For a later attempt of a standalone activity that was started with a ``start_delay`` it is an estimate, too
        early by up to that: its schedule-to-close timeout counts from the delay's end, which its task does not say.
        """
        ends = (
            _end(self.started_time, self.start_to_close_timeout),
            _end(self._schedule_to_close_from, self.schedule_to_close_timeout),
        )
        return min((end for end in ends if end is not None), default=None)

    @property
    def _schedule_to_close_from(self) -> datetime:
        """When the schedule-to-close timeout began to count: after a delay of the start, as far as the task says it."""
        # Only the first attempt's task shows a delay; the others' say when it was scheduled, which is before that.
        latest = max(self.scheduled_time, self.current_attempt_scheduled_time)
        if self.attempt == 1:
            return latest
        # Without a delay there would be no such attempt.
        end = _end(self.scheduled_time, self.schedule_to_close_timeout)
        return latest if end is not None and end < latest else self.scheduled_time


def _end(begun: datetime, span: timedelta | None) -> datetime | None:
    if span is None:
        return None
    try:
        return begun + span
    except OverflowError:
        # Beyond the last year of a datetime.
        return None


class _Unfrozen:
    """An :class:`Info` in the making: the same slots, which can be set.

    A frozen dataclass sets each of its fields by a function call, which for all of them takes ten times as long as the
    rest of :func:`info_of`, for each task.
    """

    __slots__ = Info.__slots__


def info_of(task: PollActivityTaskQueueResponse, task_queue: str, heartbeat_details: Sequence[Any] = ()) -> Info:
    """Read a task as an :class:`Info`; *task_queue* is the polled one, which the task does not name."""
    info: Any = _Unfrozen()
    info.activity_id = task.activity_id
    info.activity_type = "" if task.activity_type is None else task.activity_type.name
    info.attempt = task.attempt
    info.namespace = task.workflow_namespace
    info.task_queue = task_queue
    info.task_token = task.task_token
    info.scheduled_time = to_datetime(task.scheduled_time) or _EPOCH
    info.current_attempt_scheduled_time = to_datetime(task.current_attempt_scheduled_time) or _EPOCH
    info.started_time = to_datetime(task.started_time) or _EPOCH
    info.schedule_to_close_timeout = to_timedelta(task.schedule_to_close_timeout)
    info.start_to_close_timeout = to_timedelta(task.start_to_close_timeout)
    info.heartbeat_timeout = to_timedelta(task.heartbeat_timeout)
    info.retry_policy = RetryPolicy._from_proto(task.retry_policy)
    info.priority = Priority._from_proto(task.priority)
    info.workflow_id = info.workflow_run_id = info.workflow_type = None
    workflow = task.workflow_execution
    # A standalone activity has an execution without an id.
    if workflow is not None and workflow.workflow_id:
        info.workflow_id = workflow.workflow_id
        info.workflow_run_id = workflow.run_id
        info.workflow_type = "" if task.workflow_type is None else task.workflow_type.name
    info.activity_run_id = task.activity_run_id or None
    info.heartbeat_details = heartbeat_details
    info.is_local = False
    info.__class__ = Info
    return info  # type: ignore[no-any-return]
