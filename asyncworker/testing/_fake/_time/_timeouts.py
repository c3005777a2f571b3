"""The timeouts of activities, which pass by themselves where the server's clock does.

Each activity has one timer at most, that of its next timeout. It is set anew after each change of the activity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from ...._proto.temporal.api.enums.v1 import TimeoutType
from .._activity._activity import Activity
from .._activity._state import CLOSED, WITH_WORKER, State
from ._clock import Clock, nanoseconds

_SECOND = 1e9


class Timeouts:
    """The timers of all activities.

    Args:
        clock: The server's.
        on_timeout: Called with an activity, and the timeout of it that has passed.
    """

    def __init__(self, clock: Clock, on_timeout: Callable[[Activity, TimeoutType], None]) -> None:
        self._clock = clock
        self._on_timeout = on_timeout
        self._timers: dict[Activity, asyncio.TimerHandle] = {}

    def settle(self, activity: Activity) -> None:
        """Set the timer of the next timeout of an activity that has changed."""
        if not self._clock.passes:
            return
        timer = self._timers.pop(activity, None)
        if timer is not None:
            timer.cancel()
        found = next_timeout(activity)
        if found is not None:
            at, kind = found
            wait = max(0.0, (at - self._clock.read()) / _SECOND)
            self._timers[activity] = asyncio.get_running_loop().call_later(wait, self._on_timeout, activity, kind)

    def close(self) -> None:
        """Cancel all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


def next_timeout(activity: Activity) -> tuple[int, TimeoutType] | None:
    """Return the timeout of an activity that passes next, and when, in nanoseconds since 1970.

    Of two that pass at the same time it is the one that ends more.
    """
    return min(_timeouts(activity), key=lambda it: it[0], default=None)


def _timeouts(activity: Activity) -> Iterator[tuple[int, TimeoutType]]:
    options = activity.options
    if activity.state in CLOSED:
        return
    if activity.expires_at is not None:
        yield activity.expires_at, TimeoutType.SCHEDULE_TO_CLOSE
    if activity.state is State.SCHEDULED and (span := nanoseconds(options.schedule_to_start_timeout)):
        yield nanoseconds(activity.attempt_scheduled_at) + span, TimeoutType.SCHEDULE_TO_START
    if activity.state in WITH_WORKER:
        started_at = nanoseconds(activity.started_at)
        if span := nanoseconds(options.start_to_close_timeout):
            yield started_at + span, TimeoutType.START_TO_CLOSE
        if span := nanoseconds(options.heartbeat_timeout):
            heard_at = max(started_at, nanoseconds(activity.heartbeat_at))
            yield heard_at + span, TimeoutType.HEARTBEAT
