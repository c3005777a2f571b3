"""Send the heartbeats of one attempt, and pass on what the server says to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .._proto.temporal.api.common.v1 import Payload, Payloads
from .._proto.temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse,
)
from .._rpc._methods import RECORD_ACTIVITY_TASK_HEARTBEAT
from .._rpc._retry import HEARTBEAT
from ..common import ActivityCancellationDetails
from ..exceptions import RPCError, RPCStatusCode
from ._heartbeat import HeartbeatThrottle

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._environment import Environment

__all__ = ["Heartbeats"]

# A call is given up before its interval is over, so that the next heartbeat, which says more, can leave.
_LEAST_PATIENCE = 1.0


class Heartbeats:
    """One sender: at most one heartbeat of the attempt is on its way, and the newest leaves next.

    Args:
        environment: Of the worker.
        converter: The attempt's; its codec is applied when a heartbeat leaves, not when one is recorded.
        token: The attempt's task token.
        throttle: Decides when one may leave.
        on_sent: Told after each heartbeat that was sent, with the error if it did not arrive.
        on_cancel: Told when the reply says that the activity should stop.
    """

    __slots__ = (
        "_converter",
        "_environment",
        "_is_closed",
        "_on_cancel",
        "_on_sent",
        "_sending",
        "_throttle",
        "_timer",
        "_token",
        "problem",
    )

    def __init__(
        self,
        environment: Environment,
        converter: DataConverter,
        token: bytes,
        throttle: HeartbeatThrottle[Sequence[Payload]],
        *,
        on_sent: Callable[[RPCError | None], None],
        on_cancel: Callable[[ActivityCancellationDetails], None],
    ) -> None:
        self._environment = environment
        self._converter = converter
        self._token = token
        self._throttle = throttle
        self._on_sent = on_sent
        self._on_cancel = on_cancel
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._is_closed = False
        #: Why the last heartbeat could not even be sent, for the activity to be told by its next one.
        self.problem: Exception | None = None

    def __repr__(self) -> str:
        return f"<Heartbeats {self._throttle!r}>"

    @property
    def last(self) -> Sequence[Payload] | None:
        """The newest details, whether the server has heard them or not; ``None`` if there was no heartbeat."""
        return self._throttle.last

    def record(self, details: Sequence[Payload]) -> None:
        """Take a heartbeat in, on the event loop's thread."""
        self._throttle.record(details)
        # With a timer set it is known when the next one leaves: most heartbeats change what it says, and no more.
        if self._timer is None:
            self.wake()

    def wake(self) -> None:
        """Send what is due, or see to it that this happens when it is."""
        if self._is_closed:
            return
        loop = asyncio.get_running_loop()
        if self._throttle.take(loop.time()):
            self._sending = loop.create_task(self._send())
        elif self._timer is None and (due := self._throttle.due_at) is not None:
            self._timer = loop.call_at(due, self._on_timer)

    async def flush(self) -> None:
        """Send what the server has not heard, and wait until that is settled; nothing leaves any more afterwards."""
        self.close()
        if self._sending is not None and not self._sending.done():
            await asyncio.wait([self._sending])
        if self._throttle.has_unsent:
            await self._send()

    def close(self) -> None:
        """Send nothing more. A heartbeat on its way still arrives."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        self._timer = None
        self.wake()

    async def _send(self) -> None:
        error = None
        try:
            self._heed(await self._record())
        except RPCError as caught:
            error = caught
            if error.status is RPCStatusCode.NOT_FOUND:
                self._on_cancel(ActivityCancellationDetails(not_found=True))
        except Exception as caught:  # noqa: BLE001 - a codec is user code
            error = RPCError(f"the details could not be encoded: {caught!r}", RPCStatusCode.INTERNAL)
            self.problem = caught
        self._throttle.settle(arrived=error is None)
        self._on_sent(error)
        self.wake()

    async def _record(self) -> RecordActivityTaskHeartbeatResponse:
        environment = self._environment
        details = self._throttle.last
        if details and self._converter.has_codec:
            details = await self._converter.encode_payloads(details)
            # What the activity said was small enough; a codec can make it larger.
            if size := environment.limits.excess(details):
                raise environment.limits.refusal("the heartbeat's details", size)
        request = RecordActivityTaskHeartbeatRequest(
            namespace=environment.namespace,
            identity=environment.identity,
            task_token=self._token,
            details=Payloads(payloads=list(details)) if details else None,
        )
        patience = max(self._throttle.interval, _LEAST_PATIENCE)
        return await environment.service.call(
            RECORD_ACTIVITY_TASK_HEARTBEAT,
            request,
            retry=HEARTBEAT,
            until=asyncio.get_running_loop().time() + patience,
        )

    def _heed(self, reply: RecordActivityTaskHeartbeatResponse) -> None:
        if reply.cancel_requested or reply.activity_paused or reply.activity_reset:
            self._on_cancel(
                ActivityCancellationDetails(
                    cancel_requested=reply.cancel_requested,
                    paused=reply.activity_paused,
                    reset=reply.activity_reset,
                )
            )
