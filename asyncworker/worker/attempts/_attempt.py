"""One attempt of an activity: decode its task, run it in its context, and report its outcome.

Theory of operation
-------------------
An attempt is one asyncio task. The activity's coroutine is awaited in it directly, so that what the attempt costs
beyond the activity is a task, a context and, where its time is limited, a timer.

Cancellation is *edge* cancellation, as asyncio code expects it: the reason is recorded once and for good, then
``task.cancel()`` is called once, so that clean-up code may await. How the activity then ends decides the outcome (see
``_outcome``): one that lets the ``CancelledError`` through agrees to stop. ``uncancel()`` is called before anything
else is awaited.

A ``CancelledError`` that does not come from the worker is a failure of the activity: of its own task cancelled by other
code, of a child or a future. It may also come from the end of the event loop, and the two cannot be distinguished
beforehand. So in either case the failure is sent, for 5 s at most, and the cancellation goes on after that.

Whatever happens between the activity's end and its reply, a reply goes out. There is one place for that, ``_finish``:
an error while reporting (in code of the exception's, in a converter, by a cancellation) leads to a second report, which
runs no code of the user's.

A ``def`` activity runs in a thread, which cannot be stopped: its context shows the cancellation, and its next
``heartbeat()`` raises one ``CancelledError``. An awaitable that it returns is awaited here, and cancelled like
any other.

While the activity runs, and until its reply has arrived, heartbeats go on. The slot is held until the very end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

from ..._coalesced_timers import coalesce
from ..._proto.temporal.api.common.v1 import Payload
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._safe_logger import get_logger
from ..._safe_text import traceback_of
from ...activity._cancellation import Notice, cancel_message
from ...activity._context import Context, current
from ...activity._info import Info, info_of
from ...activity._logger import identify
from ...common import ActivityCancellationDetails, CancelReason, HeaderCodecBehavior
from ...converter._codec import decode_headers
from ...exceptions import RPCError
from .._events import ActivityCancelled, OutcomeName, make_activity_finished, make_activity_started
from ._decode import converter_for, decode_arguments, decode_details, decode_untyped
from ._invoke import from_activity_on, invoke
from ._log import (
    log_abandoned,
    log_end,
    log_ended_by_shutdown,
    log_failed,
    log_not_delivered,
    log_overdue,
    log_undecoded,
    log_unreported,
)
from ._outbound import AttemptOutbound
from ._outcome import (
    ENDED_BY_SHUTDOWN,
    ON_CANCELLED,
    OUTCOMES,
    Canceled,
    Completed,
    Failed,
    Lost,
    Outcome,
    Pending,
    Reported,
    Unreported,
    is_last_attempt,
    outcome_of,
)
from ._reply import Reply, bare_failure, encode_reply, is_closed, is_failure, send_reply
from ._time_limits import TimeLimits
from ._traceback import drop_tracebacks

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity
    from ._run_environment import RunEnvironment

__all__ = ["Attempt", "AttemptStatistics"]

_logger = get_logger(__name__)

# How many seconds late a timer of an attempt may be.
_SLACK = 0.02
# By how many seconds the server may begin to count an attempt's time before its task arrives.
_AHEAD = 0.5


class _Phase(Enum):
    READING = "reading"
    RUNNING = "running"
    REPLYING = "replying"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class AttemptStatistics:
    """One attempt that holds a slot.

    Attributes:
        activity_type: The activity's type.
        activity_id: Its id.
        attempt: The attempt's number; the first is 1.
        age: Seconds since its task arrived.
        heartbeat_age: Seconds since the server last acknowledged a heartbeat of it; ``None`` if it never has.
    """

    activity_type: str
    activity_id: str
    attempt: int
    age: float
    heartbeat_age: float | None


class Attempt:
    """One attempt, from its task's arrival to the delivery of its reply.

    Args:
        environment: Of the worker.
        task: From the poll's response.
        on_end: Called when the slot is free again.
    """

    __slots__ = (
        "_cancel_sent",
        "_converter",
        "_environment",
        "_info",
        "_is_converting",
        "_is_in_loop",
        "_is_interrupted",
        "_limits",
        "_message",
        "_on_end",
        "_outbound",
        "_phase",
        "_raise_at_end",
        "_registered",
        "_task",
        "_timer_at",
        "arrived_at",
        "cancellation",
        "end_by_shutdown",
        "has_failed",
        "outcome",
    )

    def __init__(
        self, environment: RunEnvironment, task: PollActivityTaskQueueResponse, on_end: Callable[[Attempt], None]
    ) -> None:
        self._environment = environment
        self._on_end = on_end
        self._registered: RegisteredActivity | None = None
        self._converter: DataConverter | None = None
        self._outbound: AttemptOutbound | None = None
        self._timer_at: float | None = None
        self._phase = _Phase.READING
        self._cancel_sent = False
        # Raised when the attempt has been reported: a cancellation from outside, for one.
        self._raise_at_end: BaseException | None = None
        # Whether cancelling the task reaches the activity: not while it is in a thread.
        self._is_in_loop = False
        # Whether a codec or a storage is at work that a cancellation ends, and whether one has.
        self._is_converting = False
        self._is_interrupted = False
        # Dropped after decoding, so that an activity that runs for a month does not keep its input in memory.
        self._message: PollActivityTaskQueueResponse | None = task
        self._info = info_of(task, environment.task_queue)
        self.arrived_at = environment.loop.time()
        self._limits = TimeLimits(self._info, self.arrived_at, environment.durations.margin)
        self.cancellation = Notice()
        #: Whether the reply counts as a failure.
        self.has_failed = False
        #: If the shutdown has ended it, whether it may be tried again.
        self.end_by_shutdown: Literal["again", "last"] | None = None
        #: How it has ended.
        self.outcome: OutcomeName = "unreported"
        self._task: asyncio.Task[None]

    def __repr__(self) -> str:
        info, reason = self._info, self.cancellation.reason
        state = self._phase.value if reason is None else f"{self._phase.value}, {reason.value}"
        return f"<Attempt {info.activity_type} {info.activity_id} attempt {info.attempt} [{state}]>"

    def info(self) -> Info:
        """Return what the server has sent about this attempt."""
        return self._info

    @property
    def is_open(self) -> bool:
        """Whether the activity has not ended."""
        return self._phase in (_Phase.READING, _Phase.RUNNING)

    def statistics(self, now: float) -> AttemptStatistics:
        """Describe the attempt as it is at *now*, on the event loop's clock. Of any thread."""
        info, heard_at = self._info, self._limits.heard_at
        return AttemptStatistics(
            activity_type=info.activity_type,
            activity_id=info.activity_id,
            attempt=info.attempt,
            age=max(0.0, now - self.arrived_at),
            heartbeat_age=None if heard_at is None else max(0.0, now - heard_at),
        )

    def runs_in(self, task: asyncio.Task[Any] | None) -> bool:
        """Whether *task* is the attempt's own. Of any thread."""
        return task is not None and getattr(self, "_task", None) is task

    @property
    def outbound(self) -> AttemptOutbound | None:
        """Its calls to the worker, once its task is read. Of any thread."""
        return self._outbound

    def start(self) -> None:
        """Start the task; an eager one gets as far as it can before this returns."""
        self._task = self._environment.loop.create_task(self._run())

    # For the worker

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Cancel the activity; the first reason counts, and one that comes after its end changes nothing.

        An activity whose result is being encoded has not ended for the server's sake: an upload may take long.
        """
        reason = details.reason
        assert reason is not None
        is_uploading = self._phase is _Phase.REPLYING and self._is_converting
        if not (self.is_open or (is_uploading and reason is not CancelReason.WORKER_SHUTDOWN)):
            return
        if not self.cancellation.raise_(details):
            return
        self._set_timer(self._environment.loop.time() + self._environment.durations.overdue)
        if self._is_converting or (self._phase is _Phase.RUNNING and self._is_in_loop):
            self._is_interrupted = self._is_converting
            self._cancel_sent = True
            self._task.cancel(cancel_message(details))
        if self._environment.observers is not None:
            self._environment.observers.notify(ActivityCancelled(self._info, reason))

    def is_silent(self, now: float) -> bool:
        """Whether its activity runs, and no heartbeat is to be expected that would bring its cancellation.

        Args:
            now: On the event loop's clock.
        """
        if self._phase is not _Phase.RUNNING or self.cancellation.is_raised or self._outbound is None:
            return False
        return self._outbound.is_silent(now)

    def is_out_of_time(self, now: float) -> bool:
        """Whether the server, whose clock began a little earlier, may have ended the attempt as its time is used up."""
        deadline = self._limits.deadline
        return deadline is not None and now >= deadline - _AHEAD

    def ask(self) -> None:
        """Ask the server by a heartbeat whether the activity is to stop."""
        if self._phase is _Phase.RUNNING and not self.cancellation.is_raised and self._outbound is not None:
            self._outbound.ask()

    def continue_in_loop(self, *, has_raised: bool) -> None:
        """Await the activity in this task from now on; see :class:`.InvokableAttempt`."""
        self._is_in_loop = True
        if self._phase is _Phase.RUNNING and self.cancellation.is_raised and not has_raised:
            self._cancel_sent = True
            self._task.cancel(cancel_message(self.cancellation.details))

    def continue_in_thread(self) -> None:
        """Run the activity in its thread from now on; see :class:`.InvokableAttempt`."""
        self._is_in_loop = False

    async def abandon(self) -> None:
        """Report the failure of an activity that does not heed its cancellation, and wait for it no longer."""
        is_open, self._phase = self.is_open, _Phase.ABANDONED
        self._task.cancel()
        log_abandoned(self._info, is_open=is_open)
        try:
            if is_open:
                await self._report_abandoned()
        except Exception:
            _logger.exception("activity %s: its end could not be reported", self._info.activity_type)
        finally:
            if self._outbound is not None:
                self._outbound.close()
            self._on_end(self)
            _detach(self._task)

    async def _report_abandoned(self) -> None:
        outcome = ON_CANCELLED[self.cancellation.reason or CancelReason.WORKER_SHUTDOWN]
        self._log(outcome, self._environment.loop.time() - self.arrived_at)
        limit = self._environment.durations.abandoned_reply
        try:
            # The codec may be what it waits for.
            async with asyncio.timeout(limit):
                reported = await self._report(outcome, until=self._environment.loop.time() + limit)
        except TimeoutError:
            log_abandoned(self._info, is_open=False)
            reported = Unreported()
        self._notify_finished(reported, self._environment.loop.time() - self.arrived_at)

    # The attempt

    async def _run(self) -> None:
        # An eager task runs before `create_task` returns it.
        self._task = asyncio.current_task()  # type: ignore[assignment]
        try:
            try:
                observers = self._environment.observers
                if observers is not None and observers.on_activity_started is not None:
                    observers.on_activity_started(make_activity_started((self._info,)))
                call = await self._prepare()
                # Here and no deeper: each frame between the event loop and the activity is in each of its wake-ups.
                outcome: Outcome = call if isinstance(call, Failed) else Completed(await call)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it must be reported
                outcome = self._outcome_of(error)
            else:
                self._uncancel()
            try:
                await self._finish(outcome)
            finally:
                if isinstance(outcome, Failed):
                    drop_tracebacks(outcome.error)
        finally:
            self._end()
        pending, self._raise_at_end = self._raise_at_end, None
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
        registered = self._environment.registry.find(self._info.activity_type)
        if registered is None:
            return Failed(self._environment.registry.unknown(self._info.activity_type))
        self._registered = registered
        self._is_in_loop = registered.is_async
        task, self._message = self._message, None
        assert task is not None
        self._converter = converter = converter_for(
            registered.converter or self._environment.converter, self._info, self._environment.observers
        )
        if converter.has_codec:
            context, arguments = await self._decode_in_time(task, registered, converter)
        else:
            context = await self._build_context(task, registered, converter)
            arguments = await decode_arguments(task, registered, converter)
        assert self._outbound is not None
        self._check_deadline()
        self._outbound.start()
        current.set(context)
        if self._phase is _Phase.READING:
            self._phase = _Phase.RUNNING
        if self.cancellation.is_raised:
            # It was cancelled while its arguments were being decoded.
            raise asyncio.CancelledError
        return invoke(self._environment, registered, context, self._outbound, arguments, self)

    async def _decode_in_time(
        self, task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
    ) -> tuple[Context, Sequence[Any]]:
        """Decode the task by a codec or a storage, which may be slow.

        Raises:
            CancelledError: The attempt's time is up, or it was cancelled.
        """
        self._is_converting = True
        try:
            async with asyncio.timeout_at(self._limits.ends_at) as time:
                context = await self._build_context(task, registered, converter)
                return context, await decode_arguments(task, registered, converter)
        except TimeoutError:
            if not time.expired():
                raise
        finally:
            self._is_converting = False
        log_undecoded(self._info)
        self.cancel(ActivityCancellationDetails(timed_out=True))
        raise asyncio.CancelledError

    async def _build_context(
        self, task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
    ) -> Context:
        client = self._environment.client
        headers: Mapping[str, Payload] | None = task.header.fields if task.header is not None else None
        if headers and client.header_codec_behavior is HeaderCodecBehavior.CODEC and converter.codec is not None:
            headers = await decode_headers(converter.codec, headers)
        details = await decode_details(task, converter)
        if details:
            self._info = info_of(task, self._info.task_queue, decode_untyped(details, converter))
        self._outbound = AttemptOutbound(
            self._environment, registered, converter, self._info, details, self._limits, self
        )
        return Context(
            self._outbound,
            cancellation=self.cancellation,
            shutdown=self._environment.shutdown,
            payload_converter=converter.payload_converter,
            heartbeat_details=details,
            headers=headers,
            client=client,
            state=self._environment.state,
            raise_on_heartbeat=not (registered.is_async or registered.definition.no_thread_cancel_exception),
        )

    def _outcome_of(self, error: BaseException) -> Outcome:
        """Return the outcome of an activity that has ended with *error*."""
        if self._is_being_closed(error):
            raise error
        is_ours = self._cancel_sent or self._phase is _Phase.ABANDONED
        if issubclass(type(error), KeyboardInterrupt) or (self._is_cancellation(error) and not is_ours):
            self._raise_at_end = error
        self._uncancel()
        # By its descriptor, as an exception may refuse to have attributes set: a frozen dataclass does.
        _TRACEBACK.__set__(error, from_activity_on(traceback_of(error), __file__))
        outcome = outcome_of(error, self.cancellation.reason)
        if not isinstance(outcome, Failed):
            drop_tracebacks(error)
        return outcome

    def _is_cancellation(self, error: BaseException) -> bool:
        """Whether *error* is a cancellation of this task, and not one that came out of another task or a future."""
        return issubclass(type(error), asyncio.CancelledError) and self._task.cancelling() > 0

    def _is_being_closed(self, error: BaseException) -> bool:
        """Whether *error* says that this task's coroutine is closed, so that nothing can be awaited any more."""
        if not issubclass(type(error), GeneratorExit):
            return False
        try:
            return asyncio.current_task() is not self._task
        except RuntimeError:
            return True

    def _uncancel(self) -> None:
        """Take back all requests to cancel this task.

        Not only the worker's: before Python 3.13 an asyncio.TaskGroup that fails leaves one behind.
        """
        while self._task.cancelling():
            self._task.uncancel()

    async def _absorb_cancellation(self) -> None:
        """Absorb a cancellation that was taken back before it was delivered.

        Before Python 3.13 the next ``await`` raises it all the same, and that would be the reply's.
        """
        if getattr(self._task, "_must_cancel", False):
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if self._task.cancelling():
                    raise

    def _end(self) -> None:
        try:
            self._cancel_timer()
            if self._outbound is not None:
                self._outbound.close()
        finally:
            # An abandoned attempt ends when it has been reported.
            if self._phase is not _Phase.ABANDONED:
                self._on_end(self)

    # Its end

    async def _finish(self, outcome: Outcome) -> None:
        """Report the outcome to the server, then to the observers."""
        if self._phase is _Phase.ABANDONED:
            return
        self._phase = _Phase.REPLYING
        took = self._environment.loop.time() - self.arrived_at
        try:
            self._log(outcome, took)
            await self._absorb_cancellation()
            if self._raise_at_end is None:
                reported = await self._report(outcome, until=self._reply_by())
            else:
                reported = await self._report_in_time(outcome)
        except BaseException as problem:  # noqa: BLE001 - whatever it is, a reply must go out
            reported = await self._report_despite(outcome, problem)
        if reported is not outcome:
            self._log(reported, took)
        self._notify_finished(reported, took)
        if isinstance(reported, Failed):
            drop_tracebacks(reported.error)

    async def _report(self, outcome: Outcome, until: float | None) -> Outcome:
        """Report *outcome*; return the outcome of that: a result that cannot be sent is a failure."""
        outbound = self._outbound
        if isinstance(outcome, Pending):
            if outbound is not None:
                await _flush(outbound, until)
            return outcome
        if isinstance(outcome, Lost | Unreported):
            return outcome
        if isinstance(outcome, Canceled) and outbound is not None:
            # A failure has the last details in it, a result needs none; a cancellation has no field for them. They get
            # half of the time, the reply the rest.
            await _flush(outbound, _halfway(self._environment.loop.time(), until))
        converter = self._converter or converter_for(
            self._environment.converter, self._info, self._environment.observers
        )
        encoding = encode_reply(
            self._environment,
            converter,
            self._info.task_token,
            outcome,
            signature=None if self._registered is None else self._registered.signature,
            last_heartbeat=None if outbound is None else outbound.last_heartbeat,
            info=self._info,
        )
        if converter.has_codec:
            encoded = await self._encode_in_time(encoding, until, is_result=isinstance(outcome, Completed))
            if not isinstance(encoded, tuple):
                return await self._report(encoded, until)
            reply, reported = encoded
        else:
            reply, reported = await encoding
        return await self._send(reply, reported, until)

    async def _encode_in_time(
        self, encoding: Awaitable[tuple[Reply, Reported]], until: float | None, *, is_result: bool
    ) -> tuple[Reply, Reported] | Outcome:
        """Await the encoding of a reply, by a codec or a storage, which may be slow.

        Until the event loop's clock shows *until*, and until the server wants the attempt of a result to end. Returns
        the outcome then.
        """
        self._is_converting, self._is_interrupted = is_result, False
        try:
            async with asyncio.timeout_at(until):
                encoded = await encoding
        except TimeoutError as error:
            log_unreported(self._info, error)
            return Unreported()
        except asyncio.CancelledError as error:
            if not self._is_interrupted:
                raise
            self._uncancel()
            return outcome_of(error, self.cancellation.reason)
        finally:
            self._is_converting = False
        if self._is_interrupted:
            # Too late: there is the result.
            self._uncancel()
            await self._absorb_cancellation()
        return encoded

    async def _send(self, reply: Reply, reported: Reported, until: float | None) -> Outcome:
        self.has_failed = is_failure(reply)
        try:
            sent = await send_reply(self._environment, reply, reported, until=until, converter=self._converter)
        except RPCError as error:
            log_not_delivered(self._info, error)
            return Lost(error.message) if is_closed(error) else Unreported()
        self.has_failed |= sent is not reported
        return sent

    async def _report_in_time(self, outcome: Outcome) -> Outcome:
        until = self._environment.loop.time() + self._environment.durations.least_reply
        try:
            async with asyncio.timeout_at(until):
                return await self._report(outcome, until)
        except TimeoutError as error:
            log_unreported(self._info, error)
            return Unreported()

    async def _report_despite(self, outcome: Outcome, problem: BaseException) -> Outcome:
        """Report *outcome* although *problem* has interrupted that: after a cancellation again, else without user code.

        Takes 5 s at most, however often the task is cancelled.
        """
        loop = self._environment.loop
        until = loop.time() + self._environment.durations.least_reply
        while loop.time() < until:
            was_cancelled = self._record_problem(problem)
            try:
                await self._absorb_cancellation()
                async with asyncio.timeout_at(until):
                    if was_cancelled:
                        return await self._report(outcome, until)
                    # What kept the report from being encoded would do so again.
                    reply, reported = bare_failure(self._environment, self._info.task_token, outcome, problem)
                    return await self._send(reply, reported, until)
            except BaseException as next_problem:  # noqa: BLE001 - handled as the first one was
                problem = next_problem
                if not (was_cancelled or self._is_cancellation(problem)):
                    break
        self._record_problem(problem)
        log_unreported(self._info, problem)
        return Unreported()

    def _record_problem(self, problem: BaseException) -> bool:
        """Record what has interrupted a report; return whether it was a cancellation.

        Raises:
            BaseException: *problem*, if this task has nothing left to report.
        """
        if self._phase is _Phase.ABANDONED or self._is_being_closed(problem):
            raise problem
        is_cancellation = self._is_cancellation(problem)
        if is_cancellation or issubclass(type(problem), KeyboardInterrupt | SystemExit):
            self._raise_at_end = problem
        self._uncancel()
        return is_cancellation

    def _log(self, outcome: Outcome, took: float) -> None:
        if outcome is ENDED_BY_SHUTDOWN:
            is_last = is_last_attempt(self._info, ENDED_BY_SHUTDOWN.error, took)
            self.end_by_shutdown = "last" if is_last else "again"
            log_ended_by_shutdown(self._info)
        elif isinstance(outcome, Failed):
            log_failed(self._info, outcome.error, took)
        elif isinstance(outcome, Lost):
            _logger.debug("activity %s: %s", self._info.activity_type, outcome.why, extra=identify(self._info))

    def _notify_finished(self, reported: Outcome, took: float) -> None:
        self.outcome = OUTCOMES[type(reported)]
        log_end(self._info, self.outcome, took)
        observers = self._environment.observers
        if observers is not None and observers.on_activity_finished is not None:
            error = reported.error if isinstance(reported, Failed) else None
            observers.on_activity_finished(make_activity_finished((self._info, self.outcome, took, error)))

    def _reply_by(self) -> float | None:
        """Return until when to send a reply: past our deadline as well, as the server's clock decides."""
        if self._limits.deadline is None:
            return None
        return max(self._limits.deadline, self._environment.loop.time() + self._environment.durations.least_reply)

    # Time

    def _check_deadline(self) -> None:
        """Cancel the activity if its time is up, else set a timer for when it will be."""
        ends_at = self._limits.ends_at
        if ends_at is None or self.cancellation.is_raised:
            return
        if ends_at <= self._environment.loop.time():
            self.cancel(ActivityCancellationDetails(timed_out=True))
        else:
            self._set_timer(ends_at)

    def _set_timer(self, when: float) -> None:
        self._cancel_timer()
        self._timer_at = coalesce(when, _SLACK)
        self._environment.timers.set(self._timer_at, self)

    def _cancel_timer(self) -> None:
        if self._timer_at is not None:
            self._environment.timers.cancel(self._timer_at, self)
            self._timer_at = None

    def on_timer(self) -> None:
        """See :class:`.TimerListener`."""
        self._timer_at = None
        if not self.cancellation.is_raised:
            self._check_deadline()
        elif self._phase is _Phase.RUNNING:
            log_overdue(self._info, self.cancellation.reason, self._environment.durations.overdue)


def _detach(task: asyncio.Task[None]) -> None:
    """Take *task* off the event loop: ``asyncio.run()`` would wait for ever for one that heeds no cancellation.

    By the functions that asyncio has for task implementations (docs: Extending, "Task lifetime support").
    """
    if not task.done():
        asyncio._unregister_task(task)
        # That it is pending at the end of the process has been logged.
        task._log_destroy_pending = False  # type: ignore[attr-defined]


# By its descriptor, as a class may hide it behind a property or a `__setattr__` of its own.
_TRACEBACK: Any = BaseException.__dict__["__traceback__"]


async def _flush(outbound: AttemptOutbound, until: float | None) -> None:
    """Send the last heartbeat, if it was not sent, until the event loop's clock shows *until*."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await outbound.flush()


def _halfway(now: float, until: float | None) -> float | None:
    return None if until is None else (now + until) / 2
