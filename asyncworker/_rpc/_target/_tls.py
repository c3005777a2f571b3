"""The TLS settings of a connection, and the context that is built from them."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ...exceptions import ConfigurationError

__all__ = ["PEM", "TLSConfig", "create_context"]

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


def create_context(tls: TLSConfig) -> ssl.SSLContext:
    """Build a context from the files as they are now. Reads them: not for the event loop's thread.

    Raises:
        ConfigurationError: A file cannot be read, or is not what it should be.
    """
    authorities = None if tls.server_root_ca_cert is None else _read("server_root_ca_cert", tls.server_root_ca_cert)
    if authorities == b"":
        # Python takes nothing for not given, and would trust whom the system does.
        raise ConfigurationError("TLS server_root_ca_cert is empty: a PEM certificate is needed")
    try:
        context = ssl.create_default_context(cadata=None if authorities is None else authorities.decode())
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"TLS server_root_ca_cert is not a PEM certificate: {error}") from error
    if tls.disable_host_verification:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # A certificate is for the names in its subjectAltName (RFC 9525 §2), as Go and rustls have it.
    context.hostname_checks_common_name = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    if tls.client_cert is not None and tls.client_private_key is not None:
        _load_client_certificate(context, tls.client_cert, tls.client_private_key)
    return context


def _read(name: str, pem: PEM) -> bytes:
    if isinstance(pem, bytes):
        return pem
    try:
        return Path(pem).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"TLS {name} cannot be read: {error}") from error


def _load_client_certificate(context: ssl.SSLContext, certificate: PEM, key: PEM) -> None:
    try:
        if not isinstance(certificate, bytes) and not isinstance(key, bytes):
            context.load_cert_chain(certificate, key, password=_no_password)
            return
        # Seldom needed, and it takes time to import.
        import tempfile

        # OpenSSL's binding takes files only.
        content = _read("client_cert", certificate) + b"\n" + _read("client_private_key", key)
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder) / "chain.pem"
            chain.touch(mode=0o600)
            chain.write_bytes(content)
            context.load_cert_chain(chain, password=_no_password)
    except OSError as error:
        raise ConfigurationError(f"TLS client_cert and client_private_key cannot be loaded: {error}") from error


def _no_password() -> str:
    # Without a callback OpenSSL would ask for one on the terminal.
    raise ConfigurationError("TLS client_private_key is encrypted: a key without a password is needed")
