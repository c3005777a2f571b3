"""Heartbeats beside a blocked loop: which attempt is due, what is sent, and how the loop goes on with its own."""

from __future__ import annotations

import asyncio
import math

import pytest
from worker_helpers import QUEUE, until, worker_of

from asyncworker import RetryPolicy, activity
from asyncworker._proto.temporal.api.workflowservice.v1 import RecordActivityTaskHeartbeatRequest
from asyncworker._wire import decode
from asyncworker.common import ActivityCancellationDetails
from asyncworker.worker.attempts.heartbeats._heartbeat_throttle import HeartbeatThrottle
from asyncworker.worker.health._live_heartbeats import is_overdue, next_due
from asyncworker.worker.health._watchdog import look_interval

HEARTBEAT = "RecordActivityTaskHeartbeat"


class TestDecisions:
    @pytest.mark.parametrize(
        ("now", "expected"), [(9.9, False), (10.0, False), (10.1, False), (10.2, True), (12, True)]
    )
    def test_a_heartbeat_that_is_a_little_late_is_left_to_the_loop(self, now, expected):
        """By a fiftieth of its timeout; the server gives up much later."""
        assert is_overdue(10.0, 10.0, now) is expected

    def test_the_next_is_due_before_the_server_gives_up(self):
        """One that has not arrived is repeated soon."""
        assert (next_due(5.0, 10.0, has_arrived=True), next_due(5.0, 10.0, has_arrived=False)) == (13.0, 6.0)

    @pytest.mark.parametrize(
        ("threshold", "timeout", "interval"), [(1, math.inf, 0.2), (1, 1, 0.05), (1, 2, 0.1), (0.1, 60, 0.02)]
    )
    def test_the_looks_are_as_often_as_threshold_and_heartbeats_need_it(self, threshold, timeout, interval):
        """No more often, as each costs."""
        assert look_interval(threshold, timeout) == pytest.approx(interval)


class TestIntervals:
    async def test_the_looks_are_as_often_as_the_attempts_of_now_need_it(self, temporal, steps):
        """Where the one with the shortest heartbeat timeout has ended the watchdog looks more seldom again."""
        short, long = Steps(), Steps()

        @activity.defn(name="short")
        async def with_short_timeout() -> None:
            await short.steps()

        async with worker_of(temporal, with_short_timeout, long) as worker:
            _, _ = await started(temporal, worker, long, heartbeat_timeout=10)
            claims = worker._worker_run.watched.environment.claims
            long.heartbeat()
            tasks = [temporal.add_task("short", task_queue=QUEUE, heartbeat_timeout=2) for _ in range(2)]
            for task in tasks:
                await task.wait_for_attempt()
            await until(lambda: short.heartbeat is not None)
            short.heartbeat()
            shortest = claims.shortest
            short.release.set()
            for task in tasks:
                await task.wait_closed()
            await until(lambda: worker.slots_used == 1)
            rest = claims.shortest
            long.release.set()
            await until(lambda: worker.slots_used == 0)

        assert (shortest, rest, claims.shortest) == (2.0, 10.0, math.inf)


class TestThrottle:
    def test_a_heartbeat_from_elsewhere_postpones_the_next(self):
        """But never to an earlier time."""
        throttle = HeartbeatThrottle(8.0)
        throttle.record()
        throttle.start_sending(0.0)
        throttle.end_sending(arrived=True)
        throttle.postpone(5.0)
        early = throttle.next_at
        throttle.postpone(20.0)

        assert (early, throttle.next_at) == (8.0, 20.0)

    def test_one_that_was_held_back_is_due_at_once(self):
        """Where none was sent from elsewhere after all."""
        throttle = HeartbeatThrottle(8.0)
        throttle.record()
        throttle.start_sending(10.0)
        throttle.withdraw(0.0)
        withdrawn = throttle.due_at
        throttle.postpone(12.0)
        throttle.hasten(11.0)

        assert (withdrawn, throttle.due_at) == (0.0, 11.0)


def outbound_of(worker):
    (attempt,) = worker._worker_run.attempts
    return attempt.outbound


def details_of(request: bytes) -> list[bytes]:
    message = decode(RecordActivityTaskHeartbeatRequest, request)
    return [] if message.details is None else [payload.data for payload in message.details.payloads]


class Steps:
    """An activity whose heartbeats the test makes."""

    def __init__(self) -> None:
        self.heartbeat = None
        self.release = asyncio.Event()

    @activity.defn
    async def steps(self) -> str | None:
        if activity.info().attempt == 1 and activity.info().activity_id == "retried":
            activity.heartbeat({"page": 7})
            raise OSError("jam")
        self.heartbeat = activity.context().heartbeat  # type: ignore[assignment]
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            reason = activity.context().cancel_reason
            return reason.value if reason else None
        return None


@pytest.fixture
def steps() -> Steps:
    return Steps()


