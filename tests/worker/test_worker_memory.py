"""What an attempt leaves behind in memory: nothing that has to wait for the garbage collector."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import gc
import logging
import weakref
from typing import Annotated, Any

import anyio
import pytest
from pydantic import AfterValidator, BeforeValidator, TypeAdapter
from worker_helpers import QUEUE, Worker, until

from asyncworker import ApplicationError, CancelledError, Client, RetryPolicy, activity
from asyncworker.converter import DataConverter, DefaultPayloadConverter
from asyncworker.exceptions import ConverterError
from asyncworker.worker import ActivityInboundInterceptor, Interceptor


class Session:
    """What activity code may keep in a context variable."""


session: contextvars.ContextVar[Session] = contextvars.ContextVar("session")


@pytest.fixture
def no_garbage_collection(monkeypatch):
    # pytest keeps all records for its report, and they hold what was raised.
    monkeypatch.setattr(logging.getLogger("asyncworker.worker"), "disabled", True)
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("kind", ["quiet", "heartbeats", "is cancelled"])
async def test_an_activitys_context_is_freed_with_its_attempt(temporal, kind):
    """What an activity has in its context variables is freed with its slot."""
    kept: list[weakref.ref[Session]] = []
    # A wait with a timeout would leave a timer in the activity's context.
    has_heartbeat = asyncio.Event()

    @activity.defn
    async def pack() -> None:
        session.set(Session())
        kept.append(weakref.ref(session.get()))
        if kind != "quiet":
            activity.heartbeat(1)
            await has_heartbeat.wait()
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
        if kind != "quiet":
            await task.wait_for_heartbeat(1)
            has_heartbeat.set()
        if kind == "is cancelled":
            task.request_cancel()
        await task.wait_closed()
        await until(lambda: worker.slots_used == 0)
        await until(lambda: kept[0]() is None)

    assert task.is_closed


@pytest.mark.usefixtures("no_garbage_collection")
async def test_a_heartbeat_that_has_arrived_leaves_no_garbage(temporal):
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


class Block:
    """What activity code may hold in a variable: megabytes, a connection."""


@pytest.fixture
def held():
    """What the frames of an activity held: an empty list once it is all let go of."""
    refs: list[weakref.ref[Block]] = []

    def hold() -> Block:
        block = Block()
        refs.append(weakref.ref(block))
        return block

    def alive() -> list[Block]:
        return [block for ref in refs if (block := ref()) is not None]

    hold.alive = alive
    hold.refs = refs
    return hold


def plain(hold):
    block = hold()
    raise ValueError(f"held {block}")


def in_a_variable(hold):
    block = hold()
    error = ValueError(f"held {block}")
    raise error


def chained(hold):
    block = hold()
    try:
        in_a_variable(hold)
    except ValueError as error:
        cause = error
        raise KeyError(f"held {block}") from cause


def while_handling(hold):
    block = hold()
    try:
        in_a_variable(hold)
    except ValueError:
        failed = KeyError(f"held {block}")
        raise failed  # noqa: B904 - the context is what this is about


def grouped(hold):
    block = hold()
    errors = []
    for fails in (plain, chained):
        try:
            fails(hold)
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup(f"held {block}", [*errors, ExceptionGroup("more", errors)])


def with_details(hold):
    block = hold()
    error = ApplicationError("held", str(block), {"block": 7}, type="Held", non_retryable=True)
    raise error


def deep_down(hold, depth=200):
    block = hold()
    if depth:
        deep_down(hold, depth - 1)
    raise ValueError(f"held {block}")


def unconvertible(hold):
    block = hold()
    error = ConverterError(f"held {block}")
    raise error


def cancelled_by_itself(hold):
    block = hold()
    error = CancelledError(f"held {block}")
    raise error


def completed_elsewhere(hold):
    block = hold()
    try:
        activity.raise_complete_async()
    except BaseException as error:
        kept = error, block
        raise kept[0]  # noqa: B904 - it is what it is


@dataclasses.dataclass(frozen=True)
class Refuses(Exception):
    """What refuses to be changed."""

    why: str


def as_the_cause_of_a_frozen_one(hold):
    block = hold()
    try:
        in_a_variable(hold)
    except ValueError as error:
        cause = error
        frozen = ExceptionGroup(f"held {block}", [Refuses("no"), cause])
    raise frozen


def in_a_validator(hold):
    def refuse(value: object) -> object:
        in_a_variable(hold)
        return value

    TypeAdapter(Annotated[int, AfterValidator(refuse)]).validate_python(7)


WAYS = [
    plain,
    in_a_variable,
    chained,
    while_handling,
    grouped,
    with_details,
    deep_down,
    unconvertible,
    cancelled_by_itself,
    completed_elsewhere,
    as_the_cause_of_a_frozen_one,
    in_a_validator,
]


@pytest.fixture(params=["alone", "with an interceptor"])
def settings(request):
    """A worker's options: what an activity holds, its interceptors do."""

    class Inbound(ActivityInboundInterceptor):
        async def execute_activity(self, input):
            return await super().execute_activity(input)

    class Wraps(Interceptor):
        def intercept_activity(self, next):
            return Inbound(next)

    return {} if request.param == "alone" else {"interceptors": [Wraps()]}


