"""Build worker heartbeats: the state of a worker at one moment, and what happened since the last heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..._proto.temporal.api.deployment.v1 import WorkerDeploymentVersion as DeploymentVersion
from ..._proto.temporal.api.enums.v1 import WorkerStatus
from ..._proto.temporal.api.worker.v1 import (
    EnvironmentInfo,
    PluginInfo,
    StorageDriverInfo,
    WorkerHeartbeat,
    WorkerHostInfo,
    WorkerPollerInfo,
    WorkerSlotsInfo,
)
from ..._proto.temporal.wkt import Duration
from ..._time import to_datetime, to_duration, to_timestamp
from ...common import WorkerDeploymentVersion

__all__ = ["WorkerHeartbeatBuilder", "WorkerIdentity", "WorkerStats"]

_SDK_NAME = "asyncworker"
# Where a supplier has no fixed number of slots (``WorkerSlotsInfo.current_available_slots``).
_UNKNOWN = -1
# The counters are int32 on the wire; a busy worker that lives for months stands still there.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerIdentity:
    """What does not change in a run of a worker.

    Attributes:
        slot_supplier_kind: As :attr:`SlotSupplier.kind` says.
        version: Of this package.
        environment: What the worker runs on.
        drivers: The kinds of its client's storage drivers.
        plugins: What extends it.
    """

    instance_key: str
    identity: str
    task_queue: str
    slot_supplier_kind: str
    deployment_version: WorkerDeploymentVersion | None
    version: str
    started_at: datetime
    environment: EnvironmentInfo | None = None
    drivers: Sequence[str] = ()
    plugins: Sequence[PluginInfo] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStats:
    """The state of a worker at one moment.

    Attributes:
        max_slots: ``None`` if the supplier has no fixed number.
        used_slots: Slots that hold an activity; those that wait in a poll do not count.
        processed: Attempts that have ended, however they did, since the worker began.
        failed: Those of them that were reported as failed, benign failures not counted.
        polls: How many polls are open.
        last_task_at: When the last task came.
        is_autoscaling: Whether the server's hints change the number of polls.
    """

    status: WorkerStatus
    max_slots: int | None
    used_slots: int
    processed: int
    failed: int
    polls: int
    last_task_at: datetime | None
    is_autoscaling: bool


class WorkerHeartbeatBuilder:
    """Builds one worker's heartbeats, and keeps the last one that the server has received.

    "The last interval" begins with the last heartbeat that arrived, so that nothing is left out when one is lost.
    """

    __slots__ = ("_acknowledged", "_identity")

    def __init__(self, identity: WorkerIdentity) -> None:
        self._identity = identity
        self._acknowledged: WorkerHeartbeat | None = None

    def __repr__(self) -> str:
        return (
            f"<WorkerHeartbeatBuilder of {self._identity.task_queue!r} [{'known' if self.is_known else 'not known'}]>"
        )

    @property
    def is_known(self) -> bool:
        """Whether the server has received a heartbeat of this worker."""
        return self._acknowledged is not None

    def heartbeat(self, stats: WorkerStats, host: WorkerHostInfo, now: datetime) -> WorkerHeartbeat:
        """Build the heartbeat of the moment *now*."""
        identity = self._identity
        return WorkerHeartbeat(
            worker_instance_key=identity.instance_key,
            worker_identity=identity.identity,
            host_info=host,
            task_queue=identity.task_queue,
            deployment_version=_deployment(identity.deployment_version),
            environment=identity.environment,
            drivers=[StorageDriverInfo(type=kind) for kind in identity.drivers],
            plugins=list(identity.plugins),
            sdk_name=_SDK_NAME,
            sdk_version=identity.version,
            status=stats.status,
            start_time=to_timestamp(identity.started_at),
            heartbeat_time=to_timestamp(now),
            elapsed_since_last_heartbeat=self._elapsed(now),
            activity_task_slots_info=self._slots(stats),
            activity_poller_info=WorkerPollerInfo(
                current_pollers=stats.polls,
                last_successful_poll_time=None if stats.last_task_at is None else to_timestamp(stats.last_task_at),
                is_autoscaling=stats.is_autoscaling,
            ),
        )

    def acknowledged(self, heartbeat: WorkerHeartbeat) -> None:
        """Record that the server has received *heartbeat*: the next one reports what happened since."""
        self._acknowledged = heartbeat

    def _elapsed(self, now: datetime) -> Duration | None:
        last = None if self._acknowledged is None else to_datetime(self._acknowledged.heartbeat_time)
        # The wall clock may have been set back meanwhile.
        return None if last is None else to_duration(max(0.0, (now - last).total_seconds()))

    def _slots(self, stats: WorkerStats) -> WorkerSlotsInfo:
        last = (
            WorkerSlotsInfo()
            if self._acknowledged is None
            else self._acknowledged.activity_task_slots_info or WorkerSlotsInfo()
        )
        processed, failed = min(stats.processed, _MOST), min(stats.failed, _MOST)
        return WorkerSlotsInfo(
            current_available_slots=_available(stats),
            current_used_slots=stats.used_slots,
            slot_supplier_kind=self._identity.slot_supplier_kind,
            total_processed_tasks=processed,
            total_failed_tasks=failed,
            last_interval_processed_tasks=processed - last.total_processed_tasks,
            last_interval_failure_tasks=failed - last.total_failed_tasks,
        )


def _available(stats: WorkerStats) -> int:
    return _UNKNOWN if stats.max_slots is None else min(max(0, stats.max_slots - stats.used_slots), _MOST)


def _deployment(version: WorkerDeploymentVersion | None) -> DeploymentVersion | None:
    if version is None:
        return None
    return DeploymentVersion(deployment_name=version.deployment_name, build_id=version.build_id)
