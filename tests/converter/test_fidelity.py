"""What is written is read as what it was, or it is refused: nothing is cut or changed without a word."""

from __future__ import annotations

import collections.abc
import csv
import math
import re
import typing
from collections import UserDict, UserList, UserString, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import pydantic.dataclasses
import pytest
import temporalio.converter
import typing_extensions
from pydantic import (
    Base64Bytes,
    Base64Str,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    computed_field,
    field_serializer,
    model_serializer,
    v1,
)
from pydantic_core import core_schema

from asyncworker.converter import DataConverter, JSONPlainPayloadConverter, Payload, Signature
from asyncworker.exceptions import ConverterError

CONVERTER = DataConverter.default.payload_converter
T = TypeVar("T")


def there_and_back(value: Any, hint: Any = None) -> Any:
    return CONVERTER.from_payload(CONVERTER.to_payload(value), hint or type(value))


def text(value: Any) -> str:
    return CONVERTER.to_payload(value).data.decode()


def json(data: str | bytes) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=data.encode() if isinstance(data, str) else data)


# Numbers that are none


class Score(BaseModel):
    value: float
    anything: Any = None
    maybe: float | None = None
    by_name: dict[str, float] = {}
    inner: Score | None = None
    several: typing.Sequence[float] = []


class BoldScore(Score):
    bold: float


class Scores(RootModel[list[float]]):
    pass


@dataclass
class PlainScore:
    value: float
    inner: Any = None


@pydantic.dataclasses.dataclass
class CheckedScore:
    value: float


class Page(BaseModel, Generic[T]):
    items: list[T]


class Mean(BaseModel):
    values: list[float]

    @computed_field
    def mean(self) -> float:
        return math.nan


class Rated(BaseModel):
    rate: int

    @field_serializer("rate")
    def _rate(self, rate: int) -> float:
        return math.inf


class Limit(Enum):
    NONE = math.inf


class Limited(BaseModel):
    limit: Limit


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "make",
    [
        lambda number: number,
        lambda number: {"a": [number, None]},
        lambda number: Score(value=number),
        lambda number: Score(value=1, maybe=number),
        lambda number: Score(value=1, by_name={"a": number}),
        lambda number: Score(value=1, anything=[{"a": number}]),
        lambda number: Score(value=1, anything=Score(value=number)),
        lambda number: Score(value=1, inner=Score(value=number)),
        lambda number: Score(value=1, inner=BoldScore(value=1, bold=number)),
        lambda number: Score(value=1, several=[number]),
        lambda number: [None, Score(value=number)],
        lambda number: {"a": (Score(value=number),)},
        lambda number: Scores([number]),
        PlainScore,
        lambda number: PlainScore(1, Score(value=number)),
        CheckedScore,
        lambda number: Page[Score](items=[Score(value=number)]),
    ],
)
def test_nan_is_written_by_its_name(make, number):
    """NaN and the infinities are written as Python's json does, however deep in whatever they are."""
    name = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(number)]

    assert name in text(make(number)).replace("-Infinity", "-Infinity" if number < 0 else "")


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        Score(
            value=math.inf, maybe=-math.inf, by_name={"a": math.inf}, inner=Score(value=math.inf), several=[math.inf]
        ),
        Scores([math.inf]),
        PlainScore(math.inf),
        CheckedScore(math.inf),
        Page[Score](items=[Score(value=math.inf)]),
        Decimal("Infinity"),
    ],
)
def test_nan_is_read_back(value):
    """NaN and the infinities are read back, in models and out of them."""
    assert there_and_back(value) == value


def test_nan_is_read_back_as_decimal():
    """A Decimal may be NaN as well as a float."""

    class Price(BaseModel):
        amount: Decimal | None

    price = Price.model_construct(amount=Decimal("Infinity"))

    assert there_and_back(price) == price
    assert there_and_back([Decimal("NaN")], list[Decimal])[0].is_nan()


def test_nan_from_a_serializer_is_kept():
    """A computed field and the result of a serializer may be NaN too."""
    assert text(Mean(values=[])) == '{"values":[],"mean":NaN}'
    assert text(Rated(rate=1)) == '{"rate":Infinity}'
    assert text(Limited(limit=Limit.NONE)) == '{"limit":Infinity}'


