"""A client's methods that start an activity named as a method of a class: ``Orders.pack``.

What they need is imported at the first call, as in ``_client_methods.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack, overload

if TYPE_CHECKING:
    from ...activity import Context
    from .._interceptor import OutboundInterceptor
    from ._handle import ActivityHandle
    from ._options import StartActivityOptions

__all__ = ["ActivityMethods"]

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


class ActivityMethods:
    """The part of a client that starts activities by a class's method; only the worker has the object."""

    __slots__ = ()

    _outbound: OutboundInterceptor

    @overload
    async def start_activity_method(
        self, activity: Callable[[Any, *Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity_method(
        self,
        activity: Callable[[Any, Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity_method(
        self, activity: Callable[[Any, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...
    @overload
    async def start_activity_method(
        self, activity: Callable[[Any, Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityHandle[R]: ...

    async def start_activity_method(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> ActivityHandle[Any]:
        """Start a standalone activity that is a method, named through its class: ``Orders.pack``.

        Type checkers see that the arguments are those after ``self``; everything else is as in
        :meth:`Client.start_activity`, also what it raises and what cancelling does.
        """
        from ._start import plan_start

        return await self._outbound.start_activity(plan_start(activity, arguments, options))

    @overload
    async def execute_activity_method(
        self, activity: Callable[[Any, *Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity_method(
        self,
        activity: Callable[[Any, Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> R: ...
    @overload
    async def execute_activity_method(
        self, activity: Callable[[Any, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def execute_activity_method(
        self, activity: Callable[[Any, Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...

    async def execute_activity_method(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> Any:
        """Start a standalone activity that is a method, named through its class, and wait for its result.

        Everything else is as in :meth:`Client.execute_activity`, also what it raises and what cancelling does.
        """
        from ._start import plan_start

        handle = await self._outbound.start_activity(plan_start(activity, arguments, options))
        return await handle.result(rpc_metadata=options.get("rpc_metadata") or {})
