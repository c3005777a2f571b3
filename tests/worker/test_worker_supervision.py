"""An error in a task that keeps the worker going ends the run with it, in order, or costs a line: never silence."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from typing import Any

import anyio
import pytest
from free_ports import free_address
from worker_helpers import QUEUE, Held, Worker, adjusted, until, worker_of

from asyncworker import CancelReason, RetryPolicy, WorkerError, activity
from asyncworker.activity import Depends
from asyncworker.activity._dependencies._worker_scope import WorkerScope
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import LoopBlocked, LoopFreed, PollerBehaviorAutoscaling, WorkerStopped
from asyncworker.worker._rate_limit import PollRateLimiter
from asyncworker.worker._supervision import first_error, supervised
from asyncworker.worker.attempts._arrivals import Arrivals
from asyncworker.worker.attempts._attempt_set import AttemptSet
from asyncworker.worker.control._commands import Commands
from asyncworker.worker.control._heartbeat_builder import WorkerHeartbeatBuilder
from asyncworker.worker.control._worker_heartbeat import WorkerHeartbeater
from asyncworker.worker.health._server import HealthServer
from asyncworker.worker.health._watchdog import Watchdog
from asyncworker.worker.polling._autoscaling import PollerScaler
from asyncworker.worker.polling._poller import Poller
from asyncworker.worker.polling._poller_pool import PollerPool
from asyncworker.worker.run import _run
from asyncworker.worker.watch import _watcher, _watches
from asyncworker.worker.watch._table import WatchTable
from asyncworker.worker.watch._watches import Watches


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


def once(error: Exception, goes_on: Callable[..., Any]) -> Callable[..., Any]:
    """A method that raises *error* the first time, and is *goes_on* after that."""
    left = 1

    def broken(self, *args, **kwargs):
        nonlocal left
        if left:
            left -= 1
            raise error
        return goes_on(self, *args, **kwargs)

    return broken


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
    @pytest.mark.parametrize(
        ("kind", "name"),
        [(Poller, "_reserve"), (PollRateLimiter, "acquire"), (PollerPool, "_fill"), (PollerScaler, "answered")],
        ids=["the slot", "the rate limit", "the pool", "the number of pollers"],
    )
    async def test_an_error_in_a_poller_costs_a_line(self, temporal, monkeypatch, caplog, kind, name):
        """A poller that fails in a way nothing has foreseen goes on polling, and no task is lost."""
        options = {"activity_task_poller_behavior": PollerBehaviorAutoscaling(minimum=1, initial=1, maximum=2)}
        worker = adjusted(worker_of(temporal, pack, max_activities_per_second=1000, **options), after_error=0.01)
        async with worker:
            await until(lambda: worker.is_polling)
            monkeypatch.setattr(kind, name, once(KeyError("poller"), getattr(kind, name)))
            tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(3)]
            for task in tasks:
                await task.wait_closed()

        assert [(task.result, task.attempt) for task in tasks] == [("packed", 1)] * 3
        assert caplog.text.count("a poller of task queue 'orders' failed, and goes on in 0.01 s") == 1

    async def test_an_error_that_a_poller_lets_out_ends_the_run_with_it(self, temporal, monkeypatch):
        """The attempts go on to their end, and the server hears of it."""

        async def broken(self):
            await self._poll_once()
            raise KeyError("poller")

        monkeypatch.setattr(Poller, "run", broken)
        held, events = Held(), []
        worker = worker_of(temporal, held, max_concurrent_activity_task_polls=1, observers=[events.append])
        task = temporal.add_task("hold", task_queue=QUEUE)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await held.runs.wait()
        await until(lambda: worker.statistics().state == "stopping")
        held.release.set()

        with anyio.fail_after(10), pytest.raises(WorkerError, match=r"broke: KeyError\('poller'\)") as caught:
            await running
        assert (task.result, held.reason) == ("done", None)
        assert [event.error for event in events if isinstance(event, WorkerStopped)] == [caught.value]


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


class TestWatch:
    async def test_an_error_in_the_look_for_attempts_costs_a_line(self, temporal, monkeypatch, caplog):
        """Activities are told by heartbeats then, as without a watch, and the worker goes on."""
        monkeypatch.setattr(_watcher, "MIN_AGE", 0.01)
        monkeypatch.setattr(Watches, "_look", raising(KeyError("look")))
        held = Held()
        async with worker_of(temporal, held):
            task = temporal.add_task("hold", task_queue=QUEUE)
            await until(lambda: "the watch for cancellations broke" in caplog.text)
            held.release.set()
            await task.wait_closed()

        assert (task.result, held.reason) == ("done", None)

    async def test_an_error_in_the_keeping_of_a_watch_costs_a_line(self, temporal, monkeypatch, caplog):
        """One that comes of the failure of a call harms neither the worker nor the attempt."""
        monkeypatch.setattr(_watcher, "MIN_AGE", 0.01)
        monkeypatch.setattr(_watches, "MIN_AGE", 0.0)
        monkeypatch.setattr(WatchTable, "fail", raising(KeyError("table")))
        temporal.fail_next("GetWorkflowExecutionHistory", RPCStatusCode.NOT_FOUND, "no such workflow")
        held = Held()
        async with worker_of(temporal, held):
            task = temporal.add_task("hold", task_queue=QUEUE)
            await until(lambda: "a watch for cancellations broke" in caplog.text)
            held.release.set()
            await task.wait_closed()

        assert (task.result, held.reason) == ("done", None)

    @pytest.mark.parametrize("how", ["error", "cancelled"])
    async def test_a_watch_that_ends_otherwise_costs_a_line(self, temporal, monkeypatch, caplog, how):
        """What other code cancels on the event loop, or an error that it lets out, ends nothing else."""
        monkeypatch.setattr(_watcher, "MIN_AGE", 0.01)
        monkeypatch.setattr(_watches, "MIN_AGE", 0.0)
        if how == "error":
            monkeypatch.setattr(Watches, "_guarded", raising(KeyError("watch")))
        held = Held()
        async with worker_of(temporal, held) as worker:
            task = temporal.add_task("hold", task_queue=QUEUE)
            if how == "cancelled":
                # It has begun: a task that has not is cancelled before it can notice.
                await temporal.wait_for("GetWorkflowExecutionHistory")
                [watch] = [task for task in asyncio.all_tasks() if task.get_name().startswith("watch of ")]
                watch.cancel()
            await until(lambda: "a watch for cancellations broke" in caplog.text)
            state = worker.statistics().state
            held.release.set()
            await task.wait_closed()

        assert (task.result, held.reason, state) == ("done", None, "running")


class TestDependencies:
    async def test_an_error_in_the_making_of_what_the_worker_has_ends_the_run_with_it(self, temporal, monkeypatch):
        """An attempt that waits for a value fails, others go on to their end, and what is there is closed."""
        log: list[str] = []

        async def engine() -> AsyncIterator[str]:
            yield "engine"
            log.append("closed")

        def other() -> str:
            return "other"

        @activity.defn
        async def first(*, engine: str = Depends(engine, scope="worker")) -> str:
            return engine

        @activity.defn
        async def second(*, other: str = Depends(other, scope="worker")) -> str:
            return other

        held = Held()
        worker = worker_of(temporal, held, first, second)
        running = asyncio.create_task(worker.run(handle_signals=False))
        ends = temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        await temporal.add_task(first, task_queue=QUEUE).wait_closed()
        monkeypatch.setattr(WorkerScope, "_make_next", raising(KeyError("scope")))
        waits = temporal.add_task(second, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
        await waits.wait_closed()
        await until(lambda: worker.statistics().state == "stopping")
        closed_early = list(log)
        held.release.set()

        with anyio.fail_after(10), pytest.raises(WorkerError, match=r"broke: KeyError\('scope'\)"):
            await running
        assert (ends.result, held.reason, waits.state) == ("done", None, "Failed")
        assert (closed_early, log) == ([], ["closed"])


class TestThreads:
    async def test_an_error_in_the_watchdog_costs_a_line(self, temporal, monkeypatch, caplog):
        """The thread looks at the event loop again."""
        monkeypatch.setattr(Watchdog, "_look", once(KeyError("look"), Watchdog._look))
        events: list[Any] = []
        async with worker_of(temporal, pack, loop_block_threshold=0.1, observers=[events.append]) as worker:
            await until(lambda: "the event loop's watchdog goes on after an error" in caplog.text)
            until_at = time.monotonic() + 10
            while worker.statistics().loop_blocked_for is None and time.monotonic() < until_at:
                time.sleep(0.01)  # noqa: ASYNC251 - what is to be seen
            await until(lambda: any(isinstance(event, LoopFreed) for event in events))

        assert [type(event) for event in events if isinstance(event, LoopBlocked)] == [LoopBlocked]

    async def test_an_error_in_the_listener_for_probes_closes_it_and_costs_no_activity(
        self, temporal, monkeypatch, caplog
    ):
        """A probe that gets no response has the process restarted, in order: the worker goes on until then."""
        address = free_address()
        async with worker_of(temporal, pack, health_address=address):
            monkeypatch.setattr(HealthServer, "_turn", raising(KeyError("turn")))
            host, port = address.split(":")
            with suppress(OSError), closing(await asyncio.to_thread(socket.create_connection, (host, int(port)), 5)):
                await until(lambda: f"the listener for health probes at {address} has failed" in caplog.text)
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "packed"

    async def test_an_error_in_one_response_to_a_probe_costs_a_line(self, temporal, monkeypatch, caplog):
        """The next probe gets its response."""
        monkeypatch.setattr(_run, "report_of", once(KeyError("report"), _run.report_of))
        address = free_address()

        def probe() -> bytes:
            host, port = address.split(":")
            with closing(socket.create_connection((host, int(port)), timeout=10)) as connection:
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                try:
                    return connection.recv(1000)
                except OSError:
                    return b""

        async with worker_of(temporal, pack, health_address=address):
            responses = [await asyncio.to_thread(probe) for _ in range(2)]

        assert responses[0] == b""
        assert responses[1].startswith(b"HTTP/1.1 200")
        assert "a health probe could not be responded to" in caplog.text


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
