"""Run blocking calls in threads of their own, as activities may fill asyncio's thread pool."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["in_own_thread"]

T = TypeVar("T")

# So many abandoned threads may hang in the same thing before no further one is started for it.
_MAX_HANGING = 8

_lock = threading.Lock()
_hanging: Counter[str] = Counter()


async def in_own_thread(what: str, function: Callable[[], T]) -> T:
    """Call *function* in a new thread and return what it returns.

    A thread that hangs keeps neither the process from ending nor other threads from starting. Only where several that
    were given up hang in the same thing is no further thread started for it.

    Args:
        what: What it does, for messages: "look up example.com". Threads are counted by it.
        function: The blocking call.

    Raises:
        OSError: No thread can be started, or too many hang.

    Cancelling is safe; the thread ends when *function* does, and its outcome is dropped.
    """
    with _lock:
        hanging = _hanging[what]
    if hanging >= _MAX_HANGING:
        raise OSError(f"{hanging} earlier attempts to {what} still hang")
    thread = _Thread(what, function)
    try:
        thread.start()
    except RuntimeError as error:
        raise OSError(f"no thread to {what}: {error}") from error
    try:
        return await thread.outcome
    finally:
        thread.abandon()


class _Thread(threading.Thread, Generic[T]):
    def __init__(self, what: str, function: Callable[[], T]) -> None:
        super().__init__(name=f"asyncworker: {what}", daemon=True)
        self._what = what
        self._function = function
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._is_abandoned = False
        self.outcome: asyncio.Future[T] = self._loop.create_future()

    def run(self) -> None:
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            self._finish(self.outcome.set_exception, error)
        else:
            self._finish(self.outcome.set_result, result)

    def abandon(self) -> None:
        """Stop waiting; a thread that is not over by now counts as hanging until it is."""
        with _lock:
            if not self._is_over:
                self._is_abandoned = True
                _hanging[self._what] += 1

    def _finish(self, set_outcome: Callable[[Any], None], outcome: T | BaseException) -> None:
        with _lock:
            self._is_over = True
            if self._is_abandoned:
                _hanging.subtract((self._what,))
                if not _hanging[self._what]:
                    # No name is kept for longer than a thread hangs in it.
                    del _hanging[self._what]
        # The loop may be closed by now.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set_outcome, set_outcome, outcome)

    def _set_outcome(self, set_outcome: Callable[[Any], None], outcome: T | BaseException) -> None:
        if not self.outcome.done():
            set_outcome(outcome)
