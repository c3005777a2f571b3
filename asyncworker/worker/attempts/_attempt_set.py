"""The attempts of a worker, and the slots that they hold."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Literal, get_args

from ..._log_throttle import LogThrottle
from ..._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueResponse
from ..._safe_logger import get_logger
from ...activity import Info
from ...common import ActivityCancellationDetails
from .._events import OutcomeName, SlotsChanged, make_slots_changed
from ..slots._supplier import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from ._arrivals import Arrivals
from ._attempt import Attempt
from ._attempt_state import AttemptStatistics
from ._log import log_all_abandoned

if TYPE_CHECKING:
    from ._run_environment import RunEnvironment

__all__ = ["AttemptSet"]

_logger = get_logger(__name__)

# How many cancellations are kept for tasks that are not here: most of them have ended.
_MAX_EARLY = 100


class AttemptSet:
    """Runs the tasks of the pollers, each in a slot that is released at its end.

    Args:
        environment: Of the attempts.
        slots: Of the worker.
        lull: Seconds without a task after which a stream of them has ceased.

    Attributes:
        issued: How many slots are in use, those of polls included.
        processed: How many attempts have ended.
        failed: How many of these were reported as failed, benign failures not counted.
        outcomes: How many attempts have ended in which way.
        ended_by_shutdown: How many the shutdown has ended, by whether they may be tried again and their type.
        arrivals: When the last few tasks came.
    """

    def __init__(self, environment: RunEnvironment, slots: SlotSupplier, *, lull: float = 1.0) -> None:
        self._environment = environment
        self._slots = slots
        observers = environment.observers
        self._on_slots_changed = None if observers is None else observers.notifier(SlotsChanged)
        # Asked once of a supplier that has one number for good.
        self._fixed_limit = slots.max_slots if type(slots) is FixedSizeSlotSupplier else None
        self._marks_slots = type(slots).mark_slot_used is not SlotSupplier.mark_slot_used
        # One object for all attempts, as each reference to a method makes one.
        self._on_end = self._remove
        self._permits: dict[Attempt, SlotPermit] = {}
        self._by_token: dict[bytes, Attempt] = {}
        # Attempts whose token came more than once, which a healthy server does not do.
        self._repeated: list[Attempt] = []
        self._cancel_late: ActivityCancellationDetails | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._has_late_tasks = asyncio.Event()
        # In the order in which they came.
        self._cancelled_early: dict[bytes, ActivityCancellationDetails] = {}
        self.issued = 0
        self.processed = 0
        self.failed = 0
        self.outcomes: dict[OutcomeName, int] = dict.fromkeys(get_args(OutcomeName), 0)
        self.ended_by_shutdown: dict[Literal["again", "last"], Counter[str]] = {"again": Counter(), "last": Counter()}
        self._limit_errors = LogThrottle()
        self.arrivals = Arrivals(environment.loop.time(), lull=lull)

    def __repr__(self) -> str:
        return f"<AttemptSet [{len(self)} running, {self.issued} slots issued]>"

    def __len__(self) -> int:
        return len(self._permits)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(list(self._permits))

    def oldest(self, most: int) -> Sequence[Attempt]:
        """Return the attempts that came first, in their order: *most* of them."""
        return list(islice(self._permits, most))

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
        """Release a slot."""
        self.issued -= 1
        try:
            self._slots.release_slot(permit)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # nothing is awaited here, so that a CancelledError is the supplier's own as well
            _logger.exception("the slot supplier failed to release a slot")

    def take(self, task: PollActivityTaskQueueResponse, permit: SlotPermit) -> None:
        """Run *task*; its end releases *permit*. After :meth:`cancel_all_and_late_tasks` it is cancelled at once."""
        try:
            attempt = Attempt(self._environment, task, self._on_end)
        except BaseException:
            # A task that cannot even be decoded must not cost a slot besides.
            self.release(permit)
            raise
        self._permits[attempt] = permit
        if self._by_token.setdefault(task.task_token, attempt) is not attempt:
            self._repeated.append(attempt)
            _logger.warning("activity %s: its task came twice, and is run twice", attempt.info.activity_type)
        self._is_empty.clear()
        self.arrivals.note(attempt.arrived_at)
        if self._marks_slots:
            self._mark_used(permit, attempt.info)
        if self._cancelled_early and (early := self._cancelled_early.pop(task.task_token, None)):
            attempt.cancel(early)
        if self._cancel_late is not None:
            attempt.cancel(self._cancel_late)
            self._has_late_tasks.set()
        attempt.start()
        if self._on_slots_changed is not None:
            self._notify_changed(self._on_slots_changed)

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

    def announce(self) -> None:
        """Notify the observers of how many slots there are, before that first changes."""
        if self._on_slots_changed is not None:
            self._notify_changed(self._on_slots_changed)

    def _notify_changed(self, notify: Callable[[SlotsChanged], None]) -> None:
        used, limit = len(self._permits), self._fixed_limit
        available = self.available(used) if limit is None else limit - used
        notify(make_slots_changed((self._environment.task_queue, used, self.issued, available)))

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
            _logger.exception("the slot supplier failed to mark a slot as used")

    # For the worker

    def find(self, task_token: bytes) -> Attempt | None:
        """Return the attempt with this task token, if there is one."""
        return self._by_token.get(task_token)

    def cancel(self, task_token: bytes, details: ActivityCancellationDetails) -> None:
        """Cancel the attempt with this token: now, or when its task comes.

        A cancellation may overtake its task, as they come by different calls.
        """
        attempt = self.find(task_token)
        if attempt is not None:
            for each in (attempt, *self._repeated):
                if each.info.task_token == task_token:
                    each.cancel(details)
            return
        if len(self._cancelled_early) >= _MAX_EARLY:
            del self._cancelled_early[next(iter(self._cancelled_early))]
        self._cancelled_early[task_token] = details

    def cancel_all(self, details: ActivityCancellationDetails) -> None:
        """Cancel all attempts."""
        for attempt in self:
            attempt.cancel(details)

    def cancel_all_and_late_tasks(self, details: ActivityCancellationDetails) -> None:
        """Cancel all attempts, and from now on each new one."""
        self._cancel_late = details
        self.cancel_all(details)

    async def abandon(self) -> None:
        """Abandon all attempts, and report the failures of those that run. Cancelling leaves the reports to chance."""
        self._has_late_tasks.clear()
        log_all_abandoned([attempt.info for attempt in self if attempt.is_open])
        # Each handles its own errors; one that it does not must not keep the others' reports from being awaited.
        results = await asyncio.gather(*(attempt.abandon() for attempt in self), return_exceptions=True)
        for error in results:
            if error is not None:
                _logger.error("an abandoned attempt could not be reported", exc_info=error)

    async def wait_for_late_tasks(self) -> None:
        """Wait for a task that has come after :meth:`cancel_all_and_late_tasks` and the last :meth:`abandon`."""
        await self._has_late_tasks.wait()

    async def wait_until_done(self) -> None:
        """Wait until there is no attempt. Cancelling is safe."""
        await self._is_empty.wait()

    def _remove(self, attempt: Attempt) -> None:
        permit = self._permits.pop(attempt, None)
        if permit is None:
            return
        try:
            self._remove_token(attempt)
            self.processed += 1
            self.failed += attempt.has_failed
            self.outcomes[attempt.outcome] += 1
            if attempt.end_by_shutdown is not None:
                self.ended_by_shutdown[attempt.end_by_shutdown][attempt.info.activity_type] += 1
            self.release(permit)
            if self._on_slots_changed is not None:
                self._notify_changed(self._on_slots_changed)
        finally:
            if not self._permits:
                self._is_empty.set()

    def _remove_token(self, attempt: Attempt) -> None:
        token = attempt.info.task_token
        if self._by_token.get(token) is not attempt:
            self._repeated.remove(attempt)
            return
        del self._by_token[token]
        again = next((each for each in self._repeated if each.info.task_token == token), None)
        if again is not None:
            self._repeated.remove(again)
            self._by_token[token] = again
