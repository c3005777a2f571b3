"""What is known of one attempt: what the server has sent, how far it is, and whether it is to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ...activity._cancellation import Notice
from ...activity._info import Info, info_of
from .._events import OutcomeName
from ._time_limits import TimeLimits

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity
    from ._run_environment import RunEnvironment
    from .heartbeats._outbound import AttemptOutbound

__all__ = ["AttemptState", "AttemptStatistics", "Phase"]

# By how many seconds the server may begin to count an attempt's time before its task arrives.
_AHEAD = 0.5


class Phase(Enum):
    """How far an attempt is."""

    READING = "reading"
    RUNNING = "running"
    REPLYING = "replying"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class AttemptStatistics:
    """One attempt that holds a slot.

    Attributes:
        activity_type: The activity's type.
        activity_id: Its id.
        attempt: The attempt's number; the first is 1.
        age: Seconds since its task arrived.
        heartbeat_age: Seconds since the server last acknowledged a heartbeat of it; ``None`` if it never has.
    """

    activity_type: str
    activity_id: str
    attempt: int
    age: float
    heartbeat_age: float | None


class AttemptState:
    """The state of one attempt: the worker reads it, and what runs and reports the attempt changes it.

    Args:
        environment: Of the worker.
        message: The task, from the poll's response.

    Attributes:
        environment: Of the worker.
        info: What the server has sent about the attempt.
        arrived_at: When its task arrived, on the event loop's clock.
        limits: When its time is used up.
        phase: How far it is.
        cancellation: Why it is to stop; raised once and for good.
        task: The asyncio task that it is; there once it has started.
        registered: Its activity, once that is found.
        converter: Its own, once the activity is found.
        outbound: Its calls to the worker, once its task is read. Of any thread.
        is_converting: Whether a codec or a storage is at work that a cancellation ends.
        is_interrupted: Whether a cancellation has ended such work.
        raise_at_end: Raised when the attempt has been reported: a cancellation from outside, for one.
        outcome: How it has ended.
        has_failed: Whether the reply counts as a failure.
        end_by_shutdown: If the shutdown has ended it, whether it may be tried again.
    """

    __slots__ = (
        "arrived_at",
        "cancellation",
        "converter",
        "end_by_shutdown",
        "environment",
        "has_failed",
        "info",
        "is_converting",
        "is_interrupted",
        "limits",
        "outbound",
        "outcome",
        "phase",
        "raise_at_end",
        "registered",
        "task",
    )

    def __init__(self, environment: RunEnvironment, message: PollActivityTaskQueueResponse) -> None:
        self.environment = environment
        self.info: Info = info_of(message, environment.task_queue)
        self.arrived_at: float = environment.loop.time()
        self.limits = TimeLimits(self.info, self.arrived_at, environment.durations.margin)
        self.phase = Phase.READING
        self.cancellation = Notice()
        self.task: asyncio.Task[None]
        self.registered: RegisteredActivity | None = None
        self.converter: DataConverter | None = None
        self.outbound: AttemptOutbound | None = None
        self.is_converting = False
        self.is_interrupted = False
        self.raise_at_end: BaseException | None = None
        self.outcome: OutcomeName = "unreported"
        self.has_failed = False
        self.end_by_shutdown: Literal["again", "last"] | None = None

    def __repr__(self) -> str:
        info, reason = self.info, self.cancellation.reason
        state = self.phase.value if reason is None else f"{self.phase.value}, {reason.value}"
        return f"<Attempt {info.activity_type} {info.activity_id} attempt {info.attempt} [{state}]>"

    @property
    def is_open(self) -> bool:
        """Whether the activity has not ended."""
        return self.phase is Phase.RUNNING or self.phase is Phase.READING

    def is_silent(self, now: float) -> bool:
        """Whether its activity runs, and no heartbeat is to be expected that would bring its cancellation.

        Args:
            now: On the event loop's clock.
        """
        if self.phase is not Phase.RUNNING or self.cancellation.is_raised or self.outbound is None:
            return False
        return self.outbound.is_silent(now)

    def is_out_of_time(self, now: float) -> bool:
        """Whether the server, whose clock began a little earlier, may have ended the attempt as its time is used up."""
        deadline = self.limits.deadline
        return deadline is not None and now >= deadline - _AHEAD

    def runs_in(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether *task* is the attempt's own. Of any thread."""
        return task is not None and getattr(self, "task", None) is task

    def statistics(self, now: float) -> AttemptStatistics:
        """Describe the attempt as it is at *now*, on the event loop's clock. Of any thread."""
        info, heard_at = self.info, self.limits.heard_at
        return AttemptStatistics(
            activity_type=info.activity_type,
            activity_id=info.activity_id,
            attempt=info.attempt,
            age=max(0.0, now - self.arrived_at),
            heartbeat_age=None if heard_at is None else max(0.0, now - heard_at),
        )
