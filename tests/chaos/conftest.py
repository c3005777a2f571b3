"""The simulated loop for every test here, and a world on it: a server, a worker, and what they have in common."""

from __future__ import annotations

from typing import Any

import pytest

from .simulation import SimulatedLoop

pytest.register_assert_rewrite(f"{__package__}.world")


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The backend is asyncio, in simulated time, on a simulated network."""
    return "asyncio", {"loop_factory": SimulatedLoop}
