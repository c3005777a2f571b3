"""The layout says what it says: imports point down, modules that decide are pure, names are there."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import asyncworker

ROOT = Path(asyncworker.__file__).parent
# What a package holds, from the top down; what is in one line may import each other. A package's `__init__` shows what
# is in it, and counts for none of these.
LAYERS = {
    "": [
        {"__main__"},
        {"cli"},
        {"testing", "contrib"},
        {"worker"},
        {"client"},
        {"activity"},
        {"config"},
        {"_rpc", "converter"},
        {"common"},
        {"_arguments"},
        {"_time", "_coalesced_timers"},
        {"_wire"},
        {
            "_enums",
            "_proto",
            "_lazy",
            "_log_throttle",
            "_safe_logger",
            "_safe_text",
            "_user_code",
            "_version",
            "_wire_primitives",
            "exceptions",
        },
    ],
    "worker": [
        {"_worker"},
        {"run"},
        {"_checks", "_settings", "_statistics"},
        {"control", "lifespan", "watch"},
        {"health"},
        {"polling"},
        {"attempts"},
        {"_registry"},
        {"_observers", "_propagation", "_rate_limit"},
        {"slots"},
        {
            "_events",
            "_interceptor",
            "_signals",
            "_size_limits",
            "_stages",
            "_supervision",
        },
    ],
    "client": [
        {"_client"},
        {"_root_outbound"},
        {"activities"},
        {"_completion_calls"},
        {"_async_completion", "_calls"},
        {"_async_handle"},
        {"_interceptor"},
        {"_connect", "_errors", "_inputs", "_payload_limits", "_search_attributes", "_shared_polls", "_waiting"},
    ],
    "_rpc": [
        {"_grpclib", "_service"},
        {"http2"},
        {"_bound", "_caller", "_dial", "_request_events"},
        {"_call_metadata", "_callbacks", "_long_poll", "_transport"},
        {"_metadata", "_methods", "_response_head", "_retry", "_status", "_target", "_threads"},
    ],
    "converter": [
        {"_data", "_signature"},
        {"failures"},
        {"_parameters"},
        {"_annotations", "_encodings"},
        {"_protobuf"},
        {"_payload", "_reading"},
        {"_size", "_stored", "_validation", "codecs", "json", "storage"},
        {"_codec", "_payload_bytes"},
        {"_context"},
    ],
}
LAYER = {
    package: {name: number for number, names in enumerate(reversed(layers)) for name in names}
    for package, layers in LAYERS.items()
}
# Types of the layers above, each with its reason.
UPWARDS = {
    # `activity.client()` returns one, and its users want to see its methods.
    "activity/__init__.py": {"asyncworker.client.Client"},
    "activity/_context.py": {"asyncworker.client.Client"},
    # A call is made with its client's settings as they are then.
    "client/_calls.py": {"asyncworker.client._client.Client"},
    "client/_root_outbound.py": {"asyncworker.client._client.Client"},
    # The results that pass through interceptors; a handle in turn makes its calls through them.
    "client/_interceptor.py": {
        "asyncworker.client.activities._description.ActivityExecution",
        "asyncworker.client.activities._description.ActivityExecutionCount",
        "asyncworker.client.activities._description.ActivityExecutionDescription",
        "asyncworker.client.activities._handle.ActivityHandle",
        "asyncworker.client.activities._options.ActivityExecutionOptions",
        "asyncworker.client.activities._options.StartActivityInput",
    },
}
#: Modules in one folder, `__init__` apart.
MOST_MODULES = 15

# Where a task may be made that is no child of a task group: what it is, and why it is none.
PLAIN_TASKS = {
    "_rpc/_callbacks.py": "what goes on beside a call, a pool or an attempt, whose owner awaits it at its end",
    "testing/_environment.py": "a run of an activity, which is cancelled apart from the test that awaits it",
    "worker/run/_host.py": "a run of a worker, which is entered and left in any tasks",
    "worker/attempts/_attempt.py": "an attempt: a task of a group costs five times as much, and its error is its own",
    "worker/control/_client_workers.py": "what the workers of a client share, which begin and end in any order",
    "worker/slots/_isolated.py": "a wait for a user's slot, which is left behind if it does not heed its cancellation",
}

# Modules that decide: no clock, no socket, nothing to await. The converter awaits its codecs only.
PURE = [
    "_arguments.py",
    "_enums.py",
    "_safe_text.py",
    "_rpc/http2/_call.py",
    "_rpc/http2/_frames.py",
    "_rpc/http2/_grpc.py",
    "_rpc/_response_head.py",
    "_rpc/http2/_headers.py",
    "_rpc/http2/_protocol.py",
    "_rpc/http2/_inbound_flow.py",
    "_rpc/http2/_keep_alive.py",
    "_rpc/http2/_frame_reader.py",
    "_rpc/_metadata.py",
    "_rpc/_retry.py",
    "_rpc/http2/_outbound_flow.py",
    "_rpc/_status.py",
    "_time.py",
    "_wire/__init__.py",
    "_wire/_meter.py",
    "_wire_primitives.py",
    "common.py",
    "config/_layers.py",
    "config/_resolve.py",
    "converter/json/_adapter.py",
    "converter/_encodings.py",
    "converter/failures/_from_error.py",
    "converter/_parameters.py",
    "converter/_payload.py",
    "converter/_signature.py",
    "converter/failures/_to_error.py",
    "exceptions.py",
    "worker/attempts/_arrivals.py",
    "worker/_checks.py",
    "worker/health/_block_detector.py",
    "worker/health/_liveness.py",
    "worker/health/_requests.py",
    "worker/attempts/heartbeats/_claims.py",
    "worker/attempts/heartbeats/_details.py",
    "worker/attempts/heartbeats/_heartbeat_throttle.py",
    "worker/slots/_pid_controller.py",
    "worker/polling/_autoscaling.py",
    "worker/polling/_poll_deadlines.py",
    "worker/attempts/_time_limits.py",
    "worker/control/_heartbeat_builder.py",
    "worker/watch/_messages.py",
    "worker/watch/_findings.py",
    "worker/watch/_options.py",
    "worker/watch/_pace.py",
    "worker/watch/_budget.py",
]
IMPURE = {"anyio", "concurrent", "selectors", "threading", "time"}
# `asyncio.CancelledError` is a value to decide about, a future is where a call's answer goes, and a host's name is one
# of the values that are shared.
EXCEPTIONS = {"_rpc/http2/_call.py": {"asyncio"}, "common.py": {"socket"}}


def modules() -> Iterator[Path]:
    return (path for path in sorted(ROOT.rglob("*.py")) if not {"temporal", "google"} & set(path.parts))


def written_modules() -> Iterator[Path]:
    return (path for path in modules() if "_proto" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path, *, typing: bool = False) -> Iterator[str]:
    """Yield the full names that a module imports while the program runs, and those for type checkers if asked to."""
    package = ["asyncworker", *path.relative_to(ROOT).parent.parts]
    for node in _statements(parsed(path), typing=typing):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST, *, typing: bool) -> Iterator[ast.AST]:
    """Yield the statements in *node*, those for type checkers if asked to; no import is in an expression."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and not typing and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from _statements(child, typing=typing)


