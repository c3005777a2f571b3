"""Wait for the response of a long poll beyond the deadline that the server was given.

The server hands a task out by answering a poll, and counts it as started from then on. Where the network, or the server
itself, stalls for some seconds, that answer is on its way while the poll's deadline passes: a client that stops
waiting then loses the task until its timeout. So a poll ends by the server's response, or with its connection; the
deadline tells the server when to respond at the latest, and ends only polls that were never sent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ..exceptions import RPCError, RPCStatusCode

if TYPE_CHECKING:
    from ._transport import Metadata, Transport, UnaryPoll

__all__ = ["LATE_RESPONSE_TIMEOUT", "LongPoll", "PollInFlight", "UnansweredError", "poll_of"]

#: Seconds after its deadline for which a poll's response is waited for. Keep-alive finds a dead connection sooner.
LATE_RESPONSE_TIMEOUT = 60.0


class UnansweredError(RPCError):
    """No response came to a poll, in time or late: the server may have started a task for it."""

    def __init__(self, late_response_timeout: float) -> None:
        super().__init__(
            f"no answer came to a long poll within {late_response_timeout:g} s of its deadline",
            RPCStatusCode.DEADLINE_EXCEEDED,
        )


class PollInFlight(Protocol):
    """One poll in flight, as its transport shows it."""

    @property
    def is_sent(self) -> bool:
        """Whether the whole request has gone to a connection, so that the server may answer it with a task."""
        ...

    def give_up(self) -> bool:
        """Fail the poll, unless it has its response; ``False`` where the task that waits must be cancelled for that."""
        ...


class LongPoll:
    """How long a caller waits for late responses to its polls, and the state of its present one: one at a time.

    Args:
        late_response_timeout: Seconds after a poll's deadline for which its response is waited for; it may be changed
            while a poll is in flight.

    Attributes:
        deadline: Of the present poll, on the event loop's clock.
        in_flight: The present poll from when it has a connection; set by its transport.
        is_given_up: Whether no further poll is to be sent.
        was_overdue: Whether the server has ended the last poll as its time was over, instead of answering it before.
    """

    __slots__ = ("deadline", "in_flight", "is_given_up", "late_response_timeout", "was_overdue")

    def __init__(self, late_response_timeout: float = LATE_RESPONSE_TIMEOUT) -> None:
        self.late_response_timeout: float = late_response_timeout
        self.deadline: float | None = None
        self.in_flight: PollInFlight | None = None
        self.is_given_up: bool = False
        self.was_overdue: bool = False

    def __repr__(self) -> str:
        state = "given up" if self.is_given_up else "sent" if self.is_sent else "not sent"
        return f"<LongPoll [{state}, {self.late_response_timeout:g} s past the deadline]>"

    @property
    def is_sent(self) -> bool:
        """Whether a poll is with the server, as far as this end can know."""
        in_flight = self.in_flight
        return in_flight is not None and in_flight.is_sent

    def give_up(self) -> bool:
        """Send no further poll, and fail the one in flight.

        ``False``: the task that polls must be cancelled for that. A poll that has its response keeps it.
        """
        self.is_given_up = True
        in_flight = self.in_flight
        return in_flight is not None and in_flight.give_up()


class _OpaquePoll:
    """A poll on a transport that does not show its state: the server may have it at any moment."""

    is_sent = True

    def give_up(self) -> bool:
        return False


def poll_of(transport: Transport) -> UnaryPoll:
    """Return *transport*'s own ``poll``, or one that makes unary calls, which end at their deadline."""
    own: UnaryPoll | None = getattr(transport, "poll", None)
    if own is not None:
        return own

    async def poll(path: str, request: bytes, *, timeout: float, metadata: Metadata = (), long_poll: LongPoll) -> bytes:
        long_poll.deadline = asyncio.get_running_loop().time() + timeout
        long_poll.in_flight = _OpaquePoll()
        try:
            return await transport.unary(path, request, timeout=timeout, metadata=metadata)
        finally:
            long_poll.in_flight = None

    return poll
