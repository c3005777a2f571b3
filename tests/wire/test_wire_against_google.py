"""Whatever google's protobuf runtime says of any of our messages, the compiled codecs say too."""

from __future__ import annotations

import random

import pytest
from betterproto2 import Message
from google.protobuf.message import DecodeError as GoogleDecodeError, Message as GoogleMessage
from wire_reference import MESSAGES, Filler, canonical, full_name, google_type, original_type, same

from asyncworker._wire import DecodeError, decode, encode

ROUNDS = 12
MUTATIONS = 4


@pytest.fixture(params=MESSAGES, ids=full_name)
def message_type(request: pytest.FixtureRequest) -> type[Message]:
    return request.param


def test_reads_what_google_writes(message_type):
    """Each field of a message that google's runtime wrote is read as it was set."""
    fill = Filler(full_name(message_type))
    for _ in range(ROUNDS):
        theirs = fill.message(google_type(message_type))

        ours = decode(message_type, theirs.SerializeToString())

        assert same(ours, theirs)


def test_writes_what_google_reads(message_type):
    """A message that was read and written again says the same, with its unknown fields and enum numbers."""
    fill = Filler(f"{full_name(message_type)} again")
    for _ in range(ROUNDS):
        theirs = fill.message(google_type(message_type))

        written = encode(decode(message_type, theirs.SerializeToString()))

        assert canonical(google_type(message_type).FromString(written)) == canonical(theirs)


def test_keeps_what_we_leave_out(message_type):
    """Fields that our descriptors do not have survive the way through our messages."""
    fill = Filler(f"{full_name(message_type)} whole", depth=3)
    for _ in range(ROUNDS // 2):
        theirs = fill.message(original_type(message_type))

        written = encode(decode(message_type, theirs.SerializeToString()))

        assert canonical(original_type(message_type).FromString(written)) == canonical(theirs)


def test_merges_as_google_does(message_type):
    """Two messages behind each other are one: the last scalar wins, messages are merged, lists and maps grow."""
    fill = Filler(f"{full_name(message_type)} twice")
    for _ in range(ROUNDS):
        both = b"".join(fill.message(google_type(message_type)).SerializeToString() for _ in range(2))

        written = encode(decode(message_type, both))

        assert canonical(google_type(message_type).FromString(written)) == canonical(
            google_type(message_type).FromString(both)
        )


def test_agrees_with_betterproto2(message_type):
    """Where betterproto2's own codec is right, on plain values, it reads and writes the same."""
    fill = Filler(f"{full_name(message_type)} plain", plain=True)
    for _ in range(ROUNDS // 3):
        data = fill.message(google_type(message_type)).SerializeToString()

        message = decode(message_type, data)

        assert message == message_type.parse(data)
        assert message_type.parse(encode(message)) == message


def test_refuses_what_google_refuses(message_type):
    """Damaged bytes are refused by both, or say the same to both; and nothing but a DecodeError is raised."""
    chance = random.Random(full_name(message_type))
    fill = Filler(f"{full_name(message_type)} damaged", depth=2)
    for _ in range(ROUNDS):
        whole = fill.message(google_type(message_type)).SerializeToString()
        for _ in range(MUTATIONS):
            data = damaged(whole, chance)

            ours, theirs = read(message_type, data), google_read(message_type, data)

            assert agree(ours, theirs), data.hex()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut bytes off, or replace, remove, repeat some."""
    if not data:
        return bytes(chance.randrange(256) for _ in range(3))
    at = chance.randrange(min(len(data), 200))
    size = chance.choice([1, 1, 2, 5])
    match chance.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + chance.randbytes(size) + data[at + size :]
        case 2:
            return data[:at] + data[at + size :]
        case 3:
            return data[:at] + data[at : at + size] + data[at:]
        case _:
            return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def read(message_type: type[Message], data: bytes) -> GoogleMessage | DecodeError:
    try:
        written = encode(decode(message_type, data))
    except DecodeError as error:
        return error
    return google_type(message_type).FromString(written)


def google_read(message_type: type[Message], data: bytes) -> GoogleMessage | None:
    try:
        return google_type(message_type).FromString(data)
    except GoogleDecodeError:
        return None


def agree(ours: GoogleMessage | DecodeError, theirs: GoogleMessage | None) -> bool:
    if isinstance(ours, DecodeError):
        # Inside of a group google's runtime lets field number 0 pass, which must not be written.
        return theirs is None or "field number 0" in str(ours)
    # A Python float cannot hold a signalling NaN of 32 bits: the texts agree, the bytes do not.
    return theirs is not None and (canonical(ours) == canonical(theirs) or str(ours) == str(theirs))
