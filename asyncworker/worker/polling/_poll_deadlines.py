"""Decide which deadline the server is given for a poll, where it leaves open polls open when a worker stops.

Theory of operation
-------------------
Such a server answers an empty poll one second before its deadline, and a worker that stops has to wait for that. So a
*young* worker (a test, a script, a first try) polls with a deadline of 3 s, the least that is safe, and can leave
within 2 s. They cost a server more than four times as many calls as polls of 10 s, which a worker that stays makes.

Two things are dearer with short polls. A queue has partitions, four by default, and in its last second a poll hears
only the one that it is at. So they are made short only where four polls are open at a time, or where those that are end
a second apart. And on a starving server a poll may end by the server's own deadline, while that is recording the start
of a task for it: the task is lost until its timeout. The shorter the polls, the more of them end so. When one does, or
when an empty answer comes late, which goes before, polls are long for some minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["LONG", "SHORT", "PollDeadlines"]

#: Seconds.
SHORT = 3.0
LONG = 10.0
# How long a worker is young, and for how long polls are long after a sign of a starving server.
_YOUTH = 60.0
_CAUTION = 300.0
# The server answers an empty poll so many seconds before its deadline; later than that by the second is late.
_MARGIN = 1.0
_LATE = 0.25
# As many polls hear each partition at any time; fewer of them have to end so many seconds apart.
_PARTITIONS = 4
_APART = 1.0


class PollDeadlines:
    """The deadlines of one worker's polls.

    Args:
        now: The time, in seconds on any clock that does not go back; the worker is born then.
        fixed: Seconds for all polls, as the user wants it, or the server ends them; ``None``: as above.

    Attributes:
        longest: Seconds, of all.
        is_fixed: Whether all are the same.
        overdue: How many polls have shown that the server is starving.
    """

    __slots__ = ("_cautious_until", "_young_until", "is_fixed", "longest", "overdue")

    def __init__(self, now: float, fixed: float | None) -> None:
        self.is_fixed = fixed is not None
        self.longest = LONG if fixed is None else fixed
        self.overdue = 0
        self._young_until = now + _YOUTH
        self._cautious_until = -math.inf

    def __repr__(self) -> str:
        return f"<PollDeadlines [{'fixed at' if self.is_fixed else 'up to'} {self.longest:g} s]>"

    def choose(self, now: float, *, pollers: int, open_until: Iterable[float] = ()) -> float:
        """Return the seconds that the server is given for a poll that begins at *now*.

        Args:
            now: The time.
            pollers: How many polls can be open at a time, this one included.
            open_until: The deadlines of those that are.
        """
        if self.is_fixed or now >= self._young_until or now < self._cautious_until or pollers < 2:
            return self.longest
        if pollers >= _PARTITIONS:
            return SHORT
        taken = list(open_until)
        choices = (SHORT, SHORT + _APART)
        return max(choices, key=lambda it: min((abs(now + it - end) for end in taken), default=0.0))

    def is_late(self, now: float, deadline: float) -> bool:
        """Whether an empty answer that comes at *now* should have come before."""
        # A longer poll the server ends at a time of its own.
        return not self.is_fixed and now - (deadline - _MARGIN) > _LATE

    def record_overdue(self, now: float) -> None:
        """Record a poll that shows that the server is starving."""
        self.overdue += 1
        self._cautious_until = now + _CAUTION
