"""Encryption and compression: the formats of the official SDKs, bad input, and what is retried."""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path

import pytest

from asyncworker import _wire
from asyncworker.converter import (
    ActivitySerializationContext,
    CompressionCodec,
    DataConverter,
    EncryptionCodec,
    Payload,
)
from asyncworker.converter.codecs._payload_json import payloads_from_json, payloads_to_json
from asyncworker.exceptions import CodecError, ConfigurationError, ConverterError

VECTORS = Path(__file__).parent / "vectors"
SAMPLE_KEY = b"test-key-test-key-test-key-test!"
HELLO, NOTHING, BYTES = SAMPLE = [
    Payload(metadata={"encoding": b"json/plain"}, data=b'"hello"'),
    Payload(metadata={"encoding": b"binary/null"}),
    Payload(metadata={"encoding": b"binary/plain"}, data=bytes([0, 1, 254, 255])),
]
OLD, NEW = os.urandom(32), os.urandom(32)
LARGE = Payload(metadata={"encoding": b"json/plain"}, data=b'"' + b"abc" * 100_000 + b'"')

each_algorithm = pytest.mark.parametrize("algorithm", ["zlib", "zstd"])


# Encryption


@pytest.mark.parametrize("language", ["python", "typescript", "go"])
async def test_payloads_that_the_official_samples_encrypted_are_decrypted(language):
    """The format is that of the samples: each vector was made by a sample's own code."""
    encrypted = payloads_from_json((VECTORS / f"encryption_{language}.json").read_bytes())

    assert await EncryptionCodec({"test-key-id": SAMPLE_KEY}, "test-key-id").decode(encrypted) == SAMPLE


async def test_payloads_that_go_compressed_are_decompressed():
    """By the zlib of Go's standard library, which the Go SDK's codec uses."""
    compressed = payloads_from_json((VECTORS / "compression_go.json").read_bytes())

    assert await CompressionCodec().decode(compressed) == SAMPLE


async def test_encrypted_payload_has_the_layout_of_the_samples():
    """Twelve bytes of nonce, then the sealed message and its tag; the key's id beside it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    [encrypted] = await EncryptionCodec({"k": NEW}, "k").encode([HELLO])

    assert encrypted.metadata == {"encoding": b"binary/encrypted", "encryption-key-id": b"k"}
    assert AESGCM(NEW).decrypt(encrypted.data[:12], encrypted.data[12:], None) == _wire.encode(HELLO)


async def test_payload_is_encrypted_differently_each_time():
    """Each has a nonce of its own."""
    codec = EncryptionCodec({"k": NEW}, "k")
    first, second = await codec.encode([HELLO, HELLO])

    assert first.data[:12] != second.data[:12]
    assert first.data != second.data


async def test_payload_of_an_older_key_is_decrypted_after_a_rotation():
    """New payloads have the new key; older ones are read as long as their key is in the ring."""
    before = await EncryptionCodec({"old": OLD}, "old").encode([HELLO])
    codec = EncryptionCodec({"old": OLD, "new": NEW}, "new")

    assert await codec.decode(before) == [HELLO]
    assert (await codec.encode([HELLO]))[0].metadata["encryption-key-id"] == b"new"


async def test_key_function_is_asked_once_per_key():
    """A key service is asked for a key that is not known yet, and not again."""
    asked = []

    async def key_of(key_id: str) -> bytes | None:
        asked.append(key_id)
        return {"old": OLD, "new": NEW}.get(key_id)

    codec = EncryptionCodec(key_of, "new")
    encrypted = await codec.encode([HELLO, NOTHING])

    assert await codec.decode([*encrypted, *await EncryptionCodec({"old": OLD}, "old").encode([BYTES])]) == SAMPLE
    assert asked == ["new", "old"]


async def test_key_is_chosen_by_the_serialization_context():
    """A function of the context gives each namespace a key of its own."""
    codec = EncryptionCodec({"a": OLD, "b": NEW}, lambda context: context.namespace if context else "a")
    converter = DataConverter(payload_codec=codec)

    [payload] = await converter.with_context(ActivitySerializationContext(namespace="b")).encode(["x"])

    assert payload.metadata["encryption-key-id"] == b"b"
    assert (await converter.encode(["x"]))[0].metadata["encryption-key-id"] == b"a"
    assert await converter.decode([payload], [str]) == ["x"]


async def test_payload_of_an_unknown_key_fails_with_its_id_and_is_retryable():
    """Another worker may have the key, so it is no ConverterError."""
    encrypted = await EncryptionCodec({"theirs": OLD}, "theirs").encode([HELLO])

    with pytest.raises(CodecError, match="encrypted with key 'theirs', which this codec does not have"):
        await EncryptionCodec({"ours": NEW}, "ours").decode(encrypted)


async def test_payload_without_a_key_id_is_foreign():
    """The Temporal Proxy's payloads have the same encoding and another way to find the key."""
    envelope = Payload(metadata={"encoding": b"binary/encrypted", "encryption-dek": b"x"}, data=b"y" * 40)

    with pytest.raises(CodecError, match="without naming its key"):
        await EncryptionCodec({"k": NEW}, "k").decode([envelope])
    assert await EncryptionCodec({"k": NEW}, "k", foreign_keys="pass").decode([envelope]) == [envelope]


