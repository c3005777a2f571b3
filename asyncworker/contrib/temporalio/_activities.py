"""Take activities that were declared with ``temporalio.activity.defn``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import temporalio.client
import temporalio.worker
from temporalio.activity import _Definition

from ...activity import Definition
from ...activity._definition import ATTRIBUTE
from ...worker._interceptor import Unbound

__all__ = ["BridgedActivity", "activities_of", "from_temporalio"]

_THEIRS = "__temporal_activity_definition"


class BridgedActivity(Unbound):
    """One activity of temporalio's; called, it is its function.

    Attributes:
        theirs: Its declaration there.
        is_async: Whether it runs on the event loop.
    """

    unbound = (
        "it was declared for temporalio, whose context it needs: give the worker"
        " interceptors=[TemporalioInterceptor(client)], of asyncworker.contrib.temporalio"
    )

    def __init__(self, theirs: _Definition) -> None:
        self.theirs = theirs
        # As temporalio's worker decides it.
        self.is_async = inspect.iscoroutinefunction(theirs.fn) or inspect.iscoroutinefunction(
            theirs.fn.__call__  # type: ignore[operator]
        )
        definition = Definition(
            name=theirs.name,
            fn=self,
            is_async=self.is_async,
            # Their heartbeats do not raise; if anything does, it is the bridge.
            no_thread_cancel_exception=True,
        )
        setattr(self, ATTRIBUTE, definition)

    def __repr__(self) -> str:
        return f"<BridgedActivity {self.theirs.name or '(dynamic)'}>"

    def __call__(self, *args: Any) -> Any:
        return self.theirs.fn(*args)


class _BridgedObject:
    """The activities of one object, as attributes."""

    def __init__(self, activities: dict[str, BridgedActivity]) -> None:
        self.__dict__.update(activities)

    def __repr__(self) -> str:
        return f"<_BridgedObject {', '.join(self.__dict__)}>"


def from_temporalio(thing: Any) -> Any:
    """Return what ``Worker(activities=[…])`` takes for something declared with ``temporalio.activity.defn``.

    The worker also needs a :class:`TemporalioInterceptor`. The function itself is left as it is.

    Args:
        thing: A function, a bound method, an object whose class is declared, or an object with declared methods, all
            of which count.

    Raises:
        TypeError: It is none of these; the message says what to do.
    """
    _refuse_class(thing)
    definition = _definition_of(thing)
    if definition is not None:
        return BridgedActivity(definition)
    methods = {} if inspect.isroutine(thing) or inspect.ismodule(thing) else dict(_methods(thing))
    if methods:
        return _BridgedObject(methods)
    if Definition.find(thing) is not None:
        raise TypeError(f"{_name(thing)} is declared with asyncworker's @activity.defn: pass it to the worker as it is")
    raise TypeError(f"{_name(thing)} is no activity of temporalio's: decorate it with temporalio's @activity.defn")


def activities_of(plugin: Any, *, workflows: Sequence[type] = ()) -> list[Any]:
    """Return the activities that a plugin of temporalio's brings to a worker, as :func:`from_temporalio` does.

    What else it configures (workflows, interceptors, what it runs around a worker) is not taken over.

    Args:
        plugin: For clients or for workers. Its ``configure_worker`` is called with a configuration that has no more
            than *workflows*.
        workflows: Where the plugin takes its activities from workflow classes, as pydantic-ai's does.

    Raises:
        TypeError: It is no plugin that configures workers.
    """
    configure: Callable[[Any], Any] | None = getattr(plugin, "configure_worker", None)
    if not callable(configure) or inspect.isclass(plugin):
        raise TypeError(f"{_name(plugin)} is no plugin of temporalio's for workers: it has no configure_worker()")
    config = configure(_configuration(workflows))
    return [from_temporalio(activity) for activity in config.get("activities") or ()]


def _configuration(workflows: Sequence[type]) -> dict[str, Any]:
    return {
        "client": _NoClient(),
        "task_queue": "",
        "activities": [],
        "workflows": list(workflows),
        "nexus_service_handlers": [],
        "interceptors": [],
        "plugins": [],
        "workflow_runner": temporalio.worker.UnsandboxedWorkflowRunner(),
        "workflow_failure_exception_types": [],
    }


class _NoClient:
    """What a plugin may ask of the client that there is none of."""

    interceptors: tuple[Any, ...] = ()

    def config(self, **_: Any) -> dict[str, Any]:
        return {"interceptors": [], "plugins": []}


def _definition_of(thing: Any) -> _Definition | None:
    found = _Definition.from_callable(thing)
    # Declarations of other packages may look like temporalio's to its workflows.
    if not isinstance(found, _Definition):
        return None
    if inspect.isfunction(thing) and next(iter(inspect.signature(thing).parameters), None) == "self":
        owner = thing.__qualname__.rpartition(".")[0]
        raise TypeError(f"{thing.__qualname__} is a method without its object: pass {owner}(…).{thing.__name__}")
    return found


def _methods(thing: object) -> Iterator[tuple[str, BridgedActivity]]:
    for name in dir(type(thing)):
        # Looked at from outside: a property must not run just because activities are looked for.
        static = inspect.getattr_static(thing, name, None)
        if isinstance(static, staticmethod | classmethod):
            static = static.__func__
        if not inspect.isfunction(static) or not isinstance(getattr(static, _THEIRS, None), _Definition):
            continue
        definition = _Definition.from_callable(getattr(thing, name))
        assert definition is not None
        yield name, BridgedActivity(definition)


def _refuse_class(thing: Any) -> None:
    if inspect.isclass(thing):
        raise TypeError(f"{thing.__qualname__} is a class: pass an instance of it, e.g. {thing.__name__}(…)")


def _name(thing: Any) -> str:
    return getattr(thing, "__qualname__", None) or repr(thing)
