"""Rolling restarts of several workers under steady load, on the real dev server, with a log of every poll's answer.

    python -m benchmarks.rolling [--starts 30000] [--rate 40] [--workers 3] [--every 8] [--ends-polls]

Each activity has one attempt. So one that does not complete is an orphan: the server believes it to be running. The
log says whose: a poll has brought it to a worker, or none has, though each poll was answered: then it was lost in the
server, which happens while it is overloaded. The exit code says whether the workers have lost and repeated nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import temporalio.client
import temporalio.common

from asyncworker.testing import DevServer

from ._soak_parts import UNLIMITED

_QUEUE = "rolling"
# Seconds for which nothing has been completed when the rest is given up.
_QUIET = 20.0
_LENGTH = 0.1


class Workers:
    """The worker processes, each with a poll log of its own, replaced in turn."""

    def __init__(self, target: str, folder: Path) -> None:
        self._target = target
        self._folder = folder
        self._running: list[asyncio.subprocess.Process] = []
        self.restarts = 0
        self.exit_codes: Counter[int] = Counter()
        self.slowest = 0.0
        #: When each process was asked to end, and when it had ended, by its id.
        self.stopped: dict[int, tuple[datetime, datetime]] = {}

    async def start(self) -> None:
        """Start one more, and wait until it works."""
        path = self._folder / f"{uuid.uuid4().hex}.polls"
        command = ("-m", "benchmarks._rolling_worker", self._target, _QUEUE, str(path))
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        await process.stdout.readline()
        self._running.append(process)

    async def stop(self) -> None:
        """Ask the oldest to end with SIGTERM, and wait until it has."""
        process, began = self._running.pop(0), datetime.now(UTC)
        process.send_signal(signal.SIGTERM)
        self.exit_codes[await process.wait()] += 1
        self.stopped[process.pid] = began, datetime.now(UTC)
        self.slowest = max(self.slowest, (datetime.now(UTC) - began).total_seconds())

    async def roll(self, every: float, enough: asyncio.Event) -> None:
        """Replace one after the other, as a rolling deployment does, until *enough* is set."""
        while not enough.is_set():
            await self.start()
            await asyncio.sleep(every / 2)
            await self.stop()
            self.restarts += 1
            await asyncio.sleep(every / 2)

    async def stop_all(self) -> None:
        """End them all."""
        while self._running:
            await self.stop()

    def polls(self) -> Counter[str]:
        """Count the lines of all poll logs."""
        return Counter(line for path in self._folder.glob("*.polls") for line in path.read_text().splitlines())


async def start_activities(client: temporalio.client.Client, count: int, rate: float) -> None:
    """Start *count* activities, so many per second."""
    limit = asyncio.Semaphore(20)

    async def start() -> None:
        async with limit:
            await client.start_activity(
                "work",
                random.uniform(0, _LENGTH),
                id=uuid.uuid4().hex,
                task_queue=_QUEUE,
                start_to_close_timeout=timedelta(hours=1),
                retry_policy=temporalio.common.RetryPolicy(maximum_attempts=1),
            )

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            await asyncio.sleep(began + number / rate - time.monotonic())
            group.create_task(start())


async def wait_for_completions(client: temporalio.client.Client, count: int) -> int:
    """Wait until all are completed, or none was for a while, and return how many are."""
    completed, since = -1, time.monotonic()
    while completed < count and time.monotonic() - since < _QUIET:
        now = (await client.count_activities(f"TaskQueue = '{_QUEUE}' AND ExecutionStatus = 'Completed'")).count
        if now != completed:
            completed, since = now, time.monotonic()
        await asyncio.sleep(0.5)
    return completed


async def run(options: argparse.Namespace) -> bool:
    """Play it, print what became of the activities, and return whether that is as it must be."""
    settings = {**UNLIMITED, "frontend.enableCancelWorkerPollsOnShutdown": options.ends_polls}
    with tempfile.TemporaryDirectory() as folder:
        async with DevServer(dynamic_config=settings) as server:
            client = await temporalio.client.Client.connect(server.target)
            workers, enough = Workers(server.target, Path(folder)), asyncio.Event()
            for _ in range(options.workers):
                await workers.start()
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                group.create_task(workers.roll(options.every, enough))
                await start_activities(client, options.starts, options.rate)
                rate = options.starts / (time.monotonic() - began)
                enough.set()
            completed = await wait_for_completions(client, options.starts)
            polls = workers.polls()
            query = f"TaskQueue = '{_QUEUE}' AND ExecutionStatus != 'Completed'"
            ids = [activity.activity_id async for activity in client.list_activities(query)]
            orphans = [await client.get_activity_handle(activity_id).describe() for activity_id in ids]
            await workers.stop_all()
    print(
        f"{options.starts:,} starts at {rate:.0f}/s, {options.workers} workers, {workers.restarts} restarts,"
        f" slowest stop {workers.slowest:.1f} s, server {'ends' if options.ends_polls else 'does not end'} polls"
    )
    return report(options.starts, completed, polls, orphans, workers)


def report(
    starts: int,
    completed: int,
    polls: Counter[str],
    orphans: Sequence[temporalio.client.ActivityExecutionDescription],
    workers: Workers,
) -> bool:
    """Print the ledger, and return whether the workers have lost and repeated nothing."""
    tasks = Counter({line: count for line, count in polls.items() if line.startswith("task ")})
    ours = sum(f"task {orphan.activity_id}" in tasks for orphan in orphans)
    doubled = sum(count > 1 for count in tasks.values())
    errors = {line: count for line, count in polls.items() if line.startswith("error ")}
    print(f"  completed {completed:,}, not completed {starts - completed}")
    print(f"  polls: {tasks.total():,} with a task, {polls['empty']:,} empty, {errors or 'none'} with an error")
    print(f"  orphans: {ours} brought by a poll, {len(orphans) - ours} brought by none; tasks brought twice: {doubled}")
    print(f"  exit codes: {dict(workers.exit_codes)}")
    for orphan in orphans:
        info = orphan.raw_info
        stopped = workers.stopped.get(int(info.last_worker_identity.partition("@")[0] or 0))
        stop = "went on" if stopped is None else f"stopped from {stopped[0]:%H:%M:%S.%f} to {stopped[1]:%H:%M:%S.%f}"
        print(
            f"  {orphan.activity_id}: {orphan.run_state and orphan.run_state.name} at"
            f" {info.last_started_time.ToJsonString()} by {info.last_worker_identity}, which {stop}"
        )
    return not ours and not doubled and starts - completed == len(orphans) and set(workers.exit_codes) == {0}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=30_000)
    parser.add_argument("--rate", type=float, default=40, help="starts per second")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--every", type=float, default=8, help="seconds between restarts")
    parser.add_argument("--ends-polls", action="store_true", help="the server ends polls of workers that leave")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, and exit with 1 if anything went wrong."""
    sys.exit(not asyncio.run(run(parse(arguments))))


if __name__ == "__main__":
    main()
