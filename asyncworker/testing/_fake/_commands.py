"""Commands to workers, on the Nexus task queue that each worker has for them."""

from __future__ import annotations

import uuid
from collections import defaultdict, deque

from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.nexus.v1.lazy import Request, StartOperationRequest
from ..._proto.temporal.api.nexusservices.workerservice.v1 import ExecuteCommandsRequest
from ..._proto.temporal.api.worker.v1.lazy import CancelActivityCommand, WorkerCommand
from ..._proto.temporal.api.workflowservice.v1.lazy import PollNexusTaskQueueResponse
from ..._wire import encode
from ._refusal import not_found

_SERVICE = "temporal.api.nexusservices.workerservice.v1.WorkerService"
_OPERATION = "ExecuteCommands"


class CommandQueues:
    """Tasks that wait for a worker, and those that were handed out and not completed yet."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, deque[PollNexusTaskQueueResponse]] = defaultdict(deque)
        self._handed_out: dict[bytes, PollNexusTaskQueueResponse] = {}

    @property
    def unanswered(self) -> int:
        """How many commands were handed out and not completed."""
        return len(self._handed_out)

    def push_cancel(self, queue: str, task_token: bytes) -> None:
        """Command the worker of *queue* to cancel the activity with this token."""
        command = WorkerCommand(cancel_activity=CancelActivityCommand(task_token=task_token))
        payload = Payload(
            metadata={"encoding": b"binary/protobuf"}, data=encode(ExecuteCommandsRequest(commands=[command]))
        )
        operation = StartOperationRequest(
            service=_SERVICE, operation=_OPERATION, request_id=str(uuid.uuid4()), payload=payload
        )
        request = Request(header={"Request-Timeout": "9000ms"}, start_operation=operation)
        self._waiting[queue].append(PollNexusTaskQueueResponse(task_token=uuid.uuid4().bytes, request=request))

    def hand_out(self, queue: str) -> PollNexusTaskQueueResponse | None:
        """Return the next task of a queue, if there is one."""
        if not self._waiting[queue]:
            return None
        task = self._waiting[queue].popleft()
        self._handed_out[task.task_token] = task
        return task

    def complete(self, token: bytes) -> None:
        """Record a worker's reply."""
        if self._handed_out.pop(token, None) is None:
            raise not_found("Nexus task not found or already expired")
