"""Enter and leave a worker's lifespan, which is code of the user's, in a task of its own.

A scope in the lifespan may cancel the task that has entered it: a task group does, when one of its tasks fails. That
task is not the run's, so that a run goes on to its orderly end: attempts finish and are replied to, and then the
lifespan is left, and raises what has happened. Both tasks have the same context: activities see the context variables
that the lifespan sets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context
from typing import Any

import anyio

from ..._arguments import UNSET
from ..._rpc._callbacks import BackgroundTasks
from ..._safe_logger import get_logger
from ...exceptions import WorkerError
from .._stages import ShutdownStages
from .._supervision import first_error

__all__ = ["Lifespan"]

_logger = get_logger(__name__)

# Seconds that a lifespan has to heed its cancellation.
_CANCEL_TIMEOUT = 1.0
# What contextlib says of a generator function that yields never, or twice.
_WRONG_YIELDS = ("generator didn't yield", "generator didn't stop")


class Lifespan:
    """One time that a worker's lifespan is entered and left.

    Args:
        make: Returns the context manager.
        task_queue: The worker's.
        exit_timeout: Seconds that leaving it may take.
        stages: Of the shutdown, which ends the entering.
        context: The run's.
        on_cancelled: Called when the lifespan is cancelled while the worker runs.

    Attributes:
        state: What it has yielded, while it is entered.
        error: Why it failed.
    """

    def __init__(
        self,
        make: Callable[[], AbstractAsyncContextManager[Any]],
        task_queue: str,
        *,
        exit_timeout: float,
        stages: ShutdownStages,
        context: Context | None,
        on_cancelled: Callable[[], None],
    ) -> None:
        self._make = make
        self._task_queue = task_queue
        self._exit_timeout = exit_timeout
        self._stages = stages
        self._context = context
        self._on_cancelled = on_cancelled
        self._tasks = BackgroundTasks()
        self._task: asyncio.Task[None] | None = None
        # Entered, or ended before.
        self._is_past_entering = asyncio.Event()
        self._may_leave = asyncio.Event()
        # By itself, while the worker ran.
        self._was_cancelled = False
        self.state: Any = UNSET
        self.error: WorkerError | None = None

    def __repr__(self) -> str:
        return f"<Lifespan of worker {self._task_queue!r} [{'left' if self.state is UNSET else 'entered'}]>"

    @property
    def is_entering(self) -> bool:
        """Whether it has begun and is not entered yet."""
        return self._task is not None and not self._is_past_entering.is_set()

    async def enter(self) -> bool:
        """Enter it; return ``False`` if the shutdown has begun and has kept it from being entered.

        Raises:
            WorkerError: It failed, which is logged as well.
        """
        _logger.info("worker of task queue %r enters its lifespan", self._task_queue)
        self._task = task = self._tasks.start(self._run(), self._context)
        task.add_done_callback(lambda _: self._is_past_entering.set())
        with self._stages.drain.ends(anyio.CancelScope()):
            await self._is_past_entering.wait()
        if self.state is UNSET and not task.done():
            # It may be entered all the same, now or much later.
            self._may_leave.set()
            await self._cancel(task)
        if self.state is not UNSET:
            return True
        # One that a shutdown has cancelled has not failed.
        if not (task.done() and task.cancelled() and self._stages.drain.has_begun):
            self.error = self._error_of(task, "on entering")
        if self.error is not None:
            self._log_error()
            raise self.error from self.error.__cause__
        return False

    async def leave(self) -> None:
        """Leave it, within its time; an error is logged, and is :attr:`error`."""
        task = self._task
        assert task is not None
        self._may_leave.set()
        await asyncio.wait({task}, timeout=self._exit_timeout)
        if not task.done():
            _logger.error(
                "the lifespan of worker %r has not ended within %g s, and is cancelled",
                self._task_queue,
                self._exit_timeout,
            )
            await self._cancel(task)
        self.state = UNSET
        self.error = self._error_of(task, "while the worker ran" if self._was_cancelled else "on leaving")
        self._log_error()

    def escalate(self) -> None:
        """Cancel the leaving, if that has begun."""
        if self._may_leave.is_set() and self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        manager = self._make()
        if not (hasattr(type(manager), "__aenter__") and hasattr(type(manager), "__aexit__")):
            raise TypeError(f"it returned {manager!r}, which is no asynchronous context manager")
        async with manager as self.state:
            self._is_past_entering.set()
            cancelled = await self._until_left()
            # The end of the event loop cancels every task, and says nothing of the lifespan.
            if cancelled is not None and not self._stages.is_torn_down:
                self._was_cancelled = True
                raise cancelled

    async def _until_left(self) -> asyncio.CancelledError | None:
        """Wait until it may be left; return a cancellation that came before, which is the lifespan's to see."""
        cancelled = None
        with anyio.CancelScope() as scope:
            while not self._may_leave.is_set():
                try:
                    await self._may_leave.wait()
                except asyncio.CancelledError as error:
                    # A cancelled scope would go on cancelling.
                    cancelled, scope.shield = error, True
                    self._on_cancelled()
        return cancelled

    async def _cancel(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_TIMEOUT)

    def _log_error(self) -> None:
        # With its traceback, as a command prints only the error itself.
        if self.error is not None:
            _logger.error("%s", self.error, exc_info=self.error.__cause__)

    def _error_of(self, task: asyncio.Task[None], when: str) -> WorkerError | None:
        """Return what has become of *task*, if that is a failure."""
        which = f"the lifespan of worker {self._task_queue!r}"
        if not task.done():
            return WorkerError(f"{which} did not heed its cancellation, and is left behind")
        if task.cancelled():
            return WorkerError(f"{which} was cancelled {when}")
        error = task.exception()
        if error is None:
            return None
        cause = first_error(error) if isinstance(error, Exception) else error
        hint = ": its function must yield once" if str(cause) in _WRONG_YIELDS else ""
        failure = WorkerError(f"{which} failed {when}{hint}: {cause!r}")
        failure.__cause__ = error
        return failure
