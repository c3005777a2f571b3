"""Listen for the answer of a long poll beyond the deadline that the server was told.

The server hands a task out by answering a poll, and counts it as started from then on. Where the network, or the server
itself, stalls for some seconds, that answer is on its way while the poll's deadline passes: a client that stops
listening then leaves the task to nobody, until its timeout. So a poll ends by the server's word, or with its
connection; the deadline tells the server when to give that word, and ends only polls that were never sent.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ..exceptions import RPCError, RPCStatusCode

if TYPE_CHECKING:
    from ._transport import Metadata, Poll, Transport

__all__ = ["PATIENCE", "Exchange", "LongPoll", "UnansweredError", "poll_of"]

#: Seconds after its deadline for which a poll is listened to. A dead connection is found out sooner, by its keep-alive.
PATIENCE = 60.0


class UnansweredError(RPCError):
    """A poll got no answer in all the time that was listened: the server may have started a task for it."""

    def __init__(self, patience: float) -> None:
        super().__init__(
            f"no answer came to a long poll within {patience:g} s of its deadline", RPCStatusCode.DEADLINE_EXCEEDED
        )


class Exchange(Protocol):
    """One poll on its way, as its transport sees it."""

    @property
    def is_sent(self) -> bool:
        """Whether the whole request has gone to a connection, so that the server may answer it with a task."""
        ...

    def give_up(self) -> bool:
        """Fail the poll, unless its outcome is there; ``False`` if that takes cancelling the task that waits."""
        ...


class LongPoll:
    """How long the polls of one caller are listened to, and how the present one stands; for one poll at a time.

    Args:
        patience: Seconds after a poll's deadline for which its answer is waited for.

    Attributes:
        deadline: Of the poll under way, on the event loop's clock.
        exchange: The poll under way, where it has got as far as a connection; its transport sees to that.
        is_given_up: Whether no poll is to be sent any more.
    """

    __slots__ = ("deadline", "exchange", "is_given_up", "patience")

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self.deadline: float | None = None
        self.exchange: Exchange | None = None
        self.is_given_up = False

    def __repr__(self) -> str:
        state = "given up" if self.is_given_up else "sent" if self.is_sent else "not sent"
        return f"<LongPoll [{state}, {self.patience:g} s past the deadline]>"

    @property
    def is_sent(self) -> bool:
        """Whether a poll is with the server, as far as this end can know."""
        exchange = self.exchange
        return exchange is not None and exchange.is_sent

    def give_up(self) -> bool:
        """Send no poll any more, and fail the one under way.

        ``False``: the task that polls must be cancelled for that. A poll that has its answer is left to it.
        """
        self.is_given_up = True
        exchange = self.exchange
        return exchange is not None and exchange.give_up()


class _Unseen:
    """A poll on a transport that does not show it: the server may have it at any moment."""

    is_sent = True

    def give_up(self) -> bool:
        return False


def poll_of(transport: Transport) -> Poll:
    """How long polls are made on *transport*: in its own way, or as calls that end at their deadline."""
    own: Poll | None = getattr(transport, "poll", None)
    if own is not None:
        return own

    async def poll(path: str, request: bytes, *, timeout: float, metadata: Metadata = (), listening: LongPoll) -> bytes:
        listening.deadline = asyncio.get_running_loop().time() + timeout
        listening.exchange = _Unseen()
        try:
            return await transport.unary(path, request, timeout=timeout, metadata=metadata)
        finally:
            listening.exchange = None

    return poll
