"""Heartbeat for the neighbours of what blocks the event loop, from the watchdog's thread.

Theory of operation
-------------------
One activity that blocks the loop stops the heartbeats of all others, and the server times them out although they are
well. So while the loop is late, and a heartbeat of an attempt is overdue, the thread sends it: what the attempt sent
last, byte for byte, so that the server's details never go back, and no code of the user's runs. The attempt that blocks
gets none, and after the tolerance none gets any more: the server is to give the work to other workers.

The thread has an event loop and connections of its own for that, which live as long as the block: TLS, proxies and
names are the transport's business as ever. Calls have the metadata of the client as they were last, its API key too.

At the end what the replies said is handed over to the loop that is free again. No heartbeat is sent by both at once:
each of the thread's is claimed first (see :class:`.HeartbeatClaims`), and the loop resumes its own when it gets that
callback.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from ..._proto.temporal.api.workflowservice.v1 import RecordActivityTaskHeartbeatResponse
from ..._rpc._methods import RECORD_ACTIVITY_TASK_HEARTBEAT
from ..._rpc._target import Target
from ..._safe_logger import get_logger
from ..._wire import DecodeError, decode
from ...common import ActivityCancellationDetails
from ...exceptions import RPCError, RPCStatusCode

if TYPE_CHECKING:
    from ..._rpc.http2._transport import Http2Transport
    from ..attempts._attempt import Attempt
    from ..attempts._run_environment import RunEnvironment
    from ..attempts.heartbeats._outbound import AttemptOutbound, LiveHeartbeat
    from ._watchdog import WatchedWorker

__all__ = ["LiveHeartbeats", "is_overdue", "next_due", "without_way"]

_logger = get_logger(__name__)

# Shares of the heartbeat timeout: between two heartbeats, until one is overdue, and until one that failed is repeated.
_INTERVAL = 0.8
_OVERDUE = 0.02
_RETRY = 0.1
# Seconds that a call may take, and the calls under way when the loop is free.
_CALL = 5.0
_LAST_CALLS = 1.0


def is_overdue(due_at: float, timeout: float, now: float) -> bool:
    """Whether a heartbeat that was due at *due_at* should have been sent; one that is a little late is the loop's."""
    return now >= due_at + _OVERDUE * timeout


def next_due(sent_at: float, timeout: float, *, has_arrived: bool) -> float:
    """Return when the next heartbeat of an attempt is due after one of *sent_at*."""
    return sent_at + (_INTERVAL if has_arrived else _RETRY) * timeout


def without_way(workers: Sequence[WatchedWorker], blocker: Attempt | None) -> WatchedWorker | None:
    """Return a worker with attempts that need heartbeats now, and no address to send them to from another thread."""
    for worker in workers:
        if _target_of(worker) is None:
            outbounds = [it.outbound for it in worker.attempts if it is not blocker]
            if any(it is not None and it.live_heartbeat() is not None for it in outbounds):
                return worker
    return None


def _target_of(worker: WatchedWorker) -> Target | None:
    """Return where its connections lead; none if the transport is in memory, or of the user's own."""
    target = getattr(worker.environment.service.transport, "target", None)
    return target if isinstance(target, Target) else None


@dataclass(slots=True, eq=False)
class _Claim:
    """The heartbeats of one attempt during one block."""

    outbound: AttemptOutbound
    environment: RunEnvironment
    target: Target
    due_at: float
    is_calling: bool = False
    is_over: bool = False
    arrived_at: float | None = None
    cancellation: ActivityCancellationDetails | None = None


