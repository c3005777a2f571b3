"""How much room there is, and whether that is enough."""

from __future__ import annotations

import pytest

from asyncworker.worker.slots._pid_controller import Pid, PidGains, SlotDecision


class TestPid:
    def test_the_first_output_is_of_the_error_alone(self):
        """With one reading there is no change yet: five times the room."""
        assert Pid(0.8).update(0.5, now=1000.0) == pytest.approx(5 * 0.3)

    def test_a_rise_brakes(self):
        """What a rise leaves is the room there will be in 0.2 s."""
        pid = Pid(0.8)
        pid.update(0.5, now=0.0)

        assert pid.update(0.6, now=0.5) == pytest.approx(5 * (0.8 - 0.6 - 0.2 * 0.2))

    def test_a_fall_makes_room_early(self):
        """What a fall gives is counted before it is there."""
        pid = Pid(0.8)
        pid.update(0.7, now=0.0)

        assert pid.update(0.6, now=0.5) == pytest.approx(5 * (0.8 - 0.6 + 0.2 * 0.2))

    def test_a_steady_reading_has_no_slope(self):
        """However far apart, two equal readings are the error alone."""
        pid = Pid(0.8)
        pid.update(0.5, now=0.0)

        assert pid.update(0.5, now=60.0) == pytest.approx(5 * 0.3)

    def test_the_integral_sums_up_the_error_over_time(self):
        """With an integral gain an error that lasts counts more."""
        pid = Pid(1.0, PidGains(proportional=0.0, integral=2.0, derivative=0.0))

        outputs = [pid.update(0.5, now=float(now)) for now in range(3)]

        assert outputs == pytest.approx([0.0, 1.0, 2.0])

    def test_a_long_time_off_target_is_forgotten_in_time(self):
        """The integral is bounded, and so is the output."""
        pid = Pid(1.0, PidGains(integral=1.0))
        pid.update(0.0, now=0.0)

        assert pid.update(0.0, now=1e6) == 100.0

    def test_two_readings_at_once_make_no_infinite_slope(self):
        """A clock that stands still does not divide by zero."""
        pid = Pid(0.8)
        pid.update(0.5, now=1.0)

        assert pid.update(0.5, now=1.0) == pytest.approx(5 * 0.3)


@pytest.mark.parametrize(
    ("memory", "cpu", "has_capacity"),
    [
        (0.50, 0.50, True),
        # 0.25 / 5 of the memory has to be left, and 0.05 / 5 of the CPU.
        (0.74, 0.50, True),
        (0.76, 0.50, False),
        (0.50, 0.88, True),
        (0.50, 0.895, False),
        # At the target there is none.
        (0.80, 0.50, False),
        (0.95, 0.50, False),
        (0.50, 0.90, False),
        (0.50, 1.50, False),
        # Before the CPU has been looked at twice that is not known.
        (0.10, None, False),
    ],
)
def test_there_is_room_below_both_thresholds(memory, cpu, has_capacity):
    """A slot is given while memory and CPU are both far enough from their targets, 0.8 and 0.9."""
    assert SlotDecision(0.8, 0.9).update(memory, cpu, now=0.0) is has_capacity


def test_memory_at_its_target_leaves_no_room_however_fast_it_falls():
    """No slope outweighs memory that is used up."""
    decision = SlotDecision(0.8, 0.9)
    decision.update(1.0, 0.1, now=0.0)

    decision.update(0.8, 0.1, now=0.1)

    assert decision.memory.output > 0.25
    assert not decision.has_capacity
