"""Poll for tasks: reserve a slot, ask the server for one, hand it over; again.

A poll that is under way is never cancelled: the server may have answered it already, and the task in that answer would
be started with nobody to run it. What may be cancelled is everything between two polls: waiting for a slot, for the
rate limit, and for the next try after an error.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .._news import News
from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest, PollActivityTaskQueueResponse
from .._rpc._methods import POLL_ACTIVITY_TASK_QUEUE
from .._rpc._retry import NONE, POLL, Failures, RetryRules
from .._safe_logger import get_logger
from ..exceptions import RPCError
from ._events import PollFailed
from ._slots import SlotPermit

if TYPE_CHECKING:
    from ._environment import Environment
    from ._rate import Turnstile

__all__ = ["Poller", "Standing", "TaskTaker"]

_logger = get_logger(__name__)

_AFTER_ERROR = 1.0


class Standing:
    """How a worker's polls stand with the server; shared by all its pollers, as they share its fate."""

    __slots__ = ("_failures", "_news", "_proven", "_rules")

    def __init__(self, rules: RetryRules = POLL) -> None:
        self._rules = rules
        self._failures: Failures | None = None
        self._proven = False
        self._news = News()

    def __repr__(self) -> str:
        return f"<Standing [{'well' if self._failures is None else f'{self._failures.attempts} failed in a row'}]>"

    def succeeded(self) -> None:
        """Learn that a poll was answered."""
        self._failures = None
        self._proven = True

    def failed(self, error: RPCError, now: float) -> float | None:
        """Decide how many seconds to wait after *error*, or ``None`` if polling on is of no use."""
        if self._failures is None:
            self._failures = Failures(self._rules)
        return self._failures.next_wait(error, now=now, random=random.random(), proven=self._proven)

    def is_news(self, error: RPCError, now: float) -> bool:
        """Whether *error* is worth a line in the log, for its being new or old enough."""
        return self._news.is_news(error.message, now)


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
        timeout: Seconds that one poll may take; the server answers, with nothing, one or two before that.
        standing: Shared with the worker's other pollers.
        turnstile: The worker's rate limit; its permit is taken before the poll, as the attempt's time runs after it.
        on_fatal: Told the error that makes polling on useless.
        on_answer: Told what each poll came to, right after it; may call :meth:`stop`.
    """

    def __init__(
        self,
        environment: Environment,
        request: PollActivityTaskQueueRequest,
        taker: TaskTaker,
        *,
        timeout: float,
        standing: Standing,
        turnstile: Turnstile | None,
        on_fatal: Callable[[RPCError], None],
        on_answer: Callable[[Poller, PollActivityTaskQueueResponse | RPCError], None],
    ) -> None:
        self._environment = environment
        self._request = request
        self._taker = taker
        self._timeout = timeout
        self._standing = standing
        self._turnstile = turnstile
        self._on_fatal = on_fatal
        self._on_answer = on_answer
        self._is_stopping = False
        self.is_polling = False
        self.task = asyncio.get_running_loop().create_task(self._run(), name=f"poller of {environment.task_queue}")

    def __repr__(self) -> str:
        state = "polling" if self.is_polling else "waiting"
        return f"<Poller of {self._environment.task_queue!r} [{'stopping, ' if self._is_stopping else ''}{state}]>"

    def stop(self) -> None:
        """Poll no more. A poll under way goes on to its end, and what it brings is handed over."""
        self._is_stopping = True
        if not self._is_busy:
            self.task.cancel()

    @property
    def _is_busy(self) -> bool:
        # What runs right now, which is whoever deals with an answer, sees for itself that it is to stop.
        return self.is_polling or self.task is asyncio.current_task()

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
        permit = await self._reserve()
        task = None
        try:
            task = await self._poll_in_turn()
        finally:
            if task is None:
                self._taker.release(permit)
        if task is not None:
            self._taker.take(task, permit)

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
        await self._turnstile.enter()
        task = None
        try:
            task = await self._poll()
        finally:
            self._turnstile.leave(has_started=task is not None)
        return task

    async def _poll(self) -> PollActivityTaskQueueResponse | None:
        if self._is_stopping:
            # A supplier may have swallowed the cancellation that was to tell us.
            return None
        self.is_polling = True
        try:
            answer = await self._environment.service.call(
                POLL_ACTIVITY_TASK_QUEUE, self._request, timeout=self._timeout, retry=NONE
            )
        except RPCError as error:
            self.is_polling = False
            await self._bear(error)
            return None
        finally:
            self.is_polling = False
        self._standing.succeeded()
        self._on_answer(self, answer)
        return answer if answer.task_token else None

    async def _bear(self, error: RPCError) -> None:
        """Wait as long as *error* asks for, or report that it is the end."""
        now = asyncio.get_running_loop().time()
        wait = self._standing.failed(error, now)
        if self._environment.observers:
            self._environment.notify(PollFailed(self._environment.task_queue, error, wait))
        if wait is None:
            self._is_stopping = True
            self._on_fatal(error)
            return
        self._on_answer(self, error)
        if self._standing.is_news(error, now):
            _logger.warning("polling task queue %r failed, and is tried again: %s", self._environment.task_queue, error)
        if not self._is_stopping:
            await asyncio.sleep(wait)
