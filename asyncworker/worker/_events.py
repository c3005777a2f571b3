"""Events: named tuples, one per thing that happens, and the observers that a worker calls with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, get_args

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

Event = TypeVar("Event", bound=WorkerEvent)

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


class Observers:
    """The observers of one worker: an error, or a slow one, costs a line in the log, and never an attempt.

    Args:
        observers: Called in this order. One with an attribute ``events``, a tuple or a set of types, is called with
            these; if that is a mapping from types to functions, these functions are called instead.
        slow: Seconds that they may take for an event before that is logged.

    Attributes:
        on_activity_started: What :meth:`notifier` returns for :class:`ActivityStarted`.
        on_activity_finished: The same, for :class:`ActivityFinished`.
        on_heartbeat_sent: The same, for :class:`HeartbeatSent`.
        on_poll_finished: The same, for :class:`PollFinished`.
    """

    __slots__ = (
        "_errors",
        "_notifiers",
        "_observers",
        "_slow",
        "_slowness",
        "on_activity_finished",
        "on_activity_started",
        "on_heartbeat_sent",
        "on_poll_finished",
    )

    def __init__(self, observers: Sequence[Observer], *, slow: float = 0.1) -> None:
        self._observers = observers
        self._errors = [LogThrottle() for _ in observers]
        self._slow = slow
        self._slowness = LogThrottle()
        self._notifiers = {kind: self._notifier(kind) for kind in get_args(WorkerEvent)}
        self.on_activity_started = self.notifier(ActivityStarted)
        self.on_activity_finished = self.notifier(ActivityFinished)
        self.on_heartbeat_sent = self.notifier(HeartbeatSent)
        self.on_poll_finished = self.notifier(PollFinished)

    def __repr__(self) -> str:
        return f"<Observers {list(self._observers)!r}>"

    def notifier(self, kind: type[Event]) -> Callable[[Event], None] | None:
        """Return a function that does what :meth:`notify` does, for events of one type.

        Returns:
            ``None`` if no observer is called with them, so that they need not be made.
        """
        return self._notifiers[kind]

    def notify(self, event: WorkerEvent) -> None:
        """Call each observer of *event*.

        ``KeyboardInterrupt`` and ``SystemExit`` are raised; anything else that an observer raises is logged, at most
        once a minute for each observer. So is that they took long, as the event loop stood still meanwhile.
        """
        notifier = self._notifiers[type(event)]
        if notifier is not None:
            notifier(event)

    def _notifier(self, kind: type[WorkerEvent]) -> Callable[[Any], None] | None:
        called = [
            _Called(function, observer, errors)
            for observer, errors in zip(self._observers, self._errors, strict=True)
            if (function := _function_for(observer, kind)) is not None
        ]
        if not called:
            return None
        return self._notifier_of_one(*called[0]) if len(called) == 1 else self._notifier_of_many(called)

    # Closures, whose names are read faster than attributes: there are seven calls per activity.

    def _notifier_of_one(self, function: Observer, observer: Observer, errors: LogThrottle) -> Callable[[Any], None]:
        slow, log_slow = self._slow, self._log_slow

        def notify(event: WorkerEvent) -> None:
            began_at = monotonic()
            try:
                function(event)
            except BaseException as error:  # noqa: BLE001 - a CancelledError is the observer's own: nothing is awaited
                _log_error(observer, errors, event, error)
            took = monotonic() - began_at
            if took > slow:
                log_slow(event, took)

        return notify

    def _notifier_of_many(self, called: Sequence[_Called]) -> Callable[[Any], None]:
        slow, log_slow = self._slow, self._log_slow

        def notify(event: WorkerEvent) -> None:
            began_at = monotonic()
            for function, observer, errors in called:
                try:
                    function(event)
                except BaseException as error:  # noqa: BLE001 - as above
                    _log_error(observer, errors, event, error)
            took = monotonic() - began_at
            if took > slow:
                log_slow(event, took)

        return notify

    def _log_slow(self, event: WorkerEvent, took: float) -> None:
        if self._slowness.should_log("", monotonic()):
            name, observers = type(event).__name__, ", ".join(map(repr, self._observers))
            _logger.warning("the event loop stood still for %.1f s for observers of %s: %s", took, name, observers)


class _Called(NamedTuple):
    """What is called with the events of one type, on behalf of an observer."""

    function: Observer
    observer: Observer
    errors: LogThrottle


_KINDS: frozenset[type[WorkerEvent]] = frozenset(get_args(WorkerEvent))


def _function_for(observer: Observer, kind: type[WorkerEvent]) -> Observer | None:
    """Return what to call with events of this type; ``None`` if the observer wants none of them."""
    events = getattr(observer, "events", None)
    if isinstance(events, Mapping) and _has_functions(events):
        return events.get(kind)
    if isinstance(events, tuple | set | frozenset) and kind not in events:
        return None
    return observer


def _has_functions(events: Mapping[Any, Any]) -> bool:
    """Whether these are functions by the types of their events, and nothing of an observer's own by that name."""
    return bool(events) and all(kind in _KINDS and callable(function) for kind, function in events.items())


def _log_error(observer: Observer, errors: LogThrottle, event: WorkerEvent, error: BaseException) -> None:
    """Log what an observer has raised.

    Raises:
        BaseException: What it has raised, if that is to end the process.
    """
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    level = logging.ERROR if errors.should_log("", monotonic()) else logging.DEBUG
    _logger.log(level, "observer %r failed on %s", observer, type(event).__name__, exc_info=error)
