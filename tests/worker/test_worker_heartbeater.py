"""Heartbeats on their way: what arrives, when, and what the next attempt finds."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence

import pytest
from pydantic import BaseModel
from worker_helpers import QUEUE, Worker, run, until, worker_of

from asyncworker import DataConverter, PayloadCodec, RetryPolicy, activity
from asyncworker.converter import Payload
from asyncworker.exceptions import ConverterError
from asyncworker.testing import FakeTemporal
from asyncworker.worker import HeartbeatSent, WorkerEvent


class Progress(BaseModel):
    page: int


class TestDetails:
    async def test_details_of_a_failed_attempt_come_back_typed(self, temporal):
        """The next attempt reads the last heartbeat as the model it was, even if that one was held back."""

        @activity.defn
        async def pack() -> int:
            if activity.info().attempt == 1:
                for page in range(5):
                    activity.heartbeat(Progress(page=page))
                raise OSError("jam")
            return activity.heartbeat_details(Progress).page

        task = await run(temporal, pack, heartbeat_timeout=60, retry_policy=RetryPolicy())

        assert task.result == 4

    async def test_the_default_for_details_is_for_the_first_attempt(self, temporal):
        """Without an earlier heartbeat the default is read."""

        @activity.defn
        async def pack() -> list[object]:
            return [activity.has_heartbeat_details(), activity.heartbeat_details(int, default=7)]

        task = await run(temporal, pack)

        assert task.result == [False, 7]

    async def test_missing_details_without_a_default_are_an_error(self, temporal):
        """Asking for details that are not there says what to do."""

        @activity.defn
        async def pack() -> None:
            activity.heartbeat_details(int)

        task = await run(temporal, pack)

        assert "give a default" in task.failure.message

    async def test_details_of_another_type_fail_the_activity_once(self, temporal):
        """Details that do not fit the type end the activity, as they would in each attempt."""

        @activity.defn
        async def pack() -> None:
            if activity.info().attempt == 1:
                activity.heartbeat("not a number")
                raise OSError("jam")
            activity.heartbeat_details(int)

        task = await run(temporal, pack, heartbeat_timeout=60, retry_policy=RetryPolicy())

        assert task.attempt == 2
        assert task.failure.application_failure_info.non_retryable

    @pytest.mark.parametrize("automatic", [False, True])
    async def test_details_outlive_an_attempt_that_does_not_heartbeat(self, temporal, automatic):
        """A heartbeat that only says "alive", by the activity or for it, does not wipe out what was said before."""

        @activity.defn(auto_heartbeat=automatic)
        async def pack() -> int:
            attempt = activity.info().attempt
            if attempt == 1:
                activity.heartbeat(5)
                raise OSError("jam")
            if attempt == 2:
                before = len(temporal.requests("RecordActivityTaskHeartbeat"))
                if not automatic:
                    activity.heartbeat()
                await temporal.wait_for("RecordActivityTaskHeartbeat", count=before + 1)
                raise OSError("jam again")
            return activity.heartbeat_details(int, default=0)

        task = await run(temporal, pack, heartbeat_timeout=60, retry_policy=RetryPolicy())

        assert task.result == 5

    async def test_details_that_cannot_be_encoded_raise_in_the_activity(self, temporal):
        """heartbeat() raises for details without a form on the wire; the activity may go on."""

        @activity.defn
        async def pack() -> str:
            with pytest.raises(ConverterError):
                activity.heartbeat(object())
            return "went on"

        task = await run(temporal, pack)

        assert (task.result, task.heartbeats) == ("went on", [])

    async def test_details_are_those_of_the_heartbeats_moment(self, temporal):
        """Changing an object after its heartbeat does not change what was said."""

        @activity.defn
        async def pack() -> None:
            state = {"page": 1}
            activity.heartbeat(state)
            state["page"] = 2
            await temporal.wait_for("RecordActivityTaskHeartbeat")

        task = await run(temporal, pack, heartbeat_timeout=60)

        assert task.heartbeats == [[{"page": 1}]]

    async def test_untyped_details_are_in_the_info(self, temporal):
        """info().heartbeat_details has them as they come."""

        @activity.defn
        async def pack() -> list[object]:
            if activity.info().attempt == 1:
                activity.heartbeat(1, "two")
                raise OSError("jam")
            return list(activity.info().heartbeat_details)

        task = await run(temporal, pack, heartbeat_timeout=60, retry_policy=RetryPolicy())

        assert task.result == [1, "two"]

    async def test_details_that_are_too_large_raise_in_the_activity(self):
        """heartbeat() raises for details above the namespace's limit; nothing is sent."""
        limits = {"blob_size_limit_error": 2048}
        async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}, limits=limits) as temporal:

            @activity.defn
            async def pack() -> str:
                with pytest.raises(ConverterError, match="takes at most 2,048"):
                    activity.heartbeat("x" * 3000)
                return "went on"

            task = await run(temporal, pack)

        assert (task.result, task.heartbeats) == ("went on", [])

    @pytest.mark.parametrize("complaint", ["no key", "surrogates not allowed"])
    async def test_details_that_a_codec_refuses_raise_in_the_next_heartbeat(self, temporal, complaint):
        """What only a codec finds out later, or what comes of it, is raised by the next heartbeat()."""

        class Refuses(PayloadCodec):
            async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
                if all(payload.data != b'"secret"' for payload in payloads):
                    return list(payloads)
                if complaint == "no key":
                    raise PermissionError("no key")
                return [Payload(metadata={"\ud800": b"no text"})]

            async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
                return list(payloads)

        told = asyncio.Event()

        @activity.defn
        async def pack() -> str:
            activity.heartbeat("secret")
            await told.wait()
            with pytest.raises(ConverterError, match=complaint):
                activity.heartbeat("next")
            return "went on"

        def observe(event: WorkerEvent) -> None:
            if isinstance(event, HeartbeatSent) and event.error is not None:
                told.set()

        client = temporal.client(data_converter=DataConverter(payload_codec=Refuses()))
        async with Worker(client, task_queue=QUEUE, activities=[pack], observers=[observe]):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=60)
            await task.wait_closed()

        assert task.result == "went on"

    async def test_details_whose_codec_is_cancelled_are_sent_later(self, temporal):
        """Cancelling the task in which a codec is at work costs an interval, and no more."""

        class CancelledOnce(PayloadCodec):
            was_cancelled = False

            async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
                if payloads[0].data == b"1" and not self.was_cancelled:
                    self.was_cancelled = True
                    task = asyncio.current_task()
                    assert task is not None
                    task.cancel()
                    await asyncio.sleep(0)
                return list(payloads)

            async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
                return list(payloads)

        @activity.defn
        async def pack() -> None:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")

        codec = CancelledOnce()
        client = temporal.client(data_converter=DataConverter(payload_codec=codec))
        async with Worker(client, task_queue=QUEUE, activities=[pack]):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.2)
            await task.wait_closed()

        assert codec.was_cancelled
        assert task.heartbeats == [[1]]

    async def test_a_codec_that_hangs_in_a_heartbeat_is_cancelled_at_the_runs_end(self, temporal):
        """An activity that has ended leaves no heartbeat in its codec behind when the worker ends."""
        has_begun, was_cancelled = asyncio.Event(), asyncio.Event()

        class Hangs(PayloadCodec):
            async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
                if payloads[0].data == b"1":
                    has_begun.set()
                    try:
                        await asyncio.sleep(60)
                    finally:
                        was_cancelled.set()
                return list(payloads)

            async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
                return list(payloads)

        @activity.defn
        async def pack() -> None:
            activity.heartbeat(1)
            await has_begun.wait()

        client = temporal.client(data_converter=DataConverter(payload_codec=Hangs()))
        async with Worker(client, task_queue=QUEUE, activities=[pack]):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=60)
            await task.wait_closed()

        assert task.state == "Completed"
        assert was_cancelled.is_set()

    async def test_heartbeats_without_a_timeout_are_warned_of_once(self, temporal, caplog):
        """An activity that heartbeats without a heartbeat timeout is named in the log, the first time."""

        @activity.defn
        async def pack() -> None:
            activity.heartbeat(1)

        async with worker_of(temporal, pack):
            for _ in range(3):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await task.wait_closed()

        assert caplog.text.count("without a heartbeat timeout") == 1


