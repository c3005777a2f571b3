"""``asyncworker run --health-address`` and ``asyncworker probe``."""

from __future__ import annotations

import json
import socket
from contextlib import closing

import pytest
from free_ports import free_port


async def test_a_running_worker_is_probed(command_on_fake):
    """All workers of the command share the address."""
    address = f"127.0.0.1:{free_port()}"
    async with command_on_fake.running("run", "orders:both", ASYNCWORKER_HEALTH_ADDRESS=address) as run:
        await run.line_with("started")
        await run.line_with("started")
        done = await command_on_fake("probe", f"http://{address}/readyz")
        code = await run.end()
    gone = await command_on_fake("probe", f"http://{address}/readyz")

    assert (done.returncode, code, gone.returncode) == (0, 0, 1)
    assert [it["ready"] for it in json.loads(done.stdout)["workers"]] == [True, True]
    assert b"no response from" in gone.stderr


async def test_a_worker_that_is_not_ready_fails_its_probe(command):
    """It waits for its server."""
    address = f"127.0.0.1:{free_port()}"
    arguments = ("run", "orders:worker", "--health-address", address, "--address", f"127.0.0.1:{free_port()}")
    async with command.running(*arguments) as run:
        await run.line_with("health probes")
        live, ready = [await command("probe", f"http://{address}/{path}") for path in ("livez", "readyz")]

    assert (live.returncode, ready.returncode) == (0, 1)
    assert json.loads(ready.stdout)["workers"][0]["reasons"] == ["it is starting"]


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8081", "http://127.0.0.1:8081", "https://a/livez", "http://a:x/livez", "ftp://a/"]
)
async def test_a_wrong_url_is_misuse(command, url):
    """It says what is wanted."""
    done = await command("probe", url)

    assert done.returncode == 2


@pytest.mark.parametrize("address", ["8081", "localhost", "http://localhost:80"])
async def test_a_wrong_health_address_is_misuse(command, address):
    """It names the flag."""
    done = await command("run", "orders:worker", "--health-address", address)

    assert done.returncode == 2
    assert b"health-address" in done.stderr
    assert b"Traceback" not in done.stderr


async def test_a_health_address_that_is_taken_is_misuse(command_on_fake):
    """It names the address and why."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = await command_on_fake("run", "orders:worker", "--health-address", address)

    assert done.returncode == 2
    assert f"health_address: cannot listen on {address}: Address already in use".encode() in done.stderr
