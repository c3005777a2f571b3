"""Google's protobuf runtime as the reference: the same messages, built from the same descriptors."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
import sys
from functools import cache
from pathlib import Path

from betterproto2 import Message
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as GoogleMessage

import asyncworker._proto
from asyncworker._proto.message_pool import default_message_pool

SCRIPTS = Path(__file__).parent.parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS))

for module in pkgutil.walk_packages(asyncworker._proto.__path__, "asyncworker._proto."):
    importlib.import_module(module.name)

#: Every generated message.
MESSAGES: list[type[Message]] = sorted(default_message_pool.type_to_url, key=lambda cls: (cls.__module__, cls.__name__))


def full_name(cls: type[Message]) -> str:
    return default_message_pool.type_to_url[cls].rpartition("/")[2]


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    from generate_protos import compiled_files
    from proto_descriptors import load_service

    pool = descriptor_pool.DescriptorPool()
    for file in compiled_files(load_service()):
        pool.Add(file)
    return pool


def google_type(cls: type[Message]) -> type[GoogleMessage]:
    """The class that google's runtime makes of the descriptor that ours was generated from."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(full_name(cls)))


def original_type(cls: type[Message]) -> type[GoogleMessage]:
    """The class as Temporal publishes it: with the fields that we leave out."""
    name = re.sub(r"\.(failures|heartbeats|lazy)\.", ".", full_name(cls)).replace("temporal.wkt.", "google.protobuf.")
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))


def canonical(message: GoogleMessage) -> bytes:
    return message.SerializeToString(deterministic=True)


def same(ours: object, theirs: GoogleMessage) -> bool:
    """Whether a message of ours says, field by field, what one of google's does."""
    meta = ours._betterproto.meta_by_field_name  # type: ignore[attr-defined]
    names = {field.number: field.name for field in theirs.DESCRIPTOR.fields}
    return all(
        _same_field(getattr(ours, name), theirs, theirs.DESCRIPTOR.fields_by_name[names[field.number]])
        for name, field in meta.items()
    )


def _same_field(value: object, message: GoogleMessage, field: FieldDescriptor) -> bool:
    theirs = getattr(message, field.name)
    if field.message_type and field.message_type.GetOptions().map_entry:
        return value.keys() == theirs.keys() and all(_same_value(value[key], theirs[key]) for key in value)  # type: ignore[attr-defined, index]
    if field.is_repeated:
        return len(value) == len(theirs) and all(map(_same_value, value, theirs))
    if field.has_presence and not message.HasField(field.name):
        return value is None
    return _same_value(value, theirs)


def _same_value(ours: object, theirs: object) -> bool:
    if isinstance(theirs, GoogleMessage):
        return same(ours, theirs)
    # NaN is not even equal to itself, and 0.0 equals -0.0.
    return ours == theirs if not isinstance(theirs, float) else repr(ours) == repr(theirs)


# Random messages

INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_FIXED32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_FIXED64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_SFIXED32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_SFIXED64: (-(2**63), 2**63 - 1),
}
FLOATS = [0.0, -0.0, 1.5, -2.25, 1e30, 5e-40, float("inf"), float("-inf"), float("nan")]
TEXTS = ["", "a", "héllo ✓ 𐍈", "\x00", "x" * 127, "x" * 128, "ü" * 9000]
#: Fields 9,996 to 9,999 of each wire type, and a group.
UNKNOWN = bytes.fromhex(
    "e2f00405 68656c6c6f e8f00496aa01 f1f0040102030405060708 fdf00401020304 e3f004 0801 1a0161 e4f004"
)


class Filler:
    """Fills messages with values that are likely to be read or written wrongly; with ``plain`` those unlikely to be."""

    def __init__(self, seed: str, *, likelihood: float = 0.6, depth: int = 4, plain: bool = False) -> None:
        self._random = random.Random(seed)
        self._likelihood = likelihood
        self._depth = depth
        self._plain = plain

    def message(self, cls: type[GoogleMessage]) -> GoogleMessage:
        message = cls()
        self._fill(message, 0)
        return message

    def _fill(self, message: GoogleMessage, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._random.random() < self._likelihood and not (field.message_type and depth >= self._depth):
                self._set(message, field, depth)
        if self._random.random() < 0.1 and not self._plain:
            message.MergeFromString(UNKNOWN)

    def _set(self, message: GoogleMessage, field: FieldDescriptor, depth: int) -> None:
        held = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields
            for _ in range(self._random.randrange(3)):
                if value.message_type:
                    self._fill(held[self._scalar(key)], depth + 1)
                else:
                    held[self._scalar(key)] = self._scalar(value)
        elif field.is_repeated:
            for _ in range(self._random.choice([0, 1, 2, 3, 20 if not field.message_type else 3])):
                if field.message_type:
                    self._fill(held.add(), depth + 1)
                else:
                    held.append(self._scalar(field))
        elif field.message_type:
            held.SetInParent()
            self._fill(held, depth + 1)
        else:
            setattr(message, field.name, self._scalar(field))

    def _scalar(self, field: FieldDescriptor) -> object:
        chosen = self._random
        if field.type in INTEGERS:
            low, high = INTEGERS[field.type]
            near = [low, high, 0, 1, 127, 128, 16383, 16384, 2**21, 2**28 - 1, 2**31 - 1]
            return chosen.choice([*near, chosen.randint(low, high), chosen.randint(max(low, -300), 300)])
        if field.type == FieldDescriptor.TYPE_ENUM:
            strange = [] if self._plain else [977, -1, -(2**31)]
            return chosen.choice([*(value.number for value in field.enum_type.values), *strange])
        if field.type == FieldDescriptor.TYPE_BOOL:
            return chosen.random() < 0.5
        if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
            return chosen.choice([0.0, 1.5, -2.25] if self._plain else FLOATS)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return chosen.choice([b"", b"\x00\xff", chosen.randbytes(chosen.randint(1, 300))])
        return chosen.choice(TEXTS)
