"""External storage: what is stored, references byte for byte as temporalio's, and what becomes of errors."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sys
import threading
from pathlib import Path

import anyio
import pytest
import temporalio.converter
from storing_process import make
from temporalio.api.common.v1 import Payload as TheirPayload

from asyncworker import Client, Worker, activity
from asyncworker.converter import (
    ActivitySerializationContext,
    CompressionCodec,
    DataConverter,
    ExternalStorage,
    FileStorageDriver,
    Payload,
    StorageDriver,
    StorageDriverActivityInfo,
    StorageDriverClaim,
    StorageDriverWorkflowInfo,
)
from asyncworker.converter._stored import StoredElsewhereError
from asyncworker.converter.storage._content import hash_of, read_verified
from asyncworker.exceptions import ConverterError, StorageError
from asyncworker.testing import FakeTemporal

LARGE = "x" * 300_000
SMALL = "x"


class Memory(StorageDriver):
    """Keeps payloads in a dict, and notes for whom."""

    def __init__(self, name: str = "memory") -> None:
        self._name = name
        self.kept: dict[str, Payload] = {}
        self.targets: list[object] = []

    def name(self) -> str:
        return self._name

    async def store(self, context, payloads):
        self.targets.append(context.target)
        claims = [StorageDriverClaim({"key": str(len(self.kept) + number)}) for number in range(len(payloads))]
        self.kept.update(zip([claim.claim_data["key"] for claim in claims], payloads, strict=True))
        return claims

    async def retrieve(self, context, claims):
        return [self.kept[claim.claim_data["key"]] for claim in claims]


class TheirMemory(temporalio.converter.StorageDriver):
    """The same, for temporalio."""

    def __init__(self) -> None:
        self.kept: dict[str, TheirPayload] = {}

    def name(self) -> str:
        return "memory"

    async def store(self, context, payloads):
        claims = []
        for payload in payloads:
            key = str(len(self.kept))
            self.kept[key] = payload
            claims.append(temporalio.converter.StorageDriverClaim({"key": key}))
        return claims

    async def retrieve(self, context, claims):
        return [self.kept[claim.claim_data["key"]] for claim in claims]


@pytest.fixture
def driver() -> Memory:
    return Memory()


def converter_with(*drivers: StorageDriver, **options) -> DataConverter:
    return DataConverter(external_storage=ExternalStorage(drivers, **options))


def is_reference(payload: Payload) -> bool:
    return payload.metadata.get("messageType") == b"temporal.api.sdk.v1.ExternalStorageReference"


async def test_large_payloads_are_stored_and_come_back(driver):
    """Those of at least 256 KiB; the others are sent as they are."""
    converter = converter_with(driver)
    payloads = await converter.encode([LARGE, SMALL, LARGE + "y"])

    assert [is_reference(payload) for payload in payloads] == [True, False, True]
    assert len(driver.kept) == 2
    assert payloads[0].external_payloads[0].size_bytes == len(bytes(driver.kept["0"]))
    assert await converter.decode(payloads, [str, str, str]) == [LARGE, SMALL, LARGE + "y"]


async def test_threshold_is_the_size_of_the_whole_payload(driver):
    """One byte less is sent inline."""
    [payload] = await DataConverter.default.encode([LARGE])
    size = len(bytes(payload))

    [at] = await converter_with(driver, payload_size_threshold=size).encode_payloads([payload])
    [above] = await converter_with(driver, payload_size_threshold=size + 1).encode_payloads([payload])

    assert is_reference(at)
    assert above is payload


async def test_codec_works_inside_the_storage(driver):
    """What is stored is what the codec made, and is measured as that."""
    converter = dataclasses.replace(converter_with(driver, payload_size_threshold=0), payload_codec=CompressionCodec())
    payloads = await converter.encode([LARGE])

    assert driver.kept["0"].metadata["encoding"] == b"binary/zlib"
    assert await converter.decode(payloads, [str]) == [LARGE]
    [inline] = await dataclasses.replace(converter_with(driver), payload_codec=CompressionCodec()).encode([LARGE])
    assert inline.metadata["encoding"] == b"binary/zlib"


async def test_reference_is_byte_for_byte_that_of_temporalio(driver):
    """The same claim makes the same reference, and each reads the other's."""
    theirs_driver = TheirMemory()
    storage = temporalio.converter.ExternalStorage(drivers=[theirs_driver])
    theirs = dataclasses.replace(temporalio.converter.default(), external_storage=storage)
    ours = converter_with(driver)

    [of_theirs] = await theirs.encode([LARGE])
    [of_ours] = await ours.encode([LARGE])

    assert of_ours == Payload.parse(of_theirs.SerializeToString())
    theirs_driver.kept = {key: TheirPayload.FromString(bytes(value)) for key, value in driver.kept.items()}
    assert await theirs.decode([TheirPayload.FromString(bytes(of_ours))], [str]) == [LARGE]
    assert await ours.decode([Payload.parse(of_theirs.SerializeToString())], [str]) == [LARGE]


