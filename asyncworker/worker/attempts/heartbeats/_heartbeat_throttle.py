"""Decide when a heartbeat is sent.

Theory of operation
-------------------
Activity code heartbeats as often as it likes; the server gets at most one per *interval*, which is 0.8 × the heartbeat
timeout. The first heartbeat is sent at once. Within an interval a newer one replaces the one before; at its end the
newest is sent, and the next interval begins. If there was none, the next heartbeat is sent at once again.

The interval begins when a heartbeat is sent, and one is in flight at a time. One that did not arrive in spite of its
retries counts as unsent: it, or a newer one, is due at the end of the interval.

With *automatic* heartbeats one is due at the end of each interval, new or not, for as long as they may go on.
"""

from __future__ import annotations

import math

__all__ = ["HeartbeatThrottle", "throttle_interval"]

_SHARE_OF_TIMEOUT = 0.8


def throttle_interval(heartbeat_timeout: float | None, *, default: float, maximum: float) -> float:
    """Return the seconds between two heartbeats, by the rule of the Go SDK and of the official core."""
    return min(heartbeat_timeout * _SHARE_OF_TIMEOUT if heartbeat_timeout else default, maximum)


class HeartbeatThrottle:
    """The heartbeat throttle of one attempt: whether there is a heartbeat to send, and when."""

    __slots__ = ("_has_new", "_is_in_flight", "automatic", "automatic_until", "interval", "next_at")

    def __init__(self, interval: float, *, automatic: bool = False) -> None:
        self.interval = interval
        self.automatic = automatic
        #: Until when automatic heartbeats go on.
        self.automatic_until = math.inf
        self._has_new = False
        self._is_in_flight = False
        #: When the interval ends that began with the last heartbeat, whether or not there is a new one.
        self.next_at = 0.0

    def __repr__(self) -> str:
        if self._is_in_flight:
            return "<HeartbeatThrottle [in flight]>"
        due = self.due_at
        return f"<HeartbeatThrottle [{'idle' if due is None else f'due at {due:g}'}]>"

    @property
    def due_at(self) -> float | None:
        """When the next heartbeat is due; ``None`` until there is one, or while one is in flight."""
        if self._is_in_flight or not (self._has_new or (self.automatic and self.next_at < self.automatic_until)):
            return None
        return self.next_at

    @property
    def is_in_flight(self) -> bool:
        """Whether a heartbeat was sent whose outcome is not known yet."""
        return self._is_in_flight

    @property
    def has_run_out(self) -> bool:
        """Whether automatic heartbeats have ended, and there is no other."""
        return self.automatic and not self._has_new and self.next_at >= self.automatic_until

    @property
    def has_unsent(self) -> bool:
        """Whether there is a heartbeat that the server has not acknowledged."""
        return self._has_new or self._is_in_flight

    def record(self) -> None:
        """Record a heartbeat; it replaces one that has not been sent."""
        self._has_new = True

    def start_sending(self, now: float) -> bool:
        """Return whether a heartbeat is due at *now*; if so it counts as sent, and a new interval begins."""
        due = self.due_at
        if due is None or now < due:
            return False
        self._has_new = False
        self._is_in_flight = True
        # From when it was due, not from when the loop got round to it: else a pause of the loop makes the heartbeats of
        # thousands of activities coincide from then on.
        self.next_at = (due if now - due < self.interval / 2 else now) + self.interval
        return True

    def withdraw(self, next_at: float) -> None:
        """Undo :meth:`start_sending`, as nothing was sent: a heartbeat is due at *next_at* still."""
        self._is_in_flight = False
        self._has_new = True
        self.next_at = next_at

    def postpone(self, until: float) -> None:
        """Send none before *until*: one was sent from elsewhere."""
        self.next_at = max(self.next_at, until)

    def hasten(self, now: float) -> None:
        """Let one that there is be due by *now*."""
        self.next_at = min(self.next_at, now)

    def end_sending(self, arrived: bool) -> None:
        """Record whether the heartbeat that was in flight has arrived."""
        self._is_in_flight = False
        if not arrived:
            self._has_new = True
