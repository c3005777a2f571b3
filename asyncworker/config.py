"""Settings from arguments, the environment and ``temporal.toml``: how to reach the server, and how a worker runs.

Connection settings are exactly Temporal's: ``TEMPORAL_*`` variables and the profiles of ``temporal.toml``, as every
Temporal SDK and the ``temporal`` command read them. What is ours alone is called ``ASYNCWORKER_*``.

A setting is taken from the first of these that has it: arguments, environment, profile, default. Each source becomes a
*layer*: setting → value and where it was said. So an error can name what is wrong and where to put it right.
"""

from __future__ import annotations

import math
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from ._rpc._target import Target

__all__ = ["ConnectConfig", "TLSConfig", "WorkerSettings"]

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
DEFAULT_PROFILE = "default"

# Settings by the dotted key they have in a profile, and the variable each has in the environment.
_VARIABLES = {
    "address": "TEMPORAL_ADDRESS",
    "namespace": "TEMPORAL_NAMESPACE",
    "api_key": "TEMPORAL_API_KEY",
    "authority": "TEMPORAL_CLIENT_AUTHORITY",
    "codec.endpoint": "TEMPORAL_CODEC_ENDPOINT",
    "codec.auth": "TEMPORAL_CODEC_AUTH",
    "tls.disabled": "TEMPORAL_TLS",
    "tls.client_cert_path": "TEMPORAL_TLS_CLIENT_CERT_PATH",
    "tls.client_cert_data": "TEMPORAL_TLS_CLIENT_CERT_DATA",
    "tls.client_key_path": "TEMPORAL_TLS_CLIENT_KEY_PATH",
    "tls.client_key_data": "TEMPORAL_TLS_CLIENT_KEY_DATA",
    "tls.server_ca_cert_path": "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
    "tls.server_ca_cert_data": "TEMPORAL_TLS_SERVER_CA_CERT_DATA",
    "tls.server_name": "TEMPORAL_TLS_SERVER_NAME",
    "tls.disable_host_verification": "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION",
}
_BOOLEANS = {"tls.disabled", "tls.disable_host_verification"}
_PEM_ITEMS = ("tls.client_cert", "tls.client_key", "tls.server_ca_cert")
_TABLES = ("tls", "codec", "grpc_meta")
_METADATA_PREFIX = "TEMPORAL_GRPC_META_"
_METADATA_KEY = re.compile(r"[0-9a-z_.-]+")
_METADATA_VALUE = re.compile(r"[\x20-\x7e]*")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}

#: A certificate or key: PEM text as bytes, or the file that has it.
PEM: TypeAlias = bytes | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class TLSConfig:
    """How to make the connection private.

    Args:
        server_root_ca_cert: Certificates to trust in place of the system's.
        domain: The name to ask for (SNI) and to verify, in place of the address's host.
        client_cert: The certificate to present (mTLS); needs *client_private_key*.
        client_private_key: The private key of *client_cert*.
        disable_host_verification: Accept any certificate: for tests only.

    PEM text is given as bytes; a :class:`~pathlib.Path` is read again on each connect, so that certificates can be
    renewed under a running worker.
    """

    server_root_ca_cert: PEM | None = None
    domain: str | None = None
    client_cert: PEM | None = None
    client_private_key: PEM | None = field(default=None, repr=False)
    disable_host_verification: bool = False

    def __post_init__(self) -> None:
        for name in ("server_root_ca_cert", "client_cert", "client_private_key"):
            if isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be PEM text as bytes or a Path to a file, got a str")
        if (self.client_cert is None) != (self.client_private_key is None):
            raise ValueError("client_cert and client_private_key must be given together")


