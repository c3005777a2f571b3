"""Decide how many polls should be open: a fixed number, or as many as the server's hints ask for.

Theory of operation
-------------------
The server says with a task whether more or fewer polls would serve the queue better
(``PollActivityTaskQueueResponse.poller_scaling_decision``): more while tasks wait, fewer when polls do. An empty answer
carries no such hint; where the server is known to give hints at all, it means that one poll fewer would have done. An
error means one fewer too, and ``RESOURCE_EXHAUSTED`` half as many.

More polls are of no use when the queue is not emptied faster by them. So time is cut into periods, and the number may
only grow while the last whole period brought at least 1.1 times the tasks of the one before, rounded down, so that a
trickle of one task per period may still ask for more. The rules are those of Temporal's Core SDK.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ...exceptions import RPCStatusCode

__all__ = [
    "PollerBehavior",
    "PollerBehaviorAutoscaling",
    "PollerBehaviorSimpleMaximum",
    "PollerScaler",
    "default_behavior",
]

#: Seconds.
PERIOD = 0.1
_GROWTH = 1.1
# By the third period without an answer everything before is forgotten.
_MEMORY = 3


@dataclass(frozen=True, slots=True)
class PollerBehaviorSimpleMaximum:
    """Keep a fixed number of polls open, as long as there are slots for them.

    Attributes:
        maximum: How many.

    Raises:
        ValueError: Fewer than one.
    """

    maximum: int = 5

    def __post_init__(self) -> None:
        if self.maximum < 1:
            raise ValueError(f"maximum must be at least 1, got {self.maximum!r}")


@dataclass(frozen=True, slots=True)
class PollerBehaviorAutoscaling:
    """Keep as many polls open as the server asks for (``poller_scaling_decision``), as long as there are slots.

    Attributes:
        minimum: Never fewer.
        maximum: Never more.
        initial: To begin with.

    Raises:
        ValueError: Not ``1 <= minimum <= initial <= maximum``.
    """

    minimum: int = 1
    maximum: int = 100
    initial: int = 5

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.initial <= self.maximum:
            raise ValueError(
                "must be 1 <= minimum <= initial <= maximum,"
                f" got minimum={self.minimum!r}, initial={self.initial!r}, maximum={self.maximum!r}"
            )


#: How many polls a worker keeps open.
PollerBehavior: TypeAlias = PollerBehaviorSimpleMaximum | PollerBehaviorAutoscaling


def default_behavior(auto_enroll: bool) -> PollerBehavior:
    """Return the behaviour of a worker that has no setting for it.

    Args:
        auto_enroll: Whether the namespace says ``poller_autoscaling_auto_enroll``.
    """
    return PollerBehaviorAutoscaling() if auto_enroll else PollerBehaviorSimpleMaximum()


class PollerScaler:
    """How many polls should be open, as the outcomes of the last ones suggest.

    Args:
        behavior: Its bounds; under a fixed maximum the target never moves.
        now: The time, in seconds on any clock that does not go back.
        gives_hints: Whether the namespace says ``poller_autoscaling``. If not, the first hint shows it.

    Attributes:
        target: How many polls should be open.
        is_autoscaling: Whether the target can move.
    """

    __slots__ = (
        "_last_count",
        "_maximum",
        "_may_grow",
        "_minimum",
        "_period_end",
        "_sees_hints",
        "_this_count",
        "is_autoscaling",
        "target",
    )

    def __init__(self, behavior: PollerBehavior, *, now: float, gives_hints: bool) -> None:
        if isinstance(behavior, PollerBehaviorSimpleMaximum):
            self._minimum = self._maximum = self.target = behavior.maximum
        else:
            self._minimum, self._maximum, self.target = behavior.minimum, behavior.maximum, behavior.initial
        self.is_autoscaling = self._minimum < self._maximum
        self._sees_hints = gives_hints
        self._may_grow = False
        self._this_count = 0
        self._last_count = 0
        self._period_end = now + PERIOD

    def __repr__(self) -> str:
        return f"<PollerScaler [{self.target}, from {self._minimum} to {self._maximum}]>"

    def answered(self, *, has_task: bool, hint: int | None, now: float) -> None:
        """Adapt to a poll's answer.

        Args:
            has_task: Whether it brought a task.
            hint: ``poller_scaling_decision.poll_request_delta_suggestion``; ``None`` if there was no decision.
            now: The time.
        """
        self._pass_time(now)
        self._this_count += has_task
        if hint is not None:
            self._sees_hints = True
            if hint < 0 or self._may_grow:
                self._set(self.target + hint)
        elif not has_task:
            self._shrink(self.target - 1)

    def failed(self, status: RPCStatusCode) -> None:
        """Adapt to a poll's error."""
        self._shrink(self.target // 2 if status is RPCStatusCode.RESOURCE_EXHAUSTED else self.target - 1)

    def _shrink(self, target: int) -> None:
        # A server that gives no hints would never ask for more again.
        if self._sees_hints:
            self._set(target)

    def _set(self, target: int) -> None:
        self.target = max(self._minimum, min(self._maximum, target))

    def _pass_time(self, now: float) -> None:
        """Close the periods that are over by *now*."""
        if now < self._period_end:
            return
        passed = 1 + int((now - self._period_end) / PERIOD)
        for _ in range(min(passed, _MEMORY)):
            self._may_grow = self._this_count >= int(self._last_count * _GROWTH)
            self._last_count, self._this_count = self._this_count, 0
        self._period_end += passed * PERIOD
