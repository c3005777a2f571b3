"""What an activity heartbeats reaches the server, and the next attempt."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from asyncworker import activity

from .calls import Caller

pytestmark = pytest.mark.server


class Progress(BaseModel):
    """How far an activity is."""

    done: int


async def test_a_silent_activity_times_out_with_its_last_words(caller: Caller):
    """An activity that heartbeats no more times out, and the timeout has the details of its last heartbeat."""

    @activity.defn
    async def fall_silent() -> None:
        activity.heartbeat(Progress(done=7), "nearly")
        await activity.wait_for_cancelled()

    async with caller.worker(fall_silent, graceful_shutdown_timeout=0):
        error = await caller.failure(fall_silent, heartbeat_timeout=0.5, maximum_attempts=1)

    assert error.type.name == "HEARTBEAT"
    assert list(error.last_heartbeat_details) == [{"done": 7}, "nearly"]


@activity.defn
async def resume_async() -> list[int]:
    return _resume()


@activity.defn
def resume_sync() -> list[int]:
    return _resume()


def _resume() -> list[int]:
    attempt = activity.info().attempt
    start = activity.heartbeat_details(Progress, default=Progress(done=0))
    if attempt == 2:
        raise RuntimeError("without a heartbeat")
    for done in range(start.done + 1, 10):
        activity.heartbeat(Progress(done=done))
        if attempt == 1 and done == 4:
            raise RuntimeError("half way")
    return [attempt, start.done]


@pytest.mark.parametrize("fn", [resume_async, resume_sync], ids=["async", "sync"])
async def test_the_next_attempt_resumes(caller: Caller, fn: Any):
    """An attempt finds, typed, the newest details of those before it: throttled ones too, and past silent attempts."""
    async with caller.worker(fn):
        result = await caller.result(fn, heartbeat_timeout=10)

    assert result == [3, 4]


async def test_details_of_another_type_end_the_activity(caller: Caller):
    """Heartbeat details that are not of the type asked for are one failure that says so."""

    @activity.defn
    async def misread() -> None:
        if not activity.has_heartbeat_details():
            activity.heartbeat("seven")
            raise RuntimeError("once more")
        activity.heartbeat_details(Progress)

    async with caller.worker(misread):
        error = await caller.failure(misread, heartbeat_timeout=10)

    assert "expected Progress" in error.message
    assert error.non_retryable


async def test_the_worker_can_heartbeat_for_an_activity(caller: Caller):
    """With auto_heartbeat an activity that never heartbeats outlives its heartbeat timeout."""
    heard = anyio.Event()

    @activity.defn(auto_heartbeat=True)
    async def work() -> int:
        await heard.wait()
        return activity.info().attempt

    async with caller.worker(work) as worker:
        call = await caller.start(work, heartbeat_timeout=0.5)
        await call.reaches(1, "STARTED")
        # Longer than the timeout: that nothing happens can only be waited for.
        await anyio.sleep(0.8)
        heard.set()
        assert await call.result() == 1
    assert worker.slots_used == 0


async def test_the_newest_details_are_what_the_server_knows(caller: Caller):
    """Details that were held back leave at the end of their interval, and are what a client sees."""
    seen = anyio.Event()

    @activity.defn
    async def count() -> None:
        for number in range(100):
            activity.heartbeat(number)
        await seen.wait()

    async with caller.worker(count):
        call = await caller.start(count, heartbeat_timeout=0.5)
        await call.heartbeats(99)
        seen.set()
        await call.result()
