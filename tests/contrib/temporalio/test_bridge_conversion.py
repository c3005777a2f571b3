"""Errors and payloads of temporalio's activities pass through our worker as temporalio converts them."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sides import SIDES, Stage
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    PayloadConverter,
)
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ApplicationErrorCategory,
    RetryState,
    ServerError,
    TerminatedError,
    TimeoutError as TheirTimeoutError,
    TimeoutType,
)

from asyncworker import exceptions as ours
from asyncworker.contrib.temporalio._errors import to_theirs


class Sad(Exception):
    """An error of the activity's own."""


def refuse() -> None:
    raise ApplicationError(
        "no such order",
        "details",
        {"n": 1},
        type="NoOrder",
        non_retryable=True,
        next_retry_delay=timedelta(seconds=7),
        category=ApplicationErrorCategory.BENIGN,
    )


def refuse_for_a_cause() -> None:
    try:
        raise Sad("disk full")
    except Sad as error:
        raise ApplicationError("cannot pack", type="Disk") from error


def fail_in_another() -> None:
    try:
        raise Sad("first")
    except Sad:
        raise KeyError("second")  # noqa: B904 - its context is what this is about


def time_out() -> None:
    raise TheirTimeoutError("too long", type=TimeoutType.HEARTBEAT, last_heartbeat_details=["half"])


def fail_as_the_server() -> None:
    raise ServerError("it is down", non_retryable=True)


# What raises, and whether temporalio's worker can report it: the server takes application failures only.
RAISING = {
    "refuse": refuse,
    "refuse_for_a_cause": refuse_for_a_cause,
    "fail_in_another": fail_in_another,
}


def without_traces(failure: Any) -> Any:
    """Clear what is of the process: the stack traces and who made the failure."""
    level = failure
    while True:
        level.stack_trace = level.source = ""
        if not level.HasField("cause"):
            return failure
        level = level.cause


@pytest.mark.parametrize("kind", ["async", "def"])
@pytest.mark.parametrize("name", RAISING)
async def test_an_error_is_reported_in_the_same_failure(dev_server: Any, task_queue: str, name: str, kind: str):
    """All attributes, and the causes, are those that temporalio's worker reports."""

    @activity.defn(name="fail")
    async def in_loop() -> None:
        RAISING[name]()

    @activity.defn(name="fail")
    def in_thread() -> None:
        RAISING[name]()

    failures = {}
    for side, runner in SIDES.items():
        stage = Stage(dev_server.target, f"{task_queue}-{side}", runner)
        async with stage.running(in_loop if kind == "async" else in_thread) as caller:
            failures[side] = await (await caller.start("fail")).failure()
    trace = failures["ours"].stack_trace

    assert without_traces(failures["ours"]) == without_traces(failures["theirs"])
    assert name in trace
    assert "asyncworker" not in trace


@pytest.mark.parametrize("raising", [time_out, fail_as_the_server])
async def test_an_error_that_is_no_failure_of_an_activity_is_the_cause_of_one(
    dev_server: Any, task_queue: str, raising: Any
):
    """Their worker sends it as it is, which the server refuses: the activity hangs until it times out."""

    @activity.defn(name="fail")
    async def fail() -> None:
        raising()

    async with Stage(dev_server.target, task_queue, SIDES["ours"]).running(fail) as caller:
        error: Any = await (await caller.start("fail")).error()

    assert isinstance(error, ApplicationError)
    if raising is time_out:
        assert isinstance(error.cause, TheirTimeoutError)
        assert error.cause.type is TimeoutType.HEARTBEAT
        assert list(error.cause.last_heartbeat_details) == ["half"]
    else:
        assert isinstance(error.cause, ServerError)
        assert error.non_retryable


def test_our_errors_become_theirs_with_all_attributes():
    """Causes included: the worker itself fails attempts with them."""
    error = ours.ActivityError(
        "failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="me",
        activity_type="pack",
        activity_id="7",
        retry_state=ours.RetryState.TIMEOUT,
    )
    error.__cause__ = ours.TimeoutError("late", type=ours.TimeoutType.HEARTBEAT, last_heartbeat_details=["x"])
    made: Any = to_theirs(error)

    assert isinstance(made, ActivityError)
    assert (made.scheduled_event_id, made.started_event_id, made.identity) == (1, 2, "me")
    assert (made.activity_type, made.activity_id, made.retry_state) == ("pack", "7", RetryState.TIMEOUT)
    assert isinstance(made.cause, TheirTimeoutError)
    assert (made.cause.type, made.cause.last_heartbeat_details) == (TimeoutType.HEARTBEAT, ["x"])
    assert isinstance(to_theirs(ours.TerminatedError("ended")), TerminatedError)


