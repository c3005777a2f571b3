"""Report a command's failure: one line on standard error, and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ..exceptions import AsyncWorkerError, ConfigurationError
from ._plain import in_lines

__all__ = ["FAILURE", "USAGE", "CommandError", "reporting", "say"]

FAILURE = 1
USAGE = 2


class CommandError(AsyncWorkerError):
    """The command line is wrong, or the server could not be asked."""


def say(message: str) -> None:
    """Print to standard error, with control characters escaped: messages quote ids and texts of other people."""
    print(in_lines(message.rstrip("\n")), file=sys.stderr, flush=True)  # noqa: T201 - this is a command


@contextmanager
def reporting(*, verbose: bool) -> Iterator[None]:
    """Print an error of ours in one line and exit; with *verbose* its traceback as well."""
    try:
        yield
    except AsyncWorkerError as error:
        if verbose:
            say(traceback.format_exc())
        say(f"asyncworker: error: {error}")
        raise typer.Exit(USAGE if isinstance(error, ConfigurationError | CommandError) else FAILURE) from None
