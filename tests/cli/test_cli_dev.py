"""``asyncworker dev`` has a server, and workers that follow their code."""

from __future__ import annotations

import signal
import socket
import sys

import pytest
from free_ports import free_address, free_port

from asyncworker.client import Client

pytestmark = pytest.mark.server


async def test_dev_starts_a_server_and_reloads(command, task_queue):
    """Without a server it starts one with its UI, reloads on changes, survives a syntax error, leaves no processes."""
    port = free_port(1000)
    source = command.directory / "orders.py"
    good = source.read_text()
    options = {"task_queue": task_queue, "start_to_close_timeout": 10, "result_type": list}

    async with command.running("dev", "orders:worker", "--address", f"127.0.0.1:{port}") as dev:
        await dev.line_with(f"server: 127.0.0.1:{port}, namespace default")
        ui = await dev.line_with("UI: ")
        await dev.line_with("started: namespace")
        async with await Client.connect(f"127.0.0.1:{port}") as client:
            before = await client.execute_activity("echo", "old", **options)
            source.write_text("x = (")
            await dev.line_with("changed: orders.py")
            await dev.line_with("SyntaxError")
            await dev.line_with("waiting for a change")
            source.write_text(good.replace("return values", "return ['new', *values]"))
            await dev.line_with("started: namespace")
            after = await client.execute_activity("echo", "code", **options)
        code = await dev.end(signal.SIGINT)

    assert ui == f"UI: http://127.0.0.1:{port + 1000}"
    assert before == ["old"]
    assert after == ["new", "code"]
    assert code == 0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port))


async def test_reload_interrupts_a_running_activity_which_is_retried(command_on_server, dev_server, task_queue):
    """A change interrupts a running activity within seconds, and the server retries it on the new code."""
    source = command_on_server.directory / "orders.py"
    async with (
        command_on_server.running("dev", "orders:worker") as dev,
        await Client.connect(dev_server.target) as client,
    ):
        await dev.line_with("started: namespace")
        handle = await client.start_activity(
            "wait", task_queue=task_queue, start_to_close_timeout=60, heartbeat_timeout=5, id=task_queue
        )
        async for _ in handle.progress():
            break
        source.write_text(source.read_text().replace('activity.heartbeat("still here")', "return"))
        told = await dev.line_with("stops, and waits for")
        result = await handle.result()
        code = await dev.end()

    assert "1 activities, which have 2 s to end by themselves" in told
    assert result is None
    assert code == 0


async def test_dev_uses_a_running_server(command_on_server, dev_server):
    """A server that answers at the address is used and left running."""
    async with command_on_server.running("dev", "orders:worker", "--no-reload") as dev:
        line = await dev.line_with("server: ")
        await dev.line_with("started: namespace")
        code = await dev.end()

    assert line == f"server: {dev_server.target}, namespace default"
    assert code == 0
    socket.create_connection(("127.0.0.1", dev_server.port)).close()


async def test_dev_without_reload_ends_with_the_worker(command_on_server):
    """With --no-reload the workers' exit code is the command's."""
    done = await command_on_server("dev", "orders:nothing", "--no-reload")

    assert done.returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP], ids=lambda number: number.name)
async def test_killed_dev_leaves_no_processes(command_on_fake, temporal, task_queue, how):
    """However the command ends, its workers end too, and take no more tasks."""
    async with command_on_fake.running("dev", "orders:worker") as dev:
        await dev.line_with("started: namespace")
        await temporal.add_task("echo", task_queue=task_queue).wait_closed(timeout=30)
        dev.process.send_signal(how)
        # Its end is the end of all that write to its standard error.
        await dev.rest()

    assert dev.process.returncode == (0 if how == signal.SIGHUP else -how)
    assert temporal.requests("ShutdownWorker")


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
async def test_killed_dev_ends_running_activities(command_on_fake, temporal, task_queue):
    """Workers of a killed command cancel and report their running activities."""
    async with command_on_fake.running("dev", "orders:worker") as dev:
        await dev.line_with("started: namespace")
        task = temporal.add_task("deaf", task_queue=task_queue)
        await task.wait_for_attempt(timeout=30)
        dev.process.kill()
        await dev.rest()

    assert task.last_failure.application_failure_info.type == "WorkerShutdown"


async def test_workers_of_dev_can_read_the_terminal(command_on_fake):
    """A breakpoint in an activity reads from the terminal: standard input is the workers'."""
    with (command_on_fake.directory / "orders.py").open("a") as module:
        module.write("\nprint('read', input(), file=sys.stderr, flush=True)\n")
    async with command_on_fake.running("dev", "orders:worker") as dev:
        await dev.process.stdin.send(b"typed\n")
        await dev.line_with("read typed")
        await dev.line_with("started: namespace")
        code = await dev.end()

    assert code == 0


async def test_dev_starts_no_server_for_another_machine(command):
    """No server is started in place of one on another machine."""
    done = await command("dev", "orders:worker", "--address", "192.0.2.1.invalid:7233")

    assert done.returncode == 2
    assert b"no server at 192.0.2.1.invalid:7233" in done.stderr


async def test_missing_reload_directory_is_an_error(command):
    """A directory to watch has to exist; that is seen before a server is started."""
    done = await command("dev", "orders:worker", "--reload-dir", "nowhere", "--address", free_address())

    assert done.returncode == 2
    assert done.stderr.decode() == "asyncworker: error: --reload-dir: nowhere is not a directory\n"


async def test_dev_refuses_a_target_that_no_change_of_the_code_would_mend(command):
    """A target without an attribute is an error at once: no server is started, no change is waited for."""
    done = await command("dev", "orders")

    assert done.returncode == 2
    assert b"'orders' names nothing: expected module:attribute" in done.stderr
    assert b"server:" not in done.stdout
