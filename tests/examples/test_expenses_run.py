"""The expense approval, as `make expenses` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

pytestmark = pytest.mark.server


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
async def test_interrupt_ends_the_expenses_app_without_a_traceback(tmp_path: Path):
    """Ctrl-C ends the example without a traceback, as it says."""
    with anyio.fail_after(50):
        async with running_app(tmp_path / "expenses.db") as (process, url):
            await until_it_answers(url)
            process.send_signal(signal.SIGINT)
            said = b"".join([chunk async for chunk in process.stderr])
            await process.wait()

    assert b"Traceback" not in said
    assert process.returncode == 0


async def test_an_expense_that_waits_is_there_again_after_the_app_was_killed(tmp_path: Path):
    """Kill the app and start it again: nothing is lost, as the README says."""
    database = tmp_path / "expenses.db"
    with anyio.fail_after(100):
        async with running_app(database) as (process, url), httpx.AsyncClient(base_url=url, timeout=20) as http:
            await until_it_answers(url)
            (await http.post("/expenses", json={"id": "7", "what": "lunch", "amount": 12})).raise_for_status()
            process.kill()
            await process.wait()
        # At once, while the killed app's server may still have the database.
        async with running_app(database) as (_, url):
            found = await until_it_answers(url)

    assert [(each["activity_id"], each["status"]) for each in found] == [("expense-7", "RUNNING")]


@asynccontextmanager
async def running_app(database: Path) -> AsyncIterator[tuple[Process, str]]:
    """Start the example with what *database* has; its process and its address."""
    command, root = [sys.executable, "-m", "examples.expenses"], Path(__file__).parents[2]
    environment = {**os.environ, "PORT": "0", "EXPENSES_DB": str(database)}
    environment.pop("TEMPORAL_ADDRESS", None)
    async with await anyio.open_process(command, cwd=root, env=environment, stderr=subprocess.PIPE) as process:
        try:
            output = BufferedByteReceiveStream(process.stdout)
            line = (await output.receive_until(b"\n", 10_000)).decode()
            assert "Ctrl-C ends it." in line
            yield process, re.findall(r"http://127.0.0.1:\d+(?=, look)", line)[0]
        finally:
            if process.returncode is None:
                process.kill()


async def until_it_answers(url: str) -> list[dict[str, object]]:
    """Wait until the app serves; what it lists."""
    async with httpx.AsyncClient(base_url=url, timeout=20) as http:
        while True:
            try:
                reply = await http.get("/expenses")
            except httpx.TransportError:
                await anyio.sleep(0.05)
            else:
                return reply.raise_for_status().json()
