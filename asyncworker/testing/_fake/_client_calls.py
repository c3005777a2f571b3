"""The calls of a client and an operator: standalone activities from start to outcome."""

from __future__ import annotations

from collections.abc import Iterable

from ..._proto.temporal.api.activity.v1 import (
    ActivityExecutionOutcome,
    ActivityOptions,
)
from ..._proto.temporal.api.enums.v1.lazy import (
    ActivityIdConflictPolicy,
    ActivityIdReusePolicy,
)
from ..._proto.temporal.api.errordetails.v1 import ActivityExecutionAlreadyStartedFailure
from ..._proto.temporal.api.workflowservice.v1 import lazy as messages
from ..._proto.temporal.wkt import Duration
from ..._rpc import _methods as methods
from ...exceptions import RPCStatusCode
from ._activity._activity import Activity
from ._activity._describe import groups, info, list_info, searchable, version
from ._activity._options import KEPT, normalize
from ._activity._state import CLOSED, State
from ._call import Handlers, Holders, Incoming
from ._cluster import Cluster
from ._payloads import size
from ._query import Query
from ._refusal import Refusal, invalid
from ._worker_calls import check_task_queue

#: Seconds that the server holds a call for an outcome or a change at most.
LONGEST_WAIT = 29.0
_RESPONSE_MARGIN = 1.0
_MAX_ID = 1000

_UPDATABLE = ("task_queue", *KEPT)


