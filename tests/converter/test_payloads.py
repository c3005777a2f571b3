"""Values into payloads and back, protobuf apart."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict, UserDict, deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType
from uuid import UUID

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from asyncworker.converter import (
    BinaryNullPayloadConverter,
    BinaryPlainPayloadConverter,
    BinaryProtoPayloadConverter,
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    JSONProtoPayloadConverter,
    Payload,
    RawValue,
    adapter_for,
)
from asyncworker.exceptions import ApplicationError, ConverterError


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Point:
    x: int
    y: float = 0.5


@dataclass
class Spot:
    x: int
    y: float = 0.5


class Item(BaseModel):
    name: str
    price: Decimal


class Named(NamedTuple):
    a: int
    b: str


class Settings(TypedDict, total=False):
    depth: int


OrderId = NewType("OrderId", str)
Positive = Annotated[int, Field(gt=0)]


@pytest.fixture(scope="module")
def converter() -> DefaultPayloadConverter:
    return DefaultPayloadConverter()


def payload(encoding: str, data: bytes = b"", **metadata: bytes) -> Payload:
    return Payload(metadata={"encoding": encoding.encode(), **metadata}, data=data)


@pytest.mark.parametrize(
    ("value", "encoding", "data"),
    [
        (None, b"binary/null", b""),
        (b"\xff\x00", b"binary/plain", b"\xff\x00"),
        (bytearray(b"ab"), b"binary/plain", b"ab"),
        (memoryview(b"ab"), b"binary/plain", b"ab"),
        (b"", b"binary/plain", b""),
        ("é", b"json/plain", '"é"'.encode()),
        (True, b"json/plain", b"true"),
        (10**30, b"json/plain", b"1" + b"0" * 30),
        ([1, {"a": None}], b"json/plain", b'[1,{"a":null}]'),
        (Point(1), b"json/plain", b'{"x":1,"y":0.5}'),
        (Item(name="a", price=Decimal("1.10")), b"json/plain", b'{"name":"a","price":"1.10"}'),
        (Named(1, "b"), b"json/plain", b'[1,"b"]'),
        (deque([1]), b"json/plain", b"[1]"),
        (range(3), b"json/plain", b"[0,1,2]"),
        (UserDict(a=1), b"json/plain", b'{"a":1}'),
        (OrderedDict(b=1, a=2), b"json/plain", b'{"b":1,"a":2}'),
    ],
)
def test_value_is_written(converter, value, encoding, data):
    """Each value goes out in the encoding that other SDKs expect of it."""
    written = converter.to_payload(value)

    assert (written.metadata, written.data) == ({"encoding": encoding}, data)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (1, int),
        ("1", str),
        (1.5, float),
        (True, bool),
        (None, None),
        (None, type(None)),
        (None, int | None),
        (b"\xff", bytes),
        (b"\xff", bytes | None),
        (bytearray(b"\xff"), bytearray),
        (b"\xff", Any),
        (b"\xff", object),
        (Point(1, 2.0), Point),
        (Item(name="a", price=Decimal("1.10")), Item),
        ([Item(name="a", price=Decimal(1))], list[Item]),
        ({"a": Point(1)}, dict[str, Point]),
        ({1: "a"}, dict[int, str]),
        ((1, "a"), tuple[int, str]),
        ({1, 2}, set[int]),
        (frozenset({1}), frozenset[int]),
        (deque([1]), deque[int]),
        (UUID(int=7), UUID),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), datetime),
        (date(2026, 1, 2), date),
        (timedelta(days=1, microseconds=1), timedelta),
        (Decimal("1.10"), Decimal),
        (Color.RED, Color),
        (Level.HIGH, Level),
        (Named(1, "b"), Named),
        ({"depth": 1}, Settings),
        (OrderId("7"), OrderId),
        ("on", Literal["on", "off"]),
        (5, Positive),
        (Point(1), int | Point),
    ],
)
def test_value_comes_back_as_its_type(converter, value, hint):
    """What was written is read as the type that is asked for."""
    assert converter.from_payload(converter.to_payload(value), hint) == value


def test_value_without_a_type_is_plain(converter):
    """Without a type JSON is read as lists, dicts and scalars."""
    assert converter.from_payload(converter.to_payload([Point(1)])) == [{"x": 1, "y": 0.5}]


def test_binary_null_and_json_null_are_both_none(converter):
    """A null payload and JSON's null read alike."""
    for nothing in (payload("binary/null"), payload("json/plain", b"null")):
        assert converter.from_payload(nothing, Point | None) is None
        with pytest.raises(ConverterError, match="expected Point"):
            converter.from_payload(nothing, Point)


