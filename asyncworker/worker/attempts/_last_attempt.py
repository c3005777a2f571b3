"""Decide whether a failed attempt was the last, by the server's rules."""

from __future__ import annotations

from ..._safe_text import class_name_of
from ..._time import to_seconds
from ...activity import Info
from ...common import RetryPolicy
from ...exceptions import ApplicationError, FailureError

__all__ = ["is_last_attempt"]


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
    spent = (info.started_time - info.scheduled_time).total_seconds() + took
    return spent + _wait(info.attempt, error, policy) > info.schedule_to_close_timeout.total_seconds()


def _is_final(error: BaseException, policy: RetryPolicy | None) -> bool:
    final_types = (policy.non_retryable_error_types if policy is not None else None) or ()
    # By its type, as `__class__` may be code of the exception's own.
    if issubclass(type(error), ApplicationError):
        return bool(getattr(error, "non_retryable", False)) or getattr(error, "type", None) in final_types
    return not issubclass(type(error), FailureError) and class_name_of(error) in final_types


def _wait(attempt: int, error: BaseException, policy: RetryPolicy) -> float:
    """Return how many seconds the server waits before the next attempt."""
    asked = getattr(error, "next_retry_delay", None) if issubclass(type(error), ApplicationError) else None
    if asked is not None:
        return to_seconds(asked)
    initial = to_seconds(policy.initial_interval)
    longest = initial * 100 if policy.maximum_interval is None else to_seconds(policy.maximum_interval)
    try:
        return min(initial * policy.backoff_coefficient ** (attempt - 1), longest)
    except OverflowError:
        return longest
