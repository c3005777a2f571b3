"""Build the parts of one run of a worker from its settings, its client and its namespace."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from threading import get_ident
from typing import TYPE_CHECKING, NamedTuple

import anyio

from ..._coalesced_timers import CoalescedTimers
from ..._rpc._service import LONG_POLL_TIMEOUT
from .._interceptor import Interceptor
from ..attempts._attempt_set import AttemptSet
from ..attempts._run_environment import RunEnvironment
from ..control._registration import Registration
from ..control._shutdown_timer import ShutdownTimer
from ..health._watchdog import WatchedWorker
from ..polling._autoscaling import default_behavior
from ..polling._poller_pool import PollerPool
from ..polling._request import PollRequest
from ..slots._isolated import isolated
from ..watch._watcher import Watcher

if TYPE_CHECKING:
    from ...activity._cancellation import Notice
    from ...client import Client
    from .._observers import Observers
    from .._settings import WorkerSettings
    from ..control._namespace import Namespace
    from ._connection import Connection
    from ._state import RunState

__all__ = ["RunParts", "assemble", "build_environment"]

# Seconds after a shutdown's beginning in which a server that says it ends open polls must have done so: as many as are
# waited for at most where it does not.
_LAST_POLLS = 15.0


class RunParts(NamedTuple):
    """The parts of one run.

    Attributes:
        environment: What all attempts have in common.
        request: What each poll asks for.
        attempts: All attempts that the worker holds.
        pollers: All pollers.
        registration: Keeps the server informed of the worker.
        timer: Ends the attempts of a shutdown in time.
        watched: What the event loop's watchdog says of it.
        watcher: Watches the attempts that do not heartbeat.
        server_ends_polls: Whether the server ends open polls when it is told that the worker stops.
    """

    environment: RunEnvironment
    request: PollRequest
    attempts: AttemptSet
    pollers: PollerPool
    registration: Registration
    timer: ShutdownTimer
    watched: WatchedWorker
    watcher: Watcher
    server_ends_polls: bool


def build_environment(
    settings: WorkerSettings,
    client: Client,
    namespace: Namespace,
    shutdown: Notice,
    observers: Observers | None,
    state: object,
) -> RunEnvironment:
    """Build what all attempts of the run have in common."""
    loop = asyncio.get_running_loop()
    return RunEnvironment(
        client=client,
        service=client.service,
        namespace=client.namespace,
        task_queue=settings.task_queue,
        identity=settings.identity or client.identity,
        registry=settings.registry,
        converter=client.data_converter,
        shutdown=shutdown,
        heartbeats=settings.heartbeats,
        limits=replace(namespace.limits, warn=client.payload_limits.payloads_warn_size),
        loop=loop,
        thread=get_ident(),
        timers=CoalescedTimers(loop),
        durations=settings.attempt_durations,
        deployment=None if settings.deployment is None else settings.deployment._to_proto(),
        interceptors=tuple(it for it in settings.interceptors_with(client) if _wraps(it)),
        observers=observers,
        state=state,
        # As many threads as slots: an attempt that holds a slot has a thread.
        threads=anyio.CapacityLimiter(math.inf) if settings.registry.needs_threads else None,
    )


def _wraps(interceptor: Interceptor) -> bool:
    """Whether it wraps executions: one that only binds activities costs the others nothing."""
    return getattr(type(interceptor), "intercept_activity", None) is not Interceptor.intercept_activity


def assemble(run: RunState, connection: Connection) -> RunParts:
    """Build the parts of a run; none of them begins yet."""
    settings, stages = run.settings, run.stages
    client, namespace = connection
    environment = build_environment(settings, client, namespace, run.shutdown_notice, run.observers, run.worker_state)
    request = PollRequest(
        namespace=environment.namespace,
        task_queue=environment.task_queue,
        identity=environment.identity,
        instance_key=run.instance_key,
        deployment=environment.deployment,
        max_per_second=settings.max_task_queue_per_second,
    )
    slots = isolated(settings.slots, cancel_timeout=settings.slot_cancel_timeout)
    attempts = AttemptSet(environment, slots, lull=settings.lull)
    watched = WatchedWorker(environment, attempts, settings.loop_block_threshold, settings.loop_block_tolerance)
    pollers = _pollers(run, environment, namespace, request, attempts, watched)
    return RunParts(
        environment=environment,
        request=request,
        attempts=attempts,
        pollers=pollers,
        registration=_registration(run, environment, namespace, attempts, pollers),
        timer=ShutdownTimer(
            attempts,
            stages,
            settings.task_queue,
            grace=settings.grace,
            hard_stop=settings.hard_stop,
            on_error=run.on_error,
        ),
        watched=watched,
        watcher=Watcher(
            environment,
            attempts,
            settings.cancellation_watch,
            is_pushed=lambda: bool(request.message.worker_control_task_queue),
        ),
        server_ends_polls=namespace.capabilities.worker_poll_complete_on_shutdown,
    )


def _pollers(
    run: RunState,
    environment: RunEnvironment,
    namespace: Namespace,
    request: PollRequest,
    attempts: AttemptSet,
    watched: WatchedWorker,
) -> PollerPool:
    settings, capabilities = run.settings, namespace.capabilities
    ends_polls = capabilities.worker_poll_complete_on_shutdown
    return PollerPool(
        environment,
        request,
        attempts,
        timeout=settings.long_poll_timeout or (LONG_POLL_TIMEOUT if ends_polls else None),
        behavior=settings.pollers or default_behavior(capabilities.poller_autoscaling_auto_enroll),
        gives_hints=capabilities.poller_autoscaling,
        max_per_second=settings.max_per_second,
        on_fatal=run.on_fatal,
        late_response_timeout=settings.late_response_timeout,
        shutdown_response_timeout=settings.shutdown_response_timeout,
        stop_timeout=_LAST_POLLS if ends_polls else None,
        after_error=settings.after_error,
        loop_was_late_since=watched.was_late_since,
    )


def _registration(
    run: RunState,
    environment: RunEnvironment,
    namespace: Namespace,
    attempts: AttemptSet,
    pollers: PollerPool,
) -> Registration:
    settings = run.settings
    return Registration(
        environment,
        namespace.capabilities,
        run.stages,
        attempts,
        pollers,
        instance_key=run.instance_key,
        slots=settings.slots,
        grace=settings.grace,
        heartbeat_interval=settings.worker_heartbeat_interval,
        deployment_version=None if settings.deployment is None else settings.deployment.version,
        extensions=[*environment.client.interceptors, *settings.interceptors, *settings.observers],
        on_error=run.on_error,
    )
