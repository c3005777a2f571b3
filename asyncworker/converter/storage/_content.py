"""Payloads by the hash of their bytes: what drivers store, and how they know that it is what was stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import ConverterError
from .._payload_bytes import read_payload
from .._stored import ExternalPayloadError

__all__ = ["hash_of", "read_verified", "verified_hash"]


def hash_of(data: bytes) -> str:
    """Return the SHA-256 of *data* in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def verified_hash(claim_data: Mapping[str, str]) -> str:
    """Return the hash that a claim promises.

    Raises:
        ConverterError: It promises none, or one of another kind.
    """
    algorithm, value = claim_data.get("hash_algorithm"), claim_data.get("hash_value", "")
    if algorithm != "sha256" or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ExternalPayloadError("the reference to external storage has no SHA-256 of its payload")
    return value


def read_verified(data: bytes, expected_hash: str) -> Payload:
    """Return the payload of *data*.

    Raises:
        ConverterError: Its hash is another, or it is no payload.
    """
    if hash_of(data) != expected_hash:
        raise ExternalPayloadError("external storage has something else in the payload's place: its hash differs")
    try:
        return read_payload(data)
    except ConverterError as error:
        raise ExternalPayloadError(
            "external storage has something else in the payload's place: it is no payload"
        ) from error
