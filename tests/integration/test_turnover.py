"""While the server turns its connections over every few seconds, no attempt is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from asyncworker import Client, activity
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._target import Target, parse_address
from asyncworker._rpc._transport import Transport
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.testing import DevServer

from .calls import StandaloneCaller, WorkflowCaller
from .proxy import Proxy
from .workflows import running_workflows

pytestmark = [pytest.mark.server, pytest.mark.slow]

ACTIVITIES = 200
# Twice the age at which the server says goodbye to a connection, and a little.
SECONDS = 14.0


@activity.defn
async def work(seconds: float) -> int:
    async with asyncio.timeout(seconds + 10):
        for _ in range(round(seconds / 0.1)):
            activity.heartbeat()
            await asyncio.sleep(0.1)
    return activity.info().attempt


def own(target: str) -> Http2Transport:
    # Does not know the server's age, so that GOAWAYs come.
    return Http2Transport(to_target(target))


def grpclib(target: str) -> GrpclibTransport:
    # Dies of a GOAWAY, and so replaces a connection that a call could outlive.
    return GrpclibTransport.to(to_target(target, max_connection_age=4))


def to_target(address: str, **settings: Any) -> Target:
    host, port = parse_address(address)
    return Target(host, port, **settings)


@pytest.mark.timeout(120)
async def test_every_activity_completes_on_its_first_attempt(task_queue: str):
    """200 activities, half of them in workflows, run once each while connections are turned over, on each transport."""

    async def scene(server: DevServer, transport_to: Callable[[str], Transport]) -> list[int]:
        async with (
            Proxy(server.target) as proxy,
            await Client.connect(transport=transport_to(proxy.target)) as client,
        ):
            queue = f"{task_queue}-{transport_to.__name__}"
            callers = [kind(server.target, client, queue) for kind in (WorkflowCaller, StandaloneCaller)]
            # Heartbeats as a worker sends them; polls that end before their connections do.
            async with callers[0].worker(work, max_heartbeat_throttle_interval=60, long_poll_timeout=3):
                tasks = []
                for number in range(ACTIVITIES):
                    call = callers[number % 2].result(work, 0.1 * (number % 16), heartbeat_timeout=20)
                    tasks.append(asyncio.create_task(call))
                    await anyio.sleep(SECONDS / ACTIVITIES)
                results = await asyncio.gather(*tasks)
        # The first, and one for each turnover.
        assert proxy.accepted >= 3
        return results

    settings = {"frontend.keepAliveMaxConnectionAge": "6s", "frontend.enableCancelWorkerPollsOnShutdown": True}
    async with DevServer(dynamic_config=settings) as server, running_workflows(server.target):
        with anyio.fail_after(90):
            attempts = await asyncio.gather(scene(server, own), scene(server, grpclib))

    assert attempts == [[1] * ACTIVITIES] * 2  # type: ignore[comparison-overlap]
