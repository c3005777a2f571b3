"""An app under load loses neither a request nor an attempt when its HTTP server stops or reloads."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import STDOUT

import anyio
import httpx
import pytest

pytestmark = [pytest.mark.slow]

APP = """
import asyncio
import os

from fastapi import FastAPI

from asyncworker import Worker, activity
from asyncworker.contrib.fastapi import ClientDep, health_router, lifespan

QUEUE = os.environ["TEMPORAL_TASK_QUEUE"]


def note(*what):
    with open("log", "a") as log:
        log.write(" ".join(map(str, what)) + "\\n")


@activity.defn(task_queue=QUEUE, start_to_close_timeout=30)
async def pack(number: int) -> str:
    note("attempt", number, activity.info().attempt)
    await asyncio.sleep(0.2)
    note("packed", number, activity.info().attempt)
    return f"{number} packed by {os.getpid()}"


app = FastAPI(lifespan=lifespan(Worker(task_queue=QUEUE, activities=[pack])))
app.include_router(health_router())


@app.post("/orders/{number}")
async def order(number: int, client: ClientDep) -> str:
    note("request", number)
    return await client.execute_activity(pack, number, id=f"{QUEUE}-{number}")
"""

SERVERS = {
    "uvicorn": ["uvicorn", "shop:app", "--port"],
    "uvicorn with two processes": ["uvicorn", "shop:app", "--workers", "2", "--port"],
    "uvicorn that reloads": ["uvicorn", "shop:app", "--reload", "--port"],
    "gunicorn": ["gunicorn", "shop:app", "-w", "2", "-k", "uvicorn_worker.UvicornWorker", "-b"],
}


@dataclass
class Shop:
    """An HTTP server in a process of its own, and the requests that it gets."""

    url: str
    folder: Path
    process: anyio.abc.Process
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    answered: dict[int, str] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)

    def logged(self, kind: str) -> list[list[str]]:
        path = self.folder / "log"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [words[1:] for words in lines if words[0] == kind]

    def output(self) -> str:
        return (self.folder / "output").read_text()

    async def order_on(self) -> None:
        """Send orders one after the other, each on a connection of its own, until the server has stopped."""
        while self.process.returncode is None:
            number = next(self.numbers)
            try:
                async with httpx.AsyncClient(timeout=60) as http:
                    response = await http.post(f"{self.url}/orders/{number}")
            except httpx.TransportError:
                # It was not accepted, as the log must show.
                await anyio.sleep(0.05)
            else:
                if response.status_code == 200:
                    self.answered[number] = response.json()
                else:
                    self.refused[number] = response.status_code

    async def until(self, fact: Callable[[], bool]) -> None:
        with anyio.fail_after(60):
            while not fact():  # noqa: ASYNC110 - the facts are in files
                await anyio.sleep(0.05)

    async def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        with anyio.fail_after(60):
            await self.process.wait()


@asynccontextmanager
async def serving(folder: Path, command: list[str], target: str, task_queue: str) -> AsyncIterator[Shop]:
    (folder / "shop.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    address = f"127.0.0.1:{port}" if command[0] == "gunicorn" else str(port)
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TEMPORAL_ADDRESS": target,
        "TEMPORAL_TASK_QUEUE": task_queue,
    }
    with (folder / "output").open("wb") as output:
        async with await anyio.open_process(
            [sys.executable, "-m", *command, address],
            cwd=folder,
            stdout=output,
            stderr=STDOUT,
            env=environment,
            start_new_session=True,
        ) as process:
            try:
                yield Shop(f"http://127.0.0.1:{port}", folder, process)
            finally:
                # With the processes that it has started.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", SERVERS)
async def test_nothing_is_lost_under_load(tmp_path, dev_server, task_queue, name):
    """Each request that the app has begun is answered, and each attempt ends, as the first of its activity."""
    async with (
        serving(tmp_path, SERVERS[name], dev_server.target, task_queue) as shop,
        anyio.create_task_group() as load,
    ):
        for _ in range(8):
            load.start_soon(shop.order_on)
        await shop.until(lambda: len(shop.answered) >= 20)
        if "--reload" in SERVERS[name]:
            before = len(shop.answered)
            changed = tmp_path / "shop.py"
            changed.write_text(APP + f"\n# changed at {time.time()}\n")
            await shop.until(lambda: shop.output().count("Application startup complete") >= 2)
            await shop.until(lambda: len(shop.answered) >= before + 20)
        await shop.until(lambda: len(shop.logged("attempt")) > len(shop.logged("packed")))
        await shop.stop()

    requests = {int(number) for (number,) in shop.logged("request")}
    attempts, packed = shop.logged("attempt"), shop.logged("packed")
    assert shop.refused == {}
    assert requests - set(shop.answered) == set(), shop.output()
    assert {attempt for _, attempt in attempts} == {"1"}
    assert sorted(attempts) == sorted(packed)
    assert len(requests) == len(packed) >= 20
    assert "Traceback" not in shop.output()


@pytest.mark.parametrize("name", ["uvicorn with two processes", "gunicorn"])
async def test_each_process_runs_a_worker(tmp_path, dev_server, task_queue, name):
    """Activities are executed by several processes."""
    async with (
        serving(tmp_path, SERVERS[name], dev_server.target, task_queue) as shop,
        anyio.create_task_group() as load,
    ):
        for _ in range(8):
            load.start_soon(shop.order_on)
        await shop.until(lambda: len({answer.rpartition(" ")[2] for answer in shop.answered.values()}) == 2)
        await shop.stop()
