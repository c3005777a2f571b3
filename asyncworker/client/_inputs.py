"""What interceptors see of a client's calls: the input of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._time import Seconds

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._async_handle import AsyncActivityIDReference

__all__ = [
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
    "ReportCancellationAsyncActivityInput",
    "ResetActivityInput",
    "TerminateActivityInput",
    "UnpauseActivityInput",
    "UpdateActivityOptionsInput",
]

# An interceptor may change an input before it passes it on: these are not frozen.


@dataclass(slots=True, kw_only=True)
class CallInput:
    """What goes with every call: metadata of its own, and seconds (or a timedelta) until it is given up."""

    rpc_metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    rpc_timeout: Seconds | None = None


@dataclass(slots=True, kw_only=True)
class _ActivityCall(CallInput):
    """A call about one activity; without a run id it is about the activity's latest run."""

    activity_id: str
    activity_run_id: str | None


@dataclass(slots=True, kw_only=True)
class GetActivityResultInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.get_activity_result`; *activity_type* is empty where it is not known."""

    activity_type: str
    task_queue: str
    result_type: Any


@dataclass(slots=True, kw_only=True)
class DescribeActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.describe_activity`.

    With a *long_poll_token* the answer comes when something has changed since the description that the token is from.
    """

    include_input: bool
    include_outcome: bool
    include_heartbeat_details: bool
    include_last_failure: bool
    long_poll_token: bytes


@dataclass(slots=True, kw_only=True)
class CancelActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.cancel_activity`."""

    reason: str


@dataclass(slots=True, kw_only=True)
class TerminateActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.terminate_activity`."""

    reason: str


@dataclass(slots=True, kw_only=True)
class PauseActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.pause_activity`."""

    reason: str


@dataclass(slots=True, kw_only=True)
class UnpauseActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.unpause_activity`."""

    reason: str
    jitter: Seconds | None


@dataclass(slots=True, kw_only=True)
class ResetActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.reset_activity`."""

    keep_paused: bool
    reset_heartbeat: bool
    restore_original_options: bool
    jitter: Seconds | None


@dataclass(slots=True, kw_only=True)
class UpdateActivityOptionsInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.update_activity_options`: the new values by option; ``None`` unsets one."""

    changes: Mapping[str, Any]
    restore_original: bool


@dataclass(slots=True, kw_only=True)
class DeleteActivityInput(_ActivityCall):
    """Input of :meth:`OutboundInterceptor.delete_activity`."""


@dataclass(slots=True, kw_only=True)
class ListActivitiesInput(CallInput):
    """Input of :meth:`OutboundInterceptor.list_activities`."""

    query: str
    limit: int | None
    page_size: int


@dataclass(slots=True, kw_only=True)
class CountActivitiesInput(CallInput):
    """Input of :meth:`OutboundInterceptor.count_activities`."""

    query: str


@dataclass(slots=True, kw_only=True)
class _AsyncActivityCall(CallInput):
    """A call about an activity that is completed from outside; *data_converter* knows its serialization context."""

    id_or_token: AsyncActivityIDReference | bytes
    data_converter: DataConverter


@dataclass(slots=True, kw_only=True)
class HeartbeatAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.heartbeat_async_activity`."""

    details: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class CompleteAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.complete_async_activity`: one result, or none."""

    result: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class FailAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.fail_async_activity`."""

    error: BaseException
    last_heartbeat_details: Sequence[Any]


@dataclass(slots=True, kw_only=True)
class ReportCancellationAsyncActivityInput(_AsyncActivityCall):
    """Input of :meth:`OutboundInterceptor.report_cancellation_async_activity`."""

    details: Sequence[Any]
