"""Each scene of these tests plays twice: on temporalio's own worker, and on ours."""

from __future__ import annotations

import pytest
from sides import SIDES, Stage

from asyncworker.testing import DevServer


@pytest.fixture(params=SIDES)
def stage(request: pytest.FixtureRequest, dev_server: DevServer, task_queue: str) -> Stage:
    """A server, with one of the two workers."""
    return Stage(dev_server.target, task_queue, SIDES[request.param])
