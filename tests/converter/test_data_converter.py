"""The data converter as a whole: its parts, its context."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from asyncworker.converter import (
    ActivitySerializationContext,
    BinaryNullPayloadConverter,
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    Payload,
    PayloadCodec,
    WithSerializationContext,
)

CONTEXT = ActivitySerializationContext(namespace="n", activity_id="7", activity_type="pack")


class Tagged(EncodingPayloadConverter, WithSerializationContext):
    """Write the activity's id beside the value."""

    encoding = "text/tagged"

    def __init__(self, tag: str = "") -> None:
        self.tag = tag

    def to_payload(self, value):
        return Payload(metadata={"encoding": b"text/tagged"}, data=f"{value}@{self.tag}".encode())

    def from_payload(self, payload, type_hint=None):
        return payload.data.decode()

    def with_context(self, context):
        return Tagged(context.activity_id)


class TaggingCodec(PayloadCodec, WithSerializationContext):
    def __init__(self, tag: str = "") -> None:
        self.tag = tag

    async def encode(self, payloads):
        return [Payload(metadata={**each.metadata, "tag": self.tag.encode()}, data=each.data) for each in payloads]

    async def decode(self, payloads):
        return list(payloads)

    def with_context(self, context):
        return TaggingCodec(context.activity_id)


class PlainCodec(TaggingCodec):
    """One that has no use for a context."""

    takes_context = False


class TaggingFailures(DefaultFailureConverter, WithSerializationContext):
    tag = ""

    def to_failure(self, exception, payload_converter):
        failure = super().to_failure(exception, payload_converter)
        failure.source = self.tag
        return failure

    def with_context(self, context):
        bound = TaggingFailures()
        bound.tag = context.activity_id
        return bound


async def test_values_are_encoded_and_decoded():
    """Waiting or not, values become payloads and payloads values."""
    converter = DataConverter.default
    payloads = await converter.encode([1, "a"])

    assert payloads == converter.encode_nowait([1, "a"])
    assert await converter.decode(payloads, [int, str]) == converter.decode_nowait(payloads, [int, str]) == [1, "a"]
    assert await converter.decode_payloads(payloads) == await converter.encode_payloads(payloads) == payloads
    assert not converter.has_codec


async def test_errors_are_encoded_and_decoded():
    """Waiting or not, errors become failures and failures errors."""
    converter = DataConverter.default
    failure = await converter.encode_failure(ValueError("a"))

    assert failure == converter.encode_failure_nowait(ValueError("a"))
    assert str(await converter.decode_failure(failure)) == str(converter.decode_failure_nowait(failure))


def test_data_converter_is_frozen():
    """A converter is made anew to be changed, its flags with it."""
    plain = DataConverter()
    coded = replace(plain, payload_codec=PlainCodec())

    with pytest.raises(FrozenInstanceError):
        plain.payload_codec = PlainCodec()
    assert (plain.has_codec, coded.has_codec, replace(coded, payload_codec=None).has_codec) == (False, True, False)
    assert coded.payload_converter is plain.payload_converter


@pytest.mark.parametrize("part", ["payload_converter", "failure_converter"])
def test_wrong_part_of_a_data_converter_is_a_type_error(part):
    """A class in place of an instance is refused with a hint."""
    with pytest.raises(TypeError, match=f"{part} must be a .* instance, .*: pass an instance"):
        DataConverter(**{part: DefaultPayloadConverter})


class TestContext:
    def test_context_that_no_part_depends_on_changes_nothing(self):
        """Where no part has use for a context the converter is itself."""
        for converter in (DataConverter(), DataConverter(payload_codec=PlainCodec())):
            assert converter.with_context(CONTEXT) is converter

    def test_context_is_given_to_the_payload_converter(self):
        """An encoding converter in a chain gets the context, the chain stays as it was."""
        chain = CompositePayloadConverter(BinaryNullPayloadConverter(), Tagged())
        bound = DataConverter(payload_converter=chain).with_context(CONTEXT)

        assert bound.encode_nowait(["x"])[0].data == b"x@7"
        assert chain.to_payload("x").data == b"x@"
        assert bound.payload_converter.from_payload(chain.to_payload("x"), str) == "x@"

    @pytest.mark.parametrize("codecs", [TaggingCodec(), [PlainCodec(), TaggingCodec()]])
    async def test_context_is_given_to_the_codec(self, codecs):
        """A codec gets the context, in a chain too."""
        converter = DataConverter(payload_codec=codecs)
        [payload] = await converter.with_context(CONTEXT).encode([1])

        assert payload.metadata["tag"] in (b"7", b"")
        assert [each.tag for each in getattr(converter.with_context(CONTEXT).codec, "codecs", [])] in ([], ["", "7"])
        assert (await converter.encode([1]))[0].metadata["tag"] == b""

    def test_context_is_given_to_the_failure_converter(self):
        """A failure converter gets the context."""
        converter = DataConverter(failure_converter=TaggingFailures())

        assert converter.with_context(CONTEXT).encode_failure_nowait(ValueError()).source == "7"
