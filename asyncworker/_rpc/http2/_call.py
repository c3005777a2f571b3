"""A unary call on an HTTP/2 connection, and the ways it and the connection end."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from ...exceptions import RPCError, RPCStatusCode
from .._transport import Metadata
from ._grpc import Status

#: What the server may send on a stream, and on the connection, before we allow more.
WINDOW = 16 << 20
#: `Call.handed_out_at` of one whose last byte is still here.
NEVER = 1 << 62


class Call:
    """One unary call: what is to be sent, and what has come so far.

    *waiter* belongs to whoever started the call.
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
        #: When *timeout* is over, in the clock of `receive_data`; without it a call that has queued has all of it left.
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
        """Whether nobody waits for the call any more; whoever settles it forgets *waiter*."""
        return self.waiter is None

    def on_alarm(self) -> None:
        """Fail, as its time is up."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_exception(deadline_exceeded())

    def __repr__(self) -> str:
        return f"<Call {self.path} [{f'stream {self.id}' if self.id else 'no stream'}]>"


class Response(NamedTuple):
    """The call has ended well."""

    call: Call
    message: bytes


class Failure(NamedTuple):
    """The call has ended otherwise; if *is_unprocessed*, the server has not acted on it and it may be sent again."""

    call: Call
    status: Status
    is_unprocessed: bool


class Ready(NamedTuple):
    """The server's SETTINGS have come: it speaks HTTP/2, and its limits are known."""


class GoingAway(NamedTuple):
    """The server takes no new calls."""

    code: int
    reason: str


class Closed(NamedTuple):
    """The connection is over; every call has had its event."""

    reason: str


Event: TypeAlias = Response | Failure | Ready | GoingAway | Closed


def deadline_exceeded() -> RPCError:
    """The error of a call whose time is up."""
    return RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)
