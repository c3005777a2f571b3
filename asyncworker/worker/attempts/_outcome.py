"""Decide what an attempt that has ended is reported as."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...activity._context import CompleteAsync
from ...common import CancelReason
from ...converter._stored import StoredElsewhereError
from ...exceptions import ApplicationError, CancelledError, ConverterError
from .._events import OutcomeName

__all__ = [
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
    "conclude",
]


@dataclass(frozen=True, slots=True)
class Completed:
    """The activity returned: ``RespondActivityTaskCompleted``."""

    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The activity raised, or could not be run: ``RespondActivityTaskFailed``."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Canceled:
    """The activity was asked to stop, and did: ``RespondActivityTaskCanceled``."""

    details: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """The activity stays open: its result comes from elsewhere, and the server is told nothing."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The server has closed the attempt; for the log, *why*."""

    why: str


@dataclass(frozen=True, slots=True)
class Unreported:
    """The attempt's end was to be reported, and the server could not be told."""


#: What the server is told of.
Reported: TypeAlias = Completed | Failed | Canceled
Outcome: TypeAlias = Reported | Pending | Lost | Unreported


#: How observers call them.
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


# What an activity that let its cancellation through is reported as.
ON_CANCELLED: dict[CancelReason, Outcome] = {
    CancelReason.CANCEL_REQUESTED: Canceled(),
    # The server accepts a cancellation only if it asked for one: these are failures, which it may retry.
    CancelReason.PAUSED: _interrupted("ActivityPause", "The activity was paused"),
    CancelReason.RESET: _interrupted("ActivityReset", "The activity was reset"),
    CancelReason.WORKER_SHUTDOWN: _interrupted("WorkerShutdown", "The worker shut down"),
    # The server has closed the attempt: any answer would be NOT_FOUND.
    CancelReason.TIMED_OUT: Lost("the attempt has used up its time"),
    CancelReason.NOT_FOUND: Lost("the server no longer knows the attempt"),
}


def conclude(error: BaseException, reason: CancelReason | None) -> Outcome:
    """Decide on an attempt that ended with *error*, having been asked to stop for *reason* or not at all.

    Whatever the error's own code does while it is looked at, there is an outcome: to fail with it.
    """
    try:
        return _conclude(error, reason)
    except Exception:  # noqa: BLE001 - an exception's `__class__` and `__str__` are user code
        return Failed(error)


def _conclude(error: BaseException, reason: CancelReason | None) -> Outcome:
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
    """The one failure that a value which does not convert is worth: it is not retried."""
    failure = ApplicationError(str(error), type=type(error).__name__, non_retryable=True)
    failure.__cause__ = error.__cause__
    # Not for the failure, which has a cause, or is told that there is none: for who lets go of both.
    failure.__context__ = error
    return failure


def _cancelled(error: BaseException, reason: CancelReason | None) -> Outcome:
    if reason is None:
        # The server refuses a cancellation that it did not ask for, so this is a failure like any other.
        return Failed(_uncalled(error))
    if reason is CancelReason.CANCEL_REQUESTED and isinstance(error, CancelledError):
        return Canceled(error.details)
    return ON_CANCELLED[reason]


def _uncalled(error: BaseException) -> BaseException:
    if isinstance(error, CancelledError):
        return error
    failure = ApplicationError(str(error) or "The activity cancelled itself: nobody asked it to", type="CancelledError")
    failure.__cause__ = error
    return failure
