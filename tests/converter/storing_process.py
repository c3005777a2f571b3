"""A worker that gets stuck in the middle of storing its result: run with the server, the task queue and the folder."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from asyncworker import Client, DataConverter, Worker, activity
from asyncworker.converter import ExternalStorage, FileStorageDriver


@activity.defn
async def make(size: int) -> str:
    return "x" * size


def get_stuck(path: Path, target: Path) -> None:
    """Take the place of the rename that makes a whole file visible."""
    print("storing", flush=True)
    threading.Event().wait()


async def main(server: str, task_queue: str, folder: str) -> None:
    converter = DataConverter(external_storage=ExternalStorage([FileStorageDriver(folder)]))
    async with await Client.connect(server, data_converter=converter) as client:
        await Worker(client, task_queue=task_queue, activities=[make]).run()


if __name__ == "__main__":
    Path.replace = get_stuck  # type: ignore[assignment]
    asyncio.run(main(*sys.argv[1:]))
