"""Measurements against the real dev server: activities of workflows, and standalone ones."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as WorkflowWorker

from asyncworker.testing import DevServer

from ._figures import Sample
from ._processes import Contender, Worker

__all__ = ["standalone", "workflows"]

_TIMEOUT = timedelta(minutes=10)
_FAN_OUT = 100
_AT_A_TIME = 16
# The limits of the default configuration are below what the server can do.
_UNLIMITED = {
    "frontend.rps": 1_000_000,
    "frontend.namespaceRPS": 1_000_000,
    "frontend.globalNamespaceRPS": 1_000_000,
    "history.rps": 1_000_000,
    "matching.rps": 1_000_000,
}

# Runs so many activities on the contender's queue.
Load = Callable[[str, int], Awaitable[None]]


@workflow.defn
class FanOut:
    """Runs many activities at a time."""

    @workflow.run
    async def run(self, task_queue: str, count: int) -> None:
        await asyncio.gather(
            *(
                workflow.execute_activity("greet", "World", task_queue=task_queue, start_to_close_timeout=_TIMEOUT)
                for _ in range(count)
            )
        )


async def workflows(contenders: Sequence[Contender], rounds: int, count: int) -> AsyncIterator[Sample]:
    """Workflows, run by temporalio, each with 100 activities at a time."""
    async with DevServer(dynamic_config=_UNLIMITED) as server:
        client = await Client.connect(server.target)
        queue = f"workflows-{uuid.uuid4()}"
        # What is measured is the activities' worker; a sandbox would import this file for each workflow.
        worker = WorkflowWorker(
            client, task_queue=queue, workflows=[FanOut], workflow_runner=UnsandboxedWorkflowRunner()
        )
        async with worker:
            load = partial(_fan_out, client, queue)
            async for sample in _measure(contenders, server.target, load, rounds, count, "workflow"):
                yield sample


async def standalone(contenders: Sequence[Contender], rounds: int, count: int) -> AsyncIterator[Sample]:
    """Standalone activities, 16 at a time: each is started, and its result waited for."""
    async with DevServer(dynamic_config=_UNLIMITED) as server:
        client = await Client.connect(server.target)
        load = partial(_closed_loop, client)
        async for sample in _measure(contenders, server.target, load, rounds, count, "standalone"):
            yield sample


async def _measure(
    contenders: Sequence[Contender], target: str, load: Load, rounds: int, count: int, figure: str
) -> AsyncIterator[Sample]:
    with ExitStack() as stack:
        workers = []
        for contender in contenders:
            workers.append(stack.enter_context(Worker(contender, target, "--task-queue", _queue(contender))))
            await load(_queue(contender), _FAN_OUT)
        for _ in range(rounds):
            for worker in workers:
                before, began = worker.cpu(), time.monotonic()
                await load(_queue(worker.contender), count)
                took = time.monotonic() - began
                yield Sample(f"{figure} cpu", worker.contender.name, (worker.cpu() - before) / count)
                yield Sample(f"{figure} throughput", worker.contender.name, count / took)


def _queue(contender: Contender) -> str:
    return contender.name.replace(" ", "")


async def _fan_out(client: Client, queue: str, task_queue: str, count: int) -> None:
    await asyncio.gather(
        *(
            client.execute_workflow(FanOut.run, args=[task_queue, _FAN_OUT], id=str(uuid.uuid4()), task_queue=queue)
            for _ in range(count // _FAN_OUT)
        )
    )


async def _closed_loop(client: Client, task_queue: str, count: int) -> None:
    left = iter(range(count))

    async def one_after_another() -> None:
        for _ in left:
            await client.execute_activity(
                "greet", "World", id=str(uuid.uuid4()), task_queue=task_queue, start_to_close_timeout=_TIMEOUT
            )

    await asyncio.gather(*(one_after_another() for _ in range(_AT_A_TIME)))
