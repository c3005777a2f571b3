"""What an activity may know of the attempt it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
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
        """When the server gives this attempt up, by the server's clock; ``None`` if it never does."""
        ends = (
            _end(self.started_time, self.start_to_close_timeout),
            _end(self.scheduled_time, self.schedule_to_close_timeout),
        )
        return min((end for end in ends if end is not None), default=None)


def _end(begun: datetime, span: timedelta | None) -> datetime | None:
    if span is None:
        return None
    try:
        return begun + span
    except OverflowError:
        # Not a moment that Python can say.
        return None


# The order of the values in `info_of`.
_FIELDS = tuple(item.name for item in fields(Info))
# Writing the slots directly: a frozen dataclass's own __init__ takes 4 µs more, for each task.
_SETTERS = tuple(getattr(Info, name).__set__ for name in _FIELDS)
_STANDALONE = (None, None, None)


def info_of(task: PollActivityTaskQueueResponse, task_queue: str, heartbeat_details: Sequence[Any] = ()) -> Info:
    """Read a task as an :class:`Info`; *task_queue* is the polled one, which the task does not name."""
    info = object.__new__(Info)
    values = (
        task.activity_id,
        task.activity_type.name if task.activity_type is not None else "",
        task.attempt,
        task.workflow_namespace,
        task_queue,
        task.task_token,
        to_datetime(task.scheduled_time) or _EPOCH,
        to_datetime(task.current_attempt_scheduled_time) or _EPOCH,
        to_datetime(task.started_time) or _EPOCH,
        to_timedelta(task.schedule_to_close_timeout),
        to_timedelta(task.start_to_close_timeout),
        to_timedelta(task.heartbeat_timeout),
        RetryPolicy._from_proto(task.retry_policy),
        Priority._from_proto(task.priority),
        *_workflow_of(task),
        task.activity_run_id or None,
        heartbeat_details,
        False,
    )
    for set_field, value in zip(_SETTERS, values, strict=True):
        set_field(info, value)
    return info


def _workflow_of(task: PollActivityTaskQueueResponse) -> tuple[str | None, str | None, str | None]:
    """The workflow's id, run id and type; a standalone activity has an execution without an id."""
    workflow = task.workflow_execution
    if workflow is None or not workflow.workflow_id:
        return _STANDALONE
    return workflow.workflow_id, workflow.run_id, task.workflow_type.name if task.workflow_type is not None else ""
