"""The handle of an activity that is completed from outside, by its task token or its ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from .._arguments import UNSET
from ._inputs import (
    AsyncActivityIDReference,
    CompleteAsyncActivityInput,
    FailAsyncActivityInput,
    HeartbeatAsyncActivityInput,
    ReportCancellationAsyncActivityInput,
)

if TYPE_CHECKING:
    from ..converter import DataConverter, SerializationContext
    from ._inputs import RPCOptions
    from ._interceptor import OutboundInterceptor

__all__ = ["AsyncActivityHandle", "reference_to"]


class AsyncActivityHandle:
    """A handle of an activity that is completed from outside, in any process.

    Get one with :meth:`Client.get_async_activity_handle`. Every call raises

    * :exc:`~asyncworker.exceptions.ActivityNotFoundError`: the activity has closed, or the attempt has ended, as by a
      timeout. A completion may have been applied all the same, when the reply to an earlier try of the same call was
      lost. By its ids :meth:`complete` ends the activity without an attempt under way as well: before the first one,
      and while it waits for its next;
    * :exc:`~asyncworker.exceptions.RPCError`: the server refused, or could not be reached for 10 s (a heartbeat) or a
      minute (the others), or for the ``rpc_timeout``;
    * :exc:`~asyncworker.exceptions.ConverterError`: a value could not be encoded; nothing has been sent.

    Cancelling a call is safe, but the server may have applied it.
    """

    __slots__ = ("_data_converter", "_id_or_token", "_outbound")

    def __init__(
        self,
        outbound: OutboundInterceptor,
        id_or_token: AsyncActivityIDReference | bytes,
        data_converter: DataConverter,
    ) -> None:
        self._outbound = outbound
        self._id_or_token = id_or_token
        self._data_converter = data_converter

    def __repr__(self) -> str:
        # A token is an address, not for people.
        target = self._id_or_token if isinstance(self._id_or_token, AsyncActivityIDReference) else "by task token"
        return f"<AsyncActivityHandle {target}>"

    async def heartbeat(self, *details: Any, **rpc: Unpack[RPCOptions]) -> None:
        """Send a heartbeat with *details*. Each call is sent: nothing is throttled here.

        Raises:
            AsyncActivityCancelledError: The activity was cancelled, paused or reset: stop. Its ``details`` say which.
        """
        await self._outbound.heartbeat_async_activity(
            HeartbeatAsyncActivityInput(
                id_or_token=self._id_or_token, data_converter=self._data_converter, details=details, **rpc
            )
        )

    async def complete(self, result: Any = UNSET, **rpc: Unpack[RPCOptions]) -> None:
        """Complete the activity with *result*, or without one."""
        await self._outbound.complete_async_activity(
            CompleteAsyncActivityInput(
                id_or_token=self._id_or_token,
                data_converter=self._data_converter,
                result=() if result is UNSET else (result,),
                **rpc,
            )
        )

    async def fail(
        self, error: BaseException, last_heartbeat_details: Sequence[Any] = (), **rpc: Unpack[RPCOptions]
    ) -> None:
        """Fail the attempt; the server retries as the retry policy and the error say.

        Args:
            error: What went wrong; an :exc:`~asyncworker.exceptions.ApplicationError` can have details, and decide
                about retries.
            last_heartbeat_details: What the next attempt finds as its heartbeat details.
            rpc: Metadata and deadline of the call.

        Raises:
            TypeError: *error* is no exception.
        """
        if not isinstance(error, BaseException):
            raise TypeError(f"an activity fails with an exception, got {error!r}")
        await self._outbound.fail_async_activity(
            FailAsyncActivityInput(
                id_or_token=self._id_or_token,
                data_converter=self._data_converter,
                error=error,
                last_heartbeat_details=last_heartbeat_details,
                **rpc,
            )
        )

    async def report_cancellation(self, *details: Any, **rpc: Unpack[RPCOptions]) -> None:
        """Report that the activity has stopped because its cancellation was requested.

        Raises:
            RPCError: ``INVALID_ARGUMENT`` when its cancellation was not requested.
        """
        await self._outbound.report_cancellation_async_activity(
            ReportCancellationAsyncActivityInput(
                id_or_token=self._id_or_token, data_converter=self._data_converter, details=details, **rpc
            )
        )

    def with_context(self, context: SerializationContext) -> AsyncActivityHandle:
        """Return this handle with converters and codecs that have this serialization context."""
        return AsyncActivityHandle(self._outbound, self._id_or_token, self._data_converter.with_context(context))


def reference_to(
    task_token: bytes | None, workflow_id: str | None, run_id: str | None, activity_id: str | None
) -> AsyncActivityIDReference | bytes:
    """Return the task token, or the ids, that name an activity.

    Raises:
        TypeError: Neither a token nor ids, or both.
        ValueError: The token, or an id, is empty.
    """
    ids = {"workflow_id": workflow_id, "run_id": run_id, "activity_id": activity_id}
    if task_token is not None:
        given = [name for name, value in ids.items() if value is not None]
        if given:
            raise TypeError(f"a task_token names the activity by itself: leave out {', '.join(given)}")
        if not isinstance(task_token, bytes):
            raise TypeError(f"task_token must be bytes, got {type(task_token).__name__}")
        if not task_token:
            raise ValueError("task_token must not be empty")
        return task_token
    if activity_id is None:
        raise TypeError("give a task_token, or an activity_id (with the workflow_id, if a workflow scheduled it)")
    for name, value in ids.items():
        if value == "":
            raise ValueError(f"{name} must not be empty; leave it out if there is none")
    return AsyncActivityIDReference(workflow_id=workflow_id, run_id=run_id, activity_id=activity_id)
