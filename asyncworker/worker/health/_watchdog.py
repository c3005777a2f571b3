"""The watchdog: a thread beside the event loop, which sees when that is blocked, and names what blocks it.

One thread for all workers on a loop. The first to come starts it, the last to go ends and joins it. Between two looks
it sleeps; the loop's part is a timer that stamps a clock. What it costs is in ``benchmarks/README.md``.

The thread runs no code of the user's but log handlers: observers are called on the loop, when it is free again.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ...activity._logger import identify
from .._events import LoopBlocked, LoopFreed
from ._block_detector import BlockDetector, Blocked, Freed
from ._blocker import Blocker, find_blocker

if TYPE_CHECKING:
    from ..attempts._attempt import Attempt
    from ..attempts._attempt_set import AttemptSet
    from ..attempts._shared import Environment

__all__ = ["WatchedWorker", "watching"]

_logger = get_logger(__name__)

# Seconds between two stamps, and how many of them are in the threshold at least.
_LONGEST_INTERVAL = 0.2
_LOOKS = 5
# Seconds that the thread gets to end: a handler of the user's may hold it up.
_JOIN = 1.0


@dataclass(slots=True, eq=False)
class WatchedWorker:
    """A worker, as one of those on its loop.

    Attributes:
        environment: Of its attempts.
        attempts: The attempts.
        threshold: Seconds after which it calls its loop blocked; ``None``: it is not watched.
        blocks: How often its loop was blocked in this run.
        blocked_for: Seconds for which it has been so by now; ``None`` while it runs.
    """

    environment: Environment
    attempts: AttemptSet
    threshold: float | None
    blocks: int = field(default=0, init=False)
    blocked_for: float | None = field(default=None, init=False)


class Watchdog:
    """Watches one loop, from a thread of its own.

    Args:
        loop: The running loop; this is its thread.
        threshold: Seconds.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, threshold: float) -> None:
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._stamp = monotonic()
        self._detector = BlockDetector(threshold, _interval(threshold), self._stamp)
        self._workers: tuple[WatchedWorker, ...] = ()
        self._blocker: Blocker | None = None
        self._has_ended = threading.Event()
        self._timer = self._set_timer()
        self._thread = threading.Thread(target=self._run, name="asyncworker watchdog", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"<Watchdog of {len(self._workers)} workers [{self._detector!r}]>"

    @property
    def is_unused(self) -> bool:
        """Whether it has no worker."""
        return not self._workers

    def add(self, worker: WatchedWorker) -> None:
        """Report blocks to *worker*, too."""
        self._workers = (*self._workers, worker)
        self._adapt()

    def remove(self, worker: WatchedWorker) -> None:
        """Report none to it any more."""
        self._workers = tuple(it for it in self._workers if it is not worker)
        self._adapt()

    def _adapt(self) -> None:
        """Keep to the shortest threshold of the workers."""
        thresholds = [worker.threshold for worker in self._workers if worker.threshold is not None]
        if thresholds:
            self._detector.threshold = min(thresholds)
            self._detector.interval = _interval(min(thresholds))

    def close(self) -> None:
        """End the thread, and wait for it."""
        self._timer.cancel()
        self._has_ended.set()
        self._thread.join(_JOIN)

    # On the loop

    def _set_timer(self) -> asyncio.TimerHandle:
        # An empty context: what is in the first worker's is not to live as long as the timer.
        return self._loop.call_later(self._detector.interval, self._on_timer, context=contextvars.Context())

    def _on_timer(self) -> None:
        self._stamp = monotonic()
        self._timer = self._set_timer()

    # In the thread

    def _run(self) -> None:
        while not self._has_ended.wait(self._detector.interval):
            try:
                self._look()
            except Exception:
                _logger.exception("the event loop's watchdog goes on after an error")

    def _look(self) -> None:
        stamp = self._stamp
        change = self._detector.look(monotonic(), stamp)
        if isinstance(change, Blocked):
            blocker = find_blocker(self._loop, self._loop_thread, self._attempts())
            if blocker is None:
                self._detector.excuse()
                return
            # It may have gone on meanwhile: then what runs is another's.
            self._blocker = blocker if self._stamp == stamp else Blocker(None, None, ())
            for worker in self._workers:
                worker.blocks += 1
        self._set_blocked_for(self._detector.age if self._detector.is_blocked else None)
        if isinstance(change, Blocked):
            self._on_blocked(change.seconds)
        elif isinstance(change, Freed):
            self._on_freed(change.seconds)

    def _attempts(self) -> Iterator[Attempt]:
        for worker in self._workers:
            yield from worker.attempts

    def _set_blocked_for(self, seconds: float | None) -> None:
        for worker in self._workers:
            worker.blocked_for = seconds

    def _on_blocked(self, seconds: float) -> None:
        blocker = self._blocker
        assert blocker is not None
        info = blocker.info
        _logger.error(
            "%s has blocked the event loop for %.1f s: all else on it waits, heartbeats too. It is at %s."
            " Code that blocks belongs into a def activity or into asyncio.to_thread",
            _name(blocker),
            seconds,
            ", called from ".join(blocker.frames) or "a place that could not be seen",
            extra=None if info is None else identify(info),
        )
        self._notify(lambda queue: LoopBlocked(queue, info, seconds, blocker.frames))

    def _on_freed(self, seconds: float) -> None:
        blocker, self._blocker = self._blocker, None
        assert blocker is not None
        info = blocker.info
        _logger.warning(
            "the event loop runs again: %s had blocked it for %.1f s",
            _name(blocker),
            seconds,
            extra=None if info is None else identify(info),
        )
        self._notify(lambda queue: LoopFreed(queue, info, seconds))

    def _notify(self, event: Callable[[str], LoopBlocked | LoopFreed]) -> None:
        for worker in self._workers:
            environment = worker.environment
            if environment.observers is not None:
                # It may be closed by now.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(
                        environment.notify, event(environment.task_queue), context=contextvars.Context()
                    )


def _interval(threshold: float) -> float:
    return min(_LONGEST_INTERVAL, threshold / _LOOKS)


def _name(blocker: Blocker) -> str:
    info = blocker.info
    if info is None:
        return "code outside of activities"
    return f"activity {info.activity_type} ({info.activity_id}, attempt {info.attempt})"


# The watchdogs of the process, by their loops. Held for a moment only: loops are in different threads.
_watchdogs: dict[asyncio.AbstractEventLoop, Watchdog] = {}
_lock = threading.Lock()


@asynccontextmanager
async def watching(worker: WatchedWorker) -> AsyncIterator[None]:
    """Watch the running loop for *worker* in the block."""
    if worker.threshold is None:
        yield
        return
    loop = worker.environment.loop
    with _lock:
        watchdog = _watchdogs.get(loop)
        if watchdog is None:
            watchdog = _watchdogs[loop] = Watchdog(loop, worker.threshold)
        watchdog.add(worker)
    try:
        yield
    finally:
        watchdog.remove(worker)
        if watchdog.is_unused:
            with _lock:
                _watchdogs.pop(loop, None)
            watchdog.close()


def _forget() -> None:
    """Forget the watchdogs in a forked child, which has neither their threads nor their loops."""
    global _lock  # noqa: PLW0603 - another thread may have held it
    _lock = threading.Lock()
    _watchdogs.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
