"""The part of a FakeTemporal that is about its activities: a test adds them, as a workflow or a client does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .._proto.temporal.api.common.v1 import ActivityType, Header, WorkflowExecution
from .._proto.temporal.api.enums.v1 import TaskQueueKind
from .._proto.temporal.api.taskqueue.v1 import TaskQueue
from .._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from ..activity import Definition
from ..client.activities._options import write_options
from ..common import RetryPolicy
from ._fake._activity._options import KEPT
from ._fake._cluster import Cluster
from ._fake._handle import FakeActivity
from ._fake._payloads import to_payload, to_payloads

__all__ = ["FakeActivities"]


class FakeActivities:
    """The part of a FakeTemporal that is about its activities."""

    _cluster: Cluster
    # For ids.
    _names: Iterator[int]

    @property
    def activities(self) -> list[FakeActivity]:
        """All activities, in the order in which they came."""
        return [FakeActivity(activity, self._cluster) for activity in self._cluster.activities]

    def add_task(
        self,
        activity: str | Callable[..., Any],
        *args: Any,
        task_queue: str | None = None,
        workflow_id: str = "workflow",
        workflow_type: str = "Workflow",
        **options: Any,
    ) -> FakeActivity:
        """Schedule an activity as a workflow does.

        Args:
            activity: Its type, or a function declared with ``@activity.defn``.
            args: Values that JSON has, bytes, or payloads.
            task_queue: The task queue that its tasks are handed out by. Default: the declaration's.
            workflow_id: The workflow that schedules it; does not have to exist.
            workflow_type: That workflow's type.
            options: Those of :meth:`start_activity`.

        Raises:
            TypeError: It has no name, there is no such option, or it has another type.
            ValueError: It has no task queue, or an option is out of its range.
        """
        workflow = WorkflowExecution(workflow_id=workflow_id, run_id=f"{workflow_id}-run")
        request = self._request(activity, args, task_queue, **options)
        return self._add(request, workflow=workflow, workflow_type=workflow_type)

    def start_activity(
        self, activity: str | Callable[..., Any], *args: Any, task_queue: str | None = None, **options: Any
    ) -> FakeActivity:
        """Start a standalone activity as a client does.

        Args:
            activity: Its type, or a function declared with ``@activity.defn``.
            args: Values that JSON has, bytes, or payloads.
            task_queue: The task queue that its tasks are handed out by. Default: the declaration's.
            options: ``activity_id``, ``namespace``, ``start_to_close_timeout``, ``schedule_to_close_timeout``,
                ``schedule_to_start_timeout``, ``heartbeat_timeout``, ``retry_policy``, ``header`` (values by name),
                ``priority``; ``start_delay`` where time passes by itself. Those that are not given are the
                declaration's. Without a timeout an attempt may take 10 s; without a retry policy there is one attempt,
                unless time passes by itself.

        Raises:
            TypeError: It has no name, there is no such option, or it has another type.
            ValueError: It has no task queue, or an option is out of its range.
        """
        return self._add(self._request(activity, args, task_queue, **options))

    def _add(
        self,
        request: StartActivityExecutionRequest,
        *,
        workflow: WorkflowExecution | None = None,
        workflow_type: str = "",
    ) -> FakeActivity:
        return FakeActivity(self._cluster.add(request, workflow=workflow, workflow_type=workflow_type), self._cluster)

    def _request(
        self,
        activity: str | Callable[..., Any],
        args: Sequence[Any],
        task_queue: str | None,
        *,
        activity_id: str | None = None,
        namespace: str = "default",
        header: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> StartActivityExecutionRequest:
        known = (*KEPT, "start_delay") if self._cluster.clock.passes else KEPT
        if unknown := sorted(options.keys() - set(known)):
            raise TypeError(f"{', '.join(unknown)} cannot be given here; there are header and {', '.join(known)}")
        definition = None if isinstance(activity, str) else _declared(activity)
        name = activity if isinstance(activity, str) else definition and definition.name
        queue = task_queue or (definition and definition.task_queue)
        if not queue:
            raise ValueError(f"activity {name!r} needs a task_queue: pass one, or declare it with @activity.defn")
        return StartActivityExecutionRequest(
            namespace=namespace,
            activity_id=activity_id or f"activity-{next(self._names)}",
            activity_type=ActivityType(name=name or ""),
            task_queue=TaskQueue(name=queue, kind=TaskQueueKind.NORMAL),
            input=to_payloads(args),
            header=Header(fields={key: to_payload(value) for key, value in header.items()}) if header else None,
            **write_options(self._with_defaults(definition, options)),
        )

    def _with_defaults(self, definition: Definition | None, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that are given, then those that the declaration gives, then the defaults."""
        declared = {} if definition is None else {name: getattr(definition, name) for name in KEPT}
        given = {**declared, **{name: value for name, value in options.items() if value is not None}}
        found = {name: value for name, value in given.items() if value is not None}
        if not found.keys() & {"start_to_close_timeout", "schedule_to_close_timeout"}:
            found["start_to_close_timeout"] = 10.0
        if not self._cluster.clock.passes:
            found.setdefault("retry_policy", RetryPolicy(maximum_attempts=1))
        return found


def _declared(activity: Callable[..., Any]) -> Definition:
    definition = Definition.find(activity)
    if definition is None or definition.name is None:
        raise TypeError(f"{activity!r} is no activity with a name: declare it with @activity.defn")
    return definition
