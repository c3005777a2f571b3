"""The server knows which workers there are, and how they stand."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from prometheus_client import CollectorRegistry
from worker_helpers import QUEUE, Held, Worker, until, worker_of

from asyncworker import ApplicationError, Client, WorkerDeploymentVersion, activity
from asyncworker._proto.temporal.api.enums.v1 import WorkerStatus
from asyncworker._rpc._service import WorkflowService
from asyncworker._version import client_version
from asyncworker.contrib.opentelemetry import TracingInterceptor
from asyncworker.contrib.prometheus import PrometheusObserver
from asyncworker.exceptions import ApplicationErrorCategory, RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import FixedSizeSlotSupplier, Interceptor, WorkerDeploymentConfig

HEARTBEAT = "RecordWorkerHeartbeat"


@activity.defn
async def pack() -> str:
    return "packed"


@activity.defn
async def spoil(benign: bool) -> None:
    raise ApplicationError(
        "spoilt",
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN if benign else ApplicationErrorCategory.UNSPECIFIED,
    )


@pytest.fixture
async def silent() -> AsyncIterator[FakeTemporal]:
    """A server that has never heard of worker heartbeats."""
    capabilities = {"worker_heartbeats": False, "worker_commands": True, "worker_poll_complete_on_shutdown": True}
    async with FakeTemporal(capabilities=capabilities) as temporal:
        yield temporal


async def first_heartbeat(temporal: FakeTemporal):
    [request, *_] = await temporal.wait_for(HEARTBEAT)
    return request.worker_heartbeat[0]


class TestReporting:
    async def test_a_worker_is_known_at_once(self, temporal):
        """A worker that starts is known right away, as it is."""
        version = WorkerDeploymentVersion("shop", "7")
        async with worker_of(
            temporal,
            pack,
            identity="packer",
            max_concurrent_activities=7,
            max_concurrent_activity_task_polls=2,
            deployment_config=WorkerDeploymentConfig(version),
        ):
            heartbeat = await first_heartbeat(temporal)
            [poll, *_] = temporal.requests("PollActivityTaskQueue")

        assert heartbeat.worker_instance_key == poll.worker_instance_key
        assert heartbeat.worker_identity == "packer"
        assert heartbeat.task_queue == QUEUE
        assert heartbeat.status is WorkerStatus.RUNNING
        assert heartbeat.deployment_version.build_id == "7"
        assert heartbeat.host_info.worker_grouping_key
        slots = heartbeat.activity_task_slots_info
        assert (slots.slot_supplier_kind, slots.current_available_slots, slots.current_used_slots) == ("Fixed", 7, 0)
        assert heartbeat.activity_poller_info.current_pollers == 2

    async def test_worker_heartbeats_go_on_at_intervals(self, temporal):
        """The server hears of a worker at intervals, and of what it did in each."""
        async with worker_of(temporal, pack, worker_heartbeat_interval=1):
            await temporal.wait_for(HEARTBEAT)
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
            _, request, *_ = await temporal.wait_for(HEARTBEAT, count=2)

        [heartbeat] = request.worker_heartbeat
        assert heartbeat.elapsed_since_last_heartbeat is not None
        assert heartbeat.activity_task_slots_info.last_interval_processed_tasks == 1
        assert heartbeat.activity_poller_info.last_successful_poll_time is not None

    async def test_worker_heartbeats_count_ended_and_failed_attempts(self, temporal):
        """Attempts are counted when they have ended, and those that failed, unless they call it benign."""
        worker = worker_of(temporal, pack, spoil)
        async with worker:
            for args in [(pack,), (spoil, True), (spoil, False), ("unknown",)]:
                await temporal.add_task(*args, task_queue=QUEUE).wait_closed()
            await until(lambda: worker.slots_used == 0)

        slots = temporal.worker_heartbeats[worker._worker_run.instance_key].activity_task_slots_info
        assert (slots.total_processed_tasks, slots.total_failed_tasks) == (4, 2)

    async def test_worker_heartbeats_count_used_slots(self, temporal):
        """A slot that holds an activity is used; one that waits in a poll is not."""
        held = Held()
        async with worker_of(temporal, held, max_concurrent_activities=10, worker_heartbeat_interval=1):
            temporal.add_task("hold", task_queue=QUEUE)
            await held.runs.wait()
            seen = len(await temporal.wait_for(HEARTBEAT))
            request = (await temporal.wait_for(HEARTBEAT, count=seen + 1))[-1]
            held.release.set()

        slots = request.worker_heartbeat[0].activity_task_slots_info
        assert (slots.current_used_slots, slots.current_available_slots) == (1, 9)

    async def test_a_supplier_that_fails_keeps_no_worker_unknown(self, temporal):
        """A slot supplier that cannot say how many slots it has does not keep its worker unknown."""

        class Moody(FixedSizeSlotSupplier):
            kind = "Moody"

            @property
            def max_slots(self) -> int:
                raise LookupError("who knows")

        async with worker_of(temporal, pack, slot_supplier=Moody(3)):
            heartbeat = await first_heartbeat(temporal)

        slots = heartbeat.activity_task_slots_info
        assert (slots.slot_supplier_kind, slots.current_available_slots) == ("Moody", -1)

    async def test_worker_heartbeats_name_what_extends_the_worker(self, temporal):
        """The classes of interceptors and observers, ours with their version; functions are the program's own."""
        client = temporal.client(interceptors=[TracingInterceptor()])
        observers = [print, lambda event: None, PrometheusObserver(CollectorRegistry())]
        interceptors = [Mine(), Mine()]
        async with Worker(client, task_queue=QUEUE, activities=[pack], interceptors=interceptors, observers=observers):
            heartbeat = await first_heartbeat(temporal)

        assert [(it.name, it.version) for it in heartbeat.plugins] == [
            ("asyncworker.contrib.opentelemetry.TracingInterceptor", client_version()),
            (f"{__name__}.Mine", ""),
            ("asyncworker.contrib.prometheus.PrometheusObserver", client_version()),
        ]


