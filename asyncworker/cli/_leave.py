"""Exit the process even if threads or tasks that cannot be stopped are still running."""

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

from ..worker._signals import ignore_signals

__all__ = ["leaving_behind", "running"]

_logger = logging.getLogger(__name__)

# Seconds that cancelled tasks get to end, and then threads.
_GRACE = 1.0
# Seconds that asynchronous generators get to be closed, where tasks have taken the whole of that.
_LEAST_GRACE = 0.1
# Seconds that the program's `atexit` callbacks get after that.
_EXIT_GRACE = 2.0
# Seconds that logging the delay gets: a stuck thread may hold a handler's lock.
_LOG_GRACE = 0.5
# Tasks that ignored their cancellation until their loop was closed.
_stuck_tasks: list[asyncio.Task[Any]] = []


@contextmanager
def running(loop_factory: Callable[[], asyncio.AbstractEventLoop] | None) -> Iterator[asyncio.Runner]:
    """Return a runner whose loop is closed at the block's end even if tasks ignore their cancellation."""
    runner = asyncio.Runner(loop_factory=loop_factory)
    try:
        yield runner
    finally:
        loop = runner.get_loop()
        until = loop.time() + _GRACE
        _stuck_tasks.extend(runner.run(_cancel_all_tasks()) or _close_generators(loop, until))
        # Runner.close() would wait for all tasks, and for the threads of `asyncio.to_thread()`.
        loop.close()


async def _cancel_all_tasks() -> set[asyncio.Task[Any]]:
    """Cancel all other tasks; return those that have not ended within the grace."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    return (await asyncio.wait(rest, timeout=_GRACE))[1] if rest else set()


def _close_generators(loop: asyncio.AbstractEventLoop, until: float) -> set[asyncio.Task[Any]]:
    """Close asynchronous generators, which runs user code as well; return the tasks that it does not end in."""
    stopping = loop.call_at(max(until, loop.time() + _LEAST_GRACE), loop.stop)
    # Stopped before that has ended.
    with suppress(RuntimeError):
        loop.run_until_complete(loop.shutdown_asyncgens())
    stopping.cancel()
    return asyncio.all_tasks(loop)


@contextmanager
def leaving_behind() -> Iterator[None]:
    """Exit at the block's end even if abandoned activities have threads or tasks, for which Python would wait forever.

    The worker has reported such activities as failed already; without this the process would have to be killed.
    """
    code = 1
    try:
        yield
        code = 0
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 1 if exit_.code else 0
        raise
    finally:
        # The exit code is set, and the end is near.
        ignore_signals()
        if _stuck_tasks:
            _log_stuck(len(_stuck_tasks), "tasks")
            _flush()
            os._exit(code)
        _limit_the_exit(code)


def _limit_the_exit(code: int) -> None:
    """Let Python exit in its own way, and end the process if that takes too long.

    Python stops the threads of idle pools and waits for all threads; then it calls the `atexit` callbacks, where e.g.
    `multiprocessing` waits for a pool whose children were killed.
    """
    is_late = threading.Event()

    def log_and_end() -> None:
        time.sleep(_GRACE)
        stuck = [it for it in threading.enumerate() if it is not threading.main_thread() and not it.daemon]
        if not stuck:
            time.sleep(_EXIT_GRACE)
        is_late.set()
        if stuck:
            _log_stuck(len(stuck), "threads")
        else:
            _logger.error("the program's atexit callbacks did not end, and are ended with the process")
        _flush()
        end()

    def end() -> None:
        _kill_children()
        os._exit(code)

    def end_unlogged() -> None:
        is_late.wait()
        time.sleep(_LOG_GRACE)
        end()

    for each in (log_and_end, end_unlogged):
        threading.Thread(target=each, daemon=True).start()


def _log_stuck(number: int, what: str) -> None:
    _logger.error("%s %s did not end, and are ended with the process", number, what)


def _flush() -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # The reader of the stream may be gone.
        with suppress(Exception):
            stream.flush()


def _kill_children() -> None:
    """Kill the daemon children, as multiprocessing does at exit: those of a pool may wait for one another forever."""
    if (multiprocessing := sys.modules.get("multiprocessing")) is not None:
        for child in multiprocessing.active_children():
            if child.daemon:
                child.kill()
