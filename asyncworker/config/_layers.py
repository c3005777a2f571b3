"""The settings of each source: arguments, the environment, a profile of ``temporal.toml``.

Each source becomes a *layer*: setting → value and where it was given. So an error can name what is wrong and where to
correct it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asyncworker.exceptions import ConfigurationError

DEFAULT_PROFILE = "default"

# Settings by the dotted key they have in a profile, and the variable each has in the environment.
VARIABLES = {
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
PEM_ITEMS = ("tls.client_cert", "tls.client_key", "tls.server_ca_cert")
_TABLES = ("tls", "codec", "grpc_meta")
_METADATA_PREFIX = "TEMPORAL_GRPC_META_"
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


# Without methods that nothing uses: each is compiled at every start. A representation would show secrets, too.


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Given:
    """A value and its source, which errors name; the value may be a secret."""

    value: Any
    source: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Layer:
    """The settings of one source, or of all; ``tls`` names the source that has a section about TLS, if any."""

    settings: dict[str, Given] = field(default_factory=dict)
    metadata: dict[str, Given] = field(default_factory=dict)
    tls: str | None = None

    def text(self, key: str) -> str | None:
        return self.settings[key].value if key in self.settings else None


def environment_layer(env: Mapping[str, str]) -> Layer:
    settings = {}
    for key, variable in VARIABLES.items():
        # In shells and compose files an empty string means "not set".
        if text := env.get(variable):
            given = Given(text, f"environment variable {variable}")
            if key in _BOOLEANS:
                given = Given(_truth(given), given.source)
            settings[key] = given
    if "tls.disabled" in settings:
        # The variable turns TLS on, the profile's key turns it off.
        settings["tls.disabled"] = Given(not settings["tls.disabled"].value, settings["tls.disabled"].source)
    metadata = {
        _metadata_key(name.removeprefix(_METADATA_PREFIX)): Given(text, f"environment variable {name}")
        for name, text in env.items()
        if name.startswith(_METADATA_PREFIX)
    }
    return Layer(settings, metadata)


def argument_layer(settings: Mapping[str, str | bool | None], metadata: Mapping[str, str]) -> Layer:
    if unknown := settings.keys() - VARIABLES.keys():
        raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}; there are: {', '.join(VARIABLES)}")
    return Layer(
        {key: Given(value, f"argument {key}") for key, value in settings.items() if value not in (None, "")},
        {_metadata_key(key): Given(value, f"argument rpc_metadata[{key!r}]") for key, value in metadata.items()},
    )


def read_profile(
    profile: str | None, config_file: str | os.PathLike[str] | None, env: Mapping[str, str], strict: bool
) -> Layer:
    """Return the layer of one profile of the file, if there is one."""
    name = profile or env.get("TEMPORAL_PROFILE") or None
    named_file = config_file or env.get("TEMPORAL_CONFIG_FILE") or None
    path = Path(named_file) if named_file else _default_file(env, sys.platform)
    if path is None:
        return Layer()
    try:
        # Editors on Windows begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        if named_file:
            source = "argument config_file" if config_file else "environment variable TEMPORAL_CONFIG_FILE"
            raise ConfigurationError(f"configuration file {path} ({source}) does not exist") from error
        return _profile_layer({}, name, path, strict)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"configuration file {path} cannot be read: {error}") from error
    return _profile_layer(_parse(text, path), name, path, strict)


def _default_file(env: Mapping[str, str], platform: str) -> Path | None:
    """Return the default file, in the directory that Go's ``os.UserConfigDir`` names, on each system."""
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
    # In containers there is seldom a file, and without one the start is 2 ms shorter.
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The message has line and column.
        raise ConfigurationError(f"configuration file {path} is not valid TOML: {error}") from error


def _profile_layer(document: dict[str, Any], name: str | None, path: Path, strict: bool) -> Layer:
    """Return the layer of profile *name* of a parsed file; without a name of ``default``, which need not exist."""
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
    for key in VARIABLES:
        table, _, leaf = key.rpartition(".")
        value = (tables[table] if table else profile).get(leaf)
        expected = bool if key in _BOOLEANS else str
        if value is not None and not isinstance(value, expected):
            wanted = "true or false" if expected is bool else "a string"
            raise ConfigurationError(f"{key} in {place} must be {wanted}, got {_kind(value)}")
        if value not in (None, ""):
            settings[key] = Given(value, f"{key} in {place}")
    metadata = {
        _metadata_key(key): Given(value, f"grpc_meta.{key} in {place}") for key, value in tables["grpc_meta"].items()
    }
    return Layer(settings, metadata, f"tls in {place}" if "tls" in profile else None)


def _table(parent: Mapping[str, Any], key: str, place: str) -> dict[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"{key} in {place} must be a table, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    # Not the value: it may be a secret.
    return f"a value of type {type(value).__name__}"


def _refuse_unknown_keys(document: dict[str, Any], path: Path) -> None:
    known = {*VARIABLES, *_TABLES}
    unknown = [key for key in document if key != "profile"]
    profiles = _table(document, "profile", str(path))
    for name in profiles:
        profile = _table(profiles, name, str(path))
        keys = list(profile)
        keys += [f"{table}.{leaf}" for table in ("tls", "codec") for leaf in _table(profile, table, str(path))]
        unknown += [f"profile.{name}.{key}" for key in keys if key not in known]
    if unknown:
        raise ConfigurationError(f"unknown keys in {path}: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _truth(given: Given) -> bool:
    try:
        return _TRUTHS[given.value.lower()]
    except KeyError:
        raise ConfigurationError(f"{given.source} must be true, false, 1 or 0, got {given.value!r}") from None


def _metadata_key(name: str) -> str:
    return name.lower().replace("_", "-")
