"""What a worker's heartbeats say, from figures alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asyncworker import WorkerDeploymentVersion
from asyncworker._proto.temporal.api.enums.v1 import WorkerStatus
from asyncworker._proto.temporal.api.worker.v1 import WorkerHostInfo
from asyncworker._time import to_datetime, to_timedelta
from asyncworker._wire import encode
from asyncworker.worker.control._heartbeat_builder import WorkerHeartbeatBuilder, WorkerIdentity, WorkerStats

START = datetime(2026, 1, 1, tzinfo=UTC)
HOST = WorkerHostInfo(host_name="here", worker_grouping_key="group")
PASSPORT = WorkerIdentity(
    instance_key="key",
    identity="me",
    task_queue="orders",
    slot_supplier_kind="Fixed",
    deployment_version=None,
    version="1.2.3",
    started_at=START,
)
STATS = WorkerStats(
    status=WorkerStatus.RUNNING,
    max_slots=100,
    used_slots=3,
    processed=10,
    failed=2,
    polls=5,
    last_task_at=START + timedelta(seconds=7),
    is_autoscaling=True,
)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def builder() -> WorkerHeartbeatBuilder:
    return WorkerHeartbeatBuilder(PASSPORT)


class TestHeartbeat:
    def test_a_worker_heartbeat_names_the_worker(self, builder):
        """A worker is known by its key, its names, its software and its host."""
        heartbeat = builder.heartbeat(STATS, HOST, later(8))

        assert heartbeat.worker_instance_key == "key"
        assert heartbeat.worker_identity == "me"
        assert heartbeat.task_queue == "orders"
        assert (heartbeat.sdk_name, heartbeat.sdk_version) == ("asyncworker", "1.2.3")
        assert heartbeat.host_info is HOST
        assert heartbeat.deployment_version is None

    def test_a_worker_heartbeat_reports_the_state(self, builder):
        """Status, times, slots and polls are those of the moment."""
        heartbeat = builder.heartbeat(STATS, HOST, later(8))

        assert heartbeat.status is WorkerStatus.RUNNING
        assert to_datetime(heartbeat.start_time) == START
        assert to_datetime(heartbeat.heartbeat_time) == later(8)
        slots, polls = heartbeat.activity_task_slots_info, heartbeat.activity_poller_info
        assert (slots.current_available_slots, slots.current_used_slots) == (97, 3)
        assert slots.slot_supplier_kind == "Fixed"
        assert (slots.total_processed_tasks, slots.total_failed_tasks) == (10, 2)
        assert polls.current_pollers == 5
        assert to_datetime(polls.last_successful_poll_time) == later(7)
        assert polls.is_autoscaling

    def test_a_worker_heartbeat_names_the_deployment(self):
        """A worker of a deployment says which build it is."""
        version = WorkerDeploymentVersion("shop", "7")

        heartbeat = WorkerHeartbeatBuilder(replace(PASSPORT, deployment_version=version)).heartbeat(
            STATS, HOST, later(1)
        )

        assert (heartbeat.deployment_version.deployment_name, heartbeat.deployment_version.build_id) == ("shop", "7")

    @pytest.mark.parametrize(
        ("max_slots", "used", "available"),
        [(100, 100, 0), (None, 4, -1), (2, 5, 0), (2**40, 1, 2**31 - 1)],
        ids=["full", "unknown", "lowered meanwhile", "more than the field holds"],
    )
    def test_available_slots_are_those_not_used(self, builder, max_slots, used, available):
        """What is available is what is not used, and -1 where that is not known."""
        heartbeat = builder.heartbeat(replace(STATS, max_slots=max_slots, used_slots=used), HOST, later(1))

        assert heartbeat.activity_task_slots_info.current_available_slots == available

    def test_a_worker_heartbeat_before_the_first_task_has_no_time_of_it(self, builder):
        """Before the first task there is no time of it."""
        heartbeat = builder.heartbeat(replace(STATS, last_task_at=None), HOST, later(1))

        assert heartbeat.activity_poller_info.last_successful_poll_time is None

    def test_counters_stand_still_at_the_end_of_their_range(self, builder):
        """A worker that has done more than the wire can count still has its heartbeats."""
        heartbeat = builder.heartbeat(replace(STATS, processed=2**31 + 5), HOST, later(1))

        assert heartbeat.activity_task_slots_info.total_processed_tasks == 2**31 - 1
        assert encode(heartbeat)


def interval(heartbeat) -> tuple[int, int]:
    slots = heartbeat.activity_task_slots_info
    return slots.last_interval_processed_tasks, slots.last_interval_failure_tasks


class TestInterval:
    def test_the_first_worker_heartbeat_has_no_interval(self, builder):
        """The first heartbeat has none before it, and tells of everything so far."""
        heartbeat = builder.heartbeat(STATS, HOST, later(1))

        assert heartbeat.elapsed_since_last_heartbeat is None
        assert interval(heartbeat) == (10, 2)
        assert not builder.is_known

    def test_an_interval_begins_with_the_last_heartbeat_that_arrived(self, builder):
        """An interval begins with the last heartbeat that the server has taken."""
        builder.acknowledged(builder.heartbeat(STATS, HOST, later(1)))
        builder.heartbeat(replace(STATS, processed=12), HOST, later(2))

        heartbeat = builder.heartbeat(replace(STATS, processed=15, failed=3), HOST, later(4.5))

        assert builder.is_known
        assert interval(heartbeat) == (5, 1)
        assert to_timedelta(heartbeat.elapsed_since_last_heartbeat) == timedelta(seconds=3.5)

    def test_a_clock_that_was_set_back_makes_no_negative_interval(self, builder):
        """No interval is shorter than nothing."""
        builder.acknowledged(builder.heartbeat(STATS, HOST, later(10)))

        heartbeat = builder.heartbeat(STATS, HOST, later(2))

        assert (heartbeat.elapsed_since_last_heartbeat.seconds, heartbeat.elapsed_since_last_heartbeat.nanos) == (0, 0)
