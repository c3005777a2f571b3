"""What debuggers and error trackers show of a running worker: error trackers send the repr of each local variable."""

from __future__ import annotations

import asyncio
import functools
import gc
from collections.abc import Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any

import pytest
from free_ports import free_address
from worker_helpers import QUEUE, Worker, until

from asyncworker import Client, activity
from asyncworker.activity import Depends
from asyncworker.worker import (
    ContextPropagator,
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    ResourceController,
)

SECRET = "s3cret"


def objects_with_a_repr_of_their_own(others: Sequence[Any] = ()) -> list[Any]:
    """The package's objects that are alive beside *others*, of classes whose ``__repr__`` is written by hand."""
    known = {id(each) for each in others}
    return [each for each in gc.get_objects() if _has_own_repr(type(each)) and id(each) not in known]


@functools.cache
def _has_own_repr(kind: type) -> bool:
    code = getattr(getattr(kind, "__repr__", None), "__code__", None)
    # A dataclass's is made of a string.
    return code is not None and "/asyncworker/" in code.co_filename and "/_proto/" not in code.co_filename


def shown(things: list[Any]) -> dict[str, str]:
    return {type(each).__name__: repr(each) for each in things}


async def vault() -> str:
    return SECRET


@pytest.fixture
def others() -> list[Any]:
    """What other tests have left behind, for the garbage collector or for good."""
    return objects_with_a_repr_of_their_own()


@pytest.fixture
async def client(temporal, others):
    tenant: ContextVar[str] = ContextVar("tenant")
    async with await Client.connect(
        transport=temporal.transport(),
        api_key=SECRET,
        rpc_metadata={"x-token": SECRET},
        interceptors=[ContextPropagator(tenant=tenant)],
    ) as client:
        yield client


@asynccontextmanager
async def running_with_secrets(client, temporal):
    """A worker with an attempt whose input, details, dependency and headers are secret."""
    release = asyncio.Event()

    @activity.defn
    async def hold(token: str, password: Annotated[str, Depends(vault)]) -> str:
        activity.heartbeat(token)
        await release.wait()
        return password

    controller = ResourceController(ResourceBasedTunerConfig(target_memory_usage=0.99, target_cpu_usage=0.99))
    worker = Worker(
        client,
        task_queue=QUEUE,
        activities=[hold],
        slot_supplier=ResourceBasedSlotSupplier(ResourceBasedSlotConfig(maximum_slots=2), controller),
        max_activities_per_second=100.0,
        health_address=free_address(),
    )
    async with worker:
        task = temporal.add_task(hold, SECRET, task_queue=QUEUE, heartbeat_timeout=60, activity_id="a1")
        await until(lambda: any(each.heartbeat_age is not None for each in worker.statistics().attempts))
        yield worker
        release.set()
        await task.wait_closed()


async def test_what_is_shown_of_a_running_worker_has_no_secret(client, temporal, others):
    """No object shows the API key, an argument, heartbeat details or what a dependency returned."""
    async with running_with_secrets(client, temporal):
        things = objects_with_a_repr_of_their_own(others)
        seen = shown(things)

    assert not [each for each in seen.values() if SECRET in each]
    # Not for want of objects.
    assert {
        "Worker",
        "RunHost",
        "RunState",
        "Attempt",
        "CallMetadata",
        "Client",
        "Context",
        "Heartbeater",
    } <= seen.keys()


async def test_what_is_shown_of_a_running_worker_is_one_line_each(client, temporal, others):
    """Each object shows its state in one line, and none raises for what it has not got yet."""
    async with running_with_secrets(client, temporal):
        things = objects_with_a_repr_of_their_own(others)
        seen = shown(things)

    assert not [each for each in seen.values() if "\n" in each or " object at 0x" in each]
    assert seen["Attempt"] == "<Attempt hold a1 attempt 1 [running]>"
    assert seen["RateLimit"] == "<RateLimit [100 per second]>"


async def test_what_is_shown_of_a_worker_that_has_ended_does_not_raise(client, temporal, others):
    """What is kept of a run can be shown after its end, by the report of the error that ended it, say."""
    async with running_with_secrets(client, temporal):
        things = objects_with_a_repr_of_their_own(others)

    seen = shown(things)
    assert seen["Worker"] == "<Worker of 'orders' [not running, 0 slots used]>"
    assert not [each for each in seen.values() if SECRET in each]
