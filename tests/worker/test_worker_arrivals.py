from __future__ import annotations

import pytest

from asyncworker.worker.attempts._arrivals import Arrivals


def arrivals_of(times: list[float], *, began: float) -> Arrivals:
    arrivals = Arrivals(began)
    for time in times:
        arrivals.note(time)
    return arrivals


@pytest.mark.parametrize(
    ("times", "lull"),
    [
        ([], 100.0),
        ([99.9] * 4, 100.0),
        ([94.9, 99.0, 99.5, 99.8, 99.9], 100.0),
        ([95.1, 99.0, 99.5, 99.8, 99.9], 100.9),
    ],
)
def test_a_lull_is_waited_for_on_busy_queues_only(times, lull):
    """Where tasks stream in, it takes a second without one to believe that none is on its way; else it is believed."""
    arrivals = arrivals_of(times, began=0.0)

    assert arrivals.lull_at(100.0, stopped_at=100.0, grace=15.0) == pytest.approx(lull)


@pytest.mark.parametrize(
    ("times", "began", "lull"),
    [
        ([], 99.75, 100.25),
        ([99.9], 99.75, 100.25),
        ([99.9, 100.125], 99.75, 100.375),
        ([99.9], 97.0, 101.0),
        ([99.7, 99.75, 99.8, 99.85, 99.9], 99.5, 100.9),
        ([99.9], 95.0, 100.125),
    ],
)
def test_a_worker_that_has_not_run_long_waits_as_long_again(times, began, lull):
    """A worker that is stopped too early to have seen a stream waits as long as it has lived, a second at most."""
    arrivals = arrivals_of(times, began=began)

    assert arrivals.lull_at(100.125, stopped_at=100.0, grace=15.0) == pytest.approx(lull)


def test_a_worker_that_has_not_run_long_waits_for_no_task_that_it_could_not_run():
    """Such a worker waits no longer than the grace: a task that comes later is failed, and may come back to it."""
    arrivals = arrivals_of([99.9], began=99.0)

    assert arrivals.lull_at(100.0, stopped_at=100.0, grace=0.25) == pytest.approx(100.25)
    assert arrivals.lull_at(100.0, stopped_at=100.0, grace=0.0) == pytest.approx(100.0)
