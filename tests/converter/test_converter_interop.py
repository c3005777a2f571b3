"""The same wire as temporalio's: its own converters read what ours write, and ours what those write."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, Literal, NamedTuple
from uuid import UUID

import pydantic
import pytest
import temporalio.converter
import temporalio.exceptions as theirs
from google.protobuf import struct_pb2
from pydantic import BaseModel
from temporalio.api.common.v1 import Payload as TheirPayload
from temporalio.api.failure.v1 import Failure as TheirFailure
from temporalio.contrib.pydantic import pydantic_data_converter

from asyncworker import _wire, exceptions as ours
from asyncworker.common import RawValue
from asyncworker.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    Failure,
    Payload,
    PayloadCodec,
    Signature,
)

OURS = DataConverter.default
DEFAULT = temporalio.converter.default()
PYDANTIC = pydantic_data_converter


class Color(Enum):
    RED = "red"


class Size(StrEnum):
    SMALL = "s"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Point:
    x: int
    at: list[float]
    inner: Point | None = None


class Pair(NamedTuple):
    a: int
    b: str


class Order(BaseModel):
    id: UUID
    placed: datetime
    price: Decimal
    points: dict[str, Point] = {}
    color: Color = Color.RED


STRUCT = struct_pb2.Struct()
STRUCT.update({"a": [1, "b", None]})

#: Values that every converter takes, with their types.
PLAIN: list[tuple[Any, Any]] = [
    (None, type(None)),
    (b"\x00\xff", bytes),
    ("é\u2028😀", str),
    ("", str),
    (True, bool),
    (2**62, int),
    (0.1, float),
    ([1, 2], list[int]),
    ({"a": {"b": [None, 1.5]}}, dict[str, dict[str, list[float | None]]]),
    (Point(1, [0.5], Point(2, [])), Point),
    ([Point(1, [])], list[Point]),
    (Level.HIGH, Level),
    (Size.SMALL, Size),
    (UUID(int=7), UUID),
    (datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=UTC), datetime),
    (datetime(2026, 1, 2, 3, 4, 5), datetime),  # noqa: DTZ001
    ({1, 2}, set[int]),
    ((1, "a"), tuple[int, str]),
    *([] if pydantic.VERSION.startswith("2.13.") else [(deque([1]), deque[int])]),
    ("on", Literal["on", "off"]),
    (STRUCT, struct_pb2.Struct),
    ({1: "a"}, dict[int, str]),
]
#: Values that only pydantic takes.
RICH: list[tuple[Any, Any]] = [
    (
        Order(
            id=UUID(int=7), placed=datetime(2026, 1, 2, tzinfo=UTC), price=Decimal("1.10"), points={"a": Point(1, [])}
        ),
        Order,
    ),
    (Decimal("1.10"), Decimal),
    (timedelta(days=1, seconds=1), timedelta),
    (date(2026, 1, 2), date),
    (Color.RED, Color),
    (frozenset({1}), frozenset[int]),
    (Pair(1, "b"), Pair),
]
CASES = [(DEFAULT, value, hint) for value, hint in PLAIN] + [(PYDANTIC, value, hint) for value, hint in PLAIN + RICH]


def to_theirs(payload: Payload) -> TheirPayload:
    return TheirPayload.FromString(_wire.encode(payload))


def to_ours(payload: TheirPayload) -> Payload:
    return _wire.decode(Payload, payload.SerializeToString())


@pytest.mark.parametrize(("converter", "value", "hint"), CASES)
def test_temporalio_reads_our_values(converter, value, hint):
    """What we write, temporalio's converters read as the same value."""
    payload = to_theirs(OURS.encode_nowait([value])[0])

    assert converter.payload_converter.from_payload(payload, hint) == value


@pytest.mark.parametrize(("converter", "value", "hint"), CASES)
def test_we_read_values_of_temporalio(converter, value, hint):
    """What temporalio's converters write, we read as the same value."""
    payload = to_ours(converter.payload_converter.to_payload(value))

    assert OURS.decode_nowait([payload], [hint]) == [value]


@pytest.mark.parametrize("value", [None, b"x", "e", [1, {"a": None}], STRUCT])
def test_our_payloads_equal_those_of_temporalio(value):
    """For values that are written in one way only, the payloads are equal to the byte."""
    payload = OURS.encode_nowait([value])[0]

    assert payload == to_ours(DEFAULT.payload_converter.to_payload(value))


