"""Declare a function as an activity, and read such a declaration back."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, overload

from .._arguments import check_string
from .._time import Seconds
from ..common import Priority, RetryPolicy
from . import _temporalio
from ._callables import (
    code_of,
    describe,
    is_coroutine_function,
    positional_parameters,
    resolve_annotation,
    static_attribute,
)
from ._context import Context
from ._dependencies._marker import is_injected
from ._options import check_options

__all__ = ["ATTRIBUTE", "Definition", "bind", "defn"]

F = TypeVar("F", bound=Callable[..., Any])

#: Where a function keeps its declaration.
ATTRIBUTE = "__asyncworker_activity__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The declaration of an activity, made by ``@activity.defn``.

    The timeouts, the retry policy, the task queue, the priority and the summary are defaults for
    :meth:`asyncworker.client.Client.start_activity`; workflows, in any SDK, have their own.

    Attributes:
        name: The activity type; ``None`` for a dynamic activity, which takes every type without an activity of its own.
        fn: The function, bound to its object if it is a method.
        is_async: Whether it runs on the event loop.
        takes_context: Whether its first parameter is a :class:`Context`, which the worker passes.
        no_thread_cancel_exception: Whether heartbeats of a ``def`` function do not raise once it is cancelled.
        auto_heartbeat: Whether the worker heartbeats for it; ``None``: as the worker is set.
        auto_heartbeat_limit: For how long it does so without a heartbeat of the activity's own, in seconds or as a
            timedelta; ``None``: until the attempt ends.
        max_concurrent: How many of it one worker runs at a time; ``None`` for no limit of its own.
        max_per_second: How many of it one worker starts per second; ``None`` for no limit of its own.
        start_to_close_timeout: How long one attempt may take, in seconds or as a timedelta.
        schedule_to_close_timeout: How long all attempts together may take, in seconds or as a timedelta.
        schedule_to_start_timeout: How long one attempt may wait for a worker, in seconds or as a timedelta.
        heartbeat_timeout: How long an attempt may go without a heartbeat, in seconds or as a timedelta.
        retry_policy: How attempts are repeated.
        task_queue: The task queue that its workers poll.
        priority: Its place in the queue.
        summary: One line for people, shown in the UI.
    """

    name: str | None
    fn: Callable[..., Any] = field(repr=False)
    is_async: bool
    takes_context: bool = False
    no_thread_cancel_exception: bool = False
    auto_heartbeat: bool | None = None
    auto_heartbeat_limit: Seconds | None = None
    max_concurrent: int | None = None
    max_per_second: float | None = None
    start_to_close_timeout: Seconds | None = None
    schedule_to_close_timeout: Seconds | None = None
    schedule_to_start_timeout: Seconds | None = None
    heartbeat_timeout: Seconds | None = None
    retry_policy: RetryPolicy | None = None
    task_queue: str | None = None
    priority: Priority | None = None
    summary: str | None = None

    @property
    def dynamic(self) -> bool:
        """Whether this takes every activity type without an activity of its own."""
        return self.name is None

    @classmethod
    def find(cls, fn: Callable[..., Any]) -> Definition | None:
        """Return the declaration of *fn*, or ``None``; that of a bound method is bound to its object.

        A method that overrides a declared one has its declaration.
        """
        found = getattr(fn, ATTRIBUTE, None)
        if not isinstance(found, cls):
            found = _inherited(fn) if inspect.ismethod(fn) else None
            return None if found is None else bind(found, fn)
        return found if found.fn is fn else bind(found, fn, is_async=found.is_async)

    @classmethod
    def of(cls, fn: Callable[..., Any]) -> Definition:
        """Return the declaration of *fn*, or declare a plain function with the defaults.

        Raises:
            TypeError: *fn* cannot be an activity.
        """
        found = cls.find(fn)
        if found is None and isinstance(fn, functools.partial):
            # Some of its arguments are bound already, but it is the same activity.
            inner: Callable[..., Any] = fn
            while isinstance(inner, functools.partial):
                inner = inner.func
            declared = cls.find(inner)
            found = None if declared is None else bind(declared, fn, is_async=declared.is_async)
        return found or _define(fn, name=None, dynamic=False)


