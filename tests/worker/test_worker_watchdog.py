"""The watchdog: a blocked event loop is seen and named, at the time, and is told of when it is over."""

from __future__ import annotations

import asyncio
import bdb
import logging
import os
import sys
import threading
import time
from typing import Any

import pytest
from worker_helpers import QUEUE, until, worker_of

from asyncworker import activity
from asyncworker.worker import LoopBlocked, LoopFreed
from asyncworker.worker.health import _watchdog
from asyncworker.worker.health._blocker import find_blocker

THRESHOLD = 0.2


class Block:
    """Blocks its event loop until a fact of another thread holds."""

    def __init__(self) -> None:
        self.worker = None
        self.seen: list[Any] = []

    def __call__(self) -> None:
        """Block until the watchdog has seen it: statistics may be read while the loop is blocked."""
        until_at = time.monotonic() + 10
        while time.monotonic() < until_at:
            found = self.worker.statistics()  # type: ignore[attr-defined]
            if found.loop_blocked_for is not None:
                self.seen.append((found.is_ready, found.loop_blocks))
                return
            time.sleep(0.01)


block = Block()


@activity.defn
async def blocks() -> None:
    block()


@activity.defn
async def blocks_in_a_child() -> None:
    async def child() -> None:
        block()

    await asyncio.create_task(child())


@activity.defn
async def blocks_in_a_callback() -> None:
    asyncio.get_running_loop().call_soon(block)
    await asyncio.sleep(0)


@activity.defn
async def pack() -> None: ...


def lines(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.endswith("._block_report")]


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "asyncworker watchdog"]


async def blocked(temporal, fn, **options):
    """Run an activity that blocks; return the events."""
    events = []
    async with worker_of(temporal, fn, observers=[events.append], loop_block_threshold=THRESHOLD, **options) as worker:
        block.worker, block.seen = worker, []
        await until(lambda: worker.is_ready)
        await temporal.add_task(fn, task_queue=QUEUE).wait_closed(timeout=15)
        await until(lambda: any(isinstance(event, LoopFreed) for event in events))
        await until(lambda: worker.is_ready)
    return [event for event in events if isinstance(event, LoopBlocked | LoopFreed)]


