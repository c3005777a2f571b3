"""Traces go through workflows, standalone activities and what activities do, as an OTLP receiver sees them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import temporalio.activity
import temporalio.client
import temporalio.contrib.opentelemetry
import temporalio.exceptions
from opentelemetry import baggage, context as otel_context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as OfficialWorker

from asyncworker import Client, Worker, activity
from asyncworker.contrib.opentelemetry import TracingInterceptor
from asyncworker.contrib.temporalio import TemporalioInterceptor, from_temporalio
from asyncworker.exceptions import ActivityFailureError, ApplicationError, ApplicationErrorCategory
from asyncworker.worker import ContextPropagator

from .otlp_receiver import Receiver, attributes_of, receiving
from .workflows import CallActivity, Plan


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def provider(receiver: Receiver) -> Iterator[TracerProvider]:
    """A provider that exports to the receiver."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{receiver.url}/v1/traces")))
    yield provider
    provider.shutdown()


@pytest.fixture
def working(server, provider, task_queue) -> Callable[..., AbstractAsyncContextManager[Client]]:
    """Run a worker whose client has our interceptor."""

    @asynccontextmanager
    async def working(*activities: Any, **options: Any) -> AsyncIterator[Client]:
        tracing = TracingInterceptor(provider.get_tracer("ours"), **options)
        async with (
            await Client.connect(server.target, interceptors=[tracing]) as client,
            Worker(client, task_queue=task_queue, activities=activities, max_heartbeat_throttle_interval=0.05),
        ):
            yield client
        await anyio.to_thread.run_sync(provider.force_flush)

    return working


async def execute(client: Client, task_queue: str, fn: Any, *args: Any) -> Any:
    return await client.execute_activity(
        fn, args=args, id=str(uuid.uuid4()), task_queue=task_queue, start_to_close_timeout=20
    )


