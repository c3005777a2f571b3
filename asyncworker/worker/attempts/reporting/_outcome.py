"""The outcomes of an attempt, and the rules that decide between them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...._safe_text import class_name_of
from ...._time import to_seconds
from ....activity import Info
from ....activity._context import CompleteAsync
from ....common import CancelReason, RetryPolicy
from ....converter._stored import StoredElsewhereError
from ....exceptions import ApplicationError, CancelledError, ConverterError, FailureError, _is_application_error
from ..._events import OutcomeName
from .._time_limits import interval_after, spent_at_least

__all__ = [
    "ENDED_BY_SHUTDOWN",
    "ON_CANCELLED",
    "OUTCOMES",
    "Canceled",
    "Completed",
    "Failed",
    "Lost",
    "Outcome",
    "Pending",
    "Reported",
    "Unreported",
    "is_last_attempt",
    "outcome_of",
]


# Values, though not frozen: one is made per attempt, which takes twice as long for a frozen one, and so does its class.


@dataclass(slots=True)
class Completed:
    """The activity returned: ``RespondActivityTaskCompleted``."""

    result: Any


@dataclass(slots=True)
class Failed:
    """The activity raised, or could not be run: ``RespondActivityTaskFailed``."""

    error: BaseException


@dataclass(slots=True)
class Canceled:
    """The activity was cancelled, and stopped: ``RespondActivityTaskCanceled``."""

    details: Sequence[Any] = ()


@dataclass(slots=True)
class Pending:
    """The activity stays open: its result comes from elsewhere, and there is no reply."""


@dataclass(slots=True)
class Lost:
    """The server has closed the attempt, so that there is no reply; *why* is for the log."""

    why: str


@dataclass(slots=True)
class Unreported:
    """The reply could not be delivered."""


#: Outcomes that are reported to the server.
Reported: TypeAlias = Completed | Failed | Canceled
Outcome: TypeAlias = Reported | Pending | Lost | Unreported


#: The names of outcomes in events and statistics.
OUTCOMES: dict[type[Outcome], OutcomeName] = {
    Completed: "completed",
    Failed: "failed",
    Canceled: "canceled",
    Pending: "pending",
    Lost: "lost",
    Unreported: "unreported",
}


def _interrupted(kind: str, why: str) -> Failed:
    return Failed(ApplicationError(f"{why} before the activity had completed", type=kind))


#: That of an activity that a shutdown has ended.
ENDED_BY_SHUTDOWN = _interrupted("WorkerShutdown", "The worker shut down")

# The outcome of an activity that lets its cancellation through.
ON_CANCELLED: dict[CancelReason, Outcome] = {
    CancelReason.CANCEL_REQUESTED: Canceled(),
    # The server accepts a cancellation only if it asked for one: these are failures, which it may retry.
    CancelReason.PAUSED: _interrupted("ActivityPause", "The activity was paused"),
    CancelReason.RESET: _interrupted("ActivityReset", "The activity was reset"),
    CancelReason.WORKER_SHUTDOWN: ENDED_BY_SHUTDOWN,
    # The server has closed the attempt: any reply would be NOT_FOUND.
    CancelReason.TIMED_OUT: Lost("the attempt has used up its time"),
    CancelReason.NOT_FOUND: Lost("the server no longer knows the attempt"),
}


def outcome_of(error: BaseException, reason: CancelReason | None) -> Outcome:
    """Return the outcome of an attempt that ended with *error*, after a cancellation for *reason* or without one.

    If code of the error's own raises meanwhile, the outcome is a failure with *error*.
    """
    try:
        return _outcome_of(error, reason)
    except Exception:  # noqa: BLE001 - an exception's `__class__` and `__str__` are user code
        return Failed(error)


def _outcome_of(error: BaseException, reason: CancelReason | None) -> Outcome:
    if isinstance(error, CompleteAsync):
        return Pending()
    if isinstance(error, asyncio.CancelledError | CancelledError):
        return _cancelled(error, reason)
    if reason is CancelReason.NOT_FOUND:
        return ON_CANCELLED[reason]
    if isinstance(error, ConverterError) and not isinstance(error, StoredElsewhereError):
        # What does not convert now does not convert in the next attempt either.
        return Failed(unconvertible(error))
    return Failed(error)


def unconvertible(error: ConverterError) -> ApplicationError:
    """Return the failure for a value that does not convert: it is not retried."""
    failure = ApplicationError(str(error), type=type(error).__name__, non_retryable=True)
    failure.__cause__ = error.__cause__
    # Not for the failure, whose cause is set or suppressed: for :func:`.drop_tracebacks`, which gets at both by this.
    failure.__context__ = error
    return failure


def _cancelled(error: BaseException, reason: CancelReason | None) -> Outcome:
    if reason is None:
        # The server refuses a cancellation that it has not requested, so this is a failure like any other.
        return Failed(_self_cancelled(error))
    if reason is CancelReason.CANCEL_REQUESTED and isinstance(error, CancelledError):
        return Canceled(error.details)
    return ON_CANCELLED[reason]


def _self_cancelled(error: BaseException) -> BaseException:
    if isinstance(error, CancelledError):
        return error
    failure = ApplicationError(
        str(error) or "The activity raised CancelledError without having been cancelled", type="CancelledError"
    )
    failure.__cause__ = error
    return failure


def is_last_attempt(info: Info, error: BaseException, took: float) -> bool:
    """Return whether the server will certainly not try again after *error*, *took* seconds after the task's arrival.

    ``False`` says that it may: a failure converter of the user's can make something else of the error.
    """
    policy = info.retry_policy
    if _is_final(error, policy):
        return True
    if policy is None:
        return False
    if policy.maximum_attempts and info.attempt >= policy.maximum_attempts:
        return True
    if info.schedule_to_close_timeout is None:
        return False
    return (
        spent_at_least(info) + took + _wait(info.attempt, error, policy)
        > info.schedule_to_close_timeout.total_seconds()
    )


def _is_final(error: BaseException, policy: RetryPolicy | None) -> bool:
    final_types = (policy.non_retryable_error_types if policy is not None else None) or ()
    if _is_application_error(error):
        return bool(getattr(error, "non_retryable", False)) or getattr(error, "type", None) in final_types
    return not issubclass(type(error), FailureError) and class_name_of(error) in final_types


def _wait(attempt: int, error: BaseException, policy: RetryPolicy) -> float:
    """Return how many seconds the server waits before the next attempt."""
    asked = getattr(error, "next_retry_delay", None) if _is_application_error(error) else None
    if asked is not None:
        return to_seconds(asked)
    return interval_after(attempt, policy)