def test_models_own_rule_for_nan_is_respected():
    """A model's own ser_json_inf_nan is respected."""

    class Text(BaseModel):
        model_config = ConfigDict(ser_json_inf_nan="strings")
        value: float
        none: None = None

    assert text(Text(value=math.nan)) == '{"value":"NaN","none":null}'


def test_none_is_still_null():
    """None is written as null, beside NaN and alone."""
    assert text(Score(value=math.nan)) == (
        '{"value":NaN,"anything":null,"maybe":null,"by_name":{},"inner":null,"several":[]}'
    )
    assert text([Score(value=1)]) == (
        '[{"value":1.0,"anything":null,"maybe":null,"by_name":{},"inner":null,"several":[]}]'
    )


# Subclasses


class Shape(BaseModel):
    name: str


class Circle(Shape):
    radius: float
    image: Base64Bytes = b"\xff"


class Drawing(BaseModel):
    shape: Shape | None = None
    shapes: list[Shape] = []
    by_name: dict[str, Shape] = {}
    sequence: typing.Sequence[Shape] = ()
    pair: tuple[Shape, ...] = ()
    either: Shape | PlainScore | None = None


@dataclass
class PlainDrawing:
    shape: Shape


@dataclass
class Dot:
    x: int


@dataclass
class BigDot(Dot):
    size: int


class Dots(BaseModel):
    dot: Dot


CIRCLE = Circle(name="c", radius=2)


@pytest.mark.parametrize(
    "value",
    [
        Drawing(shape=CIRCLE),
        Drawing(shapes=[CIRCLE]),
        Drawing(by_name={"a": CIRCLE}),
        Drawing(sequence=[CIRCLE]),
        Drawing(pair=(CIRCLE,)),
        Drawing(either=CIRCLE),
        PlainDrawing(CIRCLE),
        Page[Shape](items=[CIRCLE]),
        RootModel[Shape](CIRCLE),
        [CIRCLE],
    ],
)
def test_subclass_of_a_model_is_written_in_full(value):
    """A field's value is written by its own type, not by the field's."""
    assert '{"name":"c","radius":2.0,"image":"/w=="}' in text(value)


def test_subclass_of_a_dataclass_is_written_in_full():
    """A dataclass in a model's field is written by its own type, too."""
    assert text(Dots(dot=BigDot(1, 2))) == '{"dot":{"x":1,"size":2}}'


# What is refused


class Frame:
    """Like a DataFrame: iterating over it yields the names of its columns."""

    def __iter__(self) -> Iterator[str]:
        return iter(["a", "b"])


class Response:
    def __iter__(self) -> Iterator[bytes]:
        return iter([b"chunk"])

    def __len__(self) -> int:
        return 1


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    frame: Frame


@dataclass
class PlainHolder:
    frame: Any


@pytest.mark.parametrize(
    "value",
    [
        Frame(),
        Response(),
        [Frame()],
        {"a": Response()},
        Holder(frame=Frame()),
        PlainHolder(Frame()),
        csv.reader(["a,b"]),
        [csv.reader(["a,b"])],
    ],
)
def test_object_that_is_only_iterable_is_refused(value):
    """An object may be more than its items."""
    with pytest.raises(ConverterError, match="is iterable, but may be more than its items"):
        CONVERTER.to_payload(value)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (range(2), "[0,1]"),
        (deque([1]), "[1]"),
        (UserList([1]), "[1]"),
        (UserDict(a=1), '{"a":1}'),
        ({"a": 1}.keys(), '["a"]'),
        ({"a": 1}.values(), "[1]"),
        ({1}, "[1]"),
        ((each for each in [1, 2]), "[1,2]"),
        (map(str, [1]), '["1"]'),
        (zip([1], [2], strict=True), "[[1,2]]"),
    ],
)
def test_sequences_sets_and_mappings_are_written(value, written):
    """A collection is equal to the list or dict of its items."""
    assert text(value) == written


def test_mapping_with_a_key_twice_is_refused():
    """A mapping that JSON has no form of is not cut down to one that it has."""

    class Query(collections.abc.Mapping[str, int]):
        def __getitem__(self, key: str) -> int:
            return 1

        def __iter__(self) -> Iterator[str]:
            return iter(["a", "a"])

        def __len__(self) -> int:
            return 2

    with pytest.raises(ConverterError, match="has keys more than once"):
        CONVERTER.to_payload(Query())


