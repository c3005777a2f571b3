"""Misuse is found when the worker is made, and the message says what to do."""

from __future__ import annotations

import inspect
import platform
import re

import pytest
import temporalio.worker

from asyncworker import Client, Worker, activity
from asyncworker._version import client_version
from asyncworker.testing import FakeTemporal
from asyncworker.worker import FixedSizeSlotSupplier
from asyncworker.worker._checks import _FOREIGN


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
        ({"loop_block_threshold": 0}, ValueError, "from 0.1 to 600 s, or None for no watchdog; got 0"),
        ({"loop_block_tolerance": 0}, ValueError, "loop_block_tolerance must be above zero"),
        *(
            ({"health_address": text}, ValueError, "health_address must be host:port, e.g. '127.0.0.1:8081'")
            for text in ("", "8081", ":8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "::1:8081")
        ),
        ({"health_address": "http://127.0.0.1:8081"}, ValueError, "health_address must be host:port"),
        ({"health_address": 8081}, TypeError, "health_address must be a str, got 8081"),
        ({"loop_block_threshold": -1}, ValueError, "from 0.1 to 600 s"),
        ({"loop_block_threshold": float("nan")}, ValueError, "loop_block_threshold"),
        ({"loop_block_threshold": "1s"}, TypeError, "loop_block_threshold must be a number of seconds or a"),
        ({"default_heartbeat_throttle_interval": 0}, ValueError, "above zero"),
        ({"client": "localhost:7233"}, TypeError, r"got 'localhost:7233': await Client.connect\('localhost:7233'\)"),
        ({"client": object()}, TypeError, r"client must be an asyncworker.Client, got <object"),
        ({"task_queue": 5}, TypeError, "task_queue must be a str, got 5"),
        ({"identity": 5}, TypeError, "identity must be a str, got 5"),
        ({"interceptors": 5}, TypeError, r"interceptors must be a sequence, e.g. interceptors=\[…\]; got 5"),
        ({"observers": print}, TypeError, r"observers must be a sequence, e.g. observers=\[…\]; got <built-in"),
        ({"slot_supplier": 5}, TypeError, "slot_supplier must be a SlotSupplier, got 5"),
        ({"slot_supplier": FixedSizeSlotSupplier}, TypeError, r"instance: slot_supplier=FixedSizeSlotSupplier\(…\)"),
        ({"activity_task_poller_behavior": 5}, TypeError, "for a number use max_concurrent_activity_task_polls"),
        ({"graceful_shutdown_timeout": "5s"}, TypeError, "graceful_shutdown_timeout must be a number of seconds or a"),
        ({"worker_heartbeat_interval": "5s"}, TypeError, "worker_heartbeat_interval must be a number of seconds or a"),
        ({"max_activities_per_second": "3"}, TypeError, "max_activities_per_second must be a number, got .3."),
        ({"deployment_config": "1.0"}, TypeError, "deployment_config must be a WorkerDeploymentConfig, got '1.0'"),
        ({"activity_executor": None}, TypeError, "takes no activity_executor: def activities run in threads"),
        ({"workflows": []}, TypeError, "takes no workflows: this worker runs activities only"),
        ({"tuner": None}, TypeError, "takes no tuner: use max_concurrent_activities=…, or slot_supplier="),
        ({"runtime": None}, TypeError, "takes no runtime: there is none: logs go to logging"),
        ({"plugins": []}, TypeError, r"takes no plugins: use interceptors=\[…\] and observers=\[…\]"),
        ({"build_id": "7"}, TypeError, "takes no build_id: use deployment_config="),
        ({"task_queue": "orders\r"}, ValueError, "line breaks"),
        ({"task_queue": "orders\n"}, ValueError, "line breaks"),
        ({"task_queue": " orders"}, ValueError, "spaces"),
        ({"task_queue": "or\0ders"}, ValueError, "control characters"),
    ],
    # Without addresses, which are others in each process.
    ids=lambda value: re.sub(" at 0x[0-9a-f]+", "", str(value))[:40] if isinstance(value, dict) else "",
)
def test_a_setting_that_makes_no_sense_is_refused_with_the_reason(options, error, message):
    """A setting that makes no sense is an error at once, and the message says why."""
    with pytest.raises(error, match=message):
        Worker(**{"task_queue": "q", "activities": [pack], **options})


def test_the_signature_of_a_worker_lists_its_settings():
    """Help and editors show the settings."""
    parameters = inspect.signature(Worker).parameters

    assert [*parameters][:3] == ["client", "task_queue", "activities"]


async def test_a_client_that_was_not_awaited_is_named():
    """Client.connect() without `await` is found where the worker is made."""
    with pytest.raises(TypeError, match=r"got a coroutine: await Client.connect\(…\)"):
        Worker(Client.connect(), task_queue="q", activities=[pack])  # type: ignore[arg-type]


def test_each_setting_of_the_official_worker_is_taken_or_refused_with_a_way_out():
    """Code that moves here from the official SDK learns of each setting what to do about it."""
    theirs = set(inspect.signature(temporalio.worker.Worker.__init__).parameters) - {"self"}

    assert theirs - set(inspect.signature(Worker.__init__).parameters) - set(_FOREIGN) == set()


async def test_the_start_line_names_server_tls_namespace_identity_slots_and_versions(caplog):
    """A log begins with what matters when something goes wrong later."""
    async with (
        FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
        await Client.connect(temporal.target, identity="me") as client,
    ):
        with caplog.at_level("INFO", "asyncworker"):
            async with Worker(client, task_queue="q", activities=[pack], max_concurrent_activities=7):
                pass

    assert (
        f"worker of task queue 'q' started: namespace 'default' on {temporal.target} (no TLS), identity 'me', 7 slots,"
        f" asyncworker {client_version()} on Python {platform.python_version()}, activities pack"
    ) in caplog.messages


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
