"""Evaluate the annotations of functions to types."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, get_type_hints

from .json._variables import bindings_of, bound

__all__ = ["AnnotationResolver"]


class AnnotationResolver:
    """Evaluate a function's annotations in the function's own namespaces.

    Args:
        function: The function.
        name: Its name in messages.
    """

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        inner = _innermost(function)
        self._name = name
        self._globals = getattr(inner, "__globals__", {})
        self._variables, of_classes = bindings_of(function, inner)
        own = {each.__name__: each for each in getattr(inner, "__type_params__", ())}
        self._locals = of_classes | own | _closure(inner)
        self._found: dict[str, Any] = {}

    def __call__(self, annotation: Any, what: str) -> Any:
        """Return the type, or ``None`` if there is no annotation.

        Args:
            annotation: What stands in the signature.
            what: Whose it is, for messages; asked for again, it is not evaluated again.

        Raises:
            TypeError: It has a name that cannot be found, or is no type.
        """
        if annotation is inspect.Parameter.empty:
            return None
        if what not in self._found:
            self._found[what] = self._evaluate(annotation, what)
        return self._found[what]

    def _evaluate(self, annotation: Any, what: str) -> Any:
        holder = SimpleNamespace(__annotations__={"it": annotation})
        try:
            hint = get_type_hints(holder, self._globals, self._locals, include_extras=True)["it"]
            return bound(hint, self._variables) if self._variables else hint
        except NameError as error:
            raise TypeError(
                f"{self._name}(): the annotation of {what}, {annotation!r}, has the name {error.name!r}, which is not"
                " defined where the function is: import or define it at run time, not only for type checkers, and"
                " before the function is registered"
            ) from error
        except Exception as error:
            raise TypeError(
                f"{self._name}(): the annotation of {what}, {annotation!r}, is not a type: {error}"
            ) from error


def _innermost(function: Any) -> Any:
    """Return the function whose annotations :func:`inspect.signature` uses."""
    while True:
        if isinstance(function, functools.partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif isinstance(function, type) or hasattr(function, "__globals__") or inspect.isbuiltin(function):
            return function
        else:
            function = getattr(type(function).__call__, "__func__", type(function).__call__)


def _closure(function: Any) -> dict[str, Any]:
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    values: dict[str, Any] = {}
    for name, cell in zip(names, getattr(function, "__closure__", None) or (), strict=False):
        try:
            values[name] = cell.cell_contents
        except ValueError:
            # Not bound yet: assigned further down in the outer function.
            continue
    return values
