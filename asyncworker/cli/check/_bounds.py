"""Bound the time of user code that may hang: in a wait, which can be cancelled, or in a call, which cannot."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .._frames import place_in

__all__ = ["bounded"]


@contextmanager
def bounded(seconds: float, give_up: Callable[[str], None]) -> Iterator[None]:
    """Call *give_up* if the block takes longer than that, with the place in the user's code where it is.

    It is called in a thread, as the main thread hangs; it has to end the process.
    """

    def end() -> None:
        thread = threading.main_thread().ident
        assert thread is not None
        give_up(place_in(traceback.extract_stack(sys._current_frames()[thread])))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
