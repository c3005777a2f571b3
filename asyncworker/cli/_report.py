"""How a command that fails says so: one line on standard error, and an exit code."""

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
    """What was asked for cannot be done as it was asked."""


def say(message: str) -> None:
    """Tell the person at the terminal; what the message repeats of others' texts is shown, and not obeyed."""
    print(in_lines(message.rstrip("\n")), file=sys.stderr, flush=True)  # noqa: T201 - this is a command


@contextmanager
def reporting(*, verbose: bool) -> Iterator[None]:
    """Tell of an error that we foresee in one line, and exit; its traceback comes too if *verbose*."""
    try:
        yield
    except AsyncWorkerError as error:
        if verbose:
            say(traceback.format_exc())
        say(f"asyncworker: error: {error}")
        raise typer.Exit(USAGE if isinstance(error, ConfigurationError | CommandError) else FAILURE) from None
