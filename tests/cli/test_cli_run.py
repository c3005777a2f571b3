"""``asyncworker run`` runs workers, stops on signals, and reports errors in one line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import httpx
import pytest
from free_ports import free_address

from asyncworker.client import Client, PendingActivityState

LIFESPAN = """
import sys
from contextlib import asynccontextmanager
import orders
from asyncworker import Worker

@asynccontextmanager
async def open_pool(worker):
    print("opened", file=sys.stderr, flush=True)
    yield
    print("closed", file=sys.stderr, flush=True)

@asynccontextmanager
async def open_database(worker):
    raise OSError("no database")
    yield

worker = Worker(activities=[orders.echo], task_queue="q", lifespan=open_pool)
broken = Worker(activities=[orders.echo], task_queue="q", lifespan=open_database)
"""


class TestRunning:
    async def test_runs_until_a_signal(self, command_on_server, dev_server, task_queue):
        """A worker runs activities, and a SIGTERM shuts it down."""
        async with (
            command_on_server.running("run", "orders:worker") as run,
            await Client.connect(dev_server.target) as client,
        ):
            await run.line_with("started")
            result = await client.execute_activity(
                "echo", "a", task_queue=task_queue, start_to_close_timeout=10, result_type=list
            )
            code = await run.end()

        assert result == ["a"]
        assert code == 0

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_signal_stops_all_workers_of_a_sequence(self, command_on_server, number):
        """A sequence of workers runs in one process, and a signal stops all of them."""
        async with command_on_server.running("run", "orders:both") as run:
            await run.line_with("started")
            await run.line_with("started")
            code = await run.end(number)

        assert code == 0

    async def test_factory_function_makes_the_worker(self, command_on_server):
        """With --factory a function makes the worker; it may be async."""
        async with command_on_server.running("run", "orders:make", "--factory") as run:
            await run.line_with("started")
            code = await run.end()

        assert code == 0

    async def test_a_lifespan_is_left_before_the_command_ends(self, command_on_server):
        """What the worker's activities share is opened before it starts, and closed after a SIGTERM."""
        (command_on_server.directory / "shared.py").write_text(LIFESPAN)

        async with command_on_server.running("run", "shared:worker") as run:
            await run.line_with("opened")
            await run.line_with("started")
            run.process.send_signal(signal.SIGTERM)
            output = await run.rest()
            code = await run.process.wait()

        assert output.index("stops") < output.index("closed") < output.index("stopped")
        assert code == 0

    async def test_a_lifespan_that_fails_is_logged_with_its_traceback(self, command_on_server):
        """The command ends with 1 and the error in one line; the log says where it came from."""
        (command_on_server.directory / "shared.py").write_text(LIFESPAN)

        done = await command_on_server("run", "shared:broken")

        assert done.returncode == 1
        assert done.stderr.decode().count("Traceback") == 1
        assert "in open_database" in done.stderr.decode()
        assert "asyncworker: error: the lifespan of worker" in done.stderr.decode().splitlines()[-1]

    async def test_failure_of_one_worker_stops_the_others(self, command_on_server, task_queue):
        """A worker that fails shuts down the others, and the command ends with 1."""
        (command_on_server.directory / "broken.py").write_text(
            "import orders\n"
            "from asyncworker import Client, Worker\n"
            "async def make():\n"
            "    lost = await Client.connect(namespace='nowhere')\n"
            "    return [orders.worker, Worker(lost, task_queue='q', activities=[orders.echo])]\n"
        )

        done = await command_on_server("run", "broken:make", "--factory")

        assert done.returncode == 1
        assert b"asyncworker: error: " in done.stderr
        assert b"nowhere" in done.stderr
        assert b"Traceback" not in done.stderr

    async def test_json_log_has_one_object_per_line(self, command_on_server):
        """With --log-format json each line is an object, with flat keys."""
        async with command_on_server.running("run", "orders:worker", ASYNCWORKER_LOG_FORMAT="json") as run:
            await run.line_with("started")
            run.process.send_signal(signal.SIGTERM)
            lines = run.seen + await run.rest()

        records = [json.loads(line) for line in lines.splitlines()]
        assert {"timestamp", "level", "logger", "message"} <= records[0].keys()
        assert {record["level"] for record in records} == {"info"}

    @pytest.mark.parametrize("target", ["orders:worker", "orders:both"])
    async def test_signal_ends_a_command_that_is_connecting(self, command, target):
        """A signal ends a command that waits for a server's answer, and that is no failure."""
        asked = anyio.Event()

        async def keep_quiet(stream):
            asked.set()
            async with stream:
                await anyio.sleep_forever()

        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as group,
        ):
            group.start_soon(listener.serve, keep_quiet)
            port = listener.extra(anyio.abc.SocketAttribute.local_port)
            async with command.running("run", target, TEMPORAL_ADDRESS=f"127.0.0.1:{port}") as run:
                await asked.wait()
                code = await run.end()
            group.cancel_scope.cancel()

        assert code == 0

    @pytest.mark.parametrize("flag", ["--codec-endpoint", "--codec-auth"])
    async def test_codec_server_of_a_flag_is_refused(self, command, flag):
        """Whether a worker encodes is for its code to say: the message has what to write there."""
        done = await command("run", "orders:worker", flag, "http://127.0.0.1:8888")
        helped = await command("run", "--help")

        assert done.returncode == 2
        assert f"{flag}: a worker encodes".encode() in done.stderr
        assert b"payload_codec=RemoteCodec(" in done.stderr
        assert flag.encode() not in helped.stdout

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    async def test_codec_server_responds_until_a_signal(self, command, number):
        """It ends with exit code 0."""
        pytest.importorskip("uvicorn")
        (command.directory / "converters.py").write_text(
            "from asyncworker import DataConverter\nfrom asyncworker.converter import CompressionCodec\n"
            "converter = DataConverter(payload_codec=CompressionCodec())\n"
        )
        address = free_address()
        async with (
            command.running("codec-server", "converters:converter", "--port", address.split(":")[1]) as run,
            httpx.AsyncClient(base_url=f"http://{address}") as http,
        ):
            await run.line_with("codec server: ")
            response = await http.post("/decode", json={"payloads": []})
            code = await run.end(number)

        assert response.json() == {"payloads": []}
        assert code == 0

    async def test_codec_server_of_the_environment_is_not_used_and_said_so_once(self, command_on_server):
        """One line at INFO: the variable may be there for other commands."""
        async with command_on_server.running(
            "run", "orders:both", TEMPORAL_CODEC_ENDPOINT="http://127.0.0.1:8888"
        ) as run:
            await run.line_with("started")
            await run.line_with("started")
            code = await run.end()

        assert code == 0
        assert run.seen.count("TEMPORAL_CODEC_ENDPOINT is set, and workers do not use it") == 1

    async def test_flags_and_variables_override_the_code(self, command_on_server, dev_server, task_queue):
        """A flag, or its variable, replaces what the worker's code says: with one slot the second task waits."""
        options = {"task_queue": task_queue, "start_to_close_timeout": 30}
        async with (
            command_on_server.running(
                "run", "orders:worker", "--max-concurrent-activities", "1", ASYNCWORKER_GRACEFUL_SHUTDOWN_TIMEOUT="0s"
            ) as run,
            await Client.connect(dev_server.target) as client,
        ):
            await run.line_with("started")
            handles = [
                await client.start_activity("wait", id=f"{task_queue}-{number}", heartbeat_timeout=1, **options)
                for number in range(2)
            ]
            async for _ in handles[0].progress():
                break
            states = [(await handle.describe()).run_state.name for handle in handles]
            code = await run.end()

        assert states == ["STARTED", "SCHEDULED"]
        assert code == 0

    @pytest.mark.parametrize(("chosen", "used"), [(None, [10_000, 10, 10]), ((5_000, 7, 7), [5_000, 7, 7])])
    async def test_garbage_collector_runs_less_often(self, command_on_server, dev_server, task_queue, chosen, used):
        """Garbage is collected less often than by default, unless the program has set the thresholds."""
        with (command_on_server.directory / "orders.py").open("a") as module:
            module.write(f"\ngc.set_threshold(*{chosen})\n" if chosen else "")
        async with (
            command_on_server.running("run", "orders:worker") as run,
            await Client.connect(dev_server.target) as client,
        ):
            await run.line_with("started")
            result = await client.execute_activity(
                "thresholds", task_queue=task_queue, start_to_close_timeout=10, result_type=list
            )

        assert result == used

    @pytest.mark.parametrize(
        ("activity_type", "what"),
        [
            ("block", "1 threads did not end"),
            ("thread", "1 threads did not end"),
            ("stubborn", "did not heed its cancellation"),
        ],
        ids=["block", "thread", "stubborn"],
    )
    async def test_activity_that_never_ends_does_not_keep_the_process(
        self, command_on_server, dev_server, task_queue, activity_type, what
    ):
        """An activity that ignores its cancellation is reported as failed, and ends with the process."""
        async with (
            command_on_server.running("run", "orders:worker", "--graceful-shutdown-timeout", "0s") as run,
            await Client.connect(dev_server.target) as client,
        ):
            await run.line_with("started")
            handle = await client.start_activity(
                activity_type, id=task_queue, task_queue=task_queue, start_to_close_timeout=60
            )
            with anyio.fail_after(20):
                while (await handle.describe()).run_state is not PendingActivityState.STARTED:  # noqa: ASYNC110
                    await anyio.sleep(0.05)
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()
            failure = (await handle.describe()).last_failure

        assert run.process.returncode == 0
        assert said.count(what) == 1
        assert failure.type == "WorkerShutdown"

    async def test_pool_whose_children_were_killed_does_not_keep_the_process(
        self, command_on_fake, temporal, task_queue
    ):
        """The exit waits for a pool whose children died while holding a lock, but not forever."""
        async with command_on_fake.running("run", "orders:worker") as run:
            task = temporal.add_task("fork_pool", task_queue=task_queue)
            await task.wait_closed(timeout=30)
            # As systemd and a terminal do.
            for child in children(run.process.pid):
                os.kill(child, signal.SIGTERM)
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()

        assert task.result == "[0, 1, 2]"
        assert run.process.returncode == 0
        assert "the program's atexit callbacks did not end" in said
        assert children(run.process.pid) == []

    async def test_many_stuck_threads_are_waited_for_together(self, command_on_fake, temporal, task_queue):
        """The waiting time at the exit does not grow with the number of stuck threads."""
        async with command_on_fake.running("run", "orders:worker", "--graceful-shutdown-timeout", "0s") as run:
            for task in [temporal.add_task("block", task_queue=task_queue) for _ in range(30)]:
                await task.wait_for_attempt(timeout=30)
            run.process.send_signal(signal.SIGTERM)
            # One after the other they would take a minute.
            said = await run.rest()

        assert run.process.returncode == 0
        assert int(re.search(r"(\d+) threads did not end", said)[1]) > 5

    async def test_atexit_callbacks_are_called(self, command_on_fake, temporal, task_queue):
        """The program's own idle executor does not keep it from an ordinary exit."""
        (command_on_fake.directory / "pooled.py").write_text(
            "import atexit, concurrent.futures, sys\n"
            "from orders import worker\n"
            "executor = concurrent.futures.ThreadPoolExecutor()\n"
            "executor.submit(int).result()\n"
            "atexit.register(print, 'bye', file=sys.stderr)\n"
        )
        async with command_on_fake.running("run", "pooled:worker") as run:
            await run.line_with("started")
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()

        assert run.process.returncode == 0
        assert said.endswith("bye\n")
        assert "did not end" not in said

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    async def test_signals_while_the_process_exits_change_nothing(self, command_on_fake, number):
        """The exit code is that of the first one; there is no traceback."""
        (command_on_fake.directory / "leaving.py").write_text(
            "import atexit, sys, time\nfrom orders import worker\n"
            "@atexit.register\ndef bye():\n    print('leaving', file=sys.stderr, flush=True)\n    time.sleep(0.5)\n"
        )
        async with command_on_fake.running("run", "leaving:worker") as run:
            await run.line_with("started")
            run.process.send_signal(signal.SIGTERM)
            await run.line_with("leaving")
            run.process.send_signal(number)
            said = await run.rest()

        assert run.process.returncode == 0
        assert "Traceback" not in said

    async def test_interrupt_during_our_imports_ends_with_130(self, command):
        """Ctrl-C before the command has started ends it with 130, and without a traceback."""
        (command.directory / "typer.py").write_text(
            "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
        )
        async with command.running("run", "orders:worker") as run:
            await run.line_with("importing")
            run.process.send_signal(signal.SIGINT)
            said = await run.rest()

        assert said == ""
        assert run.process.returncode == 130

    async def test_interrupt_during_the_programs_imports_ends_with_130(self, command):
        """So does Ctrl-C while the program's own module is imported."""
        (command.directory / "slow.py").write_text(
            "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
        )
        async with command.running("run", "slow:worker") as run:
            await run.line_with("importing")
            run.process.send_signal(signal.SIGINT)
            said = await run.rest()

        assert "Traceback" not in said
        assert run.process.returncode == 130

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    async def test_signal_during_the_programs_imports_ends_with_0(self, command, number):
        """A signal while modules are imported ends the command by itself, as it has to where nothing else would."""
        (command.directory / "slow.py").write_text(
            "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)\n"
        )
        async with command.running("run", "slow:worker") as run:
            await run.line_with("importing")
            assert await run.end(number) == 0

    async def test_hangup_drains_the_workers(self, command_on_fake):
        """SIGHUP, which a closed terminal sends, shuts a worker down."""
        async with command_on_fake.running("run", "orders:both") as run:
            await run.line_with("started")
            await run.line_with("started")
            code = await run.end(signal.SIGHUP)

        assert code == 0

    async def test_logs_escape_control_characters(self, command_on_fake, temporal, task_queue):
        """An id with a line break and control characters cannot forge a line or control the terminal."""
        evil = "7\n12:00:00.000 ERROR forged\x1b[2J\x9b1m\u202e"
        async with command_on_fake.running("run", "orders:worker") as run:
            await run.line_with("started")
            await temporal.add_task("fail", evil, activity_id=evil, task_queue=task_queue).wait_closed(timeout=30)
            await temporal.add_task(evil, task_queue=task_queue).wait_for_attempt(timeout=30)
            await run.line_with("(most recent call last)")
            run.process.send_signal(signal.SIGTERM)
            said = run.seen + await run.rest()

        assert all(it == "\n" or it.isprintable() for it in said)
        assert not any(line.startswith("12:00:00") for line in said.splitlines())
        assert r"[fail 7\n12:00:00.000 ERROR forged\x1b[2J\x9b1m\u202e]" in said

    async def test_tracebacks_escape_control_characters(self, command_on_fake):
        """Nor can the traceback of an error in the program."""
        (command_on_fake.directory / "broken.py").write_text(
            "def make():\n    raise ValueError('\\x1b[2J' + '\\nasyncworker: error: forged')\n"
        )

        done = await command_on_fake("run", "broken:make", "--factory")

        said = done.stderr.decode()
        assert done.returncode == 1
        assert "Traceback (most recent call last)" in said
        assert r"ValueError: \x1b[2J" in said
        (error,) = [line for line in said.splitlines() if line.startswith("asyncworker: error")]
        assert error.startswith("asyncworker: error: --factory: broken:make raised ValueError")


