"""Which lines are logged, and which are too much like the last one."""

from __future__ import annotations

from asyncworker._log_throttle import LogThrottle, LogThrottles


def test_the_same_message_is_logged_once_a_minute():
    """The first one is logged, the same again is not, and a minute later it is."""
    throttle = LogThrottle()

    assert [throttle.should_log("away", now) for now in (5.0, 6.0, 64.9, 65.0, 66.0)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_new_message_is_logged_at_once():
    """A message other than the last is logged, however soon it comes."""
    throttle = LogThrottle()

    assert [throttle.should_log(message, 5.0) for message in ("away", "full", "away")] == [True, True, True]


def test_the_repr_of_a_log_throttle_shows_when_it_last_logged():
    """Its state is there for a debugger."""
    throttle = LogThrottle()
    assert repr(throttle) == "<LogThrottle [nothing logged]>"
    throttle.should_log("away", 5.0)
    assert repr(throttle) == "<LogThrottle [logged at 5]>"


def test_each_kind_of_trouble_is_logged_once_a_minute():
    """Kinds do not hide one another, however they take turns."""
    throttles = LogThrottles()

    logged = [throttles.should_log(kind, now) for now in (5.0, 64.0, 65.0) for kind in ("large", "slow")]

    assert logged == [True, True, False, False, True, True]


def test_kinds_of_trouble_are_not_remembered_without_end():
    """Names may come from the server: beyond a thousand all are forgotten, and logged again."""
    throttles = LogThrottles()

    assert all(throttles.should_log(kind, 5.0) for kind in range(1001))
    assert throttles.should_log(0, 6.0)
    assert not throttles.should_log(1000, 6.0)
    assert "2 logged" in repr(throttles)
