"""Send the heartbeats of one attempt, and handle the server's replies."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from ...._coalesced_timers import coalesce
from ...._proto.temporal.api.common.v1 import Payload, Payloads
from ...._proto.temporal.api.workflowservice.v1 import (
    RecordActivityTaskHeartbeatRequest,
    RecordActivityTaskHeartbeatResponse,
)
from ...._rpc._methods import RECORD_ACTIVITY_TASK_HEARTBEAT
from ...._rpc._retry import HEARTBEAT
from ...._safe_text import text_of
from ....common import ActivityCancellationDetails
from ....converter._size import size_above
from ....exceptions import RPCError, RPCStatusCode
from ._heartbeat_throttle import HeartbeatThrottle

if TYPE_CHECKING:
    from ....converter import DataConverter
    from .._run_environment import RunEnvironment

__all__ = ["HeartbeatSource", "Heartbeater"]

# Seconds; a call ends with its interval, so that the next heartbeat, which is newer, can be sent.
_MIN_TIMEOUT = 1.0
# Bytes of a heartbeat that is kept, so that it can be repeated while the event loop is blocked.
_MOST_KEPT = 1 << 16
# How late a heartbeat may be sent, so that those of many attempts share a packet: seconds, and a share of its interval.
_SLACK = 0.01
_SHARE_OF_INTERVAL = 0.02


class HeartbeatSource(Protocol):
    """What a :class:`Heartbeater` needs of the attempt."""

    def details(self) -> Sequence[Payload]:
        """Return the details to send, before any codec.

        Raises:
            ConverterError: They cannot be encoded.
        """

    def on_heartbeat_sent(self, error: RPCError | None) -> None:
        """Record that a heartbeat has arrived, or the error if it has not."""

    def on_cancel(self, details: ActivityCancellationDetails) -> None:
        """Cancel the activity."""

    def check_size(self, size: int) -> None:
        """Log that the details are large, of *size* bytes.

        Raises:
            ApplicationError: The namespace does not take them.
        """

    def on_silence(self, limit: float) -> None:
        """Log that automatic heartbeats have ended, as there was none of the activity's own for *limit* seconds."""


