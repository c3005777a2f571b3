"""Workers that are stopped and started again under load."""

from __future__ import annotations

import asyncio
import random

import pytest

from .temporal import Temporal
from .world import World


# At lower rates a task may come when no poll is open any more.
@pytest.mark.parametrize(("ends_polls", "rate"), [(True, 50), (False, 50), (False, 2)])
async def test_restarts_under_load(ends_polls, rate):
    """Worker after worker stops while tasks are handed out, and whatever was on its way to one is run by it.

    Where the server ends polls, it does so without regard to tasks that it is just handing out.
    """
    random.seed(7)
    world = World(Temporal(ends_polls=ends_polls, hand_out=0.01))
    client = world.client()

    async def load() -> None:
        while True:
            await asyncio.sleep(random.expovariate(rate))
            world.temporal.schedule(seconds=0.1)

    async with world.serving():
        loading = asyncio.create_task(load())
        for _ in range(20):
            async with world.worker(client, max_concurrent_activity_task_polls=5):
                await asyncio.sleep(random.uniform(0.5, 1.5))
        loading.cancel()
        async with world.worker(client):
            await world.finish()
        await client.close()

    world.check()
    assert {attempt.number for attempt in world.temporal.attempts} == {1}
