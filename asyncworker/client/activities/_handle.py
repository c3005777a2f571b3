"""A standalone activity, held by its id: wait for it, look at it, change it."""

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
    from .._interceptor import OutboundInterceptor
    from ._description import ActivityExecutionDescription
    from ._options import ActivityExecutionOptions, RPCOptions, UpdateActivityOptions

__all__ = ["ActivityHandle"]

R = TypeVar("R")
T = TypeVar("T")


class ActivityHandle(Generic[R]):
    """A standalone activity whose result is an ``R``.

    Get one with :meth:`Client.start_activity` or :meth:`Client.get_activity_handle`. Without a run id it stands for
    the latest run of its id. Every call takes ``rpc_metadata`` and ``rpc_timeout`` (see :class:`RPCOptions`) and may
    raise

    * :exc:`~asyncworker.exceptions.ActivityNotFoundError`: there is no such activity, or it is no longer kept;
    * :exc:`~asyncworker.exceptions.RPCError`: the server said no, or could not be reached. ``FAILED_PRECONDITION`` is
      how it says that the activity is in a state where this cannot be asked: closed, for one.
    """

    __slots__ = ("_activity_type", "_end", "_id", "_outbound", "_result_type", "_run_id", "_task_queue")

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
        # What it came to, once that is known: its result, or why there is none.
        self._end: tuple[R] | ActivityFailureError | None = None

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
        """Wait until the activity has ended, and return its result. Known once, it is known for good.

        There is no limit to the wait but the ``rpc_timeout``. A server that cannot be reached is borne for a minute.

        Raises:
            ActivityFailureError: It failed, was cancelled or terminated, or timed out; the ``cause`` says which.
            ConverterError: The result is not of the type expected.

        Cancelling ends the wait and leaves the activity as it is.
        """
        if self._end is None:
            try:
                self._end = (await self._outbound.get_activity_result(self._result_input(rpc)),)
            except ActivityFailureError as error:
                self._end = error
        if isinstance(self._end, ActivityFailureError):
            # A new one each time: a traceback is added to where an exception is raised.
            raise ActivityFailureError(str(self._end), cause=self._end.cause) from self._end.cause
        return self._end[0]

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
        """Iterate over what the activity's heartbeats say, from the latest on; ends when the activity does.

        Each step is one long poll (``DescribeActivityExecution``), which the server answers as soon as a heartbeat has
        come in. Of heartbeats that come faster than they are asked for, and of those that the worker holds back, the
        newest is seen.

        Args:
            type: What to make of the details.
            index: Which detail, where a heartbeat has several.

        Raises:
            ConverterError: A detail is not of this type.
        """
        seen: object = None
        description: ActivityExecutionDescription | None = None
        while description is None or not description.status.is_closed:
            description = await self.describe(changed_since=description, include_last_failure=False)
            details = description._contents.heartbeat_details
            # The count tells one heartbeat from another that says the same; a failed attempt's last words do not count.
            news = (description.total_heartbeat_count, details)
            if index < len(details) and news != seen:
                seen = news
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
        """Ask the server how the activity stands.

        Args:
            changed_since: An earlier description: wait until something has changed since then, be it a heartbeat. The
                wait has no limit, and the ``rpc_timeout`` is that of one poll. A closed activity does not change.
            include_input: Also what it was started with.
            include_outcome: Also its result or failure, if it has ended.
            include_heartbeat_details: Also what its last heartbeat said.
            include_last_failure: Also how its last failed attempt failed.
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
        """Ask for the activity's cancellation: it hears of it with a heartbeat, and may take its time, or refuse.

        One that no worker has started is cancelled at once. Asking again is no error.
        """
        await self._outbound.cancel_activity(
            CancelActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def terminate(self, *, reason: str = "", **rpc: Unpack[RPCOptions]) -> None:
        """End the activity here and now, without asking its code."""
        await self._outbound.terminate_activity(
            TerminateActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def pause(self, *, reason: str = "", **rpc: Unpack[RPCOptions]) -> None:
        """Begin no further attempt; the one under way hears of it with a heartbeat."""
        await self._outbound.pause_activity(
            PauseActivityInput(activity_id=self._id, activity_run_id=self._run_id, reason=reason, **rpc)
        )

    async def unpause(self, *, reason: str = "", jitter: Seconds | None = None, **rpc: Unpack[RPCOptions]) -> None:
        """Let a paused activity go on, at once or after a random part of *jitter* (seconds or a timedelta)."""
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
        """Start over from the first attempt, when the one under way ends; it hears of it with a heartbeat.

        Args:
            keep_paused: A paused activity stays paused.
            reset_heartbeat: Forget the heartbeat details as well.
            restore_original_options: Take back what :meth:`update_options` changed.
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
        """Change options for the attempts to come, and return them all as they are now.

        What is not given stays as it is; ``None`` takes an option back to the server's default.

        Raises:
            TypeError: There is nothing to change, or no such option.
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
        """Take back what :meth:`update_options` changed, and return all options as they are now."""
        return await self._outbound.update_activity_options(
            UpdateActivityOptionsInput(
                activity_id=self._id, activity_run_id=self._run_id, changes={}, restore_original=True, **rpc
            )
        )

    async def delete(self, **rpc: Unpack[RPCOptions]) -> None:
        """Delete the activity and all that is known of it; one that runs is terminated first.

        The server carries it out in its own time: for a moment after this returns the activity may still be known.
        """
        await self._outbound.delete_activity(
            DeleteActivityInput(activity_id=self._id, activity_run_id=self._run_id, **rpc)
        )
