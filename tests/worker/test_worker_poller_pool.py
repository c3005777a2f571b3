"""How many polls a worker keeps open, and what its slot supplier may do to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
import worker_helpers
from worker_helpers import QUEUE, Rude, Worker, adjusted, until

from asyncworker import WorkerError, activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import (
    FixedSizeSlotSupplier,
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    PollFailed,
    SlotPermit,
    SlotReservation,
    SlotSupplier,
)
from asyncworker.worker.polling._poller_pool import PollerPool

POLL = "PollActivityTaskQueue"


@activity.defn
async def pack() -> str:
    return "packed"


@pytest.fixture
async def restless() -> AsyncIterator[FakeTemporal]:
    """A server that ends polls without a task after a moment."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, longest_poll=0.01) as temporal:
        yield temporal


def worker_of(temporal: FakeTemporal, *activities: Any, **options: Any) -> Worker:
    """A worker that tries at once what others try again after a second."""
    return adjusted(worker_helpers.worker_of(temporal, *activities, **options), after_error=0.001)  # type: ignore[return-value]


def pollers_of(worker: Worker) -> PollerPool:
    assert worker._worker_run is not None
    assert worker._worker_run.pollers is not None
    return worker._worker_run.pollers


def autoscaling(minimum: int, maximum: int, initial: int) -> dict[str, Any]:
    return {"activity_task_poller_behavior": PollerBehaviorAutoscaling(minimum, maximum, initial)}


class TestBehavior:
    @pytest.mark.parametrize(
        ("enrolls", "options", "target", "is_autoscaling"),
        [
            (False, {}, 5, False),
            (True, {}, 5, True),
            (True, {"max_concurrent_activity_task_polls": 3}, 3, False),
            (True, {"activity_task_poller_behavior": PollerBehaviorSimpleMaximum(7)}, 7, False),
            (False, autoscaling(2, 9, 4), 4, True),
        ],
        ids=["default", "enrolled", "told a number", "told a behaviour", "told to scale"],
    )
    async def test_the_poller_behavior_comes_from_the_user_then_from_the_namespace(
        self, enrolls, options, target, is_autoscaling
    ):
        """The namespace enrolls a worker into autoscaling that was told nothing else."""
        capabilities = {"worker_poll_complete_on_shutdown": True, "poller_autoscaling_auto_enroll": enrolls}
        async with (
            FakeTemporal(capabilities=capabilities) as temporal,
            worker_of(temporal, pack, **options) as worker,
        ):
            await temporal.wait_for(POLL, count=target)
            pollers = pollers_of(worker)

            assert (pollers.target, pollers.is_autoscaling) == (target, is_autoscaling)

    def test_a_number_of_polls_and_a_behavior_exclude_each_other(self):
        """A number and a behaviour exclude each other."""
        with pytest.raises(TypeError, match="exclude each other: use PollerBehaviorSimpleMaximum"):
            Worker(
                task_queue=QUEUE,
                activities=[pack],
                max_concurrent_activity_task_polls=5,
                activity_task_poller_behavior=PollerBehaviorSimpleMaximum(5),
            )


class TestAutoscaling:
    async def test_polls_grow_with_a_backlog(self, temporal):
        """While the server asks for more polls there are more, up to the maximum."""
        # Slow enough for the backlog to last beyond the first period, in which nothing grows.
        temporal.delay(POLL, 0.05)
        tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(40)]

        async with worker_of(temporal, pack, **autoscaling(1, 6, 2)) as worker:
            await until(lambda: pollers_of(worker).target == 6)
            most = len(pollers_of(worker))
            for task in tasks:
                await task.wait_closed()

        assert most == 6

    async def test_polls_shrink_when_they_come_back_empty(self, restless):
        """Of five polls that nothing comes of one is left."""
        async with worker_of(restless, pack, **autoscaling(1, 10, 5)) as worker:
            await restless.wait_for(POLL, count=5)
            await until(lambda: len(pollers_of(worker)) == 1)
            task = restless.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "packed"

    async def test_polls_shrink_without_cancelling_any(self, temporal):
        """Polls that are too many go on to their end, and what they bring is run."""
        temporal.fail_next(POLL, RPCStatusCode.RESOURCE_EXHAUSTED, "slow down")
        async with worker_of(temporal, pack, **autoscaling(1, 10, 4)) as worker:
            pollers = pollers_of(worker)
            await temporal.wait_for(POLL, count=4)
            await until(lambda: pollers.target == 2)
            still_open = len(pollers)
            # One at a time, as a backlog would ask for more polls again.
            tasks = []
            for _ in range(3):
                tasks.append(temporal.add_task(pack, task_queue=QUEUE))
                await tasks[-1].wait_closed()
            await until(lambda: len(pollers) == 2)

        assert still_open == 3
        assert [task.attempt for task in tasks] == [1, 1, 1]

    async def test_pollers_that_wait_for_a_slot_are_stopped_first(self, restless):
        """A poller that has no slot to poll with can end at once."""
        async with worker_of(restless, pack, max_concurrent_activities=1, **autoscaling(2, 10, 5)) as worker:
            await until(lambda: len(pollers_of(worker)) == 2)

            assert pollers_of(worker).target == 2

    async def test_autoscaling_ends_with_its_worker(self, temporal):
        """A worker that stops starts no further pollers, whatever its last answers ask for."""
        temporal.delay(POLL, 0.05)
        tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(40)]

        async with worker_of(temporal, pack, **autoscaling(1, 6, 2)) as worker:
            await until(lambda: pollers_of(worker).target > 2)
        pollers = pollers_of(worker)

        assert (len(pollers), pollers.is_polling) == (0, False)
        assert {task.state for task in tasks} <= {"Completed", "Scheduled"}


