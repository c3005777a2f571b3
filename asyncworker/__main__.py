"""The ``asyncworker`` command, also as ``python -m asyncworker``."""

from __future__ import annotations

import sys

_NEEDED = {"typer", "rich", "watchfiles"}


def main() -> None:
    """Run the command line; without the extra it needs, say how to install that."""
    try:
        from .cli import app
        from .cli._leave import leaving_behind
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        print(  # noqa: T201 - this is a command
            f'asyncworker: the command line needs {error.name}: pip install "temporal-asyncworker[cli]"',
            file=sys.stderr,
        )
        sys.exit(2)
    with leaving_behind():
        app(prog_name="asyncworker")


if __name__ == "__main__":
    main()
