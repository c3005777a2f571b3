"""What becomes of polls while the server, or the way to it, is silent: no task is orphaned, and every worker ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest
from shared_servers import SharedServer

from asyncworker import Client, Worker, activity
from asyncworker._rpc._long_poll import UnansweredError
from asyncworker.testing import FakeTemporal
from asyncworker.worker import PollFailed, WorkerEvent

from .calls import until
from .proxy import Proxy

QUEUE = "orders"
POLL = "PollActivityTaskQueue"
# The shortest that a server takes.
SHORT = 3.0

transports = pytest.mark.parametrize("options", [{}, {"transport": "grpclib"}], ids=["own", "grpclib"])


@activity.defn
async def which(number: int) -> tuple[int, int]:
    return number, activity.info().attempt


def impatient(worker: Worker, patience: float) -> Worker:
    """The same, but a poll that is not answered is soon given up."""
    worker._settings = replace(worker._settings, late_response_timeout=patience, shutdown_response_timeout=patience)
    return worker


@asynccontextmanager
async def through(proxy: Proxy, **options: Any) -> AsyncIterator[Client]:
    async with await Client.connect(proxy.target, **options) as client:
        yield client


@asynccontextmanager
async def silent_to(patience: float, **options: Any) -> AsyncIterator[tuple[FakeTemporal, Proxy, Worker]]:
    """A server behind a proxy, and a worker that has run its first activity, with polls open."""
    async with FakeTemporal() as temporal, Proxy(temporal.target) as proxy, through(proxy) as client:
        worker = Worker(
            client,
            task_queue=QUEUE,
            activities=[which],
            long_poll_timeout=SHORT,
            **options,
        )
        async with impatient(worker, patience):
            await temporal.add_task(which, 0, task_queue=QUEUE).wait_closed()
            await until(lambda: worker.is_polling)
            yield temporal, proxy, worker


@pytest.mark.server
@transports
async def test_a_stall_longer_than_a_poll_orphans_no_task(
    reticent_server: SharedServer, task_queue: str, options: dict[str, Any]
):
    """What was handed out while the network held everything back runs when it lets go, in its first attempt."""
    async with (
        Proxy(reticent_server.target) as proxy,
        through(proxy, **options) as client,
        await Client.connect(reticent_server.target) as direct,
    ):
        call: dict[str, Any] = {"task_queue": task_queue, "start_to_close_timeout": 3600}
        async with Worker(client, task_queue=task_queue, activities=[which], long_poll_timeout=SHORT) as worker:
            await direct.execute_activity(which, 0, id=f"{task_queue}-0", **call)
            await until(lambda: worker.is_polling)
            proxy.freeze()
            handles = [
                await direct.start_activity(which, number, id=f"{task_queue}-{number}", **call)
                for number in range(1, 6)
            ]
            await anyio.sleep(SHORT + 1.5)
            proxy.release()
            with anyio.fail_after(15):
                results = [await handle.result() for handle in handles]

    assert results == [(number, 1) for number in range(1, 6)]


async def test_a_poll_that_no_answer_ends_is_told_and_not_taken_for_an_empty_one(caplog: pytest.LogCaptureFixture):
    """Silence is trouble: log, observers and readiness know of it, and polling goes on when it is over."""
    seen: list[WorkerEvent] = []
    async with silent_to(0.1, observers=[seen.append]) as (temporal, proxy, worker):
        was_ready = worker.is_ready
        proxy.freeze()
        await until(lambda: any(isinstance(event, PollFailed) for event in seen))
        await until(lambda: not worker.is_ready)
        proxy.release()
        task = temporal.add_task(which, 1, task_queue=QUEUE)
        await task.wait_closed()
        await until(lambda: worker.is_ready)

    assert was_ready
    assert task.state == "Completed"
    assert {type(event.error) for event in seen if isinstance(event, PollFailed)} == {UnansweredError}
    told = [record for record in caplog.records if "was not answered, and polling goes on" in record.getMessage()]
    assert [record.levelno for record in told] == [logging.WARNING]


async def test_a_worker_stops_while_the_server_is_silent(caplog: pytest.LogCaptureFixture):
    """A poll is listened to for a while beyond its deadline and then given up, which is said: it may cost a task."""
    async with silent_to(0.1, max_concurrent_activity_task_polls=1) as (_, proxy, worker):
        proxy.freeze()
        with anyio.fail_after(30):
            await worker.shutdown()
        proxy.release()

    assert "is given up as the worker stops" in caplog.text


async def test_a_worker_that_stops_hears_what_comes_late():
    """A task that comes after its poll's deadline, but not too late, is run though the worker stops."""
    async with silent_to(10, max_concurrent_activity_task_polls=1) as (temporal, proxy, worker):
        assert worker._worker_run is not None
        pollers = worker._worker_run.pollers
        assert pollers is not None
        [poller] = pollers._active
        proxy.freeze()
        task = temporal.add_task(which, 1, task_queue=QUEUE)
        stopping = asyncio.create_task(worker.shutdown())
        await until(lambda: asyncio.get_running_loop().time() > poller.deadline)
        proxy.release()
        await stopping

    assert (task.state, task.attempt) == ("Completed", 1)


async def test_polls_that_wait_for_a_connection_do_not_hold_up_the_end(caplog: pytest.LogCaptureFixture):
    """A poll that was never sent cannot bring a task: it ends at once."""
    async with silent_to(60) as (_, proxy, worker):
        assert worker._worker_run is not None
        pollers = worker._worker_run.pollers
        assert pollers is not None
        proxy.cut()
        await until(lambda: any(poller.is_calling and not poller.is_polling for poller in pollers._active))
        pollers.stop()
        with anyio.fail_after(2):
            while pollers._leaving:
                await pollers.wait_for_one(2)
        proxy.mend()

    assert "given up" not in caplog.text
