"""The generated messages: written by the script that is said to write them, and only what is needed is imported."""

from __future__ import annotations

import importlib
import itertools
import pkgutil
import subprocess
import sys
from collections import Counter
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path

import pytest

import asyncworker._proto
from asyncworker._proto import _codec_failures, _codec_heartbeats, _codec_lazy, _codec_worker
from asyncworker._proto.message_pool import default_message_pool

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(asyncworker._proto.__file__).parent

#: The modules of a package that are imported on first use.
LATER = ["failures", "heartbeats", "lazy"]

WORKER_IMPORTS = """
import asyncworker._wire
from asyncworker._proto.temporal.api.common.v1 import Payload
from asyncworker._proto.temporal.api.workflowservice.v1 import PollActivityTaskQueueRequest
from asyncworker._proto.temporal.wkt import Duration, Timestamp
"""

for module in pkgutil.walk_packages([str(PACKAGE)], "asyncworker._proto."):
    importlib.import_module(module.name)


def sources(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*.py")}


def loaded_after(source: str) -> set[str]:
    """Name the modules that a fresh interpreter has loaded after running a program."""
    program = f"{source}\nimport sys\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


@pytest.mark.process
def test_make_protos_writes_what_is_committed(tmp_path):
    """The script that generates the messages and codecs gives exactly what is in the tree."""
    installed = {tool: version(tool) for tool in asyncworker._proto.GENERATED_WITH}
    if installed != asyncworker._proto.GENERATED_WITH:
        pytest.skip(f"generated with {asyncworker._proto.GENERATED_WITH}, installed are {installed}")
    script = ROOT / "scripts" / "generate_protos.py"

    subprocess.run([sys.executable, script, "--output", tmp_path / "_proto"], check=True)

    written, committed = sources(tmp_path / "_proto"), sources(PACKAGE)
    assert written.keys() == committed.keys()
    assert [name for name in written if written[name] != committed[name]] == []


def test_what_is_left_out_exists(monkeypatch):
    """Each field and type that the script leaves out is one that Temporal has."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from generate_protos import DROPPED, ONLY
    from proto_descriptors import load_service, message_type

    pool = load_service().file.pool

    for name in DROPPED:
        assert pool.FindFileContainingSymbol(name)
    for name, only in ONLY.items():
        assert only <= set(message_type(name).fields_by_name)


@pytest.mark.process
def test_a_worker_imports_only_its_own():
    """What a worker needs comes without what only a client needs, and without another protobuf library or gRPC."""
    loaded = loaded_after(WORKER_IMPORTS)

    ours = {name for name in loaded if name.startswith("asyncworker._proto.")}
    assert not {name for name in ours if name.endswith((*LATER, ".failure.v1", ".worker.v1"))}
    assert not loaded & {"dateutil", "google.protobuf", "grpc", "grpclib"}
    assert len(_codec_worker.DECODERS) <= 50


@pytest.mark.process
def test_the_rest_comes_when_it_is_met():
    """A message that is imported on first use brings its codec when it is first written or read."""
    loaded = loaded_after(
        f"{WORKER_IMPORTS}\n"
        "from asyncworker._proto.temporal.api.workflowservice.v1 import CountActivityExecutionsRequest as Request\n"
        "assert asyncworker._wire.decode(Request, asyncworker._wire.encode(Request(query='q'))) == Request(query='q')"
    )

    assert "asyncworker._proto._codec_lazy" in loaded


def test_every_message_has_a_codec():
    """Each generated message is in exactly one of the codec modules."""
    modules = (_codec_worker, _codec_failures, _codec_heartbeats, _codec_lazy)

    assert Counter(message for module in modules for message in module.DECODERS) == Counter(
        default_message_pool.type_to_url.keys()
    )
    for module in modules:
        assert module.DECODERS.keys() == module.ENCODERS.keys()


@pytest.mark.parametrize(
    "name",
    [
        "temporal.api.common.v1",
        "temporal.api.deployment.v1",
        "temporal.api.enums.v1",
        "temporal.api.workflowservice.v1",
        "temporal.wkt",
    ],
)
def test_a_package_offers_its_lazy_names(name):
    """What is imported on first use has the same address as what is imported at once; anything else has none."""
    package = importlib.import_module(f"asyncworker._proto.{name}")
    folder = Path(package.__file__).parent
    modules = [importlib.import_module(f"{package.__name__}.{it}") for it in LATER if (folder / it).exists()]

    assert modules
    for later in modules:
        for public in later.__all__:
            assert getattr(package, public) is getattr(later, public)
    with pytest.raises(AttributeError, match="no attribute 'Unheard'"):
        _ = package.Unheard


def test_building_a_message_never_warns():
    """No message has a hook for deprecated fields, which costs time and is not safe in threads."""
    for message in default_message_pool.type_to_url:
        assert "__post_init__" not in vars(message)


def test_a_message_begins_as_its_fields_say():
    """What is not given to a message has its field's default, made anew each time; what is given it has."""
    for message in default_message_pool.type_to_url:
        declared = fields(message)
        defaults = {field.name: field.default_factory() for field in declared}
        first, second = message(), message()
        given = {field.name: object() for field in declared}

        assert {name: vars(first)[name] for name in defaults} == defaults
        assert vars(first).keys() == {*defaults, "_unknown_fields"}
        assert not any(vars(first)[name] is vars(second)[name] for name, it in defaults.items() if it in ([], {}))
        assert [*vars(message(*given.values())).items()][:-1] == [*given.items()]
        assert vars(message(**given)) == {**given, "_unknown_fields": b""}


def test_no_init_of_a_message_is_compiled_at_import():
    """A message with fields has its ``__init__`` from the file, which dataclasses would compile at each start."""
    assert [
        it for it in default_message_pool.type_to_url if fields(it) and it.__init__.__code__.co_filename[0] == "<"
    ] == []


def test_the_calls_are_there(monkeypatch):
    """Each call that the script lists has its request and its response."""
    service = importlib.import_module("asyncworker._proto.temporal.api.workflowservice.v1")
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from generate_protos import CALLS, LAZY_CALLS

    for call in (*itertools.chain(*CALLS), *LAZY_CALLS):
        assert hasattr(service, f"{call}Request")
        assert hasattr(service, f"{call}Response")
