"""Raise temporalio's ``CancelledError`` in the thread of a ``def`` activity, and never after the activity's end.

Theory of operation
-------------------
An exception that CPython is told to raise in a thread comes at that thread's next check, a moment later. Two things
keep it inside the activity. It is sent only while the activity is active, which a lock guards; and one that was sent
and has not come by the activity's end is withdrawn. One alone is sent for each activity, so that the end, should it
come in the middle of that, can be gone through a second time undisturbed.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from temporalio.exceptions import CancelledError

__all__ = ["ThreadCancellation", "can_raise_in_threads"]

_set_async_exc: Any = getattr(getattr(ctypes, "pythonapi", None), "PyThreadState_SetAsyncExc", None)


def can_raise_in_threads() -> bool:
    """Whether this Python can raise an exception in another thread; CPython can."""
    return _set_async_exc is not None


class ThreadCancellation:
    """The cancellation of one ``def`` activity in its thread."""

    __slots__ = ("_ident", "_is_cancelled", "_is_sent", "_lock", "_shields")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Of the thread, while the activity is active.
        self._ident: int | None = None
        self._is_cancelled = False
        self._is_sent = False
        self._shields = 0

    def __repr__(self) -> str:
        return f"<ThreadCancellation [{'sent' if self._is_sent else 'not sent'}]>"

    def cancel(self) -> None:
        """Raise the exception in the activity's thread, now or when its shield ends. Of any thread."""
        with self._lock:
            self._is_cancelled = True
            self._send()

    def run(self, fn: Callable[..., Any], *args: Any) -> Any:
        """Call *fn* in this thread so that :meth:`cancel` reaches it.

        Raises:
            CancelledError: It was cancelled.
            BaseException: From *fn*.
        """
        try:
            with self._lock:
                self._ident = threading.get_ident()
                self._send()
            return fn(*args)
        finally:
            try:
                self._leave()
            except CancelledError:
                self._leave()
                raise

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """Hold the exception back until the outermost of these blocks ends."""
        with self._lock:
            self._shields += 1
        try:
            yield
        finally:
            with self._lock:
                self._shields -= 1
                self._send()

    def _send(self) -> None:
        if self._is_cancelled and not self._is_sent and not self._shields and self._ident is not None:
            self._is_sent = True
            _set_async_exc(ctypes.c_ulong(self._ident), ctypes.py_object(CancelledError))

    def _leave(self) -> None:
        with self._lock:
            ident, self._ident = self._ident, None
        if self._is_sent and ident is not None:
            _withdraw(ident)


class _WithdrawnError(Exception):
    """Takes the place of what is withdrawn."""


def _withdraw(ident: int) -> None:
    """Withdraw what was sent to this thread, if it has not come.

    By an exception that comes at once, in its place: with none, CPython 3.11 would go on to look for one for ever, and
    not get over a trace function's line.
    """
    try:
        _set_async_exc(ctypes.c_ulong(ident), ctypes.py_object(_WithdrawnError))
        while True:
            # Until the next check.
            pass
    except _WithdrawnError:
        pass
