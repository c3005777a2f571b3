from __future__ import annotations

import math
from collections.abc import Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from pydantic import Base64Bytes
from typing_extensions import TypedDict

from asyncworker import DataConverter, activity
from asyncworker.client._calls import as_annotated
from asyncworker.client.activities._start import plan_start
from asyncworker.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy

ENOUGH = {"task_queue": "depot", "start_to_close_timeout": 5}


@activity.defn(
    name="pack",
    task_queue="depot",
    start_to_close_timeout=30,
    schedule_to_close_timeout=timedelta(minutes=5),
    schedule_to_start_timeout=60,
    heartbeat_timeout=2.5,
    retry_policy=RetryPolicy(maximum_attempts=3),
    priority=Priority(priority_key=1),
    summary="Packing",
)
async def declared(order: str, boxes: int = 1) -> list[str]:
    raise NotImplementedError


async def plain(order: str):
    raise NotImplementedError


def with_context(context: activity.Context, order: str) -> bytes:
    raise NotImplementedError


def awaited(order: str) -> Coroutine[Any, Any, list[int]]:
    raise NotImplementedError


class Blob(TypedDict):
    data: Base64Bytes


class Depot:
    @activity.defn
    async def store(self, order: str) -> int:
        raise NotImplementedError


class Cleaner:
    async def __call__(self, *rooms: str) -> bool:
        raise NotImplementedError


def test_the_declaration_says_what_the_call_does_not():
    """Options of ``@activity.defn`` are those of the start."""
    plan = plan_start(declared, ("7",), {})

    assert plan.activity_type == "pack"
    assert plan.task_queue == "depot"
    assert plan.start_to_close_timeout == timedelta(seconds=30)
    assert plan.schedule_to_close_timeout == timedelta(minutes=5)
    assert plan.schedule_to_start_timeout == timedelta(minutes=1)
    assert plan.heartbeat_timeout == timedelta(seconds=2.5)
    assert plan.retry_policy == RetryPolicy(maximum_attempts=3)
    assert plan.priority == Priority(priority_key=1)
    assert plan.summary == "Packing"
    assert plan.result_type == list[str]


def test_the_call_says_it_over_the_declaration():
    """What is said in the call counts."""
    plan = plan_start(
        declared,
        ("7",),
        {
            "task_queue": "other",
            "start_to_close_timeout": timedelta(seconds=1),
            "heartbeat_timeout": None,
            "retry_policy": RetryPolicy(maximum_attempts=1),
            "priority": Priority(priority_key=5),
            "summary": "Now",
        },
    )

    assert plan.task_queue == "other"
    assert plan.start_to_close_timeout == timedelta(seconds=1)
    # None is not said.
    assert plan.heartbeat_timeout == timedelta(seconds=2.5)
    assert plan.retry_policy == RetryPolicy(maximum_attempts=1)
    assert plan.priority == Priority(priority_key=5)
    assert plan.summary == "Now"


def test_defaults_are_the_servers():
    """Without a declaration nothing is asked for that was not said, but that a closed id may be used again."""
    plan = plan_start("pack", (1, 2), ENOUGH)

    assert plan.args == (1, 2)
    assert plan.retry_policy is None
    assert plan.priority == Priority()
    assert plan.heartbeat_timeout is None
    assert plan.start_delay is None
    assert plan.id_reuse_policy is ActivityIDReusePolicy.ALLOW_DUPLICATE
    assert plan.id_conflict_policy is ActivityIDConflictPolicy.FAIL
    assert plan.result_type is Any


def test_each_start_without_an_id_has_its_own():
    """An id is made where none is given."""
    ids = {plan_start("pack", (), ENOUGH).id for _ in range(3)}

    assert len(ids) == 3


@pytest.mark.parametrize(
    ("fn", "arguments", "name", "result_type"),
    [
        (plain, ("7",), "plain", Any),
        (with_context, ("7",), "with_context", bytes),
        (awaited, ("7",), "awaited", list[int]),
        (Depot().store, ("7",), "store", int),
        (Depot.store, ("7",), "store", int),
        (Cleaner(), ("kitchen", "bath"), "Cleaner", bool),
        (partial(plain), ("7",), "plain", Any),
    ],
    ids=["plain", "context", "awaited", "bound method", "method of a class", "callable object", "partial"],
)
def test_every_kind_of_function_can_be_started(fn, arguments, name, result_type):
    """Name and result type come from the function, whatever kind of callable it is."""
    if isinstance(fn, partial):
        fn = activity.defn(name="plain")(fn)

    plan = plan_start(fn, arguments, ENOUGH)

    assert (plan.activity_type, plan.args, plan.result_type) == (name, arguments, result_type)