class Raising(logging.Handler):
    """A handler with a bug in it, which may count what it was to write."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.asked = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING or "poller" in record.name:
            self.asked += 1
            raise RuntimeError("a bug in a handler")


@pytest.fixture
def raising(monkeypatch) -> Iterator[Raising]:
    """Every line about trouble raises, and every line of the pollers, those of DEBUG included."""
    handler, logger = Raising(), logging.getLogger("asyncworker")
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.manager._clear_cache()  # type: ignore[attr-defined]


@pytest.fixture
async def quiet() -> None:
    """What the event loop has to say of callbacks that raise is not what is looked at."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


@pytest.mark.usefixtures("quiet")
class TestRaisingLogHandler:
    """Supervision survives what users hang onto the log."""

    async def test_a_log_handler_that_raises_costs_no_poller(self, temporal, raising):
        """After any trouble there are as many pollers as before."""
        temporal.fail_next(POLL, RPCStatusCode.UNAVAILABLE, "away", times=5)
        async with anyio.create_task_group() as group:
            worker = worker_of(temporal, pack)
            group.start_soon(lambda: worker.run(handle_signals=False))
            await temporal.wait_for(POLL, count=10)
            await until(lambda: len(pollers_of(worker)) == 5 and pollers_of(worker).open_polls == 5)
            await worker.shutdown()

        assert raising.asked

    async def test_a_log_handler_that_raises_costs_no_task(self, temporal, raising):
        """An answer is taken over before anything is said of what it means for the pollers."""
        temporal.delay(POLL, 0.05)
        tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(20)]
        async with anyio.create_task_group() as group:
            worker = worker_of(temporal, pack, **autoscaling(1, 6, 2))
            group.start_soon(lambda: worker.run(handle_signals=False))
            for task in tasks:
                await task.wait_closed()
            await worker.shutdown()

        assert [task.attempt for task in tasks] == [1] * 20

    async def test_a_log_handler_that_raises_does_not_hold_up_the_end(self, temporal, raising):
        """A refusal ends the worker, also if that cannot be said."""
        temporal.fail_next(POLL, RPCStatusCode.PERMISSION_DENIED, "not you", times=50)

        with anyio.fail_after(10), pytest.raises(WorkerError, match="not you"):
            await worker_of(temporal, pack, max_concurrent_activity_task_polls=1).run(handle_signals=False)

    async def test_a_log_handler_and_an_observer_that_raise_do_not_hold_up_the_end(self, temporal, raising):
        """Nor if an observer's error cannot be said."""

        def observe(event) -> None:
            if isinstance(event, PollFailed):
                raise RuntimeError("a bug in an observer")

        temporal.fail_next(POLL, RPCStatusCode.PERMISSION_DENIED, "not you", times=50)

        with anyio.fail_after(10), pytest.raises(WorkerError, match="not you"):
            await worker_of(temporal, pack, observers=[observe]).run(handle_signals=False)

    async def test_a_log_handler_and_a_slot_supplier_that_raise_end_no_polling(self, temporal, raising):
        """A supplier's errors that cannot be said either leave the pollers at work."""

        class Moody(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                self.issued.append(reservation.num_issued)
                if len(self.issued) <= 8:
                    raise OSError("moody")
                return await self.slots.reserve_slot(reservation)

            def release_slot(self, permit: SlotPermit) -> None:
                super().release_slot(permit)
                raise OSError("moody")

        async with anyio.create_task_group() as group:
            worker = worker_of(temporal, pack, slot_supplier=Moody())
            group.start_soon(lambda: worker.run(handle_signals=False))
            await temporal.wait_for(POLL)
            await until(lambda: pollers_of(worker).is_polling)
            await worker.shutdown()


@pytest.mark.usefixtures("quiet")
async def test_pollers_that_cannot_be_started_at_once_are_started_later(temporal):
    """A task factory of the user's that fails for a while leaves no gap."""
    temporal.delay(POLL, 0.05)
    async with worker_of(temporal, pack, **autoscaling(1, 6, 2)) as worker:
        await until(lambda: pollers_of(worker).open_polls == 2)
        refused = 0

        def make(loop, coro, **options):
            nonlocal refused
            parent = asyncio.current_task()
            is_poller = "PollerPool" in coro.__qualname__ or "anyio" in coro.cr_code.co_filename
            if refused < 3 and is_poller and parent is not None and parent.get_name() == "poller of orders":
                refused += 1
                coro.close()
                raise RuntimeError("no task")
            return asyncio.Task(coro, loop=loop, **options)

        loop = asyncio.get_running_loop()
        loop.set_task_factory(make)
        tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(40)]
        await until(lambda: pollers_of(worker).target == 6 and len(pollers_of(worker)) == 6)
        for task in tasks:
            await task.wait_closed()
        loop.set_task_factory(None)

    assert refused == 3
    assert {task.attempt for task in tasks} == {1}


