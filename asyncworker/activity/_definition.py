"""Declare a function as an activity, and read such a declaration back."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import (
    BuiltinFunctionType,
    FunctionType,
    GeneratorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    SimpleNamespace,
    WrapperDescriptorType,
)
from typing import Any, TypeVar, get_type_hints, overload

from .._arguments import (
    Check,
    check_count,
    check_duration,
    check_flag,
    check_name,
    check_number,
    check_string,
    instance_of,
)
from .._time import Seconds
from ..common import Priority, RetryPolicy

__all__ = ["START_OPTIONS", "Definition", "defn", "definitions_of", "is_awaitable", "is_unbound_method"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__asyncworker_activity__"
# Where temporalio keeps its own.
_FOREIGN = "__temporal_activity_definition"
_FUNCTIONS = (
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    MethodWrapperType,
    MethodDescriptorType,
    WrapperDescriptorType,
)


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
        found = getattr(fn, _ATTRIBUTE, None)
        if not isinstance(found, cls):
            found = _inherited(fn) if inspect.ismethod(fn) else None
            return None if found is None else _bind(found, fn)
        return found if found.fn is fn else _bind(found, fn, is_async=found.is_async)

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
            found = None if declared is None else _bind(declared, fn, is_async=declared.is_async)
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
            raise ValueError(f"{_describe(fn)} is already declared as an activity: decorate it once")
        definition = _define(fn, name=name, dynamic=dynamic, **options)
        try:
            setattr(fn, _ATTRIBUTE, definition)
        except AttributeError:
            raise TypeError(f"{_describe(fn)} cannot carry a declaration; decorate a function or a method") from None
        return decorated

    return decorate if fn is None else decorate(fn)


def definitions_of(thing: Any) -> Iterator[Definition]:
    """Yield the declarations of *thing*: a function, or an object with activity methods.

    Raises:
        TypeError: It is no activity and has none; the message says what to do.
    """
    if inspect.isclass(thing):
        raise TypeError(f"{thing.__qualname__} is a class: pass an instance of it, e.g. {thing.__name__}(…)")
    if inspect.isroutine(thing) or isinstance(thing, functools.partial) or Definition.find(thing) is not None:
        if inspect.isfunction(thing):
            _refuse_unbound(thing)
        yield _own(thing)
        return
    methods = [] if inspect.ismodule(thing) else list(_methods(thing))
    if methods:
        yield from methods
    elif callable(thing):
        yield _own(thing)
    else:
        raise TypeError(
            f"{thing!r} is neither an activity nor an object with any: decorate its methods with @activity.defn"
        )


def _own(fn: Callable[..., Any]) -> Definition:
    """Return the declaration of a function that was passed by itself, or make one."""
    _refuse_foreign(fn, fn, _describe(fn))
    return Definition.of(fn)


def _refuse_unbound(fn: Callable[..., Any]) -> None:
    if is_unbound_method(fn, list(inspect.signature(fn).parameters.values())):
        owner = fn.__qualname__.rpartition(".")[0]
        raise TypeError(f"{fn.__qualname__} is a method without its object: pass {owner}(…).{fn.__name__}")


def _refuse_foreign(static: Any, fn: Any, name: str) -> None:
    while type(static) is functools.partial:
        static = static.func
    if _carried(static, _FOREIGN) is not None and Definition.find(fn) is None:
        raise TypeError(
            f"{name} is declared with temporalio's @activity.defn only: declare it with asyncworker's @activity.defn"
            " as well"
        )


# Objects


def _methods(thing: object) -> Iterator[Definition]:
    """Yield what is declared on an object or on its class; an override goes by the declaration of what it overrides."""
    spaces = [_carrier(thing), *map(vars, type(thing).__mro__)]
    # Looked at from outside first: a property must not run just because we look for activities.
    for name in dict.fromkeys(name for space in spaces for name in space):
        static = inspect.getattr_static(thing, name, None)
        if type(static) is MemberDescriptorType:
            static = getattr(thing, name, None)
        own = _carried(static, _ATTRIBUTE)
        found = own or next(filter(None, (_carried(space.get(name), _ATTRIBUTE) for space in spaces)), None)
        where = f"{type(thing).__qualname__}.{name}"
        if found is None:
            _refuse_foreign(static, None, where)
        elif issubclass(type(static), property | functools.cached_property):
            raise TypeError(f"{where} is declared as an activity, but is a property: make it a method")
        elif static is not None:
            fn = _bound(thing, name, where)
            yield _bind(found, fn, is_async=own is not None and own.is_async)


def _bound(thing: object, name: str, where: str) -> Callable[..., Any]:
    """Get an activity method of *thing*, as something that shows what it is called with."""
    fn = getattr(thing, name)
    if not callable(fn):
        raise TypeError(f"{where} is declared as an activity, but is not callable; set it to None to take it out")
    if inspect.isfunction(fn):
        _refuse_unbound(fn)
    if isinstance(fn, _FUNCTIONS):
        return fn
    # A decorator that is an object may be bound, and still show the parameters of the function that it wraps.
    shown = inspect.signature(fn)
    first = next(iter(shown.parameters), None)
    return _Shown(fn, shown.replace(parameters=[*shown.parameters.values()][1:])) if first == "self" else fn


class _Shown:
    """Something to call that shows another signature than its own."""

    def __init__(self, fn: Callable[..., Any], signature: inspect.Signature) -> None:
        functools.update_wrapper(self, fn)
        self.__wrapped__ = inspect.unwrap(fn)
        self.__signature__ = signature
        self._fn = fn

    def __call__(self, *args: Any) -> Any:
        return self._fn(*args)


def _inherited(method: Any) -> Definition | None:
    """Find what a bound method overrides, if that is declared."""
    owner = method.__self__ if inspect.isclass(method.__self__) else type(method.__self__)
    name = getattr(method.__func__, "__name__", "")
    return next(filter(None, (_carried(vars(cls).get(name), _ATTRIBUTE) for cls in owner.__mro__)), None)


def _carried(static: Any, attribute: str) -> Any:
    """Look a declaration up without running user code: neither a property nor a proxy's object."""
    kind = type(static)
    if issubclass(kind, property):
        static = static.fget
    elif issubclass(kind, functools.cached_property):
        static = static.func
    elif issubclass(kind, staticmethod | classmethod | MethodType):
        static = static.__func__
    return _carrier(static).get(attribute)


