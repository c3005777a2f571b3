"""Cut Temporal's protobuf descriptors down to what asyncworker says and hears."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import temporalio.api
from google.protobuf import descriptor_pb2 as pb, descriptor_pool
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor, ServiceDescriptor

__all__ = ["closure", "load_service", "message_type", "prune", "relocate"]

TypeDescriptor = Descriptor | EnumDescriptor

# Where messages are in a file and in a message, as paths in SourceCodeInfo say it.
_MESSAGE_TYPE = pb.FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER
_NESTED_TYPE = pb.DescriptorProto.NESTED_TYPE_FIELD_NUMBER


def load_service() -> ServiceDescriptor:
    """Import every protobuf module that the ``temporalio`` wheel ships, and return its WorkflowService."""
    for module in pkgutil.walk_packages(temporalio.api.__path__, "temporalio.api."):
        if module.name.endswith("_pb2"):
            importlib.import_module(module.name)
    # Not a dependency of the wheel's modules, yet what the server puts into grpc-status-details-bin.
    importlib.import_module("google.rpc.status_pb2")
    return descriptor_pool.Default().FindServiceByName("temporal.api.workflowservice.v1.WorkflowService")


def message_type(name: str) -> Descriptor:
    """Find a message by its full protobuf name."""
    return descriptor_pool.Default().FindMessageTypeByName(name)


def closure(roots: Iterable[Descriptor], *, dropped: Collection[str]) -> set[str]:
    """Return the full names of all messages and enums that the roots reach.

    ``dropped`` holds full names of fields and of types: such a field, and a field of such a type, is not followed.
    """
    reached: set[str] = set()
    to_visit: list[TypeDescriptor] = list(roots)
    while to_visit:
        found = to_visit.pop()
        if found.full_name in reached:
            continue
        reached.add(found.full_name)
        if isinstance(found, Descriptor):
            held = (type_of(field) for field in found.fields if not _drops(field, dropped))
            to_visit.extend(type_ for type_ in held if type_)
    return reached


def prune(
    service: ServiceDescriptor, kept: Collection[str], *, dropped: Collection[str]
) -> list[pb.FileDescriptorProto]:
    """Return the files that define the kept types, without options, services and dropped fields, dependencies first."""
    files = (_prune_file(file, kept, dropped) for file in _files(service, kept))
    return _with_dependencies([file for file in files if file.message_type or file.enum_type])


def relocate(
    files: Iterable[pb.FileDescriptorProto],
    packages: Mapping[str, str],
    places: Mapping[str, int],
    modules: Sequence[str],
) -> list[pb.FileDescriptorProto]:
    """Move types to other packages, and every reference with them.

    A package named in ``packages`` gets the name it maps to. A top-level type leaves its package for the one inside it
    that ``modules`` names at the type's place; those that are at the first place of all in their package stay.
    """
    moved: list[pb.FileDescriptorProto] = []
    new_names: dict[str, str] = {}
    files = list(files)
    first: dict[str, int] = {}
    for file in files:
        for name in _top_level(file):
            first[file.package] = min(places[name], first.get(file.package, places[name]))
    for file in files:
        package = packages.get(file.package, file.package)
        targets = [
            _like(file, f"{package}.{module}", f"{module}/{file.name}") if place > first[file.package] else None
            for place, module in enumerate(modules)
        ]
        stays = _like(file, package)
        for definition in _definitions(file):
            full_name = f"{file.package}.{definition.name}"
            target = targets[places[full_name]] or stays
            if isinstance(definition, pb.DescriptorProto):
                target.message_type.append(definition)
            else:
                target.enum_type.append(definition)
            new_names[full_name] = f"{target.package}.{definition.name}"
        moved += [it for it in (stays, *targets) if it is not None and (it.message_type or it.enum_type)]
    for file in moved:
        for field in _fields(file.message_type):
            if field.type_name:
                field.type_name = "." + _renamed(field.type_name.lstrip("."), new_names)
    _document(moved, {new: old for old, new in new_names.items()})
    return _with_dependencies(moved)


def type_of(field: FieldDescriptor) -> TypeDescriptor | None:
    """Return the message or enum that a field holds, or None for a scalar."""
    return field.message_type or field.enum_type


def _drops(field: FieldDescriptor, dropped: Collection[str]) -> bool:
    held = type_of(field)
    return field.full_name in dropped or (held is not None and held.full_name in dropped)


def _files(service: ServiceDescriptor, kept: Collection[str]) -> list[FileDescriptor]:
    """Return every file that may define a kept type, in an order that never changes."""
    pool = descriptor_pool.Default()
    found: dict[str, FileDescriptor] = {}

    def visit(file: FileDescriptor) -> None:
        if file.name not in found:
            found[file.name] = file
            for dependency in file.dependencies:
                visit(dependency)

    visit(service.file)
    for name in kept:
        visit(pool.FindFileContainingSymbol(name))
    return [found[name] for name in sorted(found)]


def _prune_file(file: FileDescriptor, kept: Collection[str], dropped: Collection[str]) -> pb.FileDescriptorProto:
    whole = pb.FileDescriptorProto()
    file.CopyToProto(whole)
    pruned = _like(whole, whole.package)
    for message in whole.message_type:
        if small := _prune_message(message, whole.package, kept, dropped):
            pruned.message_type.append(small)
    pruned.enum_type.extend(_prune_enum(enum) for enum in whole.enum_type if f"{whole.package}.{enum.name}" in kept)
    return pruned


def _prune_message(
    message: pb.DescriptorProto, prefix: str, kept: Collection[str], dropped: Collection[str]
) -> pb.DescriptorProto | None:
    full_name = f"{prefix}.{message.name}"
    pruned = pb.DescriptorProto(name=message.name)
    for nested in message.nested_type:
        if small := _prune_message(nested, full_name, kept, dropped):
            pruned.nested_type.append(small)
    pruned.enum_type.extend(_prune_enum(enum) for enum in message.enum_type if f"{full_name}.{enum.name}" in kept)
    if full_name in kept:
        if message.options.map_entry:
            pruned.options.map_entry = True
        _prune_fields(message, pruned, full_name, dropped)
    elif not pruned.nested_type and not pruned.enum_type:
        return None
    return pruned


def _prune_fields(
    message: pb.DescriptorProto, pruned: pb.DescriptorProto, full_name: str, dropped: Collection[str]
) -> None:
    oneofs: dict[int, int] = {}
    for field in message.field:
        if f"{full_name}.{field.name}" in dropped or field.type_name.lstrip(".") in dropped:
            continue
        copy = pruned.field.add()
        copy.CopyFrom(field)
        # Above all `deprecated`, for which betterproto2 would warn each time a message is built.
        copy.ClearField("options")
        if field.HasField("oneof_index"):
            if field.oneof_index not in oneofs:
                oneofs[field.oneof_index] = len(oneofs)
                pruned.oneof_decl.add(name=message.oneof_decl[field.oneof_index].name)
            copy.oneof_index = oneofs[field.oneof_index]


def _prune_enum(enum: pb.EnumDescriptorProto) -> pb.EnumDescriptorProto:
    pruned = pb.EnumDescriptorProto(name=enum.name)
    if enum.options.allow_alias:
        pruned.options.allow_alias = True
    for value in enum.value:
        pruned.value.add(name=value.name, number=value.number)
    return pruned


def _like(file: pb.FileDescriptorProto, package: str, name: str | None = None) -> pb.FileDescriptorProto:
    """Return an empty file of the same syntax."""
    empty = pb.FileDescriptorProto(name=name or file.name, package=package, syntax=file.syntax)
    # The compiler reads the comments even where there are none.
    empty.source_code_info.SetInParent()
    return empty


def _top_level(file: pb.FileDescriptorProto) -> list[str]:
    return [f"{file.package}.{definition.name}" for definition in _definitions(file)]


def _definitions(file: pb.FileDescriptorProto) -> list[pb.DescriptorProto | pb.EnumDescriptorProto]:
    return [*file.message_type, *file.enum_type]


def _fields(messages: Iterable[pb.DescriptorProto]) -> Iterator[pb.FieldDescriptorProto]:
    for message in messages:
        yield from message.field
        yield from _fields(message.nested_type)


def _renamed(name: str, new_names: Mapping[str, str]) -> str:
    """Translate a type's name by that of the top-level type it is nested in."""
    outer, nested = name, ""
    while outer not in new_names:
        outer, _, inner = outer.rpartition(".")
        nested = f".{inner}{nested}"
    return new_names[outer] + nested


