"""Codecs of failures, compiled by `make protos`; never edited."""

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
from ._codec_worker import decode_common_Payload
from ._codec_worker import encode_common_Payload
from ._codec_worker import decode_common_Payloads
from ._codec_worker import encode_common_Payloads
from ._codec_worker import decode_common_WorkerVersionStamp
from ._codec_worker import encode_common_WorkerVersionStamp
from ._codec_worker import decode_common_WorkflowExecution
from ._codec_worker import encode_common_WorkflowExecution
from ._codec_worker import decode_common_WorkflowType
from ._codec_worker import encode_common_WorkflowType
from ._codec_worker import decode_deployment_Deployment
from ._codec_worker import encode_deployment_Deployment
from ._codec_worker import decode_deployment_WorkerDeploymentOptions
from ._codec_worker import encode_deployment_WorkerDeploymentOptions
from ._codec_worker import decode_wkt_Duration
from ._codec_worker import encode_wkt_Duration
from .temporal.api.common.v1 import ActivityType as common_ActivityType
from .temporal.api.common.v1 import Payload as common_Payload
from .temporal.api.common.v1 import Payloads as common_Payloads
from .temporal.api.common.v1 import WorkerVersionStamp as common_WorkerVersionStamp
from .temporal.api.common.v1 import WorkflowExecution as common_WorkflowExecution
from .temporal.api.common.v1 import WorkflowType as common_WorkflowType
from .temporal.api.deployment.v1 import Deployment as deployment_Deployment
from .temporal.api.deployment.v1 import WorkerDeploymentOptions as deployment_WorkerDeploymentOptions
from .temporal.api.enums.v1.failures import ActivityTaskFailedCause as enums_failures_ActivityTaskFailedCause
from .temporal.api.enums.v1.failures import ApplicationErrorCategory as enums_failures_ApplicationErrorCategory
from .temporal.api.enums.v1.failures import (
    NexusHandlerErrorRetryBehavior as enums_failures_NexusHandlerErrorRetryBehavior,
)
from .temporal.api.enums.v1.failures import RetryState as enums_failures_RetryState
from .temporal.api.enums.v1.failures import TimeoutType as enums_failures_TimeoutType
from .temporal.api.failure.v1 import ActivityFailureInfo as failure_ActivityFailureInfo
from .temporal.api.failure.v1 import ApplicationFailureInfo as failure_ApplicationFailureInfo
from .temporal.api.failure.v1 import CanceledFailureInfo as failure_CanceledFailureInfo
from .temporal.api.failure.v1 import ChildWorkflowExecutionFailureInfo as failure_ChildWorkflowExecutionFailureInfo
from .temporal.api.failure.v1 import Failure as failure_Failure
from .temporal.api.failure.v1 import NexusHandlerFailureInfo as failure_NexusHandlerFailureInfo
from .temporal.api.failure.v1 import NexusOperationFailureInfo as failure_NexusOperationFailureInfo
from .temporal.api.failure.v1 import ResetWorkflowFailureInfo as failure_ResetWorkflowFailureInfo
from .temporal.api.failure.v1 import ServerFailureInfo as failure_ServerFailureInfo
from .temporal.api.failure.v1 import TerminatedFailureInfo as failure_TerminatedFailureInfo
from .temporal.api.failure.v1 import TimeoutFailureInfo as failure_TimeoutFailureInfo
from .temporal.wkt import Duration as wkt_Duration
from .temporal.api.workflowservice.v1.failures import (
    RespondActivityTaskFailedRequest as workflowservice_failures_RespondActivityTaskFailedRequest,
)
from .temporal.api.workflowservice.v1.failures import (
    RespondActivityTaskFailedResponse as workflowservice_failures_RespondActivityTaskFailedResponse,
)

