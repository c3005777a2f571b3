"""Write a value as JSON, so that it is read as what it was, or not at all.

pydantic writes it, and quickly. It loses some things without a word: a number that is none in a model, what a secret
hides, levels that no parser goes down to. Each leaves a trace in the text, by which it is looked for afterwards, so
that values without cost nothing; then the value is written again, part by part, or refused.
"""

from __future__ import annotations

import functools
import json
import marshal
import math
from collections import UserString
from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    Set as AbstractSet,
    ValuesView,
)
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic_core import SchemaSerializer, to_json, to_jsonable_python

from ...exceptions import ConverterError
from ._adapter import clip, describe_type, type_adapter
from ._explain import quotes_any, without
from ._schema import (
    SURROGATE,
    classes_in,
    encodes,
    has_types,
    is_written_by_itself,
    own_serializer,
    plain_dataclasses_in,
    serializer_of,
)

__all__ = ["encoder_for", "texts_of", "written"]

_MAX_LEVELS = 200
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_BUILT_IN = frozenset({type(None), bool, int, float, str, bytes, list, dict, tuple})
_CONTAINERS = frozenset({list, dict, tuple})
_SCALARS = frozenset({bool, int, float, str})
_BUFFERS = (bytes, bytearray, memoryview)


def written(value: Any) -> bytes:
    """Write a value as compact JSON, from what it is.

    Raises:
        ConverterError: It cannot be written, or could not be read as what it was.
    """
    kind: Any = type(value)
    hides = True
    try:
        if kind in _SCALARS:
            return to_json(value)
        if kind in _CONTAINERS:
            plain = value
            for each in value.values() if kind is dict else value:
                if type(each) not in _BUILT_IN:
                    plain = _part_if_any(value)
                    break
            data = _by_pydantic(plain)
        else:
            way = _way_of(kind)
            data, hides = way.write(value), way.hides_numbers
    except (ValueError, TypeError, RecursionError) as error:
        if "surrogates not allowed" not in str(error):
            raise _unwritable(value, error) from (None if quotes_any(error, texts_of(value)) else error)
        data = _written_by_parts(value, lone_surrogates=True)
    # How it is looked for is how it is found fastest.
    if (hides and data.find(b"null") >= 0) or 0x2A in data or 0xEF in data or len(data) > 2 * _MAX_LEVELS:
        return _checked(value, data, hides=hides)
    return data


def _part_if_any(values: Any) -> Any:
    """Take a list or dict apart if one of its values must be."""
    kinds: Any = set(map(type, values.values() if type(values) is dict else values)) - _BUILT_IN
    return _part(values) if any(_way_of(each).is_needed() for each in kinds) else values


def _checked(value: Any, data: bytes, *, hides: bool) -> bytes:
    if hides and b"null" in data and _hides_a_number(value):
        data = _written_by_parts(value)
    if b"**" in data:
        _refuse_secrets(value, data)
    # What pydantic writes of a lone surrogate in a key, instead of refusing it.
    if "\ufffd".encode() in data and any(SURROGATE.search(each) for each in texts_of(value)):
        data = _written_by_parts(value, lone_surrogates=True)
    if len(data) > 2 * _MAX_LEVELS and _is_too_deep(data):
        raise _unwritable(value, ValueError(f"it goes more than {_MAX_LEVELS} levels down, and could not be read"))
    return data


def _unwritable(value: Any, error: Exception) -> ConverterError:
    reason = str(error).removeprefix("Error serializing to JSON: ").partition("\n")[0].partition(" [type=")[0]
    reason = clip(without(reason, texts_of(value)))
    return ConverterError(f"a value of type {describe_type(type(value))} cannot be written as JSON: {reason}")


def _known(value: Any) -> Any:
    """Turn what pydantic does not know into what it does: mappings into dicts, sequences and sets into lists."""
    if _is_legacy_model(type(value)):
        # Its own way of writing knows its encoders.
        return json.loads(value.json(by_alias=True))
    if isinstance(value, Mapping):
        plain = dict(value)
        if len(plain) != len(value):
            raise TypeError(f"{describe_type(type(value))} has keys more than once")
        return plain
    if isinstance(value, UserString):
        return str(value)
    if isinstance(value, Sequence | AbstractSet | ItemsView | KeysView | ValuesView):
        return list(value)
    kind = describe_type(type(value))
    if isinstance(value, Iterable):
        raise TypeError(f"{kind} is iterable, which is not all that it is: write a list, or what else is meant")
    raise TypeError(f"{kind} is of no type that pydantic knows")


def _is_legacy_model(kind: type) -> bool:
    return any(each.__name__ == "BaseModel" and each.__module__ == "pydantic.v1.main" for each in kind.__mro__)


# By types: what pydantic would not write as what it is


