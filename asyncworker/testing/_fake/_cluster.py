"""The server's state: namespaces, activities, task queues, and the workers that have left."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import TypeVar

from ..._proto.temporal.api.common.v1 import WorkflowExecution
from ..._proto.temporal.api.enums.v1 import TimeoutType
from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities, NamespaceInfoLimits
from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat
from ..._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from ...exceptions import RPCStatusCode
from .._virtual._time import VirtualTime
from ._activity._activity import Activity
from ._activity._state import CLOSED, WITH_WORKER, State
from ._changes import Changes
from ._commands import CommandQueues
from ._refusal import Refusal, invalid, no_namespace, not_found
from ._time._clock import Clock
from ._time._timeouts import Timeouts
from ._workflows._histories import Histories

T = TypeVar("T")

#: Seconds to wait for a fact in real time; the error after it names the fact.
WAIT_TIMEOUT = 5.0
# An activity that has had so many attempts in virtual time would have more for ever.
_MOST_ATTEMPTS = 10_000

#: Those of a namespace of Server 1.32 with default settings.
CAPABILITIES = {
    "eager_workflow_start": True,
    "sync_update": True,
    "async_update": True,
    "worker_heartbeats": True,
    "reported_problems_search_attribute": True,
    "standalone_activities": True,
    "poller_autoscaling": True,
    # Not a default server's: no test should wait for polls.
    "worker_poll_complete_on_shutdown": True,
    "standalone_activity_start_delay": True,
    "standalone_activity_batch_operations": True,
    "standalone_activity_operator_commands": True,
}
LIMITS = {
    "blob_size_limit_error": 2 << 20,
    "memo_size_limit_error": 2 << 20,
    "workflow_task_completion_size_limit_error": 40 << 20,
}


class Cluster:
    """The server's state. Each change of an activity is followed by :meth:`settle`."""

    def __init__(
        self, capabilities: Mapping[str, bool], limits: Mapping[str, int], clock: Clock, *, skip_backoff: bool
    ) -> None:
        self.namespaces: set[str] = {"default", "temporal-system"}
        self.capabilities: NamespaceInfoCapabilities = NamespaceInfoCapabilities(**{**CAPABILITIES, **capabilities})
        self.limits: NamespaceInfoLimits = NamespaceInfoLimits(**{**LIMITS, **limits})
        self.clock = clock
        self.virtual: VirtualTime | None = None
        self.timeouts: Timeouts = Timeouts(clock, self._time_out)
        self.skip_backoff = skip_backoff
        self.wait_timeout = WAIT_TIMEOUT
        self.is_away = False
        self.changes: Changes = Changes()
        self.commands: CommandQueues = CommandQueues()
        self.histories: Histories = Histories()
        self.activities: list[Activity] = []
        # Called with each activity that has changed.
        self.on_change: list[Callable[[Activity], None]] = []
        # Return in words what keeps an activity from its end, those who know.
        self.why_open: list[Callable[[Activity], str | None]] = []
        self.gone_workers: set[str] = set()
        self.worker_heartbeats: dict[str, WorkerHeartbeat] = {}
        self._ready: defaultdict[tuple[str, str], deque[tuple[Activity, int]]] = defaultdict(deque)
        self._queued: dict[Activity, int] = {}
        self._issued: dict[bytes, Activity] = {}

    def check_available(self) -> None:
        """Refuse every call during an outage."""
        if self.is_away:
            raise Refusal("the server is unavailable", RPCStatusCode.UNAVAILABLE)

    async def hold(self, fact: Callable[[], T | None], timeout: float) -> T | None:
        """Hold a call until *fact* returns something, for *timeout* seconds at most."""

        def look() -> T | None:
            self.check_available()
            return fact()

        return await self.changes.wait_for(look, timeout)

    async def wait_for(self, fact: Callable[[], T | None], what: Callable[[], str], timeout: float | None) -> T:
        """Return what *fact* returns as soon as that is not ``None``.

        Args:
            fact: Is asked after each change.
            what: Returns what is waited for, in words.
            timeout: Seconds; ``None``: :attr:`wait_timeout`, or in virtual time for as long as anything can happen.

        Raises:
            TimeoutError: It did not happen in time.
            DeadlockError: It cannot happen any more.
        """
        limit = timeout if timeout is not None or self.virtual is not None else self.wait_timeout
        with nullcontext() if self.virtual is None else self.virtual.raising_deadlocks(lambda: self.deadlock(what())):
            found = await self.changes.wait_for(fact, limit)
        if found is None:
            raise TimeoutError(f"waited {limit:g} s for {what()}")
        return found

    def deadlock(self, what: str) -> str:
        """Return why *what* does not happen, as there is nothing else that does."""
        states = [self._why_open(it) for it in self.activities if it.state not in CLOSED]
        there_is = "; ".join(states) if states else "no activity is open"
        return (
            f"nothing is left to happen, while {what} is waited for: {there_is} (what the event loop does not know of,"
            " as a thread of your own, is waited for within time.real())"
        )

    def _why_open(self, activity: Activity) -> str:
        known = (why(activity) for why in self.why_open)
        return next((words for words in known if words is not None), None) or _why_open(activity)

    def check_namespace(self, name: str) -> None:
        """Refuse an unknown namespace."""
        if name not in self.namespaces:
            raise no_namespace(name)

    def add(
        self,
        request: StartActivityExecutionRequest,
        *,
        workflow: WorkflowExecution | None = None,
        workflow_type: str = "",
    ) -> Activity:
        """Add an activity, and make its first task ready."""
        activity = Activity(
            request,
            run_id=str(uuid.uuid4()),
            workflow=workflow,
            workflow_type=workflow_type,
            limits=self.limits,
            clock=self.clock,
        )
        self.activities.append(activity)
        if (run := self.histories.of(activity)) is not None:
            run.schedule(activity)
        self.settle(activity)
        return activity

    def settle(self, activity: Activity) -> None:
        """Do what follows from a change: put a task into its queue, and notify the waiters."""
        if activity.state in CLOSED and (run := self.histories.of(activity)) is not None:
            run.settle(activity)
        if activity.state is State.SCHEDULED and self._queued.get(activity) != activity.stamp:
            self._queued[activity] = activity.stamp
            if self.skip_backoff or not activity.retry_wait:
                self._make_ready(activity, activity.stamp)
            else:
                loop = asyncio.get_running_loop()
                loop.call_later(activity.retry_wait, self._make_ready, activity, activity.stamp)
        self.timeouts.settle(activity)
        for notify in self.on_change:
            notify(activity)
        self.changes.notify()

    def hand_out(self, namespace: str, task_queue: str, identity: str, control_queue: str) -> Activity | None:
        """Start the next activity of a task queue, if there is one."""
        ready = self._ready[namespace, task_queue]
        while ready:
            activity, stamp = ready.popleft()
            if activity.state is State.SCHEDULED and activity.stamp == stamp:
                activity.start(identity, control_queue)
                assert activity.token is not None
                self._issued[activity.token] = activity
                self.timeouts.settle(activity)
                if activity.attempt > _MOST_ATTEMPTS and self.virtual is not None:
                    self.virtual.end(_endless(activity))
                self.changes.notify()
                return activity
        return None

    def has_left(self, worker_key: str) -> bool:
        """Whether the worker's polls return empty, as it has shut down."""
        return self.capabilities.worker_poll_complete_on_shutdown and worker_key in self.gone_workers

    def backlog(self, namespace: str, task_queue: str) -> int:
        """How many tasks wait for a poll."""
        waiting = self._ready[namespace, task_queue]
        return sum(activity.state is State.SCHEDULED and activity.stamp == stamp for activity, stamp in waiting)

    def by_token(self, token: bytes, namespace: str) -> Activity:
        """Find the activity whose attempt under way has this token."""
        if not token:
            raise invalid("Task token not set on request.")
        activity = self._issued.get(token)
        if activity is None:
            raise invalid("Error deserializing task token.")
        if namespace and namespace != activity.request.namespace:
            self.check_namespace(namespace)
            raise invalid("Operation requested with a token from a different namespace.")
        if activity.token != token or activity.state not in WITH_WORKER:
            raise activity.gone()
        return activity

    def by_id(self, namespace: str, activity_id: str, *, workflow_id: str = "", run_id: str = "") -> Activity:
        """Find an activity by its id, the last of them if there were several."""
        self.check_namespace(namespace)
        if not activity_id:
            raise invalid("activityId is not set")
        in_workflow = [it for it in self.activities if _workflow_id(it) == workflow_id]
        for activity in reversed(in_workflow):
            is_known = activity.is_standalone or activity.state not in CLOSED
            if is_known and activity.id == activity_id and run_id in ("", _run_id(activity)):
                return activity
        # The runs of workflows have ids here that can be read.
        self._check_run_id(run_id)
        if workflow_id:
            raise not_found(_no_pending(activity_id) if in_workflow else f"workflow not found for ID: {workflow_id}")
        raise not_found(f"activity not found for ID: {activity_id}")

    def forget(self, activity: Activity) -> None:
        """Delete an activity."""
        self.activities.remove(activity)
        if activity.state not in CLOSED:
            activity.terminate()
        self.timeouts.settle(activity)
        self.changes.notify()

    def request_cancel(self, activity: Activity, *, request_id: str = "", reason: str = "", identity: str = "") -> None:
        """Request an activity's cancellation, and send its worker a command where the server does."""
        activity.request_cancel(request_id=request_id, reason=reason, identity=identity)
        if (run := self.histories.of(activity)) is not None:
            run.request_cancel()
        self.push_cancel(activity)
        self.settle(activity)

    def push_cancel(self, activity: Activity) -> None:
        """Send a command to the worker of a workflow's activity, if it polls for commands."""
        if (
            self.capabilities.worker_commands
            and not activity.is_standalone
            and activity.token
            and activity.control_queue
        ):
            self.commands.push_cancel(activity.control_queue, activity.token)

    def _time_out(self, activity: Activity, kind: TimeoutType) -> None:
        activity.time_out(kind)
        self.settle(activity)

    def _make_ready(self, activity: Activity, stamp: int) -> None:
        self._ready[activity.request.namespace, activity.task_queue].append((activity, stamp))
        self.changes.notify()

    @staticmethod
    def _check_run_id(run_id: str) -> None:
        if run_id:
            try:
                uuid.UUID(run_id)
            except ValueError:
                raise invalid("invalid run id: must be a valid UUID") from None


def _endless(activity: Activity) -> str:
    failure = "" if activity.last_failure is None else f", the last one with {activity.last_failure.message!r}"
    return (
        f"{activity.id!r} has failed {_MOST_ATTEMPTS} times{failure}, and its retry policy has no end: give it"
        " maximum_attempts or a schedule_to_close_timeout"
    )


def _why_open(activity: Activity) -> str:
    name = f"{activity.request.activity_type.name if activity.request.activity_type else ''} {activity.id!r}"
    if activity.state is State.SCHEDULED:
        return f"{name} is scheduled, and no worker polls task queue {activity.task_queue!r} that has a slot for it"
    if activity.state is State.PAUSED:
        return f"{name} is paused"
    return f"attempt {activity.attempt} of {name} is to be completed from outside, or by a worker that is not there"


def _workflow_id(activity: Activity) -> str:
    return "" if activity.workflow is None else activity.workflow.workflow_id


def _run_id(activity: Activity) -> str:
    return activity.run_id if activity.workflow is None else activity.workflow.run_id


def _no_pending(activity_id: str) -> str:
    return (
        f"cannot find pending activity with ActivityID {activity_id}, check workflow execution history for more details"
    )
