"""Receive the server's commands to the workers of a client, which it pushes through a Nexus task queue.

Theory of operation
-------------------
Each poll for activities names a *control queue*. When an activity that a worker holds is cancelled, or its workflow
ends, the server puts a Nexus task there, with the activity's task token in it. So one long poll of that queue reaches
all activities at once, without a heartbeat of any of them. A task that is not answered within about nine seconds is
handed out again: commands may come twice, and cancelling an activity twice changes nothing.

The poll ends when the last worker has: by then each activity has been replied to, and no command can be of use.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import anyio

from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.enums.v1 import TaskQueueKind, TaskQueueType
from ..._proto.temporal.api.nexus.v1.lazy import (
    Failure,
    HandlerError,
    Response,
    StartOperationResponse,
    StartOperationResponseSync,
)
from ..._proto.temporal.api.nexusservices.workerservice.v1 import ExecuteCommandsRequest, ExecuteCommandsResponse
from ..._proto.temporal.api.taskqueue.v1 import TaskQueue
from ..._proto.temporal.api.worker.v1.lazy import CancelActivityResult, WorkerCommand, WorkerCommandResult
from ..._proto.temporal.api.workflowservice.v1 import ShutdownWorkerRequest
from ..._proto.temporal.api.workflowservice.v1.lazy import (
    PollNexusTaskQueueRequest,
    PollNexusTaskQueueResponse,
    RespondNexusTaskCompletedRequest,
    RespondNexusTaskFailedRequest,
)
from ..._rpc._methods import (
    POLL_NEXUS_TASK_QUEUE,
    RESPOND_NEXUS_TASK_COMPLETED,
    RESPOND_NEXUS_TASK_FAILED,
    SHUTDOWN_WORKER,
)
from ..._rpc._retry import NONE

# Much of this is imported with this module alone, which is imported where a namespace has worker commands.
from ..._safe_logger import get_logger
from ..._wire import DecodeError, decode, encode
from ...exceptions import RPCError, RPCStatusCode
from ..polling._backoff import PollBackoff

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from ..._rpc._service import WorkflowService

__all__ = ["Commands", "control_queue", "execute"]

_logger = get_logger(__name__)

_SERVICE = "temporal.api.nexusservices.workerservice.v1.WorkerService"
_OPERATION = "ExecuteCommands"

Reply: TypeAlias = RespondNexusTaskCompletedRequest | RespondNexusTaskFailedRequest


def control_queue(namespace: str, grouping_key: str) -> str:
    """Return the name of the queue on which the server finds the workers of one client."""
    return f"temporal-sys/worker-commands/{namespace}/{grouping_key}"


class Commands:
    """Polls a control queue, executes the commands and replies.

    Args:
        service: Of the client.
        identity: Of the client.
        queue: The control queue.
        on_cancel: Cancels the activity with this task token, if it is here.
        on_refused: Called when the server gives no commands for good.
        ends_polls: Whether the namespace ends the polls of a worker that shuts down.
        reply_timeout: Seconds that a reply may take; the server then hands the task out again.
        close_timeout: Seconds that the server gets to end the poll, once no worker needs it any more.
    """

    def __init__(
        self,
        service: WorkflowService,
        identity: str,
        queue: str,
        *,
        on_cancel: Callable[[bytes], None],
        on_refused: Callable[[], None],
        ends_polls: bool,
        reply_timeout: float = 5.0,
        close_timeout: float = 0.5,
    ) -> None:
        self._service = service
        self._identity = identity
        self._queue = queue
        self._on_cancel = on_cancel
        self._on_refused = on_refused
        self._ends_polls = ends_polls
        self._reply_timeout = reply_timeout
        self._close_timeout = close_timeout
        self._instance_key = str(uuid.uuid4())
        self._backoff = PollBackoff()
        self._scope = anyio.CancelScope()
        self._has_ended = asyncio.Event()
        self._is_polling = False
        self._is_stopping = False

    def __repr__(self) -> str:
        state = "ended" if self._has_ended.is_set() else "polling" if self._is_polling else "waiting"
        return f"<Commands on {self._queue!r} [{state}]>"

    async def run(self) -> None:
        """Poll until closed, or until the server refuses. Cancelling is safe."""
        try:
            with self._scope:
                async with anyio.create_task_group() as replying:
                    await self._poll_until_closed(replying)
        finally:
            self._has_ended.set()

    async def close(self) -> None:
        """End, once no worker holds an activity any more; takes one call, and a second at most.

        Cancelling is safe.
        """
        self._is_stopping = True
        try:
            if self._is_polling and self._ends_polls:
                await self._end_poll()
        finally:
            # Elsewhere the poll is dropped: no activity is left that a command in its answer could be about.
            self._scope.cancel()

    # The poll

    async def _poll_until_closed(self, replying: TaskGroup) -> None:
        try:
            while not self._is_stopping:
                task = await self._poll()
                if task is not None and task.task_token:
                    replying.start_soon(self._send, self._identified(execute(task, self._on_cancel), task))
        except Exception:
            # First of all: the server would push commands that are not polled any more.
            self._on_refused()
            raise

    async def _poll(self) -> PollNexusTaskQueueResponse | None:
        request = PollNexusTaskQueueRequest(
            namespace=self._service.namespace,
            task_queue=TaskQueue(name=self._queue, kind=TaskQueueKind.WORKER_COMMANDS),
            identity=self._identity,
            worker_instance_key=self._instance_key,
        )
        self._is_polling = True
        try:
            answer = await self._service.call(POLL_NEXUS_TASK_QUEUE, request, retry=NONE)
        except RPCError as error:
            self._is_polling = False
            await self._back_off(error)
            return None
        finally:
            self._is_polling = False
        self._backoff.succeeded()
        return answer

    async def _back_off(self, error: RPCError) -> None:
        """Wait as long as *error* asks for, or end."""
        retry = self._backoff.failed(error, asyncio.get_running_loop().time())
        if retry is None:
            self._is_stopping = True
            self._on_refused()
            _logger.warning("the server gives no worker commands: cancellations come by heartbeats alone: %s", error)
            return
        if retry.should_log:
            _logger.warning("polling for worker commands failed, and is tried again: %s", error)
        await anyio.sleep(retry.wait)

    async def _end_poll(self) -> None:
        request = ShutdownWorkerRequest(
            namespace=self._service.namespace,
            identity=self._identity,
            reason="graceful shutdown",
            worker_instance_key=self._instance_key,
            task_queue=self._queue,
            task_queue_types=[TaskQueueType.NEXUS],
        )
        try:
            await self._service.call(SHUTDOWN_WORKER, request, timeout=self._close_timeout, retry=NONE)
        except Exception as error:  # noqa: BLE001 - it is a courtesy, and must not keep the worker from ending
            _logger.debug("the server could not be asked to end the poll for worker commands: %s", error)
            return
        with anyio.move_on_after(self._close_timeout):
            await self._has_ended.wait()

    # The replies

    def _identified(self, reply: Reply, task: PollNexusTaskQueueResponse) -> Reply:
        reply.namespace = self._service.namespace
        reply.identity = self._identity
        reply.task_token = task.task_token
        reply.poller_group_id = task.poller_group_id
        return reply

    async def _send(self, reply: Reply) -> None:
        try:
            if isinstance(reply, RespondNexusTaskCompletedRequest):
                await self._service.call(RESPOND_NEXUS_TASK_COMPLETED, reply, timeout=self._reply_timeout, retry=NONE)
            else:
                await self._service.call(RESPOND_NEXUS_TASK_FAILED, reply, timeout=self._reply_timeout, retry=NONE)
        except RPCError as error:
            # The command has been executed. At worst it comes again.
            level = logging.DEBUG if error.status is RPCStatusCode.NOT_FOUND else logging.INFO
            _logger.log(level, "a worker command could not be replied to: %s", error)


def execute(task: PollNexusTaskQueueResponse, cancel: Callable[[bytes], None]) -> Reply:
    """Execute the commands of *task*; return a reply with one result for each, an empty one for an unknown command."""
    operation = None if task.request is None else task.request.start_operation
    if operation is None or (operation.service, operation.operation) != (_SERVICE, _OPERATION):
        what = "nothing to start" if operation is None else f"{operation.service}/{operation.operation}"
        return _refusal("NOT_IMPLEMENTED", f"a worker executes commands, and was asked for {what}")
    try:
        commands = decode(ExecuteCommandsRequest, b"" if operation.payload is None else operation.payload.data).commands
    except DecodeError as error:
        return _refusal("BAD_REQUEST", f"the commands cannot be read: {error}")
    results = ExecuteCommandsResponse(results=[_execute(command, cancel) for command in commands])
    success = StartOperationResponseSync(payload=Payload(data=encode(results)))
    return RespondNexusTaskCompletedRequest(
        response=Response(start_operation=StartOperationResponse(sync_success=success))
    )


def _execute(command: WorkerCommand, cancel: Callable[[bytes], None]) -> WorkerCommandResult:
    if command.cancel_activity is None:
        _logger.warning("the server gave a worker command that this version does not know: %r", command)
        return WorkerCommandResult()
    cancel(command.cancel_activity.task_token)
    return WorkerCommandResult(cancel_activity=CancelActivityResult())


def _refusal(error_type: str, message: str) -> RespondNexusTaskFailedRequest:
    _logger.warning("the server gave a worker a task that it cannot do: %s", message)
    error = HandlerError(error_type=error_type, failure=Failure(message=message))
    return RespondNexusTaskFailedRequest(error=error)
