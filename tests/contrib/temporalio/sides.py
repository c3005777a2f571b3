"""Two workers for the same activities, temporalio's own and ours with the bridge, and a workflow that calls them."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from temporalio import activity, client as official, common, workflow

# typing's or that of collections.abc, depending on the version: for dynamic ones it has to be the very same.
from temporalio.activity import Sequence as TheirSequence
from temporalio.converter import DataConverter
from temporalio.exceptions import ActivityError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker as OfficialWorker

import asyncworker
from asyncworker import Client
from asyncworker.contrib.temporalio import TemporalioInterceptor, activities_of, from_temporalio


class Worker(asyncworker.Worker):
    """One that does not wait for a lull when it stops: here nothing is handed out to a poll that is ended."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._settings = replace(self._settings, lull=0.0)


#: Runs some activities while it is entered: the client, the task queue, the activities, and further options.
Runner = Callable[..., AbstractAsyncContextManager[Any]]


@asynccontextmanager
async def their_worker(
    target: str, client: official.Client, task_queue: str, activities: Sequence[Any], *, grace: float = 0.2
) -> AsyncIterator[Any]:
    """Run the activities on temporalio's worker."""
    with ThreadPoolExecutor(10) as executor:
        worker = OfficialWorker(
            client,
            task_queue=task_queue,
            activities=activities,
            activity_executor=executor,
            graceful_shutdown_timeout=timedelta(seconds=grace),
            default_heartbeat_throttle_interval=timedelta(seconds=0.1),
            max_heartbeat_throttle_interval=timedelta(seconds=0.1),
        )
        async with worker:
            yield worker


@asynccontextmanager
async def our_worker(
    target: str, client: official.Client, task_queue: str, activities: Sequence[Any], *, grace: float = 0.2
) -> AsyncIterator[Any]:
    """Run the activities on ours, each taken over by the bridge."""
    async with await Client.connect(target) as ours:
        worker = Worker(
            ours,
            task_queue=task_queue,
            activities=[from_temporalio(each) for each in activities],
            interceptors=[TemporalioInterceptor(client)],
            graceful_shutdown_timeout=grace,
            default_heartbeat_throttle_interval=0.1,
            max_heartbeat_throttle_interval=0.1,
        )
        async with worker:
            yield worker


SIDES: dict[str, Runner] = {"theirs": their_worker, "ours": our_worker}


@dataclass
class Plan:
    """How the workflow calls its activity."""

    task_queue: str
    heartbeat_timeout: float | None = 5.0
    maximum_attempts: int = 1
    priority: int | None = None


@workflow.defn(dynamic=True)
class CallActivity:
    """Call the activity that the workflow is named after, as the first argument says, with the others."""

    def __init__(self) -> None:
        self._call: workflow.ActivityHandle[Any] | None = None

    @workflow.run
    async def run(self, arguments: TheirSequence[common.RawValue]) -> Any:
        plan: Plan = workflow.payload_converter().from_payload(arguments[0].payload, Plan)
        self._call = workflow.start_activity(
            workflow.info().workflow_type,
            args=list(arguments[1:]),
            activity_id="the-activity",
            task_queue=plan.task_queue,
            start_to_close_timeout=timedelta(seconds=30),
            heartbeat_timeout=None if plan.heartbeat_timeout is None else timedelta(seconds=plan.heartbeat_timeout),
            retry_policy=common.RetryPolicy(
                initial_interval=timedelta(milliseconds=10), maximum_attempts=plan.maximum_attempts
            ),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            priority=common.Priority(priority_key=plan.priority),
            result_type=common.RawValue,
        )
        return await self._call

    @workflow.signal
    def cancel_activity(self) -> None:
        assert self._call is not None
        self._call.cancel()


@dataclass
class Call:
    """One workflow that calls an activity."""

    handle: Any
    client: official.Client

    async def result(self) -> Any:
        return await self.handle.result()

    async def error(self) -> BaseException:
        """Wait for the activity's own failure."""
        with pytest.raises(official.WorkflowFailureError) as failed:
            await self.handle.result()
        error = failed.value.cause
        assert isinstance(error, ActivityError)
        assert error.cause is not None
        return error.cause

    async def cancel(self) -> None:
        await self.handle.signal("cancel_activity")

    async def failure(self) -> Any:
        """Return the failure as it was reported."""
        await self.error()
        async for event in self.handle.fetch_history_events():
            if event.HasField("activity_task_failed_event_attributes"):
                return event.activity_task_failed_event_attributes.failure
            if event.HasField("activity_task_canceled_event_attributes"):
                return event.activity_task_canceled_event_attributes
        raise AssertionError("no activity has failed")


