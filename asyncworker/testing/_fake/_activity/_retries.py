"""Decide whether there is another attempt after one that has ended, and when."""

from __future__ import annotations

from ...._proto.temporal.api.common.v1 import RetryPolicy
from ...._proto.temporal.api.enums.v1 import RetryState
from ...._proto.temporal.api.failure.v1 import Failure
from ._options import seconds
from ._state import State

_MAX_BACKOFF_DOUBLINGS = 64


def why_no_retry(policy: RetryPolicy, state: State, attempt: int, *, is_final: bool) -> RetryState | None:
    """Return why no other attempt follows, the time apart; ``None`` if one does.

    Args:
        policy: The activity's.
        state: The activity's, before the attempt ended.
        attempt: The attempt's number.
        is_final: Whether its failure is not to be retried.
    """
    if state is State.CANCEL_REQUESTED:
        return RetryState.CANCEL_REQUESTED
    if is_final:
        return RetryState.NON_RETRYABLE_FAILURE
    if 0 < policy.maximum_attempts <= attempt:
        return RetryState.MAXIMUM_ATTEMPTS_REACHED
    return None


def is_final_failure(policy: RetryPolicy, failure: Failure | None) -> bool:
    """Whether the failure itself, or its type in the policy, says that it is not to be retried."""
    info = None if failure is None else failure.application_failure_info
    return info is not None and (info.non_retryable or info.type in policy.non_retryable_error_types)


def asked_delay(failure: Failure | None) -> float | None:
    """Return the seconds that the failure asks to wait for, in place of the policy's interval."""
    info = None if failure is None else failure.application_failure_info
    return None if info is None or info.next_retry_delay is None else seconds(info.next_retry_delay)


def backoff(policy: RetryPolicy, attempt: int) -> float:
    """Return the seconds between the end of an attempt and the next one."""
    growth = policy.backoff_coefficient ** min(attempt - 1, _MAX_BACKOFF_DOUBLINGS)
    return min(seconds(policy.initial_interval) * growth, seconds(policy.maximum_interval))
