"""Where the calls of activity code end that leave the activity: its info, and its heartbeats."""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import TYPE_CHECKING, Any, Protocol

from ..._proto.temporal.api.common.v1 import Payload
from ..._safe_text import text_of
from ...activity import Info
from ...common import ActivityCancellationDetails
from ...exceptions import ConverterError, RPCError
from .._events import HeartbeatSent
from ._details import may_wait
from ._heartbeat_throttle import HeartbeatThrottle, throttle_interval
from ._heartbeater import Heartbeater
from ._log import log_heartbeat, log_lost_heartbeat, log_no_heartbeat_timeout

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity
    from ._shared import Environment
    from ._time_limits import TimeLimits

__all__ = ["AttemptOutbound"]


class Cancellable(Protocol):
    """What can be asked to stop."""

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Ask it to stop; only the first time counts."""


class AttemptOutbound:
    """One attempt's way out; the sender of its heartbeats is made when there is one to send.

    Args:
        environment: Of the worker.
        registered: The activity.
        converter: The attempt's.
        info: What the server said of it.
        details: What an earlier attempt said last, before any codec.
        limits: Told when the server has heard a heartbeat.
        attempt: Asked to stop when the server says that the activity should.
    """

    __slots__ = (
        "_attempt",
        "_converter",
        "_environment",
        "_has_unrecorded",
        "_heartbeats",
        "_info",
        "_is_closed",
        "_kinds",
        "_latest",
        "_limits",
        "_registered",
    )

    def __init__(
        self,
        environment: Environment,
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
        # What was said last: payloads, or values that are yet to be written.
        self._latest: list[Payload] | tuple[Any, ...] = list(details) if details else ()
        # Of what types the details were that were written without trouble.
        self._kinds: tuple[type, ...] = ()
        self._limits = limits
        self._attempt: Cancellable | None = attempt
        self._is_closed = False
        # Whether the activity has said something of which its heartbeats do not know yet: in a thread.
        self._has_unrecorded = False
        self._heartbeats: Heartbeater | None = None

    # For the activity

    def info(self) -> Info:
        """Answer what the server said of this attempt."""
        return self._info

    def heartbeat(self, *details: Any) -> None:
        """Take a heartbeat in, in the activity's own thread.

        Raises:
            ConverterError: The details cannot be written or are too large; or the last ones could not be sent for such
                a reason, which only shows when a codec has seen them.
        """
        if self._is_closed:
            # A thread that was left behind may outlive even the loop.
            return
        heartbeats = self._heartbeats
        if heartbeats is not None and (problem := heartbeats.problem) is not None:
            heartbeats.problem = None
            raise ConverterError(f"the last heartbeat could not be sent: {text_of(problem)}") from problem
        latest = self._prepare(details)
        # The server forgets the details it has when a heartbeat comes without: one that only says "alive" repeats them.
        # Kept here and now, so that a failure takes them along even if it comes before the event loop's next turn.
        self._latest = latest or self._latest
        self._has_unrecorded = True
        if get_ident() == self._environment.thread:
            self._record()
        else:
            self._environment.loop.call_soon_threadsafe(self._record)

    # For the attempt

    @property
    def last_heartbeat(self) -> Sequence[Payload] | None:
        """The newest details, before any codec; ``None`` if there was no heartbeat, or they cannot be written."""
        if self._heartbeats is None and not self._has_unrecorded:
            return None
        try:
            return self.details()
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - converters are user code, and the attempt's end must be told
            self._log_lost(error)
            return None

    def begin(self) -> None:
        """Heartbeat for the activity, if it or the worker says so."""
        automatic = self._registered.definition.auto_heartbeat
        if automatic is None:
            automatic = self._environment.heartbeats.automatic
        if automatic:
            self._heartbeats = self._make_heartbeats(automatic=True)
            self._heartbeats.record()

    async def flush(self) -> None:
        """Send what the server has not heard; nothing leaves any more afterwards."""
        self._record()
        if self._heartbeats is not None:
            await self._heartbeats.flush()

    def close(self) -> None:
        """Send nothing more, whoever still heartbeats."""
        self._is_closed = True
        if self._heartbeats is not None:
            self._heartbeats.close()
        # Both know us: what the activity's context holds is not to wait for the garbage collector.
        self._heartbeats = None
        self._attempt = None

    # For its heartbeats

    def details(self) -> Sequence[Payload]:
        """Answer what was said last, before any codec.

        Raises:
            ConverterError: It cannot be written, or is too large.
        """
        # What was written now is not kept: ten thousand payloads that outlive their call are the garbage collector's.
        return self._write(self._latest) if type(self._latest) is tuple else self._latest

    def on_heartbeat_sent(self, error: RPCError | None) -> None:
        """Take note that the server has heard of this attempt, or log that it has not."""
        if error is None:
            self._limits.heard(self._environment.loop.time())
            log_heartbeat(self._info)
        else:
            self._log_lost(error)
        if self._environment.observers is not None:
            self._environment.observers.notify(HeartbeatSent(self._info, error))

    def on_cancel(self, details: ActivityCancellationDetails) -> None:
        """Ask the attempt to stop."""
        if self._attempt is not None:
            self._attempt.cancel(details)

    # How

    def _log_lost(self, error: BaseException) -> None:
        log_lost_heartbeat(self._info, error, self._registered.lost_heartbeats, self._environment.loop.time())

    def _prepare(self, details: tuple[Any, ...]) -> list[Payload] | tuple[Any, ...]:
        if not details:
            return details
        kinds = tuple(map(type, details))
        if kinds == self._kinds and may_wait(details):
            return details
        payloads = self._write(details)
        self._kinds = kinds
        return payloads

    def _write(self, details: Sequence[Any]) -> list[Payload]:
        payloads = list(self._converter.payload_converter.to_payloads(details))
        # With a codec they are measured when they leave, as the server sees them.
        if not self._converter.has_codec and (size := self._environment.limits.excess(payloads)):
            raise ConverterError(self._environment.limits.refusal("the heartbeat's details", size).message)
        return payloads

    def _record(self) -> None:
        if self._is_closed or not self._has_unrecorded:
            return
        self._has_unrecorded = False
        if self._heartbeats is None:
            self._heartbeats = self._make_heartbeats(automatic=False)
            if self._info.heartbeat_timeout is None and not self._registered.has_warned_of_heartbeats:
                self._registered.has_warned_of_heartbeats = True
                log_no_heartbeat_timeout(self._info, self._environment.heartbeats.default_interval)
        self._heartbeats.record()

    def _make_heartbeats(self, *, automatic: bool) -> Heartbeater:
        settings = self._environment.heartbeats
        timeout = self._info.heartbeat_timeout
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
        )
