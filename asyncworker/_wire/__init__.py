"""Turn protobuf messages into bytes and back."""

from __future__ import annotations

from typing import TypeVar

import betterproto2

__all__ = ["DecodeError", "EncodeError", "decode", "encode"]

M = TypeVar("M", bound=betterproto2.Message)


class DecodeError(ValueError):
    """The bytes are not a message of this type."""


class EncodeError(ValueError):
    """A message holds a value that its field cannot carry."""


def encode(message: betterproto2.Message) -> bytes:
    """Write a message as bytes."""
    return bytes(message)


def decode(message_type: type[M], data: bytes) -> M:
    """Read a message of the given type."""
    return message_type.parse(data)
