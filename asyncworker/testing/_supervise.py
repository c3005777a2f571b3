"""Run a command for as long as a pipe stays open; a script, started with a bare interpreter.

Its starter holds the only other end of that pipe. However it ends, SIGKILL included, the kernel closes the pipe, and
the command is ended here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence


class _Child:
    """The command as it runs; signals may come before it does."""

    def __init__(self, graces: Sequence[float], *, passes_signals: bool) -> None:
        self._graces = graces
        self._passes_signals = passes_signals
        self._early: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        stdin = None if self._passes_signals else subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdin=stdin)  # noqa: S603 - what the starter asked for
        for number in self._early:
            self.on_signal(number, None)
        return self._process

    def on_signal(self, number: int, _: object) -> None:
        if self._process is None:
            self._early.append(number)
        elif self._passes_signals:
            self._process.send_signal(number)
        else:
            self.end()

    def end(self) -> None:
        assert self._process is not None
        for seconds in self._graces:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        self._process.kill()


def main(graces: Sequence[float], pipe: int, command: list[str]) -> int:
    """Run *command*; when the pipe ends, terminate it, and kill it if it does not end.

    Args:
        graces: How many seconds it has after each request to terminate; none: it is killed at once.
        pipe: The file descriptor to watch. Standard input: a signal to us ends the command as well. Another: standard
            input is the command's, and signals are passed on to it.
        command: What to run.
    """
    child = _Child(graces, passes_signals=pipe != 0)
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), child.on_signal)
    try:
        process = child.start(command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)  # noqa: T201 - our caller reads it
        return 127

    def end_with_pipe() -> None:
        # Not a file object: a daemon thread that holds a buffer's lock would abort the interpreter's exit.
        while os.read(pipe, 1):
            pass
        child.end()

    threading.Thread(target=end_with_pipe, daemon=True).start()
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main([float(it) for it in sys.argv[1].split(",") if it], int(sys.argv[2]), sys.argv[3:]))
