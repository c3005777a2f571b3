"""The state of one run of a worker: what it has by now, how far its shutdown has come, and what it failed of."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context
from typing import TYPE_CHECKING, Any

from ..._arguments import UNSET
from ..._safe_logger import get_logger
from ...activity._cancellation import Notice
from ...exceptions import RPCError, WorkerError
from .._observers import Observers
from .._stages import ShutdownStages
from ..control._shutdown_timer import WORKER_SHUTDOWN
from ..lifespan._lifespan import Lifespan

if TYPE_CHECKING:
    import anyio

    from ...client import Client
    from .._settings import WorkerSettings
    from ..attempts._attempt_set import AttemptSet
    from ..health._watchdog import WatchedWorker
    from ..polling._poller_pool import PollerPool

__all__ = ["RunState"]

_logger = get_logger(__name__)


class RunState:
    """One run of a worker; :func:`.run_worker` carries it out.

    Args:
        settings: Of the worker.
        client: Stays its owner's to close; ``None``: one is connected for the run.
        lifespan: Returns the worker's lifespan, if it has one.
        context: The run's own, which the lifespan shares.
        worker_state: What activities get as the worker's state where it has no lifespan.

    Attributes:
        settings: Of the worker.
        client: The client, once there is one.
        instance_key: Names the run to the server.
        observers: Are notified of events; ``None`` if there are none.
        stages: Of the shutdown.
        shutdown_notice: Tells the attempts that the shutdown has begun.
        lifespan: Of the worker, if it has one.
        has_begun: Set once it polls.
        attempts: The attempts, once it has begun.
        pollers: The pollers, once it has begun.
        watched: What the event loop's watchdog says, once it has begun.
    """

    def __init__(
        self,
        settings: WorkerSettings,
        client: Client | None,
        *,
        lifespan: Callable[[], AbstractAsyncContextManager[Any]] | None = None,
        context: Context | None = None,
        worker_state: object = UNSET,
    ) -> None:
        self.settings = settings
        self.client = client
        self.instance_key = str(uuid.uuid4())
        self.observers = Observers(settings.observers) if settings.observers else None
        self.stages = ShutdownStages()
        self.shutdown_notice = Notice()
        self.lifespan: Lifespan | None = None
        if lifespan is not None:
            self.lifespan = Lifespan(
                lifespan,
                settings.task_queue,
                exit_timeout=settings.lifespan_exit_timeout,
                stages=self.stages,
                context=context,
                on_cancelled=self.stop,
            )
        self.has_begun = asyncio.Event()
        self.attempts: AttemptSet | None = None
        self.pollers: PollerPool | None = None
        self.watched: WatchedWorker | None = None
        self._worker_state = worker_state
        self._fatal: RPCError | None = None
        self._broken: Exception | None = None

    def __repr__(self) -> str:
        used = 0 if self.attempts is None else len(self.attempts)
        state = "stopping" if self.stages.drain.has_begun else "polling" if self.has_begun.is_set() else "beginning"
        return f"<RunState [{state}, {used} running]>"

    @property
    def worker_state(self) -> Any:
        """What the lifespan has yielded, while it is entered."""
        return self._worker_state if self.lifespan is None else self.lifespan.state

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server; of any thread."""
        return self.pollers is not None and self.pollers.is_polling

    # The shutdown

    def stop(self) -> None:
        """Begin the shutdown: poll no more, and give the attempts the grace period."""
        if not self.stages.drain.has_begun:
            self.stages.begin(asyncio.get_running_loop().time())
            self.shutdown_notice.raise_(WORKER_SHUTDOWN)

    def escalate(self) -> None:
        """Begin the next stage of the shutdown: drain, cancel, abandon; cancel a lifespan that is being left."""
        if self.lifespan is not None:
            self.lifespan.escalate()
        if not self.stages.drain.has_begun:
            self.stop()
        else:
            self.stages.escalate(asyncio.get_running_loop().time())

    def limited_by_shutdown(self, scope: anyio.CancelScope) -> anyio.CancelScope:
        """Have *scope* cancelled when the shutdown has taken as long as it may; return it."""
        scope.deadline = self.stages.drain_began_at + self.settings.grace + self.settings.hard_stop
        return self.stages.abandon.ends(scope)

    # Its failure

    def on_error(self, error: Exception) -> None:
        """End the run with *error*, which is one of the worker itself."""
        if self.stages.is_torn_down:
            # All tasks are cancelled.
            return
        if self._broken is None:
            self._broken = error
            _logger.error("worker of task queue %r broke, and stops", self.settings.task_queue, exc_info=error)
        else:
            # The run raises the first one only.
            _logger.error("worker of task queue %r broke once more", self.settings.task_queue, exc_info=error)
        self.stop()

    def on_fatal(self, error: RPCError) -> None:
        """End the run with *error*, with which the server refuses its polls for good."""
        if self._fatal is None:
            self._fatal = error
            _logger.error("worker of task queue %r cannot go on, and stops: %s", self.settings.task_queue, error)
        self.stop()

    def failure(self) -> WorkerError | None:
        """Return what the run raises at its end, with its cause; ``None`` if it has not failed."""
        queue = self.settings.task_queue
        if self._broken is not None:
            return _caused(WorkerError(f"worker of task queue {queue!r} broke: {self._broken!r}"), self._broken)
        if self._fatal is not None:
            namespace = None if self.client is None else self.client.namespace
            refusal = f"the server refuses to give tasks of queue {queue!r} in namespace {namespace!r}: {self._fatal}"
            return _caused(WorkerError(refusal), self._fatal)
        return None if self.lifespan is None else self.lifespan.error


def _caused(error: WorkerError, cause: Exception) -> WorkerError:
    error.__cause__ = cause
    return error
