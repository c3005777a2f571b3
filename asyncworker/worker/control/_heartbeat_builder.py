"""What a worker says of itself in its heartbeats: the figures of one moment, and what happened since the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..._proto.temporal.api.deployment.v1 import WorkerDeploymentVersion as DeploymentVersion
from ..._proto.temporal.api.enums.v1 import WorkerStatus
from ..._proto.temporal.api.worker.v1 import WorkerHeartbeat, WorkerHostInfo, WorkerPollerInfo, WorkerSlotsInfo
from ..._proto.temporal.wkt import Duration
from ..._time import to_datetime, to_duration, to_timestamp
from ...common import WorkerDeploymentVersion

__all__ = ["WorkerFigures", "WorkerIdentity", "WorkerHeartbeatBuilder"]

_SDK_NAME = "asyncworker"
# Where a supplier has no fixed number of slots (``WorkerSlotsInfo.current_available_slots``).
_UNKNOWN = -1
# The counters are int32 on the wire; a busy worker that lives for months stands still there.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerIdentity:
    """What does not change in a worker's life.

    Attributes:
        slot_supplier_kind: As :attr:`SlotSupplier.kind` says.
        version: Of this package.
    """

    instance_key: str
    identity: str
    task_queue: str
    slot_supplier_kind: str
    deployment_version: WorkerDeploymentVersion | None
    version: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFigures:
    """What is counted in a worker at one moment.

    Attributes:
        max_slots: ``None`` if the supplier has no fixed number.
        used_slots: Slots that hold an activity; those that wait in a poll do not count.
        processed: Attempts that have ended, however they did, since the worker began.
        failed: Those of them that were reported as failed, benign failures not counted.
        polls: How many polls are open.
        last_task_at: When the last task came.
        is_autoscaling: Whether the server has a say in the number of polls.
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
    """Writes one worker's heartbeats, and keeps in mind which of them the server has taken.

    "The last interval" begins with the last heartbeat that arrived, so that nothing is left out when one is lost.
    """

    __slots__ = ("_passport", "_taken")

    def __init__(self, passport: WorkerIdentity) -> None:
        self._passport = passport
        self._taken: WorkerHeartbeat | None = None

    def __repr__(self) -> str:
        return f"<WorkerHeartbeatBuilder of {self._passport.task_queue!r} [{'told' if self._taken else 'not told'}]>"

    @property
    def is_known(self) -> bool:
        """Whether the server has taken a heartbeat of this worker."""
        return self._taken is not None

    def heartbeat(self, figures: WorkerFigures, host: WorkerHostInfo, now: datetime) -> WorkerHeartbeat:
        """Write what the worker says at the moment *now*."""
        passport = self._passport
        return WorkerHeartbeat(
            worker_instance_key=passport.instance_key,
            worker_identity=passport.identity,
            host_info=host,
            task_queue=passport.task_queue,
            deployment_version=_deployment(passport.deployment_version),
            sdk_name=_SDK_NAME,
            sdk_version=passport.version,
            status=figures.status,
            start_time=to_timestamp(passport.started_at),
            heartbeat_time=to_timestamp(now),
            elapsed_since_last_heartbeat=self._elapsed(now),
            activity_task_slots_info=self._slots(figures),
            activity_poller_info=WorkerPollerInfo(
                current_pollers=figures.polls,
                last_successful_poll_time=None if figures.last_task_at is None else to_timestamp(figures.last_task_at),
                is_autoscaling=figures.is_autoscaling,
            ),
        )

    def taken(self, heartbeat: WorkerHeartbeat) -> None:
        """Learn that the server has taken *heartbeat*: the next one tells what happened since."""
        self._taken = heartbeat

    def _elapsed(self, now: datetime) -> Duration | None:
        last = None if self._taken is None else to_datetime(self._taken.heartbeat_time)
        # The wall clock may have been set back meanwhile.
        return None if last is None else to_duration(max(0.0, (now - last).total_seconds()))

    def _slots(self, figures: WorkerFigures) -> WorkerSlotsInfo:
        last = WorkerSlotsInfo() if self._taken is None else self._taken.activity_task_slots_info or WorkerSlotsInfo()
        processed, failed = min(figures.processed, _MOST), min(figures.failed, _MOST)
        return WorkerSlotsInfo(
            current_available_slots=_available(figures),
            current_used_slots=figures.used_slots,
            slot_supplier_kind=self._passport.slot_supplier_kind,
            total_processed_tasks=processed,
            total_failed_tasks=failed,
            last_interval_processed_tasks=processed - last.total_processed_tasks,
            last_interval_failure_tasks=failed - last.total_failed_tasks,
        )


def _available(figures: WorkerFigures) -> int:
    return _UNKNOWN if figures.max_slots is None else min(max(0, figures.max_slots - figures.used_slots), _MOST)


def _deployment(version: WorkerDeploymentVersion | None) -> DeploymentVersion | None:
    if version is None:
        return None
    return DeploymentVersion(deployment_name=version.deployment_name, build_id=version.build_id)
