"""The queue of timers: rounding, order, and what is forgotten."""

from __future__ import annotations

import math
import random

import pytest

from asyncworker._coalesced_timers import TimerQueue, coalesce


@pytest.fixture
def queue() -> TimerQueue[str]:
    return TimerQueue()


class TestCoalesce:
    def test_times_that_differ_by_less_than_the_slack_become_one(self):
        """The common time is early for none of them."""
        assert coalesce(100.0001, 0.01) == coalesce(100.0099, 0.01)
        assert coalesce(100.0099, 0.01) >= 100.0099

    @pytest.mark.parametrize("slack", [0.01, 0.02, 0.0016, 1 / 3])
    def test_a_time_is_rounded_up_by_no_more_than_the_slack(self, slack):
        """Whatever the time, the rounded one is never early."""
        dice = random.Random(7)
        for _ in range(1000):
            when = dice.uniform(0, 1e6)
            assert 0 <= coalesce(when, slack) - when <= slack + 1e-9

    def test_infinity_is_not_rounded(self):
        """A timer that is never due needs no rounding."""
        assert coalesce(math.inf, 0.01) == math.inf


class TestTimerQueue:
    def test_adding_returns_whether_the_time_is_a_new_first(self, queue):
        """Only a time earlier than all before needs the event loop's timer to be set."""
        assert [queue.add(when, f"{when}") for when in (5, 7, 3, 3, 1)] == [True, False, True, False, True]
        assert queue.next_at == 1

    def test_due_listeners_are_popped_once_and_in_order(self, queue):
        """Listeners come by time, and those of one time in the order of adding."""
        for when, listener in ((3, "c"), (1, "a"), (4, "e"), (3, "d"), (2, "b")):
            queue.add(when, listener)

        assert queue.pop_due(0.5) == []
        assert queue.pop_due(3) == ["a", "b", "c", "d"]
        assert queue.pop_due(3) == []
        assert queue.next_at == 4

    def test_a_discarded_listener_is_not_popped(self, queue):
        """A time of which each listener was discarded is not the next one either."""
        queue.add(1, "a")
        queue.add(2, "b")
        queue.add(2, "c")

        queue.discard(1, "a")
        queue.discard(2, "b")

        assert queue.pop_due(0) == []
        assert queue.next_at == 2
        assert queue.pop_due(2) == ["c"]

    def test_discarding_twice_changes_nothing(self, queue):
        """A listener that is not there can be discarded all the same."""
        queue.add(1, "a")
        queue.add(1, "b")

        for _ in range(2):
            queue.discard(1, "a")
            queue.discard(5, "a")

        assert queue.pop_due(1) == ["b"]

    def test_a_time_can_be_used_again_after_its_last_listener_was_discarded(self, queue):
        """It counts again, and once."""
        queue.add(1, "a")
        queue.discard(1, "a")

        assert queue.add(1, "b")
        assert queue.pop_due(1) == ["b"]
        assert queue.next_at is None

    def test_a_new_queue_is_empty(self, queue):
        """Where there is no listener there is no next time."""
        assert queue.pop_due(10) == []
        assert queue.next_at is None
        assert repr(queue) == "<TimerQueue [0 timers at 0 times]>"

    def test_discarded_listeners_take_no_memory(self, queue):
        """However many come and go, only those that are left, and as many times again, are kept."""
        for number in range(100):
            queue.add(1000 + number, f"stays {number}")

        largest = 0
        for number in range(5000):
            queue.add(number, "goes")
            queue.discard(number, "goes")
            largest = max(largest, len(queue._heap))

        assert len(queue) == 100
        assert largest <= 256
        assert queue.pop_due(2000) == [f"stays {number}" for number in range(100)]

    def test_a_queue_gives_what_sorting_would(self):
        """Any mixture of adding, discarding and popping gives what a sorted list would."""
        dice = random.Random(5)
        queue, pending, now = TimerQueue[int](), {}, 0.0
        for number in range(5000):
            pending[number] = coalesce(now + dice.choice([0.01, 0.1, 1.0, 70.0]), dice.choice([0.001, 0.1]))
            queue.add(pending[number], number)
            if dice.random() < 0.7:
                goes = dice.choice(list(pending))
                queue.discard(pending.pop(goes), goes)
            now += dice.random() / 10

            due = [listener for listener, when in pending.items() if when <= now]

            assert sorted(queue.pop_due(now)) == due
            for listener in due:
                del pending[listener]
        assert len(queue) == len(pending)