class Login(BaseModel):
    name: str = "a"
    password: SecretStr | None = None
    token: SecretBytes | None = None
    pin: Secret[int] | None = None


class OpenLogin(BaseModel):
    password: SecretStr

    @field_serializer("password", when_used="json")
    def _password(self, password: SecretStr) -> str:
        return password.get_secret_value()


class OldLogin(v1.BaseModel):
    password: v1.SecretStr


@pytest.mark.parametrize(
    "value",
    [
        SecretStr("hunter2"),
        [SecretStr("hunter2")],
        {"a": SecretBytes(b"hunter2")},
        {SecretStr("hunter2"): 1},
        Login(password=SecretStr("hunter2")),
        Login(token=SecretBytes(b"hunter2")),
        Login(pin=Secret[int](7)),
        [Login(password=SecretStr("hunter2"))],
        PlainHolder(SecretStr("hunter2")),
        OldLogin(password="hunter2"),
    ],
)
def test_secret_is_refused(value):
    """Of a secret only stars would arrive, which is no secret's value."""
    with pytest.raises(ConverterError, match=r"get_secret_value\(\)") as caught:
        CONVERTER.to_payload(value)

    assert "hunter2" not in str(caught.value)


def test_secret_that_is_shown_on_purpose_is_written():
    """A serializer of the user's, and the secret's own value, say that it is to be sent; no secret is none."""
    assert there_and_back(OpenLogin(password=SecretStr("hunter2"))).password.get_secret_value() == "hunter2"
    assert there_and_back(Login(name="**********")) == Login(name="**********")
    assert there_and_back("**********") == "**********"
    assert there_and_back(Login(password=SecretStr(""))) == Login(password=SecretStr(""))


def nested(levels: int, make: Callable[[Any], Any], inmost: Any = 0) -> Any:
    value = inmost
    for _ in range(levels):
        value = make(value)
    return value


@pytest.mark.parametrize(
    "make", [lambda value: [value], lambda value: {"a": value}, lambda value: {"a": "[[", "b": value}, PlainHolder]
)
def test_value_with_too_many_levels_is_refused(make):
    """A value that could not be read back is not written."""
    deep = nested(200, make)
    CONVERTER.from_payload(CONVERTER.to_payload(deep))

    with pytest.raises(ConverterError, match="more than 200 levels"):
        CONVERTER.to_payload(nested(201, make))


def test_brackets_in_texts_are_no_levels():
    """Text may have as many brackets as it likes, and a list as many lists."""
    for value in (["[" * 1000], ["]{" * 1000, '"[' * 500, "\\[" * 500], [[{}] * 3] * 1000, "[" * 1000):
        assert there_and_back(value) == value


# Models of pydantic's version 1


class Old(v1.BaseModel):
    a: int
    b: str = v1.Field("x", alias="bee")
    when: date | None = None
    inner: Old | None = None


Old.update_forward_refs()


@dataclass
class HoldsOld:
    old: Old
    several: list[Old] = field(default_factory=list)


class DictOfOld(typing_extensions.TypedDict):
    old: Old


OLD = Old(a=1, bee="y", when=date(2026, 1, 2), inner=Old(a=2))  # type: ignore[call-arg]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (OLD, Old),
        ([OLD], list[Old]),
        ({"a": OLD}, dict[str, Old]),
        (OLD, Old | None),
        (OLD, int | Old),
        (HoldsOld(OLD, [OLD]), HoldsOld),
        ({"old": OLD}, DictOfOld),
    ],
)
def test_model_of_version_1_comes_back(value, hint):
    """A model of pydantic's version 1 is an object in JSON and is read as the model that it was."""
    assert there_and_back(value, hint) == value


def test_model_of_version_1_is_written_with_its_encoders():
    """It is written as its class says."""

    class Custom(v1.BaseModel):
        day: date

        class Config:
            json_encoders: typing.ClassVar[Any] = {date: lambda day: day.year}

    assert text([Custom(day=date(2026, 1, 2))]) == '[{"day":2026}]'
    assert text(v1.create_model("Number", x=(float, ...))(x=math.nan)) == '{"x":NaN}'


