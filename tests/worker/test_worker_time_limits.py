from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asyncworker.activity import Info
from asyncworker.common import RetryPolicy
from asyncworker.worker.attempts._time_limits import TimeLimits

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def limits(
    *,
    delay: float = 0.0,
    attempt: int = 1,
    workflow_id: str | None = None,
    retry_policy: RetryPolicy | None = None,
    **timeouts: float,
) -> TimeLimits:
    """The limits of an attempt that was scheduled at noon, began a minute later, and arrived at 1000 on our clock."""
    begun = NOON + timedelta(seconds=delay)
    info = Info(
        activity_id="a",
        activity_type="pack",
        attempt=attempt,
        namespace="default",
        task_queue="orders",
        task_token=b"t",
        scheduled_time=NOON,
        current_attempt_scheduled_time=begun,
        started_time=begun + timedelta(minutes=1),
        workflow_id=workflow_id,
        retry_policy=retry_policy,
        **{f"{name}_timeout": timedelta(seconds=seconds) for name, seconds in timeouts.items()},
    )
    return TimeLimits(info, arrived_at=1000.0, margin=5.0)


@pytest.mark.parametrize(
    ("timeouts", "ends_at"),
    [
        ({}, None),
        ({"start_to_close": 30}, 1035),
        ({"schedule_to_close": 90}, 1035),
        ({"start_to_close": 10, "schedule_to_close": 90}, 1015),
        ({"start_to_close": 60, "schedule_to_close": 90}, 1035),
        ({"start_to_close": 60, "heartbeat": 10}, 1015),
        ({"heartbeat": 10}, 1015),
        ({"start_to_close": 5, "heartbeat": 10}, 1010),
    ],
    ids=str,
)
def test_an_attempt_ends_with_the_first_of_its_timeouts(timeouts, ends_at):
    """Start-to-close counts from its start, schedule-to-close from the first one's; the server gets 5 s to notice."""
    assert limits(**timeouts).ends_at == ends_at


def test_heartbeats_that_arrive_give_an_attempt_more_time():
    """Only silence counts against an attempt."""
    some = limits(start_to_close=60, heartbeat=10)

    some.record_heartbeat(1020.0)

    assert some.ends_at == 1035


def test_heartbeats_do_not_move_the_deadline():
    """However often it heartbeats, start-to-close is start-to-close."""
    some = limits(start_to_close=60, heartbeat=10)

    some.record_heartbeat(1059.0)

    assert (some.deadline, some.ends_at) == (1060, 1065)


def test_a_delayed_start_has_its_time_from_the_end_of_the_delay():
    """Schedule-to-close counts from the end of a start's delay, which the task of the first attempt shows."""
    assert limits(delay=3600, schedule_to_close=90).ends_at == 1035


def test_a_later_attempt_of_a_workflows_activity_has_its_time_from_the_schedule():
    """That a later attempt was scheduled later gives it no more time, as a workflow delays no activity."""
    assert limits(delay=20, attempt=2, workflow_id="w", schedule_to_close=100).ends_at == 1025


@pytest.mark.parametrize(
    ("attempt", "policy", "spent"),
    [
        (2, RetryPolicy(initial_interval=5), 5),
        (3, RetryPolicy(initial_interval=5), 15),
        (4, RetryPolicy(initial_interval=5, maximum_interval=6), 17),
        (5, RetryPolicy(initial_interval=2, backoff_coefficient=1), 8),
        (100_000, RetryPolicy(initial_interval=0.0001, backoff_coefficient=1), 10),
        # The delay is not below none at all.
        (3, RetryPolicy(initial_interval=60), 20),
        (2000, RetryPolicy(initial_interval=1, backoff_coefficient=1e300, maximum_interval=1e9), 20),
        (2, None, 0),
    ],
    ids=str,
)
def test_a_later_attempt_of_a_standalone_activity_may_have_begun_after_a_delay(attempt, policy, spent):
    """Of the 20 s until it was scheduled only the intervals between attempts have surely been used up, not a delay."""
    some = limits(delay=20, attempt=attempt, retry_policy=policy, schedule_to_close=100)

    assert some.ends_at == pytest.approx(1000 + 100 - spent - 60 + 5)
