"""Where to connect to and how: the settings of every transport."""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ..exceptions import ConfigurationError

#: PEM: the text itself as bytes, or the path of a file that is read again on every connect.
PEM: TypeAlias = bytes | str | os.PathLike[str]

DEFAULT_PORT = 7233
# Servers send GOAWAY at an age of five minutes ± 10 % by default (frontend.keepAliveMaxConnectionAge).
DEFAULT_MAX_CONNECTION_AGE = 240.0
# Four times the largest message that servers take, and more than they were seen to send (6 MiB).
DEFAULT_MAX_RECEIVE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class TLS:
    """TLS of a connection: which certificates to trust and to present.

    Attributes:
        server_ca_cert: Certificates to trust in place of the system's.
        client_cert: Certificate chain to present; needs *client_key*.
        client_key: Private key of *client_cert*.
        server_name: Name to ask for (SNI) and to verify, in place of the target's host.
        verify: ``False`` accepts any certificate: for tests only.
    """

    server_ca_cert: PEM | None = None
    client_cert: PEM | None = None
    client_key: PEM | None = field(default=None, repr=False)
    server_name: str | None = None
    verify: bool = True

    def __post_init__(self) -> None:
        if (self.client_cert is None) != (self.client_key is None):
            raise ValueError("client_cert and client_key are given together or not at all")

    def create_context(self) -> ssl.SSLContext:
        """Build a context from the files as they are now. Reads them: not for the event loop's thread.

        Raises:
            ConfigurationError: a file cannot be read, or is not what it should be.
        """
        authorities = None if self.server_ca_cert is None else _read("server_ca_cert", self.server_ca_cert)
        if authorities == b"":
            # Python takes nothing for not given, and would trust whom the system does.
            raise ConfigurationError("TLS server_ca_cert is empty: a PEM certificate is needed")
        try:
            context = ssl.create_default_context(cadata=None if authorities is None else authorities.decode())
        except (ssl.SSLError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"TLS server_ca_cert is not a PEM certificate: {error}") from error
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # A certificate is for the names in its subjectAltName (RFC 9525 §2), as Go and rustls have it.
        context.hostname_checks_common_name = False
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["h2"])
        if self.client_cert is not None and self.client_key is not None:
            _load_client_certificate(context, self.client_cert, self.client_key)
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
        # OpenSSL's binding takes files only.
        content = _read("client_cert", certificate) + b"\n" + _read("client_key", key)
        with tempfile.TemporaryDirectory() as folder:
            chain = Path(folder) / "chain.pem"
            chain.touch(mode=0o600)
            chain.write_bytes(content)
            context.load_cert_chain(chain, password=_no_password)
    except OSError as error:
        raise ConfigurationError(f"TLS client_cert and client_key cannot be loaded: {error}") from error


def _no_password() -> str:
    # Without a callback OpenSSL would ask for one on the terminal.
    raise ConfigurationError("TLS client_key is encrypted: a key without a password is needed")


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """When to check whether a silent server is still there.

    Attributes:
        interval: Seconds of silence after which a PING is sent; under 10 s servers hang up (``too_many_pings``).
        timeout: Seconds after which an unanswered PING means that the connection is dead.
    """

    interval: float = 30.0
    timeout: float = 15.0

    def __post_init__(self) -> None:
        if self.interval < 10:
            raise ValueError(f"keep-alive interval must be at least 10 s, got {self.interval} s")
        if self.timeout <= 0:
            raise ValueError(f"keep-alive timeout must be positive, got {self.timeout} s")


@dataclass(frozen=True, slots=True)
class HttpConnectProxy:
    """An HTTP proxy to tunnel through with ``CONNECT``; *basic_auth* is user and password."""

    host: str
    port: int
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and how connections to it are made, kept and replaced.

    Attributes:
        host: Name or literal address; an IPv6 address has no brackets here.
        port: TCP port.
        tls: ``None`` for plaintext.
        http_connect_proxy: Tunnel through this.
        keep_alive: ``None`` sends no PING: a half-open connection is then found by the deadlines of calls.
        connect_timeout: Seconds for one attempt, from name resolution to the end of the handshakes.
        max_connection_age: Seconds (± 10 %) after which a connection is replaced and drained; ``None`` leaves that to
            the server.
        max_receive_bytes: A longer response, as it comes or once it is decompressed, fails with ``RESOURCE_EXHAUSTED``.
        compress_requests: Whether to send requests gzipped.
        connections: How many connections calls are spread over, for a server behind a balancer of connections: with
            one of them all of a worker's polls are at one machine.
        given_authority: The ``:authority``, in place of :attr:`server_name` and port; like Go's
            ``grpc.WithAuthority`` it is also the name that TLS verifies, where that has none of its own.
    """

    host: str
    port: int = DEFAULT_PORT
    tls: TLS | None = None
    http_connect_proxy: HttpConnectProxy | None = None
    keep_alive: KeepAlive | None = KeepAlive()
    connect_timeout: float = 10.0
    max_connection_age: float | None = DEFAULT_MAX_CONNECTION_AGE
    max_receive_bytes: int = DEFAULT_MAX_RECEIVE_BYTES
    compress_requests: bool = False
    connections: int = 1
    given_authority: str | None = None

    def __str__(self) -> str:
        return authority(self.host, self.port)

    @property
    def authority(self) -> str:
        """The ``:authority`` of requests."""
        return self.given_authority or authority(self.server_name, self.port)

    @property
    def server_name(self) -> str:
        """The name that TLS asks for and verifies."""
        if self.tls is not None and self.tls.server_name is not None:
            return self.tls.server_name
        return parse_address(self.given_authority)[0] if self.given_authority else self.host


def authority(host: str, port: int) -> str:
    """Write host and port as one, with brackets about an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, ``[::1]:7233`` or a bare host (port 7233).

    Raises:
        ValueError: the port is no number from 1 to 65535, or there is no host.
    """
    host, bracket, rest = address.removeprefix("[").partition("]") if address.startswith("[") else (address, "", "")
    if not bracket:
        host, _, port = address.partition(":")
        # More than one colon and no brackets: a bare IPv6 address.
        if ":" in port:
            host, port = address, ""
    else:
        port = rest.removeprefix(":")
    if not host or (rest and not rest.startswith(":")):
        raise ValueError(f"expected host:port, got {address!r}")
    if not port and not address.endswith(":"):
        return host, DEFAULT_PORT
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"expected a port from 1 to 65535 in {address!r}")
    return host, int(port)