async def test_payload_that_does_not_fit_its_key_is_retryable():
    """A wrong key under the right id and a changed payload cannot be told apart."""
    [encrypted] = await EncryptionCodec({"k": OLD}, "k").encode([HELLO])

    with pytest.raises(CodecError, match="cannot be decrypted with the key 'k'") as caught:
        await EncryptionCodec({"k": NEW}, "k").decode([encrypted])
    assert caught.value.__suppress_context__

    encrypted.data = encrypted.data[:-1] + bytes([encrypted.data[-1] ^ 1])
    with pytest.raises(CodecError, match="cannot be decrypted"):
        await EncryptionCodec({"k": OLD}, "k").decode([encrypted])


async def test_encrypted_payload_that_is_cut_off_is_final():
    """No key can help: it is a ConverterError."""
    short = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"k"}, data=b"y" * 27)

    with pytest.raises(ConverterError, match="cut off: 27 bytes"):
        await EncryptionCodec({"k": NEW}, "k").decode([short])


@pytest.mark.parametrize(
    ("keys", "key_id", "message"),
    [
        ({"k": b"short"}, "k", "the key 'k' must have 16, 24 or 32 bytes, got 5 bytes"),
        ({"k": "s3cret-s3cret-s3cret-s3cret-s3cr"}, "k", "must have 16, 24 or 32 bytes, got str"),
        ({"": NEW}, "", "id must be a text that is not empty"),
        ({"a": NEW}, "b", r"key_id is 'b', which the key ring does not have: \['a'\]"),
    ],
)
def test_key_ring_that_cannot_be_used_is_refused(keys, key_id, message):
    """The error names the key's id, and nothing of the key."""
    with pytest.raises(ValueError, match=message) as caught:
        EncryptionCodec(keys, key_id)
    assert "s3cret" not in str(caught.value)


def test_rule_for_foreign_keys_that_does_not_exist_is_refused():
    """The parameter is named, with what it may be."""
    with pytest.raises(ValueError, match="foreign_keys must be 'fail' or 'pass', got 'ignore'"):
        EncryptionCodec({"k": SAMPLE_KEY}, "k", foreign_keys="ignore")


@pytest.mark.parametrize(
    ("package", "make", "extra"),
    [
        ("cryptography.hazmat.primitives.ciphers.aead", lambda: EncryptionCodec({"k": SAMPLE_KEY}, "k"), "encryption"),
        ("zstandard", lambda: CompressionCodec("zstd"), "zstd"),
    ],
    ids=["encryption", "zstd"],
)
def test_codec_without_its_package_names_the_extra(monkeypatch, package, make, extra):
    """What to install is said when the codec is made, and not when the first payload comes."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=rf'pip install "temporal-asyncworker\[{extra}\]"'):
        make()


async def test_missing_key_to_encrypt_with_is_named():
    """A key service that does not know the key is retryable."""
    with pytest.raises(CodecError, match="there is no key 'k' to encrypt with"):
        await EncryptionCodec(lambda key_id: None, "k").encode([HELLO])


def test_repr_of_an_encryption_codec_has_no_key():
    """Neither has what is reachable by its format."""
    codec = EncryptionCodec({"k": SAMPLE_KEY}, "k")

    assert repr(codec) == "EncryptionCodec(key_id='k', foreign_keys='fail')"


# Compression


async def test_zlib_payload_is_that_of_the_go_sdk():
    """Encoding ``binary/zlib``; the data is the compressed message."""
    [compressed] = await CompressionCodec().encode([LARGE])

    assert compressed.metadata == {"encoding": b"binary/zlib"}
    assert zlib.decompress(compressed.data) == _wire.encode(LARGE)


@each_algorithm
async def test_compressed_payloads_come_back(algorithm):
    """Small and large ones, with ones between that are not worth it."""
    codec = CompressionCodec(algorithm)
    encoded = await codec.encode([LARGE, HELLO, LARGE])

    assert encoded[1] is HELLO
    assert sum(len(each.data) for each in encoded) < 5000
    assert await codec.decode(encoded) == [LARGE, HELLO, LARGE]


@each_algorithm
async def test_always_compresses_what_becomes_larger(algorithm):
    """As the Go SDK's option AlwaysEncode does."""
    codec = CompressionCodec(algorithm, always=True)
    encoded = await codec.encode(SAMPLE)

    assert {each.metadata["encoding"] for each in encoded} == {f"binary/{algorithm}".encode()}
    assert await codec.decode(encoded) == SAMPLE


