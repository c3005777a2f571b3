"""Run workers inside a FastAPI app, and hand its routes the client.

::

    from asyncworker.contrib.fastapi import ClientDep, lifespan

    app = FastAPI(lifespan=lifespan(worker))

    @app.post("/orders/{order_id}")
    async def create(order_id: str, client: ClientDep) -> None:
        await client.start_activity(pack, order_id, id=order_id, task_queue="orders")

Workers and routes share one event loop: what blocks it holds up both. Beyond light work give the worker a process of
its own, with ``asyncworker run``.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Annotated, Any, Self

from fastapi import Depends, FastAPI

# FastAPI reads this annotation while the program runs.
from starlette.requests import HTTPConnection

from asyncworker.client import Client
from asyncworker.worker import Worker

from .._safe_logger import get_logger

__all__ = ["ClientDep", "get_client", "lifespan"]

_logger = get_logger(__name__)

#: The key under which the lifespan's state, and so ``request.state``, has the client.
STATE_KEY = "temporal_client"

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


def _stop_server() -> None:
    # How a process asks the server it runs in to end; there is no other way that uvicorn, hypercorn and gunicorn share.
    signal.raise_signal(signal.SIGTERM)


def lifespan(
    *workers: Worker,
    app_lifespan: Lifespan | None = None,
    connect: Callable[[], Awaitable[Client]] | None = None,
    stop_app: Callable[[], None] = _stop_server,
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    """Make a lifespan that runs *workers* beside the app.

    The app starts when the workers poll, and does not start if one cannot. When the app stops, the workers stop
    polling, let their activities end within their ``graceful_shutdown_timeout``, and cancel the rest; the server waits
    for that. If a worker cannot go on, that is logged and the app is stopped. Signals are left to the server.

    Args:
        workers: May be none, for routes that only need the client.
        app_lifespan: The app's own lifespan: it is entered before the workers start and left when they have ended, so
            that activities can use what it sets up. The state it yields is passed on.
        connect: Connects the client for the routes, which is closed with the app. Default: they share the first
            worker's; without workers, :meth:`asyncworker.client.Client.connect`.
        stop_app: Called when a worker cannot go on. Default: send this process a SIGTERM, as a supervisor would.

    Raises:
        WorkerError: On starting the app, a worker could not begin; on stopping it, one had failed.
        RPCError: On starting the app, the server could not be reached.
        ConfigurationError: On starting the app, a setting of the connection is wrong.
    """

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            state = None if app_lifespan is None else await stack.enter_async_context(app_lifespan(app))
            guests = [await stack.enter_async_context(_Guest(worker, stop_app)) for worker in workers]
            client = await _client(workers, connect, stack)
            try:
                yield {**(state or {}), STATE_KEY: client}
            finally:
                # All at once; the stack then waits for one after the other.
                for guest in guests:
                    guest.stop()

    return run


async def _client(
    workers: Sequence[Worker], connect: Callable[[], Awaitable[Client]] | None, stack: AsyncExitStack
) -> Client:
    if workers and connect is None:
        client = workers[0].client
        assert client is not None
        return client
    return await stack.enter_async_context(await (connect or Client.connect)())


class _Guest:
    """A worker in a task of its own: its failure must not cancel the server's task, which runs the lifespan."""

    def __init__(self, worker: Worker, on_failure: Callable[[], None]) -> None:
        self._worker = worker
        self._on_failure = on_failure
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin the worker's shutdown."""
        self._stopping.set()

    async def __aenter__(self) -> Self:
        started = asyncio.Event()
        self._task = asyncio.create_task(self._live(started), name=f"host of {self._worker!r}")
        starting = asyncio.create_task(started.wait())
        try:
            await asyncio.wait({starting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        finally:
            starting.cancel()
        if self._task.done():
            self._task.result()
        self._task.add_done_callback(self._on_end)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._task.remove_done_callback(self._on_end)
        self.stop()
        await self._task

    async def _live(self, started: asyncio.Event) -> None:
        async with self._worker:
            started.set()
            await self._stopping.wait()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _logger.critical("%r cannot go on, and the app stops: %s", self._worker, task.exception())
            self._on_failure()


async def get_client(connection: HTTPConnection) -> Client:
    """Give a route the app's client: ``client: ClientDep``, or ``client: Annotated[Client, Depends(get_client)]``.

    Raises:
        RuntimeError: The app does not run :func:`lifespan`.
    """
    client = getattr(connection.state, STATE_KEY, None)
    if not isinstance(client, Client):
        raise RuntimeError("no client: create the app with FastAPI(lifespan=asyncworker.contrib.fastapi.lifespan(…))")
    return client


#: A parameter of a route that is given the app's client.
ClientDep = Annotated[Client, Depends(get_client)]
