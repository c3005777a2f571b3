"""How an activity learns that it should stop, and what is reported if it does."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace

import anyio
import pytest
from worker_helpers import QUEUE, adjusted, until, worker_of

from asyncworker import CancelledError, CancelReason, RetryPolicy, activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker.attempts._run_environment import AttemptDurations

KINDS = pytest.mark.parametrize("kind", ["workflow", "standalone"])


def start(temporal: FakeTemporal, kind: str, fn: object, **options: object):
    begin = temporal.add_task if kind == "workflow" else temporal.start_activity
    return begin(fn, task_queue=QUEUE, heartbeat_timeout=0.05, **options)


@activity.defn
async def heartbeating() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(0.01)


@KINDS
class TestByHeartbeat:
    async def test_a_requested_cancellation_ends_the_activity_as_canceled(self, temporal, kind):
        """An activity that lets its cancellation through is cancelled."""
        async with worker_of(temporal, heartbeating):
            task = start(temporal, kind, heartbeating)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"

    async def test_an_activity_can_add_details_to_its_cancellation(self, temporal, kind):
        """What the activity says with its CancelledError travels."""

        @activity.defn
        async def pack() -> None:
            try:
                await heartbeating()
            except asyncio.CancelledError:
                raise CancelledError("stopped", "half way") from None

        async with worker_of(temporal, pack):
            task = start(temporal, kind, pack)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        (request,) = temporal.requests("RespondActivityTaskCanceled")
        assert [payload.data for payload in request.details.payloads] == [b'"half way"']

    async def test_clean_up_after_a_cancellation_may_await_and_heartbeat(self, temporal, kind):
        """The cancellation comes once: what follows is not interrupted, and heartbeats go on."""

        @activity.defn
        async def pack() -> None:
            try:
                await heartbeating()
            finally:
                before = len(temporal.requests("RecordActivityTaskHeartbeat"))
                activity.heartbeat("cleaning up")
                await until(lambda: len(temporal.requests("RecordActivityTaskHeartbeat")) > before)

        async with worker_of(temporal, pack):
            task = start(temporal, kind, pack)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"
        assert task.heartbeats[-1] == ["cleaning up"]

    async def test_a_cancellation_may_be_refused_by_the_activity(self, temporal, kind):
        """An activity that catches its cancellation and returns has completed."""

        @activity.defn
        async def pack() -> str:
            try:
                await heartbeating()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                return activity.cancellation_details().reason.value
            raise AssertionError

        async with worker_of(temporal, pack):
            task = start(temporal, kind, pack)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.result == "cancel_requested"

    async def test_a_pause_fails_the_attempt_and_waits(self, temporal, kind):
        """A paused activity's attempt ends as a failure; the next begins when it is unpaused."""

        @activity.defn
        async def pack() -> str:
            if activity.info().attempt == 1:
                await heartbeating()
            return "done"

        async with worker_of(temporal, pack):
            task = start(temporal, kind, pack, retry_policy=RetryPolicy())
            await task.wait_for_attempt()
            task.pause()
            await temporal.wait_for("RespondActivityTaskFailed")
            await until(lambda: task.state == "Paused")
            task.unpause()
            await task.wait_closed()

        assert task.result == "done"
        assert task.last_failure.application_failure_info.type == "ActivityPause"

    async def test_a_reset_fails_the_attempt_and_begins_anew(self, temporal, kind):
        """A reset activity's attempt ends as a failure, and the activity begins again."""
        runs = []

        @activity.defn
        async def pack() -> str:
            runs.append(activity.info().attempt)
            if len(runs) == 1:
                await heartbeating()
            return "done"

        async with worker_of(temporal, pack):
            task = start(temporal, kind, pack, retry_policy=RetryPolicy())
            await task.wait_for_attempt()
            task.reset()
            await task.wait_closed()

        (failed,) = temporal.requests("RespondActivityTaskFailed")
        assert failed.failure.application_failure_info.type == "ActivityReset"
        assert (task.result, len(runs)) == ("done", 2)

    async def test_nothing_is_reported_of_an_attempt_that_the_server_does_not_know(self, temporal, kind):
        """An activity that the server no longer knows is stopped, and not reported."""
        reasons = []

        @activity.defn
        async def pack() -> None:
            try:
                await heartbeating()
            finally:
                reasons.append(activity.context().cancel_reason)

        async with worker_of(temporal, pack) as worker:
            task = start(temporal, kind, pack)
            await task.wait_for_attempt()
            task.time_out()
            await until(lambda: worker.slots_used == 0)

        assert reasons == [CancelReason.NOT_FOUND]
        assert list(_replies(temporal)) == []


