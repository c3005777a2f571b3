"""What is known of a request when it has ended, for those who measure a client's requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..exceptions import RPCStatusCode

__all__ = ["RequestFinished", "RequestListener"]


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """A request to the server ended.

    Attributes:
        operation: The method of the service, such as ``"RespondActivityTaskCompleted"``.
        status: ``OK``, or the last try's status; ``CANCELLED`` if the caller was cancelled.
        took: Seconds from the request to its end, with its retries and the waits between them.
        attempts: How many tries it took.
        is_long_poll: Whether the server holds such a request until there is something to return.
    """

    operation: str
    status: RPCStatusCode
    took: float
    attempts: int
    is_long_poll: bool


#: Called when a request has ended, on the event loop. It must not raise.
RequestListener: TypeAlias = Callable[[RequestFinished], None]
