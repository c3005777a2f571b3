"""Send the heartbeats of one attempt, and pass on what the server says to them."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ..._proto.temporal.api.common.v1 import Payload, Payloads
from ..._proto.temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse,
)
from ..._rpc._methods import RECORD_ACTIVITY_TASK_HEARTBEAT
from ..._rpc._retry import HEARTBEAT
from ..._safe_text import text_of
from ..._timer_queue import coalesce
from ...common import ActivityCancellationDetails
from ...exceptions import RPCError, RPCStatusCode
from ._heartbeat_throttle import HeartbeatThrottle

if TYPE_CHECKING:
    from ...converter import DataConverter
    from ._shared import Environment

__all__ = ["HeartbeatSource", "Heartbeater"]

# A call is given up before its interval is over, so that the next heartbeat, which says more, can leave.
_LEAST_PATIENCE = 1.0
# How late a heartbeat may leave, so that those of many attempts leave together: seconds, and a share of its interval.
_SLACK = 0.01
_SHARE_OF_INTERVAL = 0.02


class HeartbeatSource(Protocol):
    """The attempt, as its heartbeats see it."""

    def details(self) -> Sequence[Payload]:
        """Answer what is to be sent, before any codec.

        Raises:
            ConverterError: It cannot be written.
        """

    def on_heartbeat_sent(self, error: RPCError | None) -> None:
        """Learn that a heartbeat was sent, and why it did not arrive if it did not."""

    def on_cancel(self, details: ActivityCancellationDetails) -> None:
        """Learn that the activity should stop."""


class Heartbeater:
    """One sender: at most one heartbeat of the attempt is on its way, and the newest leaves next.

    Args:
        environment: Of the worker.
        converter: The attempt's; its codec is applied when a heartbeat leaves, in the context in which this is made,
            as is all else that is the user's.
        token: The attempt's task token.
        throttle: Decides when one may leave.
        source: Says what leaves, and is told what came of it.
    """

    __slots__ = (
        "_context",
        "_converter",
        "_encoding",
        "_environment",
        "_is_closed",
        "_settled",
        "_slack",
        "_source",
        "_throttle",
        "_token",
        "_wake_at",
        "problem",
    )

    def __init__(
        self,
        environment: Environment,
        converter: DataConverter,
        token: bytes,
        throttle: HeartbeatThrottle,
        source: HeartbeatSource,
    ) -> None:
        self._environment = environment
        self._converter = converter
        self._token = token
        self._throttle = throttle
        self._source = source
        self._context = contextvars.copy_context()
        self._slack = min(_SLACK, throttle.interval * _SHARE_OF_INTERVAL)
        self._wake_at: float | None = None
        self._encoding: asyncio.Task[None] | None = None
        # For whoever waits until the one on its way is settled.
        self._settled: asyncio.Future[None] | None = None
        self._is_closed = False
        #: Why the last heartbeat could not even be sent, for the activity to be told by its next one.
        self.problem: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Heartbeater {self._throttle!r}>"

    def record(self) -> None:
        """Take a heartbeat in, on the event loop's thread."""
        self._throttle.record()
        # Mostly it is known when the next one leaves, and what it says is asked for then.
        if self._wake_at is None:
            self._wake()

    def on_timer(self) -> None:
        """See to what is due."""
        self._wake_at = None
        self._context.run(self._wake)

    async def flush(self) -> None:
        """Send what the server has not heard, and wait until that is settled; nothing leaves any more afterwards."""
        self.close()
        loop = self._environment.loop
        if self._throttle.is_on_its_way:
            self._settled = loop.create_future()
            await self._settled
        if self._throttle.has_unsent:
            self._settled = loop.create_future()
            self._send()
            await self._settled

    def close(self) -> None:
        """Send nothing more. A heartbeat on its way still arrives."""
        self._is_closed = True
        if self._wake_at is not None:
            self._environment.timers.cancel(self._wake_at, self)
            self._wake_at = None

    def _wake(self) -> None:
        if self._is_closed:
            return
        if self._throttle.take(self._environment.loop.time()):
            self._send()
        else:
            self._set_alarm()

    def _set_alarm(self) -> None:
        due = self._throttle.due_at
        if due is not None and not self._is_closed:
            self._wake_at = coalesce(due, self._slack)
            self._environment.timers.set(self._wake_at, self)

    # One heartbeat

    def _send(self) -> None:
        try:
            details = self._source.details()
            if details and self._converter.has_codec:
                # Kept, as the event loop does not.
                self._encoding = self._environment.loop.create_task(self._encode_and_post(details))
            else:
                self._post(details)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - converters are user code
            self._on_unsendable(error)

    async def _encode_and_post(self, details: Sequence[Payload]) -> None:
        limits = self._environment.limits
        try:
            encoded = await self._converter.encode_payloads(details)
            # What the activity said was small enough; a codec can make it larger.
            if size := limits.excess(encoded):
                raise limits.refusal("the heartbeat's details", size)
            self._post(encoded)
        except asyncio.CancelledError:
            # By somebody who cancels all tasks there are.
            self._settle(RPCError("the encoding was cancelled from outside", RPCStatusCode.CANCELLED))
            raise
        except Exception as error:  # noqa: BLE001 - codecs are user code
            self._on_unsendable(error)

    def _post(self, details: Sequence[Payload]) -> None:
        environment = self._environment
        environment.service.call_nowait(
            RECORD_ACTIVITY_TASK_HEARTBEAT,
            RecordActivityTaskHeartbeatRequest(
                namespace=environment.namespace,
                identity=environment.identity,
                task_token=self._token,
                details=Payloads(payloads=list(details)) if details else None,
            ),
            self,
            retry=HEARTBEAT,
            until=environment.loop.time() + max(self._throttle.interval, _LEAST_PATIENCE),
        )

    def on_reply(self, reply: RecordActivityTaskHeartbeatResponse) -> None:
        """Learn what the server says to a heartbeat."""
        self._context.run(self._settle, None, _wish(reply))

    def on_failure(self, error: RPCError) -> None:
        """Learn that a heartbeat did not arrive."""
        is_unknown = error.status is RPCStatusCode.NOT_FOUND
        self._context.run(self._settle, error, ActivityCancellationDetails(not_found=True) if is_unknown else None)

    def _on_unsendable(self, error: BaseException) -> None:
        self.problem = error
        # Not its repr(), which may raise: this heartbeat would never be settled, and no other leave any more.
        what = f"{type(error).__name__}: {text_of(error)}"
        self._settle(RPCError(f"the details could not be encoded: {what}", RPCStatusCode.INTERNAL))

    def _settle(self, error: RPCError | None, wish: ActivityCancellationDetails | None = None) -> None:
        if wish is not None:
            self._source.on_cancel(wish)
        self._throttle.settle(arrived=error is None)
        self._source.on_heartbeat_sent(error)
        self._encoding = None
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)
        # What is due by now leaves from there.
        self._set_alarm()


def _wish(reply: RecordActivityTaskHeartbeatResponse) -> ActivityCancellationDetails | None:
    """Read what the server wants of the activity, if anything."""
    if not (reply.cancel_requested or reply.activity_paused or reply.activity_reset):
        return None
    return ActivityCancellationDetails(
        cancel_requested=reply.cancel_requested, paused=reply.activity_paused, reset=reply.activity_reset
    )
