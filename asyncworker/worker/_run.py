"""One life of a worker: begin, poll, and end in the order in which things depend on each other.

Theory of operation
-------------------
Four blocks are nested, and end from the inside out::

    register ⊃ clock ⊃ executions ⊃ polling

*Polling* ends when no poll is under way: the server is told (``ShutdownWorker``), and where the namespace says
``worker_poll_complete_on_shutdown`` it answers the open polls at once. It does so without regard to a task that it is
just handing out to one of them, which is then started with nobody to run it (measured on Server 1.32 with 50 tasks a
second: at every fifth shutdown). So the polls of a busy queue are left to bring their tasks, and the server is told in
a lull. So are those of a worker that has not lived long enough to know whether its queue is busy. Where the server does
not end polls they run into their own deadline, which is chosen short for that very reason. *AttemptSet* end when each
has been replied to. The *clock* hurries them: once the grace period is over they are asked to stop, and what does not
heed that is given up after a while more. It is stopped when nothing is left to hurry. The *register* keeps the worker
known to the server, and within reach of its commands, to the very end.

The life is a task of its own, which is never cancelled: whoever waits for it may be.
"""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING

import anyio

from .._coalesced_timers import CoalescedTimers
from .._proto.temporal.api.deployment.v1 import WorkerDeploymentOptions
from .._proto.temporal.api.enums.v1 import TaskQueueKind, TaskQueueType, WorkerStatus, WorkerVersioningMode
from .._proto.temporal.api.taskqueue.v1 import TaskQueue, TaskQueueMetadata
from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest, ShutdownWorkerRequest
from .._proto.temporal.wkt import DoubleValue
from .._rpc._methods import SHUTDOWN_WORKER
from .._rpc._service import LONG_POLL_TIMEOUT, client_version
from .._safe_logger import get_logger
from .._wire import encode
from ..activity._cancellation import Notice
from ..common import ActivityCancellationDetails
from ..exceptions import RPCError, RPCStatusCode, WorkerError
from ._events import WorkerStarted, WorkerStopped, WorkerStopping
from ._interceptor import Interceptor
from ._observers import Observers
from ._statistics import WorkerState, WorkerStatistics, running_statistics
from ._unless import unless
from .attempts._attempt_set import AttemptSet
from .attempts._shared import Environment
from .control._heartbeat_builder import WorkerFigures, WorkerHeartbeatBuilder, WorkerIdentity
from .control._namespace import Namespace, describe_namespace
from .polling._autoscaling import PollerBehavior, PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from .polling._poller_pool import PollerPool

if TYPE_CHECKING:
    from .._proto.temporal.api.worker.v1 import WorkerHeartbeat
    from ..client import Client
    from ._settings import WorkerDeploymentConfig, WorkerSettings
    from .control._client_workers import WorkerEntry

__all__ = ["WorkerRun"]

_logger = get_logger(__name__)

# Where nobody ends open polls for us they should end by themselves before anybody minds. The server answers one or two
# seconds before the deadline.
_SHORT_POLL = 10.0
# Seconds after a shutdown's beginning in which a server that says it ends open polls must have done so: as many as are
# waited for at most where it does not.
_LAST_POLLS = 15.0
# Seconds, the least of the hard stop that remains for what a late poll has brought to heed its cancellation.
_LAST_CALL = 1.0
# Seconds that the server gets to hear that the worker stops, once none of its polls is open.
_FAREWELL = 2.0
# Seconds that attempts get to report that the event loop is torn down; each takes no longer by itself.
_LAST_REPORTS = 5.5
# Seconds until the shutdown's clock goes on after an error.
_AFTER_ERROR = 0.1
_WORKER_SHUTDOWN = ActivityCancellationDetails(worker_shutdown=True)


