"""While a worker is restarted under load, no attempt is lost."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import anyio
import pytest
from shared_servers import SharedServer

from asyncworker import Client, Worker, activity

from .calls import eventually

pytestmark = [pytest.mark.server, pytest.mark.slow]

RESTARTS = 10
# How long each worker lives before it is stopped.
LIFE = 0.3
STARTS_PER_SECOND = 50


class Load:
    """Starts activities at an even pace, and knows which attempts have run."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self.task_queue = task_queue
        self.started = 0
        self.attempts: list[tuple[str, int]] = []

    @activity.defn
    async def work(self, seconds: float) -> None:
        self.attempts.append((activity.info().activity_id, activity.info().attempt))
        await asyncio.sleep(seconds)

    async def start(self) -> None:
        """Start activities, most of them short, until cancelled; all that were begun have then been started."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as starts:
            try:
                for number in itertools.count():
                    await asyncio.sleep(began + number / STARTS_PER_SECOND - loop.time())
                    starts.create_task(self._start_one(0.5 if number % 10 == 0 else 0.0))
            except asyncio.CancelledError:
                # That is how it is told to end: the starts under way do.
                return

    async def _start_one(self, seconds: float) -> None:
        self.started += 1
        await self.client.start_activity(
            "work",
            seconds,
            id=f"{self.task_queue}-{self.started}",
            task_queue=self.task_queue,
            start_to_close_timeout=120,
        )

    async def find(self, status: str) -> list[str]:
        """List the activities that the server says have this status."""
        query = f"TaskQueue = '{self.task_queue}' AND ExecutionStatus = '{status}'"
        return [found.activity_id async for found in self.client.list_activities(query)]

    async def is_over(self) -> bool:
        """Whether the server has no activity left that runs, and knows of all that there were."""
        total = await self.client.count_activities(f"TaskQueue = '{self.task_queue}'")
        return total.count == self.started and not await self.find("Running")


async def restart_under(load: Load, **settings: Any) -> list[float]:
    """Restart a worker again and again while *load* goes on, and return how many seconds each one took to stop."""
    took = []
    loading = asyncio.create_task(load.start())
    for _ in range(RESTARTS):
        worker = Worker(load.client, task_queue=load.task_queue, activities=[load], **settings)
        async with worker:
            await anyio.sleep(LIFE)
            stopped_at = time.monotonic()
        took.append(time.monotonic() - stopped_at)
    loading.cancel()
    await loading
    async with Worker(load.client, task_queue=load.task_queue, activities=[load], **settings):
        try:
            # A machine that is busy with other things may have a backlog by now.
            await eventually(load.is_over, within=60)
        except TimeoutError:
            left = [await _describe(load.client, each) for each in await load.find("Running")]
            pytest.fail(f"left of {load.started}: {left}")
    return took


async def _describe(client: Client, activity_id: str) -> tuple[str, str, int, str | None]:
    described = await client.get_activity_handle(activity_id).describe()
    return activity_id, described.run_state.name, described.attempt, described.last_worker_identity


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("which", "settings"),
    [("server", {}), ("reticent_server", {"long_poll_timeout": 3})],
    ids=["the server ends polls", "polls end by themselves"],
)
async def test_every_activity_runs_once(
    request: pytest.FixtureRequest, task_queue: str, which: str, settings: dict[str, Any]
):
    """A worker that is restarted ten times under load loses no task and runs none twice."""
    server: SharedServer = request.getfixturevalue(which)
    async with await Client.connect(server.target) as client:
        load = Load(client, task_queue)
        with anyio.fail_after(150):
            took = await restart_under(load, **settings)
        completed = await load.find("Completed")

    expected = [f"{task_queue}-{number + 1}" for number in range(load.started)]
    assert sorted(load.attempts) == sorted((each, 1) for each in expected)
    assert sorted(completed) == sorted(expected)
    # A figure to look at (-s), not a limit: the machine may be busy.
    print(f"{load.started} activities; to stop: {min(took):.3f} to {max(took):.3f} s")
