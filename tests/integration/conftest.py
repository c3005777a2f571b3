"""One server for most of these tests, the official worker beside it, and both ways to call an activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from asyncworker import Client
from asyncworker.testing import DevServer

from .calls import CALLERS, Caller, StandaloneCaller
from .workflows import running_workflows

_SETTINGS = {
    # A worker that stops need not wait for its polls.
    "frontend.enableCancelWorkerPollsOnShutdown": True,
    # Retries and timeouts happen when they are due, and not up to a second later.
    "history.timerProcessorMaxTimeShift": "1ms",
}


@pytest.fixture(scope="session")
def server() -> Iterator[DevServer]:
    """A server that answers a stopping worker's polls, and whose timers are exact."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(DevServer(dynamic_config=_SETTINGS)) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def workflows(server: DevServer) -> Iterator[None]:
    """The official worker, running the workflow that calls activities."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(running_workflows(server.target)),
    ):
        yield


@pytest.fixture
async def client(server: DevServer) -> AsyncIterator[Client]:
    """A client of our own."""
    async with await Client.connect(server.target) as connected:
        yield connected


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest, server: DevServer, client: Client, task_queue: str) -> Caller:
    """Has activities called: by a workflow in one run of the test, as standalone ones in the other."""
    if request.param == "workflow":
        request.getfixturevalue("workflows")
    return CALLERS[request.param](server.target, client, task_queue)


@pytest.fixture
def standalone(server: DevServer, client: Client, task_queue: str) -> StandaloneCaller:
    """Starts standalone activities, where a workflow's would tell no more."""
    return StandaloneCaller(server.target, client, task_queue)
