"""Codecs of what a worker tells of itself, compiled by `make protos`; never edited."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from betterproto2 import Message

from asyncworker._wire_primitives import BOOL
from asyncworker._wire_primitives import BYTE
from asyncworker._wire_primitives import int32
from asyncworker._wire_primitives import keep
from asyncworker._wire_primitives import pack_float
from asyncworker._wire_primitives import read_int32
from asyncworker._wire_primitives import read_size
from asyncworker._wire_primitives import read_uint64
from asyncworker._wire_primitives import skip
from asyncworker._wire_primitives import to_int32
from asyncworker._wire_primitives import too_deep
from asyncworker._wire_primitives import truncated
from asyncworker._wire_primitives import unpack_float
from asyncworker._wire_primitives import varint
from asyncworker._wire_primitives import which_of
from ._codec_worker import decode_wkt_Duration
from ._codec_worker import encode_wkt_Duration
from ._codec_worker import decode_wkt_Timestamp
from ._codec_worker import encode_wkt_Timestamp
from .temporal.api.deployment.v1.heartbeats import (
    WorkerDeploymentVersion as deployment_heartbeats_WorkerDeploymentVersion,
)
from .temporal.api.enums.v1.heartbeats import TaskQueueType as enums_heartbeats_TaskQueueType
from .temporal.api.enums.v1.heartbeats import WorkerStatus as enums_heartbeats_WorkerStatus
from .temporal.wkt import Duration as wkt_Duration
from .temporal.wkt import Timestamp as wkt_Timestamp
from .temporal.api.worker.v1 import EnvironmentInfo as worker_EnvironmentInfo
from .temporal.api.worker.v1 import EnvironmentInfoArchitecture as worker_EnvironmentInfoArchitecture
from .temporal.api.worker.v1 import EnvironmentInfoHostingEnvironment as worker_EnvironmentInfoHostingEnvironment
from .temporal.api.worker.v1 import (
    EnvironmentInfoHostingEnvironmentHostingEnvironmentType as worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType,
)
from .temporal.api.worker.v1 import EnvironmentInfoLinuxPlatform as worker_EnvironmentInfoLinuxPlatform
from .temporal.api.worker.v1 import EnvironmentInfoLinuxPlatformLibc as worker_EnvironmentInfoLinuxPlatformLibc
from .temporal.api.worker.v1 import EnvironmentInfoMacOsPlatform as worker_EnvironmentInfoMacOsPlatform
from .temporal.api.worker.v1 import EnvironmentInfoPlatform as worker_EnvironmentInfoPlatform
from .temporal.api.worker.v1 import EnvironmentInfoRuntime as worker_EnvironmentInfoRuntime
from .temporal.api.worker.v1 import EnvironmentInfoRuntimeRuntimeType as worker_EnvironmentInfoRuntimeRuntimeType
from .temporal.api.worker.v1 import EnvironmentInfoWindowsPlatform as worker_EnvironmentInfoWindowsPlatform
from .temporal.api.worker.v1 import EnvironmentInfoWindowsPlatformCrt as worker_EnvironmentInfoWindowsPlatformCrt
from .temporal.api.worker.v1 import PluginInfo as worker_PluginInfo
from .temporal.api.worker.v1 import StorageDriverInfo as worker_StorageDriverInfo
from .temporal.api.worker.v1 import WorkerHeartbeat as worker_WorkerHeartbeat
from .temporal.api.worker.v1 import WorkerHostInfo as worker_WorkerHostInfo
from .temporal.api.worker.v1 import WorkerPollerInfo as worker_WorkerPollerInfo
from .temporal.api.worker.v1 import WorkerSlotsInfo as worker_WorkerSlotsInfo
from .temporal.api.workflowservice.v1.heartbeats import (
    RecordWorkerHeartbeatRequest as workflowservice_heartbeats_RecordWorkerHeartbeatRequest,
)
from .temporal.api.workflowservice.v1.heartbeats import (
    RecordWorkerHeartbeatResponse as workflowservice_heartbeats_RecordWorkerHeartbeatResponse,
)
from .temporal.api.workflowservice.v1.heartbeats import (
    ShutdownWorkerRequest as workflowservice_heartbeats_ShutdownWorkerRequest,
)
from .temporal.api.workflowservice.v1.heartbeats import (
    ShutdownWorkerResponse as workflowservice_heartbeats_ShutdownWorkerResponse,
)

new = object.__new__
enums_heartbeats_TaskQueueType_by_number = enums_heartbeats_TaskQueueType._value2member_map_.get
enums_heartbeats_WorkerStatus_by_number = enums_heartbeats_WorkerStatus._value2member_map_.get
worker_EnvironmentInfoArchitecture_by_number = worker_EnvironmentInfoArchitecture._value2member_map_.get
worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType_by_number = (
    worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType._value2member_map_.get
)
worker_EnvironmentInfoLinuxPlatformLibc_by_number = worker_EnvironmentInfoLinuxPlatformLibc._value2member_map_.get
worker_EnvironmentInfoRuntimeRuntimeType_by_number = worker_EnvironmentInfoRuntimeRuntimeType._value2member_map_.get
worker_EnvironmentInfoWindowsPlatformCrt_by_number = worker_EnvironmentInfoWindowsPlatformCrt._value2member_map_.get

TAGS_deployment_heartbeats_WorkerDeploymentVersion = frozenset([10, 18])
fields_of_deployment_heartbeats_WorkerDeploymentVersion = attrgetter(
    "build_id", "deployment_name", "_unknown_fields", "__class__"
)


def decode_deployment_heartbeats_WorkerDeploymentVersion(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(deployment_heartbeats_WorkerDeploymentVersion)
        build_id_ = ""
        deployment_name_ = ""
        unknown = b""
    else:
        build_id_, deployment_name_, unknown, _ = fields_of_deployment_heartbeats_WorkerDeploymentVersion(message)
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
            if tag == 18:
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
            if tag not in TAGS_deployment_heartbeats_WorkerDeploymentVersion:
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
    message.deployment_name = deployment_name_
    message._unknown_fields = unknown
    return message


def encode_deployment_heartbeats_WorkerDeploymentVersion(message):
    parts = []
    add = parts.append
    value = message.build_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfo = frozenset([10, 18, 26])
fields_of_worker_EnvironmentInfo = attrgetter(
    "runtimes", "hosting_environments", "platform", "_unknown_fields", "__class__"
)


def decode_worker_EnvironmentInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfo)
        runtimes_ = []
        hosting_environments_ = []
        platform_ = None
        unknown = b""
    else:
        runtimes_, hosting_environments_, platform_, unknown, _ = fields_of_worker_EnvironmentInfo(message)
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
                item = decode_worker_EnvironmentInfoRuntime(data, at, stop, depth + 1)
                at = stop
                runtimes_.append(item)
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
            while tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_EnvironmentInfoHostingEnvironment(data, at, stop, depth + 1)
                at = stop
                hosting_environments_.append(item)
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
                platform_ = decode_worker_EnvironmentInfoPlatform(data, at, stop, depth + 1, platform_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfo:
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
    message.runtimes = runtimes_
    message.hosting_environments = hosting_environments_
    message.platform = platform_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfo(message):
    parts = []
    add = parts.append
    value = message.runtimes
    if value:
        for item in value:
            raw = encode_worker_EnvironmentInfoRuntime(item)
            size = len(raw)
            add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.hosting_environments
    if value:
        for item in value:
            raw = encode_worker_EnvironmentInfoHostingEnvironment(item)
            size = len(raw)
            add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.platform
    if value is not None:
        raw = encode_worker_EnvironmentInfoPlatform(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoHostingEnvironment = frozenset([8, 18])
fields_of_worker_EnvironmentInfoHostingEnvironment = attrgetter("type", "version", "_unknown_fields", "__class__")


def decode_worker_EnvironmentInfoHostingEnvironment(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoHostingEnvironment)
        type_ = worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType(0)
        version_ = ""
        unknown = b""
    else:
        type_, version_, unknown, _ = fields_of_worker_EnvironmentInfoHostingEnvironment(message)
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
                type_ = worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType_by_number(number)
                if type_ is None:
                    type_ = worker_EnvironmentInfoHostingEnvironmentHostingEnvironmentType(to_int32(number))
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
                version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoHostingEnvironment:
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
    message.version = version_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoHostingEnvironment(message):
    parts = []
    add = parts.append
    value = message.type
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoLinuxPlatform = frozenset([10, 16, 24])
fields_of_worker_EnvironmentInfoLinuxPlatform = attrgetter(
    "version", "architecture", "libc", "_unknown_fields", "__class__"
)


def decode_worker_EnvironmentInfoLinuxPlatform(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoLinuxPlatform)
        version_ = ""
        architecture_ = worker_EnvironmentInfoArchitecture(0)
        libc_ = worker_EnvironmentInfoLinuxPlatformLibc(0)
        unknown = b""
    else:
        version_, architecture_, libc_, unknown, _ = fields_of_worker_EnvironmentInfoLinuxPlatform(message)
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
                version_ = data[at:stop].decode()
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
                architecture_ = worker_EnvironmentInfoArchitecture_by_number(number)
                if architecture_ is None:
                    architecture_ = worker_EnvironmentInfoArchitecture(to_int32(number))
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
                libc_ = worker_EnvironmentInfoLinuxPlatformLibc_by_number(number)
                if libc_ is None:
                    libc_ = worker_EnvironmentInfoLinuxPlatformLibc(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoLinuxPlatform:
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
    message.architecture = architecture_
    message.libc = libc_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoLinuxPlatform(message):
    parts = []
    add = parts.append
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.architecture
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.libc
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoMacOsPlatform = frozenset([10, 16])
fields_of_worker_EnvironmentInfoMacOsPlatform = attrgetter("version", "architecture", "_unknown_fields", "__class__")


def decode_worker_EnvironmentInfoMacOsPlatform(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoMacOsPlatform)
        version_ = ""
        architecture_ = worker_EnvironmentInfoArchitecture(0)
        unknown = b""
    else:
        version_, architecture_, unknown, _ = fields_of_worker_EnvironmentInfoMacOsPlatform(message)
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
                version_ = data[at:stop].decode()
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
                architecture_ = worker_EnvironmentInfoArchitecture_by_number(number)
                if architecture_ is None:
                    architecture_ = worker_EnvironmentInfoArchitecture(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoMacOsPlatform:
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
    message.architecture = architecture_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoMacOsPlatform(message):
    parts = []
    add = parts.append
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.architecture
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoPlatform = frozenset([10, 18, 26])
fields_of_worker_EnvironmentInfoPlatform = attrgetter("_unknown_fields", "__class__")


def decode_worker_EnvironmentInfoPlatform(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoPlatform)
        which_variant = variant_ = None
        unknown = b""
    else:
        unknown, _ = fields_of_worker_EnvironmentInfoPlatform(message)
        which_variant, variant_ = which_of(message, ("linux", "macos", "windows"))
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
                variant_ = decode_worker_EnvironmentInfoLinuxPlatform(
                    data, at, stop, depth + 1, variant_ if which_variant == "linux" else None
                )
                at = stop
                which_variant = "linux"
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
                variant_ = decode_worker_EnvironmentInfoMacOsPlatform(
                    data, at, stop, depth + 1, variant_ if which_variant == "macos" else None
                )
                at = stop
                which_variant = "macos"
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
                variant_ = decode_worker_EnvironmentInfoWindowsPlatform(
                    data, at, stop, depth + 1, variant_ if which_variant == "windows" else None
                )
                at = stop
                which_variant = "windows"
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoPlatform:
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
    message.linux = message.macos = message.windows = None
    if which_variant is not None:
        setattr(message, which_variant, variant_)
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoPlatform(message):
    parts = []
    add = parts.append
    value = message.linux
    if value is not None:
        raw = encode_worker_EnvironmentInfoLinuxPlatform(value)
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.macos
    if value is not None:
        raw = encode_worker_EnvironmentInfoMacOsPlatform(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.windows
    if value is not None:
        raw = encode_worker_EnvironmentInfoWindowsPlatform(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoRuntime = frozenset([8, 18])
fields_of_worker_EnvironmentInfoRuntime = attrgetter("type", "version", "_unknown_fields", "__class__")


def decode_worker_EnvironmentInfoRuntime(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoRuntime)
        type_ = worker_EnvironmentInfoRuntimeRuntimeType(0)
        version_ = ""
        unknown = b""
    else:
        type_, version_, unknown, _ = fields_of_worker_EnvironmentInfoRuntime(message)
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
                type_ = worker_EnvironmentInfoRuntimeRuntimeType_by_number(number)
                if type_ is None:
                    type_ = worker_EnvironmentInfoRuntimeRuntimeType(to_int32(number))
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
                version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoRuntime:
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
    message.version = version_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoRuntime(message):
    parts = []
    add = parts.append
    value = message.type
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_EnvironmentInfoWindowsPlatform = frozenset([10, 16, 24])
fields_of_worker_EnvironmentInfoWindowsPlatform = attrgetter(
    "version", "architecture", "crt", "_unknown_fields", "__class__"
)


def decode_worker_EnvironmentInfoWindowsPlatform(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_EnvironmentInfoWindowsPlatform)
        version_ = ""
        architecture_ = worker_EnvironmentInfoArchitecture(0)
        crt_ = worker_EnvironmentInfoWindowsPlatformCrt(0)
        unknown = b""
    else:
        version_, architecture_, crt_, unknown, _ = fields_of_worker_EnvironmentInfoWindowsPlatform(message)
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
                version_ = data[at:stop].decode()
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
                architecture_ = worker_EnvironmentInfoArchitecture_by_number(number)
                if architecture_ is None:
                    architecture_ = worker_EnvironmentInfoArchitecture(to_int32(number))
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
                crt_ = worker_EnvironmentInfoWindowsPlatformCrt_by_number(number)
                if crt_ is None:
                    crt_ = worker_EnvironmentInfoWindowsPlatformCrt(to_int32(number))
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_EnvironmentInfoWindowsPlatform:
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
    message.architecture = architecture_
    message.crt = crt_
    message._unknown_fields = unknown
    return message


def encode_worker_EnvironmentInfoWindowsPlatform(message):
    parts = []
    add = parts.append
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.architecture
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.crt
    if value:
        add(b"\x18" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_PluginInfo = frozenset([10, 18])
fields_of_worker_PluginInfo = attrgetter("name", "version", "_unknown_fields", "__class__")


def decode_worker_PluginInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_PluginInfo)
        name_ = ""
        version_ = ""
        unknown = b""
    else:
        name_, version_, unknown, _ = fields_of_worker_PluginInfo(message)
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
            if tag == 18:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_PluginInfo:
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
    message.version = version_
    message._unknown_fields = unknown
    return message


def encode_worker_PluginInfo(message):
    parts = []
    add = parts.append
    value = message.name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_StorageDriverInfo = frozenset([10])
fields_of_worker_StorageDriverInfo = attrgetter("type", "_unknown_fields", "__class__")


def decode_worker_StorageDriverInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_StorageDriverInfo)
        type_ = ""
        unknown = b""
    else:
        type_, unknown, _ = fields_of_worker_StorageDriverInfo(message)
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
            if tag not in TAGS_worker_StorageDriverInfo:
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
    message._unknown_fields = unknown
    return message


def encode_worker_StorageDriverInfo(message):
    parts = []
    add = parts.append
    value = message.type
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerHeartbeat = frozenset(
    [10, 18, 26, 34, 42, 50, 58, 64, 74, 82, 90, 98, 106, 114, 122, 130, 138, 146, 154, 160, 168, 176, 186, 194, 202]
)
fields_of_worker_WorkerHeartbeat = attrgetter(
    "worker_instance_key",
    "worker_identity",
    "host_info",
    "task_queue",
    "deployment_version",
    "sdk_name",
    "sdk_version",
    "status",
    "start_time",
    "heartbeat_time",
    "elapsed_since_last_heartbeat",
    "workflow_task_slots_info",
    "activity_task_slots_info",
    "nexus_task_slots_info",
    "local_activity_slots_info",
    "workflow_poller_info",
    "workflow_sticky_poller_info",
    "activity_poller_info",
    "nexus_poller_info",
    "total_sticky_cache_hit",
    "total_sticky_cache_miss",
    "current_sticky_cache_size",
    "plugins",
    "drivers",
    "environment",
    "_unknown_fields",
    "__class__",
)


def decode_worker_WorkerHeartbeat(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerHeartbeat)
        worker_instance_key_ = ""
        worker_identity_ = ""
        host_info_ = None
        task_queue_ = ""
        deployment_version_ = None
        sdk_name_ = ""
        sdk_version_ = ""
        status_ = enums_heartbeats_WorkerStatus(0)
        start_time_ = None
        heartbeat_time_ = None
        elapsed_since_last_heartbeat_ = None
        workflow_task_slots_info_ = None
        activity_task_slots_info_ = None
        nexus_task_slots_info_ = None
        local_activity_slots_info_ = None
        workflow_poller_info_ = None
        workflow_sticky_poller_info_ = None
        activity_poller_info_ = None
        nexus_poller_info_ = None
        total_sticky_cache_hit_ = 0
        total_sticky_cache_miss_ = 0
        current_sticky_cache_size_ = 0
        plugins_ = []
        drivers_ = []
        environment_ = None
        unknown = b""
    else:
        (
            worker_instance_key_,
            worker_identity_,
            host_info_,
            task_queue_,
            deployment_version_,
            sdk_name_,
            sdk_version_,
            status_,
            start_time_,
            heartbeat_time_,
            elapsed_since_last_heartbeat_,
            workflow_task_slots_info_,
            activity_task_slots_info_,
            nexus_task_slots_info_,
            local_activity_slots_info_,
            workflow_poller_info_,
            workflow_sticky_poller_info_,
            activity_poller_info_,
            nexus_poller_info_,
            total_sticky_cache_hit_,
            total_sticky_cache_miss_,
            current_sticky_cache_size_,
            plugins_,
            drivers_,
            environment_,
            unknown,
            _,
        ) = fields_of_worker_WorkerHeartbeat(message)
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
                worker_instance_key_ = data[at:stop].decode()
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
                worker_identity_ = data[at:stop].decode()
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
                host_info_ = decode_worker_WorkerHostInfo(data, at, stop, depth + 1, host_info_)
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
                task_queue_ = data[at:stop].decode()
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
                deployment_version_ = decode_deployment_heartbeats_WorkerDeploymentVersion(
                    data, at, stop, depth + 1, deployment_version_
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
                sdk_name_ = data[at:stop].decode()
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
                sdk_version_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 64:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                status_ = enums_heartbeats_WorkerStatus_by_number(number)
                if status_ is None:
                    status_ = enums_heartbeats_WorkerStatus(to_int32(number))
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
                start_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, start_time_)
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
                heartbeat_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, heartbeat_time_)
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
                elapsed_since_last_heartbeat_ = decode_wkt_Duration(
                    data, at, stop, depth + 1, elapsed_since_last_heartbeat_
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
                workflow_task_slots_info_ = decode_worker_WorkerSlotsInfo(
                    data, at, stop, depth + 1, workflow_task_slots_info_
                )
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
                activity_task_slots_info_ = decode_worker_WorkerSlotsInfo(
                    data, at, stop, depth + 1, activity_task_slots_info_
                )
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
                nexus_task_slots_info_ = decode_worker_WorkerSlotsInfo(
                    data, at, stop, depth + 1, nexus_task_slots_info_
                )
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
                local_activity_slots_info_ = decode_worker_WorkerSlotsInfo(
                    data, at, stop, depth + 1, local_activity_slots_info_
                )
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
                workflow_poller_info_ = decode_worker_WorkerPollerInfo(data, at, stop, depth + 1, workflow_poller_info_)
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
                workflow_sticky_poller_info_ = decode_worker_WorkerPollerInfo(
                    data, at, stop, depth + 1, workflow_sticky_poller_info_
                )
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
                activity_poller_info_ = decode_worker_WorkerPollerInfo(data, at, stop, depth + 1, activity_poller_info_)
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
                nexus_poller_info_ = decode_worker_WorkerPollerInfo(data, at, stop, depth + 1, nexus_poller_info_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 160:
                total_sticky_cache_hit_ = data[at]
                at += 1
                if total_sticky_cache_hit_ > 127:
                    total_sticky_cache_hit_, at = read_int32(data, at, total_sticky_cache_hit_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 168:
                total_sticky_cache_miss_ = data[at]
                at += 1
                if total_sticky_cache_miss_ > 127:
                    total_sticky_cache_miss_, at = read_int32(data, at, total_sticky_cache_miss_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 176:
                current_sticky_cache_size_ = data[at]
                at += 1
                if current_sticky_cache_size_ > 127:
                    current_sticky_cache_size_, at = read_int32(data, at, current_sticky_cache_size_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 186:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_PluginInfo(data, at, stop, depth + 1)
                at = stop
                plugins_.append(item)
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
            while tag == 194:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                item = decode_worker_StorageDriverInfo(data, at, stop, depth + 1)
                at = stop
                drivers_.append(item)
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
            if tag == 202:
                stop = data[at]
                at += 1
                if stop > 127:
                    stop, at = read_size(data, at, stop)
                stop += at
                environment_ = decode_worker_EnvironmentInfo(data, at, stop, depth + 1, environment_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerHeartbeat:
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
    message.worker_instance_key = worker_instance_key_
    message.worker_identity = worker_identity_
    message.host_info = host_info_
    message.task_queue = task_queue_
    message.deployment_version = deployment_version_
    message.sdk_name = sdk_name_
    message.sdk_version = sdk_version_
    message.status = status_
    message.start_time = start_time_
    message.heartbeat_time = heartbeat_time_
    message.elapsed_since_last_heartbeat = elapsed_since_last_heartbeat_
    message.workflow_task_slots_info = workflow_task_slots_info_
    message.activity_task_slots_info = activity_task_slots_info_
    message.nexus_task_slots_info = nexus_task_slots_info_
    message.local_activity_slots_info = local_activity_slots_info_
    message.workflow_poller_info = workflow_poller_info_
    message.workflow_sticky_poller_info = workflow_sticky_poller_info_
    message.activity_poller_info = activity_poller_info_
    message.nexus_poller_info = nexus_poller_info_
    message.total_sticky_cache_hit = total_sticky_cache_hit_
    message.total_sticky_cache_miss = total_sticky_cache_miss_
    message.current_sticky_cache_size = current_sticky_cache_size_
    message.plugins = plugins_
    message.drivers = drivers_
    message.environment = environment_
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerHeartbeat(message):
    parts = []
    add = parts.append
    value = message.worker_instance_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.host_info
    if value is not None:
        raw = encode_worker_WorkerHostInfo(value)
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.deployment_version
    if value is not None:
        raw = encode_deployment_heartbeats_WorkerDeploymentVersion(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.sdk_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.sdk_version
    if value:
        raw = value.encode()
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.status
    if value:
        add(b"@" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.start_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"J" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.heartbeat_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"R" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.elapsed_since_last_heartbeat
    if value is not None:
        raw = encode_wkt_Duration(value)
        size = len(raw)
        add(b"Z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_task_slots_info
    if value is not None:
        raw = encode_worker_WorkerSlotsInfo(value)
        size = len(raw)
        add(b"b" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_task_slots_info
    if value is not None:
        raw = encode_worker_WorkerSlotsInfo(value)
        size = len(raw)
        add(b"j" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.nexus_task_slots_info
    if value is not None:
        raw = encode_worker_WorkerSlotsInfo(value)
        size = len(raw)
        add(b"r" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.local_activity_slots_info
    if value is not None:
        raw = encode_worker_WorkerSlotsInfo(value)
        size = len(raw)
        add(b"z" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_poller_info
    if value is not None:
        raw = encode_worker_WorkerPollerInfo(value)
        size = len(raw)
        add(b"\x82\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.workflow_sticky_poller_info
    if value is not None:
        raw = encode_worker_WorkerPollerInfo(value)
        size = len(raw)
        add(b"\x8a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.activity_poller_info
    if value is not None:
        raw = encode_worker_WorkerPollerInfo(value)
        size = len(raw)
        add(b"\x92\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.nexus_poller_info
    if value is not None:
        raw = encode_worker_WorkerPollerInfo(value)
        size = len(raw)
        add(b"\x9a\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.total_sticky_cache_hit
    if value:
        add(b"\xa0\x01" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.total_sticky_cache_miss
    if value:
        add(b"\xa8\x01" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.current_sticky_cache_size
    if value:
        add(b"\xb0\x01" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.plugins
    if value:
        for item in value:
            raw = encode_worker_PluginInfo(item)
            size = len(raw)
            add(b"\xba\x01" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.drivers
    if value:
        for item in value:
            raw = encode_worker_StorageDriverInfo(item)
            size = len(raw)
            add(b"\xc2\x01" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.environment
    if value is not None:
        raw = encode_worker_EnvironmentInfo(value)
        size = len(raw)
        add(b"\xca\x01" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerHostInfo = frozenset([10, 18, 29, 37, 42])
fields_of_worker_WorkerHostInfo = attrgetter(
    "host_name",
    "process_id",
    "current_host_cpu_usage",
    "current_host_mem_usage",
    "worker_grouping_key",
    "_unknown_fields",
    "__class__",
)


def decode_worker_WorkerHostInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerHostInfo)
        host_name_ = ""
        process_id_ = ""
        current_host_cpu_usage_ = 0.0
        current_host_mem_usage_ = 0.0
        worker_grouping_key_ = ""
        unknown = b""
    else:
        host_name_, process_id_, current_host_cpu_usage_, current_host_mem_usage_, worker_grouping_key_, unknown, _ = (
            fields_of_worker_WorkerHostInfo(message)
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
                host_name_ = data[at:stop].decode()
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
                process_id_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 29:
                (current_host_cpu_usage_,) = unpack_float(data, at)
                at += 4
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 37:
                (current_host_mem_usage_,) = unpack_float(data, at)
                at += 4
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
                worker_grouping_key_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerHostInfo:
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
    message.host_name = host_name_
    message.process_id = process_id_
    message.current_host_cpu_usage = current_host_cpu_usage_
    message.current_host_mem_usage = current_host_mem_usage_
    message.worker_grouping_key = worker_grouping_key_
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerHostInfo(message):
    parts = []
    add = parts.append
    value = message.host_name
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.process_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.current_host_cpu_usage
    raw = pack_float(value)
    if raw != b"\x00\x00\x00\x00":
        add(b"\x1d" + raw)
    value = message.current_host_mem_usage
    raw = pack_float(value)
    if raw != b"\x00\x00\x00\x00":
        add(b"%" + raw)
    value = message.worker_grouping_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerPollerInfo = frozenset([8, 18, 24])
fields_of_worker_WorkerPollerInfo = attrgetter(
    "current_pollers", "last_successful_poll_time", "is_autoscaling", "_unknown_fields", "__class__"
)


def decode_worker_WorkerPollerInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerPollerInfo)
        current_pollers_ = 0
        last_successful_poll_time_ = None
        is_autoscaling_ = False
        unknown = b""
    else:
        current_pollers_, last_successful_poll_time_, is_autoscaling_, unknown, _ = fields_of_worker_WorkerPollerInfo(
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
                current_pollers_ = data[at]
                at += 1
                if current_pollers_ > 127:
                    current_pollers_, at = read_int32(data, at, current_pollers_)
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
                last_successful_poll_time_ = decode_wkt_Timestamp(data, at, stop, depth + 1, last_successful_poll_time_)
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 24:
                is_autoscaling_ = data[at]
                at += 1
                if is_autoscaling_ > 127:
                    is_autoscaling_, at = read_uint64(data, at, is_autoscaling_)
                is_autoscaling_ = is_autoscaling_ != 0
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerPollerInfo:
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
    message.current_pollers = current_pollers_
    message.last_successful_poll_time = last_successful_poll_time_
    message.is_autoscaling = is_autoscaling_
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerPollerInfo(message):
    parts = []
    add = parts.append
    value = message.current_pollers
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.last_successful_poll_time
    if value is not None:
        raw = encode_wkt_Timestamp(value)
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.is_autoscaling
    if value:
        add(b"\x18" + BOOL[value])
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_worker_WorkerSlotsInfo = frozenset([8, 16, 26, 32, 40, 48, 56])
fields_of_worker_WorkerSlotsInfo = attrgetter(
    "current_available_slots",
    "current_used_slots",
    "slot_supplier_kind",
    "total_processed_tasks",
    "total_failed_tasks",
    "last_interval_processed_tasks",
    "last_interval_failure_tasks",
    "_unknown_fields",
    "__class__",
)


def decode_worker_WorkerSlotsInfo(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(worker_WorkerSlotsInfo)
        current_available_slots_ = 0
        current_used_slots_ = 0
        slot_supplier_kind_ = ""
        total_processed_tasks_ = 0
        total_failed_tasks_ = 0
        last_interval_processed_tasks_ = 0
        last_interval_failure_tasks_ = 0
        unknown = b""
    else:
        (
            current_available_slots_,
            current_used_slots_,
            slot_supplier_kind_,
            total_processed_tasks_,
            total_failed_tasks_,
            last_interval_processed_tasks_,
            last_interval_failure_tasks_,
            unknown,
            _,
        ) = fields_of_worker_WorkerSlotsInfo(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag == 8:
                current_available_slots_ = data[at]
                at += 1
                if current_available_slots_ > 127:
                    current_available_slots_, at = read_int32(data, at, current_available_slots_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 16:
                current_used_slots_ = data[at]
                at += 1
                if current_used_slots_ > 127:
                    current_used_slots_, at = read_int32(data, at, current_used_slots_)
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
                slot_supplier_kind_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 32:
                total_processed_tasks_ = data[at]
                at += 1
                if total_processed_tasks_ > 127:
                    total_processed_tasks_, at = read_int32(data, at, total_processed_tasks_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 40:
                total_failed_tasks_ = data[at]
                at += 1
                if total_failed_tasks_ > 127:
                    total_failed_tasks_, at = read_int32(data, at, total_failed_tasks_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 48:
                last_interval_processed_tasks_ = data[at]
                at += 1
                if last_interval_processed_tasks_ > 127:
                    last_interval_processed_tasks_, at = read_int32(data, at, last_interval_processed_tasks_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 56:
                last_interval_failure_tasks_ = data[at]
                at += 1
                if last_interval_failure_tasks_ > 127:
                    last_interval_failure_tasks_, at = read_int32(data, at, last_interval_failure_tasks_)
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag not in TAGS_worker_WorkerSlotsInfo:
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
    message.current_available_slots = current_available_slots_
    message.current_used_slots = current_used_slots_
    message.slot_supplier_kind = slot_supplier_kind_
    message.total_processed_tasks = total_processed_tasks_
    message.total_failed_tasks = total_failed_tasks_
    message.last_interval_processed_tasks = last_interval_processed_tasks_
    message.last_interval_failure_tasks = last_interval_failure_tasks_
    message._unknown_fields = unknown
    return message


def encode_worker_WorkerSlotsInfo(message):
    parts = []
    add = parts.append
    value = message.current_available_slots
    if value:
        add(b"\x08" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.current_used_slots
    if value:
        add(b"\x10" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.slot_supplier_kind
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.total_processed_tasks
    if value:
        add(b" " + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.total_failed_tasks
    if value:
        add(b"(" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.last_interval_processed_tasks
    if value:
        add(b"0" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    value = message.last_interval_failure_tasks
    if value:
        add(b"8" + (BYTE[value] if 0 <= value < 128 else int32(value)))
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_heartbeats_RecordWorkerHeartbeatRequest = frozenset([10, 18, 26, 34])
fields_of_workflowservice_heartbeats_RecordWorkerHeartbeatRequest = attrgetter(
    "namespace", "identity", "worker_heartbeat", "resource_id", "_unknown_fields", "__class__"
)


def decode_workflowservice_heartbeats_RecordWorkerHeartbeatRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_heartbeats_RecordWorkerHeartbeatRequest)
        namespace_ = ""
        identity_ = ""
        worker_heartbeat_ = []
        resource_id_ = ""
        unknown = b""
    else:
        namespace_, identity_, worker_heartbeat_, resource_id_, unknown, _ = (
            fields_of_workflowservice_heartbeats_RecordWorkerHeartbeatRequest(message)
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
            while tag == 26:
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
            if tag == 34:
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
            if tag not in TAGS_workflowservice_heartbeats_RecordWorkerHeartbeatRequest:
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
    message.worker_heartbeat = worker_heartbeat_
    message.resource_id = resource_id_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_heartbeats_RecordWorkerHeartbeatRequest(message):
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
    value = message.worker_heartbeat
    if value:
        for item in value:
            raw = encode_worker_WorkerHeartbeat(item)
            size = len(raw)
            add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
            add(raw)
    value = message.resource_id
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_heartbeats_RecordWorkerHeartbeatResponse = frozenset([])
fields_of_workflowservice_heartbeats_RecordWorkerHeartbeatResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_heartbeats_RecordWorkerHeartbeatResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_heartbeats_RecordWorkerHeartbeatResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_heartbeats_RecordWorkerHeartbeatResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_heartbeats_RecordWorkerHeartbeatResponse:
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


def encode_workflowservice_heartbeats_RecordWorkerHeartbeatResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_heartbeats_ShutdownWorkerRequest = frozenset([10, 18, 26, 34, 42, 50, 58, 66, 64])
fields_of_workflowservice_heartbeats_ShutdownWorkerRequest = attrgetter(
    "namespace",
    "sticky_task_queue",
    "identity",
    "reason",
    "worker_heartbeat",
    "worker_instance_key",
    "task_queue",
    "task_queue_types",
    "_unknown_fields",
    "__class__",
)


def decode_workflowservice_heartbeats_ShutdownWorkerRequest(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_heartbeats_ShutdownWorkerRequest)
        namespace_ = ""
        sticky_task_queue_ = ""
        identity_ = ""
        reason_ = ""
        worker_heartbeat_ = None
        worker_instance_key_ = ""
        task_queue_ = ""
        task_queue_types_ = []
        unknown = b""
    else:
        (
            namespace_,
            sticky_task_queue_,
            identity_,
            reason_,
            worker_heartbeat_,
            worker_instance_key_,
            task_queue_,
            task_queue_types_,
            unknown,
            _,
        ) = fields_of_workflowservice_heartbeats_ShutdownWorkerRequest(message)
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
                sticky_task_queue_ = data[at:stop].decode()
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
                reason_ = data[at:stop].decode()
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
                worker_heartbeat_ = decode_worker_WorkerHeartbeat(data, at, stop, depth + 1, worker_heartbeat_)
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
                worker_instance_key_ = data[at:stop].decode()
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
                task_queue_ = data[at:stop].decode()
                at = stop
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            if tag == 66:
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
                    item = enums_heartbeats_TaskQueueType_by_number(number)
                    if item is None:
                        item = enums_heartbeats_TaskQueueType(to_int32(number))
                    task_queue_types_.append(item)
                if at != list_end:
                    truncated()
                if at >= end:
                    break
                start = at
                tag = data[at]
                at += 1
                if tag > 127:
                    tag, at = read_size(data, at, tag)
            while tag == 64:
                number = data[at]
                at += 1
                if number > 127:
                    number, at = read_uint64(data, at, number)
                item = enums_heartbeats_TaskQueueType_by_number(number)
                if item is None:
                    item = enums_heartbeats_TaskQueueType(to_int32(number))
                task_queue_types_.append(item)
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
            if tag not in TAGS_workflowservice_heartbeats_ShutdownWorkerRequest:
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
    message.sticky_task_queue = sticky_task_queue_
    message.identity = identity_
    message.reason = reason_
    message.worker_heartbeat = worker_heartbeat_
    message.worker_instance_key = worker_instance_key_
    message.task_queue = task_queue_
    message.task_queue_types = task_queue_types_
    message._unknown_fields = unknown
    return message


def encode_workflowservice_heartbeats_ShutdownWorkerRequest(message):
    parts = []
    add = parts.append
    value = message.namespace
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\n" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.sticky_task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x12" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.identity
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"\x1a" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.reason
    if value:
        raw = value.encode()
        size = len(raw)
        add(b'"' + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_heartbeat
    if value is not None:
        raw = encode_worker_WorkerHeartbeat(value)
        size = len(raw)
        add(b"*" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.worker_instance_key
    if value:
        raw = value.encode()
        size = len(raw)
        add(b"2" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue
    if value:
        raw = value.encode()
        size = len(raw)
        add(b":" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    value = message.task_queue_types
    if value:
        raw = b"".join([(BYTE[item] if 0 <= item < 128 else int32(item)) for item in value])
        size = len(raw)
        add(b"B" + (BYTE[size] if size < 128 else varint(size)))
        add(raw)
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


TAGS_workflowservice_heartbeats_ShutdownWorkerResponse = frozenset([])
fields_of_workflowservice_heartbeats_ShutdownWorkerResponse = attrgetter("_unknown_fields", "__class__")


def decode_workflowservice_heartbeats_ShutdownWorkerResponse(data, at, end, depth, message=None):
    if depth > 100:
        too_deep()
    if message is None:
        message = new(workflowservice_heartbeats_ShutdownWorkerResponse)
        unknown = b""
    else:
        unknown, _ = fields_of_workflowservice_heartbeats_ShutdownWorkerResponse(message)
    if at < end:
        start = at
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        while True:
            if tag not in TAGS_workflowservice_heartbeats_ShutdownWorkerResponse:
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


def encode_workflowservice_heartbeats_ShutdownWorkerResponse(message):
    parts = []
    add = parts.append
    if message._unknown_fields:
        add(message._unknown_fields)
    return b"".join(parts)


DECODERS: dict[type[Message], Callable[..., Any]] = {
    deployment_heartbeats_WorkerDeploymentVersion: decode_deployment_heartbeats_WorkerDeploymentVersion,
    worker_EnvironmentInfo: decode_worker_EnvironmentInfo,
    worker_EnvironmentInfoHostingEnvironment: decode_worker_EnvironmentInfoHostingEnvironment,
    worker_EnvironmentInfoLinuxPlatform: decode_worker_EnvironmentInfoLinuxPlatform,
    worker_EnvironmentInfoMacOsPlatform: decode_worker_EnvironmentInfoMacOsPlatform,
    worker_EnvironmentInfoPlatform: decode_worker_EnvironmentInfoPlatform,
    worker_EnvironmentInfoRuntime: decode_worker_EnvironmentInfoRuntime,
    worker_EnvironmentInfoWindowsPlatform: decode_worker_EnvironmentInfoWindowsPlatform,
    worker_PluginInfo: decode_worker_PluginInfo,
    worker_StorageDriverInfo: decode_worker_StorageDriverInfo,
    worker_WorkerHeartbeat: decode_worker_WorkerHeartbeat,
    worker_WorkerHostInfo: decode_worker_WorkerHostInfo,
    worker_WorkerPollerInfo: decode_worker_WorkerPollerInfo,
    worker_WorkerSlotsInfo: decode_worker_WorkerSlotsInfo,
    workflowservice_heartbeats_RecordWorkerHeartbeatRequest: decode_workflowservice_heartbeats_RecordWorkerHeartbeatRequest,
    workflowservice_heartbeats_RecordWorkerHeartbeatResponse: decode_workflowservice_heartbeats_RecordWorkerHeartbeatResponse,
    workflowservice_heartbeats_ShutdownWorkerRequest: decode_workflowservice_heartbeats_ShutdownWorkerRequest,
    workflowservice_heartbeats_ShutdownWorkerResponse: decode_workflowservice_heartbeats_ShutdownWorkerResponse,
}
ENCODERS: dict[type[Message], Callable[[Any], bytes]] = {
    deployment_heartbeats_WorkerDeploymentVersion: encode_deployment_heartbeats_WorkerDeploymentVersion,
    worker_EnvironmentInfo: encode_worker_EnvironmentInfo,
    worker_EnvironmentInfoHostingEnvironment: encode_worker_EnvironmentInfoHostingEnvironment,
    worker_EnvironmentInfoLinuxPlatform: encode_worker_EnvironmentInfoLinuxPlatform,
    worker_EnvironmentInfoMacOsPlatform: encode_worker_EnvironmentInfoMacOsPlatform,
    worker_EnvironmentInfoPlatform: encode_worker_EnvironmentInfoPlatform,
    worker_EnvironmentInfoRuntime: encode_worker_EnvironmentInfoRuntime,
    worker_EnvironmentInfoWindowsPlatform: encode_worker_EnvironmentInfoWindowsPlatform,
    worker_PluginInfo: encode_worker_PluginInfo,
    worker_StorageDriverInfo: encode_worker_StorageDriverInfo,
    worker_WorkerHeartbeat: encode_worker_WorkerHeartbeat,
    worker_WorkerHostInfo: encode_worker_WorkerHostInfo,
    worker_WorkerPollerInfo: encode_worker_WorkerPollerInfo,
    worker_WorkerSlotsInfo: encode_worker_WorkerSlotsInfo,
    workflowservice_heartbeats_RecordWorkerHeartbeatRequest: encode_workflowservice_heartbeats_RecordWorkerHeartbeatRequest,
    workflowservice_heartbeats_RecordWorkerHeartbeatResponse: encode_workflowservice_heartbeats_RecordWorkerHeartbeatResponse,
    workflowservice_heartbeats_ShutdownWorkerRequest: encode_workflowservice_heartbeats_ShutdownWorkerRequest,
    workflowservice_heartbeats_ShutdownWorkerResponse: encode_workflowservice_heartbeats_ShutdownWorkerResponse,
}
