"""What the client's tests can ask for: a far end and a client of it, or activities that run."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from far_end import FarEnd
from workers import Activities, running

from asyncworker.client import Client


@pytest.fixture
def far_end() -> FarEnd:
    return FarEnd()


@pytest.fixture
def client(far_end: FarEnd) -> Client:
    """A client of the far end, in the namespace ``space``, with the identity ``me``."""
    return far_end.client()


@pytest.fixture(params=["ours", "official"])
async def activities(request, client, dev_server, task_queue) -> AsyncIterator[Activities]:
    """The activities, running on either worker, for a client of the real server."""
    async with running(request.param, client, dev_server.target, task_queue) as activities:
        yield activities
