"""A worker's lifespan: entered before it polls, left after its last reply, and its value is the worker's state."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Optional, TypedDict

import anyio
import pytest
from worker_helpers import QUEUE, Held, Worker, run, until, worker_of

from asyncworker import Client, activity
from asyncworker.exceptions import RPCStatusCode, WorkerError
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker import WorkerStarted, WorkerStopped

tenant = ContextVar("tenant", default="none")


@dataclass
class Pool:
    name: str = "main"
    is_open: bool = True


class Resources(TypedDict):
    pool: Pool


@asynccontextmanager
async def pool_of(worker: Worker) -> AsyncIterator[Pool]:
    pool = Pool()
    try:
        yield pool
    finally:
        pool.is_open = False


@activity.defn
async def use() -> str:
    return activity.state(Pool).name


class Steps:
    """A lifespan that stops where a test wants it to."""

    def __init__(self) -> None:
        self.is_entering = asyncio.Event()
        self.may_enter = asyncio.Event()
        self.is_leaving = asyncio.Event()
        self.may_leave = asyncio.Event()
        self.log: list[str] = []

    @asynccontextmanager
    async def __call__(self, worker: Worker) -> AsyncIterator[Pool]:
        self.is_entering.set()
        try:
            await self.may_enter.wait()
        except asyncio.CancelledError:
            self.log.append("cancelled")
            raise
        yield Pool()
        self.is_leaving.set()
        try:
            await self.may_leave.wait()
        except asyncio.CancelledError:
            self.log.append("leaving cancelled")
            raise
        self.log.append("left")


class TestOrder:
    async def test_a_lifespan_is_entered_before_polls_and_left_after_the_last_reply(self, temporal):
        """Its function has the worker's client, and the activity's reply has come before it ends."""
        held = Held()
        seen = {}

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            seen["client"] = worker.client
            seen["polls before"] = len(temporal.requests("PollActivityTaskQueue"))
            yield
            seen["replies"] = len(temporal.requests("RespondActivityTaskCompleted"))

        worker = worker_of(temporal, held.hold, lifespan=lifespan)
        async with worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await held.runs.wait()
            held.release.set()

        assert seen == {"client": worker._client, "polls before": 0, "replies": 1}

    async def test_a_worker_that_connects_itself_has_its_client_in_the_lifespan(self, temporal, monkeypatch):
        """The connection is there when the lifespan is entered, and is closed after that is left."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)
        counts = []

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[Client]:
            assert worker.client is not None
            counts.append((await worker.client.count_activities()).count)
            yield worker.client
            counts.append((await worker.client.count_activities()).count)

        async with Worker(task_queue=QUEUE, activities=[use], lifespan=lifespan) as worker:
            assert worker.state is worker.client

        assert counts == [0, 0]

    async def test_a_lifespan_is_entered_once_per_run(self, temporal):
        """Each run has a state of its own, which is gone after it."""
        worker = worker_of(temporal, use, lifespan=pool_of)

        async with worker:
            first = worker.state
        async with worker:
            second = worker.state

        assert first is not second
        assert (first.is_open, second.is_open) == (False, False)
        with pytest.raises(RuntimeError, match="its lifespan has not been entered"):
            _ = worker.state

    async def test_the_worker_has_stopped_for_observers_after_its_lifespan(self, temporal):
        """The last event is the last that happens."""
        events = []

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            events.append("entered")
            yield
            events.append("left")

        def observe(event):
            if isinstance(event, WorkerStarted | WorkerStopped):
                events.append(type(event).__name__)

        async with worker_of(temporal, use, lifespan=lifespan, observers=[observe]):
            pass

        assert events == ["entered", "WorkerStarted", "left", "WorkerStopped"]

    async def test_a_task_group_in_a_lifespan_may_be_left(self, temporal):
        """It is entered and left in one task."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[anyio.abc.TaskGroup]:
            async with anyio.create_task_group() as group:
                yield group
                group.cancel_scope.cancel()

        async with worker_of(temporal, use, lifespan=lifespan) as worker:
            worker.state.start_soon(anyio.sleep_forever)

        assert worker.is_shutdown

    async def test_activities_see_context_variables_that_the_lifespan_sets(self, temporal):
        """The lifespan and what the worker runs have one context, and its caller another."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            token = tenant.set("acme")
            yield
            tenant.reset(token)

        @activity.defn
        async def look() -> str:
            return tenant.get()

        task = await run(temporal, look, worker={"lifespan": lifespan})

        assert task.result == "acme"
        assert tenant.get() == "none"

    @pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no eager tasks")
    async def test_a_lifespan_is_entered_where_tasks_are_eager(self, temporal):
        """The task of a lifespan begins outside of the run's, with which it shares the context."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(asyncio.eager_task_factory)
        try:
            task = await run(temporal, use, worker={"lifespan": pool_of})
        finally:
            loop.set_task_factory(None)

        assert task.result == "main"


class TestState:
    async def test_an_activity_has_the_state(self, temporal):
        """In a coroutine, by its class."""
        assert (await run(temporal, use, worker={"lifespan": pool_of})).result == "main"

    async def test_an_activity_in_a_thread_has_the_state(self, temporal):
        """In a `def` activity, from the context as well."""

        @activity.defn
        def look(context: activity.Context) -> bool:
            return context.state(Pool) is activity.state()

        assert (await run(temporal, look, worker={"lifespan": pool_of})).result is True

    async def test_a_class_may_be_a_lifespan(self, temporal):
        """What is called with the worker need not be a function."""

        class Opened:
            def __init__(self, worker: Worker) -> None:
                self.queue = worker.task_queue

            async def __aenter__(self) -> Pool:
                return Pool(self.queue)

            async def __aexit__(self, *error: object) -> None: ...

        assert (await run(temporal, use, worker={"lifespan": Opened})).result == QUEUE

    async def test_an_activity_of_a_worker_without_a_lifespan_is_told_so(self, temporal):
        """The activity fails, and the message says what to do."""
        task = await run(temporal, use)

        assert "this worker has no state" in task.failure.message
        assert "lifespan=" in task.failure.message

    async def test_a_worker_without_a_lifespan_has_no_state(self, temporal):
        """Not an attribute that is None, as that may be a state."""
        async with worker_of(temporal, use) as worker:
            with pytest.raises(RuntimeError, match="has no state: it has no lifespan"):
                _ = worker.state

    @pytest.mark.parametrize(
        ("state", "type"),
        [
            (Pool(), Pool),
            (Pool(), Pool | None),
            (None, Optional[Pool]),  # noqa: UP045 - that is the case
            ({"pool": Pool()}, dict),
            ({"pool": Pool()}, dict[str, Pool]),
            ({"pool": Pool()}, Resources),
            (None, type(None)),
        ],
    )
    def test_a_state_is_found_by_its_type(self, state, type):
        """A class, a union, a parametrized class, a TypedDict."""
        assert ActivityEnvironment(state=state).run(activity.state, type) is state

    @pytest.mark.parametrize(
        ("state", "type", "message"),
        [
            (Pool(), int, "the worker's lifespan has yielded no int, but a Pool"),
            (None, Pool, "the worker's lifespan has yielded no Pool, but a NoneType"),
            (Pool(), Resources, "the worker's lifespan has yielded no Resources, but a Pool"),
        ],
    )
    def test_a_state_of_another_type_is_refused(self, state, type, message):
        """The message has both types."""
        with pytest.raises(TypeError, match=message):
            ActivityEnvironment(state=state).run(activity.state, type)

    def test_an_environment_has_no_state_by_default(self):
        """As a worker without a lifespan."""
        with pytest.raises(RuntimeError, match="this worker has no state"):
            ActivityEnvironment().run(activity.state)


class TestFailing:
    async def test_a_lifespan_that_fails_on_entering_keeps_the_worker_from_starting(self, temporal):
        """It is the worker's error, with its cause, and no poll was made."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            raise OSError("no database")
            yield

        with pytest.raises(WorkerError, match=r"lifespan of worker 'orders' failed on entering: OSError") as caught:
            await worker_of(temporal, use, lifespan=lifespan).run()

        assert isinstance(caught.value.__cause__, OSError)
        assert temporal.requests("PollActivityTaskQueue") == []

    async def test_a_block_is_not_entered_if_the_lifespan_fails(self, temporal):
        """``async with`` raises what run() raises."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            raise OSError("no database")
            yield

        with pytest.raises(WorkerError, match="no database"):
            async with worker_of(temporal, use, lifespan=lifespan):
                pytest.fail("entered")

    async def test_a_lifespan_that_fails_on_leaving_fails_the_run(self, temporal, caplog):
        """After the activities have been replied to; observers get the error."""
        events = []

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[Pool]:
            yield Pool()
            raise OSError("not flushed")

        task = temporal.add_task("use", task_queue=QUEUE)
        with pytest.raises(WorkerError, match=r"failed on leaving: OSError\('not flushed'\)"):
            async with worker_of(temporal, use, lifespan=lifespan, observers=[events.append]):
                await task.wait_closed()

        assert task.result == "main"
        assert "failed on leaving" in caplog.text
        assert isinstance(events[-1], WorkerStopped)
        assert isinstance(events[-1].error, WorkerError)

    @pytest.mark.parametrize(("times", "when"), [(0, "entering"), (2, "leaving")])
    async def test_a_lifespan_that_does_not_yield_once_is_told_so(self, temporal, times, when):
        """The message says what is wrong with the function."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            for _ in range(times):
                yield

        with pytest.raises(WorkerError, match=f"failed on {when}: its function must yield once"):
            async with worker_of(temporal, use, lifespan=lifespan):
                pass

    async def test_what_is_no_context_manager_is_named(self, temporal):
        """At the start, as no call is made before."""

        @contextlib.contextmanager
        def lifespan(worker: Worker):
            yield

        with pytest.raises(WorkerError, match="which is no asynchronous context manager"):
            await worker_of(temporal, use, lifespan=lifespan).run()

    async def test_the_workers_own_failure_goes_before_that_of_its_lifespan(self, temporal, caplog):
        """Both are logged, and the first is raised."""

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            yield
            raise OSError("not flushed")

        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.NOT_FOUND, "gone", times=99)

        with pytest.raises(WorkerError, match="gone"):
            await worker_of(temporal, use, lifespan=lifespan).run()
        assert "not flushed" in caplog.text

    @pytest.mark.parametrize("group", [anyio.create_task_group, asyncio.TaskGroup])
    async def test_a_task_group_that_fails_ends_the_worker_in_order(self, temporal, group):
        """Its scope cancels the lifespan, but no activity: that ends, is replied to, and has the state until then."""
        held = Held()
        fail = asyncio.Event()

        async def supervise() -> None:
            await fail.wait()
            raise OSError("connection lost")

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            async with group() as tasks:
                (tasks.start_soon if hasattr(tasks, "start_soon") else lambda fn: tasks.create_task(fn()))(supervise)
                yield

        worker = worker_of(temporal, held.hold, lifespan=lifespan)
        ended = asyncio.ensure_future(worker.run())
        await until(lambda: worker.is_polling)
        task = temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        fail.set()
        await until(lambda: worker.statistics().state == "stopping")
        held.release.set()

        with pytest.raises(WorkerError, match=r"failed while the worker ran: OSError\('connection lost'\)"):
            await ended
        assert task.result == "done"
        assert held.reason is None


