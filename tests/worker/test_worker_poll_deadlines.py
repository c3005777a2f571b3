"""Which deadline a poll gets: short while a worker is young, where that costs nothing, and long otherwise."""

from __future__ import annotations

import asyncio
import itertools
import logging

import pytest
from worker_helpers import QUEUE, until, worker_of

from asyncworker import activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker.polling._poll_deadlines import LONG, SHORT, PollDeadlines

POLL = "PollActivityTaskQueue"


@activity.defn
async def pack() -> str:
    return "packed"


class TestChoice:
    def test_polls_are_short_in_the_first_minute_and_long_after_it(self):
        """A worker that has stayed so long will stay longer."""
        deadlines = PollDeadlines(100.0, None)

        found = [deadlines.choose(now, pollers=5) for now in (100.0, 159.9, 160.0, 1e6)]

        assert found == [SHORT, SHORT, LONG, LONG]

    def test_a_fixed_deadline_is_kept(self):
        """The user's, or that of a server that ends polls."""
        deadlines = PollDeadlines(0.0, 70.0)
        deadlines.record_overdue(1.0)

        assert {deadlines.choose(now, pollers=5) for now in (0.0, 2.0, 100.0)} == {70.0}
        assert not deadlines.is_late(200.0, 70.0)

    def test_one_poll_alone_is_long(self):
        """In its last second it would miss the tasks of three partitions."""
        assert PollDeadlines(0.0, None).choose(0.0, pollers=1) == LONG

    @pytest.mark.parametrize("pollers", [2, 3])
    def test_two_or_three_polls_never_end_all_at_once(self, pollers):
        """While one is in its last second, another hears all partitions."""
        deadlines = PollDeadlines(0.0, None)
        ends = [0.0] * pollers
        for now in itertools.takewhile(lambda now: now < 55, (min(ends) for _ in iter(int, 1))):
            index = ends.index(now)
            others = [end for other, end in enumerate(ends) if other != index and end > now]
            ends[index] = now + deadlines.choose(now, pollers=pollers, open_until=others)
            if all(end > now for end in ends):
                assert max(ends) - min(ends) >= 1

    def test_a_starving_server_makes_polls_long_for_some_minutes(self):
        """Short ones would lose more tasks there."""
        deadlines = PollDeadlines(0.0, None)
        deadlines.record_overdue(5.0)

        assert [deadlines.choose(now, pollers=5) for now in (5.0, 30.0)] == [LONG, LONG]
        assert deadlines.overdue == 1

    @pytest.mark.parametrize(("now", "is_late"), [(12.0, False), (12.2, False), (12.3, True), (14.0, True)])
    def test_an_empty_answer_is_due_a_second_before_the_deadline(self, now, is_late):
        """A quarter of a second later the server is starving."""
        assert PollDeadlines(10.0, None).is_late(now, deadline=13.0) is is_late


async def remaining(**options) -> set[int]:
    """Return the deadlines of a new worker's first polls on a stock server, in whole seconds."""
    capabilities = {"worker_poll_complete_on_shutdown": False}
    async with FakeTemporal(capabilities=capabilities, longest_poll=0.01) as temporal:
        async with worker_of(temporal, pack, **options):
            await temporal.wait_for(POLL, count=20)
        return {round(call.remaining) for call in temporal.calls if call.method == POLL and call.remaining is not None}


class TestWorkers:
    async def test_a_new_worker_polls_for_three_seconds(self):
        """It can leave within two."""
        assert await remaining() == {3}

    async def test_a_worker_with_one_slot_polls_for_ten_seconds(self):
        """Its five pollers never poll at the same time; only the first poll cannot know that."""
        assert await remaining(max_concurrent_activities=1) <= {3, 10}
        assert 10 in await remaining(max_concurrent_activities=1)

    async def test_two_polls_are_out_of_step(self):
        """One lasts a second longer."""
        assert await remaining(max_concurrent_activity_task_polls=2) == {3, 4}

    async def test_the_users_deadline_is_kept(self):
        """However young the worker is."""
        assert await remaining(long_poll_timeout=7) == {7}

    async def test_a_poll_that_the_server_ends_at_its_deadline_is_logged_and_counted(self, caplog):
        """A task may have been started for it: it is no empty poll."""
        caplog.set_level(logging.WARNING)
        capabilities = {"worker_poll_complete_on_shutdown": False}
        async with FakeTemporal(capabilities=capabilities, longest_poll=0.01) as temporal:
            temporal.fail_next(POLL, RPCStatusCode.DEADLINE_EXCEEDED, "context deadline exceeded", times=3)
            async with worker_of(temporal, pack) as worker:
                await until(lambda: worker.statistics().polls_overdue == 3)
                before = len(temporal.calls)
                await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
                await until(lambda: len(temporal.calls) > before + 20)
                ready = worker.is_ready
            last = [call.remaining for call in temporal.calls if call.method == POLL][-3:]

        told = [record for record in caplog.records if "has ended a poll of task queue 'orders'" in record.getMessage()]
        assert len(told) == 1
        assert ready
        assert all(seconds is not None and seconds > 8 for seconds in last)

    async def test_an_answer_that_a_blocked_loop_reads_late_is_not_the_servers_fault(self):
        """The loop came late to everything."""
        capabilities = {"worker_poll_complete_on_shutdown": False}
        async with FakeTemporal(capabilities=capabilities) as temporal, worker_of(temporal, pack) as worker:
            run = worker._worker_run
            (poller, *_) = run.pollers._active
            now = asyncio.get_running_loop().time()
            poller._long_poll.deadline = now - 5
            run.watched.late_at = now
            run.pollers._check_punctuality(poller)
            blamed = [worker.statistics().polls_overdue]
            run.watched.late_at = now - 100
            run.pollers._check_punctuality(poller)
            blamed.append(worker.statistics().polls_overdue)

        assert blamed == [0, 1]
