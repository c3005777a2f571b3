"""The calls of a worker: polls, and its start and end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ..._proto.temporal.api.activity.v1 import ActivityOptions
from ..._proto.temporal.api.common.v1 import ActivityType, WorkflowExecution, WorkflowType
from ..._proto.temporal.api.enums.v1 import TaskQueueType
from ..._proto.temporal.api.namespace.v1 import NamespaceConfig, NamespaceInfo
from ..._proto.temporal.api.taskqueue.v1 import PollerScalingDecision, TaskQueue
from ..._proto.temporal.api.workflowservice import v1 as messages
from ..._rpc import _methods as methods
from ._activity._activity import Activity
from ._call import Handlers, Holders, Incoming
from ._cluster import Cluster
from ._refusal import invalid, not_now

T = TypeVar("T")

#: Seconds that the server holds a poll for at most.
LONGEST_POLL = 57.0
#: Seconds after which a poll that has waited for its task is one too many.
SCALING_WAIT = 1.0
# A poll with less time than this is refused; one with more returns a second before its deadline.
_SHORTEST_DEADLINE = 2.0
_RESPONSE_MARGIN = 1.0
_MAX_NAME = 1000

_SYSTEM_CAPABILITIES = messages.GetSystemInfoResponseCapabilities(
    signal_and_query_header=True,
    internal_error_differentiation=True,
    activity_failure_include_heartbeat=True,
    supports_schedules=True,
    encoded_failure_attributes=True,
    build_id_based_versioning=True,
    upsert_memo=True,
    eager_workflow_start=True,
    sdk_metadata=True,
    count_group_by_execution_status=True,
    nexus=True,
    server_scaled_deployments=True,
)


class WorkerCalls:
    """Serves the calls of a worker."""

    def __init__(
        self, cluster: Cluster, *, longest_poll: float = LONGEST_POLL, scaling_wait: float = SCALING_WAIT
    ) -> None:
        self._cluster = cluster
        self._longest_poll = longest_poll
        self._scaling_wait = scaling_wait

    def handlers(self) -> Handlers:
        """Return the functions that serve calls at once, by method."""
        return {
            methods.GET_SYSTEM_INFO: self.get_system_info,
            methods.DESCRIBE_NAMESPACE: self.describe_namespace,
            methods.SHUTDOWN_WORKER: self.shutdown_worker,
            methods.RECORD_WORKER_HEARTBEAT: self.record_worker_heartbeat,
            methods.RESPOND_NEXUS_TASK_COMPLETED: self.respond_nexus_completed,
            methods.RESPOND_NEXUS_TASK_FAILED: self.respond_nexus_failed,
        }

    def holders(self) -> Holders:
        """Return the functions that may hold calls, by method."""
        return {
            methods.POLL_ACTIVITY_TASK_QUEUE: self.poll_activity_task_queue,
            methods.POLL_NEXUS_TASK_QUEUE: self.poll_nexus_task_queue,
        }

    def get_system_info(self, request: messages.GetSystemInfoRequest) -> messages.GetSystemInfoResponse:  # noqa: ARG002
        return messages.GetSystemInfoResponse(server_version="1.32.0", capabilities=_SYSTEM_CAPABILITIES)

    def describe_namespace(self, request: messages.DescribeNamespaceRequest) -> messages.DescribeNamespaceResponse:
        if not request.namespace:
            raise invalid("Namespace not set on request.")
        self._cluster.check_namespace(request.namespace)
        info = NamespaceInfo(
            name=request.namespace, capabilities=self._cluster.capabilities, limits=self._cluster.limits
        )
        return messages.DescribeNamespaceResponse(namespace_info=info, config=NamespaceConfig())

    # Polls

    async def poll_activity_task_queue(
        self, request: messages.PollActivityTaskQueueRequest, call: Incoming
    ) -> messages.PollActivityTaskQueueResponse:
        self._cluster.check_namespace(request.namespace)
        queue = self._check_poll(request.task_queue, request.identity, call)

        def next_task() -> Activity | None:
            return self._cluster.hand_out(request.namespace, queue, request.identity, request.worker_control_task_queue)

        began = time.monotonic()
        activity = await self._hold(next_task, request.worker_instance_key, call)
        if activity is None:
            return messages.PollActivityTaskQueueResponse()
        if self._cluster.backlog(request.namespace, queue):
            return task(activity, more_pollers=1)
        return task(activity, more_pollers=-1 if time.monotonic() - began > self._scaling_wait else 0)

    async def poll_nexus_task_queue(
        self, request: messages.PollNexusTaskQueueRequest, call: Incoming
    ) -> messages.PollNexusTaskQueueResponse:
        self._cluster.check_namespace(request.namespace)
        queue = self._check_poll(request.task_queue, request.identity, call)

        def next_task() -> messages.PollNexusTaskQueueResponse | None:
            return self._cluster.commands.hand_out(queue)

        found = await self._hold(next_task, request.worker_instance_key, call)
        return found or messages.PollNexusTaskQueueResponse()

    def _check_poll(self, task_queue: TaskQueue | None, identity: str, call: Incoming) -> str:
        if call.remaining is None:
            raise invalid("Context timeout is not set.")
        if call.remaining <= _SHORTEST_DEADLINE:
            raise not_now("Context timeout is too short.")
        if len(identity) > _MAX_NAME:
            raise invalid("Identity length exceeds limit.")
        return check_task_queue(task_queue)

    async def _hold(self, next_task: Callable[[], T | None], worker_key: str, call: Incoming) -> T | None:
        """Wait for a task, until the poll's deadline is near or its worker has left."""
        assert call.remaining is not None
        has_left = False

        def task_or_leave() -> T | bool | None:
            nonlocal has_left
            if self._cluster.has_left(worker_key):
                has_left = True
                return True
            return next_task()

        limit = min(self._longest_poll, call.remaining - _RESPONSE_MARGIN)
        found = await self._cluster.hold(task_or_leave, limit)
        return None if has_left else found  # type: ignore[return-value]

    # The worker itself

    def shutdown_worker(self, request: messages.ShutdownWorkerRequest) -> messages.ShutdownWorkerResponse:
        self._cluster.check_namespace(request.namespace)
        if request.worker_heartbeat is not None:
            self._cluster.worker_heartbeats[request.worker_heartbeat.worker_instance_key] = request.worker_heartbeat
        ended = {TaskQueueType.ACTIVITY, TaskQueueType.NEXUS}.intersection(request.task_queue_types)
        if ended and request.worker_instance_key:
            self._cluster.gone_workers.add(request.worker_instance_key)
        self._cluster.changes.notify()
        return messages.ShutdownWorkerResponse()

    def record_worker_heartbeat(
        self, request: messages.RecordWorkerHeartbeatRequest
    ) -> messages.RecordWorkerHeartbeatResponse:
        self._cluster.check_namespace(request.namespace)
        for heartbeat in request.worker_heartbeat:
            self._cluster.worker_heartbeats[heartbeat.worker_instance_key] = heartbeat
        self._cluster.changes.notify()
        return messages.RecordWorkerHeartbeatResponse()

    def respond_nexus_completed(
        self, request: messages.RespondNexusTaskCompletedRequest
    ) -> messages.RespondNexusTaskCompletedResponse:
        self._cluster.commands.complete(request.task_token)
        return messages.RespondNexusTaskCompletedResponse()

    def respond_nexus_failed(
        self, request: messages.RespondNexusTaskFailedRequest
    ) -> messages.RespondNexusTaskFailedResponse:
        self._cluster.commands.complete(request.task_token)
        return messages.RespondNexusTaskFailedResponse()


