"""Compile betterproto2 message classes into straight-line encoders and decoders.

Two functions are written per message. A decoder keeps its fields in local variables and looks for one tag after the
other in the order of field numbers: that is the order in which everybody writes them, so that a message is normally
read in a single pass down the function. Whatever comes in another order takes another pass. An encoder appends the
fields that are set. Both know a field's type when they are compiled and do not ask again.

The rules of the wire that are the same for all messages are in ``asyncworker/_wire``.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any

import betterproto2

__all__ = ["Codec", "compile_module", "load_package", "messages_of"]

#: Varints, by how their first byte is completed when it is not the last, and how they are written when one byte is
#: not enough. Zigzag has no short form to write.
READERS = {
    "bool": "read_uint64",
    "enum": "read_uint64",
    "int32": "read_int32",
    "int64": "read_int64",
    "sint32": "read_uint32",
    "sint64": "read_uint64",
    "uint32": "read_uint32",
    "uint64": "read_uint64",
}
WRITERS = {"enum": "int32", "int32": "int32", "int64": "int64", "uint32": "uint32", "uint64": "uint64"}
ZIGZAG = {"sint32", "sint64"}
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


#: The tables at a module's end, and what is in them.
TABLES = {
    "DECODERS: dict[type[Message], Callable[..., Any]]": "decode",
    "ENCODERS: dict[type[Message], Callable[[Any], bytes]]": "encode",
}

#: What `asyncworker._wire._primitives` has for the codecs.
HELPERS = [
    "BOOL",
    "BYTE",
    "int32",
    "int64",
    "pack_double",
    "pack_fixed32",
    "pack_fixed64",
    "pack_float",
    "pack_sfixed32",
    "pack_sfixed64",
    "read_int32",
    "read_int64",
    "read_size",
    "read_uint32",
    "read_uint64",
    "sint32",
    "sint64",
    "skip",
    "to_int32",
    "too_deep",
    "truncated",
    "uint32",
    "uint64",
    "unpack_double",
    "unpack_fixed32",
    "unpack_fixed64",
    "unpack_float",
    "unpack_sfixed32",
    "unpack_sfixed64",
    "unzigzag",
    "varint",
    "which_of",
]


@dataclass(frozen=True)
class Value:
    """The type of a field, of a list's items or of a map's keys or values."""

    #: Its protobuf name: ``int32``, ``message``, …
    kind: str
    #: The message or enum it is.
    cls: type[Any] | None = None

    @property
    def wire_type(self) -> int:
        if self.kind in READERS:
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


# Modules


def compile_module(title: str, messages: Iterable[type[Any]], elsewhere: dict[str, Collection[type[Any]]]) -> str:
    """Return the source of a module with the codecs of some messages.

    ``elsewhere`` says which modules have the codecs of other messages that these may refer to.
    """
    codecs = [Codec.of(message) for message in messages]
    body = "\n".join(line for codec in codecs for line in (*_head(codec), *decoder(codec), "", "", *encoder(codec), ""))
    classes = sorted(set().union(*({codec.cls, *codec.referred} for codec in codecs)), key=name_of)
    lines = [f'"""{title}, compiled by `make protos`; never edited."""', "", "from __future__ import annotations", ""]
    lines += ["from collections.abc import Callable", "from math import copysign", "from operator import attrgetter"]
    lines += ["from typing import Any", "", "from betterproto2 import Message", ""]
    lines += [
        f"from asyncworker._wire._primitives import {name}" for name in HELPERS if re.search(rf"\b{name}\b", body)
    ]
    for module, held in elsewhere.items():
        functions = [f"{verb}_{name_of(cls)}" for cls in classes if cls in held for verb in ("decode", "encode")]
        lines += [f"from {module} import {name}" for name in functions]
    lines += [f"from {module_of(cls)} import {cls.__name__} as {name_of(cls)}" for cls in classes]
    lines += ["", "new = object.__new__"]
    enums = [name_of(cls) for cls in classes if issubclass(cls, betterproto2.Enum)]
    lines += [f"{enum}_by_number = {enum}._value2member_map_.get" for enum in enums]
    lines += ["", "", body]
    for table, verb in (
        ("DECODERS: dict[type[Message], Callable[..., Any]]", "decode"),
        ("ENCODERS: dict[type[Message], Callable[[Any], bytes]]", "encode"),
    ):
        lines += [f"{table} = {{", *(f"    {codec.name}: {verb}_{codec.name}," for codec in codecs), "}"]
    return "\n".join(lines) + "\n"


def _head(codec: Codec) -> Iterator[str]:
    """Write what a decoder would otherwise build each time."""
    tags = [tag for field in codec.fields for tag in _tags(field)]
    yield f"TAGS_{codec.name} = frozenset({tags!r})"
    yield f"fields_of_{codec.name} = attrgetter({', '.join(repr(name) for name in _attributes(codec))})"
    yield ""
    yield ""


def _tags(field: Field) -> list[int]:
    tags = [field.tag(LENGTH if field.key or field.repeated else field.value.wire_type)]
    return [*tags, field.tag(field.value.wire_type)] if field.packable else tags


def _attributes(codec: Codec) -> list[str]:
    """Name what a message's fields are kept in, save those of which only one can be set; never just one name."""
    return [*(field.name for field in codec.fields if not field.oneof), "_unknown_fields", "__class__"]


