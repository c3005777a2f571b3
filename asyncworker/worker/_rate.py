"""Decide when the next start is due so that there are no more than so many per second."""

from __future__ import annotations

__all__ = ["RateLimit"]


class RateLimit:
    """Permits that come at an even pace; none are saved up for later."""

    __slots__ = ("_next_at", "_spacing")

    def __init__(self, per_second: float) -> None:
        if not per_second > 0:
            raise ValueError(f"a rate must be above zero, got {per_second!r} per second")
        self._spacing = 1 / per_second
        self._next_at = 0.0

    def __repr__(self) -> str:
        return f"<RateLimit [{1 / self._spacing:g} per second]>"

    def take(self, now: float) -> float:
        """Take the next permit; return how many seconds after *now* it may be used."""
        due = max(now, self._next_at)
        self._next_at = due + self._spacing
        return due - now

    def give_back(self) -> None:
        """Return a permit that was not used, so that an empty poll costs nothing."""
        self._next_at -= self._spacing
