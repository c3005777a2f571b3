"""One run of a worker: begin, poll, and end in the order in which things depend on each other.

Theory of operation
-------------------
Blocks are nested, and end from the inside out::

    lifespan ⊃ watchdog ⊃ control (worker heartbeats, commands) ⊃ shutdown timer ⊃ watch ⊃ dependencies ⊃ attempts
    ⊃ announcement ⊃ polling

*Polling* ends when no poll is open. The *announcement* tells the server that the worker stops (``ShutdownWorker``);
where the namespace says ``worker_poll_complete_on_shutdown`` it answers the open polls at once. It does so without
regard to a task that it is just handing out to one of them, which is then started with nothing to run it (measured on
Server 1.32 with 50 tasks a second: at every fifth shutdown). So the polls of a busy queue are left to bring their
tasks, and the server is told in a lull. So are those of a worker that has not run long enough to know whether its
queue is busy. Where the server does not end polls they run into their own deadline, which is short for that reason.
The *attempts* have ended when each has been replied to; then the *dependencies* that they shared are closed. The
*shutdown timer* cancels the attempts once the grace period is over, and abandons those that do not heed that. The
*watch* brings cancellations of attempts that do not heartbeat.
*Control* keeps the worker known to the server, and within reach of its commands, to the very end. The *watchdog* is a
thread, which sees when the event loop is blocked. The *lifespan* is the user's: it has the connection, and outlasts
each reply.

A shutdown is an event (:mod:`._stages`): polling ends by it, and never by cancelling its scope, as the tasks of open
polls would be lost. An error in a supervising task begins a shutdown, and is raised at its end.

All this is one task, which only the end of the event loop cancels; what waits for it may be cancelled.
"""

from __future__ import annotations

import asyncio
import math
import platform
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import Context
from time import monotonic
from typing import TYPE_CHECKING, Any

import anyio

from .._arguments import UNSET
from .._safe_logger import get_logger
from .._version import client_version
from ..activity._cancellation import Notice
from ..exceptions import RPCError, WorkerError
from ._assembly import assemble, build_environment
from ._events import Observers, RequestFinished, WorkerStarted, WorkerStopped, WorkerStopping
from ._stages import ShutdownStages
from ._supervision import first_error
from .attempts._attempt_set import AttemptSet
from .attempts._log import log_all_ended_by_shutdown
from .attempts._run_environment import RunEnvironment
from .control._namespace import Namespace, describe_namespace
from .control._shutdown_timer import WORKER_SHUTDOWN
from .health._liveness import WorkerHealth, why_not_live
from .health._serving import serving_health
from .health._watchdog import WatchedWorker, watching
from .lifespan._lifespan import Lifespan
from .polling._poller_pool import PollerPool

if TYPE_CHECKING:
    from ..client import Client
    from ._settings import WorkerSettings
    from ._statistics import WorkerState, WorkerStatistics
    from .health._requests import HealthReport
    from .slots._supplier import SlotSupplier

__all__ = ["WorkerRun"]

_logger = get_logger(__name__)

# Seconds that attempts get to report that the event loop is torn down; each takes no longer by itself.
_LAST_REPORTS = 5.5
# Seconds that a codec which still encodes a heartbeat after the last attempt's end has to heed its cancellation.
_CODEC_TIMEOUT = 1.0


