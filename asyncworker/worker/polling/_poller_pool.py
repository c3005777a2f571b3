"""Keep as many pollers at work as the worker's poller behaviour asks for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING

import anyio

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._rpc._long_poll import LATE_RESPONSE_TIMEOUT
from ..._safe_logger import get_logger
from ...exceptions import RPCError
from .._events import PollersChanged
from .._rate_limit import PollRateLimiter
from ._autoscaling import PollerBehavior, PollerScaler
from ._backoff import PollBackoff
from ._poll_deadlines import PollDeadlines
from ._poller import Poller, PollerConfig, TaskTaker
from ._refusals import Refusals
from ._request import PollRequest

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .._stages import Stage
    from ..attempts._run_environment import RunEnvironment

__all__ = ["SHUTDOWN_RESPONSE_TIMEOUT", "PollerPool"]

_logger = get_logger(__name__)

#: Seconds beyond its deadline that a poll is listened to when the worker stops.
SHUTDOWN_RESPONSE_TIMEOUT = 5.0
# Seconds from one poll's answer to the next poll, at most, where nothing is in the way.
_BETWEEN_POLLS = 1.0


class PollerPool:
    """The pollers of one worker, from their start to the end of the last poll.

    Their number follows the target. To have more, new ones are started. To have fewer, those that are not polling at
    the moment are stopped, and beyond these each ends with its poll: none is cancelled.

    When the pool stops, every poll that is with the server is listened to for some seconds beyond its deadline, which
    is longer than a server that is there takes. Those without an answer by then are given up, so that a worker can be
    stopped while the server, or the way to it, is silent.

    Args:
        environment: Of the worker.
        request: What each poll asks for.
        taker: Gives slots and takes tasks.
        timeout: Seconds that the server is told for each poll; ``None``: few while the worker is young (see
            :mod:`._poll_deadlines`).
        behavior: How many.
        gives_hints: Whether the namespace says ``poller_autoscaling``.
        max_per_second: The worker's rate limit.
        on_fatal: Called with the error that makes polling on useless.
        late_response_timeout: Seconds that a poll is listened to beyond its deadline, while the worker goes on.
        shutdown_response_timeout: The same, once it stops.
        stop_timeout: Seconds after the end of the polling in which open polls are given up, however far their deadline
            is. ``None``: only the deadline counts.
        after_error: Seconds until a poller goes on after an error.
        loop_was_late_since: Whether the event loop has come late to something since a time on its clock.
    """

    def __init__(
        self,
        environment: RunEnvironment,
        request: PollRequest,
        taker: TaskTaker,
        *,
        timeout: float | None,
        behavior: PollerBehavior,
        gives_hints: bool,
        max_per_second: float | None,
        on_fatal: Callable[[RPCError], None],
        late_response_timeout: float = LATE_RESPONSE_TIMEOUT,
        shutdown_response_timeout: float = SHUTDOWN_RESPONSE_TIMEOUT,
        stop_timeout: float | None = None,
        after_error: float = 1.0,
        loop_was_late_since: Callable[[float], bool] = lambda _: False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._deadlines = PollDeadlines(self._loop.time(), timeout)
        self._loop_was_late_since = loop_was_late_since
        self._overdue_log = LogThrottle()
        self._stop_timeout = stop_timeout
        self._task_queue = environment.task_queue
        self._shutdown_response_timeout = shutdown_response_timeout
        self._backoff = PollBackoff()
        self._refusals = Refusals(environment)
        self._config = PollerConfig(
            environment=environment,
            request=request,
            taker=taker,
            choose_timeout=self._choose_timeout,
            late_response_timeout=late_response_timeout,
            backoff=self._backoff,
            refusals=self._refusals,
            rate_limiter=None if max_per_second is None else PollRateLimiter(max_per_second),
            on_fatal=on_fatal,
            on_answer=self._on_answer,
            after_error=after_error,
        )
        self._scaler = PollerScaler(behavior, now=self._loop.time(), gives_hints=gives_hints)
        self._group: TaskGroup | None = None
        # At work, and on their way out.
        self._active: set[Poller] = set()
        self._leaving: set[Poller] = set()
        self._has_one_left = asyncio.Event()
        self._is_stopping = False

    def __repr__(self) -> str:
        return f"<PollerPool [{len(self)} of {self.target}, {len(self._leaving)} leaving]>"

    def __len__(self) -> int:
        """How many poll, or wait for what they need to."""
        return len(self._active)

    @property
    def target(self) -> int:
        """How many there should be."""
        return self._scaler.target

    @property
    def is_autoscaling(self) -> bool:
        """Whether the target moves."""
        return self._scaler.is_autoscaling

    @property
    def is_polling(self) -> bool:
        """Whether a poll is with the server; of any thread."""
        return self.open_polls > 0

    @property
    def open_polls(self) -> int:
        """How many polls are with the server; of any thread."""
        return sum(poller.is_polling for poller in (*self._active, *self._leaving))

    @property
    def has_just_polled(self) -> bool:
        """Whether a poll was answered a moment ago, so that the next is about to begin; of any thread."""
        return monotonic() - self._backoff.answered_at < _BETWEEN_POLLS

    @property
    def timeout(self) -> float:
        """Seconds that the server is told for a poll at most."""
        return self._deadlines.longest

    @property
    def ends_by(self) -> float | None:
        """When the last of the open polls should have ended, on the event loop's clock; ``None`` if none is open."""
        return max((it.deadline for it in (*self._active, *self._leaving) if it.is_polling), default=None)

    @property
    def overdue(self) -> int:
        """How many polls have shown that the server is starving; of any thread."""
        return self._deadlines.overdue

    @property
    def oldest_poll(self) -> float | None:
        """Seconds since the poll that is being made for longest began; ``None`` if there is none. Of any thread."""
        ages = [poller.poll_age for poller in (*self._active, *self._leaving)]
        return max((age for age in ages if age is not None), default=None)

    @property
    def longest_poll(self) -> float:
        """Seconds after which each poll must have ended, one without an answer too."""
        return self.timeout + self._config.late_response_timeout

    @property
    def last_success_at(self) -> float | None:
        """When a poll was last answered, on the clock of :func:`time.monotonic`; of any thread."""
        return self._backoff.last_success_at

    def may_not_poll(self, *, holds_tasks: bool) -> bool:
        """Whether no poller may poll at present, as all slots or the rate are used up; of any thread.

        Args:
            holds_tasks: Whether the worker holds any task. If not, a slot supplier that gives no slot has another
                reason for that.
        """
        pollers = list(self._active)
        waits = [poller.is_limited or (holds_tasks and poller.is_waiting) for poller in pollers]
        return bool(waits) and all(waits)

    @asynccontextmanager
    async def polling(self, abandon: Stage) -> AsyncIterator[None]:
        """Poll for the length of a block, and leave it when no poll is open.

        At the block's end no new poll begins. Polls with the server go on to their end, and the tasks that they bring
        are handed over.

        Args:
            abandon: The stage of a shutdown that cuts the open polls.

        Cancelling cuts the open polls.
        """
        async with self._refusals.reporting(abandon), anyio.create_task_group() as group:
            self._group = group
            self._fill()
            try:
                self._notify_changed()
                yield
            finally:
                self.stop()
                abandon.ends(group.cancel_scope)

    def stop(self) -> None:
        """Begin no new poll, and give open ones up after a while; see :meth:`polling`."""
        self._is_stopping = True
        now = self._loop.time()
        for poller in list(self._active):
            self._dismiss(poller)
        for poller in self._leaving:
            if not poller.is_polling:
                continue
            gives_up_at = poller.deadline + self._shutdown_response_timeout
            if self._stop_timeout is not None:
                gives_up_at = min(gives_up_at, now + self._stop_timeout)
            self._loop.call_at(gives_up_at, self._give_up, poller)
        self._notify_changed()

    async def wait_for_one(self, timeout: float) -> None:
        """Wait until one more poller has ended, or *timeout* seconds. Cancelling is safe."""
        with anyio.move_on_after(timeout):
            await self._has_one_left.wait()

    def _give_up(self, poller: Poller) -> None:
        if poller not in self._leaving or not poller.give_up():
            return
        _logger.warning(
            "a poll of task queue %r has no answer, and is given up as the worker stops. If the server has started a"
            " task for it, that attempt runs into its timeout, and is retried as its policy says",
            self._task_queue,
        )

    # Keeping the number

    def _fill(self) -> None:
        """Start as many pollers as are missing."""
        while len(self._active) < self._scaler.target and not self._is_stopping:
            poller = Poller(self._config)
            assert self._group is not None
            self._group.start_soon(self._run, poller, name=f"poller of {self._task_queue}")
            self._active.add(poller)

    async def _run(self, poller: Poller) -> None:
        try:
            await poller.run()
        finally:
            self._active.discard(poller)
            self._leaving.discard(poller)
            self._has_one_left.set()
            self._has_one_left = asyncio.Event()

    def _dismiss(self, poller: Poller) -> None:
        self._active.discard(poller)
        self._leaving.add(poller)
        poller.stop()

    def _choose_timeout(self) -> float:
        deadlines = self._deadlines
        if deadlines.is_fixed:
            return deadlines.longest
        pollers = sum(not it.is_waiting for it in self._active)
        open_until = [it.deadline for it in self._active if it.is_polling]
        return deadlines.choose(self._loop.time(), pollers=pollers, open_until=open_until)

    def _check_punctuality(self, poller: Poller) -> None:
        """Poll with longer deadlines for a while if an empty poll shows that the server is starving."""
        now, deadline, was_overdue = self._loop.time(), poller.deadline, poller.was_overdue
        is_late = self._deadlines.is_late(now, deadline) and not self._loop_was_late_since(deadline - 1)
        if not (was_overdue or is_late):
            return
        self._deadlines.record_overdue(now)
        if not self._overdue_log.should_log("overdue" if was_overdue else "late", now):
            return
        queue = self._task_queue
        if was_overdue:
            _logger.warning(
                "the server has ended a poll of task queue %r at its deadline: it has too little to run on. If it was"
                " starting a task for it, that attempt runs into its timeout, and is retried as its policy says",
                queue,
            )
        else:
            _logger.info("the server answers polls of task queue %r late; they are longer for some minutes", queue)

    def _on_answer(self, poller: Poller, answer: PollActivityTaskQueueResponse | RPCError) -> None:
        """Record the outcome of a poll, and bring the number of pollers to the target."""
        if not isinstance(answer, RPCError) and not answer.task_token:
            self._check_punctuality(poller)
        before = self._scaler.target
        if self._scaler.is_autoscaling:
            self._adapt_target(answer)
        # Whether or not the target has changed: a task factory of the user's may have failed before.
        if len(self._active) != self._scaler.target:
            self._fill()
            self._thin_out(poller)
        if self._scaler.target != before:
            self._notify_changed()
            _logger.debug("queue %r: from %d polls to %d", self._task_queue, before, self.target)

    def _adapt_target(self, answer: PollActivityTaskQueueResponse | RPCError) -> None:
        if isinstance(answer, RPCError):
            self._scaler.failed(answer.status)
            return
        decision = answer.poller_scaling_decision
        self._scaler.answered(
            has_task=bool(answer.task_token),
            hint=None if decision is None else decision.poll_request_delta_suggestion,
            now=self._loop.time(),
        )

    def _notify_changed(self) -> None:
        environment = self._config.environment
        if environment.observers is not None:
            target = 0 if self._is_stopping else self.target
            environment.observers.notify(PollersChanged(self._task_queue, target))

    def _thin_out(self, answered: Poller) -> None:
        """Stop as many pollers as are too many: first those that wait for a slot, then *answered* itself."""
        excess = len(self._active) - self._scaler.target
        if excess <= 0:
            return
        idle = [poller for poller in self._active if not poller.is_polling and poller is not answered]
        for poller in idle[:excess]:
            self._dismiss(poller)
        if len(idle) < excess and answered in self._active:
            self._dismiss(answered)
