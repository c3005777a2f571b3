"""The rule for metadata: which keys and values gRPC allows."""

from __future__ import annotations

import re

__all__ = ["check_metadatum"]

_KEY = re.compile(r"[0-9a-z_.\-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?|")
# Set by a transport for every call.
_RESERVED = frozenset(("te", "content-type", "user-agent", "host"))


def check_metadatum(key: str, value: str | bytes) -> None:
    """Check one pair of metadata, of settings or of a single call.

    Raises:
        ValueError: gRPC does not allow this key or this value. A text value is never shown, as it may be a secret.
    """
    if not _KEY.fullmatch(key) or key in _RESERVED or key.startswith("grpc-"):
        raise ValueError(f"metadata key {key!r} is not allowed: lower-case letters, digits, '_', '-' and '.'")
    if key.endswith("-bin"):
        if not isinstance(value, bytes):
            raise ValueError(f"metadata {key!r} must be bytes, got {type(value).__name__}")
    elif not isinstance(value, str):
        raise ValueError(
            f"metadata {key!r} must be text, got {type(value).__name__}; only keys that end in -bin hold bytes"
        )
    elif not _VALUE.fullmatch(value):
        # It is the stray newline of a key file more often than not.
        raise ValueError(f"metadata {key!r} holds characters other than printable ASCII, or begins or ends in a space")
