"""The histories of workflows' runs, as far as their activities are concerned."""

from __future__ import annotations

from ...._proto.temporal.api.common.v1 import WorkflowExecution
from ...._proto.temporal.api.enums.v1.lazy import EventType
from .._activity._activity import Activity
from .._activity._state import CLOSED, State

_CLOSING = {
    State.COMPLETED: EventType.ACTIVITY_TASK_COMPLETED,
    State.FAILED: EventType.ACTIVITY_TASK_FAILED,
    State.TIMED_OUT: EventType.ACTIVITY_TASK_TIMED_OUT,
    State.CANCELED: EventType.ACTIVITY_TASK_CANCELED,
    # An activity of a workflow is only terminated with that.
    State.TERMINATED: EventType.WORKFLOW_EXECUTION_TERMINATED,
}


class RunHistory:
    """One run of a workflow: its activities, and the types of its events."""

    def __init__(self, execution: WorkflowExecution) -> None:
        self.execution = execution
        self.activities: list[Activity] = []
        self.events: list[EventType] = [EventType.WORKFLOW_EXECUTION_STARTED]
        self._ended: set[Activity] = set()

    def __repr__(self) -> str:
        return f"<RunHistory of {self.execution.workflow_id!r} [{len(self.events)} events]>"

    @property
    def is_closed(self) -> bool:
        """Whether the run has ended."""
        return self.events[-1] is EventType.WORKFLOW_EXECUTION_TERMINATED

    def schedule(self, activity: Activity) -> None:
        """Record that an activity was scheduled."""
        self.activities.append(activity)
        self.events.append(EventType.ACTIVITY_TASK_SCHEDULED)

    def request_cancel(self) -> None:
        """Record that the cancellation of an activity was requested."""
        self.events += [EventType.WORKFLOW_TASK_COMPLETED, EventType.ACTIVITY_TASK_CANCEL_REQUESTED]

    def settle(self, activity: Activity) -> None:
        """Record the end of an activity, once."""
        if activity.state in CLOSED and activity not in self._ended:
            self._ended.add(activity)
            self.events.append(_CLOSING[activity.state])


class Histories:
    """The histories of all runs."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], RunHistory] = {}

    def find(self, execution: WorkflowExecution) -> RunHistory | None:
        """Return a run's history; without a run id that of the last one."""
        if execution.run_id:
            return self._runs.get((execution.workflow_id, execution.run_id))
        return next((run for key, run in reversed(self._runs.items()) if key[0] == execution.workflow_id), None)

    def of(self, activity: Activity) -> RunHistory | None:
        """Return the history that an activity is a part of; ``None`` for a standalone one."""
        if activity.workflow is None:
            return None
        key = (activity.workflow.workflow_id, activity.workflow.run_id)
        return self._runs.setdefault(key, RunHistory(activity.workflow))
