"""What may be said in the values that client, worker and activity code share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from asyncworker import Priority, RetryPolicy
from asyncworker._proto.temporal.api.common import v1 as proto
from asyncworker._proto.temporal.wkt import Duration


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"initial_interval": -1}, "initial_interval"),
        ({"backoff_coefficient": 0.9}, "backoff_coefficient"),
        ({"initial_interval": 10, "maximum_interval": timedelta(seconds=9)}, "maximum_interval"),
        ({"maximum_attempts": -1}, "maximum_attempts"),
    ],
)
def test_a_retry_policy_that_the_server_would_refuse_is_refused(values, name):
    """The mistake is told where it is made, by its name."""
    with pytest.raises(ValueError, match=f"^{name} must"):
        RetryPolicy(**values)


def test_a_retry_policy_of_one_attempt_may_say_anything_else():
    """As with the server: how to retry does not matter where nothing is retried."""
    policy = RetryPolicy(maximum_attempts=1, initial_interval=10, maximum_interval=5, backoff_coefficient=0.5)

    assert policy._to_proto() == proto.RetryPolicy(
        maximum_attempts=1,
        initial_interval=Duration(seconds=10),
        maximum_interval=Duration(seconds=5),
        backoff_coefficient=0.5,
    )


@pytest.mark.parametrize("attempts", [0, 1])
def test_one_name_is_no_sequence_of_names(attempts):
    """A string is a sequence as well, of letters, which is not what is meant."""
    with pytest.raises(TypeError, match="must be a sequence of names, not one string"):
        RetryPolicy(non_retryable_error_types="ValueError", maximum_attempts=attempts)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"priority_key": 0}, "priority_key"),
        ({"fairness_key": "é" * 33}, "fairness_key"),
        ({"fairness_weight": 0.0001}, "fairness_weight"),
        ({"fairness_weight": 1000.1}, "fairness_weight"),
    ],
)
def test_a_priority_without_meaning_is_refused(values, name):
    """The mistake is told where it is made, by its name."""
    with pytest.raises(ValueError, match=f"^{name} must"):
        Priority(**values)


def test_what_the_server_says_is_not_refused():
    """It has let pass what our own types do not, and a task comes with it."""
    odd = proto.RetryPolicy(
        maximum_attempts=2, initial_interval=Duration(seconds=9), maximum_interval=Duration(seconds=5)
    )
    policy = RetryPolicy._from_proto(odd)
    priority = Priority._from_proto(proto.Priority(fairness_weight=5000.0))

    assert policy is not None
    assert (policy.initial_interval, policy.maximum_interval) == (timedelta(seconds=9), timedelta(seconds=5))
    assert priority.fairness_weight == 5000
