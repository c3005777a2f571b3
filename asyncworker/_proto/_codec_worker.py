"""Codecs of what a worker says and hears, compiled by `make protos`; never edited."""

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
from asyncworker._wire_primitives import pack_double
from asyncworker._wire_primitives import pack_float
from asyncworker._wire_primitives import read_int32
from asyncworker._wire_primitives import read_int64
from asyncworker._wire_primitives import read_size
from asyncworker._wire_primitives import read_uint64
from asyncworker._wire_primitives import skip
from asyncworker._wire_primitives import to_int32
from asyncworker._wire_primitives import too_deep
from asyncworker._wire_primitives import truncated
from asyncworker._wire_primitives import unpack_double
from asyncworker._wire_primitives import unpack_float
from asyncworker._wire_primitives import varint
from .temporal.api.common.v1 import ActivityType as common_ActivityType
from .temporal.api.common.v1 import Header as common_Header
from .temporal.api.common.v1 import Payload as common_Payload
from .temporal.api.common.v1 import PayloadExternalPayloadDetails as common_PayloadExternalPayloadDetails
from .temporal.api.common.v1 import Payloads as common_Payloads
from .temporal.api.common.v1 import Priority as common_Priority
from .temporal.api.common.v1 import RetryPolicy as common_RetryPolicy
from .temporal.api.common.v1 import WorkerVersionCapabilities as common_WorkerVersionCapabilities
from .temporal.api.common.v1 import WorkerVersionStamp as common_WorkerVersionStamp
from .temporal.api.common.v1 import WorkflowExecution as common_WorkflowExecution
from .temporal.api.common.v1 import WorkflowType as common_WorkflowType
from .temporal.api.deployment.v1 import Deployment as deployment_Deployment
from .temporal.api.deployment.v1 import WorkerDeploymentOptions as deployment_WorkerDeploymentOptions
from .temporal.api.enums.v1 import ArchivalState as enums_ArchivalState
from .temporal.api.enums.v1 import NamespaceState as enums_NamespaceState
from .temporal.api.enums.v1 import TaskQueueKind as enums_TaskQueueKind
from .temporal.api.enums.v1 import WorkerVersioningMode as enums_WorkerVersioningMode
from .temporal.api.namespace.v1 import NamespaceConfig as namespace_NamespaceConfig
from .temporal.api.namespace.v1 import NamespaceInfo as namespace_NamespaceInfo
from .temporal.api.namespace.v1 import NamespaceInfoCapabilities as namespace_NamespaceInfoCapabilities
from .temporal.api.namespace.v1 import NamespaceInfoLimits as namespace_NamespaceInfoLimits
from .temporal.api.nexus.v1 import PropagatedSerializationContext as nexus_PropagatedSerializationContext
from .temporal.api.taskqueue.v1 import PollerGroupInfo as taskqueue_PollerGroupInfo
from .temporal.api.taskqueue.v1 import PollerGroupsInfo as taskqueue_PollerGroupsInfo
from .temporal.api.taskqueue.v1 import PollerScalingDecision as taskqueue_PollerScalingDecision
from .temporal.api.taskqueue.v1 import TaskQueue as taskqueue_TaskQueue
from .temporal.api.taskqueue.v1 import TaskQueueMetadata as taskqueue_TaskQueueMetadata
from .temporal.wkt import DoubleValue as wkt_DoubleValue
from .temporal.wkt import Duration as wkt_Duration
from .temporal.wkt import Timestamp as wkt_Timestamp
from .temporal.api.workflowservice.v1 import DescribeNamespaceRequest as workflowservice_DescribeNamespaceRequest
from .temporal.api.workflowservice.v1 import DescribeNamespaceResponse as workflowservice_DescribeNamespaceResponse
from .temporal.api.workflowservice.v1 import GetSystemInfoRequest as workflowservice_GetSystemInfoRequest
from .temporal.api.workflowservice.v1 import GetSystemInfoResponse as workflowservice_GetSystemInfoResponse
from .temporal.api.workflowservice.v1 import (
    GetSystemInfoResponseCapabilities as workflowservice_GetSystemInfoResponseCapabilities,
)
from .temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueRequest as workflowservice_PollActivityTaskQueueRequest,
)
from .temporal.api.workflowservice.v1 import (
    PollActivityTaskQueueResponse as workflowservice_PollActivityTaskQueueResponse,
)
from .temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatRequest as workflowservice_RecordActivityTaskHeartbeatRequest,
)
from .temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatResponse as workflowservice_RecordActivityTaskHeartbeatResponse,
)
from .temporal.api.workflowservice.v1 import (
    RespondActivityTaskCanceledRequest as workflowservice_RespondActivityTaskCanceledRequest,
)
from .temporal.api.workflowservice.v1 import (
    RespondActivityTaskCanceledResponse as workflowservice_RespondActivityTaskCanceledResponse,
)
from .temporal.api.workflowservice.v1 import (
    RespondActivityTaskCompletedRequest as workflowservice_RespondActivityTaskCompletedRequest,
)
from .temporal.api.workflowservice.v1 import (
    RespondActivityTaskCompletedResponse as workflowservice_RespondActivityTaskCompletedResponse,
)

new = object.__new__
enums_ArchivalState_by_number = enums_ArchivalState._value2member_map_.get
enums_NamespaceState_by_number = enums_NamespaceState._value2member_map_.get
enums_TaskQueueKind_by_number = enums_TaskQueueKind._value2member_map_.get
enums_WorkerVersioningMode_by_number = enums_WorkerVersioningMode._value2member_map_.get

TAGS_common_ActivityType = frozenset([10])
fields_of_common_ActivityType = attrgetter("name", "_unknown_fields", "__class__")


def decode_common_ActivityType(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_ActivityType)
        name_ = ""
        unknown = b""
    else:
        name_, unknown, _ = fields_of_common_ActivityType(message)
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
                name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_ActivityType:
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
    message.name = name_
    message._unknown_fields = unknown
    return message


def encode_common_ActivityType(message):
    parts = []
    add = parts.append
    value = message.name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_Header = frozenset([10])
fields_of_common_Header = attrgetter("fields", "_unknown_fields", "__class__")


def decode_common_Header(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_Header)
        fields_ = {}
        unknown = b""
    else:
        fields_, unknown, _ = fields_of_common_Header(message)
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
                    fields_[key] = item
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
            if tag not in TAGS_common_Header:
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
    message.fields = fields_
    message._unknown_fields = unknown
    return message


def encode_common_Header(message):
    parts = []
    add = parts.append
    value = message.fields
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


TAGS_common_Payload = frozenset([10, 18, 26])
fields_of_common_Payload = attrgetter("metadata", "data", "external_payloads", "_unknown_fields", "__class__")


def decode_common_Payload(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_Payload)
        metadata_ = {}
        data_ = b""
        external_payloads_ = []
        unknown = b""
    else:
        metadata_, data_, external_payloads_, unknown, _ = fields_of_common_Payload(message)
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
                item = b""
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
                        item = data[at:stop]
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
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                data_ = data[at:stop]
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
                item = decode_common_PayloadExternalPayloadDetails(data, at, stop, depth + 1)
                at = stop
                external_payloads_.append(item)
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
            if tag not in TAGS_common_Payload:
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
    message.metadata = metadata_
    message.data = data_
    message.external_payloads = external_payloads_
    message._unknown_fields = unknown
    return message


def encode_common_Payload(message):
    parts = []
    add = parts.append
    value = message.metadata
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += (
                b"\x12"
                + (
                    BYTE[size]
                    if (size := len(raw := item if type(item) is bytes else octets(item))) < 128
                    else varint(size)
                )
                + raw
            )
            size = len(entry)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)) + entry)
    value = message.data
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.external_payloads
    if value:
        for item in value:
            raw = encode_common_PayloadExternalPayloadDetails(item)
            size = len(raw)
            add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_PayloadExternalPayloadDetails = frozenset([8])
fields_of_common_PayloadExternalPayloadDetails = attrgetter("size_bytes", "_unknown_fields", "__class__")


