from __future__ import annotations

import random

from asyncworker._rpc._call import Call
from asyncworker._rpc._deadlines import Deadlines


def make_call():
    return Call("/test.Service/Method", b"", None, (), "waiter")


def test_earliest():
    """Adding tells whether the new deadline is the earliest."""
    deadlines = Deadlines()

    assert [deadlines.add(when, make_call()) for when in (5, 7, 3, 3, 1)] == [True, False, True, False, True]
    assert deadlines.next_at == 1


def test_expire():
    """Calls expire when their time has come, in order, once."""
    deadlines = Deadlines()
    calls = {when: make_call() for when in (3, 1, 2, 4)}
    for when, call in calls.items():
        deadlines.add(when, call)

    assert deadlines.expire(0.5) == []
    assert deadlines.expire(3) == [calls[1], calls[2], calls[3]]
    assert deadlines.expire(3) == []
    assert deadlines.next_at == 4


def test_calls_that_are_over():
    """A call that is over does not expire, nor is its deadline the next."""
    deadlines = Deadlines()
    first, second = make_call(), make_call()
    deadlines.add(1, first)
    deadlines.add(2, second)

    first.waiter = None

    assert deadlines.expire(0) == []
    assert deadlines.next_at == 2


def test_empty():
    """Without calls there is no next deadline."""
    deadlines = Deadlines()

    assert deadlines.expire(10) == []
    assert deadlines.next_at is None
    assert repr(deadlines) == "<Deadlines [0 entries]>"


def test_memory_is_bounded():
    """However many calls come and go, only those in flight and as many again are kept."""
    deadlines = Deadlines()
    open_calls = [make_call() for _ in range(100)]
    for call in open_calls:
        deadlines.add(1000, call)

    largest = 0
    for number in range(5000):
        call = make_call()
        deadlines.add(number, call)
        call.waiter = None
        largest = max(largest, len(deadlines._heap))

    assert largest <= 256
    assert deadlines.expire(1000) == open_calls


def test_against_sorting():
    """Any mixture of adding, ending and expiring gives what sorting would."""
    dice = random.Random(5)
    deadlines, pending, now = Deadlines(), {}, 0.0
    for _ in range(3000):
        call = make_call()
        when = now + dice.choice([0.1, 1.0, 10.0, 70.0])
        deadlines.add(when, call)
        pending[call] = when
        if dice.random() < 0.7:
            over = dice.choice(list(pending))
            over.waiter = None
            del pending[over]
        now += dice.random() / 10
        expired = [call for call, when in pending.items() if when <= now]
        assert set(deadlines.expire(now)) == set(expired)
        for call in expired:
            call.waiter = None
            del pending[call]
