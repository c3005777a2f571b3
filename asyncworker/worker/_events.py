"""Events: frozen values, one per thing that happens, and the observers that a worker calls with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Literal, NamedTuple, TypeAlias, get_args

from .._log_throttle import LogThrottle
from .._rpc._request_events import RequestFinished
from .._safe_logger import get_logger
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
    "Observers",
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

_logger = get_logger(__name__)

#: How an attempt ended; see :class:`ActivityFinished`.
OutcomeName: TypeAlias = Literal["completed", "failed", "canceled", "pending", "lost", "unreported"]
#: What a poll brought; see :class:`PollFinished`.
PollOutcome: TypeAlias = Literal["task", "empty", "error"]
#: How the use of an external storage ended; see :class:`PayloadStored`.
StorageOutcome: TypeAlias = Literal["completed", "failed", "canceled"]

# Events that are made more than once per activity are named tuples: a frozen dataclass takes twice as long to make.


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


@dataclass(frozen=True, slots=True)
class LoopBlocked:
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


@dataclass(frozen=True, slots=True)
class LoopFreed:
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


def _is_for(observer: Observer, kind: type[WorkerEvent]) -> bool:
    events = getattr(observer, "events", None)
    return not isinstance(events, tuple | set | frozenset) or kind in events


class Observers:
    """The observers of one worker: an error, or a slow one, costs a line in the log, and never an attempt.

    Args:
        observers: Called in this order. One with a tuple or a set of types called ``events`` is called with these.
        slow: Seconds that they may take for an event before that is logged.
    """

    __slots__ = ("_observers", "_of_type", "_slow", "_slowness")

    def __init__(self, observers: Sequence[Observer], *, slow: float = 0.1) -> None:
        self._observers = [(observer, LogThrottle()) for observer in observers]
        self._of_type: dict[type[WorkerEvent], list[tuple[Observer, LogThrottle]]] = {
            kind: [each for each in self._observers if _is_for(each[0], kind)] for kind in get_args(WorkerEvent)
        }
        self._slow = slow
        self._slowness = LogThrottle()

    def __repr__(self) -> str:
        return f"<Observers {[observer for observer, _ in self._observers]!r}>"

    def wants(self, kind: type[WorkerEvent]) -> bool:
        """Whether one of them is called with events of this type, so that they have to be made."""
        return bool(self._of_type[kind])

    def notify(self, event: WorkerEvent) -> None:
        """Call each observer of *event*.

        ``KeyboardInterrupt`` and ``SystemExit`` are raised; anything else that an observer raises is logged, at most
        once a minute for each observer. So is that they took long, as the event loop stood still meanwhile.
        """
        began_at = monotonic()
        for observer, errors in self._of_type[type(event)]:
            try:
                observer(event)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # nothing is awaited here, so a CancelledError is the observer's own as well
                level = logging.ERROR if errors.should_log("", began_at) else logging.DEBUG
                _logger.log(level, "observer %r failed on %s", observer, type(event).__name__, exc_info=error)
        ended_at = monotonic()
        if ended_at - began_at > self._slow:
            self._log_slow(event, ended_at - began_at, ended_at)

    def _log_slow(self, event: WorkerEvent, took: float, now: float) -> None:
        if self._slowness.should_log("", now):
            name, observers = type(event).__name__, ", ".join(repr(observer) for observer, _ in self._observers)
            _logger.warning("the event loop stood still for %.1f s for observers of %s: %s", took, name, observers)
