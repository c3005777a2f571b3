from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
from far_end import FarEnd, refusal

from asyncworker._proto.temporal.api.workflowservice.v1 import GetSystemInfoResponse
from asyncworker.client import Client, TLSConfig
from asyncworker.exceptions import ConfigurationError, RPCError, RPCStatusCode
from asyncworker.testing import FakeTemporal


@asynccontextmanager
async def listener(tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """An address with a listener that speaks no HTTP/2."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture(params=["default", "grpclib"])
def transport(request):
    """Each of the transports there are."""
    return request.param


def sent(far_end: FarEnd) -> dict[str, str | bytes]:
    return dict(far_end.metadata[-1])


# Settings


@pytest.mark.parametrize("limit", ["connections", "max_receive_bytes", "max_decoded_bytes"])
async def test_a_limit_below_one_is_refused(limit):
    """What would let nothing through is an error that names it."""
    with pytest.raises(ValueError, match=f"{limit} must be at least 1, got 0"):
        await Client.connect("127.0.0.1:1", lazy=True, **{limit: 0})


@pytest.mark.parametrize("limit", ["max_receive_bytes", "max_decoded_bytes"])
async def test_limits_of_responses_are_the_callers_to_set(transport, limit):
    """A response above the client's own limit is refused, whatever carries it, and one below it is not."""
    async with FakeTemporal() as temporal:
        async with await Client.connect(temporal.target, transport=transport, **{limit: 1000}) as client:
            assert client.namespace == "default"
        with pytest.raises(RPCError, match="received message") as caught:
            await Client.connect(temporal.target, transport=transport, **{limit: 1})

    assert caught.value.status is RPCStatusCode.RESOURCE_EXHAUSTED


async def test_arguments_win_over_the_environment(far_end, monkeypatch):
    """What is given in the call counts, what is not is read from ``TEMPORAL_*``."""
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "elsewhere")
    monkeypatch.setenv("TEMPORAL_API_KEY", "from-the-environment")
    monkeypatch.setenv("TEMPORAL_GRPC_META_TENANT", "7")

    client = await Client.connect(
        namespace="space", rpc_metadata={"color": "red", "trace-bin": b"\0"}, identity="me", transport=far_end
    )

    assert (client.namespace, client.identity) == ("space", "me")
    assert sent(far_end) | {"client-version": ""} == {
        "client-name": "asyncworker",
        "client-version": "",
        "temporal-namespace": "space",
        "authorization": "Bearer from-the-environment",
        "tenant": "7",
        "color": "red",
        "trace-bin": b"\0",
    }


async def test_a_client_without_settings_is_of_this_process_in_the_default_namespace(far_end):
    """Nothing given is the default namespace, and this process on this host."""
    client = await Client.connect(transport=far_end)

    assert client.namespace == "default"
    assert client.identity.startswith(f"{os.getpid()}@")
    assert client.api_key is None
    assert client.rpc_metadata == {}


async def test_a_wrong_setting_is_told_before_anything_is_tried(far_end, monkeypatch):
    """A setting that makes no sense is an error that names it, and no connection is made."""
    monkeypatch.setenv("TEMPORAL_TLS", "perhaps")

    with pytest.raises(ConfigurationError, match="TEMPORAL_TLS"):
        await Client.connect(transport=far_end)
    assert far_end.requests == []


async def test_an_unknown_transport_is_refused():
    """There are two transports by name."""
    with pytest.raises(ValueError, match="transport must be 'default', 'grpclib' or a transport, got 'grpc'"):
        await Client.connect(transport="grpc", lazy=True)  # type: ignore[arg-type]


async def test_an_api_key_is_renewed_in_a_running_client(far_end):
    """A new key, or other metadata, are sent from the next call on."""
    client = await Client.connect(transport=far_end, api_key="old", rpc_metadata={"tenant": "1"})
    before = sent(far_end)

    client.api_key = "new"
    client.rpc_metadata = {"tenant": "2"}
    await client.count_activities()

    assert (before["authorization"], before["tenant"]) == ("Bearer old", "1")
    assert (sent(far_end)["authorization"], sent(far_end)["tenant"]) == ("Bearer new", "2")
    assert (client.api_key, client.rpc_metadata) == ("new", {"tenant": "2"})


