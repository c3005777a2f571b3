"""Decide how much may be watched: nothing once the server has refused a call, and after a pause slowly more again.

Half of it would not do: where a namespace is at its limit each call of a watch is one that another caller is refused.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from ._options import WatchOptions
from ._pace import Pace

__all__ = ["Kind", "WatchBudget"]

Kind: TypeAlias = Literal["standalone", "workflow_run"]

# Seconds without any watch after the last refusal: at first, and at most. Doubled where a refusal follows within the
# longest after such a pause.
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 600.0
# Seconds until one more of each kind may be watched, after a pause or the last such step.
_RECOVERY = 10.0


class WatchBudget:
    """What the workers of one process and namespace may spend; times are seconds on the event loop's clock."""

    __slots__ = ("_calls", "_grows_at", "_limits", "_most", "_pause", "_refused_at", "_resumes_at")

    def __init__(self, options: WatchOptions) -> None:
        self._most: dict[Kind, int] = {"standalone": options.standalone, "workflow_run": options.workflow_runs}
        self._limits = dict(self._most)
        rate = options.calls_per_second
        # A cancellation takes up to four calls, one after another, which are not to take a second.
        self._calls = Pace(rate, at_once=max(1, int(2 * rate))) if rate else None
        self._refused_at = -math.inf
        self._resumes_at = -math.inf
        self._grows_at = -math.inf
        self._pause = _FIRST_PAUSE

    def __repr__(self) -> str:
        standalone, runs = self._limits["standalone"], self._limits["workflow_run"]
        return f"<WatchBudget of {standalone} activities and {runs} runs>"

    def limit(self, kind: Kind) -> int:
        """How many of a kind may be watched now."""
        return 0 if self._calls is None else self._limits[kind]

    def take_call(self, now: float) -> float:
        """Take the next call; return how many seconds after *now* it may be made."""
        return math.inf if self._calls is None else self._calls.take(now)

    def throttle(self, refused_at: float, now: float) -> None:
        """Watch nothing for a while, as a call was refused at *refused_at*, unless that is known."""
        if refused_at <= self._refused_at:
            return
        if now >= self._resumes_at:
            is_soon = now < self._resumes_at + _LONGEST_PAUSE
            self._pause = min(2 * self._pause, _LONGEST_PAUSE) if is_soon else _FIRST_PAUSE
        self._refused_at = refused_at
        self._resumes_at = self._grows_at = now + self._pause
        self._limits = dict.fromkeys(self._most, 0)

    def recover(self, now: float) -> None:
        """Allow one of each kind when the pause is over, and one more for every ten seconds since."""
        while self._limits != self._most and now >= self._grows_at:
            self._limits = {kind: min(limit + 1, self._most[kind]) for kind, limit in self._limits.items()}
            self._grows_at += _RECOVERY