def test_raw_values_are_those_of_temporalio():
    """A raw value is the same payload on both sides."""
    payload = OURS.encode_nowait(["a"])[0]
    raw = temporalio.converter.default().payload_converter.from_payload(to_theirs(payload), temporalio.common.RawValue)

    assert OURS.decode_nowait([to_ours(raw.payload)], [RawValue]) == [RawValue(payload)]


def test_arguments_of_temporalio_are_read():
    """Arguments that a temporalio client sends arrive as an activity's types."""

    def activity(order: Order, point: Point, note: str | None = None) -> None: ...

    order = RICH[0][0]
    payloads = [to_ours(each) for each in PYDANTIC.payload_converter.to_payloads([order, Point(1, [2.0])])]

    assert Signature(activity).decode_arguments(payloads, OURS.payload_converter) == [order, Point(1, [2.0])]


# Failures


def read_by_them(error: BaseException, converter: DataConverter = OURS) -> BaseException:
    failure = TheirFailure.FromString(_wire.encode(converter.encode_failure_nowait(error)))
    return DEFAULT.failure_converter.from_failure(failure, DEFAULT.payload_converter)


def written_by_them(error: BaseException, converter: Any = DEFAULT) -> Failure:
    failure = TheirFailure()
    converter.failure_converter.to_failure(error, converter.payload_converter, failure)
    return _wire.decode(Failure, failure.SerializeToString())


def fields(error: BaseException) -> dict[str, Any]:
    """Show the public state of an error, in the same words for both families."""
    names = (
        *("message", "type", "details", "non_retryable", "next_retry_delay", "category", "last_heartbeat_details"),
        *("scheduled_event_id", "started_event_id", "identity", "activity_type", "activity_id", "retry_state"),
    )
    found = {name: getattr(error, name) for name in names if hasattr(error, name)}
    return {name: list(each) if isinstance(each, tuple | list) else each for name, each in found.items()}


def pair(kind: str, *args: Any, **kwargs: Any) -> Any:
    """Make the same error in both families."""
    ids = f"{kind}-{len(args)}-{len(kwargs)}"
    return pytest.param(getattr(ours, kind)(*args, **kwargs), getattr(theirs, kind)(*args, **kwargs), id=ids)


PAIRS = [
    pair("ApplicationError", "m"),
    pair(
        *("ApplicationError", "m", 1, {"a": 2}),
        type="T",
        non_retryable=True,
        next_retry_delay=timedelta(seconds=1.5),
    ),
    pair("CancelledError", "m", "why"),
    pair("TerminatedError", "m"),
    pair("ServerError", "m", non_retryable=True),
]
SAME = [
    *PAIRS,
    pytest.param(
        ours.TimeoutError("m", type=ours.TimeoutType.HEARTBEAT, last_heartbeat_details=[1]),
        theirs.TimeoutError("m", type=theirs.TimeoutType.HEARTBEAT, last_heartbeat_details=[1]),
        id="TimeoutError",
    ),
    pytest.param(
        *(
            family.ActivityError(
                "m",
                scheduled_event_id=1,
                started_event_id=2,
                identity="i",
                activity_type="t",
                activity_id="a",
                retry_state=family.RetryState.TIMEOUT,
            )
            for family in (ours, theirs)
        ),
        id="ActivityError",
    ),
    pytest.param(
        *(family.ApplicationError("m", category=family.ApplicationErrorCategory.BENIGN) for family in (ours, theirs)),
        id="benign",
    ),
]


@pytest.mark.parametrize(("mine", "other"), SAME)
class TestErrors:
    def test_temporalio_reads_our_failures(self, mine, other):
        """Our errors are temporalio's of the same name there."""
        read = read_by_them(mine)

        assert type(read) is type(other)
        assert fields(read) == fields(other)

    def test_we_read_failures_of_temporalio(self, mine, other):
        """Temporalio's errors are ours of the same name here."""
        read = OURS.decode_failure_nowait(written_by_them(other))

        assert type(read) is type(mine)
        assert fields(read) == fields(mine)

    def test_our_failures_equal_those_of_temporalio(self, mine, other):
        """Both families write the same failure, but for where it says it comes from."""
        failure = OURS.encode_failure_nowait(mine)
        failure.source = ""

        assert failure == written_by_them(other)


def test_temporalio_reads_our_causes_and_stack_traces():
    """A chain of causes and the stack traces arrive there."""

    def fail():
        try:
            raise KeyError("k")
        except KeyError as error:
            raise ours.ApplicationError("outer", type="T") from error

    with pytest.raises(ours.ApplicationError) as caught:
        fail()
    read = read_by_them(caught.value)

    assert (read.type, read.cause.type, read.cause.message) == ("T", "KeyError", "'k'")
    assert "in fail" in read.failure.stack_trace


