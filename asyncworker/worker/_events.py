"""Events: named tuples, one per thing that happens to a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from .._rpc._request_events import RequestFinished
from ..activity import Info
from ..common import CancelReason
from ..exceptions import RPCError

__all__ = [
    "ActivityCancelled",
    "ActivityFinished",
    "ActivityStarted",
    "HeartbeatSent",
    "LoopBlocked",
    "LoopFreed",
    "PayloadRetrieved",
    "PayloadStored",
    "Observer",
    "OutcomeName",
    "PollFailed",
    "PollFinished",
    "PollOutcome",
    "PollersChanged",
    "RequestFinished",
    "SlotsChanged",
    "StorageOutcome",
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
]

#: How an attempt ended; see :class:`ActivityFinished`.
OutcomeName: TypeAlias = Literal["completed", "failed", "canceled", "pending", "lost", "unreported"]
#: What a poll brought; see :class:`PollFinished`.
PollOutcome: TypeAlias = Literal["task", "empty", "error"]
#: How the use of an external storage ended; see :class:`PayloadStored`.
StorageOutcome: TypeAlias = Literal["completed", "failed", "canceled"]

# Events are named tuples: a frozen dataclass takes two to four times as long to make, and five times as long to define.


class WorkerStarted(NamedTuple):
    """The worker has reached its namespace, and polls.

    Attributes:
        task_queue: The queue that it polls.
        namespace: Its namespace.
        identity: Its name in the UI and in histories.
    """

    task_queue: str
    namespace: str
    identity: str


class WorkerStopping(NamedTuple):
    """The worker polls no more, and its activities have the grace period to end.

    Attributes:
        task_queue: The worker's queue.
        running: How many activities run.
        grace: The grace period, in seconds.
    """

    task_queue: str
    running: int
    grace: float


class WorkerStopped(NamedTuple):
    """The run of the worker has ended, and each of its attempts has been replied to.

    Attributes:
        task_queue: The worker's queue.
        error: Why it could not go on; ``None`` after a shutdown.
    """

    task_queue: str
    error: BaseException | None = None


class PollFinished(NamedTuple):
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


class PollFailed(NamedTuple):
    """A poll failed.

    Attributes:
        task_queue: The polled queue.
        error: Why.
        wait: Seconds until the next poll; ``None`` if there will be none, and the worker stops.
    """

    task_queue: str
    error: RPCError
    wait: float | None


class PollersChanged(NamedTuple):
    """The number of polls that the worker keeps open changed: at its start, by autoscaling, and when it stops.

    Attributes:
        task_queue: The polled queue.
        target: How many polls are to be open, as far as there are slots for them.
    """

    task_queue: str
    target: int


class SlotsChanged(NamedTuple):
    """An attempt has taken a slot, or released it; once more when the worker has started.

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


class ActivityStarted(NamedTuple):
    """A task arrived, and its activity is about to run.

    Attributes:
        info: The attempt.
    """

    info: Info


class ActivityCancelled(NamedTuple):
    """A running activity was asked to stop.

    Attributes:
        info: The attempt.
        reason: Why.
    """

    info: Info
    reason: CancelReason


class HeartbeatSent(NamedTuple):
    """A heartbeat was sent.

    Attributes:
        info: The attempt.
        error: Why it did not arrive; ``None`` if it did.
    """

    info: Info
    error: RPCError | None = None


class ActivityFinished(NamedTuple):
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


class PayloadStored(NamedTuple):
    """A payload of an attempt was put into external storage, or was to be.

    Attributes:
        info: The attempt.
        driver: The name of the storage driver.
        size: The payload's size in bytes, with its metadata, after the codec.
        took: Seconds of the driver's call, which may have been for several payloads.
        outcome: ``"completed"``, ``"failed"``, or ``"canceled"`` together with the attempt.
        error: Why, unless it was completed; it may have been one for several payloads.
    """

    info: Info
    driver: str
    size: int
    took: float
    outcome: StorageOutcome
    error: BaseException | None = None


class PayloadRetrieved(NamedTuple):
    """A payload of an attempt was read from external storage, or was to be.

    Attributes:
        info: The attempt.
        driver: The name of the storage driver.
        size: The payload's size in bytes, as the reference to it says; 0 if it does not.
        took: Seconds of the driver's call, which may have been for several payloads.
        outcome: As for :class:`PayloadStored`.
        error: As for :class:`PayloadStored`.
    """

    info: Info
    driver: str
    size: int
    took: float
    outcome: StorageOutcome
    error: BaseException | None = None


class LoopBlocked(NamedTuple):
    """The event loop was blocked for longer than the worker's ``loop_block_threshold``.

    Observers are called on the loop: this comes when it is free again, right before :class:`LoopFreed`. The log has the
    same at the time.

    Attributes:
        task_queue: The worker's queue.
        info: The attempt whose code ran; ``None`` if it was other code.
        seconds: For how long it was blocked when that was noticed.
        frames: Where the code was then, the innermost first, as ``file:line in function: source``.
    """

    task_queue: str
    info: Info | None
    seconds: float
    frames: Sequence[str]


class LoopFreed(NamedTuple):
    """The event loop runs again.

    Attributes:
        task_queue: The worker's queue.
        info: That of :class:`LoopBlocked`.
        seconds: For how long it was blocked in all.
    """

    task_queue: str
    info: Info | None
    seconds: float


WorkerEvent: TypeAlias = (
    WorkerStarted
    | WorkerStopping
    | WorkerStopped
    | PollFinished
    | PollFailed
    | PollersChanged
    | RequestFinished
    | SlotsChanged
    | ActivityStarted
    | ActivityCancelled
    | HeartbeatSent
    | PayloadStored
    | PayloadRetrieved
    | ActivityFinished
    | LoopBlocked
    | LoopFreed
)

#: Watches a worker. Called on the event loop, so it must be quick; what it raises is logged and changes nothing.
Observer: TypeAlias = Callable[[WorkerEvent], None]


# Those of each activity are made by these, of a tuple with all of their fields. The constructor of a named tuple is a
# function of Python's, and takes twice as long.
make_poll_finished: Callable[[tuple[str, PollOutcome, float]], PollFinished] = partial(tuple.__new__, PollFinished)
make_slots_changed: Callable[[tuple[str, int, int, int | None]], SlotsChanged] = partial(tuple.__new__, SlotsChanged)
make_activity_started: Callable[[tuple[Info]], ActivityStarted] = partial(tuple.__new__, ActivityStarted)
make_heartbeat_sent: Callable[[tuple[Info, RPCError | None]], HeartbeatSent] = partial(tuple.__new__, HeartbeatSent)
make_activity_finished: Callable[[tuple[Info, OutcomeName, float, BaseException | None]], ActivityFinished] = partial(
    tuple.__new__, ActivityFinished
)
