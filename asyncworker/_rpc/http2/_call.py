"""A unary call on an HTTP/2 connection, and the ways it and the connection end."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ...exceptions import RPCError, RPCStatusCode
from .._transport import Metadata
from ._frames import ErrorCode
from ._grpc import Status

#: Bytes that the server may send on a stream, and on the connection, before it is allowed more.
WINDOW = 16 << 20
#: `Call.handed_out_at` of a call whose last byte was not handed out yet.
NEVER = 1 << 62


class Call:
    """One unary call: what is to be sent, and what was received so far.

    *waiter* gets the outcome: a future, or what has its ``done``, ``set_result`` and ``set_exception``. It is taken
    from the call before it gets the outcome.
    """

    __slots__ = (
        "deadline",
        "encoding",
        "handed_out_at",
        "has_response",
        "id",
        "interim",
        "is_compressed",
        "message",
        "metadata",
        "path",
        "receive_window",
        "received",
        "request",
        "send_window",
        "size",
        "timeout",
        "unsent",
        "waiter",
    )

    def __init__(
        self, path: str, request: bytes, timeout: float | None, metadata: Metadata, waiter: Any = None
    ) -> None:
        self.path = path
        self.request = request
        self.timeout = timeout
        self.metadata = metadata
        self.waiter = waiter
        #: When *timeout* is over, on the clock of `receive_data`; without it a call that has queued has all of it left.
        self.deadline: float | None = None
        #: Stream id; 0 while the call is queued.
        self.id = 0
        # Sending
        self.unsent: memoryview | None = None
        self.send_window = 0
        self.handed_out_at = NEVER
        # Receiving
        self.has_response = False
        self.interim = 0
        self.encoding = b""
        self.is_compressed = 0
        #: Announced length of the message; -1 before its prefix has come.
        self.size = -1
        self.message: bytes | bytearray = b""
        self.received = 0
        self.receive_window = WINDOW

    @property
    def is_over(self) -> bool:
        """Whether the call has its outcome, or was cancelled."""
        return self.waiter is None

    def on_timer(self) -> None:
        """Fail with ``DEADLINE_EXCEEDED``."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(deadline_exceeded())

    def __repr__(self) -> str:
        return f"<Call {self.path} [{f'stream {self.id}' if self.id else 'no stream'}]>"


class Response(NamedTuple):
    """The call has succeeded."""

    call: Call
    message: bytes


class Failure(NamedTuple):
    """The call has failed; if *is_unprocessed*, the server has not acted on it and it may be sent again."""

    call: Call
    status: Status
    is_unprocessed: bool


class Ready(NamedTuple):
    """The server's SETTINGS have come: it speaks HTTP/2, and its limits are known."""


class GoingAway(NamedTuple):
    """The server takes no new calls."""

    code: int
    reason: str

    @property
    def is_too_many_pings(self) -> bool:
        """Whether the server complains about keep-alive PINGs."""
        return self.code == ErrorCode.ENHANCE_YOUR_CALM and "too_many_pings" in self.reason


class Closed(NamedTuple):
    """The connection is over; every call has had its event."""

    reason: str


Event: TypeAlias = Response | Failure | Ready | GoingAway | Closed


def unavailable(message: str, cause: BaseException | None) -> RPCError:
    """The error of a call that could not be made, with its cause."""
    error = RPCError(message, RPCStatusCode.UNAVAILABLE)
    error.__cause__ = cause
    return error


def deadline_exceeded() -> RPCError:
    """The error of a call whose deadline has passed."""
    return RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)
