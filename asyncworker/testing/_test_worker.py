"""TestWorker: a user's own worker, run against a server in memory and in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, TypeVarTuple, Unpack, overload

from ..activity import Definition
from ..client import Client
from ..client.activities._start import type_of
from ..worker import Worker
from ._activity_run import ActivityRun
from ._fake_temporal import FakeTemporal
from ._virtual._time import VirtualTime
from ._virtual._waits import place_of
from ._virtual._watch import CancellationWatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..activity import Context
    from ..client import Interceptor
    from ..client.activities._options import StartActivityOptions
    from ..converter import DataConverter
    from ._fake._activity._activity import Activity

__all__ = ["TestWorker"]

R = TypeVar("R")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Seconds that an attempt may take where neither the declaration nor the call gives a timeout.
_DEFAULT_TIMEOUT = 3600.0


class TestWorker:
    """Runs a worker against a server in memory, in virtual time: no server, no port, and no waiting.

    ::

        async with TestWorker(worker) as t:
            assert await t.run(pack, Order("7")) == "7: packed"

    The worker is your own, as it is made for production: with its interceptors, observers and settings. Within the
    block it runs on a client of :attr:`temporal`, which is a :class:`FakeTemporal`, with the data converter, the
    interceptors, the namespace and the identity of the worker's own client; that one is not used. There is no health
    server, no watchdog and no worker heartbeat.

    Time is virtual for all that runs on the event loop (see :class:`VirtualTime`): three days of retries take
    milliseconds. Each activity is a standalone one, started by a client as any other.

    Args:
        worker: The worker. It must not run.
        data_converter: In place of the one of the worker's client; for a worker without a client the default one.
        interceptors: In place of those of the worker's client.
        temporal: The server to use, as that of another TestWorker: then both run in one test. Its time must be virtual.
            Default: one of its own.

    Raises:
        TypeError: *worker* is none.
        ValueError: The time of *temporal* is not virtual.

    Entering the block raises:

    * :exc:`RuntimeError`: the worker runs, or the event loop's time cannot be virtual, or is already;
    * :exc:`~asyncworker.exceptions.WorkerError`: the worker could not begin.
    """

    # pytest collects what is named Test….
    __test__ = False

    def __init__(
        self,
        worker: Worker,
        *,
        data_converter: DataConverter | None = None,
        interceptors: Iterable[Interceptor] | None = None,
        temporal: FakeTemporal | None = None,
    ) -> None:
        if not isinstance(worker, Worker):
            raise TypeError(f"TestWorker() takes an asyncworker.Worker, got {worker!r}")
        self._worker = worker
        self._data_converter = data_converter
        self._interceptors = None if interceptors is None else tuple(interceptors)
        if temporal is not None and not temporal.is_virtual:
            raise ValueError("a TestWorker needs a server in virtual time: FakeTemporal(time='virtual')")
        self._given = temporal
        self._stack: AsyncExitStack | None = None
        self._temporal: FakeTemporal | None = None
        self._client: Client | None = None

    def __repr__(self) -> str:
        return f"<TestWorker of {self._worker.task_queue!r} [{'running' if self._stack else 'not running'}]>"

    async def __aenter__(self) -> Self:
        worker = self._worker
        if worker.is_running:
            raise RuntimeError(f"{worker!r} runs: TestWorker starts it by itself, within its block")
        async with AsyncExitStack() as stack:
            temporal = self._given
            if temporal is None:
                temporal = await stack.enter_async_context(FakeTemporal(time="virtual"))
            client = self._client_of(temporal)
            stack.enter_context(self._beside(temporal))
            stack.enter_context(self._lent(client))
            self._temporal, self._client = temporal, client
            await stack.enter_async_context(worker)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        assert self._stack is not None
        stack, self._stack = self._stack, None
        try:
            return await stack.__aexit__(exc_type, exc, traceback)
        finally:
            self._temporal = self._client = None

    # What it is made of

    @property
    def _is_running(self) -> bool:
        return self._stack is not None

    @property
    def worker(self) -> Worker:
        """The worker."""
        return self._worker

    @property
    def temporal(self) -> FakeTemporal:
        """The server in memory."""
        return self._within_block(self._temporal)

    @property
    def client(self) -> Client:
        """A client of the server, which the worker runs on as well."""
        return self._within_block(self._client)

    @property
    def time(self) -> VirtualTime:
        """The time of the test."""
        return self.temporal.time

    # Run

    @overload
    async def run(
        self, activity: Callable[[*Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def run(
        self,
        activity: Callable[[Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> R: ...
    @overload
    async def run(
        self, activity: Callable[[*Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def run(
        self, activity: Callable[[Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def run(
        self, activity: Callable[..., Awaitable[R]], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def run(
        self, activity: Callable[..., R], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> R: ...
    @overload
    async def run(
        self,
        activity: str,
        /,
        *arguments: Any,
        result_type: type[R],
        args: Sequence[Any] = (),
        **options: Unpack[StartActivityOptions],
    ) -> R: ...
    @overload
    async def run(
        self, activity: str, /, *arguments: Any, args: Sequence[Any] = (), **options: Unpack[StartActivityOptions]
    ) -> Any: ...

    async def run(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: str | Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> Any:
        """Run an activity to its end, with all its attempts, and return its result: :meth:`start`, then ``result()``.

        Args:
            activity: One of the worker's: its function, or its type.
            arguments: Its arguments, without a leading :class:`~asyncworker.activity.Context`.
            options: Those of :meth:`asyncworker.client.Client.start_activity`; those that are missing are the
                declaration's. The task queue is the worker's, and without any timeout an attempt may take an hour.

        Raises:
            ActivityFailureError: It failed, was cancelled or terminated, or timed out; the ``cause`` says which.
            ValueError: The worker has no such activity, or an option is out of its range.
            TypeError: The arguments are not the function's, there is no such option, or it has another type.
            DeadlockError: It cannot end, as nothing is left to happen; or it fails again and again, without end.
            RuntimeError: This is not within the block.

        Cancelling ends the wait and leaves the activity as it is.
        """
        return await (await self.start(activity, *arguments, **options)).result()

    @overload
    async def start(
        self, activity: Callable[[*Ts], Awaitable[R]], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self,
        activity: Callable[[Context, *Ts], Awaitable[R]],
        /,
        *arguments: *Ts,
        **options: Unpack[StartActivityOptions],
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self, activity: Callable[[*Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self, activity: Callable[[Context, *Ts], R], /, *arguments: *Ts, **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self, activity: Callable[..., Awaitable[R]], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self, activity: Callable[..., R], /, *, args: Sequence[Any], **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self,
        activity: str,
        /,
        *arguments: Any,
        result_type: type[R],
        args: Sequence[Any] = (),
        **options: Unpack[StartActivityOptions],
    ) -> ActivityRun[R]: ...
    @overload
    async def start(
        self, activity: str, /, *arguments: Any, args: Sequence[Any] = (), **options: Unpack[StartActivityOptions]
    ) -> ActivityRun[Any]: ...

    async def start(  # type: ignore[misc] # mypy takes no Any for a TypeVarTuple
        self, activity: str | Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> ActivityRun[Any]:
        """Start an activity, and return its handle, by which it can be looked at, waited for and changed.

        Arguments and options are those of :meth:`run`.

        Raises:
            ValueError: The worker has no such activity, or an option is out of its range.
            TypeError: The arguments are not the function's, there is no such option, or it has another type.
            RuntimeError: This is not within the block.

        Cancelling is safe, but the server may have started the activity.
        """
        client, temporal = self.client, self.temporal
        self._check_registered(activity)
        handle = await client.start_activity(activity, *arguments, **self._with_defaults(activity, options))
        found = [it for it in temporal.activities if it.run_id == handle.run_id]
        if not found:
            raise RuntimeError(f"{handle!r} was started elsewhere: an interceptor of the client has not passed it on")
        return ActivityRun(handle, found[0], client)

    # How

    def _within_block(self, value: T | None) -> T:
        if value is None:
            raise RuntimeError("a TestWorker runs within its block: async with TestWorker(worker) as t")
        return value

    def _client_of(self, temporal: FakeTemporal) -> Client:
        """Return a client of the server with the settings of the worker's own."""
        options = self._client_options()
        if self._worker.client is not None:
            options["namespace"] = self._worker.client.namespace
            temporal.namespaces.add(options["namespace"])
        return temporal.client(**options)

    def _client_options(self) -> dict[str, Any]:
        """Return the settings of the worker's own client, and in their place those that were given."""
        own = self._worker.client
        options: dict[str, Any] = {}
        if own is not None:
            options.update(data_converter=own.data_converter, interceptors=own.interceptors, identity=own.identity)
        if self._data_converter is not None:
            options["data_converter"] = self._data_converter
        if self._interceptors is not None:
            options["interceptors"] = self._interceptors
        return options

    @contextmanager
    def _beside(self, temporal: FakeTemporal) -> Iterator[None]:
        """Play the part of the worker's watch, and be asked why an activity goes on, in the block."""
        cluster, options = temporal._cluster, self._worker._settings.cancellation_watch
        watches = [CancellationWatch(self._worker).on_change] if options is not None and not options.is_off else []
        cluster.on_change += watches
        cluster.why_open.append(self._why_open)
        try:
            yield
        finally:
            for watch in watches:
                cluster.on_change.remove(watch)
            cluster.why_open.remove(self._why_open)

    @contextmanager
    def _lent(self, client: Client) -> Iterator[None]:
        """Have the worker run on *client*, without what would watch it or be seen of it outside, in the block."""
        worker = self._worker
        own, settings = worker._client, worker._settings
        worker._client = client
        worker._settings = replace(
            settings,
            health_address=None,
            loop_block_threshold=None,
            worker_heartbeat_interval=None,
            cancellation_watch=None,
        )
        try:
            yield
        finally:
            worker._client, worker._settings = own, settings

    def _check_registered(self, activity: str | Callable[..., Any]) -> None:
        name = type_of(activity)
        if self._worker._settings.registry.find(name) is None:
            raise ValueError(
                f"{name!r} is no activity of this worker, which has {', '.join(self._worker.activities)}:"
                f" add it to Worker(activities=[…])"
            )

    def _with_defaults(self, activity: str | Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
        options.setdefault("task_queue", self._worker.task_queue)
        definition = None if isinstance(activity, str) else Definition.of(activity)
        names = ("start_to_close_timeout", "schedule_to_close_timeout")
        if all(options.get(name) is None and getattr(definition, name, None) is None for name in names):
            options["start_to_close_timeout"] = _DEFAULT_TIMEOUT
        return options

    def _why_open(self, activity: Activity) -> str | None:
        """Return where the code of an activity's attempt waits, if it is one of the worker's."""
        run = self._worker._worker_run
        attempts = () if run is None or run.attempts is None else tuple(run.attempts)
        for attempt in attempts:
            if activity.token is not None and attempt.info.task_token == activity.token:
                what = f"attempt {activity.attempt} of {attempt.info.activity_type} {activity.id!r}"
                place = place_of(attempt.task)
                return f"{what} goes on" if place is None else f"{what} waits at {place}"
        return None
