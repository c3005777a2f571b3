"""FakeTemporal in real and in virtual time, and the clock itself."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest

from asyncworker import RetryPolicy, Worker, activity
from asyncworker._proto.temporal.api.workflowservice import v1 as messages
from asyncworker._rpc import _methods as methods
from asyncworker._rpc._methods import Method
from asyncworker._rpc._retry import NONE
from asyncworker.exceptions import (
    ActivityFailureError,
    ClientClosedError,
    RetryState,
    RPCError,
    RPCStatusCode,
)
from asyncworker.testing import DeadlockError, FakeTemporal, TestWorker, VirtualTime


@activity.defn(
    start_to_close_timeout=60, heartbeat_timeout=20, retry_policy=RetryPolicy(maximum_attempts=3), task_queue="orders"
)
async def pack(order: str) -> str:
    return f"{order}: packed"


@activity.defn
async def rest(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds


@activity.defn
async def rest_at_last(seconds: float) -> float:
    if activity.info().attempt == 1:
        raise ConnectionError("no one answers")
    await asyncio.sleep(seconds)
    return seconds


@pytest.fixture
async def t():
    async with TestWorker(Worker(task_queue="orders", activities=[pack, rest, rest_at_last])) as running:
        yield running


class TestModes:
    async def test_in_real_time_timeouts_pass_by_themselves(self):
        """In real time a timeout passes by itself, and so does the interval before a retry."""
        async with FakeTemporal(time="real") as temporal:
            task = temporal.add_task(
                "Pack", task_queue="q", schedule_to_start_timeout=0.02, retry_policy=RetryPolicy(maximum_attempts=1)
            )
            await task.wait_closed()
            assert task.state == "TimedOut"
            assert task.retry_state is RetryState.TIMEOUT

    async def test_by_hand_no_timeout_passes(self):
        """By default no timeout passes by itself."""
        async with FakeTemporal() as temporal:
            task = temporal.add_task("Pack", task_queue="q", schedule_to_start_timeout=0.001)
            with pytest.raises(TimeoutError, match="its end"):
                await task.wait_closed(timeout=0.05)

    def test_another_time_is_refused(self):
        """There is no other kind of time."""
        with pytest.raises(ValueError, match="'manual', 'real' or 'virtual', got 'fast'"):
            FakeTemporal(time="fast")

    async def test_in_virtual_time_there_is_no_port(self, t):
        """A server in virtual time has no address, as its clients must be on its loop."""
        with pytest.raises(RuntimeError, match="has no port"):
            _ = t.temporal.target

    @pytest.mark.parametrize("mode", ["manual", "real", "virtual"])
    async def test_a_task_has_the_declarations_options(self, mode):
        """What is not given when a task is added is taken from the activity's declaration."""
        async with FakeTemporal(time=mode) as temporal:
            temporal.add_task(pack, "7", heartbeat_timeout=5)
            task = await temporal.service().call(
                methods.POLL_ACTIVITY_TASK_QUEUE,
                messages.PollActivityTaskQueueRequest(
                    namespace="default", task_queue=temporal._cluster.activities[0].request.task_queue
                ),
                timeout=10.0,
                retry=NONE,
            )
            assert task.start_to_close_timeout.seconds == 60
            assert task.heartbeat_timeout.seconds == 5
            assert task.retry_policy.maximum_attempts == 3

    async def test_without_a_declaration_it_needs_a_queue(self, t):
        """A task without a task queue is refused."""
        with pytest.raises(ValueError, match="'Pack' needs a task_queue"):
            t.temporal.add_task("Pack")
        assert t.temporal.add_task(pack, "7").state == "Scheduled"

    async def test_a_start_may_be_delayed(self, t):
        """A start's delay passes."""
        run = await t.start(rest, 1, start_delay=timedelta(days=1))
        assert await run.result() == 1
        assert t.time.elapsed == timedelta(days=1, seconds=1)
        assert t.temporal.add_task(pack, "7", start_delay=60).retry_wait == 60
        # All of its time is left at its end.
        assert await t.run(rest, 80, start_delay=3600, schedule_to_close_timeout=90) == 80

    async def test_a_retry_after_a_delay_has_its_time(self, t):
        """A later attempt of a delayed activity is cancelled when the server has timed it out, and not before."""
        timeouts = {"start_delay": 3600, "schedule_to_close_timeout": 90}

        assert await t.run(rest_at_last, 80, **timeouts) == 80
        run = await t.start(rest_at_last, 100, **timeouts)
        with pytest.raises(ActivityFailureError):
            await run.result()
        assert t.time.elapsed == timedelta(seconds=3600 + 81 + 3600 + 90)


class TestTasksOfWorkflows:
    async def test_they_are_run(self, t):
        """The task of a workflow is run like any other."""
        task = t.temporal.add_task(pack, "7")
        await task.wait_closed()
        assert task.result == "7: packed"
        assert [attempt.number for attempt in task.attempts] == [1]
        with pytest.raises(ValueError, match="there are the states Scheduled, Started"):
            await task.wait_for_state("Gone")

    async def test_a_wait_for_one_may_have_a_limit(self, t):
        """A wait with a limit ends at it, in virtual time."""
        task = t.temporal.add_task(rest, 3600, task_queue="orders", start_to_close_timeout=7200)
        with pytest.raises(TimeoutError, match="waited 60 s for its end"):
            await task.wait_closed(timeout=60)
        assert t.time.elapsed == timedelta(minutes=1)


