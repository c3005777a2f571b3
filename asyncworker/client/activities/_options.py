"""The options of a standalone activity: one table of them, and the classes that spell them out for type checkers.

A new option is an entry of :data:`OPTIONS` and a field of each class below that has it. Places that were
forgotten, here, in ``@activity.defn``, on the command line or in the documentation, are named by
``tests/client/test_options.py``, ``tests/cli/test_cli_docs.py`` and ``tests/test_docstrings.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ..._arguments import (
    Check,
    check_duration,
    check_mapping,
    check_name,
    check_string,
    instance_of,
    member_of,
)
from ..._proto.temporal.api.common.v1 import Header, Payload
from ..._proto.temporal.api.enums.v1 import TaskQueueKind
from ..._proto.temporal.api.taskqueue.v1 import TaskQueue
from ..._time import Seconds, to_duration, to_timedelta
from ...activity._options import START_OPTIONS
from ...common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy
from .._inputs import CallInput, RPCOptions
from .._search_attributes import TypedSearchAttributes

if TYPE_CHECKING:
    from ..._proto.temporal.api.activity import v1 as activity

__all__ = [
    "CHANGEABLE",
    "DESCRIBED",
    "OPTIONS",
    "RPC_OPTIONS",
    "ActivityExecutionOptions",
    "DescribedOptions",
    "Option",
    "StartActivityInput",
    "StartActivityOptions",
    "UpdateActivityOptions",
    "described_options",
    "paths_of",
    "start_fields",
    "to_activity_options",
    "write_options",
]


# The table


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of ``start_activity``: how it is checked, written and read.

    Attributes:
        check: Refuses a value that is wrong, and returns it as :class:`StartActivityInput` has it.
        field: Its field in ``StartActivityExecutionRequest`` and in ``ActivityOptions``.
        write: Makes that field's value; ``None``: it takes a data converter, and is done where the request is made.
        path: Its path in the update mask of ``UpdateActivityExecutionOptions``; ``None``: it cannot be changed.
        read: Reads the field of ``ActivityOptions`` and of ``ActivityExecutionInfo`` back.
    """

    check: Check
    field: str
    write: Callable[[Any], Any] | None = None
    path: str | None = None
    read: Callable[[Any], Any] = to_timedelta


def _duration(name: str, check: Check = check_duration) -> Option:
    return Option(check=START_OPTIONS.get(name, check), field=name, path=name, write=to_duration)


def _to_queue(name: str) -> TaskQueue:
    return TaskQueue(name=name, kind=TaskQueueKind.NORMAL)


def _from_queue(queue: TaskQueue | None) -> str:
    return "" if queue is None else queue.name


def _to_header(headers: Mapping[str, Payload]) -> Header | None:
    return Header(fields=dict(headers)) if headers else None


def _to_attributes(attributes: TypedSearchAttributes) -> Any:
    return attributes._to_proto() if attributes else None


OPTIONS: Mapping[str, Option] = {
    "id": Option(check=check_name, field="activity_id", write=str),
    "task_queue": Option(
        check=START_OPTIONS["task_queue"],
        field="task_queue",
        path="task_queue.name",
        write=_to_queue,
        read=_from_queue,
    ),
    "schedule_to_close_timeout": _duration("schedule_to_close_timeout"),
    "schedule_to_start_timeout": _duration("schedule_to_start_timeout"),
    "start_to_close_timeout": _duration("start_to_close_timeout"),
    "heartbeat_timeout": _duration("heartbeat_timeout"),
    "start_delay": _duration("start_delay", partial(check_duration, or_zero=True)),
    "id_reuse_policy": Option(check=member_of(ActivityIDReusePolicy), field="id_reuse_policy", write=int),
    "id_conflict_policy": Option(check=member_of(ActivityIDConflictPolicy), field="id_conflict_policy", write=int),
    "retry_policy": Option(
        check=START_OPTIONS["retry_policy"],
        field="retry_policy",
        path="retry_policy",
        write=RetryPolicy._to_proto,
        read=RetryPolicy._from_proto,
    ),
    "priority": Option(
        check=START_OPTIONS["priority"],
        field="priority",
        path="priority",
        write=Priority._to_proto,
        read=Priority._from_proto,
    ),
    "search_attributes": Option(
        check=instance_of(TypedSearchAttributes, "TypedSearchAttributes([SearchAttributePair(key, value)])"),
        field="search_attributes",
        write=_to_attributes,
    ),
    "summary": Option(check=START_OPTIONS["summary"], field="user_metadata"),
    "details": Option(check=check_string, field="user_metadata"),
    "headers": Option(check=check_mapping, field="header", write=_to_header),
}
#: Those that can be changed while the activity runs.
CHANGEABLE: Mapping[str, Option] = {name: option for name, option in OPTIONS.items() if option.path is not None}
#: Those that a description has as they are in ``ActivityOptions``; its task queue is a mere name.
DESCRIBED = tuple(name for name in CHANGEABLE if name != "task_queue")
#: The options of every call, which are no fields of a request.
RPC_OPTIONS: Mapping[str, Check] = {"rpc_metadata": check_mapping, "rpc_timeout": check_duration}


