from __future__ import annotations

import logging

import hpack
import pytest
from hypothesis import given, strategies as st

from asyncworker._rpc.http2._headers import (
    HeaderDecoder,
    HeaderDecodingError,
    HeaderEncoder,
    encode_metadatum,
    format_timeout,
    literal,
)

PATH = "/temporal.api.workflowservice.v1.WorkflowService/PollActivityTaskQueue"
METADATA = (("client-name", "asyncworker"), ("temporal-namespace", "default"))


def encoder(**options):
    return HeaderEncoder("test:7233", "http", "asyncworker", **options)


def test_repeated_blocks_are_remembered():
    """From the second time on a call's headers are one byte each, and are not encoded again."""
    writer, reader = encoder(), hpack.Decoder()
    first, second, third = (writer.encode(PATH, METADATA, None) for _ in range(3))

    assert [len(reader.decode(block)) for block in (first, second, third)] == [10, 10, 10]
    assert len(second) == 10
    assert third is second


def test_timeout_is_no_part_of_what_is_remembered():
    """Calls that differ in their timeout alone share a block, and leave the table alone."""
    writer, reader = encoder(), hpack.Decoder()
    blocks = [writer.encode(PATH, METADATA, timeout) for timeout in (1.0, 2.0, 3.0, 2.0)]

    decoded = [dict(reader.decode(block))["grpc-timeout"] for block in blocks]

    assert decoded == ["1000000u", "2000000u", "3000000u", "2000000u"]
    assert blocks[3] == blocks[1]
    assert len(writer._cache) == 1


def test_a_block_that_changes_the_table_clears_the_cache():
    """A block that changes the table makes every other one be encoded anew."""
    writer, reader = encoder(), hpack.Decoder()
    for number in range(200):
        metadata = (("n", f"{number // 3}-{'x' * (number % 7) * 40}"), *METADATA)

        fields = dict(reader.decode(writer.encode(PATH, metadata, None)))

        assert fields["n"] == metadata[0][1]
        assert fields["temporal-namespace"] == "default"


def test_a_large_value_is_sent_as_a_literal():
    """A value that would fill the table is sent as a literal each time, and the rest stays indexed."""
    writer, reader = encoder(), hpack.Decoder()
    metadata = (("context", "x" * 3000), *METADATA)
    blocks = [writer.encode(PATH, metadata, 1.0) for _ in range(3)]

    assert [dict(reader.decode(block))["context"] for block in blocks] == [metadata[0][1]] * 3
    assert blocks[2] == blocks[1]
    assert len(blocks[1]) < 3100


@pytest.mark.parametrize("name", ["authorization", "proxy-authorization", "cookie", "tenant"])
def test_added_metadata_are_never_indexed_or_logged(caplog, name):
    """Whatever the caller adds may be a secret: it is marked as never to be indexed, by anybody, and never logged."""
    writer, reader = encoder(), hpack.Decoder()
    metadata = ((name, "Bearer secret"), *METADATA)
    with caplog.at_level(logging.DEBUG):
        blocks = [writer.encode(PATH, metadata, 1.0) for _ in range(3)]
        assert "secret" not in caplog.text
    fields = [{field[0]: field for field in reader.decode(block)} for block in blocks]

    assert [field[name] for field in fields] == [(name, "Bearer secret")] * 3
    assert not any(field[name].indexable for field in fields)
    assert blocks[2] == blocks[1]


def test_a_peer_without_a_table_gets_literals():
    """A peer without a table gets literals, and is told so."""
    writer, reader = encoder(), hpack.Decoder()
    reader.max_allowed_table_size = 0
    writer.encode(PATH, METADATA, None)

    writer.resize(0)

    for _ in range(3):
        assert dict(reader.decode(writer.encode(PATH, METADATA, None)))[":path"] == PATH


def test_a_block_of_indexed_fields_is_decoded_once():
    """A block of indexed fields alone is decoded once, until another kind of block comes."""
    writer, reader = hpack.Encoder(), HeaderDecoder(1 << 16)
    fields = [(b":status", b"200"), (b"content-type", b"application/grpc"), (b"grpc-status", b"0")]
    blocks = [writer.encode(fields) for _ in range(3)]

    first, second, third = (reader.decode(block) for block in blocks)
    assert first.fields == second.fields == dict(fields)
    assert third is second
    reader.decode(writer.encode([(b"new", b"field")]))
    assert reader.decode(writer.encode(fields)).fields == dict(fields)


