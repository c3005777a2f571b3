"""``asyncworker exec`` starts an activity, shows its progress, and ends with an exit code for its outcome."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import AsyncIterator

import anyio
import pytest

from asyncworker.client import Client
from asyncworker.exceptions import RPCStatusCode


@pytest.fixture
async def worked(command_on_server) -> AsyncIterator[None]:
    """The module's worker runs beside the test."""
    async with command_on_server.running("run", "orders:worker", "--graceful-shutdown-timeout", "0") as run:
        await run.line_with("started")
        yield
        await run.end()


@pytest.fixture
def execute(command_on_server, worked, task_queue):
    """The exec command on the test's task queue."""

    def execute(*arguments, **env):
        return command_on_server("exec", *arguments, TEMPORAL_TASK_QUEUE=task_queue, **env)

    return execute


class TestOutcomes:
    async def test_completed_activity_is_exit_code_0_and_json(self, execute):
        """A completed activity is 0, and standard output has only its result as JSON."""
        done = await execute("echo", '{"a": [1, 2.5]}', "plain words", "null", "7")

        assert done.returncode == 0
        assert json.loads(done.stdout) == [{"a": [1, 2.5]}, "plain words", None, 7]

    async def test_failed_activity_is_exit_code_1_with_its_causes(self, execute):
        """A failed activity is 1, and its failure and the causes are printed."""
        done = await execute("fail", "no stock")

        assert done.returncode == 1
        assert done.stdout == b""
        assert (
            "ApplicationError: Broken: no stock\ncaused by ApplicationError: ValueError: root" in done.stderr.decode()
        )

    async def test_timed_out_activity_is_exit_code_3(self, execute):
        """One that timed out is 3."""
        done = await execute("wait", "--start-to-close-timeout", "500ms", "--retry-max-attempts", "1")

        assert done.returncode == 3
        assert b"TimeoutError: " in done.stderr

    async def test_terminated_activity_is_exit_code_5(self, command_on_server, worked, dev_server, task_queue):
        """One that was terminated is 5."""
        async with (
            await Client.connect(dev_server.target) as client,
            command_on_server.running("exec", "orders:wait", "--id", f"{task_queue}-1") as run,
        ):
            await run.line_with("still here")
            await client.get_activity_handle(f"{task_queue}-1").terminate(reason="enough")
            rest = await run.rest()

        assert run.process.returncode == 5
        assert "TerminatedError" in rest

    async def test_interrupt_cancels_the_activity_which_is_exit_code_4(self, command_on_server, worked):
        """Ctrl-C cancels the activity; one that was cancelled is 4."""
        async with command_on_server.running("exec", "orders:wait") as run:
            await run.line_with("still here")
            code = await run.end(signal.SIGINT)

        assert code == 4

    async def test_second_interrupt_leaves_the_activity_running(self, command_on_server, worked):
        """A second Ctrl-C leaves an activity running that has not reacted to the first, with 130."""
        async with command_on_server.running("exec", "orders:deaf") as run:
            await run.line_with("running")
            run.process.send_signal(signal.SIGINT)
            await run.line_with("Ctrl-C again to leave it alone")
            run.process.send_signal(signal.SIGINT)
            await run.line_with("the activity keeps running")
            await run.rest()

        assert run.process.returncode == 130

    async def test_interrupt_before_the_start_says_that_nothing_was_started(self, command):
        """Ctrl-C while it connects says that nothing was started."""
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
            async with command.running("exec", "orders:pack", TEMPORAL_ADDRESS=f"127.0.0.1:{port}") as run:
                await asked.wait()
                run.process.send_signal(signal.SIGINT)
                said = await run.rest()
            group.cancel_scope.cancel()

        assert said == "interrupted: nothing was started\n"
        assert run.process.returncode == 130

    async def test_interrupt_during_the_start_says_that_the_activity_may_run(self, command_on_fake, temporal):
        """Ctrl-C during the start call says that the activity may be running."""
        with temporal.hold("StartActivityExecution"):
            async with command_on_fake.running("exec", "orders:pack") as run:
                await temporal.wait_for("StartActivityExecution", timeout=30)
                run.process.send_signal(signal.SIGINT)
                said = await run.rest()

        assert said.splitlines()[-1] == "interrupted during the start: the activity may be running"
        assert run.process.returncode == 130

    async def test_refused_cancellation_is_reported(self, command_on_fake, temporal):
        """A cancellation that the server refuses is printed; a second Ctrl-C still ends the command."""
        temporal.fail_next("RequestCancelActivityExecution", RPCStatusCode.PERMISSION_DENIED, "you may not")
        async with command_on_fake.running("exec", "orders:pack") as run:
            await run.line_with("waiting for a worker")
            run.process.send_signal(signal.SIGINT)
            await run.line_with("Ctrl-C again to leave it alone")
            told = await run.line_with("the activity was not cancelled, and keeps running")
            run.process.send_signal(signal.SIGINT)
            await run.rest()

        assert "you may not" in told
        assert run.process.returncode == 130

    async def test_refused_progress_is_reported(self, command_on_fake, temporal):
        """A line says that progress can no longer be shown; the result still arrives."""
        temporal.fail_next("DescribeActivityExecution", RPCStatusCode.PERMISSION_DENIED, "you may not look")
        async with (
            command_on_fake.running("run", "orders:worker", "--graceful-shutdown-timeout", "0") as worker,
            command_on_fake.running("exec", "orders:pack", "1") as run,
        ):
            told = await run.line_with("its progress can no longer be shown")
            await run.rest()
            await worker.end()

        assert "you may not look" in told
        assert run.process.returncode == 0


