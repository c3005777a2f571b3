"""Many timers with one handle of the event loop's."""

from __future__ import annotations

import asyncio
import contextvars
import importlib.util
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from asyncworker._coalesced_timers import CoalescedTimers

_NO_UVLOOP = pytest.mark.skipif(importlib.util.find_spec("uvloop") is None, reason="uvloop is not there")


@pytest.fixture(
    params=[
        pytest.param({}, id="asyncio"),
        pytest.param({"use_uvloop": True}, id="uvloop", marks=_NO_UVLOOP),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Each test on both kinds of loop: their timers differ."""
    return "asyncio", request.param


class Listener:
    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self.does = does
        self.called_at: list[float] = []
        self.called = asyncio.Event()

    def on_timer(self) -> None:
        self.called_at.append(asyncio.get_running_loop().time())
        self.called.set()
        self.does()


@pytest.fixture
async def timers() -> AsyncIterator[CoalescedTimers]:
    timers = CoalescedTimers(asyncio.get_running_loop())
    yield timers
    timers.close()


def clock() -> float:
    return asyncio.get_running_loop().time()


async def test_listeners_are_called_when_they_are_due(timers):
    """Whatever the order in which timers are set, each listener is called after its time, and in the order of times."""
    order: list[str] = []
    listeners = {name: Listener(lambda name=name: order.append(name)) for name in "cab"}
    began = clock()
    for number, listener in zip((3, 1, 2), listeners.values(), strict=True):
        timers.set(began + number / 100, listener)

    await listeners["c"].called.wait()

    assert order == ["a", "b", "c"]
    for number, listener in zip((3, 1, 2), listeners.values(), strict=True):
        assert len(listener.called_at) == 1
        assert listener.called_at[0] >= began + number / 100 - 0.001


@pytest.mark.parametrize("ahead", [-1.0, 0.0, 0.0004, 0.0014])
async def test_a_listener_that_is_due_already_is_called_soon(timers, ahead):
    """However little time there is left, and be it less than the resolution of a loop's timer, it is called."""
    soon, later = Listener(), Listener()
    timers.set(clock() + ahead, soon)

    async with asyncio.timeout(5):
        await soon.called.wait()
        timers.set(clock() + 0.01, later)
        await later.called.wait()

    assert len(soon.called_at) == 1
    assert repr(timers) == "<CoalescedTimers [0 set]>"


async def test_a_timer_set_while_others_are_called_postpones_none(timers):
    """A listener that sets a later timer does not delay the others."""
    early = Listener(lambda: timers.set(clock() + 3600, early))
    late = Listener()
    timers.set(clock() + 0.01, early)
    timers.set(clock() + 0.02, late)

    async with asyncio.timeout(5):
        await late.called.wait()

    assert len(early.called_at) == 1


async def test_a_cancelled_timer_calls_no_listener(timers):
    """The next timer is called all the same."""
    gone, other = Listener(), Listener()
    when = clock() + 0.01
    timers.set(when, gone)
    timers.set(when + 0.01, other)
    timers.cancel(when, gone)

    async with asyncio.timeout(5):
        await other.called.wait()

    assert gone.called_at == []


async def test_a_listener_that_raises_costs_no_other_its_call(timers, caplog):
    """It is named in the log."""
    bad, good = Listener(lambda: 1 / 0), Listener()
    when = clock() + 0.01
    timers.set(when, bad)
    timers.set(when, good)

    async with asyncio.timeout(5):
        await good.called.wait()

    assert "failed on its timer" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_listeners_are_called_in_an_empty_context(timers):
    """The context variables of the first that sets a timer do not reach the others."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("the first one's")
    seen: list[str | None] = []
    listener = Listener(lambda: seen.append(variable.get(None)))
    timers.set(clock() + 0.01, listener)

    await listener.called.wait()

    assert seen == [None]


async def test_timers_are_postponed_after_a_blocked_loop(timers):
    """A timer that a blocked loop has made late comes only when the loop has had time for everything else."""
    listener = Listener()
    timers.set(clock() + 0.01, listener)
    turns = 0

    time.sleep(0.1)  # noqa: ASYNC251 - the loop is to be blocked
    while not listener.called.is_set() and turns < 20:
        await asyncio.sleep(0)
        turns += 1

    assert turns == 20
    async with asyncio.timeout(5):
        await listener.called.wait()


async def test_closing_cancels_all_timers():
    """Closed timers have nothing to do with the loop any more."""
    timers, listener = CoalescedTimers(asyncio.get_running_loop()), Listener()
    timers.set(clock() + 0.01, listener)
    timers.close()

    await asyncio.sleep(0.03)

    assert listener.called_at == []
    assert repr(timers) == "<CoalescedTimers [0 set]>"
