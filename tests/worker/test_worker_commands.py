"""The server can tell a worker to stop an activity, without a heartbeat of the activity's."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import anyio
import pytest
from worker_helpers import QUEUE, Worker, until, worker_of

from asyncworker import CancelReason, Client, activity
from asyncworker._proto.temporal.api.common.v1 import Payload
from asyncworker._proto.temporal.api.nexus.v1.lazy import Request, StartOperationRequest
from asyncworker._proto.temporal.api.nexusservices.workerservice.v1 import (
    ExecuteCommandsRequest,
    ExecuteCommandsResponse,
)
from asyncworker._proto.temporal.api.worker.v1.lazy import CancelActivityCommand, WorkerCommand
from asyncworker._proto.temporal.api.workflowservice.v1.lazy import (
    PollNexusTaskQueueResponse,
    RespondNexusTaskFailedRequest,
)
from asyncworker._rpc._service import WorkflowService
from asyncworker._wire import decode, encode
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker.control._commands import execute

POLL = "PollActivityTaskQueue"
HEAR = "PollNexusTaskQueue"
ANSWER = "RespondNexusTaskCompleted"


class Hanging:
    """Activities that run until they are asked to stop, and never heartbeat."""

    def __init__(self) -> None:
        self.started = 0
        self.reasons: list[CancelReason | None] = []

    @activity.defn
    async def hang(self) -> None:
        self.started += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.reasons.append(activity.context().cancel_reason)
            raise

    @activity.defn
    def hang_in_thread(self) -> None:
        self.started += 1
        while not activity.is_cancelled():
            time.sleep(0.002)
        self.reasons.append(activity.context().cancel_reason)
        raise asyncio.CancelledError

    async def runs(self, count: int = 1) -> None:
        await until(lambda: self.started >= count)


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    """A server that gives commands."""
    async with FakeTemporal(
        capabilities={"worker_commands": True, "worker_poll_complete_on_shutdown": True}
    ) as temporal:
        yield temporal


@pytest.fixture
def hanging() -> Hanging:
    return Hanging()


class TestCancel:
    @pytest.mark.parametrize("name", ["hang", "hang_in_thread"])
    async def test_a_cancel_command_needs_no_heartbeat(self, temporal, hanging, name):
        """An activity that never heartbeats hears of its cancellation, and the server of its end."""
        async with worker_of(temporal, hanging):
            task = temporal.add_task(name, task_queue=QUEUE, heartbeat_timeout=60)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"
        assert hanging.reasons == [CancelReason.CANCEL_REQUESTED]
        assert temporal.requests("RecordActivityTaskHeartbeat") == []

    async def test_a_command_cancels_the_activity_of_a_terminated_workflow(self, temporal, hanging):
        """The activity of a workflow that is no more is stopped, though its result is of no use."""
        async with worker_of(temporal, hanging):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            task.terminate()
            await until(lambda: len(hanging.reasons) == 1)

        assert hanging.reasons == [CancelReason.CANCEL_REQUESTED]

    async def test_a_standalone_activity_is_cancelled_by_its_heartbeats(self, temporal, hanging):
        """The server does not push these: they hear of it by their heartbeats."""
        async with worker_of(temporal, hanging, auto_heartbeat=True, max_heartbeat_throttle_interval=0.01):
            task = temporal.start_activity("hang", task_queue=QUEUE, heartbeat_timeout=60)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"
        assert temporal.requests(ANSWER) == []

    async def test_a_command_reaches_a_worker_that_drains(self, temporal, hanging):
        """A worker that stops still hears of cancellations, to the end of its last activity."""
        worker = worker_of(temporal, hanging)
        async with worker:
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            worker._worker_run.stop()
            await temporal.wait_for("ShutdownWorker")
            task.request_cancel()
            await task.wait_closed()

        assert hanging.reasons == [CancelReason.CANCEL_REQUESTED]

    async def test_a_command_that_comes_twice_changes_nothing(self, temporal, hanging):
        """A command that is handed out again is answered again, and changes nothing."""
        async with worker_of(temporal, hanging):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            [poll, *_] = temporal.requests(POLL)
            for _ in range(2):
                temporal._cluster.commands.push_cancel(poll.worker_control_task_queue, task.task_token)
            await temporal.wait_for(ANSWER, count=2)

        assert hanging.reasons == [CancelReason.CANCEL_REQUESTED]
        assert temporal._cluster.commands.unanswered == 0

    async def test_a_command_about_an_unknown_activity_is_replied_to(self, temporal, hanging):
        """A command about an activity that is not here is replied to, and nothing happens."""
        async with worker_of(temporal, hanging):
            [poll, *_] = await temporal.wait_for(POLL)
            temporal._cluster.commands.push_cancel(poll.worker_control_task_queue, b"of another worker")
            [answer] = await temporal.wait_for(ANSWER)

        payload = answer.response.start_operation.sync_success.payload
        [result] = decode(ExecuteCommandsResponse, payload.data).results
        assert result.cancel_activity is not None

    @pytest.mark.parametrize(
        ("status", "is_told"), [(RPCStatusCode.UNAVAILABLE, True), (RPCStatusCode.NOT_FOUND, False)], ids=str
    )
    async def test_a_command_whose_reply_is_lost_was_obeyed(self, temporal, hanging, caplog, status, is_told):
        """The activity is stopped and the worker goes on; that the command is known no longer is no news."""
        caplog.set_level(logging.INFO)
        temporal.fail_next(ANSWER, status)
        async with worker_of(temporal, hanging):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()
            other = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs(2)
            other.request_cancel()
            await other.wait_closed()

        assert (task.state, other.state) == ("Canceled", "Canceled")
        assert ("a worker command could not be replied to" in caplog.text) == is_told

    async def test_a_task_that_is_no_command_is_refused_and_polling_goes_on(self, temporal, hanging):
        """A newer server may ask for what this version does not know, and is told so."""
        async with worker_of(temporal, hanging):
            [poll, *_] = await temporal.wait_for(POLL)
            commands = temporal._cluster.commands
            commands._waiting[poll.worker_control_task_queue].append(asked(service="another"))
            temporal._cluster.changes.notify()
            [refusal] = await temporal.wait_for("RespondNexusTaskFailed")
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()

        assert (refusal.task_token, refusal.error.error_type) == (b"task", "NOT_IMPLEMENTED")
        assert (task.state, commands.unanswered) == ("Canceled", 0)

    async def test_a_command_may_overtake_its_task(self, temporal, hanging):
        """A command may arrive before the task that it is about: the activity is stopped when it comes."""
        slow = SlowAnswers(temporal.transport(), POLL)
        client = Client(WorkflowService(slow, namespace="default"))
        async with Worker(client, task_queue=QUEUE, activities=[hanging]):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await task.wait_for_attempt()
            task.request_cancel()
            await temporal.wait_for(ANSWER)
            slow.go_on.set()
            await task.wait_closed()

        assert task.state == "Canceled"


class SlowAnswers:
    """A transport on which the answers of one method do not arrive before they are let through."""

    def __init__(self, inner, method: str) -> None:
        self._inner = inner
        self._method = method
        self.go_on = asyncio.Event()

    async def unary(self, path, request, *, timeout, metadata=()):
        answer = await self._inner.unary(path, request, timeout=timeout, metadata=metadata)
        if path.endswith(self._method):
            await self.go_on.wait()
        return answer

    async def close(self) -> None:
        await self._inner.close()


class TestControlQueue:
    async def test_polls_name_the_control_queue(self, temporal, hanging):
        """Polls for activities name the queue that is polled for commands: that of the client's workers."""
        async with worker_of(temporal, hanging):
            [poll, *_] = await temporal.wait_for(POLL)
            [hear] = await temporal.wait_for(HEAR)
            [request, *_] = await temporal.wait_for("RecordWorkerHeartbeat")

        group = request.worker_heartbeat[0].host_info.worker_grouping_key
        assert hear.task_queue.name == f"temporal-sys/worker-commands/default/{group}"
        assert hear.task_queue.kind == 3
        assert poll.worker_control_task_queue == hear.task_queue.name
        assert hear.worker_instance_key not in ("", poll.worker_instance_key)

    async def test_workers_of_a_client_share_the_control_queue(self, temporal, hanging):
        """Workers on one client have one poll for commands; whose activity it is hears of it, and the last ends it."""
        client, other = temporal.client(), Hanging()
        async with Worker(client, task_queue="a", activities=[hanging]):
            async with Worker(client, task_queue="b", activities=[other]):
                tasks = [temporal.add_task("hang", task_queue=queue) for queue in ("a", "b")]
                await hanging.runs()
                await other.runs()
                tasks[1].request_cancel()
                await tasks[1].wait_closed()
                assert (hanging.reasons, len(other.reasons)) == ([], 1)
            tasks[0].request_cancel()
            await tasks[0].wait_closed()

        assert len(hanging.reasons) == 1
        assert {poll.worker_control_task_queue for poll in temporal.requests(POLL)} == {
            poll.task_queue.name for poll in temporal.requests(HEAR)
        }
        assert len({poll.worker_instance_key for poll in temporal.requests(HEAR)}) == 1
        control = temporal.requests(HEAR)[0].task_queue.name
        assert [request.task_queue for request in temporal.requests("ShutdownWorker")] == ["b", "a", control]

    async def test_a_worker_without_heartbeats_receives_commands(self, temporal, hanging):
        """A worker that does not want to be known is within reach of commands all the same."""
        async with worker_of(temporal, hanging, worker_heartbeat_interval=None):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"
        assert temporal.requests("RecordWorkerHeartbeat") == []

    async def test_a_namespace_without_commands_is_not_polled_for_them(self, hanging):
        """Where the namespace has no worker commands, none are waited for, and polls name no queue."""
        async with (
            FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
            worker_of(temporal, hanging),
        ):
            await temporal.wait_for("RecordWorkerHeartbeat")

        assert temporal.requests(HEAR) == []
        assert {poll.worker_control_task_queue for poll in temporal.requests(POLL)} == {""}

    async def test_polls_name_no_control_queue_once_it_is_refused(self, temporal):
        """When the server gives no commands after all, polls name no queue any more, and work goes on."""

        @activity.defn
        async def pack() -> str:
            return "packed"

        temporal.fail_next(HEAR, RPCStatusCode.PERMISSION_DENIED, "not for you")
        async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1):
            await temporal.wait_for("RecordWorkerHeartbeat")
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()
            await temporal.wait_for(POLL, count=2)

        assert task.result == "packed"
        assert temporal.requests(POLL)[-1].worker_control_task_queue == ""
        assert len(temporal.requests(HEAR)) == 1

    async def test_polling_for_commands_goes_on_after_trouble(self, temporal, hanging):
        """A poll for commands that fails is made again."""
        temporal.fail_next(HEAR, RPCStatusCode.UNAVAILABLE, times=2)
        async with worker_of(temporal, hanging):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"

    async def test_polling_for_commands_goes_on_after_an_outage(self, temporal, hanging):
        """A worker that has lost its server for a while hears commands again afterwards."""
        async with worker_of(temporal, hanging):
            task = temporal.add_task("hang", task_queue=QUEUE)
            await hanging.runs()
            with temporal.outage():
                await anyio.wait_all_tasks_blocked()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"


