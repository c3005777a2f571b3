"""Decide when to poll again after an error, and whether that error is worth a line in the log."""

from __future__ import annotations

import math
import random
from time import monotonic
from typing import NamedTuple

from ..._log_throttle import LogThrottle
from ..._rpc._retry import POLL, Failures, RetryRules
from ...exceptions import RPCError, RPCStatusCode

__all__ = ["PollBackoff", "Retry"]


# Their end is worth a line too; the others are about one call.
_OUTAGES = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED)


class Retry(NamedTuple):
    """The decision to poll again.

    Attributes:
        wait: Seconds until then.
        should_log: Whether the error is new, or has lasted for long enough to be logged again.
    """

    wait: float
    should_log: bool


class PollBackoff:
    """The state of one kind of calls that are repeated for as long as the worker runs.

    Attributes:
        answered_at: When a call was last answered, on the clock of :func:`time.monotonic`; -inf once one has failed.
        last_success_at: The same, whether or not one has failed since; ``None`` if none was answered.
    """

    __slots__ = (
        "_failing_since",
        "_failures",
        "_is_logged",
        "_log_throttle",
        "_proven",
        "_rules",
        "answered_at",
        "last_success_at",
    )

    def __init__(self, rules: RetryRules = POLL) -> None:
        self._rules = rules
        self._failures: Failures | None = None
        self._failing_since = 0.0
        self._is_logged = False
        self._proven = False
        self._log_throttle = LogThrottle()
        self.answered_at = -math.inf
        self.last_success_at: float | None = None

    def __repr__(self) -> str:
        failed = 0 if self._failures is None else self._failures.attempts
        return f"<PollBackoff [{failed} failed in a row]>"

    def succeeded(self) -> float | None:
        """Record that a call was answered.

        Returns:
            If the server was away or refused the calls before it, and that was to be logged, for how many seconds.
        """
        self._failures = None
        self._proven = True
        self.answered_at = self.last_success_at = monotonic()
        if not self._is_logged:
            return None
        self._is_logged = False
        return self.answered_at - self._failing_since

    def failed(self, error: RPCError, now: float) -> Retry | None:
        """Decide when to call again after *error*; ``None`` if that is of no use.

        Args:
            error: What the call has raised.
            now: The time, in seconds on any clock that does not go back.
        """
        self.answered_at = -math.inf
        if self._failures is None:
            self._failures = Failures(self._rules)
            self._failing_since = monotonic()
        wait = self._failures.next_wait(error, now=now, random=random.random(), proven=self._proven)
        if wait is None:
            return None
        should_log = self._log_throttle.should_log(error.message, now)
        self._is_logged = self._is_logged or (should_log and error.status in _OUTAGES)
        return Retry(wait, should_log)
