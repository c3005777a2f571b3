"""Run a command for as long as standard input stays open; a script, started by ``_dev_server`` with a bare interpreter.

The starter holds the only other end of that pipe. However it ends, SIGKILL included, the kernel closes the pipe, and
the command is ended here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(grace: float, command: list[str]) -> int:
    """Run *command*; when standard input ends, terminate it and kill it *grace* seconds later (at once if zero)."""
    try:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - what the starter asked for
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)  # noqa: T201 - our caller reads it
        return 127

    def end(*_: object) -> None:
        if grace:
            child.terminate()
            try:
                child.wait(grace)
            except subprocess.TimeoutExpired:
                child.kill()
        else:
            child.kill()

    def end_with_input() -> None:
        # Not sys.stdin: a daemon thread that holds a buffer's lock would abort the interpreter's exit.
        while os.read(0, 1):
            pass
        end()

    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
    threading.Thread(target=end_with_input, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
