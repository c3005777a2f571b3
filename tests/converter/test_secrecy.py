"""Nothing of a payload or a value is in an error, and so in no failure and no log: a codec may be there to hide it."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import descriptor_pb2
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    ImportString,
    Tag,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from asyncworker.converter import (
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    Payload,
    RawValue,
    Signature,
)
from asyncworker.exceptions import ConverterError

CONVERTER = DefaultPayloadConverter()
T = TypeVar("T")
SECRET = "alice@example.com"


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int = 0


class ClosedDict(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    number: int


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]


class Home(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


def tag_of(value: Any) -> str:
    return str(value["kind"])


Tagged = Annotated[Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(tag_of)]


class Inner(BaseModel):
    by_name: dict[str, list[int]]


class Outer(BaseModel):
    inner: Inner | None = None
    many: dict[str, Inner] = {}


class Quoting(BaseModel):
    value: str
    other: str = ""

    @field_validator("value")
    @classmethod
    def _check(cls, value: str) -> str:
        raise ValueError(f"{value!r} is not one of ours")

    @model_validator(mode="after")
    def _all(self) -> Quoting:
        raise AssertionError(f"not {self.other}")


class QuotingAll(BaseModel):
    value: str

    @model_validator(mode="after")
    def _all(self) -> QuotingAll:
        raise PydanticCustomError("mine", "no {what} here", {"what": self.value.upper()})


@dataclass
class Plain:
    by_name: dict[str, int]


def looked_up(value: Any) -> Any:
    return {}[value]


def looked_up_in_vain(value: Any) -> Any:
    try:
        return {}[value]
    except KeyError as error:
        raise RuntimeError("not found") from error


def as_numbers(value: Any) -> Any:
    return {41111111: value}


class ByNumber(BaseModel):
    by_number: Annotated[dict[int, int], BeforeValidator(as_numbers)]


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        # Keys
        (dict[str, int], {SECRET: "x"}),
        (dict[int, str], {SECRET: "x"}),
        (dict[str, dict[str, int]], {"a": {SECRET: "x"}}),
        (list[dict[str, int]], [{SECRET: "x"}]),
        (Plain, {"by_name": {SECRET: "x"}}),
        (Outer, {"inner": {"by_name": {SECRET: ["x"]}}}),
        (Outer, {"many": {SECRET: {"by_name": {SECRET: 1}}}}),
        (int | dict[str, int], {SECRET: "x"}),
        (Iterable[dict[str, int]], [{SECRET: "x"}]),
        # Extra fields
        (Closed, {SECRET: 1}),
        (ClosedDict, {"number": 1, SECRET: 1}),
        (list[Closed], [{SECRET: 1}]),
        # Tags
        (Home, {"pet": {"kind": SECRET}}),
        (Tagged, {"kind": SECRET}),
        (list[Tagged], [{"kind": SECRET}]),
        # Values
        (int, SECRET),
        (UUID, SECRET),
        (IPv4Address, SECRET),
        (Literal["a"], SECRET),
        (ZoneInfo, SECRET),
        (ByteSize, "7" + SECRET),
        (ImportString, SECRET),
        (Annotated[str, Field(pattern="^a$")], SECRET),
        (bytes, [SECRET]),
        # What other people's code says
        (Annotated[Any, BeforeValidator(int)], SECRET),
        (Annotated[str, AfterValidator(looked_up)], SECRET),
        (Annotated[str, AfterValidator(looked_up_in_vain)], SECRET),
        (Quoting, {"value": SECRET}),
        (Quoting, {"value": SECRET, "other": SECRET}),
        (QuotingAll, {"value": SECRET}),
        (descriptor_pb2.FieldDescriptorProto, {SECRET: 1}),
    ],
)
def test_nothing_of_a_payload_is_in_its_error(hint, value):
    """Neither values nor keys, nor what user code makes of them, are in the message about a bad argument."""

    def activity(argument: Any) -> None: ...

    activity.__annotations__["argument"] = hint
    payload = CONVERTER.to_payload(value)
    if hint is descriptor_pb2.FieldDescriptorProto:
        payload = Payload(metadata={"encoding": b"json/protobuf"}, data=payload.data)
    with pytest.raises(ConverterError) as caught:
        Signature(activity).decode_arguments([payload], CONVERTER)
    with pytest.raises(ConverterError) as direct:
        CONVERTER.from_payload(payload, hint)

    for error in (caught.value, direct.value):
        chain = "".join(f"{each}{each!r}" for each in chain_of(error))
        assert SECRET not in chain
        assert SECRET.upper() not in chain
        assert "example" not in chain


def chain_of(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


@pytest.mark.parametrize(
    ("hint", "value", "said"),
    [
        (dict[str, int], {SECRET: "x"}, "…: Input should be a valid integer"),
        (Outer, {"inner": {"by_name": {SECRET: [1, "x"]}}}, "inner.by_name.….1: Input should be a valid integer"),
        (Closed, {SECRET: 1}, "…: Extra inputs are not permitted"),
        (Home, {"pet": {"kind": "cat", "lives": "x"}}, "pet.cat.lives: Input should be a valid integer"),
        (Home, {"pet": {"kind": SECRET}}, "pet: Input should have at 'kind' one of the tags: 'cat', 'dog' (got dict)"),
        (int | list[int], ["x"], "list[int].0: Input should be a valid integer"),
        (UUID, "x", "expected UUID: Input should be a valid UUID (got str)"),
        (Quoting, {"value": SECRET}, "value: Value error, '…' is not one of ours"),
        (ByNumber, {"by_number": "x"}, "by_number.…: Input should be a valid integer"),
        (Annotated[int, AfterValidator(looked_up)], 12345, "KeyError: …"),
    ],
)
def test_error_of_a_payload_still_has_the_reason(hint, value, said):
    """Places that the type knows, and what people have written for other people, are in the message."""
    with pytest.raises(ConverterError) as caught:
        CONVERTER.from_payload(CONVERTER.to_payload(value), hint)

    assert said in str(caught.value)


def test_names_of_the_type_are_shown():
    """A field that is called as a key is stays in the message, as does the words of a validator that are its own."""

    class Order(BaseModel):
        number: int
        alias: int = Field(default=0, validation_alias="an-alias")

        @field_validator("number")
        @classmethod
        def _check(cls, number: int) -> int:
            raise ValueError("number must be even, and it is not")

    with pytest.raises(ConverterError) as caught:
        CONVERTER.from_payload(CONVERTER.to_payload({"number": 3, "an-alias": "even more"}), Order)

    assert "number: Value error, number must be even, and it is not" in str(caught.value)
    assert "an-alias: Input should be a valid integer" in str(caught.value)


class Writing(BaseModel):
    value: str

    @field_serializer("value")
    def _write(self, value: str) -> str:
        raise LookupError(f"no {value}")


@pytest.mark.parametrize("value", [Writing(value=SECRET), [Writing(value=SECRET)], {SECRET: object(), "a": [SECRET]}])
def test_nothing_of_a_result_is_in_its_error(value):
    """What cannot be written is not repeated either."""
    with pytest.raises(ConverterError) as caught:
        CONVERTER.to_payload(value)

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_nothing_of_a_value_is_in_the_error_of_a_converter():
    """What a converter of the user's says of a value is passed on without it."""

    class Fussy(EncodingPayloadConverter):
        encoding = "text/fussy"

        def to_payload(self, value: Any) -> Payload | None:
            raise LookupError(f"cannot write {value}")

        def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
            raise LookupError(f"cannot read {payload.data.decode()}")

    own = CompositePayloadConverter(Fussy())
    with pytest.raises(ConverterError, match="LookupError: cannot write …") as caught:
        own.to_payload(SECRET)
    with pytest.raises(ConverterError, match="LookupError: cannot read …") as read:
        own.from_payload(Payload(metadata={"encoding": b"text/fussy"}, data=SECRET.encode()))

    for error in (caught.value, read.value):
        assert SECRET not in "".join(map(str, chain_of(error)))


def test_repr_of_a_raw_value_hides_its_data():
    """A payload that a codec has decrypted is in a log as what it is, and not with what is in it."""
    raw = RawValue(CONVERTER.to_payload(SECRET))

    assert repr(raw) == "RawValue(<json/plain, 19 bytes>)"
    assert repr(RawValue(Payload())) == "RawValue(<no encoding, 0 bytes>)"
