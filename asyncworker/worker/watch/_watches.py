"""Look for attempts that are to be watched, and keep their watches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
from ._watcher import MIN_AGE

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from ...activity import Info
    from ..attempts._attempt import Attempt
    from ..attempts._attempt_set import AttemptSet
    from ..attempts._run_environment import RunEnvironment
    from ._options import WatchOptions

__all__ = ["Watches"]

_logger = get_logger(__name__)

AnyWatch: TypeAlias = ActivityWatch | RunWatch

# Seconds between two looks: at most, and at least.
_LONGEST_WAIT, _SHORTEST_WAIT = 1.0, 0.1
# How many attempts are looked at each time: about a millisecond.
_LOOKED_AT = 500
# Shares of a connection's streams: above the first no watch begins, above the second one ends with each look.
_HALF_FULL, _NEARLY_FULL = 0.5, 0.75
_NAMES: dict[Kind, str] = {"standalone": "standalone activities", "workflow_run": "activities of workflows"}


class Watches:
    """The watches of one run of a worker.

    Args:
        environment: Of the worker.
        attempts: Of the run.
        is_pushed: Whether the server pushes the cancellations of workflows' activities.
    """

    def __init__(self, environment: RunEnvironment, attempts: AttemptSet, *, is_pushed: Callable[[], bool]) -> None:
        self._environment = environment
        self._attempts = attempts
        self._is_pushed = is_pushed
        self._own: dict[AnyWatch, anyio.CancelScope] = {}
        self._errors = LogThrottle()

    def __repr__(self) -> str:
        return f"<Watches of {self._environment.task_queue!r} [{len(self._own)}]>"

    async def run(self, options: WatchOptions, group: TaskGroup) -> None:
        """Look at the attempts again and again, and watch in tasks of *group*. Cancelling is safe.

        Args:
            options: What may be spent.
            group: Is cancelled with this.
        """
        client = self._environment.client
        server = client._server or f"{id(client.service.transport)}"
        with shared_table(self._environment.loop, server, self._environment.namespace, options) as table:
            call = Call(self._environment.service, client._polls, table)
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
            due_at = attempt.arrived_at + MIN_AGE
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
        info = attempt.info
        if info.workflow_id is not None and self._is_pushed():
            return
        if info.workflow_id is None and not table.has_capacity("standalone", now):
            # Of thousands most come this far.
            return
        subject = _subject(info)
        watch = table.find(subject)
        if watch is None:
            watch = self._begin(subject, attempt, table, call, group, now)
        # Another worker's too: it is one for all attempts of the run in this process.
        if isinstance(watch, RunWatch):
            watch.add(attempt)
            if not table.is_paused(now) and watch.take_doubt():
                self._start(group, partial(self._guarded, watch, watch.look, table), "description of a run")

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
        self._start(group, partial(self._run, watch, scope, table), f"watch of {subject.id}")
        return watch

    def _start(self, group: TaskGroup, run: Callable[[], Awaitable[None]], name: str) -> None:
        # One that failed in the group, or that other code cancels, would cancel all that is nested in it.
        group.start_soon(supervised, run, self._log_broken, name=name)

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

    def _log_broken(self, error: Exception) -> None:
        if self._errors.should_log(repr(error), self._environment.loop.time()):
            _logger.error("a watch for cancellations broke; activities go on, told by heartbeats", exc_info=error)


def _subject(info: Info) -> Subject:
    if info.workflow_id is None:
        return Subject("standalone", info.activity_id, info.activity_run_id or "")
    return Subject("workflow_run", info.workflow_id, info.workflow_run_id or "")
