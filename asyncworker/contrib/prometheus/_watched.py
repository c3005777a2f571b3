"""Figures of workers that are read when they are asked for, so that no activity pays for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias
from weakref import ref

from ...worker import Worker, WorkerStatistics
from . import _families as families
from ._families import Family

__all__ = ["WatchedWorkers"]

_Figure: TypeAlias = tuple[Family, tuple[str, ...], float]

#: How the figures of several workers of one task queue become one, where that is not their sum.
_TOGETHER: dict[Family, Callable[[Iterable[float]], float]] = {
    families.READY: min,
    families.LAST_POLL_AGE: min,
    families.OLDEST_ATTEMPT: max,
}


class WatchedWorkers:
    """The workers whose figures are shown, for as long as their program keeps them."""

    def __init__(self) -> None:
        # Replaced as a whole, as another thread may be reading it.
        self._workers: tuple[ref[Worker], ...] = ()

    def __repr__(self) -> str:
        return f"<WatchedWorkers {self._alive()!r}>"

    def add(self, workers: Iterable[Worker]) -> None:
        """Show the figures of *workers* as well."""
        alive = self._alive()
        alive += [worker for worker in workers if not any(it is worker for it in alive)]
        self._workers = tuple(map(ref, alive))

    def figures(self, labels: Callable[[str], tuple[str, ...]]) -> Iterator[tuple[Family, Sequence[str], float]]:
        """Yield family, labels and value of each; of any thread.

        Args:
            labels: Returns those of a task queue.
        """
        of_queue: dict[str, list[WorkerStatistics]] = defaultdict(list)
        for worker in self._alive():
            of_queue[worker.task_queue].append(worker.statistics())
        for task_queue, found in of_queue.items():
            common = labels(task_queue)
            values: dict[tuple[Family, tuple[str, ...]], list[float]] = defaultdict(list)
            for statistics in _current(found):
                for family, own, value in _figures(statistics):
                    values[family, own].append(value)
            for (family, own), several in values.items():
                yield family, (*common, *own), _TOGETHER.get(family, sum)(several)

    def _alive(self) -> list[Worker]:
        return [worker for it in self._workers if (worker := it()) is not None]


def _current(found: Sequence[WorkerStatistics]) -> Sequence[WorkerStatistics]:
    """Leave those out that do not run, if one does: it has followed on them."""
    running = [it for it in found if it.state not in ("not_started", "stopped")]
    return running or found[:1]


def _figures(now: WorkerStatistics) -> Iterator[_Figure]:
    kind = ("ActivityWorker",)
    if now.slots_available is not None:
        yield families.SLOTS_AVAILABLE, kind, now.slots_available
    yield families.SLOTS_USED, kind, now.slots_used
    yield families.SLOTS_RESERVED, (), now.slots_reserved
    yield families.READY, (), now.is_ready
    yield families.POLLS_OPEN, (), now.polls_open
    if now.last_poll_age is not None:
        yield families.LAST_POLL_AGE, (), now.last_poll_age
    yield families.OLDEST_ATTEMPT, (), now.attempts[0].age if now.attempts else 0.0
    yield families.CONNECTIONS, (), len(now.connections)
