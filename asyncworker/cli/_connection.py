"""The connection flags: every command has them, each with a ``TEMPORAL_*`` variable that means the same."""

from __future__ import annotations

import functools
import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from .._rpc._target import parse_address
from ..client._waiting import is_unanswered
from ..config import ConnectConfig
from ..exceptions import ConfigurationError, RPCError
from ._report import reporting

__all__ = [
    "CODEC_ENDPOINT",
    "LOOPBACK",
    "is_on_this_machine",
    "naming_the_address",
    "takes_connection",
    "takes_connection_of_workers",
]

#: What the host of an address on this machine is called.
LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: The variable with a codec server's URL.
CODEC_ENDPOINT = "TEMPORAL_CODEC_ENDPOINT"


@dataclass(frozen=True, slots=True)
class _Flag:
    """A flag, the environment variable it sets, and the setting's key in a profile."""

    name: str
    variable: str
    key: str | None
    help: str
    type: Any = str


_FLAGS = (
    _Flag("address", "TEMPORAL_ADDRESS", "address", "The server, as host:port."),
    _Flag("namespace", "TEMPORAL_NAMESPACE", "namespace", "The namespace to work in."),
    _Flag("api_key", "TEMPORAL_API_KEY", "api_key", "An API key; turns TLS on."),
    _Flag("profile", "TEMPORAL_PROFILE", None, "A profile of the configuration file."),
    _Flag("config_file", "TEMPORAL_CONFIG_FILE", None, "The configuration file."),
    _Flag("tls", "TEMPORAL_TLS", "tls.disabled", "Use TLS.", bool),
    _Flag("tls_cert_path", "TEMPORAL_TLS_CLIENT_CERT_PATH", "tls.client_cert_path", "Certificate to present."),
    _Flag("tls_cert_data", "TEMPORAL_TLS_CLIENT_CERT_DATA", "tls.client_cert_data", "The same, as PEM text."),
    _Flag("tls_key_path", "TEMPORAL_TLS_CLIENT_KEY_PATH", "tls.client_key_path", "The certificate's private key."),
    _Flag("tls_key_data", "TEMPORAL_TLS_CLIENT_KEY_DATA", "tls.client_key_data", "The same, as PEM text."),
    _Flag("tls_ca_path", "TEMPORAL_TLS_SERVER_CA_CERT_PATH", "tls.server_ca_cert_path", "Certificates to trust."),
    _Flag("tls_ca_data", "TEMPORAL_TLS_SERVER_CA_CERT_DATA", "tls.server_ca_cert_data", "The same, as PEM text."),
    _Flag("tls_server_name", "TEMPORAL_TLS_SERVER_NAME", "tls.server_name", "Name to verify instead of the host."),
    _Flag(
        "tls_disable_host_verification",
        "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION",
        "tls.disable_host_verification",
        "Accept any certificate: for tests only.",
        bool,
    ),
    _Flag("codec_endpoint", CODEC_ENDPOINT, "codec.endpoint", "A codec server; exec shows what it decodes."),
    _Flag("codec_auth", "TEMPORAL_CODEC_AUTH", "codec.auth", "Its authorization."),
)
_Verbose = Annotated[bool, typer.Option("--verbose", envvar="ASYNCWORKER_VERBOSE", help="Show errors' tracebacks.")]
# Flags that workers do not take: whether they encode is for their code to say.
_OF_CODECS = {"codec_endpoint": "--codec-endpoint", "codec_auth": "--codec-auth"}
_METADATA_HELP = "A header for every call, as KEY=VALUE; repeatable (TEMPORAL_GRPC_META_*)."


