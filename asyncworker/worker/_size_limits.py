"""The limits of size: the namespace's, checked before a payload is sent, and the one that costs a line in the log."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._proto.temporal.api.namespace.v1 import NamespaceInfoLimits
from ..exceptions import ApplicationError

__all__ = ["PayloadLimits"]


@dataclass(frozen=True, slots=True, eq=False)
class PayloadLimits:
    """Limits in bytes; 0 is no limit.

    Attributes:
        blob: The namespace's (``NamespaceInfo.Limits``).
        warn: What is larger is logged.
        lowest: The lower one of them.
    """

    blob: int = 0
    warn: int = 0
    lowest: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lowest", min(self.blob, self.warn) or self.blob or self.warn)

    @classmethod
    def from_proto(cls, limits: NamespaceInfoLimits | None) -> PayloadLimits:
        """Convert the limits that ``DescribeNamespace`` has returned."""
        return cls(blob=0 if limits is None else limits.blob_size_limit_error)

    def refuses(self, size: int) -> bool:
        """Whether the namespace does not take *size* bytes."""
        return size > self.blob > 0

    def refusal(self, what: str, size: int) -> ApplicationError:
        """Return the failure for *what*, whose *size* no retry makes smaller."""
        return ApplicationError(
            f"{what} has {size:,} bytes encoded, and the namespace takes at most {self.blob:,}:"
            " store it elsewhere and pass a reference to it",
            type="PayloadsTooLarge",
            non_retryable=True,
        )
