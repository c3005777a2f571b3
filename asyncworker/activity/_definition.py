"""Declare a function as an activity, and read such a declaration back."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, TypeVar, get_type_hints, overload

from .._time import Seconds, to_seconds
from ..common import Priority, RetryPolicy

__all__ = ["Definition", "defn", "definitions_of"]

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "__asyncworker_activity__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What `@activity.defn` says of a function.

    The timeouts, the retry policy, the task queue, the priority and the summary are defaults for whoever starts the
    activity from its function; workflows, in whatever SDK, say their own.
    """

    #: The activity type; ``None`` for a dynamic activity, which takes every type that nobody else does.
    name: str | None
    fn: Callable[..., Any] = field(repr=False)
    is_async: bool
    takes_context: bool = False
    no_thread_cancel_exception: bool = False
    auto_heartbeat: bool | None = None
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
        """Whether this takes every activity type that nobody else does."""
        return self.name is None

    @classmethod
    def find(cls, fn: Callable[..., Any]) -> Definition | None:
        """Look the declaration of *fn* up; a bound method's is bound to its object."""
        found = getattr(fn, _ATTRIBUTE, None)
        if not isinstance(found, cls):
            return None
        if found.fn is fn:
            return found
        return replace(found, fn=fn, takes_context=_takes_context(fn, _parameters(fn)))

    @classmethod
    def of(cls, fn: Callable[..., Any]) -> Definition:
        """Look the declaration of *fn* up, or declare a plain function with the defaults.

        Raises:
            TypeError: *fn* cannot be an activity.
        """
        return cls.find(fn) or _define(fn, name=None, dynamic=False)


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

    ``async def`` functions run on the worker's event loop, ``def`` functions in a thread. The decorated function is
    returned as it was, so that it can be called and tested as before.

    Args:
        fn: The function, when the decorator is used without parentheses.
        name: The activity type. Default: the function's name.
        dynamic: Take every activity type that nobody else on the worker does; the function has one parameter (after
            a context), a ``Sequence[RawValue]``.
        no_thread_cancel_exception: For ``def`` functions: do not raise :exc:`~asyncworker.exceptions.CancelledError`
            from :func:`heartbeat` once the activity is cancelled; the function asks :func:`is_cancelled` instead.
        start_to_close_timeout: How long one attempt may take, in seconds or as a timedelta.
        schedule_to_close_timeout: How long all attempts together may take, in seconds or as a timedelta.
        schedule_to_start_timeout: How long the activity may wait for a worker, in seconds or as a timedelta.
        heartbeat_timeout: How long the server waits for a heartbeat, in seconds or as a timedelta.
        retry_policy: How the server retries.
        task_queue: The queue that its workers poll.
        priority: Its place in the queue.
        summary: One line for people, shown in the UI.
        auto_heartbeat: The worker heartbeats for the activity, so that a cancellation reaches code that never calls
            :func:`heartbeat`. ``None``: what the worker says.
        max_concurrent: How many of this activity one worker runs at a time.
        max_per_second: How many of this activity one worker starts per second.

        The timeouts, retry policy, task queue, priority and summary are defaults for
        :meth:`asyncworker.client.Client.start_activity`.

    Raises:
        TypeError: This cannot be an activity; the message says why and what to do.
        ValueError: An option's value is out of its range.
    """
    if fn is not None and not callable(fn):
        raise TypeError(f"activity.defn takes options by keyword; got {fn!r} where the function belongs")

    def decorate(fn: F) -> F:
        if Definition.find(fn) is not None:
            raise ValueError(f"{_describe(fn)} is already declared as an activity: decorate it once")
        definition = _define(fn, name=name, dynamic=dynamic, **options)
        try:
            setattr(fn, _ATTRIBUTE, definition)
        except AttributeError:
            raise TypeError(f"{_describe(fn)} cannot carry a declaration; decorate a function or a method") from None
        return fn

    return decorate if fn is None else decorate(fn)


def definitions_of(thing: Any) -> Iterator[Definition]:
    """Yield the activities that *thing* stands for: a function, or an object with activity methods.

    Raises:
        TypeError: It stands for none; the message says what to do.
    """
    if inspect.isclass(thing):
        raise TypeError(f"{thing.__qualname__} is a class: pass an instance of it, e.g. {thing.__name__}(…)")
    if inspect.isroutine(thing) or isinstance(thing, functools.partial) or Definition.find(thing) is not None:
        if inspect.isfunction(thing) and _is_unbound_method(thing, list(inspect.signature(thing).parameters.values())):
            owner = thing.__qualname__.rpartition(".")[0]
            raise TypeError(f"{thing.__qualname__} is a method without its object: pass {owner}(…).{thing.__name__}")
        yield Definition.of(thing)
        return
    methods = [definition for definition in map(Definition.find, _public_methods(thing)) if definition is not None]
    if methods:
        yield from methods
    elif callable(thing):
        yield Definition.of(thing)
    else:
        raise TypeError(
            f"{thing!r} is neither an activity nor an object with any: decorate its methods with @activity.defn"
        )


def _public_methods(thing: object) -> Iterator[Callable[..., Any]]:
    # Looked up on the class first: a property must not run just because we look for activities.
    for name in dir(type(thing)):
        if not name.startswith("_") and callable(inspect.getattr_static(thing, name, None)):
            yield getattr(thing, name)


def _define(fn: Callable[..., Any], *, name: str | None, dynamic: bool, **options: Any) -> Definition:
    if inspect.isclass(fn):
        raise TypeError(f"{fn.__qualname__} is a class: an activity is a function, a method or a callable object")
    if not callable(fn):
        raise TypeError(f"{fn!r} is not callable: an activity is a function, a method or a callable object")
    code = _code_of(fn)
    if inspect.isgeneratorfunction(code) or inspect.isasyncgenfunction(code):
        raise TypeError(f"{_describe(fn)} is a generator: an activity returns one value; heartbeat to report progress")
    if dynamic and name is not None:
        raise TypeError(f"{_describe(fn)} cannot be dynamic and have a name: a dynamic activity takes every type")
    _check_options(fn, options)
    parameters = _parameters(fn)
    takes_context = _takes_context(fn, parameters)
    if dynamic and len(parameters) - takes_context != 1:
        raise TypeError(f"{_describe(fn)} is dynamic and must take one Sequence[RawValue] (after a context)")
    return Definition(
        name=None if dynamic else _checked_name(fn, name),
        fn=fn,
        is_async=inspect.iscoroutinefunction(code),
        takes_context=takes_context,
        **options,
    )


def _code_of(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Look through partials and callable objects at the function that decides whether it is ``async``."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    if inspect.isroutine(fn):
        return fn
    return type(fn).__call__


def _checked_name(fn: Callable[..., Any], name: str | None) -> str:
    if name is None:
        name = getattr(fn, "__name__", None) or getattr(_code_of(fn), "__name__", None)
        if name == "__call__":
            name = type(fn).__name__
        if name == "<lambda>" or name is None:
            raise TypeError(f"{_describe(fn)} has no name of its own: give one with @activity.defn(name=…)")
    if not name:
        raise ValueError("an activity's name must not be empty")
    if name.startswith("__temporal_"):
        raise ValueError(f"an activity's name must not start with '__temporal_', which is Temporal's own; got {name!r}")
    return name


_SPANS = ("start_to_close_timeout", "schedule_to_close_timeout", "schedule_to_start_timeout", "heartbeat_timeout")
_RATES = ("max_concurrent", "max_per_second")
_KNOWN = tuple(item.name for item in Definition.__dataclass_fields__.values())[4:]


def _check_options(fn: Callable[..., Any], options: dict[str, Any]) -> None:
    unknown = sorted(set(options) - set(_KNOWN))
    if unknown:
        raise TypeError(
            f"activity.defn does not take {', '.join(unknown)}; it takes name, dynamic, {', '.join(_KNOWN)}"
        )
    for key in _SPANS:
        if options.get(key) is not None and to_seconds(options[key]) <= 0:
            raise ValueError(f"{key} of {_describe(fn)} must be above zero, got {options[key]!r}")
    for key in _RATES:
        if options.get(key) is not None and options[key] <= 0:
            raise ValueError(f"{key} of {_describe(fn)} must be above zero, got {options[key]!r}")


def _parameters(fn: Callable[..., Any]) -> list[inspect.Parameter]:
    """Read the positional parameters, and refuse those that a payload can never reach."""
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
    if _is_unbound_method(fn, parameters):
        del parameters[0]
    return [parameter for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]


def _is_unbound_method(fn: Callable[..., Any], parameters: list[inspect.Parameter]) -> bool:
    # "Orders.pack" is a method, "test.<locals>.pack" is not.
    owner = fn.__qualname__.rpartition(".")[0] if inspect.isfunction(fn) else ""
    return bool(owner) and not owner.endswith("<locals>") and bool(parameters) and parameters[0].name == "self"


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
            names = getattr(inspect.unwrap(_code_of(fn)), "__globals__", {})
            return get_type_hints(alone, names)[parameter.name] is Context
        except Exception:  # noqa: BLE001 - a name may not be resolvable yet, or only for type checkers
            return annotation in ("Context", "activity.Context", "asyncworker.activity.Context")
    return annotation is Context


def _describe(fn: Callable[..., Any]) -> str:
    return getattr(fn, "__qualname__", None) or repr(fn)
