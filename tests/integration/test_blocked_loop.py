"""A blocked event loop harms no other activity: heartbeats go on, and what the server replies is delivered."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import anyio
import pytest

from asyncworker import ActivityHandle, Client, Worker, activity
from asyncworker.testing import DevServer

from .calls import eventually

pytestmark = pytest.mark.server


def in_thread(call: Any) -> None:
    """Run a coroutine function on a loop of another thread; this one is blocked meanwhile."""
    thread = threading.Thread(target=lambda: anyio.run(call))
    thread.start()
    thread.join()


@activity.defn
async def blocks(seconds: float) -> int:
    time.sleep(seconds)  # noqa: ASYNC251 - what the test is about
    return activity.info().attempt


@activity.defn
async def blocks_and_cancels(target: str, neighbour_id: str) -> None:
    """Cancel another activity, and block the loop until long after that."""

    async def cancel() -> None:
        async with await Client.connect(target) as client:
            await client.get_activity_handle(neighbour_id).cancel()

    in_thread(cancel)
    time.sleep(4)  # noqa: ASYNC251 - as above


@activity.defn
async def blocks_and_heartbeats(seconds: float) -> int:
    attempt = activity.info().attempt
    if attempt == 1:
        activity.heartbeat("about to block")
        await asyncio.sleep(0.1)
        time.sleep(seconds)  # noqa: ASYNC251 - what the test is about
    return attempt


@activity.defn
async def neighbour(until: float) -> list[int]:
    """Heartbeat until a time of the system's clock; return the attempt, and the detail of an earlier one."""
    number = 0
    while time.time() < until:
        activity.heartbeat(number)
        number += 1
        await asyncio.sleep(0.05)
    return [activity.info().attempt, activity.heartbeat_details(int, default=-1)]


@activity.defn
async def silent_neighbour(seconds: float) -> int:
    await asyncio.sleep(seconds)
    return activity.info().attempt


@activity.defn
async def cancelled_neighbour() -> str:
    try:
        while True:
            activity.heartbeat("still here")
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        reason = activity.context().cancel_reason
        return f"{activity.info().attempt}: {reason.value if reason else None}"


ACTIVITIES = [blocks, blocks_and_cancels, blocks_and_heartbeats, neighbour, silent_neighbour, cancelled_neighbour]


class Stage:
    """One queue, and ways to start activities on it."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self.task_queue = task_queue
        self._number = 0

    def worker(self, **options: Any) -> Worker:
        return Worker(self.client, task_queue=self.task_queue, activities=ACTIVITIES, **options)

    async def start(self, fn: Any, *args: Any, **options: Any) -> ActivityHandle[Any]:
        self._number += 1
        activity_id = f"{self.task_queue}-{self._number}"
        options = {"start_to_close_timeout": 60, "result_type": Any, **options}
        return await self.client.start_activity(fn, *args, id=activity_id, task_queue=self.task_queue, **options)

    async def start_and_hear(self, fn: Any, *args: Any, **options: Any) -> ActivityHandle[Any]:
        """Start an activity, and wait for its first heartbeat."""
        handle = await self.start(fn, *args, **options)
        await eventually(handle.describe, lambda found: found.last_heartbeat_time is not None)
        return handle


@pytest.fixture
def stage(client: Client, task_queue: str) -> Stage:
    return Stage(client, task_queue)


async def test_the_neighbours_of_what_blocks_the_loop_stay_alive(stage: Stage):
    """The block is far longer than their heartbeat timeout, and they end in attempt 1."""
    async with stage.worker() as worker:
        handles = [await stage.start_and_hear(neighbour, time.time() + 9, heartbeat_timeout=2) for _ in range(5)]
        blocker = await stage.start(blocks, 5)
        ends = [await handle.result() for handle in handles]

        assert ends == [[1, -1]] * 5
        assert await blocker.result() == 1
        assert worker.statistics().loop_blocks >= 1


async def test_what_a_reply_says_meanwhile_is_delivered_when_the_loop_is_free(server: DevServer, stage: Stage):
    """A cancellation comes with a heartbeat of the watchdog's thread; the activity gets it after the block."""
    async with stage.worker():
        handle = await stage.start_and_hear(cancelled_neighbour, heartbeat_timeout=2)
        await stage.start(blocks_and_cancels, server.target, handle.id)

        assert await handle.result() == "1: cancel_requested"


async def test_what_blocks_the_loop_is_not_kept_alive(stage: Stage):
    """Its heartbeat timeout is what ends it."""
    async with stage.worker():
        handle = await stage.start(blocks_and_heartbeats, 4, heartbeat_timeout=1)

        assert await handle.result() >= 2


async def test_neighbours_are_given_up_after_the_tolerance(stage: Stage):
    """The server gives the work to others then."""
    async with stage.worker(loop_block_tolerance=1):
        handle = await stage.start_and_hear(neighbour, time.time() + 8, heartbeat_timeout=1)
        await stage.start(blocks, 5)

        assert (await handle.result())[0] >= 2


async def test_an_attempt_that_has_not_heartbeated_yet_is_kept_alive_as_well(stage: Stage):
    """It might have, had the loop not been blocked."""
    async with stage.worker() as worker:
        handle = await stage.start(silent_neighbour, 1, heartbeat_timeout=2)
        await eventually(handle.describe, lambda found: worker.slots_used == 1)
        await stage.start(blocks, 4)

        assert await handle.result() == 1
