"""The calls about an attempt, by its task token or by its activity's id: heartbeats, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from ..._rpc import _methods as methods
from ..._rpc._methods import Method
from ._activity._activity import Activity
from ._activity._state import CLOSED, State
from ._call import Handlers
from ._cluster import Cluster

# The two methods of each, which differ in how they name the activity only.
_Methods: TypeAlias = tuple[Method[Any, Any], Method[Any, Any]]
_HEARTBEAT: _Methods = (methods.RECORD_ACTIVITY_TASK_HEARTBEAT, methods.RECORD_ACTIVITY_TASK_HEARTBEAT_BY_ID)
_COMPLETED: _Methods = (methods.RESPOND_ACTIVITY_TASK_COMPLETED, methods.RESPOND_ACTIVITY_TASK_COMPLETED_BY_ID)
_FAILED: _Methods = (methods.RESPOND_ACTIVITY_TASK_FAILED, methods.RESPOND_ACTIVITY_TASK_FAILED_BY_ID)
_CANCELED: _Methods = (methods.RESPOND_ACTIVITY_TASK_CANCELED, methods.RESPOND_ACTIVITY_TASK_CANCELED_BY_ID)


class AttemptCalls:
    """Serves the calls about attempts."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def handlers(self) -> Handlers:
        """Return the functions that serve calls at once, by method."""
        served = {_HEARTBEAT: _heartbeat, _COMPLETED: _complete, _FAILED: _fail, _CANCELED: _cancel}
        handlers: Handlers = {}
        for (by_token, by_id), change in served.items():
            handlers[by_token] = partial(self._serve, by_token, self._by_token, change)
            handlers[by_id] = partial(self._serve, by_id, self._by_id, change)
        return handlers

    def _serve(
        self,
        method: Method[Any, Any],
        find: Callable[[Any], Activity],
        change: Callable[[Activity, Any], Mapping[str, Any]],
        request: Any,
    ) -> Any:
        activity = find(request)
        reply = change(activity, request)
        self._cluster.settle(activity)
        return method.response(**reply)

    def _by_token(self, request: Any) -> Activity:
        return self._cluster.by_token(request.task_token, request.namespace)

    def _by_id(self, request: Any) -> Activity:
        return self._cluster.by_id(
            request.namespace, request.activity_id, workflow_id=request.workflow_id, run_id=request.run_id
        )


# Change the activity as a request says, and return the fields of the reply.


def _heartbeat(activity: Activity, request: Any) -> Mapping[str, Any]:
    activity.heartbeat(request.details)
    return {
        # An activity that was closed by this heartbeat, as it was too large, is to stop too.
        "cancel_requested": activity.state is State.CANCEL_REQUESTED or activity.state in CLOSED,
        "activity_paused": activity.state is State.PAUSE_REQUESTED,
        "activity_reset": activity.state is State.RESET_REQUESTED,
    }


def _complete(activity: Activity, request: Any) -> Mapping[str, Any]:
    activity.complete(request.result)
    return {}


def _fail(activity: Activity, request: Any) -> Mapping[str, Any]:
    return {"failures": activity.fail(request.failure, request.last_heartbeat_details)}


def _cancel(activity: Activity, request: Any) -> Mapping[str, Any]:
    activity.cancel(request.details)
    return {}
