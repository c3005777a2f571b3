"""Generate asyncworker/_proto: Temporal's messages as betterproto2 dataclasses, with a codec for each.

The descriptors come out of the ``temporalio`` wheel, cut down to the calls listed below. What a worker needs to poll
is imported with its package, all else on first use, from modules beside it: ``failures`` has what the first failure
needs, ``heartbeats`` what worker heartbeats need, which begin after the first poll, and ``lazy`` what only a client, an
error or a rarer call needs. Timestamp, Duration and the other well-known types are plain messages, in ``temporal.wkt``.

Run it as ``make protos``. The same versions of the same tools give the same output, byte for byte.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from codec_compiler import compile_module
from codec_fields import load_package, messages_of
from google.protobuf import descriptor_pb2 as pb
from google.protobuf.compiler import plugin_pb2
from google.protobuf.descriptor import Descriptor, ServiceDescriptor
from message_init import with_inits
from proto_descriptors import closure, load_service, message_type, prune, relocate

OUTPUT = Path(__file__).parent.parent / "asyncworker" / "_proto"

#: The calls of a worker that polls: imported with the package.
WORKER_CALLS = [
    "DescribeNamespace",
    "GetSystemInfo",
    "PollActivityTaskQueue",
    "RecordActivityTaskHeartbeat",
    "RespondActivityTaskCanceled",
    "RespondActivityTaskCompleted",
]

#: What it says of an attempt that has failed: imported on first use, apart from the rest.
FAILURE_CALLS = ["RespondActivityTaskFailed"]

#: What it tells of itself, when it polls and when it ends: imported on first use, apart from the rest.
HEARTBEAT_CALLS = [
    "RecordWorkerHeartbeat",
    "ShutdownWorker",
]

#: These three, in the order of their modules.
CALLS = [WORKER_CALLS, FAILURE_CALLS, HEARTBEAT_CALLS]

#: All other calls: imported on first use.
LAZY_CALLS = [
    "CountActivityExecutions",
    "DeleteActivityExecution",
    "DescribeActivityExecution",
    "DescribeWorkflowExecution",
    "GetWorkflowExecutionHistory",
    "ListActivityExecutions",
    "PauseActivityExecution",
    "PollActivityExecution",
    "PollNexusTaskQueue",
    "RecordActivityTaskHeartbeatById",
    "RequestCancelActivityExecution",
    "ResetActivityExecution",
    "RespondActivityTaskCanceledById",
    "RespondActivityTaskCompletedById",
    "RespondActivityTaskFailedById",
    "RespondNexusTaskCompleted",
    "RespondNexusTaskFailed",
    "StartActivityExecution",
    "TerminateActivityExecution",
    "UnpauseActivityExecution",
    "UpdateActivityExecutionOptions",
]

#: Messages that no call names: what errors carry, and what the server says through a worker's Nexus queue.
LAZY_MESSAGES = [
    "google.rpc.Status",
    "temporal.api.nexusservices.workerservice.v1.ExecuteCommandsRequest",
    "temporal.api.nexusservices.workerservice.v1.ExecuteCommandsResponse",
]

#: Every message of these files.
LAZY_FILES = ["temporal/api/errordetails/v1/message.proto"]

#: Fields, and types of fields, that are large and of no use here. What a server sends in them is kept as unknown
#: fields, so that nothing is lost on the way through.
DROPPED = {
    "temporal.api.activity.v1.CallbackInfo",
    "temporal.api.common.v1.Callback",
    "temporal.api.common.v1.Link",
    "temporal.api.namespace.v1.BadBinaries",
    "temporal.api.replication.v1.FailoverStatus",
    "temporal.api.replication.v1.NamespaceReplicationConfig",
}

#: Of these messages only these fields; all others are left out in the same way.
ONLY = {
    "temporal.api.history.v1.HistoryEvent": {"event_id", "event_type", "event_time"},
    "temporal.api.workflow.v1.PendingActivityInfo": {
        "activity_id",
        "activity_type",
        "state",
        "heartbeat_details",
        "last_started_time",
        "attempt",
        "paused",
    },
    "temporal.api.workflow.v1.WorkflowExecutionInfo": {"execution", "status", "history_length"},
    "temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse": {
        "workflow_execution_info",
        "pending_activities",
    },
    "temporal.api.workflowservice.v1.GetWorkflowExecutionHistoryResponse": {"history", "next_page_token"},
}

#: As `google.protobuf` betterproto2 would turn these into datetime and timedelta, which have no nanoseconds.
PACKAGES = {"google.protobuf": "temporal.wkt"}

#: The modules of what is imported on first use, in the order in which a type that several need goes to the first.
LATER = ["failures", "heartbeats", "lazy"]

#: What brings everything eager with it.
EAGER_MODULE = "temporal.api.workflowservice.v1"

#: The distributions that decide what is written.
INPUTS = ["betterproto2", "betterproto2-compiler", "ruff", "temporalio"]

INIT = '''"""Temporal's messages, generated by `make protos`; never edited."""

GENERATED_WITH = {versions}
'''

#: What a package with such modules says at its end. Type checkers see plain imports: a wrong name is an error.
LAZY_IMPORTS = '''
if TYPE_CHECKING:
{imports}
else:
    _LATER = {{{homes}}}

    def __getattr__(name):
        """Import what is rarely needed when it is first asked for."""
        if name not in _LATER:
            raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f"{{__name__}}.{{_LATER[name]}}"), name)
        return found
