"""Turn the signals that ask a process to end into calls, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["on_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def on_signals(callback: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call *callback* on the event loop for each SIGINT and SIGTERM; put things back as they were at the end.

    Does nothing outside of the main thread, which is the only one that hears signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        for number in _SIGNALS:
            _listen(loop, number, callback)
        yield
    finally:
        for number, handler in previous.items():
            _unlisten(loop, number)
            signal.signal(number, handler)


def _listen(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, callback: Callable[[signal.Signals], None]
) -> None:
    try:
        loop.add_signal_handler(number, callback, number)
    except NotImplementedError:
        # Windows: the handler runs between two bytecodes of the main thread, and has to wake the loop.
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(callback, number))


def _unlisten(loop: asyncio.AbstractEventLoop, number: signal.Signals) -> None:
    try:
        loop.remove_signal_handler(number)
    except NotImplementedError:
        return
