"""The TLS settings, and the contexts that are built from them."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from far_ends import CA_PEM, CLIENT_CERT_PEM, CLIENT_KEY_PEM

from asyncworker._rpc._target import TLSConfig, create_context
from asyncworker.exceptions import ConfigurationError


def test_a_certificate_goes_with_its_key():
    """Certificate and key go together."""
    with pytest.raises(ValueError, match="together"):
        TLSConfig(client_cert=b"x")


def test_a_context_verifies_the_server():
    """A context verifies, requires TLS 1.2 at least, and trusts the given authority."""
    context = create_context(TLSConfig(server_root_ca_cert=CA_PEM))

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1


def test_a_context_without_verification_is_made_only_on_request():
    """Verification is off only where that is said."""
    context = create_context(TLSConfig(disable_host_verification=True))

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("kind", ["bytes", "files", "both"])
def test_a_client_certificate_may_be_bytes_or_a_file(kind, tmp_path):
    """Certificate and key may each be bytes or a file."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    certificate.write_bytes(CLIENT_CERT_PEM)
    key.write_bytes(CLIENT_KEY_PEM)
    made = {
        "bytes": (CLIENT_CERT_PEM, CLIENT_KEY_PEM),
        "files": (certificate, key),
        "both": (certificate, CLIENT_KEY_PEM),
    }

    create_context(TLSConfig(client_cert=made[kind][0], client_private_key=made[kind][1]))


@pytest.mark.parametrize(
    ("tls", "named"),
    [
        (TLSConfig(server_root_ca_cert=b"no PEM"), "server_root_ca_cert"),
        (TLSConfig(server_root_ca_cert=b"\xff"), "server_root_ca_cert"),
        # Not the same as none, which trusts all that the system does.
        (TLSConfig(server_root_ca_cert=b""), "server_root_ca_cert"),
        (TLSConfig(server_root_ca_cert=Path("/does/not/exist.pem")), "/does/not/exist.pem"),
        (TLSConfig(client_cert=Path("/does/not/exist.pem"), client_private_key=Path("/x")), "client_cert"),
        (TLSConfig(client_cert=CLIENT_CERT_PEM, client_private_key=b"no PEM"), "client_private_key"),
        (
            TLSConfig(
                client_cert=CLIENT_CERT_PEM, client_private_key=b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END"
            ),
            "client_private_key",
        ),
    ],
)
def test_a_certificate_that_cannot_be_used_is_named(tls, named):
    """The error has the setting's name, or the file's."""
    with pytest.raises(ConfigurationError, match=named):
        create_context(tls)


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
        create_context(TLSConfig(client_cert=CLIENT_CERT_PEM, client_private_key=locked))
