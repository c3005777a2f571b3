"""Each fault at each step of each call that a worker makes."""

from __future__ import annotations

import logging
from itertools import product

import pytest

from asyncworker.exceptions import WorkerError

from .faults import FAULTS, UNNOTICED, Once, delay_for_long, is_possible, name_of, silence
from .http2_server import Step
from .temporal import Temporal
from .world import World, warnings_in

_AT_START = "DescribeNamespace"
_METHODS = (
    _AT_START,
    "PollActivityTaskQueue",
    "RecordActivityTaskHeartbeat",
    "RespondActivityTaskCompleted",
    "ShutdownWorker",
)
# A worker that gets no answer when it starts says so, instead of waiting for ever.
_UNANSWERED = (silence, delay_for_long)
_CASES = [
    (method, step, fault)
    for method, step, fault in product(_METHODS, Step, FAULTS)
    if is_possible(fault, step) and not (method == _AT_START and fault in _UNANSWERED)
]
_NOTICED = [case for case in _CASES if case[2] not in UNNOTICED]
_UNNOTICED = [case for case in _CASES if case[2] in UNNOTICED]


async def play(gremlin: Once) -> World:
    """Have three activities done by a worker while *gremlin* is about."""
    # So little may be sent at first that no request goes out whole, and so little then that some go out in many parts.
    world = World(Temporal(), window=10, grant=40)
    world.server.gremlin = gremlin
    async with world.serving():
        world.temporal.schedule(3)
        client = world.client()
        async with world.worker(client):
            await world.finish()
        await client.close()
        await world.check_nothing_is_left()
    return world


@pytest.mark.parametrize(("method", "step", "fault"), _NOTICED, ids=name_of)
async def test_any_fault_at_any_step(method, step, fault):
    """Whatever happens to a connection, wherever in a call: no task that has come is lost, or done twice."""
    gremlin = Once(method, step, fault)

    world = await play(gremlin)

    assert gremlin.victim is not None
    world.check()


@pytest.mark.parametrize(("method", "step", "fault"), _UNNOTICED, ids=name_of)
async def test_some_are_not_even_noticed(method, step, fault, caplog):
    """After GOAWAY and refused streams calls end where they are, or are sent elsewhere, and no caller notices."""
    caplog.set_level(logging.WARNING)
    gremlin = Once(method, step, fault)

    world = await play(gremlin)

    assert gremlin.victim is not None
    world.check()
    assert world.troubles == []
    assert warnings_in(caplog) == []
    assert [attempt.number for attempt in world.temporal.attempts] == [1, 1, 1]
    assert "completion" not in [what for what, _ in world.temporal.refused]


@pytest.mark.parametrize("fault", _UNANSWERED, ids=name_of)
async def test_no_answer_at_the_start(fault):
    """A worker whose first question is not answered does not start, and says why."""
    with pytest.raises(WorkerError, match="deadline exceeded"):
        await play(Once(_AT_START, Step.REQUEST, fault))