class ClientCalls:
    """Serves the calls of a client and an operator."""

    def __init__(self, cluster: Cluster, *, longest_wait: float = LONGEST_WAIT) -> None:
        self._cluster = cluster
        self._longest_wait = longest_wait

    def handlers(self) -> Handlers:
        """Return the functions that serve calls at once, by method."""
        return {
            methods.START_ACTIVITY_EXECUTION: self.start,
            methods.REQUEST_CANCEL_ACTIVITY_EXECUTION: self.request_cancel,
            methods.TERMINATE_ACTIVITY_EXECUTION: self.terminate,
            methods.DELETE_ACTIVITY_EXECUTION: self.delete,
            methods.PAUSE_ACTIVITY_EXECUTION: self.pause,
            methods.UNPAUSE_ACTIVITY_EXECUTION: self.unpause,
            methods.RESET_ACTIVITY_EXECUTION: self.reset,
            methods.UPDATE_ACTIVITY_EXECUTION_OPTIONS: self.update_options,
            methods.LIST_ACTIVITY_EXECUTIONS: self.list_executions,
            methods.COUNT_ACTIVITY_EXECUTIONS: self.count_executions,
        }

    def holders(self) -> Holders:
        """Return the functions that may hold calls, by method."""
        return {
            methods.POLL_ACTIVITY_EXECUTION: self.poll,
            methods.DESCRIBE_ACTIVITY_EXECUTION: self.describe,
        }

    # Starting

    def start(self, request: messages.StartActivityExecutionRequest) -> messages.StartActivityExecutionResponse:
        self._check_start(request)
        same_id = [
            it
            for it in self._cluster.activities
            if it.is_standalone and (it.request.namespace, it.id) == (request.namespace, request.activity_id)
        ]
        if same_id:
            last = same_id[-1]
            if request.request_id and last.request.request_id == request.request_id:
                return messages.StartActivityExecutionResponse(run_id=last.run_id)
            if last.state not in CLOSED and request.id_conflict_policy is ActivityIdConflictPolicy.USE_EXISTING:
                return messages.StartActivityExecutionResponse(run_id=last.run_id)
            if not _may_follow(last, request.id_reuse_policy):
                raise _already_started(last)
        return messages.StartActivityExecutionResponse(run_id=self._cluster.add(request).run_id, started=True)

    def _check_start(self, request: messages.StartActivityExecutionRequest) -> None:
        self._cluster.check_namespace(request.namespace)
        if not request.activity_id:
            raise invalid("activityId is not set")
        if len(request.activity_id) > _MAX_ID:
            raise invalid(f"activityId exceeds length limit. Length={len(request.activity_id)} Limit={_MAX_ID}")
        if request.activity_type is None or not request.activity_type.name:
            raise invalid("activityType is not set")
        check_task_queue(request.task_queue)
        # A schedule-to-close timeout alone is one for start-to-close as well.
        if normalize(request).start_to_close_timeout == Duration():
            raise invalid(
                "a valid StartToCloseTimeout or ScheduleToCloseTimeout must be set on the activity."
                f" ActivityId={request.activity_id} ActivityType={request.activity_type.name}"
            )
        if size(request.input) > self._cluster.limits.blob_size_limit_error:
            raise invalid("input exceeds length limit")

    # Reading

    async def poll(
        self, request: messages.PollActivityExecutionRequest, call: Incoming
    ) -> messages.PollActivityExecutionResponse:
        activity = self._find(request)

        def outcome() -> ActivityExecutionOutcome | None:
            return activity.outcome

        found = await self._cluster.hold(outcome, self._limit(call))
        if found is None:
            return messages.PollActivityExecutionResponse()
        return messages.PollActivityExecutionResponse(run_id=activity.run_id, outcome=found)

    async def describe(
        self, request: messages.DescribeActivityExecutionRequest, call: Incoming
    ) -> messages.DescribeActivityExecutionResponse:
        activity = self._find(request)
        if request.long_poll_token:
            if not request.run_id:
                raise invalid("run id is required when long poll token is provided")

            def has_changed() -> bool | None:
                return version(activity) != request.long_poll_token or None

            if not await self._cluster.hold(has_changed, self._limit(call)):
                return messages.DescribeActivityExecutionResponse()
        return messages.DescribeActivityExecutionResponse(
            run_id=activity.run_id,
            info=info(
                activity,
                include_heartbeat_details=request.include_heartbeat_details,
                include_last_failure=request.include_last_failure,
            ),
            input=activity.request.input if request.include_input else None,
            outcome=activity.outcome if request.include_outcome else None,
            long_poll_token=version(activity),
        )

    def list_executions(
        self, request: messages.ListActivityExecutionsRequest
    ) -> messages.ListActivityExecutionsResponse:
        matching = self._matching(request.namespace, Query.parse(request.query))
        matching.reverse()
        begin = int(request.next_page_token or b"0")
        end = begin + (request.page_size or len(matching))
        return messages.ListActivityExecutionsResponse(
            executions=[list_info(activity) for activity in matching[begin:end]],
            next_page_token=str(end).encode() if end < len(matching) else b"",
        )

    def count_executions(
        self, request: messages.CountActivityExecutionsRequest
    ) -> messages.CountActivityExecutionsResponse:
        query = Query.parse(request.query)
        matching = self._matching(request.namespace, query)
        if not query.is_grouped:
            return messages.CountActivityExecutionsResponse(count=len(matching))
        return messages.CountActivityExecutionsResponse(count=len(matching), groups=groups(matching))

    # Changing

    def request_cancel(
        self, request: messages.RequestCancelActivityExecutionRequest
    ) -> messages.RequestCancelActivityExecutionResponse:
        self._cluster.request_cancel(
            self._find(request), request_id=request.request_id, reason=request.reason, identity=request.identity
        )
        return messages.RequestCancelActivityExecutionResponse()

    def terminate(
        self, request: messages.TerminateActivityExecutionRequest
    ) -> messages.TerminateActivityExecutionResponse:
        activity = self._find(request)
        activity.terminate(request_id=request.request_id, reason=request.reason, identity=request.identity)
        self._cluster.settle(activity)
        return messages.TerminateActivityExecutionResponse()

    def delete(self, request: messages.DeleteActivityExecutionRequest) -> messages.DeleteActivityExecutionResponse:
        self._cluster.forget(self._find(request))
        return messages.DeleteActivityExecutionResponse()

    def pause(self, request: messages.PauseActivityExecutionRequest) -> messages.PauseActivityExecutionResponse:
        activity = self._find_any(request)
        activity.pause(request_id=request.request_id)
        self._cluster.settle(activity)
        return messages.PauseActivityExecutionResponse()

    def unpause(self, request: messages.UnpauseActivityExecutionRequest) -> messages.UnpauseActivityExecutionResponse:
        activity = self._find_any(request)
        activity.unpause()
        self._cluster.settle(activity)
        return messages.UnpauseActivityExecutionResponse()

    def reset(self, request: messages.ResetActivityExecutionRequest) -> messages.ResetActivityExecutionResponse:
        activity = self._find_any(request)
        activity.reset(reset_heartbeat=request.reset_heartbeat)
        self._cluster.settle(activity)
        return messages.ResetActivityExecutionResponse()

    def update_options(
        self, request: messages.UpdateActivityExecutionOptionsRequest
    ) -> messages.UpdateActivityExecutionOptionsResponse:
        if request.restore_original:
            activity = self._find_any(request)
            activity.options = normalize(activity.request)
            self._cluster.settle(activity)
            return messages.UpdateActivityExecutionOptionsResponse(activity_options=activity.options)
        if request.activity_options is None:
            raise invalid("ActivityOptions are not provided")
        if request.update_mask is None:
            raise invalid("UpdateMask is not provided")
        activity = self._find_any(request)
        activity.options = _updated(activity.options, request.activity_options, request.update_mask.paths)
        self._cluster.settle(activity)
        return messages.UpdateActivityExecutionOptionsResponse(activity_options=activity.options)

    # Finding

    def _find(self, request: _Named) -> Activity:
        return self._cluster.by_id(request.namespace, request.activity_id, run_id=request.run_id)

    def _find_any(self, request: _NamedInWorkflow) -> Activity:
        return self._cluster.by_id(
            request.namespace, request.activity_id, workflow_id=request.workflow_id, run_id=request.run_id
        )

    def _matching(self, namespace: str, query: Query) -> list[Activity]:
        self._cluster.check_namespace(namespace)
        return [
            it
            for it in self._cluster.activities
            if it.is_standalone and it.request.namespace == namespace and query.matches(searchable(it))
        ]

    def _limit(self, call: Incoming) -> float:
        if call.remaining is None:
            return self._longest_wait
        return max(0.0, min(self._longest_wait, call.remaining - _RESPONSE_MARGIN))


