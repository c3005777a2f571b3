"""The command line: ``asyncworker run``, ``dev``, ``exec``, ``check``, ``probe``, ``codec-server``, ``completion``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from ._completion import completion
from ._dev import dev
from ._exec import exec_
from ._probe import probe
from .check import check
from .codec_server import codec_server
from .run import run

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    help="Run Temporal activities with asyncio.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Reflows the paragraphs of docstrings to the width of the terminal.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run")(run)
app.command("dev")(dev)
app.command("exec")(exec_)
app.command("check")(check)
app.command("codec-server")(codec_server)
app.command("probe")(probe)
app.command("completion")(completion)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"asyncworker {version('temporal-asyncworker')}")
        raise typer.Exit


@app.callback()
def _app(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    pass
