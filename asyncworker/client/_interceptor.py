"""Interceptors wrap a client's calls, and may change their inputs and results."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._inputs import (
        CancelActivityInput,
        CompleteAsyncActivityInput,
        CountActivitiesInput,
        DeleteActivityInput,
        DescribeActivityInput,
        FailAsyncActivityInput,
        GetActivityResultInput,
        HeartbeatAsyncActivityInput,
        ListActivitiesInput,
        PauseActivityInput,
        ReportCancellationAsyncActivityInput,
        ResetActivityInput,
        TerminateActivityInput,
        UnpauseActivityInput,
        UpdateActivityOptionsInput,
    )
    from .activities._description import ActivityExecution, ActivityExecutionCount, ActivityExecutionDescription
    from .activities._handle import ActivityHandle
    from .activities._options import ActivityExecutionOptions, StartActivityInput

__all__ = ["Interceptor", "OutboundInterceptor"]


class OutboundInterceptor:
    """One link of the chain that a client's calls go through; a subclass overrides the calls it cares about.

    Each method passes its input on to :attr:`next` and returns its result. It raises what the call raises, see
    :class:`Client`, :class:`ActivityHandle` and :class:`AsyncActivityHandle`. Cancelling the caller cancels the whole
    chain: let :exc:`asyncio.CancelledError` through.
    """

    def __init__(self, next: OutboundInterceptor) -> None:
        self.next = next

    async def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        """Start a standalone activity."""
        return await self.next.start_activity(input)

    async def get_activity_result(self, input: GetActivityResultInput) -> Any:
        """Wait for a standalone activity's result, without a limit."""
        return await self.next.get_activity_result(input)

    async def describe_activity(self, input: DescribeActivityInput) -> ActivityExecutionDescription | None:
        """Describe a standalone activity; ``None`` when a long poll ended and nothing had changed."""
        return await self.next.describe_activity(input)

    async def cancel_activity(self, input: CancelActivityInput) -> None:
        """Request the cancellation of a standalone activity."""
        await self.next.cancel_activity(input)

    async def terminate_activity(self, input: TerminateActivityInput) -> None:
        """Terminate a standalone activity."""
        await self.next.terminate_activity(input)

    async def pause_activity(self, input: PauseActivityInput) -> None:
        """Pause a standalone activity."""
        await self.next.pause_activity(input)

    async def unpause_activity(self, input: UnpauseActivityInput) -> None:
        """Resume a paused standalone activity."""
        await self.next.unpause_activity(input)

    async def reset_activity(self, input: ResetActivityInput) -> None:
        """Start a standalone activity over."""
        await self.next.reset_activity(input)

    async def update_activity_options(self, input: UpdateActivityOptionsInput) -> ActivityExecutionOptions:
        """Change the options of a standalone activity."""
        return await self.next.update_activity_options(input)

    async def delete_activity(self, input: DeleteActivityInput) -> None:
        """Delete a standalone activity."""
        await self.next.delete_activity(input)

    def list_activities(self, input: ListActivitiesInput) -> AsyncIterator[ActivityExecution]:
        """List standalone activities."""
        return self.next.list_activities(input)

    async def count_activities(self, input: CountActivitiesInput) -> ActivityExecutionCount:
        """Count standalone activities."""
        return await self.next.count_activities(input)

    async def heartbeat_async_activity(self, input: HeartbeatAsyncActivityInput) -> None:
        """Heartbeat for an activity from outside."""
        await self.next.heartbeat_async_activity(input)

    async def complete_async_activity(self, input: CompleteAsyncActivityInput) -> None:
        """Complete an activity from outside."""
        await self.next.complete_async_activity(input)

    async def fail_async_activity(self, input: FailAsyncActivityInput) -> None:
        """Fail an activity from outside."""
        await self.next.fail_async_activity(input)

    async def report_cancellation_async_activity(self, input: ReportCancellationAsyncActivityInput) -> None:
        """Report an activity as cancelled from outside."""
        await self.next.report_cancellation_async_activity(input)


class Interceptor:
    """Wraps a client's calls; given to ``Client.connect(interceptors=[…])``, the first is the outermost.

    A class that is a worker's interceptor as well wraps the activities of the workers that use the client.
    """

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Return the link to put before *next*; *next* itself leaves the calls as they are."""
        return next
