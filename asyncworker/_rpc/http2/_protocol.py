"""One client connection of unary gRPC over HTTP/2, without I/O: bytes in, events out; calls in, bytes out.

The package's docstring has the theory. What the peer sends can lead to events or to the end of the connection, never to
an exception. Time enters as an argument, and only to be kept for keep-alive; deadlines belong to the transport.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from ...exceptions import RPCStatusCode
from . import _frames as frames, _grpc as grpc
from ._call import WINDOW, Call, Closed, Event, Failure, GoingAway, Ready, Response
from ._frame_reader import FrameReader, unpad
from ._frames import ErrorCode, ProtocolViolation, Setting
from ._grpc import MessageError, Status
from ._headers import HeaderDecoder, HeaderDecodingError, HeaderEncoder
from ._inbound_flow import InboundFlow, StreamError, malformed
from ._outbound_flow import OutboundFlow

# Far more than a gRPC server sends. Fields take time to decode, and need a byte each on the wire.
MAX_HEADER_LIST_SIZE = 1 << 16
# Interim responses (1xx) of one stream, and the size of one's list of headers.
_MAX_INTERIM = 8
_MAX_INTERIM_SIZE = 4096
# Bytes of headers accepted for a stream that was reset here, and at first for streams that the server has ended.
_STRAY_HEADERS_PER_RESET = 8192
_STRAY_HEADERS = 1 << 16
_UNLIMITED = 1 << 31
_ONE = ord("1")


class Http2Connection:
    """The client's end of one connection."""

    __slots__ = (
        "_calls",
        "_decoder",
        "_encoder",
        "_events",
        "_inbound",
        "_is_compressing",
        "_is_ready",
        "_max_streams",
        "_next_id",
        "_outbound",
        "_queue",
        "_reader",
        "_stray_headers_left",
        "accepts_calls",
        "is_closed",
        "received_at",
    )

    def __init__(
        self,
        authority: str,
        *,
        scheme: str = "http",
        user_agent: str = "asyncworker",
        is_compressing: bool = False,
        max_message: int = 16 << 20,
        max_buffered: int = 256 << 20,
    ) -> None:
        self._reader = FrameReader()
        self._decoder = HeaderDecoder(MAX_HEADER_LIST_SIZE)
        self._encoder = HeaderEncoder(authority, scheme, user_agent, is_compressing=is_compressing)
        self._outbound = OutboundFlow()
        self._inbound = InboundFlow(self._outbound, max_message=max_message, max_held=max_buffered)
        self._is_compressing = is_compressing

        #: Whether `start` may be called.
        self.accepts_calls = True
        self.is_closed = False
        #: When bytes were last received, on the clock of `receive_data`.
        self.received_at = 0.0

        self._calls: dict[int, Call] = {}
        self._queue: deque[Call] = deque()
        self._next_id = 1
        # Bytes of headers that are still accepted for streams that are over.
        self._stray_headers_left = _STRAY_HEADERS
        self._is_ready = False
        self._max_streams = _UNLIMITED
        self._events: list[Event] = []

        ours = {
            Setting.ENABLE_PUSH: 0,
            Setting.INITIAL_WINDOW_SIZE: WINDOW,
            Setting.MAX_HEADER_LIST_SIZE: MAX_HEADER_LIST_SIZE,
        }
        self._outbound.add(frames.PREFACE + frames.settings(ours))
        self._outbound.add(frames.window_update(0, WINDOW - frames.DEFAULT_WINDOW))

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open" if self.accepts_calls else "going away"
        return f"<Http2Connection [{state}, {len(self._calls)} calls, {len(self._queue)} queued]>"

    @property
    def calls(self) -> int:
        """How many calls are open or queued."""
        return len(self._calls) + len(self._queue)

    @property
    def max_streams(self) -> int:
        """How many calls the server accepts at a time."""
        return self._max_streams

    @property
    def has_capacity(self) -> bool:
        """Whether a call would get a stream at once."""
        return self.accepts_calls and len(self._calls) < self._max_streams

    @property
    def has_data_to_send(self) -> bool:
        """Whether `data_to_send` would return anything."""
        return self._outbound.has_data

    # Calls in, bytes out

    def start(self, call: Call) -> None:
        """Send a call, or queue it while the server accepts no more streams.

        Raises:
            ValueError: its metadata cannot be sent; nothing was.
        """
        if not self.accepts_calls:
            raise RuntimeError(f"{self!r} accepts no calls")
        if len(self._calls) < self._max_streams:
            self._open(call)
        else:
            self._encoder.check(call.path, call.metadata)
            self._queue.append(call)

    def reset(self, call: Call, now: float = 0.0) -> list[Event]:
        """Cancel a call (RST_STREAM CANCEL); it will have no event. Nothing happens to one that is over.

        The events are of queued calls that cannot be sent although it is their turn now.
        """
        if self._calls.get(call.id) is call:
            self._remove(call)
            self._stray_headers_left += _STRAY_HEADERS_PER_RESET
            self._outbound.add(frames.rst_stream(call.id, ErrorCode.CANCEL))
            self._open_queued(now)
        elif call.id == 0 and call in self._queue:
            self._queue.remove(call)
        return self._pop_events()

    def ping(self) -> None:
        """Send a PING; its answer shows as `received_at`."""
        self._outbound.add(frames.frame(frames.PING, 0, 0, b"asyncwkr"))

    def close(self) -> None:
        """Send GOAWAY. Calls that are still open fail with the next `connection_lost`."""
        if not self.is_closed:
            self.accepts_calls = False
            self._outbound.add(frames.goaway(ErrorCode.NO_ERROR))

    def stop_accepting(self) -> None:
        """Take no new calls; those started go on."""
        self.accepts_calls = False

    def data_to_send(self) -> bytes:
        """Return the bytes to be written now, in order; empty if there are none."""
        return self._outbound.pop_data()

    def _open(self, call: Call) -> None:
        block = self._encoder.encode(call.path, call.metadata, call.timeout)
        call.id = stream_id = self._next_id
        self._next_id += 2
        if stream_id >= frames.MAX_STREAM_ID - 1:
            self.accepts_calls = False
            self._fail_queued(Status(RPCStatusCode.UNAVAILABLE, "no stream ids are left"))
        self._calls[stream_id] = call
        request = call.request
        if self._is_compressing and (compressed := grpc.compress(request)) is not None:
            self._outbound.send(call, block, compressed, True)
        else:
            self._outbound.send(call, block, request, False)

    def _open_queued(self, now: float) -> None:
        while self._queue and len(self._calls) < self._max_streams and not self.is_closed:
            call = self._queue.popleft()
            if call.deadline is not None:
                call.timeout = call.deadline - now
            try:
                self._open(call)
            except ValueError as error:
                # The server has lowered its limit since.
                status = Status(RPCStatusCode.INVALID_ARGUMENT, str(error))
                self._events.append(Failure(call, status, is_unprocessed=False))

    def _fail_queued(self, status: Status) -> None:
        self._events += [Failure(call, status, is_unprocessed=True) for call in self._queue]
        self._queue.clear()

    # Bytes in, events out

    def receive_data(self, data: bytes, now: float = 0.0) -> list[Event]:
        """Process bytes from the peer, in pieces of any size, and return the events they lead to."""
        if self.is_closed:
            return []
        self.received_at = now
        try:
            for kind, flags, stream_id, payload in self._reader.read(data):
                try:
                    _HANDLERS[kind](self, flags, stream_id, payload)
                except StreamError as error:
                    # Where the frame was the stream's last there is nothing left to reset.
                    is_over = kind <= frames.HEADERS and flags & frames.END_STREAM
                    self._fail(error.call, error.status, None if is_over else error.code)
        except ProtocolViolation as error:
            # Whole frames that were not handed out yet stay here, so that their calls are known not to have been sent.
            self._outbound.clear()
            self._outbound.add(frames.goaway(error.code, error.reason))
            self._close(f"{error.code.name}: {error.reason}")
        return self._pop_events()

    def connection_lost(self, reason: str) -> list[Event]:
        """Fail every call, as nothing can be read or written any more."""
        if not self.is_closed:
            self._outbound.clear()
            self._close(reason)
        return self._pop_events()

    def _pop_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _on_data(self, flags: int, stream_id: int, payload: bytes) -> None:
        size, is_last = len(payload), bool(flags & frames.END_STREAM)
        # Also of a call that is over: the connection's window knows no calls.
        self._inbound.count_data(size)
        if flags & frames.PADDED:
            payload = unpad(payload)
        call = self._calls.get(stream_id)
        if call is None:
            self._check_was_opened(stream_id)
            return
        self._inbound.receive(call, payload, size, is_last=is_last)
        if is_last:
            self._fail(call, Status(RPCStatusCode.UNKNOWN, "response ended without grpc-status"))

    def _on_headers(self, flags: int, stream_id: int, block: bytes) -> None:
        try:
            # Also for a call that is over: the block may change the table.
            fields, fault, size = self._decoder.decode(block)
        except HeaderDecodingError as error:
            code = ErrorCode.ENHANCE_YOUR_CALM if error.is_oversized else ErrorCode.COMPRESSION_ERROR
            raise ProtocolViolation(code, str(error)) from error
        call = self._calls.get(stream_id)
        if call is None:
            self._check_was_opened(stream_id)
            self._accept_stray_headers(size)
            return
        if fault is not None:
            raise malformed(call, fault)
        if call.has_response:
            self._on_trailers(call, flags, fields)
        else:
            self._on_response(call, flags, fields, size)

    def _accept_stray_headers(self, size: int) -> None:
        """Count headers of a stream that is over: decoding them costs time, which a peer might mean to waste."""
        self._stray_headers_left -= size
        if self._stray_headers_left < 0:
            raise ProtocolViolation(ErrorCode.ENHANCE_YOUR_CALM, "too many headers of streams that are over")

    def _on_response(self, call: Call, flags: int, fields: dict[bytes, bytes], size: int) -> None:
        http_status = fields.get(b":status")
        if http_status is None:
            raise malformed(call, "no :status")
        if flags & frames.END_STREAM:
            status = grpc.read_status(fields) or grpc.check_response(fields)
            self._finish(call, status or Status(RPCStatusCode.UNKNOWN, "response without grpc-status"))
        # An interim response (1xx) announces nothing about the one to come.
        elif http_status[0] != _ONE:
            refusal = grpc.check_response(fields)
            if refusal is not None:
                raise StreamError(call, ErrorCode.CANCEL, refusal)
            call.has_response = True
            call.encoding = fields.get(b"grpc-encoding", b"identity")
        else:
            call.interim += 1
            if call.interim > _MAX_INTERIM or size > _MAX_INTERIM_SIZE:
                raise malformed(call, "too many interim responses, or too large a one")

    def _on_trailers(self, call: Call, flags: int, fields: dict[bytes, bytes]) -> None:
        if not flags & frames.END_STREAM:
            raise malformed(call, "trailers that do not end the stream")
        if b":status" in fields:
            raise malformed(call, "second :status")
        status = grpc.read_status(fields)
        self._finish(call, status or Status(RPCStatusCode.UNKNOWN, "response without grpc-status"))

    def _finish(self, call: Call, status: Status) -> None:
        if status.code is not RPCStatusCode.OK:
            self._fail(call, status)
        else:
            try:
                message = self._inbound.build_message(call)
            except MessageError as error:
                self._fail(call, error.status)
                return
            if call.unsent is not None:
                self._outbound.add(frames.rst_stream(call.id, ErrorCode.NO_ERROR))
            self._remove(call)
            self._events.append(Response(call, message))
            if self._queue:
                self._open_queued(self.received_at)

    def _fail(self, call: Call, status: Status, code: ErrorCode | None = None) -> None:
        # A server that has sent its response needs no more of the request; *code* rejects what it still sends.
        if code is None and call.unsent is not None:
            code = ErrorCode.NO_ERROR
        if code is not None:
            self._stray_headers_left += _STRAY_HEADERS_PER_RESET
            self._outbound.add(frames.rst_stream(call.id, code))
        self._remove(call)
        self._events.append(Failure(call, status, is_unprocessed=False))
        self._open_queued(self.received_at)

    def _remove(self, call: Call) -> None:
        del self._calls[call.id]
        self._inbound.forget(call)
        self._outbound.forget(call)

    def _check_was_opened(self, stream_id: int) -> None:
        # Frames for a stream that is over may still be under way; one that never was is an error (§5.1).
        if stream_id == 0 or not stream_id & 1 or stream_id >= self._next_id:
            raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, f"frame for stream {stream_id}, which is not open")

    def _on_priority(self, _flags: int, _stream_id: int, _payload: bytes) -> None:
        """Ignore priorities: this client opens all streams itself."""

    def _on_rst_stream(self, _flags: int, stream_id: int, payload: bytes) -> None:
        call = self._calls.get(stream_id)
        if call is None:
            self._check_was_opened(stream_id)
            return
        code = frames.read_word(payload)
        self._remove(call)
        self._events.append(Failure(call, grpc.status_of_reset(code), is_unprocessed=code == ErrorCode.REFUSED_STREAM))
        self._open_queued(self.received_at)

    def _on_settings(self, flags: int, _stream_id: int, payload: bytes) -> None:
        if len(payload) % 6 or (payload and flags & frames.ACK):
            raise ProtocolViolation(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of wrong size")
        if flags & frames.ACK:
            return
        for name, value in frames.read_settings(payload):
            self._apply(name, value)
        self._outbound.add_reply(frames.frame(frames.SETTINGS, frames.ACK, 0, b""))
        self._outbound.send_blocked()
        if not self._is_ready:
            self._is_ready = True
            self._events.append(Ready())
        self._open_queued(self.received_at)

    def _apply(self, name: int, value: int) -> None:
        match name:
            case Setting.HEADER_TABLE_SIZE:
                self._encoder.resize(value)
            case Setting.ENABLE_PUSH if value != 0:
                raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "a server must not enable push")
            case Setting.MAX_CONCURRENT_STREAMS:
                self._max_streams = value
            case Setting.INITIAL_WINDOW_SIZE:
                self._outbound.resize_windows(value)
            case Setting.MAX_FRAME_SIZE:
                self._outbound.resize_frames(value)
            case Setting.MAX_HEADER_LIST_SIZE:
                self._encoder.limit(value)
            case _:
                # Unknown settings are to be ignored (§6.5.2).
                pass

    def _on_push_promise(self, _flags: int, _stream_id: int, _payload: bytes) -> None:
        raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "PUSH_PROMISE, which is disabled")

    def _on_ping(self, flags: int, _stream_id: int, payload: bytes) -> None:
        if not flags & frames.ACK:
            self._outbound.add_reply(frames.frame(frames.PING, frames.ACK, 0, payload))

    def _on_goaway(self, _flags: int, _stream_id: int, payload: bytes) -> None:
        if len(payload) < 8:
            raise ProtocolViolation(ErrorCode.FRAME_SIZE_ERROR, "GOAWAY of wrong size")
        last_id = frames.read_word(payload) & frames.MAX_STREAM_ID
        code = frames.read_word(payload[4:])
        reason = f"{frames.error_name(code)} {payload[8:].decode('utf-8', 'replace')}".rstrip()
        self.accepts_calls = False
        status = Status(RPCStatusCode.UNAVAILABLE, f"server is going away: {reason}")
        for call in [call for call in self._calls.values() if call.id > last_id]:
            self._remove(call)
            self._events.append(Failure(call, status, is_unprocessed=True))
        self._fail_queued(status)
        self._events.append(GoingAway(code, reason))

    def _on_window_update(self, _flags: int, stream_id: int, payload: bytes) -> None:
        increment = frames.read_word(payload) & frames.MAX_WINDOW
        if stream_id == 0:
            if increment == 0:
                raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, "WINDOW_UPDATE of nothing")
            self._outbound.widen(increment)
            return
        call = self._calls.get(stream_id)
        if call is None:
            self._check_was_opened(stream_id)
        elif increment == 0:
            status = Status(RPCStatusCode.INTERNAL, "WINDOW_UPDATE of nothing")
            raise StreamError(call, ErrorCode.PROTOCOL_ERROR, status)
        elif not self._outbound.widen_stream(call, increment):
            status = Status(RPCStatusCode.INTERNAL, "WINDOW_UPDATE overflows the stream's window")
            raise StreamError(call, ErrorCode.FLOW_CONTROL_ERROR, status)

    def _close(self, reason: str) -> None:
        self.is_closed = True
        self.accepts_calls = False
        status = Status(RPCStatusCode.UNAVAILABLE, reason)
        hand_outs = self._outbound.hand_outs
        for call in (*self._calls.values(), *self._queue):
            self._events.append(Failure(call, status, is_unprocessed=call.handed_out_at >= hand_outs))
        self._calls.clear()
        self._queue.clear()
        self._inbound.held = 0
        self._events.append(Closed(reason))


_Handler: TypeAlias = Callable[[Http2Connection, int, int, bytes], None]
# By frame type; the reader has made one HEADERS of each HEADERS and its CONTINUATIONs.
_HANDLERS: tuple[_Handler, ...] = (
    Http2Connection._on_data,
    Http2Connection._on_headers,
    Http2Connection._on_priority,
    Http2Connection._on_rst_stream,
    Http2Connection._on_settings,
    Http2Connection._on_push_promise,
    Http2Connection._on_ping,
    Http2Connection._on_goaway,
    Http2Connection._on_window_update,
)
