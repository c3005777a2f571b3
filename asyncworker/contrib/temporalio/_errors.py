"""Map errors between the two SDKs: each class to the one of the same name, with all of its attributes."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

import temporalio.exceptions as theirs

from ... import exceptions as ours

__all__ = ["to_theirs"]

E = TypeVar("E", bound=IntEnum)

# So that their benign failures, and those that are not to be retried, are known where attempts are logged and counted.
ours._add_application_error(theirs.ApplicationError)


def to_theirs(error: BaseException) -> BaseException:
    """Return temporalio's error for one of asyncworker's, causes and traceback included; any other as it is."""
    if not isinstance(error, ours.FailureError):
        return error
    make = next((make for kind, make in _MAKERS.items() if isinstance(error, kind)), _plain)
    made: BaseException = make(error)
    made.__traceback__ = error.__traceback__
    made.__context__ = None if error.__context__ is None else to_theirs(error.__context__)
    # Last, as setting it suppresses the context.
    if error.__cause__ is not None:
        made.__cause__ = to_theirs(error.__cause__)
    made.__suppress_context__ = error.__suppress_context__
    return made


def _application(error: Any) -> BaseException:
    return theirs.ApplicationError(
        error.message,
        *error.details,
        type=error.type,
        non_retryable=error.non_retryable,
        next_retry_delay=error.next_retry_delay,
        category=_member(theirs.ApplicationErrorCategory, error.category)
        or theirs.ApplicationErrorCategory.UNSPECIFIED,
    )


def _timeout(error: Any) -> BaseException:
    return theirs.TimeoutError(
        error.message,
        type=_member(theirs.TimeoutType, error.type),
        last_heartbeat_details=error.last_heartbeat_details,
    )


def _activity(error: Any) -> BaseException:
    return theirs.ActivityError(
        error.message,
        scheduled_event_id=error.scheduled_event_id,
        started_event_id=error.started_event_id,
        identity=error.identity,
        activity_type=error.activity_type,
        activity_id=error.activity_id,
        retry_state=_member(theirs.RetryState, error.retry_state),
    )


def _plain(error: Any) -> BaseException:
    return theirs.ApplicationError(error.message, type=type(error).__name__)


_MAKERS: dict[type[ours.FailureError], Callable[[Any], BaseException]] = {
    ours.ApplicationError: _application,
    ours.TimeoutError: _timeout,
    ours.CancelledError: lambda error: theirs.CancelledError(error.message, *error.details),
    ours.TerminatedError: lambda error: theirs.TerminatedError(error.message, *error.details),
    ours.ServerError: lambda error: theirs.ServerError(error.message, non_retryable=error.non_retryable),
    ours.ActivityError: _activity,
}


def _member(kind: type[E], number: int) -> E | None:
    """Return the enum's member, or ``None`` for one that it has no name for, as for "unspecified"."""
    try:
        return kind(int(number))
    except ValueError:
        return None
