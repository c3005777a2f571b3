from __future__ import annotations

import pytest

from asyncworker.worker.attempts._heartbeat_throttle import HeartbeatThrottle, throttle_interval


@pytest.fixture
def throttle() -> HeartbeatThrottle:
    return HeartbeatThrottle(30.0)


class TestThrottleInterval:
    def test_is_a_share_of_the_timeout(self):
        """With a heartbeat timeout a heartbeat may leave each 0.8 of it."""
        assert throttle_interval(10.0, default=30.0, maximum=60.0) == 8.0

    def test_has_a_default(self):
        """Without a heartbeat timeout the default interval counts."""
        assert throttle_interval(None, default=30.0, maximum=60.0) == 30.0

    def test_is_capped(self):
        """However long the timeout, the maximum interval is not exceeded."""
        assert throttle_interval(3600.0, default=30.0, maximum=60.0) == 60.0


class TestHeartbeatThrottle:
    def test_first_leaves_at_once(self, throttle):
        """The first heartbeat need not wait."""
        throttle.record()

        assert throttle.take(now=0)

    def test_one_per_interval(self, throttle):
        """Of the heartbeats within one interval one is sent, at its end."""
        throttle.record()
        throttle.take(now=0)
        throttle.settle(arrived=True)
        throttle.record()
        throttle.record()

        assert not throttle.take(now=29)
        assert throttle.take(now=30)
        assert not throttle.take(now=30)

    def test_one_is_on_its_way_at_a_time(self, throttle):
        """While a heartbeat is on its way no other leaves, however long that takes."""
        throttle.record()
        throttle.take(now=0)
        throttle.record()

        assert not throttle.take(now=100)
        assert throttle.due_at is None

    def test_nothing_new_is_nothing_to_send(self, throttle):
        """An interval in which nothing was recorded just ends."""
        throttle.record()
        throttle.take(now=0)
        throttle.settle(arrived=True)

        assert throttle.due_at is None
        assert not throttle.take(now=31)

    def test_after_a_quiet_interval_the_next_leaves_at_once(self, throttle):
        """A heartbeat that comes after the interval's end need not wait."""
        throttle.record()
        throttle.take(now=0)
        throttle.settle(arrived=True)
        throttle.record()

        assert throttle.take(now=45)

    def test_one_that_did_not_arrive_is_sent_again(self, throttle):
        """Details that the server has not heard are due again at the end of the interval."""
        throttle.record()
        throttle.take(now=0)
        throttle.settle(arrived=False)

        assert throttle.has_unsent
        assert throttle.due_at == 30.0

    def test_automatic_repeats_the_last(self):
        """Automatic heartbeats leave at each interval's end, with whatever was said last."""
        throttle = HeartbeatThrottle(10.0, automatic=True)

        taken = []
        for now in (0, 5, 10, 15, 20):
            if throttle.take(now):
                taken.append(now)
                throttle.settle(arrived=True)

        assert taken == [0, 10, 20]

    def test_one_that_leaves_a_little_late_does_not_shift_the_next(self, throttle):
        """A loop that pauses makes no crowd of those who waited: each keeps its own beat."""
        throttle.record()
        throttle.take(now=100)
        throttle.settle(arrived=True)
        throttle.record()
        throttle.take(now=133)
        throttle.settle(arrived=True)
        throttle.record()

        assert throttle.due_at == 160

    def test_one_that_leaves_very_late_begins_a_new_beat(self, throttle):
        """After a long pause there is no heartbeat to catch up with."""
        throttle.record()
        throttle.take(now=100)
        throttle.settle(arrived=True)
        throttle.record()
        throttle.take(now=150)
        throttle.settle(arrived=True)
        throttle.record()

        assert throttle.due_at == 180

    def test_shows_its_state(self, throttle):
        """A throttle says when its next heartbeat is due."""
        throttle.record()
        throttle.take(now=0)
        throttle.settle(arrived=True)
        throttle.record()

        assert repr(throttle) == "<HeartbeatThrottle [due at 30]>"
