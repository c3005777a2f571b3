"""The events of polls, pollers, slots and requests, and what an observer that raises or is slow may cost."""

from __future__ import annotations

import logging
import sys
import time
from collections import Counter
from typing import get_args

import anyio
import pytest
from worker_helpers import QUEUE, Worker, run, until, worker_of

from asyncworker import activity
from asyncworker._rpc._request_events import _make
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import ActivityEnvironment, FakeTemporal
from asyncworker.worker import (
    ActivityFinished,
    ActivityStarted,
    FixedSizeSlotSupplier,
    HeartbeatSent,
    PollerBehaviorAutoscaling,
    PollersChanged,
    PollFinished,
    RequestFinished,
    SlotsChanged,
    SlotSupplier,
    WorkerEvent,
    WorkerStarted,
    WorkerStopped,
)
from asyncworker.worker._events import (
    make_activity_finished,
    make_activity_started,
    make_heartbeat_sent,
    make_poll_finished,
    make_slots_changed,
)
from asyncworker.worker._observers import Observers

EVENT = WorkerStarted("queue", "namespace", "me")


@activity.defn
async def pack(item: str) -> str:
    return item


def of_kind(events: list[WorkerEvent], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def requests_of(events: list[WorkerEvent], operation: str) -> list[RequestFinished]:
    return [event for event in events if isinstance(event, RequestFinished) and event.operation == operation]


class TestPollEvents:
    async def test_a_poll_that_brings_a_task_is_observed_before_the_activity_starts(self, temporal):
        """The poll's end is the first that is known of a task."""
        events: list[WorkerEvent] = []

        await run(temporal, pack, "book", worker={"observers": [events.append]})

        kinds = [type(event) for event in events]
        (poll,) = [event for event in of_kind(events, PollFinished) if event.outcome == "task"]
        assert poll.task_queue == QUEUE
        assert poll.took >= 0
        assert kinds.index(PollFinished) < kinds.index(ActivityStarted)

    async def test_polls_that_the_server_ends_at_a_shutdown_are_observed_as_empty(self, temporal):
        """A worker without tasks has empty polls only."""
        events: list[WorkerEvent] = []

        async with worker_of(temporal, pack, observers=[events.append], max_concurrent_activity_task_polls=2) as worker:
            await until(lambda: worker.statistics().polls_open == 2)

        assert [event.outcome for event in of_kind(events, PollFinished)] == ["empty", "empty"]

    async def test_a_poll_that_fails_is_observed_as_an_error(self):
        """Each failed poll counts, though the log has it once a minute only."""
        events: list[WorkerEvent] = []
        async with FakeTemporal() as temporal:
            temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAVAILABLE, times=2)
            await run(temporal, pack, "book", worker={"observers": [events.append], "long_poll_timeout": 3})

        assert [event.outcome for event in of_kind(events, PollFinished)].count("error") == 2


class TestSlotEvents:
    async def test_slots_are_observed_at_the_start_and_when_an_attempt_takes_and_releases_one(self, temporal):
        """From the events alone a gauge knows how many slots are used."""
        events: list[WorkerEvent] = []

        await run(temporal, pack, "book", worker={"observers": [events.append], "max_concurrent_activities": 3})

        changes = of_kind(events, SlotsChanged)
        assert [(change.used, change.available) for change in changes] == [(0, 3), (1, 2), (0, 3)]
        assert all(change.reserved >= change.used for change in changes)

    async def test_slots_of_a_supplier_whose_limit_raises_have_no_limit(self, temporal, caplog):
        """An error of a supplier is logged once a minute, and not for each attempt."""

        class Unlimited(SlotSupplier):
            @property
            def max_slots(self) -> int | None:
                raise LookupError("no limit today")

            async def reserve_slot(self, reservation):
                return await supplier.reserve_slot(reservation)

            def release_slot(self, permit):
                supplier.release_slot(permit)

        supplier, events = FixedSizeSlotSupplier(5), []
        worker = {"observers": [events.append], "slot_supplier": Unlimited(), "worker_heartbeat_interval": None}

        await run(temporal, pack, "book", worker=worker)

        assert [change.available for change in of_kind(events, SlotsChanged)] == [None, None, None]
        assert caplog.text.count("does not say how many slots") == 1


