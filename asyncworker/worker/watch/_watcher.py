"""Begin to watch when there is an attempt that has run for a second; import what that takes no sooner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import anyio

from ..._safe_logger import get_logger
from .._supervision import supervised

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from ..attempts._attempt_set import AttemptSet
    from ..attempts._run_environment import RunEnvironment
    from ._options import WatchOptions

__all__ = ["MIN_AGE", "Watcher"]

_logger = get_logger(__name__)

#: Seconds until an attempt is watched: most activities are over before that.
MIN_AGE = 1.0


class Watcher:
    """Watches the attempts of one run of a worker that do not heartbeat.

    Args:
        environment: Of the worker.
        attempts: Of the run.
        options: What may be spent; ``None`` for nothing.
        is_pushed: Whether the server pushes the cancellations of workflows' activities.
    """

    def __init__(
        self,
        environment: RunEnvironment,
        attempts: AttemptSet,
        options: WatchOptions | None,
        *,
        is_pushed: Callable[[], bool],
    ) -> None:
        self._environment = environment
        self._attempts = attempts
        self._options = options
        self._is_pushed = is_pushed

    def __repr__(self) -> str:
        return f"<Watcher of {self._environment.task_queue!r} [{self._options}]>"

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch for the length of a block."""
        options = self._options
        if options is None or options.is_off:
            yield
            return
        async with anyio.create_task_group() as group:
            run = partial(self._run, options, group)
            group.start_soon(supervised, run, self._on_error, name="watch for cancellations")
            try:
                yield
            finally:
                group.cancel_scope.cancel()

    async def _run(self, options: WatchOptions, group: TaskGroup) -> None:
        while (wait := self._first_wait()) > 0:  # noqa: ASYNC110 - an event would cost each attempt
            await anyio.sleep(wait)
        # A few milliseconds, in which a worker that starts would rather poll.
        from ._watches import Watches

        await Watches(self._environment, self._attempts, is_pushed=self._is_pushed).run(options, group)

    def _first_wait(self) -> float:
        """Return the seconds until there may be an attempt to watch."""
        oldest = self._attempts.oldest(1)
        return oldest[0].arrived_at + MIN_AGE - self._environment.loop.time() if oldest else MIN_AGE

    def _on_error(self, error: Exception) -> None:
        _logger.error("the watch for cancellations broke; activities go on, told by heartbeats", exc_info=error)