class Heartbeater:
    """Sends at most one heartbeat of the attempt at a time, and the newest next.

    Args:
        environment: Of the worker.
        converter: The attempt's; its codec is applied when a heartbeat is sent, in the context in which this is made,
            as is all other code of the user's.
        token: The attempt's task token.
        throttle: Decides when one is sent.
        source: Of the details; called with the outcomes.
        automatic_limit: Seconds for which automatic heartbeats go on without one of the activity's own.
    """

    __slots__ = (
        "_context",
        "_converter",
        "_encoding",
        "_environment",
        "_has_ended",
        "_is_closed",
        "_last_request",
        "_limit",
        "_slack",
        "_source",
        "_throttle",
        "_timer_at",
        "_token",
        "problem",
    )

    def __init__(
        self,
        environment: RunEnvironment,
        converter: DataConverter,
        token: bytes,
        throttle: HeartbeatThrottle,
        source: HeartbeatSource,
        automatic_limit: float | None = None,
    ) -> None:
        self._environment = environment
        self._converter = converter
        self._token = token
        self._throttle = throttle
        self._source = source
        self._context = contextvars.copy_context()
        self._slack = min(_SLACK, throttle.interval * _SHARE_OF_INTERVAL)
        self._timer_at: float | None = None
        # Resolved when the heartbeat in flight has ended, if :meth:`flush` waits for that.
        self._has_ended: asyncio.Future[None] | None = None
        self._is_closed = False
        # The task in which a codec is at work.
        self._encoding: asyncio.Task[None] | None = None
        self._last_request: bytes | None = None
        self._limit = automatic_limit
        #: Why the last heartbeat could not even be sent; the activity's next one raises it.
        self.problem: BaseException | None = None

    def __repr__(self) -> str:
        return f"<Heartbeater {self._throttle!r}>"

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats."""
        return self._throttle.interval

    def record(self) -> None:
        """Record a heartbeat, on the event loop's thread."""
        self._throttle.record()
        if self._limit is not None:
            self._throttle.automatic_until = self._environment.loop.time() + self._limit
        # Mostly there is a timer for the next one already, which gets the details when it is due.
        if self._timer_at is None:
            self._send_if_due()

    def on_timer(self) -> None:
        """See :class:`.TimerListener`."""
        self._timer_at = None
        self._context.run(self._send_if_due)

    @property
    def next_at(self) -> float:
        """When the next heartbeat is due, if there is one. Of any thread."""
        return self._throttle.next_at

    @property
    def last_request(self) -> bytes | None:
        """The last heartbeat as it was sent; ``None`` if none was, or it is not to be repeated. Of any thread."""
        return None if self._throttle.has_run_out else self._last_request

    def resume(self, arrived_at: float | None) -> None:
        """Go on after the attempt's heartbeats were claimed (:class:`.HeartbeatClaims`).

        Args:
            arrived_at: When the last of those arrived; ``None`` if none did.
        """
        if arrived_at is None:
            self._throttle.hasten(self._environment.loop.time())
        else:
            self._throttle.postpone(arrived_at + self._throttle.interval)
        if self._timer_at is None:
            self._set_timer()

    async def flush(self) -> None:
        """Send the last heartbeat, if it was not sent, and wait for its end; none is sent any more afterwards."""
        self.close()
        loop = self._environment.loop
        if self._throttle.is_in_flight:
            self._has_ended = loop.create_future()
            await self._has_ended
        if self._throttle.has_unsent:
            self._has_ended = loop.create_future()
            self._send()
            await self._has_ended

    def close(self) -> None:
        """Send no more heartbeats. One in flight still arrives."""
        self._is_closed = True
        if self._timer_at is not None:
            self._environment.timers.cancel(self._timer_at, self)
            self._timer_at = None

    def end(self) -> None:
        """Send no more heartbeats, and end the work of a codec on one: what it may have been storing is of no use."""
        self.close()
        encoding, self._encoding = self._encoding, None
        if encoding is not None:
            encoding.cancel()

    def _send_if_due(self) -> None:
        if self._is_closed:
            return
        next_at = self._throttle.next_at
        if not self._throttle.start_sending(self._environment.loop.time()):
            self._set_timer()
        elif self._token in self._environment.claims.tokens:
            # Until it is resumed.
            self._throttle.withdraw(next_at)
        else:
            self._send()

    def _set_timer(self) -> None:
        due = self._throttle.due_at
        if due is not None and not self._is_closed:
            self._timer_at = coalesce(due, self._slack)
            self._environment.timers.set(self._timer_at, self)
        elif self._limit is not None and self._throttle.has_run_out and not self._is_closed:
            self._source.on_silence(self._limit)

    # One heartbeat

    def _send(self) -> None:
        try:
            details = self._source.details()
            if details and self._converter.has_codec:
                self._encoding = self._environment.background.start(self._encode_and_post(details))
            else:
                self._post(details)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - converters are user code
            self._on_unsendable(error)

    async def _encode_and_post(self, details: Sequence[Payload]) -> None:
        try:
            encoded = await self._converter.encode_payloads(details)
            # They were small enough when they were recorded; a codec can make them larger.
            if size := size_above(encoded, self._environment.limits.lowest):
                self._source.check_size(size)
            self._post(encoded)
        except asyncio.CancelledError:
            if self._encoding is not None:
                # By code that cancels all tasks on the event loop.
                self._end_sending(RPCError("the encoding was cancelled from outside", RPCStatusCode.CANCELLED))
            raise
        except Exception as error:  # noqa: BLE001 - codecs are user code
            self._on_unsendable(error)

    def _post(self, details: Sequence[Payload]) -> None:
        environment = self._environment
        request = environment.service.call_nowait(
            RECORD_ACTIVITY_TASK_HEARTBEAT,
            RecordActivityTaskHeartbeatRequest(
                namespace=environment.namespace,
                identity=environment.identity,
                task_token=self._token,
                details=Payloads(payloads=list(details)) if details else None,
            ),
            self,
            retry=HEARTBEAT,
            until=environment.loop.time() + max(self._throttle.interval, _MIN_TIMEOUT),
        )
        self._last_request = request if len(request) <= _MOST_KEPT else None

    def on_reply(self, reply: RecordActivityTaskHeartbeatResponse) -> None:
        """Handle the server's reply to a heartbeat."""
        self._context.run(self._end_sending, None, ActivityCancellationDetails._from_heartbeat_reply(reply))

    def on_failure(self, error: RPCError) -> None:
        """Handle that a heartbeat did not arrive."""
        is_unknown = error.status is RPCStatusCode.NOT_FOUND
        self._context.run(self._end_sending, error, ActivityCancellationDetails(not_found=True) if is_unknown else None)

    def _on_unsendable(self, error: BaseException) -> None:
        self.problem = error
        # Not its repr(), which may raise: this heartbeat would never end, and no other be sent.
        what = f"{type(error).__name__}: {text_of(error)}"
        self._end_sending(RPCError(f"the details could not be encoded: {what}", RPCStatusCode.INTERNAL))

    def _end_sending(self, error: RPCError | None, cancellation: ActivityCancellationDetails | None = None) -> None:
        if cancellation is not None:
            self._source.on_cancel(cancellation)
        self._throttle.end_sending(arrived=error is None)
        self._source.on_heartbeat_sent(error)
        if self._has_ended is not None and not self._has_ended.done():
            self._has_ended.set_result(None)
        # One that is due by now is sent by its timer.
        self._set_timer()