# Decoders


def decoder(codec: Codec) -> Iterator[str]:
    plain = [field for field in codec.fields if not field.oneof]
    locals_ = [*(field.local for field in plain), "unknown", "_"]
    yield f"def decode_{codec.name}(data, at, end, depth, message=None):"
    yield "    if depth > 100:"
    yield "        too_deep()"
    yield "    if message is None:"
    yield f"        message = new({codec.name})"
    yield from (f"        {field.local} = {field.default}" for field in plain)
    yield from (f"        which_{oneof} = {oneof}_ = None" for oneof in codec.oneofs)
    yield '        unknown = b""'
    yield "    else:"
    yield f"        {', '.join(locals_)} = fields_of_{codec.name}(message)"
    for oneof, members in codec.oneofs.items():
        yield f"        which_{oneof}, {oneof}_ = which_of(message, {tuple(member.name for member in members)!r})"
    yield "    if at < end:"
    yield from _in(8, READ_FIELD)
    yield "        while True:"
    for field in codec.fields:
        yield from _in(12, "\n".join(_decode_field(field)))
    yield f"            if tag not in TAGS_{codec.name}:"
    yield from _in(16, KEEP_UNKNOWN + "\n" + NEXT_TAG_OR_BREAK)
    yield "        if at != end:"
    yield "            truncated()"
    yield from (f"    message.{field.name} = {field.local}" for field in plain)
    for oneof, members in codec.oneofs.items():
        yield f"    {' = '.join(f'message.{member.name}' for member in members)} = None"
        yield f"    if which_{oneof} is not None:"
        yield f"        setattr(message, which_{oneof}, {oneof}_)"
    yield "    message._unknown_fields = unknown"
    yield "    return message"


READ_TAG = """\
tag = data[at]
at += 1
if tag > 127:
    tag, at = read_size(data, at, tag)"""

#: So that an unknown field can be kept as it is, from its tag on.
READ_FIELD = f"start = at\n{READ_TAG}"

NEXT_TAG_OR_BREAK = f"""\
if at >= end:
    break
{READ_FIELD}"""

KEEP_UNKNOWN = """\
at = skip(data, at, tag, depth)
unknown += data[start:at]"""

#: Items of one list, or entries of one map, follow each other.
NEXT_TAG_OR_NONE = f"""\
if at < end:
{indent(READ_FIELD, "    ")}
else:
    tag = -1"""


