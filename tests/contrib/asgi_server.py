"""Serve an ASGI application over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import uvicorn

__all__ = ["serve"]


@asynccontextmanager
async def serve(application: Any, **settings: Any) -> AsyncIterator[str]:
    """Serve an ASGI application on a free port of the loopback interface, and give its URL."""
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning", **settings))
    # Signals are the test runner's.
    server.capture_signals = lambda: memoryview(b"")  # type: ignore[assignment,return-value]
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        with anyio.fail_after(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await anyio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