class TestPollerEvents:
    async def test_the_number_of_polls_is_observed_from_the_start_to_the_end(self, temporal):
        """The first event has the initial number, the last one zero."""
        events: list[WorkerEvent] = []
        behavior = PollerBehaviorAutoscaling(minimum=1, maximum=4, initial=2)

        await run(
            temporal,
            pack,
            "book",
            worker={"observers": [events.append], "activity_task_poller_behavior": behavior},
        )

        targets = [event.target for event in of_kind(events, PollersChanged)]
        assert targets[0] == 2
        assert targets[-1] == 0


class TestRequestEvents:
    async def test_each_request_of_a_run_is_observed_once(self, temporal):
        """From the namespace's description to the announcement of the shutdown, polls and heartbeats included."""
        events: list[WorkerEvent] = []

        @activity.defn
        async def beat() -> None:
            activity.heartbeat()
            await temporal.wait_for("RecordActivityTaskHeartbeat")

        await run(temporal, beat, heartbeat_timeout=60, worker={"observers": [events.append]})

        requests = of_kind(events, RequestFinished)
        assert Counter(request.operation for request in requests) == Counter(call.method for call in temporal.calls)
        assert {request.status for request in requests} == {RPCStatusCode.OK}
        assert {request.attempts for request in requests} == {1}
        long_polls = {request.operation for request in requests if request.is_long_poll}
        assert long_polls >= {"PollActivityTaskQueue"}
        assert "RespondActivityTaskCompleted" not in long_polls

    async def test_a_reply_that_was_retried_has_several_attempts(self, temporal):
        """A request is one event, however many tries it takes."""
        events: list[WorkerEvent] = []
        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE)

        await run(temporal, pack, "book", worker={"observers": [events.append]})

        (reply,) = requests_of(events, "RespondActivityTaskCompleted")
        assert (reply.status, reply.attempts) == (RPCStatusCode.OK, 2)

    async def test_a_heartbeat_that_was_retried_has_several_attempts(self, temporal):
        """Requests that nothing awaits are observed as the others are."""
        events: list[WorkerEvent] = []
        temporal.fail_next("RecordActivityTaskHeartbeat", RPCStatusCode.UNAVAILABLE)

        @activity.defn
        async def beat() -> None:
            activity.heartbeat()
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)

        await run(temporal, beat, heartbeat_timeout=60, worker={"observers": [events.append]})

        (sent,) = requests_of(events, "RecordActivityTaskHeartbeat")
        assert (sent.status, sent.attempts) == (RPCStatusCode.OK, 2)

    async def test_a_request_that_fails_has_the_last_status(self, temporal):
        """What the server refuses is observed with its status."""
        events: list[WorkerEvent] = []
        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.NOT_FOUND)

        async with worker_of(temporal, pack, observers=[events.append]) as worker:
            temporal.add_task(pack, "book", task_queue=QUEUE)
            await until(lambda: worker.statistics().outcomes["lost"] == 1)

        (reply,) = requests_of(events, "RespondActivityTaskCompleted")
        assert (reply.status, reply.attempts) == (RPCStatusCode.NOT_FOUND, 1)

    async def test_a_request_that_is_cancelled_has_the_status_cancelled(self, temporal):
        """A caller that waits no longer ends its request."""
        events: list[WorkerEvent] = []
        client = temporal.client()

        async with Worker(client, task_queue=QUEUE, activities=[pack], observers=[events.append]):
            with temporal.hold("CountActivityExecutions"):
                with anyio.move_on_after(0.01):
                    await client.count_activities("x = 1")
                (counted,) = [
                    event for event in of_kind(events, RequestFinished) if event.operation.startswith("Count")
                ]

        assert counted.status is RPCStatusCode.CANCELLED

    async def test_requests_of_one_worker_after_the_end_of_another_are_observed_by_the_one_only(self, temporal):
        """Workers that share a client see each other's requests while they run, and no longer."""
        first, second = [], []
        client = temporal.client()
        other = Worker(client, task_queue="other", activities=[pack], observers=[second.append])

        async with Worker(client, task_queue=QUEUE, activities=[pack], observers=[first.append]):
            async with other:
                pass
            seen = len(second)
            await temporal.add_task(pack, "book", task_queue=QUEUE).wait_closed()

        assert len(second) == seen
        assert requests_of(first, "RespondActivityTaskCompleted") != []


