"""What is watched, how much that may cost, and what the answers mean: decisions, without a server."""

from __future__ import annotations

import math
from typing import Any

import pytest
from temporalio.api.activity.v1 import ActivityExecutionInfo
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType, HistoryEventFilterType
from temporalio.api.history.v1 import (
    ActivityTaskCancelRequestedEventAttributes,
    ActivityTaskCompletedEventAttributes,
    History,
    HistoryEvent,
)
from temporalio.api.workflow.v1 import PendingActivityInfo, WorkflowExecutionInfo
from temporalio.api.workflowservice import v1 as official

import asyncworker.activity
from asyncworker import Worker
from asyncworker.common import ActivityCancellationDetails
from asyncworker.exceptions import ClientClosedError, RPCError, RPCStatusCode
from asyncworker.worker import WatchOptions
from asyncworker.worker.watch._budget import WatchBudget
from asyncworker.worker.watch._findings import GONE, Doubt, RunTraffic, finding_of_activity, finding_of_pending
from asyncworker.worker.watch._messages import (
    ALL_EVENTS,
    CLOSE_EVENT,
    ActivityState,
    PendingActivity,
    describe_activity,
    describe_run,
    history,
    read_activity,
    read_history,
    read_run,
)
from asyncworker.worker.watch._pace import Pace
from asyncworker.worker.watch._table import Subject, Verdict, WatchTable

STARTED, CANCEL_REQUESTED, PAUSED, PAUSE_REQUESTED = 2, 3, 4, 5


def activity(**values: Any) -> ActivityState:
    state = {"token": b"t", "is_closed": False, "state": STARTED, "attempt": 1, "heartbeats": 0}
    return ActivityState(**{**state, **values})


class Watching:
    """A watch, as the table knows it."""

    def __init__(self, *subject: Any) -> None:
        self.subject = Subject(*subject)


# Options


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"standalone": -1}, ValueError, "standalone must be 0 or more, got -1: 0 switches it off"),
        ({"workflow_runs": -8}, ValueError, "workflow_runs must be 0 or more"),
        ({"calls_per_second": -0.5}, ValueError, "calls_per_second must be 0 or more"),
        ({"calls_per_second": math.nan}, ValueError, "calls_per_second must be"),
        ({"standalone": 1.5}, TypeError, "standalone must be a whole number, got 1.5"),
        ({"workflow_runs": True}, TypeError, "workflow_runs must be a whole number, got True"),
        ({"calls_per_second": "4"}, TypeError, "calls_per_second must be"),
    ],
)
def test_a_budget_below_zero_is_refused_by_its_name(options, error, text):
    with pytest.raises(error, match=text):
        WatchOptions(**options)


@asyncworker.activity.defn
async def work() -> None:
    """Is declared only."""


def test_a_worker_takes_no_number_for_its_watch():
    with pytest.raises(TypeError, match="cancellation_watch must be a WatchOptions, got 0"):
        Worker(task_queue="q", activities=[work], cancellation_watch=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "is_off"),
    [
        ({}, False),
        ({"calls_per_second": 0}, True),
        ({"standalone": 0, "workflow_runs": 0}, True),
        ({"standalone": 0}, False),
    ],
)
def test_zero_switches_the_watch_off(options, is_off):
    assert WatchOptions(**options).is_off == is_off


# Budget


def test_a_pace_saves_up_a_few_calls_and_no_more():
    pace = Pace(4, at_once=2)

    assert [pace.take(100.0) for _ in range(4)] == [0.0, 0.0, 0.25, 0.5]
    assert [pace.take(200.0) for _ in range(3)] == [0.0, 0.0, 0.25]


def limits_at(budget: WatchBudget, *times: float) -> list[int]:
    """What may be watched of one kind at each time."""
    found = []
    for now in times:
        budget.recover(now)
        found.append(budget.limit("standalone"))
    return found


def test_a_refused_call_ends_all_watches():
    """At a namespace's limit each call of a watch is one that another caller is refused."""
    budget = WatchBudget(WatchOptions(standalone=8, workflow_runs=3))
    budget.throttle(10.0, 10.5)
    budget.recover(11.0)

    assert (budget.limit("standalone"), budget.limit("workflow_run")) == (0, 0)


