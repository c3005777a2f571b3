"""What is imported when, and that every public name is found."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

#: What a worker has imported when it begins to poll, and nothing of the user's.
WORKER = "import asyncworker.worker, asyncworker.client, asyncworker._rpc.http2._transport"

#: Run a worker up to its first poll, on a server that knows heartbeats of workers.
FIRST_POLL = """
import asyncio
from asyncworker import Client, Worker, activity
from asyncworker._proto.temporal.api.namespace.v1 import NamespaceInfo, NamespaceInfoCapabilities
from asyncworker._proto.temporal.api.workflowservice.v1 import DescribeNamespaceResponse
from asyncworker._wire import encode

class Server:
    def __init__(self):
        self.is_polled = asyncio.Event()

    async def unary(self, path, request, *, timeout, metadata=()):
        if path.endswith("/PollActivityTaskQueue"):
            self.is_polled.set()
            await asyncio.Event().wait()
        capabilities = NamespaceInfoCapabilities(worker_heartbeats=True)
        return encode(DescribeNamespaceResponse(namespace_info=NamespaceInfo(capabilities=capabilities)))

@activity.defn
async def greet(name: str) -> str:
    return f"Hello, {name}!"

async def main():
    server = Server()
    client = await Client.connect("127.0.0.1:1", transport=server, lazy=True)
    asyncio.create_task(Worker(client, task_queue="greetings", activities=[greet]).run())
    await server.is_polled.wait()

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""


def loaded_after(source: str) -> set[str]:
    """Name the modules that a fresh interpreter has loaded after running a program."""
    program = f"{source}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_a_worker_imports_nothing_that_it_can_do_without():
    """Standalone activities, slots by resources and the register of workers are imported by those who have them."""
    loaded = loaded_after(WORKER)

    client = {"_activity_calls", "_async_handle", "_completion_calls", "_execution", "_handle", "_inputs", "_options"}
    worker = {"_cgroup", "_pid", "_presence", "_propagation", "_registrar", "_resource_slots", "_system"}
    rooms = {*(f"asyncworker.client.{room}" for room in client), *(f"asyncworker.worker.{room}" for room in worker)}
    assert loaded & rooms == set()
    assert loaded & {"asyncworker.testing", "grpclib", "gzip", "psutil", "pydantic.main", "tomllib", "typer"} == set()


def test_the_first_poll_comes_first():
    """What reads the machine's usage is not imported before the first poll."""
    loaded = loaded_after(FIRST_POLL)

    assert "asyncworker.worker.control._client_workers" in loaded
    assert loaded & {"asyncworker.worker.slots._system", "psutil"} == set()


@pytest.mark.parametrize("name", ["asyncworker", "asyncworker.client", "asyncworker.testing", "asyncworker.worker"])
class TestPublicNames:
    """Packages of which some names are imported on their first use."""

    def test_each_is_there(self, name: str):
        """Whatever a package lists, it has, and shows."""
        package = importlib.import_module(name)

        for public in package.__all__:
            assert getattr(package, public) is not None
            assert public in dir(package)

    def test_no_other_is_there(self, name: str):
        """A name that is none is told as Python tells it."""
        package = importlib.import_module(name)

        with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'Unheard'"):
            _ = package.Unheard
