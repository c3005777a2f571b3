"""How a worker ends: nothing is lost, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Sequence
from functools import partial

import anyio
import anyio.to_thread
import pytest
from worker_helpers import QUEUE, Held, Worker, adjusted, until, worker_of

from asyncworker import CancelledError, CancelReason, DataConverter, PayloadCodec, RetryPolicy, activity
from asyncworker._proto.temporal.api.common.v1 import ActivityType
from asyncworker._proto.temporal.api.workflowservice.v1 import GetSystemInfoRequest, PollActivityTaskQueueResponse
from asyncworker._rpc._methods import GET_SYSTEM_INFO
from asyncworker._rpc._retry import NONE
from asyncworker.common import ActivityCancellationDetails
from asyncworker.converter import Payload
from asyncworker.exceptions import RPCError, RPCStatusCode, WorkerError
from asyncworker.testing import FakeTemporal
from asyncworker.worker import FixedSizeSlotSupplier, SlotPermit, SlotReservation
from asyncworker.worker.attempts._run_environment import AttemptDurations


@activity.defn
async def pack() -> str:
    return "packed"


class TestGrace:
    async def test_activities_may_end_within_the_grace_period(self, temporal):
        """What runs when the worker stops may end within the grace period, and is replied to."""
        held = Held()
        async with worker_of(temporal, held):
            task = temporal.add_task("hold", task_queue=QUEUE)
            await held.runs.wait()
            asyncio.get_running_loop().call_soon(held.release.set)

        assert task.result == "done"

    async def test_activities_can_wait_for_the_shutdown(self, temporal):
        """An activity can see that the worker stops, and end early by itself."""
        runs = asyncio.Event()

        @activity.defn
        async def wait_for_it() -> bool:
            runs.set()
            await activity.wait_for_worker_shutdown()
            return activity.is_worker_shutdown() and not activity.is_cancelled()

        async with worker_of(temporal, wait_for_it):
            task = temporal.add_task(wait_for_it, task_queue=QUEUE)
            await runs.wait()

        assert task.result is True

    async def test_activities_are_cancelled_after_the_grace_period(self, temporal):
        """What still runs when it is over is asked to stop, and fails so that another worker gets it."""
        held = Held()
        async with worker_of(temporal, held, graceful_shutdown_timeout=0):
            task = temporal.add_task("hold", task_queue=QUEUE, retry_policy=RetryPolicy())
            await held.runs.wait()

        assert held.reason is CancelReason.WORKER_SHUTDOWN
        assert task.last_failure.application_failure_info.type == "WorkerShutdown"
        assert (task.state, task.attempt) == ("Scheduled", 2)

    async def test_a_cancelled_activity_keeps_its_last_heartbeat(self, temporal):
        """Work that was interrupted goes on elsewhere from its last heartbeat, even one held back."""

        @activity.defn
        async def steps() -> None:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat(2)
            await asyncio.sleep(60)

        async with worker_of(temporal, steps, graceful_shutdown_timeout=0):
            task = temporal.add_task(steps, task_queue=QUEUE, heartbeat_timeout=60, retry_policy=RetryPolicy())
            await task.wait_for_heartbeat()

        assert task.heartbeat_details == [2]

    async def test_an_activity_that_ignores_its_cancellation_is_left_behind(self, temporal, caplog):
        """An activity that does not stop is reported as failed, named in the log, and left behind."""
        runs, release = asyncio.Event(), asyncio.Event()

        @activity.defn
        async def stubborn() -> None:
            runs.set()
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        async with worker_of(temporal, stubborn, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05):
            task = temporal.add_task(stubborn, task_queue=QUEUE, retry_policy=RetryPolicy())
            await runs.wait()
        release.set()

        assert task.last_failure.application_failure_info.type == "WorkerShutdown"
        assert "activity stubborn did not heed its cancellation" in caplog.text

    async def test_an_activity_that_was_left_behind_lets_the_process_end(self, temporal, monkeypatch):
        """asyncio.run() does not wait for an activity that was left behind, whatever that makes of being cancelled."""
        runs, is_over = threading.Event(), threading.Event()

        @activity.defn
        async def stubborn() -> None:
            runs.set()
            while not is_over.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(60)

        async def main() -> None:
            worker = Worker(
                task_queue=QUEUE, activities=[stubborn], graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05
            )
            async with worker:
                await asyncio.to_thread(runs.wait, 5)

        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)
        temporal.add_task(stubborn, task_queue=QUEUE)
        try:
            with anyio.fail_after(10):
                await asyncio.to_thread(asyncio.run, main())
        finally:
            is_over.set()

    async def test_an_activity_that_was_left_behind_sends_no_heartbeat(self, temporal):
        """An activity that was reported as failed and goes on is nothing the server hears of any more."""
        runs, release = asyncio.Event(), asyncio.Event()

        @activity.defn
        async def stubborn() -> None:
            runs.set()
            while not release.is_set():
                try:
                    activity.heartbeat("still here")
                    await asyncio.sleep(0.01)
                except asyncio.CancelledError:
                    continue

        async with worker_of(temporal, stubborn, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05):
            temporal.add_task(stubborn, task_queue=QUEUE, heartbeat_timeout=0.05, retry_policy=RetryPolicy())
            await runs.wait()
        before = len(temporal.requests("RecordActivityTaskHeartbeat"))
        # Six intervals.
        await asyncio.sleep(0.25)
        release.set()

        assert before > 0
        assert len(temporal.requests("RecordActivityTaskHeartbeat")) == before

    async def test_a_blocked_thread_is_left_behind(self, temporal):
        """A `def` activity that never asks is left behind as well."""
        import threading

        release = threading.Event()

        @activity.defn
        def stubborn() -> None:
            release.wait(10)

        async with worker_of(temporal, stubborn, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05):
            task = temporal.add_task(stubborn, task_queue=QUEUE, retry_policy=RetryPolicy())
            await task.wait_for_attempt()
        release.set()

        assert task.last_failure.application_failure_info.type == "WorkerShutdown"

    async def test_cancelling_run_twice_cancels_activities(self, temporal):
        """Cancelling run() twice is what two signals are: stop, then cancel what runs."""
        held = Held()
        worker = worker_of(temporal, held, graceful_shutdown_timeout=60)
        running = asyncio.create_task(worker.run(handle_signals=False))
        task = temporal.add_task("hold", task_queue=QUEUE, retry_policy=RetryPolicy())
        await held.runs.wait()

        running.cancel()
        await temporal.wait_for("ShutdownWorker")
        assert held.reason is None
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

        assert held.reason is CancelReason.WORKER_SHUTDOWN
        assert task.attempt == 2

    async def test_cancelling_run_three_times_waits_for_no_server(self, temporal):
        """A third request waits for nothing, though the server has not even heard of the shutdown."""
        worker = worker_of(temporal, pack, graceful_shutdown_timeout=60)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue")
        with temporal.hold("ShutdownWorker"), temporal.hold("RecordWorkerHeartbeat"):
            running.cancel()
            await temporal.wait_for("ShutdownWorker")
            for _ in range(2):
                running.cancel()
                await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(4):
                await asyncio.wait({running})

        assert worker.is_shutdown


class TestTasksThatComeLate:
    async def test_a_late_task_is_run_within_the_grace_period(self, temporal):
        """A task that a last poll brings is run if there is time."""
        held = Held()
        worker = worker_of(temporal, held, pack, max_concurrent_activity_task_polls=1)
        running = asyncio.create_task(worker.run(handle_signals=False))
        first = temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        await temporal.wait_for("PollActivityTaskQueue", count=2)
        with temporal.hold("ShutdownWorker"):
            stopping = asyncio.create_task(worker.shutdown())
            await temporal.wait_for("ShutdownWorker")
            late = temporal.add_task(pack, task_queue=QUEUE)
            await late.wait_closed()
        held.release.set()
        await asyncio.gather(stopping, running)

        assert (late.result, first.result) == ("packed", "done")

    async def test_a_late_task_of_a_young_worker_is_run(self, temporal):
        """A worker that is stopped soon after its start lets its open polls bring what is on its way to them."""
        worker = adjusted(worker_of(temporal, pack), lull=1.0)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue", count=5)
        # For as long again it waits.
        await asyncio.sleep(0.5)
        stopping = asyncio.create_task(worker.shutdown())
        await anyio.wait_all_tasks_blocked()
        late = temporal.add_task(pack, task_queue=QUEUE)
        await asyncio.gather(stopping, running)

        assert late.result == "packed"

    async def test_a_late_task_is_run_while_the_hard_stop_allows(self, temporal):
        """A task that comes after the grace period is run if the hard stop allows: its attempt may be the only one."""
        worker = worker_of(temporal, pack, max_concurrent_activity_task_polls=1, graceful_shutdown_timeout=0)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue")
        with temporal.hold("ShutdownWorker"):
            stopping = asyncio.create_task(worker.shutdown())
            await temporal.wait_for("ShutdownWorker")
            await anyio.wait_all_tasks_blocked()
            late = temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await late.wait_closed()
        await asyncio.gather(stopping, running)

        assert late.result == "packed"

    async def test_a_late_task_is_cancelled_before_it_is_left_behind(self, temporal):
        """A late activity that goes on is told of the shutdown while it can still do something about it."""
        held = Held()
        worker = worker_of(
            temporal,
            held,
            max_concurrent_activity_task_polls=1,
            graceful_shutdown_timeout=0,
            hard_shutdown_timeout=0.4,
        )
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue")
        with temporal.hold("ShutdownWorker"):
            stopping = asyncio.create_task(worker.shutdown())
            await temporal.wait_for("ShutdownWorker")
            late = temporal.add_task("hold", task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await late.wait_closed()
        await asyncio.gather(stopping, running)

        assert held.reason is CancelReason.WORKER_SHUTDOWN

    async def test_a_task_that_comes_too_late_is_failed_back_at_once(self, temporal):
        """A task that comes when nothing may run any more goes back to the queue, and is not run."""
        ran = []

        @activity.defn
        async def late() -> None:
            ran.append(1)

        worker = worker_of(
            temporal,
            late,
            max_concurrent_activity_task_polls=1,
            graceful_shutdown_timeout=0,
            hard_shutdown_timeout=0,
        )
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue")
        with temporal.hold("ShutdownWorker"):
            stopping = asyncio.create_task(worker.shutdown())
            await temporal.wait_for("ShutdownWorker")
            await anyio.wait_all_tasks_blocked()
            task = temporal.add_task(late, task_queue=QUEUE, retry_policy=RetryPolicy())
            await temporal.wait_for("RespondActivityTaskFailed")
        await asyncio.gather(stopping, running)

        assert ran == []
        assert (task.state, task.attempt) == ("Scheduled", 2)

    async def test_a_task_that_comes_after_the_hard_stop_does_not_hold_up_the_end(self, temporal):
        """A task that a last poll brings when all others have been left behind is left behind as well, in its turn."""
        worker = adjusted(
            worker_of(
                temporal,
                pack,
                max_concurrent_activity_task_polls=1,
                graceful_shutdown_timeout=0,
                hard_shutdown_timeout=0,
            ),
            attempt_durations=AttemptDurations(abandoned_reply=0.05),
        )
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.wait_for("PollActivityTaskQueue")
        with temporal.hold("RespondActivityTaskFailed"), anyio.fail_after(5):
            with temporal.hold("ShutdownWorker"):
                stopping = asyncio.create_task(worker.shutdown())
                await temporal.wait_for("ShutdownWorker")
                await anyio.wait_all_tasks_blocked()
                temporal.add_task(pack, task_queue=QUEUE, start_to_close_timeout=3600)
                await temporal.wait_for("RespondActivityTaskFailed")
            await asyncio.gather(stopping, running)

        assert worker.is_shutdown


class Stuck(PayloadCodec):
    """Never comes back from where it is told to get stuck, once it has got there."""

    def __init__(self, *, at: str) -> None:
        self.at = at
        self.is_stuck = asyncio.Event()

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._pass("encode", payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._pass("decode", payloads)

    async def _pass(self, where: str, payloads: Sequence[Payload]) -> list[Payload]:
        if where == self.at:
            self.is_stuck.set()
            await asyncio.sleep(60)
        return list(payloads)


class TestCodecsThatAreStuck:
    async def test_a_task_whose_arguments_a_codec_never_reads_goes_back(self, temporal):
        """A task whose arguments are still being read when all is given up goes back to the queue."""

        @activity.defn
        async def echo(word: str) -> str:
            return word

        codec = Stuck(at="decode")
        client = temporal.client(data_converter=DataConverter(payload_codec=codec))
        options = {"graceful_shutdown_timeout": 0, "hard_shutdown_timeout": 0}
        async with Worker(client, task_queue=QUEUE, activities=[echo], **options):
            task = temporal.add_task(echo, "word", task_queue=QUEUE, retry_policy=RetryPolicy())
            await codec.is_stuck.wait()

        assert task.last_failure.application_failure_info.type == "WorkerShutdown"
        assert task.attempt == 2

    async def test_a_codec_that_is_stuck_does_not_hold_up_the_end(self, temporal):
        """An activity that is left behind holds nothing up, even if not so much as its failure can be written."""

        @activity.defn
        def stubborn() -> None:
            activity.heartbeat("here")
            release.wait(10)

        release = threading.Event()
        codec = Stuck(at="encode")
        client = temporal.client(data_converter=DataConverter(payload_codec=codec))
        options = {"graceful_shutdown_timeout": 0, "hard_shutdown_timeout": 0}
        with anyio.fail_after(5):
            async with adjusted(
                Worker(client, task_queue=QUEUE, activities=[stubborn], **options),
                attempt_durations=AttemptDurations(abandoned_reply=0.05),
            ) as worker:
                temporal.add_task(stubborn, task_queue=QUEUE)
                await codec.is_stuck.wait()
        release.set()

        assert worker.is_shutdown


class TestStates:
    async def test_a_worker_shows_its_state(self, temporal):
        """A worker says whether it runs."""
        worker = worker_of(temporal, pack)
        seen = [(worker.is_running, worker.is_shutdown)]
        async with worker:
            seen.append((worker.is_running, worker.is_shutdown))
            text = repr(worker)
        seen.append((worker.is_running, worker.is_shutdown))

        assert seen == [(False, False), (True, False), (False, True)]
        assert text == "<Worker of 'orders' [running, 0 slots used]>"

    async def test_the_log_says_what_a_shutdown_waits_for_and_for_how_long(self, temporal, caplog):
        """At the first signal, by the worker's own settings."""
        caplog.set_level(logging.INFO, "asyncworker")
        held = Held()
        async with worker_of(temporal, held, graceful_shutdown_timeout=7, hard_shutdown_timeout=1.5) as worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await until(lambda: worker.slots_used == 1 and worker.statistics().polls_open == 5)
            stopping = asyncio.create_task(worker.shutdown())
            await until(lambda: "stops, and waits" in caplog.text)
            held.release.set()
            await stopping

        assert (
            "worker of task queue 'orders' stops, and waits for 1 activities, which have 7 s to end by themselves, and"
            " 1.5 s more once they are cancelled, and for 5 open polls, which the server ends" in caplog.messages
        )

    async def test_a_worker_is_ready_while_it_polls(self, temporal):
        """A worker says whether it polls, whether it is ready, and by which key the server knows it."""
        worker = worker_of(temporal, pack)
        before = (worker.is_polling, worker.is_ready, worker.instance_key)
        async with worker:
            (poll, *_) = await temporal.wait_for("PollActivityTaskQueue")
            await until(lambda: worker.is_polling and worker.is_ready)
            key = worker.instance_key

        assert before == (False, False, None)
        assert key == poll.worker_instance_key
        assert not worker.is_polling
        assert not worker.is_ready

    async def test_a_worker_with_every_slot_taken_is_ready(self, temporal):
        """A worker that does as much as it can is ready, and does not poll."""
        held = Held()
        async with worker_of(temporal, held, max_concurrent_activities=1) as worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await until(lambda: worker.slots_used == 1 and not worker.is_polling)
            ready = worker.is_ready
            held.release.set()

        assert ready

    async def test_a_worker_with_its_rate_used_up_is_ready(self, temporal):
        """A worker that may not start anything yet is ready."""
        async with worker_of(temporal, pack, max_activities_per_second=0.1) as worker:
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
            await until(lambda: worker.slots_used == 0)
            seen = (worker.is_polling, worker.is_ready)
            worker._worker_run.pollers._backoff.answered_at = 0.0
            seen += (worker.is_ready,)

        assert seen == (False, True, True)

    async def test_a_worker_whose_supplier_gives_no_slot_is_not_ready(self, temporal):
        """A slot supplier that gives no slot, though nothing runs, keeps the worker from its work."""

        class Stingy(FixedSizeSlotSupplier):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                await asyncio.Event().wait()
                raise AssertionError

        async with worker_of(temporal, pack, slot_supplier=Stingy(1)) as worker:
            await anyio.wait_all_tasks_blocked()

            assert not worker.is_ready

    async def test_a_worker_that_stops_is_not_ready(self, temporal):
        """A worker that drains takes no more work, whatever it still runs."""
        held = Held()
        async with worker_of(temporal, held) as worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await held.runs.wait()
            await until(lambda: worker.is_ready)
            stopping = asyncio.create_task(worker.shutdown())
            await until(lambda: not worker.is_ready)
            held.release.set()
            await stopping

    async def test_a_worker_whose_server_is_away_is_not_ready(self, temporal):
        """Neither polling nor ready: and both again when it is back."""
        async with worker_of(temporal, pack) as worker:
            await until(lambda: worker.is_polling and worker.is_ready)
            with temporal.outage():
                await until(lambda: not worker.is_polling and not worker.is_ready)
            await until(lambda: worker.is_polling and worker.is_ready)

    async def test_a_worker_with_every_slot_taken_notices_that_its_server_is_away(self, temporal):
        """With nothing to poll with, it is what the other calls come to that counts."""
        held = Held()
        async with worker_of(temporal, held, max_concurrent_activities=1, long_poll_timeout=3) as worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await until(lambda: worker.slots_used == 1 and worker.is_ready)
            service = worker._worker_run.client.service
            service.caller.answered_at -= 100
            still = worker.is_ready
            with temporal.outage(), pytest.raises(RPCError):
                await service.call(GET_SYSTEM_INFO, GetSystemInfoRequest(), retry=NONE)
            gone = worker.is_ready
            await service.call(GET_SYSTEM_INFO, GetSystemInfoRequest())
            back = worker.is_ready
            held.release.set()

        assert (still, gone, back) == (True, False, True)

    async def test_a_probe_may_come_from_any_thread(self, temporal):
        """A probe may be answered by another thread than the worker's."""
        async with worker_of(temporal, pack) as worker:
            await until(lambda: worker.is_ready)
            seen = await anyio.to_thread.run_sync(lambda: (worker.is_polling, worker.is_ready))

        assert seen == (True, True)

    async def test_running_a_worker_twice_at_a_time_is_an_error(self, temporal):
        """A worker has one run at a time."""
        async with worker_of(temporal, pack) as worker:
            with pytest.raises(RuntimeError, match="runs already"):
                await worker.run(handle_signals=False)

    async def test_a_worker_may_run_again(self, temporal):
        """After its end a worker can run again."""
        worker = worker_of(temporal, pack)
        for _ in range(2):
            async with worker:
                task = temporal.add_task(pack, task_queue=QUEUE)
                await task.wait_closed()
                assert task.result == "packed"

    async def test_shutdown_of_a_worker_that_does_not_run_does_nothing(self, temporal):
        """There is nothing to stop, and nothing happens."""
        await worker_of(temporal, pack).shutdown()

    @pytest.mark.parametrize("cancellations", [1, 2])
    async def test_a_worker_that_is_cancelled_while_it_starts_leaves_nothing_running(self, temporal, cancellations):
        """Cancelling the start of a worker, however often, leaves no worker behind."""
        worker = worker_of(temporal, pack)
        with temporal.hold("DescribeNamespace"), anyio.fail_after(5):
            entering = asyncio.create_task(worker.__aenter__())
            await temporal.wait_for("DescribeNamespace")
            for _ in range(cancellations):
                entering.cancel()
                await asyncio.sleep(0)
            await asyncio.wait({entering})

        assert entering.cancelled()
        assert worker.is_shutdown

    async def test_a_worker_that_is_stopped_while_it_starts_waits_for_no_server(self, temporal):
        """A worker that is told to stop before the server has said a word just ends."""
        worker = worker_of(temporal, pack)
        with temporal.hold("DescribeNamespace"), anyio.fail_after(5):
            running = asyncio.create_task(worker.run(handle_signals=False))
            await temporal.wait_for("DescribeNamespace")
            await worker.shutdown()
            await running

        assert worker.is_shutdown

    async def test_a_shutdown_before_the_run_s_first_turn_ends_it(self, temporal):
        """A start-up that fails right after create_task(worker.run()), and cleans up, leaves no worker running."""
        worker = worker_of(temporal, pack)
        for _ in range(2):
            running = asyncio.create_task(worker.run(handle_signals=False))
            await worker.shutdown()
            with anyio.fail_after(5):
                await running

        assert temporal.requests("PollActivityTaskQueue") == []

    async def test_a_shutdown_after_the_end_does_not_end_the_next_run(self, temporal):
        """What was said of a run that is over is not held against the next one."""
        worker = worker_of(temporal, pack)
        async with worker:
            pass
        await worker.shutdown()
        running = asyncio.create_task(worker.run(handle_signals=False))
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()
        await worker.shutdown()
        await running

        assert task.result == "packed"

    @pytest.mark.parametrize("way", ["tasks", "exit stack"])
    async def test_a_block_may_be_left_in_another_task(self, temporal, way):
        """Fixtures of test frameworks enter in one task and leave in another: the worker stops as it does in one."""
        worker = worker_of(temporal, pack)
        if way == "exit stack":
            stack = contextlib.AsyncExitStack()
            await asyncio.create_task(stack.enter_async_context(worker))
            leave = stack.aclose
        else:
            await asyncio.create_task(worker.__aenter__())
            leave = partial(worker.__aexit__, None, None, None)
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()
        with anyio.fail_after(5):
            await asyncio.create_task(leave())

        assert worker.is_shutdown
        assert task.result == "packed"

    async def test_a_worker_that_cannot_go_on_cancels_its_block_once(self, temporal):
        """The task that is inside hears of it, may clean up, and the block raises the reason."""
        cleaned = False
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.PERMISSION_DENIED, "no", times=1000)

        async def inside() -> None:
            nonlocal cleaned
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                cleaned = True
                raise

        with pytest.raises(WorkerError, match="refuses"):
            async with worker_of(temporal, pack):
                await inside()

        task = asyncio.current_task()
        assert task is not None
        assert (cleaned, task.cancelling()) == (True, 0)

    async def test_a_worker_that_could_not_go_on_raises_that_where_the_block_is_left(self, temporal):
        """Where the task that entered the block has ended, no task is cancelled, and nothing is lost."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.PERMISSION_DENIED, "no", times=1000)
        worker = worker_of(temporal, pack)
        await asyncio.create_task(worker.__aenter__())
        await until(lambda: worker.is_shutdown)

        with pytest.raises(WorkerError, match="refuses"):
            await worker.__aexit__(None, None, None)

    async def test_the_block_s_own_error_is_raised(self, temporal):
        """What the body raises is what the block raises."""
        with pytest.raises(ZeroDivisionError):
            async with worker_of(temporal, pack):
                raise ZeroDivisionError

    async def test_a_cancelled_scope_ends_the_worker_in_order(self, temporal):
        """A worker within a cancelled scope still drains before the scope is left."""
        held = Held()
        with anyio.move_on_after(60) as scope:
            async with worker_of(temporal, held):
                task = temporal.add_task("hold", task_queue=QUEUE)
                await held.runs.wait()
                asyncio.get_running_loop().call_later(0.05, held.release.set)
                scope.cancel()
                await anyio.sleep(60)

        assert task.result == "done"

    async def test_the_server_is_told_of_the_shutdown(self, temporal):
        """ShutdownWorker names the worker that polls no more."""
        async with worker_of(temporal, pack):
            (poll, *_) = await temporal.wait_for("PollActivityTaskQueue")

        (announcement,) = temporal.requests("ShutdownWorker")
        assert announcement.worker_instance_key == poll.worker_instance_key
        assert announcement.task_queue == QUEUE

    async def test_a_server_that_cannot_be_told_of_the_shutdown_does_not_matter(self, temporal, caplog):
        """An old server that does not know ShutdownWorker is no reason to complain."""
        temporal.fail_next("ShutdownWorker", RPCStatusCode.UNIMPLEMENTED, "unknown method", times=10)
        with caplog.at_level(logging.WARNING, "asyncworker"):
            async with FakeTemporal(longest_poll=0.01) as old:
                old.fail_next("ShutdownWorker", RPCStatusCode.UNIMPLEMENTED, "unknown method", times=10)
                async with Worker(old.client(), task_queue=QUEUE, activities=[pack]):
                    pass

        assert caplog.records == []


async def test_slots_are_free_after_any_outcome(temporal):
    """Whatever becomes of activities, their slots come back."""

    @activity.defn
    async def fail() -> None:
        raise ValueError

    async with worker_of(temporal, pack, fail, max_concurrent_activities=2) as worker:
        tasks = [temporal.add_task(fn, task_queue=QUEUE) for fn in (pack, fail, "unknown") * 4]
        for task in tasks:
            await task.wait_closed()
        await until(lambda: worker.slots_used == 0)

    assert {task.state for task in tasks} == {"Completed", "Failed"}


async def test_a_last_heartbeat_does_not_hold_up_the_end(temporal):
    """Where heartbeats do not arrive, an activity that is left behind is reported all the same, and in time."""
    is_requested, goes_on = asyncio.Event(), asyncio.Event()

    @activity.defn
    async def ignore() -> None:
        await is_requested.wait()
        activity.heartbeat(1)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        activity.heartbeat(2)
        goes_on.set()
        await asyncio.sleep(60)

    async with adjusted(
        worker_of(temporal, ignore, graceful_shutdown_timeout=0, hard_shutdown_timeout=0),
        attempt_durations=AttemptDurations(abandoned_reply=0.2),
    ) as worker:
        task = temporal.add_task(ignore, task_queue=QUEUE, heartbeat_timeout=20)
        await task.wait_for_attempt()
        task.request_cancel()
        is_requested.set()
        await goes_on.wait()
        with temporal.hold("RecordActivityTaskHeartbeat"):
            await worker.shutdown()

    assert task.state == "Canceled"


def test_a_thread_that_outlives_the_loop_is_told_by_its_heartbeat():
    """A `def` activity that was left behind learns from its next heartbeat that it should stop, however late."""
    began, proceed, ended = threading.Event(), threading.Event(), threading.Event()
    told: list[BaseException] = []

    @activity.defn
    def pack() -> None:
        began.set()
        proceed.wait(10)
        try:
            activity.heartbeat(1)
        except BaseException as error:
            told.append(error)
        ended.set()

    async def work() -> None:
        async with (
            FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal,
            worker_of(temporal, pack, graceful_shutdown_timeout=0, hard_shutdown_timeout=0),
        ):
            temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await until(began.is_set)

    asyncio.run(work())
    proceed.set()
    ended.wait(5)

    assert [type(error) for error in told] == [CancelledError]


async def test_a_task_that_comes_twice_costs_no_slot(temporal):
    """Each delivery of a token is run and reported, a request to cancel is for both, and the worker can be stopped."""
    ended: list[CancelReason | None] = []

    class Recorder(Held):
        @activity.defn
        async def hold(self) -> str:
            try:
                return await super().hold()
            finally:
                ended.append(activity.context().cancel_reason)

    held = Held()
    worker = worker_of(temporal, held)
    async with worker:
        run = worker._worker_run
        assert run is not None
        attempts = run.attempts
        assert attempts is not None
        task = temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        (first,) = attempts
        again = PollActivityTaskQueueResponse(
            task_token=first.info.task_token,
            activity_id="7",
            activity_type=ActivityType(name="hold"),
        )
        for _ in range(2):
            attempts.take(again, await attempts.reserve())
        running = worker.slots_used
        held.release.set()
        await task.wait_closed()
        await until(lambda: worker.slots_used == 0)
        replies = temporal.requests("RespondActivityTaskCompleted")

    assert (running, len(replies), attempts.issued) == (3, 3, 0)


async def test_a_request_to_cancel_reaches_each_delivery_of_a_task(temporal):
    """A task that came twice is cancelled as one."""
    held = Held()
    async with worker_of(temporal, held) as worker:
        run = worker._worker_run
        assert run is not None
        attempts = run.attempts
        assert attempts is not None
        temporal.add_task("hold", task_queue=QUEUE)
        await held.runs.wait()
        (first,) = attempts
        again = PollActivityTaskQueueResponse(
            task_token=first.info.task_token,
            activity_id="7",
            activity_type=ActivityType(name="hold"),
        )
        attempts.take(again, await attempts.reserve())
        attempts.cancel(first.info.task_token, ActivityCancellationDetails(cancel_requested=True))
        reasons = [each.cancellation.reason for each in attempts]

    assert reasons == [CancelReason.CANCEL_REQUESTED] * 2


@pytest.mark.parametrize("state", ["polling", "draining"])
@pytest.mark.parametrize("kind", ["async", "def"])
async def test_attempts_report_that_the_loop_is_torn_down(temporal, monkeypatch, caplog, kind, state):
    """What runs when asyncio.run() returns has failed, which the server hears at once."""
    runs = threading.Event()

    @activity.defn(name="work")
    async def work() -> None:
        runs.set()
        await asyncio.sleep(60)

    @activity.defn(name="work")
    def work_in_thread() -> None:
        runs.set()
        activity.context().wait_for_cancelled_sync(1)

    async def main() -> None:
        worker = Worker(task_queue=QUEUE, activities=[work if kind == "async" else work_in_thread])
        running = asyncio.create_task(worker.run(handle_signals=False))
        await asyncio.to_thread(runs.wait, 5)
        if state == "draining":
            assert worker._worker_run is not None
            worker._worker_run.stop()
            await asyncio.sleep(0.1)
        assert not running.done()

    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)
    task = temporal.add_task("work", task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
    with anyio.fail_after(10):
        await asyncio.to_thread(asyncio.run, main())

    assert task.state == "Failed"
    assert "broke" not in caplog.text