async def test_older_reference_is_retrieved(driver):
    """Its encoding is ``json/external-storage-reference``; a marker in the metadata makes no difference."""
    converter = converter_with(driver)
    [reference] = await converter.encode([LARGE])
    legacy = Payload(
        metadata={"encoding": b"json/external-storage-reference"},
        data=b'{"driver_name":"memory","driver_claim":{"claim_data":{"key":"0"}}}',
    )
    marked = dataclasses.replace(
        reference, metadata={**reference.metadata, "__temporal_external_storage_reference": b"true"}
    )

    assert await converter.decode([legacy, marked], [str, str]) == [LARGE, LARGE]


async def test_selector_chooses_the_driver():
    """For each payload and execution; ``None`` sends it inline."""
    one, other = Memory("one"), Memory("other")
    seen = []

    def choose(context, payload):
        seen.append(context.target)
        return {b"1": one, b"2": other}.get(payload.data[1:2])

    converter = converter_with(one, other, driver_selector=choose, payload_size_threshold=0)
    bound = converter.with_context(ActivitySerializationContext(namespace="n", activity_id="a"))
    payloads = await bound.encode(["1", "2", "3"])

    assert (len(one.kept), len(other.kept)) == (1, 1)
    assert [is_reference(payload) for payload in payloads] == [True, True, False]
    assert seen == [StorageDriverActivityInfo(namespace="n", id="a")] * 3
    assert await converter.decode(payloads, [str] * 3) == ["1", "2", "3"]


async def test_selector_that_returns_a_foreign_driver_is_an_error(driver):
    """Its references could not be retrieved."""
    converter = converter_with(driver, driver_selector=lambda context, payload: Memory(), payload_size_threshold=0)

    with pytest.raises(ValueError, match="is not one of the drivers"):
        await converter.encode([1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ExternalStorage([]), "at least one driver"),
        (lambda: ExternalStorage([Memory(), Memory()]), "two drivers are named 'memory'"),
        (lambda: ExternalStorage([Memory("a"), Memory("b")]), "driver_selector is needed"),
        (lambda: ExternalStorage([Memory()], payload_size_threshold=-1), "payload_size_threshold must not be negative"),
        (lambda: ExternalStorage([Memory]), "expected a StorageDriver instance"),
        (lambda: DataConverter(external_storage=Memory()), "external_storage must be an ExternalStorage"),
    ],
)
def test_storage_that_cannot_work_is_refused(make, message):
    """At once, with the parameter's name."""
    with pytest.raises((TypeError, ValueError), match=message):
        make()


# Errors


async def test_reference_of_another_driver_names_it_and_is_retryable(driver):
    """Another worker may have it: with what to do here."""
    [reference] = await converter_with(Memory("theirs")).encode([LARGE])

    with pytest.raises(StoredElsewhereError, match=r"storage driver 'theirs', .* it has \['memory'\]: add the driver"):
        await converter_with(driver).decode([reference])


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"driverName":1}', b'{"driverName":"memory","claimData":{"key":1}}']
)
async def test_damaged_reference_is_final(driver, data):
    """It is a ConverterError."""
    [reference] = await converter_with(driver).encode([LARGE])
    reference.data = data

    with pytest.raises(ConverterError, match="the reference to external storage is damaged"):
        await converter_with(driver).decode([reference])


async def test_error_of_a_driver_is_a_storage_error_without_its_text(driver):
    """The text may have a credential: only the cause has it."""
    [reference] = await converter_with(driver).encode([LARGE])

    class Broken(Memory):
        async def store(self, context, payloads):
            raise ConnectionError("s3cret")

        async def retrieve(self, context, claims):
            return []

    with pytest.raises(StorageError, match=r"the storage driver 'memory' could not store: ConnectionError$") as caught:
        await converter_with(Broken()).encode([LARGE])
    assert isinstance(caught.value.__cause__, ConnectionError)
    with pytest.raises(StorageError, match="answered 1 payloads with 0"):
        await converter_with(Broken()).decode([reference])


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit])
async def test_what_a_driver_raises_is_named_as_its_own_whatever_it_is(driver, error):
    """A cancellation that nothing has asked for is a failure of the storage, and of no codec."""

    class Broken(Memory):
        async def store(self, context, payloads):
            raise error

    with pytest.raises(StorageError, match=f"the storage driver 'memory' could not store: {error.__name__}$"):
        await converter_with(Broken()).encode([LARGE])