async def test_a_poller_that_other_code_cancels_goes_on(temporal):
    """Only the worker itself may end its polling: code that cancels what it finds on the loop does not."""
    async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1) as worker:
        await until(lambda: pollers_of(worker).is_polling)
        [poller] = [task for task in asyncio.all_tasks() if task.get_name() == "poller of orders"]
        poller.cancel()
        await temporal.wait_for(POLL, count=2)
        await until(lambda: pollers_of(worker).is_polling)
        task = temporal.add_task(pack, task_queue=QUEUE)
        await task.wait_closed()

    assert task.state == "Completed"


class Ledger(SlotSupplier):
    """Keeps book of what it is told."""

    def __init__(self) -> None:
        self.slots = FixedSizeSlotSupplier(3)
        self.issued: list[int] = []
        self.used: list[str] = []
        self.released = 0

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
        self.issued.append(reservation.num_issued)
        return await self.slots.reserve_slot(reservation)

    def release_slot(self, permit: SlotPermit) -> None:
        self.released += 1
        self.slots.release_slot(permit)

    def mark_slot_used(self, permit: SlotPermit, info: activity.Info) -> None:
        self.used.append(info.activity_id)


async def runs(temporal: FakeTemporal, supplier: SlotSupplier) -> Worker:
    """Run three activities on a worker that has its slots from *supplier*, and stop it."""
    async with worker_of(temporal, pack, slot_supplier=supplier, max_concurrent_activity_task_polls=2) as worker:
        for number in range(3):
            task = temporal.add_task(pack, task_queue=QUEUE, activity_id=str(number))
            await task.wait_closed()
        await until(lambda: worker.slots_used == 0)
    return worker


