"""How to reach the server: settings from arguments, the environment and ``temporal.toml``.

Connection settings are exactly Temporal's: ``TEMPORAL_*`` variables and the profiles of ``temporal.toml``, as every
Temporal SDK and the ``temporal`` command read them. Nothing is invented here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asyncworker._rpc._target import TLSConfig as TLSConfig, parse_address

from ._layers import argument_layer, environment_layer, read_profile
from ._resolve import (
    DEFAULT_ADDRESS,
    DEFAULT_NAMESPACE,
    check_files,
    merge,
    resolve_address,
    resolve_api_key,
    resolve_authority,
    resolve_metadata,
    resolve_namespace,
    resolve_tls,
)

if TYPE_CHECKING:
    from asyncworker._rpc._target import Target

__all__ = ["ConnectConfig", "TLSConfig"]


@dataclass(frozen=True, slots=True)
class ConnectConfig:
    """Where the server is and how to talk to it: what a connection needs, resolved and checked.

    Attributes:
        address: ``host:port``, an IPv6 address in brackets.
        namespace: The namespace to work in.
        api_key: Sent as a bearer token; not in the repr.
        tls: ``None`` is plaintext.
        rpc_metadata: Sent with every call; keys are lower-case.
        authority: HTTP/2's ``:authority``, in place of the address.
        codec_endpoint: A remote codec's URL, as configured; it is not used here.
        codec_auth: The authorization for that; not in the repr.
    """

    address: str = DEFAULT_ADDRESS
    namespace: str = DEFAULT_NAMESPACE
    api_key: str | None = field(default=None, repr=False)
    tls: TLSConfig | None = None
    rpc_metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    authority: str | None = None
    codec_endpoint: str | None = None
    codec_auth: str | None = field(default=None, repr=False)

    @classmethod
    def load(
        cls,
        profile: str | None = None,
        *,
        config_file: str | os.PathLike[str] | None = None,
        disable_file: bool = False,
        disable_env: bool = False,
        config_file_strict: bool = False,
        env: Mapping[str, str] | None = None,
        address: str | None = None,
        namespace: str | None = None,
        api_key: str | None = None,
        tls: bool | TLSConfig | None = None,
        rpc_metadata: Mapping[str, str] | None = None,
        authority: str | None = None,
        settings: Mapping[str, str | bool | None] | None = None,
    ) -> ConnectConfig:
        """Resolve the settings: arguments, then ``TEMPORAL_*``, then ``temporal.toml``, then defaults.

        An empty string anywhere counts as not given. Reads the configuration file, and looks whether the certificate
        files can be read.

        Args:
            profile: The profile to use, else ``TEMPORAL_PROFILE``, else ``default``. One that is named must exist.
            config_file: The file to read, else ``TEMPORAL_CONFIG_FILE``, else ``temporalio/temporal.toml`` in the
                user's configuration directory. One that is named must exist.
            disable_file: Read no file.
            disable_env: Read no settings from the environment.
            config_file_strict: Refuse keys in the file that have no meaning.
            env: The environment; ``os.environ`` if not given.
            address: ``host:port`` of the server.
            namespace: The namespace to work in.
            api_key: An API key; turns TLS on unless it is disabled.
            tls: ``True`` or ``False`` switches TLS; a :class:`TLSConfig` replaces all other settings of TLS.
            rpc_metadata: Added to what the other sources have; an empty value removes a key.
            authority: HTTP/2's ``:authority``.
            settings: Further arguments by their key in a profile, such as ``{"tls.server_name": "example.com"}``.

        Raises:
            ConfigurationError: A setting is wrong, or two contradict each other.
        """
        environment = os.environ if env is None else env
        if disable_env:
            environment = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
        layers = [] if disable_file else [read_profile(profile, config_file, environment, config_file_strict)]
        layers.append(environment_layer(environment))
        arguments = {"address": address, "namespace": namespace, "api_key": api_key, "authority": authority}
        if isinstance(tls, bool):
            arguments["tls.disabled"] = not tls  # type: ignore[assignment]
        layers.append(argument_layer({**arguments, **(settings or {})}, rpc_metadata or {}))
        found = merge(layers)
        section = tls if isinstance(tls, TLSConfig) else resolve_tls(found)
        if section is not None and section is not tls:
            check_files(found)
        return cls(
            address=resolve_address(found.settings.get("address")),
            namespace=resolve_namespace(found.settings.get("namespace")),
            api_key=resolve_api_key(found.settings.get("api_key")),
            tls=section,
            rpc_metadata=resolve_metadata(found.metadata),
            authority=resolve_authority(found.settings.get("authority")),
            codec_endpoint=found.text("codec.endpoint"),
            codec_auth=found.text("codec.auth"),
        )

    def to_target(self) -> Target:
        """Return the transport's target."""
        from asyncworker._rpc._target import Target

        host, port = parse_address(self.address)
        return Target(host, port, tls=self.tls, given_authority=self.authority)
