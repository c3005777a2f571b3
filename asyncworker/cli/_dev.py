"""``asyncworker dev``: a dev server if none is running, and workers that restart when their code changes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
import typer

from .._rpc._target import authority, parse_address
from ..client import Client
from ..config import ConnectConfig
from ..exceptions import ConfigurationError
from ..testing import DevServer
from ._connection import LOOPBACK, is_on_this_machine, naming_the_address, takes_connection
from ._entrypoint import find_entrypoint, split_target
from ._logging import LogFormat, LogLevel
from ._reload import GRACE, check_directories, keep_running
from ._report import say
from .run._options import AppDir, Factory, Format, Level, Target, Uvloop

__all__ = ["dev"]

_CONNECT_TIMEOUT = 5.0
# How far above the server's port `temporal server start-dev` puts the UI.
_UI_OFFSET = 1000


@takes_connection
def dev(
    target: Target = None,
    app_dir: AppDir = Path(),
    factory: Factory = False,
    reload: Annotated[
        bool, typer.Option(envvar="ASYNCWORKER_RELOAD", help="Restart the workers when code changes.")
    ] = True,
    reload_dir: Annotated[
        list[Path] | None,
        typer.Option(envvar="ASYNCWORKER_RELOAD_DIR", help="A directory to watch. Default: --app-dir."),
    ] = None,
    db_filename: Annotated[
        Path | None, typer.Option(envvar="ASYNCWORKER_DB_FILENAME", help="The file for the dev server's state.")
    ] = None,
    log_level: Level = LogLevel.INFO,
    log_format: Format = LogFormat.TEXT,
    uvloop: Uvloop = None,
) -> None:
    """Run workers while you write them.

    Uses the server at the address if there is one. Otherwise starts a dev server with its UI on this machine, which
    ends with the command. When a Python file changes, running activities get two seconds to finish, the rest are
    cancelled and retried by the server, and the workers restart on the new code. The log has a line for each attempt
    that ends.
    """
    found = find_entrypoint(target, app_dir, factory=factory)
    # What no change of the code would mend.
    split_target(found.target)
    command = [sys.executable, "-m", "asyncworker", "run", found.target, "--app-dir", str(found.app_dir)]
    command += ["--factory"] if found.is_factory else []
    command += ["--log-level", log_level, "--log-format", log_format]
    command += ["--log-activities"] if log_level in (LogLevel.DEBUG, LogLevel.INFO) else []
    # What they have at a restart, so that the log says so.
    command += ["--graceful-shutdown-timeout", f"{GRACE:g}"]
    command += [] if uvloop is None else ["--uvloop" if uvloop else "--no-uvloop"]
    directories = (reload_dir or [found.app_dir]) if reload else []
    # Before a server is started.
    check_directories(directories)
    raise typer.Exit(asyncio.run(_develop(command, directories, db_filename)))


async def _develop(command: Sequence[str], directories: Sequence[Path], db_filename: Path | None) -> int:
    async with _server(ConnectConfig.load(), db_filename):
        return await keep_running(command, directories)


@asynccontextmanager
async def _server(config: ConnectConfig, db_filename: Path | None) -> AsyncIterator[None]:
    """Make sure that there is a server at the configured address, and print where it and its UI are."""
    host, port = parse_address(config.address)
    ui_port = port + _UI_OFFSET
    if await _listens(host, port):
        # What listens there has to be a Temporal server that accepts this client.
        with naming_the_address():
            await (await Client.connect()).close()
        say(f"server: {config.address}, namespace {config.namespace}")
        if host in LOOPBACK and await _listens(host, ui_port):
            say(f"UI: http://{authority(host, ui_port)}")
        yield
        return
    if not is_on_this_machine(config):
        raise ConfigurationError(
            f"no server at {config.address} (--address, TEMPORAL_ADDRESS), and dev starts one on this machine only,"
            " without TLS"
        )
    server = DevServer(
        ip="::1" if host == "::1" else "127.0.0.1",
        port=port,
        ui=True,
        ui_port=None if await _listens(host, ui_port) else ui_port,
        namespace=config.namespace,
        db_filename=db_filename,
    )
    async with server:
        say(f"server: {config.address}, namespace {config.namespace}; started by this command, and ends with it")
        say(f"UI: {server.ui_url}")
        yield


async def _listens(host: str, port: int) -> bool:
    with anyio.move_on_after(_CONNECT_TIMEOUT):
        try:
            await (await anyio.connect_tcp(host, port)).aclose()
        except OSError:
            return False
        return True
    return False