def test_invalid_model_of_version_1_is_refused():
    """The error has the fields' names, without values and unknown keys."""

    class Named(v1.BaseModel):
        number: int
        by_name: dict[str, int]

    with pytest.raises(ConverterError) as caught:
        CONVERTER.from_payload(json('{"number":"s3cret","by_name":{"s3cret":"x"}}'), Named)

    assert "Input should be a valid Named (number: type_error.integer, by_name: type_error.integer)" in str(
        caught.value
    )
    assert "s3cret" not in str(caught.value)


# Bytes


@dataclass
class Blob:
    data: Base64Bytes


@dataclass
class Blobs:
    blob: Blob | None
    more: list[Blob] = field(default_factory=list)


class DictBlob(typing_extensions.TypedDict):
    data: Base64Bytes
    note: typing_extensions.NotRequired[Base64Str]


class TupleBlob(NamedTuple):
    data: Base64Bytes


class ModelBlob(BaseModel):
    blob: Blob
    data: Base64Bytes


@pytest.mark.parametrize("data", [b"abcd", b"\xff\xfe\x00raw", b""])
@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (Blob, Blob),
        (lambda data: Blobs(Blob(data), [Blob(data)]), Blobs),
        (lambda data: ModelBlob.model_construct(blob=Blob(data), data=data), ModelBlob),
        (lambda data: data, Base64Bytes),
        (lambda data: data, Base64Bytes | None),
    ],
)
def test_base64_bytes_come_back(make, hint, data):
    """Base64Bytes are the same bytes again, where the value says that it has them."""
    assert there_and_back(make(data), hint) == make(data)


@pytest.mark.parametrize("data", [b"abcd", b"\xff\xfe\x00raw"])
@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (Blob, Blob),
        (lambda data: data, Base64Bytes),
        (lambda data: {"data": data}, DictBlob),
        (lambda data: {"data": data, "note": "abcd"}, DictBlob),
        (lambda data: [{"data": data}], list[DictBlob]),
        (lambda data: [data], list[Base64Bytes]),
        (lambda data: {"a": data}, dict[str, Base64Bytes]),
        (lambda data: [Blob(data)], list[Blob]),
        pytest.param(
            TupleBlob,
            TupleBlob,
            marks=pytest.mark.skipif(
                pydantic.VERSION.startswith("2.13."),
                reason="pydantic 2.13 ignores how a named tuple's fields are written",
            ),
        ),
        (lambda data: "abcd", Base64Str),
        (lambda data: None, Base64Bytes | None),
    ],
)
def test_base64_bytes_of_a_result_come_back(make, hint, data):
    """Where only the annotation of a result says it, it is heard."""

    def gives() -> None: ...

    gives.__annotations__["return"] = hint
    payload = Signature(gives).encode_result(make(data), CONVERTER)

    assert CONVERTER.from_payload(payload, hint) == make(data)


def test_annotation_of_a_result_removes_no_fields():
    """Fields that the annotation does not have are written too, and so are values of other types."""

    def gives() -> DictBlob: ...  # type: ignore[empty-body]

    signature = Signature(gives)

    assert signature.encode_result({"data": b"abcd", "more": [1]}, CONVERTER).data == b'{"data":"YWJjZA==","more":[1]}'
    assert signature.encode_result([1], CONVERTER).data == b"[1]"


