"""Decide whether tasks stream in, and when they have ceased to."""

from __future__ import annotations

from collections import deque

__all__ = ["Arrivals"]

# So many tasks within so many seconds are a stream; it has ceased after so many seconds without one.
_TASKS = 5
_WITHIN = 5.0
_LULL = 1.0


class Arrivals:
    """When the last few tasks came, in seconds on the event loop's clock."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_TASKS)

    def __repr__(self) -> str:
        return f"<Arrivals [the last at {self.last}]>"

    @property
    def last(self) -> float | None:
        """When the last task came."""
        return self._times[-1] if self._times else None

    def note(self, now: float) -> None:
        """Learn that a task came."""
        self._times.append(now)

    def lull_at(self, now: float) -> float:
        """Decide from when on, as far as is known *now*, no task is likely to be on its way."""
        if len(self._times) < _TASKS or self._times[0] < now - _WITHIN:
            # Few come at all.
            return now
        return self._times[-1] + _LULL