class LiveHeartbeats:
    """The heartbeats of one block.

    Args:
        loop: The blocked loop.
        workers: On it.
        clock: The time on that loop's clock, in this thread.
        interval: Seconds between two looks.
        goes_on: Looks at the loop; returns whether it is still blocked, and not for too long.

    Attributes:
        blocker: The attempt that blocks it, which gets none.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        workers: Sequence[WatchedWorker],
        *,
        clock: Callable[[], float],
        interval: float,
        goes_on: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._workers = workers
        self.blocker: Attempt | None = None
        self._clock = clock
        self._interval = interval
        self._goes_on = goes_on
        self._claims: dict[bytes, _Claim] = {}
        self._transports: dict[Target, Http2Transport] = {}

    def __repr__(self) -> str:
        return f"<LiveHeartbeats of {len(self._claims)} attempts>"

    @property
    def is_needed(self) -> bool:
        """Whether there is a heartbeat to send now."""
        return next(self._overdue(), None) is not None

    def run(self) -> None:
        """Send heartbeats until the block is over, and hand over. In the watchdog's thread."""
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        try:
            async with AsyncExitStack() as stack, anyio.create_task_group() as group:
                while self._goes_on():
                    for claim, heartbeat in self._overdue():
                        claim.is_calling = True
                        transport = self._transport_to(claim.target, stack)
                        group.start_soon(self._send, claim, heartbeat, transport)
                    await asyncio.sleep(self._interval)
                group.cancel_scope.deadline = asyncio.get_running_loop().time() + _LAST_CALLS
        finally:
            self._hand_over()

    # What there is to send

    def _overdue(self) -> Iterator[tuple[_Claim, LiveHeartbeat]]:
        now = self._clock()
        for worker in self._workers:
            target = _target_of(worker)
            if target is None:
                continue
            for attempt in worker.attempts:
                outbound = attempt.outbound
                if outbound is None or attempt is self.blocker:
                    continue
                heartbeat = outbound.live_heartbeat()
                if heartbeat is None:
                    continue
                claim = self._claims.get(heartbeat.token)
                if claim is None:
                    claim = _Claim(outbound, worker.environment, target, heartbeat.due_at)
                if not (claim.is_calling or claim.is_over) and is_overdue(claim.due_at, heartbeat.timeout, now):
                    yield claim, heartbeat

    def _transport_to(self, target: Target, stack: AsyncExitStack) -> Http2Transport:
        transport = self._transports.get(target)
        if transport is None:
            # Few workers ever need it.
            from ..._rpc.http2._transport import Http2Transport

            transport = Http2Transport(replace(target, connections=1, keep_alive=None, max_connection_age=None))
            self._transports[target] = transport
            stack.push_async_callback(transport.close)
        return transport

    # One heartbeat

    async def _send(self, claim: _Claim, heartbeat: LiveHeartbeat, transport: Http2Transport) -> None:
        self._claims[heartbeat.token] = claim
        claim.environment.claims.tokens.add(heartbeat.token)
        # Only now: the loop may have sent one in between.
        again = claim.outbound.live_heartbeat()
        if again is None or again.due_at != heartbeat.due_at or not self._goes_on():
            claim.is_over, claim.is_calling = True, False
            return
        sent_at, has_arrived = self._clock(), False
        try:
            reply = await transport.unary(
                RECORD_ACTIVITY_TASK_HEARTBEAT.path,
                heartbeat.request,
                timeout=min(_INTERVAL * heartbeat.timeout, _CALL),
                metadata=claim.environment.service.caller.metadata.pairs,
            )
            response = decode(RecordActivityTaskHeartbeatResponse, reply)
            has_arrived = True
            claim.arrived_at = self._clock()
            claim.outbound.record_live_heartbeat(claim.arrived_at)
            cancellation = ActivityCancellationDetails._from_heartbeat_reply(response)
        except RPCError as error:
            is_unknown = error.status is RPCStatusCode.NOT_FOUND
            claim.is_over = is_unknown
            cancellation = ActivityCancellationDetails(not_found=True) if is_unknown else None
            _logger.debug("a heartbeat beside the blocked event loop did not arrive: %s", error)
        except DecodeError:
            cancellation = None
        finally:
            claim.is_calling = False
        claim.cancellation = claim.cancellation or cancellation
        claim.due_at = next_due(sent_at, heartbeat.timeout, has_arrived=has_arrived)

    # The end

    def _hand_over(self) -> None:
        for claim in self._claims.values():
            # The loop may be closed by now.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(
                    claim.outbound.end_live_heartbeats,
                    claim.arrived_at,
                    claim.cancellation,
                    context=contextvars.Context(),
                )
