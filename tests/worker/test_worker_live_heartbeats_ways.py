"""Heartbeats beside a blocked loop take the client's own way: TLS, client certificate, proxy, API key."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import anyio
import pytest
import trustme
from worker_helpers import QUEUE, until

from asyncworker import Client, Worker, activity
from asyncworker.client import HttpConnectProxy, TLSConfig
from asyncworker.testing import FakeTemporal
from asyncworker.worker.health import _live_heartbeats

HEARTBEAT = "RecordActivityTaskHeartbeat"
CA = trustme.CA()
SERVER = CA.issue_cert("127.0.0.1", "localhost")
CLIENT = CA.issue_cert("worker@example.org")


def pem(cert: trustme.LeafCert) -> bytes:
    return b"".join(blob.bytes() for blob in cert.cert_chain_pems)


def server_context(*, client_certificates: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    SERVER.configure_cert(context)
    context.set_alpn_protocols(["h2"])
    if client_certificates:
        CA.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


class FarSide:
    """A server, what is before it, and a proxy; on an event loop of another thread, which no test blocks."""

    def __init__(self, *, tls: bool, client_certificates: bool) -> None:
        self._context = server_context(client_certificates=client_certificates) if tls else None
        self._has_ended = threading.Event()
        self.connections = 0
        self.tunnels: list[str] = []

    @contextmanager
    def running(self) -> Iterator[FarSide]:
        has_begun = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._run(has_begun)))
        thread.start()
        try:
            assert has_begun.wait(10)
            yield self
        finally:
            self._has_ended.set()
            thread.join()

    async def _run(self, has_begun: threading.Event) -> None:
        async with AsyncExitStack() as stack:
            self.temporal = await stack.enter_async_context(
                FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True})
            )
            self.port = await stack.enter_async_context(self._listening(self._serve, self._context))
            self.proxy_port = await stack.enter_async_context(self._listening(self._tunnel, None))
            self.loop = asyncio.get_running_loop()
            has_begun.set()
            await asyncio.to_thread(self._has_ended.wait)

    @asynccontextmanager
    async def _listening(self, serve: Any, context: ssl.SSLContext | None) -> AsyncIterator[int]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await self._connect(self.temporal.target, reader, writer)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.tunnels.append(head.decode())
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await self._connect(head.split()[1].decode(), reader, writer)

    @staticmethod
    async def _connect(address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = address.rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    def add_task(self, name: str, **options: Any) -> None:
        async def add() -> None:
            self.temporal.add_task(name, task_queue=QUEUE, start_to_close_timeout=60, **options)

        asyncio.run_coroutine_threadsafe(add(), self.loop).result(10)

    @property
    def heartbeats(self) -> list[Any]:
        return [call for call in self.temporal.calls if call.method == HEARTBEAT]


@pytest.mark.parametrize(
    ("security", "through_proxy", "transport"),
    [
        ("plaintext", False, "default"),
        ("plaintext", True, "default"),
        ("tls", False, "default"),
        ("tls", True, "default"),
        ("mutual tls", False, "default"),
        ("mutual tls", True, "default"),
        # Which has no proxies.
        ("mutual tls", False, "grpclib"),
    ],
)
async def test_live_heartbeats_go_the_way_of_the_clients_calls(security, through_proxy, transport):
    """Over a connection of their own, which the server and the proxy accept as they do the client's."""
    # Heartbeats, connections and tunnels until then.
    blocked_since: list[tuple[int, int, int]] = []
    seen: list[int] = []

    @activity.defn
    async def neighbour() -> None:
        activity.heartbeat("once")
        while not seen:  # noqa: ASYNC110 - what it waits for blocks the loop
            await asyncio.sleep(0.01)

    @activity.defn
    async def blocks() -> None:
        heartbeats = len(far_side.heartbeats)
        blocked_since.append((heartbeats, far_side.connections, len(far_side.tunnels)))
        until_at = time.monotonic() + 20
        while len(far_side.heartbeats) < heartbeats + 2 and time.monotonic() < until_at:
            time.sleep(0.01)  # noqa: ASYNC251 - what the test is about
        seen.append(len(far_side.heartbeats))

    is_mutual = security == "mutual tls"
    with FarSide(tls=security != "plaintext", client_certificates=is_mutual).running() as far_side:
        tls: TLSConfig | bool = False
        if security != "plaintext":
            tls = TLSConfig(
                server_root_ca_cert=CA.cert_pem.bytes(),
                client_cert=pem(CLIENT) if is_mutual else None,
                client_private_key=CLIENT.private_key_pem.bytes() if is_mutual else None,
            )
        proxy = HttpConnectProxy("127.0.0.1", far_side.proxy_port, basic_auth=("user", "word"))
        client = await Client.connect(
            f"127.0.0.1:{far_side.port}",
            tls=tls,
            api_key="first",
            rpc_metadata={"tenant": "7"},
            http_connect_proxy=proxy if through_proxy else None,
            transport=transport,
        )
        async with client, Worker(client, task_queue=QUEUE, activities=[neighbour, blocks]):
            far_side.add_task("neighbour", heartbeat_timeout=1)
            await until(lambda: len(far_side.heartbeats) == 1)
            client.api_key = "second"
            far_side.add_task("blocks")
            await until(lambda: bool(seen))

        ((since, connections, tunnels),) = blocked_since
        live = far_side.heartbeats[since : seen[0]]
        assert len(live) >= 2
        assert {(call.metadata["authorization"], call.metadata["tenant"]) for call in live} == {("Bearer second", "7")}
        assert far_side.connections > connections
        assert (len(far_side.tunnels) > tunnels) == through_proxy
        for head in far_side.tunnels:
            assert head.startswith(f"CONNECT 127.0.0.1:{far_side.port} HTTP/1.1")
            assert "Proxy-Authorization: Basic" in head


async def test_an_error_in_live_heartbeats_costs_a_line(monkeypatch, caplog):
    """The watchdog's thread begins anew, and the event loop goes on with its own when it is free."""
    decide, failures, counts = _live_heartbeats.next_due, [KeyError("due")], []

    def broken(sent_at: float, timeout: float, *, has_arrived: bool) -> float:
        if failures:
            raise failures.pop()
        return decide(sent_at, timeout, has_arrived=has_arrived)

    monkeypatch.setattr(_live_heartbeats, "next_due", broken)

    @activity.defn
    async def neighbour() -> None:
        while len(counts) < 2 or len(far_side.heartbeats) <= counts[1]:
            activity.heartbeat()
            await asyncio.sleep(0.01)

    @activity.defn
    async def blocks() -> None:
        counts.append(len(far_side.heartbeats))
        until_at = time.monotonic() + 20
        while len(far_side.heartbeats) < counts[0] + 2 and time.monotonic() < until_at:
            time.sleep(0.01)  # noqa: ASYNC251 - what the test is about
        counts.append(len(far_side.heartbeats))

    with FarSide(tls=False, client_certificates=False).running() as far_side:
        client = await Client.connect(f"127.0.0.1:{far_side.port}")
        async with client, Worker(client, task_queue=QUEUE, activities=[neighbour, blocks]) as worker:
            far_side.add_task("neighbour", heartbeat_timeout=1)
            await until(lambda: len(far_side.heartbeats) > 0)
            far_side.add_task("blocks")
            with anyio.fail_after(30):
                while len(counts) < 2 or worker.slots_used:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0.01)

    assert counts[1] >= counts[0] + 2
    assert failures == []
    assert "the event loop's watchdog goes on after an error" in caplog.text
