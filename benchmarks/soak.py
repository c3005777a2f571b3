"""What becomes of activities when connections, workers and servers come and go under load; on the real dev server.

    python -m benchmarks.soak [--quick] [--only NAME …]

Each scenario prints a line per worker: what the server says of the activities, and whether that is as it must be for
ours. temporalio's worker, in the same process and under the same load, is there for comparison. The exit code says
whether ours has passed everywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

import asyncworker
from asyncworker.testing import DevServer

from ._processes import Stub
from ._soak_parts import CONTENDERS, UNLIMITED, Census, Contender, Load, Ours, Proxy, Theirs, kill


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything; times in seconds."""

    turnover_activities: int
    restarts: int
    outage: float
    kill_activities: int
    memory_activities: int


_QUICK = Effort(turnover_activities=300, restarts=6, outage=20, kill_activities=40, memory_activities=8_000)
_NORMAL = Effort(turnover_activities=1_000, restarts=20, outage=60, kill_activities=100, memory_activities=20_000)


@dataclass(frozen=True, slots=True)
class Line:
    """What a scenario came to for one worker; what the yardstick does is neither right nor wrong."""

    scenario: str
    worker: str
    figures: str
    passed: bool | None

    def __str__(self) -> str:
        verdict = {True: "PASS", False: "**FAIL**", None: ""}[self.passed]
        return f"| {self.scenario} | {self.worker} | {self.figures} | {verdict} |"


def _line(scenario: str, contender: Contender, census: Census, *more: str, passed: bool | None = None) -> Line:
    figures = [
        f"{census.completed:,} of {census.started:,} completed",
        f"{census.orphaned} orphaned",
        f"{census.retried} in a later attempt{_causes(census)}",
        f"{contender.ran_twice} run twice",
        *([f"{census.other} in another state"] if census.other else []),
        *more,
    ]
    if passed is None:
        passed = census.is_perfect and not contender.ran_twice
    return Line(scenario, contender.name, ", ".join(figures), passed if isinstance(contender, Ours) else None)


def _causes(census: Census) -> str:
    return "".join(f" ({count} × {message!r})" for message, count in census.failures.most_common(3))


# Connections come and go


async def turnover(effort: Effort) -> AsyncIterator[Line]:
    """The server ends connections at an age of 3 to 6 s, as it says in its GOAWAY."""
    settings = {
        **UNLIMITED,
        "frontend.keepAliveMaxConnectionAge": "4s",
        "frontend.keepAliveMaxConnectionAgeGrace": "60s",
    }
    async with DevServer(dynamic_config=settings) as server:
        for line in await asyncio.gather(*(_turn_over(server.target, kind(), effort) for kind in CONTENDERS)):
            yield line


async def _turn_over(target: str, contender: Contender, effort: Effort) -> Line:
    load = await Load.on(target, contender)
    async with contender.working(target):
        await load.start_paced(25, effort.turnover_activities, longest=3)
        await load.wait(15)
    more = [] if contender.connections is None else [f"{contender.connections} connections"]
    return _line("connection turnover every 4 s", contender, await load.census(), *more)


# Workers come and go


async def restarts(effort: Effort) -> AsyncIterator[Line]:
    """Workers are stopped and started again while 50 activities a second are started."""
    for ends_polls in (False, True):
        settings = {**UNLIMITED, "frontend.enableCancelWorkerPollsOnShutdown": ends_polls}
        async with DevServer(dynamic_config=settings) as server:
            title = f"{effort.restarts} restarts, server {'ends' if ends_polls else 'does not end'} polls"
            # One after the other: the rate is more than the machine has for both.
            for kind in CONTENDERS:
                yield await _restart(title, server.target, kind(), effort.restarts)


async def _restart(title: str, target: str, contender: Contender, count: int) -> Line:
    load = await Load.on(target, contender)
    enough = asyncio.Event()
    loading = asyncio.create_task(load.start_until(enough, 50, longest=0.1))
    slowest = 0.0
    for _ in range(count):
        async with contender.client(target) as client:
            worker = contender.worker(client)
            async with worker:
                await asyncio.sleep(random.uniform(0.3, 1.0))
                stopping = time.monotonic()
            slowest = max(slowest, time.monotonic() - stopping)
    enough.set()
    rate = await loading
    async with contender.working(target):
        # An orphan stays started for five minutes.
        await load.wait(5)
        census = await load.census()
    return _line(title, contender, census, f"{rate:.0f} starts/s", f"stopped in {slowest:.1f} s at most")


# The server goes, and comes back


async def outage(effort: Effort) -> AsyncIterator[Line]:
    """The server cannot be reached for a while, in which activities end."""
    async with DevServer(dynamic_config=UNLIMITED) as server:
        for line in await asyncio.gather(*(_cut_off(server.target, kind(), effort.outage) for kind in CONTENDERS)):
            yield line


async def _cut_off(target: str, contender: Contender, seconds: float) -> Line:
    load = await Load.on(target, contender)
    proxy = Proxy(target)
    await proxy.open()
    async with contender.working(proxy.target):
        await load.start_all((seconds * number / 25 for number in range(1, 26)), beat=200)
        await _until(lambda: len(contender.runs) == 25)
        await proxy.shut()
        await asyncio.sleep(seconds)
        await proxy.open()
        await load.wait(15)
        census = await load.census()
    await proxy.shut()
    return _line(f"{seconds:.0f} s without a server", contender, census)


