"""Workers live in a FastAPI app for as long as the app does, under a real uvicorn."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from asyncworker import Client, Worker, activity
from asyncworker.contrib.fastapi import ClientDep, get_client, lifespan
from asyncworker.exceptions import RPCStatusCode, WorkerError
from asyncworker.testing import FakeTemporal

APP = """
import asyncio
import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request

from asyncworker import Worker, activity
from asyncworker.contrib.fastapi import ClientDep, lifespan

QUEUE = os.environ["TEMPORAL_TASK_QUEUE"]
resources = {}


@activity.defn(task_queue=QUEUE, start_to_close_timeout=20)
async def pack(items: int, seconds: float = 0) -> str:
    print("packing", flush=True)
    await asyncio.sleep(seconds)
    return f"{items} {resources['what']}"


@asynccontextmanager
async def own(app):
    resources["what"] = "packed"
    yield {"name": "shop"}
    print("closing the shop", flush=True)
    resources.clear()


app = FastAPI(lifespan=lifespan(Worker(task_queue=QUEUE, activities=[pack]), app_lifespan=own))


@app.get("/pack/{items}")
async def route(items: int, client: ClientDep, request: Request) -> str:
    return f"{request.state.name}: " + await client.execute_activity(pack, items)
"""


@dataclass
class Server:
    """A uvicorn process."""

    url: str
    process: anyio.abc.Process
    output: BufferedByteReceiveStream
    seen: str = ""

    async def line_with(self, text: str) -> None:
        with anyio.fail_after(30):
            while text not in (line := (await self.output.receive_until(b"\n", 100_000)).decode()):
                self.seen += line + "\n"
        self.seen += line + "\n"

    async def end(self) -> str:
        with anyio.fail_after(30):
            try:
                while True:
                    self.seen += (await self.output.receive()).decode()
            except anyio.EndOfStream:
                await self.process.wait()
        return self.seen


@pytest.fixture
def serve(tmp_path, task_queue):
    """Serve the app with uvicorn, in a process of its own."""
    (tmp_path / "shop.py").write_text(APP)

    @asynccontextmanager
    async def serve(target: str, *, namespace: str = "default") -> AsyncIterator[Server]:
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]
        package = str(Path(__file__).parents[2])
        async with await anyio.open_process(
            [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(port)],
            cwd=tmp_path,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "PYTHONPATH": package,
                "TEMPORAL_ADDRESS": target,
                "TEMPORAL_NAMESPACE": namespace,
                "TEMPORAL_TASK_QUEUE": task_queue,
            },
        ) as process:
            assert process.stdout is not None
            try:
                yield Server(f"http://127.0.0.1:{port}", process, BufferedByteReceiveStream(process.stdout))
            finally:
                if process.returncode is None:
                    process.kill()

    return serve


@pytest.mark.process
class TestUnderUvicorn:
    async def test_route_executes_an_activity_of_the_apps_worker(self, serve, dev_server):
        """A route starts an activity with its client, and the app's worker runs it."""
        async with serve(dev_server.target) as server, httpx.AsyncClient() as http:
            await server.line_with("Uvicorn running")
            response = await http.get(f"{server.url}/pack/7", timeout=20)
            server.process.send_signal(signal.SIGTERM)
            await server.end()

        assert response.json() == "shop: 7 packed"

    async def test_app_drains_its_worker_when_it_stops(self, serve, dev_server, task_queue):
        """When the app stops, a running activity finishes before the app's own resources are closed."""
        async with (
            serve(dev_server.target) as server,
            await Client.connect(dev_server.target) as client,
        ):
            await server.line_with("Uvicorn running")
            handle = await client.start_activity(
                "pack", 7, 1.0, task_queue=task_queue, id=task_queue, start_to_close_timeout=20
            )
            await server.line_with("packing")
            server.process.send_signal(signal.SIGTERM)
            output = await server.end()
            description = await handle.describe(include_outcome=True)

        assert description.result(str) == "7 packed"
        assert description.attempt == 1
        assert output.index("Waiting for application shutdown") < output.index("closing the shop")
        assert "Application shutdown complete" in output

    async def test_app_does_not_start_if_its_worker_cannot(self, serve, dev_server):
        """If a worker cannot start, the app does not start, and the HTTP server prints the reason."""
        async with serve(dev_server.target, namespace="nowhere") as server:
            output = await server.end()

        assert "Application startup failed" in output
        assert "nowhere" in output
        assert "another exception" not in output
        assert len(output.splitlines()) < 20
        assert server.process.returncode == 3

    async def test_app_stops_if_its_worker_fails(self, serve):
        """If a worker fails, that is logged and the HTTP server exits with an error."""
        async with FakeTemporal() as temporal, serve(temporal.target) as server:
            await server.line_with("Uvicorn running")
            temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.NOT_FOUND, "Namespace default is gone.", times=99)
            temporal.cut_connections()
            output = await server.end()

        assert "failed, and the app stops" in output
        assert "Namespace default is gone." in output
        assert server.process.returncode != 0


