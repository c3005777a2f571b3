"""The attempts of an activity, as a test looks back on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...._proto.temporal.api.failure.v1 import Failure

__all__ = ["FakeAttempt"]


@dataclass(slots=True)
class FakeAttempt:
    """An attempt that a worker has begun.

    Attributes:
        number: Its number; the first is 1, also after a reset.
        started_at: When a worker got its task, in UTC.
        ended_at: When it ended, as the server sees it; ``None`` while it goes on.
        failure: How it failed or timed out, as it came over the wire; ``None`` if it did not.
    """

    number: int
    started_at: datetime
    ended_at: datetime | None = None
    failure: Failure | None = None

    @property
    def error_type(self) -> str | None:
        """The type of its failure: that of the exception, or ``TimeoutError``; ``None`` if there is none."""
        if self.failure is None:
            return None
        if self.failure.timeout_failure_info is not None:
            return "TimeoutError"
        info = self.failure.application_failure_info
        return "" if info is None else info.type
