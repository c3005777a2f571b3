"""A worker process of the ledger: it writes down each poll that ends and each activity that it runs, as it happens.

    python -m benchmarks._ledger_worker {asyncworker,temporalio} TARGET QUEUE FILE

A line has tabs between its fields, and goes to the operating system at once, so that SIGKILL loses none. What polls
come to is known of our own worker only.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from datetime import timedelta
from typing import Any

SLOTS = 100
POLLS = 5
GRACE = 30.0


class Log:
    """A file to which lines are appended."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, *fields: object) -> None:
        """Append a line: the process, and the fields."""
        line = "\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in (os.getpid(), *fields))
        os.write(self._file, f"{line}\n".encode())

    async def work(self, key: tuple[str, int], seconds: float) -> None:
        """Take so many seconds, as the attempt *key* of an activity."""
        self.write("ran", *key, time.time())
        await asyncio.sleep(seconds)
        self.write("ended", *key, time.time())


async def ours(target: str, queue: str, log: Log) -> None:
    """Run asyncworker's worker until a signal asks the process to end."""
    import asyncworker
    import asyncworker.worker

    @asyncworker.activity.defn
    async def work(seconds: float) -> None:
        info = asyncworker.activity.info()
        await log.work((info.activity_id, info.attempt), seconds)

    def observe(event: asyncworker.worker.WorkerEvent) -> None:
        if isinstance(event, asyncworker.worker.WorkerStarted):
            print("ready", flush=True)

    _keep_poll_log(log)
    async with await asyncworker.Client.connect(target) as client:
        await asyncworker.Worker(
            client,
            task_queue=queue,
            activities=[work],
            observers=[observe],
            max_concurrent_activities=SLOTS,
            max_concurrent_activity_task_polls=POLLS,
            graceful_shutdown_timeout=GRACE,
        ).run()


def _keep_poll_log(log: Log) -> None:
    """Write a line for each poll that ends, before anything else is done with what it has brought."""
    from asyncworker._rpc._service import WorkflowService

    poll = WorkflowService.poll

    async def logged(*args: Any, **options: Any) -> Any:
        began = time.time()
        try:
            response = await poll(*args, **options)
        except BaseException as error:
            log.write("poll", began, time.time(), f"{type(error).__name__}: {error}", "", 0)
            raise
        outcome = "task" if response.task_token else "empty"
        log.write("poll", began, time.time(), outcome, response.activity_id, response.attempt)
        return response

    WorkflowService.poll = logged  # type: ignore[method-assign]


async def theirs(target: str, queue: str, log: Log) -> None:
    """Run temporalio's worker until a signal asks the process to end."""
    import temporalio.activity
    import temporalio.client
    import temporalio.worker

    @temporalio.activity.defn
    async def work(seconds: float) -> None:
        info = temporalio.activity.info()
        await log.work((info.activity_id, info.attempt), seconds)

    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await temporalio.client.Client.connect(target)
    async with temporalio.worker.Worker(
        client,
        task_queue=queue,
        activities=[work],
        max_concurrent_activities=SLOTS,
        activity_task_poller_behavior=temporalio.worker.PollerBehaviorSimpleMaximum(POLLS),
        graceful_shutdown_timeout=timedelta(seconds=GRACE),
    ):
        print("ready", flush=True)
        await stop.wait()


def main(kind: str, target: str, queue: str, path: str) -> None:
    """Work until a signal asks the process to end; what is logged goes to standard error."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run({"asyncworker": ours, "temporalio": theirs}[kind](target, queue, Log(path)))


if __name__ == "__main__":
    main(*sys.argv[1:])