class TestLog:
    async def test_debug_log_shows_connections_polls_heartbeats_and_ends(self, command_on_fake, temporal, task_queue):
        """At DEBUG the log follows an activity from the connection to its end."""
        async with command_on_fake.running("run", "orders:worker", "--log-level", "debug") as run:
            await temporal.add_task("pack", 1, task_queue=task_queue).wait_closed(timeout=30)
            await run.line_with("activity pack completed after")
            run.process.send_signal(signal.SIGTERM)
            said = run.seen + await run.rest()

        assert f"connected to {temporal.target}" in said
        assert f"polling task queue {task_queue!r}" in said
        assert f"a poll of task queue {task_queue!r} returned pack" in said
        assert "heartbeat of activity pack sent" in said
        assert f"connection to {temporal.target} closed" in said

    async def test_ends_of_activities_are_logged_if_asked_for(self, command_on_fake, temporal, task_queue):
        """With --log-activities, as in dev, a completed attempt has a line; nothing else of DEBUG has."""
        async with command_on_fake.running("run", "orders:worker", "--log-activities") as run:
            await temporal.add_task("echo", activity_id="7", task_queue=task_queue).wait_closed(timeout=30)
            line = await run.line_with("activity echo completed after")
            await run.end()

        assert line.rstrip().endswith("[echo 7]")
        assert "polling task queue" not in run.seen

    async def test_run_says_that_it_waits_for_a_server(self, command):
        """While there is no server, a line says which one is waited for."""
        async with command.running("run", "orders:worker", "--address", "127.0.0.1:1") as run:
            line = await run.line_with("waiting up to")
            code = await run.end()

        assert "waiting up to 120 s for a Temporal server at 127.0.0.1:1: cannot connect to 127.0.0.1:1" in line
        assert code == 0

    async def test_log_config_replaces_the_logging_flags(self, command_on_fake):
        """A file of the program's own says where records go and how they look."""
        config = {
            "formatters": {"short": {"format": "!%(name)s!%(message)s"}},
            "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "short"}},
            "root": {"level": "INFO", "handlers": ["out"]},
        }
        (command_on_fake.directory / "log.json").write_text(json.dumps(config))
        async with command_on_fake.running("run", "orders:worker", "--log-config", "log.json") as run:
            line = await run.line_with("started: namespace")
            code = await run.end()

        assert line.startswith("!asyncworker.worker.run._reports!worker of task queue")
        assert code == 0


