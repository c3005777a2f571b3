"""The options of a start are in one table, and in each place that has to spell them out."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, get_overloads

import pytest
from typer.main import get_command

from asyncworker import activity
from asyncworker._proto.temporal.api.activity.v1 import ActivityExecutionInfo, ActivityOptions
from asyncworker._proto.temporal.api.common.v1 import (
    Payload,
    Priority as PriorityMessage,
    RetryPolicy as RetryPolicyMessage,
)
from asyncworker._proto.temporal.api.workflowservice.v1 import StartActivityExecutionRequest
from asyncworker._proto.temporal.wkt import Duration
from asyncworker.activity._options import START_OPTIONS
from asyncworker.cli import app
from asyncworker.client import (
    ActivityExecutionDescription,
    ActivityExecutionOptions,
    Client,
    RPCOptions,
    SearchAttributeKey,
    SearchAttributePair,
    StartActivityInput,
    StartActivityOptions,
    TypedSearchAttributes,
    UpdateActivityOptions,
)
from asyncworker.client.activities._options import (
    CHANGEABLE,
    DESCRIBED,
    OPTIONS,
    RPC_OPTIONS,
    paths_of,
    to_activity_options,
)
from asyncworker.client.activities._start import plan_start
from asyncworker.common import ActivityIDConflictPolicy, ActivityIDReusePolicy, Priority, RetryPolicy
from asyncworker.testing._fake._activity._options import normalize

DOCS = Path(__file__).parents[2] / "docs"
ENOUGH = {"task_queue": "depot", "start_to_close_timeout": 5}
# A shell has no good way to say these, or people seldom want to.
NOT_ON_THE_COMMAND_LINE = {
    "details",
    "headers",
    "id_conflict_policy",
    "id_reuse_policy",
    "search_attributes",
    "summary",
}
# Options of the command line by another name: they make a value up together.
PARTS = {"retry_max_attempts": "retry_policy", "priority": "priority", "fairness_key": "priority"}
WRONG: dict[str, Any] = {
    **dict.fromkeys([name for name in OPTIONS if name.endswith(("timeout", "delay"))], "5s"),
    "id": 7,
    "task_queue": 7,
    "id_reuse_policy": "REJECT_DUPLICATE",
    "id_conflict_policy": 99,
    "retry_policy": {"maximum_attempts": 1},
    "priority": 1,
    "search_attributes": {"Customer": "blue"},
    "summary": b"one line",
    "details": 7,
    "headers": [("a", Payload())],
    "rpc_metadata": "a=b",
    "rpc_timeout": "5s",
}


def is_described(name: str, *things: object) -> bool:
    return any(re.search(rf"^ +{name}: ", thing.__doc__ or "", re.MULTILINE) for thing in things)


def test_the_options_of_a_start_are_spelled_out_for_type_checkers():
    """Each option of the table is an option of the call, and a field of what interceptors see."""
    fields = {field.name for field in dataclasses.fields(StartActivityInput)}

    assert StartActivityOptions.__annotations__.keys() == OPTIONS.keys() | RPC_OPTIONS.keys()
    assert fields - {"activity_type", "args", "arg_types", "result_type"} == OPTIONS.keys() | RPC_OPTIONS.keys()


def test_the_options_of_a_change_are_spelled_out_for_type_checkers():
    """Each option that can be changed is an option of the call, and in its reply and in a description."""
    described = {field.name for field in dataclasses.fields(ActivityExecutionDescription)}

    assert UpdateActivityOptions.__annotations__.keys() == CHANGEABLE.keys() | RPC_OPTIONS.keys()
    assert {field.name for field in dataclasses.fields(ActivityExecutionOptions)} == CHANGEABLE.keys()
    assert set(DESCRIBED) - described == set()


def test_each_field_of_the_table_is_one_of_the_messages():
    """Options are written to and read from fields that are there."""
    of_start = {field.name for field in dataclasses.fields(StartActivityExecutionRequest)}
    of_options = {field.name for field in dataclasses.fields(ActivityOptions)}
    of_info = {field.name for field in dataclasses.fields(ActivityExecutionInfo)}

    assert {option.field for option in OPTIONS.values()} - of_start == set()
    assert {option.field for option in CHANGEABLE.values()} == of_options
    assert set(DESCRIBED) - of_info == set()
    assert {(option.path or "").partition(".")[0] for option in CHANGEABLE.values()} == of_options


def test_every_option_that_can_be_declared_is_spelled_out_in_the_decorator():
    """The declaration has the options that a start takes from it, for type checkers too."""
    with_options = next(it for it in get_overloads(activity.defn) if "name" in inspect.signature(it).parameters)
    declared = {field.name for field in dataclasses.fields(activity.Definition)}

    assert START_OPTIONS.keys() - OPTIONS.keys() == set()
    assert START_OPTIONS.keys() - declared == set()
    assert START_OPTIONS.keys() - inspect.signature(with_options).parameters.keys() == set()
    assert [name for name in START_OPTIONS if not is_described(name, activity.defn)] == []


def test_every_option_that_the_shell_can_say_is_on_the_command_line():
    """``asyncworker exec`` has each option, or this test's list says why not."""
    command = get_command(app).commands["exec"]  # type: ignore[attr-defined]
    there = {PARTS.get(parameter.name, parameter.name) for parameter in command.params}

    assert OPTIONS.keys() - there == NOT_ON_THE_COMMAND_LINE


