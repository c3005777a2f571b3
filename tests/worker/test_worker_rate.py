from __future__ import annotations

import pytest

from asyncworker.worker._rate import RateLimit


def test_permits_come_at_an_even_pace():
    """Permits taken at once are usable one after the other."""
    limit = RateLimit(4)

    assert [limit.take(now=10.0) for _ in range(3)] == [0.0, 0.25, 0.5]


def test_nothing_is_saved_up():
    """A pause does not allow a burst afterwards."""
    limit = RateLimit(4)
    limit.take(now=0.0)

    assert [limit.take(now=60.0) for _ in range(2)] == [0.0, 0.25]


def test_an_unused_permit_can_be_given_back():
    """A permit given back is there for the next."""
    limit = RateLimit(4)
    limit.take(now=0.0)

    limit.give_back()

    assert limit.take(now=0.0) == 0.0


def test_a_rate_is_above_zero():
    """A rate of nothing would mean never."""
    with pytest.raises(ValueError, match="above zero"):
        RateLimit(0)
