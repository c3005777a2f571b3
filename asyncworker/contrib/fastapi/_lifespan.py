"""The lifespan of an app with workers in it."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI

from asyncworker.client import Client
from asyncworker.exceptions import ConfigurationError, RPCError, WorkerError
from asyncworker.worker import Worker

from ..._arguments import UNSET, check_duration
from ..._safe_logger import get_logger
from ..._time import Seconds, to_seconds
from ._host import DEFAULT_RPC_TIMEOUT, Host
from ._hosted import HostedWorker, rpc_error_in

__all__ = ["lifespan"]

_logger = get_logger(__name__)

Lifespan = Callable[[Any], AbstractAsyncContextManager[Mapping[str, Any] | None]]


def _stop_server() -> None:
    # The only way to stop the HTTP server from inside that uvicorn, hypercorn and gunicorn have in common.
    signal.raise_signal(signal.SIGTERM)


def lifespan(
    *workers: Worker,
    app_lifespan: Lifespan | None = None,
    connect: Callable[[], Awaitable[Client]] | None = None,
    wait_for_server: bool = True,
    rpc_timeout: Seconds = DEFAULT_RPC_TIMEOUT,
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
            so that activities can use what it sets up. The state it yields is passed on, and is what
            :func:`asyncworker.activity.state` returns in activities of workers without a lifespan of their own.
        connect: Connects the client for the routes, which is closed with the app. Default: they share the first
            worker's; without workers, :meth:`asyncworker.client.Client.connect`.
        wait_for_server: ``False`` starts the app also while the server is away, and connects when it is there: until
            then the workers are not ready, and routes respond with 503. What *connect* returns must then be lazy:
            ``Client.connect(lazy=True)``.
        rpc_timeout: How long one call of a route's :data:`ClientDep` may take, retries included, unless it says
            otherwise; seconds or timedelta.
        stop_app: Called when a worker has failed. Default: send this process a SIGTERM, as a supervisor would.

    Raises:
        TypeError: What is to be a worker is none, or *rpc_timeout* no duration.
        ValueError: *rpc_timeout* is not above zero.
        WorkerError: When the app starts, a worker could not start; when it stops, one had failed.
        RPCError: When the app starts, the server could not be reached, or refuses.
        ConfigurationError: When the app starts, a connection setting is wrong.
    """
    for worker in workers:
        if not isinstance(worker, Worker):
            raise TypeError(f"lifespan() takes workers: lifespan(worker), or app_lifespan=…; got {worker!r}")
    limit = to_seconds(check_duration("rpc_timeout", rpc_timeout))

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with AsyncExitStack() as stack:
            state = None if app_lifespan is None else await stack.enter_async_context(app_lifespan(app))
            try:
                host = await _started(stack, workers, state, connect, limit, waits=wait_for_server, stop_app=stop_app)
            except (ConfigurationError, RPCError, WorkerError) as error:
                # The server prints what passes it: this package's own calls say nothing to who reads that.
                _logger.debug("the app does not start", exc_info=error)
                cause = None if rpc_error_in(error) is not None else error.__cause__
                raise error.with_traceback(None) from cause
            try:
                yield {**(state or {}), **host.state}
            finally:
                # All of them stop at the same time; the stack then waits for each.
                for each in host.workers:
                    each.stop()

    return run


async def _started(
    stack: AsyncExitStack,
    workers: Sequence[Worker],
    state: Mapping[str, Any] | None,
    connect: Callable[[], Awaitable[Client]] | None,
    rpc_timeout: float,
    *,
    waits: bool,
    stop_app: Callable[[], None],
) -> Host:
    shared = None
    if not waits and any(worker.client is None for worker in workers):
        shared = await stack.enter_async_context(await Client.connect(lazy=True))
    hosted = [
        await stack.enter_async_context(
            HostedWorker(
                worker,
                client=None if worker.client is not None else shared,
                state=UNSET if state is None else state,
                waits=waits,
                on_failure=stop_app,
            )
        )
        for worker in workers
    ]
    for each in hosted:
        await each.decided()
    client = (workers[0].client or shared) if workers and connect is None else None
    if client is None:
        made = connect() if connect is not None else Client.connect(lazy=not waits)
        client = await stack.enter_async_context(await made)
    return Host(client, client.with_rpc_timeout(rpc_timeout), rpc_timeout, hosted)
