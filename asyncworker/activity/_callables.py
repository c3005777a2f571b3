"""Look at what can be called: its code, its parameters, whether it is ``async``."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import (
    BuiltinFunctionType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    SimpleNamespace,
    WrapperDescriptorType,
)
from typing import Any, get_args, get_origin, get_type_hints

__all__ = [
    "FUNCTIONS",
    "WithSignature",
    "awaited_type",
    "code_of",
    "describe",
    "is_awaitable",
    "is_coroutine_function",
    "is_unbound_method",
    "namespace_of",
    "positional_parameters",
    "resolve_annotation",
    "static_attribute",
]

FUNCTIONS = (
    FunctionType,
    MethodType,
    BuiltinFunctionType,
    MethodWrapperType,
    MethodDescriptorType,
    WrapperDescriptorType,
)


class WithSignature:
    """A callable that shows another signature than its own."""

    def __init__(self, fn: Callable[..., Any], signature: inspect.Signature) -> None:
        functools.update_wrapper(self, fn)
        self.__wrapped__ = inspect.unwrap(fn)
        self.__signature__ = signature
        self._fn = fn

    def __call__(self, *args: Any) -> Any:
        return self._fn(*args)


def describe(fn: Callable[..., Any]) -> str:
    """Return what messages call *fn*."""
    return getattr(fn, "__qualname__", None) or repr(fn)


# What it carries


def static_attribute(static: Any, name: str) -> Any:
    """Look up what a function carries without running user code: neither a property nor a proxy's object."""
    kind = type(static)
    if issubclass(kind, property):
        static = static.fget
    elif issubclass(kind, functools.cached_property):
        static = static.func
    elif issubclass(kind, staticmethod | classmethod | MethodType):
        static = static.__func__
    return namespace_of(static).get(name)


def namespace_of(thing: object) -> Mapping[str, Any]:
    """Return the attributes of *thing* itself, without running user code."""
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, Mapping) else {}


# How it runs


def code_of(fn: Any) -> Callable[..., Any]:
    """Look through partials, methods and callable objects at the function that decides whether it is ``async``."""
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif isinstance(fn, MethodType):
            fn = fn.__func__
        elif isinstance(fn, WithSignature):
            fn = fn._fn
        elif isinstance(fn, FUNCTIONS):
            return fn
        else:
            # An object with __call__, such as a decorator that fits methods as a function does.
            fn = type(fn).__call__


def is_coroutine_function(fn: Any) -> bool:
    """Whether calling *fn* gives a coroutine, as far as can be seen without calling it."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    # There are marks on objects that return coroutines all the same: inspect's, and before Python 3.12 asyncio's.
    mark = getattr(asyncio.coroutines, "_is_coroutine", None)
    return (
        inspect.iscoroutinefunction(code_of(fn))
        or inspect.iscoroutinefunction(fn)
        or (mark is not None and getattr(fn, "_is_coroutine", None) is mark)
    )


def is_awaitable(result: Any) -> bool:
    """Whether the result of a ``def`` function is to be awaited."""
    # By its class: an object may be a proxy that has to look its object up.
    kind = type(result)
    return issubclass(kind, Awaitable) or (kind is GeneratorType and inspect.isawaitable(result))


def awaited_type(hint: Any) -> Any:
    """Return the type of what comes of a result: the ``T`` of an ``Awaitable[T]`` that a ``def`` function returns."""
    origin = get_origin(hint)
    return get_args(hint)[-1] if inspect.isclass(origin) and issubclass(origin, Awaitable) else hint


# What it is called with


def positional_parameters(
    fn: Callable[..., Any], is_injected: Callable[[Callable[..., Any], inspect.Parameter], bool | None] | None = None
) -> list[inspect.Parameter]:
    """Return the positional parameters of a call, without the object of an unbound method.

    Args:
        fn: What is called.
        is_injected: Says of a parameter that takes no positional argument whether it is passed in another way;
            ``None`` if that is not known yet.

    Raises:
        TypeError: The signature cannot be read, or has parameters that no positional argument can fill.
    """
    try:
        parameters = list(inspect.signature(fn).parameters.values())
    except (TypeError, ValueError) as error:
        raise TypeError(f"the signature of {describe(fn)} cannot be read: {error}") from error
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            raise TypeError(f"{describe(fn)} takes **{parameter.name}: activity arguments are positional")
        if (
            parameter.kind is parameter.KEYWORD_ONLY
            and parameter.default is parameter.empty
            and (is_injected is None or is_injected(fn, parameter) is False)
        ):
            raise TypeError(
                f"parameter {parameter.name!r} of {describe(fn)} is keyword-only: activity arguments are positional,"
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


def resolve_annotation(fn: Callable[..., Any], annotation: Any, *, include_extras: bool = False) -> Any:
    """Return the type that one annotation of *fn* names, by default without what ``Annotated`` adds to it.

    Raises:
        Exception: It names what is not there, or is no type.
    """
    # This annotation alone: another one, for instance the result's, may be what only type checkers know.
    alone = SimpleNamespace(__annotations__={"it": annotation})
    return get_type_hints(alone, getattr(_innermost(fn), "__globals__", {}), include_extras=include_extras)["it"]


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
            return code_of(fn)
