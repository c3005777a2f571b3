"""Which errors of a codec are retried: what another worker may do, and not what is wrong with the payload."""

from __future__ import annotations

import logging

import pytest

from asyncworker import Worker, activity
from asyncworker.converter import CompressionCodec, DataConverter, EncryptionCodec, Payload, RemoteCodec
from asyncworker.testing import FakeTemporal

OURS = DataConverter(payload_codec=[EncryptionCodec({"ours": b"o" * 32}, "ours"), CompressionCodec()])
OF_ANOTHER_KEY = EncryptionCodec({"theirs": b"t" * 32}, "theirs")
OF_THE_SAME_ID = EncryptionCodec({"ours": b"t" * 32}, "ours")
NAME = Payload(metadata={"encoding": b"json/plain"}, data=b'"s3cret"')


@activity.defn
async def greet(name: str) -> str:
    """Return a greeting."""
    return f"hello {name}"


async def failure_of(argument: Payload) -> tuple[str, bool]:
    """Return the message of the failure and whether it is final."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=OURS)
        async with Worker(client, task_queue="codec", activities=[greet]):
            task = temporal.add_task(greet, argument, task_queue="codec")
            await task.wait_closed()
    assert task.failure is not None
    assert task.failure.application_failure_info is not None
    assert "s3cret" not in str(task.failure)
    return task.failure.message, task.failure.application_failure_info.non_retryable


@pytest.mark.parametrize(
    ("codec", "message"),
    [
        (OF_ANOTHER_KEY, "encrypted with key 'theirs', which this codec does not have"),
        (OF_THE_SAME_ID, "cannot be decrypted with the key 'ours'"),
    ],
)
async def test_argument_that_another_key_decrypts_is_retried(codec, message):
    """A worker that has the key may run the next attempt."""
    [encrypted] = await codec.encode([NAME])
    found, is_final = await failure_of(encrypted)

    assert message in found
    assert not is_final


async def test_codec_server_that_is_away_is_retried(free_tcp_port):
    """The failure says which server, and that it could not be asked."""
    codec = RemoteCodec(f"http://127.0.0.1:{free_tcp_port}", retry_for=0)
    async with codec, FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=DataConverter(payload_codec=codec))
        async with Worker(client, task_queue="codec", activities=[greet]):
            task = temporal.add_task(greet, NAME, task_queue="codec")
            await task.wait_closed()

    assert task.failure is not None
    assert task.failure.application_failure_info is not None
    assert f"127.0.0.1:{free_tcp_port}" in task.failure.message
    assert not task.failure.application_failure_info.non_retryable


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (Payload(metadata={"encoding": b"binary/zlib"}, data=b"x"), "zlib data is damaged or cut off"),
        (
            Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"ours"}, data=b"x"),
            "the encrypted payload is cut off: 1 bytes",
        ),
        (Payload(metadata={"encoding": b"acme/foreign"}, data=b"x"), "acme/foreign"),
    ],
)
async def test_argument_that_nothing_can_decode_is_final(payload, message):
    """No worker with this codec can run it."""
    found, is_final = await failure_of(payload)

    assert message in found
    assert is_final


async def test_what_was_decrypted_is_in_no_line_of_the_log(caplog):
    """Neither where the activity does not take it, nor where its result cannot be encoded."""
    caplog.set_level(logging.DEBUG)

    @activity.defn(name="greet")
    async def takes_numbers(name: int) -> int:
        return name

    @activity.defn
    async def returns_itself(name: str) -> object:
        return {name: object()}

    [encrypted] = await OURS.encode([NAME])
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        client = temporal.client(data_converter=OURS)
        async with Worker(client, task_queue="codec", activities=[takes_numbers, returns_itself]):
            for fn in (takes_numbers, returns_itself):
                task = temporal.add_task(fn, encrypted, task_queue="codec")
                await task.wait_closed()
                assert task.failure is not None
                assert "s3cret" not in str(task.failure)

    assert "failed in attempt 1" in caplog.text
    assert "s3cret" not in caplog.text
