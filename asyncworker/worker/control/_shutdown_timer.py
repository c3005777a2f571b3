"""Cancel the attempts when the grace period of a shutdown is over, and abandon those that do not heed that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

from ..._safe_logger import get_logger
from ...common import ActivityCancellationDetails
from .._supervision import is_scope_cancelled, supervised, uncancel

if TYPE_CHECKING:
    from .._stages import ShutdownStages
    from ..attempts._attempt_set import AttemptSet

__all__ = ["WORKER_SHUTDOWN", "ShutdownTimer"]

_logger = get_logger(__name__)

WORKER_SHUTDOWN = ActivityCancellationDetails(worker_shutdown=True)


class ShutdownTimer:
    """The supervising task of a shutdown: it must outlive any error, as the shutdown would not end without it.

    Args:
        attempts: What is to end.
        stages: Of the shutdown; the second is begun when the grace period is over.
        task_queue: For the log.
        grace: Seconds that attempts have to end by themselves.
        hard_stop: Seconds that cancelled attempts have to end.
        on_error: Called with an error in here; the shutdown then goes on.
        last_call: Seconds, the least of the hard stop that remains for attempts of late tasks to heed a cancellation.
        after_error: Seconds until it goes on after an error.
    """

    def __init__(
        self,
        attempts: AttemptSet,
        stages: ShutdownStages,
        task_queue: str,
        *,
        grace: float,
        hard_stop: float,
        on_error: Callable[[Exception], None],
        last_call: float = 1.0,
        after_error: float = 0.1,
    ) -> None:
        self._attempts = attempts
        self._stages = stages
        self._task_queue = task_queue
        self._grace = grace
        self._hard_stop = hard_stop
        self._on_error = on_error
        self._last_call = min(last_call, hard_stop / 2)
        self._after_error = after_error

    def __repr__(self) -> str:
        return f"<ShutdownTimer [{self._grace:g} s grace, {self._hard_stop:g} s hard stop, {self._stages!r}]>"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the time of a shutdown for the length of a block, at whose end no attempt is left."""
        async with anyio.create_task_group() as group:
            group.start_soon(supervised, self.run, self._on_error, name="shutdown timer")
            yield
            group.cancel_scope.cancel()

    async def run(self) -> None:
        """Wait for the shutdown to begin, then carry out its stages until cancelled."""
        while not self._stages.is_torn_down:
            try:
                await self._carry_out()
            except asyncio.CancelledError:
                if is_scope_cancelled():
                    raise
                # Of other code, which cancels what it finds on the event loop; or of the event loop's end.
                uncancel()
                await anyio.sleep(self._after_error)
            except Exception as error:
                _logger.exception("the shutdown of worker %r goes on after an error", self._task_queue)
                self._on_error(error)
                await anyio.sleep(self._after_error)

    async def _carry_out(self) -> None:
        attempts, stages, clock = self._attempts, self._stages, asyncio.get_running_loop().time
        await stages.drain.wait()
        await stages.cancel.wait_until(stages.drain_began_at + self._grace)
        is_early = stages.cancel.has_begun
        stages.cancel.begin()
        attempts.cancel_all(WORKER_SHUTDOWN)
        abandon_at = clock() + self._hard_stop
        if not is_early:
            # A late task is run meanwhile, rather than failed back: its attempt may be the only one.
            await stages.abandon.wait_until(abandon_at - self._last_call)
        attempts.cancel_all_and_late_tasks(WORKER_SHUTDOWN)
        await stages.abandon.wait_until(abandon_at)
        # The last polls may bring more tasks, which must not hold up the end either.
        while True:
            await attempts.abandon()
            await attempts.wait_for_late_tasks()
            await stages.abandon.wait_until(clock() + self._hard_stop)