def test_temporalio_reads_our_exception_groups():
    """A group of exceptions is an application error there, with all that it holds in its details."""
    read = read_by_them(ExceptionGroup("g", [ValueError("a"), KeyError("b")]))

    assert (read.type, read.cause.type) == ("ExceptionGroup", "ValueError")
    assert [each["message"] for each in read.details] == ["a", "'b'"]


def test_failures_of_workflows_are_read():
    """Failures of workflows and Nexus operations that temporalio writes are read as failure errors."""
    child = theirs.ChildWorkflowError(
        "m",
        namespace="n",
        workflow_id="w",
        run_id="r",
        workflow_type="t",
        initiated_event_id=1,
        started_event_id=2,
        retry_state=None,
    )
    child.__cause__ = theirs.ApplicationError("inner")
    read = OURS.decode_failure_nowait(written_by_them(child))

    assert (type(read), read.message, read.cause.message) == (ours.FailureError, "m", "inner")
    assert read.failure.child_workflow_execution_failure_info.workflow_execution.workflow_id == "w"


class TestEncodedAttributes:
    def test_temporalio_reads_our_encoded_attributes(self):
        """Messages and stack traces that we hide in encoded attributes are found there."""
        hiding = DataConverter(failure_converter=DefaultFailureConverterWithEncodedAttributes())
        outer = ValueError("outer")
        outer.__cause__ = KeyError("inner")
        read = read_by_them(outer, hiding)

        assert (read.message, read.cause.message) == ("outer", "'inner'")

    def test_we_read_encoded_attributes_of_temporalio(self):
        """Messages and stack traces that temporalio hides in encoded attributes are found here."""
        hiding = temporalio.converter.DataConverter(
            failure_converter_class=temporalio.converter.DefaultFailureConverterWithEncodedAttributes
        )
        outer = theirs.ApplicationError("outer", 1)
        outer.__cause__ = KeyError("inner")
        failure = written_by_them(outer, hiding)
        read = OURS.decode_failure_nowait(failure)

        assert (failure.message, failure.cause.message) == ("Encoded failure", "Encoded failure")
        assert (read.message, read.details, read.cause.message) == ("outer", (1,), "'inner'")


KEY = 0x5A


class OurXor(PayloadCodec):
    async def encode(self, payloads):
        return [Payload(metadata={"encoding": b"xor"}, data=xor(_wire.encode(each))) for each in payloads]

    async def decode(self, payloads):
        return [_wire.decode(Payload, xor(each.data)) for each in payloads]


class TheirXor(temporalio.converter.PayloadCodec):
    async def encode(self, payloads):
        return [TheirPayload(metadata={"encoding": b"xor"}, data=xor(each.SerializeToString())) for each in payloads]

    async def decode(self, payloads):
        return [TheirPayload.FromString(xor(each.data)) for each in payloads]


def xor(data: bytes) -> bytes:
    return bytes(byte ^ KEY for byte in data)


async def test_codec_of_temporalio_decodes_our_payloads():
    """The same codec on both sides covers the same parts of values and failures."""
    mine = DataConverter(payload_codec=OurXor(), failure_converter=DefaultFailureConverterWithEncodedAttributes())
    other = temporalio.converter.DataConverter(
        payload_codec=TheirXor(),
        failure_converter_class=temporalio.converter.DefaultFailureConverterWithEncodedAttributes,
    )
    assert await other.decode([to_theirs(each) for each in await mine.encode(["a"])], [str]) == ["a"]
    assert await mine.decode([to_ours(each) for each in await other.encode(["a"])], [str]) == ["a"]

    outer = ours.ApplicationError("outer", 1)
    outer.__cause__ = ours.CancelledError("inner", 2)
    read = await other.decode_failure(TheirFailure.FromString(_wire.encode(await mine.encode_failure(outer))))
    assert (read.message, list(read.details), read.cause.message, list(read.cause.details)) == (
        "outer",
        [1],
        "inner",
        [2],
    )

    failure = TheirFailure()
    await other.encode_failure(read, failure)
    back = await mine.decode_failure(_wire.decode(Failure, failure.SerializeToString()))
    assert (back.message, back.details, back.cause.message, back.cause.details) == ("outer", (1,), "inner", (2,))
