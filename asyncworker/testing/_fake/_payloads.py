"""Values as payloads and back, as a client in another language would write and read them: not our converter."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

from ..._proto.temporal.api.common.v1 import Payload, Payloads
from ..._wire import encode


def to_payload(value: Any) -> Payload:
    """Write a value: ``None``, bytes, or a value that JSON has. A payload is passed on as it is."""
    if isinstance(value, Payload):
        return value
    if value is None:
        return Payload(metadata={"encoding": b"binary/null"})
    if isinstance(value, bytes):
        return Payload(metadata={"encoding": b"binary/plain"}, data=value)
    return Payload(metadata={"encoding": b"json/plain"}, data=to_json(value))


def to_payloads(values: Iterable[Any]) -> Payloads | None:
    """Write values; none at all are no message."""
    payloads = [to_payload(value) for value in values]
    return Payloads(payloads=payloads) if payloads else None


def from_payload(payload: Payload) -> Any:
    """Read a value; a payload in an encoding that is not known here is passed on as it is."""
    match payload.metadata.get("encoding"):
        case b"binary/null":
            return None
        case b"binary/plain":
            return payload.data
        case b"json/plain":
            return json.loads(payload.data)
        case _:
            return payload


def from_payloads(payloads: Payloads | None) -> list[Any]:
    """Read values."""
    return [from_payload(payload) for payload in payloads.payloads] if payloads is not None else []


def size(payloads: Payloads | None) -> int:
    """Return the size of payloads on the wire, in bytes, which the server's limits are about."""
    return 0 if payloads is None else len(encode(payloads))
