"""Keep as many pollers at work as the worker's poller behaviour asks for."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest, PollActivityTaskQueueResponse
from ..._rpc._long_poll import PATIENCE
from ..._safe_logger import get_logger
from ...exceptions import RPCError
from .._events import PollersChanged
from .._rate_limit import PollRateLimiter
from ._autoscaling import PollerBehavior, PollerScaler
from ._poller import PollBackoff, Poller, TaskTaker
from ._refusals import Refusals

if TYPE_CHECKING:
    from ..attempts._shared import Environment

__all__ = ["LAST_PATIENCE", "PollerPool"]

_logger = get_logger(__name__)

_AFTER_POLLER_ERROR = 1.0
# Seconds from one poll's answer to the next poll, at most, where nothing is in the way.
_MOMENT = 1.0
#: Seconds beyond its deadline that a poll is listened to when the worker stops.
LAST_PATIENCE = 5.0
# Seconds for what pollers do besides polling, which may be the slot supplier's code, to end when they are cancelled.
_LAST_WAIT = 5.0


class PollerPool:
    """The pollers of one worker, from their start to the end of the last poll.

    Their number follows the target. To have more, new ones are started. To have fewer, those that are not polling at
    the moment are stopped, and beyond these each ends with its poll: none is cut short.

    To stop, every poll that is with the server is listened to for some seconds beyond its deadline, which is longer
    than a server that is there takes. Those without an answer by then are given up, so that a worker can be stopped
    while the server, or the way to it, is silent.

    Args:
        environment: Of the worker.
        request: What to ask, each time.
        taker: Gives slots and takes tasks.
        timeout: Seconds that the server is told for one poll.
        behavior: How many.
        gives_hints: Whether the namespace says ``poller_autoscaling``.
        max_per_second: The worker's rate limit.
        on_fatal: Told the error that makes polling on useless.
        patience: Seconds that a poll is listened to beyond its deadline, while the worker goes on.
        last_patience: The same, once it stops.
    """

    def __init__(
        self,
        environment: Environment,
        request: PollActivityTaskQueueRequest,
        taker: TaskTaker,
        *,
        timeout: float,
        behavior: PollerBehavior,
        gives_hints: bool,
        max_per_second: float | None,
        on_fatal: Callable[[RPCError], None],
        patience: float = PATIENCE,
        last_patience: float = LAST_PATIENCE,
    ) -> None:
        self._environment = environment
        self._request = request
        self._taker = taker
        self.timeout = timeout
        self._patience = patience
        self._last_patience = last_patience
        self._on_fatal = on_fatal
        self._standing = PollBackoff()
        self._refusals = Refusals(environment)
        self._turnstile = None if max_per_second is None else PollRateLimiter(max_per_second)
        self._loop = asyncio.get_running_loop()
        self._scaler = PollerScaler(behavior, now=self._loop.time(), gives_hints=gives_hints)
        # At work, and on their way out.
        self._active: set[Poller] = set()
        self._leaving: set[Poller] = set()
        self._is_stopping = False
        self._stopped_at = 0.0
        self._fill()
        self._notify_changed()

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
        return monotonic() - self._standing.answered_at < _MOMENT

    @property
    def last_success_at(self) -> float | None:
        """When a poll was last answered, on the clock of :func:`time.monotonic`; of any thread."""
        last = self._standing.last_success_at
        return None if last == -math.inf else last

    def may_not_poll(self, *, holds_tasks: bool) -> bool:
        """Whether no poller may poll at present, as all slots or the rate are used up; of any thread.

        Args:
            holds_tasks: Whether the worker holds any task. If not, a slot supplier that gives no slot has another
                reason for that.
        """
        pollers = list(self._active)
        waits = [poller.is_limited or (holds_tasks and poller.is_waiting) for poller in pollers]
        return bool(waits) and all(waits)

    def stop(self, within: float | None = None) -> None:
        """Poll no more. Polls with the server go on to their end, and what they bring is handed over.

        Args:
            within: Give polls up after so many seconds, however far their deadline is. ``None``: only the deadline
                counts.
        """
        self._is_stopping = True
        self._stopped_at = now = self._loop.time()
        self._notify_changed()
        for poller in list(self._active):
            self._dismiss(poller)
        for poller in self._leaving:
            if not poller.is_polling:
                continue
            gives_up_at = poller.deadline + self._last_patience
            if within is not None:
                gives_up_at = min(gives_up_at, now + within)
            self._loop.call_at(gives_up_at, self._give_up, poller)

    async def wait_for_one(self, timeout: float) -> None:
        """After :meth:`stop`: wait until one more poll has ended, or *timeout* seconds."""
        tasks = [poller.task for poller in self._leaving]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def wait_until_done(self, cut: asyncio.Event) -> None:
        """After :meth:`stop`: wait until the last poll has ended, or, once *cut* is set, cancel what is left."""
        cutting = self._loop.create_task(cut.wait())
        while self._leaving and not cutting.done():
            tasks = [poller.task for poller in self._leaving]
            await asyncio.wait({*tasks, cutting}, timeout=self._patience_left(), return_when=asyncio.FIRST_COMPLETED)
            self._leave_behind()
        # Only somebody who has asked three times gets here with tasks left.
        for poller in self._leaving:
            poller.task.cancel()
        cutting.cancel()
        await self._refusals.wait_until_done(at_once=cut.is_set())

    def _patience_left(self) -> float | None:
        """How many seconds pollers have to end that do not poll; ``None`` if all do."""
        if all(poller.is_calling for poller in self._leaving):
            return None
        return max(0.0, self._stopped_at + _LAST_WAIT - self._loop.time())

    def _leave_behind(self) -> None:
        """Wait no longer for pollers that a slot supplier does not let go of."""
        if self._patience_left() != 0.0:
            return
        stuck = {poller for poller in self._leaving if not poller.is_calling and not poller.task.done()}
        self._leaving -= stuck
        if stuck:
            _logger.error(
                "the slot supplier of queue %r has not heeded its cancellation for %g s: %d pollers are left behind",
                self._environment.task_queue,
                _LAST_WAIT,
                len(stuck),
            )

    def _give_up(self, poller: Poller) -> None:
        if poller.task.done() or not poller.give_up():
            return
        _logger.warning(
            "a poll of task queue %r has no answer, and is given up as the worker stops. If the server has started a"
            " task for it, that attempt runs into its timeout, and is retried as its policy says",
            self._environment.task_queue,
        )

    # Keeping the number

    def _fill(self) -> None:
        """Start as many as are missing."""
        while len(self._active) < self.target and not self._is_stopping:
            self._add()

    def _add(self) -> None:
        poller = Poller(
            self._environment,
            self._request,
            self._taker,
            timeout=self.timeout,
            standing=self._standing,
            refusals=self._refusals,
            turnstile=self._turnstile,
            on_fatal=self._on_fatal,
            on_answer=self._learn,
            patience=self._patience,
        )
        self._active.add(poller)
        poller.task.add_done_callback(lambda task: self._on_done(poller, task))

    def _dismiss(self, poller: Poller) -> None:
        self._active.discard(poller)
        self._leaving.add(poller)
        poller.stop()

    def _learn(self, poller: Poller, answer: PollActivityTaskQueueResponse | RPCError) -> None:
        """Take in what a poll came to, and bring the number of pollers to the target."""
        before = self.target
        if isinstance(answer, RPCError):
            self._scaler.failed(answer.status)
        else:
            decision = answer.poller_scaling_decision
            self._scaler.answered(
                has_task=bool(answer.task_token),
                hint=None if decision is None else decision.poll_request_delta_suggestion,
                now=self._loop.time(),
            )
        if self.target != before:
            self._fill()
        self._thin_out(poller)
        if self.target != before:
            self._notify_changed()
            _logger.debug("queue %r: from %d polls to %d", self._environment.task_queue, before, self.target)

    def _notify_changed(self) -> None:
        if self._environment.observers is not None:
            target = 0 if self._is_stopping else self.target
            self._environment.observers.notify(PollersChanged(self._environment.task_queue, target))

    def _thin_out(self, answered: Poller) -> None:
        """Part with as many as are too many: with those that wait for a slot first, then with *answered* itself."""
        excess = len(self._active) - self.target
        if excess <= 0:
            return
        idle = [poller for poller in self._active if not poller.is_polling and poller is not answered]
        for poller in idle[:excess]:
            self._dismiss(poller)
        if len(idle) < excess and answered in self._active:
            self._dismiss(answered)

    def _on_done(self, poller: Poller, task: asyncio.Task[None]) -> None:
        was_told = poller in self._leaving
        self._active.discard(poller)
        self._leaving.discard(poller)
        error = None if task.cancelled() else task.exception()
        # Cancelled by whom? If the event loop is on its way down, nobody is there any more to be replaced.
        if error is not None or (task.cancelled() and not was_told):
            # Before anything is said of it: a log handler is the user's, and may raise.
            self._loop.call_later(_AFTER_POLLER_ERROR, self._refill)
        if error is not None:
            _logger.error(
                "a poller of queue %r failed, and is replaced in %g s",
                self._environment.task_queue,
                _AFTER_POLLER_ERROR,
                exc_info=error,
            )

    def _refill(self) -> None:
        try:
            self._fill()
        except BaseException:
            # A task factory is the user's as well.
            self._loop.call_later(_AFTER_POLLER_ERROR, self._refill)
            raise
