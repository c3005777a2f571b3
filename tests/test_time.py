"""Spans and times on their way to protobuf."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest

from asyncworker._proto.temporal.wkt import Duration
from asyncworker._time import to_duration, to_timedelta, to_timestamp


@pytest.mark.parametrize("span", [math.nan, math.inf, -math.inf, 1e12])
def test_a_span_that_no_duration_has_is_refused(span):
    """What is not finite, or is longer than 10,000 years, is told instead of sent."""
    with pytest.raises(ValueError, match="does not fit a protobuf Duration"):
        to_duration(span)


def test_both_parts_of_a_negative_duration_are_negative():
    """As protobuf wants it, whichever way the span is given."""
    expected = Duration(seconds=-1, nanos=-500_000_000)

    assert (to_duration(-1.5), to_duration(timedelta(seconds=-1.5))) == (expected, expected)


@pytest.mark.parametrize(("seconds", "limit"), [(10**17, timedelta.max), (-(10**17), timedelta.min)])
def test_a_duration_longer_than_python_has_is_the_longest(seconds, limit):
    """A server's duration cannot fail the task that it comes with."""
    assert to_timedelta(Duration(seconds=seconds)) == limit


def test_a_time_without_a_zone_is_refused():
    """It would be another time on another machine."""
    with pytest.raises(ValueError, match="has no time zone"):
        to_timestamp(datetime(2026, 1, 2))  # noqa: DTZ001