class TestWaitingForAServer:
    async def test_run_starts_when_the_server_comes(self, command, temporal, task_queue):
        """A factory's own connection waits as long, and its workers take tasks then."""
        (command.directory / "later.py").write_text(
            "import orders\n"
            "from asyncworker import Client, Worker\n"
            "async def make():\n"
            "    return Worker(await Client.connect(), task_queue='q', activities=[orders.echo])\n"
        )
        address = free_address()
        arguments = ("later:make", "--factory", "--address", address, "--wait-for-server", "forever")
        async with command.running("run", *arguments) as run:
            line = await run.line_with("waiting until there is")
            async with forwarding(address, temporal.target):
                await run.line_with("started: namespace")
                code = await run.end()

        assert f"waiting until there is a Temporal server at {address}: cannot connect" in line
        assert code == 0

    async def test_run_ends_when_the_server_has_not_come_in_time(self, command):
        """With exit code 1, the address, and what to change in the message; so it does for a client of a factory."""
        (command.directory / "connecting.py").write_text(
            "import orders\nfrom asyncworker import Client, Worker\n"
            "async def make():\n    return Worker(await Client.connect(), task_queue='q', activities=[orders.echo])\n"
        )
        waits = ("--address", "127.0.0.1:1", "--wait-for-server", "500ms")

        for target in (["orders:worker"], ["connecting:make", "--factory"]):
            done = await command("run", *target, *waits)

            said = done.stderr.decode().splitlines()[-1]
            assert done.returncode == 1
            assert said.startswith("asyncworker: error: ")
            for part in ("127.0.0.1:1", "with --address (or TEMPORAL_ADDRESS)", "--wait-for-server"):
                assert part in said
            assert b"Traceback" not in done.stderr

    async def test_probes_are_responded_to_while_it_waits(self, command):
        """A worker that waits for its server is live, so that nothing restarts it, and not ready."""
        health = free_address()
        arguments = ("--address", "127.0.0.1:1", "--health-address", health)
        async with command.running("run", "orders:worker", *arguments) as run:
            await run.line_with("waiting up to")
            async with httpx.AsyncClient(base_url=f"http://{health}") as http:
                codes = [(await http.get(path)).status_code for path in ("/livez", "/readyz")]
            await run.end()

        assert codes == [200, 503]


