"""The methods of the WorkflowService that are called, each a constant with its path and message types."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

import betterproto2

from .._proto.temporal.api.workflowservice import v1 as messages

if TYPE_CHECKING:
    from .._proto.temporal.api.workflowservice.v1 import lazy

_SERVICE = "temporal.api.workflowservice.v1.WorkflowService"

Req = TypeVar("Req", bound=betterproto2.Message)
Resp = TypeVar("Resp", bound=betterproto2.Message)


class Method(Generic[Req, Resp]):
    """One method of the WorkflowService.

    Attributes:
        name: As the service names it.
        path: As gRPC names it: ``/package.Service/Method``.
        long_poll: Whether the server holds the call until it has something to return; if not, the response is empty.
    """

    def __init__(self, name: str, *, long_poll: bool = False) -> None:
        self.name = name
        self.path: str = f"/{_SERVICE}/{name}"
        self.long_poll = long_poll

    @cached_property
    def request(self) -> type[Req]:
        """The type of its requests; imported on first use."""
        found: type[Req] = getattr(messages, f"{self.name}Request")
        return found

    @cached_property
    def response(self) -> type[Resp]:
        """The type of its responses; imported on first use."""
        found: type[Resp] = getattr(messages, f"{self.name}Response")
        return found

    def __repr__(self) -> str:
        return f"<Method {self.name}>"


# The annotations name types that are imported on first use only, and are themselves never evaluated.

# A worker's calls

DESCRIBE_NAMESPACE: Method[messages.DescribeNamespaceRequest, messages.DescribeNamespaceResponse] = Method(
    "DescribeNamespace"
)
GET_SYSTEM_INFO: Method[messages.GetSystemInfoRequest, messages.GetSystemInfoResponse] = Method("GetSystemInfo")
POLL_ACTIVITY_TASK_QUEUE: Method[messages.PollActivityTaskQueueRequest, messages.PollActivityTaskQueueResponse] = (
    Method("PollActivityTaskQueue", long_poll=True)
)
RECORD_ACTIVITY_TASK_HEARTBEAT: Method[
    messages.RecordActivityTaskHeartbeatRequest, messages.RecordActivityTaskHeartbeatResponse
] = Method("RecordActivityTaskHeartbeat")
RECORD_WORKER_HEARTBEAT: Method[messages.RecordWorkerHeartbeatRequest, messages.RecordWorkerHeartbeatResponse] = Method(
    "RecordWorkerHeartbeat"
)
RESPOND_ACTIVITY_TASK_CANCELED: Method[
    messages.RespondActivityTaskCanceledRequest, messages.RespondActivityTaskCanceledResponse
] = Method("RespondActivityTaskCanceled")
RESPOND_ACTIVITY_TASK_COMPLETED: Method[
    messages.RespondActivityTaskCompletedRequest, messages.RespondActivityTaskCompletedResponse
] = Method("RespondActivityTaskCompleted")
RESPOND_ACTIVITY_TASK_FAILED: Method[
    messages.RespondActivityTaskFailedRequest, messages.RespondActivityTaskFailedResponse
] = Method("RespondActivityTaskFailed")
SHUTDOWN_WORKER: Method[messages.ShutdownWorkerRequest, messages.ShutdownWorkerResponse] = Method("ShutdownWorker")

# All others

COUNT_ACTIVITY_EXECUTIONS: Method[lazy.CountActivityExecutionsRequest, lazy.CountActivityExecutionsResponse] = Method(
    "CountActivityExecutions"
)
DELETE_ACTIVITY_EXECUTION: Method[lazy.DeleteActivityExecutionRequest, lazy.DeleteActivityExecutionResponse] = Method(
    "DeleteActivityExecution"
)
DESCRIBE_ACTIVITY_EXECUTION: Method[lazy.DescribeActivityExecutionRequest, lazy.DescribeActivityExecutionResponse] = (
    Method("DescribeActivityExecution")
)
DESCRIBE_WORKFLOW_EXECUTION: Method[lazy.DescribeWorkflowExecutionRequest, lazy.DescribeWorkflowExecutionResponse] = (
    Method("DescribeWorkflowExecution")
)
GET_WORKFLOW_EXECUTION_HISTORY: Method[
    lazy.GetWorkflowExecutionHistoryRequest, lazy.GetWorkflowExecutionHistoryResponse
] = Method("GetWorkflowExecutionHistory", long_poll=True)
LIST_ACTIVITY_EXECUTIONS: Method[lazy.ListActivityExecutionsRequest, lazy.ListActivityExecutionsResponse] = Method(
    "ListActivityExecutions"
)
PAUSE_ACTIVITY_EXECUTION: Method[lazy.PauseActivityExecutionRequest, lazy.PauseActivityExecutionResponse] = Method(
    "PauseActivityExecution"
)
POLL_ACTIVITY_EXECUTION: Method[lazy.PollActivityExecutionRequest, lazy.PollActivityExecutionResponse] = Method(
    "PollActivityExecution", long_poll=True
)
POLL_NEXUS_TASK_QUEUE: Method[lazy.PollNexusTaskQueueRequest, lazy.PollNexusTaskQueueResponse] = Method(
    "PollNexusTaskQueue", long_poll=True
)
RECORD_ACTIVITY_TASK_HEARTBEAT_BY_ID: Method[
    lazy.RecordActivityTaskHeartbeatByIdRequest, lazy.RecordActivityTaskHeartbeatByIdResponse
] = Method("RecordActivityTaskHeartbeatById")
REQUEST_CANCEL_ACTIVITY_EXECUTION: Method[
    lazy.RequestCancelActivityExecutionRequest, lazy.RequestCancelActivityExecutionResponse
] = Method("RequestCancelActivityExecution")
RESET_ACTIVITY_EXECUTION: Method[lazy.ResetActivityExecutionRequest, lazy.ResetActivityExecutionResponse] = Method(
    "ResetActivityExecution"
)
RESPOND_ACTIVITY_TASK_CANCELED_BY_ID: Method[
    lazy.RespondActivityTaskCanceledByIdRequest, lazy.RespondActivityTaskCanceledByIdResponse
] = Method("RespondActivityTaskCanceledById")
RESPOND_ACTIVITY_TASK_COMPLETED_BY_ID: Method[
    lazy.RespondActivityTaskCompletedByIdRequest, lazy.RespondActivityTaskCompletedByIdResponse
] = Method("RespondActivityTaskCompletedById")
RESPOND_ACTIVITY_TASK_FAILED_BY_ID: Method[
    lazy.RespondActivityTaskFailedByIdRequest, lazy.RespondActivityTaskFailedByIdResponse
] = Method("RespondActivityTaskFailedById")
RESPOND_NEXUS_TASK_COMPLETED: Method[lazy.RespondNexusTaskCompletedRequest, lazy.RespondNexusTaskCompletedResponse] = (
    Method("RespondNexusTaskCompleted")
)
RESPOND_NEXUS_TASK_FAILED: Method[lazy.RespondNexusTaskFailedRequest, lazy.RespondNexusTaskFailedResponse] = Method(
    "RespondNexusTaskFailed"
)
START_ACTIVITY_EXECUTION: Method[lazy.StartActivityExecutionRequest, lazy.StartActivityExecutionResponse] = Method(
    "StartActivityExecution"
)
TERMINATE_ACTIVITY_EXECUTION: Method[
    lazy.TerminateActivityExecutionRequest, lazy.TerminateActivityExecutionResponse
] = Method("TerminateActivityExecution")
UNPAUSE_ACTIVITY_EXECUTION: Method[lazy.UnpauseActivityExecutionRequest, lazy.UnpauseActivityExecutionResponse] = (
    Method("UnpauseActivityExecution")
)
UPDATE_ACTIVITY_EXECUTION_OPTIONS: Method[
    lazy.UpdateActivityExecutionOptionsRequest, lazy.UpdateActivityExecutionOptionsResponse
] = Method("UpdateActivityExecutionOptions")