class WorkerRun:
    """One life of a worker, over a connected client.

    Args:
        settings: Of the worker.
        client: Stays its owner's to close.
        has_begun: Set when it polls.
    """

    def __init__(self, settings: WorkerSettings, client: Client, has_begun: asyncio.Event) -> None:
        self._settings = settings
        self._client = client
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._cut = asyncio.Event()
        self._fatal: RPCError | None = None
        # What broke in the worker itself.
        self._broken: Exception | None = None
        self._stopped_at = math.inf
        self._is_torn_down = False
        self.instance_key = str(uuid.uuid4())
        self.shutdown_notice = Notice()
        self.executions: AttemptSet | None = None
        self.pollers: PollerPool | None = None
        self._enrolment: WorkerEntry | None = None
        self._has_begun = has_begun

    def __repr__(self) -> str:
        used = 0 if self.executions is None else len(self.executions)
        state = "stopping" if self._stop.is_set() else "polling" if self._has_begun.is_set() else "beginning"
        return f"<WorkerRun [{state}, {used} running]>"

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server; of any thread."""
        return self.pollers is not None and self.pollers.is_polling

    @property
    def is_ready(self) -> bool:
        """Whether it takes work, as far as is known: see :attr:`Worker.is_ready`; of any thread."""
        pollers, executions, service = self.pollers, self.executions, self._client.service
        if pollers is None or executions is None or self._stop.is_set():
            return False
        silence = monotonic() - service.answered_at
        if pollers.is_polling:
            return silence <= 2 * pollers.timeout
        if pollers.may_not_poll(holds_tasks=len(executions) > 0):
            # Nothing may have been asked for long: then what was heard last still holds.
            return silence <= 2 * pollers.timeout or service.answered_at >= service.unanswered_at
        return pollers.has_just_polled

    def statistics(self) -> WorkerStatistics:
        """Return what the worker is doing; of any thread."""
        state: WorkerState = (
            "stopping" if self._stop.is_set() else "running" if self._has_begun.is_set() else "starting"
        )
        attempts, pollers, kind = self.executions, self.pollers, str(self._settings.slots.kind)
        if attempts is None or pollers is None:
            return WorkerStatistics(state=state, slot_supplier_kind=kind)
        transport = self._client.service.transport
        return running_statistics(attempts, pollers, transport, state=state, is_ready=self.is_ready, kind=kind)

    # From outside

    def stop(self) -> None:
        """Begin to end: poll no more, and give what runs the grace period."""
        if not self._stop.is_set():
            self._stopped_at = asyncio.get_running_loop().time()
            self._stop.set()
            self.shutdown_notice.raise_(_WORKER_SHUTDOWN)

    def hurry(self) -> None:
        """Take the next step towards the end: stop, then cancel what runs, then leave it behind."""
        if not self._stop.is_set():
            self.stop()
        elif not self._hurry.is_set():
            self._hurry.set()
        else:
            self._cut.set()

    # From birth to end

    async def live(self) -> None:
        """Live until told to stop.

        Raises:
            WorkerError: The worker could not begin, or the server refused its polls for good.
        """
        settings = self._settings
        # Nothing is at stake yet: who is told to stop waits for no server.
        namespace = await unless(self._stop, describe_namespace(self._client.service))
        if namespace is None:
            return
        settings.registry.begin()
        environment = self._build_environment(namespace)
        request = self._poll_request(environment)
        self.executions = AttemptSet(environment, settings.slots)
        async with (
            self._register(environment, self.executions, namespace, request),
            self._clock(self.executions),
            self._answering(environment, self.executions),
            self._polling(environment, self.executions, namespace, request),
        ):
            self._announce(environment)
            await self._until_stopped()
            environment.notify(WorkerStopping(settings.task_queue, len(self.executions), settings.grace))
        error = self._error()
        environment.notify(WorkerStopped(settings.task_queue, error))
        _logger.info("worker of task queue %r stopped", settings.task_queue)
        if error is not None:
            raise error from self._fatal or self._broken

    async def _until_stopped(self) -> None:
        try:
            await self._stop.wait()
        except asyncio.CancelledError:
            # Nothing but the event loop's end cancels this task, and with it all others: they end by themselves.
            self._is_torn_down = True
            self.stop()
            self._hurry.set()
            self._cut.set()
            raise

    def _announce(self, environment: Environment) -> None:
        self._has_begun.set()
        environment.notify(WorkerStarted(environment.task_queue, environment.namespace, environment.identity))
        _logger.info(
            "worker of task queue %r started: namespace %r, activities %s",
            environment.task_queue,
            environment.namespace,
            ", ".join(environment.registry.names),
        )

    def _error(self) -> WorkerError | None:
        if self._broken is not None:
            return WorkerError(f"worker of task queue {self._settings.task_queue!r} broke: {self._broken!r}")
        if self._fatal is None:
            return None
        return WorkerError(
            f"the server refuses to give tasks of queue {self._settings.task_queue!r}"
            f" in namespace {self._client.namespace!r}: {self._fatal}"
        )

    def _build_environment(self, namespace: Namespace) -> Environment:
        settings = self._settings
        loop = asyncio.get_running_loop()
        return Environment(
            client=self._client,
            service=self._client.service,
            namespace=self._client.namespace,
            task_queue=settings.task_queue,
            identity=settings.identity or self._client.identity,
            registry=settings.registry,
            converter=self._client.data_converter,
            shutdown=self.shutdown_notice,
            heartbeats=settings.heartbeats,
            limits=namespace.limits,
            loop=loop,
            thread=get_ident(),
            alarms=CoalescedTimers(loop),
            deployment=_deployment_options(settings.deployment),
            interceptors=(*_shared_interceptors(self._client), *settings.interceptors),
            observers=Observers(settings.observers) if settings.observers else None,
            threads=_threads() if settings.registry.needs_threads else None,
        )

    # The four blocks, from the outermost to the innermost

    @asynccontextmanager
    async def _register(
        self,
        environment: Environment,
        executions: AttemptSet,
        namespace: Namespace,
        request: PollActivityTaskQueueRequest,
    ) -> AsyncIterator[None]:
        """Be known to the server, and hear its commands, where the namespace has that."""
        interval, capabilities = self._settings.worker_heartbeat_interval, namespace.capabilities
        if not capabilities.worker_heartbeats or (interval is None and not capabilities.worker_commands):
            yield
            return
        # Not every worker needs this.
        from .control._client_workers import Subject, WorkerEntry, enrolled

        vitals = WorkerHeartbeatBuilder(self._passport(environment))
        subject = None if interval is None else Subject(vitals, partial(self._count, executions), interval)
        self._enrolment = WorkerEntry(executions, request, subject)
        async with enrolled(self._client, capabilities, self._enrolment):
            yield

    def _passport(self, environment: Environment) -> WorkerIdentity:
        config = self._settings.deployment
        return WorkerIdentity(
            instance_key=self.instance_key,
            identity=environment.identity,
            task_queue=environment.task_queue,
            slot_supplier_kind=str(self._settings.slots.kind),
            deployment_version=None if config is None else config.version,
            version=client_version(),
            started_at=datetime.now(UTC),
        )

    def _count(self, executions: AttemptSet) -> WorkerFigures:
        pollers, arrival = self.pollers, executions.arrivals.last
        ago = None if arrival is None else timedelta(seconds=asyncio.get_running_loop().time() - arrival)
        return WorkerFigures(
            status=WorkerStatus.SHUTTING_DOWN if self._stop.is_set() else WorkerStatus.RUNNING,
            max_slots=executions.max_slots,
            used_slots=len(executions),
            processed=executions.processed,
            failed=executions.failed,
            polls=0 if pollers is None else pollers.open_polls,
            last_task_at=None if ago is None else datetime.now(UTC) - ago,
            is_autoscaling=pollers is not None and pollers.is_autoscaling,
        )

    @asynccontextmanager
    async def _clock(self, executions: AttemptSet) -> AsyncIterator[None]:
        """Hurry the executions, once it is time."""
        hurrying = asyncio.get_running_loop().create_task(self._keep_time_to_the_end(executions))
        try:
            yield
        finally:
            hurrying.cancel()

    async def _keep_time_to_the_end(self, executions: AttemptSet) -> None:
        """Keep the time of the shutdown, whatever goes wrong: it would not end without."""
        while True:
            try:
                await self._keep_time(executions)
            except Exception as error:
                _logger.exception("the shutdown of worker %r goes on after an error", self._settings.task_queue)
                self._broken = self._broken or error
                self.stop()
                await asyncio.sleep(_AFTER_ERROR)

    async def _keep_time(self, executions: AttemptSet) -> None:
        settings = self._settings
        await self._stop.wait()
        if len(executions):
            _logger.info(
                "worker of task queue %r stops: %d activities have %g s to end by themselves",
                settings.task_queue,
                len(executions),
                settings.grace,
            )
        is_hurried = await _wait_until(self._hurry, self._stopped_at + settings.grace)
        self._hurry.set()
        executions.cancel_all(_WORKER_SHUTDOWN)
        cut_at = asyncio.get_running_loop().time() + settings.hard_stop
        if not is_hurried:
            # What a late poll brings is run meanwhile, rather than failed back: its attempt may be the only one.
            await _wait_until(self._cut, cut_at - min(_LAST_CALL, settings.hard_stop / 2))
        executions.cancel_all_and_late_tasks(_WORKER_SHUTDOWN)
        await _wait_until(self._cut, cut_at)
        # Again and again: the last polls may bring more, which must not hold up the end either.
        while True:
            await executions.abandon()
            await executions.wait_for_late_tasks()
            await _wait_until(self._cut, asyncio.get_running_loop().time() + settings.hard_stop)

    @asynccontextmanager
    async def _answering(self, environment: Environment, executions: AttemptSet) -> AsyncIterator[None]:
        """Leave when each execution has been replied to."""
        try:
            yield
        finally:
            # Where the event loop is torn down, each attempt is, and has a while to report that.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_REPORTS if self._is_torn_down else None):
                    await executions.wait_until_done()
            environment.alarms.close()

    @asynccontextmanager
    async def _polling(
        self,
        environment: Environment,
        executions: AttemptSet,
        namespace: Namespace,
        request: PollActivityTaskQueueRequest,
    ) -> AsyncIterator[None]:
        """Leave when no poll is under way."""
        settings, capabilities = self._settings, namespace.capabilities
        self.pollers = PollerPool(
            environment,
            request,
            executions,
            timeout=settings.long_poll_timeout
            or (LONG_POLL_TIMEOUT if capabilities.worker_poll_complete_on_shutdown else _SHORT_POLL),
            behavior=settings.pollers or _default_behavior(namespace),
            gives_hints=capabilities.poller_autoscaling,
            max_per_second=settings.max_per_second,
            on_fatal=self._on_fatal,
            patience=settings.poll_patience,
            last_patience=settings.last_poll_patience,
        )
        try:
            yield
        finally:
            waits = capabilities.worker_poll_complete_on_shutdown
            self.pollers.stop(within=_LAST_POLLS if waits else None)
            parting = asyncio.get_running_loop().create_task(
                self._part(environment, executions, self.pollers, waits=waits), name="shutdown of polls"
            )
            try:
                await self.pollers.wait_until_done(self._cut)
            finally:
                await self._wait_for_parting(parting)

    async def _part(
        self, environment: Environment, executions: AttemptSet, pollers: PollerPool, *, waits: bool
    ) -> None:
        """Tell the server in a lull that this worker polls no more."""
        try:
            if waits:
                lull = _wait_for_lull(pollers, executions, self._settings.grace)
                # Once all are asked to stop, what still comes is of no use: it would be failed, and come again.
                await unless(self._hurry, lull)
            await self._say_goodbye(environment)
        except Exception:
            _logger.exception("the server could not be told that the worker stops")

    async def _wait_for_parting(self, parting: asyncio.Task[None]) -> None:
        """Once no poll is open, give the server a moment to take note, unless a third request cuts that short."""
        cutting = asyncio.get_running_loop().create_task(self._cut.wait())
        try:
            await asyncio.wait({parting, cutting}, timeout=_FAREWELL, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cutting.cancel()
            if parting.cancel() and not self._cut.is_set():
                _logger.warning("the server could not be told in time that the worker stops")

    def _poll_request(self, environment: Environment) -> PollActivityTaskQueueRequest:
        rate = self._settings.max_task_queue_per_second
        metadata = None if rate is None else TaskQueueMetadata(max_tasks_per_second=DoubleValue(value=rate))
        return PollActivityTaskQueueRequest(
            namespace=environment.namespace,
            task_queue=TaskQueue(name=environment.task_queue, kind=TaskQueueKind.NORMAL),
            identity=environment.identity,
            task_queue_metadata=metadata,
            deployment_options=environment.deployment,
            worker_instance_key=self.instance_key,
        )

    async def _say_goodbye(self, environment: Environment) -> None:
        """Tell the server that this worker polls no more, so that it ends the polls under way if it can."""
        heartbeat = self._last_heartbeat()
        request = ShutdownWorkerRequest(
            namespace=environment.namespace,
            identity=environment.identity,
            reason="graceful shutdown",
            worker_heartbeat=heartbeat,
            worker_instance_key=self.instance_key,
            task_queue=environment.task_queue,
            task_queue_types=[TaskQueueType.ACTIVITY],
        )
        try:
            await environment.service.call(SHUTDOWN_WORKER, request, timeout=5.0)
        except RPCError as error:
            level = logging.DEBUG if error.status is RPCStatusCode.UNIMPLEMENTED else logging.WARNING
            _logger.log(level, "the server could not be told that the worker stops: %s", error)
            return
        if self._enrolment is not None:
            self._enrolment.taken(heartbeat)

    def _last_heartbeat(self) -> WorkerHeartbeat | None:
        if self._enrolment is None:
            return None
        try:
            heartbeat = self._enrolment.heartbeat()
            if heartbeat is not None:
                encode(heartbeat)
        except Exception:
            # What is said in it comes from slot suppliers as well. The polls are to end without it.
            _logger.exception("the last worker heartbeat could not be made")
            return None
        return heartbeat

    def _on_fatal(self, error: RPCError) -> None:
        if self._fatal is None:
            self._fatal = error
            _logger.error("worker of task queue %r cannot go on, and stops: %s", self._settings.task_queue, error)
        self.stop()


async def _wait_until(event: asyncio.Event, when: float) -> bool:
    """Wait for *event*, but no longer than until the event loop's clock says *when*; return whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(when):
            await event.wait()
    return event.is_set()


