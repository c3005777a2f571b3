"""What becomes of the neighbours of an activity that blocks the event loop, and what watching for that costs.

``python -m benchmarks.blocked_loop [--blocks 3 20] [--idle N]``

Five activities with a heartbeat timeout of 1 s heartbeat 20 times a second, on the real dev server, while another one
blocks their event loop: on our worker, on ours with ``loop_block_threshold=None``, and on temporalio's. The table has
the attempts that the five end in; a block takes three times its own time, and up to a minute more.

Then the CPU of our worker with the watchdog less that without it, at ``FakeTemporal``, in turns of N seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import temporalio.activity
import temporalio.client
import temporalio.worker

from asyncworker import Client, Worker, activity
from asyncworker.testing import DevServer, FakeTemporal

_NEIGHBOURS = 5
_TURNS = 5
_CASES = ((0, None), (1, 60.0), (1, 1.0))


async def _heartbeat_for(seconds: float, heartbeat: Callable[..., None]) -> None:
    until = time.time() + seconds
    while time.time() < until:
        heartbeat("still here")
        await asyncio.sleep(0.05)


@activity.defn(name="neighbour")
async def neighbour(seconds: float) -> int:
    """Heartbeat for so long, and return the attempt's number."""
    await _heartbeat_for(seconds, activity.heartbeat)
    return activity.info().attempt


@activity.defn(name="blocks")
async def blocks(seconds: float) -> None:
    """Block the event loop."""
    time.sleep(seconds)  # noqa: ASYNC251 - what this is about


@temporalio.activity.defn(name="neighbour")
async def their_neighbour(seconds: float) -> int:
    """The same for temporalio."""
    await _heartbeat_for(seconds, temporalio.activity.heartbeat)
    return temporalio.activity.info().attempt


@temporalio.activity.defn(name="blocks")
async def their_blocks(seconds: float) -> None:
    """The same for temporalio."""
    time.sleep(seconds)  # noqa: ASYNC251 - what this is about


async def play(client: Client, worker: AbstractAsyncContextManager[Any], queue: str, block: float) -> list[int]:
    """Block a worker's loop; return the attempts in which the neighbours end."""
    options: dict[str, Any] = {"task_queue": queue, "start_to_close_timeout": 120}
    async with worker:
        handles = [
            await client.start_activity(
                "neighbour", block + 4.0, id=str(uuid.uuid4()), heartbeat_timeout=1, result_type=int, **options
            )
            for _ in range(_NEIGHBOURS)
        ]
        await asyncio.sleep(1.5)
        await client.start_activity("blocks", block, id=str(uuid.uuid4()), **options)
        return [await handle.result() for handle in handles]


async def compare(lengths: list[float]) -> None:
    """Print the table of the attempts."""
    async with DevServer() as server, await Client.connect(server.target) as client:
        theirs = await temporalio.client.Client.connect(server.target)

        def ours(queue: str, threshold: float | None) -> Worker:
            return Worker(client, task_queue=queue, activities=[neighbour, blocks], loop_block_threshold=threshold)

        print("| block | asyncworker | with `loop_block_threshold=None` | temporalio |")
        print("|---|---|---|---|")
        for length in lengths:
            queues = [f"{name}-{length:g}" for name in ("ours", "off", "theirs")]
            workers: list[AbstractAsyncContextManager[Any]] = [
                ours(queues[0], 1.0),
                ours(queues[1], None),
                temporalio.worker.Worker(theirs, task_queue=queues[2], activities=[their_neighbour, their_blocks]),
            ]
            cells = [
                ", ".join(map(str, await play(client, worker, queue, length)))
                for worker, queue in zip(workers, queues, strict=True)
            ]
            print(f"| {length:g} s |", " | ".join(cells), "|", flush=True)


@activity.defn
async def holds() -> None:
    """Heartbeat once, and do nothing then."""
    activity.heartbeat()
    await asyncio.Event().wait()


async def cpu(threshold: float | None, count: int, timeout: float | None, seconds: float) -> float:
    """Return the CPU of this process as a share of one processor, while a worker holds so many activities."""
    async with (
        FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
        Worker(
            temporal.client(),
            task_queue="q",
            activities=[holds],
            loop_block_threshold=threshold,
            graceful_shutdown_timeout=0,
            max_concurrent_activities=count + 10,
            max_heartbeat_throttle_interval=3600,
        ),
    ):
        for _ in range(count):
            temporal.add_task(holds, task_queue="q", heartbeat_timeout=timeout)
        await asyncio.sleep(1 + count / 500)
        began = time.process_time()
        await asyncio.sleep(seconds)
        used = time.process_time() - began
    return used / seconds


async def measure_cost(seconds: float) -> None:
    """Print what the watchdog costs, in turns with and without it."""
    print("| activities that heartbeat | heartbeat timeout | CPU of the watchdog |")
    print("|---|---|---|")
    for count, timeout in _CASES:
        differences = []
        for _ in range(_TURNS):
            without = await cpu(None, count, timeout, seconds)
            differences.append(await cpu(1.0, count, timeout, seconds) - without)
        middle, best, worst = statistics.median(differences), min(differences), max(differences)
        of = "-" if timeout is None else f"{timeout:g} s"
        print(f"| {count} | {of} | {middle:.2%} ({best:.2%} to {worst:.2%}) |", flush=True)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=float, nargs="*", default=[3.0, 20.0], help="seconds of the blocks")
    parser.add_argument("--idle", type=float, default=3.0, help="seconds of a turn in which CPU is measured; 0: none")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    asyncio.run(compare(options.blocks))
    if options.idle:
        asyncio.run(measure_cost(options.idle))


if __name__ == "__main__":
    main()