async def test_each_algorithm_reads_the_other():
    """A fleet can change from one to the other."""
    assert await CompressionCodec("zlib").decode(await CompressionCodec("zstd").encode([LARGE])) == [LARGE]
    assert await CompressionCodec("zstd").decode(await CompressionCodec("zlib").encode([LARGE])) == [LARGE]


@each_algorithm
async def test_payload_larger_than_the_limit_is_not_decompressed(algorithm):
    """A bomb is a ConverterError, and final; one of exactly the limit is read."""
    encoded = await CompressionCodec(algorithm).encode([LARGE])
    size = len(_wire.encode(LARGE))

    assert await CompressionCodec(max_decompressed_bytes=size).decode(encoded) == [LARGE]
    with pytest.raises(ConverterError, match=f"more than {size - 1:,} bytes without its {algorithm} compression"):
        await CompressionCodec(max_decompressed_bytes=size - 1).decode(encoded)


@each_algorithm
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"no" + data, lambda data: b""])
async def test_damaged_payload_is_final(algorithm, damage):
    """What is cut off is not taken for the whole."""
    [encoded] = await CompressionCodec(algorithm).encode([LARGE])
    encoded.data = damage(encoded.data)

    with pytest.raises(ConverterError, match=f"the payload's {algorithm} data is damaged or cut off"):
        await CompressionCodec().decode([encoded])


@pytest.mark.parametrize("codec", [EncryptionCodec({"k": b"k" * 32}, "k"), CompressionCodec()], ids=repr)
async def test_payload_of_many_megabytes_comes_back(codec):
    """No limit but the decompression's is met."""
    large = Payload(metadata={"encoding": b"binary/plain"}, data=bytes(range(256)) * 40_000)

    assert await codec.decode(await codec.encode([large])) == [large]


async def test_compressed_bytes_that_are_no_payload_are_final():
    """So is a message of other content, or of metadata without end."""
    for plain in (b"\xff\xff\xff", b"\x0a\x00" * 100_000):
        payload = Payload(metadata={"encoding": b"binary/zlib"}, data=zlib.compress(plain))
        with pytest.raises(ConverterError, match="these bytes are not a payload"):
            await CompressionCodec().decode([payload])


@pytest.mark.parametrize("options", [{"algorithm": "gzip"}, {"max_decompressed_bytes": 0}])
def test_compression_that_does_not_exist_is_refused(options):
    """The parameter is named."""
    with pytest.raises(ValueError, match=next(iter(options))):
        CompressionCodec(**options)


async def test_compression_goes_before_encryption():
    """In the order of the Go SDK the outer codec is the first of the list."""
    converter = DataConverter(payload_codec=[EncryptionCodec({"k": NEW}, "k"), CompressionCodec()])
    [payload] = await converter.encode(["abc" * 100_000])

    assert payload.metadata["encoding"] == b"binary/encrypted"
    assert len(payload.data) < 5000
    assert await converter.decode([payload], [str]) == ["abc" * 100_000]


# JSON of payloads


def test_payloads_are_the_same_after_their_json():
    """Binary data, empty payloads, and the sizes of external ones."""
    from asyncworker._proto.temporal.api.common.v1 import PayloadExternalPayloadDetails

    stored = Payload(data=b"x", external_payloads=[PayloadExternalPayloadDetails(size_bytes=2**40)])

    assert payloads_from_json(payloads_to_json([*SAMPLE, stored])) == [*SAMPLE, stored]
    assert b'"sizeBytes":"1099511627776"' in payloads_to_json([stored])


def test_json_of_payloads_is_read_as_protobuf_allows():
    """URL-safe base64, without padding; unknown fields and absent ones."""
    found = payloads_from_json(b'{"payloads":[{"metadata":{"encoding":"YQ"},"data":"_-8","more":1},{}],"more":1}')

    assert found == [Payload(metadata={"encoding": b"a"}, data=b"\xff\xef"), Payload()]
    assert payloads_from_json(b"{}") == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"payloads":1}', b'{"payloads":[1]}', b'{"payloads":[{"data":"s3cret!"}]}', b"[" * 9999],
)
def test_json_that_is_no_payloads_is_refused_without_its_content(body):
    """It may be what a payload has decrypted."""
    with pytest.raises(ValueError, match=r"body|payloads") as caught:
        payloads_from_json(body)
    assert "s3cret" not in str(caught.value)
