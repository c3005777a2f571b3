"""The guide for those who come from temporalio has a line for each of its names that activities are written with."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pytest
import temporalio.activity
import temporalio.client
import temporalio.common
import temporalio.exceptions
import temporalio.testing
import temporalio.worker

import asyncworker.activity
import asyncworker.client
import asyncworker.common
import asyncworker.exceptions
import asyncworker.testing
import asyncworker.worker

GUIDE = Path(__file__).parents[1] / "docs" / "migrating.md"
# What a client has for workflows, schedules and Nexus operations.
NOT_FOR_ACTIVITIES = re.compile(r"workflow(?!_service)|schedule|nexus|worker_(build|task)")


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self", "cls"}


def members(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


def defined_in(module: ModuleType) -> set[str]:
    """Name what a module defines for its users; type variables are for its own signatures."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, TypeVar)
        and module.__name__ in (getattr(value, "__module__", None), type(value).__module__)
    }


#: The heading of each table's first column, and what stands in that.
TABLES = {
    "option of `temporalio.worker.Worker`": parameters(temporalio.worker.Worker.__init__),
    "name in `temporalio.activity`": defined_in(temporalio.activity),
    "field of `temporalio.activity.Info`": members(temporalio.activity.Info)
    | {field.name for field in dataclasses.fields(temporalio.activity.Info)},
    "argument of `Client.connect`": parameters(temporalio.client.Client.connect),
    "member of `Client`": {name for name in members(temporalio.client.Client) if not NOT_FOR_ACTIVITIES.search(name)},
    "argument of `Client.start_activity`": parameters(temporalio.client.Client.start_activity),
    "member of `ActivityHandle`": members(temporalio.client.ActivityHandle),
    "member of `AsyncActivityHandle`": members(temporalio.client.AsyncActivityHandle),
    "class in `temporalio.client`": {name for name in dir(temporalio.client) if re.search("Activity|Activities", name)},
    "member of `temporalio.testing.ActivityEnvironment`": members(temporalio.testing.ActivityEnvironment)
    | {name for name in vars(temporalio.testing.ActivityEnvironment()) if not name.startswith("_")},
    "name in `temporalio.common`": defined_in(temporalio.common),
    "name in `temporalio.exceptions`": defined_in(temporalio.exceptions),
}

#: Where those are that have the same name here.
HOMES: dict[str, set[str]] = {
    "option of `temporalio.worker.Worker`": parameters(asyncworker.worker.Worker.__init__),
    "name in `temporalio.activity`": set(asyncworker.activity.__all__),
    "field of `temporalio.activity.Info`": members(asyncworker.activity.Info),
    "argument of `Client.connect`": parameters(asyncworker.client.Client.connect),
    "member of `Client`": members(asyncworker.client.Client),
    "argument of `Client.start_activity`": {
        "activity",
        "args",
        "result_type",
        *asyncworker.client.StartActivityOptions.__annotations__,
        *asyncworker.client.RPCOptions.__annotations__,
    },
    "member of `ActivityHandle`": members(asyncworker.client.ActivityHandle),
    "member of `AsyncActivityHandle`": members(asyncworker.client.AsyncActivityHandle),
    "member of `temporalio.testing.ActivityEnvironment`": members(asyncworker.testing.ActivityEnvironment)
    | {name for name in vars(asyncworker.testing.ActivityEnvironment()) if not name.startswith("_")},
}


def rows(heading: str) -> list[tuple[list[str], str]]:
    """Read a table of the guide: the names in the first cell of each row, and its second cell."""
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        first, second = line.split(" | ")[:2]
        found.append((re.findall(r"`(\w+)`", first), second.strip()))
    return found


@pytest.mark.parametrize("heading", TABLES)
def test_the_guide_has_each_of_temporalios_names_once(heading: str):
    """A name that temporalio gains or loses is one that the guide has to say something about."""
    named = [name for names, _ in rows(heading) for name in names]

    assert sorted(named) == sorted(TABLES[heading])


@pytest.mark.parametrize("heading", HOMES)
def test_what_the_guide_calls_the_same_is_there(heading: str):
    """A name that is said to be the same here is here, and one that is said not to be is not."""
    same = {name for names, here in rows(heading) for name in names if here == "the same"}
    absent = {name for names, here in rows(heading) for name in names if here == "no"}

    assert same - HOMES[heading] == set()
    assert absent & HOMES[heading] == set()


def test_what_the_guide_says_to_be_in_a_module_is_in_it():
    """Where a row names one of this package's modules, that has the row's names."""
    missing = []
    for heading in TABLES:
        for names, here in rows(heading):
            module = re.fullmatch(r"`(asyncworker(?:\.\w+)?)`", here)
            if module:
                found = importlib.import_module(module[1])
                missing += [f"{module[1]}.{name}" for name in names if not hasattr(found, name)]

    assert missing == []
