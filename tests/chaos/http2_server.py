"""A server's end of HTTP/2, with a step before and after everything that happens in a call: each may be the last."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Protocol

import hpack
from hyperframe import frame as hyperframe

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MAX_STREAM_ID = (1 << 31) - 1


class Step(Enum):
    """How far a call has come."""

    HEADERS = "its headers have come"
    UPLOAD = "a part of its request has come"
    REQUEST = "its request has come, and nothing was done yet"
    DONE = "it was acted on, or refused, and nothing was said yet"
    RESPONSE = "the response's headers were sent"
    HALF = "half of the response's message was sent"
    MESSAGE = "the response's message was sent"
    TRAILERS = "the response was sent"

    @property
    def is_acted_on(self) -> bool:
        return self not in (Step.HEADERS, Step.UPLOAD, Step.REQUEST)


class Refused(Exception):
    """What a service raises instead of answering."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Service(Protocol):
    """What is behind the wire."""

    async def answer(self, call: Call) -> bytes:
        """Act on a call. Cancelled when the client has left."""


#: Told of each step of each call; what it awaits holds the call up, and it may do to the connection what it likes.
Gremlin = Callable[[Step, "Call"], Awaitable[None]]


async def no_gremlin(step: Step, call: Call) -> None:
    """Leave calls alone."""


class Server:
    """Listens, and remembers its connections.

    Args:
        service: Answers.
        window: Bytes that a client may send on a stream before it is granted more.
        grant: Bytes that it is granted then, each time; as many as at first by default.
    """

    def __init__(self, service: Service, *, window: int = 65535, grant: int | None = None) -> None:
        self.service = service
        self.window = window
        self.granted = max(window, 1) if grant is None else grant
        self.gremlin: Gremlin = no_gremlin
        self.connections: list[Connection] = []
        self._listener: Any = None

    async def listen(self, host: str, port: int, **options: Any) -> None:
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Connection(self), host, port, **options)

    @property
    def port(self) -> int:
        """The port, on a real network."""
        return self._listener.sockets[0].getsockname()[1]

    @property
    def open_connections(self) -> list[Connection]:
        return [connection for connection in self.connections if not connection.is_lost]

    @property
    def calls(self) -> list[Call]:
        """All calls there ever were."""
        return [call for connection in self.connections for call in connection.calls.values()]

    def close(self) -> None:
        """Listen no more; connections stay."""
        if self._listener is not None:
            self._listener.close()

    def greet(self, connection: Connection) -> None:
        """Send the first frames of a connection."""
        settings = hyperframe.SettingsFrame(0, {hyperframe.SettingsFrame.INITIAL_WINDOW_SIZE: self.window})
        connection.say(settings, hyperframe.WindowUpdateFrame(0, 1 << 30))

    def say_goodbye(self) -> None:
        """Have every client look for another connection."""
        for connection in self.open_connections:
            connection.say_goodbye()

    def crash(self) -> None:
        """Be gone: no farewell on any connection."""
        self.close()
        for connection in self.open_connections:
            connection.reset()


