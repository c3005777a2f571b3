"""What is imported when, and that every public name is found."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

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
    # Coverage, where it measures such processes too, would import what we do not.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return set(ran.stdout.split())


@pytest.fixture(scope="module")
def loaded_at_first_poll() -> set[str]:
    """The modules that a worker has imported when it polls for the first time."""
    return loaded_after(FIRST_POLL)


@pytest.mark.process
def test_a_worker_imports_nothing_that_it_can_do_without():
    """Standalone activities, slots by resources, codecs and the register of workers are imported by their users."""
    loaded = loaded_after(WORKER)

    client = ("_async_handle", "_completion_calls", "_inputs", "_search_attributes", "activities._handle")
    worker = ("_propagation", "control._client_workers", "slots._resource_based", "slots._system", "watch._watches")
    spared = {
        *(f"asyncworker.client.{name}" for name in client),
        *(f"asyncworker.worker.{name}" for name in worker),
        "asyncworker.converter.codecs",
        "asyncworker.testing",
    }
    assert all(importlib.util.find_spec(name) for name in spared)
    assert loaded & {*spared, "grpclib", "gzip", "psutil", "pydantic.main", "tomllib", "typer"} == set()


#: What a worker has not imported when it polls for the first time, by who needs it.
NOT_BEFORE_THE_FIRST_POLL = {
    "worker heartbeats, which begin after it": {
        "asyncworker._proto._codec_heartbeats",
        "asyncworker._proto.temporal.api.worker.v1",
        "asyncworker.worker.control._environment_info",
        "asyncworker.worker.control._heartbeat_builder",
        "asyncworker.worker.slots._system",
        "psutil",
    },
    "a block of the event loop": {
        "asyncworker.worker.health._block_report",
        "asyncworker.worker.health._blocker",
        "asyncworker.worker.health._live_heartbeats",
    },
    "attempts that have failed": {
        "asyncworker._proto._codec_failures",
        "asyncworker._proto.temporal.api.failure.v1",
        "asyncworker.converter.failures._from_error",
        "asyncworker.converter.failures._to_error",
    },
    "health probes": {
        "asyncworker.worker.health._pages",
        "asyncworker.worker.health._requests",
        "asyncworker.worker._statistics",
        "asyncworker.worker.health._server",
        "http",
    },
    "activities with dependencies": {
        "asyncworker.activity._dependencies._graph",
        "asyncworker.activity._dependencies._overrides",
        "asyncworker.activity._dependencies._plan",
        "difflib",
    },
    "external storage": {
        "asyncworker.converter.storage._driver",
        "asyncworker.converter.storage._external",
        "asyncworker.converter.storage._reference",
    },
    "clients of activities": {
        "asyncworker._proto._codec_lazy",
        "asyncworker.client._async_handle",
        "asyncworker.client.activities._handle",
    },
    "the watch for cancellations": {"asyncworker.worker.watch._watches", "asyncworker.worker.watch._run_watch"},
}


@pytest.mark.process
@pytest.mark.parametrize("user", NOT_BEFORE_THE_FIRST_POLL)
def test_the_first_poll_comes_first(user: str, loaded_at_first_poll: set[str]):
    """What only some workers need, or all of them later, is not imported before the first poll."""
    spared = NOT_BEFORE_THE_FIRST_POLL[user]

    assert all(importlib.util.find_spec(name) for name in spared)
    assert loaded_at_first_poll & spared == set()


@pytest.mark.process
def test_an_address_is_looked_up_without_tables_of_unicode():
    """Only names have letters that need the IDNA codec."""
    look_up = "import asyncio\nfrom asyncworker._rpc._dial import _look_up\nasyncio.run(_look_up('127.0.0.1', 1))"

    assert loaded_after(look_up) & {"encodings.idna", "stringprep"} == set()


@pytest.mark.process
def test_a_worker_that_polls_is_registered(loaded_at_first_poll: set[str]):
    """The program that polls has a namespace with worker heartbeats, so that it shows what they import."""
    assert "asyncworker.worker.control._client_workers" in loaded_at_first_poll


@pytest.mark.parametrize(
    "name", ["asyncworker", "asyncworker.client", "asyncworker.converter", "asyncworker.testing", "asyncworker.worker"]
)
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


#: A file with a workflow, which its sandbox imports once more.
WORKFLOW = """
import sys
from pathlib import Path
import asyncworker.common
from asyncworker import ApplicationError, activity
from temporalio import workflow

if workflow.unsafe.in_sandbox():
    import asyncworker
    # The program has not imported these.
    Client, Worker = asyncworker.Client, asyncworker.Worker
    assert workflow.unsafe.is_imports_passed_through() is False
    assert not hasattr(asyncworker, "testing")

@activity.defn
async def pack(ctx: activity.Context, order: str) -> str: ...

@workflow.defn
class Packs:
    @workflow.run
    async def run(self) -> None: ...
"""

#: Validate it, as temporalio's worker does when it is created, and see what became of the program's modules.
VALIDATE = """
import asyncio, sys
from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
import asyncworker
from packing import Packs

async def main():
    assert "asyncworker.client" not in sys.modules
    package, before = dict(vars(asyncworker)), dict(sys.modules)
    for _ in range(2):
        SandboxedWorkflowRunner().prepare_workflow(workflow._Definition.must_from_class(Packs))
    assert all(sys.modules[name] is module for name, module in before.items())
    assert all(vars(asyncworker)[name] is value for name, value in package.items())
    assert "asyncworker.client" in sys.modules
    assert asyncworker.worker is sys.modules["asyncworker.worker"]
    assert asyncworker.Client is sys.modules["asyncworker.client"].Client

asyncio.run(main())
"""


@pytest.mark.process
@pytest.mark.parametrize(
    "file",
    [WORKFLOW, WORKFLOW.replace("import asyncworker.common\n", "", 1), f"from temporalio import workflow\n{WORKFLOW}"],
    ids=["a submodule first", "a name first", "temporalio first"],
)
def test_a_workflows_sandbox_has_the_programs_modules(tmp_path: Path, file: str):
    """A file with workflows imports this package as any other does, and each name is there once in the process."""
    pytest.importorskip("temporalio")
    (tmp_path / "packing.py").write_text(file)

    assert "asyncworker.worker" in loaded_after(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n{VALIDATE}")


@pytest.mark.process
def test_declaring_activities_does_not_import_temporalio():
    """A program without temporalio declares activities as one with it, and pays nothing."""
    declared = "from asyncworker import activity\n@activity.defn\nasync def pack(order: str) -> str: ...\n"
    read = 'assert getattr(pack, "__temporal_activity_definition").ret_type is str'

    assert [name for name in loaded_after(declared + read) if name.startswith("temporalio")] == []
