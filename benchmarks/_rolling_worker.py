"""A worker process of `rolling`, with a log of how each of its polls ended: it is written before anything else."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import IO, Any

import asyncworker
from asyncworker._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from asyncworker._rpc._service import WorkflowService
from asyncworker.worker import WorkerEvent, WorkerStarted


def keep_poll_log(log: IO[str]) -> None:
    """Write a line for each poll for activity tasks: the task's activity id, ``empty``, or the error."""
    poll = WorkflowService.poll

    async def logged(*args: Any, **options: Any) -> Any:
        try:
            response = await poll(*args, **options)
        except BaseException as error:
            log.write(f"error {error!r}\n")
            raise
        if isinstance(response, PollActivityTaskQueueResponse):
            log.write(f"task {response.activity_id}\n" if response.task_token else "empty\n")
        return response

    WorkflowService.poll = logged  # type: ignore[method-assign]


def announce(event: WorkerEvent) -> None:
    """Write a line to standard output once signals are handled."""
    if isinstance(event, WorkerStarted):
        print("ready", flush=True)


@asyncworker.activity.defn
async def work(seconds: float) -> None:
    """Take so many seconds."""
    await asyncio.sleep(seconds)


async def main(target: str, queue: str) -> None:
    """Work until a signal asks the process to end."""
    async with await asyncworker.Client.connect(target) as client:
        await asyncworker.Worker(client, task_queue=queue, activities=[work], observers=[announce]).run()


if __name__ == "__main__":
    target, queue, path = sys.argv[1:]
    with Path(path).open("a", buffering=1, encoding="utf-8") as log:
        keep_poll_log(log)
        asyncio.run(main(target, queue))
