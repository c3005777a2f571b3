"""Type variables of generic classes: what the class of a method's object binds them to."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any, Generic, TypeAlias, get_origin

__all__ = ["bindings_of", "bound"]

Variables: TypeAlias = Mapping[Any, Any]


def bindings_of(function: Any, inner: Any) -> tuple[Variables, dict[str, Any]]:
    """Return what type variables stand for in a method, and the variables of its class by their names.

    They stand for what a subclass, or the object itself (``Repository[Order]()``), has bound them to.

    Args:
        function: A bound method, a callable object or a :func:`functools.partial` of one; others bind nothing.
        inner: The function that it calls.
    """
    while isinstance(function, functools.partial):
        function = function.func
    holder = function.__self__ if inspect.ismethod(function) else function
    if inspect.isroutine(holder) or inspect.ismodule(holder):
        return {}, {}
    cls = holder if isinstance(holder, type) else type(holder)
    owner = _owner(cls, inner)
    if owner is None:
        return {}, {}
    alias = getattr(holder, "__orig_class__", None)
    start = {} if alias is None else dict(zip(_variables(cls), alias.__args__, strict=False))
    found = _in_base(cls, owner, start)
    return found, {each.__name__: each for each in getattr(owner, "__type_params__", ())}


def _owner(cls: type, function: Any) -> type | None:
    """Find the class that a method is written in."""
    code = getattr(function, "__code__", None)
    for each in cls.__mro__:
        own = each.__dict__.get(getattr(function, "__name__", ""))
        if own is not None and code is not None and getattr(_plain(own), "__code__", None) is code:
            return each
    return None


def _plain(method: Any) -> Any:
    return inspect.unwrap(getattr(method, "__func__", method))


def _in_base(cls: type, owner: type, known: Variables) -> Variables:
    """Follow the bases from a class to the one that has the method, with what each binds."""
    if cls is owner:
        return known
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        origin = get_origin(base) or base
        if origin is not Generic and isinstance(origin, type) and issubclass(origin, owner):
            given = [bound(each, known) for each in getattr(base, "__args__", ())]
            return _in_base(origin, owner, dict(zip(_variables(origin), given, strict=False)))
    return {}


def _variables(cls: type) -> tuple[Any, ...]:
    return getattr(cls, "__parameters__", ())


def bound(hint: Any, known: Variables) -> Any:
    """Put what is known of type variables in their places, however deep in a type."""
    try:
        if hint in known:
            return known[hint]
    except TypeError:
        return hint
    variables = () if isinstance(hint, type) and not _is_parametrized(hint) else getattr(hint, "__parameters__", ())
    if not any(each in known for each in variables):
        return hint
    return hint[tuple(known.get(each, each) for each in variables)]


def _is_parametrized(cls: type) -> bool:
    """Whether a class is a ``list[T]``, or a pydantic model: of those ``Page[T]`` is a class, it may be ``Page``."""
    return hasattr(cls, "__origin__") or hasattr(cls, "__pydantic_generic_metadata__")