class Mine(Interceptor):
    """An interceptor of the program's own."""


class TestSharing:
    async def test_workers_of_a_client_are_reported_in_one_call(self, temporal):
        """Workers on one client are told of together, and as one group."""
        client = temporal.client()
        async with (
            Worker(client, task_queue="a", activities=[pack]),
            Worker(client, task_queue="b", activities=[pack]),
        ):
            await until(lambda: len(temporal.worker_heartbeats) == 2)
            last = temporal.requests(HEARTBEAT)[-1]

        assert {heartbeat.task_queue for heartbeat in last.worker_heartbeat} == {"a", "b"}
        assert len({heartbeat.host_info.worker_grouping_key for heartbeat in last.worker_heartbeat}) == 1

    async def test_workers_of_two_clients_are_two_groups(self, temporal):
        """Workers on two clients are two groups."""
        async with worker_of(temporal, pack), worker_of(temporal, pack):
            await until(lambda: len(temporal.worker_heartbeats) == 2)
            groups = {it.host_info.worker_grouping_key for it in temporal.worker_heartbeats.values()}

        assert len(groups) == 2
        assert all(len(request.worker_heartbeat) == 1 for request in temporal.requests(HEARTBEAT))

    async def test_a_worker_that_ends_leaves_the_others_of_its_client(self, temporal):
        """A worker that ends leaves the others of its client as they are."""
        client = temporal.client()
        going = Worker(client, task_queue="a", activities=[pack])
        staying = Worker(client, task_queue="b", activities=[pack], worker_heartbeat_interval=1)
        async with staying:
            async with going:
                await until(lambda: len(temporal.worker_heartbeats) == 2)
            seen = len(temporal.requests(HEARTBEAT))
            request = (await temporal.wait_for(HEARTBEAT, count=seen + 1))[-1]

        assert [heartbeat.task_queue for heartbeat in request.worker_heartbeat] == ["b"]
        assert temporal.worker_heartbeats[going._worker_run.instance_key].status is WorkerStatus.SHUTDOWN

    async def test_a_worker_that_runs_again_is_another_instance(self, temporal):
        """A worker that is started again on its client is known again, as another instance."""
        worker = worker_of(temporal, pack)
        for _ in range(2):
            async with worker:
                await until(lambda: worker._worker_run.instance_key in temporal.worker_heartbeats)

        assert len(temporal.worker_heartbeats) == 2


