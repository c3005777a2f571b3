"""What an activity may know of the attempt it is."""

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
    """What the server said of this attempt (``PollActivityTaskQueueResponse``).

    Names follow ``temporalio.activity.Info``. Times are the server's, aware and in UTC; a timeout that is not set is
    ``None``. The workflow's fields are ``None`` for a standalone activity, :attr:`activity_run_id` is ``None`` for one
    that a workflow scheduled.
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
    #: What the last attempt that heartbeated said, read without a type; :func:`heartbeat_details` reads it with one.
    heartbeat_details: Sequence[Any] = ()
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
        """When the server gives this attempt up, by the server's clock; ``None`` if it never does."""
        ends = []
        if self.start_to_close_timeout is not None:
            ends.append(self.started_time + self.start_to_close_timeout)
        if self.schedule_to_close_timeout is not None:
            ends.append(self.scheduled_time + self.schedule_to_close_timeout)
        return min(ends, default=None)


def info_of(task: PollActivityTaskQueueResponse, task_queue: str, heartbeat_details: Sequence[Any] = ()) -> Info:
    """Read a task as an :class:`Info`; *task_queue* is the polled one, which the task does not name."""
    workflow = task.workflow_execution
    in_workflow = workflow is not None and bool(workflow.workflow_id)
    return Info(
        activity_id=task.activity_id,
        activity_type=task.activity_type.name if task.activity_type is not None else "",
        attempt=task.attempt,
        namespace=task.workflow_namespace,
        task_queue=task_queue,
        task_token=task.task_token,
        scheduled_time=to_datetime(task.scheduled_time) or _EPOCH,
        current_attempt_scheduled_time=to_datetime(task.current_attempt_scheduled_time) or _EPOCH,
        started_time=to_datetime(task.started_time) or _EPOCH,
        schedule_to_close_timeout=to_timedelta(task.schedule_to_close_timeout),
        start_to_close_timeout=to_timedelta(task.start_to_close_timeout),
        heartbeat_timeout=to_timedelta(task.heartbeat_timeout),
        retry_policy=RetryPolicy._from_proto(task.retry_policy),
        priority=Priority._from_proto(task.priority),
        workflow_id=workflow.workflow_id if workflow is not None and in_workflow else None,
        workflow_run_id=workflow.run_id if workflow is not None and in_workflow else None,
        workflow_type=task.workflow_type.name if task.workflow_type is not None and in_workflow else None,
        activity_run_id=task.activity_run_id or None,
        heartbeat_details=heartbeat_details,
    )
