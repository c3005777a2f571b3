"""What a worker asks the server for, and when."""

from __future__ import annotations

import asyncio
import logging

import anyio
import pytest
from worker_helpers import QUEUE, Worker, until, worker_of

from asyncworker import WorkerError, activity
from asyncworker.common import WorkerDeploymentVersion
from asyncworker.exceptions import RPCError, RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import SlotPermit, SlotReservation, SlotSupplier, WorkerDeploymentConfig
from asyncworker.worker.polling._backoff import PollBackoff


@activity.defn
async def pack() -> str:
    return "packed"


def polls(temporal: FakeTemporal) -> list[object]:
    return temporal.requests("PollActivityTaskQueue")


class TestPolls:
    async def test_polls_name_queue_worker_version_and_rate(self, temporal):
        """A poll names queue, worker, version and the queue's rate."""
        version = WorkerDeploymentVersion("shop", "7")
        async with worker_of(
            temporal,
            pack,
            identity="me",
            max_task_queue_activities_per_second=5,
            deployment_config=WorkerDeploymentConfig(version),
        ):
            await temporal.wait_for("PollActivityTaskQueue")

        poll = polls(temporal)[0]
        assert (poll.namespace, poll.task_queue.name, poll.identity) == ("default", QUEUE, "me")
        assert poll.task_queue_metadata.max_tasks_per_second.value == 5
        assert (poll.deployment_options.deployment_name, poll.deployment_options.build_id) == ("shop", "7")
        assert poll.worker_instance_key

    async def test_as_many_polls_are_open_as_the_setting_says(self, temporal):
        """So many polls are open at a time, and no more."""
        async with worker_of(temporal, pack, max_concurrent_activity_task_polls=3):
            await temporal.wait_for("PollActivityTaskQueue", count=3)
            await anyio.wait_all_tasks_blocked()
            open_polls = len(polls(temporal))

        assert open_polls == 3

    async def test_a_worker_without_a_free_slot_does_not_poll(self, temporal):
        """With every slot held the worker leaves its queue's tasks to other workers."""
        release = asyncio.Event()

        @activity.defn
        async def hold() -> None:
            await release.wait()

        async with worker_of(temporal, hold, max_concurrent_activities=2) as worker:
            tasks = [temporal.add_task(hold, task_queue=QUEUE) for _ in range(3)]
            await until(lambda: worker.slots_used == 2)
            await anyio.wait_all_tasks_blocked()
            waiting = [task.state for task in tasks]
            release.set()
            for task in tasks:
                await task.wait_closed()

        assert sorted(waiting) == ["Scheduled", "Started", "Started"]

    async def test_polls_are_long_where_the_server_ends_them(self, temporal):
        """With worker_poll_complete_on_shutdown a poll may take as long as the server likes."""
        async with worker_of(temporal, pack):
            await temporal.wait_for("PollActivityTaskQueue")

        call = next(call for call in temporal.calls if call.method == "PollActivityTaskQueue")
        assert 65 < call.remaining <= 70

    async def test_polls_are_never_cancelled(self, temporal):
        """Stopping a worker leaves no poll without its answer, and what one brings is run."""
        worker = worker_of(temporal, pack, max_concurrent_activity_task_polls=1)
        running = asyncio.create_task(worker.run(handle_signals=False))
        with temporal.hold("ShutdownWorker"):
            await temporal.wait_for("PollActivityTaskQueue")
            stopping = asyncio.create_task(worker.shutdown())
            await temporal.wait_for("ShutdownWorker")
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()
        await stopping
        await running

        assert task.result == "packed"