@activity.defn(task_queue="q", start_to_close_timeout=10)
async def greet(name: str) -> str:
    return f"hello {name}"


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        yield temporal


class TestLifespan:
    async def test_state_of_the_apps_lifespan_is_passed_on(self, temporal):
        """The state has the worker's client and the state of the app's own lifespan."""

        @asynccontextmanager
        async def own(app):
            yield {"name": app.title}

        client = temporal.client()
        app = FastAPI(title="shop")

        async with lifespan(Worker(client, task_queue="q", activities=[greet]), app_lifespan=own)(app) as state:
            assert (state["name"], state["temporal_client"]) == ("shop", client)

    async def test_worker_may_use_what_the_app_has_set_up(self, temporal):
        """The app's own lifespan is entered before the workers start and left after they have ended."""
        worker = Worker(temporal.client(), task_queue="q", activities=[greet])
        seen = []

        @asynccontextmanager
        async def own(app):
            seen.append(worker.is_running)
            yield
            seen.append(worker.is_shutdown)

        async with lifespan(worker, app_lifespan=own)(FastAPI()):
            seen.append(worker.is_running)

        assert seen == [False, True, True]

    async def test_several_workers_share_the_app(self, temporal):
        """Several workers run side by side."""
        workers = [Worker(temporal.client(), task_queue=queue, activities=[greet]) for queue in "ab"]

        async with lifespan(*workers)(FastAPI()):
            tasks = [temporal.add_task("greet", "you", task_queue=queue) for queue in "ab"]
            for task in tasks:
                await task.wait_closed()

        assert [task.result for task in tasks] == ["hello you"] * 2

    async def test_routes_without_workers_have_a_client(self, temporal, monkeypatch):
        """Without workers the routes have a client too, which is closed with the app."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)

        async with lifespan()(FastAPI()) as state:
            result = await state["temporal_client"].count_activities()

        assert result.count == 0

    async def test_connect_makes_the_routes_client(self, temporal):
        """The function *connect* makes the routes' client."""

        async def connect() -> Client:
            return await Client.connect(temporal.target, identity="routes")

        async with lifespan(Worker(temporal.client(), task_queue="q", activities=[greet]), connect=connect)(
            FastAPI()
        ) as state:
            assert state["temporal_client"].identity == "routes"

    async def test_failure_stops_the_app(self, temporal, caplog):
        """A worker that fails stops the app, and the lifespan raises its error."""
        stopped = anyio.Event()
        worker = Worker(temporal.client(), task_queue="q", activities=[greet])

        async def serve() -> None:
            async with lifespan(worker, stop_app=stopped.set)(FastAPI()):
                temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.NOT_FOUND, "gone", times=99)
                temporal.cut_connections()
                with anyio.fail_after(10):
                    await stopped.wait()

        with pytest.raises(WorkerError, match="gone"):
            await serve()
        assert "failed, and the app stops" in caplog.text

    async def test_failure_of_one_ends_the_others(self, temporal):
        """If one worker cannot begin, those that have begun are ended."""
        first = Worker(temporal.client(), task_queue="q", activities=[greet])
        second = Worker(temporal.client(namespace="nowhere"), task_queue="q", activities=[greet])

        with pytest.raises(WorkerError, match="nowhere"):
            async with lifespan(first, second)(FastAPI()):
                pytest.fail("started")

        assert first.is_shutdown

    async def test_signals_are_left_alone(self, temporal):
        """The handlers of signals are the server's: the workers leave them as they are."""
        before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

        async with lifespan(Worker(temporal.client(), task_queue="q", activities=[greet]))(FastAPI()):
            assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


class TestGetClient:
    async def test_client_without_the_lifespan_is_an_error(self):
        """An app without the lifespan gets an error that names it."""
        app = FastAPI()

        @app.get("/")
        async def route(client: ClientDep) -> None: ...

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
            with pytest.raises(RuntimeError, match=r"FastAPI\(lifespan=asyncworker.contrib.fastapi.lifespan"):
                await http.get("/")

    @pytest.mark.parametrize("kind", ["http", "websocket"])
    async def test_client_is_given_to_requests_and_websockets(self, temporal, kind):
        """Routes of requests and of websockets get the client of the lifespan's state."""
        client = temporal.client()

        assert await get_client(HTTPConnection({"type": kind, "state": {"temporal_client": client}})) is client


@pytest.mark.process
def test_missing_extra_is_named():
    """Without FastAPI the import says which extra to install."""
    code = "import sys; sys.modules['fastapi'] = None; import asyncworker.contrib.fastapi"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert 'asyncworker.contrib.fastapi needs fastapi: pip install "temporal-asyncworker[fastapi]"' in done.stderr
