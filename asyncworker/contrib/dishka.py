"""Values of a `dishka <https://dishka.readthedocs.io>`_ container as parameters of activities.

::

    container = make_async_container(MyProvider(), ActivityProvider())
    worker = Worker(client, task_queue="orders", activities=[pack], interceptors=[DishkaInterceptor(container)])


    @activity.defn
    @inject
    async def pack(order_id: str, session: FromDishka[Session]) -> str: ...

Each attempt has a container of the scope ``REQUEST``, which is closed before its outcome is reported and shown the
error with which the activity has ended. The container of the scope ``APP`` is the application's to close, after the
worker. Needs the extra ``dishka``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar, get_type_hints

from dishka import AsyncContainer, Container, FromDishka, Provider, Scope, from_context
from dishka.integrations.base import wrap_injection

from .. import activity
from ..activity._callables import is_coroutine_function
from ..worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

__all__ = ["ActivityProvider", "DishkaInterceptor", "FromDishka", "inject"]

F = TypeVar("F", bound=Callable[..., Any])

_current: ContextVar[AsyncContainer | Container] = ContextVar("asyncworker_dishka_container")


class ActivityProvider(Provider):
    """Provides :class:`.Info` and :class:`.Context` of the running attempt, in the scope ``REQUEST``."""

    info = from_context(activity.Info, scope=Scope.REQUEST)
    context = from_context(activity.Context, scope=Scope.REQUEST)


def inject(fn: F) -> F:
    """Have the parameters of an activity that are annotated with ``FromDishka[…]`` filled from the container.

    They take no part in the payload. It stands below ``@activity.defn``. To type checkers they stay parameters: with a
    default, such as ``session: FromDishka[Session] = FROM_DISHKA`` for a constant of the type ``Any``, callers may
    leave them out.

    Args:
        fn: The activity: an ``async def`` function, or, for a :class:`dishka.Container`, a ``def`` function.

    Raises:
        NameError: An annotation has a name that is not there at run time.
        TypeError: A parameter of the payload stands behind one that is filled: dishka passes those by their names.
    """
    hints = get_type_hints(fn, include_extras=True)
    wrapped: Any
    if is_coroutine_function(fn):
        wrapped = wrap_injection(func=fn, is_async=True, container_getter=_async_container)
    else:
        wrapped = wrap_injection(func=fn, is_async=False, container_getter=_container)
    if wrapped is not fn:
        _refuse_between(fn, wrapped)
        # It was evaluated where the function is, which the wrapper is not.
        result = hints.get("return", inspect.Signature.empty)
        wrapped.__signature__ = inspect.signature(wrapped).replace(return_annotation=result)
    injected: F = wrapped
    return injected


def _refuse_between(fn: Callable[..., Any], wrapped: Callable[..., Any]) -> None:
    """Refuse a parameter of the payload behind one that the container fills."""
    left, filled = inspect.signature(wrapped).parameters, None
    for parameter in inspect.signature(fn).parameters.values():
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            return
        if parameter.name not in left:
            filled = parameter.name
        elif filled is not None:
            raise TypeError(
                f"{fn.__qualname__}: parameter {parameter.name!r} of the payload stands behind {filled!r}, which dishka"
                " fills by its name: put what it fills last, or behind a '*'"
            )


class DishkaInterceptor(Interceptor):
    """Opens a container of the scope ``REQUEST`` for each attempt.

    Args:
        container: Of the scope ``APP``; stays its owner's to close. A :class:`dishka.Container` fills the parameters of
            ``def`` activities, a :class:`dishka.AsyncContainer` those of ``async def`` ones.
    """

    def __init__(self, container: AsyncContainer | Container) -> None:
        self._container = container

    def __repr__(self) -> str:
        return f"<DishkaInterceptor [{type(self._container).__name__}]>"

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _WithContainer(self._container, next)


class _WithContainer(ActivityInboundInterceptor):
    def __init__(self, container: AsyncContainer | Container, next: ActivityInboundInterceptor) -> None:
        super().__init__(next)
        self._container = container

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        call = super().execute_activity(input)
        # The arguments are the activity's, which may let go of them long before its end.
        del input
        given = {activity.Info: activity.info(), activity.Context: activity.context()}
        if isinstance(self._container, AsyncContainer):
            async with self._container(context=given) as container:
                _current.set(container)
                return await call
        with self._container(context=given) as sync_container:
            _current.set(sync_container)
            return await call


def _async_container(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> AsyncContainer:
    found = _found()
    if not isinstance(found, AsyncContainer):
        raise TypeError("an async def activity is filled from an AsyncContainer: give one to DishkaInterceptor")
    return found


def _container(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Container:
    found = _found()
    if not isinstance(found, Container):
        raise TypeError("a def activity is filled from a Container, which awaits nothing: give one to another worker")
    return found


def _found() -> AsyncContainer | Container:
    try:
        return _current.get()
    except LookupError:
        raise RuntimeError(
            "there is no container: give the worker a DishkaInterceptor(container) as one of its interceptors"
        ) from None
