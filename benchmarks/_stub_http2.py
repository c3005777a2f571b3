"""The far end of an HTTP/2 connection, made for load: unary gRPC calls in, answers out, and little else.

It is as cheap as Python allows and as strict as a benchmark needs: it reads what well-behaved clients send, keeps the
connection's send window, and answers PING and SETTINGS. Two things make it cheap:

* A header block that changes nothing in the HPACK table means the same as long as nothing else does: such blocks are
  looked up by their bytes, and only new ones are decoded. A literal at a block's end, such as ``grpc-timeout``, does
  not change the table, so that the indexed fields before it are enough to find the path.
* Answers are three frames from one ``struct``, and all that a turn of the event loop has to say is one write.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections import deque
from typing import Protocol, cast

import hpack

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _WINDOW_UPDATE, _CONTINUATION = 0, 1, 3, 4, 6, 8, 9
_END_STREAM, _ACK, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_WINDOW = 16 << 20

# Length and type share a word, as do the frame's length and type on the wire.
_FRAME = struct.Struct(">IBI")
# HEADERS of two bytes, DATA, and the prefix of the gRPC message in it.
_ANSWER = struct.Struct(">IBI2sIBIBI")
_TRAILERS = struct.Struct(">IBI2s")

# ":status: 200" of the static table, and the first three entries of the dynamic one, newest first.
_STATUS_OK, _MESSAGE, _OK, _GRPC = b"\x88", b"\xbe", b"\xbf", b"\xc0"


def _literal(name: bytes, value: bytes, *, is_indexed: bool) -> bytes:
    return (b"\x40" if is_indexed else b"\0") + bytes((len(name),)) + name + bytes((len(value),)) + value


# As grpc-go writes it: in the first answer as literals that enter the table, from then on as one byte each.
_FIRST_FIELDS = _STATUS_OK + _literal(b"content-type", b"application/grpc", is_indexed=True)
_FIRST_TRAILERS = _literal(b"grpc-status", b"0", is_indexed=True) + _literal(b"grpc-message", b"", is_indexed=True)


class Service(Protocol):
    """Answers calls, at once or later, through :meth:`Connection.answer`."""

    def call(self, connection: Connection, stream: int, path: bytes, request: bytes) -> None:
        """Take a call; *request* is the message without its prefix, decompressed."""


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._is_greeted = False
        self._has_answered = False
        self._decoder = hpack.Decoder()
        # Paths by the bytes of whole blocks, and by those of their indexed fields.
        self._blocks: dict[bytes, bytes] = {}
        self._heads: dict[bytes, bytes] = {}
        #: Calls that wait for the rest of their request, and those that wait for their answer.
        self._open: dict[int, tuple[bytes, bytearray]] = {}
        self._unanswered: set[int] = set()
        self._fragment: tuple[int, int, bytes] | None = None
        self._window = 65535
        self._received = 0
        self._blocked: deque[tuple[int, bytes]] = deque()
        self._out: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no common type.
        self._transport = cast(asyncio.Transport, transport)
        settings = struct.pack(">HIHI", 3, 1 << 20, 4, _WINDOW)
        self._send(_FRAME.pack(len(settings) << 8 | _SETTINGS, 0, 0) + settings)
        self._send(_FRAME.pack(4 << 8 | _WINDOW_UPDATE, 0, 0) + struct.pack(">I", _WINDOW - 65535))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._unanswered.clear()
        self._transport = None

    def is_waiting(self, stream: int) -> bool:
        """Whether the client still waits for this call's answer."""
        return stream in self._unanswered

    # Bytes in

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        at, end = 0, len(data)
        if not self._is_greeted:
            if end < len(_PREFACE):
                self._buffer = data
                return
            self._is_greeted = True
            at = len(_PREFACE)
        while end - at >= 9:
            word, flags, stream = _FRAME.unpack_from(data, at)
            after = at + 9 + (word >> 8)
            if after > end:
                break
            self._on_frame(word & 0xFF, flags, stream, data[at + 9 : after])
            at = after
        self._buffer = data[at:]

    def _on_frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _DATA:
            self._on_data(flags, stream, payload)
        elif kind == _HEADERS:
            payload = _unpad(flags, payload)
            if flags & _PRIORITY:
                payload = payload[5:]
            self._on_block(flags, stream, payload, flags)
        elif kind == _CONTINUATION:
            assert self._fragment is not None
            stream, first_flags, block = self._fragment
            self._on_block(flags, stream, block + payload, first_flags)
        elif kind == _RST_STREAM:
            self._open.pop(stream, None)
            self._unanswered.discard(stream)
        elif kind == _PING and not flags & _ACK:
            self._send(_FRAME.pack(8 << 8 | _PING, _ACK, 0) + payload)
        elif kind == _SETTINGS and not flags & _ACK:
            self._send(_FRAME.pack(_SETTINGS, _ACK, 0))
        elif kind == _WINDOW_UPDATE and stream == 0:
            self._window += int.from_bytes(payload, "big")
            self._send_blocked()

    def _on_block(self, flags: int, stream: int, block: bytes, first_flags: int) -> None:
        if not flags & _END_HEADERS:
            self._fragment = (stream, first_flags, block)
            return
        path = self._blocks.get(block) or self._path_of(block)
        if not first_flags & _END_STREAM:
            self._open[stream] = (path, bytearray())

    def _on_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > _WINDOW >> 1:
            self._send(_FRAME.pack(4 << 8 | _WINDOW_UPDATE, 0, 0) + struct.pack(">I", self._received))
            self._received = 0
        call = self._open.get(stream)
        if call is None:
            return
        path, body = call
        body += _unpad(flags, payload)
        if flags & _END_STREAM:
            del self._open[stream]
            self._unanswered.add(stream)
            message = bytes(body[5:])
            self._service.call(self, stream, path, zlib.decompress(message, 31) if body[0] else message)

    # Header blocks

    def _path_of(self, block: bytes) -> bytes:
        """Find the path in a block that was not seen before."""
        head, changes_table = _survey(block)
        if changes_table:
            self._blocks.clear()
            self._heads.clear()
        elif (path := self._heads.get(head)) is not None:
            return path
        path = dict(self._decoder.decode(block, raw=True))[b":path"]
        if not changes_table:
            # An encoder that writes something new in each block would fill the memory.
            if len(self._blocks) < 4096:
                self._blocks[block] = path
            if len(head) > 1 and _has_path(self._decoder, head):
                self._heads[head] = path
        return path

    # Bytes out

    def answer(self, stream: int, message: bytes) -> None:
        """Send *message* as a call's response; nothing happens if the client has given it up."""
        if stream not in self._unanswered:
            return
        self._unanswered.discard(stream)
        size = len(message) + 5
        if self._window < size or self._blocked:
            self._blocked.append((stream, message))
            return
        self._window -= size
        if self._has_answered:
            fields, trailers = _STATUS_OK + _GRPC, _OK + _MESSAGE
            head = _ANSWER.pack(2 << 8 | _HEADERS, _END_HEADERS, stream, fields, size << 8, 0, stream, 0, size - 5)
            end = _TRAILERS.pack(2 << 8 | _HEADERS, _END_HEADERS | _END_STREAM, stream, trailers)
            self._send(head + message + end)
        else:
            self._has_answered = True
            self._send(_FRAME.pack(len(_FIRST_FIELDS) << 8 | _HEADERS, _END_HEADERS, stream) + _FIRST_FIELDS)
            self._send(_FRAME.pack(size << 8, 0, stream) + struct.pack(">BI", 0, size - 5) + message)
            self._send(_FRAME.pack(len(_FIRST_TRAILERS) << 8 | _HEADERS, _END_HEADERS | _END_STREAM, stream))
            self._send(_FIRST_TRAILERS)

    def refuse(self, stream: int, status: int, message: bytes) -> None:
        """Send an error as a call's response."""
        self._unanswered.discard(stream)
        fields = (
            _STATUS_OK
            + _literal(b"content-type", b"application/grpc", is_indexed=False)
            + _literal(b"grpc-status", b"%d" % status, is_indexed=False)
            + _literal(b"grpc-message", message[:100], is_indexed=False)
        )
        self._send(_FRAME.pack(len(fields) << 8 | _HEADERS, _END_HEADERS | _END_STREAM, stream) + fields)

    def _send_blocked(self) -> None:
        waiting, self._blocked = self._blocked, deque()
        for stream, message in waiting:
            self._unanswered.add(stream)
            self.answer(stream, message)

    def _send(self, data: bytes) -> None:
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(data)

    def _flush(self) -> None:
        data = b"".join(self._out)
        self._out.clear()
        if self._transport is not None:
            self._transport.write(data)


def _unpad(flags: int, payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]] if flags & _PADDED else payload


def _survey(block: bytes) -> tuple[bytes, bool]:
    """Return the indexed fields that *block* begins with, and whether anything in it changes the table (RFC 7541)."""
    at, end = 0, len(block)
    while at < end and 0x80 < block[at] < 0xFF:
        at += 1
    head = block[:at]
    while at < end:
        first = block[at]
        if first & 0x80:
            _, at = _integer(block, at, 7)
        elif first & 0x60:
            return head, True
        else:
            name, at = _integer(block, at, 4)
            for _ in range(1 if name else 2):
                size, at = _integer(block, at, 7)
                at += size
    return head, False


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    mask = (1 << bits) - 1
    value = block[at] & mask
    at += 1
    if value == mask:
        shift = 0
        while True:
            value += (block[at] & 0x7F) << shift
            shift += 7
            at += 1
            if not block[at - 1] & 0x80:
                break
    return value, at


def _has_path(decoder: hpack.Decoder, head: bytes) -> bool:
    return b":path" in dict(decoder.decode(head, raw=True))
