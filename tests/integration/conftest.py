"""One server for most of these tests, the official worker beside it, and both ways to call an activity."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from asyncworker import Client
from asyncworker.testing import DevServer

from .calls import CALLERS, Caller, StandaloneCaller
from .workflows import running_workflows

# Retries and timeouts happen when they are due, and not up to a second later.
_EXACT = {"history.timerProcessorMaxTimeShift": "1ms"}


@contextmanager
def _serving(**settings: Any) -> Iterator[DevServer]:
    # Each test has an event loop of its own, the server outlives them all: it lives in a loop in another thread.
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(DevServer(dynamic_config=settings)) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def server() -> Iterator[DevServer]:
    """A server that ends the open polls of a worker that stops, and whose timers are exact."""
    with _serving(**_EXACT) as started:
        yield started


@pytest.fixture(scope="session")
def reticent_server() -> Iterator[DevServer]:
    """A server as it comes, which leaves the open polls of a worker that stops open."""
    with _serving(**_EXACT, **{"frontend.enableCancelWorkerPollsOnShutdown": False}) as started:
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
