from __future__ import annotations

import pytest

from asyncworker.worker._arrivals import Arrivals


@pytest.mark.parametrize(
    ("arrivals", "lull"),
    [
        ([], 100.0),
        ([99.9] * 4, 100.0),
        ([94.9, 99.0, 99.5, 99.8, 99.9], 100.0),
        ([95.1, 99.0, 99.5, 99.8, 99.9], 100.9),
    ],
)
def test_a_lull_is_waited_for_on_busy_queues_only(arrivals, lull):
    """Where tasks stream in, it takes a second without one to believe that none is on its way; else it is believed."""
    some = Arrivals()
    for time in arrivals:
        some.note(time)

    assert some.lull_at(100.0) == pytest.approx(lull)
