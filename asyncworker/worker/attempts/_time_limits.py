"""Decide when an attempt has used up its time, by the server's rules on our clock.

Theory of operation
-------------------
The server closes an attempt by itself when its start-to-close or schedule-to-close timeout passes, and when it gets no
heartbeat for a heartbeat timeout. It does not notify the worker: an activity that goes on works for nothing, and holds
a slot. So the same rules are kept here. Only differences between the server's own times are used, as its clock need not
agree with ours.

An attempt is cancelled only when the server has surely closed it, hence later than by these rules by a margin: for the
server a heartbeat counts when it arrives *there*, and its timers may be late. Cancelled at the very deadline, an
activity that turns its cancellation into a result would be reported before the server had noticed: as completed, too
late. A result within the margin is sent as any other, and the server decides.

The schedule-to-close timeout of a standalone activity counts from the end of its start's delay. The task of a later
attempt does not say when that was, only when it was itself scheduled; so it is taken to have been as late as that and
the intervals between the attempts allow. Where there was no delay it counts too late by what the earlier attempts have
taken; what has been closed meanwhile is found by heartbeats and by the watch.
"""

from __future__ import annotations

from ..._time import to_seconds
from ...activity import Info
from ...common import RetryPolicy

__all__ = ["TimeLimits", "interval_after", "spent_at_least"]


class TimeLimits:
    """The deadlines of one attempt; seconds on the event loop's clock.

    Args:
        info: What the server has sent about it.
        arrived_at: When its task arrived.
        margin: How long after one of the server's timeouts the attempt has surely been closed.
    """

    __slots__ = ("_margin", "_silence", "arrived_at", "deadline", "heard_at")

    def __init__(self, info: Info, arrived_at: float, margin: float) -> None:
        self._margin = margin
        #: When its start-to-close or schedule-to-close timeout passes, or ``None`` for never.
        self.deadline = _deadline(info, arrived_at)
        self._silence = None if info.heartbeat_timeout is None else info.heartbeat_timeout.total_seconds()
        #: When the task arrived.
        self.arrived_at = arrived_at
        #: When the server last acknowledged a heartbeat, or ``None`` if it never has.
        self.heard_at: float | None = None

    def __repr__(self) -> str:
        return f"<TimeLimits [until {self.ends_at}]>"

    @property
    def ends_at(self) -> float | None:
        """When the server has surely closed the attempt, unless there is another heartbeat; ``None`` for never."""
        ends_at = self.deadline
        if self._silence is not None:
            silent_at = (self.arrived_at if self.heard_at is None else self.heard_at) + self._silence
            ends_at = silent_at if ends_at is None else min(ends_at, silent_at)
        return None if ends_at is None else ends_at + self._margin

    def record_heartbeat(self, now: float) -> None:
        """Record that the server has acknowledged a heartbeat."""
        self.heard_at = now


def _deadline(info: Info, arrived_at: float) -> float | None:
    ends = []
    if info.start_to_close_timeout is not None:
        ends.append(info.start_to_close_timeout.total_seconds())
    if info.schedule_to_close_timeout is not None:
        ends.append(info.schedule_to_close_timeout.total_seconds() - spent_at_least(info))
    return arrived_at + min(ends) if ends else None


def spent_at_least(info: Info) -> float:
    """Return how many seconds of the schedule-to-close timeout had surely passed when the attempt began."""
    if info.attempt == 1:
        return (info.started_time - info._schedule_to_close_from).total_seconds()
    spent = (info.started_time - info.scheduled_time).total_seconds()
    if info.in_workflow:
        return spent
    waited = (info.started_time - info.current_attempt_scheduled_time).total_seconds()
    return min(spent, waited + _intervals_before(info.attempt, info.retry_policy, spent - waited))


def _intervals_before(attempt: int, policy: RetryPolicy | None, most: float) -> float:
    """Return the seconds of the intervals between an attempt and those before it, or *most* if they are more."""
    total = 0.0
    if policy is None:
        return total
    longest = _longest_interval(policy)
    for number in range(1, attempt):
        interval = interval_after(number, policy)
        if interval >= longest or policy.backoff_coefficient == 1:
            # It stays at that.
            return min(most, total + interval * (attempt - number))
        total += interval
        if total >= most:
            return most
    return total


def interval_after(attempt: int, policy: RetryPolicy) -> float:
    """Return how many seconds after the end of an attempt the policy has the next one begin."""
    longest = _longest_interval(policy)
    try:
        return min(to_seconds(policy.initial_interval) * policy.backoff_coefficient ** (attempt - 1), longest)
    except OverflowError:
        return longest


def _longest_interval(policy: RetryPolicy) -> float:
    if policy.maximum_interval is None:
        return to_seconds(policy.initial_interval) * 100
    return to_seconds(policy.maximum_interval)
