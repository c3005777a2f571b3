"""Poll for tasks: reserve a slot, ask the server for a task, hand it over; again.

A poll that is with the server is never cancelled: the server may have answered it already, and the task in that answer
would be started with nothing to run it. So it is listened to beyond its own deadline; when the worker stops, for some
seconds only. Everything else may be cancelled: waiting for a slot, for the rate limit, for a connection, and for the
next try after an error. That is one ``task.cancel()``: a scope's cancellation may come a turn of the event loop late,
when the poll has just been sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import DEBUG
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._rpc._long_poll import LATE_RESPONSE_TIMEOUT, LongPoll, UnansweredError
from ..._rpc._methods import POLL_ACTIVITY_TASK_QUEUE
from ..._safe_logger import get_logger
from ...exceptions import RPCError
from .._events import PollFailed, PollOutcome, make_poll_finished
from .._supervision import is_scope_cancelled, uncancel
from ..slots._supplier import SlotPermit
from ._backoff import PollBackoff
from ._refusals import Refusals, advice_on
from ._request import PollRequest

if TYPE_CHECKING:
    from .._rate_limit import PollRateLimiter
    from ..attempts._run_environment import RunEnvironment

__all__ = ["Poller", "PollerConfig", "TaskTaker"]

_logger = get_logger(__name__)


class TaskTaker(Protocol):
    """What pollers reserve slots from, and hand tasks to."""

    async def reserve(self) -> SlotPermit:
        """Wait for a slot. Cancelling is safe."""
        ...

    def release(self, permit: SlotPermit) -> None:
        """Release a slot for which no task has come."""
        ...

    def take(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        """Begin an attempt of *task* in the slot of *permit*."""
        ...


class PollerConfig(NamedTuple):
    """What all pollers of a worker share.

    Attributes:
        environment: Of the worker.
        request: What each poll asks for.
        taker: Gives slots and takes tasks.
        choose_timeout: Returns the seconds that the server is told for the next poll; it answers, with nothing, one or
            two before that.
        backoff: The state of the polls with the server.
        refusals: Fails the attempts whose tasks cannot be taken.
        rate_limiter: The worker's rate limit, if it has one.
        on_fatal: Called with the error that makes polling on useless.
        on_answer: Called with the outcome of each poll, after its task has been handed over; may stop the poller.
        late_response_timeout: Seconds that a poll is listened to beyond its deadline.
        after_error: Seconds until a poller goes on after an error in here, or in a slot supplier.
    """

    environment: RunEnvironment
    request: PollRequest
    taker: TaskTaker
    choose_timeout: Callable[[], float]
    backoff: PollBackoff
    refusals: Refusals
    rate_limiter: PollRateLimiter | None
    on_fatal: Callable[[RPCError], None]
    on_answer: Callable[[Poller, PollActivityTaskQueueResponse | RPCError], None]
    late_response_timeout: float = LATE_RESPONSE_TIMEOUT
    after_error: float = 1.0


class Poller:
    """One long poll after the other.

    Attributes:
        is_waiting: Whether it waits for a slot.
        is_limited: Whether it waits for the rate limit.
        is_calling: Whether a poll is being made, with the server or on its way there.
    """

    def __init__(self, config: PollerConfig) -> None:
        self._config = config
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._long_poll = LongPoll(config.late_response_timeout)
        self._poll_began_at = 0.0
        self.is_calling = False
        self.is_waiting = False
        self.is_limited = False

    def __repr__(self) -> str:
        state = "polling" if self.is_polling else "waiting"
        queue = self._config.environment.task_queue
        return f"<Poller of {queue!r} [{'stopping, ' if self._is_stopping else ''}{state}]>"

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server."""
        return self._long_poll.is_sent

    @property
    def poll_age(self) -> float | None:
        """Seconds since the poll that is being made began; ``None`` if there is none. Of any thread."""
        return monotonic() - self._poll_began_at if self.is_calling else None

    @property
    def deadline(self) -> float:
        """When the poll that is with the server should be answered, on the event loop's clock."""
        return self._long_poll.deadline or 0.0

    @property
    def was_overdue(self) -> bool:
        """Whether the server has ended the last poll as its time was over."""
        return self._long_poll.was_overdue

    def stop(self) -> None:
        """Poll no more. A poll that is with the server goes on to its end, and its task is handed over."""
        self._is_stopping = True
        if not self.is_polling:
            self._end()

    def give_up(self) -> bool:
        """After :meth:`stop`: listen to the poll no longer; return whether there was one."""
        was_polling = self.is_polling
        self._end()
        return was_polling

    def _end(self) -> None:
        # A poller that has not begun, or that is dealing with an answer right now, sees the flag.
        if self._task is None or self._task is asyncio.current_task():
            return
        if not (self.is_calling and self._long_poll.give_up()):
            self._task.cancel()

    async def run(self) -> None:
        """Poll until stopped, whatever goes wrong meanwhile.

        Cancelling the scope around this ends it; a cancellation of the task alone that does not come from
        :meth:`stop` is an error like any other, after which it goes on.
        """
        self._task = asyncio.current_task()
        wait = 0.0
        while not self._is_stopping:
            try:
                if wait:
                    await asyncio.sleep(wait)
                while not self._is_stopping:
                    await self._poll_once()
            except (KeyboardInterrupt, SystemExit):
                raise
            except asyncio.CancelledError:
                if self._is_stopping or is_scope_cancelled():
                    return
                uncancel()
            except BaseException as error:  # a slot supplier of the user's raises what it likes
                _logger.error(
                    "a poller of task queue %r failed, and goes on in %g s",
                    self._config.environment.task_queue,
                    self._config.after_error,
                    exc_info=error,
                )
            wait = self._config.after_error

    async def _poll_once(self) -> None:
        taker = self._config.taker
        self.is_waiting = True
        try:
            permit = await self._reserve()
        finally:
            self.is_waiting = False
        if permit is None:
            return
        answer = None
        try:
            limiter = self._config.rate_limiter
            answer = await (self._poll() if limiter is None else self._poll_within_rate(limiter))
        finally:
            if answer is None or not answer.task_token:
                taker.release(permit)
        if answer is None:
            return
        if answer.task_token:
            self._hand_over(answer, permit)
        if self._config.environment.observers is not None:
            self._notify_finished("task" if answer.task_token else "empty")
        # The task comes first: an error in keeping the number of pollers must not cost it.
        self._config.on_answer(self, answer)

    def _hand_over(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        try:
            self._config.taker.take(task, permit)
        except Exception as error:
            # The attempt is started, and nothing runs it.
            self._config.refusals.add(task.task_token, error)
            raise

    async def _reserve(self) -> SlotPermit | None:
        """Reserve a slot; ``None`` if the poller has been stopped meanwhile."""
        wait = self._config.after_error
        while not self._is_stopping:
            try:
                return await self._config.taker.reserve()
            except asyncio.CancelledError:
                if self._is_stopping or (self._task is not None and self._task.cancelling()):
                    raise
                # This task was not cancelled: a CancelledError of the supplier's own code must not end the polling.
                _logger.exception("the slot supplier let a CancelledError out; it is asked again in %g s", wait)
            except Exception:
                _logger.exception("the slot supplier failed, and is asked again in %g s", wait)
            await asyncio.sleep(wait)
        return None

    async def _poll_within_rate(self, limiter: PollRateLimiter) -> PollActivityTaskQueueResponse | None:
        """Poll when the rate limit allows; an empty poll does not count."""
        self.is_limited = True
        try:
            await limiter.acquire()
        finally:
            self.is_limited = False
        answer = None
        try:
            answer = await self._poll()
        finally:
            limiter.release(used=answer is not None and bool(answer.task_token))
        return answer

    async def _poll(self) -> PollActivityTaskQueueResponse | None:
        if self._is_stopping:
            # A supplier may have swallowed the cancellation.
            return None
        config = self._config
        self._poll_began_at = monotonic()
        self.is_calling = True
        if _logger.isEnabledFor(DEBUG):
            _logger.debug("polling task queue %r", config.environment.task_queue)
        try:
            answer = await config.environment.service.poll(
                POLL_ACTIVITY_TASK_QUEUE, config.request.message, self._long_poll, timeout=config.choose_timeout()
            )
        except RPCError as error:
            self.is_calling = False
            if self._long_poll.is_given_up:
                self._notify_finished("error")
            else:
                await self._back_off(error)
            return None
        finally:
            self.is_calling = False
        failed_for = config.backoff.succeeded()
        if failed_for is not None:
            _logger.info(
                "the server answers polls of task queue %r again, after %.1f s",
                config.environment.task_queue,
                failed_for,
            )
        if _logger.isEnabledFor(DEBUG):
            brought = answer.activity_type.name if answer.task_token and answer.activity_type else "no task"
            _logger.debug("a poll of task queue %r returned %s", config.environment.task_queue, brought)
        return answer

    async def _back_off(self, error: RPCError) -> None:
        """Wait as long as *error* asks for, or end the polling."""
        config = self._config
        retry = config.backoff.failed(error, asyncio.get_running_loop().time())
        token = error._task_token
        if token:
            config.refusals.add(token, error)
        # First what must happen; observers and log handlers are the user's, and may raise.
        if retry is None:
            self._is_stopping = True
            config.on_fatal(error)
        else:
            config.on_answer(self, error)
        self._notify_finished("error")
        if config.environment.observers is not None:
            wait = None if retry is None else retry.wait
            config.environment.notify(PollFailed(config.environment.task_queue, error, wait))
        if retry is None:
            return
        if retry.should_log:
            self._log(error, is_reported=bool(token))
        if not self._is_stopping:
            await asyncio.sleep(retry.wait)

    def _notify_finished(self, outcome: PollOutcome) -> None:
        environment = self._config.environment
        observers = environment.observers
        if observers is not None and observers.on_poll_finished is not None:
            took = monotonic() - self._poll_began_at
            observers.on_poll_finished(make_poll_finished((environment.task_queue, outcome, took)))

    def _log(self, error: RPCError, *, is_reported: bool) -> None:
        queue = self._config.environment.task_queue
        if error.is_message_too_large or is_reported:
            _logger.error(
                "a task of queue %r could not be taken, and polling goes on: %s. %s %s",
                queue,
                error,
                "Its attempt is reported as failed." if is_reported else "Its attempt runs into its timeout.",
                advice_on(error),
            )
        elif isinstance(error, UnansweredError):
            _logger.warning(
                "a poll of task queue %r was not answered, and polling goes on: %s. If the server has started a task"
                " for it, that attempt runs into its timeout, and is retried as its policy says",
                queue,
                error,
            )
        else:
            _logger.warning("polling task queue %r failed, and is tried again: %s", queue, error)
