"""A server and a worker on a simulated network, and what must hold whatever has happened to them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from asyncworker import Client, Worker, activity
from asyncworker._rpc._service import WorkflowService
from asyncworker._rpc._target import Target
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.worker import PollFailed, WorkerEvent

from .http2_server import Call, Server, Step
from .simulation import Network, SimulatedLoop
from .temporal import Temporal

POLL = "PollActivityTaskQueue"
HOST, PORT = "temporal", 7233
# Of simulated time: far beyond every timeout there is.
PATIENCE = 3600.0


class World:
    """One server, on a network of its own.

    Attributes:
        runs: How often each attempt was run by the worker.
        troubles: Polls that failed, as the worker noticed it.
    """

    def __init__(self, temporal: Temporal, *, window: int = 65535, grant: int | None = None) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self.network: Network = loop.network
        self.temporal = temporal
        self.server = Server(temporal, window=window, grant=grant)
        self.runs: Counter[str] = Counter()
        self.troubles: list[PollFailed] = []

    def client(self, **options: Any) -> Client:
        """A client of the server, with default settings but for *options*, which are those of a target."""
        transport = Http2Transport(Target(HOST, PORT, **options))
        return Client(WorkflowService(transport, namespace="default"))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Have the server listen."""
        await self.server.listen(HOST, PORT)
        try:
            yield
        finally:
            self.server.close()

    def worker(self, client: Client, **options: Any) -> Worker:
        """A worker whose activity takes as many seconds as its argument says, and heartbeats all the while."""

        @activity.defn
        async def work(seconds: float, size: int = 0) -> str:
            info = activity.info()
            self.runs[f"{info.activity_id}/{info.attempt}"] += 1
            for number in range(int(seconds * 10)):
                activity.heartbeat(number)
                await asyncio.sleep(0.1)
            return "x" * size

        settings: dict[str, Any] = {"max_concurrent_activity_task_polls": 2, "max_heartbeat_throttle_interval": 0.3}
        return Worker(
            client, task_queue="queue", activities=[work], observers=[self._observe], **{**settings, **options}
        )

    def _observe(self, event: WorkerEvent) -> None:
        if isinstance(event, PollFailed):
            self.troubles.append(event)

    async def finish(self) -> None:
        """Wait until every activity has its result."""
        await until(lambda: self.temporal.is_done)

    def check(self) -> None:
        """Check the books: nothing lost, nothing orphaned, nothing run twice, nothing said twice without need."""
        assert [activity for activity in self.temporal.activities if len(activity.results) != 1] == []
        delivered = [attempt for attempt in self.temporal.attempts if attempt.is_delivered]
        assert [attempt for attempt in delivered if attempt.outcome != "completed"] == []
        assert self.runs == Counter(attempt.token.decode() for attempt in delivered)
        # One whose request has not come whole can bring no task.
        polls = [call for call in self.server.calls if call.method == POLL and Step.REQUEST in call.steps]
        assert [poll for poll in polls if poll.is_given_up_early] == []
        assert len([what for what, _ in self.temporal.refused if what == "completion"]) <= len(self._unheard())

    def _unheard(self) -> list[Call]:
        """The completions that were taken, and whose answers were lost."""
        completions = [call for call in self.server.calls if call.method == "RespondActivityTaskCompleted"]
        latency = self.network.latency
        return [
            call for call in completions if Step.DONE in call.steps and (call.is_late(latency) or not call.is_delivered)
        ]

    async def check_nothing_is_left(self) -> None:
        """After workers and clients are closed: no connection, and no task of theirs."""
        await until(lambda: not self.network.open_links)
        theirs = [task for task in asyncio.all_tasks() if "serve" not in repr(task.get_coro())]
        assert len(theirs) <= 2, theirs


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, but for what took long: that is measured in real time, which a busy machine takes."""
    return [message for message in caplog.messages if "the event loop stood still" not in message]


async def until(fact: Callable[[], Any], *, step: float = 0.5) -> None:
    """Wait, in simulated time, until *fact* holds."""
    with anyio.fail_after(PATIENCE):
        while not fact():  # noqa: ASYNC110 - an event for each fact would say less
            await anyio.sleep(step)
