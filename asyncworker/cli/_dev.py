"""``asyncworker dev``: a server if there is none, and workers that are started again when their code changes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
import typer

from ..client import Client
from ..config import ConnectConfig
from ..exceptions import ConfigurationError
from ..testing import DevServer
from ._connection import takes_connection
from ._logging import LogFormat, LogLevel
from ._reload import keep_running
from ._report import say
from ._run import AppDir, Factory, Format, Level, Target, Uvloop

__all__ = ["dev"]

_CONNECT_TIMEOUT = 5.0
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# How far above the server's port `temporal server start-dev` puts the UI.
_UI_OFFSET = 1000


@takes_connection
def dev(
    target: Target,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    reload: Annotated[
        bool, typer.Option(envvar="ASYNCWORKER_RELOAD", help="Start the workers again when code changes.")
    ] = True,
    reload_dir: Annotated[
        list[Path] | None, typer.Option(envvar="ASYNCWORKER_RELOAD_DIR", help="Watch this. Default: --app-dir.")
    ] = None,
    db_filename: Annotated[
        Path | None, typer.Option(envvar="ASYNCWORKER_DB_FILENAME", help="Keep the dev server's state in this file.")
    ] = None,
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.TEXT,
    uvloop: Uvloop = None,
) -> None:
    """Run workers while you write them.

    Uses the server at the address if one answers; else, on this machine, starts a dev server there, with its UI, for
    as long as the command runs. A change of a Python file gives running activities two seconds to end, cancels the
    rest, which the server then retries, and starts the workers again.
    """
    command = [sys.executable, "-m", "asyncworker", "run", target, "--app-dir", str(app_dir)]
    command += ["--factory"] if factory else []
    command += ["--log-level", log_level, "--log-format", log_format]
    command += [] if uvloop is None else ["--uvloop" if uvloop else "--no-uvloop"]
    directories = (reload_dir or [app_dir]) if reload else []
    raise typer.Exit(asyncio.run(_develop(command, directories, db_filename)))


async def _develop(command: Sequence[str], directories: Sequence[Path], db_filename: Path | None) -> int:
    async with _server(ConnectConfig.load(), db_filename):
        return await keep_running(command, directories)


@asynccontextmanager
async def _server(config: ConnectConfig, db_filename: Path | None) -> AsyncIterator[None]:
    """Have a server at the configured address, and say where it and its UI are."""
    host, _, port = config.address.rpartition(":")
    ui_port = int(port) + _UI_OFFSET
    if await _listens(host, int(port)):
        # Whatever listens there has to be a Temporal server that takes us.
        await (await Client.connect()).close()
        say(f"server: {config.address}, namespace {config.namespace}")
        if host in _LOOPBACK and await _listens(host, ui_port):
            say(f"UI: http://{host}:{ui_port}")
        yield
        return
    if host not in _LOOPBACK or config.tls is not None:
        raise ConfigurationError(f"nothing listens at {config.address}, and only on this machine one can be started")
    server = DevServer(
        ip="::1" if host == "[::1]" else "127.0.0.1",
        port=int(port),
        ui=True,
        ui_port=None if await _listens(host, ui_port) else ui_port,
        namespace=config.namespace,
        db_filename=db_filename,
        # Workers that are started again every other minute should not wait for their polls to run out.
        dynamic_config={"frontend.enableCancelWorkerPollsOnShutdown": True},
    )
    async with server:
        say(f"server: {config.address}, namespace {config.namespace}; started here, and ends with this command")
        say(f"UI: {server.ui_url}")
        yield


async def _listens(host: str, port: int) -> bool:
    with anyio.move_on_after(_CONNECT_TIMEOUT):
        try:
            await (await anyio.connect_tcp(host.strip("[]"), port)).aclose()
        except OSError:
            return False
        return True
    return False
