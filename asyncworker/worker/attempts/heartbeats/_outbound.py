"""The outbound side of one attempt: ``info()`` and ``heartbeat()``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...._proto.temporal.api.common.v1 import Payload, Payloads
from ...._proto.temporal.api.workflowservice.v1 import RecordActivityTaskHeartbeatRequest
from ...._safe_text import text_of
from ...._wire import encode
from ....activity import Info
from ....common import ActivityCancellationDetails
from ....converter._size import size_above
from ....exceptions import ApplicationError, ConverterError, RPCError
from ..._events import make_heartbeat_sent
from .._log import log_heartbeat, log_lost_heartbeat, log_no_heartbeat_timeout, log_silent
from ._details import can_defer
from ._heartbeat_throttle import HeartbeatThrottle, throttle_interval
from ._heartbeater import Heartbeater

if TYPE_CHECKING:
    from ....converter import DataConverter
    from ..._registry import RegisteredActivity
    from .._run_environment import RunEnvironment
    from .._time_limits import TimeLimits

__all__ = ["AttemptOutbound", "LiveHeartbeat"]


# Intervals between two heartbeats without one, after which an activity that had some counts as silent.
_SILENT_INTERVALS = 1.5


class Cancellable(Protocol):
    """What a heartbeat's reply may cancel."""

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Cancel it; only the first time counts."""


class LiveHeartbeat(NamedTuple):
    """A heartbeat that can be sent while the event loop is blocked.

    Attributes:
        token: Of the attempt.
        timeout: The attempt's heartbeat timeout, in seconds.
        due_at: When it is due, on the event loop's clock.
        request: As it is sent.
    """

    token: bytes
    timeout: float
    due_at: float
    request: bytes


class AttemptOutbound:
    """The calls of one attempt's activity to the worker; its :class:`.Heartbeater` is made for the first heartbeat.

    Args:
        environment: Of the worker.
        registered: The activity.
        converter: The attempt's.
        info: Of the attempt.
        details: Of an earlier attempt's last heartbeat, before any codec.
        limits: Prolonged by each heartbeat that arrives.
        attempt: Cancelled when a heartbeat's reply asks for that.
    """

    __slots__ = (
        "_attempt",
        "_converter",
        "_environment",
        "_has_unrecorded",
        "_heartbeats",
        "_info",
        "_is_closed",
        "_latest",
        "_limits",
        "_registered",
        "_types",
        "_was_asked",
    )

    def __init__(
        self,
        environment: RunEnvironment,
        registered: RegisteredActivity,
        converter: DataConverter,
        info: Info,
        details: Sequence[Payload],
        limits: TimeLimits,
        attempt: Cancellable,
    ) -> None:
        self._environment = environment
        self._registered = registered
        self._converter = converter
        self._info = info
        # The last details: payloads, or values that are yet to be encoded.
        self._latest: list[Payload] | tuple[Any, ...] = list(details) if details else ()
        # The types of the last details that could be encoded.
        self._types: tuple[type, ...] = ()
        self._limits = limits
        self._attempt: Cancellable | None = attempt
        self._is_closed = False
        # Whether there is a heartbeat, of a thread, that the heartbeater does not have yet.
        self._has_unrecorded = False
        self._heartbeats: Heartbeater | None = None
        # Whether the worker has made these heartbeats in order to ask, and the activity has had none yet.
        self._was_asked = False

    # For the activity

    def info(self) -> Info:
        """Return what the server has sent about this attempt."""
        return self._info

    def heartbeat(self, *details: Any) -> None:
        """Record a heartbeat, in the activity's own thread.

        Raises:
            ConverterError: The details cannot be encoded or are too large; or the last ones could not be sent for such
                a reason, which shows only after the codec.
        """
        if self._is_closed:
            # The thread of an abandoned activity may outlive even the loop.
            return
        heartbeats = self._heartbeats
        if heartbeats is not None and (problem := heartbeats.problem) is not None:
            heartbeats.problem = None
            raise ConverterError(f"the last heartbeat could not be sent: {text_of(problem)}") from problem
        latest = self._prepare(details)
        # The server drops the details it has when a heartbeat comes without any: such a one repeats the last.
        # Kept here and now, so that a failure has them even if it comes before the event loop's next turn.
        self._latest = latest or self._latest
        self._has_unrecorded = True
        if get_ident() == self._environment.thread:
            self._record()
        else:
            self._environment.loop.call_soon_threadsafe(self._record)

    # For the attempt

    @property
    def last_heartbeat(self) -> Sequence[Payload] | None:
        """The newest details, before any codec; ``None`` if there was no heartbeat, or they cannot be encoded."""
        if self._heartbeats is None and not self._has_unrecorded:
            return None
        try:
            return self.details()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - converters are user code, and the attempt must be reported
            self._log_lost(error)
            return None

    def start(self) -> None:
        """Start automatic heartbeats, if the activity's declaration or the worker has them."""
        automatic = self._registered.definition.auto_heartbeat
        if automatic is None:
            automatic = self._environment.heartbeats.automatic
        if automatic:
            self._heartbeats = self._make_heartbeats(automatic=True)
            self._heartbeats.record()

    def is_silent(self, now: float) -> bool:
        """Whether no heartbeat is to be expected, whose reply would bring the server's request, at *now*."""
        heartbeats = self._heartbeats
        if heartbeats is None or self._was_asked:
            return not self._has_unrecorded
        heard_at = self._limits.heard_at
        return heard_at is not None and now - heard_at > _SILENT_INTERVALS * heartbeats.interval

    def ask(self) -> None:
        """Send a heartbeat that is not the activity's, with its last details, for the sake of the reply."""
        if self._is_closed:
            return
        if self._heartbeats is None:
            self._heartbeats = self._make_heartbeats(automatic=False)
            self._was_asked = True
        self._heartbeats.record()

    async def flush(self) -> None:
        """Send the last heartbeat, if it was not sent; none is sent any more afterwards."""
        self._record()
        if self._heartbeats is not None:
            await self._heartbeats.flush()

    def close(self) -> None:
        """Send no more heartbeats; :meth:`heartbeat` does nothing from now on."""
        self._is_closed = True
        if self._heartbeats is not None:
            self._heartbeats.end()
            if self._info.heartbeat_timeout is not None:
                self._environment.claims.end(self._info.heartbeat_timeout)
        # Both refer to this object: what the activity's context holds must not wait for the garbage collector.
        self._heartbeats = None
        self._attempt = None

    # For the watchdog

    def live_heartbeat(self) -> LiveHeartbeat | None:
        """Return the heartbeat that keeps the attempt alive while the event loop is blocked; of any thread.

        It repeats the last one that was sent, and so is never older than what the server has. Before the first one it
        has the details of the attempt before. No code of the user's runs for it: ``None`` if that would be needed, if
        the details are too large to be kept, or if the attempt has no heartbeat timeout.
        """
        timeout, heartbeats = self._info.heartbeat_timeout, self._heartbeats
        if timeout is None or self._is_closed:
            return None
        seconds = timeout.total_seconds()
        if heartbeats is None:
            interval = throttle_interval(seconds, default=0.0, maximum=math.inf)
            request, due_at = self._first_request(), self._limits.arrived_at + interval
        else:
            request, due_at = heartbeats.last_request, heartbeats.next_at
        return None if request is None else LiveHeartbeat(self._info.task_token, seconds, due_at, request)

    def record_live_heartbeat(self, now: float) -> None:
        """Record that such a heartbeat has arrived; of any thread."""
        self._limits.record_heartbeat(now)

    def end_live_heartbeats(self, arrived_at: float | None, cancellation: ActivityCancellationDetails | None) -> None:
        """Go on with the attempt's own heartbeats, when the event loop is free.

        Args:
            arrived_at: When the last one of the watchdog arrived; ``None`` if none did.
            cancellation: What the server has asked for in a reply.
        """
        self._environment.claims.tokens.discard(self._info.task_token)
        if self._is_closed:
            return
        if cancellation is not None:
            self.on_cancel(cancellation)
        if arrived_at is not None:
            self._notify_sent(None)
        if self._heartbeats is not None:
            self._heartbeats.resume(arrived_at)

    def _first_request(self) -> bytes | None:
        latest = self._latest
        if latest and (type(latest) is tuple or self._converter.has_codec):
            return None
        environment = self._environment
        request = RecordActivityTaskHeartbeatRequest(
            namespace=environment.namespace,
            identity=environment.identity,
            task_token=self._info.task_token,
            details=Payloads(payloads=list(latest)) if latest else None,
        )
        return encode(request)

    # For its heartbeats

    def details(self) -> Sequence[Payload]:
        """Return the newest details, before any codec.

        Raises:
            ConverterError: They cannot be encoded, or are too large.
        """
        # The payloads are not kept: ten thousand of them that outlive their call would be the garbage collector's.
        return self._encode(self._latest) if type(self._latest) is tuple else self._latest

    def on_heartbeat_sent(self, error: RPCError | None) -> None:
        """See :class:`.HeartbeatSource`."""
        if error is None:
            self._limits.record_heartbeat(self._environment.loop.time())
            log_heartbeat(self._info)
        else:
            self._log_lost(error)
        self._notify_sent(error)

    def _notify_sent(self, error: RPCError | None) -> None:
        observers = self._environment.observers
        if observers is not None and observers.on_heartbeat_sent is not None:
            observers.on_heartbeat_sent(make_heartbeat_sent((self._info, error)))

    def on_cancel(self, details: ActivityCancellationDetails) -> None:
        """See :class:`.HeartbeatSource`."""
        if self._attempt is not None:
            self._attempt.cancel(details)

    def check_size(self, size: int) -> None:
        """See :class:`.HeartbeatSource`."""
        self._environment.check_size(self._info, "the heartbeat's details", size)

    def on_silence(self, limit: float) -> None:
        """See :class:`.HeartbeatSource`."""
        log_silent(self._info, limit)

    # How

    def _log_lost(self, error: BaseException) -> None:
        log_lost_heartbeat(self._info, error, self._registered.lost_heartbeats, self._environment.loop.time())

    def _prepare(self, details: tuple[Any, ...]) -> list[Payload] | tuple[Any, ...]:
        if not details:
            return details
        types = tuple(map(type, details))
        if types == self._types and can_defer(details):
            return details
        payloads = self._encode(details)
        self._types = types
        return payloads

    def _encode(self, details: Sequence[Any]) -> list[Payload]:
        payloads = list(self._converter.payload_converter.to_payloads(details))
        # With a codec they are measured when they are sent, as the server gets them.
        if not self._converter.has_codec and (size := size_above(payloads, self._environment.limits.lowest)):
            try:
                self.check_size(size)
            except ApplicationError as refusal:
                raise ConverterError(refusal.message) from None
        return payloads

    def _record(self) -> None:
        if self._is_closed or not self._has_unrecorded:
            return
        self._has_unrecorded = False
        if self._heartbeats is None or self._was_asked:
            if self._heartbeats is not None:
                # They were made in the worker's context, and the activity's are to be sent in its own.
                self._heartbeats.close()
                self._was_asked = False
            self._heartbeats = self._make_heartbeats(automatic=False)
            if self._info.heartbeat_timeout is None and not self._registered.has_warned_of_heartbeats:
                self._registered.has_warned_of_heartbeats = True
                log_no_heartbeat_timeout(self._info, self._environment.heartbeats.default_interval)
        self._heartbeats.record()

    def _make_heartbeats(self, *, automatic: bool) -> Heartbeater:
        settings, claims = self._environment.heartbeats, self._environment.claims
        timeout = self._info.heartbeat_timeout
        if timeout is not None and self._heartbeats is None:
            claims.begin(timeout)
        interval = throttle_interval(
            timeout.total_seconds() if timeout is not None else None,
            default=settings.default_interval,
            maximum=settings.maximum_interval,
        )
        return Heartbeater(
            self._environment,
            self._converter,
            self._info.task_token,
            HeartbeatThrottle(interval, automatic=automatic),
            self,
            automatic_limit=self._registered.auto_heartbeat_limit if automatic else None,
        )
