"""Find the activities of what a worker is given: functions, and objects with activity methods."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import MemberDescriptorType
from typing import Any

from . import _temporalio
from ._callables import FUNCTIONS, WithSignature, describe, is_unbound_method, namespace_of, static_attribute
from ._definition import ATTRIBUTE, Definition, bind

__all__ = ["definitions_of"]


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
    _refuse_declared_with_temporalio(fn, fn, describe(fn))
    return Definition.of(fn)


def _refuse_unbound(fn: Callable[..., Any]) -> None:
    if is_unbound_method(fn, list(inspect.signature(fn).parameters.values())):
        owner = fn.__qualname__.rpartition(".")[0]
        raise TypeError(f"{fn.__qualname__} is a method without its object: pass {owner}(…).{fn.__name__}")


def _refuse_declared_with_temporalio(static: Any, fn: Any, name: str) -> None:
    while type(static) is functools.partial:
        static = static.func
    if _temporalio.made_by_temporalio(static_attribute(static, _temporalio.ATTRIBUTE)) and Definition.find(fn) is None:
        raise TypeError(
            f"{name} is declared with temporalio's @activity.defn only: declare it with asyncworker's @activity.defn"
            " as well, above it, or pass asyncworker.contrib.temporalio.from_temporalio(…) of it, to run it as it is"
        )


# Objects


def _methods(thing: object) -> Iterator[Definition]:
    """Yield what is declared on an object or on its class; an override goes by the declaration of what it overrides."""
    namespaces = [namespace_of(thing), *map(vars, type(thing).__mro__)]
    for name in dict.fromkeys(name for namespace in namespaces for name in namespace):
        # Looked at from outside first: a property must not run just because we look for activities.
        static = inspect.getattr_static(thing, name, None)
        if type(static) is MemberDescriptorType:
            static = getattr(thing, name, None)
        own = static_attribute(static, ATTRIBUTE)
        overridden = (static_attribute(namespace.get(name), ATTRIBUTE) for namespace in namespaces)
        definition = own or next(filter(None, overridden), None)
        where = f"{type(thing).__qualname__}.{name}"
        if definition is None:
            _refuse_declared_with_temporalio(static, None, where)
        elif issubclass(type(static), property | functools.cached_property):
            raise TypeError(f"{where} is declared as an activity, but is a property: make it a method")
        elif static is not None:
            yield bind(definition, _bound(thing, name, where), is_async=own is not None and own.is_async)


def _bound(thing: object, name: str, where: str) -> Callable[..., Any]:
    """Get an activity method of *thing*, as something that shows what it is called with."""
    fn = getattr(thing, name)
    if not callable(fn):
        raise TypeError(f"{where} is declared as an activity, but is not callable; set it to None to take it out")
    if inspect.isfunction(fn):
        _refuse_unbound(fn)
    if isinstance(fn, FUNCTIONS):
        return fn
    # A decorator that is an object may be bound, and still show the parameters of the function that it wraps.
    shown = inspect.signature(fn)
    first = next(iter(shown.parameters), None)
    return WithSignature(fn, shown.replace(parameters=[*shown.parameters.values()][1:])) if first == "self" else fn
