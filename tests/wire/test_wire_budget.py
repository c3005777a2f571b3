from __future__ import annotations

import pytest

from asyncworker._proto.temporal.api.common.v1 import Header, Payload, Payloads
from asyncworker._proto.temporal.api.failure.v1 import Failure
from asyncworker._wire import DecodeError, TooMuchError, decode, encode
from asyncworker._wire_primitives import varint

BUDGET = 1 << 20


def nested(field: bytes, content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = field + varint(len(content)) + content
    return content


@pytest.mark.parametrize(
    ("message_type", "data"),
    [
        (Payloads, b"\x0a\x00" * 5000),
        # Entries of a map, each with a key and a value of its own, or all with the same.
        (Header, b"".join(b"\x0a\x06\x0a\x04%04d" % number for number in range(5000))),
        (Header, b"\x0a\x00" * 5000),
        (Payload, b"\x0a\x00" * 5000),
        # A message in each item of a list.
        (Payloads, b"\x0a\x02\x1a\x00" * 2500),
        # Causes of failures, side by side and in each other.
        (Failure, nested(b"\x22", b"", 60) * 100),
    ],
    ids=["items", "entries", "empty entries", "entries of a message", "nested items", "causes"],
)
def test_many_small_things_are_refused(message_type, data):
    """A few bytes that come to much in memory are refused where there is a budget, and read where there is none."""
    assert decode(message_type, data)
    with pytest.raises(TooMuchError, match=f"more than {BUDGET} bytes"):
        decode(message_type, data, BUDGET)


def test_bytes_count_as_what_they_are():
    """A large payload comes to its own size."""
    large = Payloads(payloads=[Payload(data=bytes(BUDGET - 1000))])

    assert decode(Payloads, encode(large), BUDGET) == large
    with pytest.raises(TooMuchError):
        decode(Payloads, encode(large), BUDGET - 1000)


def test_what_fits_is_read_as_without_a_budget():
    """A budget changes nothing about what is within it, unknown fields and depth included."""
    many = Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=b"1")] * 500)
    data = encode(many) + b"\xf8\x07\x01"

    assert decode(Payloads, data, BUDGET) == decode(Payloads, data)
    assert encode(decode(Payloads, data, BUDGET)) == data


@pytest.mark.parametrize("budget", [None, BUDGET])
def test_depth_is_limited_within_a_budget_too(budget):
    """Messages nest a hundred deep and no deeper, whether their cost is counted or not."""
    padding = b"\x0a" + varint(20_000) + b"x" * 20_000

    assert decode(Failure, nested(b"\x22", b"", 100) + padding, budget).message
    with pytest.raises(DecodeError, match="more than 100 deep"):
        decode(Failure, nested(b"\x22", b"", 101) + padding, budget)
    # Groups in a field that is not known.
    with pytest.raises(DecodeError, match="more than 100 deep"):
        decode(Failure, padding + b"\xfb\x07" * 200 + b"\xfc\x07" * 200, budget)