class WorkerRun:
    """One run of a worker.

    Args:
        settings: Of the worker.
        client: Stays its owner's to close; ``None``: one is connected for the run.
        lifespan: Returns the worker's lifespan, if it has one.
        context: The run's own, which the lifespan shares.
        state: What activities get as the worker's state where it has no lifespan.

    Attributes:
        client: The client, once there is one.
        instance_key: Names the run to the server.
        stages: Of the shutdown.
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
        state: object = UNSET,
    ) -> None:
        self._settings = settings
        self._state = state
        self._observers = Observers(settings.observers) if settings.observers else None
        self._fatal: RPCError | None = None
        self._broken: Exception | None = None
        self._shutdown_notice = Notice()
        self.client = client
        self.instance_key = str(uuid.uuid4())
        self.stages = ShutdownStages()
        self._lifespan: Lifespan | None = None
        if lifespan is not None:
            self._lifespan = Lifespan(
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

    def __repr__(self) -> str:
        used = 0 if self.attempts is None else len(self.attempts)
        state = "stopping" if self.stages.drain.has_begun else "polling" if self.has_begun.is_set() else "beginning"
        return f"<WorkerRun [{state}, {used} running]>"

    @property
    def state(self) -> Any:
        """What the lifespan has yielded, while it is entered."""
        return self._state if self._lifespan is None else self._lifespan.state

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server; of any thread."""
        return self.pollers is not None and self.pollers.is_polling

    @property
    def is_ready(self) -> bool:
        """Whether it takes work, as far as is known: see :attr:`Worker.is_ready`; of any thread."""
        return self._why_not_ready() is None

    def _why_not_ready(self) -> str | None:
        pollers, attempts, client = self.pollers, self.attempts, self.client
        if self.stages.drain.has_begun:
            return "it is stopping"
        if pollers is None or attempts is None or client is None:
            is_entering = self._lifespan is not None and self._lifespan.is_entering
            return "it enters its lifespan" if is_entering else "it is starting"
        if self.watched is not None and (blocked_for := self.watched.blocked_for) is not None:
            return f"the event loop has been blocked for {blocked_for:.1f} s"
        service = client.service
        silence = monotonic() - service.answered_at
        is_silent = silence > 2 * pollers.timeout
        if pollers.is_polling:
            return f"the server has not responded for {silence:.0f} s" if is_silent else None
        if pollers.may_not_poll(holds_tasks=len(attempts) > 0):
            # There may have been no call for long: then the last outcome still holds.
            is_lost = is_silent and service.answered_at < service.unanswered_at
            return "the last call got no response" if is_lost else None
        return None if pollers.has_just_polled else "no poll is with the server"

    def health(self) -> WorkerHealth:
        """Return whether it is well: see :meth:`Worker.health`; of any thread."""
        pollers, watched = self.pollers, self.watched
        not_live = None
        if pollers is not None and watched is not None:
            not_live = why_not_live(
                blocked_for=watched.blocked_for,
                tolerance=self._settings.loop_block_tolerance,
                oldest_poll=pollers.oldest_poll,
                longest_poll=pollers.longest_poll,
            )
        not_ready = self._why_not_ready()
        reasons = [why for why in (not_live, not_ready) if why is not None]
        return WorkerHealth(not_live is None, not_ready is None, reasons)

    def _report(self) -> HealthReport:
        from ._statistics import document_of

        return document_of(self._settings.task_queue, self.health(), self.statistics())

    def statistics(self) -> WorkerStatistics:
        """Return what the worker is doing; of any thread."""
        # Few workers are asked.
        from ._statistics import WorkerStatistics, running_statistics

        has_begun = self.has_begun.is_set()
        state: WorkerState = "stopping" if self.stages.drain.has_begun else "running" if has_begun else "starting"
        attempts, pollers, client, kind = self.attempts, self.pollers, self.client, str(self._settings.slots.kind)
        if attempts is None or pollers is None or client is None or self.watched is None:
            return WorkerStatistics(state=state, slot_supplier_kind=kind)
        return running_statistics(
            attempts,
            pollers,
            client.service.transport,
            self.watched,
            state=state,
            is_ready=self.is_ready,
            kind=kind,
        )

    # From outside

    def stop(self) -> None:
        """Begin the shutdown: poll no more, and give the attempts the grace period."""
        if not self.stages.drain.has_begun:
            self.stages.begin(asyncio.get_running_loop().time())
            self._shutdown_notice.raise_(WORKER_SHUTDOWN)

    def escalate(self) -> None:
        """Begin the next stage of the shutdown: drain, cancel, abandon; cancel a lifespan that is being left."""
        if self._lifespan is not None:
            self._lifespan.escalate()
        if not self.stages.drain.has_begun:
            self.stop()
        else:
            self.stages.escalate(asyncio.get_running_loop().time())

    # From the beginning to the end

    async def run(self) -> None:
        """Run until stopped.

        Raises:
            WorkerError: The worker could not begin, the server refused its polls for good, or a task of its own failed.
            RPCError: The server could not be reached.
            ConfigurationError: A setting of the connection is wrong, or the health address is taken.
        """
        settings = self._settings
        with serving_health(settings.health_address, self._report, settings.observers):
            await self._run_connected()

    async def _run_connected(self) -> None:
        async with self._connected() as client:
            if client is None:
                return
            observers = self._observers
            listener = observers.notify if observers is not None and observers.wants(RequestFinished) else None
            with client.service.listening(listener):
                namespace = None
                # Nothing is at stake yet: a shutdown waits for no server.
                with self.stages.drain.ends(anyio.CancelScope()):
                    namespace = await describe_namespace(client.service)
                if namespace is not None:
                    await self._run_in_lifespan(client, namespace)

    async def _run_in_lifespan(self, client: Client, namespace: Namespace) -> None:
        lifespan = self._lifespan
        if lifespan is None:
            await self._run_on(client, namespace)
        else:
            if not await lifespan.enter():
                return
            try:
                # It may have come while the lifespan was entered.
                if not self.stages.drain.has_begun:
                    await self._run_on(client, namespace)
            finally:
                await lifespan.leave()
        self._end(client)

    async def _run_on(self, client: Client, namespace: Namespace) -> None:
        settings, stages = self._settings, self.stages
        settings.registry.begin()
        environment = build_environment(settings, client, namespace, self._shutdown_notice, self._observers, self.state)
        parts = assemble(
            settings,
            environment,
            namespace,
            stages,
            instance_key=self.instance_key,
            on_fatal=self._on_fatal,
            on_error=self._on_error,
        )
        self.attempts, self.pollers, self.watched = parts.attempts, parts.pollers, parts.watched
        try:
            async with (
                watching(parts.watched),
                parts.registration.registered(parts.request),
                parts.timer.running(),
                parts.watcher.watching(),
                environment.dependencies.running(self._limited_by_shutdown, self._on_error, self.stop),
                self._attempts_ended(environment, parts.attempts),
                parts.registration.announcing(),
                parts.pollers.polling(stages.abandon),
            ):
                self._log_start(environment, parts.attempts)
                await stages.drain.wait()
                self._log_stop(parts.attempts, parts.pollers, namespace)
                environment.notify(WorkerStopping(settings.task_queue, len(parts.attempts), settings.grace))
        except BaseExceptionGroup as group:
            if stages.is_torn_down or not isinstance(group, ExceptionGroup):
                raise asyncio.CancelledError from group
            raise first_error(group) from None

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client | None]:
        """Have a client; ``None`` if the shutdown begins before there is one."""
        if self.client is not None:
            self._settings.prepare(self.client)
            yield self.client
            return
        # A client costs time to import, which a worker that is only made should not pay.
        from ..client import Client

        with self.stages.drain.ends(anyio.CancelScope()):
            self.client = await Client.connect(connect_timeout=self._settings.connect_timeout)
        if self.client is None:
            yield None
            return
        async with self.client:
            self._settings.prepare(self.client)
            yield self.client

    @asynccontextmanager
    async def _attempts_ended(self, environment: RunEnvironment, attempts: AttemptSet) -> AsyncIterator[None]:
        """Leave when each attempt has been replied to."""
        try:
            yield
            await attempts.wait_until_done()
        except asyncio.CancelledError:
            # Only the end of the event loop cancels this task, and with it all others: attempts end by themselves.
            self.stop()
            self.stages.tear_down(environment.loop.time())
            with anyio.move_on_after(_LAST_REPORTS):
                await attempts.wait_until_done()
            raise
        except BaseException:
            self.stop()
            await attempts.wait_until_done()
            raise
        finally:
            environment.timers.close()
            await environment.background.close(cancel_timeout=_CODEC_TIMEOUT)

    def _limited_by_shutdown(self, scope: anyio.CancelScope) -> anyio.CancelScope:
        """Have *scope* cancelled when the shutdown has taken as long as it may; return it."""
        scope.deadline = self.stages.drain_began_at + self._settings.grace + self._settings.hard_stop
        return self.stages.abandon.ends(scope)

    def _on_error(self, error: Exception) -> None:
        """End the run with *error*, which is one of the worker itself."""
        if self.stages.is_torn_down:
            # All tasks are cancelled.
            return
        if self._broken is None:
            self._broken = error
            _logger.error("worker of task queue %r broke, and stops", self._settings.task_queue, exc_info=error)
        else:
            # The run raises the first one only.
            _logger.error("worker of task queue %r broke once more", self._settings.task_queue, exc_info=error)
        self.stop()

    def _on_fatal(self, error: RPCError) -> None:
        if self._fatal is None:
            self._fatal = error
            _logger.error("worker of task queue %r cannot go on, and stops: %s", self._settings.task_queue, error)
        self.stop()

    def _log_start(self, environment: RunEnvironment, attempts: AttemptSet) -> None:
        self.has_begun.set()
        environment.notify(WorkerStarted(environment.task_queue, environment.namespace, environment.identity))
        attempts.announce()
        _logger.info(
            "worker of task queue %r started: namespace %r on %s, identity %r, %s, %s, activities %s",
            environment.task_queue,
            environment.namespace,
            environment.client._server or environment.client,
            environment.identity,
            _slots_text(self._settings.slots),
            _versions(),
            ", ".join(environment.registry.names) or "(dynamic)",
        )

    def _log_stop(self, attempts: AttemptSet, pollers: PollerPool, namespace: Namespace) -> None:
        """Log what the shutdown waits for, and for how long."""
        settings, waits = self._settings, []
        if attempts:
            waits.append(
                f"{len(attempts)} activities, which have {settings.grace:g} s to end by themselves, and"
                f" {settings.hard_stop:g} s more once they are cancelled"
            )
        ends_by = pollers.ends_by
        if ends_by is not None:
            seconds = max(1, math.ceil(ends_by - asyncio.get_running_loop().time()))
            is_told = namespace.capabilities.worker_poll_complete_on_shutdown
            when = "which the server ends" if is_told else f"which end within {seconds} s"
            waits.append(f"{pollers.open_polls} open polls, {when}")
        what = f", and waits for {', and for '.join(waits)}" if waits else ""
        _logger.info("worker of task queue %r stops%s", settings.task_queue, what)

    def _end(self, client: Client) -> None:
        task_queue, error = self._settings.task_queue, None
        if self._broken is not None:
            error = WorkerError(f"worker of task queue {task_queue!r} broke: {self._broken!r}")
        elif self._fatal is not None:
            error = WorkerError(
                f"the server refuses to give tasks of queue {task_queue!r}"
                f" in namespace {client.namespace!r}: {self._fatal}"
            )
        cause: BaseException | None = self._broken or self._fatal
        if error is None and self._lifespan is not None and self._lifespan.error is not None:
            error = self._lifespan.error
            cause = error.__cause__
        if self.attempts is not None:
            ended = self.attempts.ended_by_shutdown
            log_all_ended_by_shutdown(task_queue, ended["again"], ended["last"])
            if self._observers is not None:
                self._observers.notify(WorkerStopped(task_queue, error))
            _logger.info("worker of task queue %r stopped", task_queue)
        if error is not None:
            raise error from cause


def _slots_text(slots: SlotSupplier) -> str:
    try:
        number = slots.max_slots
    except Exception:  # noqa: BLE001 - of a user's supplier, which is logged with the worker heartbeats
        number = None
    return f"slots by {slots!r}" if number is None else f"{number} slots"


def _versions() -> str:
    return f"asyncworker {client_version()} on Python {platform.python_version()}"