_Named = (
    messages.PollActivityExecutionRequest
    | messages.DescribeActivityExecutionRequest
    | messages.RequestCancelActivityExecutionRequest
    | messages.TerminateActivityExecutionRequest
    | messages.DeleteActivityExecutionRequest
)
_NamedInWorkflow = (
    messages.PauseActivityExecutionRequest
    | messages.UnpauseActivityExecutionRequest
    | messages.ResetActivityExecutionRequest
    | messages.UpdateActivityExecutionOptionsRequest
)


def _may_follow(last: Activity, policy: ActivityIdReusePolicy) -> bool:
    """Whether another activity may take the id of the *last* one."""
    if last.state not in CLOSED or policy is ActivityIdReusePolicy.REJECT_DUPLICATE:
        return False
    return policy is not ActivityIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY or last.state is not State.COMPLETED


def _already_started(activity: Activity) -> Refusal:
    detail = ActivityExecutionAlreadyStartedFailure(
        start_request_id=activity.request.request_id, run_id=activity.run_id
    )
    return Refusal("activity execution already started", RPCStatusCode.ALREADY_EXISTS, [detail])


def _updated(current: ActivityOptions, new: ActivityOptions, paths: Iterable[str]) -> ActivityOptions:
    values = {name: getattr(current, name) for name in _UPDATABLE}
    for path in paths:
        name = path.partition(".")[0]
        if name not in _UPDATABLE:
            raise invalid(f'unsupported update_mask path: "{path}"')
        values[name] = getattr(new, name)
    return ActivityOptions(**values)
