"""A worker in a process of its own, for tests that send it signals: run with the task queue as its argument."""

from __future__ import annotations

import asyncio
import sys
import threading

from asyncworker import Worker, activity


@activity.defn
async def finish() -> str:
    await activity.wait_for_worker_shutdown()
    return "finished"


@activity.defn
async def interrupted() -> list[int]:
    if activity.info().attempt == 1:
        activity.heartbeat(41)
        await asyncio.sleep(30)
    return [activity.info().attempt, activity.heartbeat_details(int)]


@activity.defn
def deaf() -> int:
    if activity.info().attempt == 1:
        threading.Event().wait(30)
    return activity.info().attempt


ACTIVITIES = [finish, interrupted, deaf]


if __name__ == "__main__":
    asyncio.run(Worker(task_queue=sys.argv[1], activities=ACTIVITIES, identity="the process").run())
