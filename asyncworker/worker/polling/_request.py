"""The request of a worker's polls."""

from __future__ import annotations

from dataclasses import replace

from ..._proto.temporal.api.deployment.v1 import WorkerDeploymentOptions
from ..._proto.temporal.api.enums.v1 import TaskQueueKind
from ..._proto.temporal.api.taskqueue.v1 import TaskQueue, TaskQueueMetadata
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest
from ..._proto.temporal.wkt import DoubleValue

__all__ = ["PollRequest"]


class PollRequest:
    """What each poll of a worker asks for.

    Args:
        namespace: Of the worker.
        task_queue: To poll.
        identity: Of the worker.
        instance_key: Of this run of the worker.
        deployment: The version of a deployment that the worker is.
        max_per_second: The rate that the server keeps for the whole queue.

    Attributes:
        message: The request of the next poll; replaced, never changed, as a poll under way may still need it.
    """

    __slots__ = ("message",)

    def __init__(
        self,
        *,
        namespace: str,
        task_queue: str,
        identity: str,
        instance_key: str = "",
        deployment: WorkerDeploymentOptions | None = None,
        max_per_second: float | None = None,
    ) -> None:
        rate = None if max_per_second is None else DoubleValue(value=max_per_second)
        self.message = PollActivityTaskQueueRequest(
            namespace=namespace,
            task_queue=TaskQueue(name=task_queue, kind=TaskQueueKind.NORMAL),
            identity=identity,
            task_queue_metadata=None if rate is None else TaskQueueMetadata(max_tasks_per_second=rate),
            deployment_options=deployment,
            worker_instance_key=instance_key,
        )

    def __repr__(self) -> str:
        queue = None if self.message.task_queue is None else self.message.task_queue.name
        return f"<PollRequest of {queue!r} [control queue {self.message.worker_control_task_queue!r}]>"

    def set_control_queue(self, name: str) -> None:
        """Name the queue of the server's commands in each poll from now on; an empty *name* is none."""
        self.message = replace(self.message, worker_control_task_queue=name)
