"""What type checkers must know of workers, converters and test tools; checked by mypy --strict, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Self, assert_type

from asyncworker import activity
from asyncworker.client import Client
from asyncworker.converter import (
    ChainedPayloadCodec,
    DataConverter,
    Payload,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)
from asyncworker.testing import (
    ActivityEnvironment,
    ActivityRun,
    FakeActivity,
    FakeAttempt,
    FakeTemporal,
    TestWorker,
)
from asyncworker.worker import (
    ActivityFinished,
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    FixedSizeSlotSupplier,
    Interceptor,
    OutcomeName,
    PollFinished,
    SlotPermit,
    SlotReservation,
    SlotSupplier,
    Worker,
    WorkerEvent,
    WorkerStatistics,
)


@activity.defn
async def pack(order: str) -> int:
    raise NotImplementedError


@activity.defn
def weigh(context: activity.Context, order: str) -> float:
    raise NotImplementedError


class Depot:
    @activity.defn
    async def store(self, order: str) -> int:
        raise NotImplementedError


class Supplier(SlotSupplier):
    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        assert_type(reservation.num_issued, int)
        return SlotPermit()

    def release_slot(self, permit: SlotPermit) -> None:
        raise NotImplementedError


class Codec(PayloadCodec, WithSerializationContext):
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    def with_context(self, context: SerializationContext) -> Self:
        return self


class Timing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        assert_type(input.fn, Callable[..., Any])
        assert_type(input.headers, Mapping[str, Payload])
        return await super().execute_activity(input)


class Timed(Interceptor):
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return Timing(next)


def observe(event: WorkerEvent) -> None:
    if isinstance(event, ActivityFinished):
        assert_type(event.info, activity.Info)
        assert_type(event.outcome, OutcomeName)
        assert_type(event.error, BaseException | None)
    elif isinstance(event, PollFinished):
        assert_type(event.took, float)


def observe_a_number(event: int) -> None:
    raise NotImplementedError


async def a_worker_takes_activities_and_its_parts(client: Client) -> None:
    worker = Worker(
        client,
        task_queue="depot",
        activities=[pack, weigh, Depot().store],
        slot_supplier=Supplier(),
        interceptors=[Timed()],
        observers=[observe],
    )
    Worker(task_queue="depot", activities=(pack,), slot_supplier=FixedSizeSlotSupplier(2))
    async with worker as running:
        assert_type(running, Worker)
    assert_type(await worker.run(), None)
    assert_type(worker.statistics(), WorkerStatistics)
    assert_type(worker.client, Client | None)
    assert_type(worker.activities, Sequence[str])


class Pool: ...


@asynccontextmanager
async def opened(worker: Worker) -> AsyncIterator[Pool]:
    assert_type(worker.state, object)
    yield Pool()


@asynccontextmanager
async def opened_by_its_own_worker(worker: Worker[Pool]) -> AsyncIterator[Pool]:
    yield worker.state


def host(*workers: Worker) -> None:
    raise NotImplementedError


class TypedWorker(Worker[Pool]): ...


async def a_worker_has_the_state_that_its_lifespan_yields(client: Client) -> None:
    worker = Worker(client, task_queue="depot", activities=[pack], lifespan=opened)
    assert_type(worker, Worker[Pool])
    assert_type(worker.state, Pool)
    assert_type(Worker(client, lifespan=opened_by_its_own_worker), Worker[Pool])
    async with worker as running:
        assert_type(running.state, Pool)
    assert_type(activity.state(Pool), Pool)
    assert_type(activity.context().state(Pool), Pool)
    assert_type(activity.state(), Any)
    ActivityEnvironment(state=Pool())
    Worker(client, lifespan=opened(worker))  # type: ignore[arg-type]
    Worker(client, lifespan_exit_timeout="3s")  # type: ignore[arg-type]


def a_worker_may_be_named_without_its_state(client: Client) -> None:
    plain = Worker(client)
    assert_type(plain, Worker)
    declared: Worker = Worker(client, lifespan=opened)
    workers: list[Worker] = [plain, Worker(client, lifespan=opened)]
    host(plain, declared, *workers, Worker(client, lifespan=opened), TypedWorker(client))
    wrong: Worker[int] = Worker(client, lifespan=opened)  # type: ignore[arg-type]
    host(wrong)


def a_worker_refuses_what_is_of_another_type(client: Client) -> None:
    Worker("localhost:7233")  # type: ignore[arg-type]
    Worker(client, activities=pack)  # type: ignore[arg-type]
    Worker(client, slot_supplier=5)  # type: ignore[arg-type]
    Worker(client, max_concurrent_activities="5")  # type: ignore[arg-type]
    Worker(client, interceptors=[Timing])  # type: ignore[list-item]
    Worker(client, observers=[observe_a_number])  # type: ignore[list-item]
    Worker(client, graceful_shutdown_timeout="5s")  # type: ignore[arg-type]
    FixedSizeSlotSupplier("two")  # type: ignore[arg-type]


async def converters_have_types(payloads: Sequence[Payload]) -> None:
    converter = DataConverter(payload_codec=[Codec()])
    assert_type(converter.codec, PayloadCodec | None)
    assert_type(await converter.encode([1, "two"]), list[Payload])
    assert_type(await converter.decode(payloads), list[Any])
    assert_type(converter.encode_nowait([1]), list[Payload])
    assert_type(ChainedPayloadCodec([Codec()]).codecs, tuple[PayloadCodec, ...])
    DataConverter(payload_codec=Codec)  # type: ignore[arg-type]
    ChainedPayloadCodec([1])  # type: ignore[list-item]


async def test_tools_have_types() -> None:
    environment = ActivityEnvironment()
    assert_type(await environment.run(pack, "order"), int)
    assert_type(environment.heartbeats, list[tuple[Any, ...]])
    environment.cancel("now")  # type: ignore[arg-type]
    async with FakeTemporal() as temporal:
        assert_type(temporal, FakeTemporal)
        assert_type(temporal.client(), Client)
        started = temporal.start_activity(pack, "order", task_queue="depot")
        assert_type(started, FakeActivity)
        assert_type(started.attempt, int)
        temporal.start_activity(pack, "order", task_queue=7)  # type: ignore[arg-type]


async def test_a_worker_in_virtual_time_has_types(worker: Worker) -> None:
    FakeTemporal(time="slow")  # type: ignore[arg-type]
    TestWorker(pack)  # type: ignore[arg-type]
    async with TestWorker(worker) as t:
        assert_type(t, TestWorker)
        assert_type(t.client, Client)
        assert_type(t.temporal, FakeTemporal)
        assert_type(t.time.now, datetime)
        assert_type(t.time.elapsed, timedelta)
        assert_type(await t.run(pack, "order"), int)
        assert_type(await t.run("pack", "order"), Any)
        assert_type(await t.run("pack", "order", result_type=str), str)
        await t.run(pack, 7)  # type: ignore[arg-type]
        await t.run(pack, "order", task_queue=7)  # type: ignore[call-overload]
        run = await t.start(pack, "order", start_to_close_timeout=5)
        assert_type(run, ActivityRun[int])
        assert_type(await run.result(), int)
        assert_type(run.attempts, Sequence[FakeAttempt])
        assert_type(await run.wait_for_state("Paused"), str)
        await t.time.advance(timedelta(days=1))
        await t.time.advance("1 s")  # type: ignore[arg-type]
