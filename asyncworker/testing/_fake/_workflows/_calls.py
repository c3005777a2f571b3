"""The calls about runs of workflows, as far as there are workflows: their descriptions and their histories."""

from __future__ import annotations

from ...._proto.temporal.api.common.v1 import WorkflowExecution
from ...._proto.temporal.api.enums.v1.lazy import EventType, HistoryEventFilterType, WorkflowExecutionStatus
from ...._proto.temporal.api.history.v1 import History, HistoryEvent
from ...._proto.temporal.api.workflow.v1 import PendingActivityInfo, WorkflowExecutionInfo
from ...._proto.temporal.api.workflowservice.v1 import lazy as messages
from ...._rpc import _methods as methods
from .._activity._activity import Activity
from .._activity._describe import run_state
from .._activity._state import CLOSED, WITH_WORKER
from .._call import Handlers, Holders, Incoming
from .._cluster import Cluster
from .._refusal import invalid, not_found
from ._histories import RunHistory

#: Seconds that the server holds a call for new events at most.
LONGEST_HISTORY_WAIT = 20.0
_RESPONSE_MARGIN = 1.0


class WorkflowCalls:
    """Serves the calls that a worker makes about the workflows of its activities."""

    def __init__(self, cluster: Cluster, *, longest_wait: float = LONGEST_HISTORY_WAIT) -> None:
        self._cluster = cluster
        self._longest_wait = longest_wait

    def handlers(self) -> Handlers:
        """Return the functions that serve calls at once, by method."""
        return {methods.DESCRIBE_WORKFLOW_EXECUTION: self.describe}

    def holders(self) -> Holders:
        """Return the functions that may hold calls, by method."""
        return {methods.GET_WORKFLOW_EXECUTION_HISTORY: self.get_history}

    def describe(
        self, request: messages.DescribeWorkflowExecutionRequest
    ) -> messages.DescribeWorkflowExecutionResponse:
        run = self._find(request.namespace, request.execution)
        status = WorkflowExecutionStatus.TERMINATED if run.is_closed else WorkflowExecutionStatus.RUNNING
        pending = [] if run.is_closed else [it for it in run.activities if it.state not in CLOSED]
        return messages.DescribeWorkflowExecutionResponse(
            workflow_execution_info=WorkflowExecutionInfo(
                execution=run.execution, status=status, history_length=len(run.events)
            ),
            pending_activities=[_pending(activity) for activity in pending],
        )

    async def get_history(
        self, request: messages.GetWorkflowExecutionHistoryRequest, call: Incoming
    ) -> messages.GetWorkflowExecutionHistoryResponse:
        run = self._find(request.namespace, request.execution)
        only_end = request.history_event_filter_type is HistoryEventFilterType.CLOSE_EVENT
        at = _position(request.next_page_token)

        def new_events() -> list[EventType] | None:
            if only_end:
                return run.events[-1:] if run.is_closed else None
            return run.events[at:] or None

        limit = self._limit(call) if request.wait_new_event else 0.0
        found = await self._cluster.hold(new_events, limit) or []
        end = len(run.events)
        return messages.GetWorkflowExecutionHistoryResponse(
            history=History(
                events=[
                    HistoryEvent(event_id=end - len(found) + number, event_type=it)
                    for number, it in enumerate(found, 1)
                ]
            ),
            next_page_token=b"" if run.is_closed or not request.wait_new_event else str(end).encode(),
        )

    def _find(self, namespace: str, execution: WorkflowExecution | None) -> RunHistory:
        self._cluster.check_namespace(namespace)
        if execution is None or not execution.workflow_id:
            raise invalid("WorkflowId is not set on request.")
        run = self._cluster.histories.find(execution)
        if run is None:
            raise not_found(f"workflow not found for ID: {execution.workflow_id}")
        return run

    def _limit(self, call: Incoming) -> float:
        if call.remaining is None:
            return self._longest_wait
        return max(0.0, min(self._longest_wait, call.remaining - _RESPONSE_MARGIN))


def _pending(activity: Activity) -> PendingActivityInfo:
    return PendingActivityInfo(
        activity_id=activity.id,
        activity_type=activity.request.activity_type,
        state=run_state(activity),
        heartbeat_details=activity.heartbeat_details,
        last_started_time=activity.started_at if activity.state in WITH_WORKER else None,
        attempt=activity.attempt,
    )


def _position(token: bytes) -> int:
    try:
        return int(token or b"0")
    except ValueError:
        raise invalid("Invalid NextPageToken.") from None
