"""Inbound flow control and response buffering (RFC 9113 §5.2)."""

from __future__ import annotations

from ...exceptions import RPCStatusCode
from .._response_head import is_head_whole
from . import _frames as frames, _grpc as grpc
from ._call import WINDOW, Call
from ._frames import ErrorCode, ProtocolViolation
from ._grpc import MessageError, Status
from ._outbound_flow import OutboundFlow


class StreamError(Exception):
    """The peer broke a rule that ends one stream (RFC 9113 §5.4.2), or sends a response that is of no use."""

    def __init__(self, call: Call, code: ErrorCode, status: Status) -> None:
        super().__init__(status.message)
        self.call = call
        self.code = code
        self.status = status


def malformed(call: Call, reason: str) -> StreamError:
    """The error of a response that is none (RFC 9113 §8.1.1)."""
    return StreamError(call, ErrorCode.PROTOCOL_ERROR, Status(RPCStatusCode.INTERNAL, f"malformed response: {reason}"))


class InboundFlow:
    """The windows of the connection and of each stream, and the memory that calls in flight hold.

    A WINDOW_UPDATE is sent when half of a window is used, which costs one frame in 8 MiB.

    Args:
        outbound: Writes the WINDOW_UPDATEs.
        max_message: Bytes of one message, also once it is decompressed.
        max_held: Bytes of all responses in flight.
    """

    __slots__ = ("_max_held", "_max_message", "_outbound", "_window", "held")

    def __init__(self, outbound: OutboundFlow, *, max_message: int, max_held: int) -> None:
        self._outbound = outbound
        self._max_message = max_message
        self._max_held = max_held
        self._window = WINDOW
        #: Bytes of the responses in flight that were received.
        self.held = 0

    def count_data(self, size: int) -> None:
        """Count a DATA frame of any stream against the connection's window.

        Raises:
            ProtocolViolation: It is more than was allowed.
        """
        self._window -= size
        if self._window < WINDOW // 2:
            if self._window < 0:
                raise ProtocolViolation(ErrorCode.FLOW_CONTROL_ERROR, "more DATA than the connection's window")
            self._outbound.add(frames.window_update(0, WINDOW - self._window))
            self._window = WINDOW

    def receive(self, call: Call, data: bytes, size: int, *, is_last: bool) -> None:
        """Append the *data* of a frame, of *size* bytes with its padding, to a call's message.

        Raises:
            StreamError: It is more than was allowed, or no part of one message.
        """
        call.receive_window -= size
        if call.receive_window < WINDOW // 2 and not is_last:
            self._widen(call)
        if not call.has_response:
            raise malformed(call, "DATA before HEADERS")
        call.received += size
        self.held += size
        if self.held > self._max_held:
            status = Status(RPCStatusCode.RESOURCE_EXHAUSTED, f"responses in flight exceed {self._max_held} bytes")
            raise StreamError(call, ErrorCode.CANCEL, status)
        self._append(call, data)

    def build_message(self, call: Call) -> bytes:
        """Return the whole message, decompressed.

        Raises:
            MessageError: It is not whole, or cannot be decompressed.
        """
        if call.size > self._max_message:
            raise MessageError(*grpc.too_large(call.size, self._max_message)[:2])
        if len(call.message) != call.size:
            came = f"{len(call.message)} of {call.size} bytes of a message" if call.size >= 0 else "no message"
            raise MessageError(RPCStatusCode.INTERNAL, f"OK with {came}")
        return grpc.unpack(call.message, call.is_compressed, call.encoding, self._max_message)

    def forget(self, call: Call) -> None:
        """Release the memory of a call that is over."""
        self.held -= call.received

    def _widen(self, call: Call) -> None:
        if call.receive_window < 0:
            status = Status(RPCStatusCode.INTERNAL, "more DATA than the stream's window")
            raise StreamError(call, ErrorCode.FLOW_CONTROL_ERROR, status)
        self._outbound.add(frames.window_update(call.id, WINDOW - call.receive_window))
        call.receive_window = WINDOW

    def _append(self, call: Call, data: bytes) -> None:
        if call.size < 0:
            # Before the length is known, `message` holds the beginning of the prefix.
            if call.message:
                data = bytes(call.message) + data
            if len(data) < grpc.PREFIX_SIZE:
                call.message = data
                return
            call.is_compressed, call.size = grpc.read_prefix(data)
            call.message = data[grpc.PREFIX_SIZE :]
        elif data:
            if type(call.message) is not bytearray:
                call.message = bytearray(call.message)
            call.message += data
        if call.size > self._max_message and is_head_whole(call.message, is_compressed=bool(call.is_compressed)):
            raise StreamError(call, ErrorCode.CANCEL, grpc.too_large(call.size, self._max_message))
        if len(call.message) > call.size:
            status = Status(RPCStatusCode.INTERNAL, "more than one message in the response to a unary call")
            raise StreamError(call, ErrorCode.CANCEL, status)
