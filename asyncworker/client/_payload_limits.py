"""From which size on a payload that is sent costs a line in the log."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from .._arguments import wrong_type
from .._log_throttle import LogThrottles
from .._proto.temporal.api.common.v1 import Payload
from .._safe_logger import get_logger
from .._wire import encode
from ..converter._size import LARGE, size_above

if TYPE_CHECKING:
    from .._proto.temporal.api.failure.v1 import Failure

__all__ = ["PayloadLimitsConfig", "SizeWarnings"]

_logger = get_logger("asyncworker.client")


@dataclass(frozen=True, slots=True)
class PayloadLimitsConfig:
    """From which sizes on a client and its workers warn of what they send: as the server does, by its defaults.

    Attributes:
        payloads_warn_size: Arguments, a result, details or a failure of more bytes, encoded, are sent and logged; 0 for
            never.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is negative.
    """

    payloads_warn_size: int = 512 * 1024

    def __post_init__(self) -> None:
        size = self.payloads_warn_size
        if isinstance(size, bool) or not isinstance(size, int):
            raise wrong_type("payloads_warn_size", "a number of bytes", size)
        if size < 0:
            raise ValueError(f"payloads_warn_size must not be negative, got {size!r}")


class SizeWarnings:
    """Logs what a client sends that is large: a warning once a minute for each kind, and DEBUG in between.

    *kind* is what there are few of, as of types of activities; of ids there may be many.
    """

    __slots__ = ("_limit", "_throttles")

    def __init__(self, limits: PayloadLimitsConfig) -> None:
        self._limit = limits.payloads_warn_size
        self._throttles = LogThrottles()

    def check(self, what: str, activity: str, payloads: Sequence[Payload], *, kind: str = "") -> None:
        """Log *what* of the activity if it is large."""
        if size := size_above(payloads, self._limit):
            self._log(what, activity, size, kind)

    def check_failure(self, activity: str, failure: Failure) -> None:
        """Log the failure of the activity if it is large."""
        if self._limit and (size := len(encode(failure))) > self._limit:
            self._log("the failure", activity, size, "")

    def _log(self, what: str, activity: str, size: int, kind: str) -> None:
        level = logging.WARNING if self._throttles.should_log((what, kind), monotonic()) else logging.DEBUG
        _logger.log(level, LARGE, what, activity, f"{size:,}", f"{self._limit:,}")