class TestCalls:
    async def test_a_wait_has_the_deadline_of_its_caller(self, t):
        """A wait for a result ends at the caller's deadline, in virtual time."""
        run = await t.start(rest, 3600, start_to_close_timeout=7200)
        with pytest.raises(RPCError) as caught:
            await run.handle.result(rpc_timeout=90)
        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert timedelta(seconds=90) <= t.time.elapsed < timedelta(seconds=91)
        assert await run.result() == 3600

    async def test_an_outage_costs_no_result(self, t):
        """After an outage of an hour the worker goes on."""
        run = await t.start(rest, 10)
        await run.wait_for_attempt()
        with t.temporal.outage():
            await t.time.advance(timedelta(minutes=1))
        assert await run.result() == 10
        with t.temporal.outage():
            await t.time.advance(timedelta(hours=1))
        assert await t.run(rest, 20) == 20

    async def test_calls_can_be_held_delayed_and_cut(self, t):
        """Faults are as in real time: held calls, slow ones, and lost connections."""
        run = await t.start(rest, 10)
        with t.temporal.hold("RespondActivityTaskCompleted"):
            await t.time.advance(11)
            assert run.state == "Started"
        await t.time.advance(0)
        assert await run.result() == 10
        t.temporal.delay("RespondActivityTaskCompleted", 5)
        before = t.time.elapsed
        assert await t.run(rest, 10) == 10
        assert t.time.elapsed - before == timedelta(seconds=15)
        run = await t.start(rest, 10)
        await t.time.advance(12)
        t.temporal.cut_connections()
        assert await run.result() == 10

    async def test_a_call_that_is_held_for_too_long_fails(self, t):
        """A call's deadline passes in virtual time."""
        service = t.temporal.service()
        with t.temporal.hold("GetSystemInfo"), pytest.raises(RPCError) as caught:
            await service.call(methods.GET_SYSTEM_INFO, messages.GetSystemInfoRequest(), timeout=30.0, retry=NONE)
        assert caught.value.status is RPCStatusCode.DEADLINE_EXCEEDED
        assert t.time.elapsed == timedelta(seconds=30)

    async def test_an_unknown_method_is_refused(self, t):
        """A method that the server does not have is unimplemented, as over a wire."""
        unknown = Method("ListNamespaces")
        with pytest.raises(RPCError) as caught:
            await t.temporal.transport().unary(unknown.path, b"", timeout=1.0)
        assert caught.value.status is RPCStatusCode.UNIMPLEMENTED
        assert "ListNamespaces" in caught.value.message

    async def test_a_closed_client_makes_no_calls(self, t):
        """A client of the server can be closed by itself."""
        client = t.temporal.client()
        async with client:
            assert (await client.count_activities()).count == 0
        with pytest.raises(ClientClosedError):
            await client.count_activities()


class TestClock:
    async def test_it_can_be_used_alone(self):
        """The clock needs no server: any code of the loop's is tested with it."""
        async with VirtualTime() as clock:
            before = clock.now
            await asyncio.sleep(3600)
            assert clock.now - before == clock.elapsed == timedelta(hours=1)
            with pytest.raises(RuntimeError, match="runs already"):
                await clock.__aenter__()
            assert "1:00:00 elapsed" in repr(clock)

    async def test_it_is_of_no_use_outside(self):
        """Outside of its block time cannot be moved."""
        clock = VirtualTime()
        with pytest.raises(RuntimeError, match="within the `async with` block"):
            await clock.advance(1)
        with pytest.raises(RuntimeError, match="within the `async with` block"), clock.real():
            pass

    async def test_timers_go_off_in_their_order(self):
        """Each timer goes off at its time, those that others set on the way too."""
        seen = []
        async with VirtualTime() as clock:

            async def note(name, *waits):
                for wait in waits:
                    await asyncio.sleep(wait)
                    seen.append((name, clock.elapsed.total_seconds()))

            async with asyncio.TaskGroup() as group:
                group.create_task(note("a", 10, 10))
                group.create_task(note("b", 5, 7))
        assert seen == [("b", 5.0), ("a", 10.0), ("b", 12.0), ("a", 20.0)]

    async def test_a_deadlock_of_the_tests_own_is_logged(self, caplog):
        """Where it is the test's own code that waits for nothing, that is logged, once."""
        loop = asyncio.get_running_loop()
        async with VirtualTime() as clock:
            waiting = loop.create_future()

            def end_when_logged():
                while not caplog.records:
                    time.sleep(0.01)
                loop.call_soon_threadsafe(waiting.set_result, None)

            thread = threading.Thread(target=end_when_logged)
            thread.start()
            await waiting
            thread.join()
        assert [record.message for record in caplog.records] == [
            "nothing is left to happen: no code runs and no timer is set, so that virtual time stands"
        ]
        assert clock.elapsed == timedelta(0)

    async def test_several_waits_end_in_a_deadlock(self, t):
        """Each wait of the kit's that cannot end is an error."""
        runs = [await t.start(rest, 0) for _ in range(2)]
        for run in runs:
            await run.result()
        waits = [run.wait_for_heartbeat() for run in runs]
        found = await asyncio.gather(*waits, return_exceptions=True)
        assert [type(each) for each in found] == [DeadlockError, DeadlockError]
        assert "a heartbeat of <FakeActivity" in str(found[0])
        assert "no activity is open" in str(found[0])
