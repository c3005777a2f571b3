"""Read the settings of a connection, and make a transport of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from .._arguments import Check, check_count, check_flag, check_seconds, check_string, instance_of, wrong_type
from .._rpc._call_metadata import APIKey
from .._rpc._target import HttpConnectProxy, KeepAlive, Target
from .._rpc._threads import in_own_thread
from ..config import ConnectConfig, TLSConfig

if TYPE_CHECKING:
    from .._rpc._transport import Transport

__all__ = ["TransportName", "check_arguments", "load_config", "transport_to"]

TransportName: TypeAlias = Literal["default", "grpclib"]

# Stands for a key that a function will return: it matters only that there is one.
_SOME_KEY = "-"


def _check_api_key(name: str, value: object) -> None:
    if not isinstance(value, str) and not callable(value):
        # The value may be a secret.
        raise TypeError(f"{name} must be a string or a function that returns one, got a {type(value).__name__}")


def _check_tls(name: str, value: object) -> None:
    if not isinstance(value, bool | TLSConfig):
        raise wrong_type(name, "True, False or an asyncworker.client.TLSConfig", value)


# The arguments of `Client.connect` whose values only an await later would be looked at.
_CHECKS: Mapping[str, Check] = {
    "target_host": check_string,
    "namespace": check_string,
    "api_key": _check_api_key,
    "tls": _check_tls,
    "identity": check_string,
    "lazy": check_flag,
    "connect_timeout": check_seconds,
    "keep_alive": instance_of(KeepAlive, "asyncworker.client.KeepAlive(interval=30)"),
    "http_connect_proxy": instance_of(HttpConnectProxy, 'asyncworker.client.HttpConnectProxy("proxy", 8080)'),
}


def check_arguments(**arguments: object) -> None:
    """Refuse arguments of ``Client.connect`` that are of the wrong type.

    Raises:
        TypeError: One is; the message names it.
    """
    for name, value in arguments.items():
        if value is not None:
            _CHECKS[name](name, value)


async def load_config(
    profile: str | None,
    config_file: str | os.PathLike[str] | None,
    *,
    address: str | None,
    namespace: str | None,
    api_key: APIKey | None,
    tls: bool | TLSConfig | None,
    rpc_metadata: Mapping[str, str | bytes],
) -> ConnectConfig:
    """Return the settings by :meth:`.ConnectConfig.load`, which reads files; binary metadata is left out.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    load = partial(
        ConnectConfig.load,
        profile,
        config_file=config_file,
        address=address,
        namespace=namespace,
        api_key=_SOME_KEY if callable(api_key) else api_key,
        tls=tls,
        rpc_metadata={key: value for key, value in rpc_metadata.items() if isinstance(value, str)},
    )
    return await in_own_thread("read the configuration", load)


def transport_to(
    config: ConnectConfig,
    transport: TransportName | Transport,
    *,
    keep_alive: KeepAlive | None,
    http_connect_proxy: HttpConnectProxy | None,
    connections: int,
    max_receive_bytes: int,
) -> Transport:
    """Make a transport to the server, which connects at its first call; one that is given is returned as it is.

    Raises:
        ConfigurationError: The target asks for what this transport does not have.
        TypeError: *connections* or *max_receive_bytes* is no number.
        ValueError: There is no transport of this name, or a number is below one.
    """
    if not isinstance(transport, str):
        return transport
    for name, value in (("connections", connections), ("max_receive_bytes", max_receive_bytes)):
        if check_count(name, value) < 1:
            raise ValueError(f"{name} must be at least 1, got {value!r}")
    target = replace(
        config.to_target(),
        keep_alive=keep_alive,
        http_connect_proxy=http_connect_proxy,
        connections=connections,
        max_receive_bytes=max_receive_bytes,
    )
    return _open_transport(target, transport)


def _open_transport(target: Target, name: TransportName) -> Transport:
    # Only the one that is used is imported.
    if name == "default":
        from .._rpc.http2._transport import Http2Transport

        return Http2Transport(target)
    if name == "grpclib":
        from .._rpc._grpclib import GrpclibTransport

        return GrpclibTransport.to(target)
    raise ValueError(f"transport must be 'default', 'grpclib' or a transport, got {name!r}")
