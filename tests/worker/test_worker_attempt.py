"""What becomes of a task: from the poll that brought it to the reply."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import logging
import threading
from collections.abc import Sequence

import anyio
import pytest
from pydantic import BaseModel
from worker_helpers import QUEUE, adjusted, run, until, worker_of

from asyncworker import ApplicationError, CancelledError, RawValue, RetryPolicy, activity
from asyncworker.exceptions import ApplicationErrorCategory, RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker.attempts._run_environment import AttemptDurations


class Order(BaseModel):
    id: str
    items: list[str] = []


@dataclasses.dataclass
class Parcel:
    weight: float


class TestResult:
    async def test_a_coroutine_functions_result_is_reported(self, temporal):
        """What an `async def` activity returns is the activity's result."""

        @activity.defn
        async def pack(order: Order) -> Parcel:
            return Parcel(weight=len(order.items))

        task = await run(temporal, pack, {"id": "7", "items": ["a", "b"]})

        assert task.result == {"weight": 2.0}

    async def test_a_plain_functions_result_is_reported(self, temporal):
        """A `def` activity runs in a thread of its own, with the context variables of its attempt."""

        @activity.defn
        def pack(order: Order) -> list[object]:
            return [order.id, threading.current_thread() is threading.main_thread(), activity.info().activity_type]

        task = await run(temporal, pack, {"id": "7"})

        assert task.result == ["7", False, "pack"]

    async def test_a_methods_result_is_reported(self, temporal):
        """An object brings all of its activity methods."""

        class Warehouse:
            def __init__(self, name: str) -> None:
                self.name = name

            @activity.defn
            async def pack(self, item: str) -> str:
                return f"{item} from {self.name}"

            async def not_an_activity(self) -> None: ...

        warehouse = Warehouse("north")
        async with worker_of(temporal, warehouse) as worker:
            task = temporal.add_task("pack", "book", task_queue=QUEUE)
            await task.wait_closed()

        assert worker.activities == ["pack"]
        assert task.result == "book from north"

    async def test_an_activity_may_take_its_context_as_a_parameter(self, temporal):
        """A first parameter annotated as Context gets the context, and takes no argument."""

        @activity.defn
        async def pack(ctx: activity.Context, item: str) -> list[object]:
            return [ctx.info.attempt, ctx is activity.context(), item]

        task = await run(temporal, pack, "book")

        assert task.result == [1, True, "book"]

    async def test_a_dynamic_activity_takes_all_other_types(self, temporal):
        """A dynamic activity takes every other type, with raw arguments."""

        @activity.defn(dynamic=True)
        async def anything(args: Sequence[RawValue]) -> list[object]:
            values = [activity.payload_converter().from_payload(arg.payload, str) for arg in args]
            return [activity.info().activity_type, values]

        async with worker_of(temporal, anything):
            task = temporal.add_task("unheard_of", "a", "b", task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == ["unheard_of", ["a", "b"]]

    async def test_a_result_that_cannot_be_encoded_fails_the_activity_once(self, temporal):
        """A result without a form on the wire ends the activity for good, and the failure says why."""

        @activity.defn
        async def pack() -> object:
            return object()

        task = await run(temporal, pack, retry_policy=RetryPolicy())

        assert task.attempt == 1
        assert task.failure.application_failure_info.non_retryable
        assert "pack()" in task.failure.message

    async def test_a_result_that_is_too_large_fails_the_activity_once(self):
        """A result above the namespace's limit is not sent, nor made again."""
        limits = {"blob_size_limit_error": 2048}
        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, limits=limits) as temporal:

            @activity.defn
            async def pack() -> str:
                return "x" * 3000

            task = await run(temporal, pack, retry_policy=RetryPolicy())

        assert task.attempt == 1
        assert task.failure.application_failure_info.type == "PayloadsTooLarge"
        assert "takes at most 2,048" in task.failure.message
        assert temporal.requests("RespondActivityTaskCompleted") == []


