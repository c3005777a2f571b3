"""Call back on the event loop for the signals that end a process, for the length of a block.

Theory of operation
-------------------
A signal has one handler in a process, and the process may be an application's that has one of its own. What stands
there decides:

- A default gives way; so does what ``asyncio.run()`` sets for SIGINT, which would cancel the program's main task.
- A function of Python's is called as well: the application has to receive what was meant for it.
- An ignored signal stays ignored, as under ``nohup``.
- What ``loop.add_signal_handler()`` has set cannot be read back, so that it could not be restored: it is left.
- SIGHUP is handled only in place of the default, and not in a program that handles SIGTERM itself: the worker would end
  at a hangup and the program would go on without it.

All listeners share a handler. It is a function too: other code may find it, replace it for a while and put it back, in
any order. One that is put back when there is no listener any more does what the one before it would have done.

A program that is the first process of a container has no defaults: the kernel drops a SIGTERM without a handler. There
:func:`leaving_on_signals` takes their place while no worker runs, and counts as a default.

A forked child must not have any of this: a SIGTERM that is meant for it would be swallowed. Its handlers are the
defaults again before it can receive a signal, since signals are blocked around the fork.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import copy_context
from types import FrameType
from typing import Any

__all__ = ["INTERRUPTS", "ignore_signals", "leaving_on_signals", "on_signals"]

_logger = logging.getLogger(__name__)

#: Sent by a person or a supervisor.
INTERRUPTS: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)
# And at the end of a terminal; Windows has none.
_ENDINGS = (*INTERRUPTS, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
# Where the functions are from that a loop sets in the place of what it really calls.
_LOOPS = ("asyncio.unix_events", "uvloop.loop")

_listeners: dict[int, list[_Listener]] = {}
# The signals that are being delivered: a function that is called as well may lead to another of our handlers.
_delivering: set[int] = set()
_wakeup: _WakeupSocket | None = None
_forking = threading.local()


@contextmanager
def on_signals(
    callback: Callable[[signal.Signals], None], numbers: Sequence[signal.Signals] = _ENDINGS
) -> Iterator[None]:
    """Call *callback* on the event loop for each of these signals; put things back as they were at the end.

    Does nothing outside of the main thread, which is the only one that receives signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    listener = _Listener(asyncio.get_running_loop(), callback)
    handlers: list[_Handler] = []
    _watch_forks()
    try:
        for number in numbers:
            if (handler := _handler_for(number)) is not None:
                handler.users += 1
                handlers.append(handler)
                _listeners.setdefault(number, []).append(listener)
        _add_wakeup(listener.loop)
        yield
    finally:
        listener.is_over = True
        for handler in handlers:
            handler.users -= 1
            _listeners[handler.number].remove(listener)
            _unwind(handler.number)
        _remove_wakeup()


@contextmanager
def leaving_on_signals() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise ``SystemExit(0)`` in the block, where they would end the process as it is.

    So what the block has opened is closed. They are ignored afterwards: the program is to end then, and one more of
    them would take its exit code away. For the main thread only, as a program begins.
    """
    numbers = [number for number in _ENDINGS if signal.getsignal(number) is signal.SIG_DFL]
    handler = _Leave()
    for number in numbers:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in numbers:
            if signal.getsignal(number) is handler:
                signal.signal(number, signal.SIG_IGN)


def ignore_signals() -> None:
    """Ignore the signals that would end a program by default, or with a traceback, while it ends by itself."""
    for number in _ENDINGS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, signal.SIG_IGN)


class _Leave:
    def __init__(self) -> None:
        self._process = os.getpid()

    def __call__(self, number: int, _: FrameType | None) -> None:
        if os.getpid() == self._process:
            raise SystemExit(0)
        # A forked child's, which it is meant to end.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


class _Listener:
    """Calls back on a loop, in the context it began in: a signal interrupts any task, an activity's too."""

    def __init__(self, loop: asyncio.AbstractEventLoop, callback: Callable[[signal.Signals], None]) -> None:
        self.loop = loop
        self._callback = callback
        self._context = copy_context()
        self.is_over = False

    def deliver(self, number: int) -> None:
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._call, signal.Signals(number), context=self._context)

    def _call(self, number: signal.Signals) -> None:
        if not self.is_over:
            self._callback(number)


