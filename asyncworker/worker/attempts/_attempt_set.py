"""Every attempt that a worker holds, and the slots they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._safe_logger import get_logger
from ...activity import Info
from ...common import ActivityCancellationDetails
from .._events import OutcomeName, SlotsChanged
from ..slots._supplier import SlotPermit, SlotReservation, SlotSupplier
from ._arrivals import Arrivals
from ._attempt import Attempt, AttemptStatistics

if TYPE_CHECKING:
    from ._shared import Environment

__all__ = ["AttemptSet"]

_logger = get_logger(__name__)

# How many requests to cancel are kept for tasks that are not here: most of them have ended.
_KEPT = 100


class AttemptSet:
    """Takes tasks from the pollers, and gives their slots back when they are done.

    Attributes:
        issued: How many slots are out, those of polls included.
        processed: How many attempts have ended.
        failed: How many of these were reported as failed, benign failures not counted.
        outcomes: How many attempts have ended in which way.
        arrivals: When the last few tasks came.
    """

    def __init__(self, environment: Environment, slots: SlotSupplier) -> None:
        self._environment = environment
        self._slots = slots
        # One for all, as each reference to a method is an object of its own.
        self._on_end = self._forget
        self._permits: dict[Attempt, SlotPermit] = {}
        self._by_token: dict[bytes, Attempt] = {}
        # Attempts whose token came more than once, which a healthy server does not do.
        self._repeated: list[Attempt] = []
        self._last_call: ActivityCancellationDetails | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._has_late_ones = asyncio.Event()
        # In the order of their coming.
        self._cancelled_early: dict[bytes, ActivityCancellationDetails] = {}
        self.issued = 0
        self.processed = 0
        self.failed = 0
        self.outcomes: dict[OutcomeName, int] = dict.fromkeys(get_args(OutcomeName), 0)
        self._limit_errors = LogThrottle()
        self.arrivals = Arrivals(environment.loop.time())

    def __repr__(self) -> str:
        return f"<AttemptSet [{len(self)} running, {self.issued} slots issued]>"

    def __len__(self) -> int:
        return len(self._permits)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._permits))

    # For the pollers

    async def reserve(self) -> SlotPermit:
        """Wait for a slot. Cancelling is safe."""
        reservation = SlotReservation(self._environment.task_queue, self._environment.identity, self.issued)
        permit = await self._slots.reserve_slot(reservation)
        if not isinstance(permit, SlotPermit):
            raise TypeError(f"{self._slots!r}.reserve_slot() must return a SlotPermit, or wait; got {permit!r}")
        self.issued += 1
        return permit

    def release(self, permit: SlotPermit) -> None:
        """Take a slot back."""
        self.issued -= 1
        try:
            self._slots.release_slot(permit)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # nothing is awaited here, so that a CancelledError is the supplier's own as well
            _logger.exception("the slot supplier failed to take a slot back")

    def take(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        """Run *task*; its end releases *permit*. After the last call it is failed back to the server at once."""
        try:
            execution = Attempt(self._environment, task, self._on_end)
        except BaseException:
            # What cannot even be read must not cost a slot besides.
            self.release(permit)
            raise
        self._permits[execution] = permit
        if self._by_token.setdefault(task.task_token, execution) is not execution:
            self._repeated.append(execution)
            _logger.warning("activity %s: its task came twice, and is run twice", execution.info().activity_type)
        self._is_empty.clear()
        self.arrivals.note(execution.arrived_at)
        self._mark_used(permit, execution.info())
        if self._cancelled_early and (early := self._cancelled_early.pop(task.task_token, None)):
            execution.cancel(early)
        if self._last_call is not None:
            execution.cancel(self._last_call)
            self._has_late_ones.set()
        execution.start()
        self._notify_changed()

    @property
    def max_slots(self) -> int | None:
        """How many slots the supplier has; ``None`` if that is not a fixed number. Of any thread."""
        try:
            limit = self._slots.max_slots
            return None if limit is None else int(limit)
        except Exception as error:
            if self._limit_errors.should_log("", self._environment.loop.time()):
                _logger.error("slot supplier %r does not say how many slots there are", self._slots, exc_info=error)
            return None

    def available(self, used: int) -> int | None:
        """How many slots hold no attempt where *used* do; ``None`` if there is no fixed number of them."""
        limit = self.max_slots
        return None if limit is None else max(0, limit - used)

    def _notify_changed(self) -> None:
        if self._environment.observers is not None:
            used, limit = len(self._permits), self.max_slots
            available = None if limit is None else max(0, limit - used)
            self._environment.observers.notify(SlotsChanged(self._environment.task_queue, used, self.issued, available))

    def statistics(self) -> tuple[AttemptStatistics, ...]:
        """Return what is known of each attempt. Of any thread."""
        now = self._environment.loop.time()
        return tuple(attempt.statistics(now) for attempt in self)

    def _mark_used(self, permit: SlotPermit, info: Info) -> None:
        try:
            self._slots.mark_slot_used(permit, info)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # as above: the task must begin
            _logger.exception("the slot supplier failed to learn that a slot is used")

    # For the worker

    def find(self, task_token: bytes) -> Attempt | None:
        """Answer whose task token this is, if anybody's."""
        return self._by_token.get(task_token)

    def cancel(self, task_token: bytes, details: ActivityCancellationDetails) -> None:
        """Ask the attempt with this token to stop: now, or when it comes.

        A request may overtake the task that it is about, as they come by different calls.
        """
        execution = self.find(task_token)
        if execution is not None:
            for each in (execution, *self._repeated):
                if each.info().task_token == task_token:
                    each.cancel(details)
            return
        if len(self._cancelled_early) >= _KEPT:
            del self._cancelled_early[next(iter(self._cancelled_early))]
        self._cancelled_early[task_token] = details

    def cancel_all(self, details: ActivityCancellationDetails) -> None:
        """Ask all that are here to stop."""
        for execution in self:
            execution.cancel(details)

    def cancel_all_and_late_tasks(self, details: ActivityCancellationDetails) -> None:
        """Ask all attempts to stop, and from now on each that is still added."""
        self._last_call = details
        self.cancel_all(details)

    async def abandon(self) -> None:
        """Give up on all that are left, reporting for those that run. Cancelling leaves the reports to chance."""
        self._has_late_ones.clear()
        # Each sees to its own errors; one that it does not see to must not keep the others' reports from being awaited.
        results = await asyncio.gather(*(execution.abandon() for execution in self), return_exceptions=True)
        for error in results:
            if error is not None:
                _logger.error("an attempt that was left behind could not be reported", exc_info=error)

    async def wait_for_late_tasks(self) -> None:
        """Wait for a task that has come after the last call, and after the last :meth:`abandon`."""
        await self._has_late_ones.wait()

    async def wait_until_done(self) -> None:
        """Wait until nothing runs. Cancelling is safe."""
        await self._is_empty.wait()

    def _forget(self, execution: Attempt) -> None:
        permit = self._permits.pop(execution, None)
        if permit is None:
            return
        try:
            self._forget_token(execution)
            self.processed += 1
            self.failed += execution.has_failed
            self.outcomes[execution.outcome] += 1
            self.release(permit)
            self._notify_changed()
        finally:
            if not self._permits:
                self._is_empty.set()

    def _forget_token(self, execution: Attempt) -> None:
        token = execution.info().task_token
        if self._by_token.get(token) is not execution:
            self._repeated.remove(execution)
            return
        del self._by_token[token]
        again = next((each for each in self._repeated if each.info().task_token == token), None)
        if again is not None:
            self._repeated.remove(again)
            self._by_token[token] = again
