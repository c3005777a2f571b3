"""The worker as its user sees it: its settings, run(), async with, shutdown()."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self

from typing_extensions import TypeVar

from .._arguments import UNSET
from .._time import Seconds
from ._checks import (
    checked_address,
    checked_interval,
    checked_lifespan,
    checked_poll,
    checked_queue,
    checked_threshold,
    choose_pollers,
    choose_slots,
    expect_client,
    expect_sequence,
    expect_type,
    not_negative,
    positive,
    rate,
    refuse_foreign,
)
from ._events import Observer
from ._interceptor import Interceptor
from ._registry import Registry
from ._settings import WorkerDeploymentConfig, WorkerSettings
from .attempts._run_environment import HeartbeatSettings
from .health._liveness import WorkerHealth
from .polling._autoscaling import PollerBehavior
from .run._block import Block
from .run._health import health_of, is_ready, statistics_of
from .run._host import RunHost, begin_run
from .slots._supplier import SlotSupplier
from .watch._options import WATCH_OPTIONS, WatchOptions

if TYPE_CHECKING:
    from ..client import Client
    from ._statistics import WorkerState, WorkerStatistics
    from .run._state import RunState

__all__ = ["Worker"]

#: What the worker's lifespan yields.
State = TypeVar("State", default=object, covariant=True)


class Worker(Generic[State]):
    """Polls a task queue and runs its activities on the running event loop.

    Args:
        client: The connection to use; it stays its owner's to close. ``None``: the worker connects itself when it is
            run, as :meth:`asyncworker.client.Client.connect` does from ``TEMPORAL_*`` and ``temporal.toml``.
        task_queue: The queue to poll. Default: ``TEMPORAL_TASK_QUEUE``.
        activities: Functions and bound methods, and objects, of which every method declared an activity counts.
        lifespan: A function of the worker that returns an async context manager, as ``@asynccontextmanager`` makes it.
            Once per run it is entered, before the first poll and with a connection, and left after the last reply;
            what it yields is :attr:`state` (see docs/workers.md).
        lifespan_exit_timeout: How long leaving it may take, before it is cancelled; seconds or timedelta.
        max_concurrent_activities: How many activities may be held at a time. Default: 100.
        slot_supplier: Decides that instead; not together with *max_concurrent_activities*.
        max_concurrent_activity_task_polls: How many polls are open at a time; each holds a slot. Default: see below.
        activity_task_poller_behavior: How many polls are open at a time, fixed or by the server's hints; not together
            with *max_concurrent_activity_task_polls*. Default: :class:`PollerBehaviorAutoscaling` where the namespace
            says ``poller_autoscaling_auto_enroll``, elsewhere :class:`PollerBehaviorSimpleMaximum`, which is 5.
        max_activities_per_second: How many activities this worker starts per second, at an even pace; after a pause up
            to one second's worth may start at once.
        max_task_queue_activities_per_second: How many the server gives out per second for the whole queue, to all of
            its workers; the most recent poll sets the limit.
        max_heartbeat_throttle_interval: No heartbeat waits longer than this before it leaves; seconds or timedelta.
        default_heartbeat_throttle_interval: Time between two heartbeats of an activity without a heartbeat timeout;
            seconds or timedelta. With one it is 0.8 × that.
        auto_heartbeat: Heartbeat for every activity whose declaration has no ``auto_heartbeat`` of its own.
        graceful_shutdown_timeout: How long activities may go on once the worker stops, before they are cancelled;
            seconds or timedelta. The defaults of both fit into the 30 s that Kubernetes waits.
        hard_shutdown_timeout: How long they may then take, before they are reported as failed and left behind;
            seconds or timedelta.
        long_poll_timeout: What the server is told for one poll; seconds or timedelta. The worker listens on for 60 s,
            and for 5 s when it stops. Default: 70 s where the namespace says ``worker_poll_complete_on_shutdown``.
            Elsewhere nothing ends an open poll, and a shutdown waits for it: the default is 3 s in the worker's first
            minute and 10 s after that (see docs/workers.md).
        loop_block_threshold: How long the event loop may be blocked until that is logged, with the activity that does
            it; seconds or timedelta, from 0.1 s on. ``None``: it is not watched. Workers on one loop share the
            shortest.
        loop_block_tolerance: For how long a thread heartbeats for the other activities while one blocks the event loop,
            and how long that may last until :meth:`health` says that the worker is not live; seconds or timedelta.
        health_address: Where to respond to health probes over HTTP, as ``host:port``: ``/livez`` and ``/readyz``, from
            a thread. Workers of a process that name the same address share it. Default: nowhere.
        identity: How the worker is named in the UI and in the history. Default: the client's identity.
        deployment_config: Which version of which deployment the worker is.
        worker_heartbeat_interval: Time between two worker heartbeats, by which ``temporal worker list`` knows it;
            from 1 to 60 s, seconds or timedelta. ``None``: none are sent. Workers that share a client are reported in
            one call, at the shortest of their intervals.
        cancellation_watch: What may be spent on long polls that bring cancellations to activities which do not
            heartbeat. ``None``: such activities are not told of them.
        interceptors: Wrap executions; the first is the outermost. The client's interceptors that are such as well
            come before them.
        observers: Called with each event, which are values of :mod:`asyncworker.worker`.

    Raises:
        TypeError: An activity is none, a setting is of another type or unknown, or settings exclude each other.
        ValueError: A setting is out of its range.
        ConfigurationError: An activity that an interceptor brought from another SDK does not fit the client.
    """

    def __new__(cls, *args: object, **settings: object) -> Self:  # noqa: ARG004 - read by __init__
        """Name the way out for a setting that only the official SDK's worker has."""
        refuse_foreign(settings)
        return super().__new__(cls)

    def __init__(
        self,
        client: Client | None = None,
        *,
        task_queue: str | None = None,
        activities: Sequence[Any] = (),
        lifespan: Callable[[Worker[Any]], AbstractAsyncContextManager[State]] | None = None,
        # How much
        max_concurrent_activities: int | None = None,
        slot_supplier: SlotSupplier | None = None,
        max_concurrent_activity_task_polls: int | None = None,
        activity_task_poller_behavior: PollerBehavior | None = None,
        max_activities_per_second: float | None = None,
        max_task_queue_activities_per_second: float | None = None,
        # Heartbeats
        max_heartbeat_throttle_interval: Seconds = 60.0,
        default_heartbeat_throttle_interval: Seconds = 30.0,
        auto_heartbeat: bool = False,
        # Ending
        graceful_shutdown_timeout: Seconds = 15.0,
        hard_shutdown_timeout: Seconds = 5.0,
        lifespan_exit_timeout: Seconds = 3.0,
        long_poll_timeout: Seconds | None = None,
        # The event loop
        loop_block_threshold: Seconds | None = 1.0,
        loop_block_tolerance: Seconds = 30.0,
        health_address: str | None = None,
        # Who it is
        identity: str | None = None,
        deployment_config: WorkerDeploymentConfig | None = None,
        worker_heartbeat_interval: Seconds | None = 60.0,
        cancellation_watch: WatchOptions | None = WATCH_OPTIONS,
        # Who watches
        interceptors: Sequence[Interceptor] = (),
        observers: Sequence[Observer] = (),
    ) -> None:
        expect_client(client)
        self._client = client
        # Of the present run, or of the last one.
        self._host: RunHost | None = None
        self._block: Block | None = None
        # Whether it was to be shut down before a run() that was called had its first turn.
        self._is_shut_down_early = False
        self._settings = WorkerSettings(
            task_queue=checked_queue(task_queue),
            registry=Registry(expect_sequence("activities", activities)),
            slots=choose_slots(slot_supplier, max_concurrent_activities),
            pollers=choose_pollers(activity_task_poller_behavior, max_concurrent_activity_task_polls),
            identity=expect_type("identity", identity, str),
            heartbeats=HeartbeatSettings(
                default_interval=positive("default_heartbeat_throttle_interval", default_heartbeat_throttle_interval),
                maximum_interval=positive("max_heartbeat_throttle_interval", max_heartbeat_throttle_interval),
                automatic=expect_type("auto_heartbeat", auto_heartbeat, bool),
            ),
            grace=not_negative("graceful_shutdown_timeout", graceful_shutdown_timeout),
            hard_stop=not_negative("hard_shutdown_timeout", hard_shutdown_timeout),
            lifespan=checked_lifespan(lifespan),
            lifespan_exit_timeout=positive("lifespan_exit_timeout", lifespan_exit_timeout),
            long_poll_timeout=checked_poll(long_poll_timeout),
            max_per_second=rate("max_activities_per_second", max_activities_per_second),
            max_task_queue_per_second=rate(
                "max_task_queue_activities_per_second", max_task_queue_activities_per_second
            ),
            deployment=expect_type("deployment_config", deployment_config, WorkerDeploymentConfig),
            worker_heartbeat_interval=checked_interval(worker_heartbeat_interval),
            loop_block_threshold=checked_threshold(loop_block_threshold),
            loop_block_tolerance=positive("loop_block_tolerance", loop_block_tolerance),
            health_address=checked_address(health_address),
            cancellation_watch=expect_type("cancellation_watch", cancellation_watch, WatchOptions),
            interceptors=expect_sequence("interceptors", interceptors),
            observers=expect_sequence("observers", observers),
        )
        self._settings.prepare(client)

    def __repr__(self) -> str:
        state = "running" if self.is_running else "not running"
        return f"<Worker of {self.task_queue!r} [{state}, {self.slots_used} slots used]>"

    # State

    @property
    def _worker_run(self) -> RunState | None:
        return None if self._host is None else self._host.run

    @property
    def task_queue(self) -> str:
        """The task queue it polls."""
        return self._settings.task_queue

    @property
    def activities(self) -> Sequence[str]:
        """The activity types it has, by name."""
        return self._settings.registry.names

    @property
    def client(self) -> Client | None:
        """The client it was given, or has made for itself while it runs."""
        return self._worker_run.client if self._worker_run is not None and self.is_running else self._client

    @property
    def state(self) -> State:
        """What its lifespan has yielded; activities get it from :func:`asyncworker.activity.state`.

        Raises:
            RuntimeError: It has no lifespan, or that is not entered: the worker does not run yet, or no more.
        """
        run = self._worker_run
        if run is None or run.worker_state is UNSET:
            why = "its lifespan has not been entered" if self._settings.lifespan else "it has no lifespan"
            raise RuntimeError(f"{self!r} has no state: {why}")
        state: State = run.worker_state
        return state

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._host is not None and not self._host.ended.done()

    @property
    def is_shutdown(self) -> bool:
        """Whether it ran, and has ended."""
        return self._host is not None and self._host.ended.done()

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server at this moment; may be read from any thread.

        It is not between two polls, while all slots are taken, and while there is no connection. For a readiness probe
        use :attr:`is_ready`.
        """
        run = self._worker_run
        return run is not None and run.is_polling

    @property
    def is_ready(self) -> bool:
        """Whether it takes work, or would if it had a slot: for a readiness probe; may be read from any thread.

        True while the event loop is not blocked, the server has answered a call of the worker's client within two poll
        deadlines, a poll is with the server or there is nothing to poll with (all slots, or the rate limit, are used
        up), and the worker does not stop. With all slots taken the server may go unasked for longer; then the last call
        counts.
        """
        run = self._worker_run
        return run is not None and self.is_running and is_ready(run)

    @property
    def instance_key(self) -> str | None:
        """Its key while it runs, e.g. for ``temporal worker describe``; new each time it is run."""
        return None if self._worker_run is None else self._worker_run.instance_key

    @property
    def slots_used(self) -> int:
        """How many activities it holds at this moment."""
        run = self._worker_run
        return 0 if run is None or run.attempts is None else len(run.attempts)

    def health(self) -> WorkerHealth:
        """Return whether it is well, and why not; may be called from any thread, while the event loop is blocked too.

        A worker that does not run is live, and not ready.
        """
        run = self._worker_run
        if run is not None and self.is_running:
            return health_of(run)
        return WorkerHealth(is_live=True, is_ready=False, reasons=("it does not run",))

    def statistics(self) -> WorkerStatistics:
        """Return what it is doing at this moment; may be called from any thread, while the event loop is blocked too.

        Cheap enough for each request of a probe or a page. Numbers are zero before and after a run.
        """
        run = self._worker_run
        if run is not None and self.is_running:
            return statistics_of(run)
        from ._statistics import WorkerStatistics

        state: WorkerState = "stopped" if self.is_shutdown else "not_started"
        return WorkerStatistics(state=state, slot_supplier_kind=str(self._settings.slots.kind))

    # Running

    def configure(
        self,
        *,
        max_concurrent_activities: int | None = None,
        graceful_shutdown_timeout: Seconds | None = None,
        health_address: str | None = None,
        connect_timeout: Seconds | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        """Replace settings that the worker was made with, as a command line does; what is not given stays.

        Args:
            max_concurrent_activities: As in the constructor.
            graceful_shutdown_timeout: As in the constructor.
            health_address: As in the constructor.
            connect_timeout: How long to wait for a server that is not there yet, for a worker that connects itself;
                seconds or timedelta, ``math.inf`` for as long as it takes.
            observers: Called beside those that it has, after them.

        Raises:
            RuntimeError: It runs.
            ValueError: A setting is out of its range.
        """
        if self.is_running:
            raise RuntimeError(f"{self!r} runs: it can be configured before that")
        settings = self._settings
        if max_concurrent_activities is not None:
            settings = replace(settings, slots=choose_slots(None, max_concurrent_activities))
        if graceful_shutdown_timeout is not None:
            grace = not_negative("graceful_shutdown_timeout", graceful_shutdown_timeout)
            settings = replace(settings, grace=grace)
        if health_address is not None:
            settings = replace(settings, health_address=checked_address(health_address))
        if connect_timeout is not None:
            settings = replace(settings, connect_timeout=not_negative("connect_timeout", connect_timeout))
        if observers:
            settings = replace(settings, observers=(*settings.observers, *observers))
        self._settings = settings

    def override(self, dependency: Callable[..., Any], replacement: Callable[..., Any]) -> AbstractContextManager[None]:
        """Have *replacement* stand for a dependency of its activities for the length of a ``with`` block, in tests.

        It may have dependencies of its own, *dependency* included. Blocks may be nested; the innermost counts. Attempts
        that run keep what they have. What *replacement* has made for the whole worker is closed at the run's end.

        Args:
            dependency: A function or class that a ``Depends`` of an activity, or of another dependency, names.
            replacement: What makes the value in its place, with the same scope.

        Raises:
            TypeError: One of them cannot be called, or *replacement* cannot work as a dependency.
            ValueError: No activity depends on *dependency*.
        """
        return self._settings.registry.override(dependency, replacement)

    def run(self, *, handle_signals: bool = True) -> Coroutine[Any, Any, None]:
        """Run until :meth:`shutdown` is called, a signal comes, or the server refuses to go on.

        The first SIGINT or SIGTERM begins a shutdown, the second cancels the activities, the third leaves them behind;
        SIGHUP does the same where it would end the process. A handler that the program has is called as well.

        Args:
            handle_signals: ``False`` leaves the signals alone, for a worker that is a guest in another program.

        Raises:
            WorkerError: The worker could not begin, or could not go on.
            RPCError: The server could not be reached.
            ConfigurationError: A setting of the connection is wrong, or the health address is taken or none of this
                machine.
            RuntimeError: It runs already.

        Cancelling begins a shutdown, and is passed on when that is over; cancelling again cancels the activities.
        """
        # A shutdown() that came before was not about this run.
        self._is_shut_down_early = False
        return self._run(handle_signals=handle_signals)

    async def _run(self, *, handle_signals: bool) -> None:
        await self._begin().wait(handle_signals=handle_signals)

    async def __aenter__(self) -> Self:
        """Start; return when the worker polls.

        If it cannot go on later, the task that entered the block is cancelled, once, and the block raises
        :exc:`WorkerError`. The block may be left in another task, as test frameworks do with fixtures: then it raises
        that when it is left.
        """
        self._block = Block(await self._start())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Poll no more, let activities end, cancel those that do not, and return when all have been replied to.

        A scope around the block that is cancelled does not cut this short; cancelling the task does: each time it takes
        the next step of :meth:`run`.
        """
        assert self._block is not None
        await self._block.leave(error)
        return False

    async def shutdown(self) -> None:
        """Poll no more, let activities end, cancel those that do not; return when all have been replied to.

        A :meth:`run` that was called and has not had its first turn ends with it. Does nothing else if the worker does
        not run. Cancelling stops waiting, not the shutdown.
        """
        host = self._host
        if host is None or host.ended.done():
            self._is_shut_down_early = True
            return
        host.run.stop()
        await asyncio.wait({host.ended})

    # How

    async def _start(self, *, client: Client | None = None, state: object = UNSET) -> RunHost:
        """Begin a run; return when the worker polls. Cancelling ends the run first.

        Args:
            client: What it uses if it was given no client.
            state: What activities get as the worker's state if it has no lifespan.
        """
        self._is_shut_down_early = False
        host = self._begin(client=client, state=state)
        await host.until_begun()
        return host

    def _begin(self, *, client: Client | None = None, state: object = UNSET) -> RunHost:
        if self.is_running:
            raise RuntimeError(f"{self!r} runs already")
        is_shut_down, self._is_shut_down_early = self._is_shut_down_early, False
        self._host = begin_run(
            self, self._settings, self._client or client, worker_state=state, is_shut_down=is_shut_down
        )
        return self._host

    def _stop(self) -> None:
        if self._worker_run is not None:
            self._worker_run.stop()

    def _escalate(self) -> None:
        if self._worker_run is not None:
            self._worker_run.escalate()


def _signature() -> inspect.Signature:
    """Return the signature of ``Worker(…)``, which is that of ``__init__`` and not that of ``__new__``."""
    _, *parameters = inspect.signature(Worker.__init__).parameters.values()
    return inspect.Signature(parameters)


Worker.__signature__ = _signature()  # type: ignore[attr-defined]
