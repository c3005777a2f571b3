"""Decide whether a link still holds, from what the server says of its activity.

A completion names its activity by id and run, so that one made in an earlier attempt is good for a later one: a retry
keeps its links. A reset is to void them, and no server says that an activity has been reset, but in the reply to a
heartbeat while the old attempt lasts. Otherwise it shows in this:

* the attempt's number has gone back, or has stayed while the attempt is another one, or is waiting to start;
* a later attempt is a retry's if the activity has seen as few changes of state as its attempts need. Each attempt
  starts and ends, so that attempt *n* starts with change 2 *n*. A reset adds itself, and an attempt that is not counted
  any more: three changes at least. Heartbeats are changes too, and are counted apart; some of the counted ones may have
  come with a failure, at most one for each attempt, and are no changes of their own.

Where that leaves a doubt, the link does not hold: the attempt under way has made newer ones.

A workflow's activity shows no count. After the reset of a first attempt it is, in all that the server says, one that is
being retried. So there links hold for the attempt that made them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ._links import Link

__all__ = ["Sighting", "Standing", "judge"]

# What a reset adds to the changes of state, at least.
_RESET_CHANGES = 3


class Standing(Enum):
    """Whether a link still holds."""

    HOLDS = "holds"
    #: The activity has ended, or is not there any more.
    CLOSED = "closed"
    #: The activity was, or may have been, reset since.
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the server says of an activity that has not closed.

    Attributes:
        attempt: The number of the attempt under way, or of the one to come.
        is_started: Whether it is under way.
        started: When the last attempt started that has; ``None`` if the server does not say.
        changes: How many changes of state there were; 0 if the server does not count them.
        heartbeats: How many heartbeats there were.
    """

    attempt: int
    is_started: bool
    started: datetime | None
    changes: int = 0
    heartbeats: int = 0


def judge(link: Link, seen: Sighting | None) -> Standing:
    """Judge a link by its activity, which is ``None`` when it has closed."""
    if seen is None:
        return Standing.CLOSED
    if seen.attempt == link.attempt:
        is_same = seen.is_started and seen.started == link.started_time
        return Standing.HOLDS if is_same else Standing.VOID
    is_retry = seen.attempt > link.attempt and link.workflow_id is None and not _may_have_been_reset(seen)
    return Standing.HOLDS if is_retry else Standing.VOID


def _may_have_been_reset(seen: Sighting) -> bool:
    needed = 2 * seen.attempt - (not seen.is_started)
    # An attempt that a reset took out of the count may have left a heartbeat with its failure too.
    heartbeats = max(0, seen.heartbeats - seen.attempt)
    return seen.changes == 0 or seen.changes >= needed + _RESET_CHANGES + heartbeats