def test_a_minute_after_the_last_refusal_the_budget_grows_by_one_per_ten_seconds():
    """Refusals of other calls meanwhile show that the server has nothing to spare."""
    budget = WatchBudget(WatchOptions(standalone=4, workflow_runs=1))
    budget.throttle(0.0, 0.0)
    budget.throttle(10.0, 10.0)

    assert limits_at(budget, 60.0, 69.9, 70.0, 79.9, 80.0, 1000.0) == [0, 0, 1, 1, 2, 4]
    assert budget.limit("workflow_run") == 1


def test_the_same_refusal_counts_once():
    """And an older one of another client not at all."""
    budget = WatchBudget(WatchOptions(standalone=4))
    budget.throttle(10.0, 10.0)
    budget.throttle(10.0, 40.0)
    budget.throttle(9.0, 50.0)

    assert limits_at(budget, 70.0) == [1]


def test_refusals_soon_after_a_pause_double_the_next_up_to_ten_minutes():
    """Where a namespace stays at its limit the watch is all but off."""
    budget, now, pauses = WatchBudget(WatchOptions(standalone=4)), 0.0, []
    for _ in range(6):
        budget.throttle(now, now)
        began = now
        while not limits_at(budget, now)[0]:
            now += 1.0
        pauses.append(now - began)

    assert pauses == [60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    now += 600.0
    budget.throttle(now, now)
    assert limits_at(budget, now + 59.0, now + 60.0) == [0, 1]


def test_a_refused_call_of_a_watch_counts_as_any_other():
    table = WatchTable(WatchOptions())
    table.fail(Subject("workflow_run", "w", "r"), RPCError("too many", RPCStatusCode.RESOURCE_EXHAUSTED), 10.0)

    assert (table.budget.limit("workflow_run"), table.budget.limit("standalone")) == (0, 0)
    table.budget.recover(70.0)
    assert table.budget.limit("workflow_run") == 1


def test_without_calls_nothing_is_watched():
    assert WatchBudget(WatchOptions(calls_per_second=0)).limit("standalone") == 0


# Table


def test_there_is_capacity_for_as_many_of_a_kind_as_the_budget_allows():
    table = WatchTable(WatchOptions(standalone=1, workflow_runs=1))
    one = Watching("standalone", "a", "r")
    table.begin(one)

    assert not table.has_capacity("standalone", 0.0)
    assert table.has_capacity("workflow_run", 0.0)
    assert table.find(Subject("standalone", "a", "r")) is one
    table.end(one)
    assert table.has_capacity("standalone", 0.0)


def test_watches_beyond_the_budget_are_in_excess():
    table = WatchTable(WatchOptions(standalone=4))
    for number in range(4):
        table.begin(Watching("standalone", f"{number}", "r"))

    table.budget.throttle(1.0, 1.0)

    assert (table.excess("standalone"), table.excess("workflow_run")) == (4, 0)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (RPCStatusCode.NOT_FOUND, Verdict.GONE),
        (RPCStatusCode.PERMISSION_DENIED, Verdict.REFUSED),
        (RPCStatusCode.UNIMPLEMENTED, Verdict.REFUSED),
        (RPCStatusCode.RESOURCE_EXHAUSTED, Verdict.LATER),
        (RPCStatusCode.UNAVAILABLE, Verdict.LATER),
        (RPCStatusCode.INVALID_ARGUMENT, Verdict.LATER),
    ],
)
def test_an_error_of_a_watch_has_a_verdict(status, verdict):
    table = WatchTable(WatchOptions())

    assert table.fail(Subject("standalone", "a", "r"), RPCError("no", status), 0.0) is verdict
    assert table.is_refused("standalone") == (verdict is Verdict.REFUSED)
    assert not table.is_refused("workflow_run")


