"""Slots are given while the machine has room for what they will hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import pytest
from worker_helpers import run

from asyncworker import activity
from asyncworker.worker import (
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    ResourceController,
    ResourceUsage,
    SlotPermit,
    SlotReservation,
)

RESERVATION = SlotReservation("queue", "me", 0)
TUNER = ResourceBasedTunerConfig(target_memory_usage=0.8, target_cpu_usage=0.9)
IDLE = ResourceUsage(memory=0.1, cpu=0.1)
BUSY = ResourceUsage(memory=0.1, cpu=1.0)


class Machine:
    """What the worker runs on, as it is told to be."""

    def __init__(self, usage: ResourceUsage = IDLE) -> None:
        self.usage = usage
        self.looks = 0

    def __call__(self, now: float) -> ResourceUsage:
        self.looks += 1
        return self.usage


def slots_on(
    sensor: Callable[[float], ResourceUsage], *, minimum: int = 1, maximum: int = 500, ramp: float = 0.0
) -> ResourceBasedSlotSupplier:
    config = ResourceBasedSlotConfig(minimum, maximum, ramp)
    return ResourceBasedSlotSupplier(config, ResourceController(TUNER, sensor=sensor))


async def reserve(slots: ResourceBasedSlotSupplier, count: int = 1) -> SlotPermit:
    with anyio.fail_after(5):
        return [await slots.reserve_slot(RESERVATION) for _ in range(count)][-1]


async def begin_to_reserve(slots: ResourceBasedSlotSupplier) -> asyncio.Task[SlotPermit]:
    waiting = asyncio.create_task(slots.reserve_slot(RESERVATION))
    await anyio.wait_all_tasks_blocked()
    return waiting


async def give_up(waiting: asyncio.Task[SlotPermit]) -> None:
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


class TestBounds:
    async def test_the_minimum_is_given_whatever_the_machine_says(self):
        """A worker on a machine that others keep busy still works."""
        machine = Machine(BUSY)

        await reserve(slots_on(machine, minimum=3, ramp=3600), 3)

        assert machine.looks == 0

    async def test_beyond_the_maximum_a_slot_has_to_be_released(self):
        """At the maximum the next slot is one that comes back."""
        slots = slots_on(Machine(), maximum=2)
        permit = await reserve(slots, 2)
        waiting = await begin_to_reserve(slots)
        was_waiting = not waiting.done()

        slots.release_slot(permit)

        await waiting
        assert was_waiting
        assert repr(slots) == "<ResourceBasedSlotSupplier [2 reserved, from 1 to 2, 0 waiting]>"

    async def test_a_machine_with_room_gives_many(self):
        """Between the bounds, room is all it takes."""
        slots = slots_on(Machine(), maximum=100)

        await reserve(slots, 100)

        assert repr(slots) == "<ResourceBasedSlotSupplier [100 reserved, from 1 to 100, 0 waiting]>"

    async def test_slots_beyond_the_minimum_come_one_by_one(self):
        """What the last activity needs should show before the next begins."""
        slots = slots_on(Machine(), ramp=3600)
        await reserve(slots)

        waiting = await begin_to_reserve(slots)

        assert not waiting.done()
        await give_up(waiting)

    async def test_the_ramp_goes_on_by_itself(self):
        """Who waits for the ramp is served when it lets the next through."""
        slots = slots_on(Machine(), ramp=0.005)

        await reserve(slots, 5)

        assert repr(slots) == "<ResourceBasedSlotSupplier [5 reserved, from 1 to 500, 0 waiting]>"


class TestRoom:
    async def test_a_full_machine_is_waited_for(self):
        """On a busy machine a slot comes when the machine has calmed down."""
        machine = Machine(BUSY)
        slots = slots_on(machine)
        await reserve(slots)
        waiting = await begin_to_reserve(slots)
        was_waiting = not waiting.done()

        machine.usage = IDLE

        with anyio.fail_after(5):
            await waiting
        assert was_waiting

    async def test_a_full_machine_does_not_hold_up_the_minimum(self):
        """A slot that comes back is given again, busy machine or not, if it is one of the minimum."""
        slots = slots_on(Machine(BUSY))
        permit = await reserve(slots)
        waiting = await begin_to_reserve(slots)

        slots.release_slot(permit)

        assert isinstance(await waiting, SlotPermit)

    async def test_slots_by_resources_are_given_in_the_order_of_coming(self):
        """Who has waited longest is served first, and a newcomer does not slip in."""
        slots = slots_on(Machine(), maximum=1)
        permit = await reserve(slots)
        order: list[str] = []

        async def wait(name: str) -> None:
            order.append((name, await slots.reserve_slot(RESERVATION))[0])
            slots.release_slot(permit)

        async with anyio.create_task_group() as group:
            for name in ("first", "second"):
                group.start_soon(wait, name)
                await anyio.wait_all_tasks_blocked()
            slots.release_slot(permit)
            group.start_soon(wait, "third")

        assert order == ["first", "second", "third"]


class TestCancelling:
    async def test_cancelling_a_wait_loses_no_slot_by_resources(self):
        """A slot given to a poll that is cancelled in that moment comes back."""
        slots = slots_on(Machine(), maximum=1)
        permit = await reserve(slots)
        waiting = await begin_to_reserve(slots)

        slots.release_slot(permit)
        await give_up(waiting)

        await reserve(slots)

    async def test_cancelling_a_wait_for_a_slot_by_resources_leaves_the_line(self):
        """A poll that waits no more does not hold up the line, and is not counted."""
        slots = slots_on(Machine(), maximum=1)
        permit = await reserve(slots)
        waiting, behind = await begin_to_reserve(slots), await begin_to_reserve(slots)

        await give_up(waiting)
        slots.release_slot(permit)

        await behind
        assert repr(slots) == "<ResourceBasedSlotSupplier [1 reserved, from 1 to 1, 0 waiting]>"

    async def test_cancelling_the_last_wait_leaves_no_timer(self):
        """When none waits any more no timer runs: a supplier needs no end of its own."""
        slots = slots_on(Machine(BUSY))
        await reserve(slots)

        await give_up(await begin_to_reserve(slots))

        assert slots._waiting._timer is None


class TestController:
    def test_a_controller_reads_ten_times_a_second_at_most(self):
        """However many ask, and however often, one reading holds for 0.1 s."""
        machine = Machine()
        controller = ResourceController(TUNER, sensor=machine)

        waits = [controller.next_wait(now) for now in (10.0, 10.01, 10.09, 10.11)]

        assert (waits, machine.looks) == ([0.0] * 4, 2)

    def test_without_room_the_next_reading_is_awaited(self):
        """Asking before the next reading is of no use."""
        controller = ResourceController(TUNER, sensor=Machine(BUSY))

        assert [controller.next_wait(now) for now in (10.0, 10.06)] == pytest.approx([0.1, 0.04])

    def test_a_sensor_that_fails_leaves_no_room(self, caplog):
        """Blind, nothing is given beyond the minimum; that is logged, and looked at again."""
        machine = Machine()
        broken = True

        def sensor(now: float) -> ResourceUsage:
            if broken:
                raise OSError("no such file")
            return machine(now)

        controller = ResourceController(TUNER, sensor=sensor)
        blind = controller.next_wait(10.0)
        broken = False

        assert (blind, controller.next_wait(10.2)) == (pytest.approx(0.1), 0.0)
        assert "the machine's state could not be read" in caplog.text

    async def test_a_controller_can_be_shared(self):
        """Two workers of a process look at their machine once for both."""
        machine = Machine()
        controller = ResourceController(TUNER, sensor=machine)
        config = ResourceBasedSlotConfig(minimum_slots=0, ramp_throttle=0)

        for slots in [ResourceBasedSlotSupplier(config, controller) for _ in range(2)]:
            await reserve(slots)

        assert machine.looks == 1
        assert controller.usage == IDLE

    async def test_a_controller_reads_the_real_machine_by_itself(self):
        """Without a sensor it is psutil and the control group that say what is used."""
        slots = ResourceBasedSlotSupplier(
            ResourceBasedSlotConfig(ramp_throttle=0),
            ResourceBasedTunerConfig(target_memory_usage=1, target_cpu_usage=1),
        )
        await reserve(slots)
        waiting = await begin_to_reserve(slots)

        usage = slots.controller.usage
        assert usage is not None
        assert usage.memory > 0
        await give_up(waiting)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ResourceBasedTunerConfig(0, 0.9), "target_memory_usage must be above 0 and at most 1, got 0"),
        (lambda: ResourceBasedTunerConfig(0.8, 90), "target_cpu_usage must be above 0 and at most 1, got 90"),
        (lambda: ResourceBasedSlotConfig(minimum_slots=-1), "0 <= minimum_slots <= maximum_slots"),
        (lambda: ResourceBasedSlotConfig(minimum_slots=5, maximum_slots=4), "minimum_slots=5, maximum_slots=4"),
        (lambda: ResourceBasedSlotConfig(minimum_slots=0, maximum_slots=0), "maximum_slots at least 1"),
        (lambda: ResourceBasedSlotConfig(ramp_throttle=-1), "ramp_throttle must not be negative, got -1"),
    ],
    ids=range(6),
)
def test_settings_of_resource_slots_that_make_no_sense_are_refused(make, message):
    """A setting that makes no sense is an error at once."""
    with pytest.raises(ValueError, match=message):
        make()


async def test_a_worker_runs_on_slots_by_resources(temporal):
    """An activity runs in a slot that the machine had room for, and the slot comes back."""

    @activity.defn
    async def pack() -> str:
        return "packed"

    slots = slots_on(Machine())
    task = await run(temporal, pack, worker={"slot_supplier": slots})

    assert task.result == "packed"
    assert repr(slots) == "<ResourceBasedSlotSupplier [0 reserved, from 1 to 500, 0 waiting]>"