def _threads() -> anyio.CapacityLimiter:
    """As many threads as slots: whoever holds a slot has a thread."""
    # Brings what anyio has for asyncio, which takes some 20 ms and 1 MB; a worker of coroutines does without.
    return anyio.CapacityLimiter(math.inf)


async def _wait_for_lull(pollers: PollerPool, executions: AttemptSet, grace: float) -> None:
    """Wait until no poll is under way, or tasks have ceased to come."""
    clock = asyncio.get_running_loop().time
    arrivals, stopped_at = executions.arrivals, clock()
    while pollers.is_polling:
        left = arrivals.lull_at(clock(), stopped_at=stopped_at, grace=grace) - clock()
        if left <= 0:
            return
        await pollers.wait_for_one(left)


def _default_behavior(namespace: Namespace) -> PollerBehavior:
    """What a worker does that was not told: the namespace may enroll it into autoscaling."""
    if namespace.capabilities.poller_autoscaling_auto_enroll:
        return PollerBehaviorAutoscaling()
    return PollerBehaviorSimpleMaximum()


def _shared_interceptors(client: Client) -> Sequence[Interceptor]:
    """Those of the client's interceptors that wrap executions as well; they are the outermost."""
    return [interceptor for interceptor in client.interceptors if isinstance(interceptor, Interceptor)]


def _deployment_options(config: WorkerDeploymentConfig | None) -> WorkerDeploymentOptions | None:
    if config is None:
        return None
    mode = WorkerVersioningMode.VERSIONED if config.use_worker_versioning else WorkerVersioningMode.UNVERSIONED
    return WorkerDeploymentOptions(
        deployment_name=config.version.deployment_name,
        build_id=config.version.build_id,
        worker_versioning_mode=mode,
    )