@dataclass(frozen=True, slots=True)
class ConnectConfig:
    """Where the server is and how to talk to it: what a connection needs, resolved and checked.

    Attributes:
        address: ``host:port``, an IPv6 address in brackets.
        namespace: The namespace to work in.
        api_key: Sent as a bearer token; never shown.
        tls: ``None`` is plaintext.
        rpc_metadata: Sent with every call; keys are lower-case.
        authority: What to put in HTTP/2's ``:authority`` in place of the address.
        codec_endpoint: A remote codec's URL, as configured; nothing is done with it here.
        codec_auth: The authorization for that; never shown.
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
            authority: What to put in ``:authority``.
            settings: Further arguments by their key in a profile, such as ``{"tls.server_name": "example.com"}``.

        Raises:
            ConfigurationError: A setting is wrong, or two contradict each other.
        """
        environment = os.environ if env is None else env
        if disable_env:
            environment = {name: value for name, value in environment.items() if not name.startswith("TEMPORAL_")}
        layers = [] if disable_file else [_read_profile(profile, config_file, environment, config_file_strict)]
        layers.append(_environment_layer(environment))
        arguments = {"address": address, "namespace": namespace, "api_key": api_key, "authority": authority}
        if isinstance(tls, bool):
            arguments["tls.disabled"] = not tls  # type: ignore[assignment]
        layers.append(_argument_layer({**arguments, **(settings or {})}, rpc_metadata or {}))
        found = _merge(layers)
        section = tls if isinstance(tls, TLSConfig) else _tls(found)
        if section is not None and section is not tls:
            _check_files(found)
        return cls(
            address=_address(found.settings.get("address")),
            namespace=found.text("namespace") or DEFAULT_NAMESPACE,
            api_key=_api_key(found.settings.get("api_key")),
            tls=section,
            rpc_metadata=_metadata(found.metadata),
            authority=found.text("authority"),
            codec_endpoint=found.text("codec.endpoint"),
            codec_auth=found.text("codec.auth"),
        )

    def to_target(self) -> Target:
        """Say it in the transport's terms."""
        from ._rpc._target import TLS, Target

        host, _, port = self.address.rpartition(":")
        tls = (
            None
            if self.tls is None
            else TLS(
                server_ca_cert=self.tls.server_root_ca_cert,
                client_cert=self.tls.client_cert,
                client_key=self.tls.client_private_key,
                server_name=self.tls.domain,
                verify=not self.tls.disable_host_verification,
            )
        )
        return Target(host.strip("[]"), int(port), tls=tls)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker runs, where its code does not say: ``TEMPORAL_TASK_QUEUE`` and ``ASYNCWORKER_*``.

    Attributes:
        task_queue: ``TEMPORAL_TASK_QUEUE``.
        max_concurrent_activities: ``ASYNCWORKER_MAX_CONCURRENT_ACTIVITIES``.
        graceful_shutdown_timeout: Seconds, ``ASYNCWORKER_GRACEFUL_SHUTDOWN_TIMEOUT``.
    """

    task_queue: str | None = None
    max_concurrent_activities: int | None = None
    graceful_shutdown_timeout: float | None = None

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> WorkerSettings:
        """Read the environment (``os.environ`` if not given); an empty string counts as not given.

        Raises:
            ConfigurationError: A value is not what its variable takes.
        """
        environment = os.environ if env is None else env
        return cls(
            task_queue=environment.get("TEMPORAL_TASK_QUEUE") or None,
            max_concurrent_activities=_number(environment, "ASYNCWORKER_MAX_CONCURRENT_ACTIVITIES", int, 1),
            graceful_shutdown_timeout=_number(environment, "ASYNCWORKER_GRACEFUL_SHUTDOWN_TIMEOUT", float, 0),
        )


# Layers: what one source says


@dataclass(frozen=True, slots=True)
class _Given:
    """A value and who gave it, to be named in errors; the value may be a secret."""

    value: Any = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one source, or all of them, say; ``tls`` is who has a section about TLS, if anyone."""

    settings: dict[str, _Given] = field(default_factory=dict)
    metadata: dict[str, _Given] = field(default_factory=dict)
    tls: str | None = None

    def text(self, key: str) -> str | None:
        return self.settings[key].value if key in self.settings else None


def _environment_layer(env: Mapping[str, str]) -> _Layer:
    settings = {}
    for key, variable in _VARIABLES.items():
        # An empty string is how shells and compose files say "not set".
        if text := env.get(variable):
            given = _Given(text, f"environment variable {variable}")
            if key in _BOOLEANS:
                given = _Given(_truth(given), given.source)
            settings[key] = given
    if "tls.disabled" in settings:
        # The variable says whether there is TLS, the profile's key whether there is none.
        settings["tls.disabled"] = _Given(not settings["tls.disabled"].value, settings["tls.disabled"].source)
    metadata = {
        _metadata_key(name.removeprefix(_METADATA_PREFIX)): _Given(text, f"environment variable {name}")
        for name, text in env.items()
        if name.startswith(_METADATA_PREFIX)
    }
    return _Layer(settings, metadata)