# Converters


class Zip(PayloadCodec):
    """Compress everything."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload(metadata={"encoding": b"binary/zip"}, data=zlib.compress(each.SerializeToString()))
            for each in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload.FromString(zlib.decompress(each.data)) for each in payloads]


ZIPPED = DataConverter(payload_codec=Zip(), failure_converter_class=DefaultFailureConverterWithEncodedAttributes)


async def test_the_codec_and_the_failure_converter_of_the_client_apply(stage: Stage):
    """To arguments, results, heartbeat details and failures; on the server there is nothing that can be read."""

    @activity.defn
    async def shout(word: str) -> str:
        before = list(activity.info().heartbeat_details)
        if not before:
            activity.heartbeat("half of " + word)
            raise ApplicationError("secret", "hidden")
        return f"{word.upper()}, {before[0]}"

    async with stage.running(shout, data_converter=ZIPPED) as caller:
        call = await caller.start("shout", "hello", maximum_attempts=2)
        assert await call.result() == "HELLO, half of hello"
        failed = await caller.start("shout", "hello", maximum_attempts=1)
        error: Any = await failed.error()
        failure = await failed.failure()
        history = "".join([str(event) async for event in call.handle.fetch_history_events()])

    assert (error.message, error.details) == ("secret", ("hidden",))
    assert failure.message == "Encoded failure"
    assert "binary/zip" in str(failure)
    assert "hello" not in history.lower().replace("hello-", "")


async def test_a_converter_is_bound_to_the_activity(stage: Stage):
    """Where this version of temporalio has serialization contexts."""
    converter: Any = pytest.importorskip("temporalio.converter")
    if not hasattr(converter, "WithSerializationContext"):
        pytest.skip("this version of temporalio has no serialization contexts")
    seen: list[Any] = []

    class Contextual(PayloadConverter, converter.WithSerializationContext):  # type: ignore[misc]
        def __init__(self, context: Any = None) -> None:
            self.context = context
            self.inner = DataConverter.default.payload_converter

        def with_context(self, context: Any) -> Any:
            return Contextual(context)

        def to_payloads(self, values: Sequence[Any]) -> list[Payload]:
            if values == ["told"]:
                seen.append(self.context)
            return self.inner.to_payloads(values)

        def from_payloads(self, payloads: Sequence[Payload], type_hints: Any = None) -> list[Any]:
            return self.inner.from_payloads(payloads, type_hints)

    @activity.defn
    async def tell() -> str:
        return "told"

    async with stage.running(
        tell, data_converter=dataclasses.replace(DataConverter.default, payload_converter_class=Contextual)
    ) as caller:
        assert await caller.call("tell") == "told"
        name = caller.task_queue

    context = next(each for each in seen if isinstance(each, converter.ActivitySerializationContext))
    assert (context.namespace, context.activity_type, context.activity_task_queue) == ("default", "tell", name)


async def test_large_payloads_go_through_the_external_storage_of_the_client(stage: Stage):
    """Arguments are fetched from it and results are stored, where this version of temporalio has it."""
    converter: Any = pytest.importorskip("temporalio.converter")
    if not hasattr(converter, "StorageDriver"):
        pytest.skip("this version of temporalio has no external storage")
    kept: dict[str, Payload] = {}
    targets: list[Any] = []

    class InMemory(converter.StorageDriver):  # type: ignore[misc]
        def name(self) -> str:
            return "in-memory"

        async def store(self, context: Any, payloads: Sequence[Payload]) -> Any:
            keys = [str(len(kept) + number) for number in range(len(payloads))]
            kept.update(zip(keys, payloads, strict=True))
            targets.append(context.target)
            return [converter.StorageDriverClaim(claim_data={"key": key}) for key in keys]

        async def retrieve(self, context: Any, claims: Sequence[Any]) -> Any:
            return [kept[claim.claim_data["key"]] for claim in claims]

    storage = converter.ExternalStorage(drivers=[InMemory()], payload_size_threshold=10_000)

    seen: list[str] = []

    @activity.defn
    async def double(text: str) -> str:
        seen.append(text)
        return "y" * 20_000

    async with stage.running(double, data_converter=DataConverter(external_storage=storage)) as caller:
        # The workflow passes the reference to the result on as it is.
        await caller.call("double", "x" * 20_000)

    assert seen == ["x" * 20_000]
    assert any(b"y" * 20_000 in payload.data for payload in kept.values())
    assert any(getattr(target, "type", None) == "double" for target in targets)
