"""Slot suppliers bound concurrent attempts: a slot is reserved before each poll, and released after the reply."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import anyio

from ...activity import Info

__all__ = ["FixedSizeSlotSupplier", "SlotPermit", "SlotReservation", "SlotSupplier"]


@dataclass(frozen=True, slots=True)
class SlotReservation:
    """The worker and the poll for which a slot is reserved.

    Attributes:
        task_queue: The queue that is about to be polled.
        worker_identity: Of the worker that asks.
        num_issued: How many of this worker's slots are out at the moment of asking, those that only poll included.
    """

    task_queue: str
    worker_identity: str
    num_issued: int


class SlotPermit:
    """The right to hold one activity. A supplier may subclass it to keep something with it."""

    __slots__ = ()


class SlotSupplier(ABC):
    """Decides how many activities a worker may hold at a time.

    All methods are called on the worker's event loop. The names follow ``temporalio.worker.CustomSlotSupplier``. A
    supplier belongs to one worker, unless it says otherwise.

    Errors do not end the worker: those of :meth:`reserve_slot` are logged, and it is asked again after a second; those
    of the other methods are logged. A supplier has no beginning and no end here: what it needs to have started and
    stopped, such as a connection to a coordinator, is its owner's, around the worker.
    """

    #: How the supplier is named in the worker's heartbeats.
    kind = "Custom"

    @property
    def max_slots(self) -> int | None:
        """How many slots there are at most, or ``None`` if that is not a fixed number."""
        return None

    @abstractmethod
    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        """Wait until one more activity may be held.

        Cancelling must be safe: no permit may be lost. Every permit that is returned comes back once, to
        :meth:`release_slot`. What is no :class:`SlotPermit`, such as ``None``, counts as an error.

        Raises:
            Exception: Any error is logged, and the slot is asked for again.
        """

    @abstractmethod
    def release_slot(self, permit: SlotPermit) -> None:
        """Release *permit*: its activity has been replied to, or its poll was empty."""

    def mark_slot_used(self, permit: SlotPermit, info: Info) -> None:  # noqa: B027 - a hook
        """Record that *permit* is now used by the activity *info*."""


class FixedSizeSlotSupplier(SlotSupplier):
    """A fixed number of slots.

    Args:
        num_slots: How many activities may be held at a time.

    Raises:
        ValueError: Fewer than one.
    """

    kind = "Fixed"

    def __init__(self, num_slots: int) -> None:
        if num_slots < 1:
            raise ValueError(f"num_slots must be at least 1, got {num_slots!r}")
        self._size = num_slots
        # Made with the first reservation: a worker is made at import, before there is an event loop.
        self._semaphore: anyio.Semaphore | None = None

    def __repr__(self) -> str:
        reserved = 0 if self._semaphore is None else self._size - self._semaphore.value
        return f"<FixedSizeSlotSupplier [{reserved} of {self._size} reserved]>"

    @property
    def max_slots(self) -> int:
        return self._size

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:  # noqa: ARG002 - slots are all alike
        """Wait for a slot, first come, first served. Cancelling is safe; it raises nothing else."""
        semaphore = self._semaphore
        if semaphore is None:
            semaphore = self._semaphore = anyio.Semaphore(self._size, max_value=self._size, fast_acquire=True)
        if semaphore.value:
            # Whatever is free here is not awaited: a slot that is released goes to the first task in line.
            semaphore.acquire_nowait()
        else:
            await semaphore.acquire()
        return _PERMIT

    def release_slot(self, permit: SlotPermit) -> None:  # noqa: ARG002 - slots are all alike
        assert self._semaphore is not None
        self._semaphore.release()


# Fixed slots are all alike.
_PERMIT = SlotPermit()
