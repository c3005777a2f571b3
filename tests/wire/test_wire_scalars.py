"""The codec compiler knows every type that protobuf has, not only those that Temporal uses today."""

from __future__ import annotations

import importlib
import random

import pytest
from google.protobuf import descriptor_pb2 as pb, descriptor_pool, message_factory
from google.protobuf.message import DecodeError as GoogleDecodeError
from wire_reference import Filler, canonical, same

from asyncworker import _wire
from asyncworker._wire import DecodeError, EncodeError, decode, encode

# isort: split
from codec_compiler import compile_module
from codec_fields import load_package, messages_of
from generate_protos import run_compiler

Type = pb.FieldDescriptorProto

SCALARS = [
    Type.TYPE_BOOL,
    Type.TYPE_BYTES,
    Type.TYPE_DOUBLE,
    Type.TYPE_FIXED32,
    Type.TYPE_FIXED64,
    Type.TYPE_FLOAT,
    Type.TYPE_INT32,
    Type.TYPE_INT64,
    Type.TYPE_SFIXED32,
    Type.TYPE_SFIXED64,
    Type.TYPE_SINT32,
    Type.TYPE_SINT64,
    Type.TYPE_STRING,
    Type.TYPE_UINT32,
    Type.TYPE_UINT64,
]
REFERENCES = {Type.TYPE_ENUM: ".everything.Color", Type.TYPE_MESSAGE: ".everything.Everything"}
NOT_KEYS = {Type.TYPE_BYTES, Type.TYPE_DOUBLE, Type.TYPE_FLOAT}


def everything() -> pb.FileDescriptorProto:
    """A message with each type as a plain field, an optional one, a list, a oneof's member, a map's key and value."""
    file = pb.FileDescriptorProto(name="everything.proto", package="everything", syntax="proto3")
    file.source_code_info.SetInParent()
    colors = file.enum_type.add(name="Color")
    for number, name in enumerate(("UNSPECIFIED", "RED", "GREEN")):
        colors.value.add(name=f"COLOR_{name}", number=number)
    message = file.message_type.add(name="Everything")
    message.oneof_decl.add(name="choice")
    for kind in (*SCALARS, *REFERENCES):
        name = Type.Type.Name(kind).removeprefix("TYPE_").lower()
        _add(message, f"plain_{name}", kind)
        _add(message, f"list_{name}", kind, label=Type.LABEL_REPEATED)
        _add(message, f"one_{name}", kind, oneof_index=0)
        _add_map(message, f"by_{name}", Type.TYPE_STRING if kind in REFERENCES or kind in NOT_KEYS else kind, kind)
        if kind not in REFERENCES:
            _add(message, f"optional_{name}", kind, proto3_optional=True, oneof_index=len(message.oneof_decl))
            message.oneof_decl.add(name=f"_optional_{name}")
    return file


def _add(message, name, kind, *, label=Type.LABEL_OPTIONAL, type_name=None, **more):
    message.field.add(
        name=name,
        number=len(message.field) + 1,
        type=kind,
        label=label,
        type_name=type_name or REFERENCES.get(kind),
        **more,
    )


def _add_map(message, name, key, value):
    entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
    entry.options.map_entry = True
    _add(entry, "key", key)
    _add(entry, "value", value)
    type_name = f".everything.Everything.{entry.name}"
    _add(message, name, Type.TYPE_MESSAGE, label=Type.LABEL_REPEATED, type_name=type_name)


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The message as betterproto2 has it, with a codec compiled for it."""
    directory = tmp_path_factory.mktemp("everything") / "protos"
    for name, source in run_compiler([everything()]).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(source)
    (directory / "__init__.py").touch()
    package = load_package(directory, "everything_protos")
    message = importlib.import_module("everything_protos.everything").Everything
    (directory / "codecs.py").write_text(compile_module("Codecs of everything", messages_of(package), {}))
    codecs = importlib.import_module("everything_protos.codecs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_wire._decoders, message, codecs.DECODERS[message])
        patch.setitem(_wire._encoders, message, codecs.ENCODERS[message])
        yield message


@pytest.fixture(scope="module")
def theirs():
    pool = descriptor_pool.DescriptorPool()
    pool.Add(everything())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("everything.Everything"))


def test_every_type_as_google_has_it(ours, theirs):
    """Fields of all types, in all roles, are read and written as by google's runtime."""
    fill = Filler("everything", depth=3, likelihood=0.3)
    for _ in range(60):
        message = fill.message(theirs)

        read = decode(ours, message.SerializeToString())

        assert same(read, message)
        assert canonical(theirs.FromString(encode(read))) == canonical(message)