def test_errors_in_a_row_keep_new_watches_away_for_longer():
    table = WatchTable(WatchOptions())
    subject, now, waits = Subject("standalone", "a", "r"), 0.0, []
    for _ in range(7):
        table.fail(subject, RPCError("away", RPCStatusCode.UNAVAILABLE), now)
        # Those of the other watches, at the same moment, are the same error.
        table.fail(subject, RPCError("away", RPCStatusCode.UNAVAILABLE), now)
        began = now
        while not table.has_capacity("standalone", now):
            now += 0.5
        waits.append(now - began)

    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    table.succeed()
    table.fail(subject, RPCError("away", RPCStatusCode.UNAVAILABLE), now)
    assert table.has_capacity("standalone", now + 1.0)


def test_a_closed_client_is_no_outage():
    table = WatchTable(WatchOptions())
    table.fail(Subject("standalone", "a", "r"), ClientClosedError(), 0.0)

    assert table.has_capacity("standalone", 0.0)


def test_an_answer_that_is_too_large_drops_its_run_for_ten_minutes():
    table = WatchTable(WatchOptions())
    run = Subject("workflow_run", "w", "r")
    too_large = RPCError("grpc: received message larger than max (20 vs. 10)", RPCStatusCode.RESOURCE_EXHAUSTED)

    assert table.fail(run, too_large, 0.0) is Verdict.DROPPED
    assert [table.is_dropped(run, now) for now in (0.0, 599.0, 600.0)] == [True, True, False]
    assert not table.is_dropped(Subject("workflow_run", "w", "other"), 0.0)


# Finding


@pytest.mark.parametrize(
    ("now", "before", "finding"),
    [
        (activity(), None, None),
        (activity(is_closed=True), None, GONE),
        (activity(state=CANCEL_REQUESTED), None, ActivityCancellationDetails(cancel_requested=True)),
        (activity(state=PAUSE_REQUESTED), activity(), ActivityCancellationDetails(paused=True)),
        # A wake-up without a state is a reset, or a change of the options.
        (activity(), activity(), Doubt.CHANGED),
        # A heartbeat explains it, and that may be the one that asks.
        (activity(heartbeats=1), activity(), None),
        (activity(attempt=2), activity(), Doubt.OVER),
        (activity(state=PAUSED), activity(), Doubt.OVER),
    ],
)
def test_a_description_says_whether_an_activity_is_to_stop(now, before, finding):
    assert finding_of_activity(now, before, attempt=1) == finding


@pytest.mark.parametrize(
    ("found", "finding"),
    [
        (PendingActivity(STARTED, 1), None),
        (PendingActivity(CANCEL_REQUESTED, 1), ActivityCancellationDetails(cancel_requested=True)),
        (PendingActivity(PAUSE_REQUESTED, 1), ActivityCancellationDetails(paused=True)),
        (PendingActivity(STARTED, 2), Doubt.OVER),
        (None, Doubt.OVER),
    ],
)
def test_the_description_of_a_run_says_whether_its_activity_is_to_stop(found, finding):
    assert finding_of_pending(found, attempt=1) == finding


def test_a_quiet_run_is_polled_at_once_a_few_times_and_a_busy_one_once_a_second():
    traffic = RunTraffic()

    assert [traffic.begin(100.0) for _ in range(6)] == [0.0, 0.0, 0.0, 0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("sizes", "is_too_much"),
    [([64_000], False), ([64_001], True), ([50_000] * 5, False), ([50_000] * 6, True)],
)
def test_a_run_whose_answers_are_large_is_too_much(sizes, is_too_much):
    traffic = RunTraffic()
    for number, size in enumerate(sizes):
        traffic.end(size, float(number))

    assert traffic.is_too_much == is_too_much


def test_what_a_run_has_brought_counts_for_a_minute():
    traffic = RunTraffic()
    for number in range(100):
        traffic.end(50_000, number * 15.0)

    assert not traffic.is_too_much


# Messages, against google's own runtime