class TestErrors:
    async def test_polls_go_on_after_trouble(self, temporal, caplog):
        """A server that is away for a while is polled again, and that is said once."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAVAILABLE, "away", times=3)
        with caplog.at_level(logging.WARNING, "asyncworker"):
            async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await task.wait_closed()

        assert task.result == "packed"
        assert caplog.text.count("polling task queue 'orders' failed") == 1

    async def test_the_end_of_an_outage_is_logged_with_its_length(self, temporal, caplog):
        """Who has read that polls fail can read that they fail no more."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAVAILABLE, "away", times=3)
        with caplog.at_level(logging.INFO, "asyncworker"):
            async with worker_of(temporal, pack, max_concurrent_activity_task_polls=1):
                for _ in range(2):
                    await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert caplog.text.count("the server answers polls of task queue 'orders' again, after ") == 1

    async def test_a_final_refusal_ends_the_worker(self, temporal):
        """A worker that the server refuses says so, instead of asking for ever."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.PERMISSION_DENIED, "not you", times=5)

        with pytest.raises(WorkerError, match=r"refuses to give tasks of queue 'orders'.*not you"):
            await worker_of(temporal, pack).run(handle_signals=False)

    async def test_a_final_refusal_cancels_the_block(self, temporal):
        """Code that counts on a worker does not go on without it."""
        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.PERMISSION_DENIED, "not you", times=5)

        with pytest.raises(WorkerError, match="not you"):
            async with worker_of(temporal, pack):
                await asyncio.sleep(60)

    async def test_an_unknown_namespace_is_a_worker_error(self, temporal):
        """A namespace that is not there is found out before the first poll."""
        worker = Worker(temporal.client(namespace="nope"), task_queue=QUEUE, activities=[pack])

        with pytest.raises(WorkerError, match="namespace 'nope' cannot be worked for"):
            await worker.run(handle_signals=False)

    async def test_a_worker_need_not_be_allowed_to_describe_its_namespace(self, temporal):
        """A worker need not be allowed to describe its namespace."""
        temporal.fail_next("DescribeNamespace", RPCStatusCode.PERMISSION_DENIED, "no")
        async with worker_of(temporal, pack, long_poll_timeout=3):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "packed"

    async def test_a_slot_supplier_that_fails_is_asked_again(self, temporal, caplog):
        """A supplier that fails is asked again."""

        class Moody(SlotSupplier):
            asked = 0

            async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:
                self.asked += 1
                if self.asked == 1:
                    raise OSError("moody")
                return SlotPermit()

            def release_slot(self, permit: SlotPermit) -> None: ...

        async with worker_of(temporal, pack, slot_supplier=Moody(), max_concurrent_activity_task_polls=1):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == "packed"
        assert "the slot supplier failed" in caplog.text


class TestPollBackoff:
    @pytest.mark.parametrize(
        ("status", "is_outage"),
        [
            (RPCStatusCode.UNAVAILABLE, True),
            (RPCStatusCode.RESOURCE_EXHAUSTED, False),
            (RPCStatusCode.DEADLINE_EXCEEDED, False),
        ],
    )
    def test_the_first_success_after_an_outage_tells_its_length(self, status, is_outage):
        """An error of one call, among the answers to others, is no outage."""
        backoff = PollBackoff()
        assert backoff.succeeded() is None
        backoff.failed(RPCError("trouble", status), now=0.0)

        assert [backoff.succeeded() is not None, backoff.succeeded() is not None] == [is_outage, False]

    def test_a_refusal_is_final_where_nothing_ever_worked(self):
        """Wrong settings are found out at the first poll."""
        backoff = PollBackoff()

        assert backoff.failed(RPCError("not you", RPCStatusCode.PERMISSION_DENIED), now=0.0) is None

    def test_a_refusal_is_retried_for_a_minute_after_a_success(self):
        """A token that is being replaced ends no worker; one that stays bad does, after a minute."""
        backoff = PollBackoff()
        backoff.succeeded()
        refusal = RPCError("not you", RPCStatusCode.PERMISSION_DENIED)

        retries = [backoff.failed(refusal, now=now) for now in (0.0, 30.0, 59.0, 60.0)]

        assert [retry is not None for retry in retries] == [True, True, True, False]

    def test_an_unavailable_server_is_polled_for_ever(self):
        """A server that is away is polled for as long as it takes."""
        backoff = PollBackoff()

        retry = [backoff.failed(RPCError("away", RPCStatusCode.UNAVAILABLE), now=float(day)) for day in range(100)][-1]

        assert retry is not None
        assert 8 <= retry.wait <= 12
