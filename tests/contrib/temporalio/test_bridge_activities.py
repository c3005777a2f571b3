"""Activities that were declared for temporalio run on our worker as on their own."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import re
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sides import SIDES, Stage, TheirSequence, Worker, info_as_values, until
from temporalio import activity
from temporalio.common import MetricMeter, RawValue
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, CancelledError

from asyncworker import Client, RetryPolicy, Worker as OurWorker
from asyncworker.contrib.temporalio import TemporalioInterceptor, from_temporalio
from asyncworker.testing import DevServer, FakeTemporal
from asyncworker.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)


@dataclass
class Order:
    id: str
    items: list[str]


@activity.defn
async def pack(order: Order, number: int = 1) -> Order:
    assert isinstance(order, Order)
    return Order(f"{order.id} packed", order.items * number)


@activity.defn(name="charge-it")
def charge(amount: float) -> str:
    return f"charged {amount} in {threading.current_thread() is threading.main_thread()}"


@activity.defn(dynamic=True)
async def anything(args: TheirSequence[RawValue]) -> str:
    values = [activity.payload_converter().from_payload(each.payload) for each in args]
    return f"{activity.info().activity_type}{values}"


class Warehouse:
    def __init__(self, name: str) -> None:
        self.name = name

    @activity.defn
    async def fetch(self, item: str) -> str:
        return f"{item} from {self.name}"

    @activity.defn(name="put")
    def put_back(self, item: str) -> str:
        return f"{item} to {self.name}"

    def unrelated(self) -> None: ...


@activity.defn
class Ship:
    def __init__(self, by: str) -> None:
        self.by = by

    async def __call__(self, what: str) -> str:
        return f"{what} by {self.by}"


class TestNamesAndArguments:
    async def test_functions_methods_and_objects_run_under_their_names(self, stage: Stage):
        """`def` and `async def`, `name=`, bound methods, callable objects and a dynamic activity."""
        here = Warehouse("here")
        async with stage.running(pack, charge, here.fetch, here.put_back, Ship("sea"), anything) as caller:
            assert await caller.call("pack", Order("1", ["a"]), 2) == {"id": "1 packed", "items": ["a", "a"]}
            assert await caller.call("charge-it", 1.5) == "charged 1.5 in False"
            assert await caller.call("fetch", "box") == "box from here"
            assert await caller.call("put", "box") == "box to here"
            assert await caller.call("Ship", "box") == "box by sea"
            assert await caller.call("some-other", 1, ["x"]) == "some-other[1, ['x']]"

    async def test_fewer_arguments_than_parameters_arrive_without_types(self, stage: Stage):
        """So they do in temporalio, and code that was written for it may count on that."""

        @activity.defn
        async def kind(order: Order, number: int = 7) -> str:
            return f"{type(order).__name__} {number}"

        async with stage.running(kind) as caller:
            assert await caller.call("kind", Order("1", [])) == "dict 7"

    async def test_an_argument_that_cannot_be_read_fails_in_the_same_words(self, stage: Stage):
        """Their message and whether it is retried stay as they are."""
        async with stage.running(pack) as caller:
            error = await (await caller.start("pack", "no order", 1)).error()

        assert isinstance(error, ApplicationError)
        assert (error.message, error.non_retryable) == ("Failed decoding arguments", False)

    async def test_an_object_is_taken_with_all_of_its_activities(self, task_queue: str):
        """Their worker takes methods one by one; ours takes the object."""
        worker = Worker(
            task_queue=task_queue,
            activities=[from_temporalio(Warehouse("there"))],
            interceptors=[TemporalioInterceptor(None)],
        )

        assert worker.activities == ["fetch", "put"]


def form_of(text: str) -> str:
    """Return the type of a value, or how its text begins, with any id in the place of a UUID."""
    return re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", "<uuid>", text.partition("(")[0])[:9]


class TestInfo:
    async def test_info_has_the_same_in_every_field(self, dev_server: DevServer, task_queue: str):
        """What is not of this one attempt is equal on both workers, and the rest is of the same form."""
        found: dict[str, dict[str, str]] = {}

        @activity.defn
        async def describe() -> None:
            found[side] = info_as_values(in_workflow=getattr(activity.info(), "in_workflow", None))

        for side, runner in SIDES.items():
            async with Stage(dev_server.target, f"{task_queue}-{side}", runner).running(describe) as caller:
                await caller.call("describe", priority=2)

        theirs, ours = found["theirs"], found["ours"]
        volatile = {"scheduled_time", "current_attempt_scheduled_time", "started_time", "task_token", "workflow_id"}
        volatile |= {"task_queue", "workflow_run_id"}
        assert theirs.keys() == ours.keys()
        assert {name for name in theirs if theirs[name] != ours[name]} <= volatile
        for name in volatile - {"task_token"}:
            assert form_of(theirs[name]) == form_of(ours[name])

    async def test_a_standalone_activity_has_a_run_and_no_workflow(self, dev_server: DevServer, task_queue: str):
        """Where this version of temporalio knows such activities."""
        seen: list[Any] = []

        @activity.defn
        async def describe() -> None:
            seen.append(activity.info())

        async with await Client.connect(dev_server.target) as client:
            worker = Worker(
                client,
                task_queue=task_queue,
                activities=[from_temporalio(describe)],
                interceptors=[TemporalioInterceptor(None)],
            )
            async with worker:
                await client.execute_activity(
                    "describe", id=task_queue, task_queue=task_queue, start_to_close_timeout=10
                )

        assert seen[0].workflow_id is None
        if hasattr(seen[0], "activity_run_id"):
            assert seen[0].activity_run_id

    async def test_the_logger_names_the_activity(self, stage: Stage, caplog: pytest.LogCaptureFixture):
        """Records of `activity.logger` have its details."""

        @activity.defn
        async def speak() -> None:
            activity.logger.warning("packed")

        with caplog.at_level(logging.WARNING, "temporalio.activity"):
            async with stage.running(speak) as caller:
                await caller.call("speak")

        (record,) = [each for each in caplog.records if each.getMessage().startswith("packed")]
        assert record.temporal_activity["activity_type"] == "speak"  # type: ignore[attr-defined]

    async def test_an_async_activity_has_the_client(self, stage: Stage):
        """As in temporalio, a `def` activity has none."""

        @activity.defn
        async def ask() -> str:
            return activity.client().namespace

        @activity.defn
        def ask_in_thread() -> str:
            return activity.client().namespace

        async with stage.running(ask, ask_in_thread) as caller:
            assert await caller.call("ask") == "default"
            error = await (await caller.start("ask_in_thread")).error()

        assert "No client available" in str(error)

    async def test_the_metric_meter_records_nothing_by_default(self, stage: Stage):
        """Code that counts runs all the same."""

        @activity.defn
        async def count() -> None:
            activity.metric_meter().create_counter("orders").add(1)

        async with stage.running(count) as caller:
            await caller.call("count")

    async def test_the_metric_meter_is_the_one_that_was_given(self):
        """With the attributes that temporalio adds."""
        added: list[Any] = []

        class Meter(MetricMeter):
            def with_additional_attributes(self, attributes: Any) -> Any:
                added.append(dict(attributes))
                return MetricMeter.noop

        for name in MetricMeter.__abstractmethods__:
            if name != "with_additional_attributes":
                setattr(Meter, name, getattr(type(MetricMeter.noop), name))
        Meter.__abstractmethods__ = frozenset()  # type: ignore[misc]

        @activity.defn
        async def count() -> None:
            activity.metric_meter()

        await run_on_fake(count, metric_meter=Meter())

        assert added == [{"namespace": "default", "task_queue": "orders", "activity_type": "count"}]

    async def test_context_variables_reach_the_thread_of_a_def_activity(self):
        """What was set before the worker started is there."""
        tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")
        tenant.set("acme")
        seen = []

        @activity.defn
        def read() -> None:
            seen.append((tenant.get(), activity.in_activity()))

        await run_on_fake(read)

        assert seen == [("acme", True)]


class TestHeartbeats:
    @pytest.mark.parametrize("kind", ["async", "def", "thread"])
    async def test_the_next_attempt_reads_the_details(self, stage: Stage, kind: str):
        """From a coroutine, from a `def` activity, and from a thread that a coroutine started.

        The last fails on temporalio's worker: "no running event loop".
        """
        if kind == "thread" and stage.runner is SIDES["theirs"]:
            pytest.skip("temporalio's worker takes no heartbeat from a thread that an async activity started")

        def step() -> str:
            before = list(activity.info().heartbeat_details)
            if before:
                return f"went on after {before}"
            activity.heartbeat("half", {"done": 5})
            raise RuntimeError("interrupted")

        @activity.defn(name="step")
        async def in_loop() -> str:
            return step()

        @activity.defn(name="step")
        def in_thread() -> str:
            return step()

        @activity.defn(name="step")
        async def from_thread() -> str:
            return await asyncio.to_thread(step)

        fn = {"async": in_loop, "def": in_thread, "thread": from_thread}[kind]
        async with stage.running(fn) as caller:
            result = await caller.call("step", maximum_attempts=2)

        assert result == "went on after ['half', {'done': 5}]"


class TestCancellation:
    async def test_a_coroutine_is_cancelled_and_knows_why(self, stage: Stage):
        """`wait_for_cancelled`, `is_cancelled` and the details."""
        seen: list[Any] = []
        started = asyncio.Event()

        async def beat() -> None:
            while True:
                activity.heartbeat()
                await asyncio.sleep(0.02)

        @activity.defn
        async def wait() -> None:
            beating = asyncio.create_task(beat())
            started.set()
            try:
                await activity.wait_for_cancelled()
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                seen.append((activity.is_cancelled(), activity.cancellation_details()))
                raise
            finally:
                beating.cancel()

        async with stage.running(wait) as caller:
            call = await caller.start("wait")
            await started.wait()
            await call.cancel()
            error = await call.error()

        assert isinstance(error, CancelledError)
        assert seen == [(True, activity.ActivityCancellationDetails(cancel_requested=True))]

    async def test_a_thread_has_the_exception_raised_in_it(self, stage: Stage):
        """In the middle of code that knows nothing of it, as temporalio does."""
        seen: list[Any] = []

        @activity.defn
        def spin() -> None:
            try:
                while True:
                    activity.heartbeat()
                    threading.Event().wait(0.02)
            except CancelledError:
                seen.append(activity.is_cancelled())
                raise

        async with stage.running(spin) as caller:
            call = await caller.start("spin")
            await until(lambda: call)
            await asyncio.sleep(0.2)
            await call.cancel()
            error = await call.error()

        assert isinstance(error, CancelledError)
        assert seen == [True]

    async def test_a_shield_holds_the_exception_back(self, stage: Stage):
        """It comes when the outermost shield ends."""
        seen: list[Any] = []

        @activity.defn
        def spin() -> str:
            try:
                with activity.shield_thread_cancel_exception():
                    with activity.shield_thread_cancel_exception():
                        while not activity.is_cancelled():
                            activity.heartbeat()
                            threading.Event().wait(0.02)
                    seen.append("inner")
                    threading.Event().wait(0.05)
                    seen.append("outer")
                threading.Event().wait(0.05)
                seen.append("never")
            except CancelledError:
                return "cleaned up"
            return "went on"

        async with stage.running(spin) as caller:
            call = await caller.start("spin")
            await asyncio.sleep(0.2)
            await call.cancel()
            assert await call.result() == "cleaned up"

        assert seen == ["inner", "outer"]

    async def test_a_thread_that_wants_no_exception_waits_by_itself(self, stage: Stage):
        """`no_thread_cancel_exception`, with `wait_for_cancelled_sync`."""

        @activity.defn(no_thread_cancel_exception=True)
        def wait() -> str:
            while not activity.is_cancelled():
                activity.heartbeat()
                activity.wait_for_cancelled_sync(timedelta(seconds=0.02))
            threading.Event().wait(0.05)
            activity.heartbeat()
            return f"told of {activity.cancellation_details()}"

        async with stage.running(wait) as caller:
            call = await caller.start("wait")
            await asyncio.sleep(0.2)
            await call.cancel()
            result = await call.result()

        assert "cancel_requested=True" in result

    async def test_a_cancelled_error_without_a_request_is_a_failure(self, dev_server: DevServer, task_queue: str):
        """As it came; temporalio's worker reports what the server refuses, and the activity hangs until its timeout."""

        @activity.defn
        async def give_up() -> None:
            raise CancelledError("had enough", "of it")

        async with Stage(dev_server.target, task_queue, SIDES["ours"]).running(give_up) as caller:
            failure = await (await caller.start("give_up")).failure()

        assert failure.message == "had enough"

    @pytest.mark.parametrize("kind", ["async", "def"])
    async def test_an_activity_that_outlasts_the_grace_period_is_cancelled(self, stage: Stage, kind: str):
        """A coroutine as any, and a thread by the exception; both know that it is for the worker's sake."""
        seen: list[Any] = []
        started = threading.Event()

        @activity.defn(name="wait")
        async def in_loop() -> None:
            started.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                seen.append(activity.cancellation_details())
                raise

        @activity.defn(name="wait")
        def in_thread() -> None:
            started.set()
            try:
                while True:
                    threading.Event().wait(0.02)
            except CancelledError:
                seen.append(activity.cancellation_details())
                raise

        async with stage.running(in_loop if kind == "async" else in_thread) as caller:
            call = await caller.start("wait", heartbeat_timeout=None)
            await until(started.is_set)
            await caller.worker.shutdown()
            error = await call.error()

        assert isinstance(error, ApplicationError)
        assert error.type == "WorkerShutdown"
        assert seen == [activity.ActivityCancellationDetails(worker_shutdown=True)]

    @pytest.mark.parametrize("kind", ["async", "def"])
    async def test_an_activity_is_told_that_the_worker_stops(self, stage: Stage, kind: str):
        """`wait_for_worker_shutdown`, its twin for threads, and `is_worker_shutdown`."""
        seen: list[bool] = []
        started = threading.Event()

        @activity.defn(name="wait")
        async def in_loop() -> str:
            started.set()
            await activity.wait_for_worker_shutdown()
            seen.append(activity.is_worker_shutdown())
            return "in time"

        @activity.defn(name="wait")
        def in_thread() -> str:
            started.set()
            activity.wait_for_worker_shutdown_sync(timedelta(seconds=20))
            seen.append(activity.is_worker_shutdown())
            return "in time"

        async with stage.running(in_loop if kind == "async" else in_thread, grace=10) as caller:
            call = await caller.start("wait", heartbeat_timeout=None)
            await until(started.is_set)
            stopping = asyncio.create_task(caller.worker.shutdown())
            assert await call.result() == "in time"
            await stopping

        assert seen == [True]


