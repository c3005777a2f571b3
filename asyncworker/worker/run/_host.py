"""The task that a run is in: begun, waited for and stopped by tasks of which none is its parent.

So a worker may be entered and left in any tasks, and cancelling those does not cancel the run.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import nullcontext
from contextvars import Context, copy_context
from functools import partial
from typing import TYPE_CHECKING

import anyio

from ..._safe_logger import get_logger
from .._signals import on_signals
from ._run import run_worker
from ._state import RunState

if TYPE_CHECKING:
    from ...client import Client
    from .._settings import WorkerSettings

__all__ = ["RunHost", "begin_run"]

_logger = get_logger(__name__)


def begin_run(
    worker: object, settings: WorkerSettings, client: Client | None, *, worker_state: object, is_shut_down: bool
) -> RunHost:
    """Begin a run in a task of its own.

    Args:
        worker: For its lifespan, and for observers that want to know of it.
        settings: Of the worker.
        client: What it uses; ``None``: it connects itself.
        worker_state: What activities get as the worker's state if it has no lifespan.
        is_shut_down: Whether the run is to end as it begins.
    """
    for observer in settings.observers:
        if callable(worker_begins := getattr(observer, "worker_begins", None)):
            worker_begins(worker)
    lifespan = settings.lifespan
    # Shared with the lifespan's task.
    context = None if lifespan is None else copy_context()
    run = RunState(
        settings,
        client,
        lifespan=None if lifespan is None else partial(lifespan, worker),
        context=context,
        worker_state=worker_state,
    )
    if is_shut_down:
        run.stop()
    return RunHost(run, context)


class RunHost:
    """The task of one run.

    Args:
        run: Begins at once.
        context: Of the task; ``None``: a copy of the running one's.

    Attributes:
        run: The run.
        ended: The task.
    """

    def __init__(self, run: RunState, context: Context | None) -> None:
        self.run = run
        # A task factory need not know of contexts.
        own = {} if context is None else {"context": context}
        loop = asyncio.get_running_loop()
        self.ended = loop.create_task(run_worker(run), name=f"worker of {run.settings.task_queue}", **own)

    def __repr__(self) -> str:
        return f"<RunHost of {self.run!r} [{'ended' if self.ended.done() else 'not ended'}]>"

    async def until_begun(self) -> None:
        """Wait until the worker polls. Cancelling ends the run first.

        Raises:
            WorkerError: The worker could not begin.
            RPCError: The server could not be reached.
            ConfigurationError: A setting of the connection is wrong, or the health address is taken.
            RuntimeError: The worker was shut down before.
        """
        try:
            await self._begun_or_ended()
        except BaseException:
            self.run.stop()
            try:
                await self.drain()
            finally:
                if self.ended.done() and not self.ended.cancelled():
                    # It is logged. What is raised here goes first.
                    self.ended.exception()
            raise

    async def _begun_or_ended(self) -> None:
        has_begun = self.run.has_begun
        self.ended.add_done_callback(lambda _: has_begun.set())
        await has_begun.wait()
        if self.ended.done():
            self.ended.result()
            raise RuntimeError("the worker was shut down while it started")

    async def wait(self, *, handle_signals: bool = False) -> None:
        """Wait for the end; being cancelled meanwhile is a request to stop, and is passed on afterwards.

        Args:
            handle_signals: Let signals begin the shutdown, and its next stages.

        Raises:
            WorkerError: The worker could not begin, or could not go on.
            RPCError: The server could not be reached.
            ConfigurationError: A setting of the connection is wrong, or the health address is taken.
        """
        with on_signals(self._on_signal) if handle_signals else nullcontext():
            try:
                await asyncio.wait({self.ended})
            except asyncio.CancelledError:
                self.run.escalate()
                await self.drain()
                raise
            self.ended.result()

    async def drain(self) -> None:
        """Wait for the end in a scope that may be cancelled already; being cancelled anew begins the next stage.

        Raises:
            CancelledError: It was cancelled anew; raised at the end.
        """
        cancelled: asyncio.CancelledError | None = None
        # Shielded, as a cancelled scope would go on cancelling; a cancellation of the task itself still gets through.
        with anyio.CancelScope(shield=True):
            while not self.ended.done():
                try:
                    await asyncio.wait({self.ended})
                except asyncio.CancelledError as error:
                    cancelled = error
                    self.run.escalate()
        if cancelled is not None:
            raise cancelled

    def _on_signal(self, number: signal.Signals) -> None:
        _logger.info("got %s", number.name)
        self.run.escalate()
