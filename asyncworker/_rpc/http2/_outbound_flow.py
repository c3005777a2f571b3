"""Outbound flow control and frame sizes: what of the requests may be written now (RFC 9113 §5.2)."""

from __future__ import annotations

from collections import deque

from . import _frames as frames
from ._call import Call
from ._frames import ErrorCode, ProtocolViolation
from ._grpc import PREFIX_SIZE, write_prefix

# Larger frames save next to nothing and delay the small ones.
_MAX_SENT_FRAME = 1 << 16
# Bytes of replies to PING and SETTINGS that may be due before the peer reads any.
_MAX_REPLIES = 1 << 20


class OutboundFlow:
    """What is to be written: frames that may go now, and calls *blocked* on flow control."""

    __slots__ = ("_blocked", "_max_frame_size", "_out", "_replies_size", "_stream_window", "_window", "hand_outs")

    def __init__(self) -> None:
        self._out: list[bytes | memoryview] = []
        self._blocked: deque[Call] = deque()
        self._max_frame_size = frames.DEFAULT_MAX_FRAME_SIZE
        self._stream_window = self._window = frames.DEFAULT_WINDOW
        self._replies_size = 0
        #: How often anything was handed out; a call whose `handed_out_at` is not below has not left entirely.
        self.hand_outs = 0

    @property
    def has_data(self) -> bool:
        """Whether there is anything to hand out."""
        return bool(self._out)

    def pop_data(self) -> bytes:
        """Return what is to be written now, in order."""
        out = self._out
        if not out:
            return b""
        self.hand_outs += 1
        self._replies_size = 0
        data = b"".join(out)
        out.clear()
        return data

    def add(self, frame: bytes) -> None:
        """Add a frame that flow control does not concern."""
        self._out.append(frame)

    def add_reply(self, frame: bytes) -> None:
        """Add a frame that the peer has asked for.

        Raises:
            ProtocolViolation: it asks for more than it reads.
        """
        self._replies_size += len(frame)
        if self._replies_size > _MAX_REPLIES:
            raise ProtocolViolation(ErrorCode.ENHANCE_YOUR_CALM, "more PING and SETTINGS than replies are read")
        self._out.append(frame)

    def clear(self) -> None:
        """Drop everything that was not handed out."""
        self._out.clear()
        self._blocked.clear()

    def send(self, call: Call, block: bytes, request: bytes, is_compressed: bool) -> None:
        """Write the whole request if the windows allow it, else its headers and what they allow."""
        size = len(request) + PREFIX_SIZE
        if len(block) <= self._max_frame_size:
            head = frames.frame_head(frames.HEADERS, frames.END_HEADERS, call.id, len(block)) + block
        else:
            head = self._split(call.id, block)
        if size <= self._window and size <= self._stream_window and size <= self._max_frame_size:
            self._window -= size
            call.handed_out_at = self.hand_outs
            self._out += (head, frames.message_head(call.id, is_compressed, len(request)), request)
        else:
            self._out.append(head)
            call.unsent = memoryview(write_prefix(is_compressed, len(request)) + request)
            call.send_window = self._stream_window
            self._blocked.append(call)
            self.send_blocked()

    def forget(self, call: Call) -> None:
        """Forget what a call still has to send."""
        if call.unsent is not None:
            call.unsent = None
            self._blocked.remove(call)

    def widen(self, increment: int) -> None:
        """Apply a WINDOW_UPDATE of the connection.

        Raises:
            ProtocolViolation: the window would be larger than a window can be.
        """
        self._window += increment
        if self._window > frames.MAX_WINDOW:
            raise ProtocolViolation(ErrorCode.FLOW_CONTROL_ERROR, "WINDOW_UPDATE overflows the connection's window")
        self.send_blocked()

    def widen_stream(self, call: Call, increment: int) -> bool:
        """Apply a WINDOW_UPDATE of a stream; ``False`` if the window would be larger than a window can be."""
        call.send_window += increment
        if call.send_window > frames.MAX_WINDOW:
            return False
        self.send_blocked()
        return True

    def resize_windows(self, size: int) -> None:
        """Apply ``SETTINGS_INITIAL_WINDOW_SIZE``, also to streams that are open.

        Nothing is sent yet: the larger windows are the peer's only once it has our acknowledgement (§6.5.3).

        Raises:
            ProtocolViolation: a window would be larger than a window can be.
        """
        largest = max([0, *(call.send_window for call in self._blocked)]) + size - self._stream_window
        if max(size, largest) > frames.MAX_WINDOW:
            raise ProtocolViolation(ErrorCode.FLOW_CONTROL_ERROR, f"INITIAL_WINDOW_SIZE of {size}")
        for call in self._blocked:
            # May turn negative: then nothing is sent until WINDOW_UPDATEs have made it positive (§6.9.2).
            call.send_window += size - self._stream_window
        self._stream_window = size

    def resize_frames(self, size: int) -> None:
        """Apply ``SETTINGS_MAX_FRAME_SIZE``.

        Raises:
            ProtocolViolation: it is out of bounds.
        """
        if not frames.DEFAULT_MAX_FRAME_SIZE <= size < 1 << 24:
            raise ProtocolViolation(ErrorCode.PROTOCOL_ERROR, f"MAX_FRAME_SIZE of {size}")
        self._max_frame_size = min(size, _MAX_SENT_FRAME)

    def send_blocked(self) -> None:
        """Write what the windows allow of the blocked calls."""
        # Every call in turn gets a frame, so that none delays the others.
        stuck = 0
        while stuck < len(self._blocked) and self._window > 0:
            call = self._blocked.popleft()
            if call.send_window > 0:
                self._send_part(call)
                stuck = 0
            else:
                stuck += 1
            if call.unsent is not None:
                self._blocked.append(call)

    def _send_part(self, call: Call) -> None:
        assert call.unsent is not None
        size = min(len(call.unsent), self._window, call.send_window, self._max_frame_size)
        part, rest = call.unsent[:size], call.unsent[size:]
        self._window -= size
        call.send_window -= size
        if rest:
            call.unsent = rest
        else:
            call.unsent = None
            call.handed_out_at = self.hand_outs
        self._out += (frames.frame_head(frames.DATA, 0 if rest else frames.END_STREAM, call.id, size), part)

    def _split(self, stream_id: int, block: bytes) -> bytes:
        size = self._max_frame_size
        starts = range(0, len(block), size)
        return b"".join(
            frames.frame(
                frames.CONTINUATION if start else frames.HEADERS,
                frames.END_HEADERS if start == starts[-1] else 0,
                stream_id,
                block[start : start + size],
            )
            for start in starts
        )
