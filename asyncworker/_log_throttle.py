"""Decide whether a line is worth logging: the same trouble is logged once a minute, and not for each who meets it."""

from __future__ import annotations

from collections.abc import Hashable

__all__ = ["LogThrottle", "LogThrottles"]

_INTERVAL = 60.0
# Kinds of trouble that are remembered: some are made of names that come from the server.
_MOST = 1000


class LogThrottle:
    """The last line on one kind of trouble, and when it was logged, in seconds on any clock."""

    __slots__ = ("_logged_at", "_message")

    def __init__(self) -> None:
        self._message: str | None = None
        self._logged_at = 0.0

    def __repr__(self) -> str:
        state = "nothing logged" if self._message is None else f"logged at {self._logged_at:g}"
        return f"<LogThrottle [{state}]>"

    def should_log(self, message: str, now: float) -> bool:
        """Return whether *message* is new, or old enough to be logged again; then it counts as logged at *now*."""
        if message == self._message and now - self._logged_at < _INTERVAL:
            return False
        self._message = message
        self._logged_at = now
        return True


class LogThrottles:
    """When each kind of trouble was last logged, in seconds on any clock."""

    __slots__ = ("_logged_at",)

    def __init__(self) -> None:
        self._logged_at: dict[Hashable, float] = {}

    def __repr__(self) -> str:
        return f"<LogThrottles [{len(self._logged_at)} logged]>"

    def should_log(self, kind: Hashable, now: float) -> bool:
        """Return whether *kind* has not been logged for a minute; then it counts as logged at *now*."""
        logged_at = self._logged_at.get(kind)
        if logged_at is not None and now - logged_at < _INTERVAL:
            return False
        if len(self._logged_at) >= _MOST:
            self._logged_at.clear()
        self._logged_at[kind] = now
        return True