async def call_by_workflow(target: str, provider: TracerProvider, task_queue: str, name: str) -> Any:
    """Have a workflow of the official SDK, with its interceptor, call the activity *name*."""
    tracing = temporalio.contrib.opentelemetry.TracingInterceptor(provider.get_tracer("theirs"))
    official = await temporalio.client.Client.connect(target, interceptors=[tracing])
    queue = f"{task_queue}-workflows"
    async with OfficialWorker(
        official, task_queue=queue, workflows=[CallActivity], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        return await official.execute_workflow(name, Plan(task_queue), id=task_queue, task_queue=queue)


class TestContext:
    async def test_a_workflows_span_is_the_parent_of_an_activitys_and_that_of_its_calls(
        self, server, receiver, provider, working, task_queue
    ):
        """One trace leads from a workflow of the official SDK over our activity to an HTTP call in it."""

        @activity.defn
        async def fetch() -> None:
            transport = AsyncOpenTelemetryTransport(httpx.AsyncHTTPTransport(), tracer_provider=provider)
            async with httpx.AsyncClient(transport=transport) as http:
                await http.get(receiver.url)

        async with working(fetch):
            await call_by_workflow(server.target, provider, task_queue, "fetch")

        ran, call = receiver.named("RunActivity:fetch"), receiver.named("GET")
        assert receiver.parent_of(ran) == "StartActivity:fetch"
        assert receiver.parent_of(call) == "RunActivity:fetch"
        (parent,) = receiver.parents
        assert str(parent).split("-")[1:3] == [ran.trace_id.hex(), call.span_id.hex()]
        assert len({span.trace_id for span in receiver.spans}) == 1
        assert ran.kind == Span.SPAN_KIND_SERVER
        assert attributes_of(ran).keys() == {"temporalActivityID", "temporalWorkflowID", "temporalRunID"}

    async def test_a_start_is_the_parent_of_a_standalone_activity(self, receiver, provider, working, task_queue):
        """The start of a standalone activity has a span in the trace of its caller, and the activity is its child."""

        @activity.defn
        def work() -> str:
            return str(baggage.get_baggage("tenant"))

        async with working(work) as client:
            with provider.get_tracer("ours").start_as_current_span("request"):
                token = otel_context.attach(baggage.set_baggage("tenant", "acme"))
                result = await execute(client, task_queue, work)
                otel_context.detach(token)

        started, ran = receiver.named("StartActivity:work"), receiver.named("RunActivity:work")
        assert result == "acme"
        assert (receiver.parent_of(started), receiver.parent_of(ran)) == ("request", "StartActivity:work")
        assert started.kind == Span.SPAN_KIND_CLIENT
        assert attributes_of(started)["temporalActivityType"] == "work"
        assert attributes_of(started)["temporalActivityID"] == attributes_of(ran)["temporalActivityID"]

    async def test_an_activity_of_the_official_worker_continues_our_trace(self, server, receiver, provider, task_queue):
        """The official SDK reads the header of our client."""

        @temporalio.activity.defn
        async def work() -> None: ...

        theirs = temporalio.contrib.opentelemetry.TracingInterceptor(provider.get_tracer("theirs"))
        ours = TracingInterceptor(provider.get_tracer("ours"))
        official = await temporalio.client.Client.connect(server.target, interceptors=[theirs])
        async with (
            OfficialWorker(official, task_queue=task_queue, activities=[work]),
            await Client.connect(server.target, interceptors=[ours]) as client,
        ):
            await execute(client, task_queue, "work")
        await anyio.to_thread.run_sync(provider.force_flush)

        assert receiver.parent_of(receiver.named("RunActivity:work")) == "StartActivity:work"

    async def test_without_spans_the_context_is_passed_on(self, receiver, provider, working, task_queue):
        """An interceptor that only propagates makes what the activity does a child of what started it."""

        @activity.defn
        async def work() -> None:
            with provider.get_tracer("ours").start_as_current_span("inside"):
                pass

        async with working(work, spans=False) as client:
            with provider.get_tracer("ours").start_as_current_span("request"):
                await execute(client, task_queue, work)

        assert {span.name for span in receiver.spans} == {"request", "inside"}
        assert receiver.parent_of(receiver.named("inside")) == "request"

    async def test_a_header_that_cannot_be_read_costs_no_activity(self, server, receiver, working, task_queue):
        """A trace that is broken begins anew, and the activity runs."""

        @activity.defn
        async def work() -> str:
            return "done"

        number: ContextVar[int] = ContextVar("number")
        number.set(7)
        broken = ContextPropagator(**{"_tracer-data": number})
        async with working(work), await Client.connect(server.target, interceptors=[broken]) as client:
            assert await execute(client, task_queue, work) == "done"

        assert receiver.named("RunActivity:work").parent_span_id == b""


class TestOutcomes:
    @pytest.mark.parametrize("benign", [False, True])
    async def test_a_failure_is_an_error_unless_it_is_benign(self, receiver, working, task_queue, benign):
        """The exception is an event of the span; a benign one leaves its status alone."""
        category = ApplicationErrorCategory.BENIGN if benign else ApplicationErrorCategory.UNSPECIFIED

        @activity.defn
        async def work() -> None:
            raise ApplicationError("broken", non_retryable=True, category=category)

        async with working(work) as client:
            with pytest.raises(ActivityFailureError):
                await execute(client, task_queue, work)

        ran = receiver.named("RunActivity:work")
        assert [event.name for event in ran.events] == ["exception"]
        assert ran.status.code == (Status.STATUS_CODE_UNSET if benign else Status.STATUS_CODE_ERROR)
        assert receiver.named("StartActivity:work").status.code == Status.STATUS_CODE_UNSET

    async def test_a_cancellation_that_was_requested_is_an_event_and_no_error(self, receiver, working, task_queue):
        """The span shows each heartbeat, without its details, and why the activity was cancelled."""
        began = anyio.Event()

        @activity.defn
        async def work() -> None:
            began.set()
            while True:
                activity.heartbeat("secret")
                await asyncio.sleep(0.02)

        async with working(work) as client:
            handle = await client.start_activity(
                work, id=task_queue, task_queue=task_queue, start_to_close_timeout=20, heartbeat_timeout=5
            )
            await began.wait()
            await handle.cancel()
            with pytest.raises(ActivityFailureError):
                await handle.result()

        ran = receiver.named("RunActivity:work")
        assert {event.name for event in ran.events} == {"heartbeat", "cancellation"}
        assert attributes_of(ran.events[-1]) == {"reason": "cancel_requested"}
        assert ran.status.code == Status.STATUS_CODE_UNSET
        assert b"secret" not in ran.SerializeToString()

    async def test_an_activity_that_is_left_open_is_no_error(self, receiver, working, task_queue):
        """The span of an activity that is completed from outside ends without an error."""
        began = anyio.Event()

        @activity.defn
        async def work() -> None:
            began.set()
            activity.raise_complete_async()

        async with working(work) as client:
            handle = await client.start_activity(work, id=task_queue, task_queue=task_queue, start_to_close_timeout=20)
            await began.wait()
            await client.get_async_activity_handle(activity_id=task_queue, run_id=handle.run_id).complete(None)

        assert receiver.named("RunActivity:work").status.code == Status.STATUS_CODE_UNSET


class TestActivitiesOfTheOfficialSDK:
    """Taken over by the bridge: their spans are those of any other activity."""

    @pytest.fixture
    def bridged(self, server, provider, task_queue) -> Callable[..., AbstractAsyncContextManager[Client]]:
        """Run a worker of ours that has activities written for temporalio."""

        @asynccontextmanager
        async def bridged(*activities: Any) -> AsyncIterator[Client]:
            official = await temporalio.client.Client.connect(server.target)
            tracing = TracingInterceptor(provider.get_tracer("ours"))
            async with (
                await Client.connect(server.target, interceptors=[tracing]) as client,
                Worker(
                    client,
                    task_queue=task_queue,
                    activities=[from_temporalio(each) for each in activities],
                    interceptors=[TemporalioInterceptor(official)],
                    max_heartbeat_throttle_interval=0.05,
                ),
            ):
                yield client
            await anyio.to_thread.run_sync(provider.force_flush)

        return bridged

    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_a_workflows_span_is_the_parent_of_theirs_and_of_what_they_do(
        self, server, receiver, provider, bridged, task_queue, kind
    ):
        """In a thread too, and each heartbeat of temporalio's is an event."""
        tracer = provider.get_tracer("ours")

        def do() -> None:
            temporalio.activity.heartbeat("secret")
            with tracer.start_as_current_span("inside"):
                pass

        if kind == "def":

            @temporalio.activity.defn(name="work")
            def work() -> None:
                do()
        else:

            @temporalio.activity.defn(name="work")
            async def work() -> None:
                do()

        async with bridged(work):
            await call_by_workflow(server.target, provider, task_queue, "work")

        ran, inside = receiver.named("RunActivity:work"), receiver.named("inside")
        assert receiver.parent_of(ran) == "StartActivity:work"
        assert receiver.parent_of(inside) == "RunActivity:work"
        assert len({span.trace_id for span in receiver.spans}) == 1
        assert [event.name for event in ran.events] == ["heartbeat"]
        assert attributes_of(ran).keys() == {"temporalActivityID", "temporalWorkflowID", "temporalRunID"}
        assert b"secret" not in ran.SerializeToString()

    @pytest.mark.parametrize("benign", [False, True])
    async def test_their_failure_is_an_error_unless_it_is_benign(self, receiver, bridged, task_queue, benign):
        """By temporalio's own category, and under its own name."""
        category = temporalio.exceptions.ApplicationErrorCategory.BENIGN if benign else None
        options = {} if category is None else {"category": category}

        @temporalio.activity.defn
        async def work() -> None:
            raise temporalio.exceptions.ApplicationError("broken", non_retryable=True, **options)

        async with bridged(work) as client:
            with pytest.raises(ActivityFailureError):
                await execute(client, task_queue, "work")

        ran = receiver.named("RunActivity:work")
        assert [event.name for event in ran.events] == ["exception"]
        assert ran.status.code == (Status.STATUS_CODE_UNSET if benign else Status.STATUS_CODE_ERROR)

    async def test_their_cancellation_is_an_event_and_no_error(self, receiver, bridged, task_queue):
        """Whichever CancelledError they let through."""
        began = anyio.Event()

        @temporalio.activity.defn
        async def work() -> None:
            began.set()
            while True:
                temporalio.activity.heartbeat()
                await asyncio.sleep(0.02)

        async with bridged(work) as client:
            handle = await client.start_activity(
                "work", id=task_queue, task_queue=task_queue, start_to_close_timeout=20, heartbeat_timeout=5
            )
            await began.wait()
            await handle.cancel()
            with pytest.raises(ActivityFailureError):
                await handle.result()

        ran = receiver.named("RunActivity:work")
        assert attributes_of(ran.events[-1]) == {"reason": "cancel_requested"}
        assert ran.status.code == Status.STATUS_CODE_UNSET