@dataclass
class Stage:
    """Workers for activities and for the workflow, on one server."""

    target: str
    task_queue: str
    runner: Runner
    options: dict[str, Any] = field(default_factory=dict)

    @asynccontextmanager
    async def running(
        self, *activities: Any, data_converter: DataConverter | None = None, **options: Any
    ) -> AsyncIterator[Caller]:
        converter = data_converter or DataConverter.default
        client = await official.Client.connect(self.target, data_converter=converter)
        workflows = f"{self.task_queue}-workflows"
        async with (
            OfficialWorker(
                client,
                task_queue=workflows,
                workflows=[CallActivity],
                workflow_runner=UnsandboxedWorkflowRunner(),
            ),
            self.runner(self.target, client, self.task_queue, activities, **options) as worker,
        ):
            yield Caller(client, workflows, self.task_queue, worker)


@dataclass
class Caller:
    """Calls activities by way of the workflow."""

    client: official.Client
    workflows: str
    task_queue: str
    worker: Any

    async def start(self, name: str, *args: Any, **plan: Any) -> Call:
        handle = await self.client.start_workflow(
            name,
            args=[Plan(self.task_queue, **plan), *args],
            id=f"{name}-{uuid.uuid4().hex}",
            task_queue=self.workflows,
            execution_timeout=timedelta(seconds=40),
        )
        return Call(handle, self.client)

    async def call(self, name: str, *args: Any, **plan: Any) -> Any:
        return await (await self.start(name, *args, **plan)).result()


async def until(fact: Callable[[], Any]) -> None:
    """Wait until *fact* holds."""
    with anyio.fail_after(20):
        while not fact():  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.005)


def info_as_values(**more: Any) -> dict[str, Any]:
    """Return what ``activity.info()`` has, field by field, as texts."""
    return {name: repr(getattr(activity.info(), name)) for name in vars(activity.info())} | more


# Activities of packages that others have written

#: Why their tests are skipped where the packages are not installed.
ECOSYSTEM = "runs with `make bridge`"


@asynccontextmanager
async def serving(
    side: str, target: str, task_queue: str, *plugins: Any, workflows: Sequence[type], activities: Sequence[Any] = ()
) -> AsyncIterator[official.Client]:
    """Run workflows of plugins on temporalio's worker, and their activities on that or on ours."""
    client = await official.Client.connect(target, plugins=list(plugins))
    options: dict[str, Any] = {"workflows": workflows, "workflow_runner": UnsandboxedWorkflowRunner()}
    if side == "theirs":
        async with OfficialWorker(client, task_queue=task_queue, activities=activities, **options):
            yield client
        return
    async with await Client.connect(target) as ours:
        found = [each for plugin in plugins for each in activities_of(plugin, workflows=workflows)]
        worker = Worker(
            ours,
            task_queue=task_queue,
            activities=[*found, *map(from_temporalio, activities)],
            interceptors=[TemporalioInterceptor(client)],
            graceful_shutdown_timeout=0.2,
            identity="ours",
        )
        # Its plugins give it activities as well, but it polls for none.
        async with OfficialWorker(client, task_queue=task_queue, no_remote_activities=True, **options), worker:
            yield client


async def activities_in(handle: official.WorkflowHandle[Any, Any], side: str) -> list[str]:
    """Return the types of the activities of a workflow, and check who has run them."""
    types, workers = [], set()
    async for event in handle.fetch_history_events():
        if event.HasField("activity_task_scheduled_event_attributes"):
            types.append(event.activity_task_scheduled_event_attributes.activity_type.name)
        if event.HasField("activity_task_started_event_attributes"):
            workers.add(event.activity_task_started_event_attributes.identity)
    assert workers
    assert (workers == {"ours"}) is (side == "ours")
    return types
