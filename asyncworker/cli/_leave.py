"""End a process although threads run in it that nothing can stop."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["leaving_threads_behind"]

_logger = logging.getLogger(__name__)


@contextmanager
def leaving_threads_behind() -> Iterator[None]:
    """Exit at the block's end even if activities have left threads behind, as Python by itself waits for them for ever.

    The worker has given such activities up and reported them; what is left is a process that would have to be killed.
    """
    code = 0
    try:
        yield
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1 if exit_.code else 0
        if not _stuck():
            raise
    if stuck := _stuck():
        _logger.error("%d threads did not end, and are ended with the process", len(stuck))
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _stuck() -> list[threading.Thread]:
    # An idle thread of a pool is about to be told to end, and does: it gets the time.
    threads = [it for it in threading.enumerate() if it is not threading.current_thread() and not it.daemon]
    for thread in threads:
        thread.join(timeout=1.0)
    return [thread for thread in threads if thread.is_alive()]