async def attempt(temporal, fn, *args, settings):
    """Run one attempt to its end, and go on until the worker has forgotten it."""
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[fn], **settings) as worker:
        task = temporal.add_task(fn, *args, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
        await until(lambda: task.is_closed or worker.slots_used == 0)
        await until(lambda: worker.slots_used == 0)
    return task


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize("fails", WAYS, ids=lambda way: way.__name__)
async def test_a_failure_frees_what_its_activity_held(temporal, held, settings, kind, fails):
    """Whatever way an activity fails, nothing of its frames waits for the garbage collector."""
    if kind == "def":

        @activity.defn
        def pack() -> None:
            block = held()
            fails(held)
            raise AssertionError(block)
    else:

        @activity.defn
        async def pack() -> None:
            block = held()
            await asyncio.sleep(0)
            fails(held)
            raise AssertionError(block)

    await attempt(temporal, pack, settings=settings)
    await until(lambda: held.alive() == [])

    assert len(held.refs) > 1
    assert held.alive() == []


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("group", [asyncio.TaskGroup, anyio.create_task_group])
async def test_a_task_group_that_fails_frees_what_its_activity_held(temporal, held, settings, group):
    """Task groups keep the group of exceptions that they raise in a variable of their own."""

    async def child() -> None:
        block = held()
        await asyncio.sleep(0)
        raise ValueError(f"held {block}")

    @activity.defn
    async def pack() -> None:
        block = held()
        async with group() as tasks:
            for _ in range(3):
                tasks.create_task(child()) if group is asyncio.TaskGroup else tasks.start_soon(child)
        raise AssertionError(block)

    await attempt(temporal, pack, settings=settings)
    await until(lambda: held.alive() == [])

    assert len(held.refs) == 4
    assert held.alive() == []


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("kind", ["async def", "def"])
async def test_a_cancellation_frees_what_its_activity_held(temporal, held, settings, kind):
    """An activity that keeps its cancellation in a variable while it cleans up is freed all the same."""
    if kind == "def":

        @activity.defn
        def pack() -> None:
            block = held()
            try:
                while True:
                    activity.heartbeat(1)
                    activity.wait_for_cancelled_sync(0.01)
            except CancelledError as error:
                kept = error, block
                raise kept[0]  # noqa: B904
    else:

        @activity.defn(auto_heartbeat=True)
        async def pack() -> None:
            block = held()
            activity.heartbeat(1)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError as error:
                kept = error, block
                raise kept[0]  # noqa: B904

    async with Worker(temporal.client(), task_queue=QUEUE, activities=[pack], **settings) as worker:
        task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
        await task.wait_for_heartbeat(1)
        task.request_cancel()
        await task.wait_closed()
        await until(lambda: worker.slots_used == 0)
        await until(lambda: held.alive() == [])

    assert task.state == "Canceled"
    assert len(held.refs) == 1


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("kind", ["async def", "def"])
async def test_a_result_that_cannot_be_encoded_is_freed(temporal, held, settings, kind):
    """What is refused as a result is freed with its attempt."""
    if kind == "def":

        @activity.defn
        def pack() -> object:
            return held()
    else:

        @activity.defn
        async def pack() -> object:
            return [held()]

    task = await attempt(temporal, pack, settings=settings)
    await until(lambda: held.alive() == [])

    assert task.failure.application_failure_info.type == "ConverterError"
    assert len(held.refs) == 1


@pytest.mark.usefixtures("no_garbage_collection")
async def test_arguments_of_a_wrong_type_are_freed(temporal, held):
    """What was read of arguments that are refused is freed with their attempt."""

    def read(value: int) -> object:
        block = held()
        if value < 0:
            raise ValueError(f"held {block}")
        return block

    Weight = Annotated[Any, BeforeValidator(read)]

    @activity.defn
    async def pack(first: Weight, second: Weight) -> None: ...

    pack.__annotations__ = {"first": Weight, "second": Weight}
    task = await attempt(temporal, pack, 1, -1, settings={})
    await until(lambda: held.alive() == [])

    assert task.failure.application_failure_info.type == "ConverterError"
    assert len(held.refs) > 1
