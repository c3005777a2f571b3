"""With a codec on both sides the server sees nothing: arguments, results, heartbeats and failures are encrypted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel
from shared_servers import SharedServer
from temporalio import converter as official
from temporalio.api.common.v1 import Payload as OfficialPayload
from temporalio.contrib.pydantic import pydantic_data_converter

from asyncworker import ApplicationError, CancelledError, Client, DataConverter, PayloadCodec, RawValue, activity
from asyncworker.converter import DefaultFailureConverterWithEncodedAttributes, Payload

from .calls import Caller, StandaloneCall, StandaloneCaller, WorkflowCaller, stack_of, until
from .workflows import running_workflows

pytestmark = pytest.mark.server

ENCODING = b"binary/encrypted"
CIPHER = AESGCM(bytes(32))


def encrypt(data: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + CIPHER.encrypt(nonce, data, None)


def decrypt(data: bytes) -> bytes:
    return CIPHER.decrypt(data[:12], data[12:], None)


class Encryption(PayloadCodec):
    """Ours."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(metadata={"encoding": ENCODING}, data=encrypt(bytes(each))) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [
            Payload.parse(decrypt(each.data)) if each.metadata.get("encoding") == ENCODING else each
            for each in payloads
        ]


class OfficialEncryption(official.PayloadCodec):
    """Theirs."""

    async def encode(self, payloads: Sequence[OfficialPayload]) -> list[OfficialPayload]:
        return [
            OfficialPayload(metadata={"encoding": ENCODING}, data=encrypt(each.SerializeToString()))
            for each in payloads
        ]

    async def decode(self, payloads: Sequence[OfficialPayload]) -> list[OfficialPayload]:
        return [
            OfficialPayload.FromString(decrypt(each.data)) if each.metadata.get("encoding") == ENCODING else each
            for each in payloads
        ]


ENCRYPTED = DataConverter(payload_codec=Encryption(), failure_converter=DefaultFailureConverterWithEncodedAttributes())


class EncryptedWorkflowCaller(WorkflowCaller):
    """Has a workflow of the official SDK, which encrypts too, schedule the activity."""

    workflows = "encrypted workflows"
    data_converter = dataclasses.replace(
        pydantic_data_converter,
        payload_codec=OfficialEncryption(),
        failure_converter_class=official.DefaultFailureConverterWithEncodedAttributes,
    )


@pytest.fixture(scope="module")
def encrypted_workflows(server: SharedServer) -> Iterator[None]:
    """The official worker, with the codec."""
    run = running_workflows(server.target, EncryptedWorkflowCaller.data_converter, EncryptedWorkflowCaller.workflows)
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(run):
        yield


@pytest.fixture
async def encrypted_client(server: SharedServer) -> AsyncIterator[Client]:
    """A client with the codec."""
    async with await Client.connect(server.target, data_converter=ENCRYPTED) as connected:
        yield connected


@pytest.fixture(params=[EncryptedWorkflowCaller, StandaloneCaller], ids=lambda kind: kind.kind)
def caller(request: pytest.FixtureRequest, server: SharedServer, encrypted_client: Client, task_queue: str) -> Caller:
    """Has activities called by those who encrypt."""
    if request.param is EncryptedWorkflowCaller:
        request.getfixturevalue("encrypted_workflows")
    made: Caller = request.param(server.target, encrypted_client, task_queue)
    return made


class Secret(BaseModel):
    """Not for the server."""

    word: str


@activity.defn
async def whisper(secret: Secret) -> Secret:
    return Secret(word=secret.word.lower())


@activity.defn
async def stumble() -> str:
    if not activity.has_heartbeat_details():
        activity.heartbeat(Secret(word="so far"))
        raise ValueError("a secret cause")
    try:
        raise ValueError("a secret cause")
    except ValueError as error:
        raise ApplicationError(
            "a secret", activity.heartbeat_details(Secret), type="Stumbled", non_retryable=True
        ) from error


@activity.defn
async def stop_with_details() -> None:
    activity.heartbeat(Secret(word="running"))
    try:
        await activity.wait_for_cancelled()
    finally:
        raise CancelledError("stopped", Secret(word="stopped"))


