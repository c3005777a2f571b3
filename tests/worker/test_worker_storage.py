"""A worker and its external storage: what observers are told, and what becomes of an attempt whose driver is slow."""

from __future__ import annotations

from typing import Any

import anyio
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from worker_helpers import QUEUE, Worker, adjusted, until

from asyncworker import DataConverter, activity
from asyncworker.contrib.prometheus import PrometheusObserver, render
from asyncworker.converter import ExternalStorage, StorageDriver, StorageDriverClaim
from asyncworker.exceptions import StorageError
from asyncworker.testing import FakeTemporal
from asyncworker.worker import ActivityFinished, HeartbeatSent, PayloadRetrieved, PayloadStored
from asyncworker.worker.attempts._run_environment import AttemptDurations

LARGE = "x" * 300_000


class Memory(StorageDriver):
    """Keeps payloads in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def name(self) -> str:
        return "memory"

    async def store(self, context, payloads):
        keys = [str(len(self.kept) + number) for number in range(len(payloads))]
        self.kept.update(zip(keys, payloads, strict=True))
        return [StorageDriverClaim({"key": key}) for key in keys]

    async def retrieve(self, context, claims):
        return [self.kept[claim.claim_data["key"]] for claim in claims]


class Failing(Memory):
    """Cannot store."""

    async def store(self, context, payloads):
        raise ConnectionError("s3cret")


def converter_with(driver: StorageDriver) -> DataConverter:
    return DataConverter(external_storage=ExternalStorage([driver]))


@activity.defn
async def join(first: str, second: str) -> str:
    return first + second


async def run_with(temporal: FakeTemporal, driver: StorageDriver, *values, **settings):
    """Run one activity to its end, and return its task."""
    sent = await converter_with(driver if type(driver) is Memory else Memory()).encode(values)
    client = temporal.client(data_converter=converter_with(driver))
    async with Worker(client, task_queue=QUEUE, activities=[join], **settings):
        task = temporal.add_task(join, *sent, task_queue=QUEUE, activity_id="seven")
        with anyio.fail_after(10):
            await task.wait_closed()
    return task


async def test_observers_are_told_of_each_payload_that_is_stored_or_retrieved(temporal):
    """With the attempt, the driver, the size and how it went; of what is sent inline, nothing."""
    events = []

    await run_with(temporal, Memory(), LARGE, "small", observers=[events.append])

    used = [event for event in events if isinstance(event, PayloadStored | PayloadRetrieved)]
    assert [type(event) for event in used] == [PayloadRetrieved, PayloadStored]
    for event in used:
        assert (event.info.activity_id, event.driver, event.outcome, event.error) == (
            "seven",
            "memory",
            "completed",
            None,
        )
        assert event.took >= 0
    retrieved, stored = used
    # With the quotation marks and the metadata.
    assert 300_000 < retrieved.size < 300_100
    assert stored.size == retrieved.size + len("small")


async def test_observers_are_told_of_a_payload_that_could_not_be_stored(temporal):
    events = []

    task = await run_with(temporal, Failing(), "a" * 200_000, "b" * 200_000, observers=[events.append])

    [event] = [event for event in events if isinstance(event, PayloadStored)]
    assert (event.outcome, type(event.error)) == ("failed", StorageError)
    assert "s3cret" not in task.failure.message


async def test_metrics_count_payloads_bytes_and_failures_of_the_storage(temporal):
    """A failed attempt has the official core's reason for it."""
    registry = CollectorRegistry()
    observer = PrometheusObserver(registry)

    await run_with(temporal, Memory(), LARGE, LARGE, observers=[observer])
    await run_with(temporal, Failing(), "a" * 200_000, "b" * 200_000, observers=[observer])

    found = {
        (sample.name, *(sample.labels.get(name) for name in ("driver", "operation", "outcome", "failure_reason"))): (
            sample.value
        )
        for family in text_string_to_metric_families(render(registry)[0].decode())
        for sample in family.samples
    }
    payloads = "asyncworker_storage_payloads_total"
    assert found[payloads, "memory", "retrieve", "completed", None] == 2
    assert found[payloads, "memory", "store", "completed", None] == 1
    assert found[payloads, "memory", "store", "failed", None] == 1
    assert 600_000 < found["asyncworker_storage_bytes_total", "memory", "store", None, None] < 600_100
    assert found["asyncworker_storage_latency_seconds_count", "memory", "store", None, None] == 1
    reason = "temporal_activity_execution_failed_total", None, None, None, "ExternalStorageError"
    assert found[reason] == 1


# Slow


