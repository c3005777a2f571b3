"""The flags that commands about workers share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._logging import LogFormat, LogLevel

__all__ = ["AppDir", "Factory", "Format", "Level", "Target", "Uvloop"]

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="MODULE:ATTRIBUTE",
        show_default=False,
        help="A Worker, or a sequence of them. Default: the entrypoint in pyproject.toml.",
    ),
]
AppDir = Annotated[
    Path, typer.Option(envvar="ASYNCWORKER_APP_DIR", help="The directory that modules are imported from first.")
]
Level = Annotated[LogLevel, typer.Option(envvar="ASYNCWORKER_LOG_LEVEL", help="The lowest level that is logged.")]
Format = Annotated[LogFormat, typer.Option(envvar="ASYNCWORKER_LOG_FORMAT", help="How records are written.")]
Factory = Annotated[
    bool, typer.Option("--factory", envvar="ASYNCWORKER_FACTORY", help="ATTRIBUTE is a function that makes them.")
]
Uvloop = Annotated[
    bool | None, typer.Option(envvar="ASYNCWORKER_UVLOOP", help="Run on uvloop. Default: if it is installed.")
]