def _carrier(thing: object) -> Mapping[str, Any]:
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, Mapping) else {}


# One function


def _define(fn: Callable[..., Any], *, name: str | None, dynamic: bool, **options: Any) -> Definition:
    if inspect.isclass(fn):
        raise TypeError(f"{fn.__qualname__} is a class: an activity is a function, a method or a callable object")
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable: an activity is a function, a method or a callable object")
    if dynamic and name is not None:
        raise TypeError(f"{_describe(fn)} cannot be dynamic and have a name: a dynamic activity takes every type")
    _check_options(fn, options)
    takes_context = _check_signature(fn, dynamic=dynamic)
    return Definition(
        name=None if dynamic else _checked_name(fn, name),
        fn=fn,
        is_async=_is_async(fn),
        takes_context=takes_context,
        **options,
    )


def _bind(found: Definition, fn: Callable[..., Any], *, is_async: bool = False) -> Definition:
    """Return the declaration of one function as that of *fn*, which is it, wraps it, or overrides it."""
    takes_context = _check_signature(fn, dynamic=found.dynamic)
    return replace(found, fn=fn, is_async=is_async or _is_async(fn), takes_context=takes_context)


def _check_signature(fn: Callable[..., Any], *, dynamic: bool) -> bool:
    """Refuse a function that no task can call; return whether its first parameter is a context."""
    code = _code_of(fn)
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"{_describe(fn)} is a generator: an activity returns one value; heartbeat to report progress")
    parameters = _parameters(fn)
    takes_context = _takes_context(fn, parameters)
    if dynamic and len(parameters) - takes_context != 1:
        raise TypeError(f"{_describe(fn)} is dynamic and must take one Sequence[RawValue] (after a context)")
    return takes_context


def _code_of(fn: Any) -> Callable[..., Any]:
    """Look through partials, methods and callable objects at the function that decides whether it is ``async``."""
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif isinstance(fn, MethodType):
            fn = fn.__func__
        elif isinstance(fn, _Shown):
            fn = fn._fn
        elif isinstance(fn, _FUNCTIONS):
            return fn
        else:
            # An object with __call__, such as a decorator that fits methods as a function does.
            fn = type(fn).__call__


def _is_async(fn: Any) -> bool:
    while isinstance(fn, functools.partial):
        fn = fn.func
    # There are marks on objects that return coroutines all the same: inspect's, and before Python 3.12 asyncio's.
    mark = getattr(asyncio.coroutines, "_is_coroutine", None)
    return (
        inspect.iscoroutinefunction(_code_of(fn))
        or inspect.iscoroutinefunction(fn)
        or (mark is not None and getattr(fn, "_is_coroutine", None) is mark)
    )


def is_awaitable(result: Any) -> bool:
    """Whether the result of a ``def`` function is to be awaited."""
    # By its class: an object may be a proxy that has to look its object up.
    kind = type(result)
    return issubclass(kind, Awaitable) or (kind is GeneratorType and inspect.isawaitable(result))


