"""No more starts per second than allowed, and no poll that waits is passed."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from worker_helpers import QUEUE, until, worker_of

from asyncworker import activity
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker._rate_limit import PollRateLimiter, RateLimit


class TestRateLimit:
    def test_permits_come_at_an_even_pace(self):
        """Permits taken at once are usable one after the other."""
        limit = RateLimit(4)

        assert [limit.take(now=10.0) for _ in range(3)] == [0.0, 0.25, 0.5]

    def test_nothing_is_saved_up(self):
        """A pause does not allow a burst afterwards."""
        limit = RateLimit(4)
        limit.take(now=0.0)

        assert [limit.take(now=60.0) for _ in range(2)] == [0.0, 0.25]

    def test_asking_takes_nothing(self):
        """Asking when the next permit is due leaves it there."""
        limit = RateLimit(4)
        limit.take(now=10.0)

        assert [limit.next_wait(now) for now in (10.0, 10.1, 10.3)] == pytest.approx([0.25, 0.15, 0.0])

    def test_an_unused_permit_can_be_given_back(self):
        """A permit given back is there for the next."""
        limit = RateLimit(4)
        limit.take(now=0.0)

        limit.give_back()

        assert limit.take(now=0.0) == 0.0

    def test_a_permit_used_late_keeps_the_next_at_a_distance(self):
        """A permit that lay in an open poll counts from when it was used."""
        limit = RateLimit(4)
        limit.take(now=0.0)

        limit.used(now=60.0)

        assert limit.next_wait(now=60.0) == 0.25

    def test_a_rate_is_above_zero(self):
        """A rate of nothing would mean never."""
        with pytest.raises(ValueError, match="above zero"):
            RateLimit(0)


class TestPollRateLimiter:
    async def test_permits_go_to_polls_in_the_order_of_coming(self):
        """Permits given back move all that wait forward, and none past another."""
        limiter = PollRateLimiter(50)
        order: list[int] = []

        async def poll(number: int) -> None:
            for _ in range(3):
                await limiter.acquire()
                order.append(number)
                # An empty poll: this one goes to the end of the line.
                limiter.release(used=False)

        async with anyio.create_task_group() as group:
            await limiter.acquire()
            for number in range(3):
                group.start_soon(poll, number)
            await anyio.wait_all_tasks_blocked()
            limiter.release(used=False)

        # Each comes once before any comes again.
        assert [sorted(order[at : at + 3]) for at in (0, 3, 6)] == [[0, 1, 2]] * 3
        assert order[:3] == [0, 1, 2]

    async def test_a_permit_given_back_goes_to_the_first_in_line(self):
        """Who has waited longest gets it, at once."""
        limiter = PollRateLimiter(0.001)
        await limiter.acquire()
        first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
        await anyio.wait_all_tasks_blocked()

        limiter.release(used=False)

        with anyio.fail_after(1):
            await first
        assert not second.done()
        second.cancel()

    async def test_polls_hold_no_more_than_the_permits_of_one_second(self):
        """What may be used in one moment is bounded: at three per second it is three."""
        limiter = PollRateLimiter(3)
        with anyio.fail_after(5):
            for _ in range(3):
                await limiter.acquire()
        # As if those three polls had been open for a minute, and a permit long due.
        limiter._limit._next_at -= 60

        fourth = asyncio.create_task(limiter.acquire())
        await anyio.wait_all_tasks_blocked()

        assert not fourth.done()
        fourth.cancel()

    async def test_cancelling_a_wait_loses_no_permit(self):
        """A permit granted to a poll that is cancelled in that moment goes to the next."""
        limiter = PollRateLimiter(0.001)
        await limiter.acquire()
        first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
        await anyio.wait_all_tasks_blocked()

        limiter.release(used=False)
        first.cancel()

        with anyio.fail_after(1):
            await second
        assert first.cancelled()

    async def test_cancelling_a_wait_leaves_the_line(self):
        """A poll that waits no more does not hold up the line."""
        limiter = PollRateLimiter(0.001)
        await limiter.acquire()
        first, second = (asyncio.create_task(limiter.acquire()) for _ in range(2))
        await anyio.wait_all_tasks_blocked()

        first.cancel()
        await anyio.wait_all_tasks_blocked()
        limiter.release(used=False)

        with anyio.fail_after(1):
            await second

    async def test_at_one_per_second_or_less_starts_keep_their_distance(self):
        """A start that came late in its poll puts the next poll off."""
        limiter = PollRateLimiter(1)
        await limiter.acquire()
        limit = limiter._limit
        # As if that poll had been open for a minute.
        limit._next_at -= 60

        limiter.release(used=True)

        assert limit.next_wait(asyncio.get_running_loop().time()) == pytest.approx(1.0, abs=0.1)


class TestWorker:
    async def test_a_worker_starts_no_more_than_its_rate(self, temporal):
        """At one start per quarter of an hour a worker takes one task of a backlog, and does not poll for another."""

        @activity.defn
        async def pack() -> None: ...

        tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(3)]
        async with worker_of(temporal, pack, max_activities_per_second=1 / 900):
            await tasks[0].wait_closed()
            await anyio.wait_all_tasks_blocked()
            states = [task.state for task in tasks]

        assert states == ["Completed", "Scheduled", "Scheduled"]
        assert len(temporal.requests("PollActivityTaskQueue")) == 1

    async def test_empty_polls_cost_nothing(self):
        """A permit that an empty poll gives back lets the next poll begin at once."""

        @activity.defn
        async def pack() -> None: ...

        async with (
            FakeTemporal(longest_poll=0.01) as temporal,
            worker_of(temporal, pack, max_activities_per_second=1 / 900),
        ):
            await temporal.wait_for("PollActivityTaskQueue", count=5)
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.state == "Completed"

    async def test_failed_polls_cost_nothing(self, temporal):
        """A poll that failed started nothing."""

        @activity.defn
        async def pack() -> None: ...

        temporal.fail_next("PollActivityTaskQueue", RPCStatusCode.UNAVAILABLE, "away")
        async with worker_of(temporal, pack, max_activities_per_second=1 / 900):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

        assert task.state == "Completed"

    async def test_a_worker_stops_while_it_waits_for_a_permit(self, temporal):
        """A shutdown does not wait for the rate limit."""

        @activity.defn
        async def pack() -> None: ...

        task = temporal.add_task(pack, task_queue=QUEUE)
        with anyio.fail_after(5):
            async with worker_of(temporal, pack, max_activities_per_second=1 / 900) as worker:
                await task.wait_closed()
                await until(lambda: worker.slots_used == 0)

        assert worker.is_shutdown
