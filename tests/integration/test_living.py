"""How a worker comes to life, with whom it shares, and how it fails."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from shared_servers import SharedServer

from asyncworker import Client, Worker, WorkerError, activity
from asyncworker.exceptions import ClientClosedError, RPCError
from asyncworker.worker import (
    ActivityFinished,
    ActivityStarted,
    SlotPermit,
    SlotReservation,
    SlotSupplier,
    WorkerEvent,
    WorkerStarted,
    WorkerStopped,
    WorkerStopping,
)

from .calls import Caller, StandaloneCaller

pytestmark = pytest.mark.server


@activity.defn
async def who() -> str:
    return activity.info().task_queue


async def test_a_worker_connects_itself(
    server: SharedServer, standalone: StandaloneCaller, monkeypatch: pytest.MonkeyPatch
):
    """Without a client a worker connects as its environment says, and closes what it has opened."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", server.target)
    monkeypatch.setenv("TEMPORAL_TASK_QUEUE", standalone.task_queue)
    async with Worker(activities=[who]) as worker:
        used = worker.client
        result = await standalone.result(who)

    assert result == standalone.task_queue
    assert worker.client is None
    assert used is not None
    with pytest.raises(ClientClosedError):
        await used.count_activities(rpc_timeout=0.2)


async def test_workers_share_a_client(client: Client, server: SharedServer, task_queue: str):
    """Any number of workers can share a client, which stays open when they stop."""
    callers = [StandaloneCaller(server.target, client, f"{task_queue}-{number}") for number in range(3)]
    async with callers[0].worker(who), callers[1].worker(who):
        results = list(await asyncio.gather(*(caller.result(who) for caller in callers[:2])))
    async with callers[2].worker(who):
        results.append(await callers[2].result(who))

    assert results == [caller.task_queue for caller in callers]


async def test_an_unknown_namespace_is_an_error_at_once(server: SharedServer, task_queue: str):
    """A worker of a namespace that does not exist does not start, and says which one."""
    async with await Client.connect(server.target, namespace="nowhere") as client:
        worker = Worker(client, task_queue=task_queue, activities=[who])
        with pytest.raises(WorkerError, match=r"namespace 'nowhere' .*NOT_FOUND: Namespace nowhere is not found"):
            await worker.run()
        with pytest.raises(WorkerError, match="nowhere"):
            await worker.__aenter__()

    assert not worker.is_running


class Gate(SlotSupplier):
    """Gives no slot before it is open."""

    def __init__(self) -> None:
        self.is_open = anyio.Event()

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        await self.is_open.wait()
        return SlotPermit()

    def release_slot(self, permit: SlotPermit) -> None:
        pass


async def test_a_worker_that_is_refused_cancels_its_block(standalone: StandaloneCaller):
    """When the server refuses a worker's polls for good, the block it runs in is cancelled, and WorkerError raised."""
    gate = Gate()
    # The server takes an identity of this length in no call.
    worker = standalone.worker(who, identity="x" * 1001, slot_supplier=gate)
    was_cancelled = anyio.Event()

    async def block() -> None:
        async with worker:
            gate.is_open.set()
            try:
                await anyio.sleep_forever()
            except anyio.get_cancelled_exc_class():
                was_cancelled.set()
                raise

    with anyio.fail_after(15), pytest.raises(WorkerError, match="INVALID_ARGUMENT") as refused:
        await block()

    assert was_cancelled.is_set()
    assert isinstance(refused.value.__cause__, RPCError)
    with pytest.raises(WorkerError, match="INVALID_ARGUMENT"):
        await worker.run()


async def test_slots_bound_what_runs(caller: Caller):
    """A worker holds no more activities than it has slots; the others wait at the server."""
    running: set[str] = set()
    most: list[int] = []

    @activity.defn
    async def occupy() -> None:
        running.add(activity.info().task_token.hex())
        most.append(len(running))
        await asyncio.sleep(0.01)
        running.remove(activity.info().task_token.hex())

    async with caller.worker(occupy, max_concurrent_activities=3) as worker:
        calls = [await caller.start(occupy) for _ in range(12)]
        for call in calls:
            await call.result()

    assert max(most) <= 3
    assert worker.slots_used == 0


async def test_observers_are_told(caller: Caller):
    """An observer sees the worker's life and its activities, in order; one that fails changes nothing."""
    events: list[WorkerEvent] = []
    is_over = anyio.Event()

    def watch(event: WorkerEvent) -> None:
        events.append(event)
        if isinstance(event, ActivityFinished):
            is_over.set()

    def broken(event: WorkerEvent) -> None:
        raise RuntimeError("not now")

    async with caller.worker(who, observers=[broken, watch]):
        await caller.result(who)
        with anyio.fail_after(5):
            await is_over.wait()

    order = (WorkerStarted, ActivityStarted, ActivityFinished, WorkerStopping, WorkerStopped)
    told = [event for event in events if isinstance(event, order)]
    assert tuple(map(type, told)) == order
    finished: Any = told[2]
    assert (finished.outcome, finished.info.activity_type, finished.error) == ("completed", "who", None)
