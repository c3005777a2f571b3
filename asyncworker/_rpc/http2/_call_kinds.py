"""Calls that a future would not do for: whose outcome goes to callbacks, and long polls."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ...exceptions import RPCError
from .._long_poll import LongPoll, UnansweredError
from .._transport import Callbacks, Metadata
from ._call import NEVER, Call, deadline_exceeded, unavailable
from ._connection import Connection

__all__ = ["CallbackCall", "PollCall", "poll_not_sent"]


class _Transport(Protocol):
    """What these calls use of their transport."""

    def on_outcome(self, call: CallbackCall, outcome: bytes | RPCError) -> None: ...

    def set_timer(self, call: Call, when: float) -> float | None: ...


class CallbackCall(Call):
    """A call whose outcome goes to callbacks: its own waiter, in place of a future."""

    __slots__ = ("_connection", "_transport", "callbacks", "expires_at")

    def __init__(
        self,
        transport: _Transport,
        connection: Connection,
        path: str,
        request: bytes,
        timeout: float | None,
        metadata: Metadata,
        callbacks: Callbacks[bytes],
    ) -> None:
        super().__init__(path, request, timeout, metadata, self)
        self._transport = transport
        self._connection = connection
        self.callbacks = callbacks
        self.expires_at: float | None = None

    def on_timer(self) -> None:
        if not self.is_over:
            self._connection.cancel(self)
            self.set_exception(deadline_exceeded())

    # What a connection asks of a future.

    def done(self) -> bool:
        """Return ``False``: whatever sets the outcome takes the waiter from the call first."""
        return False

    def set_result(self, reply: bytes) -> None:
        """End with a reply."""
        self._transport.on_outcome(self, reply)

    def set_exception(self, error: RPCError) -> None:
        """End with an error."""
        self._transport.on_outcome(self, error)


class PollCall(Call):
    """A long poll: where it was sent, its response is waited for beyond its deadline."""

    __slots__ = ("_connection", "_late_response_timeout", "_transport", "expires_at", "outcome")

    def __init__(
        self,
        transport: _Transport,
        connection: Connection,
        path: str,
        request: bytes,
        timeout: float,
        metadata: Metadata,
        long_poll: LongPoll,
    ) -> None:
        # Kept here as well: a call that is over has no waiter.
        self.outcome: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        super().__init__(path, request, timeout, metadata, self.outcome)
        self._transport = transport
        self._connection = connection
        self._late_response_timeout = long_poll.late_response_timeout
        self.expires_at: float | None = None

    @property
    def is_sent(self) -> bool:
        """See :class:`.PollInFlight`."""
        return self.handed_out_at != NEVER

    def give_up(self) -> bool:
        """See :class:`.PollInFlight`."""
        self._fail(UnansweredError(self._late_response_timeout) if self.is_sent else poll_not_sent(None))
        return True

    def on_timer(self) -> None:
        """Set another timer at the deadline, and fail the poll at that."""
        assert self.deadline is not None
        until = self.deadline + self._late_response_timeout
        if not self.is_sent:
            self._fail(poll_not_sent(None))
        elif self.expires_at is not None and self.expires_at < until:
            self.expires_at = self._transport.set_timer(self, until)
        else:
            self._fail(UnansweredError(self._late_response_timeout))

    def _fail(self, error: RPCError) -> None:
        if self.outcome.done():
            return
        # At once: one that waits for a stream must not get one before its task has its turn.
        self._connection.cancel(self)
        self.outcome.set_exception(error)


def poll_not_sent(cause: BaseException | None) -> RPCError:
    """The error of a poll that could not be sent in time."""
    return unavailable("the poll could not be sent before its deadline", cause)