def test_requests_are_read_as_they_were_meant():
    """What is written here by hand is what google's runtime reads."""
    run = WorkflowExecution(workflow_id="w" * 200, run_id="r")

    assert official.DescribeActivityExecutionRequest.FromString(describe_activity("ns", "ä", "r", b"t" * 300)) == (
        official.DescribeActivityExecutionRequest(
            namespace="ns", activity_id="ä", run_id="r", long_poll_token=b"t" * 300
        )
    )
    assert official.DescribeWorkflowExecutionRequest.FromString(describe_run("ns", "w" * 200, "r")) == (
        official.DescribeWorkflowExecutionRequest(namespace="ns", execution=run)
    )
    ours = history("ns", "w" * 200, "r", events=CLOSE_EVENT, token=b"t", page_size=1)
    assert official.GetWorkflowExecutionHistoryRequest.FromString(ours) == official.GetWorkflowExecutionHistoryRequest(
        namespace="ns",
        execution=run,
        maximum_page_size=1,
        next_page_token=b"t",
        wait_new_event=True,
        history_event_filter_type=HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
    )
    assert ALL_EVENTS == HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT


def test_a_description_is_read_as_it_was_meant():
    info = ActivityExecutionInfo(activity_id="a", status=1, run_state=CANCEL_REQUESTED, attempt=3)  # type: ignore[arg-type]
    info.total_heartbeat_count = 7
    info.schedule_time.FromSeconds(1_700_000_000)
    response = official.DescribeActivityExecutionResponse(run_id="r", info=info, long_poll_token=b"token")

    assert read_activity(response.SerializeToString()) == ActivityState(b"token", False, CANCEL_REQUESTED, 3, 7)
    assert read_activity(b"") is None
    for status, is_closed in enumerate([True, False, True, True, True, True, True, False]):
        response.info.status = status  # type: ignore[assignment]
        state = read_activity(response.SerializeToString())
        assert state is not None
        assert state.is_closed == is_closed


def test_the_description_of_a_run_is_read_as_it_was_meant():
    pending = PendingActivityInfo(activity_id="5", state=PAUSE_REQUESTED, attempt=2)  # type: ignore[arg-type]
    pending.heartbeat_details.payloads.add(data=b"x" * 1000)
    response = official.DescribeWorkflowExecutionResponse(
        workflow_execution_info=WorkflowExecutionInfo(status=1),  # type: ignore[arg-type]
        pending_activities=[pending, PendingActivityInfo(activity_id="ü", state=STARTED, attempt=1)],  # type: ignore[arg-type]
    )

    run = read_run(response.SerializeToString())
    assert run.pending == {"5": PendingActivity(PAUSE_REQUESTED, 2), "ü": PendingActivity(STARTED, 1)}
    assert not run.is_closed
    response.workflow_execution_info.status = 2  # type: ignore[assignment]
    assert read_run(response.SerializeToString()).is_closed


def test_a_history_is_read_as_it_was_meant():
    result = Payloads(payloads=[Payload(data=b"x" * 1000)])
    events = [
        HistoryEvent(
            event_id=7,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
            activity_task_completed_event_attributes=ActivityTaskCompletedEventAttributes(result=result),
        ),
        HistoryEvent(
            event_id=8,
            event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
            activity_task_cancel_requested_event_attributes=ActivityTaskCancelRequestedEventAttributes(),
        ),
    ]
    response = official.GetWorkflowExecutionHistoryResponse(history=History(events=events), next_page_token=b"next")

    page = read_history(response.SerializeToString())
    assert (page.token, page.requests_cancel, page.is_closed) == (b"next", True, False)
    assert page.size > 1000
    for name in ("COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "TERMINATED", "CONTINUED_AS_NEW"):
        end = HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_WORKFLOW_EXECUTION_{name}"))
        closed = official.GetWorkflowExecutionHistoryResponse(history=History(events=[end]))
        assert read_history(closed.SerializeToString()).is_closed
    empty = read_history(b"")
    assert (empty.token, empty.requests_cancel, empty.is_closed, empty.size) == (b"", False, False, 0)


@pytest.mark.parametrize("data", [b"\x0a", b"\x0a\x05ab", b"\x12\xff", b"\x10\x01"])
def test_bytes_that_are_no_message_are_refused(data):
    for read in (read_activity, read_run, read_history):
        try:
            read(data)
        except ValueError:
            continue
        # Only what is skipped may be odd.
        assert data == b"\x10\x01"