'''


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the package's directory (replaced)")
    generate(parser.parse_args().output)


def generate(output: Path) -> None:
    """Write the package into ``output``, in place of what is there."""
    sources = run_compiler(compiled_files(load_service()))
    shutil.rmtree(output, ignore_errors=True)
    for name, source in sources.items():
        target = output / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source)
    (output / "__init__.py").write_text(INIT.format(versions={tool: version(tool) for tool in INPUTS}))
    add_lazy_imports(output)
    write_codecs(output)
    run_tool("ruff", "format", "--quiet", "--isolated", "--line-length=120", output)


def compiled_files(service: ServiceDescriptor) -> list[pb.FileDescriptorProto]:
    """Return the descriptors that the compiler is given."""
    dropped = left_out()
    lazy_roots = [*roots(service, LAZY_CALLS), *map(message_type, LAZY_MESSAGES)]
    for file in LAZY_FILES:
        lazy_roots += service.file.pool.FindFileByName(file).message_types_by_name.values()
    kept: set[str] = set()
    # The number of the module in which each top-level type is; a nested type goes where its outermost message goes.
    places: dict[str, int] = {}
    for place, found in enumerate([*(roots(service, calls) for calls in CALLS), lazy_roots]):
        reached = closure(found, dropped=dropped)
        kept |= reached
        for name in reached:
            places.setdefault(top_level(service, name), place)
    return relocate(prune(service, kept, dropped=dropped), PACKAGES, places, ["", *LATER])


def left_out() -> set[str]:
    """Return the full names of all fields, and types of fields, that are left out."""
    fields = (field for message in ONLY for field in message_type(message).fields if field.name not in ONLY[message])
    return DROPPED | {field.full_name for field in fields}


def roots(service: ServiceDescriptor, calls: list[str]) -> list[Descriptor]:
    methods = [service.methods_by_name[call] for call in calls]
    return [message for method in methods for message in (method.input_type, method.output_type)]


def top_level(service: ServiceDescriptor, name: str) -> str:
    """Return the name of the outermost message around a type."""
    package = service.file.pool.FindFileContainingSymbol(name).package
    return f"{package}.{name.removeprefix(package + '.').split('.')[0]}"


def run_compiler(files: list[pb.FileDescriptorProto]) -> dict[str, str]:
    """Let betterproto2's protoc plugin turn descriptors into source, by path."""
    request = plugin_pb2.CodeGeneratorRequest(parameter="client_generation=none")
    request.proto_file.extend(files)
    request.file_to_generate.extend(file.name for file in files)
    ran = run_tool("protoc-gen-python_betterproto2", stdin=request.SerializeToString())
    response = plugin_pb2.CodeGeneratorResponse.FromString(ran)
    if response.error:
        raise SystemExit(response.error)
    return {file.name: with_inits(file.content) for file in response.file}


def add_lazy_imports(output: Path) -> None:
    """Let each package offer the names of the modules in it, which are imported on first use, as its own."""
    for package in sorted(output.rglob("__init__.py")):
        modules = [(name, package.parent / name / "__init__.py") for name in LATER]
        later = {name: exported_names(module.read_text()) for name, module in modules if module.exists()}
        if not later:
            continue
        source = package.read_text()
        if "import TYPE_CHECKING\n" not in source:
            source = source.replace(
                "\nimport betterproto2\n", "from typing import TYPE_CHECKING\n\nimport betterproto2\n", 1
            )
        addition = LAZY_IMPORTS.format(
            imports="\n".join(
                f"    from .{module} import ({', '.join(f'{name} as {name}' for name in names)},)"
                for module, names in later.items()
            ),
            homes=" ".join(f'"{name}": "{module}",' for module, names in later.items() for name in names),
        )
        package.write_text(source + addition)


def write_codecs(output: Path) -> None:
    """Compile the codecs of what is imported eagerly and of what is not."""
    package = load_package(output)
    known: list[type[Any]] = []
    elsewhere: dict[str, Collection[type[Any]]] = {}
    titles = ("what a worker says and hears", "failures", "what a worker tells of itself", "all other messages")
    for title, name in zip(titles, ["worker", *LATER], strict=True):
        _import(package, name)
        found = [message for message in messages_of(package) if message not in known]
        source = compile_module(f"Codecs of {title}", found, elsewhere)
        (output / f"_codec_{name}.py").write_text(source)
        elsewhere[f"._codec_{name}"] = found
        known += found


def _import(package: ModuleType, codec: str) -> None:
    """Import the messages of a module of codecs, and all that they refer to."""
    if codec != LATER[-1]:
        importlib.import_module(f"{package.__name__}.{EAGER_MODULE}{'' if codec == 'worker' else f'.{codec}'}")
        return
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def exported_names(source: str) -> list[str]:
    """Return what a generated module lists in ``__all__``."""
    listed = source.split("__all__ = (", 1)[1].split(")", 1)[0]
    return [line.strip().strip('",') for line in listed.splitlines() if line.strip()]


def run_tool(name: str, *arguments: object, stdin: bytes = b"") -> bytes:
    """Run a program that is installed beside this Python, and return what it prints."""
    tools = Path(sys.executable).parent
    # The compiler calls ruff by its name.
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(tools / name), *map(str, arguments)]
    ran = subprocess.run(command, check=False, input=stdin, capture_output=True, env=env)
    if ran.returncode:
        raise SystemExit(f"{name} failed:\n{ran.stderr.decode()}")
    return ran.stdout


if __name__ == "__main__":
    main()
