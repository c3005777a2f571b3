"""Decide whether the event loop is blocked, from the stamps that it leaves and the time between two looks at them.

Theory of operation
-------------------
The loop stamps a clock at every interval, a thread looks at the stamp as often. While the stamp stays the same, the
time between two looks adds up; past the threshold the loop is blocked, until there is a new stamp.

A look that comes late shows that the thread could not run either: the process or the machine was suspended, or had no
processor, or an extension held the GIL. Nothing is known of the loop then, so that of a late look no more than two
intervals count. Hence a suspended process is no block; neither, as far as can be seen from here, is code that holds the
GIL.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Blocked", "BlockDetector", "Freed"]


class Blocked(NamedTuple):
    """The loop has not run for *seconds*, longer than the threshold."""

    seconds: float


class Freed(NamedTuple):
    """The loop runs again after *seconds* in all."""

    seconds: float


class BlockDetector:
    """What is known of one loop.

    Args:
        threshold: Seconds without a stamp that make a block.
        interval: Seconds between two stamps, and between two looks.
        now: The time, on the clock of the stamps.

    Attributes:
        threshold: As given; it may be changed.
        interval: As given; it may be changed.
        age: Seconds without a stamp, as of the last look; those of a suspended process left out.
        is_blocked: Whether that is a block.
    """

    __slots__ = ("_looked_at", "_stamp", "age", "interval", "is_blocked", "threshold")

    def __init__(self, threshold: float, interval: float, now: float) -> None:
        self.threshold = threshold
        self.interval = interval
        self._looked_at = now
        self._stamp = now
        self.age = 0.0
        self.is_blocked = False

    def __repr__(self) -> str:
        return f"<BlockDetector [{'blocked' if self.is_blocked else 'free'}, {self.age:.1f} s]>"

    def look(self, now: float, stamp: float) -> Blocked | Freed | None:
        """Look at the last *stamp*; return what has changed by that."""
        elapsed = min(now - self._looked_at, 2 * self.interval)
        looked_at, self._looked_at = self._looked_at, now
        if stamp != self._stamp:
            was_blocked, self.is_blocked = self.is_blocked, False
            total = self.age + min(max(stamp - looked_at, 0.0), elapsed)
            self._stamp, self.age = stamp, min(max(now - stamp, 0.0), elapsed)
            return Freed(total) if was_blocked else None
        self.age += elapsed
        if self.is_blocked or self.age < self.threshold:
            return None
        self.is_blocked = True
        return Blocked(self.age)

    def excuse(self) -> None:
        """Count the time without a stamp from now on only, as a debugger has held the loop up until now."""
        self.is_blocked = False
        self.age = 0.0
