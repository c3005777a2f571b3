"""End a process although threads or tasks run in it that nothing can stop."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["leaving_behind", "running"]

_logger = logging.getLogger(__name__)

# How long those that were told to end get for it: tasks first, then threads.
_PATIENCE = 1.0
# How long what the program does at its exit may take after that.
_EXIT_PATIENCE = 2.0
# And how long it may take to say that it took longer: a stuck thread may hold the log.
_LAST_WORDS = 0.5
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
    loop = asyncio.get_running_loop()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    until = loop.time() + _PATIENCE
    deaf = (await asyncio.wait(rest, timeout=_PATIENCE))[1] if rest else set()
    if not deaf:
        # Their clean-up is user code as well.
        closing = loop.create_task(loop.shutdown_asyncgens())
        deaf = (await asyncio.wait({closing}, timeout=max(until - loop.time(), 0.1)))[1]
    return deaf


@contextmanager
def leaving_behind() -> Iterator[None]:
    """Exit at the block's end even if activities have left threads or tasks behind, for which Python waits for ever.

    The worker has given such activities up and reported them; what is left is a process that would have to be killed.
    """
    code = 1
    try:
        yield
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1 if exit_.code else 0
        raise
    finally:
        if _deaf:
            _say(len(_deaf), "tasks")
            _flush()
            os._exit(code)
        _limit_the_exit(code)


def _limit_the_exit(code: int) -> None:
    """Let Python exit as it does, and end the process if it does not get there.

    It waits for threads, having told those of idle pools to end; then it calls what was registered with `atexit`, where
    e.g. `multiprocessing` waits for a pool whose children were killed.
    """
    is_late = threading.Event()

    def tell() -> None:
        time.sleep(_PATIENCE)
        stuck = [it for it in threading.enumerate() if it is not threading.main_thread() and not it.daemon]
        if not stuck:
            time.sleep(_EXIT_PATIENCE)
        is_late.set()
        if stuck:
            _say(len(stuck), "threads")
        else:
            _logger.error("what the program does at its exit did not end, and is ended with the process")
        _flush()
        end()

    def end() -> None:
        _kill_children()
        os._exit(code)

    def end_anyhow() -> None:
        is_late.wait()
        time.sleep(_LAST_WORDS)
        end()

    for each in (tell, end_anyhow):
        threading.Thread(target=each, daemon=True).start()


def _say(number: int, what: str) -> None:
    _logger.error("%s %s did not end, and are ended with the process", number, what)


def _flush() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # Its other end may be gone: that is no reason to stay.
        with suppress(Exception):
            stream.flush()


def _kill_children() -> None:
    """Kill what multiprocessing would have: children of a pool may wait for one another, and outlive us for ever."""
    if (multiprocessing := sys.modules.get("multiprocessing")) is not None:
        for child in multiprocessing.active_children():
            if child.daemon:
                child.kill()
