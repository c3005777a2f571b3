"""A worker's settings, as `Worker(…)` has checked them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._proto.temporal.api.deployment.v1 import WorkerDeploymentOptions
from .._proto.temporal.api.enums.v1 import WorkerVersioningMode
from .._rpc._long_poll import LATE_RESPONSE_TIMEOUT
from ..common import WorkerDeploymentVersion
from ._events import Observer
from ._interceptor import Interceptor
from ._registry import Registry
from .attempts._run_environment import AttemptDurations, HeartbeatSettings
from .polling._autoscaling import PollerBehavior
from .polling._poller_pool import SHUTDOWN_RESPONSE_TIMEOUT
from .slots._supplier import SlotSupplier
from .watch._options import WatchOptions

if TYPE_CHECKING:
    from ..client import Client
    from .health._server import HealthAddress

__all__ = ["WorkerDeploymentConfig", "WorkerSettings"]


@dataclass(frozen=True, slots=True)
class WorkerDeploymentConfig:
    """The version of a deployment that a worker is (``WorkerDeploymentOptions``).

    Attributes:
        version: Deployment and build.
        use_worker_versioning: Take part in the deployment's versioning: only tasks routed to this version arrive.
            ``False`` reports the version to the server and takes all tasks.
    """

    version: WorkerDeploymentVersion
    use_worker_versioning: bool = False

    def _to_proto(self) -> WorkerDeploymentOptions:
        versioned = WorkerVersioningMode.VERSIONED if self.use_worker_versioning else WorkerVersioningMode.UNVERSIONED
        return WorkerDeploymentOptions(
            deployment_name=self.version.deployment_name,
            build_id=self.version.build_id,
            worker_versioning_mode=versioned,
        )


# Without methods that nothing uses: each is compiled at every start.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WorkerSettings:
    """The arguments of `Worker(…)`, checked; durations in seconds. Those with a default are not the user's to set."""

    task_queue: str
    registry: Registry
    slots: SlotSupplier
    pollers: PollerBehavior | None
    identity: str | None
    heartbeats: HeartbeatSettings
    grace: float
    hard_stop: float
    # Called with the worker.
    lifespan: Callable[[Any], AbstractAsyncContextManager[Any]] | None
    lifespan_exit_timeout: float
    long_poll_timeout: float | None
    max_per_second: float | None
    max_task_queue_per_second: float | None
    deployment: WorkerDeploymentConfig | None
    worker_heartbeat_interval: float | None
    loop_block_threshold: float | None
    loop_block_tolerance: float
    health_address: HealthAddress | None
    cancellation_watch: WatchOptions | None
    interceptors: Sequence[Interceptor]
    observers: Sequence[Observer]
    # Seconds that a worker which connects itself waits for its server; `None`: as long as a client does.
    connect_timeout: float | None = None
    # Seconds that a poll is listened to beyond its deadline, and the same once the worker stops.
    late_response_timeout: float = LATE_RESPONSE_TIMEOUT
    shutdown_response_timeout: float = SHUTDOWN_RESPONSE_TIMEOUT
    # Seconds that a cancelled wait for a user's slot has to end.
    slot_cancel_timeout: float = 5.0
    # Seconds until a poller goes on after an error of its own or of a slot supplier.
    after_error: float = 1.0
    # Seconds without a task after which a stream of them has ceased, so that a shutdown need not wait for more.
    lull: float = 1.0
    attempt_durations: AttemptDurations = field(default_factory=AttemptDurations)

    def interceptors_with(self, client: Client | None) -> list[Interceptor]:
        """Return the worker's interceptors; those of the client's that are such as well are the outermost."""
        own = () if client is None else client.interceptors
        return [*(it for it in own if isinstance(it, Interceptor)), *self.interceptors]

    def prepare(self, client: Client | None) -> None:
        """Prepare the activities for a client; see :meth:`.Registry.prepare`."""
        binding = [it for it in self.interceptors_with(client) if isinstance(it, Interceptor)]
        self.registry.prepare(client, binding)
