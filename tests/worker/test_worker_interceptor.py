"""Interceptors, observers and context that travels."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from worker_helpers import QUEUE, Rude, Worker, run, worker_of

from asyncworker import activity
from asyncworker.converter import DataConverter
from asyncworker.testing import FakeTemporal
from asyncworker.worker import (
    ActivityFinished,
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ActivityStarted,
    ContextPropagator,
    ExecuteActivityInput,
    Interceptor,
    WorkerEvent,
    WorkerStarted,
)

JSON = DataConverter.default.payload_converter


@activity.defn
async def pack(item: str) -> str:
    activity.heartbeat(item)
    return item


class Says(Interceptor):
    """Notes who wraps whom, and adds a word to arguments, heartbeats and results."""

    def __init__(self, word: str, log: list[str]) -> None:
        self.word = word
        self.log = log

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        says = self

        class Outbound(ActivityOutboundInterceptor):
            def heartbeat(self, *details: Any) -> None:
                super().heartbeat(*details, says.word)

        class Inbound(ActivityInboundInterceptor):
            def init(self, outbound: ActivityOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                says.log.append(f"{says.word} in")
                input.args = [f"{input.args[0]} {says.word}"]
                result = await super().execute_activity(input)
                says.log.append(f"{says.word} out")
                return f"{result}!"

        return Inbound(next)


class TestInterceptors:
    async def test_interceptors_wrap_in_the_order_given(self, temporal):
        """The first interceptor is the outermost, and each may change what passes."""
        log: list[str] = []
        interceptors = [Says("one", log), Says("two", log)]

        task = await run(temporal, pack, "book", heartbeat_timeout=60, worker={"interceptors": interceptors})

        assert task.result == "book one two!!"
        assert log == ["one in", "two in", "two out", "one out"]

    async def test_an_interceptor_that_overrides_nothing_changes_nothing(self, temporal):
        """Each method of the base classes does what there would be without it."""

        class Outbound(ActivityOutboundInterceptor):
            pass

        class Inbound(ActivityInboundInterceptor):
            def init(self, outbound: ActivityOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        class Wraps(Interceptor):
            def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
                return Inbound(super().intercept_activity(next))

        @activity.defn
        async def identify() -> str:
            return activity.info().activity_id

        interceptors = [Interceptor(), Wraps()]
        task = await run(temporal, identify, worker={"interceptors": interceptors}, activity_id="a1")

        assert task.result == "a1"

    async def test_interceptors_wrap_heartbeats(self, temporal):
        """Heartbeats pass through the outbound interceptors before they leave."""

        @activity.defn
        async def beats() -> None:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")

        class Adds(Interceptor):
            def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
                class Inbound(ActivityInboundInterceptor):
                    def init(self, outbound: ActivityOutboundInterceptor) -> None:
                        class Outbound(ActivityOutboundInterceptor):
                            def heartbeat(self, *details: Any) -> None:
                                super().heartbeat(*details, "more")

                        super().init(Outbound(outbound))

                return Inbound(next)

        task = await run(temporal, beats, heartbeat_timeout=60, worker={"interceptors": [Adds()]})

        assert task.heartbeats == [[1, "more"]]

    async def test_interceptors_and_activities_see_headers(self, temporal):
        """What came in the task's headers is there for interceptors and for the activity."""

        @activity.defn
        async def headers() -> object:
            return JSON.from_payload(activity.context().headers["trace"], Any)

        task = await run(temporal, headers, header={"trace": "abc"})

        assert task.result == "abc"

    async def test_an_interceptor_that_fails_fails_the_attempt(self, temporal):
        """An error of an interceptor is an error of the attempt."""

        class Breaks(Interceptor):
            def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
                raise LookupError("no tenant")

        task = await run(temporal, pack, "book", worker={"interceptors": [Breaks()]})

        assert task.failure.message == "no tenant"


class TestObservers:
    async def test_observers_see_a_run_in_order(self, temporal):
        """An observer is told what happens, in order."""
        events: list[WorkerEvent] = []

        await run(temporal, pack, "book", worker={"observers": [events.append]})

        kinds = (WorkerStarted, ActivityStarted, ActivityFinished)
        assert [type(event) for event in events if isinstance(event, kinds)] == list(kinds)
        (finished,) = [event for event in events if isinstance(event, ActivityFinished)]
        assert (finished.info.activity_type, finished.outcome) == ("pack", "completed")

    @pytest.mark.parametrize("kind", [LookupError, asyncio.CancelledError, Rude])
    async def test_an_observer_that_raises_changes_nothing(self, temporal, caplog, kind):
        """Anything that an observer raises, a CancelledError included, is logged and changes nothing."""

        def observe(event: WorkerEvent) -> None:
            raise kind("no metrics today")

        with anyio.fail_after(5):
            task = await run(temporal, pack, "book", worker={"observers": [observe]})

        assert task.result == "book"
        assert "no metrics today" in caplog.text


tenant: ContextVar[str] = ContextVar("tenant")


@activity.defn
async def whose() -> str:
    return tenant.get("no tenant's")


@activity.defn
def whose_in_a_thread() -> str:
    return tenant.get("no tenant's")


class TestContextPropagator:
    @pytest.mark.parametrize("fn", [whose, whose_in_a_thread])
    async def test_context_variables_travel_from_client_to_activity(self, temporal: FakeTemporal, fn):
        """What is set where an activity is started is set where it runs, in a thread too."""
        client = temporal.client(interceptors=[ContextPropagator(tenant=tenant)])
        async with Worker(client, task_queue=QUEUE, activities=[whose, whose_in_a_thread]):
            tenant.set("blue")
            found = await client.execute_activity(fn, task_queue=QUEUE, start_to_close_timeout=5)

        assert found == "blue"

    async def test_a_context_variable_without_a_header_has_its_default(self, temporal: FakeTemporal):
        """An activity started without the header has the variable's default."""
        worker = worker_of(temporal, whose, interceptors=[ContextPropagator(tenant=tenant)])
        async with worker:
            task = temporal.add_task(whose, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "no tenant's"

    async def test_context_variables_are_not_shared_between_attempts(self, temporal: FakeTemporal):
        """What one task brings another does not see."""
        worker = worker_of(temporal, whose, interceptors=[ContextPropagator(tenant=tenant)])
        async with worker:
            first = temporal.add_task(whose, task_queue=QUEUE, header={"tenant": "blue"})
            await first.wait_closed()
            second = temporal.add_task(whose, task_queue=QUEUE)
            await second.wait_closed()

        assert (first.result, second.result) == ("blue", "no tenant's")
