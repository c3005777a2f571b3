"""What a slot costs: reserved and released, by each kind of supplier; and what a look at the machine costs.

    python -m benchmarks.bench_slots

Prints the median of several runs and their spread, in microseconds, with what they were measured on.
"""

from __future__ import annotations

import asyncio
import platform
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

from asyncworker.worker import (
    FixedSizeSlotSupplier,
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    SlotReservation,
    SlotSupplier,
)
from asyncworker.worker.slots._system import System

RUNS = 7
TURNS = 20_000
RESERVATION = SlotReservation("orders", "worker", 0)
OPEN = ResourceBasedTunerConfig(target_memory_usage=1.0, target_cpu_usage=1.0)


async def reserve_and_release(supplier: SlotSupplier) -> None:
    for _ in range(TURNS):
        supplier.release_slot(await supplier.reserve_slot(RESERVATION))


async def hand_over(supplier: SlotSupplier) -> None:
    """Two tasks take turns at one slot, so that each reservation waits for the other's release."""

    async def take_turns() -> None:
        for _ in range(TURNS // 2):
            permit = await supplier.reserve_slot(RESERVATION)
            await asyncio.sleep(0)
            supplier.release_slot(permit)

    await asyncio.gather(take_turns(), take_turns())


def by_resources(minimum: int, maximum: int = 500) -> SlotSupplier:
    return ResourceBasedSlotSupplier(ResourceBasedSlotConfig(minimum, maximum, 0), OPEN)


async def beyond_minimum() -> SlotSupplier:
    """One whose every slot is decided by the machine's state."""
    supplier = by_resources(1)
    # Held for good. The next waits until the CPU has been looked at twice, on a machine that is not too busy.
    await supplier.reserve_slot(RESERVATION)
    await supplier.reserve_slot(RESERVATION)
    return supplier


async def fixed() -> SlotSupplier:
    return FixedSizeSlotSupplier(100)


async def fixed_one() -> SlotSupplier:
    return FixedSizeSlotSupplier(1)


async def below_minimum() -> SlotSupplier:
    return by_resources(100)


async def one_by_resources() -> SlotSupplier:
    return by_resources(1, 1)


CASES: list[tuple[str, Callable[[], Coroutine[Any, Any, SlotSupplier]], Callable[[SlotSupplier], Any]]] = [
    ("fixed, free", fixed, reserve_and_release),
    ("fixed, waited for", fixed_one, hand_over),
    ("by resources, below the minimum", below_minimum, reserve_and_release),
    ("by resources, beyond it", beyond_minimum, reserve_and_release),
    ("by resources, waited for", one_by_resources, hand_over),
]


async def measure(
    make: Callable[[], Coroutine[Any, Any, SlotSupplier]], use: Callable[[SlotSupplier], Any]
) -> list[float]:
    took = []
    for _ in range(RUNS):
        supplier = await make()
        began = time.perf_counter()
        await use(supplier)
        took.append((time.perf_counter() - began) / TURNS * 1e6)
    return took


def look() -> list[float]:
    """Look at the machine: it is done ten times a second at most."""
    system = System()
    took = []
    for _ in range(200):
        began = time.perf_counter()
        system(time.monotonic())
        took.append((time.perf_counter() - began) * 1e6)
    return took


def show(name: str, took: list[float]) -> None:
    print(f"{name:34} {statistics.median(took):8.2f} µs   {min(took):.2f} to {max(took):.2f}")


async def main() -> None:
    print(
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, one slot reserved and released"
    )
    for name, make, use in CASES:
        show(name, await measure(make, use))
    show("one look at the machine", look())


if __name__ == "__main__":
    asyncio.run(main())
