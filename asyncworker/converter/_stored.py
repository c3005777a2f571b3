"""References to external storage, which other SDKs send in the place of payloads that they have stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._proto.temporal.api.common.v1 import Payload
from ..exceptions import ConverterError
from ._codec import PayloadCodec

__all__ = [
    "DRIVER_NOTE",
    "AroundReferences",
    "ExternalPayloadError",
    "StoredElsewhereError",
    "is_stored_elsewhere",
    "refuse_stored",
    "stored_elsewhere",
]

#: How the note begins that a cancellation carries out of a storage driver.
DRIVER_NOTE = "the storage driver"
_MESSAGE = b"temporal.api.sdk.v1.ExternalStorageReference"
_LEGACY = b"json/external-storage-reference"
_MARKER = "__temporal_external_storage_reference"


class StoredElsewhereError(ConverterError):
    """A payload is a reference to external storage, which this data converter cannot read."""


class ExternalPayloadError(ConverterError):
    """A payload in external storage may not be read, or is not what was stored; no retry can change that."""


def is_stored_elsewhere(payload: Payload) -> bool:
    """Whether a payload is a reference to external storage, in any of the formats that SDKs have used."""
    metadata = payload.metadata
    return metadata.get("messageType") == _MESSAGE or metadata.get("encoding") == _LEGACY or _MARKER in metadata


def stored_elsewhere() -> StoredElsewhereError:
    """Return the error for a reference that cannot be read."""
    return StoredElsewhereError(
        "[TMPRL1105] the payload is a reference to external storage, which asyncworker cannot read: use a worker or"
        " client with that storage, or raise the sender's size threshold for storing payloads, or give the data"
        " converter a payload codec that loads them"
    )


def refuse_stored(payloads: Iterable[Payload]) -> None:
    """Refuse references to external storage.

    Raises:
        StoredElsewhereError: One of the payloads is such a reference.
    """
    if any(map(is_stored_elsewhere, payloads)):
        raise stored_elsewhere()


class AroundReferences(PayloadCodec):
    """A codec that leaves references to external storage unchanged if the wrapped codec cannot decode them."""

    def __init__(self, codec: PayloadCodec) -> None:
        self._codec = codec

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encode all of them."""
        return await self._codec.encode(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decode all of them, or all but the references."""
        try:
            return await self._codec.decode(payloads)
        except Exception:
            others = [payload for payload in payloads if not is_stored_elsewhere(payload)]
            if len(others) == len(payloads):
                raise
        decoded = iter(await self._codec.decode(others) if others else ())
        return [payload if is_stored_elsewhere(payload) else next(decoded) for payload in payloads]
