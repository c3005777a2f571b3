"""A client's methods about standalone activities: start one, get a handle, list and count.

What they need is imported at the first call. A worker's client calls none of them, and starts some 15 ms sooner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack, overload

if TYPE_CHECKING:
    from ...activity import Context
    from .._inputs import RPCOptions
    from .._interceptor import OutboundInterceptor
    from ._description import ActivityExecution, ActivityExecutionCount
    from ._handle import ActivityHandle
    from ._options import StartActivityOptions

__all__ = ["Activities"]

R = TypeVar("R")
Ts = TypeVarTuple("Ts")

# The most that a server returns in one page (``frontend.visibilityMaxPageSize``).
_PAGE_SIZE = 1000


class Activities:
    """The part of a client that is about standalone activities: those that no workflow schedules."""

    __slots__ = ()

    _outbound: OutboundInterceptor

    # Start one, by its function or by its name

    @overload
    async def start_activity(
        self, activity: Callable[[*Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self,
        activity: Callable[[Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self, activity: Callable[[*Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self, activity: Callable[[Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self, activity: Callable[..., Awaitable[R]], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self, activity: Callable[..., R], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self,
        activity: str,
        /,
        *arguments: Any,
        result_type: type[R],
        args: Sequence[Any] = (),
        **options: Unpack[StartActivityOptions],
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity(
        self, activity: str, /, *arguments: Any, args: Sequence[Any] = (), **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[Any]: ...

    async def start_activity(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: str | Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> ActivityHandle[Any]:
        """Start a standalone activity, and return as soon as the server has recorded it.

        Options that are not given are taken from the activity's declaration, ``@activity.defn(task_queue=…, …)``.
        A start whose reply was lost is sent again, which starts nothing twice.

        Args:
            activity: The function, whose declaration, arguments and result type are used; or the activity type.
            arguments: The function's arguments, without a leading :class:`~asyncworker.activity.Context`.
            args: The arguments as a sequence, in place of *arguments*.
            result_type: The type to read the result as, where the activity is given by name.
            options: See :class:`StartActivityOptions`.

        Raises:
            TypeError: The arguments are not the function's, there is no such option, or it has another type. Nothing
                has been sent.
            ValueError: An option is missing or out of its range. Nothing has been sent.
            ConverterError: An argument could not be encoded. Nothing has been sent.
            ActivityAlreadyStartedError: The id is taken, and the policies do not allow another.
            RPCError: The server refused, or could not be reached.

        Cancelling is safe, but the server may have started the activity.
        """
        from ._start import plan_start

        return await self._outbound.start_activity(plan_start(activity, arguments, options))

    @overload
    async def execute_activity(
        self, activity: Callable[[*Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity(
        self,
        activity: Callable[[Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> R: ...
    @overload
    async def execute_activity(
        self, activity: Callable[[*Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity(
        self, activity: Callable[[Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity(
        self, activity: Callable[..., Awaitable[R]], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity(
        self, activity: Callable[..., R], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity(
        self,
        activity: str,
        /,
        *arguments: Any,
        result_type: type[R],
        args: Sequence[Any] = (),
        **options: Unpack[StartActivityOptions],
    ) -> R: ...
    @overload
    async def execute_activity(
        self, activity: str, /, *arguments: Any, args: Sequence[Any] = (), **options: Unpack[StartActivityOptions]
    ) -> Any: ...

    async def execute_activity(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: str | Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> Any:
        """Start a standalone activity and wait for its result: :meth:`start_activity`, then ``result()``.

        The *rpc_timeout* is that of the start; the wait has no limit but :func:`asyncio.timeout`.

        Raises:
            ActivityFailureError: The activity ended without a result; the ``cause`` says why.
            Exception: Those of :meth:`start_activity`.

        Cancelling ends the wait and leaves the activity as it is.
        """
        from ._start import plan_start

        handle = await self._outbound.start_activity(plan_start(activity, arguments, options))
        return await handle.result(rpc_metadata=options.get("rpc_metadata") or {})

    # Get a handle

    @overload
    def get_activity_handle(
        self,
        id: str,
        *,
        run_id: str | None = None,
        activity: Callable[..., Awaitable[R]],
    ) -> ActivityHandle[R]: ...
    @overload
    def get_activity_handle(
        self,
        id: str,
        *,
        run_id: str | None = None,
        activity: Callable[..., R],
    ) -> ActivityHandle[R]: ...
    @overload
    def get_activity_handle(
        self,
        id: str,
        *,
        run_id: str | None = None,
        result_type: type[R],
    ) -> ActivityHandle[R]: ...
    @overload
    def get_activity_handle(
        self,
        id: str,
        *,
        run_id: str | None = None,
    ) -> ActivityHandle[Any]: ...

    def get_activity_handle(
        self,
        id: str,
        *,
        run_id: str | None = None,
        activity: Callable[..., Any] | None = None,
        result_type: Any = None,
    ) -> ActivityHandle[Any]:
        """Return the handle of a standalone activity. Nothing is sent yet.

        Args:
            id: The activity's id.
            run_id: Which run of it; by default the latest.
            activity: Its function, whose annotation says the type of the result.
            result_type: The type to read the result as, in place of *activity*.

        Raises:
            TypeError: *activity* is no activity, or both it and *result_type* are given.
            ValueError: An id is empty.
        """
        from ._handle import ActivityHandle
        from ._start import result_type_of, type_of

        if not id or run_id == "":
            raise ValueError("id and run_id must not be empty; leave run_id out for the latest run")
        if activity is not None and result_type is not None:
            raise TypeError("give the activity or its result_type, not both")
        if activity is not None:
            return ActivityHandle(
                self._outbound,
                id,
                run_id=run_id,
                result_type=result_type_of(activity),
                activity_type=type_of(activity),
            )
        return ActivityHandle(self._outbound, id, run_id=run_id, result_type=result_type or Any)

    # List and count

    def list_activities(
        self,
        query: str = "",
        *,
        limit: int | None = None,
        page_size: int = _PAGE_SIZE,
        **rpc: Unpack[RPCOptions],
    ) -> AsyncIterator[ActivityExecution]:
        """Iterate over the activities that *query* finds, the newest first, fetching a page at a time.

        The server's index is up to a second behind.

        Args:
            query: For example ``ActivityType = 'pack' AND ExecutionStatus = 'Running'``; everything if empty. It knows
                ActivityId, ActivityType, ExecutionStatus, TaskQueue, StartTime, CloseTime, ExecutionTime and the
                namespace's own search attributes.
            limit: The most to return.
            page_size: How many to fetch at a time.
            rpc: Metadata and deadline of each page's call.

        Raises:
            ValueError: *page_size* is below one, or *limit* below zero.
            RPCError: While iterating: the server refused (``INVALID_ARGUMENT``: the query), or could not be reached.

        Cancelling ends the iteration.
        """
        from .._inputs import ListActivitiesInput

        if page_size < 1 or (limit is not None and limit < 0):
            raise ValueError(f"page_size must be above zero and limit not below, got {page_size} and {limit}")
        return self._outbound.list_activities(ListActivitiesInput(query=query, limit=limit, page_size=page_size, **rpc))

    async def count_activities(self, query: str = "", **rpc: Unpack[RPCOptions]) -> ActivityExecutionCount:
        """Count the activities that *query* finds; ``GROUP BY ExecutionStatus`` counts those of each status.

        Args:
            query: As for :meth:`list_activities`.
            rpc: Metadata and deadline of the call.

        Raises:
            RPCError: The server refused (``INVALID_ARGUMENT``: the query), or could not be reached.

        Cancelling is safe.
        """
        from .._inputs import CountActivitiesInput

        return await self._outbound.count_activities(CountActivitiesInput(query=query, **rpc))
