"""Split what a server sends into whole frames, and refuse what cannot be one."""

from __future__ import annotations

from collections.abc import Iterator

from . import _frames as frames
from ._frames import ErrorCode, ProtocolViolation

# Twice the frames that the longest header list we accept needs.
_MAX_CONTINUATIONS = 128
_ANY = -1
_DECORATED = frames.PADDED | frames.PRIORITISED

# By type (RFC 9113 §6): does the frame belong to a stream, and how long is it? None where that is not fixed.
_SHAPES: tuple[tuple[bool | None, int | None], ...] = (
    (True, None),  # DATA
    (True, None),  # HEADERS
    # A PRIORITY of wrong size is an error of its stream alone, and means nothing to us.
    (True, None),
    (True, 4),  # RST_STREAM
    (False, None),  # SETTINGS
    (True, None),  # PUSH_PROMISE
    (False, 8),  # PING
    (False, None),  # GOAWAY
    (None, 4),  # WINDOW_UPDATE
    (True, None),  # CONTINUATION
)


class FrameReader:
    """Turn bytes in pieces of any size into frames, with header blocks in one piece."""

    __slots__ = ("_block", "_buffer", "_expected")

    def __init__(self) -> None:
        self._buffer = b""
        # The one type of frame that may come next.
        self._expected = frames.SETTINGS
        # A header block under way: the flags and stream of its HEADERS, and its pieces.
        self._block: tuple[int, int, list[bytes]] | None = None

    def read(self, data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        """Yield type, flags, stream id and payload of each frame that has come whole.

        HEADERS come with the whole block and without padding. DATA keep theirs: flow control counts it.

        Raises:
            ProtocolViolation: what follows cannot be read.
        """
        if self._buffer:
            data = self._buffer + data
        position, end = 0, len(data)
        unpack_head = frames.unpack_head
        while end - position >= frames.HEAD_SIZE:
            size, flags, stream_id = unpack_head(data, position)
            kind, size, stream_id = size & 0xFF, size >> 8, stream_id & frames.MAX_STREAM_ID
            if kind != self._expected != _ANY:
                raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, self._describe_unexpected(kind))
            if size > frames.DEFAULT_MAX_FRAME_SIZE:
                raise ProtocolViolation(ErrorCode.FRAME_SIZE_ERROR, f"frame of {size} bytes")
            start = position + frames.HEAD_SIZE
            if start + size > end:
                break
            position = start + size
            # Frames of an undefined type are to be ignored (§4.1).
            if kind <= frames.CONTINUATION:
                _check_shape(kind, stream_id, size)
                payload = data[start:position]
                if kind == frames.DATA:
                    yield kind, flags, stream_id, payload
                elif kind == frames.HEADERS and flags & frames.END_HEADERS:
                    yield kind, flags, stream_id, _strip(flags, payload) if flags & _DECORATED else payload
                else:
                    yield from self._read_rare(kind, flags, stream_id, payload)
        self._buffer = data[position:]

    def _read_rare(
        self, kind: int, flags: int, stream_id: int, payload: bytes
    ) -> tuple[()] | tuple[tuple[int, int, int, bytes]]:
        if kind == frames.HEADERS:
            self._block = (flags, stream_id, [_strip(flags, payload)])
            self._expected = frames.CONTINUATION
            return ()
        if kind == frames.CONTINUATION:
            return self._continue_block(flags, stream_id, payload)
        if kind == frames.SETTINGS and self._expected == frames.SETTINGS:
            if flags & frames.ACK:
                raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "SETTINGS with ACK before any other")
            self._expected = _ANY
        return ((kind, flags, stream_id, payload),)

    def _continue_block(
        self, flags: int, stream_id: int, payload: bytes
    ) -> tuple[()] | tuple[tuple[int, int, int, bytes]]:
        if self._block is None or self._block[1] != stream_id:
            raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "CONTINUATION of nothing")
        first_flags, _, pieces = self._block
        pieces.append(payload)
        if len(pieces) > _MAX_CONTINUATIONS:
            raise ProtocolViolation(ErrorCode.ENHANCE_YOUR_CALM, f"header block of over {_MAX_CONTINUATIONS} frames")
        if not flags & frames.END_HEADERS:
            return ()
        self._block = None
        self._expected = _ANY
        return ((frames.HEADERS, first_flags | frames.END_HEADERS, stream_id, b"".join(pieces)),)

    def _describe_unexpected(self, kind: int) -> str:
        if self._expected == frames.SETTINGS:
            return "the server does not speak HTTP/2: its first frame is not SETTINGS"
        return f"frame of type {kind} inside a header block"


def unpad(payload: bytes) -> bytes:
    """Remove the padding of a frame that is flagged PADDED.

    Raises:
        ProtocolViolation: it is longer than the frame.
    """
    padding = payload[0] if payload else 0
    if padding >= len(payload):
        raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "more padding than payload")
    return payload[1 : len(payload) - padding]


def _strip(flags: int, payload: bytes) -> bytes:
    if flags & frames.PADDED:
        payload = unpad(payload)
    if not flags & frames.PRIORITISED:
        return payload
    if len(payload) < 5:
        raise ProtocolViolation(ErrorCode.FRAME_SIZE_ERROR, "HEADERS too short for its priority")
    return payload[5:]


def _check_shape(kind: int, stream_id: int, size: int) -> None:
    needs_stream, fixed_size = _SHAPES[kind]
    if needs_stream is not None and needs_stream != (stream_id != 0):
        raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, f"frame of type {kind} on stream {stream_id}")
    if fixed_size is not None and size != fixed_size:
        raise ProtocolViolation(ErrorCode.FRAME_SIZE_ERROR, f"frame of type {kind} and {size} bytes")
