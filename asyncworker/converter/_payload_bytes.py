"""A payload as bytes: what a codec encrypts or compresses, and what external storage keeps."""

from __future__ import annotations

from .. import _wire
from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError

__all__ = ["read_payload", "write_payload"]

# What metadata may come to besides the bytes themselves: an entry may take two bytes, and some 250 in memory.
_METADATA_BYTES = 1024 * 1024


def write_payload(payload: Payload) -> bytes:
    """Return the bytes of its ``Payload`` message."""
    return _wire.encode(payload)


def read_payload(plain: bytes) -> Payload:
    """Read the payload of these bytes.

    Raises:
        ConverterError: The bytes are no payload.
    """
    try:
        return _wire.decode(Payload, plain, len(plain) + _METADATA_BYTES)
    except _wire.DecodeError as error:
        raise ConverterError("these bytes are not a payload") from error