class TestEnding:
    async def test_a_poll_for_commands_that_the_server_does_not_end_is_dropped(self, hanging):
        """Where the server does not end polls, the end of a worker does not wait for the poll for commands."""
        capabilities = {"worker_commands": True, "worker_poll_complete_on_shutdown": False}
        async with FakeTemporal(capabilities=capabilities) as temporal:
            async with worker_of(temporal, hanging, long_poll_timeout=3):
                await temporal.wait_for(HEAR)
                await temporal.wait_for(POLL)

            assert [request.task_queue for request in temporal.requests("ShutdownWorker")] == [QUEUE]

    async def test_a_server_that_is_slow_to_end_the_poll_for_commands_holds_nothing_up(self, temporal, hanging):
        """A server that is slow to end the poll holds nothing up for long."""
        worker = worker_of(temporal, hanging)
        with anyio.fail_after(20):
            async with worker:
                await temporal.wait_for(HEAR)
                temporal.delay("ShutdownWorker", 2)

        assert worker.is_shutdown

    async def test_a_poll_for_commands_that_backs_off_ends_at_once(self, temporal, hanging):
        """A worker whose poll for commands waits for its next try ends at once."""
        temporal.fail_next(HEAR, RPCStatusCode.UNAVAILABLE, times=100)
        async with worker_of(temporal, hanging):
            await temporal.wait_for(HEAR, count=3)

        assert len([it for it in temporal.requests("ShutdownWorker") if "worker-commands" in it.task_queue]) == 0


