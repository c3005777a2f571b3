"""Open a byte stream to a target: names, proxies, TLS."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, TypeAlias, TypeVar

from ._callbacks import BackgroundTasks
from ._target import HttpConnectProxy, Target, authority, create_context
from ._threads import in_own_thread

_P = TypeVar("_P", bound=asyncio.BaseProtocol)
# As `getaddrinfo` has it: family, kind, protocol, canonical name, and what a socket connects to.
_Address: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]

# RFC 8305 §5.
_HAPPY_EYEBALLS_DELAY = 0.25
# GOAWAY has announced the end by then, and some servers (grpcio's) never answer a close_notify.
_TLS_SHUTDOWN_TIMEOUT = 0.2
_MAX_PROXY_RESPONSE = 16_384


async def dial(target: Target, make_protocol: Callable[[], _P]) -> _P:
    """Connect *make_protocol()* to the target, with names resolved and certificates read anew.

    Raises:
        OSError: The target or its proxy was not reached, or its certificate not trusted; or it does not speak HTTP/2.
        ConfigurationError: certificates cannot be used.

    Cancelling leaves nothing open.
    """
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {}
    if target.tls is not None:
        # Reads files, and the system's certificates take some 20 ms.
        context = await in_own_thread(f"read the certificates for {target}", partial(create_context, target.tls))
        options = {
            "ssl": context,
            "server_hostname": target.server_name,
            "ssl_handshake_timeout": target.connect_timeout,
            "ssl_shutdown_timeout": _TLS_SHUTDOWN_TIMEOUT,
        }
    # Given a name the loop would look it up itself, in its pool of threads.
    if target.http_connect_proxy is None:
        options["sock"] = await _connect_socket(loop, target.host, target.port)
    else:
        options["sock"] = await _open_tunnel(loop, target.http_connect_proxy, authority(target.host, target.port))
    transport, protocol = await loop.create_connection(make_protocol, **options)
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is not None and tls.selected_alpn_protocol() != "h2":
        transport.abort()
        raise ConnectionError(f"{target} did not agree to HTTP/2 (ALPN)")
    with contextlib.suppress(OSError):
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return protocol


async def _look_up(host: str, port: int) -> Sequence[_Address]:
    look_up: Callable[..., Sequence[_Address]] = partial(socket.getaddrinfo, port=port, type=socket.SOCK_STREAM)
    if host.isascii():
        # An address needs no look-up, and so no thread. Given as bytes it needs no tables of Unicode either.
        with contextlib.suppress(socket.gaierror):
            return look_up(host.encode(), flags=socket.AI_NUMERICHOST)
    return await in_own_thread(f"look up {host}", partial(look_up, host))


async def _connect_socket(loop: asyncio.AbstractEventLoop, host: str, port: int) -> socket.socket:
    """Connect to the address of a name that accepts first; each has a head start on the next (RFC 8305 §5)."""
    addresses = deque(interleave(await _look_up(host, port)))
    error: BaseException = OSError(f"{host} has no address")
    tasks = BackgroundTasks()
    attempts: set[asyncio.Task[socket.socket]] = set()
    winner: asyncio.Task[socket.socket] | None = None
    try:
        while addresses or attempts:
            if addresses:
                attempts.add(tasks.start(_connect_to(loop, addresses.popleft())))
            delay = _HAPPY_EYEBALLS_DELAY if addresses else None
            done, _ = await asyncio.wait(attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                attempts.discard(attempt)
                failure = attempt.exception()
                if failure is None:
                    winner = attempt
                    return attempt.result()
                error = failure
        raise error
    finally:
        try:
            if attempts:
                await tasks.close(timeout=0.0)
        except BaseException:
            if winner is not None:
                winner.result().close()
            raise
        finally:
            for attempt in attempts:
                attempt.add_done_callback(_close_socket)


def _close_socket(attempt: asyncio.Task[socket.socket]) -> None:
    # An attempt may have succeeded just before it was cancelled.
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


def interleave(addresses: Sequence[_Address]) -> list[_Address]:
    """Order addresses so that a family which is cut off delays no other by more than one attempt (RFC 8305 §4)."""
    by_family: dict[int, list[_Address]] = {}
    for address in addresses:
        by_family.setdefault(address[0], []).append(address)
    return [address for turn in zip_longest(*by_family.values()) for address in turn if address is not None]


async def _connect_to(loop: asyncio.AbstractEventLoop, address: _Address) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        if isinstance(loop, asyncio.BaseEventLoop):
            await loop.sock_connect(sock, where)
        else:
            # uvloop looks up even an address, in a pool of four threads that the whole process shares.
            await _connect_by_watching(loop, sock, where)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect_by_watching(loop: asyncio.AbstractEventLoop, sock: socket.socket, where: tuple[Any, ...]) -> None:
    code = sock.connect_ex(where)
    if code == errno.EINPROGRESS:
        is_writable = asyncio.Event()
        loop.add_writer(sock, is_writable.set)
        try:
            await is_writable.wait()
        finally:
            loop.remove_writer(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, f"Connect call failed {where}")


async def _open_tunnel(loop: asyncio.AbstractEventLoop, proxy: HttpConnectProxy, destination: str) -> socket.socket:
    try:
        sock = await _connect_socket(loop, proxy.host, proxy.port)
    except OSError as error:
        raise ConnectionError(f"proxy {authority(proxy.host, proxy.port)} cannot be reached: {error}") from error
    try:
        await loop.sock_sendall(sock, connect_request(destination, proxy))
        answer = bytearray()
        # One byte at a time: what follows the answer belongs to the target's stream.
        while not answer.endswith(b"\r\n\r\n"):
            byte = await loop.sock_recv(sock, 1)
            if not byte or len(answer) > _MAX_PROXY_RESPONSE:
                raise ConnectionError(f"proxy {authority(proxy.host, proxy.port)} sent no complete answer")
            answer += byte
        check_connect_response(bytes(answer), proxy)
    except BaseException:
        sock.close()
        raise
    return sock


def connect_request(destination: str, proxy: HttpConnectProxy) -> bytes:
    """Write the request for a tunnel (RFC 9110 §9.3.6)."""
    lines = [f"CONNECT {destination} HTTP/1.1", f"Host: {destination}"]
    if proxy.basic_auth is not None:
        credentials = base64.b64encode(":".join(proxy.basic_auth).encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {credentials}")
    return "\r\n".join([*lines, "", ""]).encode()


def check_connect_response(answer: bytes, proxy: HttpConnectProxy) -> None:
    """Check the response of a proxy.

    Raises:
        ConnectionError: It does not open the tunnel.
    """
    line = answer.split(b"\r\n", 1)[0].decode("latin-1")
    version, _, rest = line.partition(" ")
    if not version.startswith("HTTP/1.") or not rest.startswith("2"):
        raise ConnectionError(f"proxy {authority(proxy.host, proxy.port)} opens no tunnel: {line!r}")
