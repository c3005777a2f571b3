"""The payload inside an encoded one: its bytes are those of a ``Payload`` message."""

from __future__ import annotations

from ... import _wire
from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import ConverterError

__all__ = ["read_payload", "write_payload"]

# What metadata may come to besides the bytes themselves: an entry may take two bytes, and some 250 in memory.
_METADATA_BYTES = 1024 * 1024


def write_payload(payload: Payload) -> bytes:
    """Return the bytes that a codec compresses or encrypts."""
    return _wire.encode(payload)


def read_payload(plain: bytes) -> Payload:
    """Read the payload that was encoded.

    Raises:
        ConverterError: The bytes are no payload.
    """
    try:
        return _wire.decode(Payload, plain, len(plain) + _METADATA_BYTES)
    except _wire.DecodeError as error:
        raise ConverterError("what the codec decoded is not a payload") from error