def test_nan_is_written_as_pythons_json_does(converter):
    """NaN and the infinities survive a round trip, under the names that Python's json gives them."""
    written = converter.to_payload([math.nan, math.inf, -math.inf])

    assert written.data == b"[NaN,Infinity,-Infinity]"
    back = converter.from_payload(written, list[float])
    assert (math.isnan(back[0]), back[1:]) == (True, [math.inf, -math.inf])


@pytest.mark.parametrize("value", [{"a": b"\xff"}, [object()], {1: lambda: 0}, Point])
def test_unwritable_value_is_a_converter_error(converter, value):
    """A value that has no JSON is refused with its type and a reason."""
    with pytest.raises(ConverterError, match=f"type {type(value).__name__} cannot be written as JSON"):
        converter.to_payload(value)


def test_circular_value_is_a_converter_error(converter):
    """A list that contains itself is refused."""
    circle: list[Any] = []
    circle.append(circle)

    with pytest.raises(ConverterError, match="Circular"):
        converter.to_payload(circle)


@pytest.mark.parametrize("data", [b"", b"[1,", b'"\xff"', b"hello", b'"\\ud800'])
@pytest.mark.parametrize("hint", [None, str, Point])
def test_damaged_json_is_a_converter_error(converter, data, hint):
    """Bytes that are not JSON are refused with where they stop being JSON."""
    with pytest.raises(ConverterError, match="Invalid JSON"):
        converter.from_payload(payload("json/plain", data), hint)


def test_error_has_each_problem_and_no_value(converter):
    """A mismatch has a line for each problem, and nothing of the values, which a codec may be there to hide."""
    secret = [{"name": "s3cret", "price": "s3cret"}, {"price": ["s3cret"]}]
    with pytest.raises(ConverterError) as caught:
        converter.from_payload(converter.to_payload(secret), list[Item])

    assert str(caught.value).splitlines() == [
        "expected list[test_payloads.Item]:",
        "  0.price: Input should be a valid decimal (got str)",
        "  1.name: Field required",
        "  1.price: Decimal input should be an integer, float, string or Decimal object (got list)",
    ]
    assert caught.value.__cause__ is None


def test_error_of_a_large_value_is_short(converter):
    """However much is wrong, the message stays readable."""
    with pytest.raises(ConverterError) as caught:
        converter.from_payload(converter.to_payload({"k" * 5000: "v" * 5000, **dict.fromkeys("abcdefghijkl")}), Point)
    few = str(caught.value)
    with pytest.raises(ConverterError) as caught:
        converter.from_payload(converter.to_payload(["x" * 5000] * 5000), list[int])

    assert len(few) < 200
    assert len(str(caught.value)) < 2000
    assert str(caught.value).endswith("and 4990 more")


