"""Many sleepers, one timer."""

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


class TimerListener:
    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self.does = does
        self.woken_at: list[float] = []
        self.woken = asyncio.Event()

    def on_alarm(self) -> None:
        self.woken_at.append(asyncio.get_running_loop().time())
        self.woken.set()
        self.does()


@pytest.fixture
async def alarms() -> AsyncIterator[CoalescedTimers]:
    alarms = CoalescedTimers(asyncio.get_running_loop())
    yield alarms
    alarms.close()


def clock() -> float:
    return asyncio.get_running_loop().time()


async def test_each_is_woken_when_its_moment_has_come(alarms):
    """Whatever the order in which alarms are set, each goes off after its moment, and in the order of moments."""
    order: list[str] = []
    sleepers = {name: TimerListener(lambda name=name: order.append(name)) for name in "cab"}
    began = clock()
    for number, sleeper in zip((3, 1, 2), sleepers.values(), strict=True):
        alarms.set(began + number / 100, sleeper)

    await sleepers["c"].woken.wait()

    assert order == ["a", "b", "c"]
    for number, sleeper in zip((3, 1, 2), sleepers.values(), strict=True):
        assert len(sleeper.woken_at) == 1
        assert sleeper.woken_at[0] >= began + number / 100 - 0.001


@pytest.mark.parametrize("ahead", [-1.0, 0.0, 0.0004, 0.0014])
async def test_one_whose_moment_is_past_or_near_is_woken_soon(alarms, ahead):
    """However little time there is left, and were it less than a loop's timer can tell, the alarm goes off."""
    soon, later = TimerListener(), TimerListener()
    alarms.set(clock() + ahead, soon)

    async with asyncio.timeout(5):
        await soon.woken.wait()
        alarms.set(clock() + 0.01, later)
        await later.woken.wait()

    assert len(soon.woken_at) == 1
    assert repr(alarms) == "<CoalescedTimers [0 set]>"


async def test_a_later_alarm_set_while_others_ring_puts_off_none(alarms):
    """Whoever is woken and sleeps on for long does not make the others oversleep."""
    early = TimerListener(lambda: alarms.set(clock() + 3600, early))
    late = TimerListener()
    alarms.set(clock() + 0.01, early)
    alarms.set(clock() + 0.02, late)

    async with asyncio.timeout(5):
        await late.woken.wait()

    assert len(early.woken_at) == 1


async def test_an_alarm_that_was_unset_does_not_ring(alarms):
    """Nobody is woken for a moment that was given up, and the next one's comes all the same."""
    gone, other = TimerListener(), TimerListener()
    when = clock() + 0.01
    alarms.set(when, gone)
    alarms.set(when + 0.01, other)
    alarms.unset(when, gone)

    async with asyncio.timeout(5):
        await other.woken.wait()

    assert gone.woken_at == []


async def test_one_that_fails_wakes_the_others_all_the_same(alarms, caplog):
    """A sleeper that raises is named in the log, and costs nobody else the alarm."""
    bad, good = TimerListener(lambda: 1 / 0), TimerListener()
    when = clock() + 0.01
    alarms.set(when, bad)
    alarms.set(when, good)

    async with asyncio.timeout(5):
        await good.woken.wait()

    assert "failed on its alarm" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_sleepers_are_woken_in_an_empty_context(alarms):
    """What was current for the one that set the first alarm is nobody else's business."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("the first one's")
    seen: list[str | None] = []
    sleeper = TimerListener(lambda: seen.append(variable.get(None)))
    alarms.set(clock() + 0.01, sleeper)

    await sleeper.woken.wait()

    assert seen == [None]


async def test_after_a_blocked_loop_what_has_come_is_read_first(alarms):
    """An alarm that a blocked loop made late goes off only when the loop has had time to see to everything else."""
    sleeper = TimerListener()
    alarms.set(clock() + 0.01, sleeper)
    turns = 0

    time.sleep(0.1)  # noqa: ASYNC251 - the loop is to be blocked
    while not sleeper.woken.is_set() and turns < 20:
        await asyncio.sleep(0)
        turns += 1

    assert turns == 20
    async with asyncio.timeout(5):
        await sleeper.woken.wait()


async def test_closing_wakes_nobody_and_leaves_no_timer():
    """Closed alarms have nothing to do with the loop any more."""
    alarms, sleeper = CoalescedTimers(asyncio.get_running_loop()), TimerListener()
    alarms.set(clock() + 0.01, sleeper)
    alarms.close()

    await asyncio.sleep(0.03)

    assert sleeper.woken_at == []
    assert repr(alarms) == "<CoalescedTimers [0 set]>"
