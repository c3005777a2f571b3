"""One attempt of an activity: read its task, run it in its context, conclude, reply.

Theory of operation
-------------------
An attempt is one asyncio task. The activity's coroutine is awaited in it directly, so that what the attempt costs
beyond the activity is a task, a context and, where its time is limited, a timer.

Being asked to stop is *edge* cancellation, as asyncio code expects it: the reason is noted once and for good, then
``task.cancel()`` is called once, so that clean-up code may await. What the activity then does decides what is reported
(see ``_outcome``): letting the ``CancelledError`` through is agreeing to stop. The request is taken back with
``uncancel()`` before anything else is awaited.

A ``CancelledError`` that the worker did not ask for is a failure of the activity: of its own task cancelled by other
code, of a child or a future. It may also be the event loop that is being torn down, and nothing tells the two apart
beforehand. So in either case the failure is sent, for 5 s at most, and the cancellation goes on after that.

Whatever happens between the activity's end and its reply, a reply goes out. There is one place for that, ``_finish``:
what breaks the report off (code of the exception's, a converter, a cancellation) leads to a second one, which needs no
code of the user's.

A ``def`` activity runs in a thread, which nothing can stop: it is told through its context, and by the one
``CancelledError`` that its next ``heartbeat()`` raises. Where it returns something to be awaited, that is awaited here,
and cancelled like any other coroutine.

While the activity runs, and until its reply has arrived, heartbeats go on. The slot is held until the very end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._safe_logger import get_logger
from ..._safe_text import traceback_of
from ..._timer_queue import coalesce
from ...activity._cancellation import Notice, cancel_message
from ...activity._context import Context, current
from ...activity._info import Info, info_of
from ...activity._logger import identify
from ...common import ActivityCancellationDetails, CancelReason
from ...exceptions import RPCError
from .._events import ActivityCancelled, ActivityFinished, ActivityStarted, OutcomeName
from ._decode import converter_for, read_arguments, read_details, read_untyped
from ._invoke import from_activity_on, invoke
from ._log import log_abandoned, log_end, log_failed, log_overdue, log_unheard, log_unreported
from ._outbound import AttemptOutbound
from ._outcome import (
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
    conclude,
)
from ._reply import Reply, bare_failure, encode_reply, is_closed, is_failure, send_reply
from ._time_limits import TimeLimits
from ._traceback import let_go

if TYPE_CHECKING:
    from ...converter import DataConverter
    from .._registry import RegisteredActivity
    from ._shared import Environment

__all__ = ["Attempt", "AttemptStatistics"]

_logger = get_logger(__name__)

# How long an activity may take to heed a request to stop before a line in the log names it; seconds.
_PATIENCE = 10.0
# How long a reply may take at least, in seconds: for an activity whose time is up by our clock, or whose task was
# cancelled by other code.
_LAST_WORD = 5.0
# The same for one that was given up in a shutdown, which is to end within the 30 s that Kubernetes waits.
_LAST_WORD_IN_SHUTDOWN = 3.0
# How late an attempt may learn that its time is up, in seconds.
_SLACK = 0.02


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
    """One attempt, from its task's arrival to the server's having heard of its end.

    Args:
        environment: Of the worker.
        task: What the poll brought.
        on_end: Called when the slot is free again.
    """

    __slots__ = (
        "_afterwards",
        "_cancel_sent",
        "_environment",
        "_info",
        "_is_in_loop",
        "_limits",
        "_message",
        "_on_end",
        "_outbound",
        "_phase",
        "_registered",
        "_task",
        "_wake_at",
        "arrived_at",
        "cancellation",
        "has_failed",
        "outcome",
    )

    def __init__(
        self, environment: Environment, task: PollActivityTaskQueueResponse, on_end: Callable[[Attempt], None]
    ) -> None:
        self._environment = environment
        self._on_end = on_end
        self._registered: RegisteredActivity | None = None
        self._outbound: AttemptOutbound | None = None
        self._wake_at: float | None = None
        self._phase = _Phase.READING
        self._cancel_sent = False
        # What is raised when the server has been told: a cancellation from outside, for one.
        self._afterwards: BaseException | None = None
        # Whether cancelling the task reaches the activity: not while it is in a thread.
        self._is_in_loop = False
        # Let go of when it has been read: an activity may sleep for a month.
        self._message: PollActivityTaskQueueResponse | None = task
        self._info = info_of(task, environment.task_queue)
        self.arrived_at = environment.loop.time()
        self._limits = TimeLimits(self._info, self.arrived_at)
        self.cancellation = Notice()
        #: Whether what was reported counts as a failure.
        self.has_failed = False
        #: How it has ended.
        self.outcome: OutcomeName = "unreported"
        self._task: asyncio.Task[None]

    def __repr__(self) -> str:
        info, reason = self._info, self.cancellation.reason
        state = self._phase.value if reason is None else f"{self._phase.value}, {reason.value}"
        return f"<Attempt {info.activity_type} {info.activity_id} attempt {info.attempt} [{state}]>"

    def info(self) -> Info:
        """Answer what the server said of this attempt."""
        return self._info

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

    def start(self) -> None:
        """Begin; an eager task gets as far as it can before this returns."""
        self._task = self._environment.loop.create_task(self._run())

    # What the worker may ask of it

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Ask the activity to stop; the first reason counts, and one that comes after its end changes nothing."""
        if self._phase in (_Phase.REPLYING, _Phase.ABANDONED) or not self.cancellation.raise_(details):
            return
        reason = details.reason
        assert reason is not None
        self._wake(self._environment.loop.time() + _PATIENCE)
        if self._phase is _Phase.RUNNING and self._is_in_loop:
            self._cancel_sent = True
            self._task.cancel(cancel_message(details))
        if self._environment.observers is not None:
            self._environment.observers.notify(ActivityCancelled(self._info, reason))

    def go_on_in_loop(self, *, is_told: bool) -> None:
        """Learn that a `def` activity is awaited from now on; *is_told*: a heartbeat has raised its cancellation."""
        self._is_in_loop = True
        if self._phase is _Phase.RUNNING and self.cancellation.is_raised and not is_told:
            self._cancel_sent = True
            self._task.cancel(cancel_message(self.cancellation.details))

    async def abandon(self) -> None:
        """Give up on an activity that does not heed its cancellation: report for it, and wait no longer."""
        is_open, self._phase = self._phase in (_Phase.READING, _Phase.RUNNING), _Phase.ABANDONED
        self._task.cancel()
        log_abandoned(self._info, is_open=is_open)
        try:
            if is_open:
                await self._report_for_it()
        except Exception:
            _logger.exception("activity %s: its end could not be reported", self._info.activity_type)
        finally:
            if self._outbound is not None:
                self._outbound.close()
            self._on_end(self)
            _leave_behind(self._task)

    async def _report_for_it(self) -> None:
        outcome = ON_CANCELLED[self.cancellation.reason or CancelReason.WORKER_SHUTDOWN]
        self._log(outcome)
        try:
            # The codec may be what it waits for.
            async with asyncio.timeout(_LAST_WORD_IN_SHUTDOWN):
                told = await self._tell(outcome, until=self._environment.loop.time() + _LAST_WORD_IN_SHUTDOWN)
        except TimeoutError:
            log_abandoned(self._info, is_open=False)
            told = Unreported()
        self._notify_finished(told, self._environment.loop.time() - self.arrived_at)

    # The attempt

    async def _run(self) -> None:
        # An eager task runs before whoever begins it has it.
        self._task = asyncio.current_task()  # type: ignore[assignment]
        try:
            try:
                if self._environment.observers is not None:
                    self._environment.observers.notify(ActivityStarted(self._info))
                call = await self._prepare()
                # Here and no deeper: each frame between the event loop and the activity is in each of its wake-ups.
                outcome: Outcome = call if isinstance(call, Failed) else Completed(await call)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the server must hear of it
                outcome = self._conclude(error)
            else:
                self._take_back_cancellation()
            try:
                await self._finish(outcome)
            finally:
                if isinstance(outcome, Failed):
                    let_go(outcome.error)
        finally:
            self._end()
        afterwards, self._afterwards = self._afterwards, None
        if afterwards is not None:
            try:
                raise afterwards
            finally:
                # Its traceback holds this frame.
                del afterwards

    async def _prepare(self) -> Failed | Awaitable[Any]:
        """Read the task, and return what is to be awaited, or how the attempt has ended without that.

        Raises:
            BaseException: Whatever codecs, converters and interceptors raise.
        """
        registered = self._environment.registry.find(self._info.activity_type)
        if registered is None:
            return Failed(self._environment.registry.unknown(self._info.activity_type))
        self._registered = registered
        self._is_in_loop = registered.is_async
        task, self._message = self._message, None
        assert task is not None
        converter = converter_for(self._environment.converter, self._info)
        context = await self._build_context(task, registered, converter)
        arguments = await read_arguments(task, registered, converter)
        assert self._outbound is not None
        self._watch_time()
        self._outbound.begin()
        current.set(context)
        if self._phase is _Phase.READING:
            self._phase = _Phase.RUNNING
        if self.cancellation.is_raised:
            # It was asked to stop while its arguments were being read.
            raise asyncio.CancelledError
        return invoke(self._environment, registered, context, self._outbound, arguments, self)

    async def _build_context(
        self, task: PollActivityTaskQueueResponse, registered: RegisteredActivity, converter: DataConverter
    ) -> Context:
        details = await read_details(task, converter)
        if details:
            self._info = info_of(task, self._info.task_queue, read_untyped(details, converter))
        self._outbound = AttemptOutbound(
            self._environment, registered, converter, self._info, details, self._limits, self
        )
        return Context(
            self._outbound,
            cancellation=self.cancellation,
            shutdown=self._environment.shutdown,
            payload_converter=converter.payload_converter,
            heartbeat_details=details,
            headers=task.header.fields if task.header is not None else None,
            client=self._environment.client,
            raise_on_heartbeat=not (registered.is_async or registered.definition.no_thread_cancel_exception),
        )

    def _conclude(self, error: BaseException) -> Outcome:
        """Decide what the activity's end by *error* is reported as."""
        if self._is_being_closed(error):
            raise error
        is_ours = self._cancel_sent or self._phase is _Phase.ABANDONED
        if issubclass(type(error), KeyboardInterrupt) or (self._is_cancellation(error) and not is_ours):
            self._afterwards = error
        self._take_back_cancellation()
        # By its descriptor, as an exception may refuse to have attributes set: a frozen dataclass does.
        _TRACEBACK.__set__(error, from_activity_on(traceback_of(error), __file__))
        outcome = conclude(error, self.cancellation.reason)
        if not isinstance(outcome, Failed):
            let_go(error)
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

    def _take_back_cancellation(self) -> None:
        """Take all requests to cancel back.

        Not only ours: before Python 3.13 an asyncio.TaskGroup that fails leaves one behind that nobody made.
        """
        while self._task.cancelling():
            self._task.uncancel()

    async def _shake_off(self) -> None:
        """Let a request to cancel pass that was taken back before it was delivered.

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
            self._sleep()
            if self._outbound is not None:
                self._outbound.close()
        finally:
            # Whoever gave it up reports for it, and forgets it after that.
            if self._phase is not _Phase.ABANDONED:
                self._on_end(self)

    # Its end

    async def _finish(self, outcome: Outcome) -> None:
        """Tell the server how the attempt has ended, then the observers."""
        if self._phase is _Phase.ABANDONED:
            return
        self._phase = _Phase.REPLYING
        took = self._environment.loop.time() - self.arrived_at
        try:
            self._log(outcome)
            await self._shake_off()
            if self._afterwards is None:
                told = await self._tell(outcome, until=self._reply_by())
            else:
                told = await self._tell_in_time(outcome)
        except BaseException as problem:  # noqa: BLE001 - see there
            told = await self._tell_all_the_same(outcome, problem)
        if told is not outcome:
            self._log(told)
        self._notify_finished(told, took)
        if isinstance(told, Failed):
            let_go(told.error)

    async def _tell(self, outcome: Outcome, until: float | None) -> Outcome:
        """Report *outcome*; return what has come of that: a result that cannot be sent is a failure."""
        outbound = self._outbound
        if isinstance(outcome, Pending):
            if outbound is not None:
                await _flush(outbound, until)
            return outcome
        if isinstance(outcome, Lost | Unreported):
            return outcome
        if isinstance(outcome, Canceled) and outbound is not None:
            # A failure carries the last details with it, a result needs none; a cancellation has no room for them. They
            # leave half of the time to the reply.
            await _flush(outbound, _halfway(self._environment.loop.time(), until))
        reply, told = await encode_reply(
            self._environment,
            converter_for(self._environment.converter, self._info),
            self._info.task_token,
            outcome,
            signature=None if self._registered is None else self._registered.signature,
            last_heartbeat=None if outbound is None else outbound.last_heartbeat,
        )
        return await self._send(reply, told, until)

    async def _send(self, reply: Reply, told: Reported, until: float | None) -> Outcome:
        self.has_failed = is_failure(reply)
        try:
            sent = await send_reply(self._environment, reply, told, until=until)
        except RPCError as error:
            log_unheard(self._info, error)
            return Lost(error.message) if is_closed(error) else Unreported()
        self.has_failed |= sent is not told
        return sent

    async def _tell_in_time(self, outcome: Outcome) -> Outcome:
        until = self._environment.loop.time() + _LAST_WORD
        try:
            async with asyncio.timeout_at(until):
                return await self._tell(outcome, until)
        except TimeoutError as error:
            log_unreported(self._info, error)
            return Unreported()

    async def _tell_all_the_same(self, outcome: Outcome, problem: BaseException) -> Outcome:
        """Report *outcome* although *problem* has broken that off: again after a cancellation, else without converters.

        Takes 5 s at most, however often somebody cancels the task.
        """
        loop = self._environment.loop
        until = loop.time() + _LAST_WORD
        while loop.time() < until:
            was_cancelled = self._note(problem)
            try:
                await self._shake_off()
                async with asyncio.timeout_at(until):
                    if was_cancelled:
                        return await self._tell(outcome, until)
                    # What keeps a report from being written does so again.
                    reply, told = bare_failure(self._environment, self._info.task_token, outcome, problem)
                    return await self._send(reply, told, until)
            except BaseException as next_problem:  # noqa: BLE001 - noted as the first one was
                problem = next_problem
                if not (was_cancelled or self._is_cancellation(problem)):
                    break
        self._note(problem)
        log_unreported(self._info, problem)
        return Unreported()

    def _note(self, problem: BaseException) -> bool:
        """Decide how to go on after *problem*: whether the report was cut off by a cancellation.

        Raises:
            BaseException: *problem*, if there is nobody left to report.
        """
        if self._phase is _Phase.ABANDONED or self._is_being_closed(problem):
            raise problem
        is_cancellation = self._is_cancellation(problem)
        if is_cancellation or issubclass(type(problem), KeyboardInterrupt | SystemExit):
            self._afterwards = problem
        self._take_back_cancellation()
        return is_cancellation

    def _log(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            log_failed(self._info, outcome.error)
        elif isinstance(outcome, Lost):
            _logger.debug("activity %s: %s", self._info.activity_type, outcome.why, extra=identify(self._info))

    def _notify_finished(self, told: Outcome, took: float) -> None:
        self.outcome = OUTCOMES[type(told)]
        log_end(self._info, self.outcome, took)
        if self._environment.observers is not None:
            error = told.error if isinstance(told, Failed) else None
            self._environment.observers.notify(ActivityFinished(self._info, self.outcome, took, error))

    def _reply_by(self) -> float | None:
        """Until when a reply may be of interest to the server, whose clock decides, and not ours."""
        if self._limits.deadline is None:
            return None
        return max(self._limits.deadline, self._environment.loop.time() + _LAST_WORD)

    # Time

    def _watch_time(self) -> None:
        """Ask the activity to stop when its time is up; look again if it has been given more by then."""
        ends_at = self._limits.ends_at
        if ends_at is None or self.cancellation.is_raised:
            return
        if ends_at <= self._environment.loop.time():
            self.cancel(ActivityCancellationDetails(timed_out=True))
        else:
            self._wake(ends_at)

    def _wake(self, when: float) -> None:
        self._sleep()
        self._wake_at = coalesce(when, _SLACK)
        self._environment.timers.set(self._wake_at, self)

    def _sleep(self) -> None:
        if self._wake_at is not None:
            self._environment.timers.cancel(self._wake_at, self)
            self._wake_at = None

    def on_timer(self) -> None:
        """Look at the time."""
        self._wake_at = None
        if not self.cancellation.is_raised:
            self._watch_time()
        elif self._phase is _Phase.RUNNING:
            log_overdue(self._info, self.cancellation.reason, _PATIENCE)


def _leave_behind(task: asyncio.Task[None]) -> None:
    """Let the event loop end without *task*: ``asyncio.run()`` would wait for ever for one that heeds no cancellation.

    By the functions that asyncio has for task implementations (docs: Extending, "Task lifetime support").
    """
    if not task.done():
        asyncio._unregister_task(task)
        # Its end with the process is no surprise: it has been logged.
        task._log_destroy_pending = False  # type: ignore[attr-defined]


# What an exception's class may hide behind a property or a `__setattr__` of its own.
_TRACEBACK: Any = BaseException.__dict__["__traceback__"]


async def _flush(outbound: AttemptOutbound, until: float | None) -> None:
    """Send what the server has not heard, for as long as the event loop's clock does not say *until*."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await outbound.flush()


def _halfway(now: float, until: float | None) -> float | None:
    return None if until is None else (now + until) / 2
