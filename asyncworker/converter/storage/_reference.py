"""References in the place of payloads: ``temporal.api.sdk.v1.ExternalStorageReference`` in protobuf's JSON."""

from __future__ import annotations

import json
from typing import Any

from ..._proto.temporal.api.common.v1 import Payload, PayloadExternalPayloadDetails
from .._stored import ExternalPayloadError
from ._driver import StorageDriverClaim

__all__ = ["read_reference", "size_by", "write_reference"]

_METADATA = {"encoding": b"json/protobuf", "messageType": b"temporal.api.sdk.v1.ExternalStorageReference"}


def write_reference(driver: str, claim: StorageDriverClaim, size: int) -> Payload:
    """Return the reference to a payload of *size* bytes, byte for byte as temporalio writes it."""
    found: dict[str, Any] = {"driverName": driver}
    if claim.claim_data:
        found["claimData"] = dict(claim.claim_data)
    return Payload(
        metadata=dict(_METADATA),
        data=json.dumps(found, sort_keys=True, separators=(",", ":")).encode(),
        external_payloads=[PayloadExternalPayloadDetails(size_bytes=size)],
    )


def size_by(reference: Payload) -> int:
    """Return the size in bytes that a reference says its payload has; 0 if it does not."""
    return sum(each.size_bytes for each in reference.external_payloads)


def read_reference(payload: Payload) -> tuple[str, StorageDriverClaim]:
    """Return the driver's name and the claim of a reference, in the current form or the older one.

    Raises:
        ConverterError: It is damaged.
    """
    try:
        found = json.loads(payload.data)
        claim = found.get("driver_claim", found)
        name = found.get("driverName", found.get("driver_name", ""))
        data = claim.get("claimData", claim.get("claim_data")) or {}
        entries = [(key, value) for key, value in data.items() if isinstance(value, str)]
        if not isinstance(name, str) or len(entries) != len(data):
            raise TypeError
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise ExternalPayloadError("the reference to external storage is damaged") from None
    return name, StorageDriverClaim(dict(entries))
