"""Keep a transport in the process and on the event loop of its first call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ..exceptions import ClientClosedError
from ._callbacks import BackgroundTasks, unary_nowait_of
from ._long_poll import poll_of
from ._target import Target

if TYPE_CHECKING:
    from ._long_poll import LongPoll
    from ._transport import Callbacks, Metadata, Transport

__all__ = ["BoundTransport"]


class BoundTransport:
    """Passes calls to another transport, and refuses those of another process or event loop.

    A connection that a fork has copied would mix two processes' frames in one stream.
    """

    __slots__ = ("_inner", "_loop", "_pid", "_poll", "_tasks", "_unary", "_unary_nowait")

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._unary = inner.unary
        self._tasks = BackgroundTasks()
        self._unary_nowait = unary_nowait_of(inner, self._tasks)
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

    @property
    def target(self) -> Target | None:
        """Where the other transport's connections lead, if it says so."""
        found = getattr(self._inner, "target", None)
        return found if isinstance(found, Target) else None

    @property
    def load(self) -> float:
        """The share of the other transport's streams that is in use; 0 if it does not know."""
        return getattr(self._inner, "load", 0.0)

    def unary(
        self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()
    ) -> Coroutine[Any, Any, bytes]:
        """See :meth:`Transport.unary`. Returns the other transport's own coroutine.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        # No loop that runs here can have come here by a fork.
        if self._loop is not asyncio.get_running_loop():
            self._bind()
        return self._unary(path, request, timeout=timeout, metadata=metadata)

    def poll(
        self, path: str, request: bytes, *, timeout: float, metadata: Metadata = (), long_poll: LongPoll
    ) -> Coroutine[Any, Any, bytes]:
        """See :class:`UnaryPoll`.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        if self._loop is not asyncio.get_running_loop():
            self._bind()
        return self._poll(path, request, timeout=timeout, metadata=metadata, long_poll=long_poll)

    def unary_nowait(
        self,
        path: str,
        request: bytes,
        *,
        timeout: float | None,
        metadata: Metadata = (),
        callbacks: Callbacks[bytes],
    ) -> None:
        """See :class:`UnaryNowait`.

        Raises:
            RuntimeError: This is another process, or another event loop.
        """
        if self._loop is not asyncio.get_running_loop():
            self._bind()
        self._unary_nowait(path, request, timeout=timeout, metadata=metadata, callbacks=callbacks)

    async def close(self) -> None:
        """See :meth:`Transport.close`; a copy that a fork has made is left alone."""
        if self._pid == os.getpid():
            # Whatever a transport of the user's may raise for a call after its end, here it is the same for all.
            closed = _Closed()
            self._unary = closed.unary
            self._unary_nowait = unary_nowait_of(closed, self._tasks)
            try:
                await self._inner.close()
            finally:
                await self._tasks.close()

    def _bind(self) -> None:
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
    """A transport that was closed."""

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
        """Do nothing."""
