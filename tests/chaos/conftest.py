"""The simulated loop for every test here, and a world on it: a server, a worker, and what they have in common."""

from __future__ import annotations

from typing import Any

import pytest

from asyncworker._rpc import _dial

from .simulation import SimulatedLoop

pytest.register_assert_rewrite(f"{__package__}.world")


@pytest.fixture(scope="module", autouse=True)
def simulated_sockets():
    """What is dialled goes through the loop's own network: names and sockets of the system are not part of it."""
    real = _dial._connect_socket

    async def connect_socket(loop: Any, host: str, port: int) -> Any:
        return (host, port) if isinstance(loop, SimulatedLoop) else await real(loop, host, port)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_dial, "_connect_socket", connect_socket)
        yield


@pytest.fixture(scope="module")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The backend is asyncio, in simulated time, on a simulated network."""
    return "asyncio", {"loop_factory": SimulatedLoop}