def start_fields(input: StartActivityInput) -> dict[str, Any]:
    """Write the options of a start as fields of its request, save those that take a data converter."""
    values = ((option, getattr(input, name)) for name, option in OPTIONS.items())
    return {
        option.field: option.write(value) for option, value in values if option.write is not None and value is not None
    }


def described_options(info: activity.ActivityExecutionInfo) -> dict[str, Any]:
    """Read the fields of :class:`DescribedOptions`."""
    return {name: OPTIONS[name].read(getattr(info, name)) for name in DESCRIBED}


def paths_of(changes: Mapping[str, Any]) -> list[str]:
    """List the paths of an update mask.

    Raises:
        TypeError: There is nothing to change, or no such option.
    """
    unknown = changes.keys() - CHANGEABLE.keys()
    if unknown or not changes:
        what = f"does not take {', '.join(sorted(unknown))}" if unknown else "needs something to change"
        raise TypeError(f"update_options {what}; it takes {', '.join(CHANGEABLE)}")
    return [CHANGEABLE[name].path or "" for name in changes]


def to_activity_options(changes: Mapping[str, Any]) -> activity.ActivityOptions:
    """Write new values of options; those that are ``None`` are left out, which takes them back.

    Raises:
        TypeError: A value is of the wrong type.
        ValueError: A value that the server would refuse.
    """
    from ..._proto.temporal.api.activity.v1 import ActivityOptions

    return ActivityOptions(**write_options(changes))


def write_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Check the values of options and write them as fields, leaving out those that are ``None``.

    Raises:
        TypeError: A value is of the wrong type.
        ValueError: A value that the server would refuse.
    """
    fields = {}
    for name, value in values.items():
        option = OPTIONS[name]
        if value is not None and option.write is not None:
            fields[option.field] = option.write(option.check(name, value))
    return fields


# What type checkers and editors need to have spelled out


class StartActivityOptions(RPCOptions, total=False):
    """How to start a standalone activity (``StartActivityExecutionRequest``). Durations are seconds or timedeltas.

    An option that is not given is taken from the activity's declaration, ``@activity.defn(task_queue=…, …)``. One of
    *schedule_to_close_timeout* and *start_to_close_timeout* is required, here or there.

    Attributes:
        id: Names the activity in its namespace; by default a new UUID. Give one to start a thing once only.
        task_queue: Where its workers poll.
        schedule_to_close_timeout: How long all attempts together may take.
        schedule_to_start_timeout: How long one attempt may wait for a worker.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may go without a heartbeat.
        start_delay: How long to wait before the first attempt.
        id_reuse_policy: Whether the id may be that of a closed activity; by default it may.
        id_conflict_policy: What to do about a running activity of that id; by default that is an error.
        retry_policy: How attempts are repeated; by default without limit, after 1 s, 2 s, 4 s, … 100 s.
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


