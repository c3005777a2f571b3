"""What becomes of an attempt whose codec or converter fails: the server always hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import anyio
import pytest
from pydantic import AfterValidator
from worker_helpers import QUEUE, Rude, Worker, until

from asyncworker import ApplicationError, DataConverter, PayloadCodec, RetryPolicy, activity
from asyncworker.converter import (
    BinaryPlainPayloadConverter,
    CompositePayloadConverter,
    DefaultPayloadConverter,
    Payload,
    RawValue,
)
from asyncworker.exceptions import ConverterError
from asyncworker.testing import FakeTemporal


class Failing(PayloadCodec):
    """Raises *error* once, at the first payload with *word* in it that is encoded or decoded."""

    def __init__(self, word: bytes, error: BaseException) -> None:
        self.word = word
        self.errors = [error]

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if any(self.word in payload.data for payload in payloads) and self.errors:
            raise self.errors.pop()
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self.encode(payloads)


async def run_with(temporal: FakeTemporal, fn: Any, *args: Any, attempts: int = 1, **parts: Any) -> Any:
    """Run one activity with a data converter made of *parts*, to its end."""
    client = temporal.client(data_converter=DataConverter(**parts))
    async with Worker(client, task_queue=QUEUE, activities=[fn]):
        task = temporal.add_task(
            fn, *args, task_queue=QUEUE, heartbeat_timeout=0.2, retry_policy=RetryPolicy(maximum_attempts=attempts)
        )
        with anyio.fail_after(5):
            await task.wait_closed()
    return task


@activity.defn
async def echo(word: str) -> str:
    return word + "!"


@pytest.mark.parametrize("word", [b'word"', b"word!"], ids=["argument", "result"])
@pytest.mark.parametrize("error", [OSError("no key"), asyncio.CancelledError(), Rude()], ids=repr)
async def test_a_codec_that_fails_once_costs_one_attempt(temporal, word, error):
    """Anything that a codec raises, a CancelledError included, is a failure that is retried."""
    task = await run_with(temporal, echo, "word", attempts=2, payload_codec=Failing(word, error))

    assert (task.attempt, task.result) == (2, "word!")


@pytest.mark.parametrize("kind", [OSError, asyncio.CancelledError, Rude])
async def test_a_converter_that_fails_on_a_result_fails_the_attempt(temporal, kind):
    """What a converter raises that is no ConverterError is a failure like any other."""

    class Picky(DefaultPayloadConverter):
        def to_payload(self, value: Any) -> Payload:
            if value == "word!":
                raise kind("jam")
            return super().to_payload(value)

    task = await run_with(temporal, echo, "word", payload_converter=Picky())

    assert task.failure.message == "jam"


@pytest.mark.parametrize("kind", [asyncio.CancelledError, Rude])
async def test_a_converter_that_fails_on_an_argument_fails_the_attempt(temporal, kind):
    """What a converter raises while it reads that is no Exception is a failure like any other."""

    class Picky(DefaultPayloadConverter):
        def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
            raise kind("jam")

    task = await run_with(temporal, echo, "word", payload_converter=Picky())

    assert task.failure.application_failure_info.type == kind.__name__


class Mute(Exception):
    """An error that cannot be shown."""

    def __repr__(self) -> str:
        raise LookupError("no words")

    __str__ = __repr__


@pytest.mark.parametrize(
    ("error", "word"),
    [(asyncio.CancelledError(), "CancelledError"), (Rude(), "Rude"), (Mute(), "Mute")],
    ids=["cancelled", "rude", "mute"],
)
async def test_heartbeats_go_on_after_a_codec_failed_on_one(temporal, error, word):
    """Whatever a codec lets out costs one heartbeat, and the next one still leaves."""
    codec = Failing(b"first", error)

    def is_told() -> bool:
        try:
            activity.heartbeat("second")
        except ConverterError as error:
            return word in str(error)
        return False

    @activity.defn
    async def beat() -> None:
        activity.heartbeat("first")
        await until(lambda: not codec.errors)
        await until(is_told)
        activity.heartbeat("third")
        await temporal.wait_for("RecordActivityTaskHeartbeat")

    task = await run_with(temporal, beat, payload_codec=codec)

    assert task.state == "Completed"
    assert task.heartbeats == [["third"]]


class Returning(PayloadCodec):
    """Makes *made* of every payload that is written."""

    def __init__(self, made: Payload) -> None:
        self.made = made

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self.made for _ in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


NO_PAYLOADS = [Payload(metadata={"encoding": "binary/encrypted"}, data=b"x"), Payload(data="secret")]


@pytest.mark.parametrize("made", NO_PAYLOADS, ids=["text in the metadata", "text for data"])
async def test_a_result_whose_payloads_cannot_be_encoded_fails_the_attempt(temporal, made, caplog):
    """What a codec makes of a result and cannot be written is a failure, which is not retried and shows no value."""
    task = await run_with(temporal, echo, "word", attempts=2, payload_codec=Returning(made))

    assert (task.state, task.attempt) == ("Failed", 1)
    assert "cannot be written" in task.failure.message
    assert "payloads[" in caplog.text
    assert "secret" not in repr(task.failure) + caplog.text


@pytest.mark.parametrize("made", NO_PAYLOADS, ids=["text in the metadata", "text for data"])
async def test_a_failure_whose_payloads_cannot_be_encoded_is_a_plain_one(temporal, made):
    """What a codec makes of a failure's details, or of the last heartbeat's, and cannot be written is left out."""

    @activity.defn
    async def fail() -> None:
        activity.heartbeat("first")
        raise ApplicationError("no box left", "detail", type="NoBox", non_retryable=True)

    task = await run_with(temporal, fail, attempts=2, payload_codec=Returning(made))

    assert (task.state, task.attempt) == ("Failed", 1)
    assert task.failure.application_failure_info.type == "NoBox"
    assert "secret" not in repr(task.failure)


async def test_a_raw_value_that_cannot_be_encoded_fails_the_attempt(temporal):
    """A payload that the activity made itself, and made wrongly, is a failure too."""

    @activity.defn
    async def made_by_hand() -> RawValue:
        return RawValue(Payload(metadata={"encoding": "json/plain"}, data=b"1"))

    task = await run_with(temporal, made_by_hand, attempts=2)

    assert (task.state, task.attempt) == ("Failed", 1)


async def test_a_failure_too_large_whose_note_cannot_be_encoded_has_no_details(temporal):
    """Where a converter does not write text, nothing stands in place of details that are too large."""

    @activity.defn
    async def fail() -> None:
        raise ApplicationError("no box left", bytes(3 << 20), non_retryable=True)

    task = await run_with(temporal, fail, payload_converter=CompositePayloadConverter(BinaryPlainPayloadConverter()))

    assert task.failure.message == "no box left"
    assert task.failure.application_failure_info.details is None


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), OSError("no key"), TimeoutError("no answer")])
async def test_an_error_that_is_not_the_payloads_is_retried(temporal, error):
    """Memory comes back, and so does a service that a converter asks: the next attempt may read it."""

    class Strained(DefaultPayloadConverter):
        errors: ClassVar[list[BaseException]] = [error]

        def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
            if self.errors:
                raise self.errors.pop()
            return super().from_payload(payload, type_hint)

    task = await run_with(temporal, echo, "word", attempts=2, payload_converter=Strained())

    assert (task.attempt, task.result) == (2, "word!")


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, OSError])
async def test_an_error_that_is_not_the_validators_is_retried(temporal, kind):
    """The same in the code of an argument's type."""
    errors = [kind("for now")]

    def check(word: str) -> str:
        if errors:
            raise errors.pop()
        return word

    async def echo_checked(word: Any) -> Any:
        return word

    echo_checked.__annotations__["word"] = list[Annotated[str, AfterValidator(check)]]
    task = await run_with(temporal, activity.defn(echo_checked), ["word"], attempts=2)

    assert (task.attempt, task.result) == (2, ["word"])


