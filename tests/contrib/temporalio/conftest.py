"""Each scene of these tests plays twice: on temporalio's own worker, and on ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from sides import SIDES, Stage

from asyncworker.testing import DevServer


@pytest.fixture(params=SIDES)
def stage(request: pytest.FixtureRequest, dev_server: DevServer, task_queue: str) -> Stage:
    """A server, with one of the two workers."""
    return Stage(dev_server.target, task_queue, SIDES[request.param])


@pytest.fixture(scope="module")
def commanding_server() -> Iterator[DevServer]:
    """A server that tells workers of cancellations itself."""
    settings = {
        "frontend.WorkerCommandsEnabled": True,
        "system.enableCancelActivityWorkerCommand": True,
        "frontend.enableCancelWorkerPollsOnShutdown": True,
    }
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(DevServer(dynamic_config=settings)) as started,
    ):
        yield started
