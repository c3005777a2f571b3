"""Decide what an answer means for an attempt that is watched."""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TypeAlias

from ...common import ActivityCancellationDetails
from ._messages import ActivityState, PendingActivity
from ._pace import Pace

__all__ = ["GONE", "Doubt", "Finding", "RunTraffic", "finding_of_activity", "finding_of_pending"]

#: The attempt, or what it is a part of, has ended.
GONE = ActivityCancellationDetails(not_found=True)

# Bytes: more than this in one answer, or in a minute, is siblings' payloads, which travel to each process that watches.
_MAX_ANSWER = 64_000
_MAX_PER_MINUTE = 250_000
# Polls of one run per second, as each of its transactions is an answer, which costs the server half a millisecond and
# more; and polls at once, as the request to cancel an activity is the third after what leads to it.
_POLLS_PER_SECOND = 1.0
_POLLS_AT_ONCE = 4


class Doubt(Enum):
    """Something has happened that only a heartbeat's reply can name."""

    #: To the attempt, such as a reset.
    CHANGED = "changed"
    #: The attempt is over.
    OVER = "over"


#: Why to stop the activity; or a reason to ask; or nothing.
Finding: TypeAlias = ActivityCancellationDetails | Doubt | None


def finding_of_activity(now: ActivityState, before: ActivityState | None, attempt: int) -> Finding:
    """Decide what a description says to a standalone activity's attempt.

    Args:
        now: The description.
        before: The one before; ``None`` for the first.
        attempt: The number of the attempt.
    """
    if now.is_closed:
        return GONE
    if (cancellation := ActivityCancellationDetails._from_heartbeat_reply(now)) is not None:
        return cancellation
    if now.attempt != attempt or not now.is_started:
        return Doubt.OVER
    # A heartbeat ends the wait too, and so does the one that asks: that explains it.
    if before is not None and (now.state, now.heartbeats) == (before.state, before.heartbeats):
        return Doubt.CHANGED
    return None


def finding_of_pending(found: PendingActivity | None, attempt: int) -> Finding:
    """Decide what the description of its run says to an attempt of a workflow's activity.

    Args:
        found: The activity; ``None`` if it is not there.
        attempt: The number of the attempt.
    """
    if found is None or found.attempt != attempt:
        return Doubt.OVER
    return ActivityCancellationDetails._from_heartbeat_reply(found)


class RunTraffic:
    """What the polls of one run come to; times are seconds on any clock."""

    __slots__ = ("_pace", "_pages", "_total")

    def __init__(self) -> None:
        self._pages: deque[tuple[float, int]] = deque()
        self._total = 0
        self._pace = Pace(_POLLS_PER_SECOND, at_once=_POLLS_AT_ONCE)

    def __repr__(self) -> str:
        return f"<RunTraffic [{self._total} bytes in the last minute]>"

    def begin(self, now: float) -> float:
        """Record a poll; return how many seconds after *now* it may begin."""
        return self._pace.take(now)

    def end(self, size: int, now: float) -> None:
        """Record an answer of *size* bytes."""
        self._pages.append((now, size))
        self._total += size
        while now - self._pages[0][0] > 60:
            self._total -= self._pages.popleft()[1]

    @property
    def is_too_much(self) -> bool:
        """Whether the run is not worth its watch."""
        return self._total > _MAX_PER_MINUTE or any(size > _MAX_ANSWER for _, size in self._pages)
