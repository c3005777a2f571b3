"""HTTP/2 frames as bytes: the numbers of RFC 9113 and the frames a client writes."""

from __future__ import annotations

import struct
from enum import IntEnum

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_SIZE = 9
#: What either side may send before the other allows more (§6.5.2); we never allow more.
DEFAULT_MAX_FRAME_SIZE = 16_384
DEFAULT_WINDOW = 65_535
MAX_WINDOW = 2**31 - 1
MAX_STREAM_ID = 2**31 - 1

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)

END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITISED = 0x20


class Setting(IntEnum):
    """Settings that mean something to a client (§6.5.2)."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6


class ErrorCode(IntEnum):
    """Why a stream or a connection ends (§7)."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


class ProtocolViolation(Exception):
    """The peer broke a rule that ends the connection (§5.4.1)."""

    def __init__(self, code: ErrorCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def error_name(code: int) -> str:
    """Return the name of an error code, or its number where it is not defined."""
    try:
        return ErrorCode(code).name
    except ValueError:
        return f"error {code:#x}"


# The 24 bits of the length and the 8 of the type are read and written as one number.
_head = struct.Struct(">IBI")
unpack_head = _head.unpack_from
# The head of a DATA frame together with gRPC's message prefix: compressed or not, length.
_message_head = struct.Struct(">IBIBI")
_word = struct.Struct(">I")
_setting = struct.Struct(">HI")


def frame_head(kind: int, flags: int, stream_id: int, size: int) -> bytes:
    """Head of a frame that has *size* bytes of payload."""
    return _head.pack(size << 8 | kind, flags, stream_id)


def frame(kind: int, flags: int, stream_id: int, payload: bytes) -> bytes:
    """Write a whole frame."""
    return _head.pack(len(payload) << 8 | kind, flags, stream_id) + payload


def message_head(stream_id: int, is_compressed: bool, size: int) -> bytes:
    """Head of the one DATA frame that carries a whole request and ends the stream, with the request's prefix."""
    return _message_head.pack((size + 5) << 8, END_STREAM, stream_id, is_compressed, size)


def settings(values: dict[Setting, int]) -> bytes:
    """Write a SETTINGS frame."""
    return frame(SETTINGS, 0, 0, b"".join(_setting.pack(name, value) for name, value in values.items()))


def window_update(stream_id: int, increment: int) -> bytes:
    """Allow the peer to send *increment* more bytes on a stream, or on the connection (0)."""
    return _head.pack(4 << 8 | WINDOW_UPDATE, 0, stream_id) + _word.pack(increment)


def rst_stream(stream_id: int, code: ErrorCode) -> bytes:
    """End a stream at once."""
    return _head.pack(4 << 8 | RST_STREAM, 0, stream_id) + _word.pack(code)


def goaway(code: ErrorCode, reason: str = "") -> bytes:
    """End the connection. The last stream is 0: a server opens none while push is disabled."""
    return frame(GOAWAY, 0, 0, _word.pack(0) + _word.pack(code) + reason.encode())


def read_settings(payload: bytes) -> list[tuple[int, int]]:
    """Read the entries of a SETTINGS frame, in order: the last value of a name counts."""
    return list(_setting.iter_unpack(payload))


def read_word(payload: bytes) -> int:
    """Read the 32 bits that begin *payload*."""
    word: int = _word.unpack_from(payload)[0]
    return word
