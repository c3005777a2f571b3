"""Connect to a Temporal server, start activities there, and complete activities from outside.

Names follow ``temporalio.client`` where that has one. What a worker's own client does without is imported on its first
use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attach
from .._rpc._target import HttpConnectProxy, KeepAlive
from ..config import TLSConfig
from ._client import Client
from ._interceptor import Interceptor, OutboundInterceptor
from ._payload_limits import PayloadLimitsConfig

if TYPE_CHECKING:
    from ._async_handle import AsyncActivityHandle as AsyncActivityHandle
    from ._inputs import (
        AsyncActivityIDReference as AsyncActivityIDReference,
        CancelActivityInput as CancelActivityInput,
        CompleteAsyncActivityInput as CompleteAsyncActivityInput,
        CountActivitiesInput as CountActivitiesInput,
        DeleteActivityInput as DeleteActivityInput,
        DescribeActivityInput as DescribeActivityInput,
        FailAsyncActivityInput as FailAsyncActivityInput,
        GetActivityResultInput as GetActivityResultInput,
        HeartbeatAsyncActivityInput as HeartbeatAsyncActivityInput,
        ListActivitiesInput as ListActivitiesInput,
        PauseActivityInput as PauseActivityInput,
        ReportCancellationAsyncActivityInput as ReportCancellationAsyncActivityInput,
        ResetActivityInput as ResetActivityInput,
        RPCOptions as RPCOptions,
        TerminateActivityInput as TerminateActivityInput,
        UnpauseActivityInput as UnpauseActivityInput,
        UpdateActivityOptionsInput as UpdateActivityOptionsInput,
    )
    from ._search_attributes import (
        SearchAttributeIndexedValueType as SearchAttributeIndexedValueType,
        SearchAttributeKey as SearchAttributeKey,
        SearchAttributePair as SearchAttributePair,
        SearchAttributeValue as SearchAttributeValue,
        TypedSearchAttributes as TypedSearchAttributes,
    )
    from .activities._description import (
        ActivityExecution as ActivityExecution,
        ActivityExecutionCount as ActivityExecutionCount,
        ActivityExecutionCountAggregationGroup as ActivityExecutionCountAggregationGroup,
        ActivityExecutionDescription as ActivityExecutionDescription,
        ActivityExecutionStatus as ActivityExecutionStatus,
        PendingActivityState as PendingActivityState,
    )
    from .activities._handle import ActivityHandle as ActivityHandle
    from .activities._options import (
        ActivityExecutionOptions as ActivityExecutionOptions,
        StartActivityInput as StartActivityInput,
        StartActivityOptions as StartActivityOptions,
        UpdateActivityOptions as UpdateActivityOptions,
    )

# Where the names live that are not imported here.
_HOMES = {
    # Standalone activities
    "ActivityHandle": "activities._handle",
    "ActivityExecution": "activities._description",
    "ActivityExecutionCount": "activities._description",
    "ActivityExecutionCountAggregationGroup": "activities._description",
    "ActivityExecutionDescription": "activities._description",
    "ActivityExecutionOptions": "activities._options",
    "ActivityExecutionStatus": "activities._description",
    "PendingActivityState": "activities._description",
    # Options
    "RPCOptions": "_inputs",
    "StartActivityOptions": "activities._options",
    "UpdateActivityOptions": "activities._options",
    # Search attributes
    "SearchAttributeIndexedValueType": "_search_attributes",
    "SearchAttributeKey": "_search_attributes",
    "SearchAttributePair": "_search_attributes",
    "SearchAttributeValue": "_search_attributes",
    "TypedSearchAttributes": "_search_attributes",
    # Completing from outside
    "AsyncActivityHandle": "_async_handle",
    "AsyncActivityIDReference": "_inputs",
    # Interceptors
    "CancelActivityInput": "_inputs",
    "CompleteAsyncActivityInput": "_inputs",
    "CountActivitiesInput": "_inputs",
    "DeleteActivityInput": "_inputs",
    "DescribeActivityInput": "_inputs",
    "FailAsyncActivityInput": "_inputs",
    "GetActivityResultInput": "_inputs",
    "HeartbeatAsyncActivityInput": "_inputs",
    "ListActivitiesInput": "_inputs",
    "PauseActivityInput": "_inputs",
    "ReportCancellationAsyncActivityInput": "_inputs",
    "ResetActivityInput": "_inputs",
    "StartActivityInput": "activities._options",
    "TerminateActivityInput": "_inputs",
    "UnpauseActivityInput": "_inputs",
    "UpdateActivityOptionsInput": "_inputs",
}

__all__ = [
    # Connecting
    "Client",
    "HttpConnectProxy",
    "KeepAlive",
    "PayloadLimitsConfig",
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

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__, _HOMES)