def test_every_type_merged(ours, theirs):
    """Fields of all types are merged as by google's runtime."""
    fill = Filler("everything twice", depth=2, likelihood=0.3)
    for _ in range(30):
        both = fill.message(theirs).SerializeToString() + fill.message(theirs).SerializeToString()

        written = encode(decode(ours, both))

        assert canonical(theirs.FromString(written)) == canonical(theirs.FromString(both))


def test_numeric_lists_may_be_unpacked(ours, theirs):
    """Lists of all numeric types may come item by item."""
    chance = random.Random(0)
    for field in theirs.DESCRIPTOR.fields:
        if field.is_repeated and field.is_packed:
            message = theirs()
            getattr(message, field.name).extend(
                [0, 1] if field.type == field.TYPE_BOOL else [0, 1, chance.randrange(3)]
            )
            packed = message.SerializeToString()
            width = {1: 8, 5: 4}.get(_wire_type(field), 1)
            tag = _varint(field.number << 3 | _wire_type(field))
            items = packed[len(tag) + 1 :]
            unpacked = b"".join(tag + items[at : at + width] for at in range(0, len(items), width))

            assert encode(decode(ours, unpacked)) == packed


def _wire_type(field) -> int:
    fixed = {Type.TYPE_DOUBLE: 1, Type.TYPE_FIXED64: 1, Type.TYPE_SFIXED64: 1}
    fixed |= {Type.TYPE_FLOAT: 5, Type.TYPE_FIXED32: 5, Type.TYPE_SFIXED32: 5}
    return fixed.get(field.type, 0)


def _varint(value: int) -> bytes:
    return bytes((value,)) if value < 128 else bytes((value & 127 | 128,)) + _varint(value >> 7)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("int32", -(2**31), 2**31 - 1),
        ("int64", -(2**63), 2**63 - 1),
        ("uint32", 0, 2**32 - 1),
        ("uint64", 0, 2**64 - 1),
        ("sint32", -(2**31), 2**31 - 1),
        ("sint64", -(2**63), 2**63 - 1),
        ("fixed32", 0, 2**32 - 1),
        ("fixed64", 0, 2**64 - 1),
        ("sfixed32", -(2**31), 2**31 - 1),
        ("sfixed64", -(2**63), 2**63 - 1),
        ("enum", -(2**31), 2**31 - 1),
    ],
)
def test_numbers_outside_their_type_are_refused(ours, theirs, kind, low, high):
    """The smallest and the largest number of a type are written, those beyond are not, in fields and in lists."""
    for fits in (low, high):
        data = encode(ours(**{f"plain_{kind}": fits, f"list_{kind}": [fits]}))

        assert getattr(theirs.FromString(data), f"plain_{kind}") == fits
        assert getattr(theirs.FromString(data), f"list_{kind}") == [fits]
    for beyond in (low - 1, high + 1):
        for message in (ours(**{f"plain_{kind}": beyond}), ours(**{f"list_{kind}": [beyond]})):
            with pytest.raises(EncodeError, match=rf"{kind}(\[0\])?: {beyond} does not fit {kind}"):
                encode(message)


def test_a_truncated_message_of_all_types_is_refused(ours, theirs):
    """A message of all types is refused where google's runtime refuses it, wherever it is cut."""
    data = Filler("cut", depth=1, likelihood=0.5, plain=True).message(theirs).SerializeToString()[:2000]

    accepted = {end for end in range(len(data)) if reads(lambda cut: decode(ours, cut), data[:end], DecodeError)}

    assert accepted == {end for end in range(len(data)) if reads(theirs.FromString, data[:end], GoogleDecodeError)}


def reads(read, data, refusal) -> bool:
    try:
        read(data)
    except refusal:
        return False
    return True
