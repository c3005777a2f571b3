"""One attempt of an activity: read its task, run it in its context, conclude, reply.

Theory of operation
-------------------
An attempt is one asyncio task. The activity's coroutine is awaited in it directly, so that what the attempt costs
beyond the activity is a task, a context and, where its time is limited, a timer.

Being asked to stop is *edge* cancellation, as asyncio code expects it: the reason is noted once and for good, then
``task.cancel()`` is called once, so that clean-up code may await. What the activity then does decides what is reported
(see ``_outcome``): letting the ``CancelledError`` through is agreeing to stop. The request is taken back with
``uncancel()`` before anything else is awaited. A ``CancelledError`` that comes out of an activity whose task somebody
else has cancelled means that the event loop is being torn down, and it wins.

A ``def`` activity runs in a thread, which nothing can stop: it is told through its context, and by the one
``CancelledError`` that its next ``heartbeat()`` raises. Where it returns something to be awaited, that is awaited here,
and cancelled like any other coroutine.

While the activity runs, and until its reply has arrived, heartbeats go on. The slot is held until the very end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any

from .._moments import about
from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..activity._cancellation import Notice
from ..activity._context import Context, current
from ..activity._info import Info, info_of
from ..activity._logger import identify
from ..common import ActivityCancellationDetails, CancelReason
from ..exceptions import RPCError
from ._events import ActivityCancelled, ActivityFinished, ActivityStarted
from ._invoke import from_activity_on, invoke
from ._log import log_abandoned, log_outcome, log_overdue, log_unheard
from ._outbound import AttemptOutbound
from ._outcome import ON_CANCELLED, Canceled, Completed, Failed, Outcome, Unreported, conclude
from ._read import converter_for, read_arguments, read_details, read_untyped
from ._reply import encode_reply, is_failure, send_reply
from ._time_limits import TimeLimits
from ._traceback import let_go

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._environment import Environment
    from ._registry import Registered

__all__ = ["Execution"]

_logger = logging.getLogger(__name__)

# How long an activity may take to heed a request to stop before a line in the log names it; seconds.
_PATIENCE = 10.0
# How long a reply may take at least, in seconds: for an activity that was given up, or whose time is up by our clock.
_LAST_WORD = 5.0
# How late an attempt may learn that its time is up, in seconds.
_SLACK = 0.02


class _Phase(Enum):
    READING = "reading"
    RUNNING = "running"
    REPLYING = "replying"
    ABANDONED = "abandoned"


class Execution:
    """One attempt, from its task's arrival to the server's having heard of its end.

    Args:
        environment: Of the worker.
        task: What the poll brought.
        on_end: Called when the slot is free again.
    """

    __slots__ = (
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
    )

    def __init__(
        self, environment: Environment, task: PollActivityTaskQueueResponse, on_end: Callable[[Execution], None]
    ) -> None:
        self._environment = environment
        self._on_end = on_end
        self._registered: Registered | None = None
        self._outbound: AttemptOutbound | None = None
        self._wake_at: float | None = None
        self._phase = _Phase.READING
        self._cancel_sent = False
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
        self._task: asyncio.Task[None]

    def __repr__(self) -> str:
        info, reason = self._info, self.cancellation.reason
        state = self._phase.value if reason is None else f"{self._phase.value}, {reason.value}"
        return f"<Execution {info.activity_type} {info.activity_id} attempt {info.attempt} [{state}]>"

    def info(self) -> Info:
        """Answer what the server said of this attempt."""
        return self._info

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
            self._task.cancel()
        if self._environment.observers:
            self._environment.notify(ActivityCancelled(self._info, reason))

    def go_on_in_loop(self, *, is_told: bool) -> None:
        """Learn that a `def` activity is awaited from now on; *is_told*: a heartbeat has raised its cancellation."""
        self._is_in_loop = True
        if self._phase is _Phase.RUNNING and self.cancellation.is_raised and not is_told:
            self._cancel_sent = True
            self._task.cancel()

    async def abandon(self) -> None:
        """Give up on an activity that does not heed its cancellation: report for it, and wait no longer."""
        is_open, self._phase = self._phase in (_Phase.READING, _Phase.RUNNING), _Phase.ABANDONED
        self._task.cancel()
        log_abandoned(self._info, is_open=is_open)
        try:
            if is_open:
                await self._report_for_it()
        finally:
            if self._outbound is not None:
                self._outbound.close()
            self._on_end(self)

    async def _report_for_it(self) -> None:
        outcome = ON_CANCELLED[self.cancellation.reason or CancelReason.WORKER_SHUTDOWN]
        try:
            # The codec may be what it waits for.
            async with asyncio.timeout(_LAST_WORD):
                await self._report(outcome, until=self._environment.loop.time() + _LAST_WORD)
        except TimeoutError:
            log_abandoned(self._info, is_open=False)

    # The attempt

    async def _run(self) -> None:
        # An eager task runs before whoever begins it has it.
        self._task = asyncio.current_task()  # type: ignore[assignment]
        if self._environment.observers:
            self._environment.notify(ActivityStarted(self._info))
        try:
            call = await self._prepare()
            if isinstance(call, Outcome):
                outcome = call
            else:
                try:
                    # Here and no deeper: each frame between the event loop and the activity is in each of its wake-ups.
                    outcome = Completed(await call)
                except BaseException as error:  # noqa: BLE001 - whatever it is, the server must hear of it
                    outcome = self._conclude(error)
                else:
                    self._settle()
            try:
                await self._finish(outcome)
            finally:
                if isinstance(outcome, Failed):
                    let_go(outcome.error)
        finally:
            self._end()

    async def _prepare(self) -> Outcome | Awaitable[Any]:
        """Read the task, and answer what is to be awaited, or how the attempt has ended without that."""
        registered = self._environment.registry.find(self._info.activity_type)
        if registered is None:
            return Failed(self._environment.registry.unknown(self._info.activity_type))
        self._registered = registered
        self._is_in_loop = registered.is_async
        task, self._message = self._message, None
        assert task is not None
        try:
            converter = converter_for(self._environment.converter, self._info)
            context = await self._build_context(task, registered, converter)
            arguments = await read_arguments(task, registered, converter)
        except BaseException as error:  # noqa: BLE001 - codecs and converters are user code, and may do better next time
            return self._conclude(error)
        assert self._outbound is not None
        self._watch_time()
        self._outbound.begin()
        current.set(context)
        if self._phase is _Phase.READING:
            self._phase = _Phase.RUNNING
        try:
            if self.cancellation.is_raised:
                # It was asked to stop while its arguments were being read.
                raise asyncio.CancelledError
            return invoke(self._environment, registered, context, self._outbound, arguments, self)
        except BaseException as error:  # noqa: BLE001 - interceptors are user code
            return self._conclude(error)

    async def _build_context(
        self, task: PollActivityTaskQueueResponse, registered: Registered, converter: DataConverter
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
        if isinstance(error, KeyboardInterrupt | GeneratorExit):
            raise error
        self._settle(error)
        error.__traceback__ = from_activity_on(error.__traceback__, __file__)
        outcome = conclude(error, self.cancellation.reason)
        if not isinstance(outcome, Failed):
            let_go(error)
        return outcome

    def _settle(self, error: BaseException | None = None) -> None:
        """Take all requests to cancel back, unless the activity ended because somebody outside made one."""
        is_ours = self._cancel_sent or self._phase is _Phase.ABANDONED
        if isinstance(error, asyncio.CancelledError) and self._task.cancelling() and not is_ours:
            raise asyncio.CancelledError
        # Not only ours: before Python 3.13 an asyncio.TaskGroup that fails leaves a request behind that nobody made.
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
        self._sleep()
        if self._outbound is not None:
            self._outbound.close()
        # Whoever gave it up reports for it, and forgets it after that.
        if self._phase is not _Phase.ABANDONED:
            self._on_end(self)

    # Its end

    async def _finish(self, outcome: Outcome) -> None:
        if self._phase is _Phase.ABANDONED:
            return
        environment = self._environment
        self._phase = _Phase.REPLYING
        await self._shake_off()
        took = environment.loop.time() - self.arrived_at
        await self._report(outcome, until=self._reply_by())
        if environment.observers:
            error = outcome.error if isinstance(outcome, Failed) else None
            environment.notify(ActivityFinished(self._info, type(outcome).__name__.lower(), took, error))

    async def _report(self, outcome: Outcome, *, until: float | None) -> None:
        outbound = self._outbound
        if isinstance(outcome, Unreported):
            if outcome.pending and outbound is not None:
                await _flush(outbound, until)
            _logger.debug("activity %s: %s", self._info.activity_type, outcome.why, extra=identify(self._info))
            return
        log_outcome(self._info, outcome)
        if isinstance(outcome, Canceled) and outbound is not None:
            # A failure carries the last details with it, a result needs none; a cancellation has no room for them. They
            # leave half of the time to the reply.
            await _flush(outbound, _halfway(self._environment.loop.time(), until))
        reply = await encode_reply(
            self._environment,
            converter_for(self._environment.converter, self._info),
            self._info.task_token,
            outcome,
            signature=None if self._registered is None else self._registered.signature,
            last_heartbeat=None if outbound is None else outbound.last_heartbeat,
        )
        self.has_failed = is_failure(reply)
        try:
            await send_reply(self._environment, reply, until=until)
        except RPCError as error:
            log_unheard(self._info, error)

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
        self._wake_at = about(when, _SLACK)
        self._environment.alarms.set(self._wake_at, self)

    def _sleep(self) -> None:
        if self._wake_at is not None:
            self._environment.alarms.unset(self._wake_at, self)
            self._wake_at = None

    def on_alarm(self) -> None:
        """Look at the time."""
        self._wake_at = None
        if not self.cancellation.is_raised:
            self._watch_time()
        elif self._phase is _Phase.RUNNING:
            log_overdue(self._info, self.cancellation.reason, _PATIENCE)


async def _flush(outbound: AttemptOutbound, until: float | None) -> None:
    """Send what the server has not heard, for as long as the event loop's clock does not say *until*."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await outbound.flush()


def _halfway(now: float, until: float | None) -> float | None:
    return None if until is None else (now + until) / 2
