"""Call a worker's observers: an error or a slow one costs a line in the log, and never an attempt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic

from .._log_throttle import LogThrottle
from .._safe_logger import get_logger
from ._events import Observer, WorkerEvent

__all__ = ["Observers"]

_logger = get_logger(__name__)


class _Watched:
    """One observer, and when its troubles were logged last."""

    __slots__ = ("errors", "observer", "slowness")

    def __init__(self, observer: Observer) -> None:
        self.observer = observer
        self.errors = LogThrottle()
        self.slowness = LogThrottle()


class Observers:
    """The observers of one worker, of which there is at least one.

    Args:
        observers: Called in this order.
        slow: Seconds that one may take for an event before that is logged.
    """

    __slots__ = ("_slow", "_watched")

    def __init__(self, observers: Sequence[Observer], *, slow: float = 0.1) -> None:
        self._watched = [_Watched(observer) for observer in observers]
        self._slow = slow

    def __repr__(self) -> str:
        return f"<Observers {[each.observer for each in self._watched]!r}>"

    def notify(self, event: WorkerEvent) -> None:
        """Call each observer with *event*.

        ``KeyboardInterrupt`` and ``SystemExit`` are raised; anything else that an observer raises is logged, at most
        once a minute for each observer. So is that it took long, as the event loop stood still meanwhile.
        """
        began = monotonic()
        for watched in self._watched:
            try:
                watched.observer(event)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # nothing is awaited here, so a CancelledError is the observer's own as well
                should_log = watched.errors.should_log("", began)
                level = logging.ERROR if should_log else logging.DEBUG
                name = type(event).__name__
                _logger.log(level, "observer %r failed on %s", watched.observer, name, exc_info=error)
            ended = monotonic()
            if ended - began > self._slow and watched.slowness.should_log("", ended):
                _logger.warning(
                    "observer %r took %.1f s for %s, for which the event loop stood still",
                    watched.observer,
                    ended - began,
                    type(event).__name__,
                )
            began = ended
