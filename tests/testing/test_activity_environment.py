from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable

import pytest

from asyncworker import CancelledError, CancelReason, activity
from asyncworker.exceptions import ConverterError
from asyncworker.testing import ActivityEnvironment


@activity.defn
async def copy(pages: int) -> str:
    for page in range(activity.heartbeat_details(int, default=0), pages):
        activity.heartbeat(page)
        await asyncio.sleep(0)
    return activity.info().activity_id


@activity.defn
async def wait() -> None:
    activity.heartbeat("waiting")
    await asyncio.Event().wait()


@activity.defn
def in_a_thread(ctx: activity.Context, pages: int) -> int:
    for page in range(pages):
        ctx.heartbeat(page)
    return ctx.info.attempt


async def test_runs_a_coroutine_function():
    """An async activity runs with a context of its own, and its heartbeats are seen."""
    environment = ActivityEnvironment()

    result = await environment.run(copy, 3)

    assert result == "test"
    assert environment.heartbeats == [(0,), (1,), (2,)]


def test_runs_a_plain_function():
    """A def activity runs at once, and gets its context."""
    environment = ActivityEnvironment()

    assert environment.run(in_a_thread, 2) == 1
    assert environment.heartbeats == [(0,), (1,)]


async def test_awaits_what_a_plain_function_returns():
    """What can be awaited runs in the context, and is cancelled as a coroutine function is."""
    waiting = asyncio.Event()
    environment = ActivityEnvironment(on_heartbeat=lambda _: waiting.set())

    def pack() -> Awaitable[None]:
        return wait()

    running = asyncio.ensure_future(environment.run(pack))
    await waiting.wait()
    environment.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert environment.heartbeats == [("waiting",)]


async def test_a_plain_function_that_was_told_of_its_cancellation_cleans_up():
    """What it returns after its heartbeat has raised is not cancelled in its turn."""
    environment = ActivityEnvironment()
    environment.cancel()

    async def clean_up() -> str:
        await asyncio.sleep(0)
        activity.heartbeat("cleaning up")
        return "clean"

    def pack() -> Awaitable[str]:
        with contextlib.suppress(CancelledError):
            activity.heartbeat("going")
        return clean_up()

    assert await environment.run(pack) == "clean"
    assert environment.heartbeats == [("going",), ("cleaning up",)]


async def test_plays_a_later_attempt():
    """What an earlier attempt said is there to go on from."""
    environment = ActivityEnvironment(heartbeat_details=[2])

    await environment.run(copy, 3)

    assert environment.heartbeats == [(2,)]


async def test_info_can_be_chosen():
    """The attempt can be any."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, activity_id="a7")

    assert await environment.run(copy, 0) == "a7"


@pytest.mark.parametrize("reason", CancelReason, ids=lambda reason: reason.value)
async def test_cancels_for_any_reason(reason):
    """A cancellation comes as a CancelledError, and its reason can be asked for."""
    environment = ActivityEnvironment()
    seen = []

    @activity.defn
    async def watch() -> None:
        try:
            await wait()
        except asyncio.CancelledError:
            # Clean-up is not interrupted.
            await asyncio.sleep(0)
            seen.append(activity.context().cancel_reason)
            raise

    environment.on_heartbeat = lambda _: asyncio.get_running_loop().call_soon(environment.cancel, reason)
    with pytest.raises(asyncio.CancelledError):
        await environment.run(watch)

    assert seen == [reason]


def test_cancels_a_plain_function_at_its_next_heartbeat():
    """A def activity hears of it when it heartbeats."""
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda page: environment.cancel() if page == 1 else None

    with pytest.raises(CancelledError):
        environment.run(in_a_thread, 9)

    assert environment.heartbeats == [(0,), (1,)]


async def test_worker_shutdown_is_seen():
    """An activity can be told that its worker stops."""
    environment = ActivityEnvironment()

    @activity.defn
    async def hurry() -> bool:
        await activity.wait_for_worker_shutdown()
        return activity.is_worker_shutdown()

    running = asyncio.ensure_future(environment.run(hurry))
    await asyncio.sleep(0)
    environment.worker_shutdown()

    assert await running


async def test_details_that_could_not_be_sent_fail_the_test():
    """A heartbeat that a worker would refuse is refused here."""
    environment = ActivityEnvironment()

    @activity.defn
    async def bad() -> None:
        activity.heartbeat(object())

    with pytest.raises(ConverterError):
        await environment.run(bad)


def test_leaves_no_context_behind():
    """After a run the test is in no activity."""
    ActivityEnvironment().run(in_a_thread, 1)

    assert not activity.in_activity()
    with pytest.raises(RuntimeError, match="Not in activity context"):
        activity.info()


async def test_raise_complete_async_passes_an_except_exception():
    """raise_complete_async() leaves the activity in a way that except Exception does not stop."""

    @activity.defn
    async def ask() -> None:
        try:
            activity.raise_complete_async()
        except Exception:
            pytest.fail("stopped")

    with pytest.raises(BaseException) as caught:
        await ActivityEnvironment().run(ask)

    assert not isinstance(caught.value, Exception)
