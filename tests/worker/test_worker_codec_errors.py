"""Which errors of a codec are retried: what another worker may do, and not what is wrong with the payload."""

from __future__ import annotations

import pytest

from asyncworker import Worker, activity
from asyncworker.converter import CompressionCodec, DataConverter, EncryptionCodec, Payload
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
