"""Make calls on bytes: each try with the client's metadata and a current API key, and again as its rules say."""

from __future__ import annotations

import logging
import math
import random
from asyncio import CancelledError, Event, current_task, get_running_loop
from collections.abc import Coroutine
from time import monotonic
from typing import Any

import anyio

from .._log_throttle import LogThrottle
from .._safe_logger import get_logger
from ..exceptions import ClientClosedError, RPCError, RPCStatusCode
from ._call_metadata import CallMetadata
from ._callbacks import BackgroundTasks, unary_nowait_of
from ._long_poll import LongPoll, poll_of
from ._methods import POLL_ACTIVITY_TASK_QUEUE, Method
from ._response_head import leading_field
from ._retry import Failures
from ._status import decode_details
from ._transport import Callbacks, Metadata, Transport

__all__ = ["Caller", "annotate"]

_logger = get_logger(__name__)

# A timer may go off so many seconds early.
_TIMER_SLACK = 0.01
# Statuses that say nothing of the server, or that it did not answer.
_NO_ANSWER = frozenset({RPCStatusCode.CANCELLED, RPCStatusCode.DEADLINE_EXCEEDED})


class Caller:
    """Makes calls over a transport, which stays its owner's to close.

    Attributes:
        metadata: Sent with each try.
        answered_at: When the server last answered a call, on the clock of :func:`time.monotonic`; of any thread.
        unanswered_at: When a call last turned out to get no answer, on the same clock.
        throttled_at: When the server last refused a call as there are too many, on the same clock.
    """

    __slots__ = (
        "_closing",
        "_log_throttles",
        "_poll",
        "_succeeded",
        "_tasks",
        "_transport",
        "_unary",
        "_unary_nowait",
        "answered_at",
        "metadata",
        "throttled_at",
        "unanswered_at",
    )

    def __init__(self, transport: Transport, metadata: CallMetadata) -> None:
        self._transport = transport
        self._tasks = BackgroundTasks()
        self._unary = transport.unary
        self._unary_nowait = unary_nowait_of(transport, self._tasks)
        self._poll = poll_of(transport)
        self.metadata: CallMetadata = metadata
        # Paths of methods of which a call has succeeded.
        self._succeeded: set[str] = set()
        self.answered_at: float = -math.inf
        self.unanswered_at: float = -math.inf
        self.throttled_at: float = -math.inf
        self._closing = Event()
        self._log_throttles: dict[str, LogThrottle] = {}

    def __repr__(self) -> str:
        return f"<Caller over {self._transport!r}>"

    async def close(self) -> None:
        """Close the transport; a call that waits for its next try makes it now, and fails."""
        self._closing.set()
        try:
            await self._transport.close()
        finally:
            await self._tasks.close()

    def record_success(self, method: Method[Any, Any]) -> None:
        """Record that a call of *method* has succeeded."""
        self._succeeded.add(method.path)
        self.answered_at = monotonic()

    def record_answer(self) -> None:
        """Record that the server has answered, with whatever it was."""
        self.answered_at = monotonic()

    def record_error(self, error: RPCError) -> None:
        """Record whether *error* was the server's answer, and whether that was that there are too many calls."""
        if error.status is RPCStatusCode.RESOURCE_EXHAUSTED and not error.is_message_too_large:
            self.throttled_at = monotonic()
        if error.retryable or error.status in _NO_ANSWER or isinstance(error, ClientClosedError):
            self.unanswered_at = monotonic()
        else:
            self.record_answer()

    def send(
        self, method: Method[Any, Any], data: bytes, timeout: float, until: float | None, metadata: Metadata = ()
    ) -> Coroutine[Any, Any, bytes]:
        """Begin one try, and return what to await.

        That is the transport's own coroutine: each layer upon it would cost every call.

        Raises:
            RPCError: ``DEADLINE_EXCEEDED``, *until* has passed.
        """
        if until is not None:
            timeout = min(timeout, until - get_running_loop().time())
            if timeout <= 0:
                raise RPCError(f"no time was left for {method.name}", RPCStatusCode.DEADLINE_EXCEEDED)
        if not self.metadata.is_current:
            return self._send_with_new_key(method, data, timeout, metadata)
        always = self.metadata.pairs
        return self._unary(method.path, data, timeout=timeout, metadata=(*always, *metadata) if metadata else always)

    async def _send_with_new_key(
        self, method: Method[Any, Any], data: bytes, timeout: float, metadata: Metadata
    ) -> bytes:
        await self._renew_api_key()
        always = self.metadata.pairs
        return await self._unary(
            method.path, data, timeout=timeout, metadata=(*always, *metadata) if metadata else always
        )

    def poll(
        self, method: Method[Any, Any], data: bytes, long_poll: LongPoll, *, timeout: float
    ) -> Coroutine[Any, Any, bytes]:
        """Begin a long poll, once, and return what to await; see :class:`.UnaryPoll`."""
        if not self.metadata.is_current:
            return self._poll_with_new_key(method, data, long_poll, timeout)
        return self._poll(method.path, data, timeout=timeout, metadata=self.metadata.pairs, long_poll=long_poll)

    async def _poll_with_new_key(
        self, method: Method[Any, Any], data: bytes, long_poll: LongPoll, timeout: float
    ) -> bytes:
        await self._renew_api_key()
        return await self._poll(method.path, data, timeout=timeout, metadata=self.metadata.pairs, long_poll=long_poll)

    def send_nowait(
        self,
        method: Method[Any, Any],
        data: bytes,
        timeout: float,
        until: float | None,
        callbacks: Callbacks[bytes],
    ) -> None:
        """Begin one try whose outcome goes to *callbacks*; it takes a task only where the API key must be renewed."""
        remaining = timeout if until is None else min(timeout, until - get_running_loop().time())
        if remaining > 0 and self.metadata.is_current:
            self._unary_nowait(method.path, data, timeout=remaining, metadata=self.metadata.pairs, callbacks=callbacks)
        else:
            self._tasks.start_call(self._send_in_task(method, data, timeout, until), callbacks)

    async def _send_in_task(self, method: Method[Any, Any], data: bytes, timeout: float, until: float | None) -> bytes:
        return await self.send(method, data, timeout, until)

    def retry_nowait(
        self,
        error: RPCError,
        method: Method[Any, Any],
        data: bytes,
        failures: Failures,
        until: float | None,
        callbacks: Callbacks[bytes],
    ) -> None:
        """Do :meth:`retry` in a task, and report the outcome to *callbacks*."""
        rest = self.retry(error, method, data, failures, failures.rules.attempt_timeout, until)
        self._tasks.start_call(rest, callbacks)

    async def retry(
        self,
        error: RPCError,
        method: Method[Any, Any],
        data: bytes,
        failures: Failures,
        timeout: float,
        until: float | None,
        metadata: Metadata = (),
    ) -> bytes:
        """Make the tries of a call that come after the first, which has failed with *error*; *failures* counts them.

        Raises:
            RPCError: The last try's; where *until* has cut that short, the error of the one before, as that says why.
        """
        reason = error
        while True:
            self.record_error(error)
            annotate(method, error)
            if error.status is not RPCStatusCode.DEADLINE_EXCEEDED:
                reason = error
            elif method.long_poll:
                return b""
            now = get_running_loop().time()
            proven = method.path in self._succeeded
            wait = failures.next_wait(error, now=now, random=random.random(), until=until, proven=proven)
            if wait is None:
                # That the call's time is over says nothing of why it was not enough.
                raise error if until is None or now + _TIMER_SLACK < until else reason
            self._log_retry(method.name, error, wait, now)
            with anyio.move_on_after(wait):
                await self._closing.wait()
            try:
                return await self.send(method, data, timeout, until, metadata)
            except RPCError as next_error:
                error = next_error

    async def _renew_api_key(self) -> None:
        try:
            await self.metadata.renew()
        except (Exception, CancelledError) as error:
            task = current_task()
            is_cancelled = isinstance(error, CancelledError) and (task is None or task.cancelling())
            # As long as nothing has worked it is a mistake, which its own error explains best.
            if is_cancelled or not self._succeeded:
                raise
            # Nothing was sent, and it may do better next time: no reply is to be lost, and no poller, for that.
            raise RPCError(f"there is no API key: {error!r}", RPCStatusCode.UNAVAILABLE) from error

    def _log_retry(self, name: str, error: RPCError, wait: float, now: float) -> None:
        should_log = self._log_throttles.setdefault(name, LogThrottle()).should_log(error.message, now)
        level = logging.WARNING if should_log else logging.DEBUG
        _logger.log(level, "%s failed, and is tried again in %.1f s: %s", name, wait, error)


def annotate(method: Method[Any, Any], error: RPCError) -> None:
    """Decode the details of *error*, and set the token of the task that came with a poll's useless response."""
    error.details = decode_details(error.details)
    if method is POLL_ACTIVITY_TASK_QUEUE and error._head:
        error._task_token = leading_field(error._head) or b""
