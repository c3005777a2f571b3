"""Count what one activity task travels through: calls and files of asyncworker, from the task to its reply.

``python scripts/trace_task.py`` runs one activity without and one with a heartbeat against ``FakeTemporal``, whose own
calls and transport are left out, and prints a table by file; with ``--calls`` it prints each call and its caller. A
coroutine that goes on counts again, and the poll that follows is among the calls.
"""

from __future__ import annotations

import argparse
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
# The fake server, its transport, and what stands in for the calls with callbacks that this transport does not have.
_FAKE = (f"{_PACKAGE}/testing", f"{_PACKAGE}/_rpc/_grpclib")
_STAND_IN = f"{_PACKAGE}/_rpc/_callbacks.py"


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
        if frame.f_code.co_filename.startswith(_FAKE):
            return True
        frame = frame.f_back
    return False


async def _trace(fn: Any) -> list[tuple[str, str, str]]:
    """Return the file, the function and the caller of each call."""
    calls: list[tuple[str, str, str]] = []

    def record(frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(_PACKAGE) and name != _STAND_IN and not _is_fake(frame):
            caller = "" if frame.f_back is None else frame.f_back.f_code.co_qualname
            calls.append((name[len(_PACKAGE) + 1 :], frame.f_code.co_qualname, caller))

    async with (
        FakeTemporal() as temporal,
        # Without what comes in between, and is none of the task's: worker heartbeats, and the watchdog's timer.
        Worker(
            temporal.client(),
            task_queue="traced",
            activities=[fn],
            worker_heartbeat_interval=None,
            loop_block_threshold=None,
        ),
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", action="store_true", help="print each call, in its order")
    options = parser.parse_args()
    for fn in (plain, heartbeating):
        calls = anyio.run(_trace, fn)
        by_file = Counter(file for file, _, _ in calls)
        print(f"{fn.__name__}: {len(calls)} calls through {len(by_file)} files")
        if options.calls:
            for file, function, caller in calls:
                print(f"{function}  ({file}, by {caller})")
        else:
            for file, count in by_file.most_common():
                print(f"{count:6} {file}")


if __name__ == "__main__":
    main()
