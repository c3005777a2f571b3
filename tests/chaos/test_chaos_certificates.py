"""Certificates that are replaced while a worker runs; on a real network, as the simulated one has no TLS."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
import trustme

from asyncworker import Client, Worker, activity
from asyncworker._rpc._service import WorkflowService
from asyncworker._rpc._target import Target, TLSConfig
from asyncworker._rpc.http2._transport import Http2Transport

from .http2_server import Connection, Server
from .temporal import Temporal


@pytest.fixture
def anyio_backend() -> str:
    """The ordinary loop, in ordinary time."""
    return "asyncio"


class Issuer:
    """An authority, the server's certificate by it, and a client's in files."""

    def __init__(self, organization: str) -> None:
        self.authority = trustme.CA(organization_name=organization)
        self.server = self.authority.issue_cert("localhost")
        self.client = self.authority.issue_cert(f"worker@{organization}")

    def context(self) -> ssl.SSLContext:
        """For a server that lets in only whom this authority knows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2"])
        context.verify_mode = ssl.CERT_REQUIRED
        self.server.configure_cert(context)
        self.authority.configure_trust(context)
        return context

    def write(self, folder: Path) -> TLSConfig:
        """Write what a client needs, over what is there."""
        self.authority.cert_pem.write_to_path(folder / "ca.pem")
        self.client.cert_chain_pems[0].write_to_path(folder / "client.pem")
        self.client.private_key_pem.write_to_path(folder / "client.key")
        return TLSConfig(
            server_root_ca_cert=folder / "ca.pem",
            client_cert=folder / "client.pem",
            client_private_key=folder / "client.key",
            domain="localhost",
        )


def presented(connection: Connection) -> str:
    """Whom the client of a connection says it is."""
    ((_, name),) = connection.transport.get_extra_info("peercert")["subjectAltName"]
    return name


@asynccontextmanager
async def working(target: Target) -> AsyncIterator[None]:
    """Have a worker, whose activity is done in no time."""

    @activity.defn
    async def work(seconds: float, size: int) -> str:
        return ""

    client = Client(WorkflowService(Http2Transport(target), namespace="default"))
    async with client, Worker(client, task_queue="queue", activities=[work]):
        yield


async def done(temporal: Temporal) -> None:
    with anyio.fail_after(20):
        while not temporal.is_done:  # noqa: ASYNC110 - an event for each fact would say less
            await anyio.sleep(0.005)


async def test_the_next_connection_uses_the_new_ones(tmp_path):
    """Certificates are read anew for each connection: replacing the files is all there is to do."""
    old, new = Issuer("old"), Issuer("new")
    temporal = Temporal(heartbeat=None)
    server = Server(temporal)
    await server.listen("127.0.0.1", 0, ssl=old.context())
    port = server.port
    async with working(Target("127.0.0.1", port, tls=old.write(tmp_path))):
        temporal.schedule()
        await done(temporal)

        new.write(tmp_path)
        server.close()
        await server.listen("127.0.0.1", port, ssl=new.context())
        server.say_goodbye()
        temporal.schedule()
        await done(temporal)

        assert [presented(connection) for connection in server.connections] == ["worker@old", "worker@new"]
    server.close()


async def test_the_server_is_ahead(tmp_path):
    """A worker that is not let in for its old certificates goes on trying, and comes in with the new ones."""
    old, new = Issuer("old"), Issuer("new")
    temporal = Temporal(heartbeat=None)
    server = Server(temporal)
    await server.listen("127.0.0.1", 0, ssl=old.context())
    port = server.port
    failed = anyio.Event()
    async with working(Target("127.0.0.1", port, tls=old.write(tmp_path))):
        temporal.schedule()
        await done(temporal)

        server.crash()
        context = new.context()
        context.sni_callback = lambda *_: failed.set()
        await server.listen("127.0.0.1", port, ssl=context)
        temporal.schedule()
        with anyio.fail_after(20):
            await failed.wait()
        new.write(tmp_path)
        await done(temporal)

        assert presented(server.connections[-1]) == "worker@new"
    server.close()
