"""The handle of a standalone activity: wait for it, describe it, change it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, Unpack, overload

from ..._time import Seconds
from ...exceptions import ActivityFailureError
from .._inputs import (
    CancelActivityInput,
    DeleteActivityInput,
    DescribeActivityInput,
    GetActivityResultInput,
    PauseActivityInput,
    ResetActivityInput,
    TerminateActivityInput,
    UnpauseActivityInput,
    UpdateActivityOptionsInput,
)

if TYPE_CHECKING:
    from .._inputs import RPCOptions
    from .._interceptor import OutboundInterceptor
    from ._description import ActivityExecutionDescription
    from ._options import ActivityExecutionOptions, UpdateActivityOptions

__all__ = ["ActivityHandle"]

R = TypeVar("R")
T = TypeVar("T")


class ActivityHandle(Generic[R]):
    """A handle of a standalone activity whose result is an ``R``.

    Get one with :meth:`Client.start_activity` or :meth:`Client.get_activity_handle`. Without a run id it stands for
    the latest run of its id. Every call takes ``rpc_metadata`` and ``rpc_timeout`` (see :class:`RPCOptions`) and raises

    * :exc:`~asyncworker.exceptions.ActivityNotFoundError`: there is no such activity, or it is no longer kept;
    * :exc:`~asyncworker.exceptions.RPCError`: the server refused, or could not be reached. ``FAILED_PRECONDITION``
      means that the activity is in a state that does not allow the call: closed, for example.

    Cancelling a call is safe, but the server may have applied it.
    """

    __slots__ = ("_activity_type", "_id", "_outbound", "_outcome", "_result_type", "_run_id", "_task_queue")

    def __init__(
        self,
        outbound: OutboundInterceptor,
        id: str,
        *,
        run_id: str | None = None,
        result_type: Any = Any,
        activity_type: str = "",
        task_queue: str = "",
    ) -> None:
        self._outbound = outbound
        self._id = id
        self._run_id = run_id
        self._result_type = result_type
        self._activity_type = activity_type
        self._task_queue = task_queue
        # Once it is known: its result, or why there is none.
        self._outcome: tuple[R] | ActivityFailureError | None = None

    def __repr__(self) -> str:
        kind = f" {self._activity_type}" if self._activity_type else ""
        run = f", run {self._run_id}" if self._run_id else ""
        return f"<ActivityHandle{kind} {self._id!r}{run}>"

    @property
    def id(self) -> str:
        """The activity's id."""
        return self._id

    @property
    def run_id(self) -> str | None:
        """Which run of the id; ``None`` for the latest."""
        return self._run_id

    # Wait

    async def result(self, **rpc: Unpack[RPCOptions]) -> R:
        """Wait until the activity has ended, and return its result, which is kept for further calls.

        The wait has no limit but the ``rpc_timeout``. An outage of the server is waited out for a minute. Callers of
        one client that await the same activity share one long poll.

        Raises:
            ActivityFailureError: It failed, was cancelled or terminated, or timed out; the ``cause`` says which.
            ConverterError: The result is not of the type expected.

        Cancelling ends the wait and leaves the activity as it is.
        """
        if self._outcome is None:
            try:
                self._outcome = (await self._outbound.get_activity_result(self._result_input(rpc)),)
            except ActivityFailureError as error:
                self._outcome = error
        if isinstance(self._outcome, ActivityFailureError):
            # A new one each time: a traceback is added to where an exception is raised.
            raise ActivityFailureError(str(self._outcome), cause=self._outcome.cause) from self._outcome.cause
        return self._outcome[0]

    def _result_input(self, rpc: RPCOptions) -> GetActivityResultInput:
        return GetActivityResultInput(
            activity_id=self._id,
            activity_run_id=self._run_id,
            activity_type=self._activity_type,
            task_queue=self._task_queue,
            result_type=self._result_type,
            **rpc,
        )

    @overload
    def progress(self, *, index: int = 0) -> AsyncIterator[Any]: ...
    @overload
    def progress(self, type: type[T], *, index: int = 0) -> AsyncIterator[T]: ...
    @overload
    def progress(self, type: Any = ..., *, index: int = 0) -> AsyncIterator[Any]: ...

    async def progress(self, type: Any = Any, *, index: int = 0) -> AsyncIterator[Any]:
        """Iterate over the details of the activity's heartbeats, from the latest on, until the activity ends.

        Each step is one long poll (``DescribeActivityExecution``), which returns as soon as a heartbeat has reached the
        server; the callers of a client that know the same state share it. Of several heartbeats between two steps, and
        of those that the worker holds back, only the newest is seen.

        Args:
            type: The type to read the details as.
            index: Which detail, where a heartbeat has several.

        Raises:
            ConverterError: A detail is not of this type.

        Cancelling ends the iteration and leaves the activity as it is.
        """
        seen: object = None
        description: ActivityExecutionDescription | None = None
        while description is None or not description.status.is_closed:
            description = await self.describe(changed_since=description, include_last_failure=False)
            details = description._contents.heartbeat_details
            # The count tells a heartbeat from one before with the same details. The details that a failed attempt
            # leaves behind are not counted.
            current = (description.total_heartbeat_count, details)
            if index < len(details) and current != seen:
                seen = current
                yield description.heartbeat_details(type, index=index)

    # Look

    async def describe(
        self,
        *,
        changed_since: ActivityExecutionDescription | None = None,
        include_input: bool = False,
        include_outcome: bool = False,
        include_heartbeat_details: bool = True,
        include_last_failure: bool = True,
        **rpc: Unpack[RPCOptions],
    ) -> ActivityExecutionDescription:
        """Return the server's description of the activity.

        Args:
            changed_since: An earlier description: wait until something has changed since then, a heartbeat included.
                The wait has no limit, and the ``rpc_timeout`` is that of one poll. A closed activity does not change.
            include_input: Fetch the arguments that it was started with as well.
            include_outcome: Fetch its result or failure as well, if it has ended.
            include_heartbeat_details: Fetch the details of its last heartbeat as well.
            include_last_failure: Fetch the failure of its last failed attempt as well.
            rpc: Metadata and deadline of the call.

        Cancelling ends the wait and leaves the activity as it is.
        """
        is_waiting = changed_since is not None and not changed_since.status.is_closed
        while True:
            description = await self._outbound.describe_activity(
                DescribeActivityInput(
                    activity_id=self._id,
                    # A token is one run's.
                    activity_run_id=self._run_id if changed_since is None else changed_since.activity_run_id,
                    include_input=include_input,
                    include_outcome=include_outcome,
                    include_heartbeat_details=include_heartbeat_details,
                    include_last_failure=include_last_failure,
                    long_poll_token=changed_since.long_poll_token if changed_since is not None and is_waiting else b"",
                    **rpc,
                )
            )
            if description is not None:
                return description

    # Change

    async def cancel(self, *, reason: str = "", **rpc: Unpack[RPCOptions]) -> None:
        """Request the activity's cancellation. A heartbeat's reply delivers it; the activity may take time, or refuse.

        An activity that no worker has started is cancelled at once. Requesting it again is no error.

        Args:
            reason: Why; recorded by the server, see :attr:`ActivityExecutionDescription.canceled_reason`.
            rpc: Metadata and deadline of the call.
        """
        await self._outbound.cancel_activity(
            CancelActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def terminate(self, *, reason: str = "", **rpc: Unpack[RPCOptions]) -> None:
        """End the activity at once. Its code is not asked; a running attempt is cancelled at its next heartbeat.

        Args:
            reason: Why; recorded by the server.
            rpc: Metadata and deadline of the call.
        """
        await self._outbound.terminate_activity(
            TerminateActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def pause(self, *, reason: str = "", **rpc: Unpack[RPCOptions]) -> None:
        """Pause the activity: no further attempt begins, and a heartbeat's reply asks the running one to stop.

        Args:
            reason: Why; recorded by the server.
            rpc: Metadata and deadline of the call.
        """
        await self._outbound.pause_activity(
            PauseActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def unpause(self, *, reason: str = "", jitter: Seconds | None = None, **rpc: Unpack[RPCOptions]) -> None:
        """Resume a paused activity.

        Args:
            reason: Why; recorded by the server.
            jitter: Begin the next attempt after a random part of this: seconds or a timedelta. By default at once.
            rpc: Metadata and deadline of the call.
        """
        await self._outbound.unpause_activity(
            UnpauseActivityInput(
                activity_id=self._id, activity_run_id=self._run_id, reason=reason, jitter=jitter, **rpc
            )
        )

    async def reset(
        self,
        *,
        keep_paused: bool = False,
        reset_heartbeat: bool = False,
        restore_original_options: bool = False,
        jitter: Seconds | None = None,
        **rpc: Unpack[RPCOptions],
    ) -> None:
        """Start over from the first attempt, when the running one ends; a heartbeat's reply asks it to stop.

        Args:
            keep_paused: A paused activity stays paused.
            reset_heartbeat: Forget the heartbeat details as well.
            restore_original_options: Undo the changes of :meth:`update_options`.
            jitter: Begin after a random part of this: seconds or a timedelta.
            rpc: Metadata and deadline of the call.
        """
        await self._outbound.reset_activity(
            ResetActivityInput(
                activity_id=self._id,
                activity_run_id=self._run_id,
                keep_paused=keep_paused,
                reset_heartbeat=reset_heartbeat,
                restore_original_options=restore_original_options,
                jitter=jitter,
                **rpc,
            )
        )

    async def update_options(self, **changes: Unpack[UpdateActivityOptions]) -> ActivityExecutionOptions:
        """Change options for the attempts to come, and return all options as they are now.

        An option that is not given stays as it is; ``None`` takes it back to the server's default.

        Args:
            changes: See :class:`UpdateActivityOptions`.

        Raises:
            TypeError: There is nothing to change, no such option, or it has another type.
            ValueError: A value that the server would refuse.
        """
        rpc: RPCOptions = {}
        if "rpc_metadata" in changes:
            rpc["rpc_metadata"] = changes.pop("rpc_metadata")
        if "rpc_timeout" in changes:
            rpc["rpc_timeout"] = changes.pop("rpc_timeout")
        return await self._outbound.update_activity_options(
            UpdateActivityOptionsInput(
                activity_id=self._id, activity_run_id=self._run_id, changes=changes, restore_original=False, **rpc
            )
        )

    async def restore_original_options(self, **rpc: Unpack[RPCOptions]) -> ActivityExecutionOptions:
        """Undo the changes of :meth:`update_options`, and return all options as they are now."""
        return await self._outbound.update_activity_options(
            UpdateActivityOptionsInput(
                activity_id=self._id, activity_run_id=self._run_id, changes={}, restore_original=True, **rpc
            )
        )

    async def delete(self, **rpc: Unpack[RPCOptions]) -> None:
        """Delete the activity and everything about it from the server; a running one is terminated first.

        The server does it in the background: for a moment after this returns it may still describe the activity.
        """
        await self._outbound.delete_activity(
            DeleteActivityInput(activity_id=self._id, activity_run_id=self._run_id, **rpc)
        )
