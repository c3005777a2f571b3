"""Keep as many pollers at work as the worker's poller behaviour asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from .._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest, PollActivityTaskQueueResponse
from .._safe_logger import get_logger
from ..exceptions import RPCError
from ._poller import Poller, Standing, TaskTaker
from ._rate import Turnstile
from ._scaling import PollerBehavior, PollerScaler

if TYPE_CHECKING:
    from ._environment import Environment

__all__ = ["Pollers"]

_logger = get_logger(__name__)

_AFTER_POLLER_ERROR = 1.0


class Pollers:
    """The pollers of one worker, from their start to the end of the last poll.

    Their number follows the target. To have more, new ones are started. To have fewer, those that are not polling at
    the moment are stopped, and beyond these each ends with its poll: none is cut short.

    Args:
        environment: Of the worker.
        request: What to ask, each time.
        taker: Gives slots and takes tasks.
        timeout: Seconds that one poll may take.
        behavior: How many.
        gives_hints: Whether the namespace says ``poller_autoscaling``.
        max_per_second: The worker's rate limit.
        on_fatal: Told the error that makes polling on useless.
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
    ) -> None:
        self._environment = environment
        self._request = request
        self._taker = taker
        self._timeout = timeout
        self._on_fatal = on_fatal
        self._standing = Standing()
        self._turnstile = None if max_per_second is None else Turnstile(max_per_second)
        self._loop = asyncio.get_running_loop()
        self._scaler = PollerScaler(behavior, now=self._loop.time(), gives_hints=gives_hints)
        # At work, and on their way out.
        self._active: set[Poller] = set()
        self._leaving: set[Poller] = set()
        self._is_stopping = False
        self._fill()

    def __repr__(self) -> str:
        return f"<Pollers [{len(self)} of {self.target}, {len(self._leaving)} leaving]>"

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
        """Whether a poll is under way."""
        return self.open_polls > 0

    @property
    def open_polls(self) -> int:
        """How many polls are under way."""
        return sum(poller.is_polling for poller in (*self._active, *self._leaving))

    def stop(self) -> None:
        """Poll no more. Polls under way go on to their end, and what they bring is handed over."""
        self._is_stopping = True
        for poller in list(self._active):
            self._dismiss(poller)

    async def wait_for_one(self, timeout: float) -> None:
        """After :meth:`stop`: wait until one more poll has ended, or *timeout* seconds."""
        tasks = [poller.task for poller in self._leaving]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)

    async def wait_until_done(self, cut: asyncio.Event) -> None:
        """After :meth:`stop`: wait until the last poll has ended, or, once *cut* is set, cancel what is left."""
        tasks = {poller.task for poller in self._leaving}
        cutting = self._loop.create_task(cut.wait())
        while tasks and not cutting.done():
            done, _ = await asyncio.wait({*tasks, cutting}, return_when=asyncio.FIRST_COMPLETED)
            tasks -= done
        # Only somebody who has asked three times gets here with tasks left.
        for task in tasks:
            task.cancel()
        cutting.cancel()

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
            timeout=self._timeout,
            standing=self._standing,
            turnstile=self._turnstile,
            on_fatal=self._on_fatal,
            on_answer=self._learn,
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
            _logger.debug("queue %r: from %d polls to %d", self._environment.task_queue, before, self.target)
            self._fill()
        self._thin_out(poller)

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
        if task.cancelled():
            # By whom? If the event loop is on its way down, nobody is there any more to be replaced.
            is_missed = not was_told
        elif is_missed := (error := task.exception()) is not None:
            _logger.error(
                "a poller of queue %r failed, and is replaced in %g s",
                self._environment.task_queue,
                _AFTER_POLLER_ERROR,
                exc_info=error,
            )
        if is_missed:
            self._loop.call_later(_AFTER_POLLER_ERROR, self._fill)
