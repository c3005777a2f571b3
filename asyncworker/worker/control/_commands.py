"""Hear what the server has to say to the workers of a client: commands, which it pushes through a Nexus task queue.

Theory of operation
-------------------
Each poll for activities names a *control queue*. When an activity that a worker holds is cancelled, or its workflow
ends, the server puts a Nexus task there, with the activity's task token in it. So one long poll of that queue reaches
all activities at once, without a heartbeat of any of them. A task that is not answered within about nine seconds is
handed out again: commands may come twice, and asking an activity to stop twice changes nothing.

The poll ends when the last worker has: by then each activity has been replied to, and no command can be of use.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

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
from ..polling._poller import PollBackoff

if TYPE_CHECKING:
    from ..._rpc._service import WorkflowService

__all__ = ["Commands", "control_queue", "obey"]

_logger = get_logger(__name__)

_SERVICE = "temporal.api.nexusservices.workerservice.v1.WorkerService"
_OPERATION = "ExecuteCommands"
# Seconds that an answer may take; the server then hands the task out again.
_PATIENCE = 5.0
# Seconds that the server gets to end the poll, once nobody needs it any more.
_FAREWELL = 0.5

Answer: TypeAlias = RespondNexusTaskCompletedRequest | RespondNexusTaskFailedRequest


def control_queue(namespace: str, grouping_key: str) -> str:
    """Name the queue on which the server finds the workers of one client."""
    return f"temporal-sys/worker-commands/{namespace}/{grouping_key}"


class Commands:
    """Polls a control queue, does what it is told, and answers.

    Args:
        service: Of the client.
        identity: Of the client.
        queue: The control queue.
        on_cancel: Asks the activity with this task token to stop, if anybody here has it.
        on_refused: Told when the server gives no commands for good.
        ends_polls: Whether the namespace ends the polls of a worker that shuts down.
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
    ) -> None:
        self._service = service
        self._identity = identity
        self._queue = queue
        self._on_cancel = on_cancel
        self._on_refused = on_refused
        self._ends_polls = ends_polls
        self._instance_key = str(uuid.uuid4())
        self._standing = PollBackoff()
        self._is_polling = False
        self._is_stopping = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name="worker commands")
        self._task.add_done_callback(self._on_done)

    def __repr__(self) -> str:
        state = "ended" if self._task.done() else "polling" if self._is_polling else "waiting"
        return f"<Commands on {self._queue!r} [{state}]>"

    @property
    def is_heard(self) -> bool:
        """Whether it hears commands, or will again after some trouble."""
        return not (self._is_stopping or self._task.done())

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
            self._task.cancel()
        await asyncio.wait({self._task})

    # The poll

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as answering:
            while not self._is_stopping:
                task = await self._poll()
                if task is not None and task.task_token:
                    answering.create_task(self._send(self._identified(obey(task, self._on_cancel), task)))

    def _on_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("worker commands are not heard any more", exc_info=error)
            self._on_refused()

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
            await self._bear(error)
            return None
        finally:
            self._is_polling = False
        self._standing.succeeded()
        return answer

    async def _bear(self, error: RPCError) -> None:
        """Wait as long as *error* asks for, or give up."""
        now = asyncio.get_running_loop().time()
        wait = self._standing.failed(error, now)
        if wait is None:
            self._is_stopping = True
            self._on_refused()
            _logger.warning("the server gives no worker commands: cancellations come by heartbeats alone: %s", error)
            return
        if self._standing.should_log(error, now):
            _logger.warning("polling for worker commands failed, and is tried again: %s", error)
        await asyncio.sleep(wait)

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
            await self._service.call(SHUTDOWN_WORKER, request, timeout=_FAREWELL, retry=NONE)
        except Exception as error:  # noqa: BLE001 - it is asked as a courtesy, and must not keep the worker from ending
            _logger.debug("the server could not be asked to end the poll for worker commands: %s", error)
            return
        await asyncio.wait({self._task}, timeout=_FAREWELL)

    # The answers

    def _identified(self, answer: Answer, task: PollNexusTaskQueueResponse) -> Answer:
        answer.namespace = self._service.namespace
        answer.identity = self._identity
        answer.task_token = task.task_token
        answer.poller_group_id = task.poller_group_id
        return answer

    async def _send(self, answer: Answer) -> None:
        try:
            if isinstance(answer, RespondNexusTaskCompletedRequest):
                await self._service.call(RESPOND_NEXUS_TASK_COMPLETED, answer, timeout=_PATIENCE, retry=NONE)
            else:
                await self._service.call(RESPOND_NEXUS_TASK_FAILED, answer, timeout=_PATIENCE, retry=NONE)
        except RPCError as error:
            # The command has been obeyed. At worst it comes again.
            level = logging.DEBUG if error.status is RPCStatusCode.NOT_FOUND else logging.INFO
            _logger.log(level, "a worker command could not be answered: %s", error)


def obey(task: PollNexusTaskQueueResponse, cancel: Callable[[bytes], None]) -> Answer:
    """Do what *task* says, and write the answer: one result for each command, an empty one for an unknown command."""
    operation = None if task.request is None else task.request.start_operation
    if operation is None or (operation.service, operation.operation) != (_SERVICE, _OPERATION):
        what = "nothing to start" if operation is None else f"{operation.service}/{operation.operation}"
        return _refusal("NOT_IMPLEMENTED", f"a worker executes commands, and was asked for {what}")
    try:
        commands = decode(ExecuteCommandsRequest, b"" if operation.payload is None else operation.payload.data).commands
    except DecodeError as error:
        return _refusal("BAD_REQUEST", f"the commands cannot be read: {error}")
    results = ExecuteCommandsResponse(results=[_obey(command, cancel) for command in commands])
    success = StartOperationResponseSync(payload=Payload(data=encode(results)))
    return RespondNexusTaskCompletedRequest(
        response=Response(start_operation=StartOperationResponse(sync_success=success))
    )


def _obey(command: WorkerCommand, cancel: Callable[[bytes], None]) -> WorkerCommandResult:
    if command.cancel_activity is None:
        _logger.warning("the server gave a worker command that this version does not know: %r", command)
        return WorkerCommandResult()
    cancel(command.cancel_activity.task_token)
    return WorkerCommandResult(cancel_activity=CancelActivityResult())


def _refusal(error_type: str, message: str) -> RespondNexusTaskFailedRequest:
    _logger.warning("the server gave a worker a task that it cannot do: %s", message)
    error = HandlerError(error_type=error_type, failure=Failure(message=message))
    return RespondNexusTaskFailedRequest(error=error)
