"""Run what blocks in a thread of its own: asyncio's pool is the activities' to fill."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Generic, TypeVar

__all__ = ["in_own_thread"]

T = TypeVar("T")

# Threads that hang in the same thing, with nobody waiting for them any more, before no further one is started for it.
_MAX_HANGING = 8

_lock = threading.Lock()
_hanging: Counter[str] = Counter()


async def in_own_thread(what: str, function: Callable[[], T]) -> T:
    """Call *function* in a new thread and return what it returns.

    A thread that hangs keeps neither the process from ending nor other threads from starting. Only where several that
    were given up hang in the same thing is it not begun again.

    Args:
        what: What it does, for people: "look up example.com". What has the same name hangs together.
        function: What blocks.

    Raises:
        OSError: No thread can be started, or too many hang.

    Cancelling is safe; the thread ends when *function* does, and nobody hears of it.
    """
    with _lock:
        hanging = _hanging[what]
    if hanging >= _MAX_HANGING:
        raise OSError(f"{hanging} earlier attempts to {what} still hang")
    errand = _Errand(what, function)
    try:
        errand.start()
    except RuntimeError as error:
        raise OSError(f"no thread to {what}: {error}") from error
    try:
        return await errand.outcome
    finally:
        errand.leave()


class _Errand(threading.Thread, Generic[T]):
    def __init__(self, what: str, function: Callable[[], T]) -> None:
        super().__init__(name=f"asyncworker: {what}", daemon=True)
        self._what = what
        self._function = function
        self._loop = asyncio.get_running_loop()
        self._is_over = False
        self._is_left = False
        self.outcome: asyncio.Future[T] = self._loop.create_future()

    def run(self) -> None:
        try:
            result = self._function()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            self._tell(self.outcome.set_exception, error)
        else:
            self._tell(self.outcome.set_result, result)

    def leave(self) -> None:
        """Stop waiting; a thread that is not over by now counts as hanging until it is."""
        with _lock:
            if not self._is_over:
                self._is_left = True
                _hanging[self._what] += 1

    def _tell(self, settle: Callable[[Any], None], outcome: T | BaseException) -> None:
        with _lock:
            self._is_over = True
            if self._is_left:
                _hanging.subtract((self._what,))
                if not _hanging[self._what]:
                    # No name is remembered for longer than anything hangs in it.
                    del _hanging[self._what]
        # The loop may be closed by now.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, settle, outcome)

    def _settle(self, settle: Callable[[Any], None], outcome: T | BaseException) -> None:
        if not self.outcome.done():
            settle(outcome)
