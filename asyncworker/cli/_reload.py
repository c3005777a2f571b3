"""Run a command, and restart it when code changes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import anyio
from anyio.abc import TaskGroup
from watchfiles import PythonFilter, awatch

from ..exceptions import ConfigurationError
from ..testing import _supervise
from ..worker._signals import on_signals
from ._report import say

__all__ = ["GRACE", "check_directories", "keep_running"]

#: Seconds that activities get to finish, and then again when cancelled, before the new code runs.
GRACE = 2.0
# Seconds that workers get after they have cancelled activities, when this process has been killed.
_KILLED_GRACE = 8.0
# Seconds after which workers that were told to stop are killed. Their open polls take up to ten to run out, and are not
# cancelled, since the server may be answering them.
_KILL_AFTER = 30.0


async def keep_running(command: Sequence[str], directories: Sequence[Path]) -> int:
    """Run *command* until a signal, and restart it after each change of Python code in *directories*.

    Signals are passed on to it. Without directories this returns when the command ends.

    Returns:
        The command's exit code; 0 after a signal.
    """
    with _pipe() as pipe:
        run = _Run(_supervised(pipe, command), pipe, directories)
        with on_signals(run.on_signal):
            async with run.watching():
                return await run.until_stopped()


def check_directories(directories: Sequence[Path]) -> None:
    """Check that *directories* can be watched.

    Raises:
        ConfigurationError: One is none.
    """
    for directory in directories:
        if not directory.is_dir():
            raise ConfigurationError(f"--reload-dir: {directory} is not a directory")


@contextmanager
def _pipe() -> Iterator[int]:
    """Open a pipe whose other end is closed when this process ends, however it ends."""
    ours, theirs = os.pipe()[::-1]
    try:
        yield theirs
    finally:
        os.close(ours)
        os.close(theirs)


def _supervised(pipe: int, command: Sequence[str]) -> Sequence[str]:
    """Wrap *command* so that it ends with the pipe: workers that outlived us would take tasks of the next ones."""
    if os.name != "posix":
        return command
    # One signal: the workers cancel activities after the first part of that by themselves.
    grace = f"{GRACE + _KILLED_GRACE:g}"
    return [sys.executable, "-I", "-S", _supervise.__file__, grace, str(pipe), *command]


class _Run:
    def __init__(self, command: Sequence[str], pipe: int, directories: Sequence[Path]) -> None:
        self._command = command
        # Windows cannot pass it on.
        self._passed_on = [pipe] if os.name == "posix" else []
        self._directories = directories
        # The last one is current; the others have been told to stop.
        self._processes: list[Process] = []
        self._changed = asyncio.Event()
        self._stopping = asyncio.Event()

    def on_signal(self, _: signal.Signals) -> None:
        self._stopping.set()
        for process in self._processes:
            _terminate(process)

    async def until_stopped(self) -> int:
        async with self._others_ended() as leaving:
            return await self._run_and_restart(leaving)

    @asynccontextmanager
    async def _others_ended(self) -> AsyncIterator[TaskGroup]:
        """Leave the block when the processes that were told to stop have ended."""
        async with anyio.create_task_group() as leaving:
            yield leaving

    async def _run_and_restart(self, leaving: TaskGroup) -> int:
        while True:
            self._changed.clear()
            # In a session of its own: the terminal signals the whole group, and we pass each signal on once.
            process = await asyncio.create_subprocess_exec(
                *self._command, start_new_session=True, pass_fds=self._passed_on
            )
            self._processes.append(process)
            await _first_of(process.wait, self._changed.wait, self._stopping.wait)
            if not (self._changed.is_set() or self._stopping.is_set()):
                if not self._directories:
                    return process.returncode or 0
                say(f"the workers ended (exit code {process.returncode}); waiting for a change")
                await _first_of(self._changed.wait, self._stopping.wait)
            if self._stopping.is_set():
                # Each further signal is passed on, and shortens the shutdown.
                await process.wait()
                return 0
            await self._stop_activities(process)
            leaving.start_soon(self._wait_or_kill, process)

    async def _stop_activities(self, process: Process) -> None:
        """Let activities finish, then have them cancelled; return when only open polls can be left."""
        if process.returncode is None:
            _terminate(process)
            # It cancels them after the first half of that by itself: a second signal could come as its third.
            with anyio.move_on_after(2 * GRACE):
                await _first_of(process.wait, self._stopping.wait)

    async def _wait_or_kill(self, process: Process) -> None:
        """Wait until a process that was told to stop has ended, and kill it if it does not."""
        with anyio.move_on_after(_KILL_AFTER):
            await process.wait()
        if process.returncode is None:
            _kill(process)
            await process.wait()
        self._processes.remove(process)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch the directories for the length of a block."""
        # A cancellation would be heeded after seconds: `awatch` waits in a thread.
        is_over = anyio.Event()
        async with anyio.create_task_group() as group:
            if self._directories:
                group.start_soon(self._watch, is_over)
            try:
                yield
            finally:
                is_over.set()

    async def _watch(self, is_over: anyio.Event) -> None:
        try:
            async for changes in awatch(*self._directories, watch_filter=PythonFilter(), stop_event=is_over):
                say(f"changed: {_listing(Path(path) for _, path in changes)}")
                self._changed.set()
        except OSError as error:
            say(f"files are no longer watched: {error}")


def _listing(paths: Iterable[Path]) -> str:
    here = Path.cwd()
    return ", ".join(sorted(str(path.relative_to(here) if path.is_relative_to(here) else path) for path in paths))


def _terminate(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)


def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        if os.name == "posix":
            # Its process group: the worker that it supervises too.
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


async def _first_of(*waits: Callable[[], Awaitable[object]]) -> None:
    """Wait for one of several events."""
    async with anyio.create_task_group() as group:

        async def wait(for_event: Callable[[], Awaitable[object]]) -> None:
            await for_event()
            group.cancel_scope.cancel()

        for each in waits:
            group.start_soon(wait, each)
