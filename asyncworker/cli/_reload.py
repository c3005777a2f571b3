"""Run a command, and run it again when code changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from watchfiles import PythonFilter, awatch

from ..exceptions import ConfigurationError
from ..testing import _supervise
from ..worker._signals import on_signals
from ._report import say

__all__ = ["keep_running"]

# Seconds that activities get to end by themselves, and then as much again when cancelled, before a change is run.
_PATIENCE = 2.0
# Seconds that are left to workers when this process has been killed, after they were told to cancel activities.
_LAST_PATIENCE = 8.0
# Seconds until nothing can be left of workers that were told to end: an open poll takes ten to run out, and is not cut
# short, since the server may just be answering it.
_RETIREMENT = 30.0


async def keep_running(command: Sequence[str], directories: Sequence[Path]) -> int:
    """Run *command* until a signal ends it, again after each change of Python code in *directories*.

    A signal is passed on. Without directories the end of the command is the end.

    Returns:
        The command's exit code; 0 if a signal ended it.

    Raises:
        ConfigurationError: A directory is none.
    """
    for directory in directories:
        if not directory.is_dir():
            raise ConfigurationError(f"--reload-dir: {directory} is not a directory")
    with _pipe() as pipe:
        run = _Run(_for_as_long_as(pipe, command), pipe, directories)
        with on_signals(run.on_signal), run.watching():
            return await run.until_stopped()


@contextmanager
def _pipe() -> Iterator[int]:
    """Give an end of a pipe, of which we have the only other end."""
    ours, theirs = os.pipe()[::-1]
    try:
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


def _for_as_long_as(pipe: int, command: Sequence[str]) -> Sequence[str]:
    """Have *command* ended with the pipe: workers that outlive us would take the tasks of the next ones."""
    if os.name != "posix":
        return command
    patience = f"{_PATIENCE:g},{_LAST_PATIENCE:g}"
    return [sys.executable, "-I", "-S", _supervise.__file__, patience, str(pipe), *command]


class _Run:
    def __init__(self, command: Sequence[str], pipe: int, directories: Sequence[Path]) -> None:
        self._command = command
        # Windows cannot hand it on, and does without.
        self._handed_on = [pipe] if os.name == "posix" else []
        self._directories = directories
        # The newest is the last; the others have been told to end.
        self._processes: list[Process] = []
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    def on_signal(self, _: signal.Signals) -> None:
        self._stopping.set()
        for process in self._processes:
            _ask_to_end(process)

    async def until_stopped(self) -> int:
        async with asyncio.TaskGroup() as leaving:
            while True:
                self._changed.clear()
                # Out of the terminal's reach: what it sends to the whole group is passed on, once.
                process = await asyncio.create_subprocess_exec(
                    *self._command, start_new_session=True, pass_fds=self._handed_on
                )
                self._processes.append(process)
                await _first_of(process.wait(), self._changed.wait(), self._stopping.wait())
                if not (self._changed.is_set() or self._stopping.is_set()):
                    if not self._directories:
                        return process.returncode or 0
                    say(f"the workers ended (exit code {process.returncode}); waiting for a change")
                    await _first_of(self._changed.wait(), self._stopping.wait())
                if self._stopping.is_set():
                    # Each further signal is passed on, and makes it hurry.
                    await process.wait()
                    return 0
                await self._make_way(process)
                leaving.create_task(self._see_out(process))

    async def _make_way(self, process: Process) -> None:
        """Ask for an orderly end, then for a quick one; return when what is left are open polls, at most."""
        for _ in range(2):
            if process.returncode is None:
                _ask_to_end(process)
                await _first_of(process.wait(), self._stopping.wait(), asyncio.sleep(_PATIENCE))

    async def _see_out(self, process: Process) -> None:
        """Wait until a process that was asked to end has ended."""
        await _first_of(process.wait(), asyncio.sleep(_RETIREMENT))
        if process.returncode is None:
            _kill(process)
            await process.wait()
        self._processes.remove(process)

    @contextmanager
    def watching(self) -> Iterator[None]:
        task = asyncio.create_task(self._watch()) if self._directories else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()

    async def _watch(self) -> None:
        try:
            async for changes in awatch(*self._directories, watch_filter=PythonFilter()):
                say(f"changed: {_listing(Path(path) for _, path in changes)}")
                self._changed.set()
        except OSError as error:
            say(f"changes are not noticed any more: {error}")


def _listing(paths: Iterable[Path]) -> str:
    here = Path.cwd()
    return ", ".join(sorted(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths))


def _ask_to_end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        if os.name == "posix":
            # With what it supervises.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


async def _first_of(*events: Coroutine[Any, Any, object]) -> None:
    """Wait for one of several events."""
    tasks = [asyncio.create_task(event) for event in events]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