@dataclass(slots=True, kw_only=True)
class StartActivityInput(CallInput):
    """Input of :meth:`OutboundInterceptor.start_activity`: a start as it will be sent.

    Attributes:
        activity_type: The activity type.
        args: The arguments, not encoded yet.
        arg_types: The types of the activity's parameters, if it was given as its function.
        id: The activity's id.
        task_queue: Where its workers poll.
        result_type: The type to read the result as.
        schedule_to_close_timeout: How long all attempts together may take.
        schedule_to_start_timeout: How long one attempt may wait for a worker.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may go without a heartbeat.
        start_delay: How long to wait before the first attempt.
        id_reuse_policy: Whether the id may be that of a closed activity.
        id_conflict_policy: What to do about a running activity of that id.
        retry_policy: How attempts are repeated; ``None`` leaves that to the server.
        priority: Its place in the queue.
        search_attributes: By which it can be found.
        summary: One line for people.
        details: More for people, in Markdown.
        headers: For the worker's interceptors.
        rpc_metadata: Sent with the call besides the client's own.
        rpc_timeout: Seconds, or a timedelta, after which the call fails.
    """

    activity_type: str
    args: Sequence[Any]
    arg_types: Sequence[Any] = ()
    id: str
    task_queue: str
    result_type: Any = Any
    schedule_to_close_timeout: timedelta | None = None
    schedule_to_start_timeout: timedelta | None = None
    start_to_close_timeout: timedelta | None = None
    heartbeat_timeout: timedelta | None = None
    start_delay: timedelta | None = None
    id_reuse_policy: ActivityIDReusePolicy = ActivityIDReusePolicy.ALLOW_DUPLICATE
    id_conflict_policy: ActivityIDConflictPolicy = ActivityIDConflictPolicy.FAIL
    retry_policy: RetryPolicy | None = None
    priority: Priority = field(default_factory=Priority)
    search_attributes: TypedSearchAttributes | None = None
    summary: str | None = None
    details: str | None = None
    headers: Mapping[str, Payload] = field(default_factory=dict)


class UpdateActivityOptions(RPCOptions, total=False):
    """The options that can be changed while an activity runs (``temporal.api.activity.v1.ActivityOptions``).

    An option that is not given stays as it is; ``None`` takes it back to the server's default. Changes apply from the
    next attempt on.

    Attributes:
        task_queue: Where its workers poll.
        schedule_to_close_timeout: How long all attempts together may take.
        schedule_to_start_timeout: How long one attempt may wait for a worker.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may go without a heartbeat.
        start_delay: How long to wait before the first attempt.
        retry_policy: How attempts are repeated.
        priority: Its place in the queue.
    """

    task_queue: str
    schedule_to_close_timeout: Seconds | None
    schedule_to_start_timeout: Seconds | None
    start_to_close_timeout: Seconds | None
    heartbeat_timeout: Seconds | None
    start_delay: Seconds | None
    retry_policy: RetryPolicy | None
    priority: Priority | None


@dataclass(frozen=True, kw_only=True)
class DescribedOptions:
    """The options that both a description and the reply to a change have.

    Attributes:
        schedule_to_close_timeout: How long all attempts together may take.
        schedule_to_start_timeout: How long one attempt may wait for a worker.
        start_to_close_timeout: How long one attempt may take.
        heartbeat_timeout: How long an attempt may go without a heartbeat.
        start_delay: How long the first attempt waits.
        retry_policy: How attempts are repeated.
        priority: Its place in the queue.
    """

    # The classes that inherit from this one have slots.
    __slots__ = ()

    schedule_to_close_timeout: timedelta | None
    schedule_to_start_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    heartbeat_timeout: timedelta | None
    start_delay: timedelta | None
    retry_policy: RetryPolicy | None
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityExecutionOptions(DescribedOptions):
    """The options of a standalone activity after a change; a timeout or policy that is not set is ``None``.

    Attributes:
        task_queue: Where its workers poll.
    """

    task_queue: str

    @classmethod
    def _from_proto(cls, options: activity.ActivityOptions) -> ActivityExecutionOptions:
        return cls(**{name: option.read(getattr(options, option.field)) for name, option in CHANGEABLE.items()})
