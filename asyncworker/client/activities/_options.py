"""The options of starting an activity and of changing one that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from ..._proto.temporal.api.common.v1 import Payload
from ..._time import Seconds, to_duration, to_seconds, to_timedelta
from ...common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy
from .._search_attributes import TypedSearchAttributes

if TYPE_CHECKING:
    from ..._proto.temporal.api.activity import v1 as activity

__all__ = [
    "ActivityExecutionOptions",
    "RPCOptions",
    "StartActivityOptions",
    "UpdateActivityOptions",
    "check_span",
    "paths_of",
    "to_activity_options",
]


class RPCOptions(TypedDict, total=False):
    """What every call of a client takes.

    Attributes:
        rpc_metadata: Sent with this call besides the client's own.
        rpc_timeout: Seconds, or a timedelta, after which the call fails with ``DEADLINE_EXCEEDED``, retries included.
            By default one try may take 10 s, and there is no new one when 10 s have passed since the first failure.
    """

    rpc_metadata: Mapping[str, str | bytes]
    rpc_timeout: Seconds | None


class StartActivityOptions(RPCOptions, total=False):
    """How to start a standalone activity (``StartActivityExecutionRequest``). Spans are seconds or timedeltas.

    What is not given is as the activity's declaration says: ``@activity.defn(task_queue=…, …)``. One of
    *schedule_to_close_timeout* and *start_to_close_timeout* there must be.

    Attributes:
        id: Names the activity in its namespace; by default a new UUID. Give one to start a thing once only.
        task_queue: Where its workers poll.
        schedule_to_close_timeout: How long all attempts together may take.
        schedule_to_start_timeout: How long one attempt may wait for a worker.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may be silent.
        start_delay: How long to wait before the first attempt.
        id_reuse_policy: Whether the id may be that of a closed activity; by default it may.
        id_conflict_policy: What to do about a running activity of that id; by default that is an error.
        retry_policy: How attempts are repeated; by default for ever, after 1 s, 2 s, 4 s, … 100 s.
        priority: Its place in the queue.
        search_attributes: By which it can be found.
        summary: One line for people, shown in the UI.
        details: More for people, in Markdown, shown in the UI.
        headers: For the worker's interceptors.
    """

    id: str | None
    task_queue: str | None
    schedule_to_close_timeout: Seconds | None
    schedule_to_start_timeout: Seconds | None
    start_to_close_timeout: Seconds | None
    heartbeat_timeout: Seconds | None
    start_delay: Seconds | None
    id_reuse_policy: ActivityIDReusePolicy
    id_conflict_policy: ActivityIDConflictPolicy
    retry_policy: RetryPolicy | None
    priority: Priority | None
    search_attributes: TypedSearchAttributes | None
    summary: str | None
    details: str | None
    headers: Mapping[str, Payload]


class UpdateActivityOptions(RPCOptions, total=False):
    """What can be changed of an activity that runs (``temporal.api.activity.v1.ActivityOptions``).

    What is not given stays; ``None`` takes an option back to the server's default. Changes hold from the next
    attempt on.
    """

    task_queue: str
    schedule_to_close_timeout: Seconds | None
    schedule_to_start_timeout: Seconds | None
    start_to_close_timeout: Seconds | None
    heartbeat_timeout: Seconds | None
    start_delay: Seconds | None
    retry_policy: RetryPolicy | None
    priority: Priority | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityExecutionOptions:
    """The options of a standalone activity after a change."""

    task_queue: str
    schedule_to_close_timeout: timedelta | None
    schedule_to_start_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    heartbeat_timeout: timedelta | None
    start_delay: timedelta | None
    retry_policy: RetryPolicy | None
    priority: Priority

    @classmethod
    def _from_proto(cls, options: activity.ActivityOptions) -> ActivityExecutionOptions:
        return cls(
            task_queue=options.task_queue.name if options.task_queue is not None else "",
            schedule_to_close_timeout=to_timedelta(options.schedule_to_close_timeout),
            schedule_to_start_timeout=to_timedelta(options.schedule_to_start_timeout),
            start_to_close_timeout=to_timedelta(options.start_to_close_timeout),
            heartbeat_timeout=to_timedelta(options.heartbeat_timeout),
            start_delay=to_timedelta(options.start_delay),
            retry_policy=RetryPolicy._from_proto(options.retry_policy),
            priority=Priority._from_proto(options.priority),
        )


def check_span(name: str, span: Seconds | None, *, or_zero: bool = False) -> timedelta | None:
    """Read a span of time that the server would refuse, or take for none, if it were not positive.

    Raises:
        TypeError: It is no span of time.
        ValueError: It is not above zero, or longer than a timedelta can say.
    """
    if span is None:
        return None
    if isinstance(span, bool) or not isinstance(span, int | float | timedelta):
        raise TypeError(f"{name} must be a number of seconds or a timedelta, got {span!r}")
    seconds = to_seconds(span)
    if seconds < 0 or not (seconds or or_zero):
        raise ValueError(f"{name} must {'not be negative' if or_zero else 'be above zero'}, got {span!r}")
    try:
        return span if isinstance(span, timedelta) else timedelta(seconds=span)
    except OverflowError:
        raise ValueError(f"{name} is longer than a timedelta can say, got {span!r}") from None


def _queue(name: str) -> Any:
    from ..._proto.temporal.api.enums.v1 import TaskQueueKind
    from ..._proto.temporal.api.taskqueue.v1 import TaskQueue

    return TaskQueue(name=name, kind=TaskQueueKind.NORMAL)


# Each option that can be changed: its path in the update mask, and how its value is written.
_CHANGES: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "task_queue": ("task_queue.name", _queue),
    "schedule_to_close_timeout": ("schedule_to_close_timeout", to_duration),
    "schedule_to_start_timeout": ("schedule_to_start_timeout", to_duration),
    "start_to_close_timeout": ("start_to_close_timeout", to_duration),
    "heartbeat_timeout": ("heartbeat_timeout", to_duration),
    "start_delay": ("start_delay", to_duration),
    "retry_policy": ("retry_policy", RetryPolicy._to_proto),
    "priority": ("priority", Priority._to_proto),
}


def paths_of(changes: Mapping[str, Any]) -> list[str]:
    """List the paths of an update mask.

    Raises:
        TypeError: There is nothing to change, or no such option.
    """
    unknown = changes.keys() - _CHANGES.keys()
    if unknown or not changes:
        what = f"does not take {', '.join(sorted(unknown))}" if unknown else "needs something to change"
        raise TypeError(f"update_options {what}; it takes {', '.join(_CHANGES)}")
    return [_CHANGES[name][0] for name in changes]


def to_activity_options(changes: Mapping[str, Any]) -> activity.ActivityOptions:
    """Write new values of options; those that are ``None`` are left out, which takes them back.

    Raises:
        ValueError: A value that the server would refuse.
    """
    from ..._proto.temporal.api.activity.v1 import ActivityOptions

    for name, value in changes.items():
        if name.endswith(("timeout", "delay")):
            check_span(name, value, or_zero=name == "start_delay")
    if not changes.get("task_queue", "-"):
        raise ValueError("task_queue must not be empty")
    return ActivityOptions(**{name: _CHANGES[name][1](value) for name, value in changes.items() if value is not None})