class Call:
    """One stream."""

    def __init__(self, connection: Connection, stream_id: int, headers: dict[str, str]) -> None:
        self.connection = connection
        self.stream_id = stream_id
        self.headers = headers
        self.body = bytearray()
        self.is_complete = False
        self.steps: list[Step] = []
        self.more = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        #: The last byte of the response, counted from the connection's first.
        self.ends_at: int | None = None
        self.ended_at = math.inf
        self.came_at = asyncio.get_running_loop().time()
        #: When the client has reset it: what it still received does not count then.
        self.given_up_at: float | None = None

    def __repr__(self) -> str:
        return f"<Call {self.stream_id} {self.method} [{self.steps[-1].name if self.steps else 'new'}]>"

    @property
    def method(self) -> str:
        return self.headers[":path"].rpartition("/")[2]

    @property
    def request(self) -> bytes:
        return bytes(self.body[5:])

    @property
    def timeout(self) -> float:
        """The seconds that the client gives it."""
        text = self.headers["grpc-timeout"]
        return int(text[:-1]) * {"H": 3600, "M": 60, "S": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9}[text[-1]]

    @property
    def is_over(self) -> bool:
        return self.task is None or self.task.done()

    @property
    def is_delivered(self) -> bool:
        """Whether the client has received all of the response in time; known on a simulated network only."""
        arrived = self.connection.transport.peer.received
        return self.ends_at is not None and arrived >= self.ends_at and self.given_up_at is None

    def is_late(self, latency: float) -> bool:
        """Whether its response reaches the client, each way taking *latency* seconds, when that has given it up.

        The client says so; but what it says may be lost.
        """
        return self.ended_at + latency > self.came_at - latency + self.timeout

    @property
    def is_given_up_early(self) -> bool:
        """Whether the client has reset it before its time was over."""
        # The deadline was written in whole microseconds.
        return self.given_up_at is not None and self.given_up_at < self.came_at + self.timeout - 1e-5

    async def serve(self) -> None:
        """Go all the way, step by step."""
        try:
            await self.reach(Step.HEADERS)
            await self.upload()
            await self.reach(Step.REQUEST)
            try:
                answer = await self.connection.server.service.answer(self)
            except Refused as refused:
                await self.refuse(refused)
            else:
                await self.respond(answer)
        finally:
            self.connection.close_if_drained(after=self)

    async def upload(self) -> None:
        while not self.is_complete:
            if self.body:
                await self.reach(Step.UPLOAD)
                self.connection.grant(self)
            await self.more.wait()
            self.more.clear()

    async def respond(self, answer: bytes) -> None:
        say, message = self.connection.say, struct.pack(">BI", 0, len(answer)) + answer
        middle = len(message) // 2
        await self.reach(Step.DONE)
        say(self._headers(":status", "200", "content-type", "application/grpc"))
        await self.reach(Step.RESPONSE)
        say(*_data(self.stream_id, message[:middle]))
        await self.reach(Step.HALF)
        say(*_data(self.stream_id, message[middle:]))
        await self.reach(Step.MESSAGE)
        say(self._headers("grpc-status", "0", ends=True))
        self.ends_at = self.connection.transport_written
        self.ended_at = asyncio.get_running_loop().time()
        await self.reach(Step.TRAILERS)

    async def refuse(self, refused: Refused) -> None:
        await self.reach(Step.DONE)
        fields = (":status", "200", "content-type", "application/grpc")
        status = ("grpc-status", str(refused.status), "grpc-message", str(refused))
        self.connection.say(self._headers(*fields, *status, ends=True))
        self.ends_at = self.connection.transport_written

    async def reach(self, step: Step) -> None:
        assert self.task is not None
        self.steps.append(step)
        await self.connection.server.gremlin(step, self)
        if self.task.cancelling() or self.connection.transport.is_closing():
            raise asyncio.CancelledError

    def _headers(self, *fields: str, ends: bool = False) -> hyperframe.Frame:
        block = self.connection.encoder.encode(list(zip(fields[::2], fields[1::2], strict=True)))
        flags = ["END_HEADERS", "END_STREAM"] if ends else ["END_HEADERS"]
        return hyperframe.HeadersFrame(self.stream_id, block, flags=flags)


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.transport: Any = None
        self.buffer = b""
        self.decoder = hpack.Decoder()
        self.encoder = hpack.Encoder()
        self.calls: dict[int, Call] = {}
        self.is_lost = False
        self.pings = 0
        self.transport_written = 0
        #: After GOAWAY: what comes on a stream above is not even looked at.
        self.last_id = MAX_STREAM_ID
        self._is_saying_goodbye = False

    def __repr__(self) -> str:
        return f"<Connection [{'lost' if self.is_lost else 'open'}, {len(self.calls)} calls]>"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.server.connections.append(self)
        self.server.greet(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        for call in self.calls.values():
            if call.task is not None:
                call.task.cancel()

    # Bytes in

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.buffer.startswith(b"PRI"):
            if len(self.buffer) < len(PREFACE):
                return
            self.buffer = self.buffer.removeprefix(PREFACE)
        while len(self.buffer) >= 9:
            frame, size = hyperframe.Frame.parse_frame_header(memoryview(self.buffer[:9]))
            if len(self.buffer) < 9 + size:
                return
            frame.parse_body(memoryview(self.buffer[9 : 9 + size]))
            self.buffer = self.buffer[9 + size :]
            self.hear(frame)

    def hear(self, frame: hyperframe.Frame) -> None:
        match frame:
            case hyperframe.HeadersFrame():
                assert "END_HEADERS" in frame.flags
                self._on_headers(frame)
            case hyperframe.DataFrame():
                self._on_data(frame)
            case hyperframe.RstStreamFrame():
                self._on_reset(frame)
            case hyperframe.PingFrame():
                self._on_ping(frame)
            case hyperframe.SettingsFrame() if "ACK" not in frame.flags:
                self.say(hyperframe.SettingsFrame(flags=["ACK"]))

    def _on_headers(self, frame: hyperframe.HeadersFrame) -> None:
        # Also of a stream that is ignored: the block may change the table.
        headers = dict(self.decoder.decode(frame.data))
        if frame.stream_id > self.last_id:
            return
        call = self.calls[frame.stream_id] = Call(self, frame.stream_id, headers)
        call.task = asyncio.get_running_loop().create_task(call.serve())

    def _on_data(self, frame: hyperframe.DataFrame) -> None:
        call = self.calls.get(frame.stream_id)
        if call is None or call.is_over:
            return
        call.body += frame.data
        call.is_complete = "END_STREAM" in frame.flags
        call.more.set()

    def _on_reset(self, frame: hyperframe.RstStreamFrame) -> None:
        if frame.stream_id in self.calls:
            self.calls[frame.stream_id].given_up_at = asyncio.get_running_loop().time()
        self.drop(frame.stream_id)

    def _on_ping(self, frame: hyperframe.PingFrame) -> None:
        if "ACK" not in frame.flags:
            self.pings += 1
            self.say(hyperframe.PingFrame(0, frame.opaque_data, flags=["ACK"]))
        elif frame.opaque_data == b"goodbye!":
            self.go_away()

    # What may be done to it

    def say(self, *frames: hyperframe.Frame) -> None:
        """Write frames at once."""
        data = b"".join(frame.serialize() for frame in frames)
        if not self.is_lost and not self.transport.is_closing():
            self.transport_written += len(data)
            self.transport.write(data)

    def grant(self, call: Call) -> None:
        """Let the client send more of a request."""
        self.say(hyperframe.WindowUpdateFrame(call.stream_id, self.server.granted))

    @property
    def highest_id(self) -> int:
        """The highest stream that was begun here."""
        return max(self.calls, default=0)

    def say_goodbye(self) -> None:
        """Go away as RFC 9113 §6.8 advises: announce it, and name the last stream a round trip later."""
        self._goaway(MAX_STREAM_ID)
        self.say(hyperframe.PingFrame(0, b"goodbye!"))

    def go_away(self, last_id: int | None = None) -> None:
        """Take no stream above *last_id* (default: those begun), answer the others, then close."""
        self.last_id = self.highest_id if last_id is None else last_id
        self._is_saying_goodbye = True
        self._goaway(self.last_id)
        for stream_id in self.calls:
            if stream_id > self.last_id:
                self.drop(stream_id)
        self.close_if_drained()

    def _goaway(self, last_id: int) -> None:
        self.say(hyperframe.GoAwayFrame(0, last_id, additional_data=b"max_age"))

    def close_if_drained(self, after: Call | None = None) -> None:
        if self._is_saying_goodbye and all(call.is_over or call is after for call in self.calls.values()):
            self.transport.close()

    def reset_stream(self, stream_id: int, code: int) -> None:
        """End one stream."""
        self.say(hyperframe.RstStreamFrame(stream_id, code))
        self.drop(stream_id)

    def drop(self, stream_id: int) -> None:
        """Have nothing to do with a stream any more."""
        call = self.calls.get(stream_id)
        if call is not None and call.task is not None:
            call.task.cancel()

    def hang_up(self) -> None:
        """Close; what was written still arrives."""
        self.transport.close()

    def reset(self) -> None:
        """Reset the connection; what was written may not arrive."""
        self.transport.abort()


def _data(stream_id: int, message: bytes) -> list[hyperframe.Frame]:
    size = 16_384
    return [hyperframe.DataFrame(stream_id, message[at : at + size]) for at in range(0, len(message), size)]
