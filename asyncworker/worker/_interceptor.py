"""Wrap the calls between a worker and its activities, and change what passes.

Names follow ``temporalio.worker``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._proto.temporal.api.common.v1 import Payload
from ..activity import Info

__all__ = ["ActivityInboundInterceptor", "ActivityOutboundInterceptor", "ExecuteActivityInput", "Interceptor"]


@dataclass(slots=True)
class ExecuteActivityInput:
    """One execution: what runs, on what, with which headers."""

    fn: Callable[..., Any]
    args: Sequence[Any]
    headers: Mapping[str, Payload]


class Interceptor:
    """Makes the interceptors of each execution; the first of a worker's interceptors is the outermost."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return *next*, or what wraps it. Called once per execution."""
        return next


class ActivityInboundInterceptor:
    """Wraps what comes in: the execution of an activity."""

    def __init__(self, next: ActivityInboundInterceptor) -> None:
        self.next = next

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        """Learn what goes out, and wrap it by handing ``self.next.init`` another."""
        self.next.init(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity; :mod:`asyncworker.activity` works from here on."""
        call = self.next.execute_activity(input)
        # The arguments are the activity's, which may let go of them long before its end.
        del input
        return await call


class ActivityOutboundInterceptor:
    """Wraps what goes out: the calls that activity code makes."""

    def __init__(self, next: ActivityOutboundInterceptor) -> None:
        self.next = next

    def info(self) -> Info:
        """Answer what the server said of this attempt."""
        return self.next.info()

    def heartbeat(self, *details: Any) -> None:
        """Take a heartbeat in. Called in the activity's own thread."""
        self.next.heartbeat(*details)
