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
    """The input of one execution.

    Attributes:
        fn: The activity.
        args: Its arguments, without the context.
        headers: Of the task, by name.
    """

    fn: Callable[..., Any]
    args: Sequence[Any]
    headers: Mapping[str, Payload]


class Interceptor:
    """Builds the interceptors of each execution; the first of a worker's interceptors is the outermost."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return *next*, or what wraps it. Called once per execution."""
        return next


class ActivityInboundInterceptor:
    """Wraps the inbound side of an attempt: the execution of the activity."""

    def __init__(self, next: ActivityInboundInterceptor) -> None:
        self.next = next

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        """Keep the outbound side of the attempt, or wrap it by handing another one to ``self.next.init``."""
        self.next.init(outbound)

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity and return its result; :mod:`asyncworker.activity` works from here on.

        Cancelling it cancels the activity.

        Raises:
            BaseException: Whatever the activity raises; what leaves the outermost interceptor decides the outcome.
        """
        call = self.next.execute_activity(input)
        # The arguments are the activity's, which may drop them long before its end.
        del input
        return await call


class ActivityOutboundInterceptor:
    """Wraps the outbound side of an attempt: the calls that activity code makes."""

    def __init__(self, next: ActivityOutboundInterceptor) -> None:
        self.next = next

    def info(self) -> Info:
        """Return the information of this attempt."""
        return self.next.info()

    def heartbeat(self, *details: Any) -> None:
        """Record a heartbeat. Called in the activity's own thread."""
        self.next.heartbeat(*details)
