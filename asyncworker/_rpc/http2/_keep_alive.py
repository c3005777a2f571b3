"""Keep-alive: decide whether a silent connection gets a PING, or is dead."""

from __future__ import annotations

from enum import Enum

from .._target import KeepAlive


class Verdict(Enum):
    """The state of a connection, and what to do about it."""

    WAIT = "wait"
    PING = "ping"
    DEAD = "dead"


class Liveness:
    """Keep-alive (gRFC A8): after silence a PING, and without an answer to it the connection is dead.

    Two PINGs are never closer together than the interval: one is sent only when something was received since the
    last, and then the interval counts from there. So a server that allows one in 10 s without data (Temporal's
    frontend, which hangs up on the fourth that comes earlier) has nothing to complain about.
    """

    __slots__ = ("_interval", "_pinged_at", "_timeout")

    def __init__(self, keep_alive: KeepAlive) -> None:
        self._interval = keep_alive.interval
        self._timeout = keep_alive.timeout
        self._pinged_at: float | None = None

    def __repr__(self) -> str:
        return "<Liveness [idle]>" if self._pinged_at is None else f"<Liveness [pinged at {self._pinged_at}]>"

    def decide(self, now: float, received_at: float) -> tuple[Verdict, float]:
        """Return what to do, given when bytes were last received, and when to decide again."""
        if self._pinged_at is not None and received_at >= self._pinged_at:
            self._pinged_at = None
        if self._pinged_at is not None:
            dead_at = self._pinged_at + self._timeout
            return (Verdict.DEAD, now) if now >= dead_at else (Verdict.WAIT, dead_at)
        if now < received_at + self._interval:
            return Verdict.WAIT, received_at + self._interval
        self._pinged_at = now
        return Verdict.PING, now + self._timeout
