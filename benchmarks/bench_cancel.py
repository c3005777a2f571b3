"""How long a cancellation takes to arrive in an activity, ours and temporalio's side by side.

    python -m benchmarks.bench_cancel

A workflow cancels its activity one second after it has started; measured is the time until the activity's code has the
``CancelledError``. Both workers run in this process, and so do the workflows. The activities of a server overlap, but
their cancellations follow each other. One server has default settings, the other pushes cancellations to workers that
listen. Prints the median and the largest of several activities each, with what they were measured on; takes a minute.
"""

from __future__ import annotations

import asyncio
import os
import platform
import statistics
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import temporalio.activity
from temporalio import workflow
from temporalio.client import Client as OfficialClient
from temporalio.exceptions import ActivityError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as OfficialWorker

import asyncworker
from asyncworker.testing import DevServer

ACTIVITIES = 5
PATIENCE = 35.0
# Seconds from one activity's start to the next one's, so that no two cancellations are under way together.
APART = 0.3
WORKFLOWS = "workflows"
PUSHING = {
    "frontend.WorkerCommandsEnabled": True,
    "system.enableCancelActivityWorkerCommand": True,
    "frontend.enableCancelWorkerPollsOnShutdown": True,
}
OURS, THEIRS = "asyncworker", "temporalio"


@dataclass(frozen=True, slots=True)
class Case:
    """How an activity heartbeats, and what the server knows of that; seconds."""

    title: str
    heartbeats: bool
    timeout: float | None
    activity: str = "hang"


CASES = [
    Case("no heartbeats", False, None),
    Case("heartbeats, no heartbeat timeout", True, None),
    Case("heartbeats, heartbeat timeout 30 s", True, 30.0),
    Case("heartbeats, heartbeat timeout 5 s", True, 5.0),
    Case("`auto_heartbeat`, heartbeat timeout 5 s", False, 5.0, "hang_auto"),
]
CONTESTS = [(case, name) for case in CASES for name in (OURS, THEIRS) if case.activity == "hang" or name == OURS]

#: When each activity started, and when it heard of its cancellation, by its id.
started: dict[str, asyncio.Event] = {}
heard: dict[str, asyncio.Future[float]] = {}


async def _run(key: str, heartbeats: bool, heartbeat: Callable[[], None]) -> None:
    started[key].set()
    try:
        while True:
            if heartbeats:
                heartbeat()
            await asyncio.sleep(0.1)
    except asyncio.CancelledError:
        if not heard[key].done():
            heard[key].set_result(time.perf_counter())
        raise


@asyncworker.activity.defn(name="hang")
async def our_hang(key: str, heartbeats: bool) -> None:
    await _run(key, heartbeats, asyncworker.activity.heartbeat)


@asyncworker.activity.defn(name="hang_auto", auto_heartbeat=True)
async def our_hang_auto(key: str, heartbeats: bool) -> None:
    await our_hang(key, heartbeats)


@temporalio.activity.defn(name="hang")
async def their_hang(key: str, heartbeats: bool) -> None:
    await _run(key, heartbeats, temporalio.activity.heartbeat)


@workflow.defn
class Cancel:
    """Runs an activity until it is told to cancel it."""

    def __init__(self) -> None:
        self._wanted = False

    @workflow.run
    async def run(self, task_queue: str, activity: str, key: str, heartbeats: bool, timeout: float | None) -> None:
        running = workflow.start_activity(
            activity,
            args=[key, heartbeats],
            task_queue=task_queue,
            start_to_close_timeout=timedelta(minutes=5),
            heartbeat_timeout=None if timeout is None else timedelta(seconds=timeout),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        await workflow.wait_condition(lambda: self._wanted)
        running.cancel()
        with suppress(ActivityError):
            await running

    @workflow.signal
    def cancel(self) -> None:
        self._wanted = True


async def measure_one(client: OfficialClient, contender: str, case: Case, begin_after: float) -> float | None:
    """Return the seconds from the request to the activity's hearing of it; ``None`` if it did not in time."""
    key = str(uuid.uuid4())
    started[key], heard[key] = asyncio.Event(), asyncio.get_running_loop().create_future()
    await asyncio.sleep(begin_after)
    handle = await client.start_workflow(
        Cancel.run, args=[contender, case.activity, key, case.heartbeats, case.timeout], id=key, task_queue=WORKFLOWS
    )
    await started[key].wait()
    await asyncio.sleep(1)
    began = time.perf_counter()
    await handle.signal(Cancel.cancel)
    await asyncio.wait({heard[key]}, timeout=PATIENCE)
    return heard[key].result() - began if heard[key].done() else None


async def measure(settings: Mapping[str, Any]) -> dict[tuple[Case, str], list[float | None]]:
    """Measure all cases on a server with these settings."""
    async with DevServer(dynamic_config=settings) as server:
        official = await OfficialClient.connect(server.target)
        async with (
            await asyncworker.Client.connect(server.target) as client,
            OfficialWorker(
                official, task_queue=WORKFLOWS, workflows=[Cancel], workflow_runner=UnsandboxedWorkflowRunner()
            ),
            OfficialWorker(official, task_queue=THEIRS, activities=[their_hang]),
            asyncworker.Worker(
                client, task_queue=OURS, activities=[our_hang, our_hang_auto], graceful_shutdown_timeout=0
            ),
        ):
            turns = [contest for _ in range(ACTIVITIES) for contest in CONTESTS]
            times = await asyncio.gather(
                *(measure_one(official, name, case, turn * APART) for turn, (case, name) in enumerate(turns))
            )
    results: dict[tuple[Case, str], list[float | None]] = {contest: [] for contest in CONTESTS}
    for contest, taken in zip(turns, times, strict=True):
        results[contest].append(taken)
    return results


def show(times: list[float | None]) -> str:
    """Write the median, and the largest in brackets."""
    if not times:
        return "has none"
    if None in times:
        return f"not within {PATIENCE:g} s"
    values = [value for value in times if value is not None]
    return f"{statistics.median(values):.3f} s ({max(values):.3f})"


async def main() -> None:
    print(f"asyncworker {version('temporal-asyncworker')}, temporalio {version('temporalio')}, ", end="")
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs; median (largest) of {ACTIVITIES} each\n")
    for title, settings in (("a server with default settings", {}), ("a server that pushes", PUSHING)):
        results = await measure(settings)
        print(f"| {title} | {OURS} | {THEIRS} |\n|---|---|---|")
        for case in CASES:
            print(f"| {case.title} | {show(results[case, OURS])} | {show(results.get((case, THEIRS), []))} |")
        print(flush=True)


if __name__ == "__main__":
    asyncio.run(main())