@given(
    st.lists(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.binary(max_size=300)), max_size=4), max_size=40)
)
def test_decoder_against_hpack(blocks):
    """Remembering never changes what is decoded."""
    writer, reader, reference = hpack.Encoder(), HeaderDecoder(1 << 16), hpack.Decoder()
    for fields in blocks:
        for _ in range(2):
            block = writer.encode(fields)
            assert reader.decode(block).fields == dict(tuple(f) for f in reference.decode(block, raw=True))


def test_an_oversized_list_is_told_from_a_damaged_block():
    """A list over the limit is told from a block that is damaged."""
    reader = HeaderDecoder(100)
    with pytest.raises(HeaderDecodingError) as caught:
        reader.decode(hpack.Encoder().encode([(b"x", b"y" * 100)]))
    assert caught.value.is_oversized

    with pytest.raises(HeaderDecodingError) as caught:
        HeaderDecoder(100).decode(b"\xff")
    assert not caught.value.is_oversized


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, b"1u"),
        (1e-9, b"1u"),
        (0.25, b"250000u"),
        (10, b"10000000u"),
        (70.0, b"70000000u"),
        (99.999999, b"99999999u"),
        (100.0, b"100000m"),
        (3600.0, b"3600000m"),
        (99_999.9991, b"100000S"),
        (1e8, b"1666667M"),
        (1e10, b"2777778H"),
        (1e30, b"99999999H"),
        (float("inf"), b"99999999H"),
    ],
)
def test_a_timeout_is_written_in_its_finest_unit(seconds, text):
    """A timeout is written in at most eight digits and the finest unit that has room, rounded up."""
    assert format_timeout(seconds) == text


def test_an_infinite_timeout_is_the_longest_there_is():
    """A call whose timeout has no end is sent with the longest there is."""
    block = encoder().encode(PATH, METADATA, float("inf"))

    assert dict(hpack.Decoder().decode(block))["grpc-timeout"] == "99999999H"


@given(st.floats(1e-6, 1e11))
def test_a_written_timeout_is_never_shorter(seconds):
    """The server is never told less than the caller allows."""
    text = format_timeout(seconds)
    unit = {b"u": 1e-6, b"m": 1e-3, b"S": 1, b"M": 60, b"H": 3600}[text[-1:]]

    assert len(text) <= 9
    assert int(text[:-1]) * unit >= seconds * (1 - 1e-9)


@given(st.binary(min_size=1, max_size=400).map(lambda b: b.hex().encode()), st.binary(max_size=20_000))
def test_a_literal_of_any_length_changes_no_table(name, value):
    """Literals of any length are read as they were meant, and change no table."""
    reader = hpack.Decoder(1 << 20)

    assert [tuple(field) for field in reader.decode(literal(name, value), raw=True)] == [(name, value)]
    assert len(reader.header_table.dynamic_entries) == 0


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (("key", "value"), (b"key", b"value")),
        (("key", "with spaces, and ~"), (b"key", b"with spaces, and ~")),
        (("key", ""), (b"key", b"")),
        (("a.b_c-9", "v"), (b"a.b_c-9", b"v")),
        (("key-bin", b"\xff\xfe\xfd\xfc"), (b"key-bin", b"//79/A")),
        (("key-bin", b""), (b"key-bin", b"")),
    ],
)
def test_metadata_are_text_or_base64(item, field):
    """Metadata are text in printable ASCII, or base64 where the key says that they are bytes."""
    assert encode_metadatum(item) == field


@pytest.mark.parametrize(
    "item",
    [
        ("Key", "value"),
        (":path", "/"),
        ("", "value"),
        ("a b", "value"),
        ("a\n", "value"),
        ("te", "trailers"),
        ("grpc-timeout", "1S"),
        ("grpc-other", "value"),
        ("user-agent", "value"),
        ("key", "new\nline"),
        ("key", "value\n"),
        ("key", " value"),
        ("key", "value "),
        ("key", "ümlaut"),
        ("key", b"bytes"),
        ("key-bin", "text"),
    ],
)
def test_invalid_metadata_raise_without_showing_the_value(item):
    """What gRPC does not allow is an error, in which a text value is never shown."""
    with pytest.raises(ValueError, match=r"^metadata ") as caught:
        encode_metadatum(item)
    assert "value" not in str(caught.value).replace("begins or ends", "")
