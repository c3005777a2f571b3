"""Search attributes: names and typed values by which activities are found in the UI and in queries."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, overload

from .._enums import NamedIntEnum
from .._proto.temporal.api.common import v1 as common

__all__ = [
    "SearchAttributeIndexedValueType",
    "SearchAttributeKey",
    "SearchAttributePair",
    "SearchAttributeValue",
    "TypedSearchAttributes",
]

SearchAttributeValue: TypeAlias = str | int | float | bool | datetime | list[str]
V = TypeVar("V")
D = TypeVar("D")


class SearchAttributeIndexedValueType(NamedIntEnum):
    """How the server indexes an attribute (``temporal.api.enums.v1.IndexedValueType``)."""

    TEXT = 1
    KEYWORD = 2
    INT = 3
    DOUBLE = 4
    BOOL = 5
    DATETIME = 6
    KEYWORD_LIST = 7


_Type = SearchAttributeIndexedValueType

# Each type in the payload's "type" metadata.
_WIRE_NAMES = {
    _Type.TEXT: b"Text",
    _Type.KEYWORD: b"Keyword",
    _Type.INT: b"Int",
    _Type.DOUBLE: b"Double",
    _Type.BOOL: b"Bool",
    _Type.DATETIME: b"Datetime",
    _Type.KEYWORD_LIST: b"KeywordList",
}
# How the server tells standalone activities from workflows: nothing that a user has set.
_INTERNAL = ("TemporalNamespaceDivision",)
_TYPES = {name: type_ for type_, name in _WIRE_NAMES.items()}
_PYTHON_TYPES: dict[_Type, type | tuple[type, ...]] = {
    _Type.TEXT: str,
    _Type.KEYWORD: str,
    _Type.INT: int,
    _Type.DOUBLE: (float, int),
    _Type.DATETIME: datetime,
}


@dataclass(frozen=True, slots=True)
class SearchAttributeKey(Generic[V]):
    """The name and type of a search attribute; made by :meth:`for_keyword` and its siblings.

    The namespace must know the attribute: ``temporal operator search-attribute create --name … --type …``.

    Attributes:
        name: The attribute's name.
        indexed_value_type: Its type.
    """

    name: str
    indexed_value_type: SearchAttributeIndexedValueType

    @staticmethod
    def for_text(name: str) -> SearchAttributeKey[str]:
        """Name an attribute of text that is searched by its words."""
        return SearchAttributeKey(name, _Type.TEXT)

    @staticmethod
    def for_keyword(name: str) -> SearchAttributeKey[str]:
        """Name an attribute of text that is searched as a whole."""
        return SearchAttributeKey(name, _Type.KEYWORD)

    @staticmethod
    def for_int(name: str) -> SearchAttributeKey[int]:
        """Name an attribute of whole numbers."""
        return SearchAttributeKey(name, _Type.INT)

    @staticmethod
    def for_float(name: str) -> SearchAttributeKey[float]:
        """Name an attribute of floating-point numbers (the server calls it ``Double``)."""
        return SearchAttributeKey(name, _Type.DOUBLE)

    @staticmethod
    def for_bool(name: str) -> SearchAttributeKey[bool]:
        """Name an attribute that is true or false."""
        return SearchAttributeKey(name, _Type.BOOL)

    @staticmethod
    def for_datetime(name: str) -> SearchAttributeKey[datetime]:
        """Name an attribute of times."""
        return SearchAttributeKey(name, _Type.DATETIME)

    @staticmethod
    def for_keyword_list(name: str) -> SearchAttributeKey[list[str]]:
        """Name an attribute of several keywords."""
        return SearchAttributeKey(name, _Type.KEYWORD_LIST)


class SearchAttributePair(NamedTuple, Generic[V]):
    """An attribute and its value.

    Attributes:
        key: The attribute.
        value: Its value, of the key's type.
    """

    key: SearchAttributeKey[V]
    value: V


@dataclass(frozen=True, slots=True, init=False)
class TypedSearchAttributes(Collection[SearchAttributePair[Any]]):
    """An immutable set of search attributes, sorted by name.

    Attributes:
        search_attributes: The pairs of key and value.

    Raises:
        TypeError: A value is not of its key's type.
        ValueError: Two pairs have one name.
    """

    search_attributes: tuple[SearchAttributePair[Any], ...] = ()

    def __init__(self, search_attributes: Iterable[SearchAttributePair[Any]] = ()) -> None:
        pairs = sorted(search_attributes, key=lambda pair: pair.key.name)
        for pair in pairs:
            _check(pair)
        for one, other in pairwise(pairs):
            if one.key.name == other.key.name:
                raise ValueError(f"search attribute {one.key.name!r} is given twice")
        object.__setattr__(self, "search_attributes", tuple(pairs))

    def __len__(self) -> int:
        return len(self.search_attributes)

    def __iter__(self) -> Iterator[SearchAttributePair[Any]]:
        return iter(self.search_attributes)

    def __contains__(self, item: object) -> bool:
        """Whether there is a value for this key; a pair is looked for as it is."""
        if isinstance(item, SearchAttributeKey):
            return any(pair.key == item for pair in self.search_attributes)
        return item in self.search_attributes

    def __getitem__(self, key: SearchAttributeKey[V]) -> V:
        for pair in self.search_attributes:
            if pair.key == key:
                found: V = pair.value
                return found
        raise KeyError(key.name)

    @overload
    def get(self, key: SearchAttributeKey[V]) -> V | None: ...

    @overload
    def get(self, key: SearchAttributeKey[V], default: D) -> V | D: ...

    def get(self, key: SearchAttributeKey[V], default: Any = None) -> Any:
        """Return the value of *key*, or *default* where there is none."""
        try:
            return self[key]
        except KeyError:
            return default

    def updated(self, *pairs: SearchAttributePair[Any]) -> TypedSearchAttributes:
        """Return these attributes with *pairs* added; a pair takes the place of one with its name."""
        names = {pair.key.name for pair in pairs}
        return TypedSearchAttributes((*(pair for pair in self if pair.key.name not in names), *pairs))

    def _to_proto(self) -> common.SearchAttributes:
        return common.SearchAttributes(indexed_fields={pair.key.name: _to_payload(pair) for pair in self})

    @classmethod
    def _from_proto(cls, attributes: common.SearchAttributes | None) -> TypedSearchAttributes:
        if attributes is None:
            return cls()
        fields = attributes.indexed_fields.items()
        pairs = (_from_payload(name, payload) for name, payload in fields if name not in _INTERNAL)
        return cls(pair for pair in pairs if pair is not None)


def _check(pair: SearchAttributePair[Any]) -> None:
    kind = pair.key.indexed_value_type
    value = pair.value
    match kind:
        case _Type.KEYWORD_LIST:
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
        case _Type.BOOL:
            fits = isinstance(value, bool)
        case _:
            # To Python a bool is an int as well.
            fits = isinstance(value, _PYTHON_TYPES[kind]) and not isinstance(value, bool)
    if not fits:
        raise TypeError(f"search attribute {pair.key.name!r} is of type {kind.name}, got {pair.value!r}")
    if isinstance(pair.value, datetime) and pair.value.tzinfo is None:
        raise ValueError(f"search attribute {pair.key.name!r} needs a time zone, got {pair.value!r}")


def _to_payload(pair: SearchAttributePair[Any]) -> common.Payload:
    value = pair.value.isoformat() if isinstance(pair.value, datetime) else pair.value
    return common.Payload(
        metadata={"encoding": b"json/plain", "type": _WIRE_NAMES[pair.key.indexed_value_type]},
        data=json.dumps(value, separators=(",", ":")).encode(),
    )


def _from_payload(name: str, payload: common.Payload) -> SearchAttributePair[Any] | None:
    """Read one attribute; one without a value, or of a type that is not known here, is left out."""
    kind = _TYPES.get(payload.metadata.get("type", b""))
    if kind is None:
        return None
    value = value_of(payload)
    if value is None:
        return None
    if kind is _Type.DATETIME:
        value = datetime.fromisoformat(value)
    # The server keeps a list of one as the one.
    elif kind is _Type.KEYWORD_LIST and isinstance(value, str):
        value = [value]
    return SearchAttributePair(SearchAttributeKey(name, kind), value)


def value_of(payload: common.Payload) -> Any:
    """Read the JSON of a search attribute's payload: the server writes it so, whatever the data converter."""
    return json.loads(payload.data)
