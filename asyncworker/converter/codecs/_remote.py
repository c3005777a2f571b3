"""A codec that asks a codec server, by the protocol of Temporal's UI and the Go SDK's remote codec."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

import anyio

from ..._proto.temporal.api.common.v1 import Payload
from ...exceptions import CodecError, ConfigurationError
from .._codec import PayloadCodec
from .._context import (
    ActivitySerializationContext,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from ._payload_json import payloads_from_json, payloads_to_json

if TYPE_CHECKING:
    import httpx

__all__ = ["RemoteCodec"]

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
# What a server says when it may do the same request later.
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class RemoteCodec(PayloadCodec, WithSerializationContext):
    """Encode and decode payloads at a codec server: ``POST {endpoint}/encode`` and ``…/decode``.

    The request is protobuf's JSON of the payloads, with the header ``X-Namespace``. A server that is away, or answers
    408, 425, 429 or 5xx, is asked again with growing pauses for *retry_for* seconds; then, and for every other answer
    but 200, it is a :exc:`CodecError`, with which an attempt is retried. Nothing that the server says is part of the
    error: it may be about the payload.

    Connections are kept for the next call. Leave them with ``async with codec:`` or :meth:`aclose`.

    Args:
        endpoint: The server's URL, without ``/encode``. ``{namespace}`` in it is replaced by the namespace. It is
            ``https``, or ``http`` on the loopback interface.
        namespace: The value of ``X-Namespace`` where there is no serialization context.
        headers: Headers of each request, such as ``Authorization``; or a function that returns them, which may be a
            coroutine function.
        timeout: Seconds that one request may take.
        retry_for: Seconds from the first request in which failed ones are repeated; 0 is never.
        max_response_bytes: What a response may have, in bytes.
        client: The ``httpx.AsyncClient`` to use, for proxies and certificates of your own. It stays yours to close.

    Raises:
        ValueError: The endpoint is no such URL, or a number is out of range.
        ConfigurationError: The package httpx is not installed (extra ``remote-codec``).
    """

    def __init__(
        self,
        endpoint: str,
        *,
        namespace: str | None = None,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str] | Awaitable[Mapping[str, str]]] | None = None,
        timeout: float = 10.0,
        retry_for: float = 30.0,
        max_response_bytes: int = 64 * 1024 * 1024,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        _check_endpoint(endpoint)
        for name, value, allowed in (
            ("timeout", timeout, timeout > 0),
            ("retry_for", retry_for, retry_for >= 0),
            ("max_response_bytes", max_response_bytes, max_response_bytes > 0),
        ):
            if not allowed:
                raise ValueError(f"{name} is out of range: {value!r}")
        self.endpoint: str = endpoint.removesuffix("/")
        self.namespace = namespace
        self._headers = headers
        self._timeout = timeout
        self._retry_for = retry_for
        self._max_response_bytes = max_response_bytes
        self._connections = _Connections(client)

    def __repr__(self) -> str:
        return f"RemoteCodec({self.endpoint!r})"

    async def __aenter__(self) -> Self:
        """Return the codec, which is closed at the end of the block."""
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of this codec and of those bound to a context. Cancelling leaves them to be dropped."""
        await self._connections.aclose()

    def with_context(self, context: SerializationContext) -> Self:
        """Return a codec with the same connections that names the namespace of *context*."""
        if not isinstance(context, ActivitySerializationContext | WorkflowSerializationContext):
            return self
        bound = object.__new__(type(self))
        bound.__dict__.update(self.__dict__, namespace=context.namespace)
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Have the server encode them. Cancelling ends the request.

        Raises:
            CodecError: The server did not answer, or not with as many payloads. It is retryable.
        """
        return await self._ask("encode", payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Have the server decode them. Cancelling ends the request.

        Raises:
            CodecError: The server did not answer, or not with as many payloads. It is retryable.
        """
        return await self._ask("decode", payloads)

    async def _ask(self, method: Literal["encode", "decode"], payloads: Sequence[Payload]) -> list[Payload]:
        body = await self._post(method, payloads_to_json(payloads))
        try:
            found = payloads_from_json(body)
        except ValueError as error:
            raise self._failed(method, f"answered with no payloads: {error}") from None
        if len(found) != len(payloads):
            raise self._failed(method, f"answered {len(payloads)} payloads with {len(found)}")
        return found

    async def _post(self, method: str, body: bytes) -> bytes:
        deadline = anyio.current_time() + self._retry_for
        pause = _FIRST_PAUSE
        while True:
            answer = await self._try(method, body)
            if isinstance(answer, bytes):
                return answer
            if not answer.again or anyio.current_time() + pause > deadline:
                raise self._failed(method, answer.reason)
            await anyio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _try(self, method: str, body: bytes) -> bytes | _Refusal:
        import httpx

        url = f"{self.endpoint.replace('{namespace}', self.namespace or '')}/{method}"
        headers = await self._request_headers()
        client = self._connections.client()
        try:
            async with (
                asyncio.timeout(self._timeout),
                client.stream("POST", url, content=body, headers=headers, timeout=self._timeout) as got,
            ):
                if got.status_code != httpx.codes.OK:
                    return _Refusal(f"answered {got.status_code} {got.reason_phrase}", got.status_code in _AGAIN)
                return await self._read(got)
        except TimeoutError:
            return _Refusal(f"did not answer within {self._timeout:g} s", again=True)
        except httpx.HTTPError as error:
            return _Refusal(
                f"could not be asked: {type(error).__name__}", again=isinstance(error, httpx.TransportError)
            )

    async def _read(self, response: httpx.Response) -> bytes | _Refusal:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._max_response_bytes:
                return _Refusal(f"answered with more than {self._max_response_bytes:,} bytes", again=False)
        return bytes(body)

    async def _request_headers(self) -> dict[str, str]:
        headers: Any = self._headers() if callable(self._headers) else self._headers
        if inspect.isawaitable(headers):
            headers = await headers
        found = {"Content-Type": "application/json", **(headers or {})}
        if self.namespace is not None:
            found.setdefault("X-Namespace", self.namespace)
        return found

    def _failed(self, method: str, reason: str) -> CodecError:
        return CodecError(f"the codec server {self.endpoint}/{method} {reason}")


