"""How many threads work for the event loop: those of its executors, and anyio's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from typing import Any

from anyio import to_thread

__all__ = ["BusyThreads"]


class BusyThreads:
    """Counts the calls of one loop that are in threads, or in processes of an executor."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: set[asyncio.Future[Any]] = set()
        self._run_in_executor = loop.run_in_executor
        self._workers: Sized = ()
        self._idle: Sized = ()

    def __len__(self) -> int:
        return len(self._calls) + len(self._workers) - len(self._idle)

    async def find(self) -> None:
        """Find what anyio counts for the running loop."""
        await to_thread.run_sync(_nothing)
        # anyio counts its threads itself, each time it gives one a call or takes it back; it makes no secret of it.
        from anyio._backends import _asyncio as backend

        self._workers = backend._threadpool_workers.get()
        self._idle = backend._threadpool_idle_workers.get()

    def watch(self) -> None:
        """Begin to count."""
        self._loop.run_in_executor = self._run  # type: ignore[assignment, method-assign]

    def close(self) -> None:
        """Count no more."""
        del self._loop.run_in_executor

    def _run(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        call = self._run_in_executor(executor, func, *args)
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call


def _nothing() -> None:
    """Do nothing, in a thread: anyio then has one."""
