"""TestWorker runs a user's own worker in virtual time, against a server in memory."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from asyncworker import RetryPolicy, Worker, activity
from asyncworker.client import ActivityHandle, Client, Interceptor as ClientInterceptor, OutboundInterceptor
from asyncworker.converter import DataConverter
from asyncworker.exceptions import (
    ActivityFailureError,
    ActivityNotFoundError,
    ApplicationError,
    AsyncActivityCancelledError,
    CancelledError,
    ClientClosedError,
    RPCError,
    TerminatedError,
    TimeoutError as ActivityTimeoutError,
    TimeoutType,
)
from asyncworker.testing import DeadlockError, FakeTemporal, TestWorker
from asyncworker.worker import ActivityFinished

HOURS = timedelta(hours=1)


@activity.defn(
    start_to_close_timeout=timedelta(minutes=5),
    retry_policy=RetryPolicy(initial_interval=timedelta(hours=1), maximum_interval=timedelta(hours=24)),
)
async def reach(times: int) -> str:
    if activity.info().attempt < times:
        raise ConnectionError("no one answers")
    return f"reached at attempt {activity.info().attempt}"


@activity.defn
async def rest(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@activity.defn
async def count(number: int) -> int:
    for done in range(activity.heartbeat_details(int, default=0), number):
        activity.heartbeat(done + 1)
        await asyncio.sleep(10)
    return number


@activity.defn
async def approve() -> str:
    activity.raise_complete_async()


@activity.defn
async def hang() -> None:
    await asyncio.Event().wait()


@activity.defn
async def fail() -> None:
    raise ApplicationError("of no use", non_retryable=True)


@activity.defn
def block(seconds: float) -> str:
    time.sleep(seconds)
    return threading.current_thread().name


@activity.defn
def tick() -> None:
    while True:
        activity.heartbeat()
        time.sleep(0.005)


ACTIVITIES = [tick, reach, rest, count, approve, hang, fail, block]
ONCE = RetryPolicy(maximum_attempts=1)


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def anyio_backend(request):
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
def worker():
    return Worker(task_queue="orders", activities=ACTIVITIES)


@pytest.fixture
async def t(worker):
    async with TestWorker(worker) as running:
        yield running


class TestTime:
    async def test_three_days_of_retries_take_no_time(self, t):
        """A retry policy over three days is run through at once, each attempt at its time."""
        run = await t.start(reach, 8)

        assert await run.result() == "reached at attempt 8"
        waits = [1, 2, 4, 8, 16, 24, 24]
        times = [attempt.started_at for attempt in run.attempts]
        assert [after - before for before, after in pairwise(times)] == [it * HOURS for it in waits]
        assert t.time.elapsed == sum(waits) * HOURS > timedelta(days=3)

    async def test_an_activity_sleeps_in_virtual_time(self, t):
        """An activity's own sleep is a jump, and so are those of the test."""
        assert await t.run(rest, 600) == 600
        assert t.time.elapsed == timedelta(minutes=10)
        async with asyncio.timeout(600):
            await asyncio.sleep(500)
        assert t.time.elapsed == timedelta(seconds=1100)

    async def test_time_is_moved_by_hand(self, t):
        """By advance() time moves so far, and all that is due by then has been done."""
        run = await t.start(rest, 60)
        await t.time.advance(timedelta(seconds=59))
        assert run.state == "Started"
        await t.time.advance(1)
        assert run.state == "Completed"
        assert t.time.elapsed == timedelta(minutes=1)

    async def test_the_servers_times_are_of_the_same_clock(self, t):
        """An activity's times, and those of its description, are of the virtual clock."""
        await t.time.advance(timedelta(days=30))
        run = await t.start(rest, 0)
        await run.result()
        description = await run.handle.describe()
        assert abs(description.schedule_time - t.time.now) < timedelta(seconds=1)
        assert run.attempts[0].started_at == run.attempts[0].ended_at == description.schedule_time

    @pytest.mark.parametrize("span", [-1, timedelta(seconds=-1)])
    async def test_time_does_not_go_back(self, t, span):
        """Time that is to go back is refused."""
        with pytest.raises(ValueError, match="time does not go back"):
            await t.time.advance(span)

    async def test_the_loop_goes_on_from_there(self, worker):
        """After the block the loop's clock goes on from where it was, and a second block from there."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        for days in (1, 2):
            async with TestWorker(worker) as t:
                await t.time.advance(timedelta(days=1))
            assert days * 86_400 - 1 < loop.time() - before < days * 86_400 + 60
        await asyncio.sleep(0.001)

    async def test_a_thread_is_waited_for_in_real_time(self, t):
        """While a thread works, timers go by the machine's clock: none overtakes it."""
        blocking = await t.start(block, 0.2, start_to_close_timeout=30)
        await blocking.wait_for_attempt()
        resting = asyncio.create_task(asyncio.sleep(3600))

        assert "worker thread" in (await blocking.result())
        assert not resting.done()
        await resting
        assert timedelta(hours=1) <= t.time.elapsed < timedelta(hours=1, seconds=20)

    async def test_a_timer_may_be_years_away_meanwhile(self, t):
        """A thread is waited for where the next timer is further away than a selector can wait."""
        run = await t.start(rest, 10**9, start_to_close_timeout=10**10)
        await run.wait_for_attempt()
        assert "worker thread" in (await t.run(block, 0.01))
        await run.terminate()

    async def test_an_executors_call_is_waited_for_in_real_time(self, t):
        """So it is for what the loop's executors do."""
        resting = asyncio.create_task(asyncio.sleep(3600))
        await asyncio.to_thread(time.sleep, 0.1)
        assert not resting.done()
        assert await asyncio.get_running_loop().run_in_executor(None, int, "7") == 7
        resting.cancel()

    async def test_a_connection_is_waited_for_in_real_time(self, t):
        """While a task reads from a connection time does not jump; while all tasks sleep it does."""

        async def answer(reader, writer):
            line = await reader.readline()
            await asyncio.to_thread(time.sleep, 0.1)
            writer.write(line.upper())
            await reader.read()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        resting = asyncio.create_task(asyncio.sleep(3600))
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")

        assert await reader.readline() == b"HELLO\n"
        assert not resting.done()
        # The other end still reads, so that time jumps by hand only.
        await t.time.advance(3600)
        assert resting.done()
        answered = asyncio.create_task(reader.readline())
        resting = asyncio.create_task(asyncio.sleep(3600))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(answered), 0.1)
        assert not resting.done()
        resting.cancel()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    async def test_a_protocol_is_waited_for_in_real_time(self, t):
        """So it is for a protocol's event, as HTTP clients wait for one, and for another end in another process."""
        listening = socket.create_server(("127.0.0.1", 0))

        def answer():
            connection, _ = listening.accept()
            with connection:
                time.sleep(0.7)
                connection.sendall(b"hello")

        class Reading(asyncio.Protocol):
            arrived = asyncio.Event()

            def data_received(self, data):
                self.arrived.set()

        thread = threading.Thread(target=answer)
        thread.start()
        transport, protocol = await asyncio.get_running_loop().create_connection(Reading, *listening.getsockname())
        resting = asyncio.create_task(asyncio.sleep(3600))
        await protocol.arrived.wait()
        assert not resting.done()
        resting.cancel()
        transport.close()
        thread.join()
        listening.close()

    async def test_an_idle_connection_does_not_hold_time(self, t):
        """A connection that is merely open does not keep time from jumping."""
        opened = asyncio.Queue()
        server = await asyncio.start_server(lambda _, writer: opened.put_nowait(writer), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        other_end = await opened.get()

        assert await t.run(rest, 7200, start_to_close_timeout=timedelta(days=1)) == 7200
        for end in (writer, other_end):
            end.close()
            await end.wait_closed()
        server.close()
        await server.wait_closed()

    async def test_a_connection_of_others_does_not_hold_time(self, t):
        """One that is open in the process, but not on the event loop, brings no task anything."""
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            socket.create_connection(listening.getsockname()),
            listening.accept()[0],
        ):
            run = await t.start(hang, start_to_close_timeout=timedelta(days=1), retry_policy=ONCE)
            with pytest.raises(ActivityFailureError):
                await run.result()

        assert t.time.elapsed >= timedelta(days=1)

    async def test_what_the_loop_does_not_know_of_can_be_named(self, t):
        """Within real() time passes as it does outside."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        resting = asyncio.create_task(asyncio.sleep(3600))
        with t.time.real():
            threading.Timer(0.1, loop.call_soon_threadsafe, [ended.set]).start()
            await ended.wait()
        assert not resting.done()
        resting.cancel()


class TestTimeouts:
    async def test_an_attempt_that_takes_too_long_is_retried(self, t):
        """A start-to-close timeout ends an attempt, and the next one begins after the interval."""
        policy = RetryPolicy(initial_interval=30, maximum_attempts=2)
        run = await t.start(hang, start_to_close_timeout=60, retry_policy=policy)

        with pytest.raises(ActivityFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, ActivityTimeoutError)
        assert caught.value.cause.type is TimeoutType.START_TO_CLOSE
        assert [attempt.error_type for attempt in run.attempts] == ["TimeoutError", "TimeoutError"]
        assert t.time.elapsed == timedelta(seconds=60 + 30 + 60)

    async def test_all_attempts_together_have_their_time(self, t):
        """A schedule-to-close timeout ends the activity where no further attempt fits."""
        with pytest.raises(ActivityFailureError) as caught:
            await t.run(reach, 100, schedule_to_close_timeout=timedelta(days=2))
        assert isinstance(caught.value.cause, ApplicationError)
        assert timedelta(days=1) < t.time.elapsed < timedelta(days=2)

    async def test_a_worker_that_is_full_is_too_late(self):
        """A schedule-to-start timeout passes while all slots are taken."""
        worker = Worker(task_queue="orders", activities=ACTIVITIES, max_concurrent_activities=1)
        async with TestWorker(worker) as t:
            await (await t.start(rest, 100)).wait_for_attempt()
            with pytest.raises(ActivityFailureError) as caught:
                await t.run(rest, 1, schedule_to_start_timeout=50)
        assert isinstance(caught.value.cause, ActivityTimeoutError)
        assert caught.value.cause.type is TimeoutType.SCHEDULE_TO_START

    async def test_heartbeats_keep_an_attempt(self, t):
        """An attempt that heartbeats goes on; what it has is there after one that did not."""
        assert await t.run(count, 100, heartbeat_timeout=60) == 100
        assert t.time.elapsed == timedelta(seconds=1000)
        with pytest.raises(ActivityFailureError) as caught:
            await t.run(count, 2, heartbeat_timeout=5, retry_policy=ONCE)
        assert isinstance(caught.value.cause, ActivityTimeoutError)
        assert caught.value.cause.type is TimeoutType.HEARTBEAT

    async def test_a_silent_attempt_is_continued_from_its_details(self, t):
        """The attempt after a heartbeat timeout begins with the details of the last heartbeat."""
        run = await t.start(count, 3, heartbeat_timeout=5)
        assert await run.result() == 3
        assert run.heartbeats == [[1], [2], [3]]
        assert [attempt.number for attempt in run.attempts] == [1, 2, 3, 4]


class TestChanges:
    async def test_it_is_cancelled(self, t):
        """A cancellation comes with a heartbeat's reply."""
        run = await t.start(count, 10**6, heartbeat_timeout=30, start_to_close_timeout=10**8)
        await run.wait_for_heartbeat()
        await run.cancel("enough")
        with pytest.raises(ActivityFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, CancelledError)

    async def test_one_without_heartbeats_is_cancelled(self, t):
        """The worker's watch tells an activity that does not heartbeat, a moment later."""
        run = await t.start(rest, 3600)
        await run.wait_for_attempt()
        await run.cancel()
        with pytest.raises(ActivityFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, CancelledError)
        assert t.time.elapsed < timedelta(minutes=1)

    async def test_one_in_a_thread_is_cancelled(self, t):
        """A def activity is cancelled by its heartbeats, whose interval is moved over by hand."""
        run = await t.start(tick, heartbeat_timeout=30)
        await run.wait_for_heartbeat()
        await run.cancel()
        await t.time.advance(25)
        with pytest.raises(ActivityFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, CancelledError)
        assert t.time.elapsed >= timedelta(seconds=25)

    async def test_it_is_paused_and_goes_on(self, t):
        """A pause ends the attempt, and an unpause begins the next from its details."""
        run = await t.start(count, 30, heartbeat_timeout=30)
        await run.wait_for_heartbeat(3)
        await run.pause()
        assert await run.wait_for_state("Paused") == "Paused"
        await t.time.advance(timedelta(days=1))
        await run.unpause()
        assert await run.result() == 30
        assert [attempt.error_type for attempt in run.attempts] == ["ActivityPause", None]

    async def test_it_is_reset(self, t):
        """A reset begins anew with attempt 1."""
        run = await t.start(count, 30, heartbeat_timeout=30)
        await run.wait_for_heartbeat(3)
        await run.reset(reset_heartbeat=True)
        assert await run.result() == 30
        assert [attempt.number for attempt in run.attempts] == [1, 1]

    async def test_it_is_terminated(self, t):
        """A termination ends it at once, with its reason."""
        run = await t.start(hang)
        await run.terminate("enough")
        with pytest.raises(ActivityFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, TerminatedError)
        with pytest.raises(RPCError):
            await run.pause()

    async def test_it_is_completed_from_outside(self, t):
        """What was left for a completion from outside is completed, failed, or cancelled from there."""
        done, failed, cancelled = [await t.start(approve, retry_policy=ONCE) for _ in range(3)]
        for run in (done, failed, cancelled):
            await run.wait_for_attempt()
        await t.time.advance(60)

        await done.heartbeat("half")
        await done.complete("yes")
        assert await done.result() == "yes"
        assert done.heartbeats == [["half"]]
        await failed.fail(ValueError("no"))
        with pytest.raises(ActivityFailureError):
            await failed.result()
        await cancelled.cancel()
        with pytest.raises(AsyncActivityCancelledError):
            await cancelled.heartbeat()
        await cancelled.report_cancellation()
        with pytest.raises(ActivityFailureError):
            await cancelled.result()

    async def test_it_is_completed_by_its_id_between_two_attempts(self, t):
        """While it waits for its next attempt it can be completed by its id, but not be failed: no attempt is there."""
        run = await t.start(reach, 8)
        await t.time.advance(60)
        by_id = t.client.get_async_activity_handle(activity_id=run.id)

        with pytest.raises(ActivityNotFoundError):
            await by_id.fail(ValueError("no"))
        await by_id.complete("reached by phone")
        assert await run.result() == "reached by phone"
        assert len(run.attempts) == 1


