"""Misuse is found when the worker is made, and the message says what to do."""

from __future__ import annotations

import re

import pytest

from asyncworker import Worker, activity
from asyncworker.worker import FixedSizeSlotSupplier


@activity.defn
async def pack() -> None: ...


@activity.defn(name="pack")
async def another_pack() -> None: ...


@activity.defn(dynamic=True)
async def anything(args: list[object]) -> None: ...


@activity.defn(dynamic=True)
async def anything_else(args: list[object]) -> None: ...


class Warehouse:
    @activity.defn
    async def store(self) -> None: ...


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task_queue": None}, ValueError, "needs a task queue"),
        ({"task_queue": ""}, ValueError, "needs a task queue"),
        ({"task_queue": "/_sys/x"}, ValueError, "Temporal's own"),
        ({"task_queue": "q" * 1001}, ValueError, "at most 1000"),
        ({"activities": []}, ValueError, "at least one activity"),
        ({"activities": pack}, TypeError, r"activities=\[pack\]"),
        ({"activities": [pack, another_pack]}, ValueError, "two activities are named 'pack'"),
        ({"activities": [anything, anything_else]}, TypeError, "one dynamic activity"),
        ({"activities": [Warehouse]}, TypeError, "pass an instance"),
        ({"activities": [Warehouse.store]}, TypeError, "method without its object"),
        ({"activities": [object()]}, TypeError, "decorate its methods"),
        ({"activities": ["pack"]}, TypeError, "neither an activity"),
        ({"max_concurrent_activities": 0}, ValueError, "at least 1"),
        ({"max_concurrent_activities": 1.5}, TypeError, "max_concurrent_activities must be a whole number, got 1.5"),
        ({"max_concurrent_activities": "10"}, TypeError, "must be a whole number, got '10'"),
        (
            {"max_concurrent_activities": 5, "slot_supplier": FixedSizeSlotSupplier(5)},
            TypeError,
            "exclude each other",
        ),
        ({"max_concurrent_activity_task_polls": 0}, ValueError, "at least 1"),
        ({"max_activities_per_second": 0}, ValueError, "above zero"),
        ({"max_task_queue_activities_per_second": -1}, ValueError, "above zero"),
        ({"graceful_shutdown_timeout": -1}, ValueError, "must not be negative"),
        ({"hard_shutdown_timeout": -1}, ValueError, "must not be negative"),
        ({"long_poll_timeout": 2}, ValueError, "from 3 to 600 s"),
        ({"default_heartbeat_throttle_interval": 0}, ValueError, "above zero"),
        ({"task_queue": "orders\r"}, ValueError, "line breaks"),
        ({"task_queue": "orders\n"}, ValueError, "line breaks"),
        ({"task_queue": " orders"}, ValueError, "spaces"),
        ({"task_queue": "or\0ders"}, ValueError, "control characters"),
    ],
    # Without addresses, which are others in each process.
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", str(value))[:40] if isinstance(value, dict) else "",
)
def test_misuse(options, error, message):
    """A setting that makes no sense is an error at once, and the message says why."""
    with pytest.raises(error, match=message):
        Worker(**{"task_queue": "q", "activities": [pack], **options})


def test_the_queue_can_come_from_the_environment(monkeypatch):
    """TEMPORAL_TASK_QUEUE is the queue of a worker that names none."""
    monkeypatch.setenv("TEMPORAL_TASK_QUEUE", "from-environment")

    assert Worker(activities=[pack]).task_queue == "from-environment"


def test_one_function_is_one_activity():
    """A function may be handed over, and be kept by an object that is: it is not two activities of one name."""

    class Orders:
        @activity.defn
        async def store(self) -> None: ...

        again = store

    orders = Orders()
    orders.pack = pack  # type: ignore[attr-defined]

    assert Worker(task_queue="q", activities=[pack, orders]).activities == ["pack", "store"]


def test_plain_functions_are_activities():
    """As in Go, a function need not be declared."""

    async def plain() -> None: ...

    assert Worker(task_queue="q", activities=[plain]).activities == ["plain"]
