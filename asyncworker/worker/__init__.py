"""Run activities: the worker, what it can be told, and what it tells."""

from __future__ import annotations

from ._events import (
    ActivityCancelled,
    ActivityFinished,
    ActivityStarted,
    HeartbeatSent,
    Observer,
    PollFailed,
    WorkerEvent,
    WorkerStarted,
    WorkerStopped,
    WorkerStopping,
)
from ._interceptor import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)
from ._settings import WorkerDeploymentConfig
from ._slots import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from ._worker import Worker

__all__ = [
    "Worker",
    "WorkerDeploymentConfig",
    # How many activities at a time
    "FixedSizeSlotSupplier",
    "SlotPermit",
    "SlotReservation",
    "SlotSupplier",
    # Wrapping
    "ActivityInboundInterceptor",
    "ActivityOutboundInterceptor",
    "ExecuteActivityInput",
    "Interceptor",
    # Watching
    "ActivityCancelled",
    "ActivityFinished",
    "ActivityStarted",
    "HeartbeatSent",
    "Observer",
    "PollFailed",
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
]
