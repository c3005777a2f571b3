"""gRPC on HTTP/2: statuses, messages, compression."""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from typing import NamedTuple

from ...exceptions import RPCStatusCode
from ._frames import ErrorCode, error_name

#: Compressed or not (one byte), length (four).
_prefix = struct.Struct(">BI")
PREFIX_SIZE = _prefix.size
# Under this gzip makes a request longer, or saves nothing worth the time.
_MIN_COMPRESSED = 1024

_STATUS_CODES = {b"%d" % code: code for code in RPCStatusCode}
# https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
_STATUS_OF_HTTP = {
    b"400": RPCStatusCode.INTERNAL,
    b"401": RPCStatusCode.UNAUTHENTICATED,
    b"403": RPCStatusCode.PERMISSION_DENIED,
    b"404": RPCStatusCode.UNIMPLEMENTED,
    b"429": RPCStatusCode.UNAVAILABLE,
    b"502": RPCStatusCode.UNAVAILABLE,
    b"503": RPCStatusCode.UNAVAILABLE,
    b"504": RPCStatusCode.UNAVAILABLE,
}
# https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
_STATUS_OF_RESET = {
    ErrorCode.REFUSED_STREAM: RPCStatusCode.UNAVAILABLE,
    ErrorCode.CANCEL: RPCStatusCode.CANCELLED,
    ErrorCode.ENHANCE_YOUR_CALM: RPCStatusCode.RESOURCE_EXHAUSTED,
    ErrorCode.INADEQUATE_SECURITY: RPCStatusCode.PERMISSION_DENIED,
}


class Status(NamedTuple):
    """How a call ended; *details* are the bytes of ``grpc-status-details-bin``."""

    code: RPCStatusCode
    message: str
    details: bytes | None = None


OK = Status(RPCStatusCode.OK, "")


class MessageError(Exception):
    """A response that was received, but cannot be used."""

    def __init__(self, code: RPCStatusCode, message: str) -> None:
        super().__init__(message)
        self.status = Status(code, message)


def check_response(fields: dict[bytes, bytes]) -> Status | None:
    """Check the headers that begin a response; ``None`` if they are gRPC's, else the error they mean."""
    http_status = fields.get(b":status", b"")
    content_type = fields.get(b"content-type", b"")
    is_grpc = content_type.startswith(b"application/grpc") and content_type[16:17] in (b"", b"+", b";")
    if is_grpc and http_status == b"200":
        return None
    code = _STATUS_OF_HTTP.get(http_status, RPCStatusCode.UNKNOWN)
    return Status(code, f"no gRPC response: HTTP status {_text(http_status)}, content-type {_text(content_type)!r}")


def read_status(fields: dict[bytes, bytes]) -> Status | None:
    """Read the status of a call from its trailers; ``None`` if they have none."""
    number = fields.get(b"grpc-status")
    if number == b"0":
        return OK
    if number is None:
        return None
    message = decode_message(fields.get(b"grpc-message", b""))
    details = decode_binary(fields.get(b"grpc-status-details-bin"))
    code = _STATUS_CODES.get(number)
    if code is None:
        return Status(RPCStatusCode.UNKNOWN, f"unknown grpc-status {_text(number)}: {message}", details)
    return Status(code, message, details)


def status_of_reset(code: int) -> Status:
    """Translate the error code of a stream that the server reset."""
    status = RPCStatusCode.INTERNAL
    if code in _STATUS_OF_RESET:
        status = _STATUS_OF_RESET[ErrorCode(code)]
    return Status(status, f"stream reset by the server: {error_name(code)}")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")


def decode_message(value: bytes) -> str:
    """Undo the percent-encoding of ``grpc-message``; what is not well-formed is kept as it is, as gRPC asks."""
    if b"%" in value:
        value = _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), value)
    return _text(value)


def decode_binary(value: bytes | None) -> bytes | None:
    """Decode a ``-bin`` header, padded or not; ``None`` for one that is no base64: the status matters more."""
    if value is None:
        return None
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return None


def compress(request: bytes) -> bytes | None:
    """Gzip a request; ``None`` if it is better sent as it is."""
    if len(request) < _MIN_COMPRESSED:
        return None
    # Imported here, as few use it and it takes 1 ms.
    import gzip

    compressed = gzip.compress(request, compresslevel=1, mtime=0)
    return compressed if len(compressed) < len(request) else None


def read_prefix(data: bytes) -> tuple[int, int]:
    """Read whether a message is compressed, and its length."""
    prefix: tuple[int, int] = _prefix.unpack_from(data)
    return prefix


def write_prefix(is_compressed: bool, size: int) -> bytes:
    """Write what precedes a message of *size* bytes."""
    return _prefix.pack(is_compressed, size)


def too_large(size: int, limit: int) -> Status:
    """Refuse a message by its prefix, before it has come whole."""
    # grpc-go's words: `RPCError.is_message_too_large` knows them.
    return Status(RPCStatusCode.RESOURCE_EXHAUSTED, f"grpc: received message larger than max ({size} vs. {limit})")


def unpack(data: bytes | bytearray, is_compressed: int, encoding: bytes, limit: int) -> bytes:
    """Return a whole message, decompressed.

    Raises:
        MessageError: it is compressed in a way that was not announced, damaged, or too large.
    """
    if not is_compressed:
        return bytes(data)
    return decompress(data, encoding, limit)


def decompress(data: bytes | bytearray, encoding: bytes, limit: int) -> bytes:
    """Undo the compression of a message, never making more than *limit* bytes of it.

    Raises:
        MessageError: the encoding is none we offered, the data are damaged, or too large.
    """
    if encoding != b"gzip":
        name = _text(encoding) or "none named"
        raise MessageError(RPCStatusCode.INTERNAL, f"response is compressed in an unsupported encoding ({name})")
    member = zlib.decompressobj(wbits=31)
    try:
        message = member.decompress(data, limit + 1)
    except zlib.error as error:
        raise MessageError(RPCStatusCode.INTERNAL, f"compressed response is damaged: {error}") from error
    if len(message) > limit:
        raise MessageError(
            RPCStatusCode.RESOURCE_EXHAUSTED, f"grpc: received message after decompression larger than max {limit}"
        )
    if not member.eof or member.unused_data:
        raise MessageError(RPCStatusCode.INTERNAL, "compressed response is not one whole gzip member")
    return message
