"""Get handles of activities that were left open with ``raise_complete_async``, to complete them from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._async_handle import AsyncActivityHandle
    from ._interceptor import OutboundInterceptor

__all__ = ["AsyncCompletion"]


class AsyncCompletion:
    """The part of a client that completes activities from outside."""

    __slots__ = ()

    _outbound: OutboundInterceptor
    data_converter: DataConverter

    @overload
    def get_async_activity_handle(self, *, task_token: bytes) -> AsyncActivityHandle: ...
    @overload
    def get_async_activity_handle(
        self, *, workflow_id: str, run_id: str | None = None, activity_id: str
    ) -> AsyncActivityHandle: ...
    @overload
    def get_async_activity_handle(self, *, activity_id: str, run_id: str | None = None) -> AsyncActivityHandle: ...

    def get_async_activity_handle(
        self,
        *,
        task_token: bytes | None = None,
        workflow_id: str | None = None,
        run_id: str | None = None,
        activity_id: str | None = None,
    ) -> AsyncActivityHandle:
        """Return the handle of an activity that is completed from outside. Nothing is sent yet.

        Args:
            task_token: ``activity.info().task_token`` of the attempt: for that attempt only.
            workflow_id: The workflow that scheduled the activity; leave it out for a standalone activity.
            run_id: The workflow's run, or the standalone activity's; by default the latest.
            activity_id: The activity's id.

        Raises:
            TypeError: Neither a token nor ids, or both.
            ValueError: The token, or an id, is empty.
        """
        # A worker's own client needs none, and starts sooner without this.
        from ._async_handle import AsyncActivityHandle, reference_to

        target = reference_to(task_token, workflow_id, run_id, activity_id)
        return AsyncActivityHandle(self._outbound, target, self.data_converter)
