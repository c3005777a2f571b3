"""Servers that the transports are held to, on bytes: one by grpclib, one by grpcio, in plaintext and with TLS."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

import anyio
import grpc
import trustme
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.server import Server

from asyncworker._rpc._grpclib import BytesCodec, BytesDetailsCodec
from asyncworker._rpc._target import Target, TLSConfig

ECHO, SIZE, FAIL, HANG, TELL = (f"/test.Service/{name}" for name in ("Echo", "Size", "Fail", "Hang", "Tell"))

CA = trustme.CA()


def pem(blobs) -> bytes:
    return b"".join(blob.bytes() for blob in blobs)


CA_PEM = CA.cert_pem.bytes()
SERVER_CERT = CA.issue_cert("localhost", "127.0.0.1", "::1")
CERT_PEM = pem(SERVER_CERT.cert_chain_pems)
KEY_PEM = SERVER_CERT.private_key_pem.bytes()
CLIENT_CERT = CA.issue_cert("worker@example.org")
CLIENT_CERT_PEM = pem(CLIENT_CERT.cert_chain_pems)
CLIENT_KEY_PEM = CLIENT_CERT.private_key_pem.bytes()


def server_context(*, client_certificates=False, alpn=("h2",)) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    SERVER_CERT.configure_cert(context)
    context.set_alpn_protocols(list(alpn))
    if client_certificates:
        CA.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def until(fact) -> None:
    """Wait for something that shows in another thread, or in another program."""
    # As long as a busy machine may take, within the time of a test.
    with anyio.fail_after(30):
        while not fact():  # noqa: ASYNC110 - no event crosses from there
            await anyio.sleep(0.002)


class FarEnd:
    """What both servers do, what they saw, and what they wait for."""

    def __init__(self, *, tls: bool) -> None:
        self.tls = tls
        self.port = 0
        self.hanging = 0
        self.abandoned = 0
        self.timeouts: list[float | None] = []

    def target(self, **options) -> Target:
        options.setdefault("tls", TLSConfig(server_root_ca_cert=CA_PEM) if self.tls else None)
        return Target("127.0.0.1", self.port, **options)


@asynccontextmanager
async def tls_before(host, port):
    """A port with TLS, for a server that has none."""

    async def serve(reader, writer):
        far_reader, far_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_context())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _pump(reader, writer):
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def tell(metadata) -> bytes:
    """The metadata of a call, as JSON."""
    return json.dumps(
        [(key, value.hex() if isinstance(value, bytes) else value) for key, value in metadata], sort_keys=True
    ).encode()


class CuttingServer(Server):
    """grpclib's server, which leaves connections open when it is closed; this one is able to cut them."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.connections = []

    def _protocol_factory(self):
        protocol = super()._protocol_factory()
        connection_made = protocol.connection_made

        def remember(transport):
            self.connections.append(transport)
            connection_made(transport)

        protocol.connection_made = remember
        return protocol

    def cut(self):
        for connection in self.connections:
            connection.abort()


class GrpclibFarEnd(FarEnd):
    def __mapping__(self):
        handlers = {ECHO: self.echo, SIZE: self.size, FAIL: self.fail, HANG: self.hang, TELL: self.tell}
        return {path: Handler(handler, Cardinality.UNARY_UNARY, bytes, bytes) for path, handler in handlers.items()}

    @asynccontextmanager
    async def running(self):
        self.released = asyncio.Event()
        server = CuttingServer([self], codec=BytesCodec(), status_details_codec=BytesDetailsCodec())
        await server.start("127.0.0.1", self.port, ssl=server_context() if self.tls else None)
        self.port = server._server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            server.cut()
            await server.wait_closed()

    def release(self):
        self.released.set()

    async def echo(self, stream):
        await stream.send_message(await stream.recv_message())

    async def size(self, stream):
        await stream.send_message(bytes(int(await stream.recv_message())))

    async def fail(self, stream):
        order = json.loads(await stream.recv_message())
        details = bytes.fromhex(order["details"])
        raise GRPCError(Status(order["code"]), order["message"], details or None)

    async def hang(self, stream):
        request = await stream.recv_message()
        self.timeouts.append(None if stream.deadline is None else stream.deadline.time_remaining())
        self.hanging += 1
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.abandoned += 1
            raise
        await stream.send_message(request)

    async def tell(self, stream):
        await stream.recv_message()
        await stream.send_initial_metadata(metadata={"large": "x" * 5000})
        await stream.send_message(tell(stream.metadata.items()))


class GrpcioFarEnd(FarEnd, grpc.GenericRpcHandler):
    options: tuple[tuple[str, int], ...] = ()
    compression: grpc.Compression | None = None

    def service(self, call_details):
        handlers = {ECHO: self.echo, SIZE: self.size, FAIL: self.fail, HANG: self.hang, TELL: self.tell}
        handler = handlers.get(call_details.method)
        return None if handler is None else grpc.unary_unary_rpc_method_handler(handler)

    @asynccontextmanager
    async def running(self):
        self.released = threading.Event()
        # Of two options of one name the first counts.
        options = [*self.options, ("grpc.max_receive_message_length", -1), ("grpc.max_metadata_size", 1 << 20)]
        with ThreadPoolExecutor(20) as threads:
            server = grpc.server(threads, handlers=[self], options=options, compression=self.compression)
            address = f"127.0.0.1:{self.port}"
            if self.tls:
                credentials = grpc.ssl_server_credentials([(KEY_PEM, CERT_PEM)])
                self.port = server.add_secure_port(address, credentials)
            else:
                self.port = server.add_insecure_port(address)
            server.start()
            try:
                yield self
            finally:
                stopping = server.stop(0)
                await until(stopping.is_set)
                self.released.set()

    def release(self):
        self.released.set()

    def echo(self, request, context):
        return request

    def size(self, request, context):
        return bytes(int(request))

    def fail(self, request, context):
        order = json.loads(request)
        if order["details"]:
            context.set_trailing_metadata((("grpc-status-details-bin", bytes.fromhex(order["details"])),))
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[order["code"]], order["message"])

    def hang(self, request, context):
        self.timeouts.append(context.time_remaining())
        is_over = threading.Event()
        context.add_callback(is_over.set)
        self.hanging += 1
        while not self.released.wait(0.005):
            if is_over.is_set():
                self.abandoned += 1
                break
        return request

    def tell(self, request, context):
        context.send_initial_metadata((("large", "x" * 5000),))
        return tell(context.invocation_metadata())


KINDS = {"grpclib": GrpclibFarEnd, "grpcio": GrpcioFarEnd}
