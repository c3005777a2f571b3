"""One attempt of an activity: read its task, run it in its context, conclude, reply.

Theory of operation
-------------------
An attempt is one asyncio task. The activity's coroutine is awaited in it directly, so that what the attempt costs
beyond the activity is a task, a context and, where it has a deadline, a timer.

Being asked to stop is *edge* cancellation, as asyncio code expects it: the reason is noted once and for good, then
``task.cancel()`` is called once, so that clean-up code may await. What the activity then does decides what is reported
(see ``_outcome``): letting the ``CancelledError`` through is agreeing to stop. The request is taken back with
``uncancel()`` before anything else is awaited. A ``CancelledError`` that comes out of an activity whose task somebody
else has cancelled means that the event loop is being torn down, and it wins.

A ``def`` activity runs in a thread, which nothing can stop: it is told through its context, and by the one
``CancelledError`` that its next ``heartbeat()`` raises.

While the activity runs, and until its reply has arrived, heartbeats go on. The slot is held until the very end.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from .._proto.temporal.api.common.v1 import Payload
from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse, RespondActivityTaskFailedRequest
from ..activity._cancellation import Notice
from ..activity._context import Context, current
from ..activity._info import Info, info_of
from ..activity._logger import identify
from ..common import ActivityCancellationDetails, CancelReason, RawValue
from ..converter import ActivitySerializationContext
from ..exceptions import ApplicationError, ApplicationErrorCategory, ConverterError, RPCError
from ._events import ActivityCancelled, ActivityFinished, ActivityStarted, HeartbeatSent
from ._heartbeat import HeartbeatThrottle, throttle_interval
from ._heartbeats import Heartbeats
from ._interceptor import ActivityInboundInterceptor, ActivityOutboundInterceptor, ExecuteActivityInput
from ._outcome import ON_CANCELLED, Canceled, Completed, Failed, Outcome, Unreported, conclude, unconvertible
from ._registry import raw_arguments
from ._reply import Reply, encode_reply, is_closed, send_reply

if TYPE_CHECKING:
    from ..converter import DataConverter
    from ._environment import Environment
    from ._registry import Registered

__all__ = ["Execution"]

_logger = logging.getLogger(__name__)

# How long an activity may take to heed a request to stop before a line in the log names it.
_PATIENCE = 10.0
# How long a reply may take at least, in seconds: for an activity that was given up, or whose time is up by our clock.
_LAST_WORD = 5.0


class Execution:
    """One attempt, from its task's arrival to the server's having heard of its end.

    Args:
        environment: Of the worker.
        task: What the poll brought.
        on_end: Called when the slot is free again.
    """

    __slots__ = (
        "_cancel_sent",
        "_context",
        "_converter",
        "_environment",
        "_heartbeats",
        "_info",
        "_is_abandoned",
        "_is_over",
        "_is_running",
        "_on_end",
        "_registered",
        "_task",
        "_timer",
        "arrived_at",
        "cancellation",
        "deadline",
        "has_failed",
    )

    def __init__(
        self, environment: Environment, task: PollActivityTaskQueueResponse, on_end: Callable[[Execution], None]
    ) -> None:
        self._environment = environment
        self._on_end = on_end
        self._registered: Registered | None = None
        self._context: Context | None = None
        self._heartbeats: Heartbeats | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_running = False
        self._is_over = False
        self._cancel_sent = False
        self._is_abandoned = False
        self.cancellation = Notice()
        self.has_failed = False
        self._info = info_of(task, environment.task_queue)
        self._converter = _converter_for(environment, self)
        loop = asyncio.get_running_loop()
        self.arrived_at = loop.time()
        self.deadline = _deadline(self)
        self._task = loop.create_task(self._run(task))

    def __repr__(self) -> str:
        info = self._info
        return f"<Execution {info.activity_type} {info.activity_id} attempt {info.attempt} [{self._state()}]>"

    def _state(self) -> str:
        reason = self.cancellation.reason
        if self._is_abandoned:
            return "abandoned"
        if reason is not None:
            return reason.value
        return "running" if self._is_running else "reading or replying"

    def info(self) -> Info:
        """Answer what the server said of this attempt."""
        return self._info

    # What the worker may ask of it

    def cancel(self, details: ActivityCancellationDetails) -> None:
        """Ask the activity to stop; the first reason counts, and one that comes after its end changes nothing."""
        if self._is_over or not self.cancellation.raise_(details):
            return
        reason = details.reason
        assert reason is not None
        self._set_timer(asyncio.get_running_loop().time() + _PATIENCE, self._complain)
        if self._is_running and self._registered is not None and self._registered.is_async:
            self._cancel_sent = True
            self._task.cancel()
        if self._environment.observers:
            self._environment.notify(ActivityCancelled(self._info, reason))

    async def abandon(self) -> None:
        """Give up on an activity that does not heed its cancellation: report for it, and wait no longer."""
        was_running, self._is_abandoned = self._is_running, True
        self._task.cancel()
        _logger.error(
            "activity %s %s",
            self._info.activity_type,
            "did not stop when asked to: it is reported as failed and left behind"
            if was_running
            else "has ended, but the server could not be told: it will time the attempt out",
            extra=identify(self._info),
        )
        if was_running:
            await self._report(
                ON_CANCELLED[self.cancellation.reason or CancelReason.WORKER_SHUTDOWN],
                until=asyncio.get_running_loop().time() + _LAST_WORD,
            )

    # The attempt

    async def _run(self, task: PollActivityTaskQueueResponse) -> None:
        environment = self._environment
        if environment.observers:
            environment.notify(ActivityStarted(self._info))
        try:
            outcome = await self._attempt(task)
            # The task is not kept: an activity may sleep for a month.
            del task
            if self._is_abandoned:
                return
            took = asyncio.get_running_loop().time() - self.arrived_at
            await self._report(outcome, until=self._reply_by())
            if environment.observers:
                environment.notify(_finished(self, outcome, took))
        finally:
            self._end()

    async def _attempt(self, task: PollActivityTaskQueueResponse) -> Outcome:
        registered = self._environment.registry.find(self._info.activity_type)
        if registered is None:
            return Failed(self._environment.registry.unknown(self._info.activity_type))
        self._registered = registered
        try:
            self._context = await self._build_context(task)
            arguments = await self._read_arguments(task, registered)
        except ConverterError as error:
            return Failed(unconvertible(error))
        except Exception as error:  # noqa: BLE001 - a codec is user code, and may do better next time
            return Failed(error)
        del task
        if self.deadline is not None:
            self._set_timer(self.deadline, self._time_out)
        self._begin_heartbeats(registered)
        return await self._perform(registered, arguments)

    async def _read_arguments(self, task: PollActivityTaskQueueResponse, registered: Registered) -> Sequence[Any]:
        payloads: Sequence[Payload] = task.input.payloads if task.input is not None else ()
        if payloads and self._converter.has_codec:
            payloads = await self._converter.decode_payloads(payloads)
        if registered.definition.dynamic:
            return raw_arguments(payloads)
        return registered.signature.decode_arguments(payloads, self._converter.payload_converter)

    async def _build_context(self, task: PollActivityTaskQueueResponse) -> Context:
        details: Sequence[Payload] = task.heartbeat_details.payloads if task.heartbeat_details is not None else ()
        if details:
            details = await self._converter.decode_payloads(details)
            self._info = info_of(task, self._info.task_queue, _untyped(self._converter, details))
        registered = self._registered
        assert registered is not None
        return Context(
            self,
            cancellation=self.cancellation,
            shutdown=self._environment.shutdown,
            payload_converter=self._converter.payload_converter,
            from_payload=self._converter.payload_converter.from_payload,
            heartbeat_details=details,
            headers=task.header.fields if task.header is not None else None,
            client=self._environment.client,
            raise_on_heartbeat=not (registered.is_async or registered.definition.no_thread_cancel_exception),
        )

    async def _perform(self, registered: Registered, arguments: Sequence[Any]) -> Outcome:
        context = self._context
        assert context is not None
        current.set(context)
        self._is_running = True
        try:
            if self.cancellation.is_raised:
                # It was asked to stop while its arguments were being read.
                raise asyncio.CancelledError
            result = await self._call(registered, context, arguments)
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, the server must hear of it
            self._settle(error)
            error.__traceback__ = _from_activity_on(error.__traceback__)
            return conclude(error, self.cancellation.reason)
        self._settle()
        return Completed(result)

    def _call(self, registered: Registered, context: Context, arguments: Sequence[Any]) -> Awaitable[Any]:
        """Choose what to await: the activity itself, in what wraps it."""
        environment = self._environment
        call: Awaitable[Any]
        if environment.interceptors:
            inbound: ActivityInboundInterceptor = _Innermost(environment, registered, context)
            for interceptor in reversed(environment.interceptors):
                inbound = interceptor.intercept_activity(inbound)
            inbound.init(_Outermost(self))
            call = inbound.execute_activity(ExecuteActivityInput(registered.fn, arguments, context.headers))
        else:
            call = _call(environment, registered, context, registered.fn, arguments)
        if registered.room is None and registered.pace is None:
            return call
        return _within_limits(registered, call)

    def _settle(self, error: BaseException | None = None) -> None:
        """Take all requests to cancel back, unless the activity ended because somebody outside made one."""
        self._is_running, self._is_over = False, True
        is_ours = self._cancel_sent or self._is_abandoned
        if isinstance(error, asyncio.CancelledError) and self._task.cancelling() and not is_ours:
            raise asyncio.CancelledError
        # Not only ours: before Python 3.13 an asyncio.TaskGroup that fails leaves a request behind that nobody made.
        while self._task.cancelling():
            self._task.uncancel()

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._heartbeats is not None:
            self._heartbeats.close()
        self._on_end(self)

    # Its end

    async def _report(self, outcome: Outcome, *, until: float | None) -> None:
        if isinstance(outcome, Unreported):
            await self._leave_unreported(outcome)
            return
        _log_outcome(self, outcome)
        if isinstance(outcome, Canceled) and self._heartbeats is not None:
            # A failure carries the last details with it, a result needs none; a cancellation has no room for them.
            await self._heartbeats.flush()
        reply = await encode_reply(
            self._environment,
            self._converter,
            self._info.task_token,
            outcome,
            signature=None if self._registered is None else self._registered.signature,
            last_heartbeat=None if self._heartbeats is None else self._heartbeats.last,
        )
        self.has_failed = _is_failure(reply)
        try:
            await send_reply(self._environment, reply, until=until)
        except RPCError as error:
            _log_unheard(self, error)

    def _reply_by(self) -> float | None:
        """Until when a reply may be of interest to the server, whose clock decides, and not ours."""
        if self.deadline is None:
            return None
        return max(self.deadline, asyncio.get_running_loop().time() + _LAST_WORD)

    async def _leave_unreported(self, outcome: Unreported) -> None:
        if outcome.pending and self._heartbeats is not None:
            await self._heartbeats.flush()
        _logger.debug("activity %s: %s", self._info.activity_type, outcome.why, extra=identify(self._info))

    # What the activity says: the base of the outbound interceptors

    def heartbeat(self, *details: Any) -> None:
        """Take a heartbeat in, from the activity's own thread.

        Raises:
            ConverterError: The details cannot be written or are too large; or the last ones could not be sent for such
                a reason, which only showed when a codec had seen them.
        """
        if self._heartbeats is not None and self._heartbeats.problem is not None:
            problem, self._heartbeats.problem = self._heartbeats.problem, None
            raise ConverterError(f"the last heartbeat could not be sent: {problem}") from problem
        payloads = self._converter.payload_converter.to_payloads(details) if details else ()
        if size := self._environment.limits.excess(payloads):
            raise ConverterError(self._environment.limits.refusal("the heartbeat's details", size).message)
        loop = self._task.get_loop()
        # A thread may run a loop of its own.
        if asyncio._get_running_loop() is loop:
            self._record(payloads)
        else:
            loop.call_soon_threadsafe(self._record, payloads)

    def _record(self, payloads: Sequence[Payload]) -> None:
        if self._heartbeats is None:
            self._heartbeats = self._make_heartbeats(automatic=False)
            if self._info.heartbeat_timeout is None:
                self._warn_of_no_timeout()
        self._heartbeats.record(payloads)

    def _warn_of_no_timeout(self) -> None:
        registered = self._registered
        if registered is None or registered.has_been_warned_of:
            return
        registered.has_been_warned_of = True
        _logger.warning(
            "activity %s heartbeats, but was started without a heartbeat timeout: the server will not notice if it"
            " hangs, and a cancellation can take %g s to arrive",
            self._info.activity_type,
            self._environment.heartbeats.default_interval,
            extra=identify(self._info),
        )

    def _begin_heartbeats(self, registered: Registered) -> None:
        automatic = registered.definition.auto_heartbeat
        if automatic is None:
            automatic = self._environment.heartbeats.automatic
        if automatic and self._info.heartbeat_timeout is not None:
            self._heartbeats = self._make_heartbeats(automatic=True)
            self._heartbeats.wake()

    def _make_heartbeats(self, *, automatic: bool) -> Heartbeats:
        settings = self._environment.heartbeats
        timeout = self._info.heartbeat_timeout
        interval = throttle_interval(
            timeout.total_seconds() if timeout is not None else None,
            default=settings.default_interval,
            maximum=settings.maximum_interval,
        )
        return Heartbeats(
            self._environment,
            self._converter,
            self._info.task_token,
            HeartbeatThrottle(interval, automatic=automatic),
            on_sent=self._on_heartbeat_sent,
            on_cancel=self.cancel,
        )

    def _on_heartbeat_sent(self, error: RPCError | None) -> None:
        if error is not None and not is_closed(error):
            _logger.warning(
                "a heartbeat of activity %s did not arrive, the next one may: %s",
                self._info.activity_type,
                error,
                extra=identify(self._info),
            )
        if self._environment.observers:
            self._environment.notify(HeartbeatSent(self._info, error))

    # Time

    def _set_timer(self, when: float, callback: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, callback)

    def _time_out(self) -> None:
        self._timer = None
        self.cancel(ActivityCancellationDetails(timed_out=True))

    def _complain(self) -> None:
        self._timer = None
        if self._is_running:
            _logger.warning(
                "activity %s was asked to stop (%s) %.0f s ago and has not: it still holds its slot",
                self._info.activity_type,
                self.cancellation.reason.value if self.cancellation.reason is not None else "",
                _PATIENCE,
                extra=identify(self._info),
            )


def _deadline(execution: Execution) -> float | None:
    """When the server gives this attempt up, on the event loop's clock.

    Only differences between the server's own times are used: its clock need not agree with ours.
    """
    info = execution.info()
    ends = []
    if info.start_to_close_timeout is not None:
        ends.append(info.start_to_close_timeout.total_seconds())
    if info.schedule_to_close_timeout is not None:
        ends.append((info.schedule_to_close_timeout - (info.started_time - info.scheduled_time)).total_seconds())
    return execution.arrived_at + min(ends) if ends else None


def _converter_for(environment: Environment, execution: Execution) -> DataConverter:
    converter = environment.converter
    if not converter._takes_context:
        return converter
    info = execution.info()
    return converter.with_context(
        ActivitySerializationContext(
            namespace=info.namespace,
            activity_id=info.activity_id,
            activity_type=info.activity_type,
            activity_task_queue=info.task_queue,
            workflow_id=info.workflow_id,
            workflow_type=info.workflow_type,
        )
    )


def _untyped(converter: DataConverter, payloads: Sequence[Payload]) -> Sequence[Any]:
    """Read heartbeat details as whatever they say they are; what says nothing we know stays as it is."""
    values = []
    for payload in payloads:
        try:
            values.append(converter.payload_converter.from_payload(payload, Any))
        except ConverterError:
            values.append(RawValue(payload))
    return tuple(values)


async def _within_limits(registered: Registered, call: Awaitable[Any]) -> Any:
    """Await *call* once the activity's own limits let it; the attempt's time runs on meanwhile."""
    try:
        if registered.pace is not None:
            await asyncio.sleep(registered.pace.take(asyncio.get_running_loop().time()))
        async with registered.room or nullcontext():
            return await call
    finally:
        # Nothing happens to a coroutine that has run; one that never began is not to be reported as forgotten.
        if isinstance(call, Coroutine):
            call.close()


def _call(
    environment: Environment,
    registered: Registered,
    context: Context,
    fn: Callable[..., Any],
    arguments: Sequence[Any],
) -> Awaitable[Any]:
    if registered.takes_context:
        arguments = (context, *arguments)
    if registered.is_async:
        awaitable: Awaitable[Any] = fn(*arguments)
        return awaitable
    return to_thread.run_sync(functools.partial(fn, *arguments), limiter=environment.threads)


def _from_activity_on(trace: TracebackType | None) -> TracebackType | None:
    """Leave out what called the activity: the worker's frames help nobody to read its failure."""
    began = trace
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace or began


