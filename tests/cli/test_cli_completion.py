"""``asyncworker completion``: scripts that the shells themselves accept."""

from __future__ import annotations

import shutil
import subprocess

import pytest
import typer

from asyncworker.cli import app
from asyncworker.cli._completion import Shell, script_for

APP = typer.main.get_command(app)


def completed(*words: str) -> list[str]:
    """Return what bash offers for the last of *words*."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    listed = " ".join(f"'{word}'" for word in words)
    code = f"{script_for(Shell.BASH, APP)}\nCOMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; _asyncworker\n"
    done = subprocess.run(
        [bash, "-c", code + "printf '%s\\n' \"${COMPREPLY[@]}\""], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["asyncworker", "d"], ["dev"]),
        (["asyncworker", "run", "--log-c"], ["--log-config"]),
        (["asyncworker", "run", "orders:worker", "--no-u"], ["--no-uvloop"]),
        (["asyncworker", "probe", "--t"], ["--timeout"]),
        (["asyncworker", "run", "ord"], []),
    ],
)
def test_bash_completes_commands_and_their_flags(words, offered):
    """What is no flag is left to bash, which completes files."""
    assert completed(*words) == offered


def test_every_command_is_offered():
    """None has to be added by hand."""
    assert {*completed("asyncworker", "")} == {*APP.commands, "--help", "--version"}


@pytest.mark.parametrize("shell", list(Shell))
def test_shell_takes_the_script(shell):
    """Its own parser finds nothing wrong."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell}")

    done = subprocess.run([program, "-n"], input=script_for(shell, APP), capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


async def test_command_prints_the_script(command):
    """To standard output, and nothing else."""
    done = await command("completion", "fish")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().rstrip("\n") == script_for(Shell.FISH, APP)
