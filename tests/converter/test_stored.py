"""References to external storage, as other SDKs leave them in a payload's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from asyncworker.common import RawValue
from asyncworker.converter import DataConverter, Failure, Payload, PayloadCodec, Signature
from asyncworker.converter._stored import StoredElsewhereError
from asyncworker.exceptions import ApplicationError, ConverterError

CURRENT = Payload(
    metadata={"encoding": b"json/protobuf", "messageType": b"temporal.api.sdk.v1.ExternalStorageReference"},
    data=b'{"driverName":"mem","claimData":{"key":"0"}}',
)
LEGACY = Payload(metadata={"encoding": b"json/external-storage-reference"}, data=b'{"driver_name":"mem"}')
MARKED = Payload(metadata={"encoding": b"json/plain", "__temporal_external_storage_reference": b"true"}, data=b'"0"')
OURS = DataConverter.default

each_form = pytest.mark.parametrize("reference", [CURRENT, LEGACY, MARKED], ids=["current", "legacy", "marked"])


class Reversing(PayloadCodec):
    """Knows its own payloads only."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(metadata={"encoding": b"my/reversed"}, data=bytes(each)[::-1]) for each in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        if any(each.metadata["encoding"] != b"my/reversed" for each in payloads):
            raise ValueError("not mine")
        return [Payload.parse(each.data[::-1]) for each in payloads]


class Fetching(PayloadCodec):
    """Knows where to look."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [OURS.encode_nowait(["fetched"])[0] for _ in payloads]


@each_form
@pytest.mark.parametrize("hint", [str, Any, None, dict, RawValue, bytes])
def test_reference_is_not_read_as_a_value(reference, hint):
    """Whatever type is asked for, a reference is told as one, with what to do."""
    with pytest.raises(StoredElsewhereError, match=r"\[TMPRL1105\] .* external storage.* cannot read: use a worker"):
        OURS.decode_nowait([reference], [hint])


@each_form
def test_reference_as_an_argument_is_reported_before_other_problems(reference):
    """It is what is said, whatever else is wrong with the arguments."""

    def activity(number: int, text: str) -> None: ...

    payloads = [*OURS.encode_nowait(["no number"]), reference]
    with pytest.raises(StoredElsewhereError):
        Signature(activity).decode_arguments(payloads, OURS.payload_converter)


@each_form
async def test_codec_may_load_a_reference(reference):
    """A codec that does not know what it is does not hide what it is; one that can follow it does."""
    with pytest.raises(StoredElsewhereError) as caught:
        await DataConverter(payload_codec=Reversing()).decode([reference])

    assert isinstance(caught.value.__cause__, ValueError)
    assert await DataConverter(payload_codec=Fetching()).decode([reference], [str]) == ["fetched"]


async def test_error_of_a_codec_without_references_is_its_own():
    """What a codec says of payloads that are no references is not changed."""
    with pytest.raises(ValueError, match="not mine"):
        await DataConverter(payload_codec=Reversing()).decode(OURS.encode_nowait([1]))


def test_ordinary_protobuf_message_is_no_reference():
    """Another message with a name is no reference."""
    other = Payload(metadata={"encoding": b"json/protobuf", "messageType": b"temporal.api.sdk.v1.UserMetadata"})
    with pytest.raises(ConverterError) as caught:
        OURS.decode_nowait([other])

    assert not isinstance(caught.value, StoredElsewhereError)


@each_form
@pytest.mark.parametrize("codec", [None, Reversing()])
async def test_reference_in_details_of_a_failure_is_a_raw_value(reference, codec):
    """The error matters more than its details: it is read, and a note says where those are."""
    converter = DataConverter(payload_codec=codec)
    failure = await converter.encode_failure(ApplicationError("no box", "large", 7, type="T"))
    failure.application_failure_info.details.payloads[1] = reference

    error = await converter.decode_failure(failure)

    assert (error.message, error.type, list(error.details)) == ("no box", "T", ["large", RawValue(reference)])
    assert "[TMPRL1105]" in error.__notes__[0]


@each_form
@pytest.mark.parametrize("codec", [None, Reversing()])
async def test_reference_as_encoded_attributes_is_noted(reference, codec):
    """A message that is in external storage is said to be there."""
    failure = Failure(message="Encoded failure", encoded_attributes=reference)

    error = await DataConverter(payload_codec=codec).decode_failure(failure)

    assert str(error).startswith("Encoded failure: [TMPRL1105]")
