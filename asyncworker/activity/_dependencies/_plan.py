"""Compile what an activity depends on to the steps of an attempt, and its parameters to a way to pass the values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

from ...converter._annotations import AnnotationResolver
from .._callables import describe
from ._functions import check_type
from ._graph import Graph, Node
from ._kind import Kind
from ._marker import Dependency

__all__ = ["Plan", "compile_plan"]

_Kind = inspect._ParameterKind


class Plan:
    """How the dependencies of one activity are made and passed.

    Args:
        nodes: By the parameters' names.
        layout: The positional parameters as far as a payload's argument stands behind a dependency: the names of
            dependencies, and ``None`` for what takes a payload's argument.
        in_thread: Whether the activity runs in a thread, and its dependencies that can with it.
        is_alone: Whether there is no worker, so that everything belongs to one attempt.

    Attributes:
        nodes: All that it depends on, each behind what it depends on itself.
        worker_nodes: What the worker's scope has to have, in the order in which it is needed.
        loop_steps: What is made on the event loop, in this order.
        thread_steps: What is made after that in the activity's thread.
    """

    __slots__ = ("_has_steps", "_layout", "_names", "loop_steps", "nodes", "thread_steps", "worker_nodes")

    def __init__(
        self, nodes: Mapping[str, Node], layout: Sequence[str | None], *, in_thread: bool, is_alone: bool
    ) -> None:
        self._names = tuple(nodes.items())
        self._layout = tuple(layout)
        self.nodes = ordered = tuple(dict.fromkeys(each for node in nodes.values() for each in node.all()))
        steps = [node for node in ordered if is_alone or node.scope == "attempt"]
        needed = [node for node in ordered if node not in steps]
        waits = {Kind.COROUTINE, Kind.ASYNC_MANAGER}
        awaited = {id(each) for node in steps if node.kind in waits for each in node.all()}
        self.worker_nodes = tuple(needed)
        self.loop_steps = tuple(node for node in steps if not in_thread or id(node) in awaited)
        self.thread_steps = tuple(node for node in steps if in_thread and id(node) not in awaited)
        self._has_steps = bool(steps)

    def __repr__(self) -> str:
        return f"<Plan [{', '.join(f'{name}: {node.name}' for name, node in self._names)}]>"

    def ready(self, made: Mapping[Node, Any]) -> dict[str, Any] | None:
        """Return the values by the parameters' names, if there is nothing to make for them.

        Args:
            made: What the worker has made.
        """
        if self._has_steps:
            return None
        try:
            return {name: made[node] for name, node in self._names}
        except KeyError:
            return None

    def named(self, values: Mapping[Node, Any]) -> dict[str, Any]:
        """Return the values by the parameters' names."""
        return {name: values[node] for name, node in self._names}

    def positional(self, arguments: Sequence[Any], named: dict[str, Any]) -> Sequence[Any]:
        """Return *arguments* with the dependencies between them, which are taken out of *named*."""
        if not self._layout:
            return arguments
        rest, placed = iter(arguments), list[Any]()
        for name in self._layout:
            if name is not None:
                placed.append(named.pop(name))
                continue
            try:
                placed.append(next(rest))
            except StopIteration:
                # The others have their defaults; what stands behind them is passed by its name.
                return placed
        return [*placed, *rest]


def compile_plan(
    graph: Graph,
    function: Callable[..., Any],
    markers: Mapping[str, Dependency],
    *,
    name: str | None,
    skip: int,
    in_thread: bool,
    is_alone: bool = False,
    given: Container[str] = (),
) -> Plan | None:
    """Return the plan of an activity; ``None`` if it depends on nothing.

    Args:
        graph: Of the worker's activities.
        function: The activity's.
        markers: The marks of its dependency parameters, by their names.
        name: The activity's, for the path in errors.
        skip: How many leading parameters are filled otherwise: a context.
        in_thread: Whether it runs in a thread.
        is_alone: Whether there is no worker.
        given: The names of parameters whose values are passed, and not made.

    Raises:
        TypeError: A dependency cannot work; the message has the path to it, and what to do.
    """
    if not markers:
        return None
    called = name or describe(function)
    wanted = {name: marker for name, marker in markers.items() if name not in given}
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    nodes, resolve = graph.build(called, wanted), AnnotationResolver(function, called)
    for each in parameters:
        if each.name in nodes:
            where = f"{called}: parameter {each.name!r}"
            if each.kind is each.POSITIONAL_ONLY:
                raise TypeError(f"{where} is positional-only, but dependencies are passed by name: take away the '/'")
            check_type(markers[each.name].dependency, resolve(each.annotation, f"parameter {each.name!r}"), where)
    return Plan(nodes, _layout(parameters, markers), in_thread=in_thread, is_alone=is_alone)


def _layout(parameters: Iterable[inspect.Parameter], markers: Mapping[str, Dependency]) -> list[str | None]:
    places: list[str | None] = []
    last = 0
    for each in parameters:
        if each.kind in (_Kind.KEYWORD_ONLY, _Kind.VAR_KEYWORD):
            break
        if each.kind is _Kind.VAR_POSITIONAL:
            last = len(places)
        elif each.name in markers:
            places.append(each.name)
        else:
            places.append(None)
            last = len(places)
    places = places[:last]
    return places if any(places) else []
