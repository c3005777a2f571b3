"""The layout says what it says: imports point down, pure rooms are pure, names are there."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import asyncworker

ROOT = Path(asyncworker.__file__).parent
# From the top down; what is in one line may import each other.
FLOORS = [
    {"__main__"},
    {"cli"},
    {"testing", "contrib"},
    {"worker"},
    {"client"},
    {"activity"},
    {"common", "config", "converter", "_rpc", "_time"},
    {"_alarms", "_moments", "_safe_logger", "_wire", "_proto", "exceptions"},
]
FLOOR = {room: number for number, rooms in enumerate(reversed(FLOORS)) for room in rooms}

# Rooms that decide: no clock, no socket, nothing to await. The converter awaits its codecs only.
PURE = [
    "_moments.py",
    "_rpc/_call.py",
    "_rpc/_frames.py",
    "_rpc/_grpc.py",
    "_rpc/_head.py",
    "_rpc/_headers.py",
    "_rpc/_http2.py",
    "_rpc/_intake.py",
    "_rpc/_liveness.py",
    "_rpc/_reader.py",
    "_rpc/_retry.py",
    "_rpc/_sender.py",
    "_rpc/_status.py",
    "_time.py",
    "_wire/__init__.py",
    "_wire/_meter.py",
    "_wire/_primitives.py",
    "common.py",
    "config/_layers.py",
    "config/_resolve.py",
    "converter/_adapter.py",
    "converter/_encodings.py",
    "converter/_from_error.py",
    "converter/_payload.py",
    "converter/_signature.py",
    "converter/_to_error.py",
    "exceptions.py",
    "worker/_arrivals.py",
    "worker/_checks.py",
    "worker/_details.py",
    "worker/_heartbeat.py",
    "worker/_pid.py",
    "worker/_scaling.py",
    "worker/_time_limits.py",
    "worker/_vitals.py",
]
IMPURE = {"anyio", "concurrent", "selectors", "threading", "time"}
# `asyncio.CancelledError` is a value to decide about, a future is where a call's answer goes, and a host's name is one
# of the values that are shared.
EXCEPTIONS = {"_rpc/_call.py": {"asyncio"}, "common.py": {"socket"}}


def modules() -> Iterator[Path]:
    return (path for path in sorted(ROOT.rglob("*.py")) if "_proto" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    """Yield the full names that a module imports while the program runs."""
    package = ["asyncworker", *path.relative_to(ROOT).parent.parts]
    for node in _at_run_time(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        yield from _at_run_time(node)


def room_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "asyncworker" and len(parts) > 1 and parts[1] in FLOOR else None


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_imports_point_down(path):
    """A room imports from its own floor and from those below; the facade shows everything and imports nothing."""
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    if own == "__init__":
        assert not any(room_of(name) for name in imports_of(path))
        return

    above = [name for name in imports_of(path) if (room := room_of(name)) and FLOOR[room] > FLOOR[own]]

    assert above == []


@pytest.mark.parametrize("name", PURE)
def test_rooms_that_decide_are_pure(name):
    """A decision needs no event loop, no clock and no socket, so that its tests need none."""
    path = ROOT / name
    allowed = EXCEPTIONS.get(name, set())
    impure = {imported.split(".")[0] for imported in imports_of(path)} & ((IMPURE | {"asyncio", "socket"}) - allowed)
    waits = [node.lineno for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.AsyncFunctionDef)]

    assert impure == set()
    assert waits == []


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_grpclib_stays_in_its_rooms(path):
    """Grpclib is the reference transport's, and the fake server's."""
    if name_of(path) == "_rpc/_grpclib.py" or path.relative_to(ROOT).parts[0] == "testing":
        return

    assert [name for name in imports_of(path) if name.split(".")[0] == "grpclib"] == []


@pytest.mark.parametrize("path", list(modules()), ids=name_of)
def test_every_room_says_what_it_is_for(path):
    """A module begins with a sentence, and has nothing left to do in it."""
    text = path.read_text()

    assert ast.get_docstring(ast.parse(text))
    assert re.findall(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b", text) == []


def packages() -> Iterator[ModuleType]:
    yield asyncworker
    for found in pkgutil.iter_modules(asyncworker.__path__):
        if not found.name.startswith("_") and found.name not in ("cli", "contrib"):
            yield importlib.import_module(f"asyncworker.{found.name}")


@pytest.mark.parametrize("package", list(packages()), ids=lambda package: package.__name__)
def test_all_names_are_there(package):
    """What a package lists it has, each name once."""
    assert len(package.__all__) == len(set(package.__all__))
    assert [name for name in package.__all__ if not hasattr(package, name)] == []


@pytest.mark.parametrize("package", list(packages()), ids=lambda package: package.__name__)
def test_messages_stay_inside(package):
    """No public signature names a protobuf message, save the payload and the failure that converters are about."""
    public = [getattr(package, name) for name in package.__all__]
    named = {
        annotation
        for thing in public
        for function in _functions(thing)
        for annotation in map(str, getattr(function, "__annotations__", {}).values())
    }
    messages = {
        word for annotation in named for word in re.findall(r"\w+(?:Request|Response)\b|_proto[\w.]*", annotation)
    }

    assert messages == set()


def _functions(thing: object) -> Iterator[object]:
    if inspect.isfunction(thing):
        yield thing
    elif inspect.isclass(thing) and thing.__module__.startswith("asyncworker"):
        yield from (it for name, it in vars(thing).items() if inspect.isfunction(it) and not name.startswith("_"))
