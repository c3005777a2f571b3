"""One run of a worker: begin, poll, and end in the order in which things depend on each other.

Theory of operation
-------------------
Blocks are nested, and end from the inside out::

    control (worker heartbeats, commands) ⊃ shutdown timer ⊃ attempts ⊃ announcement ⊃ polling

*Polling* ends when no poll is open. The *announcement* tells the server that the worker stops (``ShutdownWorker``);
where the namespace says ``worker_poll_complete_on_shutdown`` it answers the open polls at once. It does so without
regard to a task that it is just handing out to one of them, which is then started with nothing to run it (measured on
Server 1.32 with 50 tasks a second: at every fifth shutdown). So the polls of a busy queue are left to bring their
tasks, and the server is told in a lull. So are those of a worker that has not run long enough to know whether its
queue is busy. Where the server does not end polls they run into their own deadline, which is short for that reason.
The *attempts* have ended when each has been replied to. The *shutdown timer* cancels them once the grace period is
over, and abandons those that do not heed that. *Control* keeps the worker known to the server, and within reach of its
commands, to the very end.

A shutdown is an event (:mod:`._stages`): polling ends by it, and never by cancelling its scope, as the tasks of open
polls would be lost. An error in a supervising task begins a shutdown, and is raised at its end.

All this is one task, which only the end of the event loop cancels; what waits for it may be cancelled.
"""

from __future__ import annotations

import asyncio
import math
import platform
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING

import anyio

from .._coalesced_timers import CoalescedTimers
from .._rpc._service import LONG_POLL_TIMEOUT
from .._safe_logger import get_logger
from .._version import client_version
from ..activity._cancellation import Notice
from ..exceptions import RPCError, WorkerError
from ._events import Observers, WorkerStarted, WorkerStopped, WorkerStopping
from ._interceptor import Interceptor
from ._stages import ShutdownStages
from ._statistics import WorkerState, WorkerStatistics, running_statistics
from ._supervision import first_error, supervised
from .attempts._attempt_set import AttemptSet
from .attempts._shared import Environment
from .control._namespace import Namespace, describe_namespace
from .control._registration import Registration
from .control._shutdown_timer import WORKER_SHUTDOWN, ShutdownTimer
from .polling._autoscaling import default_behavior
from .polling._poller_pool import PollerPool
from .polling._request import PollRequest
from .slots._isolated import isolated

if TYPE_CHECKING:
    from ..client import Client
    from ._settings import WorkerSettings
    from .slots._supplier import SlotSupplier

__all__ = ["WorkerRun"]

_logger = get_logger(__name__)

# Where the server does not end open polls they should end by themselves soon. It answers one or two seconds before the
# deadline.
_SHORT_POLL = 10.0
# Seconds after a shutdown's beginning in which a server that says it ends open polls must have done so: as many as are
# waited for at most where it does not.
_LAST_POLLS = 15.0
# Seconds that attempts get to report that the event loop is torn down; each takes no longer by itself.
_LAST_REPORTS = 5.5


