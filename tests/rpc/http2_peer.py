"""A scripted far end for the sans-I/O connection: says frames, and reads what the connection says."""

from __future__ import annotations

import struct
from typing import NamedTuple

import hpack

from asyncworker._rpc.http2 import _frames as frames
from asyncworker._rpc.http2._call import Call
from asyncworker._rpc.http2._protocol import Http2Connection

PATH = "/test.Service/Method"
OK_HEAD = [(b":status", b"200"), (b"content-type", b"application/grpc")]
OK_TRAILERS = [(b"grpc-status", b"0"), (b"grpc-message", b"")]


class Frame(NamedTuple):
    kind: int
    flags: int
    stream_id: int
    payload: bytes


def message(content: bytes, *, is_compressed: bool = False) -> bytes:
    return struct.pack(">BI", is_compressed, len(content)) + content


def parse(data: bytes) -> list[Frame]:
    data = data.removeprefix(frames.PREFACE)
    found = []
    while data:
        size, flags, stream_id = struct.unpack_from(">IBI", data)
        end = 9 + (size >> 8)
        found.append(Frame(size & 0xFF, flags, stream_id, data[9:end]))
        assert len(data) >= end
        data = data[end:]
    return found


class Peer:
    def __init__(self, *, greets=True, settings=None, **options):
        self.connection = Http2Connection("test:7233", **options)
        self.encoder = hpack.Encoder()
        self.decoder = hpack.Decoder()
        if greets:
            self.say(frames.settings(settings or {}))
            self.heard()

    def say(self, *spoken: bytes, now=0.0):
        return self.connection.receive_data(b"".join(spoken), now)

    def heard(self) -> list[Frame]:
        return parse(self.connection.data_to_send())

    def call(self, request=b"request", *, timeout=None, metadata=(), waiter="waiter") -> Call:
        call = Call(PATH, request, timeout, metadata, waiter)
        self.connection.start(call)
        return call

    def headers(self, stream_id, fields, *, ends=False) -> bytes:
        flags = frames.END_HEADERS | (frames.END_STREAM if ends else 0)
        return frames.frame(frames.HEADERS, flags, stream_id, self.encoder.encode(fields))

    def data(self, stream_id, payload, *, ends=False) -> bytes:
        return frames.frame(frames.DATA, frames.END_STREAM if ends else 0, stream_id, payload)

    def response(self, stream_id, content=b"response", *, head=OK_HEAD, trailers=OK_TRAILERS) -> bytes:
        return (
            self.headers(stream_id, head)
            + self.data(stream_id, message(content))
            + self.headers(stream_id, trailers, ends=True)
        )

    def goaway(self, last_id=frames.MAX_STREAM_ID, code=0, reason=b"") -> bytes:
        return frames.frame(frames.GOAWAY, 0, 0, struct.pack(">II", last_id, code) + reason)

    def decoded(self, frame: Frame) -> list[tuple[bytes, bytes]]:
        return [tuple(field) for field in self.decoder.decode(frame.payload, raw=True)]
