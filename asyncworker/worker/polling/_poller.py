"""Poll for tasks: reserve a slot, ask the server for one, hand it over; again.

A poll that is with the server is never cancelled: the server may have answered it already, and the task in that answer
would be started with nobody to run it. So it is listened to beyond its own deadline; when the worker stops, for some
seconds only. What may be cancelled is everything else: waiting for a slot, for the rate limit, for a connection, and
for the next try after an error.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest, PollActivityTaskQueueResponse
from ..._rpc._long_poll import PATIENCE, LongPoll, UnansweredError
from ..._rpc._methods import POLL_ACTIVITY_TASK_QUEUE
from ..._rpc._retry import POLL, Failures, RetryRules
from ..._safe_logger import get_logger
from ...exceptions import RPCError
from .._events import PollFailed, PollFinished, PollOutcome
from ..slots._supplier import SlotPermit
from ._refusals import Refusals, advice_on

if TYPE_CHECKING:
    from .._rate_limit import PollRateLimiter
    from ..attempts._shared import Environment

__all__ = ["Poller", "PollBackoff", "TaskTaker"]

_logger = get_logger(__name__)

_AFTER_ERROR = 1.0


class PollBackoff:
    """How a worker's polls stand with the server; shared by all its pollers, as they share its fate.

    Attributes:
        answered_at: When a poll was last answered, on the clock of :func:`time.monotonic`; -inf once one has failed.
        last_success_at: The same, whether or not one has failed since.
    """

    __slots__ = ("_failures", "_news", "_proven", "_rules", "answered_at", "last_success_at")

    def __init__(self, rules: RetryRules = POLL) -> None:
        self._rules = rules
        self._failures: Failures | None = None
        self._proven = False
        self._news = LogThrottle()
        self.answered_at = self.last_success_at = -math.inf

    def __repr__(self) -> str:
        return f"<PollBackoff [{'well' if self._failures is None else f'{self._failures.attempts} failed in a row'}]>"

    def succeeded(self) -> None:
        """Learn that a poll was answered."""
        self._failures = None
        self._proven = True
        self.answered_at = self.last_success_at = monotonic()

    def failed(self, error: RPCError, now: float) -> float | None:
        """Decide how many seconds to wait after *error*, or ``None`` if polling on is of no use."""
        self.answered_at = -math.inf
        if self._failures is None:
            self._failures = Failures(self._rules)
        return self._failures.next_wait(error, now=now, random=random.random(), proven=self._proven)

    def should_log(self, error: RPCError, now: float) -> bool:
        """Whether *error* is worth a line in the log, for its being new or old enough."""
        return self._news.should_log(error.message, now)


class TaskTaker(Protocol):
    """Whoever pollers work for."""

    async def reserve(self) -> SlotPermit:
        """Wait for a slot. Cancelling is safe."""
        ...

    def release(self, permit: SlotPermit) -> None:
        """Take a slot back that no task came for."""
        ...

    def take(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        """Take a task over, and the slot with it."""
        ...


class Poller:
    """One long poll after the other.

    Args:
        environment: Of the worker.
        request: What to ask, each time.
        taker: Gives slots and takes tasks.
        timeout: Seconds that the server is told for one poll; it answers, with nothing, one or two before that.
        standing: Shared with the worker's other pollers.
        refusals: Shared as well; fails the attempts whose tasks cannot be taken.
        turnstile: The worker's rate limit; its permit is taken before the poll, as the attempt's time runs after it.
        on_fatal: Told the error that makes polling on useless.
        on_answer: Told what each poll came to, after its task has been handed over; may call :meth:`stop`.
        patience: Seconds that a poll is listened to beyond its deadline.

    Attributes:
        is_waiting: Whether it waits for a slot.
        is_limited: Whether it waits for the rate limit.
    """

    def __init__(
        self,
        environment: Environment,
        request: PollActivityTaskQueueRequest,
        taker: TaskTaker,
        *,
        timeout: float,
        standing: PollBackoff,
        refusals: Refusals,
        turnstile: PollRateLimiter | None,
        on_fatal: Callable[[RPCError], None],
        on_answer: Callable[[Poller, PollActivityTaskQueueResponse | RPCError], None],
        patience: float = PATIENCE,
    ) -> None:
        self._environment = environment
        self._request = request
        self._taker = taker
        self._timeout = timeout
        self._standing = standing
        self._refusals = refusals
        self._turnstile = turnstile
        self._on_fatal = on_fatal
        self._on_answer = on_answer
        self._is_stopping = False
        # Whether a poll is being made; it is with the server when the listening says so.
        self._is_calling = False
        self._listening = LongPoll(patience)
        self._poll_began_at = 0.0
        self.is_waiting = False
        self.is_limited = False
        self.task = asyncio.get_running_loop().create_task(self._run(), name=f"poller of {environment.task_queue}")

    def __repr__(self) -> str:
        state = "polling" if self.is_polling else "waiting"
        return f"<Poller of {self._environment.task_queue!r} [{'stopping, ' if self._is_stopping else ''}{state}]>"

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server."""
        return self._listening.is_sent

    @property
    def is_calling(self) -> bool:
        """Whether a poll is being made, with the server or on its way there."""
        return self._is_calling

    @property
    def deadline(self) -> float:
        """When the poll that is with the server should be answered, on the event loop's clock."""
        return self._listening.deadline or 0.0

    def stop(self) -> None:
        """Poll no more. A poll that is with the server goes on to its end, and what it brings is handed over."""
        self._is_stopping = True
        if not self.is_polling:
            self._end()

    def give_up(self) -> bool:
        """After :meth:`stop`: listen no longer either; ``False`` if there was nothing to listen to."""
        was_polling = self.is_polling
        self._end()
        return was_polling

    def _end(self) -> None:
        # What runs right now, which is whoever deals with an answer, sees for itself that it is to stop.
        if self.task is asyncio.current_task():
            return
        if not (self._is_calling and self._listening.give_up()):
            self.task.cancel()

    async def _run(self) -> None:
        # An eager task runs before whoever begins it has it.
        self.task = asyncio.current_task()  # type: ignore[assignment]
        try:
            while not self._is_stopping:
                await self._once()
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise

    async def _once(self) -> None:
        self.is_waiting = True
        try:
            permit = await self._reserve()
        finally:
            self.is_waiting = False
        answer = None
        try:
            answer = await self._poll_in_turn()
        finally:
            if answer is None or not answer.task_token:
                self._taker.release(permit)
        if answer is None:
            return
        if answer.task_token:
            self._take(answer, permit)
        self._notify_finished("task" if answer.task_token else "empty")
        # The task comes first: nothing that goes wrong in keeping the number of pollers may cost it.
        self._on_answer(self, answer)

    def _take(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        try:
            self._taker.take(task, permit)
        except Exception as error:
            # It is started, and nobody runs it.
            self._refusals.add(task.task_token, error)
            raise

    async def _reserve(self) -> SlotPermit:
        while True:
            try:
                return await self._taker.reserve()
            except asyncio.CancelledError:
                if self._is_stopping or self.task.cancelling():
                    raise
                # Nobody has cancelled us: one that a supplier's own code let out must not end the polling.
                _logger.exception("the slot supplier let a CancelledError out; it is asked again in %g s", _AFTER_ERROR)
            except Exception:
                _logger.exception("the slot supplier failed, and is asked again in %g s", _AFTER_ERROR)
            await asyncio.sleep(_AFTER_ERROR)

    async def _poll_in_turn(self) -> PollActivityTaskQueueResponse | None:
        """Poll when the rate limit lets us; an empty poll does not count."""
        if self._turnstile is None:
            return await self._poll()
        self.is_limited = True
        try:
            await self._turnstile.enter()
        finally:
            self.is_limited = False
        answer = None
        try:
            answer = await self._poll()
        finally:
            self._turnstile.leave(has_started=answer is not None and bool(answer.task_token))
        return answer

    async def _poll(self) -> PollActivityTaskQueueResponse | None:
        if self._is_stopping:
            # A supplier may have swallowed the cancellation that was to tell us.
            return None
        self._is_calling = True
        self._poll_began_at = monotonic()
        try:
            answer = await self._environment.service.poll(
                POLL_ACTIVITY_TASK_QUEUE, self._request, self._listening, timeout=self._timeout
            )
        except RPCError as error:
            self._is_calling = False
            if self._listening.is_given_up:
                self._notify_finished("error")
            else:
                await self._bear(error)
            return None
        finally:
            self._is_calling = False
        self._standing.succeeded()
        return answer

    def _notify_finished(self, outcome: PollOutcome) -> None:
        if self._environment.observers is not None:
            took = monotonic() - self._poll_began_at
            self._environment.observers.notify(PollFinished(self._environment.task_queue, outcome, took))

    async def _bear(self, error: RPCError) -> None:
        """Wait as long as *error* asks for, or report that it is the end."""
        now = asyncio.get_running_loop().time()
        wait = self._standing.failed(error, now)
        token = error._task_token
        if token:
            self._refusals.add(token, error)
        # First what must happen; observers and log handlers are the user's, and may raise.
        if wait is None:
            self._is_stopping = True
            self._on_fatal(error)
        else:
            self._on_answer(self, error)
        self._notify_finished("error")
        if self._environment.observers is not None:
            self._environment.notify(PollFailed(self._environment.task_queue, error, wait))
        if wait is None:
            return
        if self._standing.should_log(error, now):
            self._tell(error, is_reported=bool(token))
        if not self._is_stopping:
            await asyncio.sleep(wait)

    def _tell(self, error: RPCError, *, is_reported: bool) -> None:
        queue = self._environment.task_queue
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
