"""Measure payloads against the limits of a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import _wire
from .._proto.temporal.api.common.v1 import Payload

__all__ = ["LARGE", "payload_size", "payloads_size", "size_above"]

#: The line on what is larger than it should be: whose, what, its size, the limit. The code is the other SDKs'.
LARGE = (
    "[TMPRL1103] %s of activity %s: %s bytes encoded, more than payloads_warn_size (%s): it is sent, but all of it"
    " stays in the server's database, and the namespace has a limit. Store it elsewhere (ExternalStorage)"
)


def payloads_size(payloads: Iterable[Payload]) -> int:
    """Return the size in bytes of a ``Payloads`` message with these payloads, which ``blob_size_limit_error`` limits.

    The size is computed without encoding the message.
    """
    return sum(_field(payload_size(payload)) for payload in payloads)


def size_above(payloads: Sequence[Payload], limit: int) -> int:
    """Return the size of *payloads* as :func:`payloads_size` if it is above *limit*, else 0; a limit of 0 is none."""
    if not limit:
        return 0
    # The data first: all payloads pass here, and next to none are near the limit. One with three times as much
    # metadata as data is left to the server to refuse.
    data = 0
    for payload in payloads:
        data += len(payload.data)
    if 4 * data <= limit:
        return 0
    size = payloads_size(payloads)
    return size if size > limit else 0


def payload_size(payload: Payload) -> int:
    """Return the size in bytes of one ``Payload`` message, without encoding it."""
    if payload.external_payloads or payload._unknown_fields:
        # Rare enough to encode it for the size.
        return len(_wire.encode(payload))
    size = _field(len(payload.data)) if payload.data else 0
    for key, value in payload.metadata.items():
        # A map entry is a message that always has both fields.
        size += _field(_field(len(key.encode())) + _field(len(value)))
    return size


def _field(length: int) -> int:
    """Return the size of a field of *length* bytes: its tag (field numbers below 16), its length prefix and content."""
    return 1 + max(1, (length.bit_length() + 6) // 7) + length
