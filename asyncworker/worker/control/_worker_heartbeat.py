"""Tell the server at intervals which workers there are on a client, and how they stand (``RecordWorkerHeartbeat``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.enums.v1 import WorkerStatus
from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat, WorkerHostInfo
from ..._proto.temporal.api.workflowservice.v1 import RecordWorkerHeartbeatRequest
from ..._rpc._methods import RECORD_WORKER_HEARTBEAT
from ..._rpc._retry import NONE
from ..._safe_logger import get_logger
from ...exceptions import RPCError, RPCStatusCode
from ..polling._poller import PollBackoff
from ._host_info import HostWatch

if TYPE_CHECKING:
    from ..._rpc._service import WorkflowService
    from ._heartbeat_builder import WorkerFigures, WorkerHeartbeatBuilder

__all__ = ["WorkerHeartbeater", "Subject"]

_logger = get_logger(__name__)

# Workers that start together are told of together, and with their polls open.
_SETTLING = 0.05
# Seconds that one call may take. It is not repeated as it is: by then there is something newer to say.
_PATIENCE = 5.0
# Seconds until the next try after one that could not even be written.
_AFTER_ERROR = 10.0
# Seconds that a worker which has ended waits for the server to take its last word.
_FAREWELL = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A worker, as its heartbeats see it.

    Attributes:
        vitals: Writes its heartbeats.
        count: Counts what there is to count at this moment.
        interval: Seconds between two heartbeats.
    """

    vitals: WorkerHeartbeatBuilder
    count: Callable[[], WorkerFigures]
    interval: float


class WorkerHeartbeater:
    """Heartbeats of all workers on one client, in one call: at once for each that comes, then at intervals.

    One call is under way at a time, so that nothing older can arrive after something newer. It ends for good when the
    server refuses: a worker does its work without being known, too.

    Args:
        service: Of the client.
        identity: Of the client.
        grouping_key: Shared by the client's workers, and by nobody else.
    """

    def __init__(self, service: WorkflowService, identity: str, grouping_key: str) -> None:
        self._service = service
        self._identity = identity
        self._grouping_key = grouping_key
        self._subjects: set[Subject] = set()
        self._host = HostWatch()
        self._standing = PollBackoff()
        self._is_heard = False
        self._is_refused = False
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._trouble = LogThrottle()
        self._task: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        state = "refused" if self._is_refused else "heard" if self._is_heard else "not heard"
        return f"<WorkerHeartbeater of {len(self._subjects)} workers [{state}]>"

    def add(self, subject: Subject) -> None:
        """Tell of one more worker from now on."""
        self._subjects.add(subject)
        self._news.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="worker heartbeats")

    async def remove(self, subject: Subject) -> None:
        """Say that a worker has ended, if the server knows it; with the last one, end as well.

        Waits a second at most. Cancelling is safe, and leaves it to the server to notice.
        """
        self._subjects.discard(subject)
        try:
            if self._is_heard and subject.vitals.is_known:
                await self._bid_farewell(subject)
        finally:
            if self._task is not None and not self._subjects:
                self._task.cancel()
                self._task = None

    def heartbeat(self, subject: Subject, status: WorkerStatus | None = None) -> WorkerHeartbeat:
        """Write the heartbeat of one worker, as things are now; *status* is said in place of its own."""
        figures = subject.count()
        if status is not None:
            figures = replace(figures, status=status)
        return subject.vitals.heartbeat(figures, self._look_around(), datetime.now(UTC))

    async def _run(self) -> None:
        while not self._is_refused:
            await asyncio.sleep(_SETTLING)
            self._news.clear()
            wait = await self._try_to_tell()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news.wait()

    async def _try_to_tell(self) -> float | None:
        """Tell of all; return after how many seconds to do it again, or ``None`` to wait for somebody new."""
        try:
            await self._tell(self._subjects)
        except RPCError as error:
            return self._bear(error)
        except Exception as error:
            # Of what is counted or written here: slot suppliers are user code.
            if self._trouble.should_log(repr(error), asyncio.get_running_loop().time()):
                _logger.exception("a worker heartbeat could not be made, and is tried again in %g s", _AFTER_ERROR)
            return _AFTER_ERROR
        self._standing.succeeded()
        self._is_heard = True
        return min((subject.interval for subject in self._subjects), default=None)

    def _bear(self, error: RPCError) -> float | None:
        self._is_heard = False
        now = asyncio.get_running_loop().time()
        wait = self._standing.failed(error, now)
        if wait is None:
            self._is_refused = True
            self._news.set()
            level = logging.DEBUG if error.status is RPCStatusCode.UNIMPLEMENTED else logging.WARNING
            _logger.log(level, "the server takes no worker heartbeats, and is sent none any more: %s", error)
        elif self._standing.should_log(error, now):
            _logger.warning("a worker heartbeat failed, and is tried again in %.1f s: %s", wait, error)
        return wait

    async def _tell(self, subjects: Iterable[Subject], status: WorkerStatus | None = None) -> None:
        async with self._turn:
            said = {subject: self.heartbeat(subject, status) for subject in subjects}
            request = RecordWorkerHeartbeatRequest(
                namespace=self._service.namespace, identity=self._identity, worker_heartbeat=list(said.values())
            )
            await self._service.call(RECORD_WORKER_HEARTBEAT, request, timeout=_PATIENCE, retry=NONE)
        for subject, heartbeat in said.items():
            subject.vitals.taken(heartbeat)

    async def _bid_farewell(self, subject: Subject) -> None:
        """Say that the worker is no more, so that the server lists it no longer."""
        try:
            async with asyncio.timeout(_FAREWELL):
                await self._tell([subject], WorkerStatus.SHUTDOWN)
        except (RPCError, TimeoutError) as error:
            _logger.debug("the server could not be told that a worker has ended: %s", error)
        except Exception:
            _logger.exception("the server could not be told that a worker has ended")

    def _look_around(self) -> WorkerHostInfo:
        host = self._host.look(asyncio.get_running_loop().time())
        return WorkerHostInfo(
            host_name=host.name,
            worker_grouping_key=self._grouping_key,
            process_id=str(host.process_id),
            current_host_cpu_usage=host.cpu,
            current_host_mem_usage=host.memory,
        )