def decode_common_PayloadExternalPayloadDetails(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_PayloadExternalPayloadDetails)
        size_bytes_ = 0
        unknown = b""
    else:
        size_bytes_, unknown, _ = fields_of_common_PayloadExternalPayloadDetails(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                size_bytes_ = data[at]
                at += 1
                if size_bytes_ > 127:
                    size_bytes_, at = read_int64(data, at, size_bytes_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_PayloadExternalPayloadDetails:
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
    message.size_bytes = size_bytes_
    message._unknown_fields = unknown
    return message


def encode_common_PayloadExternalPayloadDetails(message):
    parts = []
    add = parts.append
    value = message.size_bytes
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_Payloads = frozenset([10])
fields_of_common_Payloads = attrgetter("payloads", "_unknown_fields", "__class__")


def decode_common_Payloads(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_Payloads)
        payloads_ = []
        unknown = b""
    else:
        payloads_, unknown, _ = fields_of_common_Payloads(message)
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
                payloads_.append(item)
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
            if tag not in TAGS_common_Payloads:
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
    message.payloads = payloads_
    message._unknown_fields = unknown
    return message


def encode_common_Payloads(message):
    parts = []
    add = parts.append
    value = message.payloads
    if value:
        for item in value:
            raw = encode_common_Payload(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_Priority = frozenset([8, 18, 29])
fields_of_common_Priority = attrgetter(
    "priority_key", "fairness_key", "fairness_weight", "_unknown_fields", "__class__"
)


def decode_common_Priority(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_Priority)
        priority_key_ = 0
        fairness_key_ = ""
        fairness_weight_ = 0.0
        unknown = b""
    else:
        priority_key_, fairness_key_, fairness_weight_, unknown, _ = fields_of_common_Priority(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                priority_key_ = data[at]
                at += 1
                if priority_key_ > 127:
                    priority_key_, at = read_int32(data, at, priority_key_)
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
                fairness_key_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 29:
                (fairness_weight_,) = unpack_float(data, at)
                at += 4
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_Priority:
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
    message.priority_key = priority_key_
    message.fairness_key = fairness_key_
    message.fairness_weight = fairness_weight_
    message._unknown_fields = unknown
    return message


def encode_common_Priority(message):
    parts = []
    add = parts.append
    value = message.priority_key
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.fairness_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.fairness_weight
    raw = pack_float(value)
    if raw != b"\x00\x00\x00\x00":
        add(b"\x1d" + raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_RetryPolicy = frozenset([10, 17, 26, 32, 42])
fields_of_common_RetryPolicy = attrgetter(
    "initial_interval",
    "backoff_coefficient",
    "maximum_interval",
    "maximum_attempts",
    "non_retryable_error_types",
    "_unknown_fields",
    "__class__",
)


def decode_common_RetryPolicy(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_RetryPolicy)
        initial_interval_ = None
        backoff_coefficient_ = 0.0
        maximum_interval_ = None
        maximum_attempts_ = 0
        non_retryable_error_types_ = []
        unknown = b""
    else:
        (
            initial_interval_,
            backoff_coefficient_,
            maximum_interval_,
            maximum_attempts_,
            non_retryable_error_types_,
            unknown,
            _,
        ) = fields_of_common_RetryPolicy(message)
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
                initial_interval_ = decode_wkt_Duration(data, at, stop, depth + 1, initial_interval_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 17:
                (backoff_coefficient_,) = unpack_double(data, at)
                at += 8
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
                maximum_interval_ = decode_wkt_Duration(data, at, stop, depth + 1, maximum_interval_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                maximum_attempts_ = data[at]
                at += 1
                if maximum_attempts_ > 127:
                    maximum_attempts_, at = read_int32(data, at, maximum_attempts_)
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
                item = data[at:stop].decode()
                at = stop
                non_retryable_error_types_.append(item)
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
            if tag not in TAGS_common_RetryPolicy:
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
    message.initial_interval = initial_interval_
    message.backoff_coefficient = backoff_coefficient_
    message.maximum_interval = maximum_interval_
    message.maximum_attempts = maximum_attempts_
    message.non_retryable_error_types = non_retryable_error_types_
    message._unknown_fields = unknown
    return message


def encode_common_RetryPolicy(message):
    parts = []
    add = parts.append
    value = message.initial_interval
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.backoff_coefficient
    raw = pack_double(value)
    if raw != b"\x00\x00\x00\x00\x00\x00\x00\x00":
        add(b"\x11" + raw)
    value = message.maximum_interval
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.maximum_attempts
    if value:
        add(b" " + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.non_retryable_error_types
    if value:
        for item in value:
            raw = item.encode()
            size = len(raw)
            add(b"*" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_WorkerVersionCapabilities = frozenset([10, 16, 34])
fields_of_common_WorkerVersionCapabilities = attrgetter(
    "build_id", "use_versioning", "deployment_series_name", "_unknown_fields", "__class__"
)


def decode_common_WorkerVersionCapabilities(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_WorkerVersionCapabilities)
        build_id_ = ""
        use_versioning_ = False
        deployment_series_name_ = ""
        unknown = b""
    else:
        build_id_, use_versioning_, deployment_series_name_, unknown, _ = fields_of_common_WorkerVersionCapabilities(
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
                build_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                use_versioning_ = data[at]
                at += 1
                if use_versioning_ > 127:
                    use_versioning_, at = read_uint64(data, at, use_versioning_)
                use_versioning_ = use_versioning_ != 0
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
                deployment_series_name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_WorkerVersionCapabilities:
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
    message.build_id = build_id_
    message.use_versioning = use_versioning_
    message.deployment_series_name = deployment_series_name_
    message._unknown_fields = unknown
    return message


def encode_common_WorkerVersionCapabilities(message):
    parts = []
    add = parts.append
    value = message.build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.use_versioning
    if value:
        add(b"\x10" + BOOL[value])
    value = message.deployment_series_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_WorkerVersionStamp = frozenset([10, 24])
fields_of_common_WorkerVersionStamp = attrgetter("build_id", "use_versioning", "_unknown_fields", "__class__")


def decode_common_WorkerVersionStamp(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_WorkerVersionStamp)
        build_id_ = ""
        use_versioning_ = False
        unknown = b""
    else:
        build_id_, use_versioning_, unknown, _ = fields_of_common_WorkerVersionStamp(message)
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
                build_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                use_versioning_ = data[at]
                at += 1
                if use_versioning_ > 127:
                    use_versioning_, at = read_uint64(data, at, use_versioning_)
                use_versioning_ = use_versioning_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_WorkerVersionStamp:
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
    message.build_id = build_id_
    message.use_versioning = use_versioning_
    message._unknown_fields = unknown
    return message


def encode_common_WorkerVersionStamp(message):
    parts = []
    add = parts.append
    value = message.build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.use_versioning
    if value:
        add(b"\x18" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_common_WorkflowExecution = frozenset([10, 18])
fields_of_common_WorkflowExecution = attrgetter("workflow_id", "run_id", "_unknown_fields", "__class__")


def decode_common_WorkflowExecution(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_WorkflowExecution)
        workflow_id_ = ""
        run_id_ = ""
        unknown = b""
    else:
        workflow_id_, run_id_, unknown, _ = fields_of_common_WorkflowExecution(message)
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
                workflow_id_ = data[at:stop].decode()
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
            if tag not in TAGS_common_WorkflowExecution:
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
    message.workflow_id = workflow_id_
    message.run_id = run_id_
    message._unknown_fields = unknown
    return message


def encode_common_WorkflowExecution(message):
    parts = []
    add = parts.append
    value = message.workflow_id
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


TAGS_common_WorkflowType = frozenset([10])
fields_of_common_WorkflowType = attrgetter("name", "_unknown_fields", "__class__")


def decode_common_WorkflowType(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(common_WorkflowType)
        name_ = ""
        unknown = b""
    else:
        name_, unknown, _ = fields_of_common_WorkflowType(message)
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
                name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_common_WorkflowType:
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
    message.name = name_
    message._unknown_fields = unknown
    return message


def encode_common_WorkflowType(message):
    parts = []
    add = parts.append
    value = message.name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_deployment_Deployment = frozenset([10, 18])
fields_of_deployment_Deployment = attrgetter("series_name", "build_id", "_unknown_fields", "__class__")


def decode_deployment_Deployment(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(deployment_Deployment)
        series_name_ = ""
        build_id_ = ""
        unknown = b""
    else:
        series_name_, build_id_, unknown, _ = fields_of_deployment_Deployment(message)
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
                series_name_ = data[at:stop].decode()
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
                build_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_deployment_Deployment:
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
    message.series_name = series_name_
    message.build_id = build_id_
    message._unknown_fields = unknown
    return message


def encode_deployment_Deployment(message):
    parts = []
    add = parts.append
    value = message.series_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_deployment_WorkerDeploymentOptions = frozenset([10, 18, 24])
fields_of_deployment_WorkerDeploymentOptions = attrgetter(
    "deployment_name", "build_id", "worker_versioning_mode", "_unknown_fields", "__class__"
)


def decode_deployment_WorkerDeploymentOptions(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(deployment_WorkerDeploymentOptions)
        deployment_name_ = ""
        build_id_ = ""
        worker_versioning_mode_ = enums_WorkerVersioningMode(0)
        unknown = b""
    else:
        deployment_name_, build_id_, worker_versioning_mode_, unknown, _ = fields_of_deployment_WorkerDeploymentOptions(
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
                deployment_name_ = data[at:stop].decode()
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
                build_id_ = data[at:stop].decode()
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
                worker_versioning_mode_ = enums_WorkerVersioningMode_by_number(number)
                if worker_versioning_mode_ is None:
                    worker_versioning_mode_ = enums_WorkerVersioningMode(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_deployment_WorkerDeploymentOptions:
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
    message.deployment_name = deployment_name_
    message.build_id = build_id_
    message.worker_versioning_mode = worker_versioning_mode_
    message._unknown_fields = unknown
    return message


def encode_deployment_WorkerDeploymentOptions(message):
    parts = []
    add = parts.append
    value = message.deployment_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_versioning_mode
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_namespace_NamespaceConfig = frozenset([10, 24, 34, 40, 50, 58])
fields_of_namespace_NamespaceConfig = attrgetter(
    "workflow_execution_retention_ttl",
    "history_archival_state",
    "history_archival_uri",
    "visibility_archival_state",
    "visibility_archival_uri",
    "custom_search_attribute_aliases",
    "_unknown_fields",
    "__class__",
)


def decode_namespace_NamespaceConfig(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(namespace_NamespaceConfig)
        workflow_execution_retention_ttl_ = None
        history_archival_state_ = enums_ArchivalState(0)
        history_archival_uri_ = ""
        visibility_archival_state_ = enums_ArchivalState(0)
        visibility_archival_uri_ = ""
        custom_search_attribute_aliases_ = {}
        unknown = b""
    else:
        (
            workflow_execution_retention_ttl_,
            history_archival_state_,
            history_archival_uri_,
            visibility_archival_state_,
            visibility_archival_uri_,
            custom_search_attribute_aliases_,
            unknown,
            _,
        ) = fields_of_namespace_NamespaceConfig(message)
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
                workflow_execution_retention_ttl_ = decode_wkt_Duration(
                    data, at, stop, depth + 1, workflow_execution_retention_ttl_
                )
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
                history_archival_state_ = enums_ArchivalState_by_number(number)
                if history_archival_state_ is None:
                    history_archival_state_ = enums_ArchivalState(to_int32(number))
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
                history_archival_uri_ = data[at:stop].decode()
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
                visibility_archival_state_ = enums_ArchivalState_by_number(number)
                if visibility_archival_state_ is None:
                    visibility_archival_state_ = enums_ArchivalState(to_int32(number))
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
                visibility_archival_uri_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 58:
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
                    custom_search_attribute_aliases_[key] = item
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
            if tag not in TAGS_namespace_NamespaceConfig:
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
    message.workflow_execution_retention_ttl = workflow_execution_retention_ttl_
    message.history_archival_state = history_archival_state_
    message.history_archival_uri = history_archival_uri_
    message.visibility_archival_state = visibility_archival_state_
    message.visibility_archival_uri = visibility_archival_uri_
    message.custom_search_attribute_aliases = custom_search_attribute_aliases_
    message._unknown_fields = unknown
    return message


def encode_namespace_NamespaceConfig(message):
    parts = []
    add = parts.append
    value = message.workflow_execution_retention_ttl
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.history_archival_state
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.history_archival_uri
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.visibility_archival_state
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.visibility_archival_uri
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.custom_search_attribute_aliases
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += b"\x12" + (BYTE[size] if (size := len(raw := item.encode())) < 128 else varint(size)) + raw
            size = len(entry)
            add(b":" + (BYTE[size] if size < 128 else varint(size)) + entry)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_namespace_NamespaceInfo = frozenset([10, 16, 26, 34, 42, 50, 58, 66, 800])
fields_of_namespace_NamespaceInfo = attrgetter(
    "name",
    "state",
    "description",
    "owner_email",
    "data",
    "id",
    "capabilities",
    "limits",
    "supports_schedules",
    "_unknown_fields",
    "__class__",
)


def decode_namespace_NamespaceInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(namespace_NamespaceInfo)
        name_ = ""
        state_ = enums_NamespaceState(0)
        description_ = ""
        owner_email_ = ""
        data_ = {}
        id_ = ""
        capabilities_ = None
        limits_ = None
        supports_schedules_ = False
        unknown = b""
    else:
        (
            name_,
            state_,
            description_,
            owner_email_,
            data_,
            id_,
            capabilities_,
            limits_,
            supports_schedules_,
            unknown,
            _,
        ) = fields_of_namespace_NamespaceInfo(message)
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
                name_ = data[at:stop].decode()
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
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                description_ = data[at:stop].decode()
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
                owner_email_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 42:
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
                    data_[key] = item
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
            if tag == 50:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                id_ = data[at:stop].decode()
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
                capabilities_ = decode_namespace_NamespaceInfoCapabilities(data, at, stop, depth + 1, capabilities_)
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
                limits_ = decode_namespace_NamespaceInfoLimits(data, at, stop, depth + 1, limits_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 800:
                supports_schedules_ = data[at]
                at += 1
                if supports_schedules_ > 127:
                    supports_schedules_, at = read_uint64(data, at, supports_schedules_)
                supports_schedules_ = supports_schedules_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_namespace_NamespaceInfo:
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
    message.name = name_
    message.state = state_
    message.description = description_
    message.owner_email = owner_email_
    message.data = data_
    message.id = id_
    message.capabilities = capabilities_
    message.limits = limits_
    message.supports_schedules = supports_schedules_
    message._unknown_fields = unknown
    return message


def encode_namespace_NamespaceInfo(message):
    parts = []
    add = parts.append
    value = message.name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.state
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.description
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.owner_email
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.data
    if value:
        for key, item in value.items():
            entry = b"\n" + (BYTE[size] if (size := len(raw := key.encode())) < 128 else varint(size)) + raw
            entry += b"\x12" + (BYTE[size] if (size := len(raw := item.encode())) < 128 else varint(size)) + raw
            size = len(entry)
            add(b"*" + (BYTE[size] if size < 128 else varint(size)) + entry)
    value = message.id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.capabilities
    if value is not None:
        raw = encode_namespace_NamespaceInfoCapabilities(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.limits
    if value is not None:
        raw = encode_namespace_NamespaceInfoLimits(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.supports_schedules
    if value:
        add(b"\xa0\x06" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_namespace_NamespaceInfoCapabilities = frozenset(
    [8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 120, 128, 136]
)
fields_of_namespace_NamespaceInfoCapabilities = attrgetter(
    "eager_workflow_start",
    "sync_update",
    "async_update",
    "worker_heartbeats",
    "reported_problems_search_attribute",
    "workflow_pause",
    "standalone_activities",
    "worker_poll_complete_on_shutdown",
    "poller_autoscaling",
    "worker_commands",
    "standalone_nexus_operation",
    "workflow_update_callbacks",
    "poller_autoscaling_auto_enroll",
    "workflow_task_completion_pagination",
    "standalone_activity_start_delay",
    "standalone_activity_batch_operations",
    "standalone_activity_operator_commands",
    "_unknown_fields",
    "__class__",
)


def decode_namespace_NamespaceInfoCapabilities(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(namespace_NamespaceInfoCapabilities)
        eager_workflow_start_ = False
        sync_update_ = False
        async_update_ = False
        worker_heartbeats_ = False
        reported_problems_search_attribute_ = False
        workflow_pause_ = False
        standalone_activities_ = False
        worker_poll_complete_on_shutdown_ = False
        poller_autoscaling_ = False
        worker_commands_ = False
        standalone_nexus_operation_ = False
        workflow_update_callbacks_ = False
        poller_autoscaling_auto_enroll_ = False
        workflow_task_completion_pagination_ = False
        standalone_activity_start_delay_ = False
        standalone_activity_batch_operations_ = False
        standalone_activity_operator_commands_ = False
        unknown = b""
    else:
        (
            eager_workflow_start_,
            sync_update_,
            async_update_,
            worker_heartbeats_,
            reported_problems_search_attribute_,
            workflow_pause_,
            standalone_activities_,
            worker_poll_complete_on_shutdown_,
            poller_autoscaling_,
            worker_commands_,
            standalone_nexus_operation_,
            workflow_update_callbacks_,
            poller_autoscaling_auto_enroll_,
            workflow_task_completion_pagination_,
            standalone_activity_start_delay_,
            standalone_activity_batch_operations_,
            standalone_activity_operator_commands_,
            unknown,
            _,
        ) = fields_of_namespace_NamespaceInfoCapabilities(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                eager_workflow_start_ = data[at]
                at += 1
                if eager_workflow_start_ > 127:
                    eager_workflow_start_, at = read_uint64(data, at, eager_workflow_start_)
                eager_workflow_start_ = eager_workflow_start_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                sync_update_ = data[at]
                at += 1
                if sync_update_ > 127:
                    sync_update_, at = read_uint64(data, at, sync_update_)
                sync_update_ = sync_update_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                async_update_ = data[at]
                at += 1
                if async_update_ > 127:
                    async_update_, at = read_uint64(data, at, async_update_)
                async_update_ = async_update_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                worker_heartbeats_ = data[at]
                at += 1
                if worker_heartbeats_ > 127:
                    worker_heartbeats_, at = read_uint64(data, at, worker_heartbeats_)
                worker_heartbeats_ = worker_heartbeats_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                reported_problems_search_attribute_ = data[at]
                at += 1
                if reported_problems_search_attribute_ > 127:
                    reported_problems_search_attribute_, at = read_uint64(data, at, reported_problems_search_attribute_)
                reported_problems_search_attribute_ = reported_problems_search_attribute_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                workflow_pause_ = data[at]
                at += 1
                if workflow_pause_ > 127:
                    workflow_pause_, at = read_uint64(data, at, workflow_pause_)
                workflow_pause_ = workflow_pause_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                standalone_activities_ = data[at]
                at += 1
                if standalone_activities_ > 127:
                    standalone_activities_, at = read_uint64(data, at, standalone_activities_)
                standalone_activities_ = standalone_activities_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                worker_poll_complete_on_shutdown_ = data[at]
                at += 1
                if worker_poll_complete_on_shutdown_ > 127:
                    worker_poll_complete_on_shutdown_, at = read_uint64(data, at, worker_poll_complete_on_shutdown_)
                worker_poll_complete_on_shutdown_ = worker_poll_complete_on_shutdown_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 72:
                poller_autoscaling_ = data[at]
                at += 1
                if poller_autoscaling_ > 127:
                    poller_autoscaling_, at = read_uint64(data, at, poller_autoscaling_)
                poller_autoscaling_ = poller_autoscaling_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 80:
                worker_commands_ = data[at]
                at += 1
                if worker_commands_ > 127:
                    worker_commands_, at = read_uint64(data, at, worker_commands_)
                worker_commands_ = worker_commands_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 88:
                standalone_nexus_operation_ = data[at]
                at += 1
                if standalone_nexus_operation_ > 127:
                    standalone_nexus_operation_, at = read_uint64(data, at, standalone_nexus_operation_)
                standalone_nexus_operation_ = standalone_nexus_operation_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 96:
                workflow_update_callbacks_ = data[at]
                at += 1
                if workflow_update_callbacks_ > 127:
                    workflow_update_callbacks_, at = read_uint64(data, at, workflow_update_callbacks_)
                workflow_update_callbacks_ = workflow_update_callbacks_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 104:
                poller_autoscaling_auto_enroll_ = data[at]
                at += 1
                if poller_autoscaling_auto_enroll_ > 127:
                    poller_autoscaling_auto_enroll_, at = read_uint64(data, at, poller_autoscaling_auto_enroll_)
                poller_autoscaling_auto_enroll_ = poller_autoscaling_auto_enroll_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 112:
                workflow_task_completion_pagination_ = data[at]
                at += 1
                if workflow_task_completion_pagination_ > 127:
                    workflow_task_completion_pagination_, at = read_uint64(
                        data, at, workflow_task_completion_pagination_
                    )
                workflow_task_completion_pagination_ = workflow_task_completion_pagination_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 120:
                standalone_activity_start_delay_ = data[at]
                at += 1
                if standalone_activity_start_delay_ > 127:
                    standalone_activity_start_delay_, at = read_uint64(data, at, standalone_activity_start_delay_)
                standalone_activity_start_delay_ = standalone_activity_start_delay_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 128:
                standalone_activity_batch_operations_ = data[at]
                at += 1
                if standalone_activity_batch_operations_ > 127:
                    standalone_activity_batch_operations_, at = read_uint64(
                        data, at, standalone_activity_batch_operations_
                    )
                standalone_activity_batch_operations_ = standalone_activity_batch_operations_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 136:
                standalone_activity_operator_commands_ = data[at]
                at += 1
                if standalone_activity_operator_commands_ > 127:
                    standalone_activity_operator_commands_, at = read_uint64(
                        data, at, standalone_activity_operator_commands_
                    )
                standalone_activity_operator_commands_ = standalone_activity_operator_commands_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_namespace_NamespaceInfoCapabilities:
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
    message.eager_workflow_start = eager_workflow_start_
    message.sync_update = sync_update_
    message.async_update = async_update_
    message.worker_heartbeats = worker_heartbeats_
    message.reported_problems_search_attribute = reported_problems_search_attribute_
    message.workflow_pause = workflow_pause_
    message.standalone_activities = standalone_activities_
    message.worker_poll_complete_on_shutdown = worker_poll_complete_on_shutdown_
    message.poller_autoscaling = poller_autoscaling_
    message.worker_commands = worker_commands_
    message.standalone_nexus_operation = standalone_nexus_operation_
    message.workflow_update_callbacks = workflow_update_callbacks_
    message.poller_autoscaling_auto_enroll = poller_autoscaling_auto_enroll_
    message.workflow_task_completion_pagination = workflow_task_completion_pagination_
    message.standalone_activity_start_delay = standalone_activity_start_delay_
    message.standalone_activity_batch_operations = standalone_activity_batch_operations_
    message.standalone_activity_operator_commands = standalone_activity_operator_commands_
    message._unknown_fields = unknown
    return message


def encode_namespace_NamespaceInfoCapabilities(message):
    parts = []
    add = parts.append
    value = message.eager_workflow_start
    if value:
        add(b"\x08" + BOOL[value])
    value = message.sync_update
    if value:
        add(b"\x10" + BOOL[value])
    value = message.async_update
    if value:
        add(b"\x18" + BOOL[value])
    value = message.worker_heartbeats
    if value:
        add(b" " + BOOL[value])
    value = message.reported_problems_search_attribute
    if value:
        add(b"(" + BOOL[value])
    value = message.workflow_pause
    if value:
        add(b"0" + BOOL[value])
    value = message.standalone_activities
    if value:
        add(b"8" + BOOL[value])
    value = message.worker_poll_complete_on_shutdown
    if value:
        add(b"@" + BOOL[value])
    value = message.poller_autoscaling
    if value:
        add(b"H" + BOOL[value])
    value = message.worker_commands
    if value:
        add(b"P" + BOOL[value])
    value = message.standalone_nexus_operation
    if value:
        add(b"X" + BOOL[value])
    value = message.workflow_update_callbacks
    if value:
        add(b"`" + BOOL[value])
    value = message.poller_autoscaling_auto_enroll
    if value:
        add(b"h" + BOOL[value])
    value = message.workflow_task_completion_pagination
    if value:
        add(b"p" + BOOL[value])
    value = message.standalone_activity_start_delay
    if value:
        add(b"x" + BOOL[value])
    value = message.standalone_activity_batch_operations
    if value:
        add(b"\x80\x01" + BOOL[value])
    value = message.standalone_activity_operator_commands
    if value:
        add(b"\x88\x01" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_namespace_NamespaceInfoLimits = frozenset([8, 16, 24])
fields_of_namespace_NamespaceInfoLimits = attrgetter(
    "blob_size_limit_error",
    "memo_size_limit_error",
    "workflow_task_completion_size_limit_error",
    "_unknown_fields",
    "__class__",
)


def decode_namespace_NamespaceInfoLimits(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(namespace_NamespaceInfoLimits)
        blob_size_limit_error_ = 0
        memo_size_limit_error_ = 0
        workflow_task_completion_size_limit_error_ = 0
        unknown = b""
    else:
        blob_size_limit_error_, memo_size_limit_error_, workflow_task_completion_size_limit_error_, unknown, _ = (
            fields_of_namespace_NamespaceInfoLimits(message)
        )
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                blob_size_limit_error_ = data[at]
                at += 1
                if blob_size_limit_error_ > 127:
                    blob_size_limit_error_, at = read_int64(data, at, blob_size_limit_error_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                memo_size_limit_error_ = data[at]
                at += 1
                if memo_size_limit_error_ > 127:
                    memo_size_limit_error_, at = read_int64(data, at, memo_size_limit_error_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                workflow_task_completion_size_limit_error_ = data[at]
                at += 1
                if workflow_task_completion_size_limit_error_ > 127:
                    workflow_task_completion_size_limit_error_, at = read_int64(
                        data, at, workflow_task_completion_size_limit_error_
                    )
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_namespace_NamespaceInfoLimits:
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
    message.blob_size_limit_error = blob_size_limit_error_
    message.memo_size_limit_error = memo_size_limit_error_
    message.workflow_task_completion_size_limit_error = workflow_task_completion_size_limit_error_
    message._unknown_fields = unknown
    return message


def encode_namespace_NamespaceInfoLimits(message):
    parts = []
    add = parts.append
    value = message.blob_size_limit_error
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.memo_size_limit_error
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.workflow_task_completion_size_limit_error
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_nexus_PropagatedSerializationContext = frozenset([10, 18, 26])
fields_of_nexus_PropagatedSerializationContext = attrgetter(
    "endpoint", "service", "operation", "_unknown_fields", "__class__"
)


def decode_nexus_PropagatedSerializationContext(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(nexus_PropagatedSerializationContext)
        endpoint_ = ""
        service_ = ""
        operation_ = ""
        unknown = b""
    else:
        endpoint_, service_, operation_, unknown, _ = fields_of_nexus_PropagatedSerializationContext(message)
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
                endpoint_ = data[at:stop].decode()
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
                service_ = data[at:stop].decode()
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
                operation_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_nexus_PropagatedSerializationContext:
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
    message.endpoint = endpoint_
    message.service = service_
    message.operation = operation_
    message._unknown_fields = unknown
    return message


def encode_nexus_PropagatedSerializationContext(message):
    parts = []
    add = parts.append
    value = message.endpoint
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.service
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.operation
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_taskqueue_PollerGroupInfo = frozenset([10, 21])
fields_of_taskqueue_PollerGroupInfo = attrgetter("id", "weight", "_unknown_fields", "__class__")


def decode_taskqueue_PollerGroupInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(taskqueue_PollerGroupInfo)
        id_ = ""
        weight_ = 0.0
        unknown = b""
    else:
        id_, weight_, unknown, _ = fields_of_taskqueue_PollerGroupInfo(message)
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
                id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 21:
                (weight_,) = unpack_float(data, at)
                at += 4
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_taskqueue_PollerGroupInfo:
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
    message.id = id_
    message.weight = weight_
    message._unknown_fields = unknown
    return message


def encode_taskqueue_PollerGroupInfo(message):
    parts = []
    add = parts.append
    value = message.id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.weight
    raw = pack_float(value)
    if raw != b"\x00\x00\x00\x00":
        add(b"\x15" + raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_taskqueue_PollerGroupsInfo = frozenset([8, 18])
fields_of_taskqueue_PollerGroupsInfo = attrgetter("version", "poller_groups", "_unknown_fields", "__class__")


def decode_taskqueue_PollerGroupsInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(taskqueue_PollerGroupsInfo)
        version_ = 0
        poller_groups_ = []
        unknown = b""
    else:
        version_, poller_groups_, unknown, _ = fields_of_taskqueue_PollerGroupsInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                version_ = data[at]
                at += 1
                if version_ > 127:
                    version_, at = read_int64(data, at, version_)
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
                item = decode_taskqueue_PollerGroupInfo(data, at, stop, depth + 1)
                at = stop
                poller_groups_.append(item)
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
            if tag not in TAGS_taskqueue_PollerGroupsInfo:
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
    message.version = version_
    message.poller_groups = poller_groups_
    message._unknown_fields = unknown
    return message


def encode_taskqueue_PollerGroupsInfo(message):
    parts = []
    add = parts.append
    value = message.version
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.poller_groups
    if value:
        for item in value:
            raw = encode_taskqueue_PollerGroupInfo(item)
            size = len(raw)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_taskqueue_PollerScalingDecision = frozenset([8])
fields_of_taskqueue_PollerScalingDecision = attrgetter("poll_request_delta_suggestion", "_unknown_fields", "__class__")


def decode_taskqueue_PollerScalingDecision(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(taskqueue_PollerScalingDecision)
        poll_request_delta_suggestion_ = 0
        unknown = b""
    else:
        poll_request_delta_suggestion_, unknown, _ = fields_of_taskqueue_PollerScalingDecision(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                poll_request_delta_suggestion_ = data[at]
                at += 1
                if poll_request_delta_suggestion_ > 127:
                    poll_request_delta_suggestion_, at = read_int32(data, at, poll_request_delta_suggestion_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_taskqueue_PollerScalingDecision:
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
    message.poll_request_delta_suggestion = poll_request_delta_suggestion_
    message._unknown_fields = unknown
    return message


def encode_taskqueue_PollerScalingDecision(message):
    parts = []
    add = parts.append
    value = message.poll_request_delta_suggestion
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_taskqueue_TaskQueue = frozenset([10, 16, 26])
fields_of_taskqueue_TaskQueue = attrgetter("name", "kind", "normal_name", "_unknown_fields", "__class__")


def decode_taskqueue_TaskQueue(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(taskqueue_TaskQueue)
        name_ = ""
        kind_ = enums_TaskQueueKind(0)
        normal_name_ = ""
        unknown = b""
    else:
        name_, kind_, normal_name_, unknown, _ = fields_of_taskqueue_TaskQueue(message)
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
                name_ = data[at:stop].decode()
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
                kind_ = enums_TaskQueueKind_by_number(number)
                if kind_ is None:
                    kind_ = enums_TaskQueueKind(to_int32(number))
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
                normal_name_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_taskqueue_TaskQueue:
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
    message.name = name_
    message.kind = kind_
    message.normal_name = normal_name_
    message._unknown_fields = unknown
    return message


def encode_taskqueue_TaskQueue(message):
    parts = []
    add = parts.append
    value = message.name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.kind
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.normal_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_taskqueue_TaskQueueMetadata = frozenset([10])
fields_of_taskqueue_TaskQueueMetadata = attrgetter("max_tasks_per_second", "_unknown_fields", "__class__")


def decode_taskqueue_TaskQueueMetadata(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(taskqueue_TaskQueueMetadata)
        max_tasks_per_second_ = None
        unknown = b""
    else:
        max_tasks_per_second_, unknown, _ = fields_of_taskqueue_TaskQueueMetadata(message)
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
                max_tasks_per_second_ = decode_wkt_DoubleValue(data, at, stop, depth + 1, max_tasks_per_second_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_taskqueue_TaskQueueMetadata:
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
    message.max_tasks_per_second = max_tasks_per_second_
    message._unknown_fields = unknown
    return message


def encode_taskqueue_TaskQueueMetadata(message):
    parts = []
    add = parts.append
    value = message.max_tasks_per_second
    if value is not None:
        raw = encode_wkt_DoubleValue(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeNamespaceRequest = frozenset([10, 18, 24])
fields_of_workflowservice_DescribeNamespaceRequest = attrgetter(
    "namespace", "id", "weak_consistency", "_unknown_fields", "__class__"
)


def decode_workflowservice_DescribeNamespaceRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeNamespaceRequest)
        namespace_ = ""
        id_ = ""
        weak_consistency_ = False
        unknown = b""
    else:
        namespace_, id_, weak_consistency_, unknown, _ = fields_of_workflowservice_DescribeNamespaceRequest(message)
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
                id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                weak_consistency_ = data[at]
                at += 1
                if weak_consistency_ > 127:
                    weak_consistency_, at = read_uint64(data, at, weak_consistency_)
                weak_consistency_ = weak_consistency_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_DescribeNamespaceRequest:
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
    message.id = id_
    message.weak_consistency = weak_consistency_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeNamespaceRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.weak_consistency
    if value:
        add(b"\x18" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_DescribeNamespaceResponse = frozenset([10, 18, 32, 40, 58, 66])
fields_of_workflowservice_DescribeNamespaceResponse = attrgetter(
    "namespace_info",
    "config",
    "failover_version",
    "is_global_namespace",
    "poller_group_infos",
    "poller_groups_info",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_DescribeNamespaceResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_DescribeNamespaceResponse)
        namespace_info_ = None
        config_ = None
        failover_version_ = 0
        is_global_namespace_ = False
        poller_group_infos_ = []
        poller_groups_info_ = None
        unknown = b""
    else:
        (
            namespace_info_,
            config_,
            failover_version_,
            is_global_namespace_,
            poller_group_infos_,
            poller_groups_info_,
            unknown,
            _,
        ) = fields_of_workflowservice_DescribeNamespaceResponse(message)
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
                namespace_info_ = decode_namespace_NamespaceInfo(data, at, stop, depth + 1, namespace_info_)
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
                config_ = decode_namespace_NamespaceConfig(data, at, stop, depth + 1, config_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                failover_version_ = data[at]
                at += 1
                if failover_version_ > 127:
                    failover_version_, at = read_int64(data, at, failover_version_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                is_global_namespace_ = data[at]
                at += 1
                if is_global_namespace_ > 127:
                    is_global_namespace_, at = read_uint64(data, at, is_global_namespace_)
                is_global_namespace_ = is_global_namespace_ != 0
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
            if tag == 66:
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
            if tag not in TAGS_workflowservice_DescribeNamespaceResponse:
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
    message.namespace_info = namespace_info_
    message.config = config_
    message.failover_version = failover_version_
    message.is_global_namespace = is_global_namespace_
    message.poller_group_infos = poller_group_infos_
    message.poller_groups_info = poller_groups_info_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_DescribeNamespaceResponse(message):
    parts = []
    add = parts.append
    value = message.namespace_info
    if value is not None:
        raw = encode_namespace_NamespaceInfo(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.config
    if value is not None:
        raw = encode_namespace_NamespaceConfig(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.failover_version
    if value:
        add(b" " + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.is_global_namespace
    if value:
        add(b"(" + BOOL[value])
    value = message.poller_group_infos
    if value:
        for item in value:
            raw = encode_taskqueue_PollerGroupInfo(item)
            size = len(raw)
            add(b":" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.poller_groups_info
    if value is not None:
        raw = encode_taskqueue_PollerGroupsInfo(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_GetSystemInfoRequest = frozenset([])
fields_of_workflowservice_GetSystemInfoRequest = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_GetSystemInfoRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_GetSystemInfoRequest)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_GetSystemInfoRequest(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_GetSystemInfoRequest:
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


def encode_workflowservice_GetSystemInfoRequest(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_GetSystemInfoResponse = frozenset([10, 18])
fields_of_workflowservice_GetSystemInfoResponse = attrgetter(
    "server_version", "capabilities", "_unknown_fields", "__class__"
)


def decode_workflowservice_GetSystemInfoResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_GetSystemInfoResponse)
        server_version_ = ""
        capabilities_ = None
        unknown = b""
    else:
        server_version_, capabilities_, unknown, _ = fields_of_workflowservice_GetSystemInfoResponse(message)
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
                capabilities_ = decode_workflowservice_GetSystemInfoResponseCapabilities(
                    data, at, stop, depth + 1, capabilities_
                )
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_GetSystemInfoResponse:
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
    message.capabilities = capabilities_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_GetSystemInfoResponse(message):
    parts = []
    add = parts.append
    value = message.server_version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.capabilities
    if value is not None:
        raw = encode_workflowservice_GetSystemInfoResponseCapabilities(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_GetSystemInfoResponseCapabilities = frozenset([8, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104])
fields_of_workflowservice_GetSystemInfoResponseCapabilities = attrgetter(
    "signal_and_query_header",
    "internal_error_differentiation",
    "activity_failure_include_heartbeat",
    "supports_schedules",
    "encoded_failure_attributes",
    "build_id_based_versioning",
    "upsert_memo",
    "eager_workflow_start",
    "sdk_metadata",
    "count_group_by_execution_status",
    "nexus",
    "server_scaled_deployments",
    "server_scaled_provider_cloud_run",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_GetSystemInfoResponseCapabilities(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_GetSystemInfoResponseCapabilities)
        signal_and_query_header_ = False
        internal_error_differentiation_ = False
        activity_failure_include_heartbeat_ = False
        supports_schedules_ = False
        encoded_failure_attributes_ = False
        build_id_based_versioning_ = False
        upsert_memo_ = False
        eager_workflow_start_ = False
        sdk_metadata_ = False
        count_group_by_execution_status_ = False
        nexus_ = False
        server_scaled_deployments_ = False
        server_scaled_provider_cloud_run_ = False
        unknown = b""
    else:
        (
            signal_and_query_header_,
            internal_error_differentiation_,
            activity_failure_include_heartbeat_,
            supports_schedules_,
            encoded_failure_attributes_,
            build_id_based_versioning_,
            upsert_memo_,
            eager_workflow_start_,
            sdk_metadata_,
            count_group_by_execution_status_,
            nexus_,
            server_scaled_deployments_,
            server_scaled_provider_cloud_run_,
            unknown,
            _,
        ) = fields_of_workflowservice_GetSystemInfoResponseCapabilities(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                signal_and_query_header_ = data[at]
                at += 1
                if signal_and_query_header_ > 127:
                    signal_and_query_header_, at = read_uint64(data, at, signal_and_query_header_)
                signal_and_query_header_ = signal_and_query_header_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                internal_error_differentiation_ = data[at]
                at += 1
                if internal_error_differentiation_ > 127:
                    internal_error_differentiation_, at = read_uint64(data, at, internal_error_differentiation_)
                internal_error_differentiation_ = internal_error_differentiation_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                activity_failure_include_heartbeat_ = data[at]
                at += 1
                if activity_failure_include_heartbeat_ > 127:
                    activity_failure_include_heartbeat_, at = read_uint64(data, at, activity_failure_include_heartbeat_)
                activity_failure_include_heartbeat_ = activity_failure_include_heartbeat_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                supports_schedules_ = data[at]
                at += 1
                if supports_schedules_ > 127:
                    supports_schedules_, at = read_uint64(data, at, supports_schedules_)
                supports_schedules_ = supports_schedules_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                encoded_failure_attributes_ = data[at]
                at += 1
                if encoded_failure_attributes_ > 127:
                    encoded_failure_attributes_, at = read_uint64(data, at, encoded_failure_attributes_)
                encoded_failure_attributes_ = encoded_failure_attributes_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                build_id_based_versioning_ = data[at]
                at += 1
                if build_id_based_versioning_ > 127:
                    build_id_based_versioning_, at = read_uint64(data, at, build_id_based_versioning_)
                build_id_based_versioning_ = build_id_based_versioning_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                upsert_memo_ = data[at]
                at += 1
                if upsert_memo_ > 127:
                    upsert_memo_, at = read_uint64(data, at, upsert_memo_)
                upsert_memo_ = upsert_memo_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                eager_workflow_start_ = data[at]
                at += 1
                if eager_workflow_start_ > 127:
                    eager_workflow_start_, at = read_uint64(data, at, eager_workflow_start_)
                eager_workflow_start_ = eager_workflow_start_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 72:
                sdk_metadata_ = data[at]
                at += 1
                if sdk_metadata_ > 127:
                    sdk_metadata_, at = read_uint64(data, at, sdk_metadata_)
                sdk_metadata_ = sdk_metadata_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 80:
                count_group_by_execution_status_ = data[at]
                at += 1
                if count_group_by_execution_status_ > 127:
                    count_group_by_execution_status_, at = read_uint64(data, at, count_group_by_execution_status_)
                count_group_by_execution_status_ = count_group_by_execution_status_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 88:
                nexus_ = data[at]
                at += 1
                if nexus_ > 127:
                    nexus_, at = read_uint64(data, at, nexus_)
                nexus_ = nexus_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 96:
                server_scaled_deployments_ = data[at]
                at += 1
                if server_scaled_deployments_ > 127:
                    server_scaled_deployments_, at = read_uint64(data, at, server_scaled_deployments_)
                server_scaled_deployments_ = server_scaled_deployments_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 104:
                server_scaled_provider_cloud_run_ = data[at]
                at += 1
                if server_scaled_provider_cloud_run_ > 127:
                    server_scaled_provider_cloud_run_, at = read_uint64(data, at, server_scaled_provider_cloud_run_)
                server_scaled_provider_cloud_run_ = server_scaled_provider_cloud_run_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_GetSystemInfoResponseCapabilities:
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
    message.signal_and_query_header = signal_and_query_header_
    message.internal_error_differentiation = internal_error_differentiation_
    message.activity_failure_include_heartbeat = activity_failure_include_heartbeat_
    message.supports_schedules = supports_schedules_
    message.encoded_failure_attributes = encoded_failure_attributes_
    message.build_id_based_versioning = build_id_based_versioning_
    message.upsert_memo = upsert_memo_
    message.eager_workflow_start = eager_workflow_start_
    message.sdk_metadata = sdk_metadata_
    message.count_group_by_execution_status = count_group_by_execution_status_
    message.nexus = nexus_
    message.server_scaled_deployments = server_scaled_deployments_
    message.server_scaled_provider_cloud_run = server_scaled_provider_cloud_run_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_GetSystemInfoResponseCapabilities(message):
    parts = []
    add = parts.append
    value = message.signal_and_query_header
    if value:
        add(b"\x08" + BOOL[value])
    value = message.internal_error_differentiation
    if value:
        add(b"\x10" + BOOL[value])
    value = message.activity_failure_include_heartbeat
    if value:
        add(b"\x18" + BOOL[value])
    value = message.supports_schedules
    if value:
        add(b" " + BOOL[value])
    value = message.encoded_failure_attributes
    if value:
        add(b"(" + BOOL[value])
    value = message.build_id_based_versioning
    if value:
        add(b"0" + BOOL[value])
    value = message.upsert_memo
    if value:
        add(b"8" + BOOL[value])
    value = message.eager_workflow_start
    if value:
        add(b"@" + BOOL[value])
    value = message.sdk_metadata
    if value:
        add(b"H" + BOOL[value])
    value = message.count_group_by_execution_status
    if value:
        add(b"P" + BOOL[value])
    value = message.nexus
    if value:
        add(b"X" + BOOL[value])
    value = message.server_scaled_deployments
    if value:
        add(b"`" + BOOL[value])
    value = message.server_scaled_provider_cloud_run
    if value:
        add(b"h" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollActivityTaskQueueRequest = frozenset([10, 18, 26, 34, 42, 50, 66, 74, 82])
fields_of_workflowservice_PollActivityTaskQueueRequest = attrgetter(
    "namespace",
    "task_queue",
    "identity",
    "task_queue_metadata",
    "worker_version_capabilities",
    "deployment_options",
    "worker_instance_key",
    "worker_control_task_queue",
    "poller_group_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_PollActivityTaskQueueRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollActivityTaskQueueRequest)
        namespace_ = ""
        task_queue_ = None
        identity_ = ""
        task_queue_metadata_ = None
        worker_version_capabilities_ = None
        deployment_options_ = None
        worker_instance_key_ = ""
        worker_control_task_queue_ = ""
        poller_group_id_ = ""
        unknown = b""
    else:
        (
            namespace_,
            task_queue_,
            identity_,
            task_queue_metadata_,
            worker_version_capabilities_,
            deployment_options_,
            worker_instance_key_,
            worker_control_task_queue_,
            poller_group_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_PollActivityTaskQueueRequest(message)
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
                task_queue_ = decode_taskqueue_TaskQueue(data, at, stop, depth + 1, task_queue_)
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
                task_queue_metadata_ = decode_taskqueue_TaskQueueMetadata(
                    data, at, stop, depth + 1, task_queue_metadata_
                )
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
                worker_control_task_queue_ = data[at:stop].decode()
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
                poller_group_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_PollActivityTaskQueueRequest:
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
    message.task_queue = task_queue_
    message.identity = identity_
    message.task_queue_metadata = task_queue_metadata_
    message.worker_version_capabilities = worker_version_capabilities_
    message.deployment_options = deployment_options_
    message.worker_instance_key = worker_instance_key_
    message.worker_control_task_queue = worker_control_task_queue_
    message.poller_group_id = poller_group_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollActivityTaskQueueRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value is not None:
        raw = encode_taskqueue_TaskQueue(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue_metadata
    if value is not None:
        raw = encode_taskqueue_TaskQueueMetadata(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_version_capabilities
    if value is not None:
        raw = encode_common_WorkerVersionCapabilities(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_options
    if value is not None:
        raw = encode_deployment_WorkerDeploymentOptions(value)
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_instance_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_control_task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_PollActivityTaskQueueResponse = frozenset(
    [10, 18, 26, 34, 42, 50, 58, 66, 74, 82, 90, 98, 104, 114, 122, 130, 138, 146, 154, 162, 170, 178, 186]
)
fields_of_workflowservice_PollActivityTaskQueueResponse = attrgetter(
    "task_token",
    "workflow_namespace",
    "workflow_type",
    "workflow_execution",
    "activity_type",
    "activity_id",
    "header",
    "input",
    "heartbeat_details",
    "scheduled_time",
    "current_attempt_scheduled_time",
    "started_time",
    "attempt",
    "schedule_to_close_timeout",
    "start_to_close_timeout",
    "heartbeat_timeout",
    "retry_policy",
    "poller_scaling_decision",
    "priority",
    "activity_run_id",
    "poller_group_infos",
    "poller_groups_info",
    "propagated_nexus_serialization_context",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_PollActivityTaskQueueResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_PollActivityTaskQueueResponse)
        task_token_ = b""
        workflow_namespace_ = ""
        workflow_type_ = None
        workflow_execution_ = None
        activity_type_ = None
        activity_id_ = ""
        header_ = None
        input_ = None
        heartbeat_details_ = None
        scheduled_time_ = None
        current_attempt_scheduled_time_ = None
        started_time_ = None
        attempt_ = 0
        schedule_to_close_timeout_ = None
        start_to_close_timeout_ = None
        heartbeat_timeout_ = None
        retry_policy_ = None
        poller_scaling_decision_ = None
        priority_ = None
        activity_run_id_ = ""
        poller_group_infos_ = []
        poller_groups_info_ = None
        propagated_nexus_serialization_context_ = None
        unknown = b""
    else:
        (
            task_token_,
            workflow_namespace_,
            workflow_type_,
            workflow_execution_,
            activity_type_,
            activity_id_,
            header_,
            input_,
            heartbeat_details_,
            scheduled_time_,
            current_attempt_scheduled_time_,
            started_time_,
            attempt_,
            schedule_to_close_timeout_,
            start_to_close_timeout_,
            heartbeat_timeout_,
            retry_policy_,
            poller_scaling_decision_,
            priority_,
            activity_run_id_,
            poller_group_infos_,
            poller_groups_info_,
            propagated_nexus_serialization_context_,
            unknown,
            _,
        ) = fields_of_workflowservice_PollActivityTaskQueueResponse(message)
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
                workflow_namespace_ = data[at:stop].decode()
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
            if tag == 34:
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
                activity_id_ = data[at:stop].decode()
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
                header_ = decode_common_Header(data, at, stop, depth + 1, header_)
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
                input_ = decode_common_Payloads(data, at, stop, depth + 1, input_)
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
                heartbeat_details_ = decode_common_Payloads(data, at, stop, depth + 1, heartbeat_details_)
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
                scheduled_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, scheduled_time_)
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
                current_attempt_scheduled_time_ = decode_wkt_Timestamp(
                    data, at, stop, depth + 1, current_attempt_scheduled_time_
                )
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
                started_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, started_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 104:
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
            if tag == 114:
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
            if tag == 122:
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
            if tag == 130:
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
            if tag == 138:
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
            if tag == 146:
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
            if tag == 154:
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
            if tag == 162:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                activity_run_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 170:
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
            if tag == 178:
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
            if tag not in TAGS_workflowservice_PollActivityTaskQueueResponse:
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
    message.workflow_namespace = workflow_namespace_
    message.workflow_type = workflow_type_
    message.workflow_execution = workflow_execution_
    message.activity_type = activity_type_
    message.activity_id = activity_id_
    message.header = header_
    message.input = input_
    message.heartbeat_details = heartbeat_details_
    message.scheduled_time = scheduled_time_
    message.current_attempt_scheduled_time = current_attempt_scheduled_time_
    message.started_time = started_time_
    message.attempt = attempt_
    message.schedule_to_close_timeout = schedule_to_close_timeout_
    message.start_to_close_timeout = start_to_close_timeout_
    message.heartbeat_timeout = heartbeat_timeout_
    message.retry_policy = retry_policy_
    message.poller_scaling_decision = poller_scaling_decision_
    message.priority = priority_
    message.activity_run_id = activity_run_id_
    message.poller_group_infos = poller_group_infos_
    message.poller_groups_info = poller_groups_info_
    message.propagated_nexus_serialization_context = propagated_nexus_serialization_context_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_PollActivityTaskQueueResponse(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_type
    if value is not None:
        raw = encode_common_WorkflowType(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_execution
    if value is not None:
        raw = encode_common_WorkflowExecution(value)
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_type
    if value is not None:
        raw = encode_common_ActivityType(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.header
    if value is not None:
        raw = encode_common_Header(value)
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.input
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_details
    if value is not None:
        raw = encode_common_Payloads(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.scheduled_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.current_attempt_scheduled_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.started_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.attempt
    if value:
        add(b"h" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.schedule_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"r" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.start_to_close_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_timeout
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"\x82\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.retry_policy
    if value is not None:
        raw = encode_common_RetryPolicy(value)
        size = len(raw)
        add(b"\x8a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_scaling_decision
    if value is not None:
        raw = encode_taskqueue_PollerScalingDecision(value)
        size = len(raw)
        add(b"\x92\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.priority
    if value is not None:
        raw = encode_common_Priority(value)
        size = len(raw)
        add(b"\x9a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_run_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\xa2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.poller_group_infos
    if value:
        for item in value:
            raw = encode_taskqueue_PollerGroupInfo(item)
            size = len(raw)
            add(b"\xaa\x01" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.poller_groups_info
    if value is not None:
        raw = encode_taskqueue_PollerGroupsInfo(value)
        size = len(raw)
        add(b"\xb2\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.propagated_nexus_serialization_context
    if value is not None:
        raw = encode_nexus_PropagatedSerializationContext(value)
        size = len(raw)
        add(b"\xba\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RecordActivityTaskHeartbeatRequest = frozenset([10, 18, 26, 34, 42])
fields_of_workflowservice_RecordActivityTaskHeartbeatRequest = attrgetter(
    "task_token", "details", "identity", "namespace", "resource_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_RecordActivityTaskHeartbeatRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RecordActivityTaskHeartbeatRequest)
        task_token_ = b""
        details_ = None
        identity_ = ""
        namespace_ = ""
        resource_id_ = ""
        unknown = b""
    else:
        task_token_, details_, identity_, namespace_, resource_id_, unknown, _ = (
            fields_of_workflowservice_RecordActivityTaskHeartbeatRequest(message)
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
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
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
                resource_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_workflowservice_RecordActivityTaskHeartbeatRequest:
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
    message.details = details_
    message.identity = identity_
    message.namespace = namespace_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RecordActivityTaskHeartbeatRequest(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
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
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RecordActivityTaskHeartbeatResponse = frozenset([8, 16, 24])
fields_of_workflowservice_RecordActivityTaskHeartbeatResponse = attrgetter(
    "cancel_requested", "activity_paused", "activity_reset", "_unknown_fields", "__class__"
)


def decode_workflowservice_RecordActivityTaskHeartbeatResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RecordActivityTaskHeartbeatResponse)
        cancel_requested_ = False
        activity_paused_ = False
        activity_reset_ = False
        unknown = b""
    else:
        cancel_requested_, activity_paused_, activity_reset_, unknown, _ = (
            fields_of_workflowservice_RecordActivityTaskHeartbeatResponse(message)
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
            if tag not in TAGS_workflowservice_RecordActivityTaskHeartbeatResponse:
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


def encode_workflowservice_RecordActivityTaskHeartbeatResponse(message):
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


TAGS_workflowservice_RespondActivityTaskCanceledRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66])
fields_of_workflowservice_RespondActivityTaskCanceledRequest = attrgetter(
    "task_token",
    "details",
    "identity",
    "namespace",
    "worker_version",
    "deployment",
    "deployment_options",
    "resource_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RespondActivityTaskCanceledRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCanceledRequest)
        task_token_ = b""
        details_ = None
        identity_ = ""
        namespace_ = ""
        worker_version_ = None
        deployment_ = None
        deployment_options_ = None
        resource_id_ = ""
        unknown = b""
    else:
        (
            task_token_,
            details_,
            identity_,
            namespace_,
            worker_version_,
            deployment_,
            deployment_options_,
            resource_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_RespondActivityTaskCanceledRequest(message)
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
                details_ = decode_common_Payloads(data, at, stop, depth + 1, details_)
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
                worker_version_ = decode_common_WorkerVersionStamp(data, at, stop, depth + 1, worker_version_)
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
                deployment_ = decode_deployment_Deployment(data, at, stop, depth + 1, deployment_)
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
            if tag not in TAGS_workflowservice_RespondActivityTaskCanceledRequest:
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
    message.details = details_
    message.identity = identity_
    message.namespace = namespace_
    message.worker_version = worker_version_
    message.deployment = deployment_
    message.deployment_options = deployment_options_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCanceledRequest(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.details
    if value is not None:
        raw = encode_common_Payloads(value)
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
    value = message.worker_version
    if value is not None:
        raw = encode_common_WorkerVersionStamp(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment
    if value is not None:
        raw = encode_deployment_Deployment(value)
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


TAGS_workflowservice_RespondActivityTaskCanceledResponse = frozenset([])
fields_of_workflowservice_RespondActivityTaskCanceledResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondActivityTaskCanceledResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCanceledResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondActivityTaskCanceledResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondActivityTaskCanceledResponse:
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


def encode_workflowservice_RespondActivityTaskCanceledResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_RespondActivityTaskCompletedRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66])
fields_of_workflowservice_RespondActivityTaskCompletedRequest = attrgetter(
    "task_token",
    "result",
    "identity",
    "namespace",
    "worker_version",
    "deployment",
    "deployment_options",
    "resource_id",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_RespondActivityTaskCompletedRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCompletedRequest)
        task_token_ = b""
        result_ = None
        identity_ = ""
        namespace_ = ""
        worker_version_ = None
        deployment_ = None
        deployment_options_ = None
        resource_id_ = ""
        unknown = b""
    else:
        (
            task_token_,
            result_,
            identity_,
            namespace_,
            worker_version_,
            deployment_,
            deployment_options_,
            resource_id_,
            unknown,
            _,
        ) = fields_of_workflowservice_RespondActivityTaskCompletedRequest(message)
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
                result_ = decode_common_Payloads(data, at, stop, depth + 1, result_)
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
                worker_version_ = decode_common_WorkerVersionStamp(data, at, stop, depth + 1, worker_version_)
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
                deployment_ = decode_deployment_Deployment(data, at, stop, depth + 1, deployment_)
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
            if tag not in TAGS_workflowservice_RespondActivityTaskCompletedRequest:
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
    message.result = result_
    message.identity = identity_
    message.namespace = namespace_
    message.worker_version = worker_version_
    message.deployment = deployment_
    message.deployment_options = deployment_options_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_RespondActivityTaskCompletedRequest(message):
    parts = []
    add = parts.append
    value = message.task_token
    if value:
        raw = value if type(value) is bytes else octets(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.result
    if value is not None:
        raw = encode_common_Payloads(value)
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
    value = message.worker_version
    if value is not None:
        raw = encode_common_WorkerVersionStamp(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment
    if value is not None:
        raw = encode_deployment_Deployment(value)
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


TAGS_workflowservice_RespondActivityTaskCompletedResponse = frozenset([])
fields_of_workflowservice_RespondActivityTaskCompletedResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_RespondActivityTaskCompletedResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_RespondActivityTaskCompletedResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_RespondActivityTaskCompletedResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_RespondActivityTaskCompletedResponse:
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


def encode_workflowservice_RespondActivityTaskCompletedResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_wkt_DoubleValue = frozenset([9])
fields_of_wkt_DoubleValue = attrgetter("value", "_unknown_fields", "__class__")


def decode_wkt_DoubleValue(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(wkt_DoubleValue)
        value_ = 0.0
        unknown = b""
    else:
        value_, unknown, _ = fields_of_wkt_DoubleValue(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 9:
                (value_,) = unpack_double(data, at)
                at += 8
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_wkt_DoubleValue:
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
    message.value = value_
    message._unknown_fields = unknown
    return message


def encode_wkt_DoubleValue(message):
    parts = []
    add = parts.append
    value = message.value
    raw = pack_double(value)
    if raw != b"\x00\x00\x00\x00\x00\x00\x00\x00":
        add(b"\t" + raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_wkt_Duration = frozenset([8, 16])
fields_of_wkt_Duration = attrgetter("seconds", "nanos", "_unknown_fields", "__class__")


def decode_wkt_Duration(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(wkt_Duration)
        seconds_ = 0
        nanos_ = 0
        unknown = b""
    else:
        seconds_, nanos_, unknown, _ = fields_of_wkt_Duration(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                seconds_ = data[at]
                at += 1
                if seconds_ > 127:
                    seconds_, at = read_int64(data, at, seconds_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                nanos_ = data[at]
                at += 1
                if nanos_ > 127:
                    nanos_, at = read_int32(data, at, nanos_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_wkt_Duration:
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
    message.seconds = seconds_
    message.nanos = nanos_
    message._unknown_fields = unknown
    return message


def encode_wkt_Duration(message):
    parts = []
    add = parts.append
    value = message.seconds
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.nanos
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_wkt_Timestamp = frozenset([8, 16])
fields_of_wkt_Timestamp = attrgetter("seconds", "nanos", "_unknown_fields", "__class__")


def decode_wkt_Timestamp(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(wkt_Timestamp)
        seconds_ = 0
        nanos_ = 0
        unknown = b""
    else:
        seconds_, nanos_, unknown, _ = fields_of_wkt_Timestamp(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                seconds_ = data[at]
                at += 1
                if seconds_ > 127:
                    seconds_, at = read_int64(data, at, seconds_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                nanos_ = data[at]
                at += 1
                if nanos_ > 127:
                    nanos_, at = read_int32(data, at, nanos_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_wkt_Timestamp:
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
    message.seconds = seconds_
    message.nanos = nanos_
    message._unknown_fields = unknown
    return message


def encode_wkt_Timestamp(message):
    parts = []
    add = parts.append
    value = message.seconds
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int64(value)))
    value = message.nanos
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


DECODERS: dict[type[Message], Callable[..., Any]] = {
    common_ActivityType: decode_common_ActivityType,
    common_Header: decode_common_Header,
    common_Payload: decode_common_Payload,
    common_PayloadExternalPayloadDetails: decode_common_PayloadExternalPayloadDetails,
    common_Payloads: decode_common_Payloads,
    common_Priority: decode_common_Priority,
    common_RetryPolicy: decode_common_RetryPolicy,
    common_WorkerVersionCapabilities: decode_common_WorkerVersionCapabilities,
    common_WorkerVersionStamp: decode_common_WorkerVersionStamp,
    common_WorkflowExecution: decode_common_WorkflowExecution,
    common_WorkflowType: decode_common_WorkflowType,
    deployment_Deployment: decode_deployment_Deployment,
    deployment_WorkerDeploymentOptions: decode_deployment_WorkerDeploymentOptions,
    namespace_NamespaceConfig: decode_namespace_NamespaceConfig,
    namespace_NamespaceInfo: decode_namespace_NamespaceInfo,
    namespace_NamespaceInfoCapabilities: decode_namespace_NamespaceInfoCapabilities,
    namespace_NamespaceInfoLimits: decode_namespace_NamespaceInfoLimits,
    nexus_PropagatedSerializationContext: decode_nexus_PropagatedSerializationContext,
    taskqueue_PollerGroupInfo: decode_taskqueue_PollerGroupInfo,
    taskqueue_PollerGroupsInfo: decode_taskqueue_PollerGroupsInfo,
    taskqueue_PollerScalingDecision: decode_taskqueue_PollerScalingDecision,
    taskqueue_TaskQueue: decode_taskqueue_TaskQueue,
    taskqueue_TaskQueueMetadata: decode_taskqueue_TaskQueueMetadata,
    workflowservice_DescribeNamespaceRequest: decode_workflowservice_DescribeNamespaceRequest,
    workflowservice_DescribeNamespaceResponse: decode_workflowservice_DescribeNamespaceResponse,
    workflowservice_GetSystemInfoRequest: decode_workflowservice_GetSystemInfoRequest,
    workflowservice_GetSystemInfoResponse: decode_workflowservice_GetSystemInfoResponse,
    workflowservice_GetSystemInfoResponseCapabilities: decode_workflowservice_GetSystemInfoResponseCapabilities,
    workflowservice_PollActivityTaskQueueRequest: decode_workflowservice_PollActivityTaskQueueRequest,
    workflowservice_PollActivityTaskQueueResponse: decode_workflowservice_PollActivityTaskQueueResponse,
    workflowservice_RecordActivityTaskHeartbeatRequest: decode_workflowservice_RecordActivityTaskHeartbeatRequest,
    workflowservice_RecordActivityTaskHeartbeatResponse: decode_workflowservice_RecordActivityTaskHeartbeatResponse,
    workflowservice_RespondActivityTaskCanceledRequest: decode_workflowservice_RespondActivityTaskCanceledRequest,
    workflowservice_RespondActivityTaskCanceledResponse: decode_workflowservice_RespondActivityTaskCanceledResponse,
    workflowservice_RespondActivityTaskCompletedRequest: decode_workflowservice_RespondActivityTaskCompletedRequest,
    workflowservice_RespondActivityTaskCompletedResponse: decode_workflowservice_RespondActivityTaskCompletedResponse,
    wkt_DoubleValue: decode_wkt_DoubleValue,
    wkt_Duration: decode_wkt_Duration,
    wkt_Timestamp: decode_wkt_Timestamp,
}
ENCODERS: dict[type[Message], Callable[[Any], bytes]] = {
    common_ActivityType: encode_common_ActivityType,
    common_Header: encode_common_Header,
    common_Payload: encode_common_Payload,
    common_PayloadExternalPayloadDetails: encode_common_PayloadExternalPayloadDetails,
    common_Payloads: encode_common_Payloads,
    common_Priority: encode_common_Priority,
    common_RetryPolicy: encode_common_RetryPolicy,
    common_WorkerVersionCapabilities: encode_common_WorkerVersionCapabilities,
    common_WorkerVersionStamp: encode_common_WorkerVersionStamp,
    common_WorkflowExecution: encode_common_WorkflowExecution,
    common_WorkflowType: encode_common_WorkflowType,
    deployment_Deployment: encode_deployment_Deployment,
    deployment_WorkerDeploymentOptions: encode_deployment_WorkerDeploymentOptions,
    namespace_NamespaceConfig: encode_namespace_NamespaceConfig,
    namespace_NamespaceInfo: encode_namespace_NamespaceInfo,
    namespace_NamespaceInfoCapabilities: encode_namespace_NamespaceInfoCapabilities,
    namespace_NamespaceInfoLimits: encode_namespace_NamespaceInfoLimits,
    nexus_PropagatedSerializationContext: encode_nexus_PropagatedSerializationContext,
    taskqueue_PollerGroupInfo: encode_taskqueue_PollerGroupInfo,
    taskqueue_PollerGroupsInfo: encode_taskqueue_PollerGroupsInfo,
    taskqueue_PollerScalingDecision: encode_taskqueue_PollerScalingDecision,
    taskqueue_TaskQueue: encode_taskqueue_TaskQueue,
    taskqueue_TaskQueueMetadata: encode_taskqueue_TaskQueueMetadata,
    workflowservice_DescribeNamespaceRequest: encode_workflowservice_DescribeNamespaceRequest,
    workflowservice_DescribeNamespaceResponse: encode_workflowservice_DescribeNamespaceResponse,
    workflowservice_GetSystemInfoRequest: encode_workflowservice_GetSystemInfoRequest,
    workflowservice_GetSystemInfoResponse: encode_workflowservice_GetSystemInfoResponse,
    workflowservice_GetSystemInfoResponseCapabilities: encode_workflowservice_GetSystemInfoResponseCapabilities,
    workflowservice_PollActivityTaskQueueRequest: encode_workflowservice_PollActivityTaskQueueRequest,
    workflowservice_PollActivityTaskQueueResponse: encode_workflowservice_PollActivityTaskQueueResponse,
    workflowservice_RecordActivityTaskHeartbeatRequest: encode_workflowservice_RecordActivityTaskHeartbeatRequest,
    workflowservice_RecordActivityTaskHeartbeatResponse: encode_workflowservice_RecordActivityTaskHeartbeatResponse,
    workflowservice_RespondActivityTaskCanceledRequest: encode_workflowservice_RespondActivityTaskCanceledRequest,
    workflowservice_RespondActivityTaskCanceledResponse: encode_workflowservice_RespondActivityTaskCanceledResponse,
    workflowservice_RespondActivityTaskCompletedRequest: encode_workflowservice_RespondActivityTaskCompletedRequest,
    workflowservice_RespondActivityTaskCompletedResponse: encode_workflowservice_RespondActivityTaskCompletedResponse,
    wkt_DoubleValue: encode_wkt_DoubleValue,
    wkt_Duration: encode_wkt_Duration,
    wkt_Timestamp: encode_wkt_Timestamp,
}
