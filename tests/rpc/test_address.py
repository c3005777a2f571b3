"""Addresses: host and port as one text, and back."""

from __future__ import annotations

import pytest

from asyncworker._rpc._target import authority, parse_address


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
def test_an_address_is_host_and_port_or_a_host_alone(address, host, port):
    """The default port is that of Temporal; an IPv6 address may be bare where no port follows."""
    assert parse_address(address) == (host, port)


@pytest.mark.parametrize(
    "address", ["", ":7233", "host:", "host:0", "host:65536", "host:x", "host:-1", "[::1]x", "[]:1", "host:¹"]
)
def test_an_impossible_address_is_refused(address):
    """The error says why; who gave the address says where."""
    with pytest.raises(ValueError, match=r"must be a number|not a name or an address|port is missing"):
        parse_address(address)


@pytest.mark.parametrize("address", ["localhost", "[::1]", "fe80::1"])
def test_a_port_may_be_required(address):
    """As it is in settings: there is no guessing."""
    with pytest.raises(ValueError, match=r"port is missing|needs brackets"):
        parse_address(address, default_port=None)


@pytest.mark.parametrize(("host", "port"), [("localhost", 1), ("10.0.0.1", 65535), ("::1", 7233)])
def test_an_address_can_be_read_as_it_is_written(host, port):
    """Brackets come and go."""
    assert parse_address(authority(host, port)) == (host, port)