class WorkerRun:
    """One run of a worker.

    Args:
        settings: Of the worker.
        client: Stays its owner's to close; ``None``: one is connected for the run.

    Attributes:
        client: The client, once there is one.
        instance_key: Names the run to the server.
        stages: Of the shutdown.
        has_begun: Set once it polls.
        attempts: The attempts, once it has begun.
        pollers: The pollers, once it has begun.
    """

    def __init__(self, settings: WorkerSettings, client: Client | None) -> None:
        self._settings = settings
        self._observers = Observers(settings.observers) if settings.observers else None
        self._fatal: RPCError | None = None
        self._broken: Exception | None = None
        self._shutdown_notice = Notice()
        self.client = client
        self.instance_key = str(uuid.uuid4())
        self.stages = ShutdownStages()
        self.has_begun = asyncio.Event()
        self.attempts: AttemptSet | None = None
        self.pollers: PollerPool | None = None

    def __repr__(self) -> str:
        used = 0 if self.attempts is None else len(self.attempts)
        state = "stopping" if self.stages.drain.has_begun else "polling" if self.has_begun.is_set() else "beginning"
        return f"<WorkerRun [{state}, {used} running]>"

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server; of any thread."""
        return self.pollers is not None and self.pollers.is_polling

    @property
    def is_ready(self) -> bool:
        """Whether it takes work, as far as is known: see :attr:`Worker.is_ready`; of any thread."""
        pollers, attempts, client = self.pollers, self.attempts, self.client
        if pollers is None or attempts is None or client is None or self.stages.drain.has_begun:
            return False
        service = client.service
        silence = monotonic() - service.answered_at
        if pollers.is_polling:
            return silence <= 2 * pollers.timeout
        if pollers.may_not_poll(holds_tasks=len(attempts) > 0):
            # There may have been no call for long: then the last outcome still holds.
            return silence <= 2 * pollers.timeout or service.answered_at >= service.unanswered_at
        return pollers.has_just_polled

    def statistics(self) -> WorkerStatistics:
        """Return what the worker is doing; of any thread."""
        has_begun = self.has_begun.is_set()
        state: WorkerState = "stopping" if self.stages.drain.has_begun else "running" if has_begun else "starting"
        attempts, pollers, client, kind = self.attempts, self.pollers, self.client, str(self._settings.slots.kind)
        if attempts is None or pollers is None or client is None:
            return WorkerStatistics(state=state, slot_supplier_kind=kind)
        transport = client.service.transport
        return running_statistics(attempts, pollers, transport, state=state, is_ready=self.is_ready, kind=kind)

    # From outside

    def stop(self) -> None:
        """Begin the shutdown: poll no more, and give the attempts the grace period."""
        if not self.stages.drain.has_begun:
            self.stages.begin(asyncio.get_running_loop().time())
            self._shutdown_notice.raise_(WORKER_SHUTDOWN)

    def escalate(self) -> None:
        """Begin the next stage of the shutdown: drain, cancel, abandon."""
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
            ConfigurationError: A setting of the connection is wrong.
        """
        async with self._connected() as client:
            if client is None:
                return
            with client.service.listening(None if self._observers is None else self._observers.notify):
                namespace = None
                # Nothing is at stake yet: a shutdown waits for no server.
                with self.stages.drain.ends(anyio.CancelScope()):
                    namespace = await describe_namespace(client.service)
                if namespace is not None:
                    await self._run_on(client, namespace)

    async def _run_on(self, client: Client, namespace: Namespace) -> None:
        settings = self._settings
        settings.registry.begin()
        environment = self._build_environment(client, namespace)
        request = self._poll_request(environment)
        self.attempts = attempts = AttemptSet(environment, isolated(settings.slots, patience=settings.slot_patience))
        self.pollers = pollers = self._build_pollers(environment, namespace, request, attempts)
        control = self._build_registration(environment, namespace, attempts, pollers)
        ends_polls = namespace.capabilities.worker_poll_complete_on_shutdown
        try:
            async with (
                control.registered(request),
                self._shutdown_timed(attempts),
                self._attempts_ended(environment, attempts),
                control.announcing(),
                pollers.polling(self.stages.abandon, within=_LAST_POLLS if ends_polls else None),
            ):
                self._log_start(environment)
                await self.stages.drain.wait()
                environment.notify(WorkerStopping(settings.task_queue, len(attempts), settings.grace))
        except BaseExceptionGroup as group:
            if self.stages.is_torn_down or not isinstance(group, ExceptionGroup):
                raise asyncio.CancelledError from group
            raise first_error(group) from None
        self._end(environment)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client | None]:
        """Have a client; ``None`` if the shutdown begins before there is one."""
        if self.client is not None:
            self._settings.registry.prepare(self.client.data_converter.payload_converter)
            yield self.client
            return
        # A client costs time to import, which a worker that is only made should not pay.
        from ..client import Client

        with self.stages.drain.ends(anyio.CancelScope()):
            self.client = await Client.connect()
        if self.client is None:
            yield None
            return
        async with self.client:
            self._settings.registry.prepare(self.client.data_converter.payload_converter)
            yield self.client

    @asynccontextmanager
    async def _shutdown_timed(self, attempts: AttemptSet) -> AsyncIterator[None]:
        """Keep the time of the shutdown, until there is no attempt left to cancel."""
        settings = self._settings
        timer = ShutdownTimer(
            attempts,
            self.stages,
            settings.task_queue,
            grace=settings.grace,
            hard_stop=settings.hard_stop,
            on_error=self._on_error,
        )
        async with anyio.create_task_group() as group:
            group.start_soon(supervised, timer.run, self._on_error, name="shutdown timer")
            yield
            group.cancel_scope.cancel()

    @asynccontextmanager
    async def _attempts_ended(self, environment: Environment, attempts: AttemptSet) -> AsyncIterator[None]:
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

    def _on_error(self, error: Exception) -> None:
        """End the run with *error*, which is one of the worker itself."""
        if self._broken is None:
            self._broken = error
            _logger.error("worker of task queue %r broke, and stops", self._settings.task_queue, exc_info=error)
        self.stop()

    def _on_fatal(self, error: RPCError) -> None:
        if self._fatal is None:
            self._fatal = error
            _logger.error("worker of task queue %r cannot go on, and stops: %s", self._settings.task_queue, error)
        self.stop()

    def _log_start(self, environment: Environment) -> None:
        self.has_begun.set()
        environment.notify(WorkerStarted(environment.task_queue, environment.namespace, environment.identity))
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

    def _end(self, environment: Environment) -> None:
        task_queue, error = self._settings.task_queue, None
        if self._broken is not None:
            error = WorkerError(f"worker of task queue {task_queue!r} broke: {self._broken!r}")
        elif self._fatal is not None:
            error = WorkerError(
                f"the server refuses to give tasks of queue {task_queue!r}"
                f" in namespace {environment.namespace!r}: {self._fatal}"
            )
        environment.notify(WorkerStopped(task_queue, error))
        _logger.info("worker of task queue %r stopped", task_queue)
        if error is not None:
            raise error from self._broken or self._fatal

    # What it is made of

    def _build_environment(self, client: Client, namespace: Namespace) -> Environment:
        settings = self._settings
        loop = asyncio.get_running_loop()
        return Environment(
            client=client,
            service=client.service,
            namespace=client.namespace,
            task_queue=settings.task_queue,
            identity=settings.identity or client.identity,
            registry=settings.registry,
            converter=client.data_converter,
            shutdown=self._shutdown_notice,
            heartbeats=settings.heartbeats,
            limits=namespace.limits,
            loop=loop,
            thread=get_ident(),
            timers=CoalescedTimers(loop),
            deployment=None if settings.deployment is None else settings.deployment._to_proto(),
            # Those of the client's interceptors that wrap executions as well are the outermost.
            interceptors=(*(it for it in client.interceptors if isinstance(it, Interceptor)), *settings.interceptors),
            observers=self._observers,
            # As many threads as slots: an attempt that holds a slot has a thread.
            threads=anyio.CapacityLimiter(math.inf) if settings.registry.needs_threads else None,
        )

    def _poll_request(self, environment: Environment) -> PollRequest:
        return PollRequest(
            namespace=environment.namespace,
            task_queue=environment.task_queue,
            identity=environment.identity,
            instance_key=self.instance_key,
            deployment=environment.deployment,
            max_per_second=self._settings.max_task_queue_per_second,
        )

    def _build_pollers(
        self, environment: Environment, namespace: Namespace, request: PollRequest, attempts: AttemptSet
    ) -> PollerPool:
        settings, capabilities = self._settings, namespace.capabilities
        ends_polls = capabilities.worker_poll_complete_on_shutdown
        return PollerPool(
            environment,
            request,
            attempts,
            timeout=settings.long_poll_timeout or (LONG_POLL_TIMEOUT if ends_polls else _SHORT_POLL),
            behavior=settings.pollers or default_behavior(capabilities.poller_autoscaling_auto_enroll),
            gives_hints=capabilities.poller_autoscaling,
            max_per_second=settings.max_per_second,
            on_fatal=self._on_fatal,
            patience=settings.poll_patience,
            last_patience=settings.last_poll_patience,
            after_error=settings.after_error,
        )

    def _build_registration(
        self, environment: Environment, namespace: Namespace, attempts: AttemptSet, pollers: PollerPool
    ) -> Registration:
        settings = self._settings
        return Registration(
            environment,
            namespace.capabilities,
            self.stages,
            attempts,
            pollers,
            instance_key=self.instance_key,
            slots=settings.slots,
            grace=settings.grace,
            heartbeat_interval=settings.worker_heartbeat_interval,
            deployment_version=None if settings.deployment is None else settings.deployment.version,
            on_error=self._on_error,
        )


def _slots_text(slots: SlotSupplier) -> str:
    try:
        number = slots.max_slots
    except Exception:  # noqa: BLE001 - of a user's supplier, which is logged with the worker heartbeats
        number = None
    return f"slots by {slots!r}" if number is None else f"{number} slots"


def _versions() -> str:
    return f"asyncworker {client_version()} on Python {platform.python_version()}"
