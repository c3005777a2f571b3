"""Run workers inside a FastAPI app, and hand its routes the client.

::

    from asyncworker.contrib.fastapi import ClientDep, lifespan

    app = FastAPI(lifespan=lifespan(worker))

    @app.post("/orders/{order_id}")
    async def create(order_id: str, client: ClientDep) -> None:
        await client.start_activity(pack, order_id, id=order_id, task_queue="orders")

Workers and routes share one event loop: code that blocks it stops both. For more than light work, run the worker in a
process of its own with ``asyncworker run``.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Annotated, Any, Self

from asyncworker.client import Client
from asyncworker.worker import Worker

from .._safe_logger import get_logger

try:
    from fastapi import Depends, FastAPI

    # FastAPI reads this annotation while the program runs.
    from starlette.requests import HTTPConnection
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.fastapi needs {_error.name}: pip install "temporal-asyncworker[fastapi]"',
        name=_error.name,
    ) from _error

__all__ = ["ClientDep", "get_client", "lifespan"]

_logger = get_logger(__name__)

#: The key under which the lifespan's state, and so ``request.state``, has the client.
STATE_KEY = "temporal_client"

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


def _stop_server() -> None:
    # The only way to stop the HTTP server from inside that uvicorn, hypercorn and gunicorn have in common.
    signal.raise_signal(signal.SIGTERM)


def lifespan(
    *workers: Worker,
    app_lifespan: Lifespan | None = None,
    connect: Callable[[], Awaitable[Client]] | None = None,
    stop_app: Callable[[], None] = _stop_server,
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    """Make a lifespan that runs *workers* beside the app.

    The app starts when the workers poll, and does not start if one of them cannot. When the app stops, the workers
    stop polling, give their activities the ``graceful_shutdown_timeout`` to finish, and cancel the rest; the HTTP
    server waits for that. If a worker fails while the app runs, that is logged and the app is stopped. Signals are
    left to the HTTP server. Cancelling the app's start stops the workers that have started.

    Args:
        workers: The workers to run. None, for routes that only need the client.
        app_lifespan: The app's own lifespan: it is entered before the workers start and left when they have stopped,
            so that activities can use what it sets up. The state it yields is passed on.
        connect: Connects the client for the routes, which is closed with the app. Default: they share the first
            worker's; without workers, :meth:`asyncworker.client.Client.connect`.
        stop_app: Called when a worker has failed. Default: send this process a SIGTERM, as a supervisor would.

    Raises:
        WorkerError: When the app starts, a worker could not start; when it stops, one had failed.
        RPCError: When the app starts, the server could not be reached.
        ConfigurationError: When the app starts, a connection setting is wrong.
    """

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            state = None if app_lifespan is None else await stack.enter_async_context(app_lifespan(app))
            hosted = [await stack.enter_async_context(_HostedWorker(worker, stop_app)) for worker in workers]
            client = await _client(workers, connect, stack)
            try:
                yield {**(state or {}), STATE_KEY: client}
            finally:
                # All of them stop at the same time; the stack then waits for each.
                for each in hosted:
                    each.stop()

    return run


async def _client(
    workers: Sequence[Worker], connect: Callable[[], Awaitable[Client]] | None, stack: AsyncExitStack
) -> Client:
    if workers and connect is None:
        client = workers[0].client
        assert client is not None
        return client
    return await stack.enter_async_context(await (connect or Client.connect)())


class _HostedWorker:
    """A worker for the length of a block; its failure does not cancel the block's task, which is the HTTP server's."""

    def __init__(self, worker: Worker, on_failure: Callable[[], None]) -> None:
        self._worker = worker
        self._on_failure = on_failure

    def stop(self) -> None:
        """Begin the worker's shutdown."""
        self._worker._stop()

    async def __aenter__(self) -> Self:
        self._ended = await self._worker._start()
        self._ended.add_done_callback(self._on_end)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.remove_done_callback(self._on_end)
        self.stop()
        await self._worker._wait_for_end(self._ended)

    def _on_end(self, ended: asyncio.Task[None]) -> None:
        if not ended.cancelled() and ended.exception() is not None:
            _logger.critical("%r failed, and the app stops: %s", self._worker, ended.exception())
            self._on_failure()


async def get_client(connection: HTTPConnection) -> Client:
    """Return the app's client to a route: ``client: ClientDep``, or ``client: Annotated[Client, Depends(get_client)]``.

    It waits for nothing, so cancelling does nothing.

    Raises:
        RuntimeError: The app does not run :func:`lifespan`.
    """
    client = getattr(connection.state, STATE_KEY, None)
    if not isinstance(client, Client):
        raise RuntimeError("no client: create the app with FastAPI(lifespan=asyncworker.contrib.fastapi.lifespan(…))")
    return client


#: The annotation of a route's parameter that receives the app's client.
ClientDep = Annotated[Client, Depends(get_client)]
