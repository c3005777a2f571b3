"""The server's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from ...._proto.temporal.wkt import Duration, Timestamp

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """The server's clock.

    Args:
        passes: Whether timeouts and backoffs pass by it; if not, a retry comes at once and a timeout by hand.
        read: Returns the time in nanoseconds since 1970.
    """

    def __init__(self, *, passes: bool = False, read: Callable[[], int] = time.time_ns) -> None:
        self.passes = passes
        self.read = read

    def now(self, later: float = 0.0) -> Timestamp:
        """Return the time, or that in so many seconds."""
        seconds, nanos = divmod(self.read() + round(later * _SECOND), _SECOND)
        return Timestamp(seconds=seconds, nanos=nanos)

    def datetime(self) -> datetime:
        """Return the time in UTC, to the microsecond."""
        return _EPOCH + timedelta(microseconds=self.read() // 1_000)


def nanoseconds(moment: Timestamp | Duration | None) -> int:
    """Return the nanoseconds of a moment since 1970, or of a span; 0 if there is none."""
    return 0 if moment is None else moment.seconds * _SECOND + moment.nanos
