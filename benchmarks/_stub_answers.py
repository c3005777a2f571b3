"""What the stub server says: messages of the WorkflowService, made once and filled in by appending fields."""

from __future__ import annotations

import time

from temporalio.api.common.v1 import Payload
from temporalio.api.namespace.v1 import NamespaceInfo
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceResponse,
    GetSystemInfoResponse,
    PollActivityTaskQueueResponse,
)

__all__ = ["ANSWERS", "TOKEN_SIZE", "Tasks", "number_of"]

# As large as the real server's.
TOKEN_SIZE = 180
_TOKEN_FILLING = b"." * (TOKEN_SIZE - 10)
# Field 1 with a length of two bytes: TOKEN_SIZE is 128 or more.
_TOKEN_HEAD = bytes((0x0A, TOKEN_SIZE & 0x7F | 0x80, TOKEN_SIZE >> 7))
# Field 6 of PollActivityTaskQueueResponse.
_ACTIVITY_ID_HEAD = bytes((6 << 3 | 2, 10))

_SYSTEM_INFO = GetSystemInfoResponse(
    server_version="1.32.0",
    capabilities=GetSystemInfoResponse.Capabilities(
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
    ),
)
_NAMESPACE = DescribeNamespaceResponse(
    namespace_info=NamespaceInfo(
        name="default",
        id="0199b6c1-7a51-7d0c-8cd0-1f0c8f8c3a11",
        capabilities=NamespaceInfo.Capabilities(
            eager_workflow_start=True,
            sync_update=True,
            async_update=True,
            worker_heartbeats=True,
            standalone_activities=True,
            poller_autoscaling=True,
            worker_poll_complete_on_shutdown=True,
        ),
        limits=NamespaceInfo.Limits(blob_size_limit_error=2 << 20, memo_size_limit_error=2 << 20),
    )
)

#: Answers that are always the same, by method. An empty message says that there is nothing to say.
ANSWERS = {
    b"GetSystemInfo": _SYSTEM_INFO.SerializeToString(),
    b"DescribeNamespace": _NAMESPACE.SerializeToString(),
    b"RecordWorkerHeartbeat": b"",
}


class Tasks:
    """Writes activity tasks, each with its number as token and id."""

    def __init__(self) -> None:
        self._made_at = 0.0
        self._templates: dict[str, bytes] = {}

    def make(self, activity: str, number: int) -> bytes:
        """Write the task of an attempt that starts now."""
        now = time.time()
        if now - self._made_at > 1:
            self._templates.clear()
            self._made_at = now
        template = self._templates.get(activity)
        if template is None:
            template = self._templates[activity] = _template(activity, now).SerializeToString()
        name = b"%010d" % number
        return b"".join((_TOKEN_HEAD, name, _TOKEN_FILLING, template, _ACTIVITY_ID_HEAD, name))


def number_of(request: bytes) -> int:
    """Read a task's number from a request that begins with its token, as every report on it does."""
    return int(request[3:13])


def _template(activity: str, now: float) -> PollActivityTaskQueueResponse:
    task = PollActivityTaskQueueResponse(workflow_namespace="default", attempt=1)
    task.workflow_type.name = "OrderWorkflow"
    task.workflow_execution.workflow_id = "order-7"
    task.workflow_execution.run_id = "0199b6c1-7a51-7d0c-8cd0-1f0c8f8c3a11"
    task.activity_type.name = activity
    task.input.payloads.append(Payload(metadata={"encoding": b"json/plain"}, data=b'"World"'))
    for moment in (task.scheduled_time, task.current_attempt_scheduled_time, task.started_time):
        moment.FromNanoseconds(int(now * 1e9))
    task.schedule_to_close_timeout.FromSeconds(7200)
    task.start_to_close_timeout.FromSeconds(3600)
    task.retry_policy.initial_interval.FromSeconds(1)
    task.retry_policy.backoff_coefficient = 2.0
    task.retry_policy.maximum_interval.FromSeconds(100)
    if activity == "heartbeat":
        # A worker lets 80 % of it pass between two heartbeats.
        task.heartbeat_timeout.FromSeconds(5)
    return task