class TestEntering:
    async def test_a_worker_that_enters_its_lifespan_says_so(self, temporal, caplog):
        """It is live, and not ready for that reason; the log shows where it is."""
        steps = Steps()
        steps.may_leave.set()
        worker = worker_of(temporal, use, lifespan=steps)
        with caplog.at_level("INFO"):
            ended = asyncio.ensure_future(worker.run())
            await steps.is_entering.wait()
        health, state = worker.health(), worker.statistics().state
        steps.may_enter.set()
        await until(lambda: worker.is_ready)
        await worker.shutdown()
        await ended

        assert (health.is_live, health.is_ready, health.reasons) == (True, False, ["it enters its lifespan"])
        assert state == "starting"
        assert "worker of task queue 'orders' enters its lifespan" in caplog.text


class TestStopping:
    async def test_a_shutdown_ends_the_entering(self, temporal):
        """A lifespan that is being entered is cancelled, and that is no failure."""
        steps = Steps()
        worker = worker_of(temporal, use, lifespan=steps)
        ended = asyncio.ensure_future(worker.run())
        await steps.is_entering.wait()

        await worker.shutdown()
        await ended

        assert steps.log == ["cancelled"]
        assert temporal.requests("PollActivityTaskQueue") == []

    async def test_cancelling_the_start_ends_the_entering(self, temporal):
        """The block is not entered, and its task is cancelled."""
        steps = Steps()

        async def start() -> None:
            async with worker_of(temporal, use, lifespan=steps):
                pytest.fail("entered")

        starting = asyncio.ensure_future(start())
        await steps.is_entering.wait()
        starting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await starting
        assert steps.log == ["cancelled"]

    async def test_a_lifespan_that_fails_while_the_start_is_cancelled_is_logged_once(self, temporal, caplog):
        """Nothing is said of a task whose error was never retrieved: the lifespan's error is logged by the worker."""
        is_entering = asyncio.Event()

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            is_entering.set()
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                raise OSError("no way back") from None
            yield

        async def start() -> None:
            async with worker_of(temporal, use, lifespan=lifespan):
                pytest.fail("entered")

        starting = asyncio.ensure_future(start())
        await is_entering.wait()
        [run] = [task for task in asyncio.all_tasks() if task.get_name() == f"worker of {QUEUE}"]
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

        assert "no way back" in caplog.text
        # What asyncio would log when the task is collected.
        assert not run._log_traceback

    async def test_a_lifespan_that_is_entered_all_the_same_is_left(self, temporal):
        """One that does not heed the cancellation at first is left before a poll is made."""
        steps = Steps()

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            with contextlib.suppress(asyncio.CancelledError):
                steps.is_entering.set()
                await anyio.sleep_forever()
            yield
            steps.log.append("left")

        worker = worker_of(temporal, use, lifespan=lifespan)
        ended = asyncio.ensure_future(worker.run())
        await steps.is_entering.wait()
        await worker.shutdown()
        await ended

        assert steps.log == ["left"]
        assert temporal.requests("PollActivityTaskQueue") == []

    async def test_a_lifespan_that_does_not_heed_its_cancellation_is_left_behind(self, temporal):
        """A shutdown while it is entered ends within bounds."""
        release, is_entering = asyncio.Event(), asyncio.Event()

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            is_entering.set()
            while not release.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await release.wait()
            yield

        worker = worker_of(temporal, use, lifespan=lifespan)
        ended = asyncio.ensure_future(worker.run())
        await is_entering.wait()
        with anyio.fail_after(20):
            await worker.shutdown()

        with pytest.raises(WorkerError, match="did not heed its cancellation, and is left behind"):
            await ended
        release.set()
        await until(worker._worker_run.lifespan._task.done)

    async def test_a_lifespan_that_does_not_end_is_cancelled(self, temporal, caplog):
        """Leaving it has a limit of its own; the run fails, as what it had to do was not done."""
        steps = Steps()
        steps.may_enter.set()

        with pytest.raises(WorkerError, match="was cancelled on leaving"):
            async with worker_of(temporal, use, lifespan=steps, lifespan_exit_timeout=0.05):
                pass

        assert steps.log == ["leaving cancelled"]
        assert "has not ended within 0.05 s, and is cancelled" in caplog.text

    async def test_a_signal_cancels_a_lifespan_that_is_being_left(self, temporal):
        """As each stage of a shutdown ends what the one before waits for."""
        steps = Steps()
        steps.may_enter.set()
        worker = worker_of(temporal, use, lifespan=steps, lifespan_exit_timeout=60)
        ended = asyncio.ensure_future(worker.run())
        await until(lambda: worker.is_polling)
        stopping = asyncio.ensure_future(worker.shutdown())
        await steps.is_leaving.wait()
        worker._escalate()
        await stopping

        with pytest.raises(WorkerError, match="was cancelled on leaving"):
            await ended

    async def test_the_end_of_the_event_loop_leaves_it_after_the_replies(self, temporal):
        """Cancelled as all tasks are then, it waits for the activities' end, and does not see the cancellation."""
        held = Held()
        replies = []

        @asynccontextmanager
        async def lifespan(worker: Worker) -> AsyncIterator[None]:
            yield
            replies.extend(temporal.requests("RespondActivityTaskCompleted"))

        worker = worker_of(temporal, held.hold, lifespan=lifespan)
        running = asyncio.ensure_future(worker.run())
        await until(lambda: worker.is_polling)
        temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        worker._worker_run.lifespan._task.cancel()
        worker._host.ended.cancel()
        await asyncio.sleep(0)
        held.release.set()

        with pytest.raises(asyncio.CancelledError):
            await running
        assert len(replies) == 1


async def coroutine(worker: Worker) -> None: ...


async def undecorated(worker: Worker) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def without_parameters() -> AsyncIterator[None]:
    yield


class TestMaking:
    @pytest.mark.parametrize(
        ("lifespan", "message"),
        [
            (coroutine, "lifespan must return an asynchronous context manager"),
            (undecorated, "decorate an async generator function of the worker with @contextlib.asynccontextmanager"),
            (without_parameters, "lifespan is called with the worker, and .* cannot be: too many positional arguments"),
            (pool_of(None), "lifespan must be a function, got what it returns"),
            (5, "lifespan must be a function, got 5"),
        ],
    )
    def test_what_is_no_lifespan_is_refused(self, lifespan, message):
        """When the worker is made, and with the way out."""
        with pytest.raises(TypeError, match=message):
            Worker(task_queue=QUEUE, activities=[use], lifespan=lifespan)

    @pytest.mark.parametrize("seconds", [0, -1])
    def test_a_lifespan_has_time_to_end(self, seconds):
        """No time at all would cancel it at its first step."""
        with pytest.raises(ValueError, match="lifespan_exit_timeout must be above zero"):
            Worker(task_queue=QUEUE, activities=[use], lifespan_exit_timeout=seconds)
