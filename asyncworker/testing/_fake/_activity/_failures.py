"""The failures that the server itself makes."""

from __future__ import annotations

from ...._proto.temporal.api.common.v1 import Payloads
from ...._proto.temporal.api.enums.v1 import TimeoutType
from ...._proto.temporal.api.failure.v1 import (
    CanceledFailureInfo,
    Failure,
    ServerFailureInfo,
    TerminatedFailureInfo,
    TimeoutFailureInfo,
)

_TIMEOUT_NAMES = {
    TimeoutType.START_TO_CLOSE: "StartToClose",
    TimeoutType.SCHEDULE_TO_START: "ScheduleToStart",
    TimeoutType.SCHEDULE_TO_CLOSE: "ScheduleToClose",
    TimeoutType.HEARTBEAT: "Heartbeat",
}
_NO_TIME_LEFT = "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up retrying"


def timed_out(kind: TimeoutType, cause: Failure | None = None, details: Payloads | None = None) -> Failure:
    """Return the failure of an attempt, or of an activity, whose timeout has passed."""
    return _timeout_failure(f"activity {_TIMEOUT_NAMES[kind]} timeout", kind, cause, details)


def no_time_left(cause: Failure | None, details: Payloads | None) -> Failure:
    """Return the failure of an activity whose next attempt would begin too late."""
    return _timeout_failure(_NO_TIME_LEFT, TimeoutType.SCHEDULE_TO_CLOSE, cause, details)


def canceled(details: Payloads | None, identity: str) -> Failure:
    """Return the failure of an activity that was cancelled, by a client of this identity."""
    info = CanceledFailureInfo(details=details, identity=identity)
    return Failure(message="Activity canceled", canceled_failure_info=info)


def terminated(reason: str, identity: str) -> Failure:
    """Return the failure of an activity that was terminated, by a client of this identity."""
    return Failure(message=reason, terminated_failure_info=TerminatedFailureInfo(identity=identity))


def refused(message: str) -> Failure:
    """Return the failure that takes the place of what the server does not take."""
    return Failure(message=message, server_failure_info=ServerFailureInfo(non_retryable=True))


def _timeout_failure(message: str, kind: TimeoutType, cause: Failure | None, details: Payloads | None) -> Failure:
    info = TimeoutFailureInfo(timeout_type=kind, last_heartbeat_details=details)
    return Failure(message=message, cause=cause, timeout_failure_info=info)
