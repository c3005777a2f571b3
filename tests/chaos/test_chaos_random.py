"""Faults by chance, many at a time, on a network that tears everything to pieces; the seed says which."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import anyio
import pytest

from asyncworker import Worker
from asyncworker.exceptions import WorkerError

from .faults import FAULTS, Fault, is_possible, silence
from .http2_server import Call, Step
from .temporal import Temporal
from .world import World

_SEEDS = range(30)
_ACTIVITIES = 30
# Of simulated time, after which all goes well again.
_TROUBLED_SECONDS = 120


class Chance:
    """A gremlin that strikes now and then, for a while."""

    def __init__(self, rng: random.Random, faults: Sequence[Fault]) -> None:
        self._rng = rng
        self._faults = faults
        self._probability = rng.choice((0.001, 0.01, 0.03))
        self.is_at_work = True

    async def __call__(self, step: Step, call: Call) -> None:
        if self.is_at_work and self._rng.random() < self._probability:
            possible = [fault for fault in self._faults if is_possible(fault, step)]
            await self._rng.choice(possible)(call)


async def trouble(world: World, rng: random.Random) -> None:
    """Take the server away now and then, for up to a minute, in one of four ways."""
    ends_at = asyncio.get_running_loop().time() + _TROUBLED_SECONDS
    while (left := ends_at - asyncio.get_running_loop().time()) > 0:
        await asyncio.sleep(rng.uniform(0, 40))
        away = rng.uniform(0, min(60.0, max(left, 0)))
        match rng.randrange(4):
            case 0:
                world.server.crash()
                await asyncio.sleep(away)
                await world.server.listen("temporal", 7233)
            case 1:
                with world.network.unknown("temporal"):
                    world.server.say_goodbye()
                    await asyncio.sleep(away)
            case 2:
                world.network.is_dropping = True
                for link in world.network.open_links:
                    link.silence()
                await asyncio.sleep(away)
                world.network.is_dropping = False
            case _:
                for link in world.network.open_links:
                    link.cut()


async def load(world: World, rng: random.Random) -> None:
    """Have activities done, now and then."""
    for _ in range(_ACTIVITIES):
        await asyncio.sleep(rng.expovariate(0.5))
        world.temporal.schedule(seconds=rng.choice((0, 0.1, 1, 5)), size=rng.choice((0, 10, 100_000)))


async def work(world: World, rng: random.Random) -> None:
    """Have one worker after the other do them; the last one stays to the end."""
    for restart in range(lives := rng.randrange(1, 4)):
        # Connections may turn over all the time.
        client = world.client(max_connection_age=rng.choice((3.0, 30.0, 240.0)))
        worker = world.worker(client, graceful_shutdown_timeout=1000)
        async with anyio.create_task_group() as group:
            group.start_soon(supervise, worker)
            if restart < lives - 1:
                await asyncio.sleep(rng.uniform(0, 30))
            else:
                await asyncio.sleep(_TROUBLED_SECONDS + 60)
                await world.finish()
            await worker.shutdown()
            group.cancel_scope.cancel()
        await client.close()


async def supervise(worker: Worker) -> None:
    """Run a worker, and start it again if it did not find its server."""
    while True:
        try:
            await worker.run(handle_signals=False)
        except WorkerError:
            await asyncio.sleep(5)
        else:
            return


@pytest.mark.parametrize("seed", _SEEDS)
async def test_all_is_done_through_random_faults_and_restarts(seed, monkeypatch):
    """Through faults, outages and restarts: all is done, and each task that has come is completed by its worker."""
    rng = random.Random(seed)
    # What the worker does by chance is to be the same each time as well.
    random.seed(seed)
    # Outages are shorter than any timeout.
    temporal = Temporal(start_to_close=400, heartbeat=400, ends_polls=rng.random() < 0.5)
    world = World(temporal, window=rng.choice((20_000, 65535, 1 << 20)))
    world.network.latency = rng.choice((0.0, 0.001, 0.2))
    world.network.shred = rng.choice((None, lambda: rng.choice((1, 9, 10, 100, 5000, 50_000))))
    # A connection that is silenced may be found out too late for an attempt's deadline only if there are many.
    world.server.gremlin = chance = Chance(rng, [fault for fault in FAULTS if fault is not silence])

    async with world.serving(), anyio.create_task_group() as group:
        group.start_soon(load, world, rng)
        group.start_soon(trouble, world, rng)
        group.start_soon(_relent, chance)
        await work(world, rng)

    world.check()
    await world.check_nothing_is_left()


async def _relent(chance: Chance) -> None:
    await asyncio.sleep(_TROUBLED_SECONDS)
    chance.is_at_work = False
