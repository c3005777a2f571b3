"""Activities for the client's tests, and the workers that run them: ours and the official one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import temporalio.activity
import temporalio.client
import temporalio.worker

import asyncworker
from asyncworker import activity
from asyncworker.client import Client


@dataclass
class Parcel:
    """What is packed."""

    order: str
    boxes: int


# The declarations that clients start activities by. The workers' functions of the same names stand below.


@activity.defn(start_to_close_timeout=20)
async def pack(parcel: Parcel) -> Parcel:
    raise NotImplementedError


@activity.defn(start_to_close_timeout=20, heartbeat_timeout=10)
async def climb(steps: int) -> str:
    raise NotImplementedError


@activity.defn(start_to_close_timeout=20, heartbeat_timeout=10)
async def endless() -> None:
    raise NotImplementedError


@activity.defn(start_to_close_timeout=20)
async def broken(message: str) -> None:
    raise NotImplementedError


@activity.defn(start_to_close_timeout=20)
async def elsewhere() -> str:
    raise NotImplementedError


class Activities:
    """The activities, declared with either library's decorator; the test holds their threads."""

    def __init__(self, api: Any) -> None:
        #: Lets ``climb`` take a step.
        self.steps: asyncio.Queue[None] = asyncio.Queue()
        #: The tokens of activities that are to be completed from elsewhere.
        self.tokens: asyncio.Queue[bytes] = asyncio.Queue()

        @api.defn
        async def pack(parcel: Parcel) -> Parcel:
            return Parcel(parcel.order, parcel.boxes + 1)

        @api.defn
        async def climb(steps: int) -> str:
            for step in range(steps):
                api.heartbeat(step)
                await self.steps.get()
            return "up"

        @api.defn
        async def endless() -> None:
            while True:
                api.heartbeat()
                await asyncio.sleep(0.05)

        @api.defn
        async def broken(message: str) -> None:
            try:
                raise KeyError("inner")
            except KeyError as error:
                raise ValueError(message) from error

        @api.defn
        async def elsewhere() -> str:  # type: ignore[return]
            self.tokens.put_nowait(api.info().task_token)
            api.raise_complete_async()

        self.all = [pack, climb, endless, broken, elsewhere]


_INTERVALS = {"max_heartbeat_throttle_interval": 0.05, "default_heartbeat_throttle_interval": 0.05}


@asynccontextmanager
async def running(kind: str, client: Client, target: str, task_queue: str) -> AsyncIterator[Activities]:
    """Run the activities on a worker: ``ours`` or the ``official`` one."""
    if kind == "ours":
        activities = Activities(activity)
        async with asyncworker.Worker(
            client, task_queue=task_queue, activities=activities.all, long_poll_timeout=3, **_INTERVALS
        ):
            yield activities
        return
    activities = Activities(temporalio.activity)
    spans = {name: timedelta(seconds=seconds) for name, seconds in _INTERVALS.items()}
    official = await temporalio.client.Client.connect(target)
    async with temporalio.worker.Worker(official, task_queue=task_queue, activities=activities.all, **spans):
        yield activities
