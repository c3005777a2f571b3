"""``asyncworker codec-server``: serve a codec to Temporal's UI and CLI on this machine."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from ...converter import DataConverter, PayloadCodec
from ...exceptions import ConfigurationError
from ...worker._signals import leaving_on_signals
from .._load import load
from .._report import reporting, say
from ..run._options import AppDir

__all__ = ["codec_server"]

_PORT = 8888
# Seconds that requests get to be answered once the server stops.
_GRACE = 5


def codec_server(
    target: Annotated[str, typer.Argument(help="A data converter or codec, as module:attribute.")],
    app_dir: AppDir = Path(),
    port: Annotated[
        int,
        typer.Option(
            min=1, max=65535, envvar="ASYNCWORKER_CODEC_SERVER_PORT", help="The port on 127.0.0.1 to listen on."
        ),
    ] = _PORT,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            envvar="ASYNCWORKER_CODEC_SERVER_ALLOW_ORIGIN",
            help="The origin of a UI that may ask; can be repeated. Default: those of a dev server's UI.",
        ),
    ] = None,
) -> None:
    """Serve a codec to the UI and the CLI on this machine.

    The UI takes the URL under its glasses icon, the CLI as --codec-endpoint. What asks can read every payload, so this
    listens on 127.0.0.1 only; asyncworker.contrib.codec_server has the application for a server of your own.
    """
    with reporting(verbose=False):
        try:
            import uvicorn

            from ...contrib.codec_server import DEV_ORIGINS, codec_server as make_application
            from ._limits import LimitedProtocol
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f'codec-server needs {error.name}: pip install "temporal-asyncworker[codec-server]"'
            ) from error
        codec = load(target, app_dir, _codecs_in)
        try:
            application = make_application(codec, allowed_origins=allow_origin or DEV_ORIGINS)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{target} cannot be served: {error}") from error
        try:
            listener = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"--port: cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}"
            ) from error
        say(f"codec server: http://127.0.0.1:{port}")
        config = uvicorn.Config(
            application,
            http=LimitedProtocol,
            ws="none",
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=_GRACE,
        )
        # uvicorn raises a signal once more when it has ended: Ctrl-C and SIGTERM are no failure.
        with listener, leaving_on_signals(), suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listener])


def _codecs_in(module: ModuleType) -> tuple[str, list[str]]:
    return "data converters or codecs", [
        name for name, value in vars(module).items() if isinstance(value, DataConverter | PayloadCodec)
    ]
