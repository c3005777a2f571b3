"""The activities of a worker, by the names in their tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import MethodType
from typing import TYPE_CHECKING, Any

from .._log_throttle import LogThrottle
from .._proto.temporal.api.common.v1 import Payload
from .._time import to_seconds
from ..activity import Definition
from ..activity._dependencies._marker import marker_of
from ..activity._objects import definitions_of
from ..common import RawValue
from ..converter import DataConverter, PayloadConverter, Signature
from ..converter._stored import refuse_stored
from ..exceptions import ApplicationError
from ._interceptor import Interceptor, Unbound
from ._rate_limit import RateLimit

if TYPE_CHECKING:
    from ..activity._dependencies._graph import Graph, Override
    from ..activity._dependencies._plan import Plan
    from ..client import Client

__all__ = ["RegisteredActivity", "Registry"]


class RegisteredActivity:
    """One activity of a worker: its declaration, its compiled signature, its own limits."""

    __slots__ = (
        "auto_heartbeat_limit",
        "concurrency",
        "converter",
        "definition",
        "dependencies",
        "fn",
        "has_warned_of_heartbeats",
        "is_async",
        "lost_heartbeats",
        "rate_limit",
        "signature",
        "takes_context",
        "takes_raw_arguments",
    )

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.fn = definition.fn
        self.is_async = definition.is_async
        #: Whether it is passed its arguments as they came: a dynamic one of ours is.
        self.takes_raw_arguments = definition.dynamic
        #: Whether a warning was logged that it heartbeats without a heartbeat timeout; once is enough.
        self.has_warned_of_heartbeats = False
        #: Throttles log lines about its heartbeats that did not arrive: in an outage those of all attempts do not.
        self.lost_heartbeats = LogThrottle()
        limit = definition.auto_heartbeat_limit
        #: Seconds for which the worker heartbeats for it while it is silent itself; ``None`` for no limit.
        self.auto_heartbeat_limit = None if limit is None else to_seconds(limit)
        self.takes_context = definition.takes_context
        self.signature = Signature(definition.fn, skip=int(definition.takes_context), injected=marker_of)
        #: What it depends on; ``None`` for nothing.
        self.dependencies: Plan | None = None
        #: Takes the place of the client's, if it is one of another SDK.
        self.converter: DataConverter | None = None
        self.concurrency: asyncio.Semaphore | None = None
        self.rate_limit = None if definition.max_per_second is None else RateLimit(definition.max_per_second)

    def __repr__(self) -> str:
        return f"<RegisteredActivity {self.definition.name or '(dynamic)'}>"

    def compile_dependencies(self, graph: Graph) -> None:
        """Compile what it depends on.

        Raises:
            TypeError: A dependency cannot work.
        """
        from ..activity._dependencies._plan import compile_plan

        self.dependencies = compile_plan(
            graph,
            self.definition.fn,
            self.signature.injected,
            name=self.definition.name,
            skip=int(self.takes_context),
            in_thread=not self.is_async,
        )

    def bind(self, client: Client | None, interceptors: Sequence[Interceptor]) -> None:
        """Have one of *interceptors* bind an activity of another SDK.

        Raises:
            TypeError, ConfigurationError: None can, or it does not fit this worker.
        """
        definition = self.definition
        if not isinstance(definition.fn, Unbound):
            return
        for interceptor in interceptors:
            binding = interceptor._bind(definition, client)
            if binding is not None:
                self.fn, self.signature, self.converter = binding.fn, binding.signature, binding.data_converter
                self.takes_raw_arguments = False
                return
        raise TypeError(f"activity {definition.name or '(dynamic)'}: {definition.fn.unbound}")

    def convert_arguments(self, payloads: Sequence[Payload], payload_converter: PayloadConverter) -> Sequence[Any]:
        """Convert payloads, after any codec, to the arguments of the activity.

        Raises:
            ConverterError: They are not of its parameters' types.
            StoredElsewhereError: One is a reference to external storage, which another worker may have.
            Exception: From converters, for other reasons than the payload.
        """
        if self.takes_raw_arguments:
            refuse_stored(payloads)
            return [[RawValue(payload) for payload in payloads]]
        return self.signature.decode_arguments(payloads, payload_converter)


class Registry:
    """Every activity of a worker.

    Args:
        activities: Functions, bound methods, callable objects, and objects whose decorated methods all count.

    Raises:
        TypeError: One of them is no activity, or is dynamic when another already is.
        ValueError: Two have the same name, or there is none at all.
    """

    def __init__(self, activities: Iterable[Any]) -> None:
        self._by_name: dict[str, RegisteredActivity] = {}
        self._dynamic: RegisteredActivity | None = None
        self._overrides: list[Override] = []
        for thing in activities:
            for definition in definitions_of(thing):
                self._add(definition)
        if not self._by_name and self._dynamic is None:
            raise ValueError("a worker needs at least one activity: Worker(…, activities=[…])")
        self._graph = self._new_graph()
        # Without overrides, and with each that there is.
        self._plans = [self._compile_dependencies()]

    def __repr__(self) -> str:
        return f"<Registry [{', '.join(self.names)}]>"

    @property
    def names(self) -> Sequence[str]:
        """The activity types that are registered by name, in order."""
        return sorted(self._by_name)

    @property
    def needs_threads(self) -> bool:
        """Whether an activity is a plain function, to be run in a thread."""
        return not all(registered.is_async for registered in self._all())

    def find(self, name: str) -> RegisteredActivity | None:
        """Return the activity registered under *name*, or the dynamic one; ``None`` if there is neither."""
        return self._by_name.get(name) or self._dynamic

    def prepare(self, client: Client | None, interceptors: Sequence[Interceptor]) -> None:
        """Bind the activities of other SDKs and build the readers of the arguments, so that the first tasks need not.

        Without a client, which may come later, only what is known without it is checked.

        Raises:
            TypeError: An activity has a parameter that the client's converter cannot read, or lacks its interceptor.
            ConfigurationError: An activity of another SDK does not fit the client.
        """
        for registered in self._all():
            registered.bind(client, interceptors)
        if client is not None:
            for registered in self._by_name.values():
                registered.signature.prepare((registered.converter or client.data_converter).payload_converter)

    @contextmanager
    def override(self, function: Callable[..., Any], replacement: Callable[..., Any]) -> Iterator[None]:
        """Have *replacement* stand for a dependency of activities for the length of a block.

        Raises:
            TypeError: One of them cannot be called, or *replacement* cannot work as a dependency.
            ValueError: No activity depends on *function*.
        """
        from ..activity._dependencies._overrides import checked_override

        # An override may hide what another one brought, or what was there without any.
        known = [plan for plans in self._plans for plan in plans]
        override = checked_override(function, replacement, known)
        self._overrides.append(override)
        plans: Sequence[Plan] | None = None
        try:
            plans = self._compile_dependencies()
            self._plans.append(plans)
            yield
        finally:
            self._overrides.remove(override)
            if plans is not None:
                self._plans.remove(plans)
            self._compile_dependencies()

    def _new_graph(self) -> Graph | None:
        # Few activities have dependencies: the workers of the others do without the modules for them.
        if not any(registered.signature.injected for registered in self._all()):
            return None
        from ..activity._dependencies._graph import Graph

        return Graph()

    def _compile_dependencies(self) -> Sequence[Plan]:
        if self._graph is None:
            return []
        # One graph for all of them, so that they share what the worker makes.
        self._graph.overrides = tuple(self._overrides)
        for registered in self._all():
            registered.compile_dependencies(self._graph)
        return [it.dependencies for it in self._all() if it.dependencies is not None]

    def begin(self) -> None:
        """Begin a run of the worker: no attempt runs, and the event loop may be another than that of the last run."""
        for registered in self._all():
            limit = registered.definition.max_concurrent
            registered.concurrency = None if limit is None else asyncio.Semaphore(limit)

    def _all(self) -> list[RegisteredActivity]:
        return [*self._by_name.values(), *([] if self._dynamic is None else [self._dynamic])]

    def unknown(self, name: str) -> ApplicationError:
        """Return the failure of an unknown type: retryable, as another worker may have it registered."""
        return ApplicationError(
            f"Activity {name!r} is not registered on this worker; registered: {', '.join(self.names)}",
            type="NotFoundError",
        )

    def _add(self, definition: Definition) -> None:
        registered = RegisteredActivity(definition)
        if definition.name is None:
            if self._dynamic is not None:
                raise TypeError("a worker takes one dynamic activity, and got a second")
            self._dynamic = registered
        elif definition.name in self._by_name:
            if _is_same(self._by_name[definition.name].fn, definition.fn):
                # An object may keep a function that is handed over by itself as well, or know a method by two names.
                return
            raise ValueError(f"two activities are named {definition.name!r}: name one with @activity.defn(name=…)")
        else:
            self._by_name[definition.name] = registered


def _is_same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    # Each reference to a method is an object of its own.
    return one is other or (isinstance(one, MethodType) and isinstance(other, MethodType) and one == other)
