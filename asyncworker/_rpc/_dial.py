"""Open a byte stream to a target: names, proxies, TLS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

from ._target import HttpConnectProxy, Target, authority

_P = TypeVar("_P", bound=asyncio.BaseProtocol)

# RFC 8305 §5.
_HAPPY_EYEBALLS_DELAY = 0.25
# Nothing is left to be said when we close, and some servers (grpcio's) never answer a close_notify.
_TLS_SHUTDOWN_TIMEOUT = 0.2
_MAX_PROXY_ANSWER = 16_384


async def dial(target: Target, make_protocol: Callable[[], _P]) -> _P:
    """Connect *make_protocol()* to the target, with names resolved and certificates read anew.

    Raises:
        OSError: the target or its proxy was not reached, or its certificate not trusted; or it does not speak HTTP/2.
        ConfigurationError: certificates cannot be used.

    Cancelling leaves nothing open.
    """
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {}
    if target.tls is not None:
        # Reads files, and the system's certificates take some 20 ms.
        context = await loop.run_in_executor(None, target.tls.create_context)
        options = {
            "ssl": context,
            "server_hostname": target.server_name,
            "ssl_handshake_timeout": target.connect_timeout,
            "ssl_shutdown_timeout": _TLS_SHUTDOWN_TIMEOUT,
        }
    if target.http_connect_proxy is not None:
        options["sock"] = await _open_tunnel(loop, target.http_connect_proxy, authority(target.host, target.port))
    else:
        options |= {"host": target.host, "port": target.port}
        # uvloop has no such option, and tries one address after the other.
        if isinstance(loop, asyncio.BaseEventLoop):
            options["happy_eyeballs_delay"] = _HAPPY_EYEBALLS_DELAY
    transport, protocol = await loop.create_connection(make_protocol, **options)
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is not None and tls.selected_alpn_protocol() != "h2":
        transport.abort()
        raise ConnectionError(f"{target} did not agree to HTTP/2 (ALPN)")
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return protocol


async def _open_tunnel(loop: asyncio.AbstractEventLoop, proxy: HttpConnectProxy, destination: str) -> socket.socket:
    sock = await _connect_socket(loop, proxy.host, proxy.port)
    try:
        await loop.sock_sendall(sock, connect_request(destination, proxy))
        answer = bytearray()
        # One byte at a time: what follows the answer is the target's, and not ours to read.
        while not answer.endswith(b"\r\n\r\n"):
            byte = await loop.sock_recv(sock, 1)
            if not byte or len(answer) > _MAX_PROXY_ANSWER:
                raise ConnectionError(f"proxy {authority(proxy.host, proxy.port)} sent no complete answer")
            answer += byte
        check_connect_answer(bytes(answer), proxy)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect_socket(loop: asyncio.AbstractEventLoop, host: str, port: int) -> socket.socket:
    errors: list[OSError] = []
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            errors.append(error)
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise ConnectionError(f"proxy {authority(host, port)} cannot be reached: {errors[-1] if errors else 'no address'}")


def connect_request(destination: str, proxy: HttpConnectProxy) -> bytes:
    """Ask a proxy for a tunnel (RFC 9110 §9.3.6)."""
    lines = [f"CONNECT {destination} HTTP/1.1", f"Host: {destination}"]
    if proxy.basic_auth is not None:
        credentials = base64.b64encode(":".join(proxy.basic_auth).encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    return "\r\n".join([*lines, "", ""]).encode()


def check_connect_answer(answer: bytes, proxy: HttpConnectProxy) -> None:
    """Read a proxy's answer.

    Raises:
        ConnectionError: it is not that the tunnel is open.
    """
    line = answer.split(b"\r\n", 1)[0].decode("latin-1")
    version, _, rest = line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest.startswith("2"):
        raise ConnectionError(f"proxy {authority(proxy.host, proxy.port)} opens no tunnel: {line!r}")
