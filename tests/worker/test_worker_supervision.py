"""An error in a task that keeps the worker going ends the run with it, in order, or costs a line: never silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import anyio
import pytest
from worker_helpers import QUEUE, Held, Worker, until, worker_of

from asyncworker import CancelReason, Depends, RetryPolicy, WorkerError, activity
from asyncworker.activity._dependencies._worker_scope import WorkerScope
from asyncworker.testing import FakeTemporal
from asyncworker.worker._supervision import first_error, supervised
from asyncworker.worker.attempts._arrivals import Arrivals
from asyncworker.worker.attempts._attempt_set import AttemptSet
from asyncworker.worker.control._commands import Commands
from asyncworker.worker.control._heartbeat_builder import WorkerHeartbeatBuilder
from asyncworker.worker.control._worker_heartbeat import WorkerHeartbeater
from asyncworker.worker.polling._poller import Poller


@activity.defn
async def pack() -> str:
    return "packed"


@pytest.fixture
async def commanding() -> AsyncIterator[FakeTemporal]:
    """A server that gives commands."""
    async with FakeTemporal(
        capabilities={"worker_commands": True, "worker_poll_complete_on_shutdown": True}
    ) as temporal:
        yield temporal


def raising(error: Exception, *, times: int = 1_000_000) -> Callable[..., Any]:
    """A method that raises *error* so often."""
    left = times

    def broken(self, *args, **kwargs):
        nonlocal left
        if left:
            left -= 1
            raise error

    return broken


class TestDependencies:
    async def test_an_error_in_the_task_of_the_dependencies_ends_the_run_with_it(self, temporal, monkeypatch):
        """An error that is no dependency's fails the attempts that wait for one, and the run raises it."""
        monkeypatch.setattr(WorkerScope, "_make_next", raising(KeyError("scope")))

        @activity.defn
        async def depend(it: Annotated[str, Depends(lambda: "it", scope="worker")]) -> str:
            return it

        worker = worker_of(temporal, depend)
        running = asyncio.create_task(worker.run(handle_signals=False))
        task = temporal.add_task(depend, task_queue=QUEUE)
        with anyio.fail_after(5), pytest.raises(WorkerError, match="scope"):
            await running
        assert task.state == "Failed"


