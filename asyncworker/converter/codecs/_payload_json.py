"""Payloads as JSON, as codec servers, Temporal's UI and its CLI send them: protobuf's JSON of ``Payloads``."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from typing import Any

from ..._proto.temporal.api.common.v1 import Payload, PayloadExternalPayloadDetails

__all__ = ["payloads_from_json", "payloads_to_json"]


def payloads_to_json(payloads: Iterable[Payload]) -> bytes:
    """Return ``{"payloads": [{"metadata": {"encoding": "<base64>"}, "data": "<base64>"}]}``."""
    return json.dumps({"payloads": [_to_object(payload) for payload in payloads]}, separators=(",", ":")).encode()


def payloads_from_json(data: bytes) -> list[Payload]:
    """Read what :func:`payloads_to_json` writes; unknown fields are ignored.

    Raises:
        ValueError: It is something else. The message has nothing of its content.
    """
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("the body is no JSON") from None
    payloads = found.get("payloads", []) if isinstance(found, dict) else None
    if not isinstance(payloads, list):
        raise ValueError('the body is not of the form {"payloads": […]}')
    try:
        return [_from_object(payload) for payload in payloads]
    except (AttributeError, TypeError, ValueError):
        raise ValueError("one of the payloads is not protobuf's JSON of a Payload") from None


def _to_object(payload: Payload) -> dict[str, Any]:
    found: dict[str, Any] = {"metadata": {key: _to_base64(value) for key, value in payload.metadata.items()}}
    if payload.data:
        found["data"] = _to_base64(payload.data)
    if payload.external_payloads:
        # 64-bit numbers are texts in protobuf's JSON.
        found["externalPayloads"] = [{"sizeBytes": str(each.size_bytes)} for each in payload.external_payloads]
    return found


def _from_object(found: dict[str, Any]) -> Payload:
    return Payload(
        metadata={key: _from_base64(value) for key, value in (found.get("metadata") or {}).items()},
        data=_from_base64(found.get("data") or ""),
        external_payloads=[
            PayloadExternalPayloadDetails(size_bytes=int(each.get("sizeBytes", each.get("size_bytes", 0))))
            for each in found.get("externalPayloads", found.get("external_payloads")) or ()
        ],
    )


def _to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes:
    # Protobuf's JSON allows the URL-safe alphabet, and no padding, when reading.
    text = text.translate(_STANDARD)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error


_STANDARD = str.maketrans("-_", "+/")
