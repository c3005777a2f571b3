from __future__ import annotations

import asyncio

import anyio
import pytest

from asyncworker.worker import FixedSizeSlotSupplier, SlotReservation

RESERVATION = SlotReservation("queue", "me", 0)


async def test_slots_are_given_until_none_is_left():
    """As many slots are given at once as there are."""
    slots = FixedSizeSlotSupplier(2)

    await slots.reserve_slot(RESERVATION)
    await slots.reserve_slot(RESERVATION)

    assert repr(slots) == "<FixedSizeSlotSupplier [2 of 2 reserved]>"


async def test_who_waits_gets_the_slot_that_is_released():
    """A slot that is released goes to the first in line."""
    slots = FixedSizeSlotSupplier(1)
    permit = await slots.reserve_slot(RESERVATION)
    order: list[str] = []

    async def wait(name: str) -> None:
        await slots.reserve_slot(RESERVATION)
        order.append(name)

    async with anyio.create_task_group() as group:
        group.start_soon(wait, "first")
        await anyio.wait_all_tasks_blocked()
        group.start_soon(wait, "second")
        await anyio.wait_all_tasks_blocked()
        slots.release_slot(permit)
        await anyio.wait_all_tasks_blocked()
        assert order == ["first"]
        slots.release_slot(permit)

    assert order == ["first", "second"]


async def test_cancelling_a_wait_loses_no_slot():
    """A slot given to a poll that is cancelled in that moment goes to the next."""
    slots = FixedSizeSlotSupplier(1)
    permit = await slots.reserve_slot(RESERVATION)
    waiting = asyncio.create_task(slots.reserve_slot(RESERVATION))
    await anyio.wait_all_tasks_blocked()

    slots.release_slot(permit)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    with anyio.fail_after(1):
        await slots.reserve_slot(RESERVATION)


async def test_cancelling_a_wait_leaves_the_line():
    """A poll that waits no more does not hold up the line."""
    slots = FixedSizeSlotSupplier(1)
    permit = await slots.reserve_slot(RESERVATION)
    waiting = asyncio.create_task(slots.reserve_slot(RESERVATION))
    await anyio.wait_all_tasks_blocked()

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    slots.release_slot(permit)

    assert repr(slots) == "<FixedSizeSlotSupplier [0 of 1 reserved]>"


def test_a_worker_needs_a_slot():
    """Fewer slots than one make no sense."""
    with pytest.raises(ValueError, match="num_slots must be at least 1, got 0"):
        FixedSizeSlotSupplier(0)
