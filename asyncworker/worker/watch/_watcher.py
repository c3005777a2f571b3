"""Look for attempts that are to be watched, and keep their watches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, get_args

import anyio

from ..._log_throttle import LogThrottle
from ..._safe_logger import get_logger
from ...exceptions import RPCError
from .._supervision import supervised
from ._activity_watch import ActivityWatch
from ._budget import Kind
from ._calls import Call
from ._run_watch import RunWatch
from ._table import Subject, Verdict, WatchTable, shared_table

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from ...activity import Info
    from ..attempts._attempt import Attempt
    from ..attempts._attempt_set import AttemptSet
    from ..attempts._shared import Environment
    from ._options import WatchOptions

__all__ = ["Watcher"]

_logger = get_logger(__name__)

AnyWatch: TypeAlias = ActivityWatch | RunWatch

# Seconds: most activities are over before that.
_MIN_AGE = 1.0
# Seconds between two looks: at most, and at least.
_LONGEST_WAIT, _SHORTEST_WAIT = 1.0, 0.1
# How many attempts are looked at each time: a millisecond or less.
_LOOKED_AT = 1000
# Shares of a connection's streams: above the first no watch begins, above the second one ends with each look.
_HALF_FULL, _NEARLY_FULL = 0.5, 0.75
_NAMES: dict[Kind, str] = {"standalone": "standalone activities", "workflow_run": "activities of workflows"}


class Watcher:
    """Watches the attempts of one run of a worker that do not heartbeat.

    Args:
        environment: Of the worker.
        attempts: Of the run.
        options: What may be spent.
        is_pushed: Whether the server pushes the cancellations of workflows' activities.
    """

    def __init__(
        self,
        environment: Environment,
        attempts: AttemptSet,
        options: WatchOptions | None,
        *,
        is_pushed: Callable[[], bool],
    ) -> None:
        self._environment = environment
        self._attempts = attempts
        self._options = options
        self._is_pushed = is_pushed
        self._own: dict[AnyWatch, anyio.CancelScope] = {}
        self._errors = LogThrottle()

    def __repr__(self) -> str:
        return f"<Watcher of {self._environment.task_queue!r} [{len(self._own)} watches]>"

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch for the length of a block."""
        options, client = self._options, self._environment.client
        if options is None or options.is_off:
            yield
            return
        server = client._server or f"{id(client.service.transport)}"
        with shared_table(self._environment.loop, server, self._environment.namespace, options) as table:
            async with anyio.create_task_group() as group:
                look = partial(self._look_repeatedly, table, group)
                group.start_soon(supervised, look, self._on_broken, name="watch for cancellations")
                try:
                    yield
                finally:
                    group.cancel_scope.cancel()

    async def _look_repeatedly(self, table: WatchTable, group: TaskGroup) -> None:
        call = Call(self._environment.service, table)
        while True:
            wait = self._look(table, call, group)
            await anyio.sleep(wait)

    # One look

    def _look(self, table: WatchTable, call: Call, group: TaskGroup) -> float:
        """End watches and begin others; return the seconds until the next look."""
        now = self._environment.loop.time()
        table.budget.throttle(now - (monotonic() - self._environment.service.caller.throttled_at), now)
        table.budget.recover(now)
        self._end_some(table, now)
        for attempt in self._attempts.oldest(_LOOKED_AT):
            due_at = attempt.arrived_at + _MIN_AGE
            if due_at > now:
                return min(max(due_at - now, _SHORTEST_WAIT), _LONGEST_WAIT)
            if attempt.is_silent(now):
                self._watch(attempt, table, call, group, now)
        return _LONGEST_WAIT

    def _end_some(self, table: WatchTable, now: float) -> None:
        for watch in [watch for watch in self._own if watch.is_over(now)]:
            self._end(watch, table)
        is_full = self._load() > _NEARLY_FULL
        for kind in get_args(Kind):
            # The youngest are the last.
            own = [watch for watch in self._own if watch.subject.kind == kind]
            for watch in own[len(own) - min(table.excess(kind) or is_full, len(own)) :]:
                self._end(watch, table)

    def _end(self, watch: AnyWatch, table: WatchTable) -> None:
        self._own.pop(watch).cancel()
        table.end(watch)

    def _watch(self, attempt: Attempt, table: WatchTable, call: Call, group: TaskGroup, now: float) -> None:
        subject = _subject(attempt.info())
        if subject.kind == "workflow_run" and self._is_pushed():
            return
        watch = table.find(subject)
        if watch is None:
            watch = self._begin(subject, attempt, table, call, group, now)
        # Another worker's too: it is one for all attempts of the run in this process.
        if isinstance(watch, RunWatch):
            watch.add(attempt)
            if watch.is_doubtful:
                group.start_soon(self._guarded, watch, watch.look, table, name="description of a run")

    def _begin(
        self, subject: Subject, attempt: Attempt, table: WatchTable, call: Call, group: TaskGroup, now: float
    ) -> AnyWatch | None:
        if not table.has_capacity(subject.kind, now) or table.is_dropped(subject, now) or self._load() > _HALF_FULL:
            return None
        namespace = self._environment.namespace
        watch: AnyWatch
        if subject.kind == "standalone":
            watch = ActivityWatch(subject, namespace, attempt, call)
        else:
            watch = RunWatch(subject, namespace, call)
            watch.add(attempt)
        table.begin(watch)
        self._own[watch] = scope = anyio.CancelScope()
        group.start_soon(self._run, watch, scope, table, name=f"watch of {subject.id}")
        return watch

    def _load(self) -> float:
        """Return the share of the connection's streams that is in use."""
        return getattr(self._environment.service.transport, "load", 0.0)

    # One watch

    async def _run(self, watch: AnyWatch, scope: anyio.CancelScope, table: WatchTable) -> None:
        try:
            with scope:
                await self._guarded(watch, watch.run, table)
                if isinstance(watch, RunWatch) and watch.is_too_much:
                    _logger.debug("%r has brought too much, and ends", watch)
                    table.drop(watch.subject, self._environment.loop.time())
        finally:
            self._own.pop(watch, None)
            table.end(watch)

    async def _guarded(self, watch: AnyWatch, run: Callable[[], Awaitable[None]], table: WatchTable) -> None:
        try:
            await run()
        except RPCError as error:
            self._on_error(watch, error, table)
        except Exception as error:  # noqa: BLE001 - of the watch alone
            table.drop(watch.subject, self._environment.loop.time())
            self._log_broken(error)

    def _on_error(self, watch: AnyWatch, error: RPCError, table: WatchTable) -> None:
        was_refused = table.is_refused(watch.subject.kind)
        match table.fail(watch.subject, error, self._environment.loop.time()):
            case Verdict.GONE:
                watch.gone()
            case Verdict.REFUSED if not was_refused:
                what = _NAMES[watch.subject.kind]
                _logger.info("%s without heartbeats are not watched: cancellations come by heartbeats: %s", what, error)
            case _:
                _logger.debug("%r ends: %s", watch, error)

    def _on_broken(self, error: Exception) -> None:
        self._log_broken(error)

    def _log_broken(self, error: Exception) -> None:
        if self._errors.should_log(repr(error), self._environment.loop.time()):
            _logger.error("a watch for cancellations broke; activities go on, told by heartbeats", exc_info=error)


def _subject(info: Info) -> Subject:
    if info.workflow_id is None:
        return Subject("standalone", info.activity_id, info.activity_run_id or "")
    return Subject("workflow_run", info.workflow_id, info.workflow_run_id or "")