class TestBlocks:
    @pytest.mark.parametrize("fn", [blocks, blocks_in_a_child, blocks_in_a_callback], ids=lambda fn: fn.__name__)
    async def test_an_activity_that_blocks_the_loop_is_named_in_the_log(self, temporal, caplog, fn):
        """Whether it is its own task, a child of that, or a callback: activity, attempt, seconds and place."""
        caplog.set_level(logging.WARNING)

        first, last = await blocked(temporal, fn)
        told, freed = lines(caplog)

        assert told.startswith(f"activity {fn.__name__} (activity-1, attempt 1) has blocked the event loop for 0.")
        assert f"{__file__}:" in told
        assert "in __call__" in told
        assert freed.startswith(f"the event loop runs again: activity {fn.__name__} (activity-1, attempt 1) had")
        assert (first.task_queue, first.info.activity_type) == (QUEUE, fn.__name__)
        assert first.info == last.info
        assert first.seconds <= last.seconds
        assert any("in __call__" in frame for frame in first.frames)

    async def test_the_log_has_the_attempt_in_flat_keys(self, temporal, caplog):
        """Log pipelines find it as they find all else about an attempt."""
        caplog.set_level(logging.ERROR)

        await blocked(temporal, blocks)

        (record,) = [record for record in caplog.records if record.name.endswith("._block_report")]
        assert record.__dict__["temporal.activity_type"] == "blocks"

    async def test_a_worker_with_a_blocked_loop_is_not_ready_and_counts_it(self, temporal):
        """Another thread can see that at the time."""
        await blocked(temporal, blocks)

        assert block.seen == [(False, 1)]

    async def test_code_outside_of_activities_is_shown_by_its_place(self, temporal, caplog):
        """Routes of a web application share the loop with the worker."""
        caplog.set_level(logging.WARNING)
        events = []
        async with worker_of(temporal, pack, loop_block_threshold=THRESHOLD, observers=[events.append]) as block.worker:
            block()
            await until(lambda: any(isinstance(event, LoopFreed) for event in events))

        assert lines(caplog)[0].startswith("code outside of activities has blocked the event loop")
        assert "in __call__" in lines(caplog)[0]

    async def test_a_log_handler_that_raises_costs_a_line(self, temporal):
        """The next block is told of all the same."""

        class Raising(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                raise RuntimeError("disk full")

        handler = Raising()
        logging.getLogger("asyncworker").addHandler(handler)
        try:
            events = [*await blocked(temporal, blocks), *await blocked(temporal, blocks)]
        finally:
            logging.getLogger("asyncworker").removeHandler(handler)

        assert [type(event) for event in events] == [LoopBlocked, LoopFreed] * 2

    async def test_a_transport_without_an_address_is_named_once(self, temporal, caplog):
        """The neighbours get no heartbeats then."""

        @activity.defn
        async def neighbour() -> None:
            activity.heartbeat()
            await asyncio.Event().wait()

        options = {"loop_block_threshold": THRESHOLD, "graceful_shutdown_timeout": 0}
        async with worker_of(temporal, blocks, neighbour, **options) as worker:
            temporal.add_task(neighbour, task_queue=QUEUE, heartbeat_timeout=60)
            await until(lambda: len(temporal.requests("RecordActivityTaskHeartbeat")) == 1)
            for _ in range(2):
                block.worker, block.seen = worker, []
                await temporal.add_task(blocks, task_queue=QUEUE).wait_closed()
                await until(lambda: worker.statistics().loop_blocked_for is None)

        warnings = [record for record in caplog.records if "get no heartbeats" in record.getMessage()]
        assert len(warnings) == 1

    async def test_a_worker_without_a_threshold_is_not_watched(self, temporal):
        """There is no thread."""
        async with worker_of(temporal, pack, loop_block_threshold=None):
            assert watchdogs() == []


class TestDebuggers:
    async def test_a_traced_loop_is_not_called_blocked(self):
        """A breakpoint holds the loop for as long as its user thinks."""
        sys._getframe().f_trace = bdb.Bdb().trace_dispatch
        try:
            found = find_blocker(asyncio.get_running_loop(), threading.get_ident(), ())
        finally:
            sys._getframe().f_trace = None

        assert found is None

    async def test_a_tracer_that_is_no_debugger_changes_nothing(self):
        """Coverage traces as well."""
        sys._getframe().f_trace = lambda *_: None
        try:
            found = find_blocker(asyncio.get_running_loop(), threading.get_ident(), ())
        finally:
            sys._getframe().f_trace = None

        assert found is not None


class TestItsThread:
    async def test_workers_of_a_loop_share_a_thread_that_ends_with_the_last(self, temporal):
        """However they begin and end."""
        first = worker_of(temporal, pack)
        async with worker_of(temporal, pack):
            async with first:
                both = len(watchdogs())
            one = len(watchdogs())

        assert (both, one, len(watchdogs())) == (1, 1, 0)
        assert _watchdog._watchdogs == {}

    async def test_the_shortest_threshold_of_a_loops_workers_counts(self, temporal):
        """And the longer one again when that worker has gone."""
        async with worker_of(temporal, pack, loop_block_threshold=50):
            (watchdog,) = _watchdog._watchdogs.values()
            async with worker_of(temporal, pack, loop_block_threshold=2):
                assert watchdog._detector.threshold == 2
            assert watchdog._detector.threshold == 50

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
    async def test_a_forked_child_has_no_watchdog(self, temporal):
        """Nor anything of its parent's that would keep it from having one of its own."""
        async with worker_of(temporal, pack):
            child = os.fork()
            if not child:
                os._exit(len(_watchdog._watchdogs) + len(watchdogs()))
            _, status = await asyncio.to_thread(os.waitpid, child, 0)

            assert len(watchdogs()) == 1
        assert os.waitstatus_to_exitcode(status) == 0