class TestThrottling:
    async def test_the_first_heartbeat_is_sent_and_then_the_newest(self, temporal):
        """However often an activity heartbeats, the server hears the first at once and the newest per interval."""

        @activity.defn
        async def pack() -> None:
            for page in range(100):
                activity.heartbeat(page)
                if page == 0:
                    await temporal.wait_for("RecordActivityTaskHeartbeat")
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=2)

        task = await run(temporal, pack, heartbeat_timeout=0.2)

        assert task.heartbeats == [[0], [99]]

    async def test_no_heartbeat_is_sent_after_the_activitys_end(self, temporal):
        """What an activity leaves running behind may heartbeat: the server does not hear of it."""
        ended, said = asyncio.Event(), asyncio.Event()

        async def straggle() -> None:
            await ended.wait()
            activity.heartbeat("too late")
            said.set()

        stragglers = []

        @activity.defn
        async def pack() -> None:
            stragglers.append(asyncio.create_task(straggle()))

        @activity.defn
        async def release() -> None:
            ended.set()
            await said.wait()

        # With one slot the second begins when the first has ended for good.
        async with worker_of(temporal, pack, release, max_concurrent_activities=1):
            temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=60)
            task = temporal.add_task(release, task_queue=QUEUE)
            await task.wait_closed()

        assert said.is_set()
        assert temporal.requests("RecordActivityTaskHeartbeat") == []

    async def test_a_completion_does_not_wait_for_a_throttled_heartbeat(self, temporal):
        """A result makes a held-back heartbeat pointless: it is not sent."""

        @activity.defn
        async def pack() -> None:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat(2)

        task = await run(temporal, pack, heartbeat_timeout=60)

        assert task.heartbeats == [[1]]

    async def test_an_activity_that_is_left_open_sends_its_throttled_heartbeat(self, temporal):
        """The server has the last details of an activity that is completed from elsewhere."""

        @activity.defn
        async def pack() -> None:
            activity.heartbeat(1)
            await temporal.wait_for("RecordActivityTaskHeartbeat")
            activity.heartbeat(2)
            activity.raise_complete_async()

        async with worker_of(temporal, pack) as worker:
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=60)
            await task.wait_for_heartbeat(2)
            await until(lambda: worker.slots_used == 0)

        assert task.heartbeats == [[1], [2]]


