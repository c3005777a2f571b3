from __future__ import annotations

import itertools

import pytest

from asyncworker._rpc._target import KeepAlive
from asyncworker._rpc.http2._keep_alive import Liveness, Verdict

WAIT, PING, DEAD = Verdict.WAIT, Verdict.PING, Verdict.DEAD


def test_nothing_to_do_while_the_peer_talks():
    """A peer that was heard within the interval is left alone until the interval has passed."""
    assert Liveness(KeepAlive(30, 15)).decide(now=20, received_at=15) == (WAIT, 45)


def test_ping_after_silence():
    """Silence for the whole interval is answered with a PING."""
    assert Liveness(KeepAlive(30, 15)).decide(now=45, received_at=15) == (PING, 60)


def test_dead_after_no_answer():
    """No answer within the timeout is death, and not a moment earlier."""
    liveness = Liveness(KeepAlive(30, 15))
    liveness.decide(now=30, received_at=0)

    assert liveness.decide(now=44.9, received_at=0) == (WAIT, 45)
    assert liveness.decide(now=45, received_at=0) == (DEAD, 45)


def test_anything_is_an_answer():
    """Whatever is heard after the PING proves that the peer lives, and begins a new interval."""
    liveness = Liveness(KeepAlive(30, 15))
    liveness.decide(now=30, received_at=0)

    assert liveness.decide(now=45, received_at=31) == (WAIT, 61)
    assert liveness.decide(now=61, received_at=31) == (PING, 76)


def test_an_answer_within_one_tick_of_the_clock():
    """An answer that comes before the clock goes on is one: uvloop's has milliseconds, a near server needs less."""
    liveness = Liveness(KeepAlive(30, 15))
    liveness.decide(now=30, received_at=0)

    assert liveness.decide(now=45, received_at=30) == (WAIT, 60)


@pytest.mark.parametrize("delay", [0, 0.01, 1, 14])
def test_pings_are_an_interval_apart(delay):
    """However soon a quiet peer answers, PINGs are at least an interval apart."""
    liveness = Liveness(KeepAlive(10, 15))
    now, received_at, pings = 0.0, 0.0, []
    while now < 200:
        verdict, again_at = liveness.decide(now, received_at)
        if verdict is PING:
            pings.append(now)
            received_at = now + delay
        assert verdict is not DEAD
        assert again_at > now
        now = again_at

    assert min(later - earlier for earlier, later in itertools.pairwise(pings)) >= 10


def test_repr():
    """Its state shows."""
    liveness = Liveness(KeepAlive(30, 15))
    before = repr(liveness)
    liveness.decide(now=30, received_at=0)

    assert (before, repr(liveness)) == ("<Liveness [idle]>", "<Liveness [pinged at 30]>")
