"""An attempt is called the last only where the server will certainly not try again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from asyncworker.common import RetryPolicy
from asyncworker.exceptions import ApplicationError
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker.attempts.reporting._outcome import is_last_attempt

ENDLESS = RetryPolicy(initial_interval=10, backoff_coefficient=2, maximum_interval=60)


@pytest.fixture
def info():
    return replace(ActivityEnvironment().info, attempt=3, retry_policy=ENDLESS, schedule_to_close_timeout=None)


def test_an_attempt_of_an_endless_policy_is_not_the_last(info):
    """What may be tried again is not called the last."""
    assert not is_last_attempt(info, ValueError("x"), 5.0)


def test_the_attempt_that_reaches_the_maximum_is_the_last(info):
    """The policy's maximum counts the first attempt."""
    policies = [replace(ENDLESS, maximum_attempts=number) for number in (4, 3)]

    assert [is_last_attempt(replace(info, retry_policy=each), ValueError("x"), 5.0) for each in policies] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("error", "is_last"),
    [
        (ApplicationError("x", non_retryable=True), True),
        (ApplicationError("x", type="Broken"), True),
        (ApplicationError("x", type="Other"), False),
        (LookupError("x"), True),
        (KeyError("x"), False),
    ],
)
def test_an_error_that_is_not_retried_is_the_last(info, error, is_last):
    """An error counts by its own flag, or by its type in the policy."""
    policy = replace(ENDLESS, non_retryable_error_types=["Broken", "LookupError"])

    assert is_last_attempt(replace(info, retry_policy=policy), error, 5.0) is is_last


@pytest.mark.parametrize(("limit", "is_last"), [(44, True), (46, False)])
def test_an_attempt_whose_retry_would_come_too_late_is_the_last(info, limit, is_last):
    """After 5 s the third wait of 40 s ends beyond 44 s, and within 46 s."""
    info = replace(info, started_time=info.scheduled_time, schedule_to_close_timeout=timedelta(seconds=limit))

    assert is_last_attempt(info, ValueError("x"), 5.0) is is_last


def test_a_delay_that_the_error_asks_for_takes_the_place_of_the_policys(info):
    """A delay beyond the schedule-to-close timeout makes the attempt the last."""
    info = replace(info, started_time=info.scheduled_time, schedule_to_close_timeout=timedelta(seconds=60))
    errors = [ApplicationError("x", next_retry_delay=seconds) for seconds in (50, 70)]

    assert [is_last_attempt(info, error, 5.0) for error in errors] == [False, True]


def test_an_attempt_number_beyond_all_floats_waits_for_the_longest_interval(info):
    """An activity that has been retried for a year is decided about like any other."""
    assert not is_last_attempt(replace(info, attempt=100_000), ValueError("x"), 5.0)
