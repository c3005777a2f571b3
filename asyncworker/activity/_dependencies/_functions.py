"""Read what a dependency's function takes and makes, and refuse what nothing could be passed for."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any, get_args, get_origin

from ...converter._annotations import AnnotationResolver
from .._callables import code_of, describe, is_coroutine_function
from ._kind import Kind

__all__ = ["check_not_needed", "check_type", "how_of", "parameters_of", "plain"]

# What these decorators return, whatever they decorate.
_MANAGER_CODE = contextmanager(lambda: iter(())).__code__
_ASYNC_MANAGER_CODE = asynccontextmanager(lambda: None).__code__  # type: ignore[arg-type, return-value]

# Whose values come with a request.
_WEB = ("fastapi", "starlette")
_NUMBERS = (int, float, complex)


def check_type(function: Callable[..., Any] | None, hint: Any, where: str) -> None:
    """Refuse a dependency whose value is surely not of the type that its parameter has.

    Raises:
        TypeError: The two are classes, and neither is derived from the other.
    """
    if function is None or hint is None:
        return
    wanted, made = plain(hint), _made_by(function)
    if not all(inspect.isclass(each) and each is not Any and get_origin(each) is None for each in (wanted, made)):
        return
    if getattr(wanted, "_is_protocol", False) or getattr(made, "_is_protocol", False) or {wanted, made} <= {*_NUMBERS}:
        return
    try:
        fits = issubclass(made, wanted) or issubclass(wanted, made)
    except TypeError:
        return
    if not fits:
        raise TypeError(f"{where} is annotated as {describe(wanted)}, but {describe(function)} makes {describe(made)}")


def _made_by(function: Callable[..., Any]) -> Any:
    """Return the type of what a dependency makes, as far as it is annotated."""
    if inspect.isclass(function):
        return function
    try:
        annotation = inspect.signature(function).return_annotation
        made = plain(AnnotationResolver(function, describe(function))(annotation, "the result"))
    except Exception:  # noqa: BLE001 - it may be what only type checkers know
        return None
    if how_of(function)[1] in (Kind.MANAGER, Kind.ASYNC_MANAGER):
        arguments = get_args(made)
        return arguments[0] if arguments else None
    return made


def plain(hint: Any) -> Any:
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def parameters_of(function: Callable[..., Any], path: str) -> Iterator[tuple[inspect.Parameter, Any]]:
    """Yield the parameters of a dependency that may take a value, with their types."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        # Classes that are written in C may show no signature; many take no arguments.
        return
    annotated = _constructor_of(function) if inspect.isclass(function) else function
    resolve = AnnotationResolver(annotated, describe(function))
    for parameter in parameters:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        try:
            hint = resolve(parameter.annotation, f"parameter {parameter.name!r}")
        except TypeError as error:
            if parameter.default is parameter.empty:
                raise TypeError(f"{path}: {error}") from error
            hint = None
        yield parameter, hint


def _constructor_of(cls: type) -> Callable[..., Any]:
    """Return the function whose annotations the signature of a class has."""
    init: Any = cls.__init__  # type: ignore[misc]
    return init if isinstance(init, types.FunctionType) else cls.__new__


def check_not_needed(parameter: inspect.Parameter, hint: Any, where: str) -> None:
    """Refuse a parameter that nothing fills in.

    One for a request may have the default ``None``: its function does without one, and FastAPI passes it to routes.

    Raises:
        TypeError: It is for a request, or has no default.
    """
    metadata = hint.__metadata__ if get_origin(hint) is Annotated else ()
    for thing in (plain(hint) if parameter.default is not None else None, parameter.default, *metadata):
        cls = thing if inspect.isclass(thing) else type(thing)
        if cls.__module__.partition(".")[0] in _WEB:
            raise TypeError(
                f"{where} is {cls.__name__} of {cls.__module__.partition('.')[0]}, and an activity has no request: let"
                " the route and the activity share a dependency that does not need it, or that has None as the default"
                " of a parameter for the request"
            )
    if parameter.default is not parameter.empty:
        return
    if hint is None:
        raise TypeError(
            f"{where} has neither an annotation nor a default, so that nothing can be passed for it:"
            " annotate it with Annotated[…, Depends(…)]"
        )
    raise TypeError(
        f"{where} is no dependency and has no default, so that nothing can be passed for it:"
        " annotate it with Annotated[…, Depends(…)], or give it a default"
    )


def how_of(function: Callable[..., Any]) -> tuple[Callable[..., Any], Kind]:
    """Return what to call for a dependency's value, and how the value is had of that."""
    if inspect.isclass(function):
        return function, Kind.VALUE
    inner = code_of(function)
    code = getattr(inner, "__code__", None)
    if code is _MANAGER_CODE:
        return function, Kind.MANAGER
    if code is _ASYNC_MANAGER_CODE:
        return function, Kind.ASYNC_MANAGER
    if inspect.isgeneratorfunction(inner):
        return contextmanager(function), Kind.MANAGER
    if inspect.isasyncgenfunction(inner):
        return asynccontextmanager(function), Kind.ASYNC_MANAGER
    return function, Kind.COROUTINE if is_coroutine_function(function) else Kind.VALUE
