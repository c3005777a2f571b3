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
FIGURES = WorkerStats(
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
def vitals() -> WorkerHeartbeatBuilder:
    return WorkerHeartbeatBuilder(PASSPORT)


class TestHeartbeat:
    def test_says_who_it_is(self, vitals):
        """A worker is known by its key, its names, its software and its host."""
        heartbeat = vitals.heartbeat(FIGURES, HOST, later(8))

        assert heartbeat.worker_instance_key == "key"
        assert heartbeat.worker_identity == "me"
        assert heartbeat.task_queue == "orders"
        assert (heartbeat.sdk_name, heartbeat.sdk_version) == ("asyncworker", "1.2.3")
        assert heartbeat.host_info is HOST
        assert heartbeat.deployment_version is None

    def test_says_how_it_stands(self, vitals):
        """Status, times, slots and polls are those of the moment."""
        heartbeat = vitals.heartbeat(FIGURES, HOST, later(8))

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

    def test_names_its_deployment(self):
        """A worker of a deployment says which build it is."""
        version = WorkerDeploymentVersion("shop", "7")

        heartbeat = WorkerHeartbeatBuilder(replace(PASSPORT, deployment_version=version)).heartbeat(
            FIGURES, HOST, later(1)
        )

        assert (heartbeat.deployment_version.deployment_name, heartbeat.deployment_version.build_id) == ("shop", "7")

    @pytest.mark.parametrize(
        ("max_slots", "used", "available"),
        [(100, 100, 0), (None, 4, -1), (2, 5, 0), (2**40, 1, 2**31 - 1)],
        ids=["full", "unknown", "lowered meanwhile", "more than the field holds"],
    )
    def test_available_slots(self, vitals, max_slots, used, available):
        """What is available is what is not used, and -1 where nobody knows."""
        heartbeat = vitals.heartbeat(replace(FIGURES, max_slots=max_slots, used_slots=used), HOST, later(1))

        assert heartbeat.activity_task_slots_info.current_available_slots == available

    def test_no_task_yet(self, vitals):
        """Before the first task there is no time of it."""
        heartbeat = vitals.heartbeat(replace(FIGURES, last_task_at=None), HOST, later(1))

        assert heartbeat.activity_poller_info.last_successful_poll_time is None

    def test_counters_stand_still(self, vitals):
        """A worker that has done more than the wire can count still has its heartbeats."""
        heartbeat = vitals.heartbeat(replace(FIGURES, processed=2**31 + 5), HOST, later(1))

        assert heartbeat.activity_task_slots_info.total_processed_tasks == 2**31 - 1
        assert encode(heartbeat)


def interval(heartbeat) -> tuple[int, int]:
    slots = heartbeat.activity_task_slots_info
    return slots.last_interval_processed_tasks, slots.last_interval_failure_tasks


class TestInterval:
    def test_the_first(self, vitals):
        """The first heartbeat has none before it, and tells of everything so far."""
        heartbeat = vitals.heartbeat(FIGURES, HOST, later(1))

        assert heartbeat.elapsed_since_last_heartbeat is None
        assert interval(heartbeat) == (10, 2)
        assert not vitals.is_known

    def test_since_the_last_that_arrived(self, vitals):
        """An interval begins with the last heartbeat that the server has taken."""
        vitals.acknowledged(vitals.heartbeat(FIGURES, HOST, later(1)))
        vitals.heartbeat(replace(FIGURES, processed=12), HOST, later(2))

        heartbeat = vitals.heartbeat(replace(FIGURES, processed=15, failed=3), HOST, later(4.5))

        assert vitals.is_known
        assert interval(heartbeat) == (5, 1)
        assert to_timedelta(heartbeat.elapsed_since_last_heartbeat) == timedelta(seconds=3.5)

    def test_a_clock_that_was_set_back(self, vitals):
        """No interval is shorter than nothing."""
        vitals.acknowledged(vitals.heartbeat(FIGURES, HOST, later(10)))

        heartbeat = vitals.heartbeat(FIGURES, HOST, later(2))

        assert (heartbeat.elapsed_since_last_heartbeat.seconds, heartbeat.elapsed_since_last_heartbeat.nanos) == (0, 0)
