"""The stages of a shutdown, which end waits."""

from __future__ import annotations

import asyncio

import anyio

from asyncworker.worker._stages import ShutdownStages, Stage


async def test_a_stage_that_begins_cancels_the_scopes_that_it_ends():
    """What waits in such a scope waits no longer."""
    stage = Stage()
    asyncio.get_running_loop().call_soon(stage.begin)

    with anyio.fail_after(5), stage.ends(anyio.CancelScope()) as scope:
        await asyncio.Event().wait()

    assert scope.cancelled_caught


async def test_a_stage_that_has_begun_cancels_a_scope_at_once():
    """What begins too late does not wait at all."""
    stage = Stage()
    stage.begin()

    with stage.ends(anyio.CancelScope()) as scope:
        await asyncio.Event().wait()

    assert scope.cancelled_caught


async def test_a_wait_for_a_stage_ends_at_its_deadline():
    """Whether it has begun is then for the caller to see."""
    stage = Stage()

    await stage.wait_until(asyncio.get_running_loop().time())

    assert not stage.has_begun


def test_stages_begin_one_after_the_other():
    """Each escalation begins the next stage, and the first notes the time."""
    stages = ShutdownStages()
    seen = []
    for now in range(4):
        stages.escalate(float(now))
        seen.append(tuple(stage.has_begun for stage in (stages.drain, stages.cancel, stages.abandon)))

    assert seen == [(True, False, False), (True, True, False), (True, True, True), (True, True, True)]
    assert stages.drain_began_at == 0.0


def test_tearing_down_begins_all_stages():
    """Where the event loop ends there is no time left for any."""
    stages = ShutdownStages()
    stages.tear_down(1.0)

    assert (stages.is_torn_down, stages.abandon.has_begun) == (True, True)
    assert repr(stages) == "<ShutdownStages [abandon]>"
