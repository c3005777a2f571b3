"""Run activities: the worker, what it can be told, and what it tells."""

from __future__ import annotations

from importlib import import_module
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
from ._scaling import PollerBehavior, PollerBehaviorAutoscaling, PollerBehaviorSimpleMaximum
from ._settings import WorkerDeploymentConfig
from ._slots import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from ._worker import Worker

if TYPE_CHECKING:
    from ._propagation import ContextPropagator as ContextPropagator
    from ._resource_slots import (
        ResourceBasedSlotConfig as ResourceBasedSlotConfig,
        ResourceBasedSlotSupplier as ResourceBasedSlotSupplier,
        ResourceBasedTunerConfig as ResourceBasedTunerConfig,
        ResourceController as ResourceController,
        ResourceSensor as ResourceSensor,
    )
    from ._system import ResourceUsage as ResourceUsage

# Where the names live that are imported on their first use: few workers have any, and the others start 5 ms sooner.
_HOMES = {
    # It wraps a client's calls as well, and brings them with it.
    "ContextPropagator": "_propagation",
    "ResourceBasedSlotConfig": "_resource_slots",
    "ResourceBasedSlotSupplier": "_resource_slots",
    "ResourceBasedTunerConfig": "_resource_slots",
    "ResourceController": "_resource_slots",
    "ResourceSensor": "_resource_slots",
    "ResourceUsage": "_system",
}

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
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