def test_message_of_a_users_validator_is_kept(converter):
    """The message of a model's validator is in the error."""

    class Even(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def _even(cls, number: int) -> int:
            if number % 2:
                raise ValueError("not even")
            return number

    with pytest.raises(ConverterError, match="expected Even: number: Value error, not even"):
        converter.from_payload(payload("json/plain", b'{"number":1}'), Even)


def test_error_of_a_users_validator_may_have_no_message(converter):
    """An error whose text cannot be made does not hide the value that is wrong."""

    class Mute(ValueError):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    class Even(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def _even(cls, number: int) -> int:
            raise Mute

    with pytest.raises(ConverterError, match="expected Even"):
        converter.from_payload(payload("json/plain", b'{"number":1}'), Even)


def test_unknown_encoding_is_named(converter):
    """A payload of another encoding is refused with its name and the known ones."""
    known = "binary/null, binary/plain, json/protobuf, binary/protobuf, json/plain"
    with pytest.raises(ConverterError, match=f"'binary/encrypted' is unknown; known: {known}"):
        converter.from_payload(payload("binary/encrypted"))


def test_payload_without_encoding_is_refused(converter):
    """A payload has to say its encoding."""
    with pytest.raises(ConverterError, match="metadata has no 'encoding'"):
        converter.from_payload(Payload(data=b"1"))


def test_null_with_data_is_refused(converter):
    """A null payload that has data is damaged."""
    with pytest.raises(ConverterError, match="has no data, this one has 1 bytes"):
        converter.from_payload(payload("binary/null", b"x"))


def test_bytes_for_another_type_are_refused(converter):
    """Bytes are read as text where text is asked for, and refused where an object is."""
    assert converter.from_payload(payload("binary/plain", b"ab"), str) == "ab"
    with pytest.raises(ConverterError, match="expected Point"):
        converter.from_payload(payload("binary/plain", b"ab"), Point)


def test_memoryview_comes_back(converter):
    """Bytes are read as a view where that is asked for."""
    assert converter.from_payload(payload("binary/plain", b"ab"), memoryview) == memoryview(b"ab")


@pytest.mark.parametrize("hint", [RawValue, RawValue | None])
def test_raw_value_passes_through(converter, hint):
    """A raw value is its payload both ways, whatever its encoding."""
    strange = payload("my/own", b"\x00", note=b"x")

    assert converter.to_payload(RawValue(strange)) is strange
    assert converter.from_payload(strange, hint) == RawValue(strange)


def test_lists_of_payloads_keep_their_length(converter):
    """Of a list, payloads beyond the types are untyped, types beyond the payloads are ignored."""
    payloads = converter.to_payloads([Point(1), Point(2)])

    assert converter.from_payloads(payloads, [Point]) == [Point(1), {"x": 2, "y": 0.5}]
    assert converter.from_payloads(payloads, [Point, None, int]) == [Point(1), {"x": 2, "y": 0.5}]
    assert converter.from_payloads([], [Point]) == []


class Reversing(EncodingPayloadConverter):
    encoding = "text/reversed"

    def to_payload(self, value):
        if not isinstance(value, str):
            return None
        if value == "!":
            raise RuntimeError("no shouting")
        return payload("text/reversed", value[::-1].encode())

    def from_payload(self, payload, type_hint=None):
        if payload.data == b"?":
            raise LookupError("what")
        return (payload.data.decode()[::-1], type_hint)


@pytest.mark.parametrize(
    ("own", "value", "hint"),
    [
        (BinaryNullPayloadConverter(), None, type(None)),
        (BinaryPlainPayloadConverter(), b"raw", bytes),
        (JSONPlainPayloadConverter(), [1], list[int]),
        (JSONProtoPayloadConverter(), Timestamp(seconds=7), Timestamp),
        (BinaryProtoPayloadConverter(), Timestamp(seconds=7), Timestamp),
    ],
    ids=lambda it: getattr(it, "encoding", ""),
)
def test_converter_of_one_encoding_reads_what_it_has_written(own, value, hint):
    """Each can be used by itself, as a converter of the user's does that wraps one."""
    assert own.from_payload(own.to_payload(value), hint) == value


class TestComposite:
    def test_first_that_takes_it_writes(self):
        """Converters are asked in their order."""
        own = CompositePayloadConverter(Reversing(), JSONPlainPayloadConverter())

        assert own.to_payload("ab") == payload("text/reversed", b"ba")
        assert own.to_payload(1) == payload("json/plain", b"1")
        assert own.from_payload(payload("text/reversed", b"ba"), str) == ("ab", str)

    def test_value_that_no_converter_takes_is_refused(self):
        """A value that no converter takes is refused with the known encodings."""
        with pytest.raises(ConverterError, match="type int has no converter; known: binary/null, text/reversed"):
            CompositePayloadConverter(BinaryNullPayloadConverter(), Reversing()).to_payload(1)

    def test_errors_of_converters_are_translated(self):
        """What a converter raises arrives as a ConverterError whose cause it is."""
        own = CompositePayloadConverter(Reversing())

        with pytest.raises(ConverterError, match="type str cannot be written: RuntimeError") as caught:
            own.to_payload("!")
        assert isinstance(caught.value.__cause__, RuntimeError)
        with pytest.raises(ConverterError, match="expected int: LookupError: what") as caught:
            own.from_payload(payload("text/reversed", b"?"), int)
        assert isinstance(caught.value.__cause__, LookupError)

    def test_failure_errors_of_converters_are_raised(self):
        """A converter may fail the activity in its own way."""

        class Strict(Reversing):
            def from_payload(self, payload, type_hint=None):
                raise ApplicationError("later", next_retry_delay=3)

        with pytest.raises(ApplicationError):
            CompositePayloadConverter(Strict()).from_payload(payload("text/reversed"))

    def test_wrong_converter_of_a_composite_is_refused(self):
        """Classes in place of instances, equal encodings and no converter at all are refused at once."""
        with pytest.raises(TypeError, match="EncodingPayloadConverter instance"):
            CompositePayloadConverter(Reversing)
        with pytest.raises(ValueError, match="encodings that differ"):
            CompositePayloadConverter(Reversing(), Reversing())
        with pytest.raises(ValueError, match="encodings that differ"):
            CompositePayloadConverter()

    def test_subclass_that_overrides_reading_is_used(self):
        """Overriding from_payload, in whatever class, is enough to be asked for every payload."""

        class Upper(JSONPlainPayloadConverter):
            def from_payload(self, payload, type_hint=None):
                return super().from_payload(payload, type_hint).upper()

        class Shout(DefaultPayloadConverter):
            def from_payloads(self, payloads, type_hints=None):
                return [f"{value}!" for value in super().from_payloads(payloads, type_hints)]

            def to_payloads(self, values):
                return super().to_payloads([value.lower() for value in values])

        data = payload("json/plain", b'"ab"')

        assert CompositePayloadConverter(Upper())._load(data, adapter_for(str)) == "AB"
        assert Shout()._load(data, adapter_for(None)) == "ab!"
        assert Shout().from_payload(data) == "ab!"
        assert Shout().to_payload("AB") == data

    def test_mixin_that_overrides_writing_is_used(self):
        """It need not be a payload converter itself to be asked for every value, one or many."""

        class Lower:
            def to_payloads(self, values):
                return super().to_payloads([value.lower() for value in values])

        class Shout(Lower, DefaultPayloadConverter):
            pass

        data = payload("json/plain", b'"ab"')

        assert Shout().to_payload("AB") == data
        assert Shout().to_payloads(["AB"]) == [data]

    def test_repr_names_the_encodings(self):
        """A converter shows what it knows."""
        assert repr(CompositePayloadConverter(Reversing())) == "CompositePayloadConverter(text/reversed)"


class TestAdapters:
    def test_adapter_is_built_once(self):
        """Equal types share one adapter."""
        assert adapter_for(list[int]) is adapter_for(list[int])

    def test_unions_of_different_order_have_different_adapters(self, converter):
        """Of two members of a union that a value fits alike the first is taken, whatever was read before."""
        for first, second in ((Point, Spot), (Spot, Point)):
            (value,) = converter.from_payload(payload("json/plain", b'[{"x": 1}]'), list[first | second])

            assert type(value) is first

    def test_unhashable_type_has_an_adapter(self):
        """A type that cannot be hashed has an adapter too."""
        hint = Annotated[int, ["unhashable"]]

        assert adapter_for(hint).validate_json(b"1") == 1

    def test_cache_is_bounded(self):
        """Types made on the fly do not pile up."""
        for number in range(1100):
            adapter_for(Literal[number])

        assert sys.modules[adapter_for.__module__]._cached_adapter.cache_info().currsize == 1024

    def test_adapter_of_a_type_that_pydantic_does_not_know_says_so(self, converter):
        """A type without a schema is refused when it is read, with what pydantic has to say about it."""

        class Opaque:
            pass

        with pytest.raises(ConverterError, match="pydantic cannot read Opaque: Unable to generate"):
            converter.from_payload(payload("json/plain", b"{}"), Opaque)