def _argument_layer(settings: Mapping[str, str | bool | None], metadata: Mapping[str, str]) -> _Layer:
    if unknown := settings.keys() - _VARIABLES.keys():
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}; there are: {', '.join(_VARIABLES)}")
    return _Layer(
        {key: _Given(value, f"argument {key}") for key, value in settings.items() if value not in (None, "")},
        {_metadata_key(key): _Given(value, f"argument rpc_metadata[{key!r}]") for key, value in metadata.items()},
    )


def _read_profile(
    profile: str | None, config_file: str | os.PathLike[str] | None, env: Mapping[str, str], strict: bool
) -> _Layer:
    """Read the file, if there is one, and take one profile of it."""
    name = profile or env.get("TEMPORAL_PROFILE") or None
    named_file = config_file or env.get("TEMPORAL_CONFIG_FILE") or None
    path = Path(named_file) if named_file else _default_file(env, sys.platform)
    if path is None:
        return _Layer()
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        if named_file:
            source = "argument config_file" if config_file else "environment variable TEMPORAL_CONFIG_FILE"
            raise ConfigurationError(f"configuration file {path} ({source}) does not exist") from error
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"configuration file {path} cannot be read: {error}") from error
    return _profile_layer(_parse(text, path), name, path, strict)


def _default_file(env: Mapping[str, str], platform: str) -> Path | None:
    """Where the file is if nobody says: the directory that Go's ``os.UserConfigDir`` names, on each system."""
    home = env.get("HOME") or os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    match platform:
        case "win32":
            directory = env.get("APPDATA")
        case "darwin":
            directory = f"{home}/Library/Application Support"
        case _:
            directory = env.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return Path(directory, "temporalio", "temporal.toml") if directory else None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The message has line and column.
        raise ConfigurationError(f"configuration file {path} is not valid TOML: {error}") from error


def _profile_layer(document: dict[str, Any], name: str | None, path: Path, strict: bool) -> _Layer:
    """Take profile *name* of a parsed file; without a name ``default``, which need not exist."""
    profiles = _table(document, "profile", str(path))
    if strict:
        _refuse_unknown_keys(document, path)
    if name is not None and name not in profiles:
        there_are = ", ".join(sorted(profiles)) or "none"
        raise ConfigurationError(f"profile {name!r} is not in {path}; profiles there: {there_are}")
    name = name or DEFAULT_PROFILE
    place = f"[profile.{name}] of {path}"
    profile = _table(profiles, name, str(path))
    tables = {table: _table(profile, table, place) for table in _TABLES}
    settings = {}
    for key in _VARIABLES:
        table, _, leaf = key.rpartition(".")
        value = (tables[table] if table else profile).get(leaf)
        expected = bool if key in _BOOLEANS else str
        if value is not None and not isinstance(value, expected):
            wanted = "true or false" if expected is bool else "a string"
            raise ConfigurationError(f"{key} in {place} must be {wanted}, got {_kind(value)}")
        if value not in (None, ""):
            settings[key] = _Given(value, f"{key} in {place}")
    metadata = {
        _metadata_key(key): _Given(value, f"grpc_meta.{key} in {place}") for key, value in tables["grpc_meta"].items()
    }
    return _Layer(settings, metadata, f"tls in {place}" if "tls" in profile else None)