def layer_of(name: str, package: str) -> int | None:
    """Return the layer that a full name is on within *package*, if it is in there."""
    parents = ["asyncworker", *filter(None, [package])]
    parts = name.split(".")
    if parts[: len(parents)] != parents or len(parts) == len(parents):
        return None
    return LAYER[package].get(parts[len(parents)])


@pytest.mark.parametrize("package", LAYERS)
def test_every_module_is_on_a_layer(package):
    """The layers name what there is, and nothing else."""
    there = {
        path.stem for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert set(LAYER[package]) == there - {"__init__"}


def imports_from_above(path: Path) -> Iterator[str]:
    """Yield what a module imports from a layer above its own, in the package and in its parents, for types too."""
    first, *rest = path.relative_to(ROOT).with_suffix("").parts
    for package, place in [("", first), *((first, place) for place in rest[:1] if first in LAYERS)]:
        if place != "__init__":
            own = LAYER[package][place]
            yield from (name for name in imports_of(path, typing=True) if (layer_of(name, package) or 0) > own)


def test_imports_point_down():
    """A module imports from its own layer and from those below."""
    assert [
        f"{name_of(path)}: {name}"
        for path in modules()
        for name in imports_from_above(path)
        if name not in UPWARDS.get(name_of(path), set())
    ] == []


# Imports what is not ours, then each name in a child that has imported nothing but the name's parents, as any import
# does first. What they have brought was imported first as well.
IMPORTING = """
import gc, importlib, os, sys
import anyio, anyio._backends._asyncio, betterproto2, grpclib.client, grpclib.server, pydantic, pydantic_core, click
import dishka.integrations.base, fastapi, opentelemetry.context, prometheus_client

gc.disable()

def import_below(parent, names):
    for name in [name for name in names if name.rpartition(".")[0] == parent and name not in sys.modules]:
        child = os.fork()
        if not child:
            try:
                importlib.import_module(name)
                import_below(name, names)
            except BaseException as error:
                print(f"{name}: {error!r}", flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    for name in [name for name in names if name.rpartition(".")[0] == parent and name in sys.modules]:
        import_below(name, names)

import_below("", sys.argv[1:])
"""


@pytest.mark.process
def test_each_module_can_be_imported_first():
    """No module depends on another one's having been imported before it."""
    names = [".".join(["asyncworker", *path.relative_to(ROOT).with_suffix("").parts]) for path in modules()]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]

    assert subprocess.check_output([sys.executable, "-c", IMPORTING, *names], text=True) == ""