class _Handler:
    """The handler of one signal, and what was in its place before."""

    def __init__(self, number: int, previous: Any) -> None:
        self.number = number
        self.previous = previous
        self.users = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        listeners = _listeners.get(number)
        if number in _delivering or not listeners:
            self._pass_on(frame, was_delivered=bool(listeners))
            return
        _delivering.add(number)
        try:
            for listener in tuple(listeners):
                listener.deliver(number)
            self._pass_on(frame, was_delivered=True)
        finally:
            _delivering.discard(number)

    def _pass_on(self, frame: FrameType | None, *, was_delivered: bool) -> None:
        if was_delivered and _is_default(self.previous):
            return
        if callable(self.previous):
            self.previous(self.number, frame)
        else:
            signal.signal(self.number, self.previous)
            signal.raise_signal(self.number)


def _is_default(handler: Any) -> bool:
    function = handler.func if isinstance(handler, functools.partial) else handler
    return (
        handler is signal.SIG_DFL
        or handler is signal.default_int_handler
        or isinstance(handler, _Leave)
        # An asyncio.Runner's.
        or getattr(function, "__module__", None) == "asyncio.runners"
    )


def _handler_for(number: int) -> _Handler | None:
    """Have our handler at a signal; ``None`` if that has to be left to what is there."""
    current = signal.getsignal(number)
    if isinstance(current, _Handler):
        return current
    if not _may_take(number, current):
        return None
    handler = _Handler(number, current)
    signal.signal(number, handler)
    return handler


def _may_take(number: int, current: Any) -> bool:
    if current is signal.SIG_IGN:
        return False
    if number not in INTERRUPTS:
        ending = signal.getsignal(signal.SIGTERM)
        ending = ending.previous if isinstance(ending, _Handler) else ending
        return (current is signal.SIG_DFL or isinstance(current, _Leave)) and (
            not callable(ending) or isinstance(ending, _Leave)
        )
    # None: a handler that is not Python's.
    if current is None or getattr(current, "__module__", None) in _LOOPS:
        _logger.warning(
            "%s is left to a handler that cannot be called from here, as it was set with loop.add_signal_handler(), or"
            " not by Python: await the worker's shutdown() there",
            signal.Signals(number).name,
        )
        return False
    return True


def _unwind(number: int) -> None:
    """Put back what was there before handlers without listeners; what other code has set since then stays."""
    while isinstance(current := signal.getsignal(number), _Handler) and not current.users:
        signal.signal(number, current.previous)


# A loop that waits


class _WakeupSocket:
    """Wakes a loop when a signal comes: the handler is to run in its thread, and another may have been interrupted."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._inside, self._outside = socket.socketpair()
        for end in (self._inside, self._outside):
            end.setblocking(False)
        loop.add_reader(self._inside, self._drain)
        signal.set_wakeup_fd(self._outside.fileno(), warn_on_full_buffer=False)

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            self._inside.recv(4096)

    def close(self) -> None:
        if _wakeup_fd() == self._outside.fileno():
            signal.set_wakeup_fd(-1)
        if not self._loop.is_closed():
            self._loop.remove_reader(self._inside)
        self._inside.close()
        self._outside.close()


def _wakeup_fd() -> int:
    current = signal.set_wakeup_fd(-1)
    if current != -1:
        signal.set_wakeup_fd(current, warn_on_full_buffer=False)
    return current


def _add_wakeup(loop: asyncio.AbstractEventLoop) -> None:
    """Have signals wake *loop*, unless it does that itself: uvloop, Windows' loops, one with handlers of its own."""
    global _wakeup  # noqa: PLW0603 - the process has one
    if _wakeup is None and _wakeup_fd() == -1:
        _wakeup = _WakeupSocket(loop)


def _remove_wakeup() -> None:
    global _wakeup  # noqa: PLW0603 - the process has one
    if _wakeup is not None and not any(_listeners.values()):
        _wakeup.close()
        _wakeup = None


# Forks


@functools.cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
        )


def _before_fork() -> None:
    if any(_listeners.values()):
        # Kept before anything is blocked: what is pending may raise here.
        _forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        signal.pthread_sigmask(signal.SIG_BLOCK, _listeners)


def _after_fork_in_parent() -> None:
    mask, _forking.mask = getattr(_forking, "mask", None), None
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _after_fork_in_child() -> None:
    global _wakeup  # noqa: PLW0603 - the process has one
    if getattr(_forking, "mask", None) is None:
        return
    # The socket is the parent's.
    signal.set_wakeup_fd(-1)
    ours = [number for number in _listeners if isinstance(signal.getsignal(number), _Handler)]
    for number in ours:
        signal.signal(number, signal.SIG_DFL)
    _listeners.clear()
    _delivering.clear()
    _wakeup = None
    _after_fork_in_parent()
    if signal.SIGINT in ours:
        # Only now: what it raises in here would be lost.
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        except KeyboardInterrupt:
            # It came in just this moment, and ends the child as one does that came before.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
