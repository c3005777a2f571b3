"""Convert failures to exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, TypeVar

from ... import exceptions
from ..._proto.temporal.api.common.v1 import Payload, Payloads
from ..._proto.temporal.api.failure.v1 import Failure
from ..._time import to_timedelta
from ...common import RawValue
from .._payload import PayloadConverter

__all__ = ["error_from"]

E = TypeVar("E", bound=IntEnum)


def error_from(failure: Failure, message: str, payload_converter: PayloadConverter) -> exceptions.FailureError:
    """Convert one failure, without its causes.

    Failures of child workflows and Nexus operations, and those of unknown kinds, become a plain
    :exc:`~asyncworker.exceptions.FailureError`, whose ``failure`` has the rest.
    """
    if (info := failure.application_failure_info) is not None:
        return exceptions.ApplicationError(
            message,
            *_details(info.details, payload_converter),
            type=info.type or None,
            non_retryable=info.non_retryable,
            next_retry_delay=_positive(to_timedelta(info.next_retry_delay)),
            category=_member(exceptions.ApplicationErrorCategory, info.category),
        )
    if (timeout := failure.timeout_failure_info) is not None:
        return exceptions.TimeoutError(
            message,
            type=_member(exceptions.TimeoutType, timeout.timeout_type),
            last_heartbeat_details=_details(timeout.last_heartbeat_details, payload_converter),
        )
    if (canceled := failure.canceled_failure_info) is not None:
        return exceptions.CancelledError(message, *_details(canceled.details, payload_converter))
    if failure.terminated_failure_info is not None:
        return exceptions.TerminatedError(message)
    if (server := failure.server_failure_info) is not None:
        return exceptions.ServerError(message, non_retryable=server.non_retryable)
    if (activity := failure.activity_failure_info) is not None:
        return exceptions.ActivityError(
            message,
            scheduled_event_id=activity.scheduled_event_id,
            started_event_id=activity.started_event_id,
            identity=activity.identity,
            activity_type="" if activity.activity_type is None else activity.activity_type.name,
            activity_id=activity.activity_id,
            retry_state=_member(exceptions.RetryState, activity.retry_state),
        )
    return exceptions.FailureError(message)


def _positive(delay: Any) -> Any:
    # A negative delay from another SDK is ignored rather than an error.
    return delay if delay is not None and delay.total_seconds() > 0 else None


def _member(kind: type[E], number: int) -> E:
    """Return the enum's member; a number that is newer than this code becomes "unspecified"."""
    try:
        return kind(int(number))
    except ValueError:
        return kind(0)


def _details(payloads: Payloads | None, converter: PayloadConverter) -> Sequence[Any]:
    """Convert details; one that cannot be converted stays a :class:`~asyncworker.common.RawValue`."""
    return tuple(_detail(payload, converter) for payload in (payloads.payloads if payloads is not None else ()))


def _detail(payload: Payload, converter: PayloadConverter) -> Any:
    try:
        return converter.from_payload(payload)
    except Exception:  # noqa: BLE001 - the error matters more than one of its details
        return RawValue(payload)
