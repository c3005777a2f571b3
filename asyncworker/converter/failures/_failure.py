"""The failure converter's interface, and functions on failures that converters and workers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import betterproto2

from ..._proto.temporal.api.common.v1 import Payload, Payloads
from .._codec import PayloadCodec, decode_one, encode_one
from .._payload import PayloadConverter

if TYPE_CHECKING:
    from ..._proto.temporal.api.failure.v1 import Failure

__all__ = [
    "SOURCE",
    "FailureConverter",
    "copied_levels",
    "decode_payloads_of",
    "encode_payloads_of",
    "ensure_application_failure",
    "levels",
    "shallow_copy",
    "without_details",
]

M = TypeVar("M", bound=betterproto2.Message)

#: The ``source`` of our failures.
SOURCE = "asyncworker"


class FailureConverter(ABC):
    """Convert exceptions to failures and back."""

    @abstractmethod
    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter) -> Failure:
        """Convert an exception and its causes, without changing it."""

    @abstractmethod
    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """Convert a failure and its causes, without changing it."""


def levels(failure: Failure | None) -> Iterator[Failure]:
    """Yield a failure and its causes, outermost first."""
    while failure is not None:
        yield failure
        failure = failure.cause


def shallow_copy(message: M) -> M:
    """Copy a message with its unknown fields, which ``copy.copy`` drops."""
    copied = object.__new__(type(message))
    copied.__dict__.update(message.__dict__)
    return copied


def copied_levels(failure: Failure) -> list[Failure]:
    """Return shallow copies of a failure and its causes, whose fields can be replaced; the first is of *failure*."""
    copies = [shallow_copy(each) for each in levels(failure)]
    for outer, inner in pairwise(copies):
        outer.cause = inner
    return copies


_TYPE_NAMES = {
    "timeout_failure_info": "TimeoutError",
    "canceled_failure_info": "CancelledError",
    "terminated_failure_info": "TerminatedError",
    "server_failure_info": "ServerError",
    "activity_failure_info": "ActivityError",
    "child_workflow_execution_failure_info": "ChildWorkflowError",
    "nexus_operation_execution_failure_info": "NexusOperationError",
    "nexus_handler_failure_info": "NexusHandlerError",
}


def ensure_application_failure(failure: Failure) -> Failure:
    """Return a failure that ``RespondActivityTaskFailed`` accepts: this one, or one with this one as its cause.

    The server refuses failures without an ``application_failure_info`` (INVALID_ARGUMENT), and the attempt would then
    hang until it times out. The outer failure has the same message, the name of the Python exception as its type, and
    is non-retryable if the inner one is.
    """
    if failure.application_failure_info is not None:
        return failure
    kind = next((name for field, name in _TYPE_NAMES.items() if getattr(failure, field) is not None), "FailureError")
    # Such failures are rare.
    from ..._proto.temporal.api.enums.v1 import NexusHandlerErrorRetryBehavior
    from ..._proto.temporal.api.failure.v1 import ApplicationFailureInfo, Failure

    server, nexus = failure.server_failure_info, failure.nexus_handler_failure_info
    return Failure(
        message=failure.message,
        source=failure.source,
        encoded_attributes=failure.encoded_attributes,
        cause=failure,
        application_failure_info=ApplicationFailureInfo(
            type=kind,
            non_retryable=(server is not None and server.non_retryable)
            or (nexus is not None and nexus.retry_behavior == NexusHandlerErrorRetryBehavior.NON_RETRYABLE),
        ),
    )


# Codecs: every payload of a failure, at every level of its causes


async def encode_payloads_of(failure: Failure, codec: PayloadCodec) -> Failure:
    """Return a copy of a failure whose payloads are encoded."""
    return await _transformed(failure, codec.encode, lambda payload: encode_one(codec, payload))


async def decode_payloads_of(failure: Failure, codec: PayloadCodec) -> Failure:
    """Return a copy of a failure whose payloads are decoded."""
    return await _transformed(failure, codec.decode, lambda payload: decode_one(codec, payload))


_PAYLOADS_AT = (
    ("application_failure_info", "details"),
    ("timeout_failure_info", "last_heartbeat_details"),
    ("canceled_failure_info", "details"),
    ("reset_workflow_failure_info", "last_heartbeat_details"),
)


def without_details(failure: Failure) -> Failure:
    """Return a copy of a failure without details, at any level of its causes."""
    copies = copied_levels(failure)
    for each in copies:
        for info_field, payloads_field in _PAYLOADS_AT:
            info: Any = getattr(each, info_field)
            if info is not None:
                info = shallow_copy(info)
                setattr(info, payloads_field, None)
                setattr(each, info_field, info)
    return copies[0]


async def _transformed(
    failure: Failure,
    transform: Callable[[Sequence[Payload]], Awaitable[list[Payload]]],
    transform_one: Callable[[Payload], Awaitable[Payload]],
) -> Failure:
    # The failure may belong to an exception that was received, and must not change.
    copies = copied_levels(failure)
    for each in copies:
        if each.encoded_attributes is not None:
            each.encoded_attributes = await transform_one(each.encoded_attributes)
        for info_field, payloads_field in _PAYLOADS_AT:
            info: Any = getattr(each, info_field)
            payloads = None if info is None else getattr(info, payloads_field)
            if payloads is not None and payloads.payloads:
                info = shallow_copy(info)
                setattr(info, payloads_field, Payloads(payloads=await transform(payloads.payloads)))
                setattr(each, info_field, info)
    return copies[0]
