"""Codecs of all other messages, compiled by `make protos`; never edited."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from betterproto2 import Message

from asyncworker._wire_primitives import BOOL
from asyncworker._wire_primitives import BYTE
from asyncworker._wire_primitives import int32
from asyncworker._wire_primitives import int64
from asyncworker._wire_primitives import keep
from asyncworker._wire_primitives import octets
from asyncworker._wire_primitives import read_int32
from asyncworker._wire_primitives import read_int64
from asyncworker._wire_primitives import read_size
from asyncworker._wire_primitives import read_uint64
from asyncworker._wire_primitives import skip
from asyncworker._wire_primitives import to_int32
from asyncworker._wire_primitives import too_deep
from asyncworker._wire_primitives import truncated
from asyncworker._wire_primitives import varint
from asyncworker._wire_primitives import which_of
from ._codec_worker import decode_common_ActivityType
from ._codec_worker import encode_common_ActivityType
from ._codec_worker import decode_common_Header
from ._codec_worker import encode_common_Header
from ._codec_worker import decode_common_Payload
from ._codec_worker import encode_common_Payload
from ._codec_worker import decode_common_Payloads
from ._codec_worker import encode_common_Payloads
from ._codec_worker import decode_common_Priority
from ._codec_worker import encode_common_Priority
from ._codec_worker import decode_common_RetryPolicy
from ._codec_worker import encode_common_RetryPolicy
from ._codec_worker import decode_common_WorkerVersionCapabilities
from ._codec_worker import encode_common_WorkerVersionCapabilities
from ._codec_worker import decode_common_WorkflowExecution
from ._codec_worker import encode_common_WorkflowExecution
from ._codec_worker import decode_deployment_WorkerDeploymentOptions
from ._codec_worker import encode_deployment_WorkerDeploymentOptions
from ._codec_worker import decode_nexus_PropagatedSerializationContext
from ._codec_worker import encode_nexus_PropagatedSerializationContext
from ._codec_worker import decode_taskqueue_PollerGroupInfo
from ._codec_worker import encode_taskqueue_PollerGroupInfo
from ._codec_worker import decode_taskqueue_PollerGroupsInfo
from ._codec_worker import encode_taskqueue_PollerGroupsInfo
from ._codec_worker import decode_taskqueue_PollerScalingDecision
from ._codec_worker import encode_taskqueue_PollerScalingDecision
from ._codec_worker import decode_taskqueue_TaskQueue
from ._codec_worker import encode_taskqueue_TaskQueue
from ._codec_worker import decode_wkt_Duration
from ._codec_worker import encode_wkt_Duration
from ._codec_worker import decode_wkt_Timestamp
from ._codec_worker import encode_wkt_Timestamp
from ._codec_worker import decode_workflowservice_PollActivityTaskQueueResponse
from ._codec_worker import encode_workflowservice_PollActivityTaskQueueResponse
from ._codec_failures import decode_failure_Failure
from ._codec_failures import encode_failure_Failure
from ._codec_heartbeats import decode_deployment_heartbeats_WorkerDeploymentVersion
from ._codec_heartbeats import encode_deployment_heartbeats_WorkerDeploymentVersion
from ._codec_heartbeats import decode_worker_WorkerHeartbeat
from ._codec_heartbeats import encode_worker_WorkerHeartbeat
from .temporal.api.activity.v1 import ActivityExecutionInfo as activity_ActivityExecutionInfo
from .temporal.api.activity.v1 import ActivityExecutionListInfo as activity_ActivityExecutionListInfo
from .temporal.api.activity.v1 import ActivityExecutionOutcome as activity_ActivityExecutionOutcome
from .temporal.api.activity.v1 import ActivityOptions as activity_ActivityOptions
from .temporal.api.common.v1 import ActivityType as common_ActivityType
from .temporal.api.common.v1 import Header as common_Header
from .temporal.api.common.v1.lazy import OnConflictOptions as common_OnConflictOptions
from .temporal.api.common.v1 import Payload as common_Payload
from .temporal.api.common.v1 import Payloads as common_Payloads
from .temporal.api.common.v1 import Priority as common_Priority
from .temporal.api.common.v1 import RetryPolicy as common_RetryPolicy
from .temporal.api.common.v1.lazy import SearchAttributes as common_SearchAttributes
from .temporal.api.common.v1 import WorkerVersionCapabilities as common_WorkerVersionCapabilities
from .temporal.api.common.v1 import WorkflowExecution as common_WorkflowExecution
from .temporal.api.deployment.v1 import WorkerDeploymentOptions as deployment_WorkerDeploymentOptions
from .temporal.api.deployment.v1.heartbeats import (
    WorkerDeploymentVersion as deployment_heartbeats_WorkerDeploymentVersion,
)
from .temporal.api.enums.v1.lazy import ActivityExecutionStatus as enums_ActivityExecutionStatus
from .temporal.api.enums.v1.lazy import ActivityIdConflictPolicy as enums_ActivityIdConflictPolicy
from .temporal.api.enums.v1.lazy import ActivityIdReusePolicy as enums_ActivityIdReusePolicy
from .temporal.api.enums.v1.lazy import EventType as enums_EventType
from .temporal.api.enums.v1.lazy import HistoryEventFilterType as enums_HistoryEventFilterType
from .temporal.api.enums.v1 import NamespaceState as enums_NamespaceState
from .temporal.api.enums.v1.lazy import PendingActivityState as enums_PendingActivityState
from .temporal.api.enums.v1.lazy import ResourceExhaustedCause as enums_ResourceExhaustedCause
from .temporal.api.enums.v1.lazy import ResourceExhaustedScope as enums_ResourceExhaustedScope
from .temporal.api.enums.v1.lazy import WorkflowExecutionStatus as enums_WorkflowExecutionStatus
from .temporal.api.enums.v1.failures import ActivityTaskFailedCause as enums_failures_ActivityTaskFailedCause
from .temporal.api.enums.v1.failures import (
    NexusHandlerErrorRetryBehavior as enums_failures_NexusHandlerErrorRetryBehavior,
)
from .temporal.api.enums.v1.failures import RetryState as enums_failures_RetryState
from .temporal.api.errordetails.v1 import (
    ActivityExecutionAlreadyStartedFailure as errordetails_ActivityExecutionAlreadyStartedFailure,
)
from .temporal.api.errordetails.v1 import (
    CancellationAlreadyRequestedFailure as errordetails_CancellationAlreadyRequestedFailure,
)
from .temporal.api.errordetails.v1 import (
    ClientVersionNotSupportedFailure as errordetails_ClientVersionNotSupportedFailure,
)
from .temporal.api.errordetails.v1 import MultiOperationExecutionFailure as errordetails_MultiOperationExecutionFailure
from .temporal.api.errordetails.v1 import (
    MultiOperationExecutionFailureOperationStatus as errordetails_MultiOperationExecutionFailureOperationStatus,
)
from .temporal.api.errordetails.v1 import NamespaceAlreadyExistsFailure as errordetails_NamespaceAlreadyExistsFailure
from .temporal.api.errordetails.v1 import NamespaceInvalidStateFailure as errordetails_NamespaceInvalidStateFailure
from .temporal.api.errordetails.v1 import NamespaceNotActiveFailure as errordetails_NamespaceNotActiveFailure
from .temporal.api.errordetails.v1 import NamespaceNotFoundFailure as errordetails_NamespaceNotFoundFailure
from .temporal.api.errordetails.v1 import NamespaceUnavailableFailure as errordetails_NamespaceUnavailableFailure
from .temporal.api.errordetails.v1 import NewerBuildExistsFailure as errordetails_NewerBuildExistsFailure
from .temporal.api.errordetails.v1 import (
    NexusOperationExecutionAlreadyStartedFailure as errordetails_NexusOperationExecutionAlreadyStartedFailure,
)
from .temporal.api.errordetails.v1 import NotFoundFailure as errordetails_NotFoundFailure
from .temporal.api.errordetails.v1 import PermissionDeniedFailure as errordetails_PermissionDeniedFailure
from .temporal.api.errordetails.v1 import QueryFailedFailure as errordetails_QueryFailedFailure
from .temporal.api.errordetails.v1 import ResourceExhaustedFailure as errordetails_ResourceExhaustedFailure
from .temporal.api.errordetails.v1 import (
    ServerVersionNotSupportedFailure as errordetails_ServerVersionNotSupportedFailure,
)
from .temporal.api.errordetails.v1 import SystemWorkflowFailure as errordetails_SystemWorkflowFailure
from .temporal.api.errordetails.v1 import (
    WorkflowExecutionAlreadyStartedFailure as errordetails_WorkflowExecutionAlreadyStartedFailure,
)
from .temporal.api.errordetails.v1 import WorkflowNotReadyFailure as errordetails_WorkflowNotReadyFailure
from .temporal.api.errordetails.v1 import (
    WorkflowTaskCompletionBufferLostFailure as errordetails_WorkflowTaskCompletionBufferLostFailure,
)
from .temporal.api.failure.v1 import Failure as failure_Failure
from .temporal.api.history.v1 import History as history_History
from .temporal.api.history.v1 import HistoryEvent as history_HistoryEvent
from .temporal.api.nexus.v1.lazy import CancelOperationRequest as nexus_CancelOperationRequest
from .temporal.api.nexus.v1.lazy import CancelOperationResponse as nexus_CancelOperationResponse
from .temporal.api.nexus.v1.lazy import Failure as nexus_Failure
from .temporal.api.nexus.v1.lazy import HandlerError as nexus_HandlerError
from .temporal.api.nexus.v1.lazy import Link as nexus_Link
from .temporal.api.nexus.v1 import PropagatedSerializationContext as nexus_PropagatedSerializationContext
from .temporal.api.nexus.v1.lazy import Request as nexus_Request
from .temporal.api.nexus.v1.lazy import RequestCapabilities as nexus_RequestCapabilities
from .temporal.api.nexus.v1.lazy import Response as nexus_Response
from .temporal.api.nexus.v1.lazy import StartOperationRequest as nexus_StartOperationRequest
from .temporal.api.nexus.v1.lazy import StartOperationResponse as nexus_StartOperationResponse
from .temporal.api.nexus.v1.lazy import StartOperationResponseAsync as nexus_StartOperationResponseAsync
from .temporal.api.nexus.v1.lazy import StartOperationResponseSync as nexus_StartOperationResponseSync
from .temporal.api.nexus.v1.lazy import UnsuccessfulOperationError as nexus_UnsuccessfulOperationError
from .temporal.api.nexusservices.workerservice.v1 import (
    ExecuteCommandsRequest as nexusservices_workerservice_ExecuteCommandsRequest,
)
from .temporal.api.nexusservices.workerservice.v1 import (
    ExecuteCommandsResponse as nexusservices_workerservice_ExecuteCommandsResponse,
)
from .google.rpc import Status as rpc_Status
from .temporal.api.sdk.v1 import UserMetadata as sdk_UserMetadata
from .temporal.api.taskqueue.v1 import PollerGroupInfo as taskqueue_PollerGroupInfo
from .temporal.api.taskqueue.v1 import PollerGroupsInfo as taskqueue_PollerGroupsInfo
from .temporal.api.taskqueue.v1 import PollerScalingDecision as taskqueue_PollerScalingDecision
from .temporal.api.taskqueue.v1 import TaskQueue as taskqueue_TaskQueue
from .temporal.wkt.lazy import Any as wkt_Any
from .temporal.wkt import Duration as wkt_Duration
from .temporal.wkt.lazy import FieldMask as wkt_FieldMask
from .temporal.wkt import Timestamp as wkt_Timestamp
from .temporal.api.worker.v1.lazy import CancelActivityCommand as worker_CancelActivityCommand
from .temporal.api.worker.v1.lazy import CancelActivityResult as worker_CancelActivityResult
from .temporal.api.worker.v1.lazy import WorkerCommand as worker_WorkerCommand
from .temporal.api.worker.v1.lazy import WorkerCommandResult as worker_WorkerCommandResult
from .temporal.api.worker.v1 import WorkerHeartbeat as worker_WorkerHeartbeat
from .temporal.api.workflow.v1 import PendingActivityInfo as workflow_PendingActivityInfo
from .temporal.api.workflow.v1 import WorkflowExecutionInfo as workflow_WorkflowExecutionInfo
from .temporal.api.workflowservice.v1.lazy import (
    CountActivityExecutionsRequest as workflowservice_CountActivityExecutionsRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    CountActivityExecutionsResponse as workflowservice_CountActivityExecutionsResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    CountActivityExecutionsResponseAggregationGroup as workflowservice_CountActivityExecutionsResponseAggregationGroup,
)
from .temporal.api.workflowservice.v1.lazy import (
    DeleteActivityExecutionRequest as workflowservice_DeleteActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    DeleteActivityExecutionResponse as workflowservice_DeleteActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    DescribeActivityExecutionRequest as workflowservice_DescribeActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    DescribeActivityExecutionResponse as workflowservice_DescribeActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    DescribeWorkflowExecutionRequest as workflowservice_DescribeWorkflowExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    DescribeWorkflowExecutionResponse as workflowservice_DescribeWorkflowExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    GetWorkflowExecutionHistoryRequest as workflowservice_GetWorkflowExecutionHistoryRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    GetWorkflowExecutionHistoryResponse as workflowservice_GetWorkflowExecutionHistoryResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    ListActivityExecutionsRequest as workflowservice_ListActivityExecutionsRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    ListActivityExecutionsResponse as workflowservice_ListActivityExecutionsResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    PauseActivityExecutionRequest as workflowservice_PauseActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    PauseActivityExecutionResponse as workflowservice_PauseActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    PollActivityExecutionRequest as workflowservice_PollActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    PollActivityExecutionResponse as workflowservice_PollActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse as workflowservice_PollActivityTaskQueueResponse,
)
from .temporal.api.workflowservice.v1.lazy import PollNexusTaskQueueRequest as workflowservice_PollNexusTaskQueueRequest
from .temporal.api.workflowservice.v1.lazy import (
    PollNexusTaskQueueResponse as workflowservice_PollNexusTaskQueueResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RecordActivityTaskHeartbeatByIdRequest as workflowservice_RecordActivityTaskHeartbeatByIdRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RecordActivityTaskHeartbeatByIdResponse as workflowservice_RecordActivityTaskHeartbeatByIdResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RequestCancelActivityExecutionRequest as workflowservice_RequestCancelActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RequestCancelActivityExecutionResponse as workflowservice_RequestCancelActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    ResetActivityExecutionRequest as workflowservice_ResetActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    ResetActivityExecutionResponse as workflowservice_ResetActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskCanceledByIdRequest as workflowservice_RespondActivityTaskCanceledByIdRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskCanceledByIdResponse as workflowservice_RespondActivityTaskCanceledByIdResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskCompletedByIdRequest as workflowservice_RespondActivityTaskCompletedByIdRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskCompletedByIdResponse as workflowservice_RespondActivityTaskCompletedByIdResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskFailedByIdRequest as workflowservice_RespondActivityTaskFailedByIdRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondActivityTaskFailedByIdResponse as workflowservice_RespondActivityTaskFailedByIdResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondNexusTaskCompletedRequest as workflowservice_RespondNexusTaskCompletedRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondNexusTaskCompletedResponse as workflowservice_RespondNexusTaskCompletedResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondNexusTaskFailedRequest as workflowservice_RespondNexusTaskFailedRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    RespondNexusTaskFailedResponse as workflowservice_RespondNexusTaskFailedResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    StartActivityExecutionRequest as workflowservice_StartActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    StartActivityExecutionResponse as workflowservice_StartActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    TerminateActivityExecutionRequest as workflowservice_TerminateActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    TerminateActivityExecutionResponse as workflowservice_TerminateActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    UnpauseActivityExecutionRequest as workflowservice_UnpauseActivityExecutionRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    UnpauseActivityExecutionResponse as workflowservice_UnpauseActivityExecutionResponse,
)
from .temporal.api.workflowservice.v1.lazy import (
    UpdateActivityExecutionOptionsRequest as workflowservice_UpdateActivityExecutionOptionsRequest,
)
from .temporal.api.workflowservice.v1.lazy import (
    UpdateActivityExecutionOptionsResponse as workflowservice_UpdateActivityExecutionOptionsResponse,
)

new = object.__new__
enums_ActivityExecutionStatus_by_number = enums_ActivityExecutionStatus._value2member_map_.get
enums_ActivityIdConflictPolicy_by_number = enums_ActivityIdConflictPolicy._value2member_map_.get
enums_ActivityIdReusePolicy_by_number = enums_ActivityIdReusePolicy._value2member_map_.get
enums_EventType_by_number = enums_EventType._value2member_map_.get
enums_HistoryEventFilterType_by_number = enums_HistoryEventFilterType._value2member_map_.get
enums_NamespaceState_by_number = enums_NamespaceState._value2member_map_.get
enums_PendingActivityState_by_number = enums_PendingActivityState._value2member_map_.get
enums_ResourceExhaustedCause_by_number = enums_ResourceExhaustedCause._value2member_map_.get
enums_ResourceExhaustedScope_by_number = enums_ResourceExhaustedScope._value2member_map_.get
enums_WorkflowExecutionStatus_by_number = enums_WorkflowExecutionStatus._value2member_map_.get
enums_failures_ActivityTaskFailedCause_by_number = enums_failures_ActivityTaskFailedCause._value2member_map_.get
enums_failures_NexusHandlerErrorRetryBehavior_by_number = (
    enums_failures_NexusHandlerErrorRetryBehavior._value2member_map_.get
)
enums_failures_RetryState_by_number = enums_failures_RetryState._value2member_map_.get

TAGS_rpc_Status = frozenset([8, 18, 26])
fields_of_rpc_Status = attrgetter("code", "message", "details", "_unknown_fields", "__class__")


def decode_rpc_Status(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(rpc_Status)
        code_ = 0
        message_ = ""
        details_ = []
        unknown = b""
    else:
        code_, message_, details_, unknown, _ = fields_of_rpc_Status(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                code_ = data[at]
                at += 1
                if code_ > 127:
                    code_, at = read_int32(data, at, code_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                message_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_wkt_Any(data, at, stop, depth + 1)
                at = stop
                details_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_rpc_Status:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.code = code_
    message.message = message_
    message.details = details_
    message._unknown_fields = unknown
    return message


def encode_rpc_Status(message):
    parts = []
    add = parts.append
    value = message.code
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.message
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value:
        for item in value:
            raw = encode_wkt_Any(item)
            size = len(raw)
            add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_activity_ActivityExecutionInfo = frozenset(
    [
        10,
        18,
        26,
        32,
        40,
        50,
        58,
        66,
        74,
        82,
        90,
        98,
        106,
        114,
        120,
        130,
        138,
        146,
        154,
        162,
        170,
        178,
        186,
        194,
        202,
        210,
        216,
        224,
        234,
        242,
        250,
        258,
        272,
        282,
        290,
        298,
        306,
        314,
        320,
    ]
)
fields_of_activity_ActivityExecutionInfo = attrgetter(
    "activity_id",
    "run_id",
    "activity_type",
    "status",
    "run_state",
    "task_queue",
    "schedule_to_close_timeout",
    "schedule_to_start_timeout",
    "start_to_close_timeout",
    "heartbeat_timeout",
    "retry_policy",
    "heartbeat_details",
    "last_heartbeat_time",
    "last_started_time",
    "attempt",
    "execution_duration",
    "schedule_time",
    "expiration_time",
    "close_time",
    "last_failure",
    "last_worker_identity",
    "current_retry_interval",
    "last_attempt_complete_time",
    "next_attempt_schedule_time",
    "last_deployment_version",
    "priority",
    "state_transition_count",
    "state_size_bytes",
    "search_attributes",
    "header",
    "user_metadata",
    "canceled_reason",
    "total_heartbeat_count",
    "sdk_name",
    "sdk_version",
    "start_delay",
    "execution_time",
    "propagated_nexus_serialization_context",
    "eager_execution_accepted",
    "_unknown_fields",
    "__class__",
)


def decode_activity_ActivityExecutionInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(activity_ActivityExecutionInfo)
        activity_id_ = ""
        run_id_ = ""
        activity_type_ = None
        status_ = enums_ActivityExecutionStatus(0)
        run_state_ = enums_PendingActivityState(0)
        task_queue_ = ""
        schedule_to_close_timeout_ = None
        schedule_to_start_timeout_ = None
        start_to_close_timeout_ = None
        heartbeat_timeout_ = None
        retry_policy_ = None
        heartbeat_details_ = None
        last_heartbeat_time_ = None
        last_started_time_ = None
        attempt_ = 0
        execution_duration_ = None
        schedule_time_ = None
        expiration_time_ = None
        close_time_ = None
        last_failure_ = None
        last_worker_identity_ = ""
        current_retry_interval_ = None
        last_attempt_complete_time_ = None
        next_attempt_schedule_time_ = None
        last_deployment_version_ = None
        priority_ = None
        state_transition_count_ = 0
        state_size_bytes_ = 0
        search_attributes_ = None
        header_ = None
        user_metadata_ = None
        canceled_reason_ = ""
        total_heartbeat_count_ = 0
        sdk_name_ = ""
        sdk_version_ = ""
        start_delay_ = None
        execution_time_ = None
        propagated_nexus_serialization_context_ = None
        eager_execution_accepted_ = False
        unknown = b""
    else:
        (
            activity_id_,
            run_id_,
            activity_type_,
            status_,
            run_state_,
            task_queue_,
            schedule_to_close_timeout_,
            schedule_to_start_timeout_,
            start_to_close_timeout_,
            heartbeat_timeout_,
            retry_policy_,
            heartbeat_details_,
            last_heartbeat_time_,
            last_started_time_,
            attempt_,
            execution_duration_,
            schedule_time_,
            expiration_time_,
            close_time_,
            last_failure_,
            last_worker_identity_,
            current_retry_interval_,
            last_attempt_complete_time_,
            next_attempt_schedule_time_,
            last_deployment_version_,
            priority_,
            state_transition_count_,
            state_size_bytes_,
            search_attributes_,
            header_,
            user_metadata_,
            canceled_reason_,
            total_heartbeat_count_,
            sdk_name_,
            sdk_version_,
            start_delay_,
            execution_time_,
            propagated_nexus_serialization_context_,
            eager_execution_accepted_,
            unknown,
            _,
        ) = fields_of_activity_ActivityExecutionInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_type_ = decode_common_ActivityType(data, at, stop, depth + 1, activity_type_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                status_ = enums_ActivityExecutionStatus_by_number(number)
                if status_ is None:
                    status_ = enums_ActivityExecutionStatus(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                run_state_ = enums_PendingActivityState_by_number(number)
                if run_state_ is None:
                    run_state_ = enums_PendingActivityState(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_queue_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_start_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_start_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, start_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                heartbeat_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, heartbeat_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 90:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                retry_policy_ = decode_common_RetryPolicy(data, at, stop, depth + 1, retry_policy_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 98:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, heartbeat_details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 106:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_heartbeat_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, last_heartbeat_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 114:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_started_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, last_started_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 120:
                attempt_ = data[at]
                at += 1
                if attempt_ > 127:
                    attempt_, at = read_int32(data, at, attempt_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 130:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_duration_ = decode_wkt_Duration(data, at, stop, depth + 1, execution_duration_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 138:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, schedule_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 146:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                expiration_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, expiration_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 154:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                close_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, close_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 162:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_failure_ = decode_failure_Failure(data, at, stop, depth + 1, last_failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 170:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_worker_identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 178:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                current_retry_interval_ = decode_wkt_Duration(data, at, stop, depth + 1, current_retry_interval_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 186:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_attempt_complete_time_ = decode_wkt_Timestamp(
                    data, at, stop, depth + 1, last_attempt_complete_time_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 194:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                next_attempt_schedule_time_ = decode_wkt_Timestamp(
                    data, at, stop, depth + 1, next_attempt_schedule_time_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 202:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_deployment_version_ = decode_deployment_heartbeats_WorkerDeploymentVersion(
                    data, at, stop, depth + 1, last_deployment_version_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 210:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                priority_ = decode_common_Priority(data, at, stop, depth + 1, priority_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 216:
                state_transition_count_ = data[at]
                at += 1
                if state_transition_count_ > 127:
                    state_transition_count_, at = read_int64(data, at, state_transition_count_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 224:
                state_size_bytes_ = data[at]
                at += 1
                if state_size_bytes_ > 127:
                    state_size_bytes_, at = read_int64(data, at, state_size_bytes_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 234:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                search_attributes_ = decode_common_SearchAttributes(data, at, stop, depth + 1, search_attributes_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 242:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                header_ = decode_common_Header(data, at, stop, depth + 1, header_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 250:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                user_metadata_ = decode_sdk_UserMetadata(data, at, stop, depth + 1, user_metadata_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 258:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                canceled_reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 272:
                total_heartbeat_count_ = data[at]
                at += 1
                if total_heartbeat_count_ > 127:
                    total_heartbeat_count_, at = read_int64(data, at, total_heartbeat_count_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 282:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                sdk_name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 290:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                sdk_version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 298:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_delay_ = decode_wkt_Duration(data, at, stop, depth + 1, start_delay_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 306:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, execution_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 314:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                propagated_nexus_serialization_context_ = decode_nexus_PropagatedSerializationContext(
                    data, at, stop, depth + 1, propagated_nexus_serialization_context_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 320:
                eager_execution_accepted_ = data[at]
                at += 1
                if eager_execution_accepted_ > 127:
                    eager_execution_accepted_, at = read_uint64(data, at, eager_execution_accepted_)
                eager_execution_accepted_ = eager_execution_accepted_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_activity_ActivityExecutionInfo:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.activity_type = activity_type_
    message.status = status_
    message.run_state = run_state_
    message.task_queue = task_queue_
    message.schedule_to_close_timeout = schedule_to_close_timeout_
    message.schedule_to_start_timeout = schedule_to_start_timeout_
    message.start_to_close_timeout = start_to_close_timeout_
    message.heartbeat_timeout = heartbeat_timeout_
    message.retry_policy = retry_policy_
    message.heartbeat_details = heartbeat_details_
    message.last_heartbeat_time = last_heartbeat_time_
    message.last_started_time = last_started_time_
    message.attempt = attempt_
    message.execution_duration = execution_duration_
    message.schedule_time = schedule_time_
    message.expiration_time = expiration_time_
    message.close_time = close_time_
    message.last_failure = last_failure_
    message.last_worker_identity = last_worker_identity_
    message.current_retry_interval = current_retry_interval_
    message.last_attempt_complete_time = last_attempt_complete_time_
    message.next_attempt_schedule_time = next_attempt_schedule_time_
    message.last_deployment_version = last_deployment_version_
    message.priority = priority_
    message.state_transition_count = state_transition_count_
    message.state_size_bytes = state_size_bytes_
    message.search_attributes = search_attributes_
    message.header = header_
    message.user_metadata = user_metadata_
    message.canceled_reason = canceled_reason_
    message.total_heartbeat_count = total_heartbeat_count_
    message.sdk_name = sdk_name_
    message.sdk_version = sdk_version_
    message.start_delay = start_delay_
    message.execution_time = execution_time_
    message.propagated_nexus_serialization_context = propagated_nexus_serialization_context_
    message.eager_execution_accepted = eager_execution_accepted_
    message._unknown_fields = unknown
    return message


def encode_activity_ActivityExecutionInfo(message):
    parts = []
    add = parts.append
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.status
    if value:
        add(b" " + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.run_state
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_start_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_policy
    if value is not None:
        raw = encode_common_RetryPolicy(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_heartbeat_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"j" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_started_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"r" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.attempt
    if value:
        add(b"x" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.execution_duration
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\x82\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x8a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.expiration_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x92\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.close_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x9a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"\xa2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_worker_identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\xaa\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.current_retry_interval
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\xb2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_attempt_complete_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\xba\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.next_attempt_schedule_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\xc2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_deployment_version
    if value is not None:
        raw = encode_deployment_heartbeats_WorkerDeploymentVersion(value)
        size = len(raw)
        add(b"\xca\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.priority
    if value is not None:
        raw = encode_common_Priority(value)
        size = len(raw)
        add(b"\xd2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.state_transition_count
    if value:
        add(b"\xd8\x01" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.state_size_bytes
    if value:
        add(b"\xe0\x01" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.search_attributes
    if value is not None:
        raw = encode_common_SearchAttributes(value)
        size = len(raw)
        add(b"\xea\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.header
    if value is not None:
        raw = encode_common_Header(value)
        size = len(raw)
        add(b"\xf2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.user_metadata
    if value is not None:
        raw = encode_sdk_UserMetadata(value)
        size = len(raw)
        add(b"\xfa\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.canceled_reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x82\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.total_heartbeat_count
    if value:
        add(b"\x90\x02" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.sdk_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x9a\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.sdk_version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\xa2\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_delay
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\xaa\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.execution_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\xb2\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.propagated_nexus_serialization_context
    if value is not None:
        raw = encode_nexus_PropagatedSerializationContext(value)
        size = len(raw)
        add(b"\xba\x02" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.eager_execution_accepted
    if value:
        add(b"\xc0\x02" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_activity_ActivityExecutionListInfo = frozenset([10, 18, 26, 34, 42, 48, 58, 66, 72, 80, 90, 98])
fields_of_activity_ActivityExecutionListInfo = attrgetter(
    "activity_id",
    "run_id",
    "activity_type",
    "schedule_time",
    "close_time",
    "status",
    "search_attributes",
    "task_queue",
    "state_transition_count",
    "state_size_bytes",
    "execution_duration",
    "execution_time",
    "_unknown_fields",
    "__class__",
)


def decode_activity_ActivityExecutionListInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(activity_ActivityExecutionListInfo)
        activity_id_ = ""
        run_id_ = ""
        activity_type_ = None
        schedule_time_ = None
        close_time_ = None
        status_ = enums_ActivityExecutionStatus(0)
        search_attributes_ = None
        task_queue_ = ""
        state_transition_count_ = 0
        state_size_bytes_ = 0
        execution_duration_ = None
        execution_time_ = None
        unknown = b""
    else:
        (
            activity_id_,
            run_id_,
            activity_type_,
            schedule_time_,
            close_time_,
            status_,
            search_attributes_,
            task_queue_,
            state_transition_count_,
            state_size_bytes_,
            execution_duration_,
            execution_time_,
            unknown,
            _,
        ) = fields_of_activity_ActivityExecutionListInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_type_ = decode_common_ActivityType(data, at, stop, depth + 1, activity_type_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, schedule_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                close_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, close_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                status_ = enums_ActivityExecutionStatus_by_number(number)
                if status_ is None:
                    status_ = enums_ActivityExecutionStatus(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                search_attributes_ = decode_common_SearchAttributes(data, at, stop, depth + 1, search_attributes_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_queue_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 72:
                state_transition_count_ = data[at]
                at += 1
                if state_transition_count_ > 127:
                    state_transition_count_, at = read_int64(data, at, state_transition_count_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 80:
                state_size_bytes_ = data[at]
                at += 1
                if state_size_bytes_ > 127:
                    state_size_bytes_, at = read_int64(data, at, state_size_bytes_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 90:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_duration_ = decode_wkt_Duration(data, at, stop, depth + 1, execution_duration_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 98:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, execution_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_activity_ActivityExecutionListInfo:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.activity_type = activity_type_
    message.schedule_time = schedule_time_
    message.close_time = close_time_
    message.status = status_
    message.search_attributes = search_attributes_
    message.task_queue = task_queue_
    message.state_transition_count = state_transition_count_
    message.state_size_bytes = state_size_bytes_
    message.execution_duration = execution_duration_
    message.execution_time = execution_time_
    message._unknown_fields = unknown
    return message


def encode_activity_ActivityExecutionListInfo(message):
    parts = []
    add = parts.append
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.close_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.status
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.search_attributes
    if value is not None:
        raw = encode_common_SearchAttributes(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.state_transition_count
    if value:
        add(b"H" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.state_size_bytes
    if value:
        add(b"P" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.execution_duration
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.execution_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_activity_ActivityExecutionOutcome = frozenset([10, 18, 24])
fields_of_activity_ActivityExecutionOutcome = attrgetter("retry_state", "_unknown_fields", "__class__")


def decode_activity_ActivityExecutionOutcome(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(activity_ActivityExecutionOutcome)
        retry_state_ = enums_failures_RetryState(0)
        which_value = value_ = None
        unknown = b""
    else:
        retry_state_, unknown, _ = fields_of_activity_ActivityExecutionOutcome(message)
        which_value, value_ = which_of(message, ("result", "failure"))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                value_ = decode_common_Payloads(data, at, stop, depth + 1, value_ if which_value == "result" else None)
                at = stop
                which_value = "result"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                value_ = decode_failure_Failure(data, at, stop, depth + 1, value_ if which_value == "failure" else None)
                at = stop
                which_value = "failure"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                retry_state_ = enums_failures_RetryState_by_number(number)
                if retry_state_ is None:
                    retry_state_ = enums_failures_RetryState(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_activity_ActivityExecutionOutcome:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.retry_state = retry_state_
    message.result = message.failure = None
    if which_value is not None:
        setattr(message, which_value, value_)
    message._unknown_fields = unknown
    return message


def encode_activity_ActivityExecutionOutcome(message):
    parts = []
    add = parts.append
    value = message.result
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_state
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_activity_ActivityOptions = frozenset([10, 18, 26, 34, 42, 50, 58, 66])
fields_of_activity_ActivityOptions = attrgetter(
    "task_queue",
    "schedule_to_close_timeout",
    "schedule_to_start_timeout",
    "start_to_close_timeout",
    "heartbeat_timeout",
    "retry_policy",
    "priority",
    "start_delay",
    "_unknown_fields",
    "__class__",
)


def decode_activity_ActivityOptions(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(activity_ActivityOptions)
        task_queue_ = None
        schedule_to_close_timeout_ = None
        schedule_to_start_timeout_ = None
        start_to_close_timeout_ = None
        heartbeat_timeout_ = None
        retry_policy_ = None
        priority_ = None
        start_delay_ = None
        unknown = b""
    else:
        (
            task_queue_,
            schedule_to_close_timeout_,
            schedule_to_start_timeout_,
            start_to_close_timeout_,
            heartbeat_timeout_,
            retry_policy_,
            priority_,
            start_delay_,
            unknown,
            _,
        ) = fields_of_activity_ActivityOptions(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_queue_ = decode_taskqueue_TaskQueue(data, at, stop, depth + 1, task_queue_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_start_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_start_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, start_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                heartbeat_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, heartbeat_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                retry_policy_ = decode_common_RetryPolicy(data, at, stop, depth + 1, retry_policy_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                priority_ = decode_common_Priority(data, at, stop, depth + 1, priority_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_delay_ = decode_wkt_Duration(data, at, stop, depth + 1, start_delay_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_activity_ActivityOptions:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.task_queue = task_queue_
    message.schedule_to_close_timeout = schedule_to_close_timeout_
    message.schedule_to_start_timeout = schedule_to_start_timeout_
    message.start_to_close_timeout = start_to_close_timeout_
    message.heartbeat_timeout = heartbeat_timeout_
    message.retry_policy = retry_policy_
    message.priority = priority_
    message.start_delay = start_delay_
    message._unknown_fields = unknown
    return message


def encode_activity_ActivityOptions(message):
    parts = []
    add = parts.append
    value = message.task_queue
    if value is not None:
        raw = encode_taskqueue_TaskQueue(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_start_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_policy
    if value is not None:
        raw = encode_common_RetryPolicy(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.priority
    if value is not None:
        raw = encode_common_Priority(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_delay
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_OnConflictOptions = frozenset([8, 16, 24])
fields_of_common_OnConflictOptions = attrgetter(
    "attach_request_id", "attach_completion_callbacks", "attach_links", "_unknown_fields", "__class__"
)


def decode_common_OnConflictOptions(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_OnConflictOptions)
        attach_request_id_ = False
        attach_completion_callbacks_ = False
        attach_links_ = False
        unknown = b""
    else:
        attach_request_id_, attach_completion_callbacks_, attach_links_, unknown, _ = (
            fields_of_common_OnConflictOptions(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                attach_request_id_ = data[at]
                at += 1
                if attach_request_id_ > 127:
                    attach_request_id_, at = read_uint64(data, at, attach_request_id_)
                attach_request_id_ = attach_request_id_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                attach_completion_callbacks_ = data[at]
                at += 1
                if attach_completion_callbacks_ > 127:
                    attach_completion_callbacks_, at = read_uint64(data, at, attach_completion_callbacks_)
                attach_completion_callbacks_ = attach_completion_callbacks_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                attach_links_ = data[at]
                at += 1
                if attach_links_ > 127:
                    attach_links_, at = read_uint64(data, at, attach_links_)
                attach_links_ = attach_links_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_OnConflictOptions:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.attach_request_id = attach_request_id_
    message.attach_completion_callbacks = attach_completion_callbacks_
    message.attach_links = attach_links_
    message._unknown_fields = unknown
    return message


def encode_common_OnConflictOptions(message):
    parts = []
    add = parts.append
    value = message.attach_request_id
    if value:
        add(b"\x08" + BOOL[value])
    value = message.attach_completion_callbacks
    if value:
        add(b"\x10" + BOOL[value])
    value = message.attach_links
    if value:
        add(b"\x18" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_SearchAttributes = frozenset([10])
fields_of_common_SearchAttributes = attrgetter("indexed_fields", "_unknown_fields", "__class__")


def decode_common_SearchAttributes(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_SearchAttributes)
        indexed_fields_ = {}
        unknown = b""
    else:
        indexed_fields_, unknown, _ = fields_of_common_SearchAttributes(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                entry_end = data[at]
                at += 1
                if entry_end > 127:
                    entry_end, at = read_size(data, at, entry_end)
                entry_end += at
                if depth > 99:
                    too_deep()
                known = True
                key = ""
                item = None
                while at < entry_end:
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                    if tag == 10:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        key = data[at:stop].decode()
                        at = stop
                    elif tag == 18:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        item = decode_common_Payload(data, at, stop, depth + 2, item)
                        at = stop
                    else:
                        known = False
                        at = skip(data, at, tag, depth + 1)
                if at != entry_end:
                    truncated()
                if known:
                    if item is None:
                        item = decode_common_Payload(data, at, at, depth + 2)
                    indexed_fields_[key] = item
                else:
                    unknown = keep(unknown, data[start:entry_end])
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_common_SearchAttributes:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.indexed_fields = indexed_fields_
    message._unknown_fields = unknown
    return message


def encode_common_SearchAttributes(message):
    parts = []
    add = parts.append
    value = message.indexed_fields
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += (
                b"\x12"
                + (BYTE[size] if (size := len(raw := encode_common_Payload(item))) < 128 else varint(size))
                + raw
            )
            size = len(entry)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)) + entry)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_ActivityExecutionAlreadyStartedFailure = frozenset([10, 18])
fields_of_errordetails_ActivityExecutionAlreadyStartedFailure = attrgetter(
    "start_request_id", "run_id", "_unknown_fields", "__class__"
)


def decode_errordetails_ActivityExecutionAlreadyStartedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_ActivityExecutionAlreadyStartedFailure)
        start_request_id_ = ""
        run_id_ = ""
        unknown = b""
    else:
        start_request_id_, run_id_, unknown, _ = fields_of_errordetails_ActivityExecutionAlreadyStartedFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_ActivityExecutionAlreadyStartedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.start_request_id = start_request_id_
    message.run_id = run_id_
    message._unknown_fields = unknown
    return message


def encode_errordetails_ActivityExecutionAlreadyStartedFailure(message):
    parts = []
    add = parts.append
    value = message.start_request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_CancellationAlreadyRequestedFailure = frozenset([])
fields_of_errordetails_CancellationAlreadyRequestedFailure = attrgetter("_unknown_fields", "__class__")


def decode_errordetails_CancellationAlreadyRequestedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_CancellationAlreadyRequestedFailure)
        unknown = b""
    else:
        unknown, _ = fields_of_errordetails_CancellationAlreadyRequestedFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_errordetails_CancellationAlreadyRequestedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_errordetails_CancellationAlreadyRequestedFailure(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_ClientVersionNotSupportedFailure = frozenset([10, 18, 26])
fields_of_errordetails_ClientVersionNotSupportedFailure = attrgetter(
    "client_version", "client_name", "supported_versions", "_unknown_fields", "__class__"
)


def decode_errordetails_ClientVersionNotSupportedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_ClientVersionNotSupportedFailure)
        client_version_ = ""
        client_name_ = ""
        supported_versions_ = ""
        unknown = b""
    else:
        client_version_, client_name_, supported_versions_, unknown, _ = (
            fields_of_errordetails_ClientVersionNotSupportedFailure(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                client_version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                client_name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                supported_versions_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_ClientVersionNotSupportedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.client_version = client_version_
    message.client_name = client_name_
    message.supported_versions = supported_versions_
    message._unknown_fields = unknown
    return message


def encode_errordetails_ClientVersionNotSupportedFailure(message):
    parts = []
    add = parts.append
    value = message.client_version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.client_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.supported_versions
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_MultiOperationExecutionFailure = frozenset([10])
fields_of_errordetails_MultiOperationExecutionFailure = attrgetter("statuses", "_unknown_fields", "__class__")


def decode_errordetails_MultiOperationExecutionFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_MultiOperationExecutionFailure)
        statuses_ = []
        unknown = b""
    else:
        statuses_, unknown, _ = fields_of_errordetails_MultiOperationExecutionFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_errordetails_MultiOperationExecutionFailureOperationStatus(data, at, stop, depth + 1)
                at = stop
                statuses_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_errordetails_MultiOperationExecutionFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.statuses = statuses_
    message._unknown_fields = unknown
    return message


def encode_errordetails_MultiOperationExecutionFailure(message):
    parts = []
    add = parts.append
    value = message.statuses
    if value:
        for item in value:
            raw = encode_errordetails_MultiOperationExecutionFailureOperationStatus(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_MultiOperationExecutionFailureOperationStatus = frozenset([8, 18, 26])
fields_of_errordetails_MultiOperationExecutionFailureOperationStatus = attrgetter(
    "code", "message", "details", "_unknown_fields", "__class__"
)


def decode_errordetails_MultiOperationExecutionFailureOperationStatus(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_MultiOperationExecutionFailureOperationStatus)
        code_ = 0
        message_ = ""
        details_ = []
        unknown = b""
    else:
        code_, message_, details_, unknown, _ = fields_of_errordetails_MultiOperationExecutionFailureOperationStatus(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                code_ = data[at]
                at += 1
                if code_ > 127:
                    code_, at = read_int32(data, at, code_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                message_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_wkt_Any(data, at, stop, depth + 1)
                at = stop
                details_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_errordetails_MultiOperationExecutionFailureOperationStatus:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.code = code_
    message.message = message_
    message.details = details_
    message._unknown_fields = unknown
    return message


def encode_errordetails_MultiOperationExecutionFailureOperationStatus(message):
    parts = []
    add = parts.append
    value = message.code
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.message
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value:
        for item in value:
            raw = encode_wkt_Any(item)
            size = len(raw)
            add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NamespaceAlreadyExistsFailure = frozenset([])
fields_of_errordetails_NamespaceAlreadyExistsFailure = attrgetter("_unknown_fields", "__class__")


def decode_errordetails_NamespaceAlreadyExistsFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NamespaceAlreadyExistsFailure)
        unknown = b""
    else:
        unknown, _ = fields_of_errordetails_NamespaceAlreadyExistsFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_errordetails_NamespaceAlreadyExistsFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_errordetails_NamespaceAlreadyExistsFailure(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NamespaceInvalidStateFailure = frozenset([10, 16, 26, 24])
fields_of_errordetails_NamespaceInvalidStateFailure = attrgetter(
    "namespace", "state", "allowed_states", "_unknown_fields", "__class__"
)


def decode_errordetails_NamespaceInvalidStateFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NamespaceInvalidStateFailure)
        namespace_ = ""
        state_ = enums_NamespaceState(0)
        allowed_states_ = []
        unknown = b""
    else:
        namespace_, state_, allowed_states_, unknown, _ = fields_of_errordetails_NamespaceInvalidStateFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                state_ = enums_NamespaceState_by_number(number)
                if state_ is None:
                    state_ = enums_NamespaceState(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                list_end = data[at]
                at += 1
                if list_end > 127:
                    list_end, at = read_size(data, at, list_end)
                list_end += at
                while at < list_end:
                    number = data[at]
                    at += 1
                    if number > 127:
                        number, at = read_uint64(data, at, number)
                    item = enums_NamespaceState_by_number(number)
                    if item is None:
                        item = enums_NamespaceState(to_int32(number))
                    allowed_states_.append(item)
                if at != list_end:
                    truncated()
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 24:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                item = enums_NamespaceState_by_number(number)
                if item is None:
                    item = enums_NamespaceState(to_int32(number))
                allowed_states_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_errordetails_NamespaceInvalidStateFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.state = state_
    message.allowed_states = allowed_states_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NamespaceInvalidStateFailure(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.state
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.allowed_states
    if value:
        raw = b"".join([(BYTE[item] if 0 <= item < 128 else int32(item)) for item in value])
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NamespaceNotActiveFailure = frozenset([10, 18, 26])
fields_of_errordetails_NamespaceNotActiveFailure = attrgetter(
    "namespace", "current_cluster", "active_cluster", "_unknown_fields", "__class__"
)


def decode_errordetails_NamespaceNotActiveFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NamespaceNotActiveFailure)
        namespace_ = ""
        current_cluster_ = ""
        active_cluster_ = ""
        unknown = b""
    else:
        namespace_, current_cluster_, active_cluster_, unknown, _ = fields_of_errordetails_NamespaceNotActiveFailure(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                current_cluster_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                active_cluster_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NamespaceNotActiveFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.current_cluster = current_cluster_
    message.active_cluster = active_cluster_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NamespaceNotActiveFailure(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.current_cluster
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.active_cluster
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NamespaceNotFoundFailure = frozenset([10])
fields_of_errordetails_NamespaceNotFoundFailure = attrgetter("namespace", "_unknown_fields", "__class__")


def decode_errordetails_NamespaceNotFoundFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NamespaceNotFoundFailure)
        namespace_ = ""
        unknown = b""
    else:
        namespace_, unknown, _ = fields_of_errordetails_NamespaceNotFoundFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NamespaceNotFoundFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NamespaceNotFoundFailure(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NamespaceUnavailableFailure = frozenset([10])
fields_of_errordetails_NamespaceUnavailableFailure = attrgetter("namespace", "_unknown_fields", "__class__")


def decode_errordetails_NamespaceUnavailableFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NamespaceUnavailableFailure)
        namespace_ = ""
        unknown = b""
    else:
        namespace_, unknown, _ = fields_of_errordetails_NamespaceUnavailableFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NamespaceUnavailableFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NamespaceUnavailableFailure(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NewerBuildExistsFailure = frozenset([10])
fields_of_errordetails_NewerBuildExistsFailure = attrgetter("default_build_id", "_unknown_fields", "__class__")


def decode_errordetails_NewerBuildExistsFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NewerBuildExistsFailure)
        default_build_id_ = ""
        unknown = b""
    else:
        default_build_id_, unknown, _ = fields_of_errordetails_NewerBuildExistsFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                default_build_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NewerBuildExistsFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.default_build_id = default_build_id_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NewerBuildExistsFailure(message):
    parts = []
    add = parts.append
    value = message.default_build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NexusOperationExecutionAlreadyStartedFailure = frozenset([10, 18])
fields_of_errordetails_NexusOperationExecutionAlreadyStartedFailure = attrgetter(
    "start_request_id", "run_id", "_unknown_fields", "__class__"
)


def decode_errordetails_NexusOperationExecutionAlreadyStartedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NexusOperationExecutionAlreadyStartedFailure)
        start_request_id_ = ""
        run_id_ = ""
        unknown = b""
    else:
        start_request_id_, run_id_, unknown, _ = fields_of_errordetails_NexusOperationExecutionAlreadyStartedFailure(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NexusOperationExecutionAlreadyStartedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.start_request_id = start_request_id_
    message.run_id = run_id_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NexusOperationExecutionAlreadyStartedFailure(message):
    parts = []
    add = parts.append
    value = message.start_request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_NotFoundFailure = frozenset([10, 18])
fields_of_errordetails_NotFoundFailure = attrgetter("current_cluster", "active_cluster", "_unknown_fields", "__class__")


def decode_errordetails_NotFoundFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_NotFoundFailure)
        current_cluster_ = ""
        active_cluster_ = ""
        unknown = b""
    else:
        current_cluster_, active_cluster_, unknown, _ = fields_of_errordetails_NotFoundFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                current_cluster_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                active_cluster_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_NotFoundFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.current_cluster = current_cluster_
    message.active_cluster = active_cluster_
    message._unknown_fields = unknown
    return message


def encode_errordetails_NotFoundFailure(message):
    parts = []
    add = parts.append
    value = message.current_cluster
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.active_cluster
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_PermissionDeniedFailure = frozenset([10])
fields_of_errordetails_PermissionDeniedFailure = attrgetter("reason", "_unknown_fields", "__class__")


def decode_errordetails_PermissionDeniedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_PermissionDeniedFailure)
        reason_ = ""
        unknown = b""
    else:
        reason_, unknown, _ = fields_of_errordetails_PermissionDeniedFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_PermissionDeniedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.reason = reason_
    message._unknown_fields = unknown
    return message


def encode_errordetails_PermissionDeniedFailure(message):
    parts = []
    add = parts.append
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_QueryFailedFailure = frozenset([10])
fields_of_errordetails_QueryFailedFailure = attrgetter("failure", "_unknown_fields", "__class__")


def decode_errordetails_QueryFailedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_QueryFailedFailure)
        failure_ = None
        unknown = b""
    else:
        failure_, unknown, _ = fields_of_errordetails_QueryFailedFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                failure_ = decode_failure_Failure(data, at, stop, depth + 1, failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_QueryFailedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.failure = failure_
    message._unknown_fields = unknown
    return message


def encode_errordetails_QueryFailedFailure(message):
    parts = []
    add = parts.append
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_ResourceExhaustedFailure = frozenset([8, 16])
fields_of_errordetails_ResourceExhaustedFailure = attrgetter("cause", "scope", "_unknown_fields", "__class__")


def decode_errordetails_ResourceExhaustedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_ResourceExhaustedFailure)
        cause_ = enums_ResourceExhaustedCause(0)
        scope_ = enums_ResourceExhaustedScope(0)
        unknown = b""
    else:
        cause_, scope_, unknown, _ = fields_of_errordetails_ResourceExhaustedFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                cause_ = enums_ResourceExhaustedCause_by_number(number)
                if cause_ is None:
                    cause_ = enums_ResourceExhaustedCause(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                scope_ = enums_ResourceExhaustedScope_by_number(number)
                if scope_ is None:
                    scope_ = enums_ResourceExhaustedScope(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_ResourceExhaustedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.cause = cause_
    message.scope = scope_
    message._unknown_fields = unknown
    return message


def encode_errordetails_ResourceExhaustedFailure(message):
    parts = []
    add = parts.append
    value = message.cause
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.scope
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_ServerVersionNotSupportedFailure = frozenset([10, 18])
fields_of_errordetails_ServerVersionNotSupportedFailure = attrgetter(
    "server_version", "client_supported_server_versions", "_unknown_fields", "__class__"
)


def decode_errordetails_ServerVersionNotSupportedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_ServerVersionNotSupportedFailure)
        server_version_ = ""
        client_supported_server_versions_ = ""
        unknown = b""
    else:
        server_version_, client_supported_server_versions_, unknown, _ = (
            fields_of_errordetails_ServerVersionNotSupportedFailure(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                server_version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                client_supported_server_versions_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_ServerVersionNotSupportedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.server_version = server_version_
    message.client_supported_server_versions = client_supported_server_versions_
    message._unknown_fields = unknown
    return message


def encode_errordetails_ServerVersionNotSupportedFailure(message):
    parts = []
    add = parts.append
    value = message.server_version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.client_supported_server_versions
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_SystemWorkflowFailure = frozenset([10, 18])
fields_of_errordetails_SystemWorkflowFailure = attrgetter(
    "workflow_execution", "workflow_error", "_unknown_fields", "__class__"
)


def decode_errordetails_SystemWorkflowFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_SystemWorkflowFailure)
        workflow_execution_ = None
        workflow_error_ = ""
        unknown = b""
    else:
        workflow_execution_, workflow_error_, unknown, _ = fields_of_errordetails_SystemWorkflowFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_execution_ = decode_common_WorkflowExecution(data, at, stop, depth + 1, workflow_execution_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_error_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_SystemWorkflowFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.workflow_execution = workflow_execution_
    message.workflow_error = workflow_error_
    message._unknown_fields = unknown
    return message


def encode_errordetails_SystemWorkflowFailure(message):
    parts = []
    add = parts.append
    value = message.workflow_execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_error
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_WorkflowExecutionAlreadyStartedFailure = frozenset([10, 18, 26])
fields_of_errordetails_WorkflowExecutionAlreadyStartedFailure = attrgetter(
    "start_request_id", "run_id", "first_execution_run_id", "_unknown_fields", "__class__"
)


def decode_errordetails_WorkflowExecutionAlreadyStartedFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_WorkflowExecutionAlreadyStartedFailure)
        start_request_id_ = ""
        run_id_ = ""
        first_execution_run_id_ = ""
        unknown = b""
    else:
        start_request_id_, run_id_, first_execution_run_id_, unknown, _ = (
            fields_of_errordetails_WorkflowExecutionAlreadyStartedFailure(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                first_execution_run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_errordetails_WorkflowExecutionAlreadyStartedFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.start_request_id = start_request_id_
    message.run_id = run_id_
    message.first_execution_run_id = first_execution_run_id_
    message._unknown_fields = unknown
    return message


def encode_errordetails_WorkflowExecutionAlreadyStartedFailure(message):
    parts = []
    add = parts.append
    value = message.start_request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.first_execution_run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_WorkflowNotReadyFailure = frozenset([])
fields_of_errordetails_WorkflowNotReadyFailure = attrgetter("_unknown_fields", "__class__")


def decode_errordetails_WorkflowNotReadyFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_WorkflowNotReadyFailure)
        unknown = b""
    else:
        unknown, _ = fields_of_errordetails_WorkflowNotReadyFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_errordetails_WorkflowNotReadyFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_errordetails_WorkflowNotReadyFailure(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_errordetails_WorkflowTaskCompletionBufferLostFailure = frozenset([])
fields_of_errordetails_WorkflowTaskCompletionBufferLostFailure = attrgetter("_unknown_fields", "__class__")


def decode_errordetails_WorkflowTaskCompletionBufferLostFailure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(errordetails_WorkflowTaskCompletionBufferLostFailure)
        unknown = b""
    else:
        unknown, _ = fields_of_errordetails_WorkflowTaskCompletionBufferLostFailure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_errordetails_WorkflowTaskCompletionBufferLostFailure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_errordetails_WorkflowTaskCompletionBufferLostFailure(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_history_History = frozenset([10])
fields_of_history_History = attrgetter("events", "_unknown_fields", "__class__")


def decode_history_History(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(history_History)
        events_ = []
        unknown = b""
    else:
        events_, unknown, _ = fields_of_history_History(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_history_HistoryEvent(data, at, stop, depth + 1)
                at = stop
                events_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_history_History:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.events = events_
    message._unknown_fields = unknown
    return message


def encode_history_History(message):
    parts = []
    add = parts.append
    value = message.events
    if value:
        for item in value:
            raw = encode_history_HistoryEvent(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_history_HistoryEvent = frozenset([8, 18, 24])
fields_of_history_HistoryEvent = attrgetter("event_id", "event_time", "event_type", "_unknown_fields", "__class__")


def decode_history_HistoryEvent(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(history_HistoryEvent)
        event_id_ = 0
        event_time_ = None
        event_type_ = enums_EventType(0)
        unknown = b""
    else:
        event_id_, event_time_, event_type_, unknown, _ = fields_of_history_HistoryEvent(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                event_id_ = data[at]
                at += 1
                if event_id_ > 127:
                    event_id_, at = read_int64(data, at, event_id_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                event_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, event_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                event_type_ = enums_EventType_by_number(number)
                if event_type_ is None:
                    event_type_ = enums_EventType(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_history_HistoryEvent:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.event_id = event_id_
    message.event_time = event_time_
    message.event_type = event_type_
    message._unknown_fields = unknown
    return message


def encode_history_HistoryEvent(message):
    parts = []
    add = parts.append
    value = message.event_id
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.event_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.event_type
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_CancelOperationRequest = frozenset([10, 18, 26, 34])
fields_of_nexus_CancelOperationRequest = attrgetter(
    "service", "operation", "operation_id", "operation_token", "_unknown_fields", "__class__"
)


def decode_nexus_CancelOperationRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_CancelOperationRequest)
        service_ = ""
        operation_ = ""
        operation_id_ = ""
        operation_token_ = ""
        unknown = b""
    else:
        service_, operation_, operation_id_, operation_token_, unknown, _ = fields_of_nexus_CancelOperationRequest(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                service_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_token_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_CancelOperationRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.service = service_
    message.operation = operation_
    message.operation_id = operation_id_
    message.operation_token = operation_token_
    message._unknown_fields = unknown
    return message


def encode_nexus_CancelOperationRequest(message):
    parts = []
    add = parts.append
    value = message.service
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation_token
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_CancelOperationResponse = frozenset([])
fields_of_nexus_CancelOperationResponse = attrgetter("_unknown_fields", "__class__")


def decode_nexus_CancelOperationResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_CancelOperationResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_nexus_CancelOperationResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_nexus_CancelOperationResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_nexus_CancelOperationResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_Failure = frozenset([10, 18, 26, 34, 42])
fields_of_nexus_Failure = attrgetter(
    "message", "metadata", "details", "stack_trace", "cause", "_unknown_fields", "__class__"
)


def decode_nexus_Failure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_Failure)
        message_ = ""
        metadata_ = {}
        details_ = b""
        stack_trace_ = ""
        cause_ = None
        unknown = b""
    else:
        message_, metadata_, details_, stack_trace_, cause_, unknown, _ = fields_of_nexus_Failure(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                message_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 18:
                entry_end = data[at]
                at += 1
                if entry_end > 127:
                    entry_end, at = read_size(data, at, entry_end)
                entry_end += at
                if depth > 99:
                    too_deep()
                known = True
                key = ""
                item = ""
                while at < entry_end:
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                    if tag == 10:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        key = data[at:stop].decode()
                        at = stop
                    elif tag == 18:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        item = data[at:stop].decode()
                        at = stop
                    else:
                        known = False
                        at = skip(data, at, tag, depth + 1)
                if at != entry_end:
                    truncated()
                if known:
                    metadata_[key] = item
                else:
                    unknown = keep(unknown, data[start:entry_end])
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                details_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                stack_trace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                cause_ = decode_nexus_Failure(data, at, stop, depth + 1, cause_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_Failure:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.message = message_
    message.metadata = metadata_
    message.details = details_
    message.stack_trace = stack_trace_
    message.cause = cause_
    message._unknown_fields = unknown
    return message


def encode_nexus_Failure(message):
    parts = []
    add = parts.append
    value = message.message
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.metadata
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += b"\x12" + (BYTE[size] if (size := len(raw := item.encode())) < 128 else varint(size)) + raw
            size = len(entry)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)) + entry)
    value = message.details
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.stack_trace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cause
    if value is not None:
        raw = encode_nexus_Failure(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_HandlerError = frozenset([10, 18, 24])
fields_of_nexus_HandlerError = attrgetter("error_type", "failure", "retry_behavior", "_unknown_fields", "__class__")


def decode_nexus_HandlerError(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_HandlerError)
        error_type_ = ""
        failure_ = None
        retry_behavior_ = enums_failures_NexusHandlerErrorRetryBehavior(0)
        unknown = b""
    else:
        error_type_, failure_, retry_behavior_, unknown, _ = fields_of_nexus_HandlerError(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                error_type_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                failure_ = decode_nexus_Failure(data, at, stop, depth + 1, failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                retry_behavior_ = enums_failures_NexusHandlerErrorRetryBehavior_by_number(number)
                if retry_behavior_ is None:
                    retry_behavior_ = enums_failures_NexusHandlerErrorRetryBehavior(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_HandlerError:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.error_type = error_type_
    message.failure = failure_
    message.retry_behavior = retry_behavior_
    message._unknown_fields = unknown
    return message


def encode_nexus_HandlerError(message):
    parts = []
    add = parts.append
    value = message.error_type
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_nexus_Failure(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_behavior
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_Link = frozenset([10, 18])
fields_of_nexus_Link = attrgetter("url", "type", "_unknown_fields", "__class__")


def decode_nexus_Link(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_Link)
        url_ = ""
        type_ = ""
        unknown = b""
    else:
        url_, type_, unknown, _ = fields_of_nexus_Link(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                url_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                type_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_Link:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.url = url_
    message.type = type_
    message._unknown_fields = unknown
    return message


def encode_nexus_Link(message):
    parts = []
    add = parts.append
    value = message.url
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.type
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_Request = frozenset([10, 18, 26, 34, 82, 802])
fields_of_nexus_Request = attrgetter(
    "header", "scheduled_time", "endpoint", "capabilities", "_unknown_fields", "__class__"
)


def decode_nexus_Request(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_Request)
        header_ = {}
        scheduled_time_ = None
        endpoint_ = ""
        capabilities_ = None
        which_variant = variant_ = None
        unknown = b""
    else:
        header_, scheduled_time_, endpoint_, capabilities_, unknown, _ = fields_of_nexus_Request(message)
        which_variant, variant_ = which_of(message, ("start_operation", "cancel_operation"))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                entry_end = data[at]
                at += 1
                if entry_end > 127:
                    entry_end, at = read_size(data, at, entry_end)
                entry_end += at
                if depth > 99:
                    too_deep()
                known = True
                key = ""
                item = ""
                while at < entry_end:
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                    if tag == 10:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        key = data[at:stop].decode()
                        at = stop
                    elif tag == 18:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        item = data[at:stop].decode()
                        at = stop
                    else:
                        known = False
                        at = skip(data, at, tag, depth + 1)
                if at != entry_end:
                    truncated()
                if known:
                    header_[key] = item
                else:
                    unknown = keep(unknown, data[start:entry_end])
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                scheduled_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, scheduled_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_StartOperationRequest(
                    data, at, stop, depth + 1, variant_ if which_variant == "start_operation" else None
                )
                at = stop
                which_variant = "start_operation"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_CancelOperationRequest(
                    data, at, stop, depth + 1, variant_ if which_variant == "cancel_operation" else None
                )
                at = stop
                which_variant = "cancel_operation"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                endpoint_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 802:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                capabilities_ = decode_nexus_RequestCapabilities(data, at, stop, depth + 1, capabilities_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_Request:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.header = header_
    message.scheduled_time = scheduled_time_
    message.endpoint = endpoint_
    message.capabilities = capabilities_
    message.start_operation = message.cancel_operation = None
    if which_variant is not None:
        setattr(message, which_variant, variant_)
    message._unknown_fields = unknown
    return message


def encode_nexus_Request(message):
    parts = []
    add = parts.append
    value = message.header
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += b"\x12" + (BYTE[size] if (size := len(raw := item.encode())) < 128 else varint(size)) + raw
            size = len(entry)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)) + entry)
    value = message.scheduled_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_operation
    if value is not None:
        raw = encode_nexus_StartOperationRequest(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cancel_operation
    if value is not None:
        raw = encode_nexus_CancelOperationRequest(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.endpoint
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.capabilities
    if value is not None:
        raw = encode_nexus_RequestCapabilities(value)
        size = len(raw)
        add(b"\xa2\x06" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_RequestCapabilities = frozenset([8])
fields_of_nexus_RequestCapabilities = attrgetter("temporal_failure_responses", "_unknown_fields", "__class__")


def decode_nexus_RequestCapabilities(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_RequestCapabilities)
        temporal_failure_responses_ = False
        unknown = b""
    else:
        temporal_failure_responses_, unknown, _ = fields_of_nexus_RequestCapabilities(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                temporal_failure_responses_ = data[at]
                at += 1
                if temporal_failure_responses_ > 127:
                    temporal_failure_responses_, at = read_uint64(data, at, temporal_failure_responses_)
                temporal_failure_responses_ = temporal_failure_responses_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_RequestCapabilities:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.temporal_failure_responses = temporal_failure_responses_
    message._unknown_fields = unknown
    return message


def encode_nexus_RequestCapabilities(message):
    parts = []
    add = parts.append
    value = message.temporal_failure_responses
    if value:
        add(b"\x08" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_Response = frozenset([10, 18])
fields_of_nexus_Response = attrgetter("_unknown_fields", "__class__")


def decode_nexus_Response(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_Response)
        which_variant = variant_ = None
        unknown = b""
    else:
        unknown, _ = fields_of_nexus_Response(message)
        which_variant, variant_ = which_of(message, ("start_operation", "cancel_operation"))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_StartOperationResponse(
                    data, at, stop, depth + 1, variant_ if which_variant == "start_operation" else None
                )
                at = stop
                which_variant = "start_operation"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_CancelOperationResponse(
                    data, at, stop, depth + 1, variant_ if which_variant == "cancel_operation" else None
                )
                at = stop
                which_variant = "cancel_operation"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_Response:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.start_operation = message.cancel_operation = None
    if which_variant is not None:
        setattr(message, which_variant, variant_)
    message._unknown_fields = unknown
    return message


def encode_nexus_Response(message):
    parts = []
    add = parts.append
    value = message.start_operation
    if value is not None:
        raw = encode_nexus_StartOperationResponse(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cancel_operation
    if value is not None:
        raw = encode_nexus_CancelOperationResponse(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_StartOperationRequest = frozenset([10, 18, 26, 34, 42, 50, 58])
fields_of_nexus_StartOperationRequest = attrgetter(
    "service",
    "operation",
    "request_id",
    "callback",
    "payload",
    "callback_header",
    "links",
    "_unknown_fields",
    "__class__",
)


def decode_nexus_StartOperationRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_StartOperationRequest)
        service_ = ""
        operation_ = ""
        request_id_ = ""
        callback_ = ""
        payload_ = None
        callback_header_ = {}
        links_ = []
        unknown = b""
    else:
        service_, operation_, request_id_, callback_, payload_, callback_header_, links_, unknown, _ = (
            fields_of_nexus_StartOperationRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                service_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                callback_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                payload_ = decode_common_Payload(data, at, stop, depth + 1, payload_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 50:
                entry_end = data[at]
                at += 1
                if entry_end > 127:
                    entry_end, at = read_size(data, at, entry_end)
                entry_end += at
                if depth > 99:
                    too_deep()
                known = True
                key = ""
                item = ""
                while at < entry_end:
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                    if tag == 10:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        key = data[at:stop].decode()
                        at = stop
                    elif tag == 18:
                        stop = data[at]
                        at += 1
                        if stop > 127:
                            stop, at = read_size(data, at, stop)
                        stop += at
                        item = data[at:stop].decode()
                        at = stop
                    else:
                        known = False
                        at = skip(data, at, tag, depth + 1)
                if at != entry_end:
                    truncated()
                if known:
                    callback_header_[key] = item
                else:
                    unknown = keep(unknown, data[start:entry_end])
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            while tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_nexus_Link(data, at, stop, depth + 1)
                at = stop
                links_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_nexus_StartOperationRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.service = service_
    message.operation = operation_
    message.request_id = request_id_
    message.callback = callback_
    message.payload = payload_
    message.callback_header = callback_header_
    message.links = links_
    message._unknown_fields = unknown
    return message


def encode_nexus_StartOperationRequest(message):
    parts = []
    add = parts.append
    value = message.service
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.callback
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.payload
    if value is not None:
        raw = encode_common_Payload(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.callback_header
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += b"\x12" + (BYTE[size] if (size := len(raw := item.encode())) < 128 else varint(size)) + raw
            size = len(entry)
            add(b"2" + (BYTE[size] if size < 128 else varint(size)) + entry)
    value = message.links
    if value:
        for item in value:
            raw = encode_nexus_Link(item)
            size = len(raw)
            add(b":" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_StartOperationResponse = frozenset([10, 18, 26, 34])
fields_of_nexus_StartOperationResponse = attrgetter("_unknown_fields", "__class__")


def decode_nexus_StartOperationResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_StartOperationResponse)
        which_variant = variant_ = None
        unknown = b""
    else:
        unknown, _ = fields_of_nexus_StartOperationResponse(message)
        which_variant, variant_ = which_of(message, ("sync_success", "async_success", "operation_error", "failure"))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_StartOperationResponseSync(
                    data, at, stop, depth + 1, variant_ if which_variant == "sync_success" else None
                )
                at = stop
                which_variant = "sync_success"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_StartOperationResponseAsync(
                    data, at, stop, depth + 1, variant_ if which_variant == "async_success" else None
                )
                at = stop
                which_variant = "async_success"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_nexus_UnsuccessfulOperationError(
                    data, at, stop, depth + 1, variant_ if which_variant == "operation_error" else None
                )
                at = stop
                which_variant = "operation_error"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                variant_ = decode_failure_Failure(
                    data, at, stop, depth + 1, variant_ if which_variant == "failure" else None
                )
                at = stop
                which_variant = "failure"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_StartOperationResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.sync_success = message.async_success = message.operation_error = message.failure = None
    if which_variant is not None:
        setattr(message, which_variant, variant_)
    message._unknown_fields = unknown
    return message


def encode_nexus_StartOperationResponse(message):
    parts = []
    add = parts.append
    value = message.sync_success
    if value is not None:
        raw = encode_nexus_StartOperationResponseSync(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.async_success
    if value is not None:
        raw = encode_nexus_StartOperationResponseAsync(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation_error
    if value is not None:
        raw = encode_nexus_UnsuccessfulOperationError(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_StartOperationResponseAsync = frozenset([10, 18, 26])
fields_of_nexus_StartOperationResponseAsync = attrgetter(
    "operation_id", "links", "operation_token", "_unknown_fields", "__class__"
)


def decode_nexus_StartOperationResponseAsync(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_StartOperationResponseAsync)
        operation_id_ = ""
        links_ = []
        operation_token_ = ""
        unknown = b""
    else:
        operation_id_, links_, operation_token_, unknown, _ = fields_of_nexus_StartOperationResponseAsync(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_nexus_Link(data, at, stop, depth + 1)
                at = stop
                links_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_token_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_StartOperationResponseAsync:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.operation_id = operation_id_
    message.links = links_
    message.operation_token = operation_token_
    message._unknown_fields = unknown
    return message


def encode_nexus_StartOperationResponseAsync(message):
    parts = []
    add = parts.append
    value = message.operation_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.links
    if value:
        for item in value:
            raw = encode_nexus_Link(item)
            size = len(raw)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.operation_token
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_StartOperationResponseSync = frozenset([10, 18])
fields_of_nexus_StartOperationResponseSync = attrgetter("payload", "links", "_unknown_fields", "__class__")


def decode_nexus_StartOperationResponseSync(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_StartOperationResponseSync)
        payload_ = None
        links_ = []
        unknown = b""
    else:
        payload_, links_, unknown, _ = fields_of_nexus_StartOperationResponseSync(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                payload_ = decode_common_Payload(data, at, stop, depth + 1, payload_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_nexus_Link(data, at, stop, depth + 1)
                at = stop
                links_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_nexus_StartOperationResponseSync:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.payload = payload_
    message.links = links_
    message._unknown_fields = unknown
    return message


def encode_nexus_StartOperationResponseSync(message):
    parts = []
    add = parts.append
    value = message.payload
    if value is not None:
        raw = encode_common_Payload(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.links
    if value:
        for item in value:
            raw = encode_nexus_Link(item)
            size = len(raw)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_UnsuccessfulOperationError = frozenset([10, 18])
fields_of_nexus_UnsuccessfulOperationError = attrgetter("operation_state", "failure", "_unknown_fields", "__class__")


def decode_nexus_UnsuccessfulOperationError(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_UnsuccessfulOperationError)
        operation_state_ = ""
        failure_ = None
        unknown = b""
    else:
        operation_state_, failure_, unknown, _ = fields_of_nexus_UnsuccessfulOperationError(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                operation_state_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                failure_ = decode_nexus_Failure(data, at, stop, depth + 1, failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_UnsuccessfulOperationError:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.operation_state = operation_state_
    message.failure = failure_
    message._unknown_fields = unknown
    return message


def encode_nexus_UnsuccessfulOperationError(message):
    parts = []
    add = parts.append
    value = message.operation_state
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_nexus_Failure(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexusservices_workerservice_ExecuteCommandsRequest = frozenset([10])
fields_of_nexusservices_workerservice_ExecuteCommandsRequest = attrgetter("commands", "_unknown_fields", "__class__")


def decode_nexusservices_workerservice_ExecuteCommandsRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexusservices_workerservice_ExecuteCommandsRequest)
        commands_ = []
        unknown = b""
    else:
        commands_, unknown, _ = fields_of_nexusservices_workerservice_ExecuteCommandsRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_WorkerCommand(data, at, stop, depth + 1)
                at = stop
                commands_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_nexusservices_workerservice_ExecuteCommandsRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.commands = commands_
    message._unknown_fields = unknown
    return message


def encode_nexusservices_workerservice_ExecuteCommandsRequest(message):
    parts = []
    add = parts.append
    value = message.commands
    if value:
        for item in value:
            raw = encode_worker_WorkerCommand(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexusservices_workerservice_ExecuteCommandsResponse = frozenset([10])
fields_of_nexusservices_workerservice_ExecuteCommandsResponse = attrgetter("results", "_unknown_fields", "__class__")


def decode_nexusservices_workerservice_ExecuteCommandsResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexusservices_workerservice_ExecuteCommandsResponse)
        results_ = []
        unknown = b""
    else:
        results_, unknown, _ = fields_of_nexusservices_workerservice_ExecuteCommandsResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_WorkerCommandResult(data, at, stop, depth + 1)
                at = stop
                results_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_nexusservices_workerservice_ExecuteCommandsResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.results = results_
    message._unknown_fields = unknown
    return message


def encode_nexusservices_workerservice_ExecuteCommandsResponse(message):
    parts = []
    add = parts.append
    value = message.results
    if value:
        for item in value:
            raw = encode_worker_WorkerCommandResult(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_sdk_UserMetadata = frozenset([10, 18])
fields_of_sdk_UserMetadata = attrgetter("summary", "details", "_unknown_fields", "__class__")


def decode_sdk_UserMetadata(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(sdk_UserMetadata)
        summary_ = None
        details_ = None
        unknown = b""
    else:
        summary_, details_, unknown, _ = fields_of_sdk_UserMetadata(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                summary_ = decode_common_Payload(data, at, stop, depth + 1, summary_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                details_ = decode_common_Payload(data, at, stop, depth + 1, details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_sdk_UserMetadata:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.summary = summary_
    message.details = details_
    message._unknown_fields = unknown
    return message


def encode_sdk_UserMetadata(message):
    parts = []
    add = parts.append
    value = message.summary
    if value is not None:
        raw = encode_common_Payload(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value is not None:
        raw = encode_common_Payload(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_CancelActivityCommand = frozenset([10])
fields_of_worker_CancelActivityCommand = attrgetter("task_token", "_unknown_fields", "__class__")


def decode_worker_CancelActivityCommand(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_CancelActivityCommand)
        task_token_ = b""
        unknown = b""
    else:
        task_token_, unknown, _ = fields_of_worker_CancelActivityCommand(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_CancelActivityCommand:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.task_token = task_token_
    message._unknown_fields = unknown
    return message


def encode_worker_CancelActivityCommand(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_CancelActivityResult = frozenset([])
fields_of_worker_CancelActivityResult = attrgetter("_unknown_fields", "__class__")


def decode_worker_CancelActivityResult(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_CancelActivityResult)
        unknown = b""
    else:
        unknown, _ = fields_of_worker_CancelActivityResult(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_worker_CancelActivityResult:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_worker_CancelActivityResult(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerCommand = frozenset([10])
fields_of_worker_WorkerCommand = attrgetter("_unknown_fields", "__class__")


def decode_worker_WorkerCommand(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerCommand)
        which_type = type_ = None
        unknown = b""
    else:
        unknown, _ = fields_of_worker_WorkerCommand(message)
        which_type, type_ = which_of(message, ("cancel_activity",))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                type_ = decode_worker_CancelActivityCommand(
                    data, at, stop, depth + 1, type_ if which_type == "cancel_activity" else None
                )
                at = stop
                which_type = "cancel_activity"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerCommand:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.cancel_activity = None
    if which_type is not None:
        setattr(message, which_type, type_)
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerCommand(message):
    parts = []
    add = parts.append
    value = message.cancel_activity
    if value is not None:
        raw = encode_worker_CancelActivityCommand(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerCommandResult = frozenset([10])
fields_of_worker_WorkerCommandResult = attrgetter("_unknown_fields", "__class__")


def decode_worker_WorkerCommandResult(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerCommandResult)
        which_type = type_ = None
        unknown = b""
    else:
        unknown, _ = fields_of_worker_WorkerCommandResult(message)
        which_type, type_ = which_of(message, ("cancel_activity",))
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                type_ = decode_worker_CancelActivityResult(
                    data, at, stop, depth + 1, type_ if which_type == "cancel_activity" else None
                )
                at = stop
                which_type = "cancel_activity"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerCommandResult:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.cancel_activity = None
    if which_type is not None:
        setattr(message, which_type, type_)
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerCommandResult(message):
    parts = []
    add = parts.append
    value = message.cancel_activity
    if value is not None:
        raw = encode_worker_CancelActivityResult(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflow_PendingActivityInfo = frozenset([10, 18, 24, 34, 50, 56, 152])
fields_of_workflow_PendingActivityInfo = attrgetter(
    "activity_id",
    "activity_type",
    "state",
    "heartbeat_details",
    "last_started_time",
    "attempt",
    "paused",
    "_unknown_fields",
    "__class__",
)


def decode_workflow_PendingActivityInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflow_PendingActivityInfo)
        activity_id_ = ""
        activity_type_ = None
        state_ = enums_PendingActivityState(0)
        heartbeat_details_ = None
        last_started_time_ = None
        attempt_ = 0
        paused_ = False
        unknown = b""
    else:
        activity_id_, activity_type_, state_, heartbeat_details_, last_started_time_, attempt_, paused_, unknown, _ = (
            fields_of_workflow_PendingActivityInfo(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_type_ = decode_common_ActivityType(data, at, stop, depth + 1, activity_type_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                state_ = enums_PendingActivityState_by_number(number)
                if state_ is None:
                    state_ = enums_PendingActivityState(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, heartbeat_details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_started_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, last_started_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                attempt_ = data[at]
                at += 1
                if attempt_ > 127:
                    attempt_, at = read_int32(data, at, attempt_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 152:
                paused_ = data[at]
                at += 1
                if paused_ > 127:
                    paused_, at = read_uint64(data, at, paused_)
                paused_ = paused_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflow_PendingActivityInfo:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.activity_id = activity_id_
    message.activity_type = activity_type_
    message.state = state_
    message.heartbeat_details = heartbeat_details_
    message.last_started_time = last_started_time_
    message.attempt = attempt_
    message.paused = paused_
    message._unknown_fields = unknown
    return message


def encode_workflow_PendingActivityInfo(message):
    parts = []
    add = parts.append
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.state
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_started_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.attempt
    if value:
        add(b"8" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.paused
    if value:
        add(b"\x98\x01" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflow_WorkflowExecutionInfo = frozenset([10, 40, 48])
fields_of_workflow_WorkflowExecutionInfo = attrgetter(
    "execution", "status", "history_length", "_unknown_fields", "__class__"
)


def decode_workflow_WorkflowExecutionInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflow_WorkflowExecutionInfo)
        execution_ = None
        status_ = enums_WorkflowExecutionStatus(0)
        history_length_ = 0
        unknown = b""
    else:
        execution_, status_, history_length_, unknown, _ = fields_of_workflow_WorkflowExecutionInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_ = decode_common_WorkflowExecution(data, at, stop, depth + 1, execution_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                status_ = enums_WorkflowExecutionStatus_by_number(number)
                if status_ is None:
                    status_ = enums_WorkflowExecutionStatus(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                history_length_ = data[at]
                at += 1
                if history_length_ > 127:
                    history_length_, at = read_int64(data, at, history_length_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflow_WorkflowExecutionInfo:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.execution = execution_
    message.status = status_
    message.history_length = history_length_
    message._unknown_fields = unknown
    return message


def encode_workflow_WorkflowExecutionInfo(message):
    parts = []
    add = parts.append
    value = message.execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.status
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.history_length
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_CountActivityExecutionsRequest = frozenset([10, 18])
fields_of_workflowservice_CountActivityExecutionsRequest = attrgetter(
    "namespace", "query", "_unknown_fields", "__class__"
)


def decode_workflowservice_CountActivityExecutionsRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_CountActivityExecutionsRequest)
        namespace_ = ""
        query_ = ""
        unknown = b""
    else:
        namespace_, query_, unknown, _ = fields_of_workflowservice_CountActivityExecutionsRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                query_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_CountActivityExecutionsRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.query = query_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_CountActivityExecutionsRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.query
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_CountActivityExecutionsResponse = frozenset([8, 18])
fields_of_workflowservice_CountActivityExecutionsResponse = attrgetter(
    "count", "groups", "_unknown_fields", "__class__"
)


def decode_workflowservice_CountActivityExecutionsResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_CountActivityExecutionsResponse)
        count_ = 0
        groups_ = []
        unknown = b""
    else:
        count_, groups_, unknown, _ = fields_of_workflowservice_CountActivityExecutionsResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                count_ = data[at]
                at += 1
                if count_ > 127:
                    count_, at = read_int64(data, at, count_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_workflowservice_CountActivityExecutionsResponseAggregationGroup(data, at, stop, depth + 1)
                at = stop
                groups_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_workflowservice_CountActivityExecutionsResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.count = count_
    message.groups = groups_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_CountActivityExecutionsResponse(message):
    parts = []
    add = parts.append
    value = message.count
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.groups
    if value:
        for item in value:
            raw = encode_workflowservice_CountActivityExecutionsResponseAggregationGroup(item)
            size = len(raw)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_CountActivityExecutionsResponseAggregationGroup = frozenset([10, 16])
fields_of_workflowservice_CountActivityExecutionsResponseAggregationGroup = attrgetter(
    "group_values", "count", "_unknown_fields", "__class__"
)


def decode_workflowservice_CountActivityExecutionsResponseAggregationGroup(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_CountActivityExecutionsResponseAggregationGroup)
        group_values_ = []
        count_ = 0
        unknown = b""
    else:
        group_values_, count_, unknown, _ = fields_of_workflowservice_CountActivityExecutionsResponseAggregationGroup(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_common_Payload(data, at, stop, depth + 1)
                at = stop
                group_values_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 16:
                count_ = data[at]
                at += 1
                if count_ > 127:
                    count_, at = read_int64(data, at, count_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_CountActivityExecutionsResponseAggregationGroup:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.group_values = group_values_
    message.count = count_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_CountActivityExecutionsResponseAggregationGroup(message):
    parts = []
    add = parts.append
    value = message.group_values
    if value:
        for item in value:
            raw = encode_common_Payload(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.count
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DeleteActivityExecutionRequest = frozenset([10, 18, 26])
fields_of_workflowservice_DeleteActivityExecutionRequest = attrgetter(
    "namespace", "activity_id", "run_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_DeleteActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DeleteActivityExecutionRequest)
        namespace_ = ""
        activity_id_ = ""
        run_id_ = ""
        unknown = b""
    else:
        namespace_, activity_id_, run_id_, unknown, _ = fields_of_workflowservice_DeleteActivityExecutionRequest(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_DeleteActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DeleteActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DeleteActivityExecutionResponse = frozenset([])
fields_of_workflowservice_DeleteActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_DeleteActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DeleteActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_DeleteActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_DeleteActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DeleteActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeActivityExecutionRequest = frozenset([10, 18, 26, 32, 40, 50, 56, 64])
fields_of_workflowservice_DescribeActivityExecutionRequest = attrgetter(
    "namespace",
    "activity_id",
    "run_id",
    "include_input",
    "include_outcome",
    "long_poll_token",
    "include_heartbeat_details",
    "include_last_failure",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_DescribeActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeActivityExecutionRequest)
        namespace_ = ""
        activity_id_ = ""
        run_id_ = ""
        include_input_ = False
        include_outcome_ = False
        long_poll_token_ = b""
        include_heartbeat_details_ = False
        include_last_failure_ = False
        unknown = b""
    else:
        (
            namespace_,
            activity_id_,
            run_id_,
            include_input_,
            include_outcome_,
            long_poll_token_,
            include_heartbeat_details_,
            include_last_failure_,
            unknown,
            _,
        ) = fields_of_workflowservice_DescribeActivityExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                include_input_ = data[at]
                at += 1
                if include_input_ > 127:
                    include_input_, at = read_uint64(data, at, include_input_)
                include_input_ = include_input_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                include_outcome_ = data[at]
                at += 1
                if include_outcome_ > 127:
                    include_outcome_, at = read_uint64(data, at, include_outcome_)
                include_outcome_ = include_outcome_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                long_poll_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                include_heartbeat_details_ = data[at]
                at += 1
                if include_heartbeat_details_ > 127:
                    include_heartbeat_details_, at = read_uint64(data, at, include_heartbeat_details_)
                include_heartbeat_details_ = include_heartbeat_details_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                include_last_failure_ = data[at]
                at += 1
                if include_last_failure_ > 127:
                    include_last_failure_, at = read_uint64(data, at, include_last_failure_)
                include_last_failure_ = include_last_failure_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_DescribeActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.include_input = include_input_
    message.include_outcome = include_outcome_
    message.long_poll_token = long_poll_token_
    message.include_heartbeat_details = include_heartbeat_details_
    message.include_last_failure = include_last_failure_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.include_input
    if value:
        add(b" " + BOOL[value])
    value = message.include_outcome
    if value:
        add(b"(" + BOOL[value])
    value = message.long_poll_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.include_heartbeat_details
    if value:
        add(b"8" + BOOL[value])
    value = message.include_last_failure
    if value:
        add(b"@" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeActivityExecutionResponse = frozenset([10, 18, 26, 34, 42])
fields_of_workflowservice_DescribeActivityExecutionResponse = attrgetter(
    "run_id", "info", "input", "outcome", "long_poll_token", "_unknown_fields", "__class__"
)


def decode_workflowservice_DescribeActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeActivityExecutionResponse)
        run_id_ = ""
        info_ = None
        input_ = None
        outcome_ = None
        long_poll_token_ = b""
        unknown = b""
    else:
        run_id_, info_, input_, outcome_, long_poll_token_, unknown, _ = (
            fields_of_workflowservice_DescribeActivityExecutionResponse(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                info_ = decode_activity_ActivityExecutionInfo(data, at, stop, depth + 1, info_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                input_ = decode_common_Payloads(data, at, stop, depth + 1, input_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                outcome_ = decode_activity_ActivityExecutionOutcome(data, at, stop, depth + 1, outcome_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                long_poll_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_DescribeActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.run_id = run_id_
    message.info = info_
    message.input = input_
    message.outcome = outcome_
    message.long_poll_token = long_poll_token_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeActivityExecutionResponse(message):
    parts = []
    add = parts.append
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.info
    if value is not None:
        raw = encode_activity_ActivityExecutionInfo(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.input
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.outcome
    if value is not None:
        raw = encode_activity_ActivityExecutionOutcome(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.long_poll_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeWorkflowExecutionRequest = frozenset([10, 18])
fields_of_workflowservice_DescribeWorkflowExecutionRequest = attrgetter(
    "namespace", "execution", "_unknown_fields", "__class__"
)


def decode_workflowservice_DescribeWorkflowExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeWorkflowExecutionRequest)
        namespace_ = ""
        execution_ = None
        unknown = b""
    else:
        namespace_, execution_, unknown, _ = fields_of_workflowservice_DescribeWorkflowExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_ = decode_common_WorkflowExecution(data, at, stop, depth + 1, execution_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_DescribeWorkflowExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.execution = execution_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeWorkflowExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeWorkflowExecutionResponse = frozenset([18, 26])
fields_of_workflowservice_DescribeWorkflowExecutionResponse = attrgetter(
    "workflow_execution_info", "pending_activities", "_unknown_fields", "__class__"
)


def decode_workflowservice_DescribeWorkflowExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeWorkflowExecutionResponse)
        workflow_execution_info_ = None
        pending_activities_ = []
        unknown = b""
    else:
        workflow_execution_info_, pending_activities_, unknown, _ = (
            fields_of_workflowservice_DescribeWorkflowExecutionResponse(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_execution_info_ = decode_workflow_WorkflowExecutionInfo(
                    data, at, stop, depth + 1, workflow_execution_info_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_workflow_PendingActivityInfo(data, at, stop, depth + 1)
                at = stop
                pending_activities_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_workflowservice_DescribeWorkflowExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.workflow_execution_info = workflow_execution_info_
    message.pending_activities = pending_activities_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeWorkflowExecutionResponse(message):
    parts = []
    add = parts.append
    value = message.workflow_execution_info
    if value is not None:
        raw = encode_workflow_WorkflowExecutionInfo(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.pending_activities
    if value:
        for item in value:
            raw = encode_workflow_PendingActivityInfo(item)
            size = len(raw)
            add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_GetWorkflowExecutionHistoryRequest = frozenset([10, 18, 24, 34, 40, 48, 56])
fields_of_workflowservice_GetWorkflowExecutionHistoryRequest = attrgetter(
    "namespace",
    "execution",
    "maximum_page_size",
    "next_page_token",
    "wait_new_event",
    "history_event_filter_type",
    "skip_archival",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_GetWorkflowExecutionHistoryRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_GetWorkflowExecutionHistoryRequest)
        namespace_ = ""
        execution_ = None
        maximum_page_size_ = 0
        next_page_token_ = b""
        wait_new_event_ = False
        history_event_filter_type_ = enums_HistoryEventFilterType(0)
        skip_archival_ = False
        unknown = b""
    else:
        (
            namespace_,
            execution_,
            maximum_page_size_,
            next_page_token_,
            wait_new_event_,
            history_event_filter_type_,
            skip_archival_,
            unknown,
            _,
        ) = fields_of_workflowservice_GetWorkflowExecutionHistoryRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                execution_ = decode_common_WorkflowExecution(data, at, stop, depth + 1, execution_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                maximum_page_size_ = data[at]
                at += 1
                if maximum_page_size_ > 127:
                    maximum_page_size_, at = read_int32(data, at, maximum_page_size_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                next_page_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                wait_new_event_ = data[at]
                at += 1
                if wait_new_event_ > 127:
                    wait_new_event_, at = read_uint64(data, at, wait_new_event_)
                wait_new_event_ = wait_new_event_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                history_event_filter_type_ = enums_HistoryEventFilterType_by_number(number)
                if history_event_filter_type_ is None:
                    history_event_filter_type_ = enums_HistoryEventFilterType(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                skip_archival_ = data[at]
                at += 1
                if skip_archival_ > 127:
                    skip_archival_, at = read_uint64(data, at, skip_archival_)
                skip_archival_ = skip_archival_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_GetWorkflowExecutionHistoryRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.execution = execution_
    message.maximum_page_size = maximum_page_size_
    message.next_page_token = next_page_token_
    message.wait_new_event = wait_new_event_
    message.history_event_filter_type = history_event_filter_type_
    message.skip_archival = skip_archival_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_GetWorkflowExecutionHistoryRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.maximum_page_size
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.next_page_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.wait_new_event
    if value:
        add(b"(" + BOOL[value])
    value = message.history_event_filter_type
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.skip_archival
    if value:
        add(b"8" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_GetWorkflowExecutionHistoryResponse = frozenset([10, 26])
fields_of_workflowservice_GetWorkflowExecutionHistoryResponse = attrgetter(
    "history", "next_page_token", "_unknown_fields", "__class__"
)


def decode_workflowservice_GetWorkflowExecutionHistoryResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_GetWorkflowExecutionHistoryResponse)
        history_ = None
        next_page_token_ = b""
        unknown = b""
    else:
        history_, next_page_token_, unknown, _ = fields_of_workflowservice_GetWorkflowExecutionHistoryResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                history_ = decode_history_History(data, at, stop, depth + 1, history_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                next_page_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_GetWorkflowExecutionHistoryResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.history = history_
    message.next_page_token = next_page_token_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_GetWorkflowExecutionHistoryResponse(message):
    parts = []
    add = parts.append
    value = message.history
    if value is not None:
        raw = encode_history_History(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.next_page_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_ListActivityExecutionsRequest = frozenset([10, 16, 26, 34])
fields_of_workflowservice_ListActivityExecutionsRequest = attrgetter(
    "namespace", "page_size", "next_page_token", "query", "_unknown_fields", "__class__"
)


def decode_workflowservice_ListActivityExecutionsRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_ListActivityExecutionsRequest)
        namespace_ = ""
        page_size_ = 0
        next_page_token_ = b""
        query_ = ""
        unknown = b""
    else:
        namespace_, page_size_, next_page_token_, query_, unknown, _ = (
            fields_of_workflowservice_ListActivityExecutionsRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                page_size_ = data[at]
                at += 1
                if page_size_ > 127:
                    page_size_, at = read_int32(data, at, page_size_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                next_page_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                query_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_ListActivityExecutionsRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.page_size = page_size_
    message.next_page_token = next_page_token_
    message.query = query_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_ListActivityExecutionsRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.page_size
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.next_page_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.query
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_ListActivityExecutionsResponse = frozenset([10, 18])
fields_of_workflowservice_ListActivityExecutionsResponse = attrgetter(
    "executions", "next_page_token", "_unknown_fields", "__class__"
)


def decode_workflowservice_ListActivityExecutionsResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_ListActivityExecutionsResponse)
        executions_ = []
        next_page_token_ = b""
        unknown = b""
    else:
        executions_, next_page_token_, unknown, _ = fields_of_workflowservice_ListActivityExecutionsResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_activity_ActivityExecutionListInfo(data, at, stop, depth + 1)
                at = stop
                executions_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                next_page_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_ListActivityExecutionsResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.executions = executions_
    message.next_page_token = next_page_token_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_ListActivityExecutionsResponse(message):
    parts = []
    add = parts.append
    value = message.executions
    if value:
        for item in value:
            raw = encode_activity_ActivityExecutionListInfo(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.next_page_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PauseActivityExecutionRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66])
fields_of_workflowservice_PauseActivityExecutionRequest = attrgetter(
    "namespace",
    "workflow_id",
    "activity_id",
    "run_id",
    "identity",
    "reason",
    "resource_id",
    "request_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_PauseActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PauseActivityExecutionRequest)
        namespace_ = ""
        workflow_id_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        reason_ = ""
        resource_id_ = ""
        request_id_ = ""
        unknown = b""
    else:
        namespace_, workflow_id_, activity_id_, run_id_, identity_, reason_, resource_id_, request_id_, unknown, _ = (
            fields_of_workflowservice_PauseActivityExecutionRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PauseActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.reason = reason_
    message.resource_id = resource_id_
    message.request_id = request_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PauseActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PauseActivityExecutionResponse = frozenset([])
fields_of_workflowservice_PauseActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_PauseActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PauseActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_PauseActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_PauseActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PauseActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollActivityExecutionRequest = frozenset([10, 18, 26])
fields_of_workflowservice_PollActivityExecutionRequest = attrgetter(
    "namespace", "activity_id", "run_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_PollActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollActivityExecutionRequest)
        namespace_ = ""
        activity_id_ = ""
        run_id_ = ""
        unknown = b""
    else:
        namespace_, activity_id_, run_id_, unknown, _ = fields_of_workflowservice_PollActivityExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PollActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollActivityExecutionResponse = frozenset([10, 18, 26])
fields_of_workflowservice_PollActivityExecutionResponse = attrgetter(
    "run_id", "outcome", "propagated_nexus_serialization_context", "_unknown_fields", "__class__"
)


def decode_workflowservice_PollActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollActivityExecutionResponse)
        run_id_ = ""
        outcome_ = None
        propagated_nexus_serialization_context_ = None
        unknown = b""
    else:
        run_id_, outcome_, propagated_nexus_serialization_context_, unknown, _ = (
            fields_of_workflowservice_PollActivityExecutionResponse(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                outcome_ = decode_activity_ActivityExecutionOutcome(data, at, stop, depth + 1, outcome_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                propagated_nexus_serialization_context_ = decode_nexus_PropagatedSerializationContext(
                    data, at, stop, depth + 1, propagated_nexus_serialization_context_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PollActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.run_id = run_id_
    message.outcome = outcome_
    message.propagated_nexus_serialization_context = propagated_nexus_serialization_context_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollActivityExecutionResponse(message):
    parts = []
    add = parts.append
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.outcome
    if value is not None:
        raw = encode_activity_ActivityExecutionOutcome(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.propagated_nexus_serialization_context
    if value is not None:
        raw = encode_nexus_PropagatedSerializationContext(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollNexusTaskQueueRequest = frozenset([10, 18, 26, 34, 50, 58, 66, 74])
fields_of_workflowservice_PollNexusTaskQueueRequest = attrgetter(
    "namespace",
    "identity",
    "task_queue",
    "worker_version_capabilities",
    "deployment_options",
    "worker_heartbeat",
    "worker_instance_key",
    "poller_group_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_PollNexusTaskQueueRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollNexusTaskQueueRequest)
        namespace_ = ""
        identity_ = ""
        task_queue_ = None
        worker_version_capabilities_ = None
        deployment_options_ = None
        worker_heartbeat_ = []
        worker_instance_key_ = ""
        poller_group_id_ = ""
        unknown = b""
    else:
        (
            namespace_,
            identity_,
            task_queue_,
            worker_version_capabilities_,
            deployment_options_,
            worker_heartbeat_,
            worker_instance_key_,
            poller_group_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_PollNexusTaskQueueRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_queue_ = decode_taskqueue_TaskQueue(data, at, stop, depth + 1, task_queue_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                worker_version_capabilities_ = decode_common_WorkerVersionCapabilities(
                    data, at, stop, depth + 1, worker_version_capabilities_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                deployment_options_ = decode_deployment_WorkerDeploymentOptions(
                    data, at, stop, depth + 1, deployment_options_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_WorkerHeartbeat(data, at, stop, depth + 1)
                at = stop
                worker_heartbeat_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                worker_instance_key_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_group_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PollNexusTaskQueueRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.identity = identity_
    message.task_queue = task_queue_
    message.worker_version_capabilities = worker_version_capabilities_
    message.deployment_options = deployment_options_
    message.worker_heartbeat = worker_heartbeat_
    message.worker_instance_key = worker_instance_key_
    message.poller_group_id = poller_group_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollNexusTaskQueueRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value is not None:
        raw = encode_taskqueue_TaskQueue(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_version_capabilities
    if value is not None:
        raw = encode_common_WorkerVersionCapabilities(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_options
    if value is not None:
        raw = encode_deployment_WorkerDeploymentOptions(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_heartbeat
    if value:
        for item in value:
            raw = encode_worker_WorkerHeartbeat(item)
            size = len(raw)
            add(b":" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.worker_instance_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollNexusTaskQueueResponse = frozenset([10, 18, 26, 34, 42, 50])
fields_of_workflowservice_PollNexusTaskQueueResponse = attrgetter(
    "task_token",
    "request",
    "poller_scaling_decision",
    "poller_group_id",
    "poller_group_infos",
    "poller_groups_info",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_PollNexusTaskQueueResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollNexusTaskQueueResponse)
        task_token_ = b""
        request_ = None
        poller_scaling_decision_ = None
        poller_group_id_ = ""
        poller_group_infos_ = []
        poller_groups_info_ = None
        unknown = b""
    else:
        (
            task_token_,
            request_,
            poller_scaling_decision_,
            poller_group_id_,
            poller_group_infos_,
            poller_groups_info_,
            unknown,
            _,
        ) = fields_of_workflowservice_PollNexusTaskQueueResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_ = decode_nexus_Request(data, at, stop, depth + 1, request_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_scaling_decision_ = decode_taskqueue_PollerScalingDecision(
                    data, at, stop, depth + 1, poller_scaling_decision_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_group_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_taskqueue_PollerGroupInfo(data, at, stop, depth + 1)
                at = stop
                poller_group_infos_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_groups_info_ = decode_taskqueue_PollerGroupsInfo(data, at, stop, depth + 1, poller_groups_info_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PollNexusTaskQueueResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.task_token = task_token_
    message.request = request_
    message.poller_scaling_decision = poller_scaling_decision_
    message.poller_group_id = poller_group_id_
    message.poller_group_infos = poller_group_infos_
    message.poller_groups_info = poller_groups_info_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollNexusTaskQueueResponse(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request
    if value is not None:
        raw = encode_nexus_Request(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_scaling_decision
    if value is not None:
        raw = encode_taskqueue_PollerScalingDecision(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_infos
    if value:
        for item in value:
            raw = encode_taskqueue_PollerGroupInfo(item)
            size = len(raw)
            add(b"*" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.poller_groups_info
    if value is not None:
        raw = encode_taskqueue_PollerGroupsInfo(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RecordActivityTaskHeartbeatByIdRequest = frozenset([10, 18, 26, 34, 42, 50, 58])
fields_of_workflowservice_RecordActivityTaskHeartbeatByIdRequest = attrgetter(
    "namespace",
    "workflow_id",
    "run_id",
    "activity_id",
    "details",
    "identity",
    "resource_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RecordActivityTaskHeartbeatByIdRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RecordActivityTaskHeartbeatByIdRequest)
        namespace_ = ""
        workflow_id_ = ""
        run_id_ = ""
        activity_id_ = ""
        details_ = None
        identity_ = ""
        resource_id_ = ""
        unknown = b""
    else:
        namespace_, workflow_id_, run_id_, activity_id_, details_, identity_, resource_id_, unknown, _ = (
            fields_of_workflowservice_RecordActivityTaskHeartbeatByIdRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RecordActivityTaskHeartbeatByIdRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.run_id = run_id_
    message.activity_id = activity_id_
    message.details = details_
    message.identity = identity_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RecordActivityTaskHeartbeatByIdRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RecordActivityTaskHeartbeatByIdResponse = frozenset([8, 16, 24])
fields_of_workflowservice_RecordActivityTaskHeartbeatByIdResponse = attrgetter(
    "cancel_requested", "activity_paused", "activity_reset", "_unknown_fields", "__class__"
)


def decode_workflowservice_RecordActivityTaskHeartbeatByIdResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RecordActivityTaskHeartbeatByIdResponse)
        cancel_requested_ = False
        activity_paused_ = False
        activity_reset_ = False
        unknown = b""
    else:
        cancel_requested_, activity_paused_, activity_reset_, unknown, _ = (
            fields_of_workflowservice_RecordActivityTaskHeartbeatByIdResponse(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                cancel_requested_ = data[at]
                at += 1
                if cancel_requested_ > 127:
                    cancel_requested_, at = read_uint64(data, at, cancel_requested_)
                cancel_requested_ = cancel_requested_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                activity_paused_ = data[at]
                at += 1
                if activity_paused_ > 127:
                    activity_paused_, at = read_uint64(data, at, activity_paused_)
                activity_paused_ = activity_paused_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                activity_reset_ = data[at]
                at += 1
                if activity_reset_ > 127:
                    activity_reset_, at = read_uint64(data, at, activity_reset_)
                activity_reset_ = activity_reset_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RecordActivityTaskHeartbeatByIdResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.cancel_requested = cancel_requested_
    message.activity_paused = activity_paused_
    message.activity_reset = activity_reset_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RecordActivityTaskHeartbeatByIdResponse(message):
    parts = []
    add = parts.append
    value = message.cancel_requested
    if value:
        add(b"\x08" + BOOL[value])
    value = message.activity_paused
    if value:
        add(b"\x10" + BOOL[value])
    value = message.activity_reset
    if value:
        add(b"\x18" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RequestCancelActivityExecutionRequest = frozenset([10, 18, 26, 34, 42, 50])
fields_of_workflowservice_RequestCancelActivityExecutionRequest = attrgetter(
    "namespace", "activity_id", "run_id", "identity", "request_id", "reason", "_unknown_fields", "__class__"
)


def decode_workflowservice_RequestCancelActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RequestCancelActivityExecutionRequest)
        namespace_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        request_id_ = ""
        reason_ = ""
        unknown = b""
    else:
        namespace_, activity_id_, run_id_, identity_, request_id_, reason_, unknown, _ = (
            fields_of_workflowservice_RequestCancelActivityExecutionRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RequestCancelActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.request_id = request_id_
    message.reason = reason_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RequestCancelActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RequestCancelActivityExecutionResponse = frozenset([])
fields_of_workflowservice_RequestCancelActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RequestCancelActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RequestCancelActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RequestCancelActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RequestCancelActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RequestCancelActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_ResetActivityExecutionRequest = frozenset([10, 18, 26, 34, 42, 48, 58, 64, 74, 82, 88])
fields_of_workflowservice_ResetActivityExecutionRequest = attrgetter(
    "namespace",
    "workflow_id",
    "activity_id",
    "run_id",
    "identity",
    "keep_paused",
    "jitter",
    "restore_original_options",
    "resource_id",
    "request_id",
    "reset_heartbeat",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_ResetActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_ResetActivityExecutionRequest)
        namespace_ = ""
        workflow_id_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        keep_paused_ = False
        jitter_ = None
        restore_original_options_ = False
        resource_id_ = ""
        request_id_ = ""
        reset_heartbeat_ = False
        unknown = b""
    else:
        (
            namespace_,
            workflow_id_,
            activity_id_,
            run_id_,
            identity_,
            keep_paused_,
            jitter_,
            restore_original_options_,
            resource_id_,
            request_id_,
            reset_heartbeat_,
            unknown,
            _,
        ) = fields_of_workflowservice_ResetActivityExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                keep_paused_ = data[at]
                at += 1
                if keep_paused_ > 127:
                    keep_paused_, at = read_uint64(data, at, keep_paused_)
                keep_paused_ = keep_paused_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                jitter_ = decode_wkt_Duration(data, at, stop, depth + 1, jitter_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                restore_original_options_ = data[at]
                at += 1
                if restore_original_options_ > 127:
                    restore_original_options_, at = read_uint64(data, at, restore_original_options_)
                restore_original_options_ = restore_original_options_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 88:
                reset_heartbeat_ = data[at]
                at += 1
                if reset_heartbeat_ > 127:
                    reset_heartbeat_, at = read_uint64(data, at, reset_heartbeat_)
                reset_heartbeat_ = reset_heartbeat_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_ResetActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.keep_paused = keep_paused_
    message.jitter = jitter_
    message.restore_original_options = restore_original_options_
    message.resource_id = resource_id_
    message.request_id = request_id_
    message.reset_heartbeat = reset_heartbeat_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_ResetActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.keep_paused
    if value:
        add(b"0" + BOOL[value])
    value = message.jitter
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.restore_original_options
    if value:
        add(b"@" + BOOL[value])
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reset_heartbeat
    if value:
        add(b"X" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_ResetActivityExecutionResponse = frozenset([])
fields_of_workflowservice_ResetActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_ResetActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_ResetActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_ResetActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_ResetActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_ResetActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskCanceledByIdRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66])
fields_of_workflowservice_RespondActivityTaskCanceledByIdRequest = attrgetter(
    "namespace",
    "workflow_id",
    "run_id",
    "activity_id",
    "details",
    "identity",
    "deployment_options",
    "resource_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RespondActivityTaskCanceledByIdRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCanceledByIdRequest)
        namespace_ = ""
        workflow_id_ = ""
        run_id_ = ""
        activity_id_ = ""
        details_ = None
        identity_ = ""
        deployment_options_ = None
        resource_id_ = ""
        unknown = b""
    else:
        (
            namespace_,
            workflow_id_,
            run_id_,
            activity_id_,
            details_,
            identity_,
            deployment_options_,
            resource_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_RespondActivityTaskCanceledByIdRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                deployment_options_ = decode_deployment_WorkerDeploymentOptions(
                    data, at, stop, depth + 1, deployment_options_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RespondActivityTaskCanceledByIdRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.run_id = run_id_
    message.activity_id = activity_id_
    message.details = details_
    message.identity = identity_
    message.deployment_options = deployment_options_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCanceledByIdRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_options
    if value is not None:
        raw = encode_deployment_WorkerDeploymentOptions(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskCanceledByIdResponse = frozenset([])
fields_of_workflowservice_RespondActivityTaskCanceledByIdResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondActivityTaskCanceledByIdResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCanceledByIdResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondActivityTaskCanceledByIdResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondActivityTaskCanceledByIdResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCanceledByIdResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskCompletedByIdRequest = frozenset([10, 18, 26, 34, 42, 50, 58])
fields_of_workflowservice_RespondActivityTaskCompletedByIdRequest = attrgetter(
    "namespace",
    "workflow_id",
    "run_id",
    "activity_id",
    "result",
    "identity",
    "resource_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RespondActivityTaskCompletedByIdRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCompletedByIdRequest)
        namespace_ = ""
        workflow_id_ = ""
        run_id_ = ""
        activity_id_ = ""
        result_ = None
        identity_ = ""
        resource_id_ = ""
        unknown = b""
    else:
        namespace_, workflow_id_, run_id_, activity_id_, result_, identity_, resource_id_, unknown, _ = (
            fields_of_workflowservice_RespondActivityTaskCompletedByIdRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                result_ = decode_common_Payloads(data, at, stop, depth + 1, result_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RespondActivityTaskCompletedByIdRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.run_id = run_id_
    message.activity_id = activity_id_
    message.result = result_
    message.identity = identity_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCompletedByIdRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.result
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskCompletedByIdResponse = frozenset([])
fields_of_workflowservice_RespondActivityTaskCompletedByIdResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondActivityTaskCompletedByIdResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCompletedByIdResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondActivityTaskCompletedByIdResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondActivityTaskCompletedByIdResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCompletedByIdResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskFailedByIdRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66, 72])
fields_of_workflowservice_RespondActivityTaskFailedByIdRequest = attrgetter(
    "namespace",
    "workflow_id",
    "run_id",
    "activity_id",
    "failure",
    "identity",
    "last_heartbeat_details",
    "resource_id",
    "cause",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RespondActivityTaskFailedByIdRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskFailedByIdRequest)
        namespace_ = ""
        workflow_id_ = ""
        run_id_ = ""
        activity_id_ = ""
        failure_ = None
        identity_ = ""
        last_heartbeat_details_ = None
        resource_id_ = ""
        cause_ = enums_failures_ActivityTaskFailedCause(0)
        unknown = b""
    else:
        (
            namespace_,
            workflow_id_,
            run_id_,
            activity_id_,
            failure_,
            identity_,
            last_heartbeat_details_,
            resource_id_,
            cause_,
            unknown,
            _,
        ) = fields_of_workflowservice_RespondActivityTaskFailedByIdRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                failure_ = decode_failure_Failure(data, at, stop, depth + 1, failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                last_heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, last_heartbeat_details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 72:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                cause_ = enums_failures_ActivityTaskFailedCause_by_number(number)
                if cause_ is None:
                    cause_ = enums_failures_ActivityTaskFailedCause(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RespondActivityTaskFailedByIdRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.run_id = run_id_
    message.activity_id = activity_id_
    message.failure = failure_
    message.identity = identity_
    message.last_heartbeat_details = last_heartbeat_details_
    message.resource_id = resource_id_
    message.cause = cause_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskFailedByIdRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cause
    if value:
        add(b"H" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskFailedByIdResponse = frozenset([10])
fields_of_workflowservice_RespondActivityTaskFailedByIdResponse = attrgetter("failures", "_unknown_fields", "__class__")


def decode_workflowservice_RespondActivityTaskFailedByIdResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskFailedByIdResponse)
        failures_ = []
        unknown = b""
    else:
        failures_, unknown, _ = fields_of_workflowservice_RespondActivityTaskFailedByIdResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_failure_Failure(data, at, stop, depth + 1)
                at = stop
                failures_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_workflowservice_RespondActivityTaskFailedByIdResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.failures = failures_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskFailedByIdResponse(message):
    parts = []
    add = parts.append
    value = message.failures
    if value:
        for item in value:
            raw = encode_failure_Failure(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondNexusTaskCompletedRequest = frozenset([10, 18, 26, 34, 42])
fields_of_workflowservice_RespondNexusTaskCompletedRequest = attrgetter(
    "namespace", "identity", "task_token", "response", "poller_group_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_RespondNexusTaskCompletedRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondNexusTaskCompletedRequest)
        namespace_ = ""
        identity_ = ""
        task_token_ = b""
        response_ = None
        poller_group_id_ = ""
        unknown = b""
    else:
        namespace_, identity_, task_token_, response_, poller_group_id_, unknown, _ = (
            fields_of_workflowservice_RespondNexusTaskCompletedRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                response_ = decode_nexus_Response(data, at, stop, depth + 1, response_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_group_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RespondNexusTaskCompletedRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.identity = identity_
    message.task_token = task_token_
    message.response = response_
    message.poller_group_id = poller_group_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondNexusTaskCompletedRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.response
    if value is not None:
        raw = encode_nexus_Response(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondNexusTaskCompletedResponse = frozenset([])
fields_of_workflowservice_RespondNexusTaskCompletedResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondNexusTaskCompletedResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondNexusTaskCompletedResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondNexusTaskCompletedResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondNexusTaskCompletedResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondNexusTaskCompletedResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondNexusTaskFailedRequest = frozenset([10, 18, 26, 34, 42, 50])
fields_of_workflowservice_RespondNexusTaskFailedRequest = attrgetter(
    "namespace", "identity", "task_token", "error", "failure", "poller_group_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_RespondNexusTaskFailedRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondNexusTaskFailedRequest)
        namespace_ = ""
        identity_ = ""
        task_token_ = b""
        error_ = None
        failure_ = None
        poller_group_id_ = ""
        unknown = b""
    else:
        namespace_, identity_, task_token_, error_, failure_, poller_group_id_, unknown, _ = (
            fields_of_workflowservice_RespondNexusTaskFailedRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_token_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                error_ = decode_nexus_HandlerError(data, at, stop, depth + 1, error_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                failure_ = decode_failure_Failure(data, at, stop, depth + 1, failure_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                poller_group_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RespondNexusTaskFailedRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.identity = identity_
    message.task_token = task_token_
    message.error = error_
    message.failure = failure_
    message.poller_group_id = poller_group_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondNexusTaskFailedRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.error
    if value is not None:
        raw = encode_nexus_HandlerError(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondNexusTaskFailedResponse = frozenset([])
fields_of_workflowservice_RespondNexusTaskFailedResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondNexusTaskFailedResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondNexusTaskFailedResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondNexusTaskFailedResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondNexusTaskFailedResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondNexusTaskFailedResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_StartActivityExecutionRequest = frozenset(
    [10, 18, 26, 34, 42, 50, 58, 66, 74, 82, 90, 98, 104, 112, 122, 130, 138, 146, 170, 178, 186, 192]
)
fields_of_workflowservice_StartActivityExecutionRequest = attrgetter(
    "namespace",
    "identity",
    "request_id",
    "activity_id",
    "activity_type",
    "task_queue",
    "schedule_to_close_timeout",
    "schedule_to_start_timeout",
    "start_to_close_timeout",
    "heartbeat_timeout",
    "retry_policy",
    "input",
    "id_reuse_policy",
    "id_conflict_policy",
    "search_attributes",
    "header",
    "user_metadata",
    "priority",
    "on_conflict_options",
    "start_delay",
    "propagated_nexus_serialization_context",
    "request_eager_execution",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_StartActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_StartActivityExecutionRequest)
        namespace_ = ""
        identity_ = ""
        request_id_ = ""
        activity_id_ = ""
        activity_type_ = None
        task_queue_ = None
        schedule_to_close_timeout_ = None
        schedule_to_start_timeout_ = None
        start_to_close_timeout_ = None
        heartbeat_timeout_ = None
        retry_policy_ = None
        input_ = None
        id_reuse_policy_ = enums_ActivityIdReusePolicy(0)
        id_conflict_policy_ = enums_ActivityIdConflictPolicy(0)
        search_attributes_ = None
        header_ = None
        user_metadata_ = None
        priority_ = None
        on_conflict_options_ = None
        start_delay_ = None
        propagated_nexus_serialization_context_ = None
        request_eager_execution_ = False
        unknown = b""
    else:
        (
            namespace_,
            identity_,
            request_id_,
            activity_id_,
            activity_type_,
            task_queue_,
            schedule_to_close_timeout_,
            schedule_to_start_timeout_,
            start_to_close_timeout_,
            heartbeat_timeout_,
            retry_policy_,
            input_,
            id_reuse_policy_,
            id_conflict_policy_,
            search_attributes_,
            header_,
            user_metadata_,
            priority_,
            on_conflict_options_,
            start_delay_,
            propagated_nexus_serialization_context_,
            request_eager_execution_,
            unknown,
            _,
        ) = fields_of_workflowservice_StartActivityExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_type_ = decode_common_ActivityType(data, at, stop, depth + 1, activity_type_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                task_queue_ = decode_taskqueue_TaskQueue(data, at, stop, depth + 1, task_queue_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                schedule_to_start_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, schedule_to_start_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_to_close_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, start_to_close_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                heartbeat_timeout_ = decode_wkt_Duration(data, at, stop, depth + 1, heartbeat_timeout_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 90:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                retry_policy_ = decode_common_RetryPolicy(data, at, stop, depth + 1, retry_policy_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 98:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                input_ = decode_common_Payloads(data, at, stop, depth + 1, input_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 104:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                id_reuse_policy_ = enums_ActivityIdReusePolicy_by_number(number)
                if id_reuse_policy_ is None:
                    id_reuse_policy_ = enums_ActivityIdReusePolicy(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 112:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                id_conflict_policy_ = enums_ActivityIdConflictPolicy_by_number(number)
                if id_conflict_policy_ is None:
                    id_conflict_policy_ = enums_ActivityIdConflictPolicy(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 122:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                search_attributes_ = decode_common_SearchAttributes(data, at, stop, depth + 1, search_attributes_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 130:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                header_ = decode_common_Header(data, at, stop, depth + 1, header_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 138:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                user_metadata_ = decode_sdk_UserMetadata(data, at, stop, depth + 1, user_metadata_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 146:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                priority_ = decode_common_Priority(data, at, stop, depth + 1, priority_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 170:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                on_conflict_options_ = decode_common_OnConflictOptions(data, at, stop, depth + 1, on_conflict_options_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 178:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                start_delay_ = decode_wkt_Duration(data, at, stop, depth + 1, start_delay_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 186:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                propagated_nexus_serialization_context_ = decode_nexus_PropagatedSerializationContext(
                    data, at, stop, depth + 1, propagated_nexus_serialization_context_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 192:
                request_eager_execution_ = data[at]
                at += 1
                if request_eager_execution_ > 127:
                    request_eager_execution_, at = read_uint64(data, at, request_eager_execution_)
                request_eager_execution_ = request_eager_execution_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_StartActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.identity = identity_
    message.request_id = request_id_
    message.activity_id = activity_id_
    message.activity_type = activity_type_
    message.task_queue = task_queue_
    message.schedule_to_close_timeout = schedule_to_close_timeout_
    message.schedule_to_start_timeout = schedule_to_start_timeout_
    message.start_to_close_timeout = start_to_close_timeout_
    message.heartbeat_timeout = heartbeat_timeout_
    message.retry_policy = retry_policy_
    message.input = input_
    message.id_reuse_policy = id_reuse_policy_
    message.id_conflict_policy = id_conflict_policy_
    message.search_attributes = search_attributes_
    message.header = header_
    message.user_metadata = user_metadata_
    message.priority = priority_
    message.on_conflict_options = on_conflict_options_
    message.start_delay = start_delay_
    message.propagated_nexus_serialization_context = propagated_nexus_serialization_context_
    message.request_eager_execution = request_eager_execution_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_StartActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value is not None:
        raw = encode_taskqueue_TaskQueue(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.schedule_to_start_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_policy
    if value is not None:
        raw = encode_common_RetryPolicy(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.input
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.id_reuse_policy
    if value:
        add(b"h" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.id_conflict_policy
    if value:
        add(b"p" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.search_attributes
    if value is not None:
        raw = encode_common_SearchAttributes(value)
        size = len(raw)
        add(b"z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.header
    if value is not None:
        raw = encode_common_Header(value)
        size = len(raw)
        add(b"\x82\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.user_metadata
    if value is not None:
        raw = encode_sdk_UserMetadata(value)
        size = len(raw)
        add(b"\x8a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.priority
    if value is not None:
        raw = encode_common_Priority(value)
        size = len(raw)
        add(b"\x92\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.on_conflict_options
    if value is not None:
        raw = encode_common_OnConflictOptions(value)
        size = len(raw)
        add(b"\xaa\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_delay
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\xb2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.propagated_nexus_serialization_context
    if value is not None:
        raw = encode_nexus_PropagatedSerializationContext(value)
        size = len(raw)
        add(b"\xba\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_eager_execution
    if value:
        add(b"\xc0\x01" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_StartActivityExecutionResponse = frozenset([10, 16, 34])
fields_of_workflowservice_StartActivityExecutionResponse = attrgetter(
    "run_id", "started", "eager_activity_task", "_unknown_fields", "__class__"
)


def decode_workflowservice_StartActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_StartActivityExecutionResponse)
        run_id_ = ""
        started_ = False
        eager_activity_task_ = None
        unknown = b""
    else:
        run_id_, started_, eager_activity_task_, unknown, _ = fields_of_workflowservice_StartActivityExecutionResponse(
            message
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                started_ = data[at]
                at += 1
                if started_ > 127:
                    started_, at = read_uint64(data, at, started_)
                started_ = started_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                eager_activity_task_ = decode_workflowservice_PollActivityTaskQueueResponse(
                    data, at, stop, depth + 1, eager_activity_task_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_StartActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.run_id = run_id_
    message.started = started_
    message.eager_activity_task = eager_activity_task_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_StartActivityExecutionResponse(message):
    parts = []
    add = parts.append
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.started
    if value:
        add(b"\x10" + BOOL[value])
    value = message.eager_activity_task
    if value is not None:
        raw = encode_workflowservice_PollActivityTaskQueueResponse(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_TerminateActivityExecutionRequest = frozenset([10, 18, 26, 34, 42, 50])
fields_of_workflowservice_TerminateActivityExecutionRequest = attrgetter(
    "namespace", "activity_id", "run_id", "identity", "request_id", "reason", "_unknown_fields", "__class__"
)


def decode_workflowservice_TerminateActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_TerminateActivityExecutionRequest)
        namespace_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        request_id_ = ""
        reason_ = ""
        unknown = b""
    else:
        namespace_, activity_id_, run_id_, identity_, request_id_, reason_, unknown, _ = (
            fields_of_workflowservice_TerminateActivityExecutionRequest(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_TerminateActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.request_id = request_id_
    message.reason = reason_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_TerminateActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_TerminateActivityExecutionResponse = frozenset([])
fields_of_workflowservice_TerminateActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_TerminateActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_TerminateActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_TerminateActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_TerminateActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_TerminateActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_UnpauseActivityExecutionRequest = frozenset([10, 18, 26, 34, 42, 66, 74, 82, 90])
fields_of_workflowservice_UnpauseActivityExecutionRequest = attrgetter(
    "namespace",
    "workflow_id",
    "activity_id",
    "run_id",
    "identity",
    "reason",
    "jitter",
    "resource_id",
    "request_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_UnpauseActivityExecutionRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_UnpauseActivityExecutionRequest)
        namespace_ = ""
        workflow_id_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        reason_ = ""
        jitter_ = None
        resource_id_ = ""
        request_id_ = ""
        unknown = b""
    else:
        (
            namespace_,
            workflow_id_,
            activity_id_,
            run_id_,
            identity_,
            reason_,
            jitter_,
            resource_id_,
            request_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_UnpauseActivityExecutionRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                reason_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                jitter_ = decode_wkt_Duration(data, at, stop, depth + 1, jitter_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 90:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_UnpauseActivityExecutionRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.reason = reason_
    message.jitter = jitter_
    message.resource_id = resource_id_
    message.request_id = request_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_UnpauseActivityExecutionRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.jitter
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_UnpauseActivityExecutionResponse = frozenset([])
fields_of_workflowservice_UnpauseActivityExecutionResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_UnpauseActivityExecutionResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_UnpauseActivityExecutionResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_UnpauseActivityExecutionResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_UnpauseActivityExecutionResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message._unknown_fields = unknown
    return message


def encode_workflowservice_UnpauseActivityExecutionResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_UpdateActivityExecutionOptionsRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 64, 74, 82])
fields_of_workflowservice_UpdateActivityExecutionOptionsRequest = attrgetter(
    "namespace",
    "workflow_id",
    "activity_id",
    "run_id",
    "identity",
    "activity_options",
    "update_mask",
    "restore_original",
    "resource_id",
    "request_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_UpdateActivityExecutionOptionsRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_UpdateActivityExecutionOptionsRequest)
        namespace_ = ""
        workflow_id_ = ""
        activity_id_ = ""
        run_id_ = ""
        identity_ = ""
        activity_options_ = None
        update_mask_ = None
        restore_original_ = False
        resource_id_ = ""
        request_id_ = ""
        unknown = b""
    else:
        (
            namespace_,
            workflow_id_,
            activity_id_,
            run_id_,
            identity_,
            activity_options_,
            update_mask_,
            restore_original_,
            resource_id_,
            request_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_UpdateActivityExecutionOptionsRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                namespace_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                workflow_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 26:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 34:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 42:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_options_ = decode_activity_ActivityOptions(data, at, stop, depth + 1, activity_options_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 58:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                update_mask_ = decode_wkt_FieldMask(data, at, stop, depth + 1, update_mask_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                restore_original_ = data[at]
                at += 1
                if restore_original_ > 127:
                    restore_original_, at = read_uint64(data, at, restore_original_)
                restore_original_ = restore_original_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 74:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 82:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                request_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_UpdateActivityExecutionOptionsRequest:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.namespace = namespace_
    message.workflow_id = workflow_id_
    message.activity_id = activity_id_
    message.run_id = run_id_
    message.identity = identity_
    message.activity_options = activity_options_
    message.update_mask = update_mask_
    message.restore_original = restore_original_
    message.resource_id = resource_id_
    message.request_id = request_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_UpdateActivityExecutionOptionsRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_options
    if value is not None:
        raw = encode_activity_ActivityOptions(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.update_mask
    if value is not None:
        raw = encode_wkt_FieldMask(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.restore_original
    if value:
        add(b"@" + BOOL[value])
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.request_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_UpdateActivityExecutionOptionsResponse = frozenset([10])
fields_of_workflowservice_UpdateActivityExecutionOptionsResponse = attrgetter(
    "activity_options", "_unknown_fields", "__class__"
)


def decode_workflowservice_UpdateActivityExecutionOptionsResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_UpdateActivityExecutionOptionsResponse)
        activity_options_ = None
        unknown = b""
    else:
        activity_options_, unknown, _ = fields_of_workflowservice_UpdateActivityExecutionOptionsResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_options_ = decode_activity_ActivityOptions(data, at, stop, depth + 1, activity_options_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_UpdateActivityExecutionOptionsResponse:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.activity_options = activity_options_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_UpdateActivityExecutionOptionsResponse(message):
    parts = []
    add = parts.append
    value = message.activity_options
    if value is not None:
        raw = encode_activity_ActivityOptions(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_wkt_Any = frozenset([10, 18])
fields_of_wkt_Any = attrgetter("type_url", "value", "_unknown_fields", "__class__")


def decode_wkt_Any(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(wkt_Any)
        type_url_ = ""
        value_ = b""
        unknown = b""
    else:
        type_url_, value_, unknown, _ = fields_of_wkt_Any(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                type_url_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                value_ = data[at:stop]
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_wkt_Any:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.type_url = type_url_
    message.value = value_
    message._unknown_fields = unknown
    return message


def encode_wkt_Any(message):
    parts = []
    add = parts.append
    value = message.type_url
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.value
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_wkt_FieldMask = frozenset([10])
fields_of_wkt_FieldMask = attrgetter("paths", "_unknown_fields", "__class__")


def decode_wkt_FieldMask(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(wkt_FieldMask)
        paths_ = []
        unknown = b""
    else:
        paths_, unknown, _ = fields_of_wkt_FieldMask(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            while tag == 10:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = data[at:stop].decode()
                at = stop
                paths_.append(item)
                if at < end:
                    start = at
                    tag = data[at]
                    at += 1
                    if tag > 127:
                        tag, at = read_size(data, at, tag)
                else:
                    tag = -1
            if tag < 0:
                break
            if tag not in TAGS_wkt_FieldMask:
                at = skip(data, at, tag, depth)
                unknown = keep(unknown, data[start:at])
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
        if at != end:
            truncated()
    message.paths = paths_
    message._unknown_fields = unknown
    return message


def encode_wkt_FieldMask(message):
    parts = []
    add = parts.append
    value = message.paths
    if value:
        for item in value:
            raw = item.encode()
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


DECODERS: dict[type[Message], Callable[..., Any]] = {
    rpc_Status: decode_rpc_Status,
    activity_ActivityExecutionInfo: decode_activity_ActivityExecutionInfo,
    activity_ActivityExecutionListInfo: decode_activity_ActivityExecutionListInfo,
    activity_ActivityExecutionOutcome: decode_activity_ActivityExecutionOutcome,
    activity_ActivityOptions: decode_activity_ActivityOptions,
    common_OnConflictOptions: decode_common_OnConflictOptions,
    common_SearchAttributes: decode_common_SearchAttributes,
    errordetails_ActivityExecutionAlreadyStartedFailure: decode_errordetails_ActivityExecutionAlreadyStartedFailure,
    errordetails_CancellationAlreadyRequestedFailure: decode_errordetails_CancellationAlreadyRequestedFailure,
    errordetails_ClientVersionNotSupportedFailure: decode_errordetails_ClientVersionNotSupportedFailure,
    errordetails_MultiOperationExecutionFailure: decode_errordetails_MultiOperationExecutionFailure,
    errordetails_MultiOperationExecutionFailureOperationStatus: decode_errordetails_MultiOperationExecutionFailureOperationStatus,
    errordetails_NamespaceAlreadyExistsFailure: decode_errordetails_NamespaceAlreadyExistsFailure,
    errordetails_NamespaceInvalidStateFailure: decode_errordetails_NamespaceInvalidStateFailure,
    errordetails_NamespaceNotActiveFailure: decode_errordetails_NamespaceNotActiveFailure,
    errordetails_NamespaceNotFoundFailure: decode_errordetails_NamespaceNotFoundFailure,
    errordetails_NamespaceUnavailableFailure: decode_errordetails_NamespaceUnavailableFailure,
    errordetails_NewerBuildExistsFailure: decode_errordetails_NewerBuildExistsFailure,
    errordetails_NexusOperationExecutionAlreadyStartedFailure: decode_errordetails_NexusOperationExecutionAlreadyStartedFailure,
    errordetails_NotFoundFailure: decode_errordetails_NotFoundFailure,
    errordetails_PermissionDeniedFailure: decode_errordetails_PermissionDeniedFailure,
    errordetails_QueryFailedFailure: decode_errordetails_QueryFailedFailure,
    errordetails_ResourceExhaustedFailure: decode_errordetails_ResourceExhaustedFailure,
    errordetails_ServerVersionNotSupportedFailure: decode_errordetails_ServerVersionNotSupportedFailure,
    errordetails_SystemWorkflowFailure: decode_errordetails_SystemWorkflowFailure,
    errordetails_WorkflowExecutionAlreadyStartedFailure: decode_errordetails_WorkflowExecutionAlreadyStartedFailure,
    errordetails_WorkflowNotReadyFailure: decode_errordetails_WorkflowNotReadyFailure,
    errordetails_WorkflowTaskCompletionBufferLostFailure: decode_errordetails_WorkflowTaskCompletionBufferLostFailure,
    history_History: decode_history_History,
    history_HistoryEvent: decode_history_HistoryEvent,
    nexus_CancelOperationRequest: decode_nexus_CancelOperationRequest,
    nexus_CancelOperationResponse: decode_nexus_CancelOperationResponse,
    nexus_Failure: decode_nexus_Failure,
    nexus_HandlerError: decode_nexus_HandlerError,
    nexus_Link: decode_nexus_Link,
    nexus_Request: decode_nexus_Request,
    nexus_RequestCapabilities: decode_nexus_RequestCapabilities,
    nexus_Response: decode_nexus_Response,
    nexus_StartOperationRequest: decode_nexus_StartOperationRequest,
    nexus_StartOperationResponse: decode_nexus_StartOperationResponse,
    nexus_StartOperationResponseAsync: decode_nexus_StartOperationResponseAsync,
    nexus_StartOperationResponseSync: decode_nexus_StartOperationResponseSync,
    nexus_UnsuccessfulOperationError: decode_nexus_UnsuccessfulOperationError,
    nexusservices_workerservice_ExecuteCommandsRequest: decode_nexusservices_workerservice_ExecuteCommandsRequest,
    nexusservices_workerservice_ExecuteCommandsResponse: decode_nexusservices_workerservice_ExecuteCommandsResponse,
    sdk_UserMetadata: decode_sdk_UserMetadata,
    worker_CancelActivityCommand: decode_worker_CancelActivityCommand,
    worker_CancelActivityResult: decode_worker_CancelActivityResult,
    worker_WorkerCommand: decode_worker_WorkerCommand,
    worker_WorkerCommandResult: decode_worker_WorkerCommandResult,
    workflow_PendingActivityInfo: decode_workflow_PendingActivityInfo,
    workflow_WorkflowExecutionInfo: decode_workflow_WorkflowExecutionInfo,
    workflowservice_CountActivityExecutionsRequest: decode_workflowservice_CountActivityExecutionsRequest,
    workflowservice_CountActivityExecutionsResponse: decode_workflowservice_CountActivityExecutionsResponse,
    workflowservice_CountActivityExecutionsResponseAggregationGroup: decode_workflowservice_CountActivityExecutionsResponseAggregationGroup,
    workflowservice_DeleteActivityExecutionRequest: decode_workflowservice_DeleteActivityExecutionRequest,
    workflowservice_DeleteActivityExecutionResponse: decode_workflowservice_DeleteActivityExecutionResponse,
    workflowservice_DescribeActivityExecutionRequest: decode_workflowservice_DescribeActivityExecutionRequest,
    workflowservice_DescribeActivityExecutionResponse: decode_workflowservice_DescribeActivityExecutionResponse,
    workflowservice_DescribeWorkflowExecutionRequest: decode_workflowservice_DescribeWorkflowExecutionRequest,
    workflowservice_DescribeWorkflowExecutionResponse: decode_workflowservice_DescribeWorkflowExecutionResponse,
    workflowservice_GetWorkflowExecutionHistoryRequest: decode_workflowservice_GetWorkflowExecutionHistoryRequest,
    workflowservice_GetWorkflowExecutionHistoryResponse: decode_workflowservice_GetWorkflowExecutionHistoryResponse,
    workflowservice_ListActivityExecutionsRequest: decode_workflowservice_ListActivityExecutionsRequest,
    workflowservice_ListActivityExecutionsResponse: decode_workflowservice_ListActivityExecutionsResponse,
    workflowservice_PauseActivityExecutionRequest: decode_workflowservice_PauseActivityExecutionRequest,
    workflowservice_PauseActivityExecutionResponse: decode_workflowservice_PauseActivityExecutionResponse,
    workflowservice_PollActivityExecutionRequest: decode_workflowservice_PollActivityExecutionRequest,
    workflowservice_PollActivityExecutionResponse: decode_workflowservice_PollActivityExecutionResponse,
    workflowservice_PollNexusTaskQueueRequest: decode_workflowservice_PollNexusTaskQueueRequest,
    workflowservice_PollNexusTaskQueueResponse: decode_workflowservice_PollNexusTaskQueueResponse,
    workflowservice_RecordActivityTaskHeartbeatByIdRequest: decode_workflowservice_RecordActivityTaskHeartbeatByIdRequest,
    workflowservice_RecordActivityTaskHeartbeatByIdResponse: decode_workflowservice_RecordActivityTaskHeartbeatByIdResponse,
    workflowservice_RequestCancelActivityExecutionRequest: decode_workflowservice_RequestCancelActivityExecutionRequest,
    workflowservice_RequestCancelActivityExecutionResponse: decode_workflowservice_RequestCancelActivityExecutionResponse,
    workflowservice_ResetActivityExecutionRequest: decode_workflowservice_ResetActivityExecutionRequest,
    workflowservice_ResetActivityExecutionResponse: decode_workflowservice_ResetActivityExecutionResponse,
    workflowservice_RespondActivityTaskCanceledByIdRequest: decode_workflowservice_RespondActivityTaskCanceledByIdRequest,
    workflowservice_RespondActivityTaskCanceledByIdResponse: decode_workflowservice_RespondActivityTaskCanceledByIdResponse,
    workflowservice_RespondActivityTaskCompletedByIdRequest: decode_workflowservice_RespondActivityTaskCompletedByIdRequest,
    workflowservice_RespondActivityTaskCompletedByIdResponse: decode_workflowservice_RespondActivityTaskCompletedByIdResponse,
    workflowservice_RespondActivityTaskFailedByIdRequest: decode_workflowservice_RespondActivityTaskFailedByIdRequest,
    workflowservice_RespondActivityTaskFailedByIdResponse: decode_workflowservice_RespondActivityTaskFailedByIdResponse,
    workflowservice_RespondNexusTaskCompletedRequest: decode_workflowservice_RespondNexusTaskCompletedRequest,
    workflowservice_RespondNexusTaskCompletedResponse: decode_workflowservice_RespondNexusTaskCompletedResponse,
    workflowservice_RespondNexusTaskFailedRequest: decode_workflowservice_RespondNexusTaskFailedRequest,
    workflowservice_RespondNexusTaskFailedResponse: decode_workflowservice_RespondNexusTaskFailedResponse,
    workflowservice_StartActivityExecutionRequest: decode_workflowservice_StartActivityExecutionRequest,
    workflowservice_StartActivityExecutionResponse: decode_workflowservice_StartActivityExecutionResponse,
    workflowservice_TerminateActivityExecutionRequest: decode_workflowservice_TerminateActivityExecutionRequest,
    workflowservice_TerminateActivityExecutionResponse: decode_workflowservice_TerminateActivityExecutionResponse,
    workflowservice_UnpauseActivityExecutionRequest: decode_workflowservice_UnpauseActivityExecutionRequest,
    workflowservice_UnpauseActivityExecutionResponse: decode_workflowservice_UnpauseActivityExecutionResponse,
    workflowservice_UpdateActivityExecutionOptionsRequest: decode_workflowservice_UpdateActivityExecutionOptionsRequest,
    workflowservice_UpdateActivityExecutionOptionsResponse: decode_workflowservice_UpdateActivityExecutionOptionsResponse,
    wkt_Any: decode_wkt_Any,
    wkt_FieldMask: decode_wkt_FieldMask,
}
ENCODERS: dict[type[Message], Callable[[Any], bytes]] = {
    rpc_Status: encode_rpc_Status,
    activity_ActivityExecutionInfo: encode_activity_ActivityExecutionInfo,
    activity_ActivityExecutionListInfo: encode_activity_ActivityExecutionListInfo,
    activity_ActivityExecutionOutcome: encode_activity_ActivityExecutionOutcome,
    activity_ActivityOptions: encode_activity_ActivityOptions,
    common_OnConflictOptions: encode_common_OnConflictOptions,
    common_SearchAttributes: encode_common_SearchAttributes,
    errordetails_ActivityExecutionAlreadyStartedFailure: encode_errordetails_ActivityExecutionAlreadyStartedFailure,
    errordetails_CancellationAlreadyRequestedFailure: encode_errordetails_CancellationAlreadyRequestedFailure,
    errordetails_ClientVersionNotSupportedFailure: encode_errordetails_ClientVersionNotSupportedFailure,
    errordetails_MultiOperationExecutionFailure: encode_errordetails_MultiOperationExecutionFailure,
    errordetails_MultiOperationExecutionFailureOperationStatus: encode_errordetails_MultiOperationExecutionFailureOperationStatus,
    errordetails_NamespaceAlreadyExistsFailure: encode_errordetails_NamespaceAlreadyExistsFailure,
    errordetails_NamespaceInvalidStateFailure: encode_errordetails_NamespaceInvalidStateFailure,
    errordetails_NamespaceNotActiveFailure: encode_errordetails_NamespaceNotActiveFailure,
    errordetails_NamespaceNotFoundFailure: encode_errordetails_NamespaceNotFoundFailure,
    errordetails_NamespaceUnavailableFailure: encode_errordetails_NamespaceUnavailableFailure,
    errordetails_NewerBuildExistsFailure: encode_errordetails_NewerBuildExistsFailure,
    errordetails_NexusOperationExecutionAlreadyStartedFailure: encode_errordetails_NexusOperationExecutionAlreadyStartedFailure,
    errordetails_NotFoundFailure: encode_errordetails_NotFoundFailure,
    errordetails_PermissionDeniedFailure: encode_errordetails_PermissionDeniedFailure,
    errordetails_QueryFailedFailure: encode_errordetails_QueryFailedFailure,
    errordetails_ResourceExhaustedFailure: encode_errordetails_ResourceExhaustedFailure,
    errordetails_ServerVersionNotSupportedFailure: encode_errordetails_ServerVersionNotSupportedFailure,
    errordetails_SystemWorkflowFailure: encode_errordetails_SystemWorkflowFailure,
    errordetails_WorkflowExecutionAlreadyStartedFailure: encode_errordetails_WorkflowExecutionAlreadyStartedFailure,
    errordetails_WorkflowNotReadyFailure: encode_errordetails_WorkflowNotReadyFailure,
    errordetails_WorkflowTaskCompletionBufferLostFailure: encode_errordetails_WorkflowTaskCompletionBufferLostFailure,
    history_History: encode_history_History,
    history_HistoryEvent: encode_history_HistoryEvent,
    nexus_CancelOperationRequest: encode_nexus_CancelOperationRequest,
    nexus_CancelOperationResponse: encode_nexus_CancelOperationResponse,
    nexus_Failure: encode_nexus_Failure,
    nexus_HandlerError: encode_nexus_HandlerError,
    nexus_Link: encode_nexus_Link,
    nexus_Request: encode_nexus_Request,
    nexus_RequestCapabilities: encode_nexus_RequestCapabilities,
    nexus_Response: encode_nexus_Response,
    nexus_StartOperationRequest: encode_nexus_StartOperationRequest,
    nexus_StartOperationResponse: encode_nexus_StartOperationResponse,
    nexus_StartOperationResponseAsync: encode_nexus_StartOperationResponseAsync,
    nexus_StartOperationResponseSync: encode_nexus_StartOperationResponseSync,
    nexus_UnsuccessfulOperationError: encode_nexus_UnsuccessfulOperationError,
    nexusservices_workerservice_ExecuteCommandsRequest: encode_nexusservices_workerservice_ExecuteCommandsRequest,
    nexusservices_workerservice_ExecuteCommandsResponse: encode_nexusservices_workerservice_ExecuteCommandsResponse,
    sdk_UserMetadata: encode_sdk_UserMetadata,
    worker_CancelActivityCommand: encode_worker_CancelActivityCommand,
    worker_CancelActivityResult: encode_worker_CancelActivityResult,
    worker_WorkerCommand: encode_worker_WorkerCommand,
    worker_WorkerCommandResult: encode_worker_WorkerCommandResult,
    workflow_PendingActivityInfo: encode_workflow_PendingActivityInfo,
    workflow_WorkflowExecutionInfo: encode_workflow_WorkflowExecutionInfo,
    workflowservice_CountActivityExecutionsRequest: encode_workflowservice_CountActivityExecutionsRequest,
    workflowservice_CountActivityExecutionsResponse: encode_workflowservice_CountActivityExecutionsResponse,
    workflowservice_CountActivityExecutionsResponseAggregationGroup: encode_workflowservice_CountActivityExecutionsResponseAggregationGroup,
    workflowservice_DeleteActivityExecutionRequest: encode_workflowservice_DeleteActivityExecutionRequest,
    workflowservice_DeleteActivityExecutionResponse: encode_workflowservice_DeleteActivityExecutionResponse,
    workflowservice_DescribeActivityExecutionRequest: encode_workflowservice_DescribeActivityExecutionRequest,
    workflowservice_DescribeActivityExecutionResponse: encode_workflowservice_DescribeActivityExecutionResponse,
    workflowservice_DescribeWorkflowExecutionRequest: encode_workflowservice_DescribeWorkflowExecutionRequest,
    workflowservice_DescribeWorkflowExecutionResponse: encode_workflowservice_DescribeWorkflowExecutionResponse,
    workflowservice_GetWorkflowExecutionHistoryRequest: encode_workflowservice_GetWorkflowExecutionHistoryRequest,
    workflowservice_GetWorkflowExecutionHistoryResponse: encode_workflowservice_GetWorkflowExecutionHistoryResponse,
    workflowservice_ListActivityExecutionsRequest: encode_workflowservice_ListActivityExecutionsRequest,
    workflowservice_ListActivityExecutionsResponse: encode_workflowservice_ListActivityExecutionsResponse,
    workflowservice_PauseActivityExecutionRequest: encode_workflowservice_PauseActivityExecutionRequest,
    workflowservice_PauseActivityExecutionResponse: encode_workflowservice_PauseActivityExecutionResponse,
    workflowservice_PollActivityExecutionRequest: encode_workflowservice_PollActivityExecutionRequest,
    workflowservice_PollActivityExecutionResponse: encode_workflowservice_PollActivityExecutionResponse,
    workflowservice_PollNexusTaskQueueRequest: encode_workflowservice_PollNexusTaskQueueRequest,
    workflowservice_PollNexusTaskQueueResponse: encode_workflowservice_PollNexusTaskQueueResponse,
    workflowservice_RecordActivityTaskHeartbeatByIdRequest: encode_workflowservice_RecordActivityTaskHeartbeatByIdRequest,
    workflowservice_RecordActivityTaskHeartbeatByIdResponse: encode_workflowservice_RecordActivityTaskHeartbeatByIdResponse,
    workflowservice_RequestCancelActivityExecutionRequest: encode_workflowservice_RequestCancelActivityExecutionRequest,
    workflowservice_RequestCancelActivityExecutionResponse: encode_workflowservice_RequestCancelActivityExecutionResponse,
    workflowservice_ResetActivityExecutionRequest: encode_workflowservice_ResetActivityExecutionRequest,
    workflowservice_ResetActivityExecutionResponse: encode_workflowservice_ResetActivityExecutionResponse,
    workflowservice_RespondActivityTaskCanceledByIdRequest: encode_workflowservice_RespondActivityTaskCanceledByIdRequest,
    workflowservice_RespondActivityTaskCanceledByIdResponse: encode_workflowservice_RespondActivityTaskCanceledByIdResponse,
    workflowservice_RespondActivityTaskCompletedByIdRequest: encode_workflowservice_RespondActivityTaskCompletedByIdRequest,
    workflowservice_RespondActivityTaskCompletedByIdResponse: encode_workflowservice_RespondActivityTaskCompletedByIdResponse,
    workflowservice_RespondActivityTaskFailedByIdRequest: encode_workflowservice_RespondActivityTaskFailedByIdRequest,
    workflowservice_RespondActivityTaskFailedByIdResponse: encode_workflowservice_RespondActivityTaskFailedByIdResponse,
    workflowservice_RespondNexusTaskCompletedRequest: encode_workflowservice_RespondNexusTaskCompletedRequest,
    workflowservice_RespondNexusTaskCompletedResponse: encode_workflowservice_RespondNexusTaskCompletedResponse,
    workflowservice_RespondNexusTaskFailedRequest: encode_workflowservice_RespondNexusTaskFailedRequest,
    workflowservice_RespondNexusTaskFailedResponse: encode_workflowservice_RespondNexusTaskFailedResponse,
    workflowservice_StartActivityExecutionRequest: encode_workflowservice_StartActivityExecutionRequest,
    workflowservice_StartActivityExecutionResponse: encode_workflowservice_StartActivityExecutionResponse,
    workflowservice_TerminateActivityExecutionRequest: encode_workflowservice_TerminateActivityExecutionRequest,
    workflowservice_TerminateActivityExecutionResponse: encode_workflowservice_TerminateActivityExecutionResponse,
    workflowservice_UnpauseActivityExecutionRequest: encode_workflowservice_UnpauseActivityExecutionRequest,
    workflowservice_UnpauseActivityExecutionResponse: encode_workflowservice_UnpauseActivityExecutionResponse,
    workflowservice_UpdateActivityExecutionOptionsRequest: encode_workflowservice_UpdateActivityExecutionOptionsRequest,
    workflowservice_UpdateActivityExecutionOptionsResponse: encode_workflowservice_UpdateActivityExecutionOptionsResponse,
    wkt_Any: encode_wkt_Any,
    wkt_FieldMask: encode_wkt_FieldMask,
}
