"""What observers cost, in figures that a busy machine hardly changes: function calls per activity, ns per event.

``python -m benchmarks.bench_events [--repeat N] [--count N]``

Calls are those that ``sys.setprofile`` sees on the event loop, of Python's functions and of built-in ones, in a worker
of this process under load from the stub server. Times are the least of many loops of one event each: to make it, and to
have an observer that does nothing called with it. What making them takes a worker besides (reading clocks and counters)
is in ``bench_observers`` only.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import sys
import timeit
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from asyncworker import Client, Worker
from asyncworker._rpc._request_events import _make as make_request_finished
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker import (
    ActivityFinished,
    ActivityStarted,
    Observer,
    PollFinished,
    RequestFinished,
    SlotsChanged,
    WorkerEvent,
)
from asyncworker.worker._events import (
    make_activity_finished,
    make_activity_started,
    make_poll_finished,
    make_slots_changed,
)
from asyncworker.worker._observers import Observers

from ._processes import Stub
from .workers.asyncworker_worker import greet, ignore, metrics

_QUEUE = "benchmark"
_INFO = ActivityEnvironment().info
# An enum's attribute is looked up by a function.
_OK = RPCStatusCode.OK
_WARM_UP = 300
# How to make the events of an activity, and how often each is made.
_EVENTS: Mapping[type[WorkerEvent], tuple[int, Callable[[], WorkerEvent]]] = {
    PollFinished: (1, lambda: make_poll_finished((_QUEUE, "task", 0.5))),
    RequestFinished: (2, lambda: make_request_finished(("Respond", _OK, 0.5, 1, False))),
    SlotsChanged: (2, lambda: make_slots_changed((_QUEUE, 1, 2, 99))),
    ActivityStarted: (1, lambda: make_activity_started((_INFO,))),
    ActivityFinished: (1, lambda: make_activity_finished((_INFO, "completed", 0.5, None))),
}
_OBSERVERS: Mapping[str, Callable[[], Sequence[Observer]]] = {
    "no observer": lambda: (),
    "1 observer": lambda: (ignore,),
    "2 observers": lambda: (ignore, ignore),
    "prometheus": lambda: (metrics(),),
}


def least(function: Callable[[], object], repeat: int, number: int = 5000) -> float:
    """Return the nanoseconds of a call, in the fastest of *repeat* loops."""
    return min(timeit.repeat(function, number=number, repeat=repeat)) / number * 1e9


def print_times(repeat: int) -> None:
    """Print what it takes to make each event, and to call an observer with it."""
    empty = least(lambda: None, repeat)
    total = 0.0
    for kind, (count, make) in _EVENTS.items():
        notify, event = Observers([ignore]).notifier(kind), make()
        assert notify is not None
        made = least(make, repeat) - empty
        # Not by way of a lambda of the same cost: arguments are bound once.
        called = least(lambda notify=notify, event=event: notify(event), repeat) - empty  # type: ignore[misc]
        total += count * (made + called)
        print(f"{kind.__name__}: {made:.0f} ns to make, {called:.0f} ns to call an observer; {count} per activity")
    print(f"all events of an activity: {total / 1000:.1f} µs")


async def calls_of(observers: Sequence[Observer], count: int) -> tuple[float, float]:
    """Return the calls of Python's and of built-in functions per activity."""
    calls: Counter[str] = Counter()

    def note(_: FrameType, event: str, __: Any) -> None:
        calls[event] += 1

    with Stub() as stub:
        lane = await asyncio.to_thread(stub.do, "listen", tls=False)
        client = await Client.connect(f"127.0.0.1:{lane['port']}", tls=False)
        async with Worker(
            client,
            task_queue=_QUEUE,
            activities=[greet],
            max_concurrent_activity_task_polls=5,
            observers=observers,
        ):
            await asyncio.to_thread(stub.do, "saturate", lane=lane["lane"], count=_WARM_UP)
            sys.setprofile(note)
            await asyncio.to_thread(stub.do, "saturate", lane=lane["lane"], count=count)
            sys.setprofile(None)
        await client.close()
    return calls["call"] / count, calls["c_call"] / count


def print_calls(count: int) -> None:
    """Print the calls per activity, and how many more they are with observers."""
    without = 0.0, 0.0
    for name, make in _OBSERVERS.items():
        found = asyncio.run(calls_of(make(), count))
        without = without if any(without) else found
        more = ", ".join(f"{one - other:+.0f}" for one, other in zip(found, without, strict=True))
        print(f"{name}: {found[0]:.0f} calls of Python's functions and {found[1]:.0f} of built-in ones ({more})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=200)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.platform()}")
    print_times(options.repeat)
    print_calls(options.count)


if __name__ == "__main__":
    main()
