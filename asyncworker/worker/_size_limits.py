"""The namespace's limits of size, checked before a payload is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._proto.temporal.api.common.v1 import Payload
from .._proto.temporal.api.namespace.v1 import NamespaceInfoLimits
from ..converter import payloads_size
from ..exceptions import ApplicationError

__all__ = ["PayloadLimits"]


@dataclass(frozen=True, slots=True)
class PayloadLimits:
    """The namespace's limits in bytes (``NamespaceInfo.Limits``); 0 is no limit."""

    blob: int = 0

    @classmethod
    def from_proto(cls, limits: NamespaceInfoLimits | None) -> PayloadLimits:
        """Convert the limits that ``DescribeNamespace`` has returned."""
        return cls(blob=0 if limits is None else limits.blob_size_limit_error)

    def excess(self, payloads: Sequence[Payload]) -> int:
        """Return the size in bytes of *payloads* if it is above the limit, else 0."""
        # The data first: all payloads pass here, and next to none are near the limit. One with three times as much
        # metadata as data is left to the server to refuse.
        if 4 * sum([len(payload.data) for payload in payloads]) <= self.blob or not self.blob:
            return 0
        size = payloads_size(payloads)
        return size if size > self.blob else 0

    def refusal(self, what: str, size: int) -> ApplicationError:
        """Return the failure for *what*, whose *size* no retry makes smaller."""
        return ApplicationError(
            f"{what} has {size:,} bytes encoded, and the namespace takes at most {self.blob:,}:"
            " store it elsewhere and pass a reference to it",
            type="PayloadsTooLarge",
            non_retryable=True,
        )