def test_arguments_can_be_a_sequence():
    """``args=[…]`` is what temporalio's callers write."""
    assert plan_start(declared, (), {"args": ["7", 2]}).args == ("7", 2)
    assert plan_start(declared, (), {"args": ["7"]}).args == ("7",)


@pytest.mark.parametrize(
    ("fn", "arguments", "options", "error", "message"),
    [
        (declared, (), {}, TypeError, r"activity 'pack' takes \(order, boxes=…\), got 0 arguments"),
        (declared, (1, 2, 3), {}, TypeError, "got 3 arguments"),
        (with_context, (), ENOUGH, TypeError, r"takes \(order\), got 0"),
        (Depot.store, (), ENOUGH, TypeError, r"takes \(order\), got 0"),
        (declared, ("7",), {"args": ["7"]}, TypeError, "in place or as args"),
        (declared, (), {"args": "7"}, TypeError, "must be a sequence of arguments, got str"),
        (declared, ("7",), {"taskqueue": "x"}, TypeError, "does not take taskqueue; it takes .*task_queue"),
        ("", (), ENOUGH, ValueError, "name must not be empty"),
        (Depot, (), ENOUGH, TypeError, "Depot is a class"),
        ("pack", (), {"task_queue": "depot"}, ValueError, "needs a start_to_close_timeout .* or a schedule_to_close"),
        ("pack", (), {"start_to_close_timeout": 5}, ValueError, "'pack' needs a task_queue"),
        ("pack", (), ENOUGH | {"task_queue": ""}, ValueError, "task_queue must not be empty"),
        ("pack", (), ENOUGH | {"id": ""}, ValueError, "id must not be empty"),
        ("pack", (), ENOUGH | {"start_to_close_timeout": 0}, ValueError, "start_to_close_timeout must be above zero"),
        ("pack", (), ENOUGH | {"heartbeat_timeout": -1}, ValueError, "heartbeat_timeout must be above zero, got -1"),
        ("pack", (), ENOUGH | {"start_delay": -1}, ValueError, "start_delay must not be negative"),
        ("pack", (), ENOUGH | {"schedule_to_close_timeout": math.inf}, ValueError, "longer than .* got inf"),
        ("pack", (), ENOUGH | {"start_delay": 10**20}, ValueError, "start_delay is longer than"),
        (
            "pack",
            (),
            ENOUGH | {"heartbeat_timeout": "5s"},
            TypeError,
            "^heartbeat_timeout must be a number of .* got '5s'",
        ),
        ("pack", (), ENOUGH | {"heartbeat_timeout": True}, TypeError, "number of seconds"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_sent(fn, arguments, options, error, message):
    """What would fail at the server, or on the worker, fails at the call and says why."""
    with pytest.raises(error, match=message):
        plan_start(fn, arguments, options)


def test_a_dynamic_activity_has_no_name_to_start():
    """A dynamic activity is started by the name that it is to see."""

    @activity.defn(dynamic=True)
    async def any_of_them(arguments: list[Any]) -> None:
        raise NotImplementedError

    with pytest.raises(TypeError, match="dynamic activity has no type of its own"):
        plan_start(any_of_them, ([],), ENOUGH)


def test_a_start_delay_may_be_none_at_all():
    """Zero is a delay."""
    assert plan_start("pack", (), ENOUGH | {"start_delay": 0}).start_delay == timedelta(0)


def test_types_of_the_arguments_go_with_them():
    """Each argument has its parameter's type, those of ``*args`` too; a bare name says no types."""
    assert plan_start(declared, ("7",), {}).arg_types == [str, int]
    assert plan_start(Cleaner(), ("a", "b"), ENOUGH).arg_types == [str, str]
    assert plan_start(with_context, ("7",), ENOUGH).arg_types == [str]
    assert plan_start("pack", ("7",), ENOUGH).arg_types == ()


def test_arguments_are_encoded_as_their_types_say():
    """Where only a parameter's annotation says how bytes are written, an argument is written so."""

    async def keep(blob: Blob, count: int, *more: Base64Bytes) -> None: ...

    arguments = ({"data": b"\xff"}, 1, b"\xff")
    types = plan_start(keep, arguments, ENOUGH).arg_types

    assert as_annotated(arguments, types, DataConverter.default) == [{"data": "/w=="}, 1, b"\xff"]
    assert as_annotated(arguments, (), DataConverter.default) is arguments
