"""Build the graph of what activities depend on, and refuse what could not work, with the path to it.

It is done when a worker is made. Overrides build the graphs anew.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from ...converter._annotations import AnnotationResolver
from .._callables import code_of, describe, is_coroutine_function
from .._context import Context, current
from ._kind import Kind
from ._marker import Dependency, Scope, marker_of

__all__ = ["Graph", "Node", "Override", "identity_of"]


# What these decorators return, whatever they decorate.
_MANAGER_CODE = contextmanager(lambda: iter(())).__code__
_ASYNC_MANAGER_CODE = asynccontextmanager(lambda: None).__code__  # type: ignore[arg-type, return-value]

# Whose values come with a request.
_WEB = ("fastapi", "starlette")
_NUMBERS = (int, float, complex)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """One value of the graph; what is equal in all is one node.

    Attributes:
        call: What is called; of generator functions, what they are as context managers.
        kind: How the value is had of it.
        scope: How long the value lives.
        arguments: What it is called with, by the parameters' names.
        name: What messages call it.
        path: Where it was first met, from the activity on.
        declared: What a Depends names, which overrides may replace.
    """

    call: Callable[..., Any]
    kind: Kind
    scope: Scope
    arguments: tuple[tuple[str, Node], ...]
    name: str
    path: str
    declared: Callable[..., Any]

    def __repr__(self) -> str:
        return f"<Node {self.path} [{self.kind.value}, {self.scope}]>"

    def all(self) -> Iterator[Node]:
        """Return what this depends on, however far, and itself at the end."""
        found: dict[Node, None] = {}
        self._collect(found)
        return iter(found)

    def _collect(self, found: dict[Node, None]) -> None:
        if self not in found:
            for _, node in self.arguments:
                node._collect(found)
            found[self] = None


@dataclass(frozen=True, slots=True, eq=False)
class Override:
    """What stands for a dependency in tests."""

    function: Callable[..., Any]
    replacement: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Path:
    """The way from an activity to a dependency."""

    names: tuple[str, ...]
    functions: tuple[object, ...] = ()

    def __str__(self) -> str:
        return " -> ".join(self.names)

    def to(self, function: Callable[..., Any], name: str) -> _Path:
        return _Path((*self.names, name), (*self.functions, identity_of(function)))


class Graph:
    """Everything that the activities of one worker depend on.

    Args:
        overrides: What stands for which dependencies.

    Attributes:
        overrides: The same; those of the next build may be others. The last one of a dependency counts, and what it
            depends on itself is overridden by the others only.
    """

    def __init__(self, overrides: Sequence[Override] = ()) -> None:
        self.overrides = tuple(overrides)
        self._nodes: dict[object, Node] = {}
        # Of the activity that is being built: what one dependency is once, whatever it depends on in turn.
        self._shared: dict[object, Node] = {}

    def __repr__(self) -> str:
        return f"<Graph [{len(self._nodes)} nodes]>"

    def build(self, activity: str, markers: Mapping[str, Dependency]) -> Mapping[str, Node]:
        """Return the nodes of an activity's dependency parameters, by their names.

        Args:
            activity: The activity's name, for the path in errors.
            markers: The parameters' marks.

        Raises:
            TypeError: A dependency cannot work; the message has the path to it, and what to do.
        """
        path = _Path((activity,))
        self._shared = {}
        return {name: self._node(marker, path, self.overrides) for name, marker in markers.items()}

    def _node(self, marker: Dependency, path: _Path, overrides: tuple[Override, ...]) -> Node:
        declared = function = marker.dependency
        assert declared is not None
        reference = (identity_of(declared), marker.scope, overrides)
        if marker.use_cache and reference in self._shared:
            # Built to its end, so that it is no part of a cycle.
            return self._shared[reference]
        override = next((it for it in reversed(overrides) if identity_of(it.function) == identity_of(function)), None)
        if override is not None:
            function = override.replacement
            # So that it may depend on what it stands for.
            overrides = tuple(it for it in overrides if it is not override)
        if not callable(function):
            raise TypeError(f"{path}: {function!r} cannot be called: Depends takes a function or a class")
        name = describe(function)
        is_cycle = identity_of(function) in path.functions
        path = path.to(function, name)
        if is_cycle:
            raise TypeError(f"{path}: these dependencies need each other, so that none can be made first")
        arguments = tuple(self._arguments(function, marker.scope, path, overrides))
        shared: object = identity_of(function) if marker.use_cache else object()
        key = (shared, identity_of(declared), marker.scope, tuple((name, id(node)) for name, node in arguments))
        node = self._nodes.get(key)
        if node is None:
            call, kind = _how(function)
            node = Node(call, kind, marker.scope, arguments, name, str(path), declared)
            self._nodes[key] = node
        if marker.use_cache:
            self._shared[reference] = node
        return node

    def _arguments(
        self, function: Callable[..., Any], scope: Scope, path: _Path, overrides: tuple[Override, ...]
    ) -> Iterator[tuple[str, Node]]:
        for parameter, hint in _parameters(function, path):
            where = f"{path}: parameter {parameter.name!r}"
            try:
                marker = _CONTEXT if _plain(hint) is Context else marker_of(hint, parameter.default)
            except TypeError as error:
                raise TypeError(f"{where}: {error}") from error
            if marker is None:
                _check_not_needed(parameter, hint, where)
                continue
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise TypeError(f"{where} is positional-only, but dependencies are passed by name: take away the '/'")
            node = self._node(marker, path, overrides)
            if scope == "worker" and marker is _CONTEXT:
                raise TypeError(f"{where} is the context of an attempt, and the scope of the worker has none around it")
            if scope == "worker" and node.scope == "attempt":
                raise TypeError(
                    f"{node.path}: {path.names[-1]} has the scope of the worker, and depends on {node.name}, which is"
                    " made for each attempt and closed at its end: give both the same scope, e.g."
                    f" Depends({node.name}, scope='worker') in {path.names[-1]}"
                )
            check_type(marker.dependency, hint, where)
            yield parameter.name, node


def check_type(function: Callable[..., Any] | None, hint: Any, where: str) -> None:
    """Refuse a dependency whose value is surely not of the type that its parameter has.

    Raises:
        TypeError: The two are classes, and neither is derived from the other.
    """
    if function is None or hint is None:
        return
    wanted, made = _plain(hint), _made_by(function)
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
        made = _plain(AnnotationResolver(function, describe(function))(annotation, "the result"))
    except Exception:  # noqa: BLE001 - it may be what only type checkers know
        return None
    if _how(function)[1] in (Kind.MANAGER, Kind.ASYNC_MANAGER):
        arguments = get_args(made)
        return arguments[0] if arguments else None
    return made


def _plain(hint: Any) -> Any:
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def _parameters(function: Callable[..., Any], path: _Path) -> Iterator[tuple[inspect.Parameter, Any]]:
    """Yield the parameters of a dependency that may take a value, with their types."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        # Classes that are written in C may show no signature; many take no arguments.
        return
    resolve = AnnotationResolver(_constructor_of(function) if inspect.isclass(function) else function, path.names[-1])
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


def _check_not_needed(parameter: inspect.Parameter, hint: Any, where: str) -> None:
    """Refuse a parameter that nothing fills in.

    One for a request may have the default ``None``: its function does without one, and FastAPI passes it to routes.

    Raises:
        TypeError: It is for a request, or has no default.
    """
    metadata = hint.__metadata__ if get_origin(hint) is Annotated else ()
    for thing in (_plain(hint) if parameter.default is not None else None, parameter.default, *metadata):
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


def _how(function: Callable[..., Any]) -> tuple[Callable[..., Any], Kind]:
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


def identity_of(function: object) -> object:
    """Return what is equal for the same function: each reference to a method is an object of its own."""
    if isinstance(function, types.MethodType):
        return id(function.__self__), id(function.__func__)
    return id(function)


def _running_context() -> Context:
    return current.get()


_running_context.__qualname__ = "activity.Context"
_CONTEXT = Dependency(_running_context)