class TestErrors:
    async def test_a_failure_is_raised_as_a_client_raises_it(self, t):
        """What run() raises is what execute_activity() does."""
        with pytest.raises(ActivityFailureError) as caught:
            await t.run(fail)
        assert isinstance(caught.value.cause, ApplicationError)
        with pytest.raises(ActivityFailureError):
            await t.client.execute_activity(fail, task_queue="orders", start_to_close_timeout=1)

    async def test_an_activity_that_the_worker_lacks(self, t):
        """An activity that is not registered is named, with those that are."""

        @activity.defn
        async def other() -> None: ...

        with pytest.raises(ValueError, match=r"'other' is no activity of this worker, which has .*reach"):
            await t.run(other)
        with pytest.raises(TypeError, match=r"takes \(times\), got 0 arguments"):
            await t.run(reach)

    async def test_a_deadlock_is_named(self, t):
        """A wait that cannot end is an error that names where the code waits."""
        run = await t.start(hang, start_to_close_timeout=timedelta(days=100_000))
        with pytest.raises(DeadlockError, match=r"attempt 1 of hang '.*' waits at .*test_virtual_worker.py:\d+"):
            await run.result()
        await run.terminate()
        left = await t.start(approve, start_to_close_timeout=timedelta(days=100_000))
        with pytest.raises(DeadlockError, match="is to be completed from outside"):
            await left.result()
        await left.complete()
        paused = await t.start(count, 10, heartbeat_timeout=30)
        await paused.wait_for_heartbeat()
        await paused.pause()
        with pytest.raises(DeadlockError, match="is paused"):
            await paused.result()
        with pytest.raises(DeadlockError, match=r"calls of RespondActivityTaskCanceled.*is paused"):
            await t.temporal.wait_for("RespondActivityTaskCanceled")
        await paused.unpause()
        assert await paused.result() == 10

    async def test_retries_without_end_are_named(self, t, monkeypatch):
        """An activity that fails for ever is given up, with its failure."""
        monkeypatch.setattr("asyncworker.testing._fake._cluster._MOST_ATTEMPTS", 50)
        with pytest.raises(DeadlockError, match=r"has failed 50 times, the last one with 'no one answers'"):
            await t.run(reach, 10**9)

    async def test_a_worker_that_runs_is_refused(self, worker):
        """A worker that runs is not run a second time."""
        async with TestWorker(worker) as t:
            with pytest.raises(RuntimeError, match="runs: TestWorker starts it by itself"):
                await TestWorker(worker).__aenter__()
            assert t.worker.is_running
        assert not worker.is_running

    async def test_one_block_at_a_time(self, t):
        """A second clock on the same loop is refused."""
        with pytest.raises(RuntimeError, match="in virtual time already"):
            async with FakeTemporal(time="virtual"):
                pass
        assert await t.run(rest, 5) == 5

    async def test_outside_of_the_block_there_is_nothing(self, worker):
        """Outside of its block a TestWorker has no server, no client and no time."""
        t = TestWorker(worker)
        for use in (lambda: t.client, lambda: t.temporal, lambda: t.time):
            with pytest.raises(RuntimeError, match="async with TestWorker"):
                use()
        with pytest.raises(TypeError, match="TestWorker"):
            TestWorker(reach)


