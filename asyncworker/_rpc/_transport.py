"""The seam between what is said to the server and how it gets there: one unary call on bytes."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

#: Pairs of a lower-case key and its value; a key that ends in ``-bin`` has bytes for a value, any other key text.
Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]


class Transport(Protocol):
    """A way to one target that carries any number of unary calls at once."""

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
        """Let no new call in (``UNAVAILABLE``), let calls in flight end, then close the connections.

        Cancelling closes them at once; calls in flight fail with ``UNAVAILABLE``.
        """
        ...