def test_serializer_of_a_dataclass_field_is_used():
    """An annotation can define how its value is written, as well as how it is read."""

    @dataclass
    class Half:
        number: Annotated[int, BeforeValidator(lambda half: half * 2), PlainSerializer(lambda number: number // 2)]
        rest: Any = None

    assert text(Half(4, math.nan)) == '{"number":2,"rest":NaN}'
    assert there_and_back(Half(4), Half) == Half(4)


class Bytes(BaseModel):
    data: bytes
    several: list[bytes | None] = []


@dataclass
class PlainBytes:
    data: bytes
    either: str | bytes = ""


@pytest.mark.parametrize(
    ("data", "hint", "value"),
    [
        ('{"data":"ab"}', PlainBytes, PlainBytes(b"ab")),
        ('{"data":[97,255]}', PlainBytes, PlainBytes(b"a\xff")),
        ('{"data":[],"either":[97]}', PlainBytes, PlainBytes(b"", b"a")),
        ('{"data":[255],"several":[[1],null,"a"]}', Bytes, Bytes(data=b"\xff", several=[b"\x01", None, b"a"])),
        ("[255]", bytes, b"\xff"),
        ("[255]", bytearray, bytearray(b"\xff")),
        ('{"a":[255]}', dict[str, bytes], {"a": b"\xff"}),
        ("[1]", bytes | list[int], [1]),
    ],
)
def test_bytes_are_read_in_both_forms(data, hint, value):
    """Bytes inside of JSON are text, or a list of numbers, as temporalio writes them."""
    assert CONVERTER.from_payload(json(data), hint) == value


def test_bytes_that_temporalio_wrote_are_read():
    """A dataclass with bytes, as temporalio's default converter writes it."""
    theirs = temporalio.converter.default().payload_converter.to_payload(PlainBytes(b"a\xff"))

    assert CONVERTER.from_payload(json(theirs.data), PlainBytes) == PlainBytes(b"a\xff")


@pytest.mark.parametrize("data", ['{"data":[256]}', '{"data":[-1]}', '{"data":["1"]}', '{"data":[1.5]}', '{"data":1}'])
def test_numbers_that_are_no_bytes_are_refused(data):
    """A list of other values is not read as bytes."""
    with pytest.raises(ConverterError, match="expected PlainBytes: data: Input should be a valid bytes"):
        CONVERTER.from_payload(json(data), PlainBytes)


# Fields that __init__ does not take


@dataclass
class Late:
    a: int
    total: int = field(init=False, default=5)
    days: set[date] = field(init=False, default_factory=set)


@dataclass
class Computed:
    a: int
    double: int = field(init=False)
    scale: InitVar[int] = 2

    def __post_init__(self, scale: int) -> None:
        self.double = self.a * scale


@dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    total: int = field(init=False, default=5)


@dataclass
class Tree:
    name: str
    children: list[Tree] = field(init=False, default_factory=list)


@pydantic.dataclasses.dataclass
class CheckedLate:
    a: int
    total: int = field(init=False, default=5)


class ModelOfLate(BaseModel):
    late: Late
    more: list[CheckedLate] = []


def late(cls: Any, **values: Any) -> Any:
    made = cls(1)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return made


TREE = Tree("a")
TREE.children = [Tree("b"), Tree("c")]
TREE.children[0].children = [Tree("d")]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (late(Late, total=9, days={date(2026, 1, 2)}), Late),
        (late(Computed, double=7), Computed),
        (late(Frozen, total=9), Frozen),
        (late(CheckedLate, total=9), CheckedLate),
        (TREE, Tree),
        ([late(Late, total=9)], list[Late]),
        (PlainHolder(1), PlainHolder),
        (ModelOfLate(late=late(Late, total=9), more=[late(CheckedLate, total=8)]), ModelOfLate),
    ],
)
def test_field_that_init_does_not_take_comes_back(value, hint):
    """What an object had in such a field it has again, whatever the field's default and __post_init__ say."""
    assert there_and_back(value, hint) == value


def test_field_that_init_does_not_take_may_be_missing():
    """What was not sent is what the class makes of it, and what was must be right."""
    assert CONVERTER.from_payload(json('{"a":3}'), Computed) == Computed(3)
    with pytest.raises(ConverterError, match="Input should be a valid integer"):
        CONVERTER.from_payload(json('{"a":3,"double":"x"}'), Computed)


def test_dataclass_with_a_field_that_init_does_not_take_is_read_from_an_object_only():
    """Any other JSON is refused as it is for dataclasses without such fields."""
    with pytest.raises(ConverterError, match="Input should be an object"):
        CONVERTER.from_payload(json("[1]"), Late)


# TypedDict


class Settings(typing.TypedDict, total=False):
    depth: int
    name: typing.Required[str]


class Order(typing.TypedDict):
    id: int
    settings: typing.NotRequired[Settings]


class BigOrder(Order):
    size: int


@dataclass
class Orders:
    first: Order
    rest: list[BigOrder] = field(default_factory=list)


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ({"id": 1}, Order),
        ({"id": 1, "settings": {"name": "a"}}, Order),
        ({"id": 1, "size": 2}, BigOrder),
        ([{"id": 1}], list[Order]),
        (Orders({"id": 1}, [{"id": 1, "size": 2}]), Orders),
    ],
)
def test_typed_dict_comes_back(value, hint):
    """Typing's TypedDict is read on every Python, as typing_extensions' is."""
    assert there_and_back(value, hint) == value


