"""Report a command's failure: one line on standard error, and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ..exceptions import AsyncWorkerError, ConfigurationError
from ._frames import users_traceback
from ._plain import in_lines

__all__ = ["FAILURE", "USAGE", "CommandError", "UserCodeError", "reporting", "say"]

FAILURE = 1
USAGE = 2


class CommandError(AsyncWorkerError):
    """The command line is wrong, or the server could not be asked."""


def say(message: str) -> None:
    """Print to standard error, with control characters escaped: messages quote ids and texts of other people."""
    print(in_lines(message.rstrip("\n")), file=sys.stderr, flush=True)  # noqa: T201 - this is a command


class UserCodeError(AsyncWorkerError):
    """Code of the user's raised an error, which is the cause."""


@contextmanager
def reporting(*, verbose: bool) -> Iterator[None]:
    """Print an error of ours in one line and exit; with *verbose*, and of one in the user's code, its traceback too."""
    try:
        yield
    except AsyncWorkerError as error:
        if verbose:
            say(traceback.format_exc())
        elif isinstance(error, UserCodeError) and error.__cause__ is not None:
            say(users_traceback(error.__cause__))
        say(f"asyncworker: error: {error}")
        raise typer.Exit(USAGE if isinstance(error, ConfigurationError | CommandError) else FAILURE) from None
