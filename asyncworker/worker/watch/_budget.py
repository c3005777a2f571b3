"""Decide how much may be watched: less as soon as the server has refused a call, and slowly more again."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from ._options import WatchOptions
from ._pace import Pace

__all__ = ["Kind", "WatchBudget"]

Kind: TypeAlias = Literal["standalone", "workflow_run"]

# Seconds: one refusal is seldom alone, and the next may be of before the budget was halved.
_BETWEEN_CUTS = 1.0
# Seconds until one more of each kind may be watched, after a refusal or the last such step.
_RECOVERY = 10.0


class WatchBudget:
    """What the workers of one process and namespace may spend; times are seconds on the event loop's clock."""

    __slots__ = ("_calls", "_changed_at", "_cut_at", "_limits", "_most")

    def __init__(self, options: WatchOptions) -> None:
        self._most: dict[Kind, int] = {"standalone": options.standalone, "workflow_run": options.workflow_runs}
        self._limits = dict(self._most)
        rate = options.calls_per_second
        # A cancellation takes up to four calls, one after another, which are not to take a second.
        self._calls = Pace(rate, at_once=max(1, int(2 * rate))) if rate else None
        self._cut_at = -math.inf
        self._changed_at = -math.inf

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
        """Halve the budget for a call that was refused at *refused_at*, unless that has been done since."""
        if refused_at > self._cut_at and now >= self._cut_at + _BETWEEN_CUTS:
            self._limits = {kind: limit // 2 for kind, limit in self._limits.items()}
            self._cut_at = self._changed_at = now

    def stop(self, kind: Kind, now: float) -> None:
        """Watch none of a kind, as a call of its own was refused: so are those of others who await what it awaits."""
        self._limits[kind] = 0
        self._changed_at = now

    def recover(self, now: float) -> None:
        """Allow one more of each kind for every ten seconds in which nothing was refused."""
        while self._limits != self._most and now >= self._changed_at + _RECOVERY:
            self._limits = {kind: min(limit + 1, self._most[kind]) for kind, limit in self._limits.items()}
            self._changed_at += _RECOVERY