@overload
def defn(fn: F) -> F: ...


@overload
def defn(
    *,
    name: str | None = None,
    dynamic: bool = False,
    no_thread_cancel_exception: bool = False,
    start_to_close_timeout: Seconds | None = None,
    schedule_to_close_timeout: Seconds | None = None,
    schedule_to_start_timeout: Seconds | None = None,
    heartbeat_timeout: Seconds | None = None,
    retry_policy: RetryPolicy | None = None,
    task_queue: str | None = None,
    priority: Priority | None = None,
    summary: str | None = None,
    auto_heartbeat: bool | None = None,
    auto_heartbeat_limit: Seconds | None = None,
    max_concurrent: int | None = None,
    max_per_second: float | None = None,
) -> Callable[[F], F]: ...


def defn(
    fn: F | None = None,
    *,
    name: str | None = None,
    dynamic: bool = False,
    **options: Any,
) -> F | Callable[[F], F]:
    """Declare a function as an activity: ``@activity.defn`` or ``@activity.defn(name="charge", …)``.

    ``async def`` functions run on the worker's event loop, ``def`` functions in a thread; an awaitable that a ``def``
    function returns is awaited on the loop. The decorator returns the function as it was, so that it can be called and
    tested as before.

    Args:
        fn: The function, when the decorator is used without parentheses.
        name: The activity type. Default: the function's name.
        dynamic: Take every activity type without an activity of its own on the worker; the function has one parameter
            (after a context), a ``Sequence[RawValue]``.
        no_thread_cancel_exception: For ``def`` functions: do not raise :exc:`~asyncworker.exceptions.CancelledError`
            from :func:`heartbeat` once the activity is cancelled; the function calls :func:`is_cancelled` instead.
        start_to_close_timeout: How long one attempt may take, in seconds or as a timedelta.
        schedule_to_close_timeout: How long all attempts together may take, in seconds or as a timedelta.
        schedule_to_start_timeout: How long one attempt may wait for a worker, in seconds or as a timedelta.
        heartbeat_timeout: How long an attempt may go without a heartbeat, in seconds or as a timedelta.
        retry_policy: How attempts are repeated.
        task_queue: The task queue that its workers poll.
        priority: Its place in the queue.
        summary: One line for people, shown in the UI.
        auto_heartbeat: The worker heartbeats for the activity, so that a cancellation reaches code that never calls
            :func:`heartbeat`. ``None``: as the worker is set.
        auto_heartbeat_limit: For how long the worker does so, from the activity's start or its last own heartbeat on,
            in seconds or as a timedelta; one that hangs then runs into its heartbeat timeout. ``None``: no limit.
        max_concurrent: How many of this activity one worker runs at a time.
        max_per_second: How many of this activity one worker starts per second.

        The timeouts, retry policy, task queue, priority and summary are defaults for
        :meth:`asyncworker.client.Client.start_activity`.

    Raises:
        TypeError: This cannot be an activity, or an option is unknown or of the wrong type; the message says why and
            what to do.
        ValueError: An option is out of its range.
    """
    if fn is not None and not (callable(fn) or isinstance(fn, classmethod)):
        raise TypeError(f"activity.defn takes options by keyword; got {fn!r} where the function belongs")

    def decorate(decorated: F) -> F:
        # A class method or static method is bound to the function in it, which is looked up then.
        fn: Any = decorated.__func__ if isinstance(decorated, classmethod | staticmethod) else decorated
        if Definition.find(fn) is not None:
            raise ValueError(f"{describe(fn)} is already declared as an activity: decorate it once")
        theirs: Any = _temporalio.declared_with_temporalio(fn, name=name, dynamic=dynamic)
        own_name = theirs.name if name is None and theirs is not None else name
        definition = _define(fn, name=own_name, dynamic=dynamic, **options)
        _attach(fn, definition, theirs)
        return decorated

    return decorate if fn is None else decorate(fn)