@asynccontextmanager
async def forwarding(address: str, target: str) -> AsyncIterator[None]:
    """Have a server at *address*, which is the one at *target*."""
    (local_host, local_port), (host, port) = address.split(":"), target.split(":")

    async def copy(source, sink):
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            async for data in source:
                await sink.send(data)

    async def forward(stream):
        async with stream, await anyio.connect_tcp(host, int(port)) as onward, anyio.create_task_group() as both:
            both.start_soon(copy, onward, stream)
            await copy(stream, onward)
            both.cancel_scope.cancel()

    async with (
        await anyio.create_tcp_listener(local_host=local_host, local_port=int(local_port)) as listener,
        anyio.create_task_group() as group,
    ):
        group.start_soon(listener.serve, forward)
        yield
        group.cancel_scope.cancel()


class TestFactory:
    @pytest.mark.parametrize("wait", ["await anyio.sleep_forever()", "time.sleep(60)"])
    @pytest.mark.parametrize("before", ["", "yield orders.worker"])
    @pytest.mark.parametrize("loop", ["--uvloop", "--no-uvloop"])
    async def test_signal_in_a_factory_closes_what_it_opened(self, command_on_fake, wait, before, loop):
        """A SIGTERM while a factory opens or closes something ends the command, and the factory's clean-up runs."""
        (command_on_fake.directory / "managed.py").write_text(
            "import anyio, sys, time, orders\n"
            "from contextlib import asynccontextmanager\n"
            "@asynccontextmanager\n"
            "async def make():\n"
            "    try:\n"
            f"        {before}\n"
            "        print('it waits', file=sys.stderr, flush=True)\n"
            f"        {wait}\n"
            "        yield orders.worker\n"
            "    finally:\n"
            "        print('closed', file=sys.stderr, flush=True)\n"
        )
        async with command_on_fake.running("run", "managed:make", "--factory", loop) as run:
            if before:
                await run.line_with("started: namespace")
                run.process.send_signal(signal.SIGTERM)
            await run.line_with("it waits")
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()

        assert "closed" in said
        assert "Traceback" not in said
        assert run.process.returncode == 0

    async def test_async_context_manager_closes_what_it_opened(self, command_on_fake):
        """A factory that is an async context manager is left when its workers have stopped."""
        (command_on_fake.directory / "managed.py").write_text(
            "import sys, orders\n"
            "from contextlib import asynccontextmanager\n"
            "@asynccontextmanager\n"
            "async def make():\n"
            "    print('opened', file=sys.stderr, flush=True)\n"
            "    try:\n"
            "        yield [orders.worker]\n"
            "    finally:\n"
            "        print('closed, running:', orders.worker.is_running, file=sys.stderr, flush=True)\n"
        )
        async with command_on_fake.running("run", "managed:make", "--factory") as run:
            await run.line_with("opened")
            await run.line_with("started: namespace")
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()

        assert "closed, running: False" in said
        assert run.process.returncode == 0