def _decode_field(field: Field) -> Iterator[str]:
    if field.key:
        yield from _block(field.tag(LENGTH), _decode_entry(field, field.key), again=True)
    elif field.packable:
        yield from _block(field.tag(LENGTH), _decode_packed(field), again=False)
        item = [*_decode_value(field.value, "item", None), f"{field.local}.append(item)"]
        yield from _block(field.tag(field.value.wire_type), item, again=True)
    elif field.repeated:
        item = [*_decode_value(field.value, "item", None), f"{field.local}.append(item)"]
        yield from _block(field.tag(LENGTH), item, again=True)
    elif field.oneof:
        before = f'{field.oneof}_ if which_{field.oneof} == "{field.name}" else None'
        value = _decode_value(field.value, f"{field.oneof}_", before)
        yield from _block(
            field.tag(field.value.wire_type), [*value, f'which_{field.oneof} = "{field.name}"'], again=False
        )
    else:
        value = _decode_value(field.value, field.local, field.local)
        yield from _block(field.tag(field.value.wire_type), value, again=False)


def _read_end(name: str) -> Iterator[str]:
    """Write how a length is read, into a variable that says where what follows it ends."""
    yield f"{name} = data[at]"
    yield "at += 1"
    yield f"if {name} > 127:"
    yield f"    {name}, at = read_size(data, at, {name})"
    yield f"{name} += at"


def _block(tag: int, body: Iterable[str], *, again: bool) -> Iterator[str]:
    """Write what is done at a tag, up to the next tag."""
    yield f"{'while' if again else 'if'} tag == {tag}:"
    yield from _in(4, "\n".join(body))
    yield from _in(4, NEXT_TAG_OR_NONE if again else NEXT_TAG_OR_BREAK)
    if again:
        yield "if tag < 0:"
        yield "    break"


def _decode_value(value: Value, target: str, before: str | None) -> Iterator[str]:
    """Write how the value at ``at`` is read into a variable; a message is merged into the one before it, if any."""
    if value.kind in READERS:
        yield from _decode_varint(value, target)
    elif value.kind in FIXED:
        yield f"({target},) = unpack_{value.kind}(data, at)"
        yield f"at += {FIXED[value.kind]}"
    else:
        yield from _read_end("stop")
        if value.kind == "message":
            merged = f", {before}" if before else ""
            yield f"{target} = decode_{name_of(value.cls)}(data, at, stop, depth + 1{merged})"
        else:
            yield f"{target} = data[at:stop]" + (".decode()" if value.kind == "string" else "")
        yield "at = stop"


def _decode_varint(value: Value, target: str) -> Iterator[str]:
    number = "number" if value.kind == "enum" else target
    yield f"{number} = data[at]"
    yield "at += 1"
    yield f"if {number} > 127:"
    yield f"    {number}, at = {READERS[value.kind]}(data, at, {number})"
    if value.kind == "bool":
        yield f"{target} = {target} != 0"
    elif value.kind in ZIGZAG:
        yield f"{target} = unzigzag({target})"
    elif value.kind == "enum":
        yield f"{target} = {name_of(value.cls)}_by_number(number)"
        # A number that the enum does not know, or a negative one.
        yield f"if {target} is None:"
        yield f"    {target} = {name_of(value.cls)}(to_int32(number))"


def _decode_packed(field: Field) -> Iterator[str]:
    yield from _read_end("list_end")
    yield "while at < list_end:"
    yield from _in(4, "\n".join(_decode_value(field.value, "item", None)))
    yield f"    {field.local}.append(item)"
    yield "if at != list_end:"
    yield "    truncated()"


def _decode_entry(field: Field, key: Value) -> Iterator[str]:
    """Write how a map's entry is read: a message with the key as field 1 and the value as field 2."""
    yield from _read_end("entry_end")
    yield "if depth > 99:"
    yield "    too_deep()"
    yield "known = True"
    yield f"key = {key.default}"
    yield f"item = {field.value.default}"
    yield "while at < entry_end:"
    yield from _in(4, READ_TAG)
    yield f"    if tag == {8 | key.wire_type}:"
    yield from _in(8, "\n".join(_decode_value(key, "key", None)))
    yield f"    elif tag == {16 | field.value.wire_type}:"
    value = "\n".join(_decode_value(field.value, "item", "item")).replace("depth + 1", "depth + 2")
    yield from _in(8, value)
    yield "    else:"
    yield "        known = False"
    yield "        at = skip(data, at, tag, depth + 1)"
    yield "if at != entry_end:"
    yield "    truncated()"
    yield "if known:"
    if field.value.kind == "message":
        yield "    if item is None:"
        yield f"        item = decode_{name_of(field.value.cls)}(data, at, at, depth + 2)"
    yield f"    {field.local}[key] = item"
    # As in google's runtime: nothing else could keep what the entry says beside its key and value.
    yield "else:"
    yield "    unknown += data[start:entry_end]"