def _replies(temporal: FakeTemporal) -> list[str]:
    return [call.method for call in temporal.calls if call.method.startswith("RespondActivityTask")]


# The server notices at once that an attempt's time is up.
NO_MARGIN = AttemptDurations(margin=0.0)


class TestByDeadline:
    async def test_the_start_to_close_timeout_cancels_the_attempt(self, temporal):
        """An attempt that outlives its time is stopped without a word from the server, and not reported."""
        reasons = []

        @activity.defn
        async def pack() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                reasons.append(activity.context().cancel_reason)

        async with adjusted(worker_of(temporal, pack), attempt_durations=NO_MARGIN) as worker:
            task = temporal.add_task(pack, task_queue=QUEUE, start_to_close_timeout=0.5)
            await task.wait_for_attempt()
            await until(lambda: worker.slots_used == 0)

        assert reasons == [CancelReason.TIMED_OUT]
        assert _replies(temporal) == []

    async def test_a_late_result_is_sent_all_the_same(self, temporal):
        """Whether a result is too late is for the server's clock to say."""

        @activity.defn
        async def pack() -> str:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return "late"
            raise AssertionError

        async with adjusted(worker_of(temporal, pack), attempt_durations=NO_MARGIN):
            task = temporal.add_task(pack, task_queue=QUEUE, start_to_close_timeout=0.5)
            await task.wait_closed()

        assert task.result == "late"


class TestAround:
    async def test_an_activity_that_ignores_its_cancellation_is_named_in_the_log(self, temporal, caplog):
        """An activity that goes on after it was asked to stop is named, and that it holds a slot."""

        @activity.defn
        async def stubborn() -> None:
            while "asked to stop (timed_out)" not in caplog.text:
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0.01)

        async with adjusted(worker_of(temporal, stubborn), attempt_durations=replace(NO_MARGIN, overdue=0.05)):
            task = temporal.add_task(stubborn, task_queue=QUEUE, start_to_close_timeout=0.05)
            await task.wait_closed()

        (line,) = [record for record in caplog.records if "asked to stop" in record.getMessage()]
        assert "activity stubborn was asked to stop (timed_out)" in line.getMessage()
        assert "still holds its slot" in line.getMessage()

    async def test_heartbeats_that_fail_do_not_stop_the_activity(self, temporal, caplog):
        """A heartbeat that does not arrive is said in the log, and the next one may."""

        @activity.defn
        async def pack() -> str:
            activity.heartbeat("a")
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat("b")
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)
            return "done"

        temporal.fail_next("RecordActivityTaskHeartbeat", RPCStatusCode.INVALID_ARGUMENT, "no")
        with caplog.at_level(logging.WARNING, "asyncworker"):
            async with worker_of(temporal, pack):
                task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
                await task.wait_closed()

        assert task.result == "done"
        assert "did not arrive" in caplog.text

    async def test_an_outage_is_one_log_line_for_all_heartbeats(self, temporal, caplog):
        """However many heartbeats of an activity do not arrive for the same reason, one warning says so."""

        @activity.defn
        async def pack(number: int) -> int:
            activity.heartbeat(number)
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=20)
            return number

        temporal.fail_next("RecordActivityTaskHeartbeat", RPCStatusCode.INVALID_ARGUMENT, "no", times=20)
        with caplog.at_level(logging.DEBUG, "asyncworker"):
            async with worker_of(temporal, pack):
                tasks = [temporal.add_task(pack, n, task_queue=QUEUE, heartbeat_timeout=60) for n in range(20)]
                for task in tasks:
                    await task.wait_closed()

        levels = [record.levelname for record in caplog.records if "did not arrive" in record.getMessage()]
        assert sorted(levels) == ["DEBUG"] * 19 + ["WARNING"]

    async def test_an_activity_can_wait_for_its_cancellation(self, temporal):
        """wait_for_cancelled() returns when the activity is asked to stop, in any of its tasks."""
        seen = []

        @activity.defn
        async def pack() -> None:
            async def watch() -> None:
                await activity.wait_for_cancelled()
                seen.append(activity.is_cancelled())

            watching = asyncio.create_task(watch())
            try:
                await heartbeating()
            finally:
                await watching

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.05)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert seen == [True]

    async def test_the_tasks_cancellation_is_taken_back_before_the_reply(self, temporal):
        """After a caught cancellation timeouts and task groups work in the clean-up as ever."""

        @activity.defn
        async def pack() -> list[bool]:
            try:
                await heartbeating()
            except asyncio.CancelledError:
                with anyio.move_on_after(0.01) as scope:
                    await anyio.sleep(60)
                async with asyncio.TaskGroup() as group:
                    group.create_task(asyncio.sleep(0))
                return [scope.cancelled_caught]
            raise AssertionError

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.05)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.result == [True]
