"""Decide when the next of many calls may be made: so many per second on average, and a few at once."""

from __future__ import annotations

__all__ = ["Pace"]


class Pace:
    """Permits that come at an even pace, of which some are saved up; times are seconds on any clock.

    Args:
        per_second: How many come per second.
        at_once: How many may be saved up, and used at one moment.
    """

    __slots__ = ("_next_at", "_saved", "_spacing")

    def __init__(self, per_second: float, *, at_once: int) -> None:
        self._spacing = 1 / per_second
        self._saved = (at_once - 1) * self._spacing
        self._next_at = 0.0

    def __repr__(self) -> str:
        return f"<Pace [{1 / self._spacing:g} per second]>"

    def take(self, now: float) -> float:
        """Take the next permit; return how many seconds after *now* it may be used."""
        due = max(self._next_at, now - self._saved)
        self._next_at = due + self._spacing
        return max(0.0, due - now)
