"""Send the heartbeats of all workers of a client at intervals (``RecordWorkerHeartbeat``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from ..._log_throttle import LogThrottle
from ..._rpc._methods import RECORD_WORKER_HEARTBEAT
from ..._rpc._retry import NONE
from ..._safe_logger import get_logger
from ...exceptions import RPCError, RPCStatusCode
from ..polling._backoff import PollBackoff
from ._host_info import HostInfoReader

if TYPE_CHECKING:
    from ..._proto.temporal.api.enums.v1 import WorkerStatus
    from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat, WorkerHostInfo
    from ..._rpc._service import WorkflowService
    from ._heartbeat_builder import WorkerHeartbeatBuilder, WorkerStats

__all__ = ["ReportedWorker", "WorkerHeartbeater"]

_logger = get_logger(__name__)


class ReportedWorker:
    """A worker of which heartbeats are sent.

    Args:
        make_builder: Called for the first heartbeat, since what that needs is not to be imported before the first poll.
        stats: Returns the worker's state at this moment.
        interval: Seconds between two heartbeats.
    """

    __slots__ = ("_builder", "_make_builder", "interval", "stats")

    def __init__(
        self, make_builder: Callable[[], WorkerHeartbeatBuilder], stats: Callable[[], WorkerStats], interval: float
    ) -> None:
        self._make_builder = make_builder
        self._builder: WorkerHeartbeatBuilder | None = None
        self.stats = stats
        self.interval = interval

    def __repr__(self) -> str:
        return f"<ReportedWorker [{self._builder!r}, every {self.interval} s]>"

    @property
    def is_known(self) -> bool:
        """Whether the server has received a heartbeat of this worker."""
        return self._builder is not None and self._builder.is_known

    @property
    def builder(self) -> WorkerHeartbeatBuilder:
        """What builds the heartbeats."""
        if self._builder is None:
            self._builder = self._make_builder()
        return self._builder


class WorkerHeartbeater:
    """Heartbeats of all workers on one client, in one call: at once for each that is added, then at intervals.

    One call is under way at a time, so that nothing older can arrive after something newer. It ends for good when the
    server refuses: a worker does its work without being known, too.

    Args:
        service: Of the client.
        identity: Of the client.
        grouping_key: Of the client's workers, and of no others.
        delay: Seconds before a call, so that workers which start together are in one, with their polls open.
        call_timeout: Seconds that one call may take. It is not repeated as it is: by then the state is another.
        after_error: Seconds until the next try after a heartbeat that could not be built.
        last_timeout: Seconds that a worker which has ended waits for its last heartbeat.
    """

    def __init__(
        self,
        service: WorkflowService,
        identity: str,
        grouping_key: str,
        *,
        delay: float = 0.05,
        call_timeout: float = 5.0,
        after_error: float = 10.0,
        last_timeout: float = 1.0,
    ) -> None:
        self._service = service
        self._identity = identity
        self._grouping_key = grouping_key
        self._delay = delay
        self._call_timeout = call_timeout
        self._after_error = after_error
        self._last_timeout = last_timeout
        self._workers: set[ReportedWorker] = set()
        self._host_info = HostInfoReader()
        self._backoff = PollBackoff()
        self._is_received = False
        self._is_refused = False
        self._calling = asyncio.Lock()
        self._is_due = asyncio.Event()
        self._log_throttle = LogThrottle()

    def __repr__(self) -> str:
        state = "refused" if self._is_refused else "received" if self._is_received else "not received"
        return f"<WorkerHeartbeater of {len(self._workers)} workers [{state}]>"

    def add(self, worker: ReportedWorker) -> None:
        """Send heartbeats of one more worker from now on."""
        self._workers.add(worker)
        self._is_due.set()

    async def remove(self, worker: ReportedWorker) -> None:
        """Send the last heartbeat of a worker that has ended, if the server knows it.

        Waits a second at most. Cancelling is safe, and leaves it to the server to notice.
        """
        self._workers.discard(worker)
        if self._is_received and worker.is_known:
            await self._send_last(worker)

    def heartbeat(self, worker: ReportedWorker, status: WorkerStatus | None = None) -> WorkerHeartbeat:
        """Build the heartbeat of one worker as it is now, with *status* in place of its own."""
        stats = worker.stats()
        if status is not None:
            stats = replace(stats, status=status)
        return worker.builder.heartbeat(stats, self._read_host_info(), datetime.now(UTC))

    async def run(self) -> None:
        """Send heartbeats until the server refuses them. Cancelling is safe."""
        while not self._is_refused:
            await self._is_due.wait()
            await anyio.sleep(self._delay)
            self._is_due.clear()
            wait = await self._try_to_send()
            with anyio.move_on_after(wait):
                await self._is_due.wait()
            self._is_due.set()

    async def _try_to_send(self) -> float | None:
        """Send heartbeats of all workers; return after how many seconds to do it again, ``None``: with the next one."""
        if not self._workers:
            return None
        try:
            await self._send(self._workers)
        except RPCError as error:
            return self._back_off(error)
        except Exception as error:
            # Of what is counted or built here: slot suppliers are user code.
            if self._log_throttle.should_log(repr(error), asyncio.get_running_loop().time()):
                _logger.exception("a worker heartbeat could not be made, and is tried again in %g s", self._after_error)
            return self._after_error
        self._backoff.succeeded()
        self._is_received = True
        return min((worker.interval for worker in self._workers), default=None)

    def _back_off(self, error: RPCError) -> float:
        self._is_received = False
        retry = self._backoff.failed(error, asyncio.get_running_loop().time())
        if retry is None:
            self._is_refused = True
            level = logging.DEBUG if error.status is RPCStatusCode.UNIMPLEMENTED else logging.WARNING
            _logger.log(level, "the server takes no worker heartbeats, and is sent none any more: %s", error)
            return 0.0
        if retry.should_log:
            _logger.warning("a worker heartbeat failed, and is tried again in %.1f s: %s", retry.wait, error)
        return retry.wait

    async def _send(self, workers: Iterable[ReportedWorker], status: WorkerStatus | None = None) -> None:
        # Imported after the first poll.
        from ..._proto.temporal.api.workflowservice.v1 import RecordWorkerHeartbeatRequest

        async with self._calling:
            heartbeats = {worker: self.heartbeat(worker, status) for worker in workers}
            request = RecordWorkerHeartbeatRequest(
                namespace=self._service.namespace, identity=self._identity, worker_heartbeat=list(heartbeats.values())
            )
            await self._service.call(RECORD_WORKER_HEARTBEAT, request, timeout=self._call_timeout, retry=NONE)
        for worker, heartbeat in heartbeats.items():
            worker.builder.acknowledged(heartbeat)

    async def _send_last(self, worker: ReportedWorker) -> None:
        """Report that the worker has ended, so that the server lists it no longer."""
        from ..._proto.temporal.api.enums.v1 import WorkerStatus

        try:
            with anyio.fail_after(self._last_timeout):
                await self._send([worker], WorkerStatus.SHUTDOWN)
        except (RPCError, TimeoutError) as error:
            _logger.debug("the last heartbeat of a worker was not received: %s", error)
        except Exception:
            _logger.exception("the last heartbeat of a worker could not be sent")

    def _read_host_info(self) -> WorkerHostInfo:
        from ..._proto.temporal.api.worker.v1 import WorkerHostInfo

        host = self._host_info.read(asyncio.get_running_loop().time())
        return WorkerHostInfo(
            host_name=host.name,
            worker_grouping_key=self._grouping_key,
            process_id=str(host.process_id),
            current_host_cpu_usage=host.cpu,
            current_host_mem_usage=host.memory,
        )
