"""How soon an activity learns that it is to stop, side by side with ``temporalio``, on the real dev server.

``python -m benchmarks.cancel_latency [--each N] [--cap SECONDS] [--only NAME]``

Every case runs with both workers at the same time: a workflow's activity on a server as it comes, on one that pushes
cancellations to the workers (*worker commands*), and standalone. The time runs from just before the request to cancel,
through the server, to the ``CancelledError`` in the activity. Activities heartbeat ten times a second, or never; the
workers let a heartbeat out at intervals that follow from the heartbeat timeout, and its answer, a command, or a poll by
which our worker watches activities that do not heartbeat, carries the news. So a request that comes at any moment waits
for half of that interval on average. Requests are spread over the interval accordingly.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import temporalio.activity
import temporalio.client
import temporalio.worker
from temporalio import workflow
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError

import asyncworker
from asyncworker.testing import DevServer

_COMMANDS = {"frontend.WorkerCommandsEnabled": True, "system.enableCancelActivityWorkerCommand": True}
_CONTENDERS = ("temporalio", "asyncworker")
_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    Args:
        name: What the activity does.
        heartbeats: Whether it heartbeats.
        timeout: Its heartbeat timeout, in seconds.
        is_automatic: Whether the worker heartbeats for it, which is ours alone to do.
    """

    name: str
    heartbeats: bool
    timeout: float | None
    is_automatic: bool = False

    @property
    def activity(self) -> str:
        """Which activity it runs."""
        return "automatic" if self.is_automatic else "beating" if self.heartbeats else "silent"


_CASES = (
    Case("no heartbeats", heartbeats=False, timeout=None),
    Case("no heartbeat timeout", heartbeats=True, timeout=None),
    Case("heartbeat timeout 30 s", heartbeats=True, timeout=30),
    Case("heartbeat timeout 5 s", heartbeats=True, timeout=5),
    Case("heartbeat timeout 1 s", heartbeats=True, timeout=1),
    Case("heartbeat timeout 5 s, auto_heartbeat", heartbeats=False, timeout=5, is_automatic=True),
)


@dataclass(slots=True)
class Log:
    """When which activity began, and when it was told to stop."""

    began: dict[str, asyncio.Event] = field(default_factory=dict)
    stopped: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    def expect(self, key: str) -> None:
        self.began[key] = asyncio.Event()
        self.stopped[key] = asyncio.get_running_loop().create_future()

    async def run(self, key: str, heartbeat: Callable[..., None] | None) -> None:
        """Be the activity."""
        self.began[key].set()
        try:
            while True:
                if heartbeat is not None:
                    heartbeat()
                await asyncio.sleep(0.1)
        except asyncio.CancelledError:
            if not self.stopped[key].done():
                self.stopped[key].set_result(time.monotonic())
            raise


LOG = Log()


@temporalio.activity.defn(name="silent")
async def their_silent(key: str) -> None:
    await LOG.run(key, None)


@temporalio.activity.defn(name="beating")
async def their_beating(key: str) -> None:
    await LOG.run(key, temporalio.activity.heartbeat)


@asyncworker.activity.defn(name="silent")
async def our_silent(key: str) -> None:
    await LOG.run(key, None)


@asyncworker.activity.defn(name="beating")
async def our_beating(key: str) -> None:
    await LOG.run(key, asyncworker.activity.heartbeat)


@asyncworker.activity.defn(name="automatic", auto_heartbeat=True)
async def our_automatic(key: str) -> None:
    await LOG.run(key, None)


@workflow.defn
class RunOne:
    """Runs one activity, and waits for its end even when cancelled."""

    @workflow.run
    async def run(self, activity: str, key: str, queue: str, heartbeat_timeout: float | None) -> None:
        await workflow.execute_activity(
            activity,
            key,
            task_queue=queue,
            start_to_close_timeout=_TIMEOUT,
            heartbeat_timeout=None if heartbeat_timeout is None else timedelta(seconds=heartbeat_timeout),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )


@dataclass(slots=True)
class Site:
    """A server with both workers on it."""

    client: temporalio.client.Client

    async def start_workflow(self, contender: str, case: Case, key: str) -> Callable[[], Coroutine[Any, Any, None]]:
        """Start an activity by way of a workflow; return what cancels it."""
        handle = await self.client.start_workflow(
            RunOne.run, args=[case.activity, key, contender, case.timeout], id=key, task_queue="workflows"
        )
        return handle.cancel

    async def start_standalone(self, contender: str, case: Case, key: str) -> Callable[[], Coroutine[Any, Any, None]]:
        """Start a standalone activity; return what cancels it."""
        handle = await self.client.start_activity(
            case.activity,
            key,
            id=key,
            task_queue=contender,
            start_to_close_timeout=_TIMEOUT,
            heartbeat_timeout=None if case.timeout is None else timedelta(seconds=case.timeout),
        )
        return handle.cancel


