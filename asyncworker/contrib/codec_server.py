"""Serve a data converter's codec over HTTP, for Temporal's UI and CLI, and for workers with a ``RemoteCodec``.

::

    from asyncworker.contrib.codec_server import codec_server

    app = codec_server(converter, allowed_origins=["https://temporal.example"], authorize=may_read)

Without *authorize* the application decodes for everyone who can reach it: it is for loopback only. Run it with an ASGI
server, or with ``asyncworker codec-server module:converter``.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, NamedTuple

from .._safe_logger import get_logger
from ..converter import ActivitySerializationContext, DataConverter, Payload, PayloadCodec, payloads_size
from ..converter._stored import is_stored_elsewhere
from ..converter.codecs._payload_json import payloads_from_json, payloads_to_json
from ..exceptions import CodecError, ConverterError, StorageError

try:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.codec_server needs {_error.name}: pip install "temporal-asyncworker[codec-server]"',
        name=_error.name,
    ) from _error

__all__ = ["DEV_ORIGINS", "LOOPBACK_HOSTS", "codec_server"]

_logger = get_logger(__name__)

#: The origins of the UI of a dev server: a browser takes the two for different ones.
DEV_ORIGINS = ("http://localhost:8233", "http://127.0.0.1:8233")

#: The values of the header ``Host`` that are answered by default: others may be a page that resolves to this machine.
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

Authorize = Callable[[Request, str | None], bool | Awaitable[bool]]


def codec_server(
    codec: DataConverter | PayloadCodec | Sequence[PayloadCodec],
    *,
    allowed_origins: Sequence[str] = DEV_ORIGINS,
    allowed_hosts: Sequence[str] = LOOPBACK_HOSTS,
    authorize: Authorize | None = None,
    max_body_bytes: int = 16 * 1024 * 1024,
    max_download_bytes: int = 64 * 1024 * 1024,
    timeout: float = 30.0,
    body_timeout: float = 10.0,
) -> Starlette:
    """Return an ASGI application with ``POST /encode`` and ``POST /decode``, both also below ``/{namespace}``.

    Bodies are protobuf's JSON of payloads, as the Go SDK's codec server and Temporal's UI have them. The namespace is
    that of the path, or of the header ``X-Namespace``; a codec that takes a serialization context is given it.

    With a data converter that has an external storage, ``/encode`` stores what is large, ``/decode`` retrieves it
    unless ``?preserveStorageRefs=true`` asks for the references, and ``POST /download`` retrieves references, for
    people who ask for one in the UI. Only the converter's own drivers are asked. Such a server is not for a worker's
    ``RemoteCodec``. Without a storage, references are returned unchanged, and there is no ``/download``.

    Args:
        codec: The data converter whose codec and external storage are served, or the codec.
        allowed_origins: The web origins from which browsers may ask (CORS): those of Temporal's UI. Requests of other
            pages are answered with 403, unread. Credentials are allowed for these, so that ``"*"`` is refused.
        allowed_hosts: The host names under which the server is asked; ``*.example.com`` is a pattern.
        authorize: Called with the request and the namespace; what it returns, or the awaitable it returns has, says
            whether to go on. The answer is 403 if not. The UI passes its user's token in ``Authorization`` if it is
            set up so.
        max_body_bytes: Larger requests are answered with 413.
        max_download_bytes: What one request may retrieve from external storage, in bytes; more is answered with 413.
            One payload more than that is in memory meanwhile.
        timeout: Seconds for one request; then the answer is 503.
        body_timeout: Seconds that may pass without a further part of a request's body; then the answer is 408.

    How many connections there may be, and how long one may take to send a request's head, is for the ASGI server, or
    for the proxy before it. ``asyncworker codec-server`` holds 64 at most, and gives a head ten seconds.

    Raises:
        TypeError: *codec* is none, or the data converter has neither a codec nor an external storage.
        ValueError: An origin is ``"*"``, or a number is not positive.
    """
    if "*" in allowed_origins:
        raise ValueError('allowed_origins must name each origin: with "*" every web page could decode payloads')
    limits = _Limits(max_body_bytes, max_download_bytes, timeout, body_timeout)
    for name, value in limits._asdict().items():
        if value <= 0:
            raise ValueError(f"{name} must be positive, got {value!r}")
    converter = _converter(codec)
    service = _Service(converter, frozenset(allowed_origins), authorize, limits)
    methods = ("encode", "decode") if converter.external_storage is None else ("encode", "decode", "download")
    return Starlette(
        routes=[
            Route(f"{prefix}/{method}", service.endpoint(method), methods=["POST"])
            for prefix in ("", "/{namespace}")
            for method in methods
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False),
            Middleware(
                CORSMiddleware,
                allow_origins=list(allowed_origins),
                allow_methods=["POST"],
                allow_headers=["authorization", "authorization-extras", "content-type", "x-namespace"],
                allow_credentials=True,
            ),
        ],
    )


class _Refusal(Exception):
    """A request gets this answer instead of payloads."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class _Limits(NamedTuple):
    """Of one request: see :func:`codec_server`."""

    max_body_bytes: int
    max_download_bytes: int
    timeout: float
    body_timeout: float