class _Innermost(ActivityInboundInterceptor):
    """The end of the inbound chain: the activity itself."""

    def __init__(self, environment: Environment, registered: Registered, context: Context) -> None:
        self._environment = environment
        self._registered = registered
        self._context = context

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self._context._outbound = outbound

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await _call(self._environment, self._registered, self._context, input.fn, input.args)


class _Outermost(ActivityOutboundInterceptor):
    """The end of the outbound chain: the attempt itself."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def info(self) -> Info:
        return self._execution.info()

    def heartbeat(self, *details: Any) -> None:
        self._execution.heartbeat(*details)


def _finished(execution: Execution, outcome: Outcome, took: float) -> ActivityFinished:
    error = outcome.error if isinstance(outcome, Failed) else None
    return ActivityFinished(execution.info(), type(outcome).__name__.lower(), took, error)


def _is_failure(reply: Reply) -> bool:
    """Whether *reply* reports what counts as a failure: what an activity calls benign does not."""
    if not isinstance(reply, RespondActivityTaskFailedRequest) or reply.failure is None:
        return False
    info = reply.failure.application_failure_info
    return info is None or int(info.category) != ApplicationErrorCategory.BENIGN


def _log_outcome(execution: Execution, outcome: Outcome) -> None:
    if isinstance(outcome, Failed):
        error = outcome.error
        benign = isinstance(error, ApplicationError) and error.category is ApplicationErrorCategory.BENIGN
        level = logging.DEBUG if benign else logging.WARNING
        if _logger.isEnabledFor(level):
            info = execution.info()
            _logger.log(
                level,
                "activity %s failed in attempt %d: %s",
                info.activity_type,
                info.attempt,
                repr(error),
                exc_info=error,
                extra=identify(info),
            )


def _log_unheard(execution: Execution, error: RPCError) -> None:
    info = execution.info()
    if is_closed(error):
        _logger.info(
            "activity %s ended, but the server had closed the attempt: %s",
            info.activity_type,
            error.message,
            extra=identify(info),
        )
        return
    _logger.error(
        "what became of activity %s could not be reported, so the server will time the attempt out: %s",
        info.activity_type,
        error,
        extra=identify(info),
    )