def asked(*commands: WorkerCommand, **changes: str | bytes) -> PollNexusTaskQueueResponse:
    """A task with these commands, as the server writes one."""
    operation = StartOperationRequest(
        service=str(changes.get("service", "temporal.api.nexusservices.workerservice.v1.WorkerService")),
        operation=str(changes.get("operation", "ExecuteCommands")),
        payload=Payload(data=changes.get("data", encode(ExecuteCommandsRequest(commands=list(commands))))),
    )
    return PollNexusTaskQueueResponse(task_token=b"task", request=Request(start_operation=operation))


class TestExecute:
    def test_each_command_has_its_result(self, caplog):
        """Commands that are not known have an empty result, and a line in the log; the others are obeyed."""
        cancelled: list[bytes] = []
        cancel = WorkerCommand(cancel_activity=CancelActivityCommand(task_token=b"token"))

        answer = execute(asked(WorkerCommand(), cancel), cancelled.append)

        payload = answer.response.start_operation.sync_success.payload
        results = decode(ExecuteCommandsResponse, payload.data).results
        assert [result.cancel_activity is not None for result in results] == [False, True]
        assert cancelled == [b"token"]
        assert "does not know" in caplog.text

    @pytest.mark.parametrize(
        ("task", "error"),
        [
            (asked(service="another"), "NOT_IMPLEMENTED"),
            (asked(operation="Another"), "NOT_IMPLEMENTED"),
            (PollNexusTaskQueueResponse(task_token=b"task", request=Request()), "NOT_IMPLEMENTED"),
            (PollNexusTaskQueueResponse(task_token=b"task"), "NOT_IMPLEMENTED"),
            (asked(data=b"\xff"), "BAD_REQUEST"),
        ],
        ids=["service", "operation", "variant", "request", "payload"],
    )
    def test_a_task_that_is_no_command_is_refused(self, task, error):
        """A task that cannot be done is refused, so that the server does not hand it out again and again."""
        answer = execute(task, lambda _: None)

        assert isinstance(answer, RespondNexusTaskFailedRequest)
        assert answer.error.error_type == error
