"""Wrap the calls between a worker and its activities, and change what passes.

Names follow ``temporalio.worker``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._proto.temporal.api.common.v1 import Payload
from ..activity import Context, Definition, Info
from ..activity._context import Outbound

if TYPE_CHECKING:
    from ..client import Client
    from ..converter import DataConverter, Signature

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

    def _bind(self, activity: Definition, client: Client | None) -> ActivityBinding | None:
        """Return how a worker with this client runs *activity*, if it cannot by itself: it is :class:`Unbound`.

        *client* is ``None`` where it is not connected yet: the worker asks again once it is.

        Raises:
            TypeError, ConfigurationError: The activity does not fit this worker.
        """
        del activity, client
        return None


class ActivityBinding(NamedTuple):
    """How a worker runs an activity that was written for another SDK.

    Attributes:
        fn: What it calls, with the arguments.
        signature: Converts the arguments and the result.
        data_converter: Takes the place of the client's for this activity.
    """

    fn: Callable[..., Any]
    signature: Signature
    data_converter: DataConverter


class Unbound:
    """A function that no worker can run by itself: one of its interceptors has to bind it.

    Attributes:
        unbound: What to do, for the error where no interceptor does.
    """

    unbound: str


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


# The ends of both chains


class InnermostInterceptor(ActivityInboundInterceptor):
    """The end of the inbound chain, which calls the activity.

    Args:
        context: Of the attempt; its calls go through the outbound chain.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self._context._outbound = outbound


class _OutermostInterceptor(ActivityOutboundInterceptor):
    """The end of the outbound chain: the attempt itself."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def info(self) -> Info:
        return self._outbound.info()

    def heartbeat(self, *details: Any) -> None:
        self._outbound.heartbeat(*details)


def chain(
    interceptors: Sequence[Interceptor], innermost: InnermostInterceptor, outbound: Outbound
) -> ActivityInboundInterceptor:
    """Return the outermost of one execution's interceptors, both sides of which are linked to the attempt.

    Args:
        interceptors: The first is the outermost.
        innermost: Calls the activity.
        outbound: Of the attempt.

    Raises:
        BaseException: From the interceptors.
    """
    inbound: ActivityInboundInterceptor = innermost
    for interceptor in reversed(interceptors):
        inbound = interceptor.intercept_activity(inbound)
    inbound.init(_OutermostInterceptor(outbound))
    return inbound