class _Service:
    """What is behind the endpoints."""

    def __init__(
        self, converter: DataConverter, origins: Collection[str], authorize: Authorize | None, limits: _Limits
    ) -> None:
        self._converter = converter
        self._origins = origins
        self._authorize = authorize
        self._limits = limits

    def endpoint(self, method: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                async with asyncio.timeout(self._limits.timeout):
                    return Response(await self._answer(method, request), media_type="application/json")
            except _Refusal as refusal:
                return PlainTextResponse(refusal.reason, refusal.status)
            except TimeoutError:
                return PlainTextResponse(f"not done within {self._limits.timeout:g} s", 503)

        return answer

    async def _answer(self, method: str, request: Request) -> bytes:
        namespace = request.path_params.get("namespace") or request.headers.get("x-namespace")
        await self._check(request, namespace)
        try:
            payloads = payloads_from_json(await self._body(request))
        except ValueError as error:
            raise _Refusal(400, str(error)) from None
        if method == "download" and not all(map(is_stored_elsewhere, payloads)):
            raise _Refusal(400, "all payloads must be references to external storage")
        if request.query_params.get("preserveStorageRefs", "").lower() == "true" and method == "decode":
            method = "decode others"
        return payloads_to_json(await self._run(method, payloads, namespace))

    async def _check(self, request: Request, namespace: str | None) -> None:
        # CORS only keeps a page from reading the answer, and the codec would have been asked. Other programs have none.
        if request.headers.get("origin") not in (None, *self._origins):
            raise _Refusal(403, "this origin is not allowed: see allowed_origins, or --allow-origin of the command")
        if self._authorize is None:
            return
        try:
            allowed = self._authorize(request, namespace)
            if inspect.isawaitable(allowed):
                allowed = await allowed
        except Exception:
            # A check that fails lets no one in.
            _logger.exception("The authorize function of the codec server raised an error")
            raise _Refusal(500, "the authorization could not be checked") from None
        if not allowed:
            raise _Refusal(403, "not allowed")

    async def _body(self, request: Request) -> bytes:
        most, pause = self._limits.max_body_bytes, self._limits.body_timeout
        too_large = _Refusal(413, f"more than {most} bytes")
        if _announced_length(request) > most:
            raise too_large
        loop = asyncio.get_running_loop()
        body = bytearray()
        try:
            async with asyncio.timeout(pause) as wait:
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > most:
                        raise too_large
                    wait.reschedule(loop.time() + pause)
        except ClientDisconnect:
            raise _Refusal(400, "the request ended in its middle") from None
        except TimeoutError:
            raise _Refusal(408, f"no further part of the request's body came within {pause:g} s") from None
        return bytes(body)

    async def _run(self, method: str, payloads: list[Payload], namespace: str | None) -> list[Payload]:
        converter = self._converter
        if namespace is not None:
            converter = converter.with_context(ActivitySerializationContext(namespace=namespace))
        try:
            if method == "encode":
                return await converter.encode_payloads(payloads)
            if converter.external_storage is None:
                return await converter.decode_payloads(payloads)
            return await self._decode(converter, payloads, retrieves=method != "decode others")
        except _Refusal:
            raise
        except StorageError as error:
            # It may be back for the next try, which the UI makes then.
            raise _Refusal(502, str(error)) from None
        except (CodecError, ConverterError) as error:
            raise _Refusal(400, str(error)) from None
        except Exception as error:  # noqa: BLE001 - a codec may raise anything
            # Its text may have something of a payload, and so may its traceback.
            _logger.error("The codec could not %s: %s", method, type(error).__name__)
            raise _Refusal(400, f"the codec raised {type(error).__name__}") from None

    async def _decode(self, converter: DataConverter, payloads: list[Payload], *, retrieves: bool) -> list[Payload]:
        """Decode payloads, and references to external storage one by one, so that no request fills the memory."""
        others = [payload for payload in payloads if not is_stored_elsewhere(payload)]
        decoded = await converter.decode_payloads(others)
        if len(others) == len(payloads):
            return decoded
        if len(decoded) != len(others):
            raise _Refusal(400, "the codec changed the number of payloads, and there are references among them")
        left, rest, found = self._limits.max_download_bytes, iter(decoded), list[Payload]()
        for payload in payloads:
            if not is_stored_elsewhere(payload):
                found.append(next(rest))
            elif not retrieves:
                found.append(payload)
            else:
                retrieved = await converter.decode_payloads([payload])
                left -= payloads_size(retrieved)
                if left < 0:
                    raise _Refusal(413, f"more than {self._limits.max_download_bytes} bytes in external storage")
                found += retrieved
        return found


def _announced_length(request: Request) -> int:
    """Return the body's length as the head has it; 0 if it has none that can be read, which is for the server."""
    try:
        return int(request.headers.get("content-length", "0"))
    except ValueError:
        return 0


def _converter(codec: DataConverter | PayloadCodec | Sequence[PayloadCodec]) -> DataConverter:
    converter = codec if isinstance(codec, DataConverter) else DataConverter(payload_codec=_as_codec(codec))
    if converter.codec is None:
        raise TypeError("the data converter has no payload_codec and no external_storage that could be served")
    return converter


def _as_codec(codec: Any) -> Any:
    if isinstance(codec, type):
        raise TypeError(f"codec must be an instance, got the class {codec.__name__}")
    return codec