@pytest.mark.parametrize(("data", "hint"), [("{}", Order), ('{"id":1}', BigOrder), ('{"id":1,"settings":{}}', Order)])
def test_invalid_typed_dict_is_refused(data, hint):
    """What a TypedDict requires has to be there."""
    with pytest.raises(ConverterError, match="Field required"):
        CONVERTER.from_payload(json(data), hint)


# Lone surrogates


class Note(BaseModel):
    text: str
    by_name: dict[str, str] = {}
    short: Annotated[str, Field(max_length=2)] = ""


class StrictNote(BaseModel):
    model_config = ConfigDict(strict=True)
    text: str


@dataclass
class PlainNote:
    text: str
    day: date = date(2026, 1, 2)


@pytest.mark.parametrize("lone", ["\ud83d", "a\udcffb", "\udc00\ud800", "😀\ud83d\U000f0800"])
@pytest.mark.parametrize(
    ("make", "hint"),
    [
        (lambda lone: lone, str),
        (lambda lone: lone, Any),
        (lambda lone: [lone, 1], list),
        (lambda lone: {lone: lone}, dict[str, str]),
        (lambda lone: {"a": [lone, None]}, Any),
        (PlainNote, PlainNote),
        (lambda lone: Note(text="").model_copy(update={"text": lone}), Note),
        (lambda lone: [Note(text="").model_copy(update={"text": lone})], list[Note]),
        (lambda lone: StrictNote(text="").model_copy(update={"text": lone}), StrictNote),
        (lambda lone: Old(a=1, bee=lone), Old),
        (lambda lone: lone, str | None),
        (PurePosixPath, PurePosixPath),
    ],
)
def test_lone_surrogate_comes_back(make, hint, lone):
    """Text that UTF-8 has no form of, such as a name of a file, is written as JSON's escapes and read again."""
    value = make(lone) if not isinstance(make(lone), PurePosixPath) else str(make(lone))

    assert there_and_back(value, hint) == make(lone)


def test_lone_surrogate_is_checked_like_other_text():
    """It is one character, whatever is said of the text."""
    assert CONVERTER.from_payload(json('{"text":"","short":"\\ud83da"}'), Note).short == "\ud83da"
    with pytest.raises(ConverterError, match="short: String should have at most 2 characters"):
        CONVERTER.from_payload(json('{"text":"","short":"\\ud83dab"}'), Note)
    with pytest.raises(ConverterError, match="expected int: Input should be a valid string"):
        CONVERTER.from_payload(json('"\\ud83d"'), int)


def test_lone_surrogate_beside_the_characters_that_stand_for_one_is_refused():
    """The text could not be told from another, so that reading it would change it."""
    with pytest.raises(ConverterError, match="lone surrogates beside characters of a private plane"):
        there_and_back("\ud800 and \U000f0000")


def test_lone_surrogate_in_a_key_of_a_model_is_refused():
    """What pydantic would change there is not written."""
    note = Note(text="").model_copy(update={"by_name": {"\ud83d": "a"}})

    with pytest.raises(ConverterError, match="lone surrogate"):
        CONVERTER.to_payload(note)


def test_lone_surrogate_that_temporalio_wrote_is_read():
    """As temporalio and TypeScript write it."""
    theirs = temporalio.converter.default().payload_converter.to_payload({"a": "\ud83d"})

    assert CONVERTER.from_payload(json(theirs.data)) == {"a": "\ud83d"}


# Computed fields


class Area(BaseModel):
    model_config = ConfigDict(extra="forbid")
    width: int

    @computed_field
    def double(self) -> int:
        return self.width * 2


class Areas(BaseModel):
    model_config = ConfigDict(extra="forbid")
    areas: list[Area]


@pytest.mark.parametrize("value", [Area(width=2), Areas(areas=[Area(width=2)])])
def test_computed_field_is_no_extra_one(value):
    """A model that forbids what it does not know takes what it computes itself."""
    assert there_and_back(value) == value


def test_extra_field_is_still_forbidden():
    """Anything else it refuses."""
    with pytest.raises(ConverterError, match="Extra inputs are not permitted"):
        CONVERTER.from_payload(json('{"width":1,"double":2,"more":3}'), Area)


# Iterables


class Batch(BaseModel):
    cards: Iterable[int]