class TestFailure:
    async def test_a_failure_carries_what_was_raised(self, temporal):
        """Type, details and retryability of an ApplicationError reach the server."""

        @activity.defn
        async def pack() -> None:
            raise ApplicationError("no paper", {"left": 0}, type="Empty", non_retryable=True)

        task = await run(temporal, pack)

        info = task.failure.application_failure_info
        assert (task.failure.message, info.type, info.non_retryable) == ("no paper", "Empty", True)

    async def test_a_failure_that_is_too_large_is_sent_without_its_details(self):
        """A failure above the namespace's limit still says what happened, and is treated as it should be."""
        limits = {"blob_size_limit_error": 2048}
        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, limits=limits) as temporal:

            @activity.defn
            async def pack() -> None:
                raise ApplicationError("no paper", "x" * 3000, type="Empty", non_retryable=True)

            task = await run(temporal, pack)

        info = task.failure.application_failure_info
        assert (task.failure.message, info.type, info.non_retryable) == ("no paper", "Empty", True)
        assert b"details left out" in info.details.payloads[0].data

    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_a_failure_shows_the_activitys_own_frames(self, temporal, kind):
        """The stack trace begins where the activity does, on the event loop and in a thread."""

        async def pack() -> None:
            raise ValueError("no paper")

        def pack_in_a_thread() -> None:
            raise ValueError("no paper")

        task = await run(temporal, activity.defn(name="pack")(pack if kind == "async def" else pack_in_a_thread))

        first, *more = task.failure.stack_trace.splitlines()
        assert ", in pack" in first
        assert [line for line in more if line.lstrip().startswith("File")] == []

    async def test_a_failed_activity_is_retried(self, temporal):
        """An ordinary error is worth another attempt."""

        @activity.defn
        async def pack() -> int:
            if activity.info().attempt < 3:
                raise OSError("jam")
            return activity.info().attempt

        task = await run(temporal, pack, retry_policy=RetryPolicy())

        assert task.result == 3

    async def test_the_failure_for_an_unknown_type_lists_the_known_ones(self, temporal):
        """A type that is not registered here may be elsewhere: the failure is retryable, and names what is."""

        @activity.defn
        async def pack() -> None: ...

        async with worker_of(temporal, pack):
            task = temporal.add_task("unpack", task_queue=QUEUE)
            await task.wait_closed()

        assert task.failure.message == "Activity 'unpack' is not registered on this worker; registered: pack"
        assert not task.failure.application_failure_info.non_retryable

    async def test_bad_arguments_fail_the_activity_once(self, temporal):
        """Arguments that are not what the parameters take end the activity for good, and the failure names them."""
        calls = []

        @activity.defn
        async def pack(order: Order, copies: int = 1) -> None:
            calls.append(order)

        task = await run(temporal, pack, {"id": 7}, "many", retry_policy=RetryPolicy())

        assert task.attempt == 1
        assert task.failure.application_failure_info.non_retryable
        assert "order" in task.failure.message
        assert "copies" in task.failure.message
        assert calls == []

    async def test_an_activity_that_cancels_itself_fails(self, temporal):
        """A CancelledError without a cancellation is a failure that the server accepts."""

        @activity.defn
        async def pack() -> None:
            raise asyncio.CancelledError

        task = await run(temporal, pack)

        assert task.failure.application_failure_info.type == "CancelledError"

    async def test_a_failure_is_not_lost_to_a_cancellation_that_was_never_delivered(self, temporal):
        """An activity that cancels its own task and then returns has returned: its reply is not what is cancelled."""

        @activity.defn
        async def pack() -> str:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return "packed"

        async with worker_of(temporal, pack) as worker:
            with temporal.hold("RespondActivityTaskCompleted"):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await temporal.wait_for("RespondActivityTaskCompleted")
                await anyio.wait_all_tasks_blocked()
                waiting = worker.slots_used
            await task.wait_closed()

        assert (waiting, task.result) == (1, "packed")

    async def test_an_activity_that_exits_fails(self, temporal):
        """sys.exit() in an activity ends the attempt, not the process."""

        @activity.defn
        async def pack() -> None:
            raise SystemExit(3)

        task = await run(temporal, pack)

        assert task.failure.application_failure_info.type == "SystemExit"

    async def test_benign_failures_are_not_warned_of(self, temporal, caplog):
        """A failure that is part of normal life is no line in the log."""

        @activity.defn
        async def pack() -> None:
            raise ApplicationError("nothing to do", category=ApplicationErrorCategory.BENIGN)

        with caplog.at_level(logging.WARNING, "asyncworker"):
            await run(temporal, pack)

        assert caplog.records == []

    async def test_the_log_names_the_attempt_in_flat_keys(self, temporal, caplog):
        """The line about a failure can be searched for by activity, attempt and workflow."""

        @activity.defn
        async def pack() -> None:
            raise ValueError("no paper")

        with caplog.at_level(logging.WARNING, "asyncworker"):
            await run(temporal, pack, workflow_id="w7", activity_id="a7")

        (record,) = caplog.records
        assert record.__dict__["temporal.activity_id"] == "a7"
        assert record.__dict__["temporal.workflow_id"] == "w7"
        assert record.__dict__["temporal.attempt"] == 1


