from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest
import trustme
from far_ends import CA, CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM, server_context, until
from http2_peer import PATH
from scripted_server import ScriptedServer

from asyncworker._rpc._dial import _connect_to, check_connect_response, connect_request, interleave
from asyncworker._rpc._grpclib import GrpclibTransport
from asyncworker._rpc._target import HttpConnectProxy, Target, TLSConfig
from asyncworker._rpc.http2._transport import Http2Transport
from asyncworker.exceptions import RPCError, RPCStatusCode

TRUSTING = TLSConfig(server_root_ca_cert=CA_PEM)


async def exchange(target, **options):
    """One call to a target, on a transport of its own."""
    transport = Http2Transport(target)
    try:
        return await transport.unary(PATH, b"request", timeout=5.0, **options)
    finally:
        await transport.close()


async def refusal(target) -> str:
    with pytest.raises(RPCError) as caught:
        await exchange(target)
    assert caught.value.status is RPCStatusCode.UNAVAILABLE
    return caught.value.message


# TLS


async def test_a_trusted_tls_server_is_reached():
    """A server with a certificate that is trusted gets the call, with https as its scheme."""
    server = ScriptedServer()
    async with server.listening(ssl=server_context()):
        assert await exchange(server.target(tls=TRUSTING)) == b"request"
        assert await exchange(Target("localhost", server.port, tls=TRUSTING)) == b"request"


async def test_an_untrusted_certificate_is_refused():
    """A certificate of an authority that is not trusted ends the attempt."""
    server = ScriptedServer()
    async with server.listening(ssl=server_context()):
        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(server.target(tls=TLSConfig()))


async def test_a_certificate_for_another_name_is_refused():
    """A certificate for another name ends the attempt; the name to verify may be given."""
    server = ScriptedServer()
    async with server.listening(ssl=server_context()):
        wrong = server.target(tls=TLSConfig(server_root_ca_cert=CA_PEM, domain="example.org"))
        right = server.target(tls=TLSConfig(server_root_ca_cert=CA_PEM, domain="localhost"))

        assert "CERTIFICATE_VERIFY_FAILED" in await refusal(wrong)
        assert await exchange(right) == b"request"


@pytest.mark.parametrize("make", [Http2Transport, GrpclibTransport.to], ids=["default", "grpclib"])
async def test_a_certificate_with_a_common_name_only_is_refused(make):
    """A certificate whose alternative names are no host's is for no host, whatever its subject says."""
    context = server_context()
    CA.issue_cert("worker@example.org", common_name="localhost").configure_cert(context)
    server = ScriptedServer()
    async with server.listening(ssl=context):
        transport = make(Target("localhost", server.port, tls=TRUSTING))
        with pytest.raises(RPCError, match=r"CERTIFICATE_VERIFY_FAILED.* not valid for 'localhost'"):
            await transport.unary(PATH, b"", timeout=5.0)
        await transport.close()


async def test_verification_can_be_turned_off():
    """Verification can be turned off."""
    server = ScriptedServer()
    async with server.listening(ssl=server_context()):
        assert await exchange(server.target(tls=TLSConfig(disable_host_verification=True))) == b"request"


async def test_a_client_certificate_is_presented():
    """A server that wants a certificate gets ours, and accepts no connection without one."""
    server = ScriptedServer()
    mutual = TLSConfig(server_root_ca_cert=CA_PEM, client_cert=CLIENT_CERT_PEM, client_private_key=CLIENT_KEY_PEM)
    async with server.listening(ssl=server_context(client_certificates=True)):
        assert await exchange(server.target(tls=mutual)) == b"request"
        await refusal(server.target(tls=TRUSTING))


async def test_a_server_without_alpn_is_refused():
    """A server that does not agree to HTTP/2 is not spoken to."""
    server = ScriptedServer()
    async with server.listening(ssl=server_context(alpn=())):
        assert "did not agree to HTTP/2" in await refusal(server.target(tls=TRUSTING))


async def test_tls_to_a_plaintext_server_is_unavailable():
    """TLS to a server without it is UNAVAILABLE."""
    server = ScriptedServer()
    async with server.listening():
        await refusal(server.target(tls=TRUSTING))


async def test_certificates_are_read_again(tmp_path):
    """Certificate files that were replaced are used from the next connection on."""
    files = {name: tmp_path / name for name in ("ca", "cert", "key")}
    other = trustme.CA()
    stranger = other.issue_cert("worker@example.org")
    files["ca"].write_bytes(CA_PEM)
    files["cert"].write_bytes(b"".join(blob.bytes() for blob in stranger.cert_chain_pems))
    files["key"].write_bytes(stranger.private_key_pem.bytes())
    tls = TLSConfig(server_root_ca_cert=files["ca"], client_cert=files["cert"], client_private_key=files["key"])
    server = ScriptedServer()
    async with server.listening(ssl=server_context(client_certificates=True)):
        transport = Http2Transport(server.target(tls=tls))
        with pytest.raises(RPCError):
            await transport.unary(PATH, b"", timeout=5.0)

        renewed = CA.issue_cert("worker@example.org")
        files["cert"].write_bytes(b"".join(blob.bytes() for blob in renewed.cert_chain_pems))
        files["key"].write_bytes(renewed.private_key_pem.bytes())

        assert await transport.unary(PATH, b"renewed", timeout=5.0) == b"renewed"
        await transport.close()


