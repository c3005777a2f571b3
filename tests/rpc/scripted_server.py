"""A server on a real socket whose every frame is the test's."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager

import hpack
from http2_peer import OK_HEAD, OK_TRAILERS, Frame, message

from asyncworker._rpc._target import Target
from asyncworker._rpc.http2 import _frames as frames


class ServerConnection(asyncio.Protocol):
    def __init__(self, server):
        self.server = server
        self.buffer = b""
        self.encoder = hpack.Encoder()
        self.heard: list[Frame] = []
        self.requests: dict[int, bytes | bytearray] = {}
        self.is_lost = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.append(self)
        if self.server.greets:
            self.say(frames.settings(self.server.settings))

    def connection_lost(self, exc):
        self.is_lost = True

    def data_received(self, data):
        self.server.reads += 1
        data = bytes(self.buffer + data).removeprefix(frames.PREFACE)
        while len(data) >= 9 and len(data) >= (end := 9 + int.from_bytes(data[:3], "big")):
            size_and_kind, flags, stream_id = struct.unpack_from(">IBI", data)
            self.hear(Frame(size_and_kind & 0xFF, flags, stream_id, data[9:end]))
            data = data[end:]
        self.buffer = data

    def hear(self, frame):
        self.heard.append(frame)
        if frame.kind == frames.DATA:
            self.requests.setdefault(frame.stream_id, bytearray()).extend(frame.payload)
            if frame.flags & frames.END_STREAM:
                self.requests[frame.stream_id] = bytes(self.requests[frame.stream_id])
                self.server.on_request(self, frame.stream_id)
        elif frame.kind == frames.PING and not frame.flags and self.server.answers_pings:
            self.say(frames.frame(frames.PING, frames.ACK, 0, frame.payload))

    def count(self, kind):
        return sum(frame.kind == kind for frame in self.heard)

    def say(self, *data):
        if not self.is_lost:
            self.transport.write(b"".join(data))

    def head(self, stream_id) -> bytes:
        return frames.frame(frames.HEADERS, frames.END_HEADERS, stream_id, self.encoder.encode(OK_HEAD))

    def message(self, stream_id) -> bytes:
        return frames.frame(frames.DATA, 0, stream_id, message(self.requests[stream_id][5:]))

    def trailers(self, stream_id) -> bytes:
        return frames.frame(frames.HEADERS, 5, stream_id, self.encoder.encode(OK_TRAILERS))

    def answer(self, stream_id):
        self.say(self.head(stream_id), self.message(stream_id), self.trailers(stream_id))

    def goaway(self, last_id=frames.MAX_STREAM_ID, code=0, reason=b""):
        self.say(frames.frame(frames.GOAWAY, 0, 0, struct.pack(">II", last_id, code) + reason))

    def reset(self, stream_id, code):
        self.say(frames.rst_stream(stream_id, code))

    def hang_up(self):
        self.transport.abort()


class ScriptedServer:
    def __init__(self, on_request=ServerConnection.answer, *, settings=None, greets=True, answers_pings=True, port=0):
        self.on_request = on_request
        self.settings = settings or {}
        self.greets = greets
        self.answers_pings = answers_pings
        self.connections: list[ServerConnection] = []
        self.reads = 0
        self.port = port

    def target(self, **options) -> Target:
        return Target("127.0.0.1", self.port, **options)

    @asynccontextmanager
    async def listening(self, *, host="127.0.0.1", ssl=None):
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: ServerConnection(self), host, self.port, ssl=ssl)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    def hang_up(self):
        for connection in self.connections:
            connection.hang_up()
