"""What a codec has to know of a message: its fields as betterproto2's metadata describe them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import betterproto2

__all__ = [
    "FIXED",
    "LENGTH",
    "VARINTS",
    "Codec",
    "Field",
    "Value",
    "load_package",
    "messages_of",
    "module_of",
    "name_of",
]

#: The types of one varint.
VARINTS = {"bool", "enum", "int32", "int64", "sint32", "sint64", "uint32", "uint64"}

#: The types of fixed width, in bytes.
FIXED = {"double": 8, "fixed64": 8, "sfixed64": 8, "fixed32": 4, "float": 4, "sfixed32": 4}

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

#: What a field holds that was not on the wire.
DEFAULTS = {
    "bool": "False",
    "bytes": 'b""',
    "double": "0.0",
    "float": "0.0",
    "map": "{}",
    "message": "None",
    "repeated": "[]",
    "string": '""',
}


@dataclass(frozen=True)
class Value:
    """The type of a field, of a list's items or of a map's keys or values."""

    #: Its protobuf name: ``int32``, ``message``, …
    kind: str
    #: The message or enum it is.
    cls: type[Any] | None = None

    @property
    def wire_type(self) -> int:
        if self.kind in VARINTS:
            return VARINT
        return {8: FIXED64, 4: FIXED32}[FIXED[self.kind]] if self.kind in FIXED else LENGTH

    @property
    def default(self) -> str:
        return f"{name_of(self.cls)}(0)" if self.kind == "enum" and self.cls else DEFAULTS.get(self.kind, "0")


@dataclass(frozen=True)
class Field:
    """A field of a message, as its codec sees it."""

    name: str
    number: int
    value: Value
    key: Value | None = None
    repeated: bool = False
    #: Unset and zero are different things.
    has_presence: bool = False
    oneof: str | None = None

    @property
    def packable(self) -> bool:
        return self.repeated and self.value.wire_type != LENGTH

    @property
    def local(self) -> str:
        """The variable that holds it in a decoder; no other variable there ends in an underscore."""
        return f"{self.name}_"

    @property
    def default(self) -> str:
        if self.has_presence:
            return "None"
        return DEFAULTS["repeated" if self.repeated else "map"] if self.repeated or self.key else self.value.default

    def tag(self, wire_type: int) -> int:
        return self.number << 3 | wire_type


@dataclass(frozen=True)
class Codec:
    """All that is known about a message when its functions are written."""

    cls: type[Any]
    fields: tuple[Field, ...]

    @property
    def name(self) -> str:
        return name_of(self.cls)

    @property
    def oneofs(self) -> dict[str, list[Field]]:
        groups: dict[str, list[Field]] = {}
        for field in self.fields:
            if field.oneof:
                groups.setdefault(field.oneof, []).append(field)
        return groups

    @property
    def referred(self) -> set[type[Any]]:
        """The messages and enums that its fields hold."""
        return {field.value.cls for field in self.fields if field.value.cls}

    @classmethod
    def of(cls, message: type[Any]) -> Codec:
        meta = message._betterproto
        described = (_field(message, name, meta.meta_by_field_name[name]) for name in meta.sorted_field_names)
        return cls(message, tuple(described))


def _field(message: type[Any], name: str, meta: betterproto2.FieldMetadata) -> Field:
    if meta.unwrap or (meta.map_meta and meta.map_meta[1].unwrap):
        raise NotImplementedError(f"{message.__name__}.{name} is wrapped in a Python type of betterproto2's own")
    classes = message._betterproto.cls_by_field
    if meta.map_meta:
        key, value = meta.map_meta
        return Field(name, meta.number, _value(value.proto_type, classes[f"{name}.value"]), key=Value(key.proto_type))
    return Field(
        name,
        meta.number,
        _value(meta.proto_type, classes[name]),
        repeated=bool(meta.repeated),
        has_presence=not meta.repeated and bool(meta.optional or meta.group or meta.proto_type == "message"),
        oneof=meta.group,
    )


def _value(proto_type: str, cls: type[Any]) -> Value:
    return Value(proto_type, cls if proto_type in ("message", "enum") else None)


# Names


def load_package(directory: Path, name: str = "generated_protos") -> ModuleType:
    """Import a generated package from where it lies, without its modules."""
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    assert spec
    assert spec.loader
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


def messages_of(package: ModuleType) -> list[type[Any]]:
    """List the messages of those modules of a generated package that are imported, by module and name."""
    pool = importlib.import_module(f"{package.__name__}.message_pool").default_message_pool
    return sorted(pool.type_to_url, key=lambda cls: (cls.__module__, cls.__name__))


def name_of(cls: type[Any] | None) -> str:
    """Return a message's or enum's name with that of its package: ``common_Payload``."""
    assert cls
    return "_".join((*[part for part in module_of(cls).split(".") if part not in _NOISE], cls.__name__))


_NOISE = {"", "temporal", "api", "google", "v1", "lazy"}


def module_of(cls: type[Any]) -> str:
    """Return the module of a class, relative to the generated package."""
    return "." + cls.__module__.partition(".")[2]