async def test_driver_that_retrieves_no_payloads_is_a_storage_error(driver):
    """With the driver's name, and what it has returned instead."""
    [reference] = await converter_with(driver).encode([LARGE])

    class Broken(Memory):
        async def retrieve(self, context, claims):
            return [b"bytes" for _ in claims]

    with pytest.raises(StorageError, match="driver 'memory' answered with bytes instead of Payload"):
        await converter_with(Broken()).decode([reference])


# In worker and client


@activity.defn
async def double(text: str) -> str:
    """Return the text twice, after a large heartbeat."""
    activity.heartbeat(text)
    return 2 * text


async def test_worker_and_client_store_what_is_large(driver):
    """Arguments, heartbeat details and results are references on the server, stored for the activity's run."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=converter_with(driver))
        async with Worker(client, task_queue="large", activities=[double]):
            handle = await client.start_activity(
                double, LARGE, id="seven", task_queue="large", start_to_close_timeout=10, heartbeat_timeout=5
            )
            assert await handle.result() == 2 * LARGE
            [started] = temporal.requests("StartActivityExecution")
            [heartbeat] = temporal.requests("RecordActivityTaskHeartbeat")
            [completed] = temporal.requests("RespondActivityTaskCompleted")

    for sent in (started.input, heartbeat.details, completed.result):
        assert [is_reference(payload) for payload in sent.payloads] == [True]
    first, *rest = driver.targets
    assert first == StorageDriverActivityInfo(namespace="default", id="seven", type="double")
    assert {target.run_id for target in rest} == {handle.run_id}


async def test_worker_heartbeats_name_the_kinds_of_drivers(driver):
    """As ``temporal worker describe`` shows them; a driver that does not say its kind costs nothing."""

    class Silent(Memory):
        def type(self) -> str:
            raise RuntimeError("no")

    found = []
    for each in (driver, Silent()):
        async with FakeTemporal() as temporal:
            client = temporal.client(data_converter=converter_with(each))
            async with Worker(client, task_queue="large", activities=[double]):
                [request, *_] = await temporal.wait_for("RecordWorkerHeartbeat")
        found.append([info.type for info in request.worker_heartbeat[0].drivers])

    assert found == [["Memory"], []]


async def test_activity_of_a_workflow_stores_for_the_workflow(driver):
    """As the official SDKs do: the payloads belong to the workflow's history."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=converter_with(driver))
        async with Worker(client, task_queue="large", activities=[double]):
            task = temporal.add_task(
                double, LARGE, task_queue="large", workflow_id="w", workflow_type="Order", heartbeat_timeout=5
            )
            await task.wait_closed()

    assert set(driver.targets) == {
        StorageDriverWorkflowInfo(namespace="default", id="w", run_id=task.workflow_run_id, type="Order")
    }


async def test_attempt_without_its_payload_is_retried_with_the_cause_of_the_storage(driver):
    """The server counts it as a failure of external storage; the driver may be back for the next attempt."""
    [reference] = await converter_with(Memory("theirs")).encode([LARGE])
    [lost] = await converter_with(driver).encode([LARGE])
    driver.kept.clear()
    damaged = dataclasses.replace(lost, data=b"")
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=converter_with(driver))
        async with Worker(client, task_queue="large", activities=[double]):
            tasks = [temporal.add_task(double, each, task_queue="large") for each in (reference, lost, damaged)]
            for task in tasks:
                await task.wait_closed()
        failed = temporal.requests("RespondActivityTaskFailed")

    assert {request.cause for request in failed} == {2}
    assert [task.failure.application_failure_info.non_retryable for task in tasks] == [False, False, True]


# The driver for files


async def test_files_come_back(tmp_path):
    """A payload is one file, however often it is stored."""
    converter = converter_with(FileStorageDriver(tmp_path / "payloads"))
    payloads = await converter.encode([LARGE, LARGE])

    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
    assert await converter.decode(payloads, [str, str]) == [LARGE, LARGE]