async def killed(effort: Effort) -> AsyncIterator[Line]:
    """The server is killed, and started again on the same database; what was under way within it may need a retry."""
    contenders = [kind() for kind in CONTENDERS]
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "temporal.db"
        async with DevServer(dynamic_config=UNLIMITED, db_filename=database) as server:
            target, port = server.target, server.port
            loads = [await Load.on(target, contender) for contender in contenders]
            working = [contender.working(target) for contender in contenders]
            for each in working:
                await each.__aenter__()
            for load in loads:
                lengths = [20 * number / effort.kill_activities for number in range(effort.kill_activities)]
                await load.start_all(lengths, timeout=30, beat=25)
            await asyncio.sleep(3)
            kill(server)
        await asyncio.sleep(3)
        async with DevServer(dynamic_config=UNLIMITED, db_filename=database, port=port):
            for contender, load in zip(contenders, loads, strict=True):
                await load.wait(60)
                census = await load.census()
                all_done = census.completed == census.started and not contender.ran_twice
                yield _line("server killed", contender, census, passed=all_done)
            for each in working:
                await each.__aexit__(None, None, None)


# What is left behind


async def memory(effort: Effort) -> AsyncIterator[Line]:
    """Many activities on the stub server: neither memory nor the loop fills up."""
    process, quarter = psutil.Process(), effort.memory_activities // 4
    sizes, objects = [], []
    tasks_before = len(asyncio.all_tasks())
    with Stub() as stub:
        files_before = process.num_fds()
        lane = await asyncio.to_thread(stub.do, "listen")
        async with await asyncworker.Client.connect(f"127.0.0.1:{lane['port']}") as client:

            @asyncworker.activity.defn
            async def greet(name: str) -> str:
                asyncworker.activity.heartbeat(name)
                return f"Hello, {name}!"

            async with asyncworker.Worker(client, task_queue="benchmark", activities=[greet]):
                for _ in range(4):
                    await asyncio.to_thread(stub.do, "saturate", lane=lane["lane"], count=quarter)
                    gc.collect()
                    sizes.append(process.memory_info().rss)
                    objects.append(len(gc.get_objects()))
        tasks, files = len(asyncio.all_tasks()) - tasks_before, process.num_fds() - files_before
        timers = _live_timers()
    grown, more_objects = sizes[3] - sizes[1], objects[3] - objects[1]
    figures = (
        f"RSS {' → '.join(f'{size / 1e6:.1f}' for size in sizes)} MB by quarters, {more_objects:+,} objects from the"
        f" 2nd to the 4th; left in the end: {tasks} tasks, {timers} timers, {files} files"
    )
    passed = grown < 2_000_000 and more_objects < quarter / 10 and not (tasks or timers or files > 0)
    yield Line(f"{effort.memory_activities:,} activities", Ours.name, figures, passed)


def _live_timers() -> int:
    scheduled = getattr(asyncio.get_running_loop(), "_scheduled", [])
    return sum(not handle.cancelled() for handle in scheduled)


# Code that does what it should not


async def blocked(effort: Effort) -> AsyncIterator[Line]:  # noqa: ARG001 - there is not more or less of it
    """One activity blocks the event loop for 3 s, twice, while others run, heartbeat and come."""
    async with DevServer(dynamic_config=UNLIMITED) as server:
        for contender in (Ours(), Theirs()):
            load = await Load.on(server.target, contender)
            async with contender.working(server.target):
                # A heartbeat leaves 16 s after the last: one that is held up for 3 s more is still in time.
                await load.start_all((random.uniform(1, 20) for _ in range(40)), beat=20)
                loading = asyncio.create_task(load.start_paced(25, 200, longest=0.2))
                for _ in range(2):
                    await load.start(3.0, activity="block")
                    await asyncio.sleep(1)
                await loading
                await load.wait(20)
                census = await load.census()
            late = f"neighbours up to {max(contender.late):.1f} s late"
            yield _line("event loop blocked for 3 s, twice", contender, census, late)


async def _until(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not fact():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)


# All of it

SCENARIOS: dict[str, Callable[[Effort], AsyncIterator[Line]]] = {
    "turnover": turnover,
    "restarts": restarts,
    "outage": outage,
    "killed": killed,
    "memory": memory,
    "blocked": blocked,
}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="less of everything, in two minutes")
    parser.add_argument("--only", nargs="+", choices=list(SCENARIOS), metavar="NAME", help=", ".join(SCENARIOS))
    return parser.parse_args(arguments)


async def run(names: Sequence[str], effort: Effort) -> bool:
    """Play the scenarios, print their lines, and say whether all has gone well."""
    print("| scenario | worker | figures | verdict |\n|---|---|---|---|", flush=True)
    well = True
    for name in names:
        began = time.monotonic()
        async for line in SCENARIOS[name](effort):
            print(line, flush=True)
            well = well and line.passed is not False
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return well


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, and exit with 1 if anything went wrong."""
    options = parse(arguments)
    # Both workers have a lot to say about what is done to them here.
    logging.disable(logging.CRITICAL)
    well = asyncio.run(run(options.only or list(SCENARIOS), _QUICK if options.quick else _NORMAL))
    sys.exit(not well)


if __name__ == "__main__":
    main()
