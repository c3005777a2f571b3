"""Decide when a heartbeat may leave.

Theory of operation
-------------------
Activity code heartbeats as often as it likes; the server hears of it at most once per *interval*, which is 0.8 × the
heartbeat timeout. The first heartbeat leaves at once. Within an interval the newest one wins; at its end it leaves, and
the next interval begins. If none came, the interval just ends, and the next heartbeat leaves at once again.

The interval begins when a heartbeat is due and handed out, and one is on its way at a time. One that did not arrive in
spite of its retries counts as unsent: it, or what has replaced it by then, is due at the end of the interval.

With *automatic* heartbeats one is due at the end of each interval, new or not.
"""

from __future__ import annotations

__all__ = ["HeartbeatThrottle", "throttle_interval"]

_SHARE_OF_TIMEOUT = 0.8


def throttle_interval(heartbeat_timeout: float | None, *, default: float, maximum: float) -> float:
    """How long one heartbeat is enough, in seconds: the rule of the Go SDK and of the official core."""
    return min(heartbeat_timeout * _SHARE_OF_TIMEOUT if heartbeat_timeout else default, maximum)


class HeartbeatThrottle:
    """The heartbeats of one attempt: whether there is one to send, and when."""

    __slots__ = ("_is_fresh", "_is_on_its_way", "_next_at", "automatic", "interval")

    def __init__(self, interval: float, *, automatic: bool = False) -> None:
        self.interval = interval
        self.automatic = automatic
        self._is_fresh = False
        self._is_on_its_way = False
        self._next_at = 0.0

    def __repr__(self) -> str:
        if self._is_on_its_way:
            return "<HeartbeatThrottle [on its way]>"
        due = self.due_at
        return f"<HeartbeatThrottle [{'idle' if due is None else f'due at {due:g}'}]>"

    @property
    def due_at(self) -> float | None:
        """When there will be something to send, or ``None`` if that depends on what comes."""
        if self._is_on_its_way or not (self._is_fresh or self.automatic):
            return None
        return self._next_at

    @property
    def is_on_its_way(self) -> bool:
        """Whether one was handed out, and it is not known yet what became of it."""
        return self._is_on_its_way

    @property
    def has_unsent(self) -> bool:
        """Whether something was said that the server has not heard."""
        return self._is_fresh or self._is_on_its_way

    def record(self) -> None:
        """Learn of a heartbeat; it replaces one that has not been sent."""
        self._is_fresh = True

    def take(self, now: float) -> bool:
        """Decide whether one is to be sent at *now*; if so, open a new interval."""
        due = self.due_at
        if due is None or now < due:
            return False
        self._is_fresh = False
        self._is_on_its_way = True
        # From when it was due, not from when the loop got round to it: else a pause of the loop makes the heartbeats of
        # thousands of activities leave together from then on.
        self._next_at = (due if now - due < self.interval / 2 else now) + self.interval
        return True

    def settle(self, arrived: bool) -> None:
        """Learn what became of the heartbeat that was on its way."""
        self._is_on_its_way = False
        if not arrived:
            self._is_fresh = True