# Encoders


def encoder(codec: Codec) -> Iterator[str]:
    yield f"def encode_{codec.name}(message):"
    yield "    parts = []"
    yield "    add = parts.append"
    for field in codec.fields:
        yield from _in(4, "\n".join(_encode_field(field)))
    yield "    if message._unknown_fields:"
    yield "        add(message._unknown_fields)"
    yield '    return b"".join(parts)'


def _encode_field(field: Field) -> Iterator[str]:
    yield f"value = message.{field.name}"
    if field.has_presence:
        yield "if value is not None:"
    elif field.value.kind in ("double", "float") and not field.repeated and not field.key:
        # Negative zero is not the default.
        yield "if value or copysign(1.0, value) < 0:"
    else:
        yield "if value:"
    if field.key:
        yield "    for key, item in value.items():"
        yield from _in(8, "\n".join(_encode_entry(field, field.key)))
    elif field.packable:
        yield f'    raw = b"".join([{_item(field.value)} for item in value])'
        yield from _in(4, "\n".join(_encode_raw(_varint(field.tag(LENGTH)))))
    elif field.repeated:
        yield "    for item in value:"
        yield from _in(8, "\n".join(_encode_value(field.value, "item", field.number)))
    else:
        yield from _in(4, "\n".join(_encode_value(field.value, "value", field.number)))


def _encode_value(value: Value, source: str, number: int) -> Iterator[str]:
    """Write how a value is appended with its tag."""
    tag = _varint(number << 3 | value.wire_type)
    if value.wire_type != LENGTH:
        yield f"add({tag!r} + {_item(value, source)})"
        return
    yield f"raw = {_raw(value, source)}"
    yield from _encode_raw(tag)


def _encode_raw(tag: bytes) -> Iterator[str]:
    """Write how bytes are appended with their tag and length: apart, since what is long should not be copied again."""
    yield "size = len(raw)"
    yield f"add({tag!r} + (BYTE[size] if size < 128 else varint(size)))"
    yield "add(raw)"


def _encode_entry(field: Field, key: Value) -> Iterator[str]:
    yield f"entry = {_entry_part(key, 'key', 1)}"
    yield f"entry += {_entry_part(field.value, 'item', 2)}"
    yield "size = len(entry)"
    yield f"add({_varint(field.tag(LENGTH))!r} + (BYTE[size] if size < 128 else varint(size)) + entry)"


def _entry_part(value: Value, source: str, number: int) -> str:
    tag = _varint(number << 3 | value.wire_type)
    if value.wire_type != LENGTH:
        return f"{tag!r} + {_item(value, source)}"
    return f"{tag!r} + (BYTE[size] if (size := len(raw := {_raw(value, source)})) < 128 else varint(size)) + raw"


def _raw(value: Value, source: str) -> str:
    """Write the bytes of what is written with its length."""
    if value.kind == "message":
        return f"encode_{name_of(value.cls)}({source})"
    return f"{source}.encode()" if value.kind == "string" else source


def _item(value: Value, source: str = "item") -> str:
    """Write the bytes of what needs no length."""
    if value.kind in WRITERS:
        return f"(BYTE[{source}] if 0 <= {source} < 128 else {WRITERS[value.kind]}({source}))"
    if value.kind == "bool":
        return f"BOOL[{source}]"
    return f"pack_{value.kind}({source})" if value.kind in FIXED else f"{value.kind}({source})"


def _varint(value: int) -> bytes:
    return betterproto2.encode_varint(value)


def _in(width: int, text: str) -> Iterator[str]:
    yield indent(text, " " * width)
