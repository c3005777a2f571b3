"""What the soak's scenarios are made of: both workers, load by a third party, a way to the server that can be cut."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import psutil
import temporalio.activity
import temporalio.client
import temporalio.worker
from temporalio.client import ActivityExecutionStatus, PendingActivityState
from temporalio.runtime import Runtime, TelemetryConfig

import asyncworker
from asyncworker._rpc._target import Target, parse_address
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.testing import DevServer

__all__ = ["CONTENDERS", "UNLIMITED", "Census", "Contender", "Load", "Ours", "Proxy", "Theirs", "kill"]

SLOTS = 100
GRACE = 30.0
# The limits of the default configuration are below what the server can do.
UNLIMITED: dict[str, Any] = {
    "frontend.rps": 1_000_000,
    "frontend.namespaceRPS": 1_000_000,
    "frontend.globalNamespaceRPS": 1_000_000,
}
# Calls that the load has under way at a time.
_AT_A_TIME = 20


# Workers


class Contender(ABC):
    """One of the two kinds of worker, in this process.

    Attributes:
        runs: How often each attempt was run.
        running: The activities that run at the moment.
        late: Seconds that each run took longer than it was to.
        connections: How many it has made; known of our own only.
    """

    name: str

    def __init__(self) -> None:
        self.runs: Counter[tuple[str, int]] = Counter()
        self.running: set[str] = set()
        self.late: list[float] = []
        self.connections: int | None = None

    @property
    def queue(self) -> str:
        """Its task queue."""
        return f"soak-{self.name}"

    @abstractmethod
    def client(self, target: str) -> AbstractAsyncContextManager[Any]:
        """Connect."""

    @abstractmethod
    def worker(self, client: Any) -> AbstractAsyncContextManager[Any]:
        """Make a worker that has 100 slots, 5 polls, and 30 s to end."""

    @asynccontextmanager
    async def working(self, target: str) -> AsyncIterator[Any]:
        """Have a client and a worker; gives the client."""
        async with self.client(target) as client, self.worker(client):
            yield client

    @property
    def ran_twice(self) -> int:
        """How many attempts were run more than once."""
        return sum(count > 1 for count in self.runs.values())

    async def _work(self, key: tuple[str, int], heartbeat: Any, seconds: float) -> None:
        self.runs[key] += 1
        self.running.add(key[0])
        began = time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            heartbeat()
            await asyncio.sleep(min(left, 0.5))
        self.running.discard(key[0])
        self.late.append(time.monotonic() - began - seconds)

    def _block(self, key: tuple[str, int], seconds: float) -> None:
        self.runs[key] += 1
        time.sleep(seconds)


class Ours(Contender):
    """Our worker."""

    name = "asyncworker"

    @asynccontextmanager
    async def client(self, target: str) -> AsyncIterator[asyncworker.Client]:
        transport = Http2Transport(Target(*parse_address(target)))
        async with await asyncworker.Client.connect(target, transport=transport) as client:
            yield client
        self.connections = (self.connections or 0) + transport.statistics().opened

    def worker(self, client: asyncworker.Client) -> AbstractAsyncContextManager[Any]:
        @asyncworker.activity.defn
        async def work(seconds: float) -> None:
            info = asyncworker.activity.info()
            await self._work((info.activity_id, info.attempt), asyncworker.activity.heartbeat, seconds)

        @asyncworker.activity.defn
        async def block(seconds: float) -> None:
            info = asyncworker.activity.info()
            self._block((info.activity_id, info.attempt), seconds)

        return asyncworker.Worker(
            client,
            task_queue=self.queue,
            activities=[work, block],
            max_concurrent_activities=SLOTS,
            max_concurrent_activity_task_polls=5,
            graceful_shutdown_timeout=GRACE,
        )


class Theirs(Contender):
    """The official worker."""

    name = "temporalio"

    @asynccontextmanager
    async def client(self, target: str) -> AsyncIterator[temporalio.client.Client]:
        yield await _connect(target)

    def worker(self, client: temporalio.client.Client) -> AbstractAsyncContextManager[Any]:
        @temporalio.activity.defn
        async def work(seconds: float) -> None:
            info = temporalio.activity.info()
            await self._work((info.activity_id, info.attempt), temporalio.activity.heartbeat, seconds)

        @temporalio.activity.defn
        async def block(seconds: float) -> None:
            info = temporalio.activity.info()
            self._block((info.activity_id, info.attempt), seconds)

        return temporalio.worker.Worker(
            client,
            task_queue=self.queue,
            activities=[work, block],
            max_concurrent_activities=SLOTS,
            activity_task_poller_behavior=temporalio.worker.PollerBehaviorSimpleMaximum(5),
            graceful_shutdown_timeout=timedelta(seconds=GRACE),
        )


CONTENDERS: tuple[type[Contender], ...] = (Ours, Theirs)


async def _connect(target: str) -> temporalio.client.Client:
    return await temporalio.client.Client.connect(target, runtime=_runtime())


@cache
def _runtime() -> Runtime:
    # It would tell of each failure on the terminal.
    return Runtime(telemetry=TelemetryConfig(logging=None))


# Load, and what has become of it


@dataclass(frozen=True, slots=True)
class Census:
    """What the server says of the activities that were started.

    Attributes:
        started: How many there are.
        completed: How many have a result.
        orphaned: How many it believes to be running, though no worker has them.
        retried: How many needed more than one attempt.
        other: How many are in another state: scheduled, failed, …
        failures: How their earlier attempts have failed, and how many of them.
    """

    started: int
    completed: int
    orphaned: int
    retried: int
    other: int
    failures: Counter[str]

    @property
    def is_perfect(self) -> bool:
        """Whether each was completed in its first attempt."""
        return self.completed == self.started and not self.retried


class Load:
    """Starts standalone activities with the official client, straight at the server, and asks what became of them."""

    def __init__(self, client: temporalio.client.Client, contender: Contender) -> None:
        self._client = client
        self._contender = contender
        self._queue = contender.queue
        self._limit = asyncio.Semaphore(_AT_A_TIME)
        self.names: list[str] = []

    @classmethod
    async def on(cls, target: str, contender: Contender) -> Load:
        """Connect."""
        return cls(await _connect(target), contender)

    async def start(self, seconds: float, *, activity: str = "work", timeout: float = 300, beat: float = 60) -> None:
        """Start one that takes so many seconds, of at most *timeout*, and with heartbeats every *beat* at least."""
        name = uuid.uuid4().hex
        async with self._limit:
            await self._client.start_activity(
                activity,
                seconds,
                id=name,
                task_queue=self._queue,
                start_to_close_timeout=timedelta(seconds=timeout),
                heartbeat_timeout=timedelta(seconds=beat),
            )
        self.names.append(name)

    async def start_all(self, lengths: Iterable[float], **options: Any) -> None:
        """Start one for each length, in seconds."""
        await asyncio.gather(*(self.start(seconds, **options) for seconds in lengths))

    async def start_paced(self, rate: float, count: int, longest: float) -> None:
        """Start *count*, so many per second; each takes up to *longest* seconds."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(began + number / rate - time.monotonic())
                group.create_task(self.start(random.uniform(0, longest)))

    async def start_until(self, stop: asyncio.Event, rate: float, longest: float) -> float:
        """Start so many per second until told to stop, and return how many it really were."""
        began, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                group.create_task(self.start(random.uniform(0, longest)))
                number += 1
                await asyncio.sleep(began + number / rate - time.monotonic())
        return len(self.names) / (time.monotonic() - began)

    async def wait(self, patience: float) -> None:
        """Wait until all are completed, or none was for so many seconds."""
        query = f"TaskQueue = '{self._queue}' AND ExecutionStatus = 'Completed'"
        completed, since = -1, time.monotonic()
        while completed < len(self.names) and time.monotonic() - since < patience:
            count = (await self._client.count_activities(query)).count
            if count != completed:
                completed, since = count, time.monotonic()
            await asyncio.sleep(0.3)

    async def census(self) -> Census:
        """Ask for each."""
        described = await asyncio.gather(*(self._describe(name) for name in self.names))
        completed = sum(it.status is ActivityExecutionStatus.COMPLETED for it in described)
        orphaned = sum(
            it.run_state is PendingActivityState.STARTED and it.activity_id not in self._contender.running
            for it in described
        )
        return Census(
            started=len(described),
            completed=completed,
            orphaned=orphaned,
            retried=sum(it.attempt > 1 for it in described),
            other=len(described) - completed - orphaned,
            failures=Counter(it.raw_info.last_failure.message for it in described if it.attempt > 1),
        )

    async def _describe(self, name: str) -> temporalio.client.ActivityExecutionDescription:
        async with self._limit:
            return await self._client.get_activity_handle(name).describe()


# The way to the server


class Proxy:
    """Passes bytes on, and is able to be gone: it then cuts what is open, and refuses connections."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self._own_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def target(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self._own_port}"

    async def open(self) -> None:
        """Listen, always on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._own_port)
        self._own_port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Be gone."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, far_writer}
        loop = asyncio.get_running_loop()
        both = {loop.create_task(_copy(reader, far_writer)), loop.create_task(_copy(far_reader, writer))}
        self._tasks |= both
        await asyncio.wait(both)
        self._tasks -= both
        self._writers -= {writer, far_writer}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


def kill(server: DevServer) -> None:
    """Kill the server with SIGKILL."""
    for process in psutil.Process(server.pid).children():
        process.kill()
        process.wait()
