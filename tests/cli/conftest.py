"""The command as a user has it: a process of its own, its exit code, what it writes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from asyncworker.testing import FakeTemporal

ORDERS = """
import asyncio
import gc
import multiprocessing
import sys
import threading
from pathlib import Path

from asyncworker import Worker, activity
from asyncworker.exceptions import ApplicationError

@activity.defn(task_queue="{queue}", start_to_close_timeout=30, heartbeat_timeout=5)
async def pack(items: int = 3) -> str:
    for done in range(items + 1):
        activity.heartbeat(done, items)
        await asyncio.sleep(0.3)
    return f"{{items}} packed"

@activity.defn(task_queue="{queue}", start_to_close_timeout=30, heartbeat_timeout=1)
async def wait() -> None:
    while True:
        activity.heartbeat("still here")
        await asyncio.sleep(0.05)

@activity.defn(task_queue="{queue}", start_to_close_timeout=30)
async def deaf() -> None:
    await asyncio.sleep(20)

@activity.defn(task_queue="{queue}", start_to_close_timeout=60, heartbeat_timeout=5)
async def walk() -> str:
    # As the test, which makes the files, has seen each step.
    for step in range(3):
        activity.heartbeat(step, 2)
        while not Path(f"step{{step}}").exists():
            await asyncio.sleep(0.02)
    return "walked"

@activity.defn
async def fail(what: str) -> None:
    raise ApplicationError(what, type="Broken", non_retryable=True) from ValueError("root")

@activity.defn(task_queue="{queue}", start_to_close_timeout=30, heartbeat_timeout=5)
async def show(what: str) -> None:
    for _ in range(5):
        activity.heartbeat(what)
        await asyncio.sleep(0.2)

@activity.defn(task_queue="{queue}", start_to_close_timeout=30)
def fork_pool() -> str:
    # Its children outlive the activity, as a pool that activities share does.
    module = sys.modules[__name__]
    module.pool = multiprocessing.get_context("fork").Pool(2)
    return str(module.pool.map(abs, range(3)))

@activity.defn
async def echo(*values):
    return values

@activity.defn
async def thresholds():
    return gc.get_threshold()

@activity.defn
def block() -> None:
    threading.Event().wait()

@activity.defn
async def thread() -> None:
    await asyncio.to_thread(threading.Event().wait)

@activity.defn
async def stubborn() -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

ACTIVITIES = [pack, wait, deaf, walk, fail, show, fork_pool, echo, thresholds, block, thread, stubborn]
worker = Worker(
    task_queue="{queue}", activities=ACTIVITIES, hard_shutdown_timeout=1, max_heartbeat_throttle_interval=0.1
)
other = Worker(task_queue="{queue}-2", activities=[echo])
both = [worker, other]
number = 7
none_at_all = []

async def make():
    return worker

def nothing_made():
    pass

def make_from(queue):
    return worker

async def generate():
    yield worker
"""


@dataclass
class Running:
    """A command under way."""

    process: Process
    stderr: BufferedByteReceiveStream
    seen: str = ""

    async def line_with(self, text: str) -> str:
        """Wait for a line on standard error."""
        with anyio.fail_after(30):
            while True:
                line = (await self.stderr.receive_until(b"\n", 100_000)).decode()
                self.seen += line + "\n"
                if text in line:
                    return line

    async def rest(self) -> str:
        """Wait for the end, and return what was still to come on standard error."""
        rest = ""
        with anyio.fail_after(30):
            while True:
                try:
                    rest += (await self.stderr.receive()).decode()
                except anyio.EndOfStream:
                    break
            await self.process.wait()
        return rest

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        await self.rest()
        assert self.process.returncode is not None
        return self.process.returncode


@dataclass
class Command:
    """The asyncworker command, in a directory that has the module ``orders``."""

    directory: Path
    env: Mapping[str, str]

    async def __call__(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end."""
        with anyio.fail_after(40):
            return await anyio.run_process(
                [sys.executable, "-m", "asyncworker", *arguments],
                check=False,
                cwd=self.directory,
                env={**self.env, **env},
            )

    @asynccontextmanager
    async def running(self, *arguments: str, **env: str) -> AsyncIterator[Running]:
        """Run it beside the test."""
        async with await anyio.open_process(
            [sys.executable, "-m", "asyncworker", *arguments], cwd=self.directory, env={**self.env, **env}
        ) as process:
            assert process.stderr is not None
            try:
                yield Running(process, BufferedByteReceiveStream(process.stderr))
            finally:
                if process.returncode is None:
                    process.kill()


@pytest.fixture(autouse=True)
def default_signals() -> Iterator[None]:
    """Commands start with the signals' defaults: what is ignored here, as under ``nohup``, would be ignored there."""
    numbers = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else [])]
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


@pytest.fixture
def command(tmp_path: Path, task_queue: str) -> Command:
    """The command, without a server."""
    (tmp_path / "orders.py").write_text(ORDERS.format(queue=task_queue))
    package = Path(__file__).parents[2]
    return Command(tmp_path, {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "200"})


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    """A server in memory, that can be told to refuse."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, wait_timeout=30) as temporal:
        yield temporal


@pytest.fixture
def command_on_fake(command, temporal) -> Command:
    """The command, with the address of the server in memory in the environment."""
    return Command(command.directory, {**command.env, "TEMPORAL_ADDRESS": temporal.target})


@pytest.fixture
def command_on_server(command, dev_server) -> Command:
    """The command, with the address of the test's server in the environment."""
    return Command(command.directory, {**command.env, "TEMPORAL_ADDRESS": dev_server.target})
