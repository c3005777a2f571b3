"""Log one block of the event loop when it is noticed and when it is over, and tell the observers."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ...activity._logger import identify
from .._events import LoopBlocked, LoopFreed
from ._blocker import Blocker

if TYPE_CHECKING:
    from ._watchdog import WatchedWorker

__all__ = ["BlockReport"]

_logger = get_logger(__name__)


class BlockReport:
    """One block, which is logged in a thread of its own: the blocked code may hold the lock of a log handler.

    Args:
        loop: The blocked loop; observers are called on it.
        workers: On it.
        blocker: What blocks it.
        seconds: For how long by now.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, workers: Sequence[WatchedWorker], blocker: Blocker, seconds: float
    ) -> None:
        self._loop = loop
        self._workers = workers
        self._blocker = blocker
        self._seconds = seconds
        self._total = seconds
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asyncworker block report", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<BlockReport of {_name(self._blocker)} [{'over' if self._is_over.is_set() else 'blocked'}]>"

    def end(self, total: float) -> None:
        """Log that it is over after *total* seconds."""
        self._total = total
        self._is_over.set()

    def _run(self) -> None:
        info, frames = self._blocker.info, self._blocker.frames
        extra = None if info is None else identify(info)
        _logger.error(
            "%s has blocked the event loop for %.1f s: all else on it waits. It is at %s."
            " Code that blocks belongs into a def activity or into asyncio.to_thread",
            _name(self._blocker),
            self._seconds,
            ", called from ".join(frames) or "a place that could not be seen",
            extra=extra,
        )
        self._notify(lambda queue: LoopBlocked(queue, info, self._seconds, frames))
        self._is_over.wait()
        _logger.warning(
            "the event loop runs again: %s had blocked it for %.1f s", _name(self._blocker), self._total, extra=extra
        )
        self._notify(lambda queue: LoopFreed(queue, info, self._total))

    def _notify(self, event: Callable[[str], LoopBlocked | LoopFreed]) -> None:
        for worker in self._workers:
            environment = worker.environment
            if environment.observers is not None:
                # The loop may be closed by now.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(
                        environment.notify, event(environment.task_queue), context=contextvars.Context()
                    )


def _name(blocker: Blocker) -> str:
    info = blocker.info
    if info is None:
        return "code outside of activities"
    return f"activity {info.activity_type} ({info.activity_id}, attempt {info.attempt})"
