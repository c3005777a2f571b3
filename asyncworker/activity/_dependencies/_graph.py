"""Build the graph of what activities depend on, and refuse what could not work, with the path to it.

It is done when a worker is made. Overrides build the graphs anew.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._callables import describe
from .._context import Context, current
from ._functions import check_not_needed, check_type, how_of, parameters_of, plain
from ._kind import Kind
from ._marker import Dependency, Scope, marker_of

__all__ = ["Graph", "Node", "Override", "identity_of"]


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
            call, kind = how_of(function)
            node = Node(call, kind, marker.scope, arguments, name, str(path), declared)
            self._nodes[key] = node
        if marker.use_cache:
            self._shared[reference] = node
        return node

    def _arguments(
        self, function: Callable[..., Any], scope: Scope, path: _Path, overrides: tuple[Override, ...]
    ) -> Iterator[tuple[str, Node]]:
        for parameter, hint in parameters_of(function, str(path)):
            where = f"{path}: parameter {parameter.name!r}"
            try:
                marker = _CONTEXT if plain(hint) is Context else marker_of(hint, parameter.default)
            except TypeError as error:
                raise TypeError(f"{where}: {error}") from error
            if marker is None:
                check_not_needed(parameter, hint, where)
                continue
            if parameter.kind is parameter.POSITIONAL_ONLY:
                raise TypeError(f"{where} is positional-only, but dependencies are passed by name: take away the '/'")
            node = self._node(marker, path, overrides)
            if scope == "worker":
                _check_lives_as_long(node, where, path.names[-1])
            check_type(marker.dependency, hint, where)
            yield parameter.name, node


def _check_lives_as_long(node: Node, where: str, name: str) -> None:
    """Refuse a node that a dependency of the worker's scope, which is *name*, would outlive."""
    if node.declared is _CONTEXT.dependency:
        raise TypeError(f"{where} is the context of an attempt, and the scope of the worker has none around it")
    if node.scope == "attempt":
        raise TypeError(
            f"{node.path}: {name} has the scope of the worker, and depends on {node.name}, which is made for each"
            " attempt and closed at its end: give both the same scope, e.g."
            f" Depends({node.name}, scope='worker') in {name}"
        )


def identity_of(function: object) -> object:
    """Return what is equal for the same function: each reference to a method is an object of its own."""
    if isinstance(function, types.MethodType):
        return id(function.__self__), id(function.__func__)
    return id(function)


def _running_context() -> Context:
    return current.get()


_running_context.__qualname__ = "activity.Context"
_CONTEXT = Dependency(_running_context)
