"""What a worker runs to show its metrics: twenty activities, the same for ours and the official one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import anyio

from .calls import Caller, until


def activities(activity: ModuleType, exceptions: ModuleType, started: set[str]) -> Sequence[Callable[..., Any]]:
    """Declare the activities with the decorator and the errors of one SDK."""

    @activity.defn
    async def succeeds() -> str:
        return "done"

    @activity.defn
    async def fails() -> None:
        raise ValueError("broken")

    @activity.defn
    async def benign() -> None:
        raise exceptions.ApplicationError("expected", category=exceptions.ApplicationErrorCategory.BENIGN)

    @activity.defn
    async def retried() -> str:
        if activity.info().attempt == 1:
            raise ValueError("once")
        return "done"

    @activity.defn
    async def cancelled(key: str) -> None:
        started.add(key)
        while True:
            activity.heartbeat()
            await asyncio.sleep(0.02)

    return succeeds, fails, benign, retried, cancelled


async def run_all(callers: Sequence[Caller], started: set[str]) -> None:
    """Have each kind of activity called twice by each caller, and see how it ends."""
    for caller in callers:
        for turn in range(2):
            assert await caller.result("succeeds") == "done"
            assert await caller.result("retried") == "done"
            await caller.failure("fails", maximum_attempts=1)
            await caller.failure("benign", maximum_attempts=1)
            await _cancel(caller, f"{caller.kind} {turn}", started)


async def _cancel(caller: Caller, key: str, started: set[str]) -> None:
    with anyio.fail_after(30):
        call = await caller.start("cancelled", key, heartbeat_timeout=2.0)
        await until(lambda: key in started)
        await call.cancel()
        await call.failure()
