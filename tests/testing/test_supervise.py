"""A supervised command lives as long as its starter's pipe, and is ended by signals as if it were its own starter's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from asyncworker.testing import _supervise

# Says that it runs, and then waits; what it does about SIGTERM and SIGINT comes before.
WAITS = "import signal, sys, time; {}; print('runs', flush=True); time.sleep(60)"
IGNORES = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"

pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")]


@contextmanager
def supervised(*command: str, graces: str = "10", pipe: int = 0, **options) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, _supervise.__file__, graces, str(pipe), *command]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def python(code: str) -> tuple[str, str, str]:
    return sys.executable, "-c", code


@pytest.mark.parametrize(
    ("code", "expected"),
    [("raise SystemExit(7)", 7), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL)],
    ids=["exits", "killed"],
)
def test_exit_code_of_the_command_is_the_supervisors(code, expected):
    """One that a signal ended has the code that a shell gives it."""
    with supervised(*python(code)) as process:
        assert process.wait(30) == expected


def test_command_that_cannot_be_run_is_named():
    """With a shell's code for it."""
    with supervised("/nowhere/at/all") as process:
        _, said = process.communicate(timeout=30)

    assert (process.returncode, said) == (127, b"/nowhere/at/all: No such file or directory\n")


def test_closed_pipe_terminates_the_command():
    """However the starter ends, the kernel closes its end of the pipe."""
    with supervised(*python(WAITS.format("pass"))) as process:
        assert process.stdout.readline() == b"runs\n"
        process.stdin.close()

        assert process.wait(30) == 128 + signal.SIGTERM


def test_command_that_ignores_its_termination_is_killed():
    """After the seconds that it has for each request."""
    with supervised(*python(WAITS.format(IGNORES)), graces="0.1,0.1") as process:
        assert process.stdout.readline() == b"runs\n"
        process.stdin.close()

        assert process.wait(30) == 128 + signal.SIGKILL


def test_command_without_grace_is_killed_at_once():
    """It gets no request to terminate."""
    with supervised(*python(WAITS.format("pass")), graces="") as process:
        assert process.stdout.readline() == b"runs\n"
        process.stdin.close()

        assert process.wait(30) == 128 + signal.SIGKILL


def test_signal_to_the_supervisor_terminates_the_command():
    """Where standard input is the pipe, whatever the signal is."""
    with supervised(*python(WAITS.format("pass"))) as process:
        assert process.stdout.readline() == b"runs\n"
        process.send_signal(signal.SIGHUP)

        assert process.wait(30) == 128 + signal.SIGTERM


def test_signal_is_passed_on_to_a_command_that_has_standard_input():
    """Where the pipe is another, the command is the terminal's: its signals and its input are."""
    reading, writing = os.pipe()
    reads = "signal.signal(signal.SIGINT, lambda *_: sys.exit(int(sys.stdin.readline())))"
    try:
        with supervised(*python(WAITS.format(reads)), pipe=reading, pass_fds=[reading]) as process:
            assert process.stdout.readline() == b"runs\n"
            process.stdin.write(b"9\n")
            process.stdin.flush()
            process.send_signal(signal.SIGINT)

            assert process.wait(30) == 9
    finally:
        os.close(reading)
        os.close(writing)


def test_signal_that_comes_before_the_command_runs_is_passed_on():
    """None is lost in between."""
    child = _supervise._Child([], passes_signals=True)
    child.on_signal(signal.SIGTERM, None)

    assert child.start([sys.executable, "-c", "import time; time.sleep(60)"]).wait(30) == -signal.SIGTERM