class TestSlotSupplier:
    async def test_a_reservation_says_how_many_slots_are_issued(self, temporal):
        """Each reservation says how many slots its worker has at that moment."""
        ledger = Ledger()
        release = asyncio.Event()

        @activity.defn
        async def hold() -> None:
            await release.wait()

        async with worker_of(temporal, hold, slot_supplier=ledger, max_concurrent_activity_task_polls=1) as worker:
            tasks = [temporal.add_task(hold, task_queue=QUEUE) for _ in range(3)]
            await until(lambda: worker.slots_used == 3)
            await anyio.wait_all_tasks_blocked()
            issued = list(ledger.issued)
            release.set()
            for task in tasks:
                await task.wait_closed()

        assert issued == [0, 1, 2, 3]

    async def test_a_supplier_is_told_what_a_slot_is_used_for(self, temporal):
        """Each task is shown with its slot, and each slot comes back once."""
        ledger = Ledger()

        await runs(temporal, ledger)

        assert ledger.used == ["0", "1", "2"]
        assert repr(ledger.slots) == "<FixedSizeSlotSupplier [0 of 3 reserved]>"

    async def test_a_supplier_that_gives_no_permit_is_asked_again(self, temporal, caplog):
        """`None` is no permit, and the log says what was expected."""

        class Forgetful(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                permit = await super().reserve_slot(reservation)
                if len(self.issued) > 2:
                    return permit
                self.slots.release_slot(permit)
                return None  # type: ignore[return-value]

        supplier = Forgetful()
        await runs(temporal, supplier)

        assert "reserve_slot() must return a SlotPermit, or wait; got None" in caplog.text
        assert supplier.used == ["0", "1", "2"]

    @pytest.mark.parametrize("kind", [OSError, asyncio.CancelledError, Rude])
    async def test_a_supplier_that_fails_to_release_ends_nothing(self, temporal, caplog, kind):
        """What goes wrong in the user's book-keeping is logged, and the worker goes on, and ends when it should."""

        class Losing(Ledger):
            def release_slot(self, permit: SlotPermit) -> None:
                super().release_slot(permit)
                raise kind("lost")

        with anyio.fail_after(5):
            worker = await runs(temporal, Losing())

        assert worker.is_shutdown
        assert "the slot supplier failed to release a slot" in caplog.text

    @pytest.mark.parametrize("kind", [OSError, asyncio.CancelledError, Rude])
    async def test_a_supplier_that_fails_to_mark_a_slot_ends_nothing(self, temporal, caplog, kind):
        """A task is run, whatever its supplier makes of it."""

        class Deaf(Ledger):
            def mark_slot_used(self, permit: SlotPermit, info: activity.Info) -> None:
                raise kind("what?")

        with anyio.fail_after(5):
            await runs(temporal, Deaf())

        assert "the slot supplier failed to mark a slot as used" in caplog.text

    async def test_a_supplier_that_lets_a_cancellation_out_ends_nothing(self, temporal, caplog):
        """A `CancelledError` of the supplier's own does not quietly end the polling."""

        class Leaking(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                self.issued.append(reservation.num_issued)
                if len(self.issued) <= 2:
                    raise asyncio.CancelledError
                return await self.slots.reserve_slot(reservation)

        await runs(temporal, Leaking())

        assert "the slot supplier let a CancelledError out" in caplog.text

    async def test_a_supplier_that_raises_a_base_exception_ends_nothing(self, temporal, caplog):
        """A poller that fails of something unexpected goes on."""

        class Rough(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                self.issued.append(reservation.num_issued)
                if len(self.issued) <= 2:
                    raise Rude
                return await self.slots.reserve_slot(reservation)

        await runs(temporal, Rough())

        assert "a poller of task queue 'orders' failed, and goes on" in caplog.text

    async def test_a_task_that_cannot_be_read_costs_no_slot(self, temporal):
        """Whatever is wrong with a task, it costs no slot."""
        ledger = Ledger()
        async with worker_of(temporal, pack, slot_supplier=ledger, max_concurrent_activity_task_polls=1) as worker:
            await until(lambda: pollers_of(worker).is_polling)
            attempts = worker._worker_run.attempts
            permit = await attempts.reserve()
            with pytest.raises(AttributeError):
                attempts.take(object(), permit)

            assert (attempts.issued, len(attempts), ledger.released) == (1, 0, 1)

    async def test_a_supplier_that_ignores_its_cancellation_is_left_behind(self, temporal, caplog):
        """A supplier that does not heed its cancellation is left behind after a while, with a line in the log."""
        let_go = asyncio.Event()

        class Deaf(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                while not let_go.is_set():
                    with contextlib.suppress(asyncio.CancelledError):
                        await let_go.wait()
                return SlotPermit()

        with anyio.fail_after(5):
            worker = worker_of(temporal, pack, slot_supplier=Deaf(), max_concurrent_activity_task_polls=2)
            async with adjusted(worker, slot_cancel_timeout=0.05):
                await anyio.wait_all_tasks_blocked()
        let_go.set()

        assert caplog.text.count("has not heeded its cancellation for 0.05 s: a wait for a slot is left behind") == 2

    async def test_a_permit_given_on_cancellation_is_released(self, temporal):
        """A supplier that answers its cancellation with a permit gets that back, and nothing is polled with it."""

        class Stubborn(Ledger):
            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                self.issued.append(reservation.num_issued)
                if len(self.issued) > 1:
                    with anyio.CancelScope():
                        try:
                            await asyncio.sleep(60)
                        except asyncio.CancelledError:
                            return SlotPermit()
                return SlotPermit()

            def release_slot(self, permit: SlotPermit) -> None:
                self.released += 1

        supplier = Stubborn()
        with anyio.fail_after(5):
            async with worker_of(temporal, pack, slot_supplier=supplier, max_concurrent_activity_task_polls=2):
                await temporal.wait_for(POLL)

        assert (len(supplier.issued), supplier.released) == (2, 2)
        assert len(temporal.requests(POLL)) == 1
