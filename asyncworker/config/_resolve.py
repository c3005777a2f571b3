"""Merge the layers: later ones win, contradictions are refused, values are checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from asyncworker._rpc._metadata import check_metadatum
from asyncworker._rpc._target import PEM, TLSConfig, parse_address
from asyncworker.exceptions import ConfigurationError

from ._layers import PEM_ITEMS, VARIABLES, Given, Layer

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"

# It is sent as metadata too.
_NAMESPACE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_AUTHORITY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/@?#\[\]]+)(:[0-9]{1,5})?")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def merge(layers: Sequence[Layer]) -> Layer:
    """Let later layers win, setting by setting."""
    for item in PEM_ITEMS:
        _refuse_path_and_data(item, layers)
    merged = Layer(tls=next((layer.tls for layer in layers if layer.tls), None))
    for layer in layers:
        merged.settings.update(layer.settings)
        merged.metadata.update(layer.metadata)
    return merged


def _refuse_path_and_data(item: str, layers: Iterable[Layer]) -> None:
    given = {
        kind: layer.settings[f"{item}_{kind}"].source
        for layer in layers
        for kind in ("path", "data")
        if f"{item}_{kind}" in layer.settings
    }
    if len(given) == 2:
        raise ConfigurationError(f"{item} is given as a path and as data ({given['path']}; {given['data']}): use one")


def resolve_tls(found: Layer) -> TLSConfig | None:
    """Decide whether there is TLS, and how."""
    mentioned = found.tls or any(key.startswith("tls.") for key in found.settings) or "api_key" in found.settings
    disabled = found.settings["tls.disabled"].value if "tls.disabled" in found.settings else not mentioned
    if disabled:
        return None
    pem = {item: _pem(found, item) for item in PEM_ITEMS}
    for present, absent in (("tls.client_cert", "tls.client_key"), ("tls.client_key", "tls.client_cert")):
        if pem[present] is not None and pem[absent] is None:
            source = next(found.settings[key].source for key in _keys(present) if key in found.settings)
            variables = " or ".join(VARIABLES[key] for key in _keys(absent))
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


def _pem(found: Layer, item: str) -> PEM | None:
    path, data = (found.text(key) for key in _keys(item))
    if path is not None:
        return Path(path)
    return None if data is None else data.encode()


def check_files(found: Layer) -> None:
    """Find unreadable files now, and not at the first connection."""
    for item in PEM_ITEMS:
        if given := found.settings.get(f"{item}_path"):
            try:
                Path(given.value).open("rb").close()
            except OSError as error:
                raise ConfigurationError(f"{given.source}: cannot read {given.value}: {error.strerror}") from error


def resolve_address(given: Given | None) -> str:
    if given is None:
        return DEFAULT_ADDRESS
    address: str = given.value
    try:
        parse_address(address, default_port=None)
    except ValueError as why:
        raise ConfigurationError(
            f"{given.source} must be host:port, such as {DEFAULT_ADDRESS}; got {address!r}: {why}"
        ) from None
    return address


def resolve_namespace(given: Given | None) -> str:
    if given is None:
        return DEFAULT_NAMESPACE
    namespace: str = given.value
    if not _NAMESPACE.fullmatch(namespace):
        raise ConfigurationError(
            f"{given.source} must be printable ASCII without spaces or line breaks around it; got {namespace!r}"
        )
    return namespace


def resolve_authority(given: Given | None) -> str | None:
    if given is None:
        return None
    if not _AUTHORITY.fullmatch(given.value):
        raise ConfigurationError(f"{given.source} must be a host or host:port, got {given.value!r}")
    authority: str = given.value
    return authority


def resolve_api_key(given: Given | None) -> str | None:
    if given is None:
        return None
    # Secrets mounted as files commonly end with a line break.
    key: str = given.value.strip()
    if not key or not _PRINTABLE.fullmatch(key):
        raise ConfigurationError(f"{given.source} must be printable ASCII without line breaks")
    if key[:7].lower() == "bearer ":
        raise ConfigurationError(f"{given.source} is the key alone: leave out the word 'Bearer', which is sent with it")
    return key


def resolve_metadata(found: Mapping[str, Given]) -> Mapping[str, str]:
    for key, given in found.items():
        if not isinstance(given.value, str):
            raise ConfigurationError(
                f"{given.source} must be a string, got a value of type {type(given.value).__name__}"
            )
        try:
            check_metadatum(key, given.value)
        except ValueError as error:
            raise ConfigurationError(f"{given.source}: {error}") from error
    return {key: given.value for key, given in found.items() if given.value}