def _checked_name(fn: Callable[..., Any], name: str | None) -> str:
    if name is None:
        name = getattr(fn, "__name__", None) or getattr(_code_of(fn), "__name__", None)
        if name == "__call__":
            owner = fn.__qualname__.rpartition(".")[0] if inspect.isfunction(fn) else type(fn).__name__
            name = owner.rpartition(".")[2]
        if name == "<lambda>" or name is None:
            raise TypeError(f"{_describe(fn)} has no name of its own: give one with @activity.defn(name=…)")
    check_string(f"name of {_describe(fn)}", name)
    if not name:
        raise ValueError("an activity's name must not be empty")
    if name.startswith("__temporal_"):
        raise ValueError(f"an activity's name must not start with '__temporal_', which is Temporal's own; got {name!r}")
    return name


def _positive(check: Check) -> Check:
    def check_positive(name: str, value: Any) -> Any:
        if not check(name, value) > 0:
            raise ValueError(f"{name} must be above zero, got {value!r}")
        return value

    return check_positive


# How each option of a start is checked that a declaration may have too; `Client.start_activity` checks them likewise.
START_OPTIONS: Mapping[str, Check] = {
    "start_to_close_timeout": check_duration,
    "schedule_to_close_timeout": check_duration,
    "schedule_to_start_timeout": check_duration,
    "heartbeat_timeout": check_duration,
    "retry_policy": instance_of(RetryPolicy, "RetryPolicy(maximum_attempts=3)"),
    "task_queue": check_name,
    "priority": instance_of(Priority, "Priority(priority_key=1)"),
    "summary": check_string,
}
# Those that a worker reads.
_WORKER_OPTIONS: Mapping[str, Check] = {
    "no_thread_cancel_exception": check_flag,
    "auto_heartbeat": check_flag,
    "auto_heartbeat_limit": check_duration,
    "max_concurrent": _positive(check_count),
    "max_per_second": _positive(check_number),
}
_CHECKS = {**_WORKER_OPTIONS, **START_OPTIONS}


def _check_options(fn: Callable[..., Any], options: dict[str, Any]) -> None:
    unknown = sorted(set(options) - set(_CHECKS))
    if unknown:
        raise TypeError(
            f"activity.defn does not take {', '.join(unknown)}; it takes name, dynamic, {', '.join(_CHECKS)}"
        )
    for key, value in options.items():
        if value is not None:
            _CHECKS[key](f"{key} of {_describe(fn)}", value)


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the positional parameters, and refuse those that no payload can fill."""
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError) as error:
        raise TypeError(f"the signature of {_describe(fn)} cannot be read: {error}") from error
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            raise TypeError(f"{_describe(fn)} takes **{parameter.name}: activity arguments are positional")
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise TypeError(
                f"parameter {parameter.name!r} of {_describe(fn)} is keyword-only: activity arguments are positional,"
                " so give it a default or make it positional"
            )
    if is_unbound_method(fn, parameters):
        del parameters[0]
    return [parameter for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]


def is_unbound_method(fn: Callable[..., Any], parameters: list[inspect.Parameter]) -> bool:
    """Whether *fn* is a method, named through its class, that has no object yet."""
    # "Orders.pack" is a method, "test.<locals>.pack" is not.
    owner = fn.__qualname__.rpartition(".")[0] if inspect.isfunction(fn) else ""
    return bool(owner) and not owner.endswith("<locals>") and bool(parameters) and parameters[0].name in ("self", "cls")


def _takes_context(fn: Callable[..., Any], parameters: list[inspect.Parameter]) -> bool:
    """Whether the first parameter is annotated with :class:`Context`, as a class or as a string."""
    from ._context import Context

    if not parameters:
        return False
    parameter = parameters[0]
    annotation = parameter.annotation
    if isinstance(annotation, str):
        try:
            # This annotation alone: that of the result, for one, may be what only type checkers know.
            alone = SimpleNamespace(__annotations__={parameter.name: annotation})
            names = getattr(_innermost(fn), "__globals__", {})
            return get_type_hints(alone, names)[parameter.name] is Context
        except Exception:  # noqa: BLE001 - a name may not be resolvable yet, or only for type checkers
            return annotation in ("Context", "activity.Context", "asyncworker.activity.Context")
    return annotation is Context


def _innermost(fn: Any) -> Callable[..., Any]:
    """Find the function whose parameters :func:`inspect.signature` shows."""
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif isinstance(fn, MethodType):
            fn = fn.__func__
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        else:
            return _code_of(fn)


def _describe(fn: Callable[..., Any]) -> str:
    return getattr(fn, "__qualname__", None) or repr(fn)
