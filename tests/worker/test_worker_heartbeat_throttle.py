from __future__ import annotations

import pytest

from asyncworker.worker.attempts.heartbeats._heartbeat_throttle import HeartbeatThrottle, throttle_interval


@pytest.fixture
def throttle() -> HeartbeatThrottle:
    return HeartbeatThrottle(30.0)


class TestThrottleInterval:
    def test_the_interval_is_a_share_of_the_timeout(self):
        """With a heartbeat timeout a heartbeat may leave each 0.8 of it."""
        assert throttle_interval(10.0, default=30.0, maximum=60.0) == 8.0

    def test_the_interval_has_a_default(self):
        """Without a heartbeat timeout the default interval counts."""
        assert throttle_interval(None, default=30.0, maximum=60.0) == 30.0

    def test_the_interval_is_capped(self):
        """However long the timeout, the maximum interval is not exceeded."""
        assert throttle_interval(3600.0, default=30.0, maximum=60.0) == 60.0


class TestHeartbeatThrottle:
    def test_the_first_heartbeat_is_sent_at_once(self, throttle):
        """The first heartbeat need not wait."""
        throttle.record()

        assert throttle.start_sending(now=0)

    def test_one_heartbeat_is_sent_per_interval(self, throttle):
        """Of the heartbeats within one interval one is sent, at its end."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.end_sending(arrived=True)
        throttle.record()
        throttle.record()

        assert not throttle.start_sending(now=29)
        assert throttle.start_sending(now=30)
        assert not throttle.start_sending(now=30)

    def test_one_heartbeat_is_in_flight_at_a_time(self, throttle):
        """While a heartbeat is on its way no other leaves, however long that takes."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.record()

        assert not throttle.start_sending(now=100)
        assert throttle.due_at is None

    def test_without_a_new_heartbeat_none_is_sent(self, throttle):
        """An interval in which nothing was recorded just ends."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.end_sending(arrived=True)

        assert throttle.due_at is None
        assert not throttle.start_sending(now=31)

    def test_after_a_quiet_interval_the_next_heartbeat_is_sent_at_once(self, throttle):
        """A heartbeat that comes after the interval's end need not wait."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.end_sending(arrived=True)
        throttle.record()

        assert throttle.start_sending(now=45)

    def test_a_heartbeat_that_did_not_arrive_is_sent_again(self, throttle):
        """Details that the server has not heard are due again at the end of the interval."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.end_sending(arrived=False)

        assert throttle.has_unsent
        assert throttle.due_at == 30.0

    def test_automatic_heartbeats_repeat_the_last(self):
        """Automatic heartbeats leave at each interval's end, with whatever was said last."""
        throttle = HeartbeatThrottle(10.0, automatic=True)

        taken = []
        for now in (0, 5, 10, 15, 20):
            if throttle.start_sending(now):
                taken.append(now)
                throttle.end_sending(arrived=True)

        assert taken == [0, 10, 20]

    def test_a_heartbeat_that_is_sent_a_little_late_does_not_shift_the_next(self, throttle):
        """A loop that pauses makes no crowd of those who waited: each keeps its own beat."""
        throttle.record()
        throttle.start_sending(now=100)
        throttle.end_sending(arrived=True)
        throttle.record()
        throttle.start_sending(now=133)
        throttle.end_sending(arrived=True)
        throttle.record()

        assert throttle.due_at == 160

    def test_a_heartbeat_that_is_sent_very_late_begins_a_new_rhythm(self, throttle):
        """After a long pause there is no heartbeat to catch up with."""
        throttle.record()
        throttle.start_sending(now=100)
        throttle.end_sending(arrived=True)
        throttle.record()
        throttle.start_sending(now=150)
        throttle.end_sending(arrived=True)
        throttle.record()

        assert throttle.due_at == 180

    def test_the_repr_of_a_throttle_shows_its_state(self, throttle):
        """A throttle says when its next heartbeat is due."""
        throttle.record()
        throttle.start_sending(now=0)
        throttle.end_sending(arrived=True)
        throttle.record()

        assert repr(throttle) == "<HeartbeatThrottle [due at 30]>"
