"""How many calls a worker makes to the server per minute, side by side with ``temporalio``, on the real dev server.

``python -m benchmarks.server_calls [--seconds N]``

Each contender has a server of its own, and all are measured at the same time: an idle worker, 100 standalone activities
that take an hour and do not heartbeat, and then 100 more that one workflow has scheduled. The server counts its calls
itself (``service_requests`` of its frontend); those that it makes without any worker are subtracted. Each number is for
a minute, after the first ten seconds of a load.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import urllib.request
import uuid
from collections.abc import Iterable
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as WorkflowWorker

from asyncworker.testing import DevServer

from ._processes import Contender, Worker

_OURS = "benchmarks.workers.asyncworker_worker"
_CONTENDERS = (
    Contender("temporalio", "benchmarks.workers.temporalio_worker"),
    Contender("asyncworker", _OURS),
    Contender("asyncworker, watch off", _OURS, ("--no-watch",)),
)
_SCENES = ("idle", "100 standalone activities", "100 activities of one workflow besides")
_COUNT = 100
_HOUR = timedelta(hours=1)
_SETTLING = 10.0
# As many slots as activities, and some in which it polls on.
_SLOTS = "300"


@workflow.defn
class ManySleepers:
    """Schedules activities that do not end, and waits for them."""

    @workflow.run
    async def run(self, task_queue: str, count: int) -> None:
        await asyncio.gather(
            *(
                workflow.execute_activity("sleep", "", task_queue=task_queue, start_to_close_timeout=_HOUR)
                for _ in range(count)
            )
        )


def counts(port: int) -> dict[str, float]:
    """Return how many calls the server has had so far, by method."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        lines: Iterable[str] = page.read().decode().splitlines()
    found: dict[str, float] = {}
    for line in lines:
        if line.startswith("service_requests{") and 'namespace="default"' in line and '"frontend"' in line:
            found[line.split('operation="', 1)[1].split('"', 1)[0]] = float(line.rpartition(" ")[2])
    return found


async def rate(port: int, seconds: float) -> dict[str, float]:
    """Return the calls per minute, by method."""
    before = await asyncio.to_thread(counts, port)
    await asyncio.sleep(seconds)
    after = await asyncio.to_thread(counts, port)
    return {name: (number - before.get(name, 0.0)) * 60 / seconds for name, number in after.items()}


async def measure(contender: Contender, seconds: float) -> list[dict[str, float]]:
    """Return the calls per minute of one contender's worker in each scene."""
    port = _free_port()
    async with DevServer(extra_args=["--metrics-port", str(port)]) as server:
        client = await Client.connect(server.target)
        async with WorkflowWorker(
            client, task_queue="workflows", workflows=[ManySleepers], workflow_runner=UnsandboxedWorkflowRunner()
        ):
            await asyncio.sleep(_SETTLING)
            base = await rate(port, seconds)
            with Worker(contender, server.target, "--task-queue", "sleepers", "--slots", _SLOTS):
                results = []
                for scene in _SCENES:
                    await _begin(scene, client)
                    await asyncio.sleep(_SETTLING)
                    found = await rate(port, seconds)
                    results.append({name: number - base.get(name, 0.0) for name, number in found.items()})
    return results


async def _begin(scene: str, client: Client) -> None:
    if scene == _SCENES[1]:
        starts = (
            client.start_activity(
                "sleep", "", id=str(uuid.uuid4()), task_queue="sleepers", start_to_close_timeout=_HOUR
            )
            for _ in range(_COUNT)
        )
        await asyncio.gather(*starts)
    elif scene == _SCENES[2]:
        await client.start_workflow(
            ManySleepers.run, args=["sleepers", _COUNT], id=str(uuid.uuid4()), task_queue="workflows"
        )


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _cell(found: dict[str, float]) -> str:
    """Write the sum, and what it is made of."""
    parts = ", ".join(f"{name} {number:.0f}" for name, number in sorted(found.items()) if number >= 0.5)
    return f"{sum(number for number in found.values() if number >= 0.5):.0f} ({parts})"


async def run(seconds: float) -> None:
    """Measure all contenders, and print the table."""
    results = await asyncio.gather(*(measure(contender, seconds) for contender in _CONTENDERS))
    print("| per minute |", " | ".join(contender.name for contender in _CONTENDERS), "|")
    print("| --- |", " | ".join("---" for _ in _CONTENDERS), "|")
    for number, scene in enumerate(_SCENES):
        print(f"| {scene} |", " | ".join(_cell(result[number]) for result in results), "|")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each scene is measured")
    asyncio.run(run(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
