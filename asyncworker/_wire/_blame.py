"""Find the field because of which a message cannot be encoded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from betterproto2 import FieldMetadata, Message, ProtoClassMetadata

__all__ = ["blame"]

#: The Python types that a field of a protobuf type may hold.
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "bytes": (bytes, bytearray, memoryview),
    "double": (float, int),
    "float": (float, int),
    "string": (str,),
}

_RANGES = {
    "enum": (-(1 << 31), (1 << 31) - 1),
    "fixed32": (0, (1 << 32) - 1),
    "fixed64": (0, (1 << 64) - 1),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "sfixed32": (-(1 << 31), (1 << 31) - 1),
    "sfixed64": (-(1 << 63), (1 << 63) - 1),
    "sint32": (-(1 << 31), (1 << 31) - 1),
    "sint64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}


def blame(message: Message) -> str | None:
    """Return the path of the first field with a value that it cannot carry, and the reason; None if none has."""
    return next(_wrong(message, type(message).__name__), None)


def _wrong(message: Message, path: str) -> Iterator[str]:
    """Yield what is wrong with a message, as ``path.to.field: reason``."""
    # A descriptor of betterproto2's own that mypy cannot follow.
    meta: ProtoClassMetadata = message._betterproto  # type: ignore[arg-type]
    for name, field in meta.meta_by_field_name.items():
        value = getattr(message, name)
        if value is None:
            continue
        here = f"{path}.{name}"
        if field.map_meta:
            yield from _wrong_map(value, field.map_meta, meta.cls_by_field[f"{name}.value"], here)
        elif field.repeated:
            yield from _wrong_list(value, field.proto_type, meta.cls_by_field[name], here)
        else:
            yield from _wrong_value(value, field.proto_type, meta.cls_by_field[name], here)


def _wrong_map(value: Any, types: tuple[FieldMetadata, FieldMetadata], cls: type, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: expected dict, got {_shown(value)}"
        return
    for key, item in value.items():
        yield from _wrong_value(key, types[0].proto_type, cls, f"{path} key")
        yield from _wrong_value(item, types[1].proto_type, cls, f"{path}[{key!r}]")


def _wrong_list(value: Any, proto_type: str, cls: type, path: str) -> Iterator[str]:
    if not isinstance(value, (list, tuple)):
        yield f"{path}: expected list, got {_shown(value)}"
        return
    for index, item in enumerate(value):
        yield from _wrong_value(item, proto_type, cls, f"{path}[{index}]")


def _wrong_value(value: Any, proto_type: str, cls: type, path: str) -> Iterator[str]:
    if proto_type == "message":
        if isinstance(value, cls) and isinstance(value, Message):
            yield from _wrong(value, path)
        else:
            yield f"{path}: expected {cls.__name__}, got {_shown(value)}"
    elif proto_type in _RANGES:
        low, high = _RANGES[proto_type]
        if not isinstance(value, int):
            yield f"{path}: expected int, got {_shown(value)}"
        elif not low <= value <= high:
            yield f"{path}: {int(value)} does not fit {proto_type}"
    elif not isinstance(value, _PYTHON_TYPES[proto_type]):
        yield f"{path}: expected {_PYTHON_TYPES[proto_type][0].__name__}, got {_shown(value)}"
    elif isinstance(value, str):
        yield from _wrong_text(value, path)


def _wrong_text(value: str, path: str) -> Iterator[str]:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        yield f"{path}: {error.reason}"


def _shown(value: object) -> str:
    """Show a value's type and the beginning of it; it may be large."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