class Choosy:
    """An observer of some types of events, which says so."""

    def __init__(self, *events: type[WorkerEvent]) -> None:
        self.events = events
        self.seen: list[WorkerEvent] = []
        self.workers: list[Worker] = []

    def __call__(self, event: WorkerEvent) -> None:
        self.seen.append(event)

    def worker_begins(self, worker: Worker) -> None:
        self.workers.append(worker)


class TestChoice:
    async def test_an_observer_is_called_with_the_types_of_events_that_it_names(self, temporal):
        """The others get theirs all the same."""
        choosy, all_ = Choosy(ActivityFinished, WorkerStopped), Choosy()
        seen: list[WorkerEvent] = []
        del all_.events
        worker = Worker(temporal.client(), task_queue=QUEUE, activities=[pack], observers=[choosy, all_, seen.append])
        async with worker:
            await temporal.add_task(pack, "book", task_queue=QUEUE).wait_closed()

        assert [type(event) for event in choosy.seen] == [ActivityFinished, WorkerStopped]
        assert all_.seen == seen
        assert {SlotsChanged, RequestFinished} <= {type(event) for event in seen}

    async def test_events_that_no_observer_names_are_not_made(self, temporal):
        """A client whose requests are not asked about has no listener."""
        client = temporal.client()
        async with Worker(client, task_queue=QUEUE, activities=[pack], observers=[Choosy(ActivityFinished)]):
            listeners = client.service.requests.listeners

        assert listeners == ()

    async def test_functions_by_type_are_called_instead_of_the_observer_that_names_them(self, temporal):
        """An observer with a function for each type of event is spared to find the one that an event is for."""
        observer, finished, stopped = Choosy(), [], []
        observer.events = {ActivityFinished: finished.append, WorkerStopped: stopped.append}
        async with Worker(temporal.client(), task_queue=QUEUE, activities=[pack], observers=[observer]):
            await temporal.add_task(pack, "book", task_queue=QUEUE).wait_closed()

        assert [event.outcome for event in finished] == ["completed"]
        assert [event.error for event in stopped] == [None]
        assert observer.seen == []

    @pytest.mark.parametrize("events", [{}, Counter({"polls": 1}), {WorkerStarted: 1}, [WorkerStopped]])
    def test_an_attribute_that_names_no_types_is_the_observers_own(self, events):
        """What an observer keeps by that name for itself makes it deaf to nothing."""
        observer = Choosy()
        observer.events = events

        Observers([observer]).notify(EVENT)

        assert observer.seen == [EVENT]

    def test_an_event_that_an_observer_does_not_name_reaches_the_others_only(self):
        """Of two observers, one is called with all events."""
        choosy, seen = Choosy(WorkerStopped), []
        observers = Observers([choosy, seen.append])

        observers.notify(EVENT)

        assert (choosy.seen, seen) == ([], [EVENT])

    @pytest.mark.parametrize("kind", get_args(WorkerEvent))
    def test_a_type_of_events_that_no_observer_names_has_nothing_to_call(self, kind):
        """So that such events need not be made."""
        others = [it for it in get_args(WorkerEvent) if it is not kind]

        assert Observers([Choosy(*others)]).notifier(kind) is None

    async def test_an_observer_gets_the_worker_before_each_run(self, temporal):
        """For what is to be read from it."""
        observer = Choosy()
        worker = Worker(temporal.client(), task_queue=QUEUE, activities=[pack], observers=[observer])
        for _ in range(2):
            async with worker:
                pass

        assert observer.workers == [worker, worker]


INFO = ActivityEnvironment().info