async def test_an_api_key_can_be_asked_for(far_end):
    """A function is asked for the key before each try of a call."""
    keys = iter(["first", "second"])

    async def fetch() -> str:
        return next(keys)

    client = await Client.connect(transport=far_end, api_key=fetch)
    before = sent(far_end)
    await client.count_activities()

    assert (before["authorization"], sent(far_end)["authorization"]) == ("Bearer first", "Bearer second")


async def test_secrets_are_not_shown(far_end):
    """A client's repr has neither its key nor its metadata."""
    client = await Client.connect(transport=far_end, api_key="secret", rpc_metadata={"token": "hidden"})

    assert "secret" not in repr(client)
    assert "hidden" not in repr(client)
    assert "namespace='default'" in repr(client)


# The first call


async def test_a_lazy_client_says_nothing(far_end):
    """A lazy client connects at its first call."""
    client = await Client.connect(lazy=True, transport=far_end)

    assert far_end.requests == []
    await client.count_activities()
    assert [name for name, _ in far_end.requests] == ["CountActivityExecutions"]


async def test_a_server_that_is_starting_is_waited_for(far_end):
    """As long as there is time, a server that does not answer yet is asked again."""
    not_yet = [refusal(RPCStatusCode.UNAVAILABLE), refusal(RPCStatusCode.DEADLINE_EXCEEDED)]
    far_end.answer("GetSystemInfo", *not_yet, GetSystemInfoResponse())

    await Client.connect(transport=far_end)

    assert [name for name, _ in far_end.requests] == ["GetSystemInfo"] * 3


async def test_a_server_that_refuses_is_not_asked_again(far_end):
    """Credentials do not get better by waiting: the error comes at once, with the address, and all is closed."""
    far_end.answer("GetSystemInfo", refusal(RPCStatusCode.UNAUTHENTICATED, "Request unauthorized."))

    with pytest.raises(RPCError, match=r"example.com:7233 \(without TLS\) refused: Request unauthorized") as caught:
        await Client.connect("example.com:7233", transport=far_end)

    assert caught.value.status is RPCStatusCode.UNAUTHENTICATED
    assert len(far_end.requests) == 1
    assert far_end.is_closed


async def test_an_error_without_a_listener_has_the_address_and_nothing_about_tls(transport):
    """Without a listener the error has the address and the time it was tried, and nothing about TLS."""
    async with listener() as address:
        pass

    with pytest.raises(RPCError) as caught:
        await Client.connect(address, connect_timeout=0.3, transport=transport)

    assert caught.value.status is RPCStatusCode.UNAVAILABLE
    assert f"no Temporal server answered at {address} without TLS within 0.3 s" in caught.value.message
    assert "does the server expect TLS" not in caught.value.message


async def test_a_server_that_expects_tls(transport):
    """A connection that the server ends without a word of HTTP/2 hints at TLS."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async with listener(context) as address:
        with pytest.raises(RPCError, match=r"does the server expect TLS\? Then connect with tls=True"):
            await Client.connect(address, connect_timeout=0.5, transport=transport)


async def test_a_server_without_tls(transport):
    """A server that answers the TLS handshake with something else hints at plaintext, and is not waited for."""
    async with listener() as address:
        with pytest.raises(RPCError, match=r"over TLS: .*speak plaintext\? Then connect with tls=False"):
            await Client.connect(address, tls=True, connect_timeout=30, transport=transport)


async def test_a_certificate_of_a_strange_authority(transport):
    """A certificate that is not trusted is not waited for; the message says how to trust it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    other = trustme.CA().cert_pem.bytes()

    async with listener(context) as address:
        with pytest.raises(RPCError, match=r"over TLS: .*TLSConfig\.server_root_ca_cert"):
            await Client.connect(
                address, tls=TLSConfig(server_root_ca_cert=other), connect_timeout=30, transport=transport
            )


