"""Tasks that wait in line for permits."""

from __future__ import annotations

import asyncio
import math

import anyio
import pytest

from asyncworker.worker.slots._wait_queue import WaitQueue


class Permits:
    """A number of permits, and the line for them."""

    def __init__(self, free: int = 0) -> None:
        self.free = free
        self.queue = WaitQueue(lambda: 0.0 if self.free else math.inf, self.grant, self.give_back)

    def grant(self) -> None:
        self.free -= 1

    def give_back(self) -> None:
        self.free += 1
        self.queue.serve()


async def wait_in(queue: WaitQueue) -> asyncio.Task[None]:
    waiting = asyncio.create_task(queue.wait())
    await anyio.wait_all_tasks_blocked()
    return waiting


async def test_permits_are_granted_first_come_first_served():
    """The one who has waited longest is next."""
    permits = Permits()
    first, second = await wait_in(permits.queue), await wait_in(permits.queue)

    permits.give_back()
    await anyio.wait_all_tasks_blocked()

    assert (first.done(), second.done()) == (True, False)
    permits.give_back()
    await second


async def test_a_permit_granted_to_a_task_that_is_cancelled_goes_to_the_next():
    """No permit is lost, even in the moment between its grant and the task's next turn."""
    permits = Permits()
    first, second = await wait_in(permits.queue), await wait_in(permits.queue)

    permits.give_back()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    with anyio.fail_after(1):
        await second


async def test_a_task_that_is_cancelled_leaves_the_line():
    """It does not hold up the next one, and takes no permit."""
    permits = Permits()
    first = await wait_in(permits.queue)

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    permits.give_back()

    assert (len(permits.queue), permits.free) == (0, 1)


async def test_a_permit_that_comes_with_time_is_granted_then():
    """One timer comes back for all who wait."""
    is_due, granted = False, 0

    def grant() -> None:
        nonlocal granted
        granted += 1

    def next_wait() -> float:
        nonlocal is_due
        is_due, was_due = True, is_due
        return 0.0 if was_due else 0.001

    queue = WaitQueue(next_wait, grant, lambda: None)
    with anyio.fail_after(5):
        await asyncio.gather(queue.wait(), queue.wait())

    assert (granted, len(queue)) == (2, 0)
