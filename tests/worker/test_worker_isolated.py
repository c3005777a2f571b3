"""A user's slot supplier is asked in a task of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import anyio
import pytest
from worker_helpers import Rude, until

from asyncworker.worker import FixedSizeSlotSupplier, SlotPermit, SlotReservation, SlotSupplier
from asyncworker.worker.slots._isolated import isolated

RESERVATION = SlotReservation("orders", "me", 0)


class Waiting(SlotSupplier):
    """A supplier that does as it is told, in place of giving a slot."""

    def __init__(self, reserve: Callable[[], Awaitable[SlotPermit]]) -> None:
        self._reserve = reserve
        self.waits = 0

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        self.waits += 1
        return await self._reserve()

    def release_slot(self, permit: SlotPermit) -> None: ...


async def forever() -> SlotPermit:
    await asyncio.Event().wait()
    raise AssertionError


async def begin(supplier: SlotSupplier) -> asyncio.Task[SlotPermit]:
    waiting = asyncio.create_task(supplier.reserve_slot(RESERVATION))
    await anyio.wait_all_tasks_blocked()
    return waiting


def test_the_package_s_own_suppliers_need_no_task():
    """They heed their cancellation."""
    supplier = FixedSizeSlotSupplier(1)

    assert isolated(supplier) is supplier


def test_an_isolated_supplier_shows_itself():
    """Its name, its number of slots and its repr are the user's."""
    supplier = Waiting(forever)
    wrapped = isolated(supplier)

    assert (wrapped.kind, wrapped.max_slots, repr(wrapped)) == ("Custom", None, repr(supplier))


async def test_a_permit_that_is_there_is_given():
    """The wait ends with the supplier's."""
    permit = SlotPermit()

    async def give() -> SlotPermit:
        return permit

    assert await isolated(Waiting(give)).reserve_slot(RESERVATION) is permit


@pytest.mark.parametrize("error", [OSError, asyncio.CancelledError, Rude])
@pytest.mark.parametrize("is_late", [False, True])
async def test_an_error_of_a_supplier_is_raised(error, is_late):
    """Whatever it is, and whenever it comes."""

    async def fail() -> SlotPermit:
        if is_late:
            await asyncio.sleep(0)
        raise error

    with pytest.raises(error):
        await isolated(Waiting(fail)).reserve_slot(RESERVATION)


async def test_a_cancelled_wait_is_cancelled_once():
    """The supplier's clean-up may await, as level cancellation would not let it."""
    cleaned = False

    async def wait() -> SlotPermit:
        nonlocal cleaned
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleaned = True
        raise AssertionError

    waiting = await begin(isolated(Waiting(wait)))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert cleaned


async def test_a_permit_given_on_cancellation_is_returned():
    """It is the caller's to release."""
    permit = SlotPermit()

    async def insist() -> SlotPermit:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return permit

    waiting = await begin(isolated(Waiting(insist)))
    waiting.cancel()

    assert await waiting is permit


async def test_a_wait_that_ignores_its_cancellation_is_left_behind(caplog):
    """The caller goes on after a while, and an error that comes later is logged."""
    goes_on = asyncio.Event()

    async def ignore() -> SlotPermit:
        while not goes_on.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await goes_on.wait()
        raise OSError("too late")

    waiting = await begin(isolated(Waiting(ignore), cancel_timeout=0.01))
    waiting.cancel()
    with anyio.fail_after(5), pytest.raises(asyncio.CancelledError):
        await waiting
    goes_on.set()
    await until(lambda: "failed after it was left behind" in caplog.text)

    assert "has not heeded its cancellation for 0.01 s: a wait for a slot is left behind" in caplog.text
