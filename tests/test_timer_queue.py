"""Who waits for which moment: rounding, order, and what is forgotten."""

from __future__ import annotations

import math
import random

import pytest

from asyncworker._timer_queue import TimerQueue, about


@pytest.fixture
def moments() -> TimerQueue[str]:
    return TimerQueue()


class TestAbout:
    def test_those_with_the_same_slack_choose_the_same_moment(self):
        """TimerQueue that differ by less than the slack become one, which is none of them too early for."""
        assert about(100.0001, 0.01) == about(100.0099, 0.01)
        assert about(100.0099, 0.01) >= 100.0099

    @pytest.mark.parametrize("slack", [0.01, 0.02, 0.0016, 1 / 3])
    def test_is_late_by_less_than_the_slack(self, slack):
        """Whatever the moment, it is never early, and late by no more than the slack."""
        dice = random.Random(7)
        for _ in range(1000):
            when = dice.uniform(0, 1e6)
            assert 0 <= about(when, slack) - when <= slack + 1e-9

    def test_never_stays_never(self):
        """Who waits for ever needs no rounding."""
        assert about(math.inf, 0.01) == math.inf


class TestMoments:
    def test_says_when_there_is_a_new_first_moment(self, moments):
        """Only who asks for an earlier moment than all before needs the timer to be set."""
        assert [moments.add(when, f"{when}") for when in (5, 7, 3, 3, 1)] == [True, False, True, False, True]
        assert moments.next == 1

    def test_are_taken_once_and_in_order(self, moments):
        """Who has waited is taken out by moments, and for one moment in the order of coming."""
        for when, who in ((3, "c"), (1, "a"), (4, "e"), (3, "d"), (2, "b")):
            moments.add(when, who)

        assert moments.take(0.5) == []
        assert moments.take(3) == ["a", "b", "c", "d"]
        assert moments.take(3) == []
        assert moments.next == 4

    def test_who_gave_up_is_not_taken(self, moments):
        """Nobody is woken who no longer waits, and a moment for which nobody waits is not the next."""
        moments.add(1, "a")
        moments.add(2, "b")
        moments.add(2, "c")

        moments.discard(1, "a")
        moments.discard(2, "b")

        assert moments.take(0) == []
        assert moments.next == 2
        assert moments.take(2) == ["c"]

    def test_giving_up_twice_is_nothing(self, moments):
        """Who does not wait can be discarded all the same."""
        moments.add(1, "a")
        moments.add(1, "b")

        for _ in range(2):
            moments.discard(1, "a")
            moments.discard(5, "a")

        assert moments.take(1) == ["b"]

    def test_waiting_again_for_a_moment_that_was_given_up(self, moments):
        """A moment that had been abandoned counts again, and once."""
        moments.add(1, "a")
        moments.discard(1, "a")

        assert moments.add(1, "b")
        assert moments.take(1) == ["b"]
        assert moments.next is None

    def test_is_empty_at_first(self, moments):
        """Where nobody waits there is no next moment."""
        assert moments.take(10) == []
        assert moments.next is None
        assert repr(moments) == "<TimerQueue [0 wait for 0]>"

    def test_what_was_given_up_takes_no_room(self, moments):
        """However many come and go, only those who wait, and as many moments again, are kept."""
        for number in range(100):
            moments.add(1000 + number, f"stays {number}")

        largest = 0
        for number in range(5000):
            moments.add(number, "goes")
            moments.discard(number, "goes")
            largest = max(largest, len(moments._heap))

        assert len(moments) == 100
        assert largest <= 256
        assert moments.take(2000) == [f"stays {number}" for number in range(100)]

    def test_does_what_sorting_would(self):
        """Any mixture of coming, giving up and taking gives what a sorted list would."""
        dice = random.Random(5)
        moments, pending, now = TimerQueue[int](), {}, 0.0
        for number in range(5000):
            pending[number] = about(now + dice.choice([0.01, 0.1, 1.0, 70.0]), dice.choice([0.001, 0.1]))
            moments.add(pending[number], number)
            if dice.random() < 0.7:
                goes = dice.choice(list(pending))
                moments.discard(pending.pop(goes), goes)
            now += dice.random() / 10

            due = [who for who, when in pending.items() if when <= now]

            assert sorted(moments.take(now)) == due
            for who in due:
                del pending[who]
        assert len(moments) == len(pending)
