"""The handle of an activity of the fake server, by which a test looks at it and changes it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from ..._proto.temporal.api.common.v1 import Payload, WorkflowExecution
from ..._proto.temporal.api.enums.v1 import TimeoutType as ProtoTimeoutType
from ..._proto.temporal.api.failure.v1 import Failure
from ...exceptions import RetryState, TimeoutType
from ._activity._activity import Activity
from ._activity._state import CLOSED, State
from ._cluster import Cluster
from ._payloads import from_payloads
from ._time._attempts import FakeAttempt


class FakeActivity:
    """An activity of :class:`FakeTemporal`.

    Its verbs do what a workflow, a client or an operator can do, and return at once; a worker sees of them what it sees
    of the real server's.
    """

    __slots__ = ("_activity", "_cluster")

    def __init__(self, activity: Activity, cluster: Cluster) -> None:
        self._activity = activity
        self._cluster = cluster

    def __repr__(self) -> str:
        return f"<FakeActivity {self.activity_id!r} [{self.state}, attempt {self.attempt}]>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FakeActivity) and self._activity is other._activity

    def __hash__(self) -> int:
        return hash(self._activity)

    # State

    @property
    def activity_id(self) -> str:
        """Its id."""
        return self._activity.id

    @property
    def run_id(self) -> str:
        """The id of this run of it."""
        return self._activity.run_id

    @property
    def workflow_id(self) -> str | None:
        """The workflow that scheduled it, or ``None`` for a standalone activity."""
        return None if self._workflow is None else self._workflow.workflow_id

    @property
    def workflow_run_id(self) -> str | None:
        """The run of the workflow that scheduled it, or ``None`` for a standalone activity."""
        return None if self._workflow is None else self._workflow.run_id

    @property
    def state(self) -> str:
        """Its state, by the server's name: ``Scheduled``, ``Started``, ``PauseRequested``, …"""
        return self._activity.state.value

    @property
    def is_closed(self) -> bool:
        """Whether it has ended, one way or another."""
        return self._activity.state in CLOSED

    @property
    def attempt(self) -> int:
        """The number of the attempt under way, or of the last one."""
        return self._activity.attempt

    @property
    def attempts(self) -> list[FakeAttempt]:
        """The attempts that a worker has begun, in their order."""
        return [replace(attempt) for attempt in self._activity.attempts]

    @property
    def task_token(self) -> bytes | None:
        """The token of the attempt under way, or ``None`` if no worker has a valid one."""
        return self._activity.token

    @property
    def retry_wait(self) -> float:
        """Seconds that the real server would wait before the attempt that is scheduled."""
        return self._activity.retry_wait

    @property
    def heartbeats(self) -> list[list[Any]]:
        """The values of each heartbeat that arrived, those of all attempts."""
        return [from_payloads(details) for details in self._activity.heartbeats]

    @property
    def heartbeat_details(self) -> list[Any]:
        """The values that the next attempt would begin with."""
        return from_payloads(self._activity.heartbeat_details)

    @property
    def result(self) -> Any:
        """The value that it completed with."""
        values = from_payloads(None if self._activity.outcome is None else self._activity.outcome.result)
        return values[0] if values else None

    @property
    def result_payloads(self) -> list[Payload]:
        """The payloads of its result, as they came over the wire."""
        outcome = self._activity.outcome
        return [] if outcome is None or outcome.result is None else list(outcome.result.payloads)

    @property
    def failure(self) -> Failure | None:
        """The failure it ended with, as it came over the wire; ``None`` if it has not failed."""
        return None if self._activity.outcome is None else self._activity.outcome.failure

    @property
    def last_failure(self) -> Failure | None:
        """The failure of the last attempt that failed, as it came over the wire."""
        return self._activity.last_failure

    @property
    def retry_state(self) -> RetryState:
        """Why there was no further attempt."""
        outcome = self._activity.outcome
        return RetryState.UNSPECIFIED if outcome is None else RetryState(int(outcome.retry_state))

    # Verbs

    def request_cancel(self, reason: str = "") -> None:
        """Request its cancellation. It reaches the worker in a heartbeat's reply, or by a command if it polls for them.

        Raises:
            RPCError: It has ended already, or this was requested before. So do all verbs that do not fit its state.
        """
        self._cluster.request_cancel(self._activity, request_id=f"{reason}?", reason=reason)

    def pause(self) -> None:
        """Let no further attempt begin, and ask the one under way to stop."""
        self._activity.pause()
        self._cluster.settle(self._activity)

    def unpause(self) -> None:
        """Undo :meth:`pause`."""
        self._activity.unpause()
        self._cluster.settle(self._activity)

    def reset(self) -> None:
        """Start over with attempt 1, and ask the one under way to stop."""
        self._activity.reset()
        self._cluster.settle(self._activity)

    def time_out(self, timeout_type: TimeoutType = TimeoutType.START_TO_CLOSE) -> None:
        """Let a timeout pass, now."""
        self._activity.time_out(ProtoTimeoutType(int(timeout_type)))
        self._cluster.settle(self._activity)

    def terminate(self, reason: str = "") -> None:
        """End it at once, without its worker; one of a workflow ends as if its workflow had been terminated."""
        self._cluster.push_cancel(self._activity)
        self._activity.terminate(reason=reason)
        self._cluster.settle(self._activity)

    # Waiting

    async def wait_for_attempt(self, attempt: int = 1, *, timeout: float | None = None) -> None:
        """Wait until a worker has started this attempt, or a later one. Cancelling is safe.

        For the *wait_timeout* of FakeTemporal at most, if *timeout* is not given.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
            DeadlockError: It cannot happen any more, in virtual time, where there is no limit by default.
        """
        activity = self._activity

        def is_taken() -> bool | None:
            return activity.attempt > attempt or (activity.attempt == attempt and activity.token is not None) or None

        await self._wait(is_taken, f"attempt {attempt}", timeout)

    async def wait_for_heartbeat(self, count: int = 1, *, timeout: float | None = None) -> list[list[Any]]:
        """Wait until so many heartbeats have arrived, and return the values of all. Cancelling is safe.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
            DeadlockError: It cannot happen any more, in virtual time, where there is no limit by default.
        """
        await self._wait(
            lambda: len(self._activity.heartbeats) >= count or None,
            "a heartbeat" if count == 1 else f"{count} heartbeats",
            timeout,
        )
        return self.heartbeats

    async def wait_for_state(self, *states: str, timeout: float | None = None) -> str:
        """Wait until it is in one of these states, and return which. Cancelling is safe.

        For the *wait_timeout* of FakeTemporal at most, if *timeout* is not given.

        Raises:
            ValueError: There is no such state.
            TimeoutError: That did not happen within *timeout* seconds.
            DeadlockError: It cannot happen any more, in virtual time, where there is no limit by default.
        """
        known = [state.value for state in State]
        if not states or not set(states) <= set(known):
            raise ValueError(f"there are the states {', '.join(known)}; got {', '.join(states) or 'none'}")
        await self._wait(lambda: self.state in states or None, f"state {' or '.join(states)}", timeout)
        return self.state

    async def wait_closed(self, *, timeout: float | None = None) -> None:
        """Wait until it has ended, one way or another. Cancelling is safe.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
            DeadlockError: It cannot happen any more, in virtual time, where there is no limit by default.
        """
        await self._wait(lambda: self.is_closed or None, "its end", timeout)

    def _raising_deadlocks(self, what: str) -> AbstractContextManager[None]:
        """Raise a DeadlockError within the block if nothing is left to happen, in virtual time."""
        virtual = self._cluster.virtual
        if virtual is None:
            return nullcontext()
        return virtual.raising_deadlocks(lambda: self._cluster.deadlock(what))

    async def _wait(self, fact: Any, what: str, timeout: float | None) -> None:
        await self._cluster.wait_for(fact, lambda: f"{what} of {self!r}", timeout)

    @property
    def _workflow(self) -> WorkflowExecution | None:
        return self._activity.workflow