@dataclass
class PlainBatch:
    cards: Iterable[int]
    more: list[Iterable[str]] = field(default_factory=list)


class DictBatch(typing_extensions.TypedDict):
    cards: Generator[int, None, None]


class OuterBatch(BaseModel):
    batch: Batch
    both: Batch | None = None
    plain: PlainBatch | None = None


@pytest.mark.parametrize(
    ("hint", "data", "read"),
    [
        (Iterable[int], "[1,2]", lambda value: value),
        (typing.Iterable[int], "[1,2]", lambda value: value),
        (Iterator[int], "[1,2]", lambda value: value),
        (typing.Iterator[int], "[1,2]", lambda value: value),
        (Generator[int, None, None], "[1,2]", lambda value: value),
        (typing.Iterable, "[1,2]", lambda value: value),
        (Iterable[int] | None, "[1,2]", lambda value: value),
        (Iterator[int] | None, "[1,2]", lambda value: value),
        (collections.abc.Collection[int], "[1,2]", lambda value: value),
        (list[Iterator[int]], "[[1,2]]", lambda value: value[0]),
        (list[Iterable[int]], "[[1,2]]", lambda value: value[0]),
        (dict[str, Iterable[int]], '{"a":[1,2]}', lambda value: value["a"]),
        (Annotated[Iterable[int], Field(max_length=2)], "[1,2]", lambda value: value),
        (Batch, '{"cards":[1,2]}', lambda value: value.cards),
        (OuterBatch, '{"batch":{"cards":[1,2]}}', lambda value: value.batch.cards),
        (list[OuterBatch], '[{"batch":{"cards":[1,2]}}]', lambda value: value[0].batch.cards),
        (PlainBatch, '{"cards":[1,2]}', lambda value: value.cards),
        (OuterBatch, '{"batch":{"cards":[]},"plain":{"cards":[1,2]}}', lambda value: value.plain.cards),
        (DictBatch, '{"cards":[1,2]}', lambda value: value["cards"]),
    ],
)
def test_iterable_is_read_before_it_is_used(hint, data, read):
    """What is to be iterated over is checked when it is read, and can be read twice."""
    values = read(CONVERTER.from_payload(json(data), hint))

    assert (list(values), list(values), len(values)) == ([1, 2], [1, 2], 2)


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        (Iterable[int], '["s3cret"]'),
        (Iterator[int], '["s3cret"]'),
        (Batch, '{"cards":["s3cret"]}'),
        (OuterBatch, '{"batch":{"cards":["s3cret"]}}'),
        (PlainBatch, '{"cards":["s3cret"]}'),
        (PlainBatch, '{"cards":[],"more":[["a"],[["s3cret"]]]}'),
        (DictBatch, '{"cards":["s3cret"]}'),
    ],
)
def test_bad_element_of_an_iterable_is_refused_when_it_is_read(hint, data):
    """A bad element is found before the activity runs, and not repeated."""
    with pytest.raises(ConverterError, match="0: Input should be a valid") as caught:
        CONVERTER.from_payload(json(data), hint)

    assert "s3cret" not in str(caught.value)


def test_iterable_can_be_written_twice():
    """A model with an iterable that was read is written, and again."""
    batch = CONVERTER.from_payload(json('{"cards":[1,2]}'), Batch)

    assert (text(batch), text(batch)) == ('{"cards":[1,2]}', '{"cards":[1,2]}')


def test_iterator_that_would_have_to_be_read_twice_is_refused():
    """Where a number that is none makes it necessary to write again, what has been used up is not left out."""

    class Stream(BaseModel):
        value: float
        cards: Iterable[int]

    with pytest.raises(ConverterError, match="can be read once only"):
        CONVERTER.to_payload(Stream.model_construct(value=math.nan, cards=iter([1])))


# The table


def test_model_with_its_own_serializer_is_written_by_it():
    """Neither a number that is none nor a lone surrogate changes who writes a model."""

    class Own(BaseModel):
        value: float

        @model_serializer
        def _write(self) -> dict[str, Any]:
            return {"own": self.value, "nothing": None}

    assert text(Own(value=math.nan)) == '{"own":NaN,"nothing":null}'


def test_json_converter_works_without_the_others():
    """The rules are those of the encoding, wherever it is used."""
    assert JSONPlainPayloadConverter().to_payload(Score(value=math.nan, anything=1)).data.startswith(b'{"value":NaN')


