"""Check the arguments of ``Worker(…)`` where it is made, with messages that name the parameter and the way out."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .._arguments import check_number, check_seconds
from .._time import Seconds
from .polling._autoscaling import PollerBehavior, PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from .slots._supplier import FixedSizeSlotSupplier, SlotSupplier

__all__ = [
    "at_least_one",
    "checked_address",
    "checked_interval",
    "checked_lifespan",
    "checked_poll",
    "checked_queue",
    "checked_threshold",
    "choose_pollers",
    "choose_slots",
    "expect_client",
    "expect_sequence",
    "expect_type",
    "not_negative",
    "positive",
    "rate",
    "refuse_foreign",
]

T = TypeVar("T")

_EXECUTOR = "def activities run in threads of the worker's own, as many as there are slots; leave it out"
_NEXUS = "this worker runs activities only; handle Nexus operations on temporalio's Worker"
_PLUGINS = "use interceptors=[…] and observers=[…]"
_VERSIONS = "use deployment_config=WorkerDeploymentConfig(…)"
_WORKFLOWS = "this worker runs activities only; run workflows on temporalio's Worker, on a task queue of their own"
# The settings of temporalio's Worker, and its client's runtime, that this one has not.
_FOREIGN = {
    "activity_executor": _EXECUTOR,
    "build_id": _VERSIONS,
    "disable_eager_activity_execution": "only a worker with workflows executes activities eagerly; leave it out",
    "disable_payload_error_limit": "leave it out; what is larger than the namespace's limit fails the activity",
    "max_eager_activity_reservations_per_workflow_task": "only a worker with workflows executes activities eagerly",
    "on_fatal_error": "run() and async with raise WorkerError; an observer gets WorkerStopped",
    "plugin_shutdown_timeout": _PLUGINS,
    "plugins": _PLUGINS,
    "runtime": "there is none: logs go to logging, metrics come from observers=[…]",
    "shared_state_manager": "activities run in this process, so that there is no state to share; leave it out",
    "tuner": "use max_concurrent_activities=…, or slot_supplier=ResourceBasedSlotSupplier(…)",
    "use_worker_versioning": _VERSIONS,
    **dict.fromkeys(
        (
            "max_concurrent_nexus_tasks",
            "nexus_service_handlers",
            "nexus_task_executor",
            "nexus_task_poller_behavior",
        ),
        _NEXUS,
    ),
    **dict.fromkeys(
        (
            "debug_mode",
            "disable_safe_workflow_eviction",
            "max_cached_workflows",
            "max_concurrent_local_activities",
            "max_concurrent_workflow_task_polls",
            "max_concurrent_workflow_tasks",
            "max_workflow_task_external_storage_concurrency",
            "no_remote_activities",
            "nonsticky_to_sticky_poll_ratio",
            "patch_activation_callback",
            "sticky_queue_schedule_to_start_timeout",
            "unsandboxed_workflow_runner",
            "workflow_failure_exception_types",
            "workflow_runner",
            "workflow_task_executor",
            "workflow_task_poller_behavior",
            "workflows",
        ),
        _WORKFLOWS,
    ),
}


def refuse_foreign(settings: Mapping[str, object]) -> None:
    """Refuse settings that only the official SDK's worker has.

    Raises:
        TypeError: It says what to do instead.
    """
    for name in settings:
        if name in _FOREIGN:
            raise TypeError(f"Worker() takes no {name}: {_FOREIGN[name]}")


def expect_client(client: object) -> None:
    """Refuse what is no client."""
    if client is None:
        return
    # Where there is a client, it is imported.
    from ..client import Client

    if isinstance(client, Client):
        return
    if isinstance(client, str):
        raise TypeError(
            f"client must be a Client, got {client!r}: await Client.connect({client!r}), or leave it out and set"
            " TEMPORAL_ADDRESS"
        )
    if inspect.iscoroutine(client):
        client.close()
        raise TypeError("client must be a Client, got a coroutine: await Client.connect(…)")
    raise TypeError(f"client must be an asyncworker.Client, got {client!r}: await Client.connect(…)")


def expect_type(name: str, value: T, kind: type) -> T:
    """Return a value of type *kind*, or ``None``."""
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{name} must be {_article(kind)} {kind.__name__}, got {value!r}")
    return value


def _article(kind: type) -> str:
    return "an" if kind.__name__[0] in "AEIOUaeiou" else "a"


def checked_queue(task_queue: str | None) -> str:
    """Return the name of a queue that the server accepts; without one it is ``TEMPORAL_TASK_QUEUE``."""
    expect_type("task_queue", task_queue, str)
    name = task_queue if task_queue is not None else os.environ.get("TEMPORAL_TASK_QUEUE")
    if not name:
        raise ValueError("a worker needs a task queue: Worker(task_queue=…), or TEMPORAL_TASK_QUEUE")
    if len(name) > 1000:
        raise ValueError(f"a task queue's name has at most 1000 characters, got {len(name)}")
    if not name.isprintable() or name != name.strip():
        # A file with Windows' line ends, as a rule: the worker would poll a queue without tasks.
        raise ValueError(
            f"a task queue's name has no spaces or line breaks around it, nor control characters: {name!r}"
        )
    for prefix in ("/_sys/", "__temporal_"):
        if name.startswith(prefix):
            raise ValueError(
                f"a task queue's name must not start with {prefix!r}, which is Temporal's own; got {name!r}"
            )
    return name


def choose_slots(supplier: SlotSupplier | None, number: int | None) -> SlotSupplier:
    """Return the slot supplier of these settings; without any it has 100 slots."""
    if supplier is None:
        return FixedSizeSlotSupplier(100 if number is None else at_least_one("max_concurrent_activities", number))
    if number is not None:
        raise TypeError("slot_supplier and max_concurrent_activities exclude each other: the supplier decides")
    if isinstance(supplier, type):
        raise TypeError(f"slot_supplier must be an instance: slot_supplier={supplier.__name__}(…)")
    expect_type("slot_supplier", supplier, SlotSupplier)
    return supplier


def choose_pollers(behavior: PollerBehavior | None, number: int | None) -> PollerBehavior | None:
    """Return the poller behaviour of these settings; ``None`` leaves it to the namespace."""
    if number is None:
        if behavior is not None and not isinstance(behavior, PollerBehaviorSimpleMaximum | PollerBehaviorAutoscaling):
            raise TypeError(
                "activity_task_poller_behavior must be a PollerBehaviorSimpleMaximum or a PollerBehaviorAutoscaling,"
                f" got {behavior!r}; for a number use max_concurrent_activity_task_polls"
            )
        return behavior
    if behavior is not None:
        raise TypeError(
            "activity_task_poller_behavior and max_concurrent_activity_task_polls exclude each other:"
            " use PollerBehaviorSimpleMaximum for a fixed number"
        )
    return PollerBehaviorSimpleMaximum(at_least_one("max_concurrent_activity_task_polls", number))


def expect_sequence(name: str, value: Iterable[T]) -> tuple[T, ...]:
    """Return what is in a list, and refuse a single thing that is in none."""
    if callable(value) or isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        example = "pack" if name == "activities" else "…"
        raise TypeError(f"{name} must be a sequence, e.g. {name}=[{example}]; got {value!r}")
    return tuple(value)


def at_least_one(name: str, value: int) -> int:
    """Return a whole number of 1 or more."""
    if not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return value


def rate(name: str, value: float | None) -> float | None:
    """Return a number per second, or ``None`` for no limit."""
    if value is not None and not check_number(name, value) > 0:
        raise ValueError(f"{name} must be above zero, got {value!r}")
    return value


def positive(name: str, value: Seconds) -> float:
    """Return a duration above zero, in seconds."""
    seconds = check_seconds(name, value)
    if not seconds > 0:
        raise ValueError(f"{name} must be above zero, got {value!r}")
    return seconds


def not_negative(name: str, value: Seconds) -> float:
    """Return a duration, in seconds."""
    seconds = check_seconds(name, value)
    if not seconds >= 0:
        raise ValueError(f"{name} must not be negative, got {value!r}")
    return seconds


def checked_interval(value: Seconds | None) -> float | None:
    """Return the interval of worker heartbeats in seconds, or ``None`` for none."""
    if value is None:
        return None
    seconds = check_seconds("worker_heartbeat_interval", value)
    if not 1 <= seconds <= 60:
        raise ValueError(f"worker_heartbeat_interval must be from 1 to 60 s, or None for none; got {value!r}")
    return seconds


def checked_lifespan(value: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    """Return a function that takes the worker, and may return an asynchronous context manager."""
    if value is None:
        return None
    example = "decorate an async generator function of the worker with @contextlib.asynccontextmanager"
    # A context manager of contextlib's can be called, as a decorator.
    is_manager = hasattr(type(value), "__aenter__")
    if is_manager or not callable(value):
        what = "what it returns" if is_manager else repr(value)
        raise TypeError(f"lifespan must be a function, got {what}: {example}")
    if inspect.isasyncgenfunction(value) or inspect.iscoroutinefunction(value) or inspect.isgeneratorfunction(value):
        raise TypeError(f"lifespan must return an asynchronous context manager, and {value!r} does not: {example}")
    try:
        inspect.signature(value).bind(None)
    except TypeError as error:
        raise TypeError(f"lifespan is called with the worker, and {value!r} cannot be: {error}") from None
    except ValueError:
        # It has no signature.
        return value
    return value


def checked_threshold(value: Seconds | None) -> float | None:
    """Return the seconds after which the event loop counts as blocked, or ``None`` for no watchdog."""
    if value is None:
        return None
    seconds = check_seconds("loop_block_threshold", value)
    if not 0.1 <= seconds <= 600:
        raise ValueError(f"loop_block_threshold must be from 0.1 to 600 s, or None for no watchdog; got {value!r}")
    return seconds


def checked_address(value: str | None) -> tuple[str, int] | None:
    """Return host and port of an address to listen on."""
    if value is None:
        return None
    expect_type("health_address", value, str)
    host, _, port = value.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if is_bracketed else host
    is_port = port.isascii() and port.isdigit() and 0 < int(port) < 65536
    if not bare or not is_port or (":" in bare) != is_bracketed or not bare.isprintable() or " " in bare or "/" in bare:
        raise ValueError(
            f"health_address must be host:port, e.g. '127.0.0.1:8081', '[::1]:8081' or '0.0.0.0:8081'; got {value!r}"
        )
    return bare, int(port)


def checked_poll(value: Seconds | None) -> float | None:
    """Return the deadline of polls in seconds, or ``None`` to have it chosen."""
    if value is None:
        return None
    seconds = check_seconds("long_poll_timeout", value)
    # The server refuses polls of 2 s or less, and answers up to 2 s before the deadline.
    if not 3 <= seconds <= 600:
        raise ValueError(f"long_poll_timeout must be from 3 to 600 s, got {value!r}")
    return seconds
