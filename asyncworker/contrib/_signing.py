"""Sign what goes into a link, and read it back: each purpose has signatures of its own, and secrets can be rotated."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from .._arguments import check_duration
from .._time import Seconds

try:
    from itsdangerous import BadData, URLSafeSerializer
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'signed links need {_error.name}: pip install "temporal-asyncworker[completion]"', name=_error.name
    ) from _error

__all__ = ["ExpiredLink", "InvalidLink", "Secrets", "Signer", "check_base_url"]

#: One secret, or several with the newest first: that one signs, all are accepted. A function is called at each use.
Secrets = str | bytes | Sequence[str | bytes] | Callable[[], str | bytes | Sequence[str | bytes]]

#: Bytes of a secret at least: what `secrets.token_hex(16)` returns.
MIN_SECRET = 32
#: Characters of a token at most: mail programs and proxies cut longer addresses.
MAX_TOKEN = 4000
_EXPIRES = "exp"


class InvalidLink(Exception):
    """A token was not signed with one of the secrets for this purpose, or is not whole."""


class ExpiredLink(InvalidLink):
    """A token was valid until some time ago."""


class Signer:
    """Signs and reads tokens of one purpose.

    Args:
        secrets: See :data:`Secrets`.
        purpose: What the tokens are good for; one that was signed for another purpose is invalid.

    Raises:
        TypeError: A secret is neither a string nor bytes.
        ValueError: There is no secret, or one is too short.
    """

    def __init__(self, secrets: Secrets, purpose: str) -> None:
        self._secrets = secrets
        self._salt = f"asyncworker.{purpose}.v1"
        if not callable(secrets):
            _check(secrets)

    def __repr__(self) -> str:
        return f"<Signer {self._salt}>"

    def sign(self, data: Mapping[str, Any], expires_in: Seconds) -> str:
        """Return a token with *data*, which is valid for a time: seconds or a timedelta.

        Raises:
            TypeError, ValueError: *expires_in* is no positive span, or the token would be too long for an address.
        """
        expires = time.time() + check_duration("expires_in", expires_in).total_seconds()
        token = self._serializer().dumps({**data, _EXPIRES: int(expires)})
        text = token if isinstance(token, str) else token.decode()
        if len(text) > MAX_TOKEN:
            raise ValueError(f"the link would have {len(text)} characters, more than {MAX_TOKEN}: put less into it")
        return text

    def read(self, token: str) -> dict[str, Any]:
        """Return the data of a token.

        Raises:
            ExpiredLink: Its time is over.
            InvalidLink: It was not signed here.
        """
        if len(token) > MAX_TOKEN:
            raise InvalidLink
        try:
            data: dict[str, Any] = self._serializer().loads(token)
        except BadData:
            raise InvalidLink from None
        if time.time() >= data.pop(_EXPIRES):
            raise ExpiredLink
        return data

    def _serializer(self) -> URLSafeSerializer:
        keys = _check(self._secrets() if callable(self._secrets) else self._secrets)
        # itsdangerous signs with the last one.
        return URLSafeSerializer(
            keys[::-1],
            salt=self._salt,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _check(secrets: str | bytes | Sequence[str | bytes]) -> list[bytes]:
    # No message has a secret in it.
    given = [secrets] if isinstance(secrets, str | bytes) else list(secrets)
    if not given:
        raise ValueError("no secrets: give at least one, for example secrets.token_urlsafe(32) kept in a vault")
    for secret in given:
        if not isinstance(secret, str | bytes):
            raise TypeError(f"a secret is a string or bytes, got {type(secret).__name__}")
        if len(secret) < MIN_SECRET:
            raise ValueError(
                f"a secret has {len(secret)} characters, and needs {MIN_SECRET} random ones at least:"
                " make one with secrets.token_urlsafe(32)"
            )
    return [secret.encode() if isinstance(secret, str) else secret for secret in given]


def check_base_url(base_url: str) -> str:
    """Return an address that links begin with, without a slash at its end.

    Raises:
        TypeError: It is no string.
        ValueError: It is no ``http`` or ``https`` address of a host, or has a query or a fragment.
    """
    if not isinstance(base_url, str):
        raise TypeError(f"base_url must be a string, got {type(base_url).__name__}")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"base_url must be where the router is reached, such as 'https://shop.example/complete', got {base_url!r}"
        )
    return base_url.rstrip("/")


#: How long a link is valid by default.
DEFAULT_EXPIRY = timedelta(days=7)
