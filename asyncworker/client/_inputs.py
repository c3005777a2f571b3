"""The inputs of a client's calls, as interceptors see and change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from .._time import Seconds

if TYPE_CHECKING:
    from ..converter import DataConverter

__all__ = [
    "AsyncActivityIDReference",
    "CallInput",
    "CancelActivityInput",
    "CompleteAsyncActivityInput",
    "CountActivitiesInput",
    "DeleteActivityInput",
    "DescribeActivityInput",
    "FailAsyncActivityInput",
    "GetActivityResultInput",
    "HeartbeatAsyncActivityInput",
    "ListActivitiesInput",
    "PauseActivityInput",
    "RPCOptions",
    "ReportCancellationAsyncActivityInput",
    "ResetActivityInput",
    "TerminateActivityInput",
    "UnpauseActivityInput",
    "UpdateActivityOptionsInput",
]


class RPCOptions(TypedDict, total=False):
    """Options of every call of a client.

    Attributes:
        rpc_metadata: Sent with this call besides the client's own.
        rpc_timeout: Seconds, or a timedelta, after which the call fails with ``DEADLINE_EXCEEDED``, retries included.
            By default one try may take 10 s, and there is no new one when 10 s have passed since the first failure.
    """

    rpc_metadata: Mapping[str, str | bytes]
    rpc_timeout: Seconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncActivityIDReference:
    """The ids of an activity.

    Attributes:
        workflow_id: The workflow that scheduled it; ``None`` for a standalone activity.
        run_id: The workflow's run, or the standalone activity's; ``None`` for the latest.
        activity_id: The activity's id.
    """

    workflow_id: str | None = None
    run_id: str | None = None
    activity_id: str


# An interceptor may change an input before it passes it on: these are not frozen.


@dataclass(slots=True, kw_only=True)
class CallInput:
    """Options of every call.

    Attributes:
        rpc_metadata: Sent with the call besides the client's own.
        rpc_timeout: Seconds, or a timedelta, after which the call fails with ``DEADLINE_EXCEEDED``.
    """

    rpc_metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    rpc_timeout: Seconds | None = None


@dataclass(slots=True, kw_only=True)
class _ActivityCall(CallInput):
    """Input of a call about one activity.

    Attributes:
        activity_id: The activity's id.
        activity_run_id: Which run of it; ``None`` for the latest.
    """

    activity_id: str
    activity_run_id: str | None


@dataclass(slots=True, kw_only=True)
class GetActivityResultInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.get_activity_result`.

    Attributes:
        activity_type: The activity's type; empty where it is not known.
        task_queue: Its task queue; empty where it is not known.
        result_type: The type to read the result as.
    """

    activity_type: str
    task_queue: str
    result_type: Any


@dataclass(slots=True, kw_only=True)
class DescribeActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.describe_activity`.

    Attributes:
        include_input: Whether to fetch the arguments as well.
        include_outcome: Whether to fetch the result or failure as well.
        include_heartbeat_details: Whether to fetch the last heartbeat's details as well.
        include_last_failure: Whether to fetch the last attempt's failure as well.
        long_poll_token: That of an earlier description: the response comes when something has changed since.
    """

    include_input: bool
    include_outcome: bool
    include_heartbeat_details: bool
    include_last_failure: bool
    long_poll_token: bytes


@dataclass(slots=True, kw_only=True)
class CancelActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.cancel_activity`.

    Attributes:
        reason: Why; recorded by the server.
    """

    reason: str


@dataclass(slots=True, kw_only=True)
class TerminateActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.terminate_activity`.

    Attributes:
        reason: Why; recorded by the server.
    """

    reason: str


@dataclass(slots=True, kw_only=True)
class PauseActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.pause_activity`.

    Attributes:
        reason: Why; recorded by the server.
    """

    reason: str


@dataclass(slots=True, kw_only=True)
class UnpauseActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.unpause_activity`.

    Attributes:
        reason: Why; recorded by the server.
        jitter: The next attempt begins after a random part of this: seconds or a timedelta.
    """

    reason: str
    jitter: Seconds | None


@dataclass(slots=True, kw_only=True)
class ResetActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.reset_activity`.

    Attributes:
        keep_paused: Whether a paused activity stays paused.
        reset_heartbeat: Whether to forget the heartbeat details as well.
        restore_original_options: Whether to undo changes of its options.
        jitter: The next attempt begins after a random part of this: seconds or a timedelta.
    """

    keep_paused: bool
    reset_heartbeat: bool
    restore_original_options: bool
    jitter: Seconds | None


@dataclass(slots=True, kw_only=True)
class UpdateActivityOptionsInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.update_activity_options`.

    Attributes:
        changes: New values by option, see :class:`UpdateActivityOptions`; ``None`` unsets one.
        restore_original: Whether to undo earlier changes instead; *changes* is empty then.
    """

    changes: Mapping[str, Any]
    restore_original: bool


@dataclass(slots=True, kw_only=True)
class DeleteActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.delete_activity`."""


@dataclass(slots=True, kw_only=True)
class ListActivitiesInput(CallInput):
    """Input of :meth:`OutboundInterceptor.list_activities`.

    Attributes:
        query: Which activities; empty for all.
        limit: The most to return; ``None`` for no limit.
        page_size: How many to fetch with one call.
    """

    query: str
    limit: int | None
    page_size: int


@dataclass(slots=True, kw_only=True)
class CountActivitiesInput(CallInput):
    """Input of :meth:`OutboundInterceptor.count_activities`.

    Attributes:
        query: Which activities; empty for all.
    """

    query: str


@dataclass(slots=True, kw_only=True)
class _AsyncActivityCall(CallInput):
    """Input of a call about an activity that is completed from outside.

    Attributes:
        id_or_token: The activity's ids, or the attempt's task token.
        data_converter: Encodes the values; it has the activity's serialization context.
    """

    id_or_token: AsyncActivityIDReference | bytes
    data_converter: DataConverter


@dataclass(slots=True, kw_only=True)
class HeartbeatAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.heartbeat_async_activity`.

    Attributes:
        details: The heartbeat's details, not encoded yet.
    """

    details: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class CompleteAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.complete_async_activity`.

    Attributes:
        result: The result, not encoded yet, as a sequence of one; an empty one for no result.
    """

    result: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class FailAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.fail_async_activity`.

    Attributes:
        error: What went wrong.
        last_heartbeat_details: The details that the next attempt finds.
    """

    error: BaseException
    last_heartbeat_details: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class ReportCancellationAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.report_cancellation_async_activity`.

    Attributes:
        details: Details of the cancellation, not encoded yet.
    """

    details: Sequence[Any]
