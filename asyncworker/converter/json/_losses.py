"""Find what pydantic's JSON has lost of a value: numbers, secrets, levels that no parser reads."""

from __future__ import annotations

import functools
import marshal
import math
from collections import UserString
from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from ...exceptions import ConverterError
from ._adapter import clip, describe_type
from ._explain import without
from ._schema_queries import encodes

__all__ = [
    "BUFFERS",
    "BUILT_IN",
    "MAX_LEVELS",
    "SCALARS",
    "hides_a_number",
    "is_too_deep",
    "leaves_of",
    "refuse_secrets",
    "texts_of",
    "unwritable",
]

MAX_LEVELS = 200
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
BUILT_IN = frozenset({type(None), bool, int, float, str, bytes, list, dict, tuple})
SCALARS = frozenset({bool, int, float, str})
BUFFERS = (bytes, bytearray, memoryview)


def unwritable(value: Any, error: Exception) -> ConverterError:
    reason = str(error).removeprefix("Error serializing to JSON: ").partition("\n")[0].partition(" [type=")[0]
    reason = clip(without(reason, texts_of(value)))
    return ConverterError(f"a value of type {describe_type(type(value))} cannot be written as JSON: {reason}")


def hides_a_number(value: Any) -> bool:
    """Whether a ``null`` may stand for ``NaN`` or an infinity, as pydantic writes them in models."""
    kind: Any = type(value)
    if kind in BUILT_IN:
        try:
            # Fast, and fails for all objects that pydantic may write with a loss.
            marshal.dumps(value)
        except ValueError:
            pass
        else:
            return False
    return any(_may_be_nan(each) for each in leaves_of(value, models=True))


def _may_be_nan(value: Any) -> bool:
    if isinstance(value, Enum):
        value = value.value
    kind: Any = type(value)
    if isinstance(value, float):
        return not math.isfinite(value)
    # User code may write anything.
    return _is_written_by_code(kind)


@functools.lru_cache(maxsize=1024)
def _is_written_by_code(kind: type) -> bool:
    return encodes(getattr(kind, "__pydantic_core_schema__", None))


def refuse_secrets(value: Any, data: bytes) -> None:
    for each in leaves_of(value, keys=True):
        if hasattr(type(each), "get_secret_value") and any(to_json(shown) in data for shown in _shown(each)):
            kind = describe_type(type(each))
            raise unwritable(
                value,
                ValueError(
                    f"of a {kind} only stars would be written: write what get_secret_value() returns, where a codec"
                    " encrypts it, or give the field a serializer"
                ),
            )


def _shown(secret: Any) -> set[Any]:
    """Return what pydantic writes of a secret; nothing for an empty one."""
    own = hasattr(type(secret), "__pydantic_serializer__") and to_jsonable_python(secret)
    return {str(secret), own} - {"", False}


def is_too_deep(data: bytes) -> bool:
    """Whether JSON has more levels than can be read."""
    rest, taken = data.translate(None, _NO_BRACKETS), 0
    while len(rest) > 2 * (MAX_LEVELS - taken):
        # Removes the innermost level; brackets inside strings count, so it is only an upper bound.
        shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(rest) or taken >= MAX_LEVELS:
            return _levels_of(data) > MAX_LEVELS
        rest, taken = shorter, taken + 2
    return False


def _levels_of(data: bytes) -> int:
    """Count the levels of JSON, without brackets inside strings."""
    most = level = 0
    inside = False
    skip = False
    for byte in data:
        if skip:
            skip = False
        elif inside:
            skip, inside = byte == 0x5C, byte != 0x22
        elif byte == 0x22:
            inside = True
        elif byte in b"[{":
            level += 1
            most = max(most, level)
        elif byte in b"]}":
            level -= 1
    return most


def leaves_of(value: Any, *, keys: bool = False, models: bool = False) -> Iterator[Any]:
    """Yield the scalars and unknown objects in a value, with *keys* of dicts and *models* themselves if asked for."""
    found = [value]
    seen: set[int] = set()
    while found:
        each = found.pop()
        kind = type(each)
        if kind in SCALARS:
            yield each
            continue
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, Mapping):
            found += each.values()
            if keys:
                found += each.keys()
        elif isinstance(each, list | tuple | AbstractSet) or (
            isinstance(each, Sequence) and not isinstance(each, (str, UserString, *BUFFERS))
        ):
            found += each
        elif hasattr(kind, "__pydantic_fields__") or hasattr(kind, "__fields__"):
            if models:
                yield each
            found += vars(each).values()
            found += (getattr(each, "__pydantic_extra__", None) or {}).values()
        elif is_dataclass(kind):
            found += [getattr(each, field.name, None) for field in fields(kind)]
        else:
            yield each


def texts_of(value: Any) -> Iterator[str]:
    """Yield the strings and numbers in a value, as the message of an error might quote them."""
    try:
        yield from (str(each) for each in leaves_of(value, keys=True) if isinstance(each, str | int | float))
    except Exception:  # noqa: BLE001 - a value that cannot be written may raise here too
        return