class Color(Enum):
    RED = "red"


class Model(BaseModel):
    x: float


class OldModel(v1.BaseModel):
    x: float


@dataclass
class Record:
    x: int
    late: int = field(init=False, default=5)


class Pair(NamedTuple):
    a: int
    b: str


class Dict(typing.TypedDict):
    x: int


def deep(levels: int) -> Any:
    return nested(levels - 1, lambda value: [value], [])


#: What the table says that these tests do not.
NAMES = {"UTC": UTC, "datetime": datetime, "timedelta": timedelta, "UUID": UUID}
PAGE = Path(__file__).parents[2] / "docs" / "converters.md"
ROW = re.compile(r"^\| `(.+?)`(?:, [^|]*)? \| `(.+?)`(?:, [^|]*)? \| (?:`(.+)`|refused: .*) \|$")


def rows_of_types() -> Iterator[Any]:
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("| value | read as | written as |") :].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        row = ROW.match(line)
        assert row is not None, line
        yield pytest.param(*row.groups(), id=f"{row[1]} as {row[2]}")


@pytest.mark.parametrize(("value", "hint", "written"), list(rows_of_types()))
def test_table_of_types_in_the_docs_is_true(value, hint, written):
    """The table on the page about converters is true."""
    value, hint = eval(value, globals() | NAMES), eval(hint, globals() | NAMES)

    def gives() -> Any: ...

    gives.__annotations__["return"] = hint
    signature = Signature(gives)
    if written is None:
        with pytest.raises(ConverterError):
            signature.encode_result(value, CONVERTER)
        return
    payload = signature.encode_result(value, CONVERTER)

    assert payload.data.decode() == written
    back = CONVERTER.from_payload(payload, hint)
    assert (list(back) if isinstance(value, range) else back) == (list(value) if isinstance(value, range) else value)


# Types with a schema of their own


class Celsius:
    """Read by a chain of validators, the first of which is its own, as those of pydantic's version 1 are."""

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        own = core_schema.no_info_plain_validator_function(cls.read)
        return core_schema.chain_schema(
            [own, core_schema.any_schema()],
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: {"celsius": value.degrees}),
        )

    @classmethod
    def read(cls, value: Any) -> Celsius:
        return cls(value["celsius"])


class WithoutSchema:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        raise RuntimeError("the registry of units is not loaded")


class ReadOnly:
    """Says how it is read, and not how it is written."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()


@dataclass
class OfUnknownTypes:
    name: NoSuchName  # type: ignore[name-defined]  # noqa: F821
    size: float = 0.0


def test_type_with_a_chain_of_validators_comes_back():
    """Its first validator is the type's own, and not taken for that of a model of pydantic's version 1."""
    assert there_and_back(Celsius(20.5)).degrees == 20.5


@pytest.mark.parametrize("place", [lambda value: value, lambda value: {"at": value}], ids=["alone", "inside"])
def test_number_that_json_has_not_is_kept_inside_a_type_with_its_own_serializer(place):
    """NaN is written by its name wherever it comes from."""
    assert '{"celsius":NaN}' in text(place(Celsius(math.nan)))


@pytest.mark.parametrize("value", [WithoutSchema(), ReadOnly()], ids=lambda value: type(value).__name__)
def test_type_whose_schema_does_not_say_how_it_is_written_is_refused(value):
    """Whatever its schema does, the error names the type."""
    with pytest.raises(ConverterError, match=f"pydantic does not know the type {type(value).__name__}"):
        text(value)


def test_dataclass_whose_annotations_cannot_be_resolved_is_written_by_its_values():
    """An import that only type checkers make does not keep an object from being written, NaN included."""
    assert text(OfUnknownTypes("a", math.nan)) == '{"name":"a","size":NaN}'


def test_user_string_is_written_as_the_text_it_holds():
    """It is a sequence, and not a list of letters."""
    assert text({"name": UserString("order"), "parts": [UserString("a")]}) == '{"name":"order","parts":["a"]}'


def test_annotation_that_cannot_be_hashed_changes_nothing():
    """What a library keeps in an annotation, such as a list, is not asked how bytes are written."""

    def activity() -> Annotated[bytes, ["any", "metadata"]]: ...

    assert Signature(activity).encode_result(b"raw", CONVERTER).data == b"raw"