class TestAutomatic:
    async def test_automatic_heartbeats_need_no_call(self, temporal):
        """With auto_heartbeat a cancellation reaches an activity that never heartbeats."""

        @activity.defn(auto_heartbeat=True)
        async def pack() -> None:
            await asyncio.sleep(60)

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.05)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"

    async def test_automatic_heartbeats_can_be_the_workers_default(self, temporal):
        """Worker(auto_heartbeat=True) is for all activities that do not say otherwise."""

        @activity.defn
        async def pack() -> None:
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=3)

        task = await run(temporal, pack, heartbeat_timeout=0.05, worker={"auto_heartbeat": True})

        assert task.state == "Completed"

    async def test_automatic_heartbeats_need_no_heartbeat_timeout(self, temporal, caplog):
        """A cancellation reaches an activity without a heartbeat timeout too, at the default interval."""

        @activity.defn(auto_heartbeat=True)
        async def pack() -> None:
            await asyncio.sleep(60)

        async with worker_of(temporal, pack, default_heartbeat_throttle_interval=0.05):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_for_attempt()
            task.request_cancel()
            await task.wait_closed()

        assert task.state == "Canceled"
        assert "without a heartbeat timeout" not in caplog.text

    async def test_automatic_heartbeats_repeat_the_last_details(self, temporal):
        """They do not wipe out what the activity itself has said."""

        @activity.defn(auto_heartbeat=True)
        async def pack() -> None:
            activity.heartbeat("page 1")
            before = len(temporal.requests("RecordActivityTaskHeartbeat"))
            await temporal.wait_for("RecordActivityTaskHeartbeat", count=before + 3)

        task = await run(temporal, pack, heartbeat_timeout=0.05)

        assert task.heartbeat_details == ["page 1"]

    @pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
    async def test_automatic_heartbeats_end_where_an_activity_is_silent_for_too_long(self, temporal, caplog, is_async):
        """One that hangs is not kept alive: the server ends it by its heartbeat timeout."""
        caplog.set_level(logging.WARNING)
        release = threading.Event()

        @activity.defn(name="hang", auto_heartbeat=True, auto_heartbeat_limit=0.2)
        async def hang_async() -> None:
            await asyncio.to_thread(release.wait, 10)

        @activity.defn(name="hang", auto_heartbeat=True, auto_heartbeat_limit=0.2)
        def hang_sync() -> None:
            release.wait(10)

        async with worker_of(temporal, hang_async if is_async else hang_sync):
            task = temporal.add_task("hang", task_queue=QUEUE, heartbeat_timeout=0.1)
            await until(lambda: "heartbeated itself for 0.2 s (auto_heartbeat_limit)" in caplog.text)
            sent = len(temporal.requests("RecordActivityTaskHeartbeat"))
            await asyncio.sleep(0.2)
            later = len(temporal.requests("RecordActivityTaskHeartbeat"))
            release.set()
            await task.wait_closed()

        assert sent >= 2
        assert later == sent

    async def test_a_thread_that_waits_for_a_slow_server_is_kept_alive_within_the_limit(self, temporal, caplog):
        """And for as long again after each heartbeat of its own."""
        caplog.set_level(logging.WARNING)
        counts = []

        def sent() -> int:
            return len(temporal.requests("RecordActivityTaskHeartbeat"))

        @activity.defn(auto_heartbeat=True, auto_heartbeat_limit=5)
        def fetch_pages() -> str:
            for page in range(3):
                before = sent()
                deadline = time.monotonic() + 10
                while sent() < before + 2 and time.monotonic() < deadline:
                    time.sleep(0.01)
                counts.append(sent() - before)
                activity.heartbeat(page)
            return "fetched"

        task = await run(temporal, fetch_pages, heartbeat_timeout=0.1)

        assert task.result == "fetched"
        assert all(count >= 2 for count in counts)
        assert "auto_heartbeat_limit" not in caplog.text

    async def test_an_own_heartbeat_prolongs_automatic_ones(self, temporal):
        """The limit counts from the last one."""

        @activity.defn(auto_heartbeat=True, auto_heartbeat_limit=60)
        async def pack() -> float:
            context = activity.context()
            first = context._outbound._heartbeats._throttle.automatic_until  # type: ignore[attr-defined]
            await asyncio.sleep(0.02)
            activity.heartbeat()
            return context._outbound._heartbeats._throttle.automatic_until - first  # type: ignore[attr-defined]

        task = await run(temporal, pack, heartbeat_timeout=5)

        assert task.result > 0