def _document(files: Iterable[pb.FileDescriptorProto], old_names: Mapping[str, str]) -> None:
    """Comment each message with the name that Temporal has for it.

    A comment becomes a docstring. A dataclass without one composes it from its signature, which is long and takes time
    at every start.
    """

    def comment(message: pb.DescriptorProto, name: str, path: tuple[int, ...]) -> None:
        file.source_code_info.location.add(path=path, leading_comments=f"``{name}``")
        for index, nested in enumerate(message.nested_type):
            comment(nested, f"{name}.{nested.name}", (*path, _NESTED_TYPE, index))

    for file in files:
        for index, message in enumerate(file.message_type):
            comment(message, old_names[f"{file.package}.{message.name}"], (_MESSAGE_TYPE, index))


def _with_dependencies(files: list[pb.FileDescriptorProto]) -> list[pb.FileDescriptorProto]:
    """Let each file depend on exactly what its fields name, and sort the files accordingly."""
    owners = {name: file.name for file in files for name in _top_level(file)}
    for file in files:
        used = {_owner(field.type_name.lstrip("."), owners) for field in _fields(file.message_type) if field.type_name}
        del file.dependency[:]
        file.dependency.extend(sorted(used - {file.name}))
    by_name = {file.name: file for file in files}
    ordered: dict[str, pb.FileDescriptorProto] = {}

    def visit(name: str, path: tuple[str, ...] = ()) -> None:
        if name not in ordered and name not in path:
            for dependency in by_name[name].dependency:
                visit(dependency, (*path, name))
            ordered[name] = by_name[name]

    for name in sorted(by_name):
        visit(name)
    return list(ordered.values())


def _owner(name: str, owners: Mapping[str, str]) -> str:
    while name not in owners:
        name = name.rpartition(".")[0]
    return owners[name]