def _table(parent: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"{key} in {place} must be a table, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    # Not the value: it may be a secret.
    return f"a value of type {type(value).__name__}"


def _refuse_unknown_keys(document: dict[str, Any], path: Path) -> None:
    known = {*_VARIABLES, *_TABLES}
    unknown = [key for key in document if key != "profile"]
    profiles = _table(document, "profile", str(path))
    for name in profiles:
        profile = _table(profiles, name, str(path))
        keys = list(profile)
        keys += [f"{table}.{leaf}" for table in ("tls", "codec") for leaf in _table(profile, table, str(path))]
        unknown += [f"profile.{name}.{key}" for key in keys if key not in known]
    if unknown:
        raise ConfigurationError(f"unknown keys in {path}: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


# Resolution: what all the sources come to


def _merge(layers: Sequence[_Layer]) -> _Layer:
    """Let later layers win, setting by setting."""
    for item in _PEM_ITEMS:
        _refuse_path_and_data(item, layers)
    merged = _Layer(tls=next((layer.tls for layer in layers if layer.tls), None))
    for layer in layers:
        merged.settings.update(layer.settings)
        merged.metadata.update(layer.metadata)
    return merged


def _refuse_path_and_data(item: str, layers: Iterable[_Layer]) -> None:
    given = {
        kind: layer.settings[f"{item}_{kind}"].source
        for layer in layers
        for kind in ("path", "data")
        if f"{item}_{kind}" in layer.settings
    }
    if len(given) == 2:
        raise ConfigurationError(f"{item} is given as a path and as data ({given['path']}; {given['data']}): use one")


def _tls(found: _Layer) -> TLSConfig | None:
    """Decide whether there is TLS, and how."""
    mentioned = found.tls or any(key.startswith("tls.") for key in found.settings) or "api_key" in found.settings
    disabled = found.settings["tls.disabled"].value if "tls.disabled" in found.settings else not mentioned
    if disabled:
        return None
    pem = {item: _pem(found, item) for item in _PEM_ITEMS}
    for present, absent in (("tls.client_cert", "tls.client_key"), ("tls.client_key", "tls.client_cert")):
        if pem[present] is not None and pem[absent] is None:
            source = next(found.settings[key].source for key in _keys(present) if key in found.settings)
            variables = " or ".join(_VARIABLES[key] for key in _keys(absent))
            raise ConfigurationError(f"{present} is given ({source}) without {absent}: set {variables} too")
    host_verification = found.settings.get("tls.disable_host_verification")
    return TLSConfig(
        server_root_ca_cert=pem["tls.server_ca_cert"],
        domain=found.text("tls.server_name"),
        client_cert=pem["tls.client_cert"],
        client_private_key=pem["tls.client_key"],
        disable_host_verification=host_verification is not None and host_verification.value,
    )


def _keys(item: str) -> tuple[str, str]:
    return f"{item}_path", f"{item}_data"


def _pem(found: _Layer, item: str) -> PEM | None:
    path, data = (found.text(key) for key in _keys(item))
    if path is not None:
        return Path(path)
    return None if data is None else data.encode()


def _check_files(found: _Layer) -> None:
    """Find out now what the first connection would."""
    for item in _PEM_ITEMS:
        if given := found.settings.get(f"{item}_path"):
            try:
                Path(given.value).open("rb").close()
            except OSError as error:
                raise ConfigurationError(f"{given.source}: cannot read {given.value}: {error.strerror}") from error


def _address(given: _Given | None) -> str:
    if given is None:
        return DEFAULT_ADDRESS
    address: str = given.value
    if why := _what_is_wrong(address):
        raise ConfigurationError(f"{given.source} must be host:port, such as {DEFAULT_ADDRESS}; got {address!r}: {why}")
    return address


def _what_is_wrong(address: str) -> str | None:
    host, colon, port = address.rpartition(":")
    if "://" in address:
        return "leave out the scheme; TLS is a setting of its own (TEMPORAL_TLS)"
    if not colon or "]" in port:
        return f"the port is missing, did you mean {address}:7233?"
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        return "the port must be a number from 1 to 65535"
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        return "an IPv6 address needs brackets, as in [::1]:7233"
    if not host.strip("[]") or re.search(r"[\s/@?#]", host):
        return "the host is not a name or an address"
    return None


def _api_key(given: _Given | None) -> str | None:
    if given is None:
        return None
    # Secrets mounted as files commonly end with a line break.
    key: str = given.value.strip()
    if not key or not _METADATA_VALUE.fullmatch(key):
        raise ConfigurationError(f"{given.source} must be printable ASCII without line breaks")
    return key


def _metadata_key(name: str) -> str:
    return name.lower().replace("_", "-")


def _metadata(found: Mapping[str, _Given]) -> Mapping[str, str]:
    for key, given in found.items():
        if not _METADATA_KEY.fullmatch(key) or key.startswith("grpc-"):
            raise ConfigurationError(f"{given.source}: {key!r} cannot be the name of a gRPC header")
        if not isinstance(given.value, str) or not _METADATA_VALUE.fullmatch(given.value):
            raise ConfigurationError(f"{given.source} must be a string of printable ASCII")
    return {key: given.value for key, given in found.items() if given.value}


def _truth(given: _Given) -> bool:
    try:
        return _TRUTHS[given.value.lower()]
    except KeyError:
        raise ConfigurationError(f"{given.source} must be true, false, 1 or 0, got {given.value!r}") from None


def _number(env: Mapping[str, str], variable: str, kind: type[int | float], least: int) -> Any:
    text = env.get(variable)
    if not text:
        return None
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= least):
        wanted = "a whole number" if kind is int else "a number of seconds"
        raise ConfigurationError(f"environment variable {variable} must be {wanted} from {least}, got {text!r}")
    return value
