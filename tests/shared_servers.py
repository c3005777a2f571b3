"""Temporal dev servers for all processes of a test run: started when first asked for, ended with the run.

Under pytest-xdist the process that hands out the tests keeps the servers, and those that run tests ask it for them.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.managers import BaseManager
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from asyncworker.testing import DevServer

# Retries and timeouts happen when they are due, and not up to a second later.
_EXACT = {"history.timerProcessorMaxTimeShift": "1ms"}
#: The settings of each server.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    # It ends the open polls of a worker that stops, as each DevServer does, so that no test waits until they run out.
    "default": _EXACT,
    # As servers in production come: the open polls of a worker that stops stay open.
    "reticent": {**_EXACT, "frontend.enableCancelWorkerPollsOnShutdown": False},
}


@dataclass(frozen=True, slots=True)
class SharedServer:
    """Where a server listens that this process need not have started."""

    target: str
    pid: int
    ui_url: str | None

    @property
    def port(self) -> int:
        return int(self.target.rpartition(":")[2])


class SharedServers:
    """The servers that this process has started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, SharedServer] = {}
        self._running = ExitStack()

    def get(self, name: str) -> SharedServer:
        """Return a server, and start it if it does not run yet."""
        with self._lock:
            if name not in self._started:
                # Each test has an event loop of its own, the server outlives them all: its loop is in another thread.
                portal = self._running.enter_context(start_blocking_portal("asyncio"))
                server = DevServer(dynamic_config=SETTINGS[name])
                self._running.enter_context(portal.wrap_async_context_manager(server))
                self._started[name] = SharedServer(server.target, server.pid, server.ui_url)
            return self._started[name]

    def close(self) -> None:
        """End all."""
        with self._lock:
            self._started.clear()
            self._running.close()


class _Manager(BaseManager):
    """The connection between the processes."""


class ServersForProcesses:
    """A plugin for the process that hands out the tests: it starts servers for those that run them."""

    def __init__(self) -> None:
        self._servers = SharedServers()
        self._key = secrets.token_bytes(16)
        self._address: tuple[str, int] | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        host, port = self._address = self._address or self._listen()
        node.workerinput["servers"] = (host, port, self._key.hex())

    def _listen(self) -> tuple[str, int]:
        _Manager.register("servers", callable=lambda: self._servers)
        listening = _Manager(("127.0.0.1", 0), self._key).get_server()
        # It ends with the process.
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        host, port = listening.address  # type: ignore[misc, str-unpack]
        return host, port  # type: ignore[return-value]

    def pytest_unconfigure(self) -> None:
        self._servers.close()


@contextmanager
def asking_for_servers(config: pytest.Config) -> Iterator[Callable[[str], SharedServer]]:
    """Yield what starts servers: the process that hands out the tests, or if there is none this one."""
    if (workerinput := getattr(config, "workerinput", None)) is None:
        own = SharedServers()
        try:
            yield own.get
        finally:
            own.close()
        return
    host, port, key = workerinput["servers"]
    _Manager.register("servers")
    manager = _Manager((host, port), bytes.fromhex(key))
    manager.connect()
    yield manager.servers().get  # type: ignore[attr-defined]
