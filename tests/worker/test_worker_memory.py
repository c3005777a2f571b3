"""What an attempt leaves behind in memory: nothing that has to wait for the garbage collector."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest
from worker_helpers import QUEUE, until

from asyncworker import Client, RetryPolicy, Worker, activity
from asyncworker.converter import DataConverter, DefaultPayloadConverter


class Session:
    """What activity code may keep in a context variable."""


session: contextvars.ContextVar[Session] = contextvars.ContextVar("session")


@pytest.fixture
def no_garbage_collection():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("kind", ["quiet", "heartbeats", "is cancelled"])
async def test_an_activity_s_context_ends_with_its_attempt(temporal, kind):
    """What an activity has in its context variables is freed with its slot."""
    kept: list[weakref.ref[Session]] = []

    @activity.defn
    async def pack() -> None:
        session.set(Session())
        kept.append(weakref.ref(session.get()))
        if kind != "quiet":
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
        while kind == "is cancelled":
            activity.heartbeat(2)
            await asyncio.sleep(0.01)

    async with (
        await Client.connect(temporal.target, tls=False) as client,
        Worker(client, task_queue=QUEUE, activities=[pack]) as worker,
    ):
        task = temporal.add_task(
            pack, task_queue=QUEUE, heartbeat_timeout=0.1, retry_policy=RetryPolicy(maximum_attempts=1)
        )
        if kind == "is cancelled":
            await task.wait_for_heartbeat(1)
            task.request_cancel()
        await task.wait_closed()
        await until(lambda: worker.slots_used == 0)
        await until(lambda: kept[0]() is None)

    assert task.is_closed


@pytest.mark.usefixtures("no_garbage_collection")
async def test_a_heartbeat_that_has_arrived_leaves_nothing(temporal):
    """What was written when a heartbeat left is freed with the call: ten thousand of them would be a collection."""
    written = []
    arrived = asyncio.Event()

    class Watching(DefaultPayloadConverter):
        def to_payloads(self, values):
            payloads = super().to_payloads(values)
            written.extend(weakref.ref(payload) for payload in payloads)
            return payloads

    @activity.defn
    async def pack() -> None:
        # Of a kind of details the first are written at once, and kept; the second wait until they leave.
        activity.heartbeat(1)
        await temporal.wait_for("RecordActivityTaskHeartbeat")
        activity.heartbeat(2)
        await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)
        arrived.set()
        await until(lambda: written[1]() is None)

    client = temporal.client(data_converter=DataConverter(payload_converter=Watching()))
    async with Worker(client, task_queue=QUEUE, activities=[pack]):
        task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.2)
        await task.wait_closed()

    assert arrived.is_set()
    assert task.heartbeats == [[1], [2]]
    assert task.state == "Completed"