@pytest.mark.parametrize(
    "tls",
    [
        TLSConfig(server_root_ca_cert=b"no certificate"),
        TLSConfig(client_cert=b"no certificate", client_private_key=b"no key"),
    ],
    ids=["authority", "client"],
)
async def test_a_certificate_of_ours_that_cannot_be_used(transport, tls):
    """A certificate that is none says so, and nothing of the server, which was not asked."""
    with pytest.raises(RPCError, match=r"TLS (server_root_ca_cert|client_cert)") as caught:
        await Client.connect("127.0.0.1:1", tls=tls, connect_timeout=30, transport=transport)

    assert "does the server" not in caught.value.message


async def test_a_certificate_for_another_name(transport):
    """A certificate of a trusted authority that is not for this server does not ask to trust it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    tls = TLSConfig(server_root_ca_cert=authority.cert_pem.bytes())

    async with listener(context) as address:
        with pytest.raises(RPCError, match="certificate verify failed: IP address mismatch") as caught:
            await Client.connect(address, tls=tls, connect_timeout=30, transport=transport)

    assert "to trust" not in caught.value.message


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (ssl.TLSVersion.TLSv1_3, r"certificate required.*; give a client certificate"),
        # Has no alert for it.
        (ssl.TLSVersion.TLSv1_2, r"handshake failure.*; if the server wants a client certificate, give a client cert"),
    ],
)
async def test_a_client_certificate_that_is_missing_is_named(version, told):
    """A server that asks for a client certificate in vain is not waited for, and the hint says what to give it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    authority.configure_trust(context)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    tls = TLSConfig(server_root_ca_cert=authority.cert_pem.bytes())

    with socket.create_server(("127.0.0.1", 0)) as server:
        refusing = asyncio.create_task(asyncio.to_thread(refuse, server, context))
        with pytest.raises(RPCError, match=told) as caught:
            await Client.connect(f"127.0.0.1:{server.getsockname()[1]}", tls=tls, connect_timeout=30)
        await refusing

    assert "plaintext" not in caught.value.message


def refuse(server: socket.socket, context: ssl.SSLContext) -> None:
    """Shake hands, which fails with an alert: asyncio's servers hang up without it."""
    connection, _ = server.accept()
    with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as private:
        with contextlib.suppress(ssl.SSLError):
            private.do_handshake()
        # An end before everything has been read could overtake the alert.
        while socket.socket.recv(private, 1 << 16):
            pass


# The end


async def test_leaving_the_block_closes(far_end):
    """``async with`` closes what the client has opened."""
    async with await Client.connect(transport=far_end):
        assert not far_end.is_closed

    assert far_end.is_closed


# The real server


async def test_a_real_server_answers(dev_server, transport):
    """Connecting to a server that is up works at once, over either transport."""
    async with await Client.connect(dev_server.target, transport=transport) as client:
        assert (await client.count_activities("ActivityId = 'no such'")).count == 0


async def test_a_namespace_that_does_not_exist(dev_server):
    """Connecting does not ask for the namespace; the first call says that there is none."""
    async with await Client.connect(dev_server.target, namespace="nowhere") as client:
        with pytest.raises(RPCError, match="Namespace nowhere is not found") as caught:
            await client.count_activities()

    assert caught.value.status is RPCStatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_host", 7233),
        ("namespace", b"default"),
        ("api_key", b"secret"),
        ("tls", "true"),
        ("identity", 7),
        ("lazy", "no"),
        ("connect_timeout", "10s"),
        ("keep_alive", 30),
        ("http_connect_proxy", "proxy:8080"),
        ("connections", "2"),
        ("header_codec_behavior", "codec"),
    ],
)
async def test_an_argument_of_the_wrong_type_is_refused_by_its_name(name, value):
    """Before anything is read or sent; a key is not shown."""
    with pytest.raises(TypeError, match=f"^{name} must be ") as caught:
        await Client.connect(**{name: value}, **({} if name == "lazy" else {"lazy": True}))

    assert "secret" not in str(caught.value)
