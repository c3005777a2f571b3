"""The watchdog: a thread beside the event loop, which sees when that is blocked, and names what blocks it.

One thread for all workers on a loop. The first to come starts it, the last to go ends and joins it. Between two looks
it sleeps; the loop's part is a timer that stamps a clock. What it costs is in ``docs/health.md``.

The thread runs no code of the user's but log handlers: observers are called on the loop, when it is free again.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ._block_detector import BlockDetector, Blocked, Freed

if TYPE_CHECKING:
    from ..attempts._attempt import Attempt
    from ..attempts._attempt_set import AttemptSet
    from ..attempts._run_environment import RunEnvironment
    from ._block_report import BlockReport
    from ._blocker import Blocker

__all__ = ["WatchedWorker", "watchdog_running"]

_logger = get_logger(__name__)

# Seconds between two stamps, and how many of them are in the threshold at least.
_LONGEST_INTERVAL = 0.2
# The same where an attempt has a short heartbeat timeout.
_SHORTEST_INTERVAL = 0.05
_SHARE_OF_TIMEOUT = 0.05
# Seconds after which a stamp that was due is late.
_LATE_STAMP = 0.03
_LOOKS = 5
# Seconds after which a timer of the loop is late.
_LATE = 0.1
# Seconds that the thread gets to end: a handler of the user's may hold it up.
_JOIN = 1.0


@dataclass(slots=True, eq=False)
class WatchedWorker:
    """A worker, as one of those on its loop.

    Attributes:
        environment: Of its attempts.
        attempts: The attempts.
        threshold: Seconds after which it calls its loop blocked; ``None``: it is not watched.
        tolerance: Seconds for which other attempts are kept alive while the loop is blocked.
        blocks: How often its loop was blocked in this run.
        blocked_for: Seconds for which it has been so by now; ``None`` while it runs.
        late_at: When the loop last came late to a timer, on its clock.
    """

    environment: RunEnvironment
    attempts: AttemptSet
    threshold: float | None
    tolerance: float = 30.0
    blocks: int = field(default=0, init=False)
    blocked_for: float | None = field(default=None, init=False)
    late_at: float = field(default=-math.inf, init=False)

    def was_late_since(self, when: float) -> bool:
        """Whether the loop has come late to a timer since *when*, as far as is known."""
        return self.late_at >= when


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
        self._detector = BlockDetector(threshold, look_interval(threshold), self._stamp)
        self._workers: tuple[WatchedWorker, ...] = ()
        self._report: BlockReport | None = None
        self._tolerance = math.inf
        # The stamp of a block that was too long to help the neighbours.
        self._given_up_on = 0.0
        self._has_warned = False
        # From this clock to the loop's, which stands still on uvloop while it is blocked.
        self._clock_offset = loop.time() - self._stamp
        self._has_ended = threading.Event()
        self._timer = self._set_timer(self._prepare)
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
        """Keep to the shortest threshold of the workers, and look as often as their heartbeats need it."""
        thresholds = [worker.threshold for worker in self._workers if worker.threshold is not None]
        if thresholds:
            shortest = min(worker.environment.claims.shortest for worker in self._workers)
            self._detector.threshold = min(thresholds)
            self._detector.interval = look_interval(min(thresholds), shortest)
            self._tolerance = min(worker.tolerance for worker in self._workers)

    def close(self) -> None:
        """End the thread, and wait for it."""
        self._timer.cancel()
        self._has_ended.set()
        self._thread.join(_JOIN)

    # On the loop

    def _set_timer(self, callback: Callable[[], None]) -> asyncio.TimerHandle:
        # An empty context: what is in the first worker's is not to live as long as the timer.
        return self._loop.call_later(self._detector.interval, callback, context=contextvars.Context())

    def _prepare(self) -> None:
        """Import what the first block needs: not before the first poll, and not when the loop is blocked."""
        from . import _block_report, _live_heartbeats  # noqa: F401

        self._on_timer()

    def _on_timer(self) -> None:
        now = monotonic()
        if now - self._stamp > self._detector.interval + _LATE:
            for worker in self._workers:
                worker.late_at = self._loop.time()
        self._clock_offset = self._loop.time() - now
        self._stamp = now
        self._adapt()
        self._timer = self._set_timer(self._on_timer)

    # In the thread

    def _run(self) -> None:
        while not self._has_ended.wait(self._detector.interval):
            try:
                self._look()
                self._help_neighbours()
            except Exception:
                _logger.exception("the event loop's watchdog goes on after an error")
        self._end_report()

    def _look(self) -> None:
        stamp = self._stamp
        change = self._detector.look(monotonic(), stamp)
        if isinstance(change, Blocked):
            from ._block_report import BlockReport
            from ._blocker import Blocker, find_blocker

            blocker = find_blocker(self._loop, self._loop_thread, self._attempts())
            if blocker is None:
                self._detector.excuse()
                return
            # It may have gone on meanwhile: then what runs is another's.
            blocker = blocker if self._stamp == stamp else Blocker(None, None, ())
            for worker in self._workers:
                worker.blocks += 1
            self._report = BlockReport(self._loop, self._workers, blocker, change.seconds)
            self._warn_of_transport(blocker)
        self._set_blocked_for(self._detector.age if self._detector.is_blocked else None)
        if isinstance(change, Freed):
            self._end_report(change.seconds)

    def _warn_of_transport(self, blocker: Blocker) -> None:
        """Log once that other attempts get no heartbeats, where that is so."""
        from ._live_heartbeats import without_way

        worker = None if self._has_warned else without_way(self._workers, blocker.attempt)
        if worker is not None:
            self._has_warned = True
            _logger.warning(
                "attempts beside what blocks the event loop get no heartbeats meanwhile: %r has no address that another"
                " thread could connect to",
                worker.environment.service.transport,
            )

    def _help_neighbours(self) -> None:
        """Heartbeat for attempts that do not block the loop, if it is late and one of theirs is overdue."""
        stamp = self._stamp
        if not self._is_late(stamp) or stamp == self._given_up_on:
            return
        from ._blocker import find_blocker
        from ._live_heartbeats import LiveHeartbeats

        heartbeats = LiveHeartbeats(
            self._loop,
            self._workers,
            clock=lambda: monotonic() + self._clock_offset,
            interval=self._detector.interval,
            goes_on=lambda: self._goes_on(stamp),
        )
        if not heartbeats.is_needed:
            return
        blocker = find_blocker(self._loop, self._loop_thread, self._attempts())
        if blocker is None or self._stamp != stamp:
            return
        heartbeats.blocker = blocker.attempt
        if heartbeats.is_needed:
            heartbeats.run()

    def _is_late(self, stamp: float) -> bool:
        return monotonic() - stamp > self._detector.interval + _LATE_STAMP and self._detector.age > 0

    def _goes_on(self, stamp: float) -> bool:
        """Look at the loop; return whether it has been blocked since *stamp*, and not for too long."""
        self._look()
        if self._detector.age > self._tolerance:
            self._given_up_on = stamp
        return self._stamp == stamp and self._given_up_on != stamp and not self._has_ended.is_set()

    def _attempts(self) -> Iterator[Attempt]:
        for worker in self._workers:
            yield from worker.attempts

    def _set_blocked_for(self, seconds: float | None) -> None:
        for worker in self._workers:
            worker.blocked_for = seconds

    def _end_report(self, seconds: float | None = None) -> None:
        report, self._report = self._report, None
        if report is not None:
            report.end(self._detector.age if seconds is None else seconds)


def look_interval(threshold: float, heartbeat_timeout: float = math.inf) -> float:
    """Return the seconds between two looks: several in a threshold, and in what a heartbeat timeout leaves for one.

    Args:
        threshold: Of a block, in seconds.
        heartbeat_timeout: The shortest of all attempts, in seconds.
    """
    return min(_LONGEST_INTERVAL, threshold / _LOOKS, max(_SHORTEST_INTERVAL, heartbeat_timeout * _SHARE_OF_TIMEOUT))


# The watchdogs of the process, by their loops. Held for a moment only: loops are in different threads.
_watchdogs: dict[asyncio.AbstractEventLoop, Watchdog] = {}
_lock = threading.Lock()


@asynccontextmanager
async def watchdog_running(worker: WatchedWorker) -> AsyncIterator[None]:
    """Have a watchdog look after the running loop for *worker* in the block."""
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
