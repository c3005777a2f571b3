"""Connect to a Temporal server, start activities there, and complete activities from outside.

Names follow ``temporalio.client`` where that has one.
"""

from __future__ import annotations

from .._rpc._target import HttpConnectProxy, KeepAlive
from ..config import TLSConfig
from ._async_completion import AsyncActivityHandle, AsyncActivityIDReference
from ._client import Client
from ._execution import (
    ActivityExecution,
    ActivityExecutionCount,
    ActivityExecutionCountAggregationGroup,
    ActivityExecutionDescription,
    ActivityExecutionStatus,
    PendingActivityState,
)
from ._handle import ActivityHandle
from ._interceptor import (
    CancelActivityInput,
    CompleteAsyncActivityInput,
    CountActivitiesInput,
    DeleteActivityInput,
    DescribeActivityInput,
    FailAsyncActivityInput,
    GetActivityResultInput,
    HeartbeatAsyncActivityInput,
    Interceptor,
    ListActivitiesInput,
    OutboundInterceptor,
    PauseActivityInput,
    ReportCancellationAsyncActivityInput,
    ResetActivityInput,
    StartActivityInput,
    TerminateActivityInput,
    UnpauseActivityInput,
    UpdateActivityOptionsInput,
)
from ._options import ActivityExecutionOptions, RPCOptions, StartActivityOptions, UpdateActivityOptions
from ._search_attributes import (
    SearchAttributeIndexedValueType,
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeValue,
    TypedSearchAttributes,
)

__all__ = [
    # Connecting
    "Client",
    "HttpConnectProxy",
    "KeepAlive",
    "TLSConfig",
    # Standalone activities
    "ActivityHandle",
    "ActivityExecution",
    "ActivityExecutionCount",
    "ActivityExecutionCountAggregationGroup",
    "ActivityExecutionDescription",
    "ActivityExecutionOptions",
    "ActivityExecutionStatus",
    "PendingActivityState",
    # Options
    "RPCOptions",
    "StartActivityOptions",
    "UpdateActivityOptions",
    # Search attributes
    "SearchAttributeIndexedValueType",
    "SearchAttributeKey",
    "SearchAttributePair",
    "SearchAttributeValue",
    "TypedSearchAttributes",
    # Completing from outside
    "AsyncActivityHandle",
    "AsyncActivityIDReference",
    # Interceptors
    "Interceptor",
    "OutboundInterceptor",
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
    "StartActivityInput",
    "TerminateActivityInput",
    "UnpauseActivityInput",
    "UpdateActivityOptionsInput",
]
