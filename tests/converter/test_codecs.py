"""Codecs: their order, what they are applied to, and what they must not do."""

from __future__ import annotations

import zlib
from dataclasses import replace

import pytest

from asyncworker import _wire
from asyncworker.converter import (
    ChainedPayloadCodec,
    DataConverter,
    DefaultFailureConverter,
    Failure,
    Payload,
    PayloadCodec,
    RawValue,
    ensure_application_failure,
)
from asyncworker.exceptions import ApplicationError, CancelledError, TimeoutError  # noqa: A004


class Wrap(PayloadCodec):
    """Put each payload into another, under this codec's name."""

    def __init__(self, name: str) -> None:
        self.encoding = f"wrap/{name}".encode()

    async def encode(self, payloads):
        return [Payload(metadata={"encoding": self.encoding}, data=_wire.encode(each)) for each in payloads]

    async def decode(self, payloads):
        return [
            _wire.decode(Payload, each.data) if each.metadata.get("encoding") == self.encoding else each
            for each in payloads
        ]


class Bundle(PayloadCodec):
    """Make one payload of all."""

    async def encode(self, payloads):
        data = b"".join(len(raw := _wire.encode(each)).to_bytes(4) + raw for each in payloads)
        return [Payload(metadata={"encoding": b"bundle"}, data=zlib.compress(data))]

    async def decode(self, payloads):
        [bundle] = payloads
        data, found = zlib.decompress(bundle.data), []
        while data:
            end = 4 + int.from_bytes(data[:4])
            found.append(_wire.decode(Payload, data[4:end]))
            data = data[end:]
        return found


class Compress(PayloadCodec):
    async def encode(self, payloads):
        return [Payload(metadata={"encoding": b"z"}, data=zlib.compress(_wire.encode(each))) for each in payloads]

    async def decode(self, payloads):
        return [_wire.decode(Payload, zlib.decompress(each.data)) for each in payloads]


class Broken(PayloadCodec):
    async def encode(self, payloads):
        raise ConnectionError("the key service is away")

    async def decode(self, payloads):
        raise ConnectionError("the key service is away")


# Not in the source of any line that a stack trace shows.
SECRET = "classified"
OUTER, INNER = Wrap("outer"), Wrap("inner")


async def test_first_codec_is_the_outermost():
    """Of several codecs the last encodes first, as in Go, and decoding is the reverse."""
    converter = DataConverter(payload_codec=[OUTER, INNER])
    [encoded] = await converter.encode([1])

    assert encoded.metadata["encoding"] == b"wrap/outer"
    assert _wire.decode(Payload, encoded.data).metadata["encoding"] == b"wrap/inner"
    assert await converter.decode([encoded]) == [1]


async def test_payload_that_was_not_encoded_is_decoded_unchanged():
    """A codec that returns foreign payloads unchanged accepts plain ones."""
    plain = DataConverter().encode_nowait([1])

    assert await DataConverter(payload_codec=OUTER).decode(plain, [int]) == [1]


async def test_codec_may_change_the_number_of_payloads():
    """A codec may combine payloads, if it can split them again."""
    converter = DataConverter(payload_codec=Bundle())
    encoded = await converter.encode([1, "a", None])

    assert len(encoded) == 1
    assert await converter.decode(encoded, [int, str, None]) == [1, "a", None]


async def test_no_payloads_do_not_reach_the_codec():
    """Where there is nothing to encode the codec is not asked."""
    converter = DataConverter(payload_codec=Broken())

    assert await converter.encode([]) == []
    assert await converter.decode([]) == []


async def test_raw_values_are_encoded():
    """The codec applies to raw values too."""
    raw = RawValue(Payload(metadata={"encoding": b"my/own"}, data=b"x"))
    converter = DataConverter(payload_codec=OUTER)
    [encoded] = await converter.encode([raw])

    assert encoded.metadata["encoding"] == b"wrap/outer"
    assert await converter.decode([encoded], [RawValue]) == [raw]


async def test_errors_of_a_codec_are_raised():
    """An exception of a codec reaches the caller unchanged."""
    converter = DataConverter(payload_codec=Broken())

    with pytest.raises(ConnectionError):
        await converter.encode([1])
    with pytest.raises(ConnectionError):
        await converter.decode(DataConverter().encode_nowait([1]))


def test_nowait_refuses_a_codec():
    """A converter with a codec cannot be used without waiting."""
    converter = DataConverter(payload_codec=OUTER)

    assert converter.has_codec
    for call in (
        lambda: converter.encode_nowait([1]),
        lambda: converter.decode_nowait([]),
        lambda: converter.encode_failure_nowait(ValueError()),
        lambda: converter.decode_failure_nowait(Failure()),
    ):
        with pytest.raises(RuntimeError, match="has a codec: await"):
            call()


