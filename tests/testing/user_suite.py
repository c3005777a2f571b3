"""Tests as a user of the pytest plugin writes them; test_pytest_plugin.py runs them, on several plugins and servers.

With the mark that it puts first, and as a module of another name.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from asyncworker import Client, RetryPolicy, Worker, activity
from asyncworker.client import Interceptor
from asyncworker.converter import DataConverter, PayloadCodec
from asyncworker.exceptions import ActivityFailureError, ApplicationError, TimeoutError as ActivityTimeoutError
from asyncworker.testing import CompleteAsyncError


@activity.defn(task_queue="orders", start_to_close_timeout=60, heartbeat_timeout=30)
async def pack(order_id: str, items: int) -> str:
    for item in range(activity.heartbeat_details(int, default=0), items):
        activity.heartbeat(item + 1)
        await asyncio.sleep(0.01)
    return f"{order_id}: {items} packed in attempt {activity.info().attempt}"


@activity.defn(
    start_to_close_timeout=60,
    retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=50), maximum_attempts=3),
)
async def ship(order_id: str) -> str:
    if activity.info().attempt < 2:
        raise ConnectionError("the carrier is away")
    return f"{order_id} shipped"


@activity.defn(start_to_close_timeout=timedelta(seconds=1), retry_policy=RetryPolicy(maximum_attempts=1))
async def hang() -> None:
    await asyncio.Event().wait()


@activity.defn(start_to_close_timeout=60)
async def refuse() -> None:
    raise ApplicationError("never", non_retryable=True)


@activity.defn(start_to_close_timeout=60)
async def approve() -> str:
    activity.raise_complete_async()


@activity.defn(start_to_close_timeout=60)
def weigh(grams: list[int]) -> int:
    return sum(grams)


@pytest.fixture
def worker():
    return Worker(task_queue="orders", activities=[pack, ship, hang, refuse, approve, weigh])


async def test_it_packs(test_worker, worker):
    async with test_worker(worker) as t:
        assert await t.run(pack, "7", 3) == "7: 3 packed in attempt 1"
        assert await t.run(weigh, [1, 2]) == 3


async def test_it_is_tried_again(test_worker, worker):
    async with test_worker(worker) as t:
        assert await t.run(ship, "7") == "7 shipped"


async def test_it_times_out(test_worker, worker):
    async with test_worker(worker) as t:
        with pytest.raises(ActivityFailureError) as caught:
            await t.run(hang)
    assert isinstance(caught.value.cause, ActivityTimeoutError)


async def test_it_is_refused(test_worker, worker):
    async with test_worker(worker) as t:
        with pytest.raises(ActivityFailureError) as caught:
            await t.run(refuse)
    assert str(caught.value.cause) == "never"


async def test_it_is_cancelled(test_worker, worker):
    async with test_worker(worker) as t:
        run = await t.start(pack, "7", 1_000_000, heartbeat_timeout=1)
        assert (await run.wait_for_heartbeat())[-1][0] >= 1
        await run.cancel()
        with pytest.raises(ActivityFailureError):
            await run.result()
        assert await run.wait_for_state("Canceled") == "Canceled"


async def test_it_is_completed_from_outside(test_worker, worker):
    async with test_worker(worker) as t:
        run = await t.start(approve)
        await run.wait_for_attempt()
        await run.complete("yes")
        assert await run.result() == "yes"


async def test_a_second_worker_runs_beside_the_first(test_worker, worker):
    @activity.defn(start_to_close_timeout=60)
    async def bill(order_id: str) -> str:
        return f"{order_id} billed"

    async with test_worker(worker) as t, test_worker(Worker(task_queue="bills", activities=[bill])) as bills:
        assert await bills.run(bill, "7") == "7 billed"
        assert await t.run(ship, "7") == "7 shipped"


async def test_a_worker_with_another_converter(test_worker, worker):
    class Interception(Interceptor):
        intercepted = 0

        def intercept_client(self, next):
            self.intercepted += 1
            return next

    class Noting(PayloadCodec):
        def __init__(self):
            self.encoded = []

        async def encode(self, payloads):
            self.encoded += [payload.data for payload in payloads]
            return list(payloads)

        async def decode(self, payloads):
            return list(payloads)

    codec, interceptor = Noting(), Interception()
    converter = DataConverter(payload_codec=codec)
    async with test_worker(worker, data_converter=converter, interceptors=[interceptor]) as t:
        assert await t.run(ship, "7") == "7 shipped"
        assert t.client.data_converter is converter
        assert interceptor.intercepted == 1
    assert b'"7"' in codec.encoded
    assert b'"7 shipped"' in codec.encoded


async def test_virtual_time(test_worker, worker):
    async with test_worker(worker) as t:
        await t.time.advance(3600)
        assert t.time.elapsed >= timedelta(hours=1)


async def test_a_client(temporal_client, worker):
    assert isinstance(temporal_client, Client)
    async with Worker(temporal_client, task_queue="client-orders", activities=[pack, ship]):
        assert await temporal_client.execute_activity(pack, "7", 2, task_queue="client-orders", id="pack-7") == (
            "7: 2 packed in attempt 1"
        )
        assert await temporal_client.execute_activity(ship, "7", task_queue="client-orders", id="ship-7") == "7 shipped"


async def test_a_target(temporal_target):
    async with await Client.connect(temporal_target) as client:
        assert await client.count_activities("ActivityType = 'none'") is not None


async def test_a_server_in_memory(fake_temporal, worker):
    async with Worker(fake_temporal.client(), task_queue="orders", activities=[pack]):
        task = fake_temporal.add_task(pack, "7", 1, task_queue="orders")
        await task.wait_closed()
    assert task.result == "7: 1 packed in attempt 1"


async def test_an_attempt(activity_environment):
    assert await activity_environment.run(pack, "7", 2) == "7: 2 packed in attempt 1"
    assert activity_environment.heartbeats == [(1,), (2,)]


async def test_an_attempt_that_stays_open(activity_environment):
    with pytest.raises(CompleteAsyncError):
        await activity_environment.run(approve)


@pytest.fixture
def both(temporal_client, fake_temporal):
    return temporal_client, fake_temporal


async def test_two_fixtures_are_of_one_loop(both, request):
    client, temporal = both
    if request.config.getoption("--temporal") == "real":
        assert not temporal.calls
    else:
        await client.count_activities()
        assert temporal.requests("CountActivityExecutions")
