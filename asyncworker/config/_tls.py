"""TLSConfig: the TLS settings of a connection."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TypeAlias

#: A certificate or key: PEM text as bytes, or the file that has it.
PEM: TypeAlias = bytes | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class TLSConfig:
    """How to make the connection private.

    Args:
        server_root_ca_cert: Certificates to trust in place of the system's.
        domain: The name to ask for (SNI) and to verify, in place of the address's host.
        client_cert: The certificate to present (mTLS); needs *client_private_key*.
        client_private_key: The private key of *client_cert*.
        disable_host_verification: Accept any certificate: for tests only.

    PEM text is given as bytes; a :class:`~pathlib.Path` is read again on each connect, so that certificates can be
    renewed under a running worker.
    """

    server_root_ca_cert: PEM | None = None
    domain: str | None = None
    client_cert: PEM | None = None
    client_private_key: PEM | None = field(default=None, repr=False)
    disable_host_verification: bool = False

    def __post_init__(self) -> None:
        for name in ("server_root_ca_cert", "client_cert", "client_private_key"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be PEM text as bytes or a Path to a file, got a str")
        if (self.client_cert is None) != (self.client_private_key is None):
            raise ValueError("client_cert and client_private_key must be given together")
