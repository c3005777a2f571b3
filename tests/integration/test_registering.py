"""What can be an activity, and what it finds around itself."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from asyncworker import RawValue, activity
from asyncworker.converter import PayloadConverter

from .calls import Caller
from .workflows import ACTIVITY_ID

pytestmark = pytest.mark.server


@activity.defn(dynamic=True)
async def anything_async(arguments: Sequence[RawValue]) -> list[Any]:
    return _told(activity.info().activity_type, arguments)


@activity.defn(dynamic=True)
def anything_sync(context: activity.Context, arguments: Sequence[RawValue]) -> list[Any]:
    return _told(context.info.activity_type, arguments)


def _told(name: str, arguments: Sequence[RawValue]) -> list[Any]:
    return [name, *(json.loads(argument.payload.data) for argument in arguments)]


@activity.defn
async def by_name() -> str:
    return "by name"


@pytest.mark.parametrize("fn", [anything_async, anything_sync], ids=["async", "sync"])
async def test_a_dynamic_activity_takes_the_rest(caller: Caller, fn: Any):
    """A dynamic activity gets every type that no other activity has, and its arguments as they came."""
    async with caller.worker(fn, by_name):
        results = [await caller.result("whatever", 1, "two"), await caller.result(by_name)]

    assert results == [["whatever", 1, "two"], "by name"]


class Till:
    """An object with activities, and a state that they share."""

    def __init__(self, total: int) -> None:
        self.total = total

    @activity.defn
    async def pay_in(self, amount: int) -> int:
        self.total += amount
        return self.total

    @activity.defn(name="pay-out")
    def pay_out(self, context: activity.Context, amount: int) -> str:
        self.total -= amount
        return f"{context.info.activity_type} {self.total}"

    def count(self) -> int:
        return self.total


async def test_an_object_registers_its_activities(caller: Caller):
    """An object stands for all its methods that are declared activities; its state is theirs."""
    till = Till(10)
    async with caller.worker(till) as worker:
        results = [
            await caller.result("pay_in", 5),
            await caller.result("pay-out", 3),
            await caller.result("pay_in", 1),
        ]

    assert worker.activities == ["pay-out", "pay_in"]
    assert results == [15, "pay-out 12", 13]


class Greeter:
    """A callable object."""

    def __init__(self, greeting: str) -> None:
        self.greeting = greeting

    async def __call__(self, name: str) -> str:
        return f"{self.greeting}, {name}"


def wave(hand: str, name: str) -> str:
    return f"waving the {hand} hand to {name}"


async def test_anything_that_can_be_called_is_an_activity(caller: Caller):
    """A bound method, a callable object and a partial are activities too."""
    left = activity.defn(name="wave left")(functools.partial(wave, "left"))
    async with caller.worker(Till(1).pay_in, Greeter("Hi"), left):
        results = [
            await caller.result("pay_in", 2),
            await caller.result("Greeter", "Ada"),
            await caller.result("wave left", "Bob"),
        ]

    assert results == [3, "Hi, Ada", "waving the left hand to Bob"]


# What it finds


@activity.defn
async def look_around_async(context: activity.Context, times: int = 1) -> dict[str, Any]:
    assert activity.context() is context
    return _around(context) | {"times": times}


@activity.defn
def look_around_sync(context: activity.Context, times: int = 1) -> dict[str, Any]:
    assert activity.context() is context
    return _around(context) | {"times": times}


def _around(context: activity.Context) -> dict[str, Any]:
    info = context.info
    assert info == activity.info()
    assert isinstance(activity.payload_converter(), PayloadConverter)
    return {
        "type": info.activity_type,
        "attempt": info.attempt,
        "namespace": info.namespace,
        "queue": info.task_queue,
        "start_to_close": info.start_to_close_timeout == timedelta(seconds=20),
        "heartbeat": info.heartbeat_timeout == timedelta(seconds=5),
        "initial_interval": info.retry_policy is not None and info.retry_policy.initial_interval.total_seconds(),
        "in_workflow": info.in_workflow,
        "workflow": [info.workflow_type, info.workflow_namespace, bool(info.workflow_id), bool(info.workflow_run_id)],
        "run": bool(info.activity_run_id),
        "id": info.activity_id == ACTIVITY_ID,
        "token": bool(info.task_token),
        "ordered": info.scheduled_time <= info.current_attempt_scheduled_time <= info.started_time,
        "in_activity": activity.in_activity(),
        "cancelled": activity.is_cancelled() or activity.is_worker_shutdown(),
    }


@pytest.mark.parametrize("fn", [look_around_async, look_around_sync], ids=["async", "sync"])
async def test_the_context_knows_the_attempt(caller: Caller, fn: Any):
    """A first parameter of type Context is the context, in a thread too, and no argument of the caller's."""
    async with caller.worker(fn):
        found = await caller.result(fn, 2, heartbeat_timeout=5)

    in_workflow = caller.kind == "workflow"
    name = fn.__name__
    assert found == {
        "type": name,
        "attempt": 1,
        "namespace": "default",
        "queue": caller.task_queue,
        "start_to_close": True,
        "heartbeat": True,
        "initial_interval": 0.01,
        "in_workflow": in_workflow,
        "workflow": [name, "default", True, True] if in_workflow else [None, None, False, False],
        "run": not in_workflow,
        "id": in_workflow,
        "token": True,
        "ordered": True,
        "in_activity": True,
        "cancelled": False,
        "times": 2,
    }


