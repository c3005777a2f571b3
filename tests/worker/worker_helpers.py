"""What the worker's tests at the wire share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio

import asyncworker
from asyncworker import CancelReason, activity
from asyncworker.testing import FakeTemporal

QUEUE = "orders"


class Rude(BaseException):
    """What is raised by extensions in other languages, and by test frameworks: no Exception."""


class Held:
    """An activity that runs until it is let go, or asked to stop."""

    def __init__(self) -> None:
        self.runs = asyncio.Event()
        self.release = asyncio.Event()
        self.reason: CancelReason | None = None

    @activity.defn
    async def hold(self) -> str:
        self.runs.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.reason = activity.context().cancel_reason
            raise
        return "done"


class Worker(asyncworker.Worker):
    """One that does not wait for a lull when it stops: here nothing is handed out to a poll that is ended."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        adjusted(self, lull=0.0)


def worker_of(temporal: FakeTemporal, *activities: Any, **options: Any) -> Worker:
    """A worker of the tests' queue."""
    return Worker(temporal.client(), task_queue=QUEUE, activities=activities, **options)


def adjusted(worker: asyncworker.Worker, **settings: Any) -> asyncworker.Worker:
    """Give *worker* durations that are not its user's to set."""
    worker._settings = replace(worker._settings, **settings)
    return worker


async def run(temporal: FakeTemporal, fn: Any, *args: Any, worker: dict[str, Any] | None = None, **options: Any) -> Any:
    """Run one activity on a worker of its own, to its end."""
    async with worker_of(temporal, fn, **(worker or {})):
        task = temporal.add_task(fn, *args, task_queue=QUEUE, **options)
        await task.wait_closed()
    return task


async def until(fact: Callable[[], bool]) -> None:
    """Wait until *fact* holds: it does within a few turns of the loop."""
    with anyio.fail_after(5):
        while not fact():  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.001)