class _Way:
    """How values of a class are written, so that they are written as what they are."""

    __slots__ = ("_classes", "_dataclasses", "_encode", "_own", "hides_numbers", "is_refused", "write")

    def __init__(self, kind: Any) -> None:
        # Those of Python's own, as a generator is, are nothing but what they give.
        self.is_refused = issubclass(kind, Iterator) and kind.__module__ not in ("builtins", "itertools")
        self._encode: Callable[[Any], Any] | None = _known if self.is_refused else _encoder_of(kind)
        # Of an object of one of their subclasses, in a field of a model, pydantic would write their fields only.
        self._dataclasses = tuple(_dataclasses_in(kind))
        # A model in a field may be of a subclass, which is written as that says, and may write NaN as null.
        self._classes: tuple[type, ...] = ()
        self._own: SchemaSerializer | None = None
        schema = kind.__dict__.get("__pydantic_core_schema__")
        if isinstance(schema, dict) and is_written_by_itself(schema):
            self._classes = tuple({*classes_in(schema)} - {kind, *self._dataclasses})
            self._own = own_serializer(schema) if has_types(schema, "float") else None
            #: Whether there may be a model in it that writes NaN as null.
            self.hides_numbers = False
        else:
            self.hides_numbers = not all(map(_is_known, _annotations_in(kind, set())))
        is_plain = not (self._own or self._encode or self._dataclasses or self._classes)
        #: Write a value.
        self.write: Callable[[Any], bytes] = _by_pydantic if is_plain else self._write

    def is_needed(self) -> bool:
        """Whether pydantic by itself would write something else than what a value is."""
        return self._encode is not None or any(each.__subclasses__() for each in self._dataclasses)

    def _write(self, value: Any) -> bytes:
        if self._encode is not None:
            return _by_pydantic(self._encode(value))
        # There may be a subclass any time.
        for each in self._dataclasses:
            if each.__subclasses__():
                return _by_pydantic(_part(value))
        for each in self._classes:
            if each.__subclasses__():
                data = _by_pydantic(value)
                return _written_by_parts(value) if b"null" in data and _hides_a_number(value) else data
        if self._own is None:
            return _by_pydantic(value)
        return self._own.to_json(value, by_alias=True, warnings=False, fallback=_known, polymorphic_serialization=True)


def _by_pydantic(value: Any) -> bytes:
    return to_json(value, fallback=_known, polymorphic_serialization=True)


# What has no number in it, or is written by this module's rules and not by a model's.
_KNOWN_CLASSES = (str, bytes, int, float, Decimal, date, time, timedelta, UUID)


def _is_known(hint: Any) -> bool:
    """Whether a type, but for the types in it, has no model in it."""
    if is_dataclass(hint):
        return not hasattr(hint, "__pydantic_serializer__")
    cls = get_origin(hint) or hint
    return cls in (None, type(None), list, dict, set, tuple, Union, UnionType) or (
        isinstance(cls, type) and issubclass(cls, _KNOWN_CLASSES)
    )


@functools.lru_cache(maxsize=1024)
def _way_of(kind: Hashable) -> _Way:
    return _Way(kind)


def _dataclasses_in(kind: type) -> Iterator[type]:
    """Yield the dataclasses in fields of models."""
    for each in _annotations_in(kind, set()):
        schema = vars(each).get("__pydantic_core_schema__") if isinstance(each, type) else None
        if isinstance(schema, dict):
            yield from plain_dataclasses_in(schema)


def encoder_for(hint: Any) -> Callable[[Any], Any] | None:
    """Return what encodes a value as its annotation says, if that says more than the value does.

    ``Base64Bytes`` are bytes; outside of a model, only the annotation says that they are written in another form.
    """
    try:
        return _encoder_of(hint)
    except TypeError:
        # It cannot be hashed.
        return None


@functools.lru_cache(maxsize=1024)
def _encoder_of(hint: Hashable) -> Callable[[Any], Any] | None:
    if not any(_may_encode(each) for each in _annotations_in(hint, set())):
        return None
    try:
        schema = type_adapter(hint).core_schema
    except Exception:  # noqa: BLE001 - pydantic runs the type's own code, which may raise anything
        return None
    if not encodes(schema):
        return None
    serializer = serializer_of(schema, _part)

    def encode(value: Any) -> Any:
        if value is None or isinstance(value, _BUFFERS):
            # A payload of its own, as it is.
            return value
        return serializer.to_python(value, mode="json", by_alias=True, warnings=False, fallback=_known)

    return encode


def _may_encode(hint: Any) -> bool:
    """Whether an annotation may say how it is written; what is written in its own way, as a model is, does not."""
    if get_origin(hint) is Annotated:
        return any(hasattr(each, "__get_pydantic_core_schema__") for each in hint.__metadata__)
    cls = get_origin(hint) or hint
    return hasattr(cls, "__get_pydantic_core_schema__") and not hasattr(cls, "__pydantic_serializer__")


def _annotations_in(hint: Any, seen: set[int]) -> Iterator[Any]:
    """Yield a type and those in it: arguments, and fields of dataclasses, TypedDicts and named tuples."""
    if id(hint) in seen:
        return
    seen.add(id(hint))
    yield hint
    inner = list(get_args(hint))
    cls = get_origin(hint) or hint
    if isinstance(cls, type) and (is_dataclass(cls) or hasattr(cls, "__total__") or hasattr(cls, "_field_defaults")):
        try:
            inner += get_type_hints(cls, include_extras=True).values()
        except Exception:  # noqa: BLE001 - names that are not there: pydantic would not find them either
            yield Any
    for each in inner:
        yield from _annotations_in(each, seen)


