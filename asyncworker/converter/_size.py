"""Measure payloads against the limits of a namespace."""

from __future__ import annotations

from collections.abc import Iterable

from .. import _wire
from .._proto.temporal.api.common.v1 import Payload

__all__ = ["payloads_size"]


def payloads_size(payloads: Iterable[Payload]) -> int:
    """Count the bytes of a ``Payloads`` message with these payloads: what ``blob_size_limit_error`` limits.

    It is the arithmetic of the encoding, without encoding anything.
    """
    return sum(_field(_payload_size(payload)) for payload in payloads)


def _payload_size(payload: Payload) -> int:
    if payload.external_payloads or payload._unknown_fields:
        # Rare enough to be written in full, to be exact.
        return len(_wire.encode(payload))
    size = _field(len(payload.data)) if payload.data else 0
    for key, value in payload.metadata.items():
        # An entry of the map is a message with both fields, even where one is empty.
        size += _field(_field(len(key.encode())) + _field(len(value)))
    return size


def _field(length: int) -> int:
    """Count the bytes of a field of this many: its tag, below 16 throughout, its length and itself."""
    return 1 + max(1, (length.bit_length() + 6) // 7) + length
