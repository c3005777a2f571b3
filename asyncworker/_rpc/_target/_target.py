"""A server, and how connections to it are made, kept and replaced."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._address import DEFAULT_PORT, authority, parse_address
from ._tls import TLSConfig

# Servers send GOAWAY at an age of five minutes ± 10 % by default (frontend.keepAliveMaxConnectionAge).
DEFAULT_MAX_CONNECTION_AGE = 240.0
# Four times the largest message that servers take, and more than they were seen to send (6 MiB).
DEFAULT_MAX_RECEIVE_BYTES = 16 << 20


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
    """An HTTP proxy to tunnel through with ``CONNECT``.

    Attributes:
        host: The proxy's name or address.
        port: Its port.
        basic_auth: User and password, if it wants any.
    """

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
    tls: TLSConfig | None = None
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
        if self.tls is not None and self.tls.domain is not None:
            return self.tls.domain
        return parse_address(self.given_authority)[0] if self.given_authority else self.host
