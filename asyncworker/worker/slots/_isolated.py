"""Wait for a slot of a user's supplier in a task of its own, which may be left behind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import anyio

from ..._safe_logger import get_logger
from ._supplier import SlotPermit, SlotReservation, SlotSupplier

if TYPE_CHECKING:
    from ...activity import Info

__all__ = ["IsolatedSlotSupplier", "isolated"]

_logger = get_logger(__name__)


def isolated(supplier: SlotSupplier, *, cancel_timeout: float = 5.0) -> SlotSupplier:
    """Return *supplier* as the worker uses it: one of a user's may not heed its cancellation.

    Args:
        supplier: Of the worker.
        cancel_timeout: Seconds that a cancelled wait for a slot has to end.
    """
    # The package's own heed it, and are spared the task.
    is_own = type(supplier).__module__.startswith(_OWN)
    return supplier if is_own else IsolatedSlotSupplier(supplier, cancel_timeout)


class IsolatedSlotSupplier(SlotSupplier):
    """A user's slot supplier, whose waits for a slot do not hold up the end of the worker.

    Args:
        supplier: Of the user.
        cancel_timeout: Seconds that a cancelled wait for a slot has to end before it is left behind.
    """

    def __init__(self, supplier: SlotSupplier, cancel_timeout: float) -> None:
        self._supplier = supplier
        self._cancel_timeout = cancel_timeout
        # The event loop keeps no task alive.
        self._left_behind: set[asyncio.Task[SlotPermit]] = set()
        self.kind = supplier.kind

    def __repr__(self) -> str:
        return repr(self._supplier)

    @property
    def max_slots(self) -> int | None:
        return self._supplier.max_slots

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        waiting = _start(self._supplier.reserve_slot(reservation))
        if waiting.done():
            return waiting.result()
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            await self._cancel(waiting)
            if not waiting.done() or waiting.cancelled():
                raise
        # The answer to the cancellation: a permit is the caller's to give back.
        return waiting.result()

    def release_slot(self, permit: SlotPermit) -> None:
        self._supplier.release_slot(permit)

    def mark_slot_used(self, permit: SlotPermit, info: Info) -> None:
        self._supplier.mark_slot_used(permit, info)

    async def _cancel(self, waiting: asyncio.Task[SlotPermit]) -> None:
        """Cancel a wait for a slot once, and wait for its end for a while."""
        if not waiting.cancel():
            return
        try:
            with anyio.move_on_after(self._cancel_timeout):
                await asyncio.wait((waiting,))
        finally:
            if not waiting.done():
                self._leave_behind(waiting)

    def _leave_behind(self, waiting: asyncio.Task[SlotPermit]) -> None:
        self._left_behind.add(waiting)
        waiting.add_done_callback(self._on_late_end)
        _logger.error(
            "slot supplier %r has not heeded its cancellation for %g s: a wait for a slot is left behind",
            self._supplier,
            self._cancel_timeout,
        )

    def _on_late_end(self, waiting: asyncio.Task[SlotPermit]) -> None:
        self._left_behind.discard(waiting)
        if not waiting.cancelled() and (error := waiting.exception()) is not None:
            _logger.error("slot supplier %r failed after it was left behind", self._supplier, exc_info=error)


def _start(reservation: Coroutine[Any, Any, SlotPermit]) -> asyncio.Task[SlotPermit]:
    """Run *reservation* in a task: where Python can, as far as it gets at once, which most suppliers' do."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(reservation, loop=loop, eager_start=True)
    return loop.create_task(reservation)


_OWN = __name__.rpartition(".")[0] + "."
