"""What the workers of one process and namespace watch together, and what they have given up."""

from __future__ import annotations

import math
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary

from ...exceptions import ClientClosedError, RPCError, RPCStatusCode
from ._budget import Kind, WatchBudget
from ._options import WatchOptions

__all__ = ["Subject", "Verdict", "Watch", "WatchTable", "shared_table"]

# Seconds in which a run that has brought too much is not watched.
_DROPPED = 600.0
# Seconds without any new watch after an error: doubled by each that follows.
_AFTER_ERROR = (1.0, 30.0)
_REFUSALS = frozenset({RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED})


class Subject(NamedTuple):
    """What is watched: a standalone activity, or a workflow's run."""

    kind: Kind
    id: str
    run_id: str


class Watch(Protocol):
    """A watch of one subject."""

    subject: Subject


class Verdict(Enum):
    """What an error of a watch's call means."""

    #: There is no such activity or run any more.
    GONE = "gone"
    #: It would be too much, for a while.
    DROPPED = "dropped"
    #: The server does not allow it.
    REFUSED = "refused"
    #: It may work later.
    LATER = "later"


class WatchTable:
    """The watches of one process and namespace, on one event loop; times are seconds on its clock.

    Attributes:
        budget: What all of them may spend.
    """

    def __init__(self, options: WatchOptions) -> None:
        self.budget = WatchBudget(options)
        self._watches: dict[Subject, Watch] = {}
        self._counts: dict[Kind, int] = {"standalone": 0, "workflow_run": 0}
        self._refused: set[Kind] = set()
        self._dropped_until: dict[Subject, float] = {}
        self._failures = 0
        self._resume_at = -math.inf

    def __repr__(self) -> str:
        return f"<WatchTable of {len(self._watches)} watches [{self.budget!r}]>"

    def find(self, subject: Subject) -> Watch | None:
        """Return the watch of a subject, whichever worker's it is."""
        return self._watches.get(subject)

    def has_capacity(self, kind: Kind, now: float) -> bool:
        """Whether one more of a kind may be watched."""
        return self._counts[kind] < self.budget.limit(kind) and not self.is_paused(now) and kind not in self._refused

    def is_paused(self, now: float) -> bool:
        """Whether no call is to be made for now, as one has failed."""
        return now < self._resume_at

    def is_dropped(self, subject: Subject, now: float) -> bool:
        """Whether a subject is not to be watched for now."""
        until = self._dropped_until.get(subject)
        if until is not None and now >= until:
            del self._dropped_until[subject]
        return until is not None and now < until

    def excess(self, kind: Kind) -> int:
        """How many watches of a kind are to end, as the budget has shrunk."""
        return max(0, self._counts[kind] - self.budget.limit(kind))

    def begin(self, watch: Watch) -> None:
        """Record a watch."""
        self._watches[watch.subject] = watch
        self._counts[watch.subject.kind] += 1

    def end(self, watch: Watch) -> None:
        """Forget a watch."""
        if self._watches.get(watch.subject) is watch:
            del self._watches[watch.subject]
            self._counts[watch.subject.kind] -= 1

    def succeed(self) -> None:
        """Record that a call was answered."""
        self._failures = 0

    def drop(self, subject: Subject, now: float) -> None:
        """Do not watch a subject for a while."""
        self._dropped_until = {it: until for it, until in self._dropped_until.items() if now < until}
        self._dropped_until[subject] = now + _DROPPED

    def fail(self, subject: Subject, error: RPCError, now: float) -> Verdict:
        """Decide what follows from the error of a call."""
        if error.status is RPCStatusCode.NOT_FOUND:
            return Verdict.GONE
        if error.is_message_too_large:
            self.drop(subject, now)
            return Verdict.DROPPED
        if error.status in _REFUSALS:
            self._refused.add(subject.kind)
            return Verdict.REFUSED
        if error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
            self.budget.throttle(now, now)
        if now >= self._resume_at and not isinstance(error, ClientClosedError):
            first, longest = _AFTER_ERROR
            self._resume_at = now + min(first * 2 ** min(self._failures, 10), longest)
            self._failures += 1
        return Verdict.LATER

    def is_refused(self, kind: Kind) -> bool:
        """Whether the server does not allow to watch a kind."""
        return kind in self._refused


_tables: WeakKeyDictionary[AbstractEventLoop, dict[tuple[str, str], tuple[WatchTable, int]]] = WeakKeyDictionary()


@contextmanager
def shared_table(loop: AbstractEventLoop, server: str, namespace: str, options: WatchOptions) -> Iterator[WatchTable]:
    """Have the table of a server's namespace, which is made with the *options* of the first to come."""
    tables, key = _tables.setdefault(loop, {}), (server, namespace)
    table, users = tables.get(key) or (WatchTable(options), 0)
    tables[key] = (table, users + 1)
    try:
        yield table
    finally:
        table, users = tables.pop(key)
        if users > 1:
            tables[key] = (table, users - 1)
