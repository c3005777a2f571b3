"""Decide whether tasks come in a stream, and when it has ceased."""

from __future__ import annotations

from collections import deque

__all__ = ["Arrivals"]

# So many tasks within so many seconds are a stream.
_TASKS = 5
_WITHIN = 5.0


class Arrivals:
    """When the last few tasks came; seconds on the event loop's clock.

    Args:
        began: When the worker started.
        lull: A stream has ceased after so many seconds without a task.

    Attributes:
        note: Records that a task came at a time.
    """

    __slots__ = ("_began", "_lull", "_times", "note")

    def __init__(self, began: float, *, lull: float = 1.0) -> None:
        self._began = began
        self._lull = lull
        self._times: deque[float] = deque(maxlen=_TASKS)
        # The deque's own method: it is called for each task.
        self.note = self._times.append

    def __repr__(self) -> str:
        return f"<Arrivals [the last at {self.last}]>"

    @property
    def last(self) -> float | None:
        """When the last task came."""
        return self._times[-1] if self._times else None

    def lull_at(self, now: float, *, stopped_at: float, grace: float) -> float:
        """Return from when on, as far as is known *now*, no task is likely to be on its way.

        Args:
            now: The time.
            stopped_at: When the shutdown began.
            grace: How many seconds after that tasks are still run.
        """
        if len(self._times) == _TASKS and self._times[0] >= now - _WITHIN:
            return self._times[-1] + self._lull
        if (lived := stopped_at - self._began) < _WITHIN:
            # Too short to see a stream: no task for as long again is enough. One that could not be run any more would
            # be failed, and come back to this worker.
            return min(stopped_at + grace, max(stopped_at, self.last or 0.0) + min(lived, self._lull))
        # Few come at all.
        return now
