"""Check what a worker is told at the moment it is told: a mistake is found where it was made, and says what to do."""

from __future__ import annotations

import os

from .._arguments import check_number, check_seconds, wrong_type
from .._time import Seconds
from .polling._autoscaling import PollerBehavior, PollerBehaviorSimpleMaximum
from .slots._supplier import FixedSizeSlotSupplier, SlotSupplier

__all__ = [
    "at_least_one",
    "check_client",
    "checked_interval",
    "checked_poll",
    "checked_queue",
    "choose_pollers",
    "choose_slots",
    "expect_sequence",
    "not_negative",
    "positive",
    "rate",
]


def checked_queue(task_queue: str | None) -> str:
    """The queue that is meant, which the server would take; without one it is ``TEMPORAL_TASK_QUEUE``."""
    name = task_queue if task_queue is not None else os.environ.get("TEMPORAL_TASK_QUEUE")
    if not name:
        raise ValueError("a worker needs a task queue: Worker(task_queue=…), or TEMPORAL_TASK_QUEUE")
    if len(name) > 1000:
        raise ValueError(f"a task queue's name has at most 1000 characters, got {len(name)}")
    if not name.isprintable() or name != name.strip():
        # A file with Windows' line ends, as a rule: the worker would poll a queue that nobody writes to.
        raise ValueError(
            f"a task queue's name has no spaces or line breaks around it, nor control characters: {name!r}"
        )
    for prefix in ("/_sys/", "__temporal_"):
        if name.startswith(prefix):
            raise ValueError(
                f"a task queue's name must not start with {prefix!r}, which is Temporal's own; got {name!r}"
            )
    return name


def check_client(client: object) -> None:
    """Refuse what is no client, without importing the client."""
    if client is not None and not hasattr(client, "data_converter"):
        raise wrong_type("client", 'a Client, for example await Client.connect("localhost:7233")', client)


def choose_slots(supplier: SlotSupplier | None, number: int | None) -> SlotSupplier:
    """The supplier that was given, or a fixed number of slots: 100 if nothing was said."""
    if supplier is None:
        return FixedSizeSlotSupplier(100 if number is None else at_least_one("max_concurrent_activities", number))
    if number is not None:
        raise TypeError("slot_supplier and max_concurrent_activities exclude each other: the supplier decides")
    return supplier


def choose_pollers(behavior: PollerBehavior | None, number: int | None) -> PollerBehavior | None:
    """What was asked for, or ``None`` if nothing was: then the namespace is asked."""
    if number is None:
        return behavior
    if behavior is not None:
        raise TypeError(
            "activity_task_poller_behavior and max_concurrent_activity_task_polls exclude each other:"
            " use PollerBehaviorSimpleMaximum for a fixed number"
        )
    return PollerBehaviorSimpleMaximum(at_least_one("max_concurrent_activity_task_polls", number))


def expect_sequence(name: str, value: object) -> None:
    """Refuse what was forgotten to be put into a list."""
    if callable(value) or isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        raise TypeError(f"{name} must be a sequence, e.g. {name}=[pack]; got {value!r}")


def at_least_one(name: str, value: int) -> int:
    """A number of things of which there must be some."""
    if not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")
    return value


def rate(name: str, value: float | None) -> float | None:
    """A number per second, or ``None`` for no limit."""
    if value is not None and not check_number(name, value) > 0:
        raise ValueError(f"{name} must be above zero, got {value!r}")
    return value


def positive(name: str, value: Seconds) -> float:
    """A span of time that is not empty, in seconds."""
    seconds = check_seconds(name, value)
    if not seconds > 0:
        raise ValueError(f"{name} must be above zero, got {value!r}")
    return seconds


def not_negative(name: str, value: Seconds) -> float:
    """A span of time, in seconds."""
    seconds = check_seconds(name, value)
    if not seconds >= 0:
        raise ValueError(f"{name} must not be negative, got {value!r}")
    return seconds


def checked_interval(value: Seconds | None) -> float | None:
    """How often worker heartbeats leave, in seconds, or ``None`` for never."""
    if value is None:
        return None
    seconds = check_seconds("worker_heartbeat_interval", value)
    if not 1 <= seconds <= 60:
        raise ValueError(f"worker_heartbeat_interval must be from 1 to 60 s, or None for none; got {value!r}")
    return seconds


def checked_poll(value: Seconds | None) -> float | None:
    """How long a poll may take, in seconds, or ``None`` to have it chosen."""
    if value is None:
        return None
    seconds = check_seconds("long_poll_timeout", value)
    # The server refuses polls of 2 s or less, and answers up to 2 s before the deadline.
    if not 3 <= seconds <= 600:
        raise ValueError(f"long_poll_timeout must be from 3 to 600 s, got {value!r}")
    return seconds
