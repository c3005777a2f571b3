"""The worker as the server knows it during a run: its heartbeats, its commands, and the announcement of its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel

from ..._rpc._methods import SHUTDOWN_WORKER
from ..._safe_logger import get_logger
from ..._version import client_version
from ..._wire import encode
from ...exceptions import RPCError, RPCStatusCode
from .._supervision import supervised

if TYPE_CHECKING:
    from ..._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities
    from ..._proto.temporal.api.worker.v1 import EnvironmentInfo, PluginInfo, WorkerHeartbeat
    from ...common import WorkerDeploymentVersion
    from ...converter import DataConverter
    from .._stages import ShutdownStages
    from ..attempts._attempt_set import AttemptSet
    from ..attempts._run_environment import RunEnvironment
    from ..polling._poller_pool import PollerPool
    from ..polling._request import PollRequest
    from ..slots._supplier import SlotSupplier
    from ._client_workers import WorkerEntry
    from ._heartbeat_builder import WorkerHeartbeatBuilder, WorkerStats

__all__ = ["Registration"]

_logger = get_logger(__name__)


class Registration:
    """Keeps the server informed of one run of a worker.

    Args:
        environment: Of the worker.
        capabilities: Of the namespace.
        stages: Of the shutdown.
        attempts: Of the run.
        pollers: Of the run.
        instance_key: Of the run.
        slots: Of the worker.
        grace: Seconds that attempts have to end by themselves in a shutdown.
        heartbeat_interval: Seconds between two worker heartbeats; ``None``: there are none.
        deployment_version: Which version of a deployment the worker is.
        extensions: What it was given to extend it.
        on_error: Called with an error in a task of these, which ends the run.
    """

    def __init__(
        self,
        environment: RunEnvironment,
        capabilities: NamespaceInfoCapabilities,
        stages: ShutdownStages,
        attempts: AttemptSet,
        pollers: PollerPool,
        *,
        instance_key: str,
        slots: SlotSupplier,
        grace: float,
        heartbeat_interval: float | None,
        deployment_version: WorkerDeploymentVersion | None,
        extensions: Sequence[Any],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._environment = environment
        self._capabilities = capabilities
        self._stages = stages
        self._attempts = attempts
        self._pollers = pollers
        self._instance_key = instance_key
        self._slots = slots
        self._grace = grace
        self._heartbeat_interval = heartbeat_interval
        self._deployment_version = deployment_version
        self._extensions = extensions
        self._on_error = on_error
        self._entry: WorkerEntry | None = None

    def __repr__(self) -> str:
        return f"<Registration of {self._environment.task_queue!r} [{self._instance_key}]>"

    @asynccontextmanager
    async def registered(self, request: PollRequest) -> AsyncIterator[None]:
        """Send worker heartbeats and receive commands for the length of a block, where the namespace has them.

        Args:
            request: Of the worker's polls, which name the control queue.
        """
        interval, capabilities = self._heartbeat_interval, self._capabilities
        if not capabilities.worker_heartbeats or (interval is None and not capabilities.worker_commands):
            yield
            return
        # Not every worker needs this.
        from ._client_workers import ReportedWorker, WorkerEntry, registered

        # The kind is of a slot supplier, which may be the user's: its error is to be that of the start.
        make_builder = partial(self._builder, str(self._slots.kind), datetime.now(UTC))
        self._entry = WorkerEntry(
            attempts=self._attempts,
            reported=None if interval is None else ReportedWorker(make_builder, self.stats, interval),
            on_control_queue=request.set_control_queue,
            on_error=self._on_error,
        )
        async with registered(self._environment.client, capabilities, self._entry):
            yield

    def stats(self) -> WorkerStats:
        """Return the worker's state at this moment."""
        from ..._proto.temporal.api.enums.v1 import WorkerStatus
        from ._heartbeat_builder import WorkerStats

        attempts, arrival = self._attempts, self._attempts.arrivals.last
        ago = None if arrival is None else timedelta(seconds=asyncio.get_running_loop().time() - arrival)
        return WorkerStats(
            status=WorkerStatus.SHUTTING_DOWN if self._stages.drain.has_begun else WorkerStatus.RUNNING,
            max_slots=attempts.max_slots,
            used_slots=len(attempts),
            processed=attempts.processed,
            failed=attempts.failed,
            polls=self._pollers.open_polls,
            last_task_at=None if ago is None else datetime.now(UTC) - ago,
            is_autoscaling=self._pollers.is_autoscaling,
        )

    def _builder(self, kind: str, started_at: datetime) -> WorkerHeartbeatBuilder:
        # Imported after the first poll.
        from ._heartbeat_builder import WorkerHeartbeatBuilder, WorkerIdentity

        identity = WorkerIdentity(
            instance_key=self._instance_key,
            identity=self._environment.identity,
            task_queue=self._environment.task_queue,
            slot_supplier_kind=kind,
            deployment_version=self._deployment_version,
            version=client_version(),
            started_at=started_at,
            environment=_read_environment(),
            drivers=_driver_kinds(self._environment.client.data_converter),
            plugins=_plugins(self._extensions),
        )
        return WorkerHeartbeatBuilder(identity)

    # The announcement

    @asynccontextmanager
    async def announcing(self, last_timeout: float = 2.0) -> AsyncIterator[None]:
        """Announce to the server that the worker stops, once the shutdown begins and while open polls end in the block.

        Args:
            last_timeout: Seconds that the server gets for it, once no poll is open.
        """
        abandon = self._stages.abandon
        async with anyio.create_task_group() as group:
            group.start_soon(supervised, self._announce, self._on_error, name="announcement of the shutdown")
            yield
            group.cancel_scope.deadline = asyncio.get_running_loop().time() + last_timeout
            abandon.ends(group.cancel_scope)
        if group.cancel_scope.cancelled_caught and not abandon.has_begun:
            _logger.warning("the server could not be told in time that the worker stops")

    async def _announce(self) -> None:
        await self._stages.drain.wait()
        try:
            if self._capabilities.worker_poll_complete_on_shutdown:
                # Once attempts are cancelled a late task is of no use: it would be failed, and come again.
                with self._stages.cancel.ends(anyio.CancelScope()):
                    await self._wait_for_lull()
            await self._call_shutdown_worker()
        except Exception:
            _logger.exception("the server could not be told that the worker stops")

    async def _wait_for_lull(self) -> None:
        """Wait until no poll is open, or tasks have ceased to come."""
        clock = asyncio.get_running_loop().time
        stopped_at, grace = self._stages.drain_began_at, self._grace
        # The pollers are stopped in this same turn of the event loop.
        await anyio.lowlevel.checkpoint()
        while self._pollers.is_polling:
            left = self._attempts.arrivals.lull_at(clock(), stopped_at=stopped_at, grace=grace) - clock()
            if left <= 0:
                return
            await self._pollers.wait_for_one(left)

    async def _call_shutdown_worker(self) -> None:
        # Not every worker needs these, and none before its end.
        from ..._proto.temporal.api.enums.v1 import TaskQueueType
        from ..._proto.temporal.api.workflowservice.v1 import ShutdownWorkerRequest

        heartbeat = self._last_heartbeat()
        request = ShutdownWorkerRequest(
            namespace=self._environment.namespace,
            identity=self._environment.identity,
            reason="graceful shutdown",
            worker_heartbeat=heartbeat,
            worker_instance_key=self._instance_key,
            task_queue=self._environment.task_queue,
            task_queue_types=[TaskQueueType.ACTIVITY],
        )
        try:
            await self._environment.service.call(SHUTDOWN_WORKER, request, timeout=5.0)
        except RPCError as error:
            level = logging.DEBUG if error.status is RPCStatusCode.UNIMPLEMENTED else logging.WARNING
            _logger.log(level, "the server could not be told that the worker stops: %s", error)
            return
        if self._entry is not None:
            self._entry.acknowledged(heartbeat)

    def _last_heartbeat(self) -> WorkerHeartbeat | None:
        if self._entry is None:
            return None
        try:
            heartbeat = self._entry.heartbeat()
            if heartbeat is not None:
                encode(heartbeat)
        except Exception:
            # Some of it comes from slot suppliers. The polls are to end without it.
            _logger.exception("the last worker heartbeat could not be made")
            return None
        return heartbeat


def _read_environment() -> EnvironmentInfo | None:
    # Not every worker needs this, and none fails for the want of it.
    from ._environment_info import read_environment

    try:
        return read_environment()
    except Exception:
        _logger.debug("what the worker runs on cannot be read, and is not reported", exc_info=True)
        return None


def _plugins(extensions: Sequence[Any]) -> Sequence[PluginInfo]:
    from ._plugins import plugins_of

    try:
        return plugins_of(extensions)
    except Exception:
        _logger.debug("what extends the worker cannot be named, and is not reported", exc_info=True)
        return ()


def _driver_kinds(converter: DataConverter) -> Sequence[str]:
    storage = converter.external_storage
    try:
        return sorted({str(driver.type()) for driver in storage.drivers}) if storage is not None else ()
    except Exception:
        _logger.debug("a storage driver does not say its type, and is not reported", exc_info=True)
        return ()
