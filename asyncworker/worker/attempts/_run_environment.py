"""What the attempts of one run of a worker share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..._arguments import UNSET
from ..._coalesced_timers import CoalescedTimers
from ..._log_throttle import LogThrottles
from ..._proto.temporal.api.deployment.v1 import WorkerDeploymentOptions
from ..._rpc._callbacks import BackgroundTasks
from ..._rpc._service import WorkflowService
from ..._safe_logger import get_logger
from ...activity import Info
from ...activity._cancellation import Notice
from ...activity._dependencies._worker_scope import WorkerScope
from ...activity._logger import identify
from ...converter import DataConverter
from ...converter._size import LARGE
from .._events import WorkerEvent
from .._interceptor import Interceptor
from .._observers import Observers
from .._registry import Registry
from .._size_limits import PayloadLimits
from .heartbeats._claims import HeartbeatClaims

if TYPE_CHECKING:
    import anyio

    from ...client import Client

__all__ = ["AttemptDurations", "HeartbeatSettings", "RunEnvironment"]

_logger = get_logger("asyncworker.worker")


class HeartbeatSettings(NamedTuple):
    """How heartbeats are throttled; seconds.

    Attributes:
        default_interval: Where the activity has no heartbeat timeout.
        maximum_interval: Whatever its heartbeat timeout.
        automatic: Whether the worker heartbeats for activities whose declaration says nothing on that.
    """

    default_interval: float = 30.0
    maximum_interval: float = 60.0
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class AttemptDurations:
    """How long the steps of an attempt's end may take; seconds.

    Attributes:
        margin: From one of the server's timeouts until the server has surely closed the attempt, as long as the
            official core waits.
        overdue: From a cancellation until an activity that goes on is named in the log.
        least_reply: For a reply at least: of an activity whose time is up by our clock, or whose task was cancelled by
            other code.
        abandoned_reply: For the reply of an abandoned activity; a shutdown is to end within the 30 s that Kubernetes
            waits.
    """

    margin: float = 5.0
    overdue: float = 10.0
    least_reply: float = 5.0
    abandoned_reply: float = 3.0


# Without methods that nothing uses: each is compiled at every start.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RunEnvironment:
    """What the attempts of one run share: its connection, its settings, its event loop.

    Its pollers and its control tasks use it as well.
    """

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
    # Closed when the last attempt has ended.
    background: BackgroundTasks = field(default_factory=BackgroundTasks)
    durations: AttemptDurations = AttemptDurations()
    claims: HeartbeatClaims = field(default_factory=HeartbeatClaims)
    # Of the worker's scope.
    dependencies: WorkerScope = field(default_factory=WorkerScope)
    # Of the lines on large payloads.
    large: LogThrottles = field(default_factory=LogThrottles)
    deployment: WorkerDeploymentOptions | None = None
    interceptors: Sequence[Interceptor] = ()
    # ``None`` where there are none, so that events need not be made.
    observers: Observers | None = None
    # What the worker's lifespan has yielded.
    state: Any = UNSET
    # How many threads there may be; ``None`` where no activity needs one.
    threads: anyio.CapacityLimiter | None = None

    def notify(self, event: WorkerEvent) -> None:
        """Call the observers with *event*."""
        if self.observers is not None:
            self.observers.notify(event)

    def check_size(self, info: Info | None, what: str, size: int) -> None:
        """Log that *what* is large, of *size* bytes as :meth:`.PayloadLimits.excess` returns it, or refuse it.

        It is a warning once a minute for each type of activity, and DEBUG in between.

        Raises:
            ApplicationError: The namespace does not take it.
        """
        limits = self.limits
        if limits.refuses(size):
            raise limits.refusal(what, size)
        self.log_large(info, what, size)

    def log_large(self, info: Info | None, what: str, size: int) -> None:
        """Log that *what* is large: see :meth:`check_size`."""
        limit = self.limits.warn
        if info is None or not 0 < limit < size:
            return
        _logger.log(
            logging.WARNING if self.large.should_log((info.activity_type, what), self.loop.time()) else logging.DEBUG,
            LARGE,
            what,
            info.activity_type,
            f"{size:,}",
            f"{limit:,}",
            extra=identify(info),
        )
