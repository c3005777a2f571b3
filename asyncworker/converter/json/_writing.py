"""Write a value as JSON that is read back as an equal value, or refuse it.

pydantic writes it fast, but silently loses some things: ``NaN`` in a model, the value of a secret, levels that no
parser reads. Each of these leaves a trace in the JSON that is searched for afterwards, so that other values cost
nothing. Then the value is written again, part by part, or refused.
"""

from __future__ import annotations

import functools
import json
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
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic_core import SchemaSerializer, to_json, to_jsonable_python

from ._adapter import describe_type, type_adapter
from ._explain import quotes_any
from ._losses import (
    BUFFERS,
    BUILT_IN,
    MAX_LEVELS,
    SCALARS,
    hides_a_number,
    is_too_deep,
    leaves_of,
    refuse_secrets,
    texts_of,
    unwritable,
)
from ._schema_queries import classes_in, encodes, has_types, is_written_by_itself, plain_dataclasses_in
from ._serializers import own_serializer, serializer_of
from ._validators import SURROGATE

__all__ = ["encoder_for", "written"]

_CONTAINERS = frozenset({list, dict, tuple})


def written(value: Any) -> bytes:
    """Write a value as compact JSON, by its own type.

    Raises:
        ConverterError: It cannot be written, or would not be read back as an equal value.
    """
    kind: Any = type(value)
    hides = True
    try:
        if kind in SCALARS:
            return to_json(value)
        if kind in _CONTAINERS:
            plain = value
            for each in value.values() if kind is dict else value:
                if type(each) not in BUILT_IN:
                    plain = _part_if_any(value)
                    break
            data = _by_pydantic(plain)
        else:
            way = _way_of(kind)
            data, hides = way.write(value), way.hides_numbers
    except (ValueError, TypeError, RecursionError) as error:
        if "surrogates not allowed" not in str(error):
            raise unwritable(value, error) from (None if quotes_any(error, texts_of(value)) else error)
        data = _written_by_parts(value, lone_surrogates=True)
    # The fastest searches: `null`, `*`, the first byte of U+FFFD, and the length.
    if (hides and data.find(b"null") >= 0) or 0x2A in data or 0xEF in data or len(data) > 2 * MAX_LEVELS:
        return _checked(value, data, hides=hides)
    return data


def _part_if_any(values: Any) -> Any:
    """Write a list or dict part by part if one of its values needs that."""
    kinds: Any = set(map(type, values.values() if type(values) is dict else values)) - BUILT_IN
    return _part(values) if any(_way_of(each).is_needed() for each in kinds) else values


def _checked(value: Any, data: bytes, *, hides: bool) -> bytes:
    if hides and b"null" in data and hides_a_number(value):
        data = _written_by_parts(value)
    if b"**" in data:
        refuse_secrets(value, data)
    # pydantic writes U+FFFD for a lone surrogate in a key, instead of refusing it.
    if "\ufffd".encode() in data and any(SURROGATE.search(each) for each in texts_of(value)):
        data = _written_by_parts(value, lone_surrogates=True)
    if len(data) > 2 * MAX_LEVELS and is_too_deep(data):
        raise unwritable(value, ValueError(f"it has more than {MAX_LEVELS} levels, and could not be read"))
    return data


def _known(value: Any) -> Any:
    """Convert types that pydantic does not know: mappings to dicts, sequences and sets to lists."""
    if _is_legacy_model(type(value)):
        # Its own method applies its encoders.
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
        raise TypeError(f"{kind} is iterable, but may be more than its items: convert it first, e.g. to list")
    raise TypeError(f"pydantic does not know the type {kind}")


def _is_legacy_model(kind: type) -> bool:
    return any(each.__name__ == "BaseModel" and each.__module__ == "pydantic.v1.main" for each in kind.__mro__)


# By type: what pydantic would not write in full


