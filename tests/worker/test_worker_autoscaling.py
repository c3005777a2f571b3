"""How many polls there should be, in the light of what the last ones brought."""

from __future__ import annotations

import pytest

from asyncworker.exceptions import RPCStatusCode
from asyncworker.worker import PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from asyncworker.worker.polling._autoscaling import PERIOD, PollerScaler

TASK = {"has_task": True}
EMPTY = {"has_task": False, "hint": None}


def scaler(*, minimum: int = 1, maximum: int = 100, initial: int = 5, gives_hints: bool = True) -> PollerScaler:
    return PollerScaler(PollerBehaviorAutoscaling(minimum, maximum, initial), now=0.0, gives_hints=gives_hints)


def grown() -> PollerScaler:
    """One that may grow: its first, empty, period is over."""
    scaler_ = scaler()
    scaler_.answered(**TASK, hint=None, now=PERIOD)
    return scaler_


@pytest.mark.parametrize(
    ("hint", "has_task", "target"),
    [
        (1, True, 6),
        (3, True, 8),
        (-1, True, 4),
        (-3, True, 2),
        (0, True, 5),
        (None, True, 5),
        # A hint counts with or without a task; an empty answer without one is a poll too many.
        (-2, False, 3),
        (0, False, 5),
        (None, False, 4),
        # From 1 to 100.
        (-7, True, 1),
        (500, True, 100),
    ],
)
def test_an_answer_moves_the_target(hint, has_task, target):
    """The server's hint is followed, within the bounds."""
    it = grown()

    it.answered(has_task=has_task, hint=hint, now=PERIOD)

    assert it.target == target


@pytest.mark.parametrize(
    ("status", "target"),
    [
        (RPCStatusCode.RESOURCE_EXHAUSTED, 2),
        (RPCStatusCode.UNAVAILABLE, 4),
        (RPCStatusCode.INTERNAL, 4),
        (RPCStatusCode.PERMISSION_DENIED, 4),
    ],
)
def test_an_error_lowers_the_target(status, target):
    """An overloaded server gets half the polls, any other error costs one."""
    it = scaler()

    it.failed(status)

    assert it.target == target


def test_a_server_that_gives_no_hints_keeps_its_polls():
    """Without hints nothing would ever ask for more again, so nothing takes any away."""
    it = scaler(gives_hints=False)

    it.answered(**EMPTY, now=0.0)
    it.failed(RPCStatusCode.RESOURCE_EXHAUSTED)

    assert it.target == 5


def test_the_first_hint_shows_that_the_server_gives_them():
    """A namespace that does not say `poller_autoscaling` may do it all the same."""
    it = scaler(gives_hints=False)
    it.answered(**TASK, hint=0, now=0.0)

    it.answered(**EMPTY, now=0.0)

    assert it.target == 4


def test_no_growth_in_the_first_period():
    """Before a period is over it is not known whether more polls are of use."""
    it = scaler()

    it.answered(**TASK, hint=1, now=PERIOD / 2)

    assert it.target == 5


def test_shrinking_needs_no_permission():
    """Fewer polls are always allowed."""
    it = scaler()

    it.answered(**TASK, hint=-1, now=0.0)

    assert it.target == 4


@pytest.mark.parametrize(
    ("counts", "may_grow"),
    [
        # Tasks in each period of 0.1 s, then: may the target grow in the next?
        ([0], True),
        ([1], True),
        ([1, 1], True),
        ([1, 0], False),
        ([10, 11], True),
        ([10, 10], False),
        ([20, 21], False),
        ([20, 22], True),
        ([100, 10, 11], True),
        # Silence is a fall at first, then the normal state.
        ([10, 0], False),
        ([10, 0, 0], True),
        ([10, 0, 0, 0, 0, 0], True),
    ],
    ids=str,
)
def test_growth_needs_a_queue_that_empties_faster(counts, may_grow):
    """The target may grow while the last period brought at least 1.1 times the tasks of the one before."""
    it = scaler()
    for period, count in enumerate(counts):
        for _ in range(count):
            it.answered(**TASK, hint=None, now=(period + 0.5) * PERIOD)

    it.answered(**TASK, hint=1, now=(len(counts) + 0.5) * PERIOD)

    assert it.target == (6 if may_grow else 5)


def test_a_fixed_number_never_moves():
    """Under a simple maximum, hints, empty answers and errors change nothing."""
    it = PollerScaler(PollerBehaviorSimpleMaximum(7), now=0.0, gives_hints=True)

    it.answered(**TASK, hint=3, now=1.0)
    it.answered(**EMPTY, now=1.0)
    it.failed(RPCStatusCode.RESOURCE_EXHAUSTED)

    assert (it.target, it.is_autoscaling) == (7, False)


@pytest.mark.parametrize(
    "bounds",
    [
        {"minimum": 0},
        {"minimum": 6},
        {"initial": 101},
        {"minimum": 10, "maximum": 5},
        {"initial": 0},
    ],
    ids=str,
)
def test_bounds_that_make_no_sense(bounds):
    """Bounds are in order, and there is at least one poll."""
    with pytest.raises(ValueError, match="1 <= minimum <= initial <= maximum"):
        PollerBehaviorAutoscaling(**bounds)


def test_a_maximum_that_makes_no_sense():
    """A worker has at least one poll."""
    with pytest.raises(ValueError, match="maximum must be at least 1, got 0"):
        PollerBehaviorSimpleMaximum(0)
