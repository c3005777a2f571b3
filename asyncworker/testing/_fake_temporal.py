"""FakeTemporal: a Temporal server in memory, for tests of workers and clients at the wire."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Literal, Self, TypeAlias

import anyio
from grpclib.testing import ChannelFor

from .._proto.temporal.api.namespace.v1 import NamespaceInfoCapabilities, NamespaceInfoLimits
from .._proto.temporal.api.worker.v1 import WorkerHeartbeat
from .._rpc._grpclib import BytesCodec, BytesDetailsCodec, GrpclibTransport
from .._rpc._service import WorkflowService
from .._rpc._transport import Transport
from ..client import Client
from ._fake._attempt_calls import AttemptCalls
from ._fake._call import Incoming
from ._fake._client_calls import LONGEST_WAIT, ClientCalls
from ._fake._cluster import WAIT_TIMEOUT, Cluster
from ._fake._faults import Faults
from ._fake._handle import FakeActivity
from ._fake._time._clock import Clock
from ._fake._wire import Listener, Wire
from ._fake._worker_calls import LONGEST_POLL, SCALING_WAIT, WorkerCalls
from ._fake._workflows._calls import LONGEST_HISTORY_WAIT, WorkflowCalls
from ._fake_activities import FakeActivities
from ._fake_calls import FakeCalls
from ._virtual._time import VirtualTime
from ._virtual._transport import MemoryTransport, VirtualService

__all__ = ["FakeActivity", "FakeTemporal"]

_CLOSING_GRACE = 0.2
#: How the time of a :class:`FakeTemporal` passes.
TimeMode: TypeAlias = Literal["manual", "real", "virtual"]


class FakeTemporal(FakeActivities, FakeCalls):
    """A Temporal server for workers and for clients of standalone activities, in this process's memory.

    ::

        async with FakeTemporal() as temporal:
            worker = Worker(temporal.client(), task_queue="orders", activities=[pack])
            async with worker:
                packing = temporal.add_task("pack", {"id": "7"}, task_queue="orders")
                await packing.wait_closed()
            assert packing.result == "7: packed"

    It responds as Server 1.32 does, errors included, and is held to it by tests that play the same scenes with both.
    Three things differ, so that tests are quick and certain: **no timeout passes by itself**
    (:meth:`FakeActivity.time_out` lets one pass), **a retry is handed out at once**, so that what always fails is tried
    without a pause, and the default retry policy of :meth:`add_task` and :meth:`start_activity` allows one attempt. For
    what depends on time take ``FakeTemporal(time="virtual")``, with which they do not differ. It has no worker
    versioning, no rate limits of task queues and no schedules.

    Args:
        time: ``"manual"`` as above. ``"real"``: timeouts and the intervals between attempts pass as on a real server,
            and the default retry policy is the server's. ``"virtual"``: so they do, and within the block the running
            event loop's time is virtual (see :class:`VirtualTime`): it jumps whenever there is nothing else to do, and
            there is no port. :class:`TestWorker` is the way to run a worker then: of its own accord one has timers that
            go off several times a second.
        capabilities: Of its namespaces, as in ``{"worker_commands": True}``; others are a default server's, and
            ``worker_poll_complete_on_shutdown``.
        limits: Of its namespaces, in bytes, as in ``{"blob_size_limit_error": 1024}``.
        skip_backoff: Whether a retry comes at once instead of after its interval. Default: with ``"manual"`` time.
        longest_poll: Seconds that a poll for tasks is held for at most; less if its own deadline is nearer.
        longest_wait: Seconds that a wait for an outcome is held for at most. In virtual time the caller's deadline
            alone counts, for polls too.
        scaling_wait: Seconds of waiting for a task after which the server suggests one poller less.
        wait_timeout: Seconds after which a ``wait_…`` of its activities raises :exc:`TimeoutError` if it is given no
            timeout of its own; not in virtual time. Tests that start processes want more than the default.
    """

    def __init__(
        self,
        *,
        time: TimeMode = "manual",
        capabilities: Mapping[str, bool] | None = None,
        limits: Mapping[str, int] | None = None,
        skip_backoff: bool | None = None,
        longest_poll: float = LONGEST_POLL,
        longest_wait: float = LONGEST_WAIT,
        scaling_wait: float = SCALING_WAIT,
        wait_timeout: float = WAIT_TIMEOUT,
    ) -> None:
        longest_history_wait = LONGEST_HISTORY_WAIT
        if time not in ("manual", "real", "virtual"):
            raise ValueError(f"time must be 'manual', 'real' or 'virtual', got {time!r}")
        self._time = VirtualTime() if time == "virtual" else None
        is_manual = time == "manual"
        clock = Clock(passes=not is_manual) if self._time is None else Clock(passes=True, read=self._time.read)
        if self._time is not None:
            longest_poll = longest_wait = longest_history_wait = math.inf
        skip_backoff = is_manual if skip_backoff is None else skip_backoff
        self._cluster = Cluster(capabilities or {}, limits or {}, clock, skip_backoff=skip_backoff)
        self._cluster.virtual = self._time
        self._cluster.wait_timeout = wait_timeout
        self._faults = Faults(self._cluster)
        self._calls: list[Incoming] = []
        self._names: Iterator[int] = itertools.count(1)
        self._stack = AsyncExitStack()
        self._channels: list[ChannelFor] = []
        self._memory: list[MemoryTransport] = []
        workers = WorkerCalls(self._cluster, longest_poll=longest_poll, scaling_wait=scaling_wait)
        attempts = AttemptCalls(self._cluster)
        clients = ClientCalls(self._cluster, longest_wait=longest_wait)
        workflows = WorkflowCalls(self._cluster, longest_wait=longest_history_wait)
        self._wire = Wire(
            {**workers.handlers(), **attempts.handlers(), **clients.handlers(), **workflows.handlers()},
            {**workers.holders(), **clients.holders(), **workflows.holders()},
            self._faults,
            self._record,
        )
        self._listener: Listener | None = None
        self._port = 0

    def __repr__(self) -> str:
        return f"<FakeTemporal [{len(self._cluster.activities)} activities, {len(self._calls)} calls]>"

    async def __aenter__(self) -> Self:
        if self._time is not None:
            await self._time.__aenter__()
            return self
        self._listener = Listener(self._wire)
        self._port = await self._listener.listen()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._close()
        finally:
            if self._time is not None:
                await self._time.__aexit__(exc_type, exc, traceback)

    async def _close(self) -> None:
        # Calls that are still held fail with UNAVAILABLE.
        with self._faults.outage():
            await self._stack.aclose()
            self._cluster.timeouts.close()
            if self._listener is not None:
                self._listener.close()
                self._listener.cut_connections()
                await self._listener.wait_closed()

    # Connecting

    @property
    def target(self) -> str:
        """The address it listens on: ``127.0.0.1`` and a port, for ``Client.connect()`` or any other SDK.

        It has no compression: give ``temporalio`` ``grpc_compression=GrpcCompression.NONE``.

        Raises:
            RuntimeError: Its time is virtual: then it has no port.
        """
        if self._time is not None:
            raise RuntimeError("FakeTemporal(time='virtual') has no port: use its client(), within the same event loop")
        assert self._listener is not None, "FakeTemporal listens within its `async with` block"
        return f"127.0.0.1:{self._port}"

    @property
    def is_virtual(self) -> bool:
        """Whether its time is virtual."""
        return self._time is not None

    @property
    def time(self) -> VirtualTime:
        """Its time.

        Raises:
            RuntimeError: It is not virtual.
        """
        if self._time is None:
            raise RuntimeError(
                "the time of this FakeTemporal is not virtual: make it with FakeTemporal(time='virtual')"
            )
        return self._time

    def transport(self) -> Transport:
        """Return a transport in memory, which is closed with the server at the latest."""
        transport: Transport
        if self._time is not None:
            transport = MemoryTransport(self._wire)
            self._memory.append(transport)
        else:
            transport = GrpclibTransport(self._open_channel)
        self._stack.push_async_callback(_close, transport)
        return transport

    def service(self, *, namespace: str = "default") -> WorkflowService:
        """Return a service that makes its calls in memory."""
        kind = WorkflowService if self._time is None else VirtualService
        return kind(self.transport(), namespace=namespace)

    def client(self, *, namespace: str = "default", **options: Any) -> Client:
        """Return a client in memory; *options* are those of :class:`Client`."""
        return Client(self.service(namespace=namespace), **options)

    # Namespaces and workers

    @property
    def capabilities(self) -> NamespaceInfoCapabilities:
        """The capabilities of its namespaces; can be changed at any time."""
        return self._cluster.capabilities

    @property
    def limits(self) -> NamespaceInfoLimits:
        """The size limits of its namespaces."""
        return self._cluster.limits

    @property
    def namespaces(self) -> set[str]:
        """The namespaces there are; can be changed at any time."""
        return self._cluster.namespaces

    @property
    def worker_heartbeats(self) -> Mapping[str, WorkerHeartbeat]:
        """The last worker heartbeat of each worker, by its instance key."""
        return self._cluster.worker_heartbeats

    # Faults of connections

    def cut_connections(self) -> None:
        """End every connection at once, whatever is under way; new ones can be made."""
        if self._listener is not None:
            self._listener.cut_connections()
        channels, self._channels = self._channels, []
        for channel in channels:
            _cut(channel)
        for transport in self._memory:
            transport.cut()

    def _open_channel(self) -> ChannelFor:
        channel = ChannelFor([self._wire], codec=BytesCodec(), status_details_codec=BytesDetailsCodec())
        self._channels.append(channel)
        return channel


async def _close(transport: Transport) -> None:
    # Calls that the test holds back or delays would be waited for; cancelled, `close` cuts them off.
    with anyio.move_on_after(_CLOSING_GRACE):
        await transport.close()


def _cut(context: ChannelFor) -> None:
    channel = getattr(context, "_channel", None)
    if channel is not None and channel._protocol is not None:
        channel._protocol.connection_lost(None)
        context._server_protocol.connection_lost(None)