class TestMetrics:
    async def test_metrics_are_at_the_health_address(self, command_on_fake, temporal, task_queue):
        """Where prometheus_client is installed, and the code has no observer of its own, run adds one."""
        health = free_address()
        async with command_on_fake.running("run", "orders:worker", "--health-address", health) as run:
            await run.line_with("started: namespace")
            await temporal.add_task("echo", "a", task_queue=task_queue).wait_closed(timeout=30)
            async with httpx.AsyncClient(base_url=f"http://{health}") as http:
                page = await http.get("/metrics")
            code = await run.end()

        labels = f'{{namespace="default",service_name="asyncworker",task_queue="{task_queue}"}}'
        assert f"temporal_worker_start_total{labels} 1.0" in page.text
        assert f"asyncworker_ready{labels}" in page.text
        assert page.headers["content-type"].startswith("text/plain")
        assert code == 0

    async def test_metrics_can_be_left_out(self, command_on_fake):
        """With --no-metrics there is no such page."""
        health = free_address()
        async with command_on_fake.running("run", "orders:worker", "--health-address", health, "--no-metrics") as run:
            await run.line_with("started: namespace")
            async with httpx.AsyncClient(base_url=f"http://{health}") as http:
                page = await http.get("/metrics")
            await run.end()

        assert page.status_code == 404

    async def test_an_observer_in_the_code_is_the_one_that_is_shown(self, command_on_fake):
        """Its registry and its service name stay."""
        (command_on_fake.directory / "measured.py").write_text(
            "import orders\n"
            "from prometheus_client import CollectorRegistry\n"
            "from asyncworker import Worker\n"
            "from asyncworker.contrib.prometheus import PrometheusObserver\n"
            "observer = PrometheusObserver(CollectorRegistry(), service_name='shop')\n"
            "worker = Worker(task_queue='q', activities=[orders.echo], observers=[observer])\n"
        )
        health = free_address()
        async with command_on_fake.running("run", "measured:worker", "--health-address", health) as run:
            await run.line_with("started: namespace")
            async with httpx.AsyncClient(base_url=f"http://{health}") as http:
                page = await http.get("/metrics")
            await run.end()

        assert 'service_name="shop"' in page.text
        assert 'service_name="asyncworker"' not in page.text


