"""A transport that is used where it was first used: in that process and on that event loop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ..exceptions import ClientClosedError
from ._callbacks import post_of
from ._long_poll import poll_of

if TYPE_CHECKING:
    from ._long_poll import LongPoll
    from ._transport import Metadata, Receiver, Transport

__all__ = ["BoundTransport"]


class BoundTransport:
    """Hands calls on to another transport, and refuses those from elsewhere.

    A connection that a fork has copied would mix two processes' frames in one stream.
    """

    __slots__ = ("_inner", "_loop", "_pid", "_poll", "_post", "_unary")

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._unary = inner.unary
        self._post = post_of(inner)
        self._poll = poll_of(inner)
        self._pid = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return repr(self._inner)

    @property
    def statistics(self) -> Callable[[], Any]:
        """The other transport's ``statistics()``, if it has that."""
        found: Callable[[], Any] = self._inner.statistics  # type: ignore[attr-defined]
        return found

    def unary(
        self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()
    ) -> Coroutine[Any, Any, bytes]:
        """See :meth:`Transport.unary`. What it returns is the other transport's coroutine, and no layer upon it.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        # No loop that runs here can have come here by a fork.
        if self._loop is not asyncio.get_running_loop():
            self._settle()
        return self._unary(path, request, timeout=timeout, metadata=metadata)

    def poll(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), listening: LongPoll
    ) -> Coroutine[Any, Any, bytes]:
        """See :class:`Poll`.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        if self._loop is not asyncio.get_running_loop():
            self._settle()
        return self._poll(path, request, timeout=timeout, metadata=metadata, listening=listening)

    def post(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        receiver: Receiver[bytes],
    ) -> None:
        """See :class:`Post`.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        if self._loop is not asyncio.get_running_loop():
            self._settle()
        self._post(path, request, timeout=timeout, metadata=metadata, receiver=receiver)

    async def close(self) -> None:
        """See :meth:`Transport.close`; a copy that a fork has made is let be."""
        if self._pid == os.getpid():
            # Whatever a transport of the user's may say to a call after its end, here it is the same for all.
            closed = _Closed()
            self._unary = closed.unary
            self._post = post_of(closed)
            await self._inner.close()

    def _settle(self) -> None:
        if self._pid != os.getpid():
            raise RuntimeError(
                f"this client belongs to process {self._pid}, and process {os.getpid()} was forked off with a copy of"
                " it: connect after the fork, once in each process"
            )
        if self._loop is not None:
            raise RuntimeError(
                "this client belongs to another event loop: connect on the loop that is to use it, once in each"
                " asyncio.run()"
            )
        self._loop = asyncio.get_running_loop()


class _Closed:
    """What is left of a transport that is closed."""

    async def unary(
        self,
        path: str,  # noqa: ARG002
        request: bytes,  # noqa: ARG002
        *,
        timeout: float | None,  # noqa: ARG002
        metadata: Metadata = (),  # noqa: ARG002
    ) -> bytes:
        raise ClientClosedError

    async def close(self) -> None:
        """Nothing is left to close."""