class TestCompletingFromOutside:
    @pytest.mark.parametrize("kind", ["async", "def"])
    async def test_an_activity_is_left_open_and_completed_from_outside(self, stage: Stage, kind: str):
        """By the task token, with temporalio's client."""
        tokens: list[bytes] = []

        def leave() -> None:
            tokens.append(activity.info().task_token)
            activity.raise_complete_async()

        @activity.defn(name="leave")
        async def in_loop() -> None:
            leave()

        @activity.defn(name="leave")
        def in_thread() -> None:
            leave()

        async with stage.running(in_loop if kind == "async" else in_thread) as caller:
            call = await caller.start("leave", heartbeat_timeout=None)
            await until(lambda: tokens)
            await caller.client.get_async_activity_handle(task_token=tokens[0]).complete("from outside")
            assert await call.result() == "from outside"


async def run_on_fake(fn: Any, *args: Any, **options: Any) -> Any:
    """Run one activity on our worker and the server in memory; return its task."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        worker = Worker(
            temporal.client(),
            task_queue="orders",
            activities=[from_temporalio(fn)],
            interceptors=[TemporalioInterceptor(None, **options)],
        )
        async with worker:
            task = temporal.add_task(fn.__name__, *args, task_queue="orders")
            await task.wait_closed()
    return task


class TestTheWorkersOwn:
    async def test_the_worker_heartbeats_for_them_if_it_is_set_so(self):
        """A cancellation reaches code that never heartbeats."""

        @activity.defn
        async def wait() -> None:
            await asyncio.sleep(60)

        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
            worker = Worker(
                temporal.client(),
                task_queue="orders",
                activities=[from_temporalio(wait)],
                interceptors=[TemporalioInterceptor(None)],
                auto_heartbeat=True,
            )
            async with worker:
                task = temporal.add_task("wait", task_queue="orders", heartbeat_timeout=0.2)
                await temporal.wait_for("RecordActivityTaskHeartbeat")
                task.request_cancel()
                await task.wait_closed()

        assert task.state == "Canceled"

    async def test_its_interceptors_see_the_arguments_and_the_heartbeats(self):
        """As they do for native activities."""
        seen: list[Any] = []

        class Watching(Interceptor):
            def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
                class Inbound(ActivityInboundInterceptor):
                    def init(self, outbound: ActivityOutboundInterceptor) -> None:
                        super().init(Outbound(outbound))

                    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                        seen.append(list(input.args))
                        return await super().execute_activity(input)

                class Outbound(ActivityOutboundInterceptor):
                    def heartbeat(self, *details: Any) -> None:
                        seen.append(details)
                        super().heartbeat(*details)

                return Inbound(next)

        @activity.defn
        async def beat(order: Order) -> None:
            activity.heartbeat(order.id)

        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
            worker = Worker(
                temporal.client(),
                task_queue="orders",
                activities=[from_temporalio(beat)],
                interceptors=[TemporalioInterceptor(None), Watching()],
            )
            async with worker:
                await temporal.add_task("beat", Order("7", []), task_queue="orders").wait_closed()

        assert seen == [[Order("7", [])], ("7",)]


class TestBesideNativeOnes:
    async def test_native_activities_run_beside_them(self):
        """On one worker, each in its own context; the bridge is in the way of neither."""
        from asyncworker import activity as native

        seen: list[Any] = []

        @native.defn
        async def ours(number: int) -> int:
            seen.append((native.in_activity(), activity.in_activity()))
            return number + 1

        @activity.defn
        async def theirs(number: int) -> int:
            seen.append((native.in_activity(), activity.in_activity()))
            return number + 2

        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
            worker = Worker(
                temporal.client(),
                task_queue="orders",
                activities=[ours, from_temporalio(theirs)],
                interceptors=[TemporalioInterceptor(None)],
            )
            async with worker:
                results = []
                for fn in (ours, theirs):
                    task = temporal.add_task(fn.__name__, 1, task_queue="orders")
                    await task.wait_closed()
                    results.append(task.result)

        assert seen == [(True, False), (True, True)]
        assert results == [2, 3]


class TestFailuresInTheLog:
    @pytest.mark.parametrize(
        ("options", "level"),
        [
            ({}, "WARNING"),
            ({"non_retryable": True}, "ERROR"),
            ({"non_retryable": True, "category": ApplicationErrorCategory.BENIGN}, "DEBUG"),
        ],
        ids=["retried", "final", "benign"],
    )
    async def test_their_failures_are_logged_as_ours_are(self, caplog, options, level):
        """A benign one is DEBUG, and one that is not tried again is an ERROR."""
        caplog.set_level(logging.DEBUG, logger="asyncworker.worker")

        @activity.defn
        async def fail() -> None:
            raise ApplicationError("broken", **options)

        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
            interceptors = [TemporalioInterceptor(None)]
            worker = Worker(
                temporal.client(), task_queue="q", activities=[from_temporalio(fail)], interceptors=interceptors
            )
            async with worker:
                temporal.add_task("fail", task_queue="q", retry_policy=RetryPolicy(maximum_attempts=2))
                await until(lambda: "failed in attempt 1" in caplog.text)

        record = next(it for it in caplog.records if "failed in attempt 1" in it.message)
        assert record.levelname == level


class Depot:
    @staticmethod
    @activity.defn
    async def count() -> int:
        return 7

    @activity.defn
    async def store(self, item: str) -> str:
        return f"{item} stored"


def test_an_object_brings_the_static_methods_that_are_activities():
    """A static method needs no object, and is an activity of it all the same."""
    worker = OurWorker(
        task_queue="orders", activities=[from_temporalio(Depot())], interceptors=[TemporalioInterceptor(None)]
    )

    assert sorted(worker.activities) == ["count", "store"]


async def test_a_bridged_activity_can_be_called_as_its_function():
    """As a test that needs no context calls it."""
    assert await from_temporalio(Depot().store)("book") == "book stored"
