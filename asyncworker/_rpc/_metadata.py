"""What metadata gRPC allows, and the metadata of one client's calls."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import TypeAlias

from .._version import client_version
from ._transport import Metadata

__all__ = ["APIKey", "CallMetadata", "check_key", "check_metadatum"]

#: A bearer token, or a function that returns one: called before each try, so it should have it in memory as a rule.
APIKey: TypeAlias = str | Callable[[], str | Awaitable[str]]

_KEY = re.compile(r"[0-9a-z_.\-]+")
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?|")
# Set by a transport for every call.
_RESERVED = frozenset(("te", "content-type", "user-agent", "host"))


def check_key(key: str) -> None:
    """Check that calls may have metadata of this key.

    Raises:
        ValueError: It is no key of gRPC, or has a meaning of its own there.
    """
    if not _KEY.fullmatch(key) or key in _RESERVED or key.startswith("grpc-"):
        raise ValueError(f"metadata key {key!r} is not allowed: lower-case letters, digits, '_', '-' and '.'")


def check_metadatum(key: str, value: str | bytes) -> None:
    """Check one pair of metadata: the one rule, for settings and for single calls.

    Raises:
        ValueError: gRPC does not allow this key or this value. A text value is never shown, as it may be a secret.
    """
    check_key(key)
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


class CallMetadata:
    """The metadata of one client's calls, with an API key that a function may renew.

    Args:
        namespace: Sent with each call.
        api_key: Sent as ``authorization: Bearer …``.
        extra: Sent with each call; wins over what is sent anyway.

    Attributes:
        pairs: What to send. One tuple for all calls while nothing changes: a transport keeps its encoding by identity.
        is_current: Whether there is no function to ask for the key before the next try.

    Raises:
        ValueError: A key or value is not allowed.
    """

    __slots__ = ("_api_key", "_bearer", "_extra", "_namespace", "is_current", "pairs")

    def __init__(self, namespace: str, api_key: APIKey | None, extra: Mapping[str, str | bytes]) -> None:
        self._namespace = namespace
        self._extra = _checked(extra)
        self.pairs: Metadata
        self.replace_api_key(api_key)

    def __repr__(self) -> str:
        # Values may be secrets.
        return f"<CallMetadata [{', '.join(key for key, _ in self.pairs)}]>"

    def replace_api_key(self, api_key: APIKey | None) -> None:
        """Use *api_key* from now on."""
        self._api_key = api_key
        self._bearer = api_key if isinstance(api_key, str) else None
        self.is_current = api_key is self._bearer
        self.pairs = self._build(self._bearer)

    def replace_extra(self, extra: Mapping[str, str | bytes]) -> None:
        """Send *extra* in place of what was given at first.

        Raises:
            ValueError: A key or value is not allowed.
        """
        self._extra = _checked(extra)
        self.pairs = self._build(self._bearer)

    async def renew(self) -> None:
        """Ask the function for the key, if there is one. What it raises is raised."""
        if not callable(self._api_key):
            return
        answer = self._api_key()
        bearer = await answer if isawaitable(answer) else answer
        if bearer != self._bearer:
            self.pairs = self._build(bearer)
            self._bearer = bearer

    def _build(self, bearer: str | None) -> Metadata:
        pairs: dict[str, str | bytes] = {
            "client-name": "asyncworker",
            "client-version": client_version(),
            "temporal-namespace": self._namespace,
        }
        if bearer is not None:
            pairs["authorization"] = f"Bearer {bearer}"
        return tuple(_checked({**pairs, **self._extra}).items())


def _checked(metadata: Mapping[str, str | bytes]) -> dict[str, str | bytes]:
    for key, value in metadata.items():
        check_metadatum(key, value)
        if value == "":
            raise ValueError(f"metadata {key!r} must not be empty")
    return dict(metadata)
