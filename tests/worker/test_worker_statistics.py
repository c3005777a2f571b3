"""`Worker.statistics()`: what a worker is doing, before, during and after a run, and from another thread."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest
from pydantic import TypeAdapter
from worker_helpers import QUEUE, until, worker_of

from asyncworker import activity
from asyncworker.worker import (
    AttemptStatistics,
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    ResourceController,
    WorkerStatistics,
)


@activity.defn
async def pack(item: str) -> str:
    return item


class TestWithoutARun:
    async def test_numbers_are_zero_before_the_first_run(self, temporal):
        """A worker that has not been run has a state, a kind of slots, and nothing else."""
        expected = WorkerStatistics(state="not_started", slot_supplier_kind="Fixed")

        assert worker_of(temporal, pack).statistics() == expected
        assert set(expected.outcomes.values()) == {0}

    async def test_numbers_are_zero_after_a_run(self, temporal):
        """A worker that has ended holds nothing."""
        async with worker_of(temporal, pack) as worker:
            await temporal.add_task(pack, "book", task_queue=QUEUE).wait_closed()

        assert worker.statistics() == WorkerStatistics(state="stopped", slot_supplier_kind="Fixed")


class TestDuringARun:
    async def test_a_worker_without_tasks_is_running_and_ready(self, temporal):
        """Polls are open, each of them in a slot, and the connection has an age where the transport shows it."""
        async with worker_of(
            temporal, pack, max_concurrent_activities=10, max_concurrent_activity_task_polls=2
        ) as worker:
            await until(lambda: worker.is_polling and worker.statistics().polls_open == 2)
            found = worker.statistics()

        assert (found.state, found.is_ready, found.is_polling) == ("running", True, True)
        assert (found.polls_open, found.polls_target) == (2, 2)
        assert (found.slots_used, found.slots_reserved, found.slots_available) == (0, 2, 10)
        assert found.attempts == ()
        assert found.last_poll_age is None

    async def test_an_attempt_is_shown_with_its_age_and_its_last_heartbeat(self, temporal):
        """What holds a slot has a type, an id, a number, an age, and the age of its last heartbeat."""

        @activity.defn
        async def hold() -> None:
            activity.heartbeat()
            await activity.wait_for_cancelled()

        async with worker_of(temporal, hold, pack, graceful_shutdown_timeout=0) as worker:
            task = temporal.add_task(hold, task_queue=QUEUE, heartbeat_timeout=60, activity_id="a1")
            await until(lambda: any(each.heartbeat_age is not None for each in worker.statistics().attempts))
            found = worker.statistics()
        await task.wait_closed()

        (attempt,) = found.attempts
        assert (attempt.activity_type, attempt.activity_id, attempt.attempt) == ("hold", "a1", 1)
        assert attempt.age >= attempt.heartbeat_age >= 0
        assert found.last_poll_age >= 0
        assert found.slots_used == 1

    async def test_an_attempt_without_heartbeats_has_no_heartbeat_age(self, temporal):
        """None is told apart from a heartbeat just sent."""

        @activity.defn
        async def hold() -> None:
            await activity.wait_for_cancelled()

        async with worker_of(temporal, hold, graceful_shutdown_timeout=0) as worker:
            temporal.add_task(hold, task_queue=QUEUE)
            await until(lambda: bool(worker.statistics().attempts))

            assert worker.statistics().attempts[0].heartbeat_age is None

    async def test_ended_attempts_are_counted_by_outcome(self, temporal):
        """Each attempt counts once, under the name that observers see."""

        @activity.defn
        async def break_() -> None:
            raise LookupError("no book")

        async with worker_of(temporal, pack, break_) as worker:
            for fn, args in ((pack, ["book"]), (pack, ["pen"]), (break_, [])):
                await temporal.add_task(fn, *args, task_queue=QUEUE).wait_closed()
            await until(lambda: worker.slots_used == 0)
            found = worker.statistics().outcomes

        assert {name: count for name, count in found.items() if count} == {"completed": 2, "failed": 1}

    async def test_a_worker_that_stops_is_stopping(self, temporal):
        """From the shutdown's beginning to its end, it is neither running nor ready."""
        states = []

        @activity.defn
        async def watch() -> None:
            await activity.wait_for_worker_shutdown()
            states.append((worker.statistics().state, worker.statistics().is_ready))

        worker = worker_of(temporal, watch)
        async with worker:
            temporal.add_task(watch, task_queue=QUEUE)
            await until(lambda: worker.slots_used == 1)

        assert states == [("stopping", False)]

    async def test_slots_without_a_fixed_number_are_not_counted(self, temporal):
        """The kind says of which supplier they are."""
        supplier = ResourceBasedSlotSupplier(
            ResourceBasedSlotConfig(), ResourceController(ResourceBasedTunerConfig(0.8, 0.9))
        )

        async with worker_of(temporal, pack, slot_supplier=supplier) as worker:
            found = worker.statistics()

        assert (found.slot_supplier_kind, found.slots_available) == (supplier.kind, supplier.max_slots)

    async def test_a_thread_can_read_while_the_event_loop_is_blocked(self, temporal):
        """A probe that is served by a thread sees what holds the loop up."""
        found: list[WorkerStatistics] = []
        read = threading.Event()

        def probe() -> None:
            found.append(worker.statistics())
            read.set()

        @activity.defn
        async def block() -> bool:
            threading.Thread(target=probe).start()
            # Blocks the event loop, on purpose: only a thread can go on.
            return read.wait(5)

        worker = worker_of(temporal, block)
        async with worker:
            task = temporal.add_task(block, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result is True
        assert [attempt.activity_type for attempt in found[0].attempts] == ["block"]

    async def test_reading_from_threads_while_attempts_come_and_go_never_fails(self, temporal):
        """What changes is copied before it is looked at."""
        stop, problems, counts = threading.Event(), [], [0]

        def read() -> None:
            while not stop.is_set():
                try:
                    counts[0] += 1
                    dataclasses.asdict(worker.statistics())
                except Exception as error:
                    problems.append(error)
                time.sleep(0)

        worker = worker_of(temporal, pack)
        async with worker:
            thread = threading.Thread(target=read)
            thread.start()
            try:
                for task in [temporal.add_task(pack, str(number), task_queue=QUEUE) for number in range(200)]:
                    await task.wait_closed()
            finally:
                stop.set()
                thread.join()

        assert problems == []
        assert counts[0] > 0


def test_statistics_are_frozen():
    """A value that was read stays as it was read."""
    found = WorkerStatistics(state="stopped", slot_supplier_kind="Fixed")

    with pytest.raises(dataclasses.FrozenInstanceError):
        found.slots_used = 1


def test_statistics_can_be_a_route_s_response():
    """Pydantic, and so FastAPI, writes them as JSON."""
    attempt = AttemptStatistics("pack", "a1", 1, 2.5, None)
    found = WorkerStatistics(state="running", slot_supplier_kind="Fixed", attempts=(attempt,), connections=(1.5,))

    written = TypeAdapter(WorkerStatistics).dump_python(found, mode="json")

    assert written["attempts"] == [
        {"activity_type": "pack", "activity_id": "a1", "attempt": 1, "age": 2.5, "heartbeat_age": None}
    ]
    assert written["outcomes"]["completed"] == 0
