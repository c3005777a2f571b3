"""What signals do to a worker that is a process: the first drains it, the second cancels, the third cuts it short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import Process

from .calls import Caller, StandaloneCaller, eventually
from .worker_process import ACTIVITIES, deaf, finish, interrupted

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send"),
]

SCRIPT = Path(__file__).with_name("worker_process.py")


@asynccontextmanager
async def worker_process(caller: Caller) -> AsyncIterator[Process]:
    """Run the worker's process, which connects itself as its environment says."""
    environment = {**os.environ, "TEMPORAL_ADDRESS": caller.target}
    process = await anyio.open_process(
        [sys.executable, str(SCRIPT), caller.task_queue], env=environment, stdout=subprocess.DEVNULL, stderr=None
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.aclose()


async def ended(process: Process) -> int:
    with anyio.fail_after(15):
        return await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
async def test_the_first_signal_drains(caller: Caller, number: signal.Signals):
    """A signal lets activities finish within the grace period, and the process ends well."""
    async with worker_process(caller) as process:
        call = await caller.start(finish)
        await call.reaches(1, "STARTED")
        process.send_signal(number)
        code = await ended(process)

    assert await call.result() == "finished"
    assert code == 0


async def test_the_second_signal_cancels(standalone: StandaloneCaller):
    """A second signal ends the grace period: activities are interrupted, and go on elsewhere."""
    async with worker_process(standalone) as process:
        draining = await standalone.start(finish)
        call = await standalone.start(interrupted, heartbeat_timeout=20, initial_interval=0.2)
        await draining.reaches(1, "STARTED")
        await call.reaches(1, "STARTED")
        process.send_signal(signal.SIGTERM)
        # It is draining when the activity that waits for that has ended.
        assert await draining.result() == "finished"
        process.send_signal(signal.SIGTERM)
        code = await ended(process)
    standing = await call.standing()
    async with standalone.worker(*ACTIVITIES):
        result = await call.result()

    assert code == 0
    assert standing.last_failure == "The worker shut down before the activity had completed"
    assert result == [2, 41]


async def test_the_third_signal_leaves_behind(standalone: StandaloneCaller):
    """A third signal does not wait for activities that ignore the second."""
    async with worker_process(standalone) as process:
        draining = await standalone.start(finish)
        call = await standalone.start(deaf, initial_interval=0.2)
        cancelled = await standalone.start(interrupted, heartbeat_timeout=20, initial_interval=0.2)
        for each in (draining, call, cancelled):
            await each.reaches(1, "STARTED")
        process.send_signal(signal.SIGTERM)
        assert await draining.result() == "finished"
        process.send_signal(signal.SIGTERM)
        await eventually(cancelled.standing, lambda now: now.last_failure)
        process.send_signal(signal.SIGTERM)
        await eventually(call.standing, lambda now: now.last_failure)
        # Its thread goes on, and keeps the process: only a signal that cannot be caught ends that.
        process.kill()
        await ended(process)
    async with standalone.worker(*ACTIVITIES):
        result = await call.result()

    assert result == 2
