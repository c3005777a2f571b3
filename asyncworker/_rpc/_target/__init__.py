"""Where to connect to and how: addresses, TLS, and the settings of every transport."""

from __future__ import annotations

from ._address import DEFAULT_PORT, authority, parse_address
from ._target import (
    DEFAULT_MAX_CONNECTION_AGE,
    DEFAULT_MAX_RECEIVE_BYTES,
    HttpConnectProxy,
    KeepAlive,
    Target,
)
from ._tls import PEM, TLSConfig, create_context

__all__ = [
    "DEFAULT_MAX_CONNECTION_AGE",
    "DEFAULT_MAX_RECEIVE_BYTES",
    "DEFAULT_PORT",
    "PEM",
    "HttpConnectProxy",
    "KeepAlive",
    "TLSConfig",
    "Target",
    "authority",
    "create_context",
    "parse_address",
]