class TestForeignTexts:
    async def test_texts_of_activities_are_escaped(self, execute):
        """Control characters of a failure, heartbeat or result do not reach the terminal, nor begin a line."""
        evil = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e\nasyncworker: error: forged"

        failed = await execute("fail", evil)
        echoed = await execute("echo", evil)
        beaten = await execute("orders:show", json.dumps(evil))

        for done in (failed, echoed, beaten):
            printed = (done.stdout + done.stderr).decode()
            assert all(it == "\n" or it.isprintable() for it in printed)
            assert "\nasyncworker: error" not in printed
        assert r"Broken: \x1b[2J\x1b]0;title\x07\x9b31m\u202e" in failed.stderr.decode()
        assert json.loads(echoed.stdout) == [evil]
        assert r"show: \x1b[2J" in beaten.stderr.decode()


class TestProgress:
    async def test_progress_off_a_terminal_is_lines(self, command_on_server, worked):
        """Off a terminal, progress is printed as one line for each change."""
        async with command_on_server.running("exec", "orders:walk") as execution:
            for step in range(3):
                await execution.line_with(f"walk: {step}/2")
                (command_on_server.directory / f"step{step}").touch()
            await execution.rest()

            assert await execution.process.stdout.receive() == b'"walked"\n'
        assert re.findall(r"^walk: (\d)/2$", execution.seen, re.MULTILINE) == ["0", "1", "2"]


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["echo"], "activity 'echo' needs a task queue: give the one that its workers poll with --task-queue"),
            (["orders:echo"], "activity 'orders:echo' needs a task queue"),
            (["orders:nothing"], "module 'orders' has no 'nothing'; its activities: pack, wait, deaf,"),
            (["orders:pack", "1", "2"], "activity 'pack' takes (items=…), got 2 arguments"),
            (["echo", "--task-queue", "q", "--start-to-close-timeout", "0"], "must be above zero"),
        ],
    )
    async def test_activity_that_cannot_be_started_is_one_line_and_exit_code_2(
        self, command_on_server, arguments, message
    ):
        """An activity that cannot be started is reported in one line, with 2."""
        done = await command_on_server("exec", *arguments)

        assert done.returncode == 2
        assert message in done.stderr.decode()
        assert b"Traceback" not in done.stderr

    async def test_used_id_is_one_line_and_exit_code_2(self, command_on_server, task_queue):
        """An id that is in use is reported in one line, with 2."""
        arguments = ("exec", "unserved", "--task-queue", f"{task_queue}-unserved", "--id", task_queue)
        async with command_on_server.running(*arguments) as run:
            await run.line_with("waiting for a worker")
            done = await command_on_server(*arguments)
            await run.end()

        assert done.returncode == 2
        assert f"activity {task_queue!r} is already started".encode() in done.stderr


async def test_unreachable_server_is_reported_with_the_way_out(command):
    """A server that cannot be reached is reported in a line, with the flag and the command that help, and with 2."""
    done = await command("exec", "echo", "--task-queue", "q", "--address", "127.0.0.1:1")

    said = done.stderr.decode()
    assert done.returncode == 2
    assert said.startswith("waiting for a server at 127.0.0.1:1\n")
    assert "asyncworker: error: no Temporal server answered at 127.0.0.1:1" in said
    assert "--address (or TEMPORAL_ADDRESS)" in said
    assert "asyncworker dev" in said
    assert "Traceback" not in said


async def test_argument_that_looks_like_json_and_is_not_is_mentioned(command):
    """An argument that begins as JSON does, and is none, is sent as a string; a line says so."""
    done = await command("exec", "echo", "[a,b]", "--task-queue", "q", "--address", "127.0.0.1:1")

    assert "sent as a string, as it is not JSON (Expecting value: line 1 column 2 (char 1)): [a,b]\n" in (
        done.stderr.decode()
    )