request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")


async def test_context_variables_reach_threads(caller: Caller):
    """A `def` activity sees the context variables of the code that started the worker, and its own stay its own."""
    seen: list[tuple[str, bool]] = []

    @activity.defn
    def in_a_thread() -> None:
        seen.append((request.get(), threading.current_thread() is threading.main_thread()))
        request.set("mine")

    request.set("of the worker")
    async with caller.worker(in_a_thread):
        await caller.result(in_a_thread)
        await caller.result(in_a_thread)

    assert seen == [("of the worker", False)] * 2
    assert request.get() == "of the worker"


async def test_the_worker_lends_its_client(caller: Caller):
    """An activity can use the worker's client: to start another activity, say."""

    @activity.defn
    async def outer() -> str:
        return await activity.client().execute_activity(
            "by_name", task_queue=activity.info().task_queue, start_to_close_timeout=5
        )

    async with caller.worker(outer, by_name):
        assert await caller.result(outer) == "by name"


async def test_a_thread_per_slot(caller: Caller):
    """As many `def` activities run at once as there are slots: they do not wait for each other's threads."""
    together = threading.Barrier(20)

    @activity.defn
    def meet() -> int:
        return together.wait(15)

    async with caller.worker(meet, max_concurrent_activities=20):
        calls = [await caller.start(meet) for _ in range(20)]
        places = {await call.result() for call in calls}

    assert places == set(range(20))


async def test_one_at_a_time(caller: Caller):
    """max_concurrent holds for the worker's attempts of one activity."""
    running = 0
    most = 0

    @activity.defn(max_concurrent=2)
    async def narrow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1

    async with caller.worker(narrow):
        calls = [await caller.start(narrow) for _ in range(10)]
        for call in calls:
            await call.result()

    assert most == 2


async def test_a_thread_with_an_event_loop_of_its_own(caller: Caller):
    """A `def` activity that runs coroutines on a loop of its own heartbeats, and is cancelled, like any other."""

    async def beat() -> None:
        while True:
            activity.heartbeat("from inside")
            await asyncio.sleep(0.01)

    @activity.defn
    def run_a_loop() -> None:
        asyncio.run(beat())

    async with caller.worker(run_a_loop):
        call = await caller.start(run_a_loop, heartbeat_timeout=10)
        await call.heartbeats("from inside")
        await call.cancel()
        error = await call.failure()

    assert type(error).__name__ == "CancelledError"
