"""What a worker does while the server cannot be reached: it keeps what it has, and tells it when it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from shared_servers import SharedServer

from asyncworker import Client, Worker, activity
from asyncworker.client import KeepAlive

from .calls import Caller, StandaloneCaller, WorkflowCaller, eventually, until
from .proxy import Proxy

pytestmark = pytest.mark.server


@asynccontextmanager
async def behind_proxy(caller: Caller, *activities: Any) -> AsyncIterator[tuple[Proxy, Worker]]:
    """Run a worker whose way to the server leads through a proxy; who calls its activities has another."""
    async with (
        Proxy(caller.target) as proxy,
        await Client.connect(proxy.target, keep_alive=KeepAlive(interval=10, timeout=1)) as client,
        Worker(
            client, task_queue=caller.task_queue, activities=activities, max_heartbeat_throttle_interval=0.05
        ) as worker,
    ):
        yield proxy, worker


class Stage:
    """Activities that end when the curtain falls."""

    def __init__(self) -> None:
        self.curtain = anyio.Event()
        self.was_cancelled = anyio.Event()
        self.attempts: list[str] = []

    @activity.defn
    async def succeed(self) -> int:
        await self._play()
        return activity.info().attempt

    @activity.defn
    async def fail_first(self) -> int:
        await self._play()
        if activity.info().attempt == 1:
            raise ValueError("at first")
        return activity.info().attempt

    @activity.defn(auto_heartbeat=True)
    async def stop(self) -> None:
        try:
            await self._play()
        finally:
            self.was_cancelled.set()
            await self.curtain.wait()

    async def _play(self) -> None:
        self.attempts.append(f"{activity.info().activity_type} {activity.info().attempt}")
        await self.curtain.wait()


async def test_replies_survive_an_outage(caller: Caller):
    """A result, a failure and a cancellation that come about while the server is away arrive when it is back."""
    stage = Stage()
    async with behind_proxy(caller, stage) as (proxy, _):
        succeeding = await caller.start("succeed")
        failing = await caller.start("fail_first")
        stopping = await caller.start("stop", heartbeat_timeout=20)
        # The server has handed them out before the worker has them.
        await until(lambda: len(stage.attempts) == 3)
        await stopping.cancel()
        await stage.was_cancelled.wait()
        proxy.cut()
        stage.curtain.set()
        await until(lambda: proxy.refused >= 2)
        proxy.mend()
        results = [await succeeding.result(), await failing.result()]
        error = await stopping.failure()

    assert results == [1, 2]
    assert type(error).__name__ == "CancelledError"
    # Nothing else was tried again.
    assert sorted(stage.attempts) == ["fail_first 1", "fail_first 2", "stop 1", "succeed 1"]


async def test_an_activity_runs_through_an_outage(caller: Caller):
    """An activity hears nothing of an outage: its heartbeats are heard again afterwards, the newest of them."""
    numbers = iter(range(10**6))
    newest = [-1]
    done = anyio.Event()

    @activity.defn
    async def count() -> int:
        while not done.is_set():
            newest[0] = next(numbers)
            activity.heartbeat(newest[0])
            await asyncio.sleep(0.01)
        return activity.info().attempt

    async with behind_proxy(caller, count) as (proxy, _):
        call = await caller.start(count, heartbeat_timeout=20)
        await eventually(call.standing, lambda now: now.heartbeat_details is not None)
        proxy.cut()
        await until(lambda: proxy.refused >= 2)
        silent_since = newest[0]
        proxy.mend()
        await eventually(call.standing, lambda now: now.heartbeat_details > silent_since)
        done.set()
        result = await call.result()

    assert result == 1


async def test_polling_goes_on_after_an_outage(caller: Caller):
    """A worker that could not poll for a while takes what was scheduled meanwhile."""
    stage = Stage()
    stage.curtain.set()
    async with behind_proxy(caller, stage) as (proxy, _):
        await caller.result("succeed")
        proxy.cut()
        await until(lambda: proxy.refused >= 1)
        call = await caller.start("succeed")
        proxy.mend()
        assert await call.result() == 1


@pytest.mark.slow
async def test_a_long_outage(server: SharedServer, client: Client, workflows: None, task_queue: str):
    """12 s without a server, or a connection that died silently, cost no attempt; a reply is kept while it counts."""

    async def cut(caller: Caller) -> Any:
        stage = Stage()
        async with behind_proxy(caller, stage) as (proxy, _):
            call = await caller.start("succeed", start_to_close_timeout=60)
            # The server has handed it out before the worker has it.
            await until(lambda: stage.attempts)
            proxy.cut()
            stage.curtain.set()
            await anyio.sleep(12)
            proxy.mend()
            return await call.result()

    async def dead(caller: Caller) -> Any:
        stage = Stage()
        async with behind_proxy(caller, stage) as (proxy, _):
            call = await caller.start("succeed", start_to_close_timeout=60)
            # The server has handed it out before the worker has it.
            await until(lambda: stage.attempts)
            proxy.freeze()
            stage.curtain.set()
            await anyio.wait_all_tasks_blocked()
            proxy.thaw()
            return await call.result()

    async def too_late(caller: Caller) -> Any:
        stage = Stage()
        async with behind_proxy(caller, stage) as (proxy, worker):
            call = await caller.start("succeed", start_to_close_timeout=1)
            # The server has handed it out before the worker has it.
            await until(lambda: stage.attempts)
            proxy.cut()
            stage.curtain.set()
            await until(lambda: worker.slots_used == 0)
            proxy.mend()
            return await call.result()

    with anyio.fail_after(55):
        results = await asyncio.gather(
            cut(WorkflowCaller(server.target, client, f"{task_queue}-1")),
            cut(StandaloneCaller(server.target, client, f"{task_queue}-2")),
            dead(StandaloneCaller(server.target, client, f"{task_queue}-3")),
            too_late(StandaloneCaller(server.target, client, f"{task_queue}-4")),
        )

    assert results == [1, 1, 1, 2]  # type: ignore[comparison-overlap]
