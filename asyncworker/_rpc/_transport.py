"""The seam between gRPC methods and the network: one unary call on bytes."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from ..exceptions import RPCError

if TYPE_CHECKING:
    from ._long_poll import LongPoll

#: Pairs of a lower-case key and its value; a key that ends in ``-bin`` has bytes for a value, any other key text.
Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

T_contra = TypeVar("T_contra", contravariant=True)


class Callbacks(Protocol[T_contra]):
    """What is called with the outcome of a call that is not awaited: one of the methods, once."""

    def on_reply(self, reply: T_contra) -> None:
        """Process the reply."""
        ...

    def on_failure(self, error: RPCError) -> None:
        """Process the error that the call would have raised."""
        ...


class UnaryNowait(Protocol):
    """A method that starts a unary call and returns."""

    def __call__(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        callbacks: Callbacks[bytes],
    ) -> None:
        """Start what :meth:`Transport.unary` does; *callbacks* gets the outcome, once, after this has returned.

        A callback runs in an arbitrary context. The call cannot be cancelled.
        """
        ...


class UnaryPoll(Protocol):
    """A method that makes a long poll."""

    def __call__(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), long_poll: LongPoll
    ) -> Coroutine[Any, Any, bytes]:
        """Do what :meth:`Transport.unary` does, but wait for a late response when *timeout* is over.

        Args:
            path: As there.
            request: As there.
            timeout: Seconds that are sent to the server. A poll that was not sent by then fails with ``UNAVAILABLE``.
            metadata: As there.
            long_poll: Has the time to wait for a late response, gets the state of the poll, and may give it up.

        Raises:
            UnansweredError: No response came, late or not.
            RPCError: ``DEADLINE_EXCEEDED`` only where the server sent that. All else as there.
        """
        ...


class Transport(Protocol):
    """A way to one target that carries any number of unary calls at once.

    Two methods are optional. ``unary_nowait``, a :class:`UnaryNowait`, makes a call without a task; without it a task
    makes the call. ``poll``, a :class:`UnaryPoll`, waits for responses beyond the deadline; without it long polls end
    at their deadline.
    """

    def unary(
        self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()
    ) -> Coroutine[Any, Any, bytes]:
        """Send *request* to the method at *path* and return the response.

        Args:
            path: ``/package.Service/Method``.
            request: One serialized message.
            timeout: Seconds from now until the call fails with ``DEADLINE_EXCEEDED``, or with ``UNAVAILABLE`` where it
                was still waiting for a connection; sent to the server as ``grpc-timeout``. ``None`` sets no limit.
            metadata: Sent with the call. Pass the same object for the same content: its encoding is kept.

        Raises:
            RPCError: and nothing else; ``UNAVAILABLE`` when no connection could be made or it was lost. Where the
                server sent ``grpc-status-details-bin``, ``details`` holds its bytes (a ``google.rpc.Status``).

        Cancelling resets the stream (``RST_STREAM CANCEL``); the server may have done the work all the same.
        """
        ...

    async def close(self) -> None:
        """Refuse new calls (:exc:`.ClientClosedError`), wait for calls in flight, then close the connections.

        Cancelling closes them at once; calls in flight fail with ``UNAVAILABLE``.
        """
        ...