async def test_arguments_and_results_are_encrypted(caller: Caller):
    """What goes in and comes out is read by both sides."""
    async with caller.worker(whisper):
        result = await caller.result(whisper, Secret(word="HUSH"), result_type=Secret)

    assert result == Secret(word="hush")


async def test_failures_and_heartbeats_are_encrypted(caller: Caller):
    """Heartbeat details are read by the next attempt; messages, causes and details of a failure by the caller."""
    async with caller.worker(stumble):
        error = await caller.failure(stumble, heartbeat_timeout=10)

    assert (error.type, error.message, list(error.details)) == ("Stumbled", "a secret", [{"word": "so far"}])
    assert (error.__cause__.type, error.__cause__.message) == ("ValueError", "a secret cause")
    assert "in stumble" in stack_of(error)


async def test_cancellations_are_encrypted(caller: Caller):
    """The details of a cancellation are read by the caller."""
    async with caller.worker(stop_with_details, auto_heartbeat=True):
        call = await caller.start(stop_with_details, heartbeat_timeout=10)
        await call.heartbeats({"word": "running"})
        await call.cancel()
        error: Any = await call.failure()

    assert list(error.details) == [{"word": "stopped"}]


async def test_completions_from_outside_are_encrypted(caller: Caller):
    """What completes an activity from outside passes the codec too."""
    tokens: list[bytes] = []

    @activity.defn
    async def ask() -> Secret:
        tokens.append(activity.info().task_token)
        activity.raise_complete_async()

    async with caller.worker(ask):
        call = await caller.start(ask, result_type=Secret, heartbeat_timeout=10)
        await until(lambda: tokens)
        handle = caller.client.get_async_activity_handle(task_token=tokens[0])
        await handle.heartbeat(Secret(word="asked"))
        await call.heartbeats({"word": "asked"})
        await handle.complete(Secret(word="answered"))

    assert await call.result() == Secret(word="answered")


async def test_the_server_sees_nothing(server: SharedServer, client: Client, encrypted_client: Client, task_queue: str):
    """To a client without the key everything is a cipher: input, result, heartbeat, and the failure's texts."""
    caller = StandaloneCaller(server.target, encrypted_client, task_queue)
    async with caller.worker(whisper, stumble):
        whispered: Any = await caller.start(whisper, Secret(word="HUSH"))
        await whispered.result()
        stumbled: Any = await caller.start(stumble, heartbeat_timeout=10)
        await stumbled.failure()

    seen = await _seen(client, whispered)
    assert [each.payload.metadata["encoding"] for each in (*seen.input(RawValue), seen.result(RawValue))] == [
        ENCODING,
        ENCODING,
    ]
    seen = await _seen(client, stumbled)
    assert seen.heartbeat_details(RawValue).payload.metadata["encoding"] == ENCODING
    failure = seen.failure
    assert (failure.message, failure.failure.stack_trace) == ("Encoded failure", "")
    assert (failure.__cause__.message, failure.__cause__.failure.stack_trace) == ("Encoded failure", "")
    assert failure.details[0].payload.metadata["encoding"] == ENCODING


async def _seen(client: Client, call: StandaloneCall) -> Any:
    handle = client.get_activity_handle(call.handle.id)
    return await handle.describe(include_input=True, include_outcome=True)


async def test_a_codec_that_fails_is_tried_again(server: SharedServer, task_queue: str):
    """When the codec cannot read the arguments now, the attempt fails, and the next may have more luck."""

    class Flaky(Encryption):
        calls = 0

        async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
            self.calls += 1
            if self.calls == 1:
                raise ConnectionError("no key service")
            return await super().decode(payloads)

    converter = DataConverter(payload_codec=Flaky())
    async with await Client.connect(server.target, data_converter=converter) as client:
        caller = StandaloneCaller(server.target, client, task_queue)
        async with caller.worker(whisper):
            call: Any = await caller.start(whisper, Secret(word="HUSH"), result_type=Secret)
            result = await call.result()
            attempt = (await call.handle.describe()).attempt

    assert (result, attempt) == (Secret(word="hush"), 2)
