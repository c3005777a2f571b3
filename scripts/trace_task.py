"""Count what one activity task travels through: calls and files of asyncworker, from the task to its reply.

``python scripts/trace_task.py`` runs one activity without and one with a heartbeat against ``FakeTemporal``, whose own
calls and transport are left out, and prints a table by file. A coroutine that goes on counts again, and the poll that
follows is among the calls.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import anyio

import asyncworker
from asyncworker import Worker, activity
from asyncworker.testing import FakeTemporal

_PACKAGE = str(Path(asyncworker.__file__).parent)


@activity.defn
async def plain(value: str) -> str:
    """Return what came."""
    return value


@activity.defn
async def heartbeating(value: str) -> str:
    """Return what came, after a heartbeat."""
    activity.heartbeat(value)
    # The reply comes while the attempt is open: to one that has ended it would be an error, or come after the count.
    await anyio.sleep(0.1)
    return value


def _is_fake(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith((f"{_PACKAGE}/testing", f"{_PACKAGE}/_rpc/_grpclib")):
            return True
        frame = frame.f_back
    return False


async def _trace(fn: Any) -> Counter[str]:
    calls: Counter[str] = Counter()

    def record(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(_PACKAGE) and not _is_fake(frame):
            calls[name[len(_PACKAGE) + 1 :]] += 1

    async with (
        FakeTemporal() as temporal,
        # No worker heartbeats: one that comes in between is none of the task's.
        Worker(temporal.client(), task_queue="traced", activities=[fn], worker_heartbeat_interval=None),
    ):
        # The first is not counted: it does what is done once.
        await temporal.add_task(fn, "x", task_queue="traced", heartbeat_timeout=5).wait_closed()
        await anyio.sleep(0.2)
        sys.setprofile(record)
        try:
            await temporal.add_task(fn, "x", task_queue="traced", heartbeat_timeout=5).wait_closed()
        finally:
            sys.setprofile(None)
    return calls


def main() -> None:
    """Print both tables."""
    for fn in (plain, heartbeating):
        calls = anyio.run(_trace, fn)
        print(f"{fn.__name__}: {calls.total()} calls through {len(calls)} files")
        for name, count in calls.most_common():
            print(f"{count:6} {name}")


if __name__ == "__main__":
    main()
