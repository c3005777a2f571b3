"""Encode and decode protobuf messages, as google's own runtime does.

Theory. The messages are betterproto2's dataclasses; betterproto2 reads and writes them by asking each field for its
type each time, which would be the larger part of a worker's CPU time, and differs from google's runtime at the edges.
Therefore `make protos` compiles a decoder and an encoder for each message (``scripts/codec_compiler.py``) into
``_proto/_codec_worker.py`` and three others beside it. They are plain functions that call each other and what is in
``_wire_primitives.py``; all but those of the first module are imported when a message of theirs is first met.

A decoder is given the bytes, where its message begins and ends in them, and how deep it is nested. It checks almost
nothing on its way: whatever runs over the end of a message leaves the position behind that end, and whatever runs over
the end of all bytes is an IndexError or a struct.error. Both are looked at once, at the end. What it keeps to:

* A field that is not known, or comes with another wire type than its own, is kept in ``_unknown_fields`` and written
  again; so is an enum's number that has no name.
* Of a field that comes twice the last wins, of a oneof the last member; messages are merged, lists and maps grow.
* Packed and unpacked lists are both read; lists are written packed.
* Groups are skipped, and kept. Messages may nest 100 deep.
* Strings are UTF-8, and field numbers are not 0.

Where it differs from google's runtime: what lies in a field that is not known here is kept and not looked at, and a
signalling NaN is written again as a quiet one.

An encoder omits what is zero (not negative zero), empty or None, and checks what would not be read back as it was
written: ranges of numbers, types, UTF-8. Why a message was refused is found out afterwards, by ``_blame.py``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, TypeVar

from betterproto2 import Message

from .._proto import _codec_worker
from .._wire_primitives import DecodeError, EncodeError
from ._meter import MOST_PER_BYTE, TooMuchError, metered_depth

__all__ = ["DecodeError", "EncodeError", "TooMuchError", "decode", "encode"]

M = TypeVar("M", bound=Message)

_decoders: dict[type[Message], Callable[..., Any]] = dict(_codec_worker.DECODERS)
_encoders: dict[type[Message], Callable[[Message], bytes]] = dict(_codec_worker.ENCODERS)


def encode(message: Message) -> bytes:
    """Encode a message.

    Raises:
        EncodeError: A field holds what it cannot carry; the text names it.
    """
    message_type = type(message)
    encoder = _encoders.get(message_type) or _load(message_type)[0]
    try:
        return encoder(message)
    except RecursionError:
        raise EncodeError(f"{message_type.__name__} is nested too deep to be written") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        from ._blame import blame

        raise EncodeError(blame(message) or f"{message_type.__name__}: {error}") from error


def decode(message_type: type[M], data: bytes, budget: int | None = None) -> M:
    """Decode a message of the given type.

    Args:
        message_type: The type.
        data: The bytes.
        budget: Bytes of memory that the message may come to: that many nested messages and entries of maps, which may
            take two bytes each in *data*, and some 250 in memory.

    Raises:
        DecodeError: The bytes are cut off or are no message of this type; :exc:`TooMuchError` where it is the budget.
    """
    decoder = _decoders.get(message_type) or _load(message_type)[1]
    if type(data) is not bytes:
        # What is cut out of a bytearray or a memoryview would be one, too.
        data = bytes(data)
    size = len(data)
    # Few messages are so large that they could come to more than any budget.
    depth = 0 if budget is None or size * MOST_PER_BYTE <= budget else metered_depth(size, budget)
    try:
        message: M = decoder(data, 0, size, depth)
    except (IndexError, struct.error):
        raise DecodeError(f"{message_type.__name__}: the bytes end in the middle of a field") from None
    except UnicodeDecodeError as error:
        raise DecodeError(f"{message_type.__name__}: a string is not UTF-8: {error.reason}") from None
    except RecursionError:
        raise DecodeError(f"{message_type.__name__} is nested too deep to be read") from None
    return message


def _load(message_type: type[Message]) -> tuple[Callable[[Message], bytes], Callable[..., Any]]:
    """Import the codecs of the rarer messages, and return those of one type."""
    for codecs in _rarer_codecs():
        _decoders.update(codecs.DECODERS)
        _encoders.update(codecs.ENCODERS)
        if message_type in _encoders:
            return _encoders[message_type], _decoders[message_type]
    raise TypeError(f"{message_type!r} is not one of asyncworker's messages")


def _rarer_codecs() -> Iterator[ModuleType]:
    from .._proto import _codec_failures

    yield _codec_failures
    from .._proto import _codec_heartbeats

    yield _codec_heartbeats
    from .._proto import _codec_lazy

    yield _codec_lazy