def takes_connection(command: Callable[..., None], *, of_workers: bool = False) -> Callable[..., None]:
    """Add the connection flags and ``--verbose`` to *command*, and check and export the flags before it runs.

    They are exported to the environment, where the connections that the user's own code makes find them too.
    *of_workers* refuses those of a codec server.
    """
    flags = [_parameter(flag, hidden=of_workers and flag.name in _OF_CODECS) for flag in _FLAGS]
    metadata = inspect.Parameter(
        "grpc_meta",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, typer.Option(help=_METADATA_HELP, rich_help_panel="Connection")],
    )
    names = [flag.name for flag in flags]
    verbose = inspect.Parameter("verbose", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Verbose)

    @functools.wraps(command)
    def with_connection(**arguments: Any) -> None:
        with reporting(verbose=arguments.pop(verbose.name)):
            headers = arguments.pop(metadata.name)
            given = {name: arguments.pop(name) for name in names}
            if of_workers:
                _refuse_codecs(given)
            _export(given, dict(map(_split, headers or ())))
            command(**arguments)

    signature = inspect.signature(command, eval_str=True)
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in signature.parameters.values()]
    parameters = [*own, verbose, *flags, metadata]
    # Typer reads both.
    with_connection.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_connection.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del with_connection.__wrapped__
    return with_connection


def takes_connection_of_workers(command: Callable[..., None]) -> Callable[..., None]:
    """Do as :func:`takes_connection`, for a command that runs workers."""
    return takes_connection(command, of_workers=True)


def _refuse_codecs(given: Mapping[str, Any]) -> None:
    for name, flag in _OF_CODECS.items():
        if given[name] is not None:
            raise ConfigurationError(
                f"{flag}: a worker encodes and decodes only with a codec that its code has given it:"
                " DataConverter(payload_codec=RemoteCodec(…)); exec takes it, for display"
            )


def _parameter(flag: _Flag, *, hidden: bool) -> inspect.Parameter:
    # Without typer's `envvar`: asyncworker.config checks the variables, and its errors name them.
    option = typer.Option(
        help=f"{flag.help} ({flag.variable})", rich_help_panel="Connection", show_default=False, hidden=hidden
    )
    return inspect.Parameter(
        flag.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[flag.type | None, option]
    )


def is_on_this_machine(config: ConnectConfig) -> bool:
    """Whether the server's address is this machine's own, and without TLS, as that of a dev server is."""
    return config.tls is None and parse_address(config.address)[0] in LOOPBACK


@contextmanager
def naming_the_address(*more: str) -> Iterator[None]:
    """Name the flag of the address, and *more*, where no server has answered in the block."""
    try:
        yield
    except RPCError as error:
        if not is_unanswered(error):
            raise
        ways = ["if it is elsewhere, give its address with --address (or TEMPORAL_ADDRESS), or in code", *more]
        raise RPCError("; ".join([error.message, *ways]), error.status, error.details) from error


def _with_flags(message: str) -> str:
    """Name the flags in a message of :mod:`asyncworker.config`, which calls them arguments."""
    names = {flag.key or flag.name: f"--{flag.name.replace('_', '-')}" for flag in _FLAGS}
    message = re.sub(r"argument rpc_metadata\[[^]]*\]", "--grpc-meta", message)
    return re.sub(r"argument ([\w.]+)", lambda found: names.get(found[1], found[0]), message)


def _split(header: str) -> tuple[str, str]:
    key, equals, value = header.partition("=")
    if not equals:
        raise typer.BadParameter(f"expected KEY=VALUE, got {header!r}", param_hint="--grpc-meta")
    return key, value


def _export(given: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    settings = {flag.key: given[flag.name] for flag in _FLAGS if flag.key}
    if given["tls"] is not None:
        settings["tls.disabled"] = not given["tls"]
    # Checked before it is exported, so that an error names the flag and not the variable.
    try:
        ConnectConfig.load(given["profile"], config_file=given["config_file"], settings=settings, rpc_metadata=metadata)
    except ConfigurationError as error:
        raise ConfigurationError(_with_flags(str(error))) from error
    for flag in _FLAGS:
        if (value := given[flag.name]) is not None:
            os.environ[flag.variable] = str(value).lower() if flag.type is bool else value
    for key, value in metadata.items():
        os.environ["TEMPORAL_GRPC_META_" + key.upper().replace("-", "_")] = value