def _attach(fn: Callable[..., Any], definition: Definition, theirs: Any) -> None:
    """Leave a declaration on its function, for our worker and for temporalio, which may have left one of its own."""
    try:
        setattr(fn, ATTRIBUTE, definition)
        # Theirs says that its worker can run the function, which it cannot with a context.
        if theirs is None or definition.takes_context:
            setattr(fn, _temporalio.ATTRIBUTE, _for_temporalio(definition))
    except AttributeError:
        raise TypeError(f"{describe(fn)} cannot carry a declaration; decorate a function or a method") from None


def _for_temporalio(definition: Definition) -> _temporalio.TemporalioDefinition:
    return _temporalio.TemporalioDefinition(
        definition.fn,
        name=definition.name,
        takes_context=definition.takes_context,
        no_thread_cancel_exception=definition.no_thread_cancel_exception,
    )


def _inherited(method: Any) -> Definition | None:
    """Find what a bound method overrides, if that is declared."""
    owner = method.__self__ if inspect.isclass(method.__self__) else type(method.__self__)
    name = getattr(method.__func__, "__name__", "")
    return next(filter(None, (static_attribute(vars(cls).get(name), ATTRIBUTE) for cls in owner.__mro__)), None)


def _define(fn: Callable[..., Any], *, name: str | None, dynamic: bool, **options: Any) -> Definition:
    if inspect.isclass(fn):
        raise TypeError(f"{fn.__qualname__} is a class: an activity is a function, a method or a callable object")
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable: an activity is a function, a method or a callable object")
    if dynamic and name is not None:
        raise TypeError(f"{describe(fn)} cannot be dynamic and have a name: a dynamic activity takes every type")
    check_options(describe(fn), options)
    takes_context = _check_signature(fn, dynamic=dynamic)
    return Definition(
        name=None if dynamic else _checked_name(fn, name),
        fn=fn,
        is_async=is_coroutine_function(fn),
        takes_context=takes_context,
        **options,
    )


def bind(found: Definition, fn: Callable[..., Any], *, is_async: bool = False) -> Definition:
    """Return the declaration of one function as that of *fn*, which is it, wraps it, or overrides it."""
    takes_context = _check_signature(fn, dynamic=found.dynamic)
    return replace(found, fn=fn, is_async=is_async or is_coroutine_function(fn), takes_context=takes_context)


def _check_signature(fn: Callable[..., Any], *, dynamic: bool) -> bool:
    """Refuse a function that no task can call; return whether its first parameter is a context."""
    code = code_of(fn)
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"{describe(fn)} is a generator: an activity returns one value; heartbeat to report progress")
    parameters = positional_parameters(fn, is_injected)
    takes_context = _takes_context(fn, parameters)
    if dynamic and sum(not is_injected(fn, each) for each in parameters[int(takes_context) :]) != 1:
        raise TypeError(f"{describe(fn)} is dynamic and must take one Sequence[RawValue] (after a context)")
    return takes_context


def _checked_name(fn: Callable[..., Any], name: str | None) -> str:
    if name is None:
        name = getattr(fn, "__name__", None) or getattr(code_of(fn), "__name__", None)
        if name == "__call__":
            owner = fn.__qualname__.rpartition(".")[0] if inspect.isfunction(fn) else type(fn).__name__
            name = owner.rpartition(".")[2]
        if name == "<lambda>" or name is None:
            raise TypeError(f"{describe(fn)} has no name of its own: give one with @activity.defn(name=…)")
    check_string(f"name of {describe(fn)}", name)
    if not name:
        raise ValueError("an activity's name must not be empty")
    if name.startswith("__temporal_"):
        raise ValueError(f"an activity's name must not start with '__temporal_', which is Temporal's own; got {name!r}")
    return name


def _takes_context(fn: Callable[..., Any], parameters: list[inspect.Parameter]) -> bool:
    """Whether the first parameter is annotated with :class:`Context`, as a class or as a string."""
    if not parameters:
        return False
    parameter = parameters[0]
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            return resolve_annotation(fn, annotation) is Context
        except Exception:  # noqa: BLE001 - a name may not be resolvable yet, or only for type checkers
            return annotation in ("Context", "activity.Context", "asyncworker.activity.Context")
    return annotation is Context
