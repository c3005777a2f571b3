"""Which heartbeats another thread sends while the event loop is blocked."""

from __future__ import annotations

import math
from datetime import timedelta

__all__ = ["HeartbeatClaims"]


class HeartbeatClaims:
    """The heartbeats that another thread sends while the event loop is blocked; each is claimed first.

    The loop and the thread each write what they are about to do, and then read what the other has written; so at least
    one of them gives way.

    Attributes:
        tokens: Of the attempts whose heartbeats are claimed. Added by the thread, removed by the loop.
    """

    __slots__ = ("_timeouts", "tokens")

    def __init__(self) -> None:
        self.tokens: set[bytes] = set()
        # How many attempts that heartbeat have each heartbeat timeout.
        self._timeouts: dict[timedelta, int] = {}

    def __repr__(self) -> str:
        return f"<HeartbeatClaims [{len(self.tokens)} claimed]>"

    @property
    def shortest(self) -> float:
        """The shortest heartbeat timeout of an attempt that heartbeats now, in seconds; on the loop."""
        return min(self._timeouts).total_seconds() if self._timeouts else math.inf

    def begin(self, timeout: timedelta) -> None:
        """Record that an attempt heartbeats."""
        self._timeouts[timeout] = self._timeouts.get(timeout, 0) + 1

    def end(self, timeout: timedelta) -> None:
        """Record that one no longer does."""
        count = self._timeouts.pop(timeout)
        if count > 1:
            self._timeouts[timeout] = count - 1