@pytest.mark.parametrize("name", [*OPTIONS, *RPC_OPTIONS])
def test_every_option_is_documented(name):
    """It has a row in the table of the client's page, and a line in the docstring."""
    rows = re.findall(r"^\| (`.*?) \|", (DOCS / "client.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert any(f"`{name}`" in row for row in rows)
    assert is_described(name, StartActivityOptions, RPCOptions)
    assert is_described(name, StartActivityInput)


def test_the_fake_server_keeps_the_options_that_it_describes():
    """All options that a description has, save the delay, which it does not wait for."""
    seconds = {name: Duration(seconds=9) for name in DESCRIBED if name.endswith("timeout")}
    kept = normalize(
        StartActivityExecutionRequest(**seconds, retry_policy=RetryPolicyMessage(), priority=PriorityMessage())
    )

    assert {name for name in DESCRIBED if getattr(kept, name) is not None} == {*DESCRIBED} - {"start_delay"}


def test_every_option_of_a_start_is_written_to_its_request():
    """Those that take a data converter are written where that is at hand: in ``client/activities/_start.py``."""
    assert {name for name, option in OPTIONS.items() if option.write is None} == {"summary", "details"}


def test_wrong_values_are_tried_for_all_options():
    """A new option comes with a value that is wrong for it."""
    assert WRONG.keys() == OPTIONS.keys() | RPC_OPTIONS.keys()


@pytest.mark.parametrize("name", WRONG)
def test_a_value_of_the_wrong_type_is_refused_by_the_options_name(name):
    """The error of the call names the option, and what came or its type."""
    value = WRONG[name]

    with pytest.raises(
        TypeError, match=rf"^{name} must be .*, got .*({re.escape(repr(value))}|{type(value).__name__})"
    ):
        plan_start("pack", (), ENOUGH | {name: value})


@pytest.mark.parametrize("name", CHANGEABLE)
def test_a_change_to_a_value_of_the_wrong_type_is_refused_by_the_options_name(name):
    """A change is checked as the start is."""
    with pytest.raises(TypeError, match=f"^{name} must be "):
        to_activity_options({name: WRONG[name]})


@pytest.mark.parametrize("name", START_OPTIONS)
def test_a_declared_value_of_the_wrong_type_is_refused_by_the_options_name(name):
    """A declaration is checked as the start is, and names its function."""

    async def pack() -> None: ...

    with pytest.raises(TypeError, match=f"^{name} of .*pack must be "):
        activity.defn(**{name: WRONG[name]})(pack)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_thread_cancel_exception", "yes"),
        ("auto_heartbeat", 1),
        ("max_concurrent", 1.5),
        ("max_per_second", "10"),
        ("name", 7),
    ],
)
def test_a_declared_value_for_the_worker_of_the_wrong_type_is_refused_by_its_name(name, value):
    """So are the options that no start has."""

    async def pack() -> None: ...

    with pytest.raises(TypeError, match=f"^{name} of .*pack must be .*, got {value!r}"):
        activity.defn(**{name: value})(pack)


async def test_the_traceback_of_a_wrong_option_is_short(client: Client):
    """It begins where the call is, and there are few frames of ours."""
    with pytest.raises(TypeError, match=r"^retry_policy must be a RetryPolicy") as caught:
        await client.start_activity("pack", **ENOUGH, retry_policy={})

    assert caught.traceback[0].path == Path(__file__)
    assert len(caught.traceback) <= 5


async def test_the_timeout_of_any_call_is_refused_by_its_name(client: Client):
    """The options of every call are checked where it is made."""
    with pytest.raises(TypeError, match=r"^rpc_timeout must be a number of seconds or a timedelta .*, got '5s'"):
        await client.get_activity_handle("7").cancel(rpc_timeout="5s")


def test_policies_may_be_given_as_their_numbers():
    """A number that the wire knows is as good as its name."""
    plan = plan_start("pack", (), ENOUGH | {"id_reuse_policy": 3, "id_conflict_policy": 2})

    assert plan.id_reuse_policy is ActivityIDReusePolicy.REJECT_DUPLICATE
    assert plan.id_conflict_policy is ActivityIDConflictPolicy.USE_EXISTING


def test_changes_are_written_where_the_server_looks_for_them():
    """The mask names each option that is given; one that is ``None`` is in the mask only."""
    changes = {"task_queue": "other", "heartbeat_timeout": timedelta(seconds=2), "retry_policy": None}

    options = to_activity_options(changes)

    assert paths_of(changes) == ["task_queue.name", "heartbeat_timeout", "retry_policy"]
    assert options.task_queue is not None
    assert options.task_queue.name == "other"
    assert options.retry_policy is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: RetryPolicy(initial_interval="1s"),
        lambda: RetryPolicy(backoff_coefficient="2"),
        lambda: RetryPolicy(maximum_interval="1m"),
        lambda: RetryPolicy(maximum_attempts=2.5),
        lambda: RetryPolicy(non_retryable_error_types=[ValueError]),
        lambda: Priority(priority_key="1"),
        lambda: Priority(fairness_key=7),
        lambda: Priority(fairness_weight="1"),
        lambda: TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_int("Boxes"), "two")]),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_where_the_value_is_made(make: Callable[[], object]):
    """Not at the call that it is given to, let alone by the server."""
    with pytest.raises(TypeError, match=r" must be .*, got |is of type INT, got 'two'"):
        make()