class TestSettings:
    async def test_the_workers_own_client_is_not_used(self):
        """The worker keeps its client, and runs on another with the same settings for the block."""
        async with FakeTemporal() as elsewhere:
            converter = DataConverter.default
            client = elsewhere.client(namespace="default", identity="me", data_converter=converter)
            worker = Worker(client, task_queue="orders", activities=ACTIVITIES)
            settings = worker._settings
            async with TestWorker(worker) as t:
                assert await t.run(rest, 1) == 1
                assert worker.client is t.client is not client
                assert (t.client.identity, t.client.data_converter) == ("me", converter)
                assert t.temporal.requests("PollActivityTaskQueue")[0].identity == "me"
            assert (worker.client, worker._settings) == (client, settings)
            assert not elsewhere.calls

    async def test_the_namespace_is_that_of_the_client(self):
        """A client of another namespace runs in that."""
        async with FakeTemporal() as elsewhere:
            elsewhere.namespaces.add("packing")
            worker = Worker(elsewhere.client(namespace="packing"), task_queue="orders", activities=ACTIVITIES)
            async with TestWorker(worker) as t:
                assert await t.run(rest, 1) == 1
                assert t.client.namespace == "packing"

    async def test_converter_and_interceptors_can_be_replaced(self):
        """What a test gives counts in place of what the worker's client has."""
        starts: list[str] = []

        class Notes(OutboundInterceptor):
            async def start_activity(self, input):
                starts.append(input.activity_type)
                return await super().start_activity(input)

        class Noting(ClientInterceptor):
            def intercept_client(self, next):
                return Notes(next)

        converter, interceptor = DataConverter(), Noting()
        worker = Worker(task_queue="orders", activities=ACTIVITIES)
        async with TestWorker(worker, data_converter=converter, interceptors=[interceptor]) as t:
            assert await t.run(rest, 1) == 1
            assert t.client.data_converter is converter
        assert starts == ["rest"]

    async def test_an_interceptor_that_starts_the_activity_elsewhere_is_named(self):
        """Then there is no activity on the server to look at."""

        class Elsewhere(OutboundInterceptor):
            async def start_activity(self, input):
                return ActivityHandle(self.next, "a1", run_id="of another server")

        class ToElsewhere(ClientInterceptor):
            def intercept_client(self, next):
                return Elsewhere(next)

        async with TestWorker(Worker(task_queue="orders", activities=ACTIVITIES), interceptors=[ToElsewhere()]) as t:
            with pytest.raises(
                RuntimeError, match="'a1', run of another server> was started elsewhere: an interceptor"
            ):
                await t.start(rest, 1)

    async def test_observers_see_it(self):
        """The worker's observers are told of virtual seconds."""
        seen = []
        worker = Worker(task_queue="orders", activities=ACTIVITIES, observers=[seen.append])
        async with TestWorker(worker) as t:
            await t.run(rest, 90)
        assert [event.took for event in seen if isinstance(event, ActivityFinished)] == [pytest.approx(90)]

    async def test_the_workers_limits_pass_in_virtual_time(self):
        """A rate limit of the worker takes virtual seconds."""
        worker = Worker(task_queue="orders", activities=ACTIVITIES, max_activities_per_second=1 / 60)
        async with TestWorker(worker) as t:
            async with asyncio.TaskGroup() as group:
                for _ in range(3):
                    group.create_task(t.run(rest, 0))
            assert timedelta(minutes=1) < t.time.elapsed < timedelta(minutes=4)

    async def test_two_workers_share_a_server(self, t):
        """A second worker joins the server and the time of the first."""

        @activity.defn
        async def ship(seconds: float) -> str:
            await activity.client().execute_activity(
                rest, seconds, task_queue="orders", start_to_close_timeout=timedelta(days=1)
            )
            return "shipped"

        async with TestWorker(Worker(task_queue="ships", activities=[ship]), temporal=t.temporal) as other:
            assert await other.run(ship, 3600, start_to_close_timeout=timedelta(days=1)) == "shipped"
        assert t.time.elapsed == timedelta(hours=1)
        assert await t.run(rest, 1) == 1

    async def test_closing_a_client_waits_for_its_calls(self, t):
        """As a client of a real server: a call under way is answered, and the next one is refused."""
        client = t.temporal.client()
        with t.temporal.hold("CountActivityExecutions"):
            counting = asyncio.create_task(client.count_activities())
            await t.temporal.wait_for("CountActivityExecutions")
            closing = asyncio.create_task(client.close())
            await asyncio.sleep(0)
            assert not closing.done()
        await closing

        assert (await counting).count == 0
        with pytest.raises(ClientClosedError):
            await client.count_activities()

    async def test_the_time_of_its_server_is_virtual(self, worker):
        """A server whose time is not virtual is refused, and has no time to show."""
        async with FakeTemporal() as temporal:
            with pytest.raises(ValueError, match="time='virtual'"):
                TestWorker(worker, temporal=temporal)
            with pytest.raises(RuntimeError, match="time='virtual'"):
                _ = temporal.time

    async def test_its_end_is_a_shutdown(self, worker):
        """What still runs at the block's end is cancelled after the grace period, in no time."""
        async with TestWorker(worker) as t:
            client: Client = t.client
            run = await t.start(hang)
            await run.wait_for_attempt()
            temporal = t.temporal
        assert not worker.is_running
        assert client.namespace == "default"
        failure = run.attempts[0].failure
        assert failure is not None
        assert failure.application_failure_info.type == "WorkerShutdown"
        assert temporal.time.elapsed == timedelta(seconds=15)