def test_wrong_codec_is_a_type_error():
    """Classes and other things in place of codecs are refused at once."""
    with pytest.raises(TypeError, match="PayloadCodec instance"):
        DataConverter(payload_codec=[Wrap])
    with pytest.raises(TypeError, match="payload_codec must be"):
        DataConverter(payload_codec=Wrap)
    assert not DataConverter(payload_codec=[]).has_codec
    assert "Wrap" in repr(ChainedPayloadCodec([OUTER]))


def raised(error: BaseException) -> BaseException:
    try:
        raise error from ApplicationError("cause", {SECRET: 2}, type="Inner")
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    "error",
    [
        ApplicationError("m", SECRET, type="T"),
        CancelledError("m", SECRET),
        TimeoutError("m", last_heartbeat_details=[SECRET]),
    ],
)
async def test_failure_details_are_encoded(error):
    """Details are encoded at every level of a failure, and read again."""
    converter = DataConverter(payload_codec=[OUTER, Compress()])
    failure = await converter.encode_failure(raised(error))
    back = await converter.decode_failure(_wire.decode(Failure, _wire.encode(failure)))

    assert SECRET.encode() not in _wire.encode(failure)
    assert tuple(getattr(back, "details", ()) or back.last_heartbeat_details) == (SECRET,)
    assert back.cause.details == ({SECRET: 2},)


async def test_common_attributes_are_encoded():
    """With encoded attributes neither message nor stack trace of any level leaves in the clear."""
    converter = DataConverter(
        payload_codec=Compress(), failure_converter=DefaultFailureConverter(encode_common_attributes=True)
    )
    failure = await converter.encode_failure(raised(ApplicationError("topsecret", type="T")))
    back = await converter.decode_failure(failure)

    assert (failure.message, failure.stack_trace) == ("Encoded failure", "")
    assert (failure.cause.message, failure.cause.stack_trace) == ("Encoded failure", "")
    assert b"topsecret" not in _wire.encode(failure)
    assert (back.message, back.type, back.cause.message) == ("topsecret", "T", "cause")
    assert "in raised" in back.stack_trace


async def test_received_error_is_sent_unchanged_under_a_codec():
    """A received error is sent as the same failure, and its encoded message stays encoded."""
    hiding = DataConverter(
        payload_codec=Compress(), failure_converter=DefaultFailureConverter(encode_common_attributes=True)
    )
    first = await hiding.encode_failure(raised(ApplicationError("topsecret", 1, type="T")))
    before = _wire.encode(first)
    for emitter in (hiding, replace(hiding, failure_converter=DefaultFailureConverter())):
        again = await emitter.encode_failure(await hiding.decode_failure(first))

        assert _wire.encode(again) == before
    assert _wire.encode(first) == before


async def test_failure_is_sent_although_the_codec_fails(caplog):
    """A failure is sent without its codec: with type and retryability, but nothing that it might have hidden."""
    converter = DataConverter(payload_codec=Broken())
    failure = await converter.encode_failure(ApplicationError("topsecret", "s", type="T", non_retryable=True))

    info = failure.application_failure_info
    assert (info.type, info.non_retryable, info.details) == ("T", True, None)
    assert failure.message == "ApplicationError, which could not be converted to a failure (ConnectionError)"
    assert "the key service is away" in caplog.text
    with pytest.raises(ConnectionError):
        await converter.decode_failure(DataConverter().encode_failure_nowait(ApplicationError("m", 1)))


async def test_codec_must_keep_a_single_payload_single():
    """If a codec splits a single payload, the failure names the error."""

    class Split(Wrap):
        async def encode(self, payloads):
            return [*payloads, *payloads]

    converter = DataConverter(
        payload_codec=Split("x"), failure_converter=DefaultFailureConverter(encode_common_attributes=True)
    )
    failure = await converter.encode_failure(ValueError("a"))

    assert "(ConverterError)" in failure.message


async def test_wrapped_failure_can_be_read():
    """What is wrapped for the server keeps its encoded message."""
    converter = DataConverter(
        payload_codec=Compress(), failure_converter=DefaultFailureConverter(encode_common_attributes=True)
    )
    failure = ensure_application_failure(await converter.encode_failure(CancelledError("topsecret")))
    back = await converter.decode_failure(failure)

    assert (back.message, back.type, type(back.cause)) == ("topsecret", "CancelledError", CancelledError)
