"""End a process although threads or tasks run in it that nothing can stop."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["leaving_behind", "running"]

_logger = logging.getLogger(__name__)

# How long those that were told to end get for it.
_PATIENCE = 1.0
# What was still running on a loop when that was closed.
_deaf: list[asyncio.Task[Any]] = []


@contextmanager
def running(loop_factory: Callable[[], asyncio.AbstractEventLoop] | None) -> Iterator[asyncio.Runner]:
    """Give a runner, and end its loop without waiting for ever for tasks that do not heed their cancellation."""
    runner = asyncio.Runner(loop_factory=loop_factory)
    try:
        yield runner
    finally:
        _deaf.extend(runner.run(_end_the_rest()))
        # The runner's own end would wait for all tasks, and for the threads of `asyncio.to_thread()`.
        runner.get_loop().close()


async def _end_the_rest() -> set[asyncio.Task[Any]]:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    deaf = (await asyncio.wait(rest, timeout=_PATIENCE))[1] if rest else set()
    if not deaf:
        await asyncio.get_running_loop().shutdown_asyncgens()
    return deaf


@contextmanager
def leaving_behind() -> Iterator[None]:
    """Exit at the block's end even if activities have left threads or tasks behind, for which Python waits for ever.

    The worker has given such activities up and reported them; what is left is a process that would have to be killed.
    """
    code = 0
    try:
        yield
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1 if exit_.code else 0
        if not (_deaf or _stuck()):
            raise
    threads = _stuck()
    if threads or _deaf:
        for what, left in (("threads", threads), ("tasks", _deaf)):
            if left:
                _logger.error("%d %s did not end, and are ended with the process", len(left), what)
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _stuck() -> list[threading.Thread]:
    # An idle thread of a pool is about to be told to end, and does: it gets the time.
    threads = [it for it in threading.enumerate() if it is not threading.current_thread() and not it.daemon]
    for thread in threads:
        thread.join(timeout=_PATIENCE)
    return [thread for thread in threads if thread.is_alive()]
