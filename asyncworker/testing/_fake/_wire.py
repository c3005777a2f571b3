"""Serve the calls, which are functions, through grpclib's handlers."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.protocol import H2Protocol
from grpclib.server import Server, Stream

from ..._rpc._grpclib import BytesCodec, BytesDetailsCodec
from ..._rpc._methods import Method
from ..._wire import decode, encode
from ...exceptions import RPCStatusCode
from ._call import Handlers, Holders, Incoming
from ._faults import Faults
from ._refusal import Refusal

#: The largest message that the server accepts, in bytes.
MAX_MESSAGE = 4 << 20


class Wire:
    """The service as grpclib serves it."""

    def __init__(
        self, handlers: Handlers, holders: Holders, faults: Faults, record: Callable[[Incoming], None]
    ) -> None:
        self._handlers = handlers
        self._holders = holders
        self._faults = faults
        self._record = record

    @property
    def methods(self) -> Sequence[Method[Any, Any]]:
        """The methods that there are."""
        return (*self._handlers, *self._holders)

    def __mapping__(self) -> dict[str, Handler]:
        return {
            method.path: Handler(self._serve(method), Cardinality.UNARY_UNARY, bytes, bytes) for method in self.methods
        }

    def _serve(self, method: Method[Any, Any]) -> Callable[[Stream[bytes, bytes]], Any]:
        async def serve(stream: Stream[bytes, bytes]) -> None:
            data = await stream.recv_message() or b""
            remaining = None if stream.deadline is None else stream.deadline.time_remaining()
            try:
                await stream.send_message(await self.respond(method, data, dict(stream.metadata or {}), remaining))
            except Refusal as refusal:
                raise GRPCError(Status(int(refusal.status)), refusal.message, refusal.encode()) from None

        return serve

    async def respond(
        self, method: Method[Any, Any], data: bytes, metadata: Mapping[str, str | bytes], remaining: float | None
    ) -> bytes:
        """Serve a call.

        Args:
            method: What is called.
            data: The request, encoded.
            metadata: Of the call; keys are lower-case.
            remaining: Seconds until its deadline; ``None`` for none.

        Raises:
            Refusal: The server's error.
        """
        if len(data) > MAX_MESSAGE:
            message = f"grpc: received message larger than max ({len(data)} vs. {MAX_MESSAGE})"
            raise Refusal(message, RPCStatusCode.RESOURCE_EXHAUSTED)
        call = Incoming(method.name, decode(method.request, data), metadata=metadata, remaining=remaining)
        self._record(call)
        fault = await self._faults.before(method.name)
        response = await self._call(method, call)
        if fault is not None:
            raise fault.refusal
        return encode(response)

    async def _call(self, method: Method[Any, Any], call: Incoming) -> Any:
        if method in self._handlers:
            return self._handlers[method](call.request)
        return await self._holders[method](call.request, call)


class _Mapping(dict[str, Handler]):
    """Handlers by path; for any other path the one for unknown methods."""

    def get(self, path: str, default: Any = None) -> Any:  # noqa: ARG002
        # grpclib's own response has no content-type, which some clients do not accept as gRPC.
        return self[path] if path in self else Handler(_unimplemented, Cardinality.UNARY_UNARY, bytes, bytes)


async def _unimplemented(stream: Stream[bytes, bytes]) -> None:
    await stream.recv_message()
    _, service, method = stream._method_name.split("/")
    raise GRPCError(Status.UNIMPLEMENTED, f"unknown method {method} for service {service}")


class Listener(Server):
    """A server that knows its connections, so that they can be cut."""

    def __init__(self, wire: Wire) -> None:
        super().__init__([wire], codec=BytesCodec(), status_details_codec=BytesDetailsCodec())
        self._mapping = _Mapping(self._mapping)
        self._protocols: list[H2Protocol] = []

    def _protocol_factory(self) -> H2Protocol:
        protocol = super()._protocol_factory()
        self._protocols.append(protocol)
        return protocol

    async def listen(self) -> int:
        """Begin to listen on a free loopback port, and return it."""
        listening = socket.create_server(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        await self.start(sock=listening)
        return port

    def cut_connections(self) -> None:
        """End every connection at once, whatever is under way."""
        protocols, self._protocols = self._protocols, []
        for protocol in protocols:
            if hasattr(protocol, "connection") and not protocol.connection.is_closing():
                protocol.connection._transport.abort()
