"""Functions that the compiled codecs call, for whatever is longer than one byte.

A reader takes the bytes, the position after the first byte and that byte, and returns the value and the position
after it. Running over the end of the bytes is an IndexError or a struct.error here, a :exc:`DecodeError` outside.
"""

from __future__ import annotations

import struct
from typing import Any

__all__ = [
    "BOOL",
    "BYTE",
    "DecodeError",
    "EncodeError",
    "int32",
    "int64",
    "keep",
    "octets",
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

#: As deep as google's own runtimes follow messages in messages.
MAX_DEPTH = 100

_MASK_64 = 0xFFFF_FFFF_FFFF_FFFF


class DecodeError(ValueError):
    """The bytes are not a message of the wanted type."""


class EncodeError(ValueError):
    """A message holds a value that its field cannot carry; the text names the field."""


def too_deep() -> None:
    """Refuse what might exhaust the stack."""
    raise DecodeError(f"messages are nested more than {MAX_DEPTH} deep")


def truncated() -> None:
    """Refuse a field that claims more bytes than its message has."""
    raise DecodeError("a field runs over the end of its message")


# Reading


def read_size(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read a length or a tag: at most 32 bits in at most five bytes."""
    byte = data[at]
    if byte < 128:
        return first & 127 | byte << 7, at + 1
    value = first & 127 | (byte & 127) << 7
    for shift in (14, 21, 28):
        at += 1
        byte = data[at]
        value |= (byte & 127) << shift
        if byte < 128:
            if value > 0xFFFF_FFFF:
                break
            return value, at + 1
    raise DecodeError("a length or tag is longer than 32 bits")


def read_uint64(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read a varint of at most ten bytes; bits above the 64th are dropped."""
    byte = data[at]
    if byte < 128:
        return first & 127 | byte << 7, at + 1
    value = first & 127 | (byte & 127) << 7
    at += 1
    byte = data[at]
    if byte < 128:
        return value | byte << 14, at + 1
    value |= (byte & 127) << 14
    for shift in (21, 28, 35, 42, 49, 56, 63):
        at += 1
        byte = data[at]
        value |= (byte & 127) << shift
        if byte < 128:
            return value & _MASK_64, at + 1
    raise DecodeError("a varint is longer than ten bytes")


def read_int64(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read a varint as a signed number of 64 bits."""
    value, at = read_uint64(data, at, first)
    return (value - (1 << 64) if value >> 63 else value), at


def read_int32(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read a varint as a signed number of 32 bits; higher bits are dropped."""
    value, at = read_uint64(data, at, first)
    return (to_int32(value) if value >> 31 else value), at


def read_uint32(data: bytes, at: int, first: int) -> tuple[int, int]:
    """Read a varint of 32 bits; higher bits are dropped."""
    value, at = read_uint64(data, at, first)
    return value & 0xFFFF_FFFF, at


def to_int32(value: int) -> int:
    """Read the lowest 32 bits as a signed number."""
    return ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000


def unzigzag(value: int) -> int:
    """Undo the zigzag of sint32 and sint64."""
    return (value >> 1) ^ -(value & 1)


def which_of(message: object, names: tuple[str, ...]) -> tuple[str | None, Any]:
    """Return the name and value of that member of a oneof which is set."""
    for name in names:
        value = getattr(message, name)
        if value is not None:
            return name, value
    return None, None


def keep(unknown: bytes | bytearray, field: bytes) -> bytearray:
    """Append a field to those that are not known; in place, as there may be many."""
    if not isinstance(unknown, bytearray):
        unknown = bytearray(unknown)
    unknown += field
    return unknown


def skip(data: bytes, at: int, tag: int, depth: int) -> int:
    """Return the position after a field's value; the field itself is in no message known here."""
    if tag < 8:
        raise DecodeError("field number 0")
    match tag & 7:
        case 0:
            return read_uint64(data, at + 1, data[at])[1] if data[at] > 127 else at + 1
        case 1:
            return at + 8
        case 2:
            size, at = (read_size(data, at + 1, data[at])) if data[at] > 127 else (data[at], at + 1)
            return at + size
        case 3:
            return _skip_group(data, at, tag, depth + 1)
        case 5:
            return at + 4
        case wire_type:
            raise DecodeError(f"wire type {wire_type} of field {tag >> 3}")


def _skip_group(data: bytes, at: int, start: int, depth: int) -> int:
    if depth > MAX_DEPTH:
        too_deep()
    end = start + 1
    while True:
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = read_size(data, at, tag)
        if tag == end:
            return at
        at = skip(data, at, tag, depth)


# Writing

#: A varint of one byte, by its value.
BYTE = tuple(bytes((value,)) for value in range(128))

#: A dict, so that what is not a bool is an error.
BOOL = {False: b"\x00", True: b"\x01"}


def varint(value: int) -> bytes:
    """Write a number that is not negative."""
    if value < 128:
        return BYTE[value]
    if value < 16384:
        return bytes((value & 127 | 128, value >> 7))
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)


def octets(value: object) -> bytes:
    """Take the bytes out of a bytearray or a memoryview, whose length may count something else."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise EncodeError(f"{type(value).__name__} is not bytes")
    return bytes(value)


def int32(value: int) -> bytes:
    """Write an int32 or an enum; a negative one has ten bytes."""
    if not -0x8000_0000 <= value <= 0x7FFF_FFFF:
        raise EncodeError(f"{value} is no int32")
    return varint(value & _MASK_64)


def int64(value: int) -> bytes:
    """Write an int64; a negative one has ten bytes."""
    if not -(1 << 63) <= value < 1 << 63:
        raise EncodeError(f"{value} is no int64")
    return varint(value & _MASK_64)


def uint32(value: int) -> bytes:
    """Write a uint32."""
    if not 0 <= value <= 0xFFFF_FFFF:
        raise EncodeError(f"{value} is no uint32")
    return varint(value)


def uint64(value: int) -> bytes:
    """Write a uint64."""
    if not 0 <= value <= _MASK_64:
        raise EncodeError(f"{value} is no uint64")
    return varint(value)


def sint32(value: int) -> bytes:
    """Write a sint32: small in zigzag, negative or not."""
    if not -0x8000_0000 <= value <= 0x7FFF_FFFF:
        raise EncodeError(f"{value} is no sint32")
    return varint(value << 1 ^ value >> 31)


def sint64(value: int) -> bytes:
    """Write a sint64: small in zigzag, negative or not."""
    if not -(1 << 63) <= value < 1 << 63:
        raise EncodeError(f"{value} is no sint64")
    return varint(value << 1 ^ value >> 63)


_FLOAT = struct.Struct("<f")


def pack_float(value: float) -> bytes:
    """Write a float; what is too large for 32 bits is infinite, as in google's runtimes."""
    try:
        return _FLOAT.pack(value)
    except OverflowError:
        return _FLOAT.pack(float("inf") if value > 0 else float("-inf"))


unpack_float = _FLOAT.unpack_from
pack_double, unpack_double = struct.Struct("<d").pack, struct.Struct("<d").unpack_from
pack_fixed32, unpack_fixed32 = struct.Struct("<I").pack, struct.Struct("<I").unpack_from
pack_fixed64, unpack_fixed64 = struct.Struct("<Q").pack, struct.Struct("<Q").unpack_from
pack_sfixed32, unpack_sfixed32 = struct.Struct("<i").pack, struct.Struct("<i").unpack_from
pack_sfixed64, unpack_sfixed64 = struct.Struct("<q").pack, struct.Struct("<q").unpack_from