# Part by part


def _written_by_parts(value: Any, *, lone_surrogates: bool = False) -> bytes:
    try:
        plain = _part(value)
        if not lone_surrogates:
            return to_json(plain)
        if any(isinstance(each, str) and "\ufffd" in each for each in _leaves(plain, keys=True)):
            # What pydantic makes of one in a key.
            raise ValueError("a key of a dict in a model has a lone surrogate")
        return json.dumps(plain, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise _unwritable(value, error) from None


def _part(value: Any) -> Any:
    """Turn a value into dicts, lists and scalars, with numbers and text as they are."""
    kind: Any = type(value)
    if value is None or kind in _SCALARS:
        return value
    if hasattr(kind, "__pydantic_core_schema__"):
        return _serializer_of(kind).to_python(value, mode="json", by_alias=True, warnings=False, fallback=_known)
    if (encode := _encoder_of(kind)) is not None:
        return encode(value)
    if _is_legacy_model(kind):
        return _known(value)
    if isinstance(value, Mapping):
        return {_key(key): _part(each) for key, each in value.items()}
    if is_dataclass(kind):
        return {each.name: _part(getattr(value, each.name)) for each in fields(kind)}
    if isinstance(value, Sequence | AbstractSet) and not isinstance(value, (str, *_BUFFERS)):
        return [_part(each) for each in value]
    if isinstance(value, Iterator) and not _way_of(kind).is_refused:
        raise TypeError(f"{describe_type(kind)} can be read once only, and was: write a list")
    return to_jsonable_python(_known(value) if isinstance(value, Iterator) else value, fallback=_known)


def _key(key: Any) -> str:
    return key if type(key) is str else next(iter(to_jsonable_python({key: None}, fallback=_known)))


@functools.lru_cache(maxsize=1024)
def _serializer_of(kind: type) -> SchemaSerializer:
    own = kind.__dict__.get("__pydantic_core_schema__")
    schema = own if isinstance(own, dict) else type_adapter(kind).core_schema
    return serializer_of(schema, _part)


# Looking for what is lost


def _hides_a_number(value: Any) -> bool:
    """Whether a null may stand for NaN or an infinity: pydantic writes that inside of models."""
    kind: Any = type(value)
    if kind in _BUILT_IN:
        try:
            # Quick, and fails where there is anything but what pydantic writes right.
            marshal.dumps(value)
        except ValueError:
            pass
        else:
            return False
    return any(_may_be_no_number(each) for each in _leaves(value, models=True))


def _may_be_no_number(value: Any) -> bool:
    if isinstance(value, Enum):
        value = value.value
    kind: Any = type(value)
    if isinstance(value, float):
        return not math.isfinite(value)
    # What code of its own writes can be anything.
    return _is_written_by_code(kind)


@functools.lru_cache(maxsize=1024)
def _is_written_by_code(kind: type) -> bool:
    return encodes(getattr(kind, "__pydantic_core_schema__", None))


def _refuse_secrets(value: Any, data: bytes) -> None:
    for each in _leaves(value, keys=True):
        if hasattr(type(each), "get_secret_value") and any(to_json(shown) in data for shown in _shown(each)):
            kind = describe_type(type(each))
            raise _unwritable(
                value,
                ValueError(
                    f"of a {kind} only stars would be written: write what get_secret_value() returns, where a codec"
                    " encrypts it, or give the field a serializer"
                ),
            )


def _shown(secret: Any) -> set[Any]:
    """Return what is written of a secret; nothing, if there is nothing in it."""
    own = hasattr(type(secret), "__pydantic_serializer__") and to_jsonable_python(secret)
    return {str(secret), own} - {"", False}


def _is_too_deep(data: bytes) -> bool:
    """Whether JSON goes down more levels than are read, as far as its brackets say; those in texts count."""
    rest, taken = data.translate(None, _NO_BRACKETS), 0
    while len(rest) > 2 * (_MAX_LEVELS - taken):
        # Pairs with nothing between them are one level, and the one above may become such a pair.
        shorter = rest.replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(rest) or taken >= _MAX_LEVELS:
            return _levels_of(data) > _MAX_LEVELS
        rest, taken = shorter, taken + 2
    return False


def _levels_of(data: bytes) -> int:
    """Count the levels of JSON, without those that are written in texts."""
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


def _leaves(value: Any, *, keys: bool = False, models: bool = False) -> Iterator[Any]:
    """Yield what a value is made of; with *models*, those too."""
    found = [value]
    seen: set[int] = set()
    while found:
        each = found.pop()
        kind = type(each)
        if kind in _SCALARS:
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
            isinstance(each, Sequence) and not isinstance(each, (str, UserString, *_BUFFERS))
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
    """Yield the texts and numbers in a value, as an error about it might repeat them."""
    try:
        yield from (str(each) for each in _leaves(value, keys=True) if isinstance(each, str | int | float))
    except Exception:  # noqa: BLE001 - the value is what cannot be written, and may refuse this too
        return
