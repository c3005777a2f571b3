"""Decide whether trouble is news: the same is told once a minute, and not once for each who meets it."""

from __future__ import annotations

__all__ = ["LogThrottle"]

_INTERVAL = 60.0


class LogThrottle:
    """What was told last of one kind of trouble, and when, in seconds on whatever clock."""

    __slots__ = ("_message", "_told_at")

    def __init__(self) -> None:
        self._message: str | None = None
        self._told_at = 0.0

    def __repr__(self) -> str:
        return f"<LogThrottle [{'nothing told' if self._message is None else f'told at {self._told_at:g}'}]>"

    def should_log(self, message: str, now: float) -> bool:
        """Whether *message* is worth a line in the log, for its being new or old enough; then it counts as told."""
        if message == self._message and now - self._told_at < _INTERVAL:
            return False
        self._message = message
        self._told_at = now
        return True
