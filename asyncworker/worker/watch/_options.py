"""The settings of the watch for cancellations."""

from __future__ import annotations

from dataclasses import dataclass

from ..._arguments import check_number

__all__ = ["WATCH_OPTIONS", "WatchOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How much may be spent on watching for the cancellation of activities that do not heartbeat.

    The workers of one process share it in each namespace; where theirs differ, those of the first one that runs count.

    Attributes:
        standalone: How many standalone activities are watched at a time; 0 for none.
        workflow_runs: How many runs of workflows are watched at a time, each for all of its activities; 0 for none.
        calls_per_second: How many calls all of them may make; 0 for none.

    Raises:
        TypeError: A value is no number.
        ValueError: A value is negative.
    """

    standalone: int = 8
    workflow_runs: int = 8
    calls_per_second: float = 4.0

    def __post_init__(self) -> None:
        for name in ("standalone", "workflow_runs"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{name} must be a whole number, got {value!r}")
            _check_not_negative(name, value)
        _check_not_negative("calls_per_second", check_number("calls_per_second", self.calls_per_second))

    @property
    def is_off(self) -> bool:
        """Whether nothing may be watched."""
        return not self.calls_per_second or not (self.standalone or self.workflow_runs)


def _check_not_negative(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{name} must be 0 or more, got {value!r}: 0 switches it off")


#: The default.
WATCH_OPTIONS = WatchOptions()