class _Way:
    """How values of a class are written in full."""

    __slots__ = ("_classes", "_dataclasses", "_encode", "_own", "hides_numbers", "is_refused", "write")

    def __init__(self, kind: Any) -> None:
        # Python's own iterators, as a generator, are nothing but their items.
        self.is_refused = issubclass(kind, Iterator) and kind.__module__ not in ("builtins", "itertools")
        self._encode: Callable[[Any], Any] | None = _known if self.is_refused else _encoder_of(kind)
        # Of a subclass's object in a field of a model pydantic would write the base class's fields only.
        self._dataclasses = tuple(_dataclasses_in(kind))
        # A model in a field may be of a subclass, which may write NaN as null.
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
        """Whether pydantic alone would lose something of a value."""
        return self._encode is not None or any(each.__subclasses__() for each in self._dataclasses)

    def _write(self, value: Any) -> bytes:
        if self._encode is not None:
            return _by_pydantic(self._encode(value))
        # Subclasses may be defined at any time.
        for each in self._dataclasses:
            if each.__subclasses__():
                return _by_pydantic(_part(value))
        for each in self._classes:
            if each.__subclasses__():
                data = _by_pydantic(value)
                return _written_by_parts(value) if b"null" in data and hides_a_number(value) else data
        if self._own is None:
            return _by_pydantic(value)
        return self._own.to_json(value, by_alias=True, warnings=False, fallback=_known, polymorphic_serialization=True)


def _by_pydantic(value: Any) -> bytes:
    return to_json(value, fallback=_known, polymorphic_serialization=True)


# Without numbers, or written by this module's rules rather than a model's.
_KNOWN_CLASSES = (str, bytes, int, float, Decimal, date, time, timedelta, UUID)


def _is_known(hint: Any) -> bool:
    """Whether a type is no model; the types of its arguments or fields are not looked at."""
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
    """Yield the standard library's dataclasses in fields of models."""
    for each in _annotations_in(kind, set()):
        schema = vars(each).get("__pydantic_core_schema__") if isinstance(each, type) else None
        if isinstance(schema, dict):
            yield from plain_dataclasses_in(schema)


def encoder_for(hint: Any) -> Callable[[Any], Any] | None:
    """Return a function that encodes a value by its annotation, or ``None`` if its own type is enough.

    A ``Base64Bytes`` value is plain bytes; outside a model, only the annotation says how these are written.
    """
    try:
        return _encoder_of(hint)
    except TypeError:
        # The annotation cannot be hashed.
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
        if value is None or isinstance(value, BUFFERS):
            # Bytes and None are payloads of their own encodings.
            return value
        return serializer.to_python(value, mode="json", by_alias=True, warnings=False, fallback=_known)

    return encode


def _may_encode(hint: Any) -> bool:
    """Whether an annotation may define how values are written; models define that themselves."""
    if get_origin(hint) is Annotated:
        return any(hasattr(each, "__get_pydantic_core_schema__") for each in hint.__metadata__)
    cls = get_origin(hint) or hint
    return hasattr(cls, "__get_pydantic_core_schema__") and not hasattr(cls, "__pydantic_serializer__")


def _annotations_in(hint: Any, seen: set[int]) -> Iterator[Any]:
    """Yield a type, its arguments, and the fields of dataclasses, TypedDicts and named tuples, recursively."""
    if id(hint) in seen:
        return
    seen.add(id(hint))
    yield hint
    inner = list(get_args(hint))
    cls = get_origin(hint) or hint
    if isinstance(cls, type) and (is_dataclass(cls) or hasattr(cls, "__total__") or hasattr(cls, "_field_defaults")):
        try:
            inner += get_type_hints(cls, include_extras=True).values()
        except Exception:  # noqa: BLE001 - unknown names, which pydantic would not find either
            yield Any
    for each in inner:
        yield from _annotations_in(each, seen)


# Part by part


def _written_by_parts(value: Any, *, lone_surrogates: bool = False) -> bytes:
    try:
        plain = _part(value)
        if not lone_surrogates:
            return to_json(plain)
        if any(isinstance(each, str) and "\ufffd" in each for each in leaves_of(plain, keys=True)):
            # pydantic's replacement for one in a key.
            raise ValueError("a key of a dict in a model has a lone surrogate")
        return json.dumps(plain, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise unwritable(value, error) from None


def _part(value: Any) -> Any:
    """Convert a value to dicts, lists and scalars, with ``NaN`` and lone surrogates unchanged."""
    kind: Any = type(value)
    if value is None or kind in SCALARS:
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
    if isinstance(value, Sequence | AbstractSet) and not isinstance(value, (str, *BUFFERS)):
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
