"""The seam between what is said to the server and how it gets there: one unary call on bytes."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from ..exceptions import RPCError

if TYPE_CHECKING:
    from ._long_poll import LongPoll

#: Pairs of a lower-case key and its value; a key that ends in ``-bin`` has bytes for a value, any other key text.
Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

T_contra = TypeVar("T_contra", contravariant=True)


class Receiver(Protocol[T_contra]):
    """Who is told what came of a call, in place of awaiting it."""

    def on_reply(self, reply: T_contra) -> None:
        """Learn the reply."""
        ...

    def on_failure(self, error: RPCError) -> None:
        """Learn that there will be none."""
        ...


class Post(Protocol):
    """A way to make a call that nobody awaits."""

    def __call__(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        receiver: Receiver[bytes],
    ) -> None:
        """Do what :meth:`Transport.unary` does; *receiver* is told, once, after this has returned.

        It is told in whatever context the transport is in. The call cannot be cancelled.
        """
        ...


class Poll(Protocol):
    """A way to make a long poll."""

    def __call__(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), listening: LongPoll
    ) -> Coroutine[Any, Any, bytes]:
        """Do what :meth:`Transport.unary` does, and go on listening when *timeout* is over.

        Args:
            path: As there.
            request: As there.
            timeout: Seconds that the server is told. A poll that was not sent by then fails with ``UNAVAILABLE``.
            metadata: As there.
            listening: How much longer to listen; is shown how the poll stands, and may give it up.

        Raises:
            UnansweredError: No answer came, however long one listened.
            RPCError: ``DEADLINE_EXCEEDED``: the server has said so. All else as there.
        """
        ...


class Transport(Protocol):
    """A way to one target that carries any number of unary calls at once.

    One that can do with less than a task for a call that nobody awaits has a method ``post``, a :class:`Post`; for any
    other a task does it. One that listens beyond a deadline has a method ``poll``, a :class:`Poll`; with any other long
    polls end at their deadline.
    """

    def unary(
        self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()
    ) -> Coroutine[Any, Any, bytes]:
        """Send *request* to the method at *path* and return the response.

        Args:
            path: ``/package.Service/Method``.
            request: One serialized message.
            timeout: Seconds from now until the call fails with ``DEADLINE_EXCEEDED``, or with ``UNAVAILABLE`` where it
                was still waiting for a connection; told to the server as ``grpc-timeout``. ``None`` sets no limit.
            metadata: Sent with the call. Pass the same object for the same content: its encoding is kept.

        Raises:
            RPCError: and nothing else; ``UNAVAILABLE`` when no connection could be made or it was lost. Where the
                server sent ``grpc-status-details-bin``, ``details`` holds its bytes (a ``google.rpc.Status``).

        Cancelling resets the stream (``RST_STREAM CANCEL``); the server may have done the work all the same.
        """
        ...

    async def close(self) -> None:
        """Let no new call in (:exc:`.ClientClosedError`), let calls in flight end, then close the connections.

        Cancelling closes them at once; calls in flight fail with ``UNAVAILABLE``.
        """
        ...