@pytest.mark.parametrize("folder", sorted({path.parent for path in written_modules()}), ids=name_of)
def test_a_folder_can_be_taken_in_at_a_glance(folder):
    """No folder has more modules than a reader takes in at a glance."""
    assert len([path for path in folder.glob("*.py") if path.stem != "__init__"]) <= MOST_MODULES


def test_tasks_without_a_group_are_made_in_few_modules():
    """Every task has an owner that awaits it: a task group, or one of the modules that are named here."""
    words = re.compile("create_task|ensure_future|asyncio.Task")
    making = {
        name_of(path)
        for path in written_modules()
        if words.search(path.read_text(encoding="utf-8"))
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"create_task", "ensure_future"})
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.Task")
    }

    assert making == set(PLAIN_TASKS)
    assert len(PLAIN_TASKS) <= 6


@pytest.mark.parametrize("name", PURE)
def test_modules_that_decide_are_pure(name):
    """A decision needs no event loop, no clock and no socket, so that its tests need none."""
    path = ROOT / name
    allowed = EXCEPTIONS.get(name, set())
    impure = {imported.split(".")[0] for imported in imports_of(path)} & ((IMPURE | {"asyncio", "socket"}) - allowed)
    waits = [node.lineno for node in ast.walk(parsed(path)) if isinstance(node, ast.AsyncFunctionDef)]

    assert impure == set()
    assert waits == []


def may_use_grpclib(path: Path) -> bool:
    return name_of(path).startswith(("_rpc/_grpclib/", "testing/"))


def test_grpclib_stays_in_its_modules():
    """Grpclib is the reference transport's, and the fake server's."""
    assert [
        name_of(path)
        for path in written_modules()
        if not may_use_grpclib(path) and any(name.split(".")[0] == "grpclib" for name in imports_of(path))
    ] == []


def test_every_module_says_what_it_is_for():
    """A module begins with a sentence."""
    assert [name_of(path) for path in written_modules() if not ast.get_docstring(parsed(path))] == []


def test_nothing_is_left_to_do_in_a_module():
    """Work that is still to be done is an issue, and no comment."""
    left = re.compile(r"#.*\b(?:TODO|FIXME|XXX|HACK)\b")

    assert [name_of(path) for path in written_modules() if left.search(path.read_text(encoding="utf-8"))] == []


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
