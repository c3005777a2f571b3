from __future__ import annotations

import pytest

from asyncworker._rpc._target import HttpConnectProxy, KeepAlive, Target, TLSConfig


def test_the_authority_is_the_verified_name_and_port():
    """The authority names what is verified; IPv6 addresses have brackets there."""
    assert Target("host", 1).authority == "host:1"
    assert Target("::1", 1).authority == "[::1]:1"
    assert Target("10.0.0.1", 1, tls=TLSConfig(domain="host")).authority == "host:1"
    assert Target("10.0.0.1", 1, tls=TLSConfig()).authority == "10.0.0.1:1"
    assert str(Target("10.0.0.1", 1, tls=TLSConfig(domain="host"))) == "10.0.0.1:1"


def test_no_repr_shows_secrets():
    """Keys and passwords are in no repr."""
    target = Target(
        "host",
        tls=TLSConfig(client_cert=b"certificate", client_private_key=b"secret"),
        http_connect_proxy=HttpConnectProxy("proxy", 1, basic_auth=("user", "secret")),
    )

    assert "secret" not in repr(target)


@pytest.mark.parametrize(("interval", "timeout"), [(9.9, 15.0), (30.0, 0.0)])
def test_a_keep_alive_under_10_s_is_refused(interval, timeout):
    """A keep-alive that servers punish cannot be asked for."""
    with pytest.raises(ValueError, match="keep-alive"):
        KeepAlive(interval, timeout)