class TestEnding:
    async def test_the_announcement_of_a_shutdown_carries_a_worker_heartbeat(self, temporal):
        """``ShutdownWorker`` carries a heartbeat that says so, with the last figures."""
        async with worker_of(temporal, pack):
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        [request] = temporal.requests("ShutdownWorker")
        assert request.worker_heartbeat.status is WorkerStatus.SHUTTING_DOWN
        assert request.worker_heartbeat.worker_instance_key == request.worker_instance_key

    async def test_a_worker_that_drains_is_shutting_down(self, temporal):
        """A worker whose activities may still end is there, and shutting down."""
        held = Held()
        worker = worker_of(temporal, held, worker_heartbeat_interval=1)
        async with worker:
            temporal.add_task("hold", task_queue=QUEUE)
            await held.runs.wait()
            seen = len(await temporal.wait_for(HEARTBEAT))
            worker._worker_run.stop()
            request = (await temporal.wait_for(HEARTBEAT, count=seen + 1))[-1]
            held.release.set()

        assert request.worker_heartbeat[0].status is WorkerStatus.SHUTTING_DOWN
        assert request.worker_heartbeat[0].activity_task_slots_info.current_used_slots == 1

    async def test_a_worker_that_has_ended_reports_that(self, temporal):
        """A worker that has ended says so, so that the server lists it no longer."""
        async with worker_of(temporal, pack):
            await temporal.wait_for(HEARTBEAT)

        statuses = [request.worker_heartbeat[0].status for request in temporal.requests(HEARTBEAT)]
        assert statuses == [WorkerStatus.RUNNING, WorkerStatus.SHUTDOWN]

    async def test_a_last_worker_heartbeat_does_not_hold_up_the_end(self, temporal):
        """A worker whose heartbeats are not answered ends all the same."""
        with temporal.hold(HEARTBEAT), anyio.fail_after(3):
            async with worker_of(temporal, pack):
                await temporal.wait_for("PollActivityTaskQueue")

        assert temporal.worker_heartbeats.keys() == {
            request.worker_instance_key for request in temporal.requests("ShutdownWorker")
        }


class TestWithout:
    async def test_a_last_worker_heartbeat_that_a_transport_fails_on_costs_a_line(self, temporal, caplog):
        """A worker ends as ever where a transport of the user's raises what it should not."""

        class Odd:
            is_broken = False

            def __init__(self, inner) -> None:
                self._inner = inner

            async def unary(self, path, request, **options):
                if self.is_broken and path.endswith(HEARTBEAT):
                    raise LookupError("no such host")
                return await self._inner.unary(path, request, **options)

            async def close(self) -> None:
                await self._inner.close()

        odd = Odd(temporal.transport())
        client = Client(WorkflowService(odd, namespace="default"))
        async with Worker(client, task_queue=QUEUE, activities=[pack]) as worker:
            await first_heartbeat(temporal)
            odd.is_broken = True

        assert worker.is_shutdown
        assert "the last heartbeat of a worker could not be sent" in caplog.text

    async def test_a_namespace_without_worker_heartbeats_gets_none(self, silent):
        """Where the namespace has no worker heartbeats, none is sent, and no command is waited for."""
        async with worker_of(silent, pack):
            await silent.add_task(pack, task_queue=QUEUE).wait_closed()

        assert {call.method for call in silent.calls}.isdisjoint({HEARTBEAT, "PollNexusTaskQueue"})
        assert silent.requests("ShutdownWorker")[0].worker_heartbeat is None
        assert {poll.worker_control_task_queue for poll in silent.requests("PollActivityTaskQueue")} == {""}

    async def test_worker_heartbeats_can_be_turned_off(self, temporal):
        """``None`` turns them off."""
        async with worker_of(temporal, pack, worker_heartbeat_interval=None):
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert not temporal.worker_heartbeats
        assert temporal.requests("ShutdownWorker")[0].worker_heartbeat is None

    async def test_a_server_that_refuses_worker_heartbeats_is_not_asked_again(self, temporal):
        """A server that does not know the call is not asked again, and the worker goes on."""
        temporal.fail_next(HEARTBEAT, RPCStatusCode.UNIMPLEMENTED)
        client = temporal.client()
        async with Worker(client, task_queue=QUEUE, activities=[pack]):
            await temporal.wait_for(HEARTBEAT)
            async with Worker(client, task_queue="other", activities=[pack]):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await task.wait_closed()

        assert task.result == "packed"
        assert len(temporal.requests(HEARTBEAT)) == 1

    async def test_a_worker_heartbeat_that_failed_is_tried_again(self, temporal, caplog):
        """What did not arrive is told again soon, and not only when the interval is over."""
        temporal.fail_next(HEARTBEAT, RPCStatusCode.UNAVAILABLE, "not now", times=2)
        async with worker_of(temporal, pack):
            await until(lambda: bool(temporal.worker_heartbeats))

        assert [record.message for record in caplog.records if "worker heartbeat failed" in record.message] != []


@pytest.mark.parametrize("interval", [0, 0.5, 61, -1])
def test_a_worker_heartbeat_interval_is_from_1_to_60_s(interval):
    """The interval is from 1 to 60 s."""
    with pytest.raises(ValueError, match="worker_heartbeat_interval must be from 1 to 60 s"):
        Worker(task_queue=QUEUE, activities=[pack], worker_heartbeat_interval=interval)
