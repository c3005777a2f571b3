"""The metadata of one client's calls, API key included."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import TypeAlias

from .._version import client_version
from ._metadata import check_metadatum
from ._transport import Metadata

__all__ = ["APIKey", "CallMetadata"]

#: A bearer token, or a function that returns one: called before each try, so it should have it in memory as a rule.
APIKey: TypeAlias = str | Callable[[], str | Awaitable[str]]


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
        self.is_current: bool
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
