from __future__ import annotations

import ssl

import pytest
from far_ends import CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM

from asyncworker._rpc._target import TLS, HttpConnectProxy, KeepAlive, Target, parse_address
from asyncworker.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("localhost:7234", "localhost", 7234),
        ("localhost", "localhost", 7233),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:65535", "::1", 65535),
        ("[::1]", "::1", 7233),
        ("fe80::1", "fe80::1", 7233),
        ("ns.acct.tmprl.cloud:7233", "ns.acct.tmprl.cloud", 7233),
    ],
)
def test_an_address_is_host_and_port_or_host(address, host, port):
    """Host and port, or a host alone."""
    assert parse_address(address) == (host, port)


@pytest.mark.parametrize(
    "address", ["", ":7233", "host:", "host:0", "host:65536", "host:x", "host:-1", "[::1]x", "[]:1", "host:¹"]
)
def test_an_invalid_address_is_shown(address):
    """Anything else is an error that shows it."""
    with pytest.raises(ValueError, match="expected"):
        parse_address(address)


def test_the_authority_is_the_verified_name_and_port():
    """The authority names what is verified; IPv6 addresses have brackets there."""
    assert Target("host", 1).authority == "host:1"
    assert Target("::1", 1).authority == "[::1]:1"
    assert Target("10.0.0.1", 1, tls=TLS(server_name="host")).authority == "host:1"
    assert Target("10.0.0.1", 1, tls=TLS()).authority == "10.0.0.1:1"
    assert str(Target("10.0.0.1", 1, tls=TLS(server_name="host"))) == "10.0.0.1:1"


def test_no_repr_shows_secrets():
    """Keys and passwords are in no repr."""
    target = Target(
        "host",
        tls=TLS(client_cert=b"certificate", client_key=b"secret"),
        http_connect_proxy=HttpConnectProxy("proxy", 1, basic_auth=("user", "secret")),
    )

    assert "secret" not in repr(target)


def test_a_certificate_needs_its_key():
    """Certificate and key go together."""
    with pytest.raises(ValueError, match="together"):
        TLS(client_cert=b"x")


@pytest.mark.parametrize(("interval", "timeout"), [(9.9, 15.0), (30.0, 0.0)])
def test_a_keep_alive_under_10_s_is_refused(interval, timeout):
    """A keep-alive that servers punish cannot be asked for."""
    with pytest.raises(ValueError, match="keep-alive"):
        KeepAlive(interval, timeout)


def test_a_tls_context_verifies():
    """A context verifies, speaks TLS 1.2 at least, and trusts what it is told to."""
    context = TLS(server_ca_cert=CA_PEM).create_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1


def test_a_tls_context_without_verification_does_not_verify():
    """Verification is off only where that is said."""
    context = TLS(verify=False).create_context()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("kind", ["bytes", "files", "both"])
def test_a_client_certificate_is_bytes_or_a_file(kind, tmp_path):
    """Certificate and key may each be bytes or a file."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(CLIENT_CERT_PEM)
    key.write_bytes(CLIENT_KEY_PEM)
    made = {
        "bytes": (CLIENT_CERT_PEM, CLIENT_KEY_PEM),
        "files": (certificate, str(key)),
        "both": (certificate, CLIENT_KEY_PEM),
    }

    TLS(client_cert=made[kind][0], client_key=made[kind][1]).create_context()


@pytest.mark.parametrize(
    ("tls", "named"),
    [
        (TLS(server_ca_cert=b"no PEM"), "server_ca_cert"),
        (TLS(server_ca_cert=b"\xff"), "server_ca_cert"),
        # Not the same as none, which trusts all that the system does.
        (TLS(server_ca_cert=b""), "server_ca_cert"),
        (TLS(server_ca_cert="/does/not/exist.pem"), "/does/not/exist.pem"),
        (TLS(client_cert="/does/not/exist.pem", client_key="/x"), "client_cert"),
        (TLS(client_cert=CLIENT_CERT_PEM, client_key=b"no PEM"), "client_key"),
        (TLS(client_cert=CLIENT_CERT_PEM, client_key=b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END"), "client_key"),
    ],
)
def test_an_unusable_certificate_is_named(tls, named):
    """What cannot be used is named."""
    with pytest.raises(ConfigurationError, match=named):
        tls.create_context()


def test_an_encrypted_key_is_refused():
    """A key that wants a password is not asked for on the terminal."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(CLIENT_KEY_PEM, None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )

    with pytest.raises(ConfigurationError, match="encrypted"):
        TLS(client_cert=CLIENT_CERT_PEM, client_key=locked).create_context()