@asynccontextmanager
async def site(dynamic_config: dict[str, bool]) -> AsyncIterator[Site]:
    """Start a server, the workflows' worker, and the two under measurement."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(DevServer(dynamic_config=dynamic_config))
        # Both complain about what is broken off at the end.
        runtime = Runtime(telemetry=TelemetryConfig(logging=LoggingConfig(filter="error")))
        theirs = await temporalio.client.Client.connect(server.target, runtime=runtime)
        ours = await asyncworker.Client.connect(server.target)
        stack.push_async_callback(ours.close)
        workers = (
            temporalio.worker.Worker(
                theirs,
                task_queue="workflows",
                workflows=[RunOne],
                # What is measured is the activities' workers; a sandbox would import this file for each workflow.
                workflow_runner=temporalio.worker.UnsandboxedWorkflowRunner(),
            ),
            temporalio.worker.Worker(theirs, task_queue="temporalio", activities=[their_silent, their_beating]),
            asyncworker.Worker(
                ours,
                task_queue="asyncworker",
                activities=[our_silent, our_beating, our_automatic],
                graceful_shutdown_timeout=0,
            ),
        )
        for worker in workers:
            await stack.enter_async_context(worker)
        yield Site(theirs)


async def measure(
    start: Callable[[str, Case, str], Coroutine[Any, Any, Callable[[], Coroutine[Any, Any, None]]]],
    contender: str,
    case: Case,
    delay: float,
    cap: float,
) -> float:
    """Return the seconds from the request to its arrival; infinity if it took more than *cap*."""
    key = str(uuid.uuid4())
    LOG.expect(key)
    cancel = await start(contender, case, key)
    await LOG.began[key].wait()
    await asyncio.sleep(delay)
    asked = time.monotonic()
    await cancel()
    try:
        async with asyncio.timeout(cap):
            return await LOG.stopped[key] - asked
    except TimeoutError:
        return float("inf")


def delays(case: Case, each: int) -> Iterator[float]:
    """When to cancel, after the start: spread evenly over the interval between two heartbeats.

    Where there are none the moment does not matter, but for the first seconds: so these are apart from others.
    """
    if not case.heartbeats and not case.is_automatic:
        return (8.0 + 2.0 * number for number in range(each))
    interval = 0.8 * case.timeout if case.timeout is not None else 30.0 if case.heartbeats else 1.0
    # The first heartbeat leaves at once: what is asked for right after it waits longest.
    return (0.3 + interval * number / each for number in range(each))


def show(seconds: list[float], cap: float) -> str:
    """Write the median and the extremes."""
    if not seconds:
        return "–"
    middle, best, worst = statistics.median(seconds), min(seconds), max(seconds)
    return f"{_one(middle, cap)} ({_one(best, cap)}–{_one(worst, cap)})" if best != worst else _one(middle, cap)


def _one(seconds: float, cap: float) -> str:
    if seconds == float("inf"):
        return f"> {cap:g} s"
    return f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


async def run(chosen: Sequence[Case], each: int, cap: float) -> dict[tuple[str, str, str], list[float]]:
    """Run every case *each* times with either worker, all at once."""
    async with AsyncExitStack() as stack:
        plain = await stack.enter_async_context(site({}))
        pushing = await stack.enter_async_context(site(_COMMANDS))
        ways = (
            ("workflow", plain.start_workflow),
            ("workflow, worker commands", pushing.start_workflow),
            ("standalone", plain.start_standalone),
        )
        names = [
            (case.name, way, contender)
            for case in chosen
            for way, _ in ways
            for contender in _CONTENDERS
            if contender == "asyncworker" or not case.is_automatic
        ]
        starts, cases = dict(ways), {case.name: case for case in chosen}
        keys, measurements = [], []
        for case, way, contender in names:
            for delay in delays(cases[case], each):
                keys.append((case, way, contender))
                measurements.append(measure(starts[way], contender, cases[case], delay, cap))
        results: dict[tuple[str, str, str], list[float]] = {}
        for key, seconds in zip(keys, await asyncio.gather(*measurements), strict=True):
            results.setdefault(key, []).append(seconds)
        # What never heard of its end would hold the workers up.
        with suppress(RPCError):
            await _end_all(plain, pushing)
        return results


async def _end_all(*sites: Site) -> None:
    for place in sites:
        async for execution in place.client.list_workflows("ExecutionStatus = 'Running'"):
            await place.client.get_workflow_handle(execution.id).terminate()
        async for activity in place.client.list_activities("ExecutionStatus = 'Running'"):
            await place.client.get_activity_handle(activity.activity_id).terminate()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=6, help="how often to run each case")
    parser.add_argument("--only", help="the cases whose names have this in them")
    parser.add_argument("--cap", type=float, default=35.0, help="seconds after which nothing more is expected")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    cases = [case for case in _CASES if options.only is None or options.only in case.name]
    results = asyncio.run(run(cases, options.each, options.cap))
    columns = list(dict.fromkeys((way, contender) for _, way, contender in results))
    print("| activity |", " | ".join(f"{way}: {contender}" for way, contender in columns), "|")
    print("| --- |", " | ".join("---:" for _ in columns), "|")
    for case in cases:
        cells = [show(results.get((case.name, *column), []), options.cap) for column in columns]
        print(f"| {case.name} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
