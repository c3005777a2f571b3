"""Run activities: the worker, what it can be told, and what it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from ._resource_slots import (
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    ResourceController,
    ResourceSensor,
)
from ._scaling import PollerBehavior, PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from ._settings import WorkerDeploymentConfig
from ._slots import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from ._system import ResourceUsage
from ._worker import Worker

if TYPE_CHECKING:
    from ._propagation import ContextPropagator as ContextPropagator

__all__ = [
    "Worker",
    "WorkerDeploymentConfig",
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
    "Observer",
    "PollFailed",
    "WorkerEvent",
    "WorkerStarted",
    "WorkerStopped",
    "WorkerStopping",
]


def __getattr__(name: str) -> Any:
    # It wraps a client's calls as well, and a worker need not import the client.
    if name == "ContextPropagator":
        from ._propagation import ContextPropagator

        return ContextPropagator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