async def started(temporal, worker, steps, **options):
    task = temporal.add_task("steps", task_queue=QUEUE, **{"heartbeat_timeout": 10, **options})
    await until(lambda: steps.heartbeat is not None)
    return task, outbound_of(worker)


class TestWhatIsSent:
    async def test_it_repeats_the_last_heartbeat_that_was_sent(self, temporal, steps):
        """Not a newer one, which is still to come, so that the server's details never go back."""
        async with worker_of(temporal, steps) as worker:
            task, outbound = await started(temporal, worker, steps)
            steps.heartbeat("first")
            await task.wait_for_heartbeat()
            steps.heartbeat("second")
            live = outbound.live_heartbeat()
            steps.release.set()

        assert live is not None
        assert (live.timeout, details_of(live.request)) == (10.0, [b'"first"'])

    async def test_before_the_first_one_it_has_the_details_of_the_attempt_before(self, temporal, steps):
        """One without details would clear them."""
        async with worker_of(temporal, steps) as worker:
            options = {"activity_id": "retried", "retry_policy": RetryPolicy()}
            _, outbound = await started(temporal, worker, steps, **options)
            live = outbound.live_heartbeat()
            steps.release.set()

        assert details_of(live.request) == [b'{"page":7}']

    async def test_without_any_details_it_has_none(self, temporal, steps):
        """There is nothing to clear."""
        async with worker_of(temporal, steps) as worker:
            _, outbound = await started(temporal, worker, steps)
            live = outbound.live_heartbeat()
            steps.release.set()

        assert details_of(live.request) == []

    async def test_details_that_are_too_large_to_keep_are_not_repeated(self, temporal, steps):
        """Nor is one without details sent in their place."""
        async with worker_of(temporal, steps) as worker:
            task, outbound = await started(temporal, worker, steps)
            steps.heartbeat("x" * 100_000)
            await task.wait_for_heartbeat()
            live = outbound.live_heartbeat()
            steps.release.set()

        assert live is None

    async def test_an_attempt_without_a_heartbeat_timeout_needs_none(self, temporal, steps):
        """No silence ends it."""
        async with worker_of(temporal, steps) as worker:
            _, outbound = await started(temporal, worker, steps, heartbeat_timeout=None)
            live = outbound.live_heartbeat()
            steps.release.set()

        assert live is None
        assert outbound.live_heartbeat() is None


class TestHandover:
    async def test_a_claimed_heartbeat_waits_until_it_is_handed_over(self, temporal, steps):
        """Loop and thread never send at the same time; then the loop's goes out if the thread's has not arrived."""
        async with worker_of(temporal, steps) as worker:
            _, outbound = await started(temporal, worker, steps)
            token = outbound.info().task_token
            worker._worker_run.watched.environment.claims.tokens.add(token)
            steps.heartbeat("held back")
            await asyncio.sleep(0.05)
            held = len(temporal.requests(HEARTBEAT))
            outbound.end_live_heartbeats(None, None)
            await until(lambda: len(temporal.requests(HEARTBEAT)) == 1)
            steps.release.set()

        assert held == 0
        assert worker._worker_run.watched.environment.claims.tokens == set()

    async def test_one_that_has_arrived_begins_an_interval(self, temporal, steps):
        """The loop's own, which was due, can wait for that long."""
        async with worker_of(temporal, steps) as worker:
            _, outbound = await started(temporal, worker, steps)
            worker._worker_run.watched.environment.claims.tokens.add(outbound.info().task_token)
            steps.heartbeat("held back")
            arrived_at = asyncio.get_running_loop().time() - 1
            outbound.end_live_heartbeats(arrived_at, None)
            await asyncio.sleep(0.05)
            sent, due_at = len(temporal.requests(HEARTBEAT)), outbound._heartbeats._throttle.due_at
            steps.release.set()

        assert sent == 0
        assert due_at == arrived_at + 8.0

    async def test_what_the_reply_said_cancels_the_activity(self, temporal, steps):
        """When the loop is free."""
        async with worker_of(temporal, steps) as worker:
            task, outbound = await started(temporal, worker, steps)
            task.request_cancel()
            details = ActivityCancellationDetails(cancel_requested=True)
            outbound.end_live_heartbeats(asyncio.get_running_loop().time(), details)
            await task.wait_closed()

        assert task.result == "cancel_requested"

    async def test_an_attempt_that_has_ended_meanwhile_hears_nothing(self, temporal, steps):
        """Its reply is on its way, and the claim is gone."""
        async with worker_of(temporal, steps) as worker:
            task, outbound = await started(temporal, worker, steps)
            claims = worker._worker_run.watched.environment.claims
            claims.tokens.add(outbound.info().task_token)
            steps.release.set()
            await task.wait_closed()
            await until(lambda: worker.slots_used == 0)
            outbound.end_live_heartbeats(None, ActivityCancellationDetails(cancel_requested=True))

        assert claims.tokens == set()