class TestShutdownTimer:
    async def test_an_error_in_the_shutdown_timer_ends_the_run_with_it(self, temporal, monkeypatch, caplog):
        """A shutdown whose time cannot be kept as it should be still ends, and the run raises why."""
        monkeypatch.setattr(AttemptSet, "cancel_all", raising(KeyError("timer"), times=1))
        held = Held()
        worker = worker_of(temporal, held, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05)
        running = asyncio.create_task(worker.run(handle_signals=False))
        task = temporal.add_task("hold", task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
        await held.runs.wait()
        with anyio.fail_after(5):
            await worker.shutdown()

        with pytest.raises(WorkerError, match="timer"):
            await running
        assert task.failure is not None
        assert "goes on after an error" in caplog.text

    async def test_the_shutdown_timer_goes_on_when_other_code_cancels_it(self, temporal):
        """Code that cancels what it finds on the event loop takes no activity's end from it."""
        held = Held()
        worker = worker_of(temporal, held, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05)
        running = asyncio.create_task(worker.run(handle_signals=False))
        temporal.add_task("hold", task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
        await held.runs.wait()
        [timer] = [task for task in asyncio.all_tasks() if task.get_name() == "shutdown timer"]
        timer.cancel()
        with anyio.fail_after(5):
            await worker.shutdown()
            await running

        assert held.reason is CancelReason.WORKER_SHUTDOWN


class TestPollers:
    async def test_an_error_in_a_poller_costs_a_line(self, temporal, monkeypatch, caplog):
        """A poller that fails in a way nothing has foreseen goes on polling."""
        reserve, left = Poller._reserve, 1

        async def broken(self):
            nonlocal left
            if left:
                left -= 1
                raise KeyError("poller")
            return await reserve(self)

        monkeypatch.setattr(Poller, "_reserve", broken)
        async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "packed"
        assert "a poller of task queue 'orders' failed, and goes on in 1 s" in caplog.text


class TestAnnouncement:
    async def test_an_error_in_the_announcement_does_not_hold_up_the_shutdown(self, temporal, monkeypatch, caplog):
        """A server that cannot be told of the shutdown is left to notice it; polls end by themselves."""
        monkeypatch.setattr(Arrivals, "lull_at", raising(KeyError("lull")))
        temporal.delay("PollActivityTaskQueue", 0.05)
        with anyio.fail_after(20):
            async with worker_of(temporal, pack, long_poll_timeout=3) as worker:
                await until(lambda: worker.is_polling)

        assert worker.is_shutdown
        assert "the server could not be told that the worker stops" in caplog.text


class TestWorkerHeartbeats:
    async def test_an_error_in_worker_heartbeats_ends_the_runs_that_share_them(self, temporal, monkeypatch):
        """What the worker does not foresee ends each worker of the client, in order."""
        send, is_broken = WorkerHeartbeater._try_to_send, False

        async def broken(self):
            if is_broken:
                raise KeyError("heartbeats")
            return await send(self)

        monkeypatch.setattr(WorkerHeartbeater, "_try_to_send", broken)
        client, held = temporal.client(), Held()
        first = Worker(client, task_queue=QUEUE, activities=[held], worker_heartbeat_interval=1)
        second = Worker(client, task_queue="other", activities=[pack], worker_heartbeat_interval=1)
        running = [asyncio.create_task(worker.run(handle_signals=False)) for worker in (first, second)]
        task = temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        is_broken = True
        await until(lambda: not first.is_ready and not second.is_ready)
        held.release.set()
        with anyio.fail_after(5):
            await asyncio.wait(running)

        for each in running:
            with pytest.raises(WorkerError, match=r"broke: KeyError\('heartbeats'\)"):
                await each
        assert task.result == "done"

    async def test_an_error_of_a_slot_supplier_in_worker_heartbeats_costs_a_line(self, temporal, monkeypatch, caplog):
        """A heartbeat that cannot be built ends neither the worker nor its shutdown, and leaves no poller behind."""
        monkeypatch.setattr(WorkerHeartbeatBuilder, "heartbeat", raising(KeyError("stats")))
        async with worker_of(temporal, pack) as worker:
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()
            await until(lambda: "a worker heartbeat could not be made" in caplog.text)

        assert task.result == "packed"
        assert not worker.is_polling
        assert "the last worker heartbeat could not be made" in caplog.text
        assert len(temporal.requests("ShutdownWorker")) == 1

    async def test_a_cancelled_task_of_the_workers_of_a_client_ends_their_runs(self, temporal):
        """What other code cancels on the event loop is missed."""
        worker = worker_of(temporal, pack)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("RecordWorkerHeartbeat")
        [host] = [task for task in asyncio.all_tasks() if task.get_name() == "workers of a client"]
        host.cancel()

        with anyio.fail_after(5), pytest.raises(WorkerError, match="was cancelled from outside"):
            await running


class TestCommands:
    @pytest.mark.parametrize("where", ["executing", "replying"])
    async def test_an_error_in_commands_ends_the_run_with_it(self, commanding, monkeypatch, where):
        """A worker that cannot execute commands any more drains, and polls name no control queue meanwhile."""

        async def broken(self, reply):
            raise KeyError("commands")

        if where == "executing":
            monkeypatch.setattr(AttemptSet, "find", raising(KeyError("commands")))
        else:
            monkeypatch.setattr(Commands, "_send", broken)
        held = Held()
        worker = worker_of(commanding, held)
        running = asyncio.create_task(worker.run(handle_signals=False))
        task = commanding.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        [poll, *_] = commanding.requests("PollActivityTaskQueue")
        commanding._cluster.commands.push_cancel(poll.worker_control_task_queue, b"of another worker")
        await until(lambda: not worker.is_ready)
        held.release.set()

        with anyio.fail_after(5), pytest.raises(WorkerError, match=r"broke: KeyError\('commands'\)"):
            await running
        assert task.result == "done"


class TestSupervised:
    async def test_an_error_is_handed_over_and_cancels_no_neighbour(self):
        """The other tasks of the group go on."""
        errors: list[Exception] = []
        goes_on = asyncio.Event()

        async def fail() -> None:
            raise ValueError("no")

        async def neighbour() -> None:
            await until(lambda: bool(errors))
            await asyncio.sleep(0)
            goes_on.set()

        async with anyio.create_task_group() as group:
            group.start_soon(supervised, fail, errors.append)
            group.start_soon(neighbour)

        assert [str(error) for error in errors] == ["no"]
        assert goes_on.is_set()

    async def test_a_cancellation_from_outside_is_an_error(self):
        """A supervising task that other code cancels is missed."""
        errors: list[Exception] = []

        async def wait() -> None:
            await asyncio.Event().wait()

        async with anyio.create_task_group() as group:
            group.start_soon(supervised, wait, errors.append, name="supervised")
            await anyio.wait_all_tasks_blocked()
            [task] = [task for task in asyncio.all_tasks() if task.get_name() == "supervised"]
            task.cancel()

        assert [str(error) for error in errors] == ["a task of the worker was cancelled from outside"]

    async def test_the_cancellation_of_its_scope_is_none(self):
        """A group that ends ends what it supervises."""
        errors: list[Exception] = []

        async def wait() -> None:
            await asyncio.Event().wait()

        async with anyio.create_task_group() as group:
            group.start_soon(supervised, wait, errors.append)
            await anyio.wait_all_tasks_blocked()
            group.cancel_scope.cancel()

        assert errors == []

    def test_the_first_error_of_nested_groups_is_found(self):
        """However deep task groups have wrapped it."""
        error = ValueError("no")

        assert first_error(ExceptionGroup("outer", [ExceptionGroup("inner", [error, KeyError()])])) is error
        assert first_error(error) is error
