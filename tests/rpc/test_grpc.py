from __future__ import annotations

import gzip
import random

import pytest

from asyncworker._rpc.http2 import _grpc as grpc
from asyncworker._rpc.http2._grpc import MessageError, Status
from asyncworker.exceptions import RPCStatusCode


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", ""),
        (b"plain", "plain"),
        (b"50%25 of %C3%84", "50% of Ä"),
        (b"100% %zz %4", "100% %zz %4"),
        (b"%E2%98", "\ufffd"),
        ("ä".encode(), "ä"),
    ],
)
def test_percent_encoding_is_undone_where_well_formed(value, text):
    """Percent-encoding is undone where there is some, and left alone where it is damaged."""
    assert grpc.decode_message(value) == text


@pytest.mark.parametrize(
    ("value", "content"), [(None, None), (b"", b""), (b"AAE", b"\0\1"), (b"AAE=", b"\0\1"), (b"!", None), (b"A", None)]
)
def test_a_binary_header_is_base64_with_or_without_padding(value, content):
    """Binary headers are base64 with or without padding; damage is no error of its own."""
    assert grpc.decode_binary(value) == content


@pytest.mark.parametrize(
    "content_type", [b"application/grpc", b"application/grpc+proto", b"application/grpc;charset=x"]
)
def test_a_grpc_content_type_may_have_a_suffix(content_type):
    """The content-type may have a suffix."""
    assert grpc.check_response({b":status": b"200", b"content-type": content_type}) is None


@pytest.mark.parametrize(
    ("http_status", "code"),
    [
        (b"400", RPCStatusCode.INTERNAL),
        (b"401", RPCStatusCode.UNAUTHENTICATED),
        (b"403", RPCStatusCode.PERMISSION_DENIED),
        (b"404", RPCStatusCode.UNIMPLEMENTED),
        (b"418", RPCStatusCode.UNKNOWN),
        (b"429", RPCStatusCode.UNAVAILABLE),
        (b"500", RPCStatusCode.UNKNOWN),
        (b"502", RPCStatusCode.UNAVAILABLE),
        (b"503", RPCStatusCode.UNAVAILABLE),
        (b"504", RPCStatusCode.UNAVAILABLE),
    ],
)
def test_an_http_status_has_its_grpc_status(http_status, code):
    """A response that is not gRPC's has the status that gRPC gives its HTTP status."""
    status = grpc.check_response({b":status": http_status, b"content-type": b"application/grpc"})

    assert status is not None
    assert status.code is code


def test_status_message_and_details_are_read_from_trailers():
    """Status, message and details are read from the trailers."""
    trailers = {b"grpc-status": b"5", b"grpc-message": b"none%21", b"grpc-status-details-bin": b"AAE"}

    assert grpc.read_status(trailers) == Status(RPCStatusCode.NOT_FOUND, "none!", b"\0\1")
    assert grpc.read_status({b"grpc-status": b"0"}) == grpc.OK
    assert grpc.read_status({}) is None


def test_a_request_is_compressed_where_that_is_shorter():
    """Requests are compressed where that makes them shorter."""
    large, noise = b"x" * 5000, random.Random(1).randbytes(2000)

    assert gzip.decompress(grpc.compress(large)) == large
    assert grpc.compress(b"x" * 100) is None
    assert grpc.compress(noise) is None


def test_decompress_within_the_limit():
    """A message of exactly the limit is inflated; of one byte more it is not, however small it was compressed."""
    assert grpc.decompress(gzip.compress(b"x" * 1000), b"gzip", 1000) == b"x" * 1000
    with pytest.raises(MessageError, match="larger than max 1000"):
        grpc.decompress(gzip.compress(b"x" * 1001), b"gzip", 1000)
    with pytest.raises(MessageError, match="larger than max 1000"):
        grpc.decompress(gzip.compress(bytes(50_000_000)), b"gzip", 1000)


def test_an_empty_message_may_be_compressed():
    """An empty message may be compressed; no bytes at all are no gzip."""
    assert grpc.unpack(gzip.compress(b""), 1, b"gzip", 1000) == b""
    with pytest.raises(MessageError, match="whole gzip member"):
        grpc.unpack(b"", 1, b"gzip", 1000)
