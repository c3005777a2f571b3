"""The server is away: for a moment, for a minute, for longer than an attempt may take, without a word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from asyncworker._rpc import _caller, _service
from asyncworker.worker.health._liveness import WorkerHealth
from asyncworker.worker.polling import _backoff, _poller, _poller_pool
from asyncworker.worker.run import _health

from .faults import name_of
from .http2_server import Call, Step
from .temporal import Temporal
from .world import HOST, POLL, PORT, World, until, warnings_in

Away = Callable[[World, float], Awaitable[None]]


def now() -> float:
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def at_work(world: World, **options: object) -> AsyncIterator[None]:
    """Have a worker at work, that polls."""
    client = world.client(**options)
    async with world.serving():
        async with world.worker(client):
            await until(lambda: world.temporal.polls == 2)
            yield
        await client.close()
        await world.check_nothing_is_left()


# Ways to be away


async def crashed(world: World, seconds: float) -> None:
    """The server is gone, and then listens again on the same port."""
    world.server.crash()
    await asyncio.sleep(seconds)
    await world.server.listen(HOST, PORT)


async def unknown(world: World, seconds: float) -> None:
    """The name service does not know it, and its connections end."""
    with world.network.unknown(HOST):
        world.server.say_goodbye()
        await asyncio.sleep(seconds)


async def cut_off(world: World, seconds: float) -> None:
    """The network drops what is sent and what wants to connect."""
    world.network.is_dropping = True
    for link in world.network.open_links:
        link.silence()
    await asyncio.sleep(seconds)
    world.network.is_dropping = False


async def overwhelmed(world: World, seconds: float) -> None:
    """The server takes connections and calls, and answers nothing."""
    back = now() + seconds

    async def stall(step: Step, call: Call) -> None:
        await asyncio.sleep(max(0.0, back - now()))

    world.server.gremlin = stall
    await asyncio.sleep(seconds)


_WAYS = (crashed, unknown, cut_off, overwhelmed)


@pytest.mark.parametrize("away", _WAYS, ids=name_of)
async def test_completions_survive_a_minute(away: Away):
    """What ends while the server is away for a minute is completed when it is back, each at its first attempt."""
    world = World(Temporal(start_to_close=200, heartbeat=150))
    async with at_work(world, connect_timeout=5.0):
        world.temporal.schedule(20, seconds=5)
        await until(lambda: len(world.runs) == 20)
        await away(world, 60)
        await world.finish()

    world.check()
    assert [attempt.number for attempt in world.temporal.attempts] == [1] * 20


@pytest.mark.parametrize("away", _WAYS, ids=name_of)
async def test_tasks_come_again(away: Away):
    """What is scheduled while the server is away is done when it is back."""
    world = World(Temporal())
    async with at_work(world):
        trouble: asyncio.Task[None] = asyncio.create_task(away(world, 60))
        await asyncio.sleep(30)
        world.temporal.schedule(20)
        await trouble
        await world.finish()

    world.check()


@pytest.mark.parametrize("away", _WAYS, ids=name_of)
async def test_a_worker_is_live_for_ten_minutes_without_a_server(away: Away, monkeypatch: pytest.MonkeyPatch):
    """It is not ready; but a restart would kill attempts whose results are to survive."""
    for module in (_poller, _poller_pool, _backoff, _health, _caller, _service):
        # Ages are on another clock than the loop's, which is the one that jumps.
        monkeypatch.setattr(module, "monotonic", now)
    world = World(Temporal(start_to_close=3600))
    client = world.client(connect_timeout=5.0)
    seen: list[WorkerHealth] = []
    async with world.serving():
        async with world.worker(client) as worker:
            await until(lambda: worker.is_ready)
            trouble: asyncio.Task[None] = asyncio.create_task(away(world, 600))
            while not trouble.done():
                await asyncio.sleep(1)
                seen.append(worker.health())
            await until(lambda: worker.is_ready)
        await client.close()

    assert len(seen) >= 600
    assert [health for health in seen if not health.is_live] == []
    # It takes two polls to tell a silent server from one that has nothing.
    assert not any(health.is_ready for health in seen[150:-30])


async def test_a_restart_is_soon_over():
    """A server that is back at once on the same port is polled again within a second or two."""
    world = World(Temporal())
    async with at_work(world):
        await crashed(world, 0.0)
        began = now()
        await until(lambda: world.temporal.polls == 2, step=0.01)

        assert now() - began < 2


async def test_an_attempt_that_cannot_be_saved():
    """A completion is tried until its attempt's own deadline; then it is given up, and the next attempt counts."""
    world = World(Temporal(start_to_close=30))
    async with at_work(world):
        world.temporal.schedule(seconds=1)
        await until(lambda: world.runs)
        await crashed(world, 60)
        await world.finish()

    assert [attempt.outcome for attempt in world.temporal.attempts] == ["timed out", "completed"]
    assert world.runs == {"activity-0/1": 1, "activity-0/2": 1}


