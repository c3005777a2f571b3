"""Compile betterproto2 message classes into straight-line encoders and decoders.

Two functions are written per message. A decoder keeps its fields in local variables and looks for one tag after the
other in the order of field numbers: that is the order in which everybody writes them, so that a message is normally
read in a single pass down the function. Whatever comes in another order takes another pass. An encoder appends the
fields that are set. Both know a field's type when they are compiled and do not ask again.

The rules of the wire that are the same for all messages are in ``asyncworker/_wire``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from textwrap import indent
from typing import Any

import betterproto2
from codec_fields import FIXED, LENGTH, VARINTS, Codec, Field, Value, module_of, name_of

from asyncworker import _wire_primitives

__all__ = ["compile_module"]

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

#: The tables at a module's end, and what is in them.
TABLES = {
    "DECODERS: dict[type[Message], Callable[..., Any]]": "decode",
    "ENCODERS: dict[type[Message], Callable[[Any], bytes]]": "encode",
}


# Modules


def compile_module(title: str, messages: Iterable[type[Any]], elsewhere: dict[str, Collection[type[Any]]]) -> str:
    """Return the source of a module with the codecs of some messages.

    ``elsewhere`` says which modules have the codecs of other messages that these may refer to.
    """
    codecs = [Codec.of(message) for message in messages]
    body = "\n".join(line for codec in codecs for line in (*_constants(codec), *decoder(codec), *encoder(codec)))
    classes = sorted(set().union(*({codec.cls, *codec.referred} for codec in codecs)), key=name_of)
    lines = [f'"""{title}, compiled by `make protos`; never edited."""', "", "from __future__ import annotations", ""]
    lines += [*_imports(body, classes, elsewhere), "", "new = object.__new__"]
    enums = [name_of(cls) for cls in classes if issubclass(cls, betterproto2.Enum)]
    lines += [f"{enum}_by_number = {enum}._value2member_map_.get" for enum in enums]
    lines += ["", body]
    for table, verb in TABLES.items():
        lines += [f"{table} = {{", *(f"    {codec.name}: {verb}_{codec.name}," for codec in codecs), "}"]
    return "\n".join(lines) + "\n"


def _imports(body: str, classes: list[type[Any]], elsewhere: dict[str, Collection[type[Any]]]) -> Iterator[str]:
    yield "from collections.abc import Callable"
    yield "from operator import attrgetter"
    yield "from typing import Any"
    yield ""
    yield "from betterproto2 import Message"
    yield ""
    for helper in sorted(_wire_primitives.__all__):
        if re.search(rf"\b{helper}\b", body):
            yield f"from asyncworker._wire_primitives import {helper}"
    for module, held in elsewhere.items():
        for cls in classes:
            if cls in held:
                yield from (f"from {module} import {verb}_{name_of(cls)}" for verb in TABLES.values())
    yield from (f"from {module_of(cls)} import {cls.__name__} as {name_of(cls)}" for cls in classes)


def _constants(codec: Codec) -> Iterator[str]:
    """Write what a decoder would otherwise build each time."""
    tags = [tag for field in codec.fields for tag in _tags(field)]
    # Those of a oneof are looked up apart. With a name too many, or else one name alone would give no tuple.
    attributes = [*(field.name for field in codec.fields if not field.oneof), "_unknown_fields", "__class__"]
    yield f"TAGS_{codec.name} = frozenset({tags!r})"
    yield f"fields_of_{codec.name} = attrgetter({', '.join(map(repr, attributes))})"


def _tags(field: Field) -> list[int]:
    tags = [field.tag(LENGTH if field.key or field.repeated else field.value.wire_type)]
    return [*tags, field.tag(field.value.wire_type)] if field.packable else tags


# Decoders


def decoder(codec: Codec) -> Iterator[str]:
    """Write the function that reads a message, or more of one that was already read."""
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
        yield from _in(12, *_decode_field(field))
    yield f"            if tag not in TAGS_{codec.name}:"
    yield from _in(16, KEEP_UNKNOWN, NEXT_TAG_OR_BREAK)
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
unknown = keep(unknown, data[start:at])"""

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
    yield from _in(4, *body)
    yield from _in(4, NEXT_TAG_OR_NONE if again else NEXT_TAG_OR_BREAK)
    if again:
        yield "if tag < 0:"
        yield "    break"


def _decode_value(value: Value, target: str, before: str | None, *, levels: int = 1) -> Iterator[str]:
    """Write how the value at ``at`` is read into a variable; a message is merged into the one before it, if any."""
    if value.kind in VARINTS:
        yield from _decode_varint(value, target)
    elif value.kind in FIXED:
        yield f"({target},) = unpack_{value.kind}(data, at)"
        yield f"at += {FIXED[value.kind]}"
    else:
        yield from _read_end("stop")
        if value.kind == "message":
            merged = f", {before}" if before else ""
            yield f"{target} = decode_{name_of(value.cls)}(data, at, stop, depth + {levels}{merged})"
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
    yield from _in(4, *_decode_value(field.value, "item", None))
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
    yield from _in(8, *_decode_value(key, "key", None))
    yield f"    elif tag == {16 | field.value.wire_type}:"
    # The entry is a level of its own.
    yield from _in(8, *_decode_value(field.value, "item", "item", levels=2))
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
    yield "    unknown = keep(unknown, data[start:entry_end])"


# Encoders


def encoder(codec: Codec) -> Iterator[str]:
    """Write the function that turns a message into bytes."""
    yield f"def encode_{codec.name}(message):"
    yield "    parts = []"
    yield "    add = parts.append"
    for field in codec.fields:
        yield from _in(4, *_encode_field(field))
    yield "    if message._unknown_fields:"
    yield "        add(message._unknown_fields)"
    yield '    return b"".join(parts)'


def _encode_field(field: Field) -> Iterator[str]:
    yield f"value = message.{field.name}"
    if field.has_presence:
        yield "if value is not None:"
    elif field.value.kind in ("double", "float") and not field.repeated and not field.key:
        # Negative zero is not the default; what is zero only in 32 bits is.
        yield f"raw = {_item(field.value, 'value')}"
        yield f"if raw != {bytes(FIXED[field.value.kind])!r}:"
        yield f"    add({_varint(field.tag(field.value.wire_type))!r} + raw)"
        return
    else:
        yield "if value:"
    if field.key:
        yield "    for key, item in value.items():"
        yield from _in(8, *_encode_entry(field, field.key))
    elif field.packable:
        yield f'    raw = b"".join([{_item(field.value)} for item in value])'
        yield from _in(4, *_encode_raw(_varint(field.tag(LENGTH))))
    elif field.repeated:
        yield "    for item in value:"
        yield from _in(8, *_encode_value(field.value, "item", field.number))
    else:
        yield from _in(4, *_encode_value(field.value, "value", field.number))


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
    return (
        f"{source}.encode()" if value.kind == "string" else f"{source} if type({source}) is bytes else octets({source})"
    )


def _item(value: Value, source: str = "item") -> str:
    """Write the bytes of what needs no length."""
    if value.kind in WRITERS:
        return f"(BYTE[{source}] if 0 <= {source} < 128 else {WRITERS[value.kind]}({source}))"
    if value.kind == "bool":
        return f"BOOL[{source}]"
    return f"pack_{value.kind}({source})" if value.kind in FIXED else f"{value.kind}({source})"


def _varint(value: int) -> bytes:
    return betterproto2.encode_varint(value)


def _in(width: int, *lines: str) -> Iterator[str]:
    """Indent lines."""
    return (indent(line, " " * width) for line in lines)