class TestReply:
    async def test_a_reply_is_repeated_until_it_arrives(self, temporal):
        """A completion that does not get through is sent again; the activity does not run again."""
        runs = []

        @activity.defn
        async def pack() -> str:
            runs.append(1)
            return "done"

        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE, "away", times=3)
        task = await run(temporal, pack)

        assert (task.result, task.attempt, len(runs)) == ("done", 1, 1)
        assert len(temporal.requests("RespondActivityTaskCompleted")) == 4

    async def test_a_reply_that_was_applied_but_not_acknowledged_is_dropped(self, temporal, caplog):
        """NOT_FOUND for a repeated completion is the echo of the first, and no error."""

        @activity.defn
        async def pack() -> str:
            return "done"

        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.UNAVAILABLE, "lost", applied=True)
        with caplog.at_level(logging.WARNING, "asyncworker.worker"):
            task = await run(temporal, pack)

        assert task.result == "done"
        # That the call is made again is said; that its echo is NOT_FOUND is not.
        assert [record.name for record in caplog.records] == ["asyncworker._rpc._caller"]

    async def test_a_result_that_no_message_can_hold_is_a_failure(self, temporal):
        """A result that the server refuses for its size is reported as that, and not made again."""

        @activity.defn
        async def pack() -> str:
            return "done"

        temporal.fail_next(
            "RespondActivityTaskCompleted",
            RPCStatusCode.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (5243043 vs. 4194304)",
        )
        task = await run(temporal, pack, retry_policy=RetryPolicy())

        assert (task.state, task.attempt) == ("Failed", 1)
        assert task.failure.application_failure_info.type == "PayloadsTooLarge"
        assert "5243043" in task.failure.message

    async def test_no_reply_is_sent_for_an_activity_that_is_left_open(self, temporal):
        """raise_complete_async() leaves the activity open, and its slot free."""

        @activity.defn
        async def ask() -> str:
            activity.raise_complete_async()

        async with worker_of(temporal, ask) as worker:
            task = temporal.add_task(ask, task_queue=QUEUE)
            await task.wait_for_attempt()
            await until(lambda: worker.slots_used == 0)
            await temporal.client().get_async_activity_handle(task_token=task.task_token).complete("yes")

        assert task.result == "yes"

    async def test_an_activity_that_is_left_open_does_not_wait_long_for_its_last_heartbeat(self, temporal):
        """An activity that is left open gives its slot back when its time is up, even if heartbeats do not arrive."""

        @activity.defn
        async def ask() -> str:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat(2)
            activity.raise_complete_async()

        async with adjusted(worker_of(temporal, ask), attempt_durations=AttemptDurations(least_reply=0.05)) as worker:
            with temporal.hold("RecordActivityTaskHeartbeat"):
                task = temporal.add_task(ask, task_queue=QUEUE, start_to_close_timeout=0.5)
                await temporal.wait_for("RecordActivityTaskHeartbeat")
                await until(lambda: worker.slots_used == 0)

        assert task.state == "Started"


