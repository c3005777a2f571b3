"""Run activities: the worker, its settings, slot suppliers, interceptors and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import attach
from ._events import (
    ActivityCancelled,
    ActivityFinished,
    ActivityStarted,
    HeartbeatSent,
    LoopBlocked,
    LoopFreed,
    Observer,
    OutcomeName,
    PayloadRetrieved,
    PayloadStored,
    PollersChanged,
    PollFailed,
    PollFinished,
    PollOutcome,
    RequestFinished,
    SlotsChanged,
    StorageOutcome,
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
from ._worker import Worker
from .attempts._attempt_state import AttemptStatistics
from .health._liveness import WorkerHealth
from .polling._autoscaling import PollerBehavior, PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from .slots._supplier import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from .watch._options import WatchOptions

if TYPE_CHECKING:
    from ._propagation import ContextPropagator as ContextPropagator
    from ._statistics import WorkerState as WorkerState, WorkerStatistics as WorkerStatistics
    from .slots._resource_based import (
        ResourceBasedSlotConfig as ResourceBasedSlotConfig,
        ResourceBasedSlotSupplier as ResourceBasedSlotSupplier,
        ResourceBasedTunerConfig as ResourceBasedTunerConfig,
        ResourceController as ResourceController,
        ResourceSensor as ResourceSensor,
    )
    from .slots._system import ResourceUsage as ResourceUsage

# Names that are imported on their first use: few workers have any of them, and the others start 5 ms sooner.
_HOMES = {
    # It wraps a client's calls as well, and brings them with it.
    "ContextPropagator": "_propagation",
    "ResourceBasedSlotConfig": "slots._resource_based",
    "ResourceBasedSlotSupplier": "slots._resource_based",
    "ResourceBasedTunerConfig": "slots._resource_based",
    "ResourceController": "slots._resource_based",
    "ResourceSensor": "slots._resource_based",
    "ResourceUsage": "slots._system",
    "WorkerState": "_statistics",
    "WorkerStatistics": "_statistics",
}

__all__ = [
    "Worker",
    "WorkerDeploymentConfig",
    "WatchOptions",
    # How many activities at a time
    "FixedSizeSlotSupplier",
    "ResourceBasedSlotConfig",
    "ResourceBasedSlotSupplier",
    "ResourceBasedTunerConfig",
    "ResourceController",
    "ResourceSensor",
    "ResourceUsage",
    "SlotPermit",
    "SlotReservation",
    "SlotSupplier",
    # How many polls at a time
    "PollerBehavior",
    "PollerBehaviorAutoscaling",
    "PollerBehaviorSimpleMaximum",
    # Wrapping
    "ActivityInboundInterceptor",
    "ActivityOutboundInterceptor",
    "ContextPropagator",
    "ExecuteActivityInput",
    "Interceptor",
    # Watching
    "ActivityCancelled",
    "ActivityFinished",
    "ActivityStarted",
    "HeartbeatSent",
    "LoopBlocked",
    "LoopFreed",
    "Observer",
    "OutcomeName",
    "PayloadRetrieved",
    "PayloadStored",
    "PollFailed",
    "PollFinished",
    "PollOutcome",
    "PollersChanged",
    "RequestFinished",
    "SlotsChanged",
    "StorageOutcome",
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
    # Its state
    "AttemptStatistics",
    "WorkerHealth",
    "WorkerState",
    "WorkerStatistics",
]

# Hidden from type checkers: to them a module with a `__getattr__` has every name.
if not TYPE_CHECKING:
    __getattr__, __dir__ = attach(__name__, _HOMES)