class _Refusal:
    """Why a request brought no payloads, and whether the same may do so later."""

    __slots__ = ("again", "reason")

    def __init__(self, reason: str, again: bool) -> None:
        self.reason = reason
        self.again = again


class _Connections:
    """The HTTP client of the running event loop, made when it is first used, or the user's."""

    def __init__(self, given: httpx.AsyncClient | None) -> None:
        if find_spec("httpx") is None:
            raise ConfigurationError(
                'RemoteCodec needs the package httpx: pip install "temporal-asyncworker[remote-codec]"'
            )
        self._given = given
        self._made: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def client(self) -> httpx.AsyncClient:
        import httpx

        if self._given is not None:
            return self._given
        loop = asyncio.get_running_loop()
        if self._made is None or self._loop is not loop:
            # Connections belong to their loop.
            self._made = httpx.AsyncClient(follow_redirects=False)
            self._loop = loop
        return self._made

    async def aclose(self) -> None:
        made, self._made = self._made, None
        if made is not None and self._loop is asyncio.get_running_loop():
            await made.aclose()


def _check_endpoint(endpoint: str) -> None:
    url = urlsplit(endpoint)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError(f"endpoint must be the URL of a codec server, such as https://codec.example, got {endpoint!r}")
    if url.username or url.password:
        # Not the endpoint itself, which has a password.
        raise ValueError("endpoint must have no user and password: give the header Authorization with headers=")
    if url.query or url.fragment:
        raise ValueError(f"endpoint must have no query and no fragment, got {endpoint!r}")
    if url.scheme == "http" and not _is_loopback(url.hostname):
        raise ValueError(f"endpoint must be https, as payloads would be sent in the clear: {endpoint!r}")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
