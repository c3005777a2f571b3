"""What a dependency costs, in µs per attempt: what is done for it between the decoded arguments and the activity's end.

``python -m benchmarks.bench_dependencies [--rounds N] [--count N]``

Each contender is an activity that returns at once, called as an attempt calls it; they take turns, in every round. The
first depends on nothing. Prints the median and the best of the rounds, and their differences to the first.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from time import perf_counter
from typing import Annotated, Any, cast

from asyncworker import Depends, Worker
from asyncworker._arguments import UNSET
from asyncworker.activity._cancellation import Notice
from asyncworker.testing import FakeTemporal
from asyncworker.worker.attempts._invoke import invoke
from asyncworker.worker.attempts._run_environment import RunEnvironment
from asyncworker.worker.control._namespace import describe_namespace
from asyncworker.worker.run._assembly import build_environment


class Engine:
    """What lives as long as the worker."""


def get_engine() -> Engine:
    return Engine()


def get_session(engine: Annotated[Engine, Depends(get_engine, scope="worker")]) -> Engine:
    return engine


def get_transaction(session: Annotated[Engine, Depends(get_session)]) -> Iterator[Engine]:
    yield session


async def get_connection(session: Annotated[Engine, Depends(get_session)]) -> AsyncIterator[Engine]:
    yield session


async def nothing(order: str) -> str:
    return order


async def cached(order: str, *, engine: Annotated[Engine, Depends(get_engine, scope="worker")]) -> str:
    return order if engine else ""


async def function(order: str, *, session: Annotated[Engine, Depends(get_session)]) -> str:
    return order if session else ""


async def generator(order: str, *, transaction: Annotated[Engine, Depends(get_transaction)]) -> str:
    return order if transaction else ""


async def async_generator(order: str, *, connection: Annotated[Engine, Depends(get_connection)]) -> str:
    return order if connection else ""


_CONTENDERS = {
    "no dependency": nothing,
    "a value of the worker's scope": cached,
    "a function on top of it": function,
    "a generator on top of that": generator,
    "an async generator on top of that": async_generator,
}


async def _took(call: Callable[[], Awaitable[Any]], count: int) -> float:
    began = perf_counter()
    for _ in range(count):
        await call()
    return (perf_counter() - began) / count * 1e6


async def measure(rounds: int, count: int) -> dict[str, list[float]]:
    """Return the microseconds per call of each round, by contender."""
    used: dict[str, list[float]] = {name: [] for name in _CONTENDERS}
    async with FakeTemporal() as temporal:
        client = temporal.client()
        worker = Worker(client, task_queue="orders", activities=list(_CONTENDERS.values()))
        namespace = await describe_namespace(client.service)
        environment = build_environment(worker._settings, client, namespace, Notice(), None, UNSET)
        async with environment.dependencies.running(lambda scope: scope, print, lambda: None):
            for _ in range(rounds):
                for name, fn in _CONTENDERS.items():
                    used[name].append(await _took(_call_of(environment, fn.__name__), count))
    return used


class _Nothing:
    """What the activities here make no use of."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def _call_of(environment: RunEnvironment, name: str) -> Callable[[], Awaitable[Any]]:
    """Return what calls an activity with its dependencies, as an attempt does."""
    registered, unused = environment.registry.find(name), cast("Any", _Nothing())
    assert registered is not None
    return lambda: invoke(environment, registered, unused, unused, ["order"], unused)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--count", type=int, default=5000)
    options = parser.parse_args()
    used = asyncio.run(measure(options.rounds, options.count))
    print(f"Python {platform.python_version()}, {platform.platform()}")
    without = used[next(iter(_CONTENDERS))]
    for name, rounds in used.items():
        figures = [
            f"{kind} {take(rounds):5.2f} µs ({take(rounds) - take(without):+5.2f})"
            for kind, take in (("median", statistics.median), ("best", min))
        ]
        print(f"{name}: {', '.join(figures)}")


if __name__ == "__main__":
    main()