class TestSyncFunctions:
    async def test_a_heartbeat_raises_the_cancellation_of_a_thread(self, temporal):
        """Nothing can stop a thread: the next heartbeat() of a cancelled `def` activity raises, once."""
        raised = []

        @activity.defn
        def pack() -> None:
            while True:
                try:
                    activity.heartbeat()
                except CancelledError:
                    raised.append(1)
                    activity.heartbeat("cleaning up")
                    raise
                activity.wait_for_cancelled_sync(0.01)

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.05)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert (task.state, raised) == ("Canceled", [1])

    async def test_a_thread_can_ask_whether_it_is_cancelled(self, temporal):
        """With no_thread_cancel_exception heartbeat() does not raise, and the activity may end as it likes."""

        @activity.defn(no_thread_cancel_exception=True)
        def pack() -> str:
            while not activity.is_cancelled():
                activity.heartbeat()
                activity.wait_for_cancelled_sync(0.01)
            return activity.cancellation_details().reason.value

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.05)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.result == "cancel_requested"

    async def test_there_are_as_many_threads_as_slots(self, temporal):
        """`def` activities do not queue for threads while their time runs."""
        together = threading.Barrier(60)

        @activity.defn
        def pack() -> None:
            together.wait(timeout=10)

        async with worker_of(temporal, pack, max_concurrent_activities=60):
            tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(60)]
            for task in tasks:
                await task.wait_closed()

        assert {task.state for task in tasks} == {"Completed"}

    async def test_threads_keep_context_variables_apart(self, temporal):
        """What one attempt sets in its context no other attempt sees."""
        var: contextvars.ContextVar[str] = contextvars.ContextVar("var", default="unset")

        @activity.defn
        def pack(value: str) -> str:
            before = var.get()
            var.set(value)
            return before

        async with worker_of(temporal, pack):
            for value in ("a", "b"):
                task = temporal.add_task(pack, value, task_queue=QUEUE)
                await task.wait_closed()
                assert task.result == "unset"


class TestLogger:
    async def test_the_logger_names_the_attempt(self, temporal, caplog):
        """What an activity logs can be searched for by activity, attempt and workflow; its own extra is kept."""

        @activity.defn
        async def pack() -> None:
            activity.logger.info("packing", extra={"box": 7})

        with caplog.at_level(logging.INFO, "asyncworker.activity"):
            await run(temporal, pack, workflow_id="w7", activity_id="a7")

        (record,) = [record for record in caplog.records if record.name == "asyncworker.activity"]
        said = {key: value for key, value in record.__dict__.items() if key.startswith("temporal.") or key == "box"}
        assert record.getMessage() == "packing"
        assert said == {
            "box": 7,
            "temporal.activity_id": "a7",
            "temporal.activity_type": "pack",
            "temporal.attempt": 1,
            "temporal.namespace": "default",
            "temporal.task_queue": QUEUE,
            "temporal.workflow_id": "w7",
            "temporal.workflow_run_id": "w7-run",
            "temporal.workflow_type": "Workflow",
        }

    def test_the_logger_is_a_plain_one_outside_of_activities(self, caplog):
        """Outside of an activity a line is just a line."""
        with caplog.at_level(logging.INFO, "asyncworker.activity"):
            activity.logger.info("nowhere")

        assert caplog.messages == ["nowhere"]


class TestLimitsOfOneActivity:
    async def test_an_activitys_own_rate_is_kept(self, temporal):
        """No start of an activity comes before its declaration lets it, whatever the worker's own pace."""
        clock = asyncio.get_running_loop().time
        starts: list[float] = []

        @activity.defn(max_per_second=20)
        async def pack() -> None:
            starts.append(clock())

        async with worker_of(temporal, pack):
            began = clock()
            tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(4)]
            for task in tasks:
                await task.wait_closed()

        # Late is a matter of the machine; a timer may be early by the clock's resolution.
        early = [start for number, start in enumerate(sorted(starts)) if start < began + number / 20 - 0.005]
        assert early == []

    async def test_an_activitys_own_concurrency_is_kept(self, temporal):
        """No more of an activity run at a time than its declaration says, whatever the worker's slots."""
        running = 0
        most = 0

        @activity.defn(max_concurrent=2)
        async def pack() -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await anyio.wait_all_tasks_blocked()
            running -= 1

        async with worker_of(temporal, pack):
            tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(6)]
            for task in tasks:
                await task.wait_closed()

        assert most <= 2
        assert {task.state for task in tasks} == {"Completed"}
