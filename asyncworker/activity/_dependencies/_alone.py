"""Call an activity with its dependencies where there is no worker: in a test, in a script."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from ...converter._annotations import AnnotationResolver
from .._callables import describe, is_awaitable
from .._definition import Definition
from ._attempt_scope import AttemptScope, ThreadScope
from ._graph import Graph, Node, Override
from ._kind import Kind
from ._marker import Dependency, marker_of
from ._plan import Plan, compile_plan

__all__ = ["injected"]


def injected(definition: Definition, overrides: Iterable[tuple[Callable[..., Any], Callable[..., Any]]] = ()) -> Any:
    """Return the function of an activity, called as a worker does it: with its dependencies made and closed.

    Those of the worker's scope live as long as the call, too. One that is given by name is not made. Without
    dependencies it is the function itself.

    Args:
        definition: The activity's.
        overrides: What stands for which dependency.

    Raises:
        TypeError: A dependency cannot work, or is to be awaited for an activity that is not.
    """
    markers = _markers(definition)
    if not markers:
        return definition.fn
    graph = Graph([Override(function, replacement) for function, replacement in overrides])

    def plan(given: Mapping[str, Any]) -> Plan | None:
        return compile_plan(
            graph,
            definition.fn,
            markers,
            name=definition.name,
            skip=int(definition.takes_context),
            in_thread=not definition.is_async,
            is_alone=True,
            given=given,
        )

    call = _Call(definition, plan, payloads=_payloads(definition, markers))
    plan({})
    return call.run if definition.is_async else call.run_in_thread


class _Call:
    def __init__(
        self, definition: Definition, plan: Callable[[Mapping[str, Any]], Plan | None], *, payloads: int | None
    ) -> None:
        self._definition = definition
        self._plan = plan
        self._payloads = payloads

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        plan, placed, named = self._prepared(args, kwargs)
        async with AttemptScope({}) as scope:
            await scope.enter(plan.loop_steps)
            placed, named = self._bound(plan, scope.values, placed, named)
            return await self._definition.fn(*placed, **named)

    def run_in_thread(self, *args: Any, **kwargs: Any) -> Any:
        plan, placed, named = self._prepared(args, kwargs)
        fn = self._definition.fn
        waits = [node for node in plan.loop_steps if node.kind in (Kind.COROUTINE, Kind.ASYNC_MANAGER)]
        if waits:
            raise TypeError(
                f"{waits[0].path}: it is to be awaited, and {describe(fn)} is run at once: pass the value by the"
                " parameter's name, or override it"
            )
        with ThreadScope({}) as scope:
            scope.enter((*plan.loop_steps, *plan.thread_steps))
            placed, named = self._bound(plan, scope.values, placed, named)
            result = fn(*placed, **named)
            scope.is_kept = is_awaitable(result)
        return _awaited(result, scope) if scope.has_open else result

    def _prepared(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Plan, Sequence[Any], dict[str, Any]]:
        args, kwargs = self._given(args, kwargs)
        plan = self._plan(kwargs)
        assert plan is not None
        return plan, args, kwargs

    def _given(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments, with those of dependencies by name: there may be more of them than the payload has."""
        skip = int(self._definition.takes_context)
        if self._payloads is None or len(args) - skip <= self._payloads:
            return args, dict(kwargs)
        bound = inspect.signature(self._definition.fn).bind_partial(*args, **kwargs)
        return args[:skip], dict(list(bound.arguments.items())[skip:])

    def _bound(
        self, plan: Plan, values: Mapping[Node, Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Sequence[Any], dict[str, Any]]:
        skip = int(self._definition.takes_context)
        named = {**plan.named(values), **kwargs}
        placed = plan.positional(args[skip:], named)
        return (*args[:skip], *placed), named


async def _awaited(result: Awaitable[Any], scope: ThreadScope) -> Any:
    """Await what a ``def`` activity has returned, and then close what it depends on."""
    scope.is_kept = False
    with scope:
        return await result


def _markers(definition: Definition) -> Mapping[str, Dependency]:
    resolve, found = AnnotationResolver(definition.fn, describe(definition.fn)), {}
    parameters = list(inspect.signature(definition.fn).parameters.values())
    for each in parameters[int(definition.takes_context) :]:
        try:
            hint = resolve(each.annotation, f"parameter {each.name!r}")
        except TypeError:
            # A test needs no types that only a worker reads.
            hint = None
        marker = marker_of(hint, each.default)
        if marker is not None:
            found[each.name] = marker
    return found


def _payloads(definition: Definition, markers: Mapping[str, Dependency]) -> int | None:
    """Return how many positional arguments are those of a payload; ``None`` without a limit."""
    parameters = list(inspect.signature(definition.fn).parameters.values())[int(definition.takes_context) :]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in kinds and each.name not in markers for each in parameters)
