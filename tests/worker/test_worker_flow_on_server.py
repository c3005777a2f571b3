"""Flow control where the real server has a say: how many polls it asks for, how fast it gives tasks out."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from worker_helpers import Worker, until

from asyncworker import ActivityHandle, Client, activity
from asyncworker.testing import DevServer

pytestmark = pytest.mark.server

_SETTINGS = {
    "frontend.pollerAutoscalingAutoEnroll": True,
    "frontend.enableCancelWorkerPollsOnShutdown": True,
    # A poll that waited so long for its task was one too many: a second, unless told otherwise.
    "matching.pollerScalingWaitTime": "20ms",
}


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    """A server that enrolls workers into autoscaling, and soon thinks that there are too many polls."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(DevServer(dynamic_config=_SETTINGS)) as started,
    ):
        yield started


@pytest.fixture
async def client(server: DevServer) -> AsyncIterator[Client]:
    async with await Client.connect(server.target) as connected:
        yield connected


@activity.defn
async def pack(number: int) -> datetime:
    await anyio.sleep(0.01)
    return activity.info().started_time


async def start(client: Client, task_queue: str, count: int) -> list[ActivityHandle[datetime]]:
    """Start so many activities, before anybody is there to run them."""
    handles: list[ActivityHandle[datetime]] = []

    async def one(number: int) -> None:
        handles.append(
            await client.start_activity(
                pack, number, id=uuid.uuid4().hex, task_queue=task_queue, start_to_close_timeout=30
            )
        )

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number)
    return handles


async def test_polls_follow_the_backlog(client, task_queue):
    """A worker that was told nothing is enrolled: with a backlog it has more polls, without one it has fewer."""
    backlog = await start(client, task_queue, 250)
    peak = 0
    async with Worker(client, task_queue=task_queue, activities=[pack], max_concurrent_activities=20) as worker:
        pollers = worker._worker_run.pollers
        began_with = pollers.target
        for handle in backlog:
            await handle.result()
            peak = max(peak, pollers.target)
        with anyio.fail_after(30):
            while pollers.target >= peak:
                await anyio.sleep(0.03)
                await (await start(client, task_queue, 1))[0].result()
        await until(lambda: len(pollers) < peak)

    assert pollers.is_autoscaling
    assert began_with == 5
    assert peak > 5


async def test_the_server_keeps_the_queues_rate(client, task_queue):
    """At two per second six tasks are not given out at once, however many slots and polls are free for them."""
    worker = Worker(client, task_queue=task_queue, activities=[pack], max_task_queue_activities_per_second=2)
    async with worker:
        # Polls bring the rate: until the server has taken it over, it gives out what there is.
        for _ in range(2):
            [first] = await start(client, task_queue, 1)
            await first.result()
        handles = await start(client, task_queue, 6)
        started = sorted([await handle.result() for handle in handles])

    # What falls due is given out in bunches.
    assert (started[-1] - started[0]).total_seconds() > 1