async def test_stopping_while_the_server_is_away():
    """A worker ends although the server is silent: its polls fail, and what is left to send is dropped in time."""
    world = World(Temporal(start_to_close=30))
    client = world.client()
    async with world.serving():
        worker = world.worker(client, graceful_shutdown_timeout=10, hard_shutdown_timeout=5)
        async with worker:
            world.temporal.schedule(2, seconds=2)
            await until(lambda: len(world.runs) == 2)
            world.server.crash()
            began = now()
        await client.close()

    assert now() - began < 20
    assert all(attempt.outcome == "" for attempt in world.temporal.attempts)


async def test_a_first_poll_without_much_time_left():
    """A poll that found a connection only when its time was nearly over is refused; the worker is not, and polls on."""
    world = World(Temporal(ends_polls=False))

    async def cut_off_after_the_first_call(step: Step, call: Call) -> None:
        if step is Step.TRAILERS and call.method == "DescribeNamespace":
            world.network.is_dropping = True
            call.connection.hang_up()

    world.server.gremlin = cut_off_after_the_first_call
    client = world.client()
    async with world.serving(), world.worker(client):
        await until(lambda: world.network.is_dropping, step=0.01)
        # Of the ten seconds that a poll has where the server does not end polls.
        await asyncio.sleep(8.5)
        world.network.is_dropping = False
        world.temporal.schedule(3)
        await world.finish()
    await client.close()

    world.check()
    refused = [call for call in world.server.calls if call.method == POLL and call.timeout <= 2]
    # One or both: when the next attempt to connect is made is random.
    assert refused


# Connections that end, and those that do not


async def test_a_half_open_connection():
    """A connection on which nothing arrives any more is found by keep-alive: after 30 s a PING, 15 s later the end."""
    world = World(Temporal(ends_polls=True))
    async with at_work(world):
        world.network.links[0].silence()
        silent_since = now()
        world.temporal.schedule(3)
        await until(lambda: world.network.links[0].client.is_lost, step=0.1)
        found_after = now() - silent_since
        await world.finish()

    # The two polls that waited were given tasks which no worker received.
    assert [attempt.is_delivered for attempt in world.temporal.attempts].count(False) == 2
    assert found_after == pytest.approx(45, abs=1)
    world.check()


async def test_nothing_to_do_for_an_hour(caplog):
    """A worker without tasks goes from one connection to the next, polls, and asks for signs of life sparingly."""
    caplog.set_level(logging.WARNING)
    world = World(Temporal())
    async with at_work(world):
        await asyncio.sleep(3600)
        world.temporal.schedule(3)
        await world.finish()

    world.check()
    assert warnings_in(caplog) == []
    assert world.troubles == []
    # One in four minutes, ± 10 %.
    assert 13 <= len(world.server.connections) <= 18
    # Two polls, each answered after 59 s.
    assert 118 <= len([call for call in world.server.calls if call.method == POLL]) <= 140
    assert sum(connection.pings for connection in world.server.connections) <= 3600 / 30


@pytest.mark.parametrize("ends_polls", [True, False])
async def test_turnover_all_the_time(ends_polls, caplog):
    """While connections are replaced every three seconds, by both ends, no call is lost and no poll is cut short."""
    caplog.set_level(logging.WARNING)
    world = World(Temporal(ends_polls=ends_polls))

    async def turn_over() -> None:
        while True:
            await asyncio.sleep(3)
            world.server.say_goodbye()

    async with at_work(world, max_connection_age=3.0):
        turning = asyncio.create_task(turn_over())
        for _ in range(100):
            world.temporal.schedule(2, seconds=2)
            await asyncio.sleep(0.6)
        await world.finish()
        turning.cancel()

    world.check()
    assert len(world.server.connections) > 20
    assert [attempt.number for attempt in world.temporal.attempts] == [1] * 200
    assert world.troubles == []
    assert warnings_in(caplog) == []


async def test_going_away_before_anything_was_asked():
    """A server that says GOAWAY as its first words is asked again on the next connection."""
    world = World(Temporal())
    welcome = world.server.greet
    refusals = iter(range(3))

    def go_away(connection):
        welcome(connection)
        if next(refusals, None) is not None:
            connection.go_away(0)

    world.server.greet = go_away
    async with at_work(world):
        world.temporal.schedule(3)
        await world.finish()

    world.check()
    assert len(world.server.connections) == 4


async def test_one_byte_at_a_time():
    """However the network tears apart what is sent, it is put together again."""
    world = World(Temporal(), window=50)
    world.network.shred = lambda: 1
    async with at_work(world):
        world.temporal.schedule(20, seconds=0)
        await world.finish()

    world.check()
