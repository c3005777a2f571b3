"""The processes under measurement: start them, drive the stub server, read what they cost."""

from __future__ import annotations

import compileall
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

__all__ = ["BRIDGED", "CONTENDERS", "PEER_ON_UVLOOP", "Contender", "Stub", "Worker", "compile_everything", "tree_at"]

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Contender:
    """Whose worker, with which arguments, and the tree whose code it runs."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    root: Path = _ROOT


CONTENDERS = (
    Contender("temporalio", "benchmarks.workers.temporalio_worker"),
    Contender("asyncworker", "benchmarks.workers.asyncworker_worker"),
    Contender("asyncworker + uvloop", "benchmarks.workers.asyncworker_worker", ("--uvloop",)),
)

#: Not among the others: a round of each takes a third longer with it.
PEER_ON_UVLOOP = Contender("temporalio + uvloop", "benchmarks.workers.temporalio_worker", ("--uvloop",))

#: Our worker with the peer's own activities.
BRIDGED = Contender("asyncworker, bridged", "benchmarks.workers.bridged_worker")


def environment() -> dict[str, str]:
    """The environment for a child: where byte code is not kept, each start would measure the compiler."""
    variables = dict(os.environ)
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


@contextmanager
def tree_at(revision: str) -> Iterator[Path]:
    """Check out another revision of this repository into a temporary git worktree, removed at the end.

    Raises:
        subprocess.CalledProcessError: git knows no such revision.
    """
    git = ("git", "-C", str(_ROOT))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        subprocess.run([*git, "worktree", "add", "--quiet", "--detach", str(root), revision], check=True)
        try:
            compileall.compile_dir(str(root / "asyncworker"), quiet=2)
            yield root
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", str(root)], check=True)


def compile_everything() -> None:
    """Write byte code for what is measured, wherever that is allowed."""
    import temporalio

    import asyncworker

    for module in (temporalio, asyncworker):
        compileall.compile_dir(str(Path(module.__file__ or "").parent), quiet=2)


class Stub:
    """The stub server, as a process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stub_server"],
            cwd=_ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def do(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Send a command, and wait for its answer.

        Raises:
            RuntimeError: The server could not do it, or has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": name, **arguments}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"error": "the stub server has ended"}')
        if "error" in answer:
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer


class Worker:
    """A worker's process, on a lane of the stub server or on a real server.

    Args:
        contender: Whose.
        target: ``host:port`` of the server.
        arguments: Further arguments for the worker's script.
    """

    def __init__(self, contender: Contender, target: str, *arguments: str) -> None:
        self.contender = contender
        self.started_at = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", contender.module, *contender.arguments, "--target", target, *arguments],
            # Python looks for modules there first.
            cwd=contender.root,
            env=environment(),
        )
        self._psutil = psutil.Process(self._process.pid)
        self.lane = -1

    @classmethod
    def on_stub(cls, contender: Contender, stub: Stub, *arguments: str, tls: bool = False) -> Self:
        """Start a worker on a lane of its own; it may not be ready yet."""
        lane = stub.do("listen", tls=tls)
        certificate = ("--certificate", lane["certificate"]) if tls else ()
        worker = cls(contender, f"127.0.0.1:{lane['port']}", *certificate, *arguments)
        worker.lane = lane["lane"]
        return worker

    @classmethod
    def ready(cls, contender: Contender, stub: Stub, *arguments: str, tls: bool = False) -> Self:
        """Start a worker on a lane of its own, and wait until it polls."""
        worker = cls.on_stub(contender, stub, *arguments, tls=tls)
        stub.do("first_poll", lane=worker.lane)
        return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Nothing waits for its answers any more: a graceful end would only take time.
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def interrupt(self) -> None:
        """Ask it to end, and wait until it has."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def cpu(self) -> float:
        """Seconds of CPU that all its threads have used, in user and system mode."""
        if sys.platform == "linux":
            # clock_getcpuclockid(3) with the precision of the scheduler; /proc counts in ticks of 10 ms.
            return time.clock_gettime(~self.pid << 3 | 2)
        times = self._psutil.cpu_times()
        return times.user + times.system

    def rss(self) -> int:
        """Bytes of memory in use, shared libraries included."""
        return int(self._psutil.memory_info().rss)

    def pss(self) -> int:
        """Bytes of memory in use, shared ones divided by their users; where only Linux knows, the resident ones."""
        return int(getattr(self._psutil.memory_full_info(), "pss", 0)) or self.rss()

    def threads(self) -> int:
        """How many threads it has."""
        return int(self._psutil.num_threads())
