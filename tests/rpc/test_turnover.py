from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from itertools import chain, count

import pytest

from asyncworker import Client, Worker, activity
from asyncworker._rpc._target import Target, parse_address
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.testing import DevServer

# So that connections end every three seconds, and nothing but that slows calls down.
SERVER = {
    "frontend.keepAliveMaxConnectionAge": "3s",
    "frontend.keepAliveMaxConnectionAgeGrace": "70s",
    "frontend.rps": 100_000,
    "frontend.namespaceRPS": 100_000,
}
# How many connections a client has had when it has seen enough of that.
TURNOVERS = 3
CALLERS = 20


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.server
@pytest.mark.parametrize("max_connection_age", [None, 2.0], ids=["by the server", "by us"])
async def test_turnover_under_load(max_connection_age):
    """Whichever side ends connections, every activity runs once, in its first attempt, and its result arrives."""
    runs: Counter[int] = Counter()
    attempts: Counter[int] = Counter()

    @activity.defn(start_to_close_timeout=60)
    async def work(number: int) -> int:
        runs[number] += 1
        attempts[activity.info().attempt] += 1
        await asyncio.sleep(0.05)
        return number

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(DevServer(dynamic_config=SERVER))
        host, port = parse_address(server.target)
        transports = [Http2Transport(Target(host, port, max_connection_age=max_connection_age)) for _ in range(2)]
        worker_client, client = [
            await stack.enter_async_context(await Client.connect(transport=transport)) for transport in transports
        ]
        await stack.enter_async_context(Worker(worker_client, task_queue="q", activities=[work]))
        numbers = count()

        async def call_until_turned_over() -> list[tuple[int, int]]:
            results = []
            while min(transport.statistics().opened for transport in transports) < TURNOVERS:
                number = next(numbers)
                # A busy machine may hold up a call for longer than a client waits for one.
                result = await client.execute_activity(
                    work, number, id=f"work-{number}", task_queue="q", rpc_timeout=60
                )
                results.append((number, result))
            return results

        results = await asyncio.gather(*(call_until_turned_over() for _ in range(CALLERS)))
        called = next(numbers)

    assert sorted(chain(*results)) == [(number, number) for number in range(called)]
    assert runs == Counter(dict.fromkeys(range(called), 1))
    assert attempts == {1: called}
