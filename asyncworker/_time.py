"""Convert between protobuf's Timestamp and Duration and Python's datetime, timedelta and float seconds.

The wire has nanoseconds, ``datetime`` has microseconds: what is read is rounded down to a microsecond, what is
written is exact. What is read from the wire and lies beyond Python's years 1 to 9999 becomes their end: a task is not
to be lost for its date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from ._proto.temporal.wkt import Duration, Timestamp

__all__ = ["Seconds", "to_datetime", "to_duration", "to_seconds", "to_timedelta", "to_timestamp"]

#: A span of time as the public surface takes it: a number of seconds, or a timedelta.
Seconds = float | timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_NANOS = 1_000_000_000
# The range protobuf gives a Duration: about 10,000 years each way.
_MAX_SECONDS = 315_576_000_000


def to_seconds(span: Seconds) -> float:
    """Read a span of time as a number of seconds."""
    return span.total_seconds() if isinstance(span, timedelta) else float(span)


def to_duration(span: Seconds) -> Duration:
    """Write a span of time as a Duration.

    Raises:
        ValueError: The span is not finite, or longer than a Duration can say.
    """
    if isinstance(span, timedelta):
        total = ((span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds) * 1_000
    else:
        if not -_MAX_SECONDS <= span <= _MAX_SECONDS:
            raise ValueError(f"a span of {span} s does not fit a protobuf Duration")
        total = round(span * _NANOS)
    seconds, nanos = divmod(abs(total), _NANOS)
    # Both parts carry the sign: -0.5 s is (0, -500000000).
    return Duration(seconds=seconds, nanos=nanos) if total >= 0 else Duration(seconds=-seconds, nanos=-nanos)


def to_timedelta(duration: Duration | None) -> timedelta | None:
    """Read a Duration; one that is unset or zero means "not set" to Temporal, and is ``None``."""
    if duration is None or not (duration.seconds or duration.nanos):
        return None
    return _span(duration.seconds, duration.nanos)


@lru_cache(maxsize=256)
def _span(seconds: int, nanos: int) -> timedelta:
    # Activities of one type have the same timeouts, task after task.
    try:
        return timedelta(seconds=seconds, microseconds=nanos // 1_000)
    except OverflowError:
        return timedelta.max if seconds > 0 else timedelta.min


def to_timestamp(moment: datetime) -> Timestamp:
    """Write an aware datetime as a Timestamp.

    Raises:
        ValueError: The datetime has no time zone, and so means no certain time.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def to_datetime(timestamp: Timestamp | None) -> datetime | None:
    """Read a Timestamp as an aware datetime in UTC; an unset one is ``None``."""
    if timestamp is None:
        return None
    try:
        # Without names, as these take as long as the rest, for each task three times.
        return _EPOCH + timedelta(0, timestamp.seconds, timestamp.nanos // 1_000)
    except OverflowError:
        return _LATEST if timestamp.seconds > 0 else _EARLIEST