def check_task_queue(task_queue: TaskQueue | None) -> str:
    """Return a task queue's name, or refuse it."""
    name = "" if task_queue is None else task_queue.name
    if not name:
        raise invalid("taskQueue is not set")
    if len(name) > _MAX_NAME:
        raise invalid("taskQueue length exceeds limit")
    if name.startswith("/_sys/"):
        raise invalid("task queue name cannot start with reserved prefix /_sys/")
    return name


def task(activity: Activity, *, more_pollers: int) -> messages.PollActivityTaskQueueResponse:
    """Return a poll's response that hands this activity out."""
    assert activity.token is not None
    request = activity.request
    options: ActivityOptions = activity.options
    return messages.PollActivityTaskQueueResponse(
        task_token=activity.token,
        workflow_namespace=request.namespace,
        workflow_type=WorkflowType(name=activity.workflow_type) if activity.workflow_type else None,
        workflow_execution=activity.workflow or WorkflowExecution(),
        activity_type=request.activity_type or ActivityType(),
        activity_id=request.activity_id,
        header=request.header,
        input=request.input,
        heartbeat_details=activity.heartbeat_details,
        scheduled_time=activity.scheduled_at,
        current_attempt_scheduled_time=activity.attempt_scheduled_at,
        started_time=activity.started_at,
        attempt=activity.attempt,
        schedule_to_close_timeout=options.schedule_to_close_timeout,
        start_to_close_timeout=options.start_to_close_timeout,
        heartbeat_timeout=options.heartbeat_timeout,
        retry_policy=options.retry_policy,
        priority=options.priority,
        poller_scaling_decision=PollerScalingDecision(poll_request_delta_suggestion=more_pollers)
        if more_pollers
        else None,
        activity_run_id=activity.run_id if activity.is_standalone else "",
    )
