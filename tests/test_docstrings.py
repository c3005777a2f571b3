"""Public docstrings describe each field, what is raised and what cancelling does, in plain words."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, is_typeddict

import pytest

import asyncworker
from asyncworker.client import RPCOptions

ROOT = Path(asyncworker.__file__).parent
PACKAGES = [
    "activity",
    "client",
    "common",
    "config",
    "contrib.completion",
    "contrib.fastapi",
    "contrib.health",
    "contrib.progress",
    "converter",
    "exceptions",
    "testing",
    "worker",
]

_ENTRY = re.compile(r"^ +\*{0,2}(\w+): ", re.MULTILINE)


def modules() -> list[ModuleType]:
    return [importlib.import_module(f"asyncworker.{name}") for name in PACKAGES]


def public() -> Iterator[tuple[str, Any]]:
    """Yield what the packages list, where it is ours, each once under its package's name."""
    seen = set()
    for module in modules():
        for name in module.__all__:
            thing = getattr(module, name)
            home = getattr(thing, "__module__", "")
            # Generated messages are described by Temporal.
            if home.startswith("asyncworker") and "._proto." not in home and id(thing) not in seen:
                seen.add(id(thing))
                yield f"{module.__name__.removeprefix('asyncworker.')}.{name}", thing


def fields_of(kind: Any) -> list[str]:
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if not field.name.startswith("_")]
    return [*kind.__annotations__] if is_typeddict(kind) or hasattr(kind, "_fields") else []


def docstrings_of(kind: type) -> str:
    """Join the docstrings of a class and of its bases."""
    # A TypedDict forgets its bases.
    bases = [*kind.__mro__, *([RPCOptions] if is_typeddict(kind) else [])]
    return "\n".join(inspect.cleandoc(base.__doc__ or "") for base in bases)


def coroutines() -> Iterator[tuple[str, str]]:
    """Yield public coroutine functions and methods, with the docstring of each and of its class."""
    for name, thing in public():
        if inspect.iscoroutinefunction(thing):
            yield name, thing.__doc__ or ""
        elif inspect.isclass(thing):
            for key in dir(thing):
                method = getattr(thing, key)
                if not key.startswith("_") and inspect.iscoroutinefunction(method):
                    yield f"{name}.{key}", f"{method.__doc__ or ''}\n{thing.__doc__ or ''}"


@pytest.mark.parametrize(
    ("name", "kind"), [pytest.param(name, kind, id=name) for name, kind in public() if fields_of(kind)]
)
def test_each_public_field_is_described(name: str, kind: type):
    """A person who completes a name in an editor learns what it is."""
    described = set(_ENTRY.findall(docstrings_of(kind)))

    assert [field for field in fields_of(kind) if field not in described] == []


@pytest.mark.parametrize(("name", "text"), [pytest.param(name, text, id=name) for name, text in coroutines()])
def test_each_public_coroutine_says_what_cancelling_does_and_what_is_raised(name: str, text: str):
    """In its own docstring, or for all methods in their class's."""
    assert re.search(r"\b[Cc]ancelling\b", text), "what does cancelling the call do?"
    assert re.search(r"\b[Rr]aises?\b", text), "what does it raise?"
