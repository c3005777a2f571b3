"""One attempt of an activity: decode its task, run it in its context, and report its outcome.

Theory of operation
-------------------
An attempt is one asyncio task. The activity's coroutine is awaited in it directly, so that what the attempt costs
beyond the activity is a task, a context and, where its time is limited, a timer.

Cancellation is *edge* cancellation, as asyncio code expects it: the reason is recorded once and for good, then
``task.cancel()`` is called once (and once more if the attempt is abandoned), so that clean-up code may await. How the
activity then ends decides the outcome (see ``reporting/_outcome``): one that lets the ``CancelledError`` through agrees
to stop. ``uncancel()`` is called before anything else is awaited.

A ``CancelledError`` that does not come from the worker is a failure of the activity: of its own task cancelled by other
code, of a child or a future. It may also come from the end of the event loop, and the two cannot be distinguished
beforehand. So in either case the failure is sent, for 5 s at most, and the cancellation goes on after that.

Whatever happens between the activity's end and its reply, a reply goes out: see ``reporting/_report``.

A ``def`` activity runs in a thread, which cannot be stopped: its context shows the cancellation, and its next
``heartbeat()`` raises one ``CancelledError``. An awaitable that it returns is awaited here, and cancelled like
any other.

While the activity runs, and until its reply has arrived, heartbeats go on. The slot is held until the very end,
but for an attempt that is abandoned: it is given back when that has been reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..._coalesced_timers import coalesce
from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._rpc._callbacks import detach
from ..._safe_logger import get_logger
from ..._safe_text import traceback_of
from ...activity._cancellation import cancel_message
from ...activity._context import Context, current
from ...activity._info import info_of
from ...common import ActivityCancellationDetails, CancelReason
from ...converter._stored import refuse_stored
from .._events import ActivityCancelled, make_activity_started
from ._attempt_state import AttemptState, Phase
from ._decode import convert_untyped, converter_for, decode_headers, decode_payloads
from ._invoke import from_activity_on, invoke
from ._log import log_abandoned, log_overdue, log_undecoded
from ._task import is_being_closed, is_cancellation, uncancel
from ._traceback import drop_tracebacks
from .heartbeats._outbound import AttemptOutbound
from .reporting._outcome import Completed, Failed, Outcome, outcome_of
from .reporting._report import finish, report_abandoned

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity
    from ._run_environment import RunEnvironment

__all__ = ["Attempt"]

_logger = get_logger(__name__)

# How many seconds late a timer of an attempt may be.
_SLACK = 0.02
# By its descriptor, as a class may hide it behind a property or a `__setattr__` of its own.
_TRACEBACK: Any = BaseException.__dict__["__traceback__"]


class Attempt(AttemptState):
    """One attempt, from its task's arrival to the delivery of its reply.

    Args:
        environment: Of the worker.
        message: The task, from the poll's response.
        on_end: Called at the end, to free the slot.
    """

    __slots__ = ("_has_cancelled", "_is_in_loop", "_message", "_on_end", "_timer_at")

    def __init__(
        self, environment: RunEnvironment, message: PollActivityTaskQueueResponse, on_end: Callable[[Attempt], None]
    ) -> None:
        super().__init__(environment, message)
        self._on_end = on_end
        # Dropped after decoding, so that an activity that runs for a month does not keep its input in memory.
        self._message: PollActivityTaskQueueResponse | None = message
        self._timer_at: float | None = None
        # Whether the task was cancelled by the worker.
        self._has_cancelled = False
        # Whether cancelling the task reaches the activity: not while it is in a thread.
        self._is_in_loop = False

    def start(self) -> None:
        """Start the task; with an eager task factory it gets as far as it can before this returns."""
        self.task = self.environment.loop.create_task(self._run())

    # For the worker

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Cancel the activity; the first reason counts, and one that comes after its end changes nothing.

        An activity whose result is being encoded has not ended for the server's sake: an upload may take long.
        """
        reason = details.reason
        assert reason is not None
        is_uploading = self.phase is Phase.REPLYING and self.is_converting
        if not (self.is_open or (is_uploading and reason is not CancelReason.WORKER_SHUTDOWN)):
            return
        if not self.cancellation.raise_(details):
            return
        self._set_timer(self.environment.loop.time() + self.environment.durations.overdue)
        if self.is_converting or (self.phase is Phase.RUNNING and self._is_in_loop):
            self.is_interrupted = self.is_converting
            self._has_cancelled = True
            self.task.cancel(cancel_message(details))
        if self.environment.observers is not None:
            self.environment.observers.notify(ActivityCancelled(self.info, reason))

    def ask(self) -> None:
        """Ask the server by a heartbeat whether the activity is to stop."""
        if self.phase is Phase.RUNNING and not self.cancellation.is_raised and self.outbound is not None:
            self.outbound.ask()

    def continue_in_loop(self, *, has_raised: bool) -> None:
        """Await the activity in this task from now on; see :class:`.InvokableAttempt`."""
        self._is_in_loop = True
        if self.phase is Phase.RUNNING and self.cancellation.is_raised and not has_raised:
            self._has_cancelled = True
            self.task.cancel(cancel_message(self.cancellation.details))

    def continue_in_thread(self) -> None:
        """Run the activity in its thread from now on; see :class:`.InvokableAttempt`."""
        self._is_in_loop = False

    async def abandon(self) -> None:
        """Report the failure of an activity that does not heed its cancellation, and wait for it no longer."""
        is_open, self.phase = self.is_open, Phase.ABANDONED
        self.task.cancel()
        log_abandoned(self.info, is_open=is_open)
        try:
            if is_open:
                await report_abandoned(self)
        except Exception:
            _logger.exception("activity %s: its end could not be reported", self.info.activity_type)
        finally:
            if self.outbound is not None:
                self.outbound.close()
            self._on_end(self)
            detach(self.task)

    # The attempt

    async def _run(self) -> None:
        # With an eager task factory it runs before `create_task` returns it.
        self.task = asyncio.current_task()  # type: ignore[assignment]
        try:
            try:
                observers = self.environment.observers
                if observers is not None and observers.on_activity_started is not None:
                    observers.on_activity_started(make_activity_started((self.info,)))
                call = await self._prepare()
                # Here and no deeper: each frame between the event loop and the activity is in each of its wake-ups.
                outcome: Outcome = call if isinstance(call, Failed) else Completed(await call)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it must be reported
                outcome = self._outcome_of(error)
            else:
                if self.task.cancelling():
                    uncancel(self.task)
            try:
                await finish(self, outcome)
            finally:
                if isinstance(outcome, Failed):
                    drop_tracebacks(outcome.error)
        finally:
            self._end()
        pending, self.raise_at_end = self.raise_at_end, None
        if pending is not None:
            try:
                raise pending
            finally:
                # Its traceback holds this frame.
                del pending

    async def _prepare(self) -> Failed | Awaitable[Any]:
        """Decode the task, and return what to await, or the outcome of an attempt that cannot be run.

        Raises:
            BaseException: From codecs, converters and interceptors.
        """
        registered = self.environment.registry.find(self.info.activity_type)
        if registered is None:
            return Failed(self.environment.registry.unknown(self.info.activity_type))
        self.registered = registered
        self._is_in_loop = registered.is_async
        task, self._message = self._message, None
        assert task is not None
        converter = registered.converter or self.environment.converter
        if converter.takes_context:
            converter = converter_for(converter, self.info, self.environment.observers)
        self.converter = converter
        if converter.has_codec:
            context, arguments = await self._decode_in_time(task, registered, converter)
        else:
            # Nothing is awaited.
            details = () if task.heartbeat_details is None else task.heartbeat_details.payloads
            headers = None if task.header is None else task.header.fields
            context = self._make_context(task, registered, converter, details, headers)
            payloads = () if task.input is None else task.input.payloads
            arguments = registered.convert_arguments(payloads, converter.payload_converter)
        assert self.outbound is not None
        self._check_deadline()
        self.outbound.start()
        current.set(context)
        if self.phase is Phase.READING:
            self.phase = Phase.RUNNING
        if self.cancellation.is_raised:
            # It was cancelled while its arguments were being decoded.
            raise asyncio.CancelledError
        return invoke(self.environment, registered, context, self.outbound, arguments, self)

    async def _decode_in_time(
        self, task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
    ) -> tuple[Context, Sequence[Any]]:
        """Decode the task by a codec or a storage, which may be slow.

        Raises:
            CancelledError: The attempt's time is up, or it was cancelled.
        """
        self.is_converting = True
        try:
            async with asyncio.timeout_at(self.limits.ends_at) as time:
                headers = await decode_headers(task, converter, self.environment.client.header_codec_behavior)
                details = await decode_payloads(task.heartbeat_details, converter)
                context = self._make_context(task, registered, converter, details, headers)
                payloads = await decode_payloads(task.input, converter)
                return context, registered.convert_arguments(payloads, converter.payload_converter)
        except TimeoutError as error:
            if not time.expired():
                raise
            log_undecoded(self.info, error)
        finally:
            self.is_converting = False
        self.cancel(ActivityCancellationDetails(timed_out=True))
        raise asyncio.CancelledError

    def _make_context(
        self,
        task: PollActivityTaskQueueResponse,
        registered: RegisteredActivity,
        converter: DataConverter,
        details: Sequence[Payload],
        headers: Mapping[str, Payload] | None,
    ) -> Context:
        if details:
            # One that is stored elsewhere is refused: without it the activity would start anew.
            refuse_stored(details)
            self.info = info_of(task, self.info.task_queue, convert_untyped(details, converter))
        self.outbound = AttemptOutbound(self.environment, registered, converter, self.info, details, self.limits, self)
        return Context(
            self.outbound,
            cancellation=self.cancellation,
            shutdown=self.environment.shutdown,
            payload_converter=converter.payload_converter,
            heartbeat_details=details,
            headers=headers,
            client=self.environment.client,
            state=self.environment.state,
            raise_on_heartbeat=not (registered.is_async or registered.definition.no_thread_cancel_exception),
        )

    def _outcome_of(self, error: BaseException) -> Outcome:
        """Return the outcome of an activity that has ended with *error*."""
        if is_being_closed(self.task, error):
            raise error
        is_ours = self._has_cancelled or self.phase is Phase.ABANDONED
        if issubclass(type(error), KeyboardInterrupt) or (is_cancellation(self.task, error) and not is_ours):
            self.raise_at_end = error
        uncancel(self.task)
        # By its descriptor, as an exception may refuse to have attributes set: a frozen dataclass does.
        _TRACEBACK.__set__(error, from_activity_on(traceback_of(error), __file__))
        outcome = outcome_of(error, self.cancellation.reason)
        if not isinstance(outcome, Failed):
            drop_tracebacks(error)
        return outcome

    def _end(self) -> None:
        try:
            self._cancel_timer()
            if self.outbound is not None:
                self.outbound.close()
        finally:
            # An abandoned attempt ends when it has been reported.
            if self.phase is not Phase.ABANDONED:
                self._on_end(self)

    # Time

    def _check_deadline(self) -> None:
        """Cancel the activity if its time is up, else set a timer for when it will be."""
        ends_at = self.limits.ends_at
        if ends_at is None or self.cancellation.is_raised:
            return
        if ends_at <= self.environment.loop.time():
            self.cancel(ActivityCancellationDetails(timed_out=True))
        else:
            self._set_timer(ends_at)

    def _set_timer(self, when: float) -> None:
        if self._timer_at is not None:
            self._cancel_timer()
        self._timer_at = coalesce(when, _SLACK)
        self.environment.timers.set(self._timer_at, self)

    def _cancel_timer(self) -> None:
        if self._timer_at is not None:
            self.environment.timers.cancel(self._timer_at, self)
            self._timer_at = None

    def on_timer(self) -> None:
        """See :class:`.TimerListener`."""
        self._timer_at = None
        if not self.cancellation.is_raised:
            self._check_deadline()
        elif self.phase is Phase.RUNNING:
            log_overdue(self.info, self.cancellation.reason, self.environment.durations.overdue)