async def test_file_that_is_lost_or_changed_is_told_apart(tmp_path):
    """A lost one may come back, and is retryable; a changed one is final."""
    converter = converter_with(FileStorageDriver(tmp_path))
    payloads = await converter.encode([LARGE])
    [file] = [path for path in tmp_path.rglob("*") if path.is_file()]

    file.write_bytes(b"something else")
    with pytest.raises(ConverterError, match="something else in the payload's place: its hash differs"):
        await converter.decode(payloads)
    file.unlink()
    with pytest.raises(StorageError, match="has no payload"):
        await converter.decode(payloads)


def test_bytes_that_are_stored_and_are_no_payload_are_refused():
    """A hash says that they are what was stored, and not that it was a payload."""
    with pytest.raises(ConverterError, match="something else in the payload's place: it is no payload"):
        read_verified(b"\xff\xff\xff", hash_of(b"\xff\xff\xff"))


@pytest.mark.parametrize("claim", [{}, {"hash_algorithm": "sha256", "hash_value": "../../etc/passwd"}])
async def test_claim_without_a_hash_reads_no_file(tmp_path, claim):
    """A path cannot be named from the wire."""
    with pytest.raises(ConverterError, match="has no SHA-256"):
        await FileStorageDriver(tmp_path).retrieve(None, [StorageDriverClaim(claim)])


async def test_files_are_written_some_at_a_time(tmp_path):
    """However many activities store: each payload is in memory twice meanwhile."""
    at_work, most, lock = 0, 0, threading.Lock()

    class Counting(FileStorageDriver):
        def _write(self, payload):
            nonlocal at_work, most
            with lock:
                at_work += 1
                most = max(most, at_work)
            # Others get the chance to begin.
            threading.Event().wait(0.01)
            claim = super()._write(payload)
            with lock:
                at_work -= 1
            return claim

    converter = converter_with(Counting(tmp_path, max_concurrent=2))
    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(converter.encode, [f"{number}{LARGE}"])

    assert most <= 2
    with pytest.raises(ValueError, match="max_concurrent must be positive"):
        FileStorageDriver(tmp_path, max_concurrent=0)


async def test_write_that_fails_leaves_nothing(tmp_path):
    """The next attempt writes it whole."""
    driver = FileStorageDriver(tmp_path / "file")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageError, match="could not store: "):
        await converter_with(driver).encode([LARGE])
    (tmp_path / "file").unlink()

    payloads = await converter_with(driver).encode([LARGE])
    assert await converter_with(driver).decode(payloads, [str]) == [LARGE]
    shutil.rmtree(tmp_path / "file")


@pytest.mark.server
async def test_worker_killed_while_it_stores_leaves_no_half_file_and_the_next_attempt_stores_all(
    dev_server, task_queue, tmp_path
):
    """What is visible under a payload's hash is the whole payload, whenever a worker dies."""
    converter = converter_with(FileStorageDriver(tmp_path))
    command = [sys.executable, str(Path(__file__).with_name("storing_process.py")), dev_server.target, task_queue]
    async with (
        await Client.connect(dev_server.target, data_converter=converter) as client,
        await anyio.open_process([*command, str(tmp_path)], stderr=None) as process,
    ):
        handle = await client.start_activity(
            "make", 300_000, id=task_queue, task_queue=task_queue, start_to_close_timeout=5, result_type=str
        )
        try:
            with anyio.fail_after(60):
                assert (await process.stdout.receive()).startswith(b"storing")
        finally:
            process.kill()
        await process.wait()
        after_the_kill = [path.name for path in tmp_path.rglob("*") if path.is_file()]
        async with Worker(client, task_queue=task_queue, activities=[make], long_poll_timeout=3):
            result = await handle.result()
            attempt = (await handle.describe()).attempt

    visible = [name for name in after_the_kill if not name.startswith(".unfinished-")]
    assert (len(after_the_kill), visible) == (1, [])
    assert result == LARGE
    # The server may have handed the second attempt to the dead worker's last poll.
    assert attempt >= 2


async def test_cancelled_store_is_cancelled(driver):
    """The driver's coroutine gets the cancellation."""
    cancelled = anyio.Event()

    class Slow(Memory):
        async def store(self, context, payloads):
            try:
                await anyio.sleep_forever()
            finally:
                cancelled.set()

    with anyio.move_on_after(0.01) as scope:
        await converter_with(Slow()).encode([LARGE])

    assert scope.cancelled_caught
    assert cancelled.is_set()