new = object.__new__
enums_failures_ActivityTaskFailedCause_by_number = enums_failures_ActivityTaskFailedCause._value2member_map_.get
enums_failures_ApplicationErrorCategory_by_number = enums_failures_ApplicationErrorCategory._value2member_map_.get
enums_failures_NexusHandlerErrorRetryBehavior_by_number = (
    enums_failures_NexusHandlerErrorRetryBehavior._value2member_map_.get
)
enums_failures_RetryState_by_number = enums_failures_RetryState._value2member_map_.get
enums_failures_TimeoutType_by_number = enums_failures_TimeoutType._value2member_map_.get

TAGS_failure_ActivityFailureInfo = frozenset([8, 16, 26, 34, 42, 48])
fields_of_failure_ActivityFailureInfo = attrgetter(
    "scheduled_event_id",
    "started_event_id",
    "identity",
    "activity_type",
    "activity_id",
    "retry_state",
    "_unknown_fields",
    "__class__",
)


def decode_failure_ActivityFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_ActivityFailureInfo)
        scheduled_event_id_ = 0
        started_event_id_ = 0
        identity_ = ""
        activity_type_ = None
        activity_id_ = ""
        retry_state_ = enums_failures_RetryState(0)
        unknown = b""
    else:
        scheduled_event_id_, started_event_id_, identity_, activity_type_, activity_id_, retry_state_, unknown, _ = (
            fields_of_failure_ActivityFailureInfo(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                scheduled_event_id_ = data[at]
                at += 1
                if scheduled_event_id_ > 127:
                    scheduled_event_id_, at = read_int64(data, at, scheduled_event_id_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                started_event_id_ = data[at]
                at += 1
                if started_event_id_ > 127:
                    started_event_id_, at = read_int64(data, at, started_event_id_)
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
                identity_ = data[at:stop].decode()
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
                activity_type_ = decode_common_ActivityType(data, at, stop, depth + 1, activity_type_)
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
                activity_id_ = data[at:stop].decode()
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
            if tag not in TAGS_failure_ActivityFailureInfo:
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
    message.scheduled_event_id = scheduled_event_id_
    message.started_event_id = started_event_id_
    message.identity = identity_
    message.activity_type = activity_type_
    message.activity_id = activity_id_
    message.retry_state = retry_state_
    message._unknown_fields = unknown
    return message


def encode_failure_ActivityFailureInfo(message):
    parts = []
    add = parts.append
    value = message.scheduled_event_id
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.started_event_id
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_state
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_ApplicationFailureInfo = frozenset([10, 16, 26, 34, 40])
fields_of_failure_ApplicationFailureInfo = attrgetter(
    "type", "non_retryable", "details", "next_retry_delay", "category", "_unknown_fields", "__class__"
)


def decode_failure_ApplicationFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_ApplicationFailureInfo)
        type_ = ""
        non_retryable_ = False
        details_ = None
        next_retry_delay_ = None
        category_ = enums_failures_ApplicationErrorCategory(0)
        unknown = b""
    else:
        type_, non_retryable_, details_, next_retry_delay_, category_, unknown, _ = (
            fields_of_failure_ApplicationFailureInfo(message)
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
                type_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                non_retryable_ = data[at]
                at += 1
                if non_retryable_ > 127:
                    non_retryable_, at = read_uint64(data, at, non_retryable_)
                non_retryable_ = non_retryable_ != 0
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
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
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
                next_retry_delay_ = decode_wkt_Duration(data, at, stop, depth + 1, next_retry_delay_)
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
                category_ = enums_failures_ApplicationErrorCategory_by_number(number)
                if category_ is None:
                    category_ = enums_failures_ApplicationErrorCategory(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_ApplicationFailureInfo:
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
    message.type = type_
    message.non_retryable = non_retryable_
    message.details = details_
    message.next_retry_delay = next_retry_delay_
    message.category = category_
    message._unknown_fields = unknown
    return message


def encode_failure_ApplicationFailureInfo(message):
    parts = []
    add = parts.append
    value = message.type
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.non_retryable
    if value:
        add(b"\x10" + BOOL[value])
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.next_retry_delay
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.category
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_CanceledFailureInfo = frozenset([10, 18])
fields_of_failure_CanceledFailureInfo = attrgetter("details", "identity", "_unknown_fields", "__class__")


def decode_failure_CanceledFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_CanceledFailureInfo)
        details_ = None
        identity_ = ""
        unknown = b""
    else:
        details_, identity_, unknown, _ = fields_of_failure_CanceledFailureInfo(message)
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
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
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
            if tag not in TAGS_failure_CanceledFailureInfo:
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
    message.details = details_
    message.identity = identity_
    message._unknown_fields = unknown
    return message


def encode_failure_CanceledFailureInfo(message):
    parts = []
    add = parts.append
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_ChildWorkflowExecutionFailureInfo = frozenset([10, 18, 26, 32, 40, 48])
fields_of_failure_ChildWorkflowExecutionFailureInfo = attrgetter(
    "namespace",
    "workflow_execution",
    "workflow_type",
    "initiated_event_id",
    "started_event_id",
    "retry_state",
    "_unknown_fields",
    "__class__",
)


def decode_failure_ChildWorkflowExecutionFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_ChildWorkflowExecutionFailureInfo)
        namespace_ = ""
        workflow_execution_ = None
        workflow_type_ = None
        initiated_event_id_ = 0
        started_event_id_ = 0
        retry_state_ = enums_failures_RetryState(0)
        unknown = b""
    else:
        (
            namespace_,
            workflow_execution_,
            workflow_type_,
            initiated_event_id_,
            started_event_id_,
            retry_state_,
            unknown,
            _,
        ) = fields_of_failure_ChildWorkflowExecutionFailureInfo(message)
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
                workflow_execution_ = decode_common_WorkflowExecution(data, at, stop, depth + 1, workflow_execution_)
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
                workflow_type_ = decode_common_WorkflowType(data, at, stop, depth + 1, workflow_type_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                initiated_event_id_ = data[at]
                at += 1
                if initiated_event_id_ > 127:
                    initiated_event_id_, at = read_int64(data, at, initiated_event_id_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                started_event_id_ = data[at]
                at += 1
                if started_event_id_ > 127:
                    started_event_id_, at = read_int64(data, at, started_event_id_)
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
            if tag not in TAGS_failure_ChildWorkflowExecutionFailureInfo:
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
    message.workflow_execution = workflow_execution_
    message.workflow_type = workflow_type_
    message.initiated_event_id = initiated_event_id_
    message.started_event_id = started_event_id_
    message.retry_state = retry_state_
    message._unknown_fields = unknown
    return message


def encode_failure_ChildWorkflowExecutionFailureInfo(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_type
    if value is not None:
        raw = encode_common_WorkflowType(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.initiated_event_id
    if value:
        add(b" " + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.started_event_id
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.retry_state
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_Failure = frozenset([10, 18, 26, 34, 42, 50, 58, 66, 74, 82, 90, 98, 106, 114, 162])
fields_of_failure_Failure = attrgetter(
    "message", "source", "stack_trace", "cause", "encoded_attributes", "_unknown_fields", "__class__"
)


def decode_failure_Failure(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_Failure)
        message_ = ""
        source_ = ""
        stack_trace_ = ""
        cause_ = None
        encoded_attributes_ = None
        which_failure_info = failure_info_ = None
        unknown = b""
    else:
        message_, source_, stack_trace_, cause_, encoded_attributes_, unknown, _ = fields_of_failure_Failure(message)
        which_failure_info, failure_info_ = which_of(
            message,
            (
                "application_failure_info",
                "timeout_failure_info",
                "canceled_failure_info",
                "terminated_failure_info",
                "server_failure_info",
                "reset_workflow_failure_info",
                "activity_failure_info",
                "child_workflow_execution_failure_info",
                "nexus_operation_execution_failure_info",
                "nexus_handler_failure_info",
            ),
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
                message_ = data[at:stop].decode()
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
                source_ = data[at:stop].decode()
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
                stack_trace_ = data[at:stop].decode()
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
                cause_ = decode_failure_Failure(data, at, stop, depth + 1, cause_)
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
                failure_info_ = decode_failure_ApplicationFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "application_failure_info" else None,
                )
                at = stop
                which_failure_info = "application_failure_info"
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
                failure_info_ = decode_failure_TimeoutFailureInfo(
                    data, at, stop, depth + 1, failure_info_ if which_failure_info == "timeout_failure_info" else None
                )
                at = stop
                which_failure_info = "timeout_failure_info"
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
                failure_info_ = decode_failure_CanceledFailureInfo(
                    data, at, stop, depth + 1, failure_info_ if which_failure_info == "canceled_failure_info" else None
                )
                at = stop
                which_failure_info = "canceled_failure_info"
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
                failure_info_ = decode_failure_TerminatedFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "terminated_failure_info" else None,
                )
                at = stop
                which_failure_info = "terminated_failure_info"
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
                failure_info_ = decode_failure_ServerFailureInfo(
                    data, at, stop, depth + 1, failure_info_ if which_failure_info == "server_failure_info" else None
                )
                at = stop
                which_failure_info = "server_failure_info"
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
                failure_info_ = decode_failure_ResetWorkflowFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "reset_workflow_failure_info" else None,
                )
                at = stop
                which_failure_info = "reset_workflow_failure_info"
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
                failure_info_ = decode_failure_ActivityFailureInfo(
                    data, at, stop, depth + 1, failure_info_ if which_failure_info == "activity_failure_info" else None
                )
                at = stop
                which_failure_info = "activity_failure_info"
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
                failure_info_ = decode_failure_ChildWorkflowExecutionFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "child_workflow_execution_failure_info" else None,
                )
                at = stop
                which_failure_info = "child_workflow_execution_failure_info"
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
                failure_info_ = decode_failure_NexusOperationFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "nexus_operation_execution_failure_info" else None,
                )
                at = stop
                which_failure_info = "nexus_operation_execution_failure_info"
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
                failure_info_ = decode_failure_NexusHandlerFailureInfo(
                    data,
                    at,
                    stop,
                    depth + 1,
                    failure_info_ if which_failure_info == "nexus_handler_failure_info" else None,
                )
                at = stop
                which_failure_info = "nexus_handler_failure_info"
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
                encoded_attributes_ = decode_common_Payload(data, at, stop, depth + 1, encoded_attributes_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_Failure:
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
    message.source = source_
    message.stack_trace = stack_trace_
    message.cause = cause_
    message.encoded_attributes = encoded_attributes_
    message.application_failure_info = message.timeout_failure_info = message.canceled_failure_info = (
        message.terminated_failure_info
    ) = message.server_failure_info = message.reset_workflow_failure_info = message.activity_failure_info = (
        message.child_workflow_execution_failure_info
    ) = message.nexus_operation_execution_failure_info = message.nexus_handler_failure_info = None
    if which_failure_info is not None:
        setattr(message, which_failure_info, failure_info_)
    message._unknown_fields = unknown
    return message


def encode_failure_Failure(message):
    parts = []
    add = parts.append
    value = message.message
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.source
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.stack_trace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cause
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.application_failure_info
    if value is not None:
        raw = encode_failure_ApplicationFailureInfo(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.timeout_failure_info
    if value is not None:
        raw = encode_failure_TimeoutFailureInfo(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.canceled_failure_info
    if value is not None:
        raw = encode_failure_CanceledFailureInfo(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.terminated_failure_info
    if value is not None:
        raw = encode_failure_TerminatedFailureInfo(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.server_failure_info
    if value is not None:
        raw = encode_failure_ServerFailureInfo(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reset_workflow_failure_info
    if value is not None:
        raw = encode_failure_ResetWorkflowFailureInfo(value)
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_failure_info
    if value is not None:
        raw = encode_failure_ActivityFailureInfo(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.child_workflow_execution_failure_info
    if value is not None:
        raw = encode_failure_ChildWorkflowExecutionFailureInfo(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.nexus_operation_execution_failure_info
    if value is not None:
        raw = encode_failure_NexusOperationFailureInfo(value)
        size = len(raw)
        add(b"j" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.nexus_handler_failure_info
    if value is not None:
        raw = encode_failure_NexusHandlerFailureInfo(value)
        size = len(raw)
        add(b"r" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.encoded_attributes
    if value is not None:
        raw = encode_common_Payload(value)
        size = len(raw)
        add(b"\xa2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_NexusHandlerFailureInfo = frozenset([10, 16])
fields_of_failure_NexusHandlerFailureInfo = attrgetter("type", "retry_behavior", "_unknown_fields", "__class__")


def decode_failure_NexusHandlerFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_NexusHandlerFailureInfo)
        type_ = ""
        retry_behavior_ = enums_failures_NexusHandlerErrorRetryBehavior(0)
        unknown = b""
    else:
        type_, retry_behavior_, unknown, _ = fields_of_failure_NexusHandlerFailureInfo(message)
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
                type_ = data[at:stop].decode()
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
            if tag not in TAGS_failure_NexusHandlerFailureInfo:
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
    message.type = type_
    message.retry_behavior = retry_behavior_
    message._unknown_fields = unknown
    return message


def encode_failure_NexusHandlerFailureInfo(message):
    parts = []
    add = parts.append
    value = message.type
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_behavior
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_NexusOperationFailureInfo = frozenset([8, 18, 26, 34, 42, 50])
fields_of_failure_NexusOperationFailureInfo = attrgetter(
    "scheduled_event_id",
    "endpoint",
    "service",
    "operation",
    "operation_id",
    "operation_token",
    "_unknown_fields",
    "__class__",
)


def decode_failure_NexusOperationFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_NexusOperationFailureInfo)
        scheduled_event_id_ = 0
        endpoint_ = ""
        service_ = ""
        operation_ = ""
        operation_id_ = ""
        operation_token_ = ""
        unknown = b""
    else:
        scheduled_event_id_, endpoint_, service_, operation_, operation_id_, operation_token_, unknown, _ = (
            fields_of_failure_NexusOperationFailureInfo(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                scheduled_event_id_ = data[at]
                at += 1
                if scheduled_event_id_ > 127:
                    scheduled_event_id_, at = read_int64(data, at, scheduled_event_id_)
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
                endpoint_ = data[at:stop].decode()
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
                service_ = data[at:stop].decode()
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
                operation_ = data[at:stop].decode()
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
                operation_id_ = data[at:stop].decode()
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
                operation_token_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_NexusOperationFailureInfo:
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
    message.scheduled_event_id = scheduled_event_id_
    message.endpoint = endpoint_
    message.service = service_
    message.operation = operation_
    message.operation_id = operation_id_
    message.operation_token = operation_token_
    message._unknown_fields = unknown
    return message


def encode_failure_NexusOperationFailureInfo(message):
    parts = []
    add = parts.append
    value = message.scheduled_event_id
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.endpoint
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.service
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation_token
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_ResetWorkflowFailureInfo = frozenset([10])
fields_of_failure_ResetWorkflowFailureInfo = attrgetter("last_heartbeat_details", "_unknown_fields", "__class__")


def decode_failure_ResetWorkflowFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_ResetWorkflowFailureInfo)
        last_heartbeat_details_ = None
        unknown = b""
    else:
        last_heartbeat_details_, unknown, _ = fields_of_failure_ResetWorkflowFailureInfo(message)
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
                last_heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, last_heartbeat_details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_ResetWorkflowFailureInfo:
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
    message.last_heartbeat_details = last_heartbeat_details_
    message._unknown_fields = unknown
    return message


def encode_failure_ResetWorkflowFailureInfo(message):
    parts = []
    add = parts.append
    value = message.last_heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_ServerFailureInfo = frozenset([8])
fields_of_failure_ServerFailureInfo = attrgetter("non_retryable", "_unknown_fields", "__class__")


def decode_failure_ServerFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_ServerFailureInfo)
        non_retryable_ = False
        unknown = b""
    else:
        non_retryable_, unknown, _ = fields_of_failure_ServerFailureInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                non_retryable_ = data[at]
                at += 1
                if non_retryable_ > 127:
                    non_retryable_, at = read_uint64(data, at, non_retryable_)
                non_retryable_ = non_retryable_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_ServerFailureInfo:
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
    message.non_retryable = non_retryable_
    message._unknown_fields = unknown
    return message


def encode_failure_ServerFailureInfo(message):
    parts = []
    add = parts.append
    value = message.non_retryable
    if value:
        add(b"\x08" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_TerminatedFailureInfo = frozenset([10])
fields_of_failure_TerminatedFailureInfo = attrgetter("identity", "_unknown_fields", "__class__")


def decode_failure_TerminatedFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_TerminatedFailureInfo)
        identity_ = ""
        unknown = b""
    else:
        identity_, unknown, _ = fields_of_failure_TerminatedFailureInfo(message)
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
                identity_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_TerminatedFailureInfo:
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
    message.identity = identity_
    message._unknown_fields = unknown
    return message


def encode_failure_TerminatedFailureInfo(message):
    parts = []
    add = parts.append
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_failure_TimeoutFailureInfo = frozenset([8, 18])
fields_of_failure_TimeoutFailureInfo = attrgetter(
    "timeout_type", "last_heartbeat_details", "_unknown_fields", "__class__"
)


def decode_failure_TimeoutFailureInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(failure_TimeoutFailureInfo)
        timeout_type_ = enums_failures_TimeoutType(0)
        last_heartbeat_details_ = None
        unknown = b""
    else:
        timeout_type_, last_heartbeat_details_, unknown, _ = fields_of_failure_TimeoutFailureInfo(message)
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
                timeout_type_ = enums_failures_TimeoutType_by_number(number)
                if timeout_type_ is None:
                    timeout_type_ = enums_failures_TimeoutType(to_int32(number))
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
                last_heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, last_heartbeat_details_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_failure_TimeoutFailureInfo:
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
    message.timeout_type = timeout_type_
    message.last_heartbeat_details = last_heartbeat_details_
    message._unknown_fields = unknown
    return message


def encode_failure_TimeoutFailureInfo(message):
    parts = []
    add = parts.append
    value = message.timeout_type
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.last_heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_failures_RespondActivityTaskFailedRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66, 74, 80])
fields_of_workflowservice_failures_RespondActivityTaskFailedRequest = attrgetter(
    "task_token",
    "failure",
    "identity",
    "namespace",
    "last_heartbeat_details",
    "worker_version",
    "deployment",
    "deployment_options",
    "resource_id",
    "cause",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_failures_RespondActivityTaskFailedRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_failures_RespondActivityTaskFailedRequest)
        task_token_ = b""
        failure_ = None
        identity_ = ""
        namespace_ = ""
        last_heartbeat_details_ = None
        worker_version_ = None
        deployment_ = None
        deployment_options_ = None
        resource_id_ = ""
        cause_ = enums_failures_ActivityTaskFailedCause(0)
        unknown = b""
    else:
        (
            task_token_,
            failure_,
            identity_,
            namespace_,
            last_heartbeat_details_,
            worker_version_,
            deployment_,
            deployment_options_,
            resource_id_,
            cause_,
            unknown,
            _,
        ) = fields_of_workflowservice_failures_RespondActivityTaskFailedRequest(message)
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
                failure_ = decode_failure_Failure(data, at, stop, depth + 1, failure_)
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
                identity_ = data[at:stop].decode()
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
                namespace_ = data[at:stop].decode()
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
                last_heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, last_heartbeat_details_)
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
                worker_version_ = decode_common_WorkerVersionStamp(data, at, stop, depth + 1, worker_version_)
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
                deployment_ = decode_deployment_Deployment(data, at, stop, depth + 1, deployment_)
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
            if tag == 80:
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
            if tag not in TAGS_workflowservice_failures_RespondActivityTaskFailedRequest:
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
    message.failure = failure_
    message.identity = identity_
    message.namespace = namespace_
    message.last_heartbeat_details = last_heartbeat_details_
    message.worker_version = worker_version_
    message.deployment = deployment_
    message.deployment_options = deployment_options_
    message.resource_id = resource_id_
    message.cause = cause_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_failures_RespondActivityTaskFailedRequest(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failure
    if value is not None:
        raw = encode_failure_Failure(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.last_heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_version
    if value is not None:
        raw = encode_common_WorkerVersionStamp(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment
    if value is not None:
        raw = encode_deployment_Deployment(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_options
    if value is not None:
        raw = encode_deployment_WorkerDeploymentOptions(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.cause
    if value:
        add(b"P" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_failures_RespondActivityTaskFailedResponse = frozenset([10])
fields_of_workflowservice_failures_RespondActivityTaskFailedResponse = attrgetter(
    "failures", "_unknown_fields", "__class__"
)


def decode_workflowservice_failures_RespondActivityTaskFailedResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_failures_RespondActivityTaskFailedResponse)
        failures_ = []
        unknown = b""
    else:
        failures_, unknown, _ = fields_of_workflowservice_failures_RespondActivityTaskFailedResponse(message)
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
            if tag not in TAGS_workflowservice_failures_RespondActivityTaskFailedResponse:
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


def encode_workflowservice_failures_RespondActivityTaskFailedResponse(message):
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


DECODERS: dict[type[Message], Callable[..., Any]] = {
    failure_ActivityFailureInfo: decode_failure_ActivityFailureInfo,
    failure_ApplicationFailureInfo: decode_failure_ApplicationFailureInfo,
    failure_CanceledFailureInfo: decode_failure_CanceledFailureInfo,
    failure_ChildWorkflowExecutionFailureInfo: decode_failure_ChildWorkflowExecutionFailureInfo,
    failure_Failure: decode_failure_Failure,
    failure_NexusHandlerFailureInfo: decode_failure_NexusHandlerFailureInfo,
    failure_NexusOperationFailureInfo: decode_failure_NexusOperationFailureInfo,
    failure_ResetWorkflowFailureInfo: decode_failure_ResetWorkflowFailureInfo,
    failure_ServerFailureInfo: decode_failure_ServerFailureInfo,
    failure_TerminatedFailureInfo: decode_failure_TerminatedFailureInfo,
    failure_TimeoutFailureInfo: decode_failure_TimeoutFailureInfo,
    workflowservice_failures_RespondActivityTaskFailedRequest: decode_workflowservice_failures_RespondActivityTaskFailedRequest,
    workflowservice_failures_RespondActivityTaskFailedResponse: decode_workflowservice_failures_RespondActivityTaskFailedResponse,
}
ENCODERS: dict[type[Message], Callable[[Any], bytes]] = {
    failure_ActivityFailureInfo: encode_failure_ActivityFailureInfo,
    failure_ApplicationFailureInfo: encode_failure_ApplicationFailureInfo,
    failure_CanceledFailureInfo: encode_failure_CanceledFailureInfo,
    failure_ChildWorkflowExecutionFailureInfo: encode_failure_ChildWorkflowExecutionFailureInfo,
    failure_Failure: encode_failure_Failure,
    failure_NexusHandlerFailureInfo: encode_failure_NexusHandlerFailureInfo,
    failure_NexusOperationFailureInfo: encode_failure_NexusOperationFailureInfo,
    failure_ResetWorkflowFailureInfo: encode_failure_ResetWorkflowFailureInfo,
    failure_ServerFailureInfo: encode_failure_ServerFailureInfo,
    failure_TerminatedFailureInfo: encode_failure_TerminatedFailureInfo,
    failure_TimeoutFailureInfo: encode_failure_TimeoutFailureInfo,
    workflowservice_failures_RespondActivityTaskFailedRequest: encode_workflowservice_failures_RespondActivityTaskFailedRequest,
    workflowservice_failures_RespondActivityTaskFailedResponse: encode_workflowservice_failures_RespondActivityTaskFailedResponse,
}