async def test_a_missing_certificate_file_is_named(tmp_path):
    """A certificate file that is not there makes calls UNAVAILABLE, and is named."""
    path = tmp_path / "none.pem"

    assert str(path) in await refusal(Target("127.0.0.1", 1, tls=TLSConfig(server_root_ca_cert=path)))


# Sockets


async def test_tcp_nodelay_is_set():
    """Small writes leave at once."""
    server = ScriptedServer()
    async with server.listening():
        transport = Http2Transport(server.target())
        await transport.unary(PATH, b"", timeout=5.0)
        sock = transport._pool.current._transport.get_extra_info("socket")

        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        await transport.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
async def test_an_ipv6_address_is_connected_to():
    """A literal IPv6 address is connected to."""
    server = ScriptedServer()
    try:
        async with server.listening(host="::1"):
            assert await exchange(Target("::1", server.port)) == b"request"
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


@contextmanager
def deaf_address():
    """An address where connections are neither accepted nor refused."""
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            # What fills its queue.
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(deaf.getsockname())
        yield deaf.getsockname()


@pytest.fixture
def name(monkeypatch):
    """A name, and the addresses it stands for."""
    addresses = []

    def getaddrinfo(host, *args, **options):
        if host != "name.test":
            return resolve(host, *args, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return addresses


@pytest.mark.parametrize("has_proxy", [False, True], ids=["direct", "proxy"])
async def test_the_next_address_is_tried_when_one_does_not_answer(name, has_proxy):
    """A name is reached at the next of its addresses when the first does not answer, a proxy's as well."""
    server, proxy = ScriptedServer(), Proxy()
    async with server.listening(), proxy.listening():
        with deaf_address() as deaf:
            name += [deaf, ("127.0.0.1", proxy.port if has_proxy else server.port)]
            target = behind_name(server, connect_timeout=2.0) if has_proxy else Target("name.test", 1)

            assert await exchange(target) == b"request"


def test_address_families_are_interleaved():
    """Addresses keep their order within a family, and families alternate, the first one first."""
    v4, v6 = [[(family, 1, 6, "", (str(n), 1)) for n in range(3)] for family in (socket.AF_INET, socket.AF_INET6)]

    assert interleave([*v6, *v4[:2]]) == [v6[0], v4[0], v6[1], v4[1], v6[2]]


async def test_the_next_address_is_tried_when_one_refuses(name, free_tcp_port):
    """The next of a name's addresses is tried at once when one refuses."""
    server, proxy = ScriptedServer(), Proxy()
    async with server.listening(), proxy.listening():
        name += [("127.0.0.1", free_tcp_port), ("127.0.0.1", proxy.port)]

        assert await exchange(behind_name(server, connect_timeout=0.2)) == b"request"


async def test_a_name_without_addresses_is_unavailable(name):
    """A name that stands for nothing is UNAVAILABLE."""
    assert "name.test has no address" in await refusal(behind_name(ScriptedServer(port=1)))


async def test_attempts_that_lose_the_race_are_ended(name):
    """Of the addresses that were tried at the same time one is used, and the others are left."""
    server, proxy, other = ScriptedServer(), Proxy(), Proxy()
    async with server.listening(), proxy.listening(), other.listening():
        with deaf_address() as deaf:
            name += [deaf, deaf, ("127.0.0.1", proxy.port), ("127.0.0.1", other.port)]

            assert await exchange(behind_name(server)) == b"request"
            assert not other.asked
            await until(lambda: not any("_connect_to" in repr(task) for task in asyncio.all_tasks()))


async def test_a_connect_timeout_leaves_no_socket_and_no_task(name):
    """An attempt that is given up leaves no socket and no task."""
    with deaf_address() as deaf:
        name += [deaf, deaf]
        before = asyncio.all_tasks()

        message = await refusal(behind_name(ScriptedServer(port=1), connect_timeout=0.4))
        assert "no answer within 0.4 s" in message
        await until(lambda: asyncio.all_tasks() == before)


@pytest.mark.parametrize("make", [Http2Transport, GrpclibTransport.to], ids=["default", "grpclib"])
async def test_a_hanging_look_up_times_out_and_can_be_repeated(monkeypatch, make):
    """A look-up that hangs is given up in time, holds up no other, and can be tried again."""
    resolve, released = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host, *args, **options):
        if host == "hangs.test" and options.get("flags", 0) != socket.AI_NUMERICHOST:
            released.wait(30)
        return resolve("127.0.0.1" if host == "hangs.test" and released.is_set() else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    server = ScriptedServer()
    async with server.listening():
        transport = make(Target("hangs.test", server.port, connect_timeout=0.1))
        with pytest.raises(RPCError, match=r"within 0\.1 s") as caught:
            await transport.unary(PATH, b"", timeout=10.0)
        assert caught.value.status is RPCStatusCode.UNAVAILABLE
        assert await exchange(Target("localhost", server.port)) == b"request"

        released.set()
        assert await transport.unary(PATH, b"again", timeout=10.0) == b"again"
        await transport.close()


def behind_name(server, **options):
    """The server, through a proxy that is known by its name."""
    return server.target(http_connect_proxy=HttpConnectProxy("name.test", 1), **options)


# Proxies


class Proxy:
    """An HTTP proxy that tunnels, or answers what it is told to."""

    def __init__(self, answer=b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"):
        self.answer = answer
        self.asked = []
        self.port = 0

    @asynccontextmanager
    async def listening(self):
        tasks = set()

        def accepted(reader, writer):
            task = asyncio.create_task(self.serve(reader, writer))
            tasks.add(task)

        server = await asyncio.start_server(accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def serve(self, reader, writer):
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(asked)
            host, _, port = asked.split()[1].decode().rpartition(":")
            if self.answer[9:10] != b"2":
                writer.write(self.answer)
                await writer.drain()
                return
            far_reader, far_writer = await asyncio.open_connection(host.strip("[]"), int(port))
            # Together with what the server says first: none of it may get lost.
            writer.write(self.answer + await far_reader.read(0))
            try:
                await asyncio.gather(self.pipe(reader, far_writer), self.pipe(far_reader, writer))
            finally:
                far_writer.close()
        finally:
            writer.close()

    async def pipe(self, reader, writer):
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()


@pytest.mark.parametrize("tls", [None, TRUSTING], ids=["plaintext", "tls"])
async def test_a_target_is_reached_through_a_proxy(tls):
    """A target behind a proxy is reached through its tunnel."""
    server, proxy = ScriptedServer(), Proxy()
    async with server.listening(ssl=tls and server_context()), proxy.listening():
        via = HttpConnectProxy("127.0.0.1", proxy.port, basic_auth=("user", "pass:word"))

        assert await exchange(server.target(tls=tls, http_connect_proxy=via)) == b"request"

    address = f"127.0.0.1:{server.port}"
    assert proxy.asked == [
        f"CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n"
        "Proxy-Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n\r\n".encode()
    ]


async def test_the_error_of_a_proxy_is_shown():
    """What a proxy answers instead of a tunnel is in the error."""
    proxy = Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    async with proxy.listening():
        via = HttpConnectProxy("127.0.0.1", proxy.port)

        assert "407 Proxy Authentication Required" in await refusal(Target("example.org", 7233, http_connect_proxy=via))


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400", b"HTTP/1.1 400 x\r\n" + b"y" * 20_000])
async def test_a_proxy_response_without_end_is_refused(answer):
    """A proxy whose answer never ends is given up."""
    proxy = Proxy(answer)
    async with proxy.listening():
        via = HttpConnectProxy("127.0.0.1", proxy.port)

        assert "no complete answer" in await refusal(Target("example.org", 7233, http_connect_proxy=via))


async def test_an_unreachable_proxy_is_named(free_tcp_port):
    """A proxy that cannot be reached is named."""
    via = HttpConnectProxy("127.0.0.1", free_tcp_port)

    message = await refusal(Target("example.org", 7233, http_connect_proxy=via))

    assert f"proxy 127.0.0.1:{free_tcp_port} cannot be reached" in message


async def test_a_silent_proxy_times_out():
    """A proxy that says nothing is given up in time, and left."""
    proxy = ScriptedServer(greets=False)
    async with proxy.listening():
        via = HttpConnectProxy("127.0.0.1", proxy.port)

        await refusal(Target("example.org", 7233, http_connect_proxy=via, connect_timeout=0.05))
        await until(lambda: proxy.connections[0].is_lost)


def test_a_connect_request_has_credentials_if_given():
    """A tunnel is asked for with the target's address, and credentials only where there are some."""
    assert (
        connect_request("[::1]:7233", HttpConnectProxy("p", 1))
        == b"CONNECT [::1]:7233 HTTP/1.1\r\nHost: [::1]:7233\r\n\r\n"
    )


@pytest.mark.parametrize("answer", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 204\r\n\r\n"])
def test_any_2xx_opens_the_tunnel(answer):
    """Any 2xx opens the tunnel."""
    check_connect_response(answer, HttpConnectProxy("p", 1))


@pytest.mark.parametrize("answer", [b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"\r\n\r\n"])
def test_any_other_response_opens_no_tunnel(answer):
    """Anything else does not."""
    with pytest.raises(ConnectionError, match="proxy p:1 opens no tunnel"):
        check_connect_response(answer, HttpConnectProxy("p", 1))


def test_an_address_that_cannot_be_reached_is_named_on_uvloop():
    """What the system refuses at once, without a packet, is the same error as what it refuses later."""
    loop = pytest.importorskip("uvloop").new_event_loop()
    try:
        with pytest.raises(OSError, match=r"Connect call failed \('255\.255\.255\.255', 1\)"):
            loop.run_until_complete(
                _connect_to(loop, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("255.255.255.255", 1)))
            )
    finally:
        loop.close()
