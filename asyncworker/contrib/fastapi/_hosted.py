"""A worker for the length of an app, whose server may be away when the app starts."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio

from asyncworker.client import Client
from asyncworker.exceptions import ConfigurationError, RPCError, RPCStatusCode
from asyncworker.worker import Worker

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.workflowservice.v1 import GetSystemInfoRequest
from ..._rpc._callbacks import BackgroundTasks
from ..._rpc._methods import GET_SYSTEM_INFO
from ..._rpc._retry import NONE, Backoff
from ..._safe_logger import get_logger

if TYPE_CHECKING:
    from ...worker.run._host import RunHost

__all__ = ["HostedWorker", "is_away", "rpc_error_in"]

_logger = get_logger(__name__)

_BACKOFF = Backoff(0.5, 10.0)
# Seconds that a server has to respond when it is asked whether it is there.
_PROBE_TIMEOUT = 5.0
_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})


class HostedWorker:
    """A worker for the length of a block; its failure does not cancel the block's task, which is the HTTP server's.

    Args:
        worker: The worker.
        client: What it uses if it has no client of its own; ``None``: it connects itself.
        state: What its activities get as the worker's state if it has no lifespan.
        waits: Whether the block is entered only when the worker polls. If not, a server that is away is waited for
            in the background.
        on_failure: Called when the worker has failed within the block.

    Attributes:
        worker: The worker.
        waiting_for: Why it has not been started yet.
    """

    def __init__(
        self, worker: Worker, *, client: Client | None, state: object, waits: bool, on_failure: Callable[[], None]
    ) -> None:
        self.worker = worker
        self.waiting_for: str | None = None
        self._client = client
        self._state = state
        self._waits = waits
        self._on_failure = on_failure
        self._tasks = BackgroundTasks()
        self._is_decided = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None
        self._run: RunHost | None = None
        self._throttle = LogThrottle()

    def __repr__(self) -> str:
        return f"<HostedWorker {self.worker!r}>"

    def stop(self) -> None:
        """Begin the worker's shutdown, or end the wait for its server."""
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
        else:
            self.worker._stop()

    async def __aenter__(self) -> Self:
        """Start the worker, or begin to.

        Raises:
            WorkerError: It could not start.
            RPCError: The server could not be reached, or refuses.
            ConfigurationError: A connection setting is wrong.
        """
        if self._waits:
            await self._start()
        else:
            self._starting = self._tasks.start(self._start_in_time())
            self._starting.add_done_callback(lambda _: self._is_decided.set())
        return self

    async def decided(self) -> None:
        """Return when the worker polls, or the server has turned out to be away. Cancelling stops waiting.

        Raises:
            WorkerError: It could not start.
            RPCError: The server refuses.
            ConfigurationError: A connection setting is wrong.
        """
        if self._starting is None:
            return
        await self._is_decided.wait()
        if self._starting.done():
            starting, self._starting = self._starting, None
            starting.result()
        else:
            self._starting.add_done_callback(self._on_end)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._starting is not None:
            self._starting.remove_done_callback(self._on_end)
            # A scope that is cancelled would not wait for it.
            with anyio.CancelScope(shield=True):
                await asyncio.wait({self._starting})
            failure = None if self._starting.cancelled() else self._starting.exception()
            # The block's own error goes first.
            if failure is not None and error is None:
                raise failure
        if self._run is not None:
            self._run.ended.remove_done_callback(self._on_end)
            await self._run.wait()

    async def _start(self) -> None:
        self._run = await self.worker._start(client=self._client, state=self._state)
        self._run.ended.add_done_callback(self._on_end)

    async def _start_in_time(self) -> None:
        """Start the worker when the server is there; raise what would not change, as far as that can be known.

        That is what the server says when it is asked for the first time. A server that has been away may be starting
        still, and refuse what it will accept: its namespaces come after it.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._probe()
                await self._start()
            except Exception as error:
                reason = rpc_error_in(error)
                if reason is None or (attempt == 1 and not is_away(reason)):
                    raise
                self._wait_for(reason)
            else:
                self.waiting_for = None
                return
            await asyncio.sleep(_BACKOFF.wait(attempt) * random.uniform(0.8, 1.2))

    async def _probe(self) -> None:
        """Ask the server whether it is there, which takes less time than a start that fails."""
        client = self.worker.client or self._client
        assert client is not None
        await client.service.call(GET_SYSTEM_INFO, GetSystemInfoRequest(), timeout=_PROBE_TIMEOUT, retry=NONE)

    def _wait_for(self, reason: RPCError) -> None:
        self.waiting_for = f"it waits for the Temporal server: {reason}"
        if self._throttle.should_log(reason.message, asyncio.get_running_loop().time()):
            log = _logger.warning if is_away(reason) else _logger.error
            log("worker of task queue %r is not ready, and is started later: %s", self.worker.task_queue, reason)
        self._is_decided.set()

    def _on_end(self, ended: asyncio.Task[Any]) -> None:
        if not ended.cancelled() and ended.exception() is not None:
            _logger.critical("%r failed, and the app stops: %s", self.worker, ended.exception())
            self._on_failure()


def rpc_error_in(error: BaseException) -> RPCError | None:
    """Return the error of a call that *error* is, or comes of."""
    return next((cause for cause in _chain(error) if isinstance(cause, RPCError)), None)


def is_away(error: RPCError) -> bool:
    """Whether waiting can help: not against a certificate that is wrong, nor credentials."""
    return error.status in _AWAY and not any(
        isinstance(cause, ssl.SSLError | ConfigurationError) for cause in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