@pytest.mark.parametrize(
    ("made", "event"),
    [
        (make_poll_finished((QUEUE, "task", 1.5)), PollFinished(QUEUE, "task", 1.5)),
        (
            _make(("PollActivityTaskQueue", RPCStatusCode.OK, 0.5, 2, True)),
            RequestFinished("PollActivityTaskQueue", RPCStatusCode.OK, took=0.5, attempts=2, is_long_poll=True),
        ),
        (make_slots_changed((QUEUE, 1, 2, None)), SlotsChanged(QUEUE, used=1, reserved=2, available=None)),
        (make_activity_started((INFO,)), ActivityStarted(INFO)),
        (make_heartbeat_sent((INFO, None)), HeartbeatSent(INFO)),
        (make_activity_finished((INFO, "lost", 0.5, None)), ActivityFinished(INFO, "lost", took=0.5)),
    ],
)
def test_an_event_made_of_a_tuple_is_the_one_that_its_constructor_makes(made: WorkerEvent, event: WorkerEvent):
    """With each field in its place."""
    assert type(made) is type(event)
    assert repr(made) == repr(event)


@pytest.mark.parametrize("observers", [[], [lambda event: None]])
async def test_an_activity_calls_functions_of_observers_only_if_there_are_some(temporal, observers):
    """No observer costs nothing but tests for None."""
    notified = set()

    def note(frame, kind, _):
        if kind == "call" and frame.f_globals.get("__name__") == Observers.__module__:
            notified.add(frame.f_code.co_name)

    async with worker_of(temporal, pack, observers=observers) as worker:
        await until(lambda: worker.statistics().polls_open > 0)
        sys.setprofile(note)
        try:
            await temporal.add_task(pack, "book", task_queue=QUEUE).wait_closed()
            await until(lambda: worker.statistics().slots_used == 0)
        finally:
            sys.setprofile(None)

    assert notified == ({"notify"} if observers else set())


class TestTrouble:
    @pytest.mark.parametrize("others", [0, 1])
    def test_an_observer_that_raises_a_thousand_times_is_logged_once(self, caplog, others):
        """A line a minute says enough, and the other observers are called all the same."""
        called: list[WorkerEvent] = []
        seen: list[WorkerEvent] = []

        def fail(event: WorkerEvent) -> None:
            called.append(event)
            raise LookupError(len(called))

        observers = Observers([fail, *[seen.append] * others])

        with caplog.at_level(logging.INFO):
            for _ in range(1000):
                observers.notify(EVENT)

        assert (len(called), len(seen)) == (1000, 1000 * others)
        assert [record.levelname for record in caplog.records] == ["ERROR"]

    def test_an_observer_that_is_slow_many_times_is_logged_once(self, caplog):
        """The log says for which event the loop stood still."""
        observers = Observers([lambda event: time.sleep(0.002)], slow=0.001)

        for _ in range(10):
            observers.notify(EVENT)

        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert "WorkerStarted" in caplog.text

    def test_the_log_names_the_observer_whose_function_raises(self, caplog):
        """A function of a mapping has a name that may say little."""
        observer = Choosy()
        observer.events = {WorkerStarted: lambda event: 1 / 0}

        Observers([observer]).notify(EVENT)

        assert f"observer {observer!r} failed on WorkerStarted" in caplog.text

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
    def test_an_observer_may_end_the_process(self, kind):
        """What ends the process is no error of an observer's."""

        def leave(event: WorkerEvent) -> None:
            raise kind

        with pytest.raises(kind):
            Observers([leave]).notify(EVENT)

    async def test_an_observer_that_raises_each_time_costs_no_attempt(self, temporal, caplog):
        """Many attempts end as they should, and the log has one line on the observer."""

        def fail(event: WorkerEvent) -> None:
            raise LookupError("no metrics today")

        async with worker_of(temporal, pack, observers=[fail]):
            tasks = [temporal.add_task(pack, str(number), task_queue=QUEUE) for number in range(100)]
            with anyio.fail_after(10):
                for task in tasks:
                    await task.wait_closed()

        assert [task.result for task in tasks] == [str(number) for number in range(100)]
        assert caplog.text.count("LookupError: no metrics today") == 1
