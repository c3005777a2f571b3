"""The ``asyncworker`` command, also as ``python -m asyncworker``."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

_NEEDED = {"typer", "rich", "watchfiles"}


def main() -> None:
    """Run the command line; without the extra it needs, say how to install that."""
    try:
        # Imports take a while, and have nothing to clean up.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _leave)
        from .cli import app
        from .cli._frames import users_traceback
        from .cli._leave import leaving_behind
        from .cli._report import say
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        print(  # noqa: T201 - this is a command
            f'asyncworker: the command line needs {error.name}: pip install "temporal-asyncworker[cli]"',
            file=sys.stderr,
        )
        sys.exit(2)
    finally:
        if signal.getsignal(signal.SIGINT) is _leave:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    with leaving_behind():
        try:
            app(prog_name="asyncworker")
        except Exception as error:  # noqa: BLE001 - shown as Python does, but for what a terminal would obey
            say(users_traceback(error))
            sys.exit(1)


def _leave(number: int, _: FrameType | None) -> None:
    os._exit(128 + number)


if __name__ == "__main__":
    main()
