"""What the watch for cancellations takes from others at a namespace's limit of calls, on the real dev server.

``python -m benchmarks.namespace_limit [--limits 33 31 …] [--seconds N] [--pairs N]``

Four workers in one process hold 12 standalone activities and 8 workflows' activities that do not heartbeat. Besides 8
standalone activities are started per second, and another program, with temporalio's client, starts a workflow per
second and awaits its result. That is with the watch and without it at the same time, each on a server of its own with
``frontend.namespaceRPS`` at the limit (a burst of one second) and ``frontend.namespaceCount`` at 60. About 31 calls per
second are needed. A pair takes the seconds (60 by default), and some 40 more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import statistics
import sys
import time
import uuid
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import temporalio.client
from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as WorkflowWorker

from asyncworker import Client, Worker, activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import DevServer
from asyncworker.worker import RequestFinished, WatchOptions, WorkerEvent

_WORKERS = 4
_STANDALONE, _WORKFLOWS = 12, 8
_STARTS_PER_SECOND, _RESULTS_PER_SECOND = 8, 1
# Seconds in which all that is to be watched comes to be.
_SETTLING = 15.0
_HOUR = timedelta(hours=1)
_WATCHING = frozenset({"DescribeActivityExecution", "GetWorkflowExecutionHistory", "DescribeWorkflowExecution"})


@workflow.defn
class Short:
    """Runs an activity that ends at once."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("quick", task_queue="w0", start_to_close_timeout=_HOUR)


@workflow.defn
class Long:
    """Runs an activity that does not end."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity("silent", task_queue="w0", start_to_close_timeout=_HOUR)


class Load:
    """The load, and what has come of it."""

    def __init__(self, server: DevServer, options: WatchOptions | None) -> None:
        self._server = server
        self._options = options
        self.counts = {"tasks": 0, "results": 0, "results lost": 0, "starts lost": 0, "refused": 0, "watch calls": 0}

    def _observe(self, event: WorkerEvent) -> None:
        if isinstance(event, RequestFinished):
            self.counts["refused"] += event.status is RPCStatusCode.RESOURCE_EXHAUSTED
            self.counts["watch calls"] += event.operation in _WATCHING

    async def run(self, seconds: float) -> None:
        """Hold what is to be watched, then put on the load for so long."""

        @activity.defn
        async def quick() -> None:
            self.counts["tasks"] += 1

        @activity.defn
        async def silent() -> None:
            await asyncio.Event().wait()

        async with AsyncExitStack() as stack:
            theirs = await temporalio.client.Client.connect(self._server.target)
            clients = [
                await stack.enter_async_context(await Client.connect(self._server.target)) for _ in range(_WORKERS)
            ]
            for number, client in enumerate(clients):
                worker = Worker(
                    client,
                    task_queue=f"w{number}",
                    activities=[quick, silent],
                    observers=[self._observe],
                    cancellation_watch=self._options,
                    graceful_shutdown_timeout=0,
                )
                await stack.enter_async_context(worker)
                # A refusal before the load begins would end the watches that are measured.
                await asyncio.sleep(1)
            await stack.enter_async_context(
                WorkflowWorker(
                    theirs,
                    task_queue="workflows",
                    workflows=[Short, Long],
                    workflow_runner=UnsandboxedWorkflowRunner(),
                )
            )
            await self._hold(clients[0], theirs)
            await asyncio.sleep(_SETTLING)
            self.counts.update(dict.fromkeys(self.counts, 0))
            other = await temporalio.client.Client.connect(self._server.target)
            await asyncio.gather(
                _evenly(_STARTS_PER_SECOND, seconds, lambda number: self._start(clients[0], f"w{number % _WORKERS}")),
                _evenly(_RESULTS_PER_SECOND, seconds, lambda _: self._await_result(other)),
            )
            # An end that waits for workflows that hang would take long.
            print(json.dumps(self.counts), flush=True)
            os._exit(0)

    async def _hold(self, client: Client, theirs: temporalio.client.Client) -> None:
        for number in range(_STANDALONE):
            await client.start_activity(
                "silent", id=_name(), task_queue=f"w{number % _WORKERS}", start_to_close_timeout=_HOUR
            )
            await asyncio.sleep(0.3)
        for _ in range(_WORKFLOWS):
            await theirs.start_workflow(Long.run, id=_name(), task_queue="workflows")
            await asyncio.sleep(0.5)

    async def _start(self, client: Client, task_queue: str) -> None:
        try:
            await client.start_activity("quick", id=_name(), task_queue=task_queue, start_to_close_timeout=60)
        except Exception:
            self.counts["starts lost"] += 1

    async def _await_result(self, client: temporalio.client.Client) -> None:
        try:
            await client.execute_workflow(Short.run, id=_name(), task_queue="workflows")
            self.counts["results"] += 1
        except Exception:
            self.counts["results lost"] += 1


async def _evenly(rate: float, seconds: float, act: Callable[[int], Awaitable[None]]) -> None:
    """Do something so many times per second, and wait until all of it is done, for 20 s at most."""
    tasks = []
    until, number = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        tasks.append(asyncio.ensure_future(act(number)))
        number += 1
        await asyncio.sleep(1 / rate)
    await asyncio.wait(tasks, timeout=20)


def _name() -> str:
    return str(uuid.uuid4())


async def one(limit: int, seconds: float, *, watch: bool) -> None:
    """Measure one side, and print its counts."""
    limits = {"frontend.namespaceRPS": limit, "frontend.namespaceBurstRatio": 1.0, "frontend.namespaceCount": 60}
    async with DevServer(dynamic_config=limits) as server:
        await Load(server, WatchOptions() if watch else None).run(seconds)


async def pair(limit: int, seconds: float) -> dict[str, dict[str, int]]:
    """Measure both sides at the same time."""
    arguments = (sys.executable, "-m", __spec__.name, "--limits", str(limit), "--seconds", str(seconds), "--side")
    children: list[Process] = [
        await asyncio.create_subprocess_exec(*arguments, side, stdout=PIPE, stderr=DEVNULL) for side in ("on", "off")
    ]
    outputs = await asyncio.gather(*(child.communicate() for child in children))
    return {
        side: json.loads(output.decode().splitlines()[-1])
        for side, (output, _) in zip(("on", "off"), outputs, strict=True)
    }


async def run(limits: list[int], seconds: float, pairs: int) -> None:
    """Measure, and print a row for each pair, and the medians of each limit."""
    for limit in limits:
        shares: dict[str, list[float]] = {"tasks": [], "results": []}
        for _ in range(pairs):
            found = await pair(limit, seconds)
            print(limit, *(f"{side}: {counts}" for side, counts in found.items()), sep="\n  ", flush=True)
            for name, each in shares.items():
                each.append(found["on"][name] / max(1, found["off"][name]))
        texts = (
            f"{name} {statistics.median(each):.1%} ({min(each):.1%}-{max(each):.1%})" for name, each in shares.items()
        )
        print(f"{limit} calls/s: with the watch, of those without:", *texts, flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limits", type=int, nargs="+", default=[34, 32, 31, 30], help="calls per second")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--pairs", type=int, default=3, help="how often each limit is measured")
    parser.add_argument("--side", choices=["on", "off"], help="measure that side alone, and print its counts as JSON")
    options = parser.parse_args()
    logging.disable(logging.ERROR)
    if options.side:
        asyncio.run(one(options.limits[0], options.seconds, watch=options.side == "on"))
    else:
        asyncio.run(run(options.limits, options.seconds, options.pairs))


if __name__ == "__main__":
    main()
