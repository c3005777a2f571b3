"""Who a worker is to the server: in its list of workers, in its deployments, and as the receiver of commands."""

from __future__ import annotations

import asyncio
import json
import platform
import uuid
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import pytest
import temporalio.activity
from anyio.from_thread import start_blocking_portal
from temporalio import client as official
from temporalio.api.enums.v1 import WorkerStatus
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerRequest,
    ListWorkersRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker as OfficialWorker

from asyncworker import CancelReason, Client, Worker, WorkerDeploymentVersion, activity
from asyncworker.testing import DevServer
from asyncworker.testing._dev_server import find_temporal
from asyncworker.worker import ContextPropagator, WorkerDeploymentConfig

from .calls import StandaloneCaller, WorkflowCaller, eventually
from .workflows import running_workflows

pytestmark = pytest.mark.server

_COMMANDS = {
    "frontend.WorkerCommandsEnabled": True,
    "system.enableCancelActivityWorkerCommand": True,
    "frontend.enableCancelWorkerPollsOnShutdown": True,
    "history.timerProcessorMaxTimeShift": "1ms",
}


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    """A server that tells workers of cancellations itself."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(DevServer(dynamic_config=_COMMANDS)) as started,
        portal.wrap_async_context_manager(running_workflows(started.target)),
    ):
        yield started


@pytest.fixture
def workflows() -> None:
    """They run beside the server of this module."""


@pytest.fixture
async def client(server: DevServer) -> AsyncIterator[Client]:
    async with await Client.connect(server.target) as connected:
        yield connected


@pytest.fixture
async def operator(server: DevServer) -> official.Client:
    """The official client, for what ours does not ask."""
    return await official.Client.connect(server.target)


@activity.defn
async def pack(fails: bool) -> str:
    if fails:
        raise ValueError("no box")
    return "packed"


class Hanging:
    """An activity that runs until it is let go or asked to stop, and never heartbeats."""

    def __init__(self) -> None:
        self.starts = asyncio.Event()
        self.release = asyncio.Event()
        self.reason: CancelReason | None = None
        self.ended = asyncio.Event()

    @activity.defn
    async def hang(self) -> None:
        self.starts.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.reason = activity.context().cancel_reason
            self.ended.set()
            raise


@temporalio.activity.defn(name="pack")
async def their_pack() -> None: ...


async def listed(operator: official.Client, task_queue: str) -> list[Any]:
    reply = await operator.workflow_service.list_workers(
        ListWorkersRequest(namespace="default", query=f"TaskQueue='{task_queue}'")
    )
    return list(reply.workers)


async def described(operator: official.Client, key: str) -> WorkerHeartbeat:
    reply = await operator.workflow_service.describe_worker(
        DescribeWorkerRequest(namespace="default", worker_instance_key=key)
    )
    return reply.worker_info.worker_heartbeat


class TestWorkerList:
    async def test_shows_a_worker_as_it_is(self, client, operator, task_queue):
        """The server lists a worker with its names, its slots, its polls and what it has done."""
        version = WorkerDeploymentVersion("shop", "7")
        hanging = Hanging()
        async with Worker(
            client,
            task_queue=task_queue,
            activities=[pack, hanging],
            identity="packer",
            max_concurrent_activities=9,
            max_concurrent_activity_task_polls=2,
            deployment_config=WorkerDeploymentConfig(version),
            worker_heartbeat_interval=1,
        ):
            caller = StandaloneCaller("", client, task_queue)
            await caller.result(pack, False)
            await caller.failure(pack, True, maximum_attempts=1)
            await caller.start("hang")
            await hanging.starts.wait()
            [worker] = await eventually(lambda: listed(operator, task_queue))
            seen = await eventually(
                lambda: described(operator, worker.worker_instance_key),
                lambda it: it.activity_task_slots_info.total_processed_tasks == 2,
            )
            hanging.release.set()

        assert worker.worker_identity == "packer"
        assert worker.status == WorkerStatus.WORKER_STATUS_RUNNING
        assert (worker.deployment_version.deployment_name, worker.deployment_version.build_id) == ("shop", "7")
        assert worker.sdk_name == "asyncworker"
        slots, polls = seen.activity_task_slots_info, seen.activity_poller_info
        assert (slots.slot_supplier_kind, slots.current_used_slots, slots.current_available_slots) == ("Fixed", 1, 8)
        assert (slots.total_processed_tasks, slots.total_failed_tasks) == (2, 1)
        assert polls.current_pollers == 2
        assert polls.HasField("last_successful_poll_time")
        assert 0 < seen.host_info.current_host_mem_usage < 1

    async def test_shows_what_a_worker_runs_on_as_it_does_for_the_official_one(
        self, server, client, operator, task_queue
    ):
        """The hosting and the platform are the same; the official SDK names its core, and ours Python."""
        runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=timedelta(seconds=1))
        other = await official.Client.connect(server.target, runtime=runtime)
        theirs = f"{task_queue}-theirs"
        async with (
            Worker(client, task_queue=task_queue, activities=[pack], worker_heartbeat_interval=1),
            OfficialWorker(other, task_queue=theirs, activities=[their_pack]),
        ):
            environments = []
            for queue in (task_queue, theirs):
                [worker] = await eventually(partial(listed, operator, queue))
                seen = await eventually(
                    partial(described, operator, worker.worker_instance_key), lambda it: it.HasField("environment")
                )
                environments.append(seen.environment)

        ours, official_ones = environments
        assert ours.hosting_environments == official_ones.hosting_environments
        assert ours.platform == official_ones.platform
        assert ours.runtimes[0].version == platform.python_version()

    async def test_follows_a_worker_to_its_end(self, client, operator, task_queue):
        """A worker that drains is shutting down, and one that has ended is not there."""
        hanging = Hanging()
        worker = Worker(client, task_queue=task_queue, activities=[hanging], worker_heartbeat_interval=1)
        async with worker:
            await StandaloneCaller("", client, task_queue).start("hang")
            await hanging.starts.wait()
            [before] = await eventually(lambda: listed(operator, task_queue))
            async with anyio.create_task_group() as group:
                group.start_soon(worker.shutdown)
                [draining] = await eventually(
                    lambda: listed(operator, task_queue), lambda found: found[0].status != before.status
                )
                hanging.release.set()
        after = await listed(operator, task_queue)

        assert draining.status == WorkerStatus.WORKER_STATUS_SHUTTING_DOWN
        assert draining.worker_instance_key == before.worker_instance_key
        assert after == []

    async def test_is_what_the_command_shows(self, server, client, task_queue):
        """``temporal worker describe`` shows what the worker says."""
        propagator = ContextPropagator(tenant=ContextVar[str]("tenant"))
        options = {"activities": [pack], "identity": "packer", "interceptors": [propagator]}
        async with Worker(client, task_queue=task_queue, **options) as worker:
            await eventually(lambda: _temporal(server, "worker", "list", "--query", f"TaskQueue='{task_queue}'"))
            shown = await _temporal(server, "worker", "describe", "--worker-instance-key", worker.instance_key)

        text = json.dumps(shown)
        assert all(word in text for word in ("packer", task_queue, "asyncworker", "Fixed"))
        assert "asyncworker.worker.ContextPropagator" in text


async def _temporal(server: DevServer, *arguments: str) -> Any:
    finished = await anyio.run_process([find_temporal(None), *arguments, "--address", server.target, "-o", "json"])
    return json.loads(finished.stdout or b"null")


class TestDeployment:
    async def test_a_version_takes_part(self, client, operator, task_queue):
        """A versioned worker makes its version known, and gets tasks once that is the current one."""
        name = f"deployment-{uuid.uuid4()}"
        config = WorkerDeploymentConfig(WorkerDeploymentVersion(name, "1"), use_worker_versioning=True)
        async with Worker(client, task_queue=task_queue, activities=[pack], deployment_config=config):
            await eventually(lambda: _versions(operator, name))
            await operator.workflow_service.set_worker_deployment_current_version(
                SetWorkerDeploymentCurrentVersionRequest(namespace="default", deployment_name=name, build_id="1")
            )
            result = await StandaloneCaller("", client, task_queue).result(pack, False)

        assert result == "packed"

    async def test_a_version_that_is_only_told(self, client, task_queue):
        """A worker that does not take part in versioning gets every task of its queue."""
        config = WorkerDeploymentConfig(WorkerDeploymentVersion("told", "1"))
        async with Worker(client, task_queue=task_queue, activities=[pack], deployment_config=config):
            assert await StandaloneCaller("", client, task_queue).result(pack, False) == "packed"


async def _versions(operator: official.Client, deployment: str) -> list[str]:
    try:
        reply = await operator.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace="default", deployment_name=deployment)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return []
        raise
    return [it.deployment_version.build_id for it in reply.worker_deployment_info.version_summaries]


class TestPushedCancellation:
    """The heartbeat timeout is 60 s and the activity does not heartbeat: what arrives within the guard was pushed."""

    async def test_reaches_an_activity_that_never_heartbeats(self, server, client, task_queue):
        """A workflow that cancels its activity stops it, and learns that it was cancelled."""
        hanging = Hanging()
        caller = WorkflowCaller(server.target, client, task_queue)
        async with Worker(client, task_queue=task_queue, activities=[hanging]):
            call = await caller.start("hang", heartbeat_timeout=60.0, start_to_close_timeout=90.0)
            await hanging.starts.wait()
            await call.cancel()
            with anyio.fail_after(5):
                failure = await call.failure()

        assert hanging.reason is CancelReason.CANCEL_REQUESTED
        assert type(failure).__name__ == "CancelledError"

    async def test_follows_a_terminated_workflow(self, server, client, task_queue):
        """The result is not wanted any more: the activity is stopped at once."""
        hanging = Hanging()
        caller = WorkflowCaller(server.target, client, task_queue)
        async with Worker(client, task_queue=task_queue, activities=[hanging]):
            call = await caller.start("hang", heartbeat_timeout=60.0, start_to_close_timeout=90.0)
            await hanging.starts.wait()
            await call.handle.terminate()
            with anyio.fail_after(5):
                await hanging.ended.wait()

        assert hanging.reason is CancelReason.CANCEL_REQUESTED

    async def test_finds_the_right_worker(self, server, client, task_queue):
        """Of two workers on one client the one whose activity it is hears of it."""
        hangings = [Hanging(), Hanging()]
        queues = [f"{task_queue}-{number}" for number in range(2)]
        async with (
            Worker(client, task_queue=queues[0], activities=[hangings[0]]),
            Worker(client, task_queue=queues[1], activities=[hangings[1]]),
        ):
            calls = [
                await WorkflowCaller(server.target, client, queue).start("hang", start_to_close_timeout=90.0)
                for queue in queues
            ]
            for hanging in hangings:
                await hanging.starts.wait()
            await calls[1].cancel()
            with anyio.fail_after(5):
                await hangings[1].ended.wait()
            first = hangings[0].reason
            await calls[0].cancel()
            with anyio.fail_after(5):
                await hangings[0].ended.wait()

        assert first is None

    async def test_does_not_follow_a_standalone_activity(self, client, task_queue):
        """The server does not push these: they hear of it by heartbeats."""
        hanging = Hanging()
        async with Worker(
            client,
            task_queue=task_queue,
            activities=[hanging],
            auto_heartbeat=True,
            max_heartbeat_throttle_interval=0.2,
        ):
            call = await StandaloneCaller("", client, task_queue).start("hang", heartbeat_timeout=60.0)
            await hanging.starts.wait()
            await call.cancel()
            with anyio.fail_after(5):
                await call.failure()

        assert hanging.reason is CancelReason.CANCEL_REQUESTED
