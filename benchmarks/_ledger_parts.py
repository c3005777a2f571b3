"""What the ledger's scenarios are made of: worker processes, a server to crash, a network to stop, and the account."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import temporalio.client
from temporalio.client import ActivityExecutionStatus, PendingActivityState
from temporalio.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, RetryPolicy
from temporalio.exceptions import ActivityAlreadyStartedError
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError

from asyncworker.testing import DevServer

from ._ledger_worker import POLLS
from ._soak_parts import UNLIMITED, Proxy, kill

__all__ = [
    "POLLS",
    "Account",
    "Attempt",
    "Fleet",
    "Load",
    "Orphan",
    "Progress",
    "Records",
    "Server",
    "Unfinished",
    "Valve",
]

#: An activity's id, and the number of the attempt.
Attempt: TypeAlias = tuple[str, int]

_QUEUE = "ledger"
_NAME = "started-{:06d}"
# A poll's answer has the id twice, within the task token and beside it: the field's tag, its length, and the id.
_NAMES = re.compile(rb"\x32\x0e(started-\d{6})[\s\S]{1,500}?\x32\x0e\1")
_LENGTH = 0.1
# Calls that the load has under way at a time.
_AT_A_TIME = 20
# Activities that wait for a worker, or run: beyond that the machine cannot do as many as it is asked to.
_BACKLOG = 500
# A machine that has too much to do answers late.
_PATIENCE = timedelta(seconds=120)
_SERVERS_WORD = frozenset({"task", "empty"})


# Worker processes


class Fleet:
    """The worker processes, each with a log of its own, the oldest first.

    Attributes:
        killed: The processes that were ended by SIGKILL.
        exit_codes: Of the others.
        slowest: Seconds that the slowest of them took from SIGTERM to its end.
    """

    def __init__(self, kind: str, target: str, folder: Path) -> None:
        self._arguments = (kind, target, _QUEUE)
        self._folder = folder
        self._running: list[asyncio.subprocess.Process] = []
        self._count = 0
        self.killed: set[int] = set()
        self.exit_codes: Counter[int] = Counter()
        self.slowest = 0.0

    async def start(self) -> None:
        """Start one more, and wait until it works."""
        self._count += 1
        path = self._folder / f"{self._count:04d}"
        with path.with_suffix(".stderr").open("w") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks._ledger_worker", *self._arguments, str(path.with_suffix(".log"))),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        assert process.stdout is not None
        self._running.append(process)
        async with asyncio.timeout(60):
            if not await process.stdout.readline():
                raise RuntimeError(f"a worker ended before it was ready: {path.with_suffix('.stderr').read_text()}")

    async def stop(self) -> None:
        """Ask the oldest to end with SIGTERM, and wait until it has."""
        process, began = self._running[0], time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.exit_codes[await process.wait()] += 1
        self._running.remove(process)
        self.slowest = max(self.slowest, time.monotonic() - began)

    async def stop_all(self) -> None:
        """Ask all to end, one after the other."""
        while self._running:
            await self.stop()

    async def kill(self) -> None:
        """End the oldest with SIGKILL."""
        process = self._running.pop(0)
        self.killed.add(process.pid)
        process.kill()
        await process.wait()

    async def kill_all(self) -> None:
        """End what still runs, whatever it is at."""
        running, self._running = self._running, []
        for process in running:
            self.killed.add(process.pid)
            # One that was asked to end may have done so.
            with suppress(ProcessLookupError):
                process.kill()
        for process in running:
            await process.wait()

    async def pause(self, seconds: float) -> None:
        """Hold the oldest with SIGSTOP for so long; it counts as the youngest afterwards."""
        process = self._running.pop(0)
        self._running.append(process)
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            process.send_signal(signal.SIGCONT)


# The server, and the way to it


class Server:
    """The dev server, on one port and one database for as long as the block lasts, however often it crashes."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._folder = folder
        self._settings = {**UNLIMITED, **settings}
        self._stack = AsyncExitStack()
        self._server: DevServer | None = None
        self._port: int | None = None
        self._keeps_state = False

    @classmethod
    @asynccontextmanager
    async def running(cls, folder: Path, *, keeps_state: bool, **settings: Any) -> AsyncIterator[Server]:
        """Run one; with its state in a file if it is to crash."""
        server = cls(folder, **settings)
        server._keeps_state = keeps_state
        try:
            await server._start()
            yield server
        finally:
            await server._stack.aclose()

    @property
    def target(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return self._server.target

    async def crash(self, away: float) -> None:
        """End it with SIGKILL, and start it again after so many seconds."""
        assert self._server is not None
        kill(self._server)
        await self._stack.aclose()
        await asyncio.sleep(away)
        await self._start()

    async def _start(self) -> None:
        database = self._folder / "temporal.db" if self._keeps_state else None
        server = DevServer(dynamic_config=self._settings, db_filename=database, port=self._port)
        self._server = await self._stack.enter_async_context(server)
        self._port = self._server.port


class Valve(Proxy):
    """Passes bytes on, and can stop either direction: what comes meanwhile is late, or lost.

    A connection that has lost bytes is of no use to either end, and is cut when the direction is open again: as by a
    firewall that has forgotten it. What the server has sent is kept: it tells whether a poll was answered with a task.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self._flows = {"up": asyncio.Event(), "down": asyncio.Event()}
        for flow in self._flows.values():
            flow.set()
        self._loses = False
        self._damaged: set[asyncio.StreamWriter] = set()
        # By connection.
        self._sent: list[bytearray] = []

    def tasks_sent(self) -> Counter[str]:
        """Count the tasks that the server has sent, by activity; none that it has compressed."""
        return Counter(name.decode() for sent in self._sent for name in _NAMES.findall(sent))

    @asynccontextmanager
    async def closed(self, *directions: str, loses: bool) -> AsyncIterator[None]:
        """Let nothing through in these directions, ``up`` to the server and ``down`` from it, within the block."""
        self._loses = loses
        for direction in directions:
            self._flows[direction].clear()
        try:
            yield
        finally:
            for direction in directions:
                self._flows[direction].set()
            for writer in self._damaged:
                writer.transport.abort()
            self._damaged.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            # The server is not there at the moment.
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        sent = bytearray()
        self._sent.append(sent)
        loop = asyncio.get_running_loop()
        both = {
            loop.create_task(self._pass_on(reader, far_writer, "up", bytearray())),
            loop.create_task(self._pass_on(far_reader, writer, "down", sent)),
        }
        self._tasks |= both
        await asyncio.wait(both)
        self._tasks -= both
        self._writers -= {writer, far_writer}

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str, seen: bytearray
    ) -> None:
        flow = self._flows[direction]
        try:
            while data := await reader.read(65536):
                seen += data
                if not flow.is_set() and self._loses:
                    self._damaged.add(writer)
                    continue
                await flow.wait()
                writer.write(data)
                await writer.drain()
            # Nor does the end of a connection get through.
            await flow.wait()
        except OSError:
            pass
        finally:
            writer.close()


# Load


class Load:
    """Starts standalone activities with the official client, straight at the server, and asks what became of them.

    Args:
        client: Of the server.
        progress: What the workers have done.
        attempts: How many each activity has; 0 is any number.
        timeout: Seconds that one attempt may take until the server gives it up.
    """

    def __init__(self, client: temporalio.client.Client, progress: Progress, *, attempts: int, timeout: float) -> None:
        self._client = client
        self._progress = progress
        self._retries = RetryPolicy(maximum_attempts=attempts, initial_interval=timedelta(seconds=0.2))
        self._timeout = timedelta(seconds=timeout)
        self._limit = asyncio.Semaphore(_AT_A_TIME)
        self.names: list[str] = []

    @classmethod
    async def on(cls, target: str, progress: Progress, *, attempts: int, timeout: float) -> Load:
        """Connect."""
        client = await temporalio.client.Client.connect(target, runtime=_runtime())
        return cls(client, progress, attempts=attempts, timeout=timeout)

    async def start_paced(self, count: int, rate: float, within: float) -> float:
        """Start *count* activities, so many per second, and return how many it really were.

        Where the machine cannot do as many they are started as the workers end them, and none after *within* seconds.
        """
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(began + number / rate - time.monotonic())
                while self._is_behind(number) and time.monotonic() - began < within:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.2)
                await self._limit.acquire()
                if time.monotonic() - began > within:
                    self._limit.release()
                    break
                group.create_task(self._start(_NAME.format(number)))
        return len(self.names) / (time.monotonic() - began)

    def _is_behind(self, started: int) -> bool:
        return started - self._progress.ended() > _BACKLOG

    async def _start(self, name: str) -> None:
        try:
            # A server that has gone may have started it all the same.
            while not await self._has_started(name):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.5)
        finally:
            self._limit.release()
        self.names.append(name)

    async def _has_started(self, name: str) -> bool:
        try:
            await self._client.start_activity(
                "work",
                random.uniform(0, _LENGTH),
                id=name,
                task_queue=_QUEUE,
                start_to_close_timeout=self._timeout,
                retry_policy=self._retries,
                id_reuse_policy=ActivityIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=ActivityIDConflictPolicy.USE_EXISTING,
            )
        except ActivityAlreadyStartedError:
            return True
        except RPCError:
            return False
        return True

    async def wait(self, patience: float) -> None:
        """Wait until the server says that all are completed, or nothing has come to an end for so many seconds."""
        before, since = (-1, -1), time.monotonic()
        while before[0] < len(self.names) and time.monotonic() - since < patience:
            now = await self._completed(before[0]), self._progress.ended()
            if now != before:
                before, since = now, time.monotonic()
            await asyncio.sleep(1)

    async def _completed(self, before: int) -> int:
        query = f"{_OURS} AND {_COMPLETED}"
        try:
            return (await self._client.count_activities(query, rpc_timeout=_PATIENCE)).count
        except RPCError:
            return before

    async def unfinished(self) -> list[Unfinished]:
        """Ask for those that are not completed by the list of those that are."""
        listed = self._client.list_activities(f"{_OURS} AND {_COMPLETED}", page_size=500, rpc_timeout=_PATIENCE)
        completed = {each.activity_id async for each in listed}
        described = await asyncio.gather(*(self._describe(name) for name in self.names if name not in completed))
        # The list may be late.
        return [each for each in described if each.status != ActivityExecutionStatus.COMPLETED.name]

    async def _describe(self, name: str) -> Unfinished:
        async with self._limit:
            it = await self._client.get_activity_handle(name).describe(rpc_timeout=_PATIENCE)
        pid = it.raw_info.last_worker_identity.partition("@")[0]
        return Unfinished(
            name,
            status=it.status.name if it.status is not None else "?",
            attempt=it.attempt,
            is_started=it.run_state is PendingActivityState.STARTED,
            started_at=it.raw_info.last_started_time.ToMicroseconds() / 1e6,
            pid=int(pid) if pid.isdigit() else 0,
        )


_OURS = f"TaskQueue = '{_QUEUE}'"
_COMPLETED = "ExecutionStatus = 'Completed'"


@cache
def _runtime() -> Runtime:
    # It would tell of each failure on the terminal.
    return Runtime(telemetry=TelemetryConfig(logging=None))


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What the server says of an activity that is not completed.

    Attributes:
        name: Its id.
        status: What it is instead.
        attempt: The last one.
        is_started: Whether the server believes that a worker runs it.
        started_at: When that attempt was started, as seconds since the epoch.
        pid: The process to which it was handed out.
    """

    name: str
    status: str
    attempt: int
    is_started: bool
    started_at: float
    pid: int


# The account


class Progress:
    """How far the workers are, by their logs as they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._ended = 0
        self._read_at = 0.0

    def ended(self) -> int:
        """Return how many attempts have come to their end, as of half a second ago at most."""
        if time.monotonic() - self._read_at > 0.5:
            self._read_on()
            self._read_at = time.monotonic()
        return self._ended

    def _read_on(self) -> None:
        for path in self._folder.glob("*.log"):
            with path.open("rb") as log:
                log.seek(self._read.get(path, 0))
                # A line that is not complete is read again.
                lines = log.read().rpartition(b"\n")[0]
            self._read[path] = self._read.get(path, 0) + len(lines)
            self._ended += lines.count(b"\tended\t")


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll that has ended: with a ``task``, ``empty``, or with an error's text."""

    pid: int
    began: float
    ended: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Run:
    """That an attempt was begun."""

    pid: int
    began: float


@dataclass(slots=True)
class Records:
    """What the workers have written down.

    Attributes:
        polls: All that have ended.
        brought: The processes to which a poll brought an attempt.
        runs: How often an attempt was begun, and by which process.
    """

    polls: list[Poll] = field(default_factory=list)
    brought: dict[Attempt, list[int]] = field(default_factory=lambda: defaultdict(list))
    runs: dict[Attempt, list[Run]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, folder: Path) -> Records:
        """Read all logs of a folder."""
        records = cls()
        for path in sorted(folder.glob("*.log")):
            for line in path.read_text().splitlines():
                records._add(line.split("\t"))
        return records

    def _add(self, fields: list[str]) -> None:
        pid, kind = int(fields[0]), fields[1]
        if kind == "poll":
            began, ended, outcome, name, attempt = fields[2:]
            self.polls.append(Poll(pid, float(began), float(ended), outcome))
            if outcome == "task":
                self.brought[name, int(attempt)].append(pid)
        elif kind == "ran":
            name, attempt, began = fields[2:]
            self.runs[name, int(attempt)].append(Run(pid, float(began)))

    @property
    def unanswered(self) -> Counter[str]:
        """The polls that did not end by the server's word, by what they ended with."""
        return Counter(poll.outcome for poll in self.polls if poll.outcome not in _SERVERS_WORD)


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt that the server has started, and of which no worker has run a line.

    Attributes:
        attempt: Which.
        process: The one to which the server believes to have handed it out, and when; of the last attempt only.
        brought_to: The processes to which a poll brought it.
        is_sent: Whether the server has sent it at all.
    """

    attempt: Attempt
    process: tuple[int, float] | None
    brought_to: tuple[int, ...]
    is_sent: bool


@dataclass(frozen=True, slots=True)
class Account:
    """What became of all that was started.

    Attributes:
        started: How many activities were.
        lost: Those that are not completed, nor will be by themselves soon.
        orphans: The attempts that were started and not run.
        dropped: Those of them that a poll has brought to a process which was not killed.
        repeated: The attempts that were run more than once.
        doubled: The activities of which more than one attempt was run.
        unexcused: Those of them of which no kill and no fault has come between two attempts.
        answers: The polls that have brought a task; 0 where polls are not known.
        sent: The tasks that the server has sent; 0 where it compresses them.
    """

    started: int
    lost: list[str]
    orphans: list[Orphan]
    dropped: list[Orphan]
    repeated: list[Attempt]
    doubled: list[str]
    unexcused: list[str]
    answers: int
    sent: int

    @classmethod
    def of(
        cls,
        names: Iterable[str],
        records: Records,
        unfinished: Iterable[Unfinished],
        sent: Counter[str],
        *,
        killed: set[int],
        faults: list[tuple[float, float]],
        timeout: float,
    ) -> Account:
        """Compare what the server says with what the workers have written.

        Args:
            names: All that were started.
            records: What the workers say.
            unfinished: What the server says of those that are not completed.
            sent: The tasks that it has sent, by activity.
            killed: The processes that were.
            faults: From when to when something was done to the server or the network, as seconds since the epoch.
            timeout: Seconds after which the server gives an attempt up.
        """
        left = {each.name: each for each in unfinished}
        last: dict[str, int] = {}
        for name, attempt in records.runs:
            last[name] = max(last.get(name, 0), attempt)
        orphans = [
            _orphan((name, attempt), records, left, sent[name]) for name, attempt in _not_run(last, records, left)
        ]
        doubled = [name for name, attempt in last.items() if len(_runs_of(name, attempt, records)) > 1]

        def has_reason(run: Run) -> bool:
            return run.pid in killed or any(
                run.began <= ended and began <= run.began + timeout for began, ended in faults
            )

        return cls(
            started=len(list(names)),
            lost=sorted(left),
            orphans=orphans,
            dropped=[each for each in orphans if set(each.brought_to) - killed],
            repeated=[attempt for attempt, runs in records.runs.items() if len(runs) > 1],
            doubled=doubled,
            unexcused=[name for name in doubled if not all(map(has_reason, _runs_of(name, last[name], records)[:-1]))],
            answers=sum(map(len, records.brought.values())),
            sent=sent.total(),
        )


def _runs_of(name: str, last: int, records: Records) -> list[Run]:
    """Return the first run of each attempt that was run."""
    return [runs[0] for attempt in range(1, last + 1) if (runs := records.runs.get((name, attempt)))]


def _not_run(last: Mapping[str, int], records: Records, left: Mapping[str, Unfinished]) -> Iterable[Attempt]:
    """Yield the attempts that the server must have started, and that nothing says were run."""
    started = Counter(last) | Counter(
        {name: it.attempt if it.is_started else it.attempt - 1 for name, it in left.items()}
    )
    for name, count in started.items():
        yield from ((name, number) for number in range(1, count + 1) if (name, number) not in records.runs)


def _orphan(attempt: Attempt, records: Records, left: Mapping[str, Unfinished], sent: int) -> Orphan:
    name, number = attempt
    it = left.get(name)
    process = (it.pid, it.started_at) if it is not None and it.attempt == number else None
    # Which of its attempts the server has sent is not looked at: all that were brought, and one more, will do.
    brought = sum(len(pids) for (other, _), pids in records.brought.items() if other == name)
    brought_to = tuple(records.brought.get(attempt, ()))
    return Orphan(attempt, process, brought_to, is_sent=bool(brought_to) or sent > brought)
