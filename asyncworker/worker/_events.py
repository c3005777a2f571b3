"""What a worker tells its observers: frozen values, one per thing that happened."""

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
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
]

#: What became of an attempt; see :class:`ActivityFinished`.
OutcomeName: TypeAlias = Literal["completed", "failed", "canceled", "pending", "lost", "unreported"]


@dataclass(frozen=True, slots=True)
class WorkerStarted:
    """The worker has reached its namespace, and polls."""

    task_queue: str
    namespace: str
    identity: str


@dataclass(frozen=True, slots=True)
class WorkerStopping:
    """The worker polls no more; what runs has *grace* seconds."""

    task_queue: str
    running: int
    grace: float


@dataclass(frozen=True, slots=True)
class WorkerStopped:
    """The worker has replied to all it was given; *error* is what ended it, if not a shutdown."""

    task_queue: str
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class PollFailed:
    """A poll failed; the next one comes in *wait* seconds, or never if that is ``None``."""

    task_queue: str
    error: RPCError
    wait: float | None


@dataclass(frozen=True, slots=True)
class ActivityStarted:
    """A task arrived, and its activity is about to run."""

    info: Info


@dataclass(frozen=True, slots=True)
class ActivityCancelled:
    """A running activity was asked to stop."""

    info: Info
    reason: CancelReason


@dataclass(frozen=True, slots=True)
class HeartbeatSent:
    """A heartbeat was sent; *error* says if it did not arrive."""

    info: Info
    error: RPCError | None = None


@dataclass(frozen=True, slots=True)
class ActivityFinished:
    """An attempt ended, one way or another.

    Attributes:
        info: The attempt.
        outcome: What the server was told: ``"completed"``, ``"failed"`` or ``"canceled"``. ``"pending"``: nothing, as
            the activity was left open (``raise_complete_async()``). ``"lost"``: the server had closed the attempt
            before, or taken an earlier try of the same reply. ``"unreported"``: it could not be told.
        took: Seconds from the task's arrival to the end of the activity.
        error: What the server was told, where that is a failure: what the activity raised, or why its result could not
            be sent. It loses its traceback when the observers have been called.
    """

    info: Info
    outcome: OutcomeName
    took: float
    error: BaseException | None = None


WorkerEvent: TypeAlias = (
    WorkerStarted
    | WorkerStopping
    | WorkerStopped
    | PollFailed
    | ActivityStarted
    | ActivityCancelled
    | HeartbeatSent
    | ActivityFinished
)

#: Watches a worker. Called on the event loop, so it must be quick; what it raises is logged and changes nothing.
Observer: TypeAlias = Callable[[WorkerEvent], None]