async def test_an_argument_of_a_wrong_type_is_not_retried(temporal):
    """An argument that is of another type stays so."""
    task = await run_with(temporal, echo, 7, attempts=2)

    assert (task.attempt, task.failure.application_failure_info.non_retryable) == (1, True)


REFERENCE = Payload(
    metadata={"encoding": b"json/protobuf", "messageType": b"temporal.api.sdk.v1.ExternalStorageReference"},
    data=b'{"driverName":"mem","claimData":{"key":"0"}}',
)


@activity.defn
async def takes_raw(value: RawValue) -> None: ...


@activity.defn(dynamic=True)
async def takes_all(values: Sequence[RawValue]) -> None: ...


@activity.defn
async def takes_anything(value) -> None: ...


@pytest.mark.parametrize("fn", [echo, takes_raw, takes_all, takes_anything])
@pytest.mark.parametrize("codec", [None, Failing(b"driverName", ValueError("unknown"))], ids=["bare", "codec"])
async def test_a_reference_to_external_storage_is_retried(temporal, fn, codec):
    """An argument that is in external storage is told as that, and may be read by a worker that has the storage."""
    client = temporal.client(data_converter=DataConverter(payload_codec=codec))
    async with Worker(client, task_queue=QUEUE, activities=[fn]):
        task = temporal.add_task("anything" if fn is takes_all else fn, REFERENCE, task_queue=QUEUE)
        with anyio.fail_after(5):
            await task.wait_closed()

    assert "[TMPRL1105]" in task.last_failure.message
    assert not task.last_failure.application_failure_info.non_retryable


async def test_a_reference_in_heartbeat_details_is_retried(temporal):
    """An activity does not begin anew because what it has done is in external storage."""
    ran = []

    @activity.defn
    async def resumes() -> None:
        ran.append(activity.info().attempt)
        activity.heartbeat(RawValue(REFERENCE))
        raise OSError("once more")

    task = await run_with(temporal, resumes, attempts=2)

    assert "[TMPRL1105]" in task.failure.message
    assert not task.failure.application_failure_info.non_retryable
    assert ran == [1]