class TestEntrypoint:
    async def test_run_without_an_argument_runs_the_entrypoint_of_pyproject(self, command_on_fake):
        """The nearest pyproject.toml upwards says what, and modules are looked for beside it."""
        (command_on_fake.directory / "pyproject.toml").write_text('[tool.asyncworker]\nentrypoint = "orders:worker"\n')
        inner = command_on_fake.directory / "docs" / "pages"
        inner.mkdir(parents=True)
        async with replace(command_on_fake, directory=inner).running("run") as run:
            await run.line_with("started: namespace")
            code = await run.end()

        assert code == 0

    async def test_check_without_an_argument_looks_at_the_entrypoint(self, command_on_fake):
        """A factory in a folder of its own, as pyproject.toml says."""
        source = command_on_fake.directory / "src"
        source.mkdir()
        (command_on_fake.directory / "orders.py").rename(source / "orders.py")
        (command_on_fake.directory / "pyproject.toml").write_text(
            '[tool.asyncworker]\nentrypoint = "orders:make"\napp-dir = "src"\nfactory = true\n'
        )

        done = await command_on_fake("check")

        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        assert b"namespace 'default' is there" in done.stdout


def children(pid: int) -> list[int]:
    """The processes that a process has started, and their like."""
    done = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid, state in map(str.split, done.stdout.splitlines()) if not state.startswith("Z")]


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["orders"], "'orders' names nothing: expected module:attribute, such as orders:worker"),
            (["nothing:worker"], "there is no module 'nothing' in "),
            (["orders:nothing"], "module 'orders' has no 'nothing'; its workers: worker, other"),
            (["orders:number"], "orders:number is not a Worker or a sequence of workers, but a int"),
            (["orders:make"], "if it is a function that makes one, use --factory"),
            (["orders:make_from", "--factory"], "--factory: orders:make_from is not a function without parameters"),
            (["orders:nothing_made", "--factory"], "--factory: what orders:nothing_made returns is not a Worker or a"),
            (["orders:none_at_all"], "is not a Worker or a sequence of workers, but an empty one"),
            (["orders:generate", "--factory"], "orders:generate yields: decorate it with @contextlib.asynccontextm"),
            (["orders:worker", "--app-dir", "nowhere"], "--app-dir: nowhere is not a directory"),
            ([], "nothing to run: give MODULE:ATTRIBUTE, such as orders:worker, or a pyproject.toml that has"),
            (["orders:worker", "--metrics"], "--metrics: they are served at the health address, so give --health-add"),
            (["orders:worker", "--log-config", "log.ini"], "--log-config: log.ini: [Errno 2] No such file"),
            (["orders:worker", "--wait-for-server", "soon"], "expected seconds, or a duration such as 500ms"),
            (["orders:worker", "--address", "nowhere"], "--address must be host:port"),
            (["orders:worker", "--grpc-meta", "x"], "expected KEY=VALUE, got 'x'"),
            (["orders:worker", "--graceful-shutdown-timeout", "soon"], "expected seconds, or a duration such as 500ms"),
        ],
    )
    async def test_wrong_command_line_is_one_line_and_exit_code_2(self, command, arguments, message):
        """A wrong argument is reported in one line, with exit code 2."""
        done = await command("run", *arguments)

        assert done.returncode == 2
        assert message in " ".join(done.stderr.decode().replace("│", " ").split())
        assert b"Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("x = (", r"SyntaxError: '(' was never closed"),
            ("import nothing_like_it", "ModuleNotFoundError: No module named 'nothing_like_it'"),
            ("1 / 0", "ZeroDivisionError: division by zero"),
        ],
    )
    async def test_broken_module_is_reported_with_file_and_line(self, command, code, message):
        """A module that cannot be imported is reported with the error, the file and the line."""
        (command.directory / "broken.py").write_text(code)

        done = await command("run", "broken:worker")

        assert done.returncode == 2
        assert (
            f"module 'broken' cannot be imported: {message} ({command.directory}/broken.py, line 1)"
            in done.stderr.decode()
        )

    @pytest.mark.parametrize(
        "factory",
        [
            "def make():\n    read()\n",
            "async def make():\n    await asyncio.sleep(0)\n    read()\n",
            "@asynccontextmanager\nasync def make():\n    read()\n    yield\n",
        ],
        ids=["function", "coroutine function", "context manager"],
    )
    async def test_traceback_of_a_factory_starts_in_its_code(self, command, factory):
        """No frame of ours, of the command line's or of the event loop's is shown; the last line names the factory."""
        (command.directory / "broken.py").write_text(
            "import asyncio\nfrom contextlib import asynccontextmanager\ndef read():\n    {}['URL']\n" + factory
        )

        done = await command("run", "broken:make", "--factory")

        said = done.stderr.decode()
        files = re.findall(r'File "(.*)", line \d+, in (\w+)', said)
        path = f"{command.directory}/broken.py"
        assert done.returncode == 1
        assert files == [(path, "make"), (path, "read")]
        expected = f"asyncworker: error: --factory: broken:make raised KeyError: 'URL' ({path}, line 4)"
        assert said.splitlines()[-1] == expected

    async def test_traceback_of_what_a_factory_closes_starts_in_its_code(self, command_on_fake):
        """When the workers have stopped."""
        (command_on_fake.directory / "broken.py").write_text(
            "import orders\nfrom contextlib import asynccontextmanager\n"
            "@asynccontextmanager\nasync def make():\n    yield orders.worker\n    {}['URL']\n"
        )
        async with command_on_fake.running("run", "broken:make", "--factory") as run:
            await run.line_with("started")
            run.process.send_signal(signal.SIGTERM)
            said = await run.rest()

        assert re.findall(r'File "(.*)", line \d+, in (\w+)', said) == [
            (f"{command_on_fake.directory}/broken.py", "make")
        ]
        assert run.process.returncode == 1

    async def test_wrong_variable_is_named(self, command):
        """An error in a variable names the variable."""
        done = await command("run", "orders:worker", TEMPORAL_TLS="off")

        assert done.returncode == 2
        assert b"environment variable TEMPORAL_TLS must be true, false, 1 or 0, got 'off'" in done.stderr

    async def test_verbose_error_has_a_traceback(self, command):
        """With --verbose the traceback is printed too."""
        done = await command("run", "orders:worker", "--verbose", TEMPORAL_TLS="off")

        assert done.returncode == 2
        assert b"Traceback" in done.stderr

    async def test_health_address_that_is_taken_is_one_line_and_exit_code_2(self, command_on_fake):
        """It is found at the start, before a task is taken."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            done = await command_on_fake("run", "orders:worker", "--health-address", address)

        said = done.stderr.decode().splitlines()
        assert done.returncode == 2
        assert said == [f"asyncworker: error: health_address: cannot listen on {address}: Address already in use"]

    async def test_codec_server_on_a_port_that_is_taken_is_one_line_and_exit_code_2(self, command):
        """And it says nothing of a server that is not there."""
        pytest.importorskip("uvicorn")
        (command.directory / "converters.py").write_text(
            "from asyncworker import DataConverter\nfrom asyncworker.converter import CompressionCodec\n"
            "converter = DataConverter(payload_codec=CompressionCodec())\n"
        )
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = await command("codec-server", "converters:converter", "--port", str(port))

        assert done.returncode == 2
        expected = f"asyncworker: error: --port: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        assert done.stderr.decode() == expected

    async def test_unknown_namespace_is_one_line_and_exit_code_1(self, command_on_server):
        """A worker that cannot start is reported in one line, with exit code 1."""
        done = await command_on_server("run", "orders:worker", "--namespace", "nowhere")

        assert done.returncode == 1
        assert b"asyncworker: error: " in done.stderr
        assert b"nowhere" in done.stderr
        assert b"Traceback" not in done.stderr


class TestWithoutExtras:
    @pytest.mark.process
    def test_missing_cli_extra_is_named(self):
        """Without the extra the command says how to install it."""
        code = "import sys; sys.modules['typer'] = None; from asyncworker.__main__ import main; main()"

        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

        assert done.returncode == 2
        assert b'pip install "temporal-asyncworker[cli]"' in done.stderr

    def test_missing_package_that_no_extra_has_is_shown_as_it_is(self):
        """A broken installation is not taken for one without the extra."""
        code = "import sys; sys.modules['anyio'] = None; from asyncworker.__main__ import main; main()"

        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

        assert done.returncode == 1
        assert b"ModuleNotFoundError" in done.stderr
        assert b"pip install" not in done.stderr

    def test_command_that_was_started_to_ignore_ctrl_c_still_does_after_its_imports(self):
        """As a shell starts what it puts into the background, with ``nohup`` too."""
        code = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.argv = ["asyncworker", "--version"]
from asyncworker.__main__ import main
try:
    main()
finally:
    print("ignored", signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

        assert done.returncode == 0
        assert b"ignored True" in done.stdout

    async def test_missing_uvloop_is_an_error(self, command):
        """--uvloop without uvloop is an error, not a silent fallback."""
        (command.directory / "sitecustomize.py").write_text("import sys; sys.modules['uvloop'] = None")

        done = await command("run", "orders:worker", "--uvloop", PYTHONPATH=f"{command.directory}")

        assert done.returncode == 2
        assert b"--uvloop" in done.stderr


async def test_version_is_printed(command):
    """--version prints the version."""
    done = await command("--version")

    assert done.returncode == 0
    assert done.stdout.startswith(b"asyncworker ")
