"""Read which of a function's parameters take payloads, and what their types and that of the result are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ..common import RawValue
from ._annotations import AnnotationResolver

__all__ = ["Parameter", "Parameters", "read_parameters"]

_Kind = inspect._ParameterKind


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that takes a payload.

    Attributes:
        name: The parameter's name.
        hint: Its type; ``None`` if it is not annotated.
        optional: Whether it has a default, which Python applies if there is no payload for it.
    """

    name: str
    hint: Any
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a function takes and returns.

    Attributes:
        positional: The parameters that take one payload each.
        rest: The ``*args`` parameter with the type of each further payload, or ``None``.
        injected: What *injected* has returned of those that take no payload, by their names.
        result_hint: The type of the result; ``None`` if it is not annotated, or for type checkers only.
    """

    positional: tuple[Parameter, ...]
    rest: Parameter | None
    injected: Mapping[str, Any]
    result_hint: Any


def read_parameters(
    function: Callable[..., Any],
    *,
    skip: int | Callable[[Any], bool],
    injected: Callable[[Any, Any], Any] | None,
    name: str,
) -> Parameters:
    """Read the parameters of a function; the arguments are those of :class:`.Signature`.

    Raises:
        TypeError: The function cannot be called with payloads, or a parameter's annotation has a name that cannot be
            found.
    """
    resolve = AnnotationResolver(function, name)
    signature = inspect.signature(function)
    found = _positional(list(signature.parameters.values()), skip, resolve)
    passed = {} if injected is None else _injected(found, injected, resolve, name)
    found = [each for each in found if each.name not in passed]
    positional = tuple(
        Parameter(each.name, _hint(each, resolve), each.default is not each.empty)
        for each in found
        if each.kind in (_Kind.POSITIONAL_ONLY, _Kind.POSITIONAL_OR_KEYWORD)
    )
    _refuse_keywords(found, name)
    rest = next((each for each in found if each.kind is _Kind.VAR_POSITIONAL), None)
    return Parameters(
        positional,
        None if rest is None else Parameter(rest.name, _hint(rest, resolve), optional=True),
        passed,
        _result_hint(signature, resolve),
    )


def _positional(
    parameters: list[inspect.Parameter], skip: int | Callable[[Any], bool], resolve: AnnotationResolver
) -> list[inspect.Parameter]:
    if isinstance(skip, int):
        return parameters[skip:]
    first = parameters[0] if parameters and parameters[0].kind < _Kind.VAR_POSITIONAL else None
    if first is not None and skip(resolve(first.annotation, f"parameter {first.name!r}")):
        return parameters[1:]
    return parameters


def _injected(
    parameters: list[inspect.Parameter],
    injected: Callable[[Any, Any], Any],
    resolve: AnnotationResolver,
    name: str,
) -> Mapping[str, Any]:
    """Return what *injected* returns of the parameters that take no payload, by their names."""
    found = {}
    for each in parameters:
        if each.kind in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD):
            continue
        try:
            hint = resolve(each.annotation, f"parameter {each.name!r}")
        except TypeError:
            if each.kind is not _Kind.KEYWORD_ONLY:
                raise
            # It has its default, or is refused; its type may be what only type checkers know.
            hint = None
        try:
            it = injected(hint, each.default)
        except TypeError as error:
            raise TypeError(f"{name}(): parameter {each.name!r}: {error}") from error
        if it is not None:
            found[each.name] = it
    return found


def _refuse_keywords(parameters: Sequence[inspect.Parameter], name: str) -> None:
    for each in parameters:
        if each.kind is _Kind.VAR_KEYWORD:
            raise TypeError(
                f"{name}() takes **{each.name}, but arguments come by position only; if it wraps another function,"
                " use functools.wraps"
            )
        if each.kind is _Kind.KEYWORD_ONLY and each.default is each.empty:
            raise TypeError(
                f"{name}() has the keyword-only parameter {each.name!r} without a default, but arguments come by"
                " position only"
            )


def _result_hint(signature: inspect.Signature, resolve: AnnotationResolver) -> Any:
    """Return the type of the result; it is never read here, so a name that only type checkers know is no error."""
    try:
        return resolve(signature.return_annotation, "the result")
    except TypeError:
        return None


def _hint(parameter: inspect.Parameter, resolve: AnnotationResolver) -> Any:
    hint = resolve(parameter.annotation, f"parameter {parameter.name!r}")
    if parameter.default is None and hint is not None and hint is not RawValue:
        return Optional[hint]  # noqa: UP045 - a hint may be of a type without `|`
    return hint
