"""What all attempts of one worker have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._coalesced_timers import CoalescedTimers
from ..._proto.temporal.api.deployment.v1 import WorkerDeploymentOptions
from ..._rpc._service import WorkflowService
from ...activity._cancellation import Notice
from ...converter import DataConverter
from .._events import Observers, WorkerEvent
from .._interceptor import Interceptor
from .._registry import Registry
from .._size_limits import PayloadLimits

if TYPE_CHECKING:
    import anyio

    from ...client import Client

__all__ = ["Environment", "HeartbeatSettings"]


@dataclass(frozen=True, slots=True)
class HeartbeatSettings:
    """How heartbeats are throttled; seconds.

    Attributes:
        default_interval: Where the activity has no heartbeat timeout.
        maximum_interval: Whatever its heartbeat timeout.
        automatic: Whether the worker heartbeats for activities that do not say.
    """

    default_interval: float = 30.0
    maximum_interval: float = 60.0
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What all attempts of one worker have in common."""

    client: Client
    service: WorkflowService
    namespace: str
    task_queue: str
    identity: str
    registry: Registry
    converter: DataConverter
    shutdown: Notice
    heartbeats: HeartbeatSettings
    limits: PayloadLimits
    loop: asyncio.AbstractEventLoop
    # The loop's.
    thread: int
    timers: CoalescedTimers
    deployment: WorkerDeploymentOptions | None = None
    interceptors: Sequence[Interceptor] = ()
    # ``None`` where there are none, so that events need not be made.
    observers: Observers | None = None
    # How many threads there may be; ``None`` where no activity needs one.
    threads: anyio.CapacityLimiter | None = None

    def notify(self, event: WorkerEvent) -> None:
        """Call the observers with *event*."""
        if self.observers is not None:
            self.observers.notify(event)
