"""Decide when an attempt has used up its time: the server's rules, on our clock.

Theory of operation
-------------------
The server closes an attempt by itself when its start-to-close or schedule-to-close timeout passes, and when it hears no
heartbeat for a heartbeat timeout. It tells nobody: whoever goes on works for nothing, and holds a slot. So the same
rules are kept here. Only differences between the server's own times are used, as its clock need not agree with ours.

The server's word on heartbeats is what arrived *there*, so ours is later by a margin: an attempt is given up only when
the server has surely done so.
"""

from __future__ import annotations

from ..activity import Info

__all__ = ["TimeLimits"]

# Seconds. The official core waits as long beyond the heartbeat timeout.
_MARGIN = 5.0


class TimeLimits:
    """When one attempt, which arrived at *arrived_at*, ends by itself; seconds on the event loop's clock."""

    __slots__ = ("_heard_at", "_silence", "deadline")

    def __init__(self, info: Info, arrived_at: float) -> None:
        #: When its start-to-close or schedule-to-close timeout passes, or ``None`` for never.
        self.deadline = _deadline(info, arrived_at)
        self._silence = None if info.heartbeat_timeout is None else info.heartbeat_timeout.total_seconds() + _MARGIN
        self._heard_at = arrived_at

    def __repr__(self) -> str:
        return f"<TimeLimits [until {self.ends_at}]>"

    @property
    def ends_at(self) -> float | None:
        """When the attempt has used up its time, as things stand; ``None`` for never."""
        if self._silence is None:
            return self.deadline
        silent_at = self._heard_at + self._silence
        return silent_at if self.deadline is None else min(self.deadline, silent_at)

    def heard(self, now: float) -> None:
        """Learn that the server has heard a heartbeat."""
        self._heard_at = now


def _deadline(info: Info, arrived_at: float) -> float | None:
    ends = []
    if info.start_to_close_timeout is not None:
        ends.append(info.start_to_close_timeout.total_seconds())
    if info.schedule_to_close_timeout is not None:
        waited = info.started_time - info.scheduled_time
        ends.append(info.schedule_to_close_timeout.total_seconds() - waited.total_seconds())
    return arrived_at + min(ends) if ends else None
