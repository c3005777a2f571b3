"""A TestWorker's counterpart on a real server, so that the same tests run there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from ..client import ActivityExecutionDescription, ActivityExecutionStatus, Client, PendingActivityState
from ..exceptions import RPCError
from ._activity_run import ActivityRun
from ._test_worker import TestWorker

if TYPE_CHECKING:
    from ..client import ActivityHandle, Interceptor
    from ..converter import DataConverter
    from ..worker import Worker
    from ._fake._time._attempts import FakeAttempt
    from ._fake_temporal import FakeTemporal
    from ._virtual._time import VirtualTime

__all__ = ["ServerActivityRun", "ServerTestWorker"]

R = TypeVar("R")

# The names that a server in memory has for states.
_CLOSED = {
    ActivityExecutionStatus.COMPLETED: "Completed",
    ActivityExecutionStatus.FAILED: "Failed",
    ActivityExecutionStatus.CANCELED: "Canceled",
    ActivityExecutionStatus.TERMINATED: "Terminated",
    ActivityExecutionStatus.TIMED_OUT: "TimedOut",
}
_OPEN = {
    PendingActivityState.SCHEDULED: "Scheduled",
    PendingActivityState.STARTED: "Started",
    PendingActivityState.CANCEL_REQUESTED: "CancelRequested",
    PendingActivityState.PAUSED: "Paused",
    PendingActivityState.PAUSE_REQUESTED: "PauseRequested",
}
# No attempt is under way.
_BETWEEN = (PendingActivityState.SCHEDULED, PendingActivityState.PAUSED)


def _heartbeat_of(described: ActivityExecutionDescription) -> list[Any]:
    values: list[Any] = []
    with suppress(LookupError):
        while True:
            values.append(described.heartbeat_details(Any, index=len(values)))
    return values


def _state_of(described: ActivityExecutionDescription) -> str:
    return _CLOSED.get(described.status) or _OPEN.get(described.run_state, "Unspecified")


class ServerTestWorker(TestWorker):
    """Runs a worker against a real server, on a task queue of its own.

    Args:
        worker: The worker. It must not run.
        target: The server's address.
        namespace: The server's.
        skip: Ends a test that asks for what only a server in memory can do, with the reason.
        data_converter: In place of the one of the worker's client.
        interceptors: In place of those of the worker's client.
        temporal: Only a server in memory is one: the test is skipped.
    """

    def __init__(
        self,
        worker: Worker,
        *,
        target: str,
        namespace: str,
        skip: Callable[[str], NoReturn],
        data_converter: DataConverter | None = None,
        interceptors: Iterable[Interceptor] | None = None,
        temporal: FakeTemporal | None = None,
    ) -> None:
        super().__init__(worker, data_converter=data_converter, interceptors=interceptors, temporal=temporal)
        self._target = target
        self._namespace = namespace
        self._skip = skip
        self._started: list[ActivityHandle[Any]] = []
        if temporal is not None:
            skip("temporal= is a server in memory: this test does not run on a real one")

    async def __aenter__(self) -> Self:
        worker = self._worker
        if worker.is_running:
            raise RuntimeError(f"{worker!r} runs: test_worker starts it by itself, within its block")
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(await self._connect())
            stack.enter_context(self._lent(client))
            # What another test has left there is not for this worker.
            worker._settings = replace(worker._settings, task_queue=f"{worker.task_queue}-{uuid.uuid4().hex[:8]}")
            self._client = client
            stack.push_async_callback(self._end_started)
            await stack.enter_async_context(worker)
            self._stack = stack.pop_all()
        return self

    @property
    def temporal(self) -> FakeTemporal:
        """Only a server in memory has it."""
        self._skip("t.temporal is a server in memory: this test does not run on a real one")

    @property
    def time(self) -> VirtualTime:
        """Only a server in memory has it."""
        self._skip("t.time is virtual: this test does not run on a real server")

    async def start(self, activity: str | Callable[..., Any], /, *arguments: Any, **options: Any) -> ActivityRun[Any]:  # type: ignore[override]
        """See :meth:`TestWorker.start`."""
        client = self.client
        self._check_registered(activity)
        handle = await client.start_activity(activity, *arguments, **self._with_defaults(activity, options))
        self._started.append(handle)
        return ServerActivityRun(handle, client, self._skip)

    async def _connect(self) -> Client:
        return await Client.connect(self._target, namespace=self._namespace, **self._client_options())

    async def _end_started(self) -> None:
        """Leave no activity behind that would be tried again."""
        for handle in self._started:
            # Most have ended.
            with suppress(RPCError):
                await handle.terminate(reason="the test has ended")


class ServerActivityRun(ActivityRun[R], Generic[R]):
    """An activity on a real server, of which less is seen than of one in memory."""

    def __init__(self, handle: ActivityHandle[R], client: Client, skip: Callable[[str], NoReturn]) -> None:
        self.handle = handle
        self._client = client
        self._skip = skip

    def __repr__(self) -> str:
        return f"<ServerActivityRun {self.id!r}>"

    @property
    def id(self) -> str:
        """Its id."""
        return self.handle.id

    @property
    def state(self) -> str:
        """Only a server in memory shows it at once."""
        self._refuse("the state")

    @property
    def attempt(self) -> int:
        """Only a server in memory shows it at once."""
        self._refuse("the attempt's number")

    @property
    def attempts(self) -> Sequence[FakeAttempt]:
        """Only a server in memory keeps them."""
        self._refuse("attempts")

    @property
    def heartbeats(self) -> list[list[Any]]:
        """Only a server in memory keeps them."""
        self._refuse("heartbeats")

    async def result(self) -> R:
        """See :meth:`ActivityRun.result`."""
        return await self.handle.result()

    async def wait_for_attempt(self, attempt: int = 1) -> None:
        """See :meth:`ActivityRun.wait_for_attempt`."""

        def has_begun(it: ActivityExecutionDescription) -> bool:
            return it.attempt > attempt or (it.attempt == attempt and it.run_state not in _BETWEEN)

        await self._wait_until(has_begun)

    async def wait_for_heartbeat(self, count: int = 1) -> list[list[Any]]:
        """Wait until so many heartbeats have reached the server; return the values of the last one alone."""
        described = await self._wait_until(lambda it: it.total_heartbeat_count >= count)
        return [_heartbeat_of(described)]

    async def wait_for_state(self, *states: str) -> str:
        """See :meth:`ActivityRun.wait_for_state`."""
        unknown = set(states) - {*_CLOSED.values(), *_OPEN.values()}
        if unknown:
            raise ValueError(f"an activity has no state {', '.join(sorted(unknown))}")
        return _state_of(await self._wait_until(lambda it: _state_of(it) in states))

    async def _wait_until(self, holds: Callable[[ActivityExecutionDescription], bool]) -> ActivityExecutionDescription:
        described = await self.handle.describe()
        while not holds(described):
            if described.status.is_closed:
                raise RuntimeError(f"{self!r} has ended as {_state_of(described)}: this will not come")
            described = await self.handle.describe(changed_since=described)
        return described

    def _refuse(self, what: str) -> NoReturn:
        self._skip(f"{what} of an activity can be read on a server in memory: this test does not run on a real one")
