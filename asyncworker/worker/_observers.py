"""The observers of a worker: who is called with which events, and what it costs if one raises or is slow."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, NamedTuple, TypeVar, get_args

from .._log_throttle import LogThrottle
from .._safe_logger import get_logger
from ._events import ActivityFinished, ActivityStarted, HeartbeatSent, Observer, PollFinished, WorkerEvent

__all__ = ["Observers"]

_logger = get_logger(__name__)

Event = TypeVar("Event", bound=WorkerEvent)


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
