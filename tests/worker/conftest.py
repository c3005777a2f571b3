"""A server in memory for the worker's tests, and a way to run activities on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from asyncworker.testing import FakeTemporal


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    """A server that ends open polls when their worker stops."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, wait_timeout=30) as temporal:
        yield temporal
