"""One server for most of these tests, the official worker beside it, and both ways to call an activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from shared_servers import SharedServer

from asyncworker import Client

from .calls import CALLERS, Caller, StandaloneCaller
from .workflows import running_workflows


@pytest.fixture(scope="session")
def server(dev_server: SharedServer) -> SharedServer:
    """A server that ends the open polls of a worker that stops, and whose timers are exact."""
    return dev_server


@pytest.fixture(scope="session")
def reticent_server(shared_server: Callable[[str], SharedServer]) -> SharedServer:
    """A server as it comes, which leaves the open polls of a worker that stops open."""
    return shared_server("reticent")


@pytest.fixture(scope="session")
def workflows(server: SharedServer) -> Iterator[None]:
    """The official worker, running the workflow that calls activities."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(running_workflows(server.target)),
    ):
        yield


@pytest.fixture
async def client(server: SharedServer) -> AsyncIterator[Client]:
    """A client of our own."""
    async with await Client.connect(server.target) as connected:
        yield connected


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest, server: SharedServer, client: Client, task_queue: str) -> Caller:
    """Has activities called: by a workflow in one run of the test, as standalone ones in the other."""
    if request.param == "workflow":
        request.getfixturevalue("workflows")
    return CALLERS[request.param](server.target, client, task_queue)


@pytest.fixture
def standalone(server: SharedServer, client: Client, task_queue: str) -> StandaloneCaller:
    """Starts standalone activities, where a workflow's would tell no more."""
    return StandaloneCaller(server.target, client, task_queue)