class Hanging(Memory):
    """Does not get anywhere, and says when it has been asked to, and when that was cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = anyio.Event()
        self.cancelled = anyio.Event()

    async def store(self, context, payloads):
        self.asked.set()
        try:
            await anyio.sleep_forever()
        finally:
            self.cancelled.set()

    async def retrieve(self, context, claims):
        await self.store(context, claims)


@activity.defn
async def make() -> str:
    return LARGE


@activity.defn
async def beat() -> str:
    activity.heartbeat(LARGE)
    return "done"


class Slow:
    """A worker with a driver that hangs, and what it has told its observers."""

    def __init__(self, temporal: FakeTemporal, fn, *, margin: float = 0.0, **settings) -> None:
        self.events: list[Any] = []
        self.driver = Hanging()
        client = temporal.client(data_converter=converter_with(self.driver))
        worker = Worker(client, task_queue=QUEUE, activities=[fn], observers=[self.events.append], **settings)
        self.worker = adjusted(worker, attempt_durations=AttemptDurations(margin=margin, least_reply=0.0))

    def of(self, *kinds):
        return [event for event in self.events if isinstance(event, kinds)]


async def test_activity_that_is_cancelled_during_its_results_upload_is_cancelled(temporal):
    """The upload ends with it."""
    slow = Slow(temporal, make, auto_heartbeat=True, max_heartbeat_throttle_interval=0.01)
    async with slow.worker:
        task = temporal.add_task(make, task_queue=QUEUE, heartbeat_timeout=60)
        with anyio.fail_after(10):
            await slow.driver.asked.wait()
            task.request_cancel()
            await slow.driver.cancelled.wait()
            await task.wait_closed()

    assert len(temporal.requests("RespondActivityTaskCanceled")) == 1
    assert [event.outcome for event in slow.of(PayloadStored, ActivityFinished)] == ["canceled", "canceled"]


async def test_upload_of_a_result_ends_at_the_attempts_deadline(temporal, caplog):
    """The slot is free again, and the log names the driver that has taken the time."""
    # The attempt itself has more time than its reply: the one that is to end it here.
    slow = Slow(temporal, make, margin=60.0)
    async with slow.worker:
        temporal.add_task(make, task_queue=QUEUE, start_to_close_timeout=0.3)
        with anyio.fail_after(10):
            await slow.driver.cancelled.wait()
            await until(lambda: not slow.worker.statistics().attempts)

    assert [event.outcome for event in slow.of(ActivityFinished)] == ["unreported"]
    (logged,) = (record.getMessage() for record in caplog.records if record.levelname == "ERROR")
    assert "could not be reported (the storage driver 'memory' was to store, and had not yet)" in logged


async def test_retrieval_of_an_argument_ends_at_the_attempts_deadline(temporal, caplog):
    """A warning says what took the attempt's time, as the server's timeout does not."""
    slow = Slow(temporal, join)
    sent = await converter_with(Memory()).encode([LARGE, "small"])
    async with slow.worker:
        temporal.add_task(join, *sent, task_queue=QUEUE, start_to_close_timeout=0.3)
        with anyio.fail_after(10):
            await slow.driver.cancelled.wait()
            await until(lambda: not slow.worker.statistics().attempts)

    assert [event.outcome for event in slow.of(PayloadRetrieved, ActivityFinished)] == ["canceled", "lost"]
    (warned,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "its payloads were not decoded before the attempt's time was up" in warned
    assert "(the storage driver 'memory' was to retrieve, and had not yet)" in warned


async def test_upload_of_a_heartbeat_ends_with_its_attempt(temporal):
    """A result does not wait for it, and nothing is left running."""
    slow = Slow(temporal, beat)
    async with slow.worker:
        task = temporal.add_task(beat, task_queue=QUEUE, heartbeat_timeout=60)
        with anyio.fail_after(10):
            await task.wait_closed()
            if slow.driver.asked.is_set():
                await slow.driver.cancelled.wait()

    assert task.result == "done"
    assert slow.of(HeartbeatSent) == []


async def test_shutdown_does_not_end_the_upload_of_a_result(temporal):
    """There is a result: it is reported, if the storage gets that far before the worker is abandoned."""
    driver = Memory()
    begun, go_on = anyio.Event(), anyio.Event()

    class Waiting(Memory):
        async def store(self, context, payloads):
            begun.set()
            await go_on.wait()
            return await driver.store(context, payloads)

    client = temporal.client(data_converter=converter_with(Waiting()))
    worker = Worker(client, task_queue=QUEUE, activities=[make], graceful_shutdown_timeout=0)
    async with anyio.create_task_group() as group, worker:
        task = temporal.add_task(make, task_queue=QUEUE)
        with anyio.fail_after(10):
            await begun.wait()
            group.start_soon(worker.shutdown)
            # In the same turn of the loop all activities are cancelled.
            await until(lambda: worker._worker_run.stages.cancel.has_begun)
            go_on.set()
            await task.wait_closed()

    assert len(temporal.requests("RespondActivityTaskCompleted")) == 1
