"""Events: frozen values with which a worker calls its observers, one per thing that happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..activity import Info
from ..common import CancelReason
from ..exceptions import RPCError

__all__ = [
    "ActivityCancelled",
    "ActivityFinished",
    "ActivityStarted",
    "HeartbeatSent",
    "Observer",
    "OutcomeName",
    "PollFailed",
    "PollFinished",
    "PollOutcome",
    "PollersChanged",
    "SlotsChanged",
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
]

#: How an attempt ended; see :class:`ActivityFinished`.
OutcomeName: TypeAlias = Literal["completed", "failed", "canceled", "pending", "lost", "unreported"]
#: What a poll brought; see :class:`PollFinished`.
PollOutcome: TypeAlias = Literal["task", "empty", "error"]


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """The worker has reached its namespace, and polls.

    Attributes:
        task_queue: The queue that it polls.
        namespace: Its namespace.
        identity: Its name in the UI and in histories.
    """

    task_queue: str
    namespace: str
    identity: str


@dataclass(frozen=True, slots=True)
class WorkerStopping:
    """The worker polls no more, and its activities have the grace period to end.

    Attributes:
        task_queue: The worker's queue.
        running: How many activities run.
        grace: The grace period, in seconds.
    """

    task_queue: str
    running: int
    grace: float


@dataclass(frozen=True, slots=True)
class WorkerStopped:
    """The run of the worker has ended, and each of its attempts has been replied to.

    Attributes:
        task_queue: The worker's queue.
        error: Why it could not go on; ``None`` after a shutdown.
    """

    task_queue: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class PollFinished:
    """A poll ended.

    Attributes:
        task_queue: The polled queue.
        outcome: ``"task"``; ``"empty"``, the server had no task until the poll's deadline; or ``"error"``, of which
            :class:`PollFailed` has the details, unless a shutdown has ended the poll.
        took: Seconds from the beginning of the poll, its wait for a connection included.
    """

    task_queue: str
    outcome: PollOutcome
    took: float


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A poll failed.

    Attributes:
        task_queue: The polled queue.
        error: Why.
        wait: Seconds until the next poll; ``None`` if there will be none, and the worker stops.
    """

    task_queue: str
    error: RPCError
    wait: float | None


@dataclass(frozen=True, slots=True)
class PollersChanged:
    """The number of polls that the worker keeps open changed: at its start, by autoscaling, and when it stops.

    Attributes:
        task_queue: The polled queue.
        target: How many polls are to be open, as far as there are slots for them.
    """

    task_queue: str
    target: int


@dataclass(frozen=True, slots=True)
class SlotsChanged:
    """An attempt has taken a slot, or released it.

    Attributes:
        task_queue: The worker's queue.
        used: Slots that hold an attempt.
        reserved: Slots in use, by attempts and by polls.
        available: Slots that hold no attempt; ``None`` if the slot supplier has no fixed number.
    """

    task_queue: str
    used: int
    reserved: int
    available: int | None


@dataclass(frozen=True, slots=True)
class ActivityStarted:
    """A task arrived, and its activity is about to run.

    Attributes:
        info: The attempt.
    """

    info: Info


@dataclass(frozen=True, slots=True)
class ActivityCancelled:
    """A running activity was asked to stop.

    Attributes:
        info: The attempt.
        reason: Why.
    """

    info: Info
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class HeartbeatSent:
    """A heartbeat was sent.

    Attributes:
        info: The attempt.
        error: Why it did not arrive; ``None`` if it did.
    """

    info: Info
    error: RPCError | None = None


@dataclass(frozen=True, slots=True)
class ActivityFinished:
    """An attempt ended.

    Attributes:
        info: The attempt.
        outcome: What was reported to the server: ``"completed"``, ``"failed"`` or ``"canceled"``. ``"pending"``:
            nothing, as the activity was left open (``raise_complete_async()``). ``"lost"``: nothing, as the server had
            closed the attempt before, or had taken an earlier try of the same reply. ``"unreported"``: the reply could
            not be delivered.
        took: Seconds from the task's arrival to the end of the activity.
        error: The failure that was reported: what the activity raised, or why its result could not be sent; ``None``
            for other outcomes. It loses its traceback when the observers have been called.
    """

    info: Info
    outcome: OutcomeName
    took: float
    error: BaseException | None = None


WorkerEvent: TypeAlias = (
    WorkerStarted
    | WorkerStopping
    | WorkerStopped
    | PollFinished
    | PollFailed
    | PollersChanged
    | SlotsChanged
    | ActivityStarted
    | ActivityCancelled
    | HeartbeatSent
    | ActivityFinished
)

#: Watches a worker. Called on the event loop, so it must be quick; what it raises is logged and changes nothing.
Observer: TypeAlias = Callable[[WorkerEvent], None]
