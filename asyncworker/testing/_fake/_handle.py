"""What a test holds of an activity that the fake server runs: to look at, and to do things to."""

from __future__ import annotations

from typing import Any

from ..._proto.temporal.api.common.v1 import Payload, WorkflowExecution
from ..._proto.temporal.api.enums.v1 import TimeoutType as ProtoTimeoutType
from ..._proto.temporal.api.failure.v1 import Failure
from ...exceptions import RetryState, TimeoutType
from ._activity import CLOSED, Activity
from ._cluster import Cluster
from ._payloads import from_payloads

#: Seconds after which waiting for a fact is given up, in words that say what was waited for.
PATIENCE = 5.0


class FakeActivity:
    """An activity of :class:`FakeTemporal`.

    Its verbs are what a workflow, a client or an operator would do, and return at once; what a worker sees of them is
    what it would see of the server's.
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

    # To look at

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
        """Where it is in its life, in the server's words: ``Scheduled``, ``Started``, ``PauseRequested``, …"""
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
    def task_token(self) -> bytes | None:
        """The token of the attempt under way, or ``None`` if no worker holds one that counts."""
        return self._activity.token

    @property
    def retry_wait(self) -> float:
        """Seconds that the server would let pass before the attempt that is scheduled."""
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
        """What it completed with, as it came over the wire."""
        outcome = self._activity.outcome
        return [] if outcome is None or outcome.result is None else list(outcome.result.payloads)

    @property
    def failure(self) -> Failure | None:
        """What it ended with, if not with a result, as it came over the wire."""
        return None if self._activity.outcome is None else self._activity.outcome.failure

    @property
    def last_failure(self) -> Failure | None:
        """How the last attempt that failed did so, as it came over the wire."""
        return self._activity.last_failure

    @property
    def retry_state(self) -> RetryState:
        """Why there was no further attempt."""
        outcome = self._activity.outcome
        return RetryState.UNSPECIFIED if outcome is None else RetryState(int(outcome.retry_state))

    # To do things to

    def request_cancel(self, reason: str = "") -> None:
        """Ask for its end. Its worker hears of it by the next heartbeat's reply, or by a command if it listens.

        Raises:
            RPCError: It has ended already, or was asked before. So for all verbs here that do not fit its state.
        """
        self._cluster.request_cancel(self._activity, request_id=f"{reason}?", reason=reason)

    def pause(self) -> None:
        """Let no further attempt begin, and ask the one under way to end."""
        self._activity.pause()
        self._cluster.settle(self._activity)

    def unpause(self) -> None:
        """Take :meth:`pause` back."""
        self._activity.unpause()
        self._cluster.settle(self._activity)

    def reset(self) -> None:
        """Begin anew with attempt 1, and ask the one under way to end."""
        self._activity.reset()
        self._cluster.settle(self._activity)

    def time_out(self, timeout_type: TimeoutType = TimeoutType.START_TO_CLOSE) -> None:
        """Let a timeout pass: no clock does."""
        self._activity.time_out(ProtoTimeoutType(int(timeout_type)))
        self._cluster.settle(self._activity)

    def terminate(self, reason: str = "") -> None:
        """End it without asking its worker; one of a workflow ends as if its workflow had been terminated."""
        self._cluster.push_cancel(self._activity)
        self._activity.terminate(reason=reason)
        self._cluster.settle(self._activity)

    # To wait for

    async def wait_for_attempt(self, attempt: int = 1, *, timeout: float = PATIENCE) -> None:
        """Wait until a worker has taken this attempt, or a later one.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
        """
        activity = self._activity

        def is_taken() -> bool | None:
            return activity.attempt > attempt or (activity.attempt == attempt and activity.token is not None) or None

        await self._wait(is_taken, f"attempt {attempt}", timeout)

    async def wait_for_heartbeat(self, count: int = 1, *, timeout: float = PATIENCE) -> list[list[Any]]:
        """Wait until so many heartbeats have arrived, and return the values of all.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
        """
        await self._wait(lambda: len(self._activity.heartbeats) >= count or None, f"{count} heartbeats", timeout)
        return self.heartbeats

    async def wait_closed(self, *, timeout: float = PATIENCE) -> None:
        """Wait until it has ended, one way or another.

        Raises:
            TimeoutError: That did not happen within *timeout* seconds.
        """
        await self._wait(lambda: self.is_closed or None, "its end", timeout)

    async def _wait(self, fact: Any, what: str, timeout: float) -> None:
        if await self._cluster.changes.wait_for(fact, timeout) is None:
            raise TimeoutError(f"waited {timeout:g} s for {what} of {self!r}")

    @property
    def _workflow(self) -> WorkflowExecution | None:
        return self._activity.workflow
