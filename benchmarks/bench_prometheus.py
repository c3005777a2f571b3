"""What the observer for Prometheus takes for the events of an activity, in µs of CPU, in a loop of its own.

``python -m benchmarks.bench_prometheus [--rounds N] [--count N]``

It takes turns with an observer that does nothing, over the same events: those that a worker calls it with, of which an
activity that succeeds has five. Prints the least of the rounds, as it is hardly disturbed, and the median of the
differences with their quartiles. What making the events costs a worker comes on top, once for all observers:
``bench_observers``.
"""

from __future__ import annotations

import argparse
import platform
import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time

from prometheus_client import CollectorRegistry

from asyncworker.contrib.prometheus import PrometheusObserver
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker import (
    ActivityFinished,
    ActivityStarted,
    Observer,
    PollFinished,
    RequestFinished,
    WorkerEvent,
    WorkerStarted,
)

_QUEUE = "benchmark"
_INFO = ActivityEnvironment().info


def events_of(number: int) -> list[WorkerEvent]:
    """Return the events of one activity: the values differ, as they do in a worker."""
    seconds = number % 97 / 100
    scheduled = datetime(2026, 11, 27, tzinfo=UTC)
    info = replace(
        _INFO,
        task_queue=_QUEUE,
        current_attempt_scheduled_time=scheduled,
        started_time=scheduled + timedelta(seconds=seconds),
    )
    return [
        PollFinished(_QUEUE, "task", seconds),
        RequestFinished("PollActivityTaskQueue", RPCStatusCode.OK, seconds, 1, is_long_poll=True),
        ActivityStarted(info),
        ActivityFinished(info, "completed", seconds),
        RequestFinished("RespondActivityTaskCompleted", RPCStatusCode.OK, seconds, 1, is_long_poll=False),
    ]


def ignore(event: WorkerEvent) -> None:
    """An observer that costs a call."""


def _took(calls: Sequence[tuple[Observer, WorkerEvent]]) -> float:
    began_at = process_time()
    for function, event in calls:
        function(event)
    return process_time() - began_at


def measure(rounds: int, count: int) -> list[tuple[float, float]]:
    """Return the microseconds per activity that the observer took, and one that does nothing, of each round."""
    events = [event for number in range(count) for event in events_of(number)]
    observer = PrometheusObserver(CollectorRegistry())
    observer(WorkerStarted(_QUEUE, "default", "benchmark"))
    # As a worker calls it.
    calls = [(observer.events[type(event)], event) for event in events]
    idle: list[tuple[Observer, WorkerEvent]] = [(ignore, event) for event in events]
    _took(calls)
    return [(_took(calls) / count * 1e6, _took(idle) / count * 1e6) for _ in range(rounds)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    took = measure(options.rounds, options.count)
    least = min(one for one, _ in took) - min(idle for _, idle in took)
    low, median, high = statistics.quantiles([one - idle for one, idle in took], n=4)
    print(f"Python {platform.python_version()}, {platform.platform()}")
    print(f"prometheus: {least:.1f} µs per activity; median {median:.1f} (quartiles {low:.1f} and {high:.1f})")


if __name__ == "__main__":
    main()
