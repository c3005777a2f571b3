"""Every start against what the workers and the server say, while one thing after the other goes wrong.

    python -m benchmarks.ledger [--quick] [--only NAME …] [--starts 30000] [--rate 45] [--keep FOLDER]

On the real dev server, with workers that are processes of their own. Each writes down every poll that ends and every
activity that it runs, and what the server sends them is kept. So an orphan (an attempt which the server has started,
and no worker runs) has an owner: a poll has brought it, or it was lost on its way, or the server has never sent it.
temporalio's worker, in the same conditions, is there for comparison. The exit code says whether ours has passed
everywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._ledger_parts import POLLS, Account, Fleet, Load, Progress, Records, Server, Valve
from .soak import Line

_KINDS = ("asyncworker", "temporalio")
# With one attempt and an hour for it, an orphan is still there when all is over.
_HOUR = 3600.0


@dataclass(slots=True)
class Stage:
    """What a scenario may do things to, while activities are started.

    Attributes:
        fleet: The workers.
        server: The server.
        valve: What is between the two.
        enough: Set when all are started.
        faults: From when to when the server or the network was out of order, as seconds since the epoch.
        done: How often it was done.
    """

    fleet: Fleet
    server: Server
    valve: Valve
    enough: asyncio.Event
    faults: list[tuple[float, float]] = field(default_factory=list)
    done: int = 0

    async def sleep(self, seconds: float) -> bool:
        """Wait so long, or until all are started; returns whether there is more to start."""
        try:
            async with asyncio.timeout(seconds):
                await self.enough.wait()
        except TimeoutError:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Scenario:
    """What goes wrong, and what may come of it.

    Attributes:
        title: How the table names it.
        play: What goes wrong, from the first start to the last.
        starts: How many activities are started.
        rate: How many per second.
        workers: How many processes.
        attempts: How many an activity has; 0 is any number.
        timeout: Seconds that an attempt may take.
        orphans: How many tasks one fault may destroy on their way, which no worker can prevent.
        keeps_state: Whether the server has its state in a file.
        ends_polls: Whether the server ends the polls of workers that leave; by default it does not.
    """

    title: str
    play: Callable[[Stage], Coroutine[Any, Any, None]]
    starts: int
    rate: float = 40
    workers: int = 3
    attempts: int = 1
    timeout: float = _HOUR
    orphans: int = 0
    keeps_state: bool = False
    ends_polls: bool = False


# What goes wrong


async def rolling(stage: Stage) -> None:
    """Replace one worker after the other: the new one first, the old one first, by turns."""
    while await stage.sleep(2):
        if stage.done % 2:
            await stage.fleet.stop()
            await stage.fleet.start()
        else:
            await stage.fleet.start()
            await stage.fleet.stop()
        stage.done += 1


async def kills(stage: Stage) -> None:
    """Kill one worker after the other, and start another in its place."""
    while await stage.sleep(5):
        await stage.fleet.kill()
        await stage.fleet.start()
        stage.done += 1


async def stall(stage: Stage) -> None:
    """Hold one worker after the other for longer than a poll lasts."""
    while await stage.sleep(3):
        await stage.fleet.pause(15)
        stage.done += 1


async def server(stage: Stage) -> None:
    """Kill the server, twice, and start it again on the same database and port."""
    while stage.done < 2 and await stage.sleep(15):
        began = time.time()
        await stage.server.crash(away=3)
        stage.faults.append((began, time.time() + 1))
        stage.done += 1


async def _shut(stage: Stage, *directions: str, seconds: float, loses: bool) -> None:
    await stage.sleep(10)
    began = time.time()
    async with stage.valve.closed(*directions, loses=loses):
        await asyncio.sleep(seconds)
    stage.faults.append((began, time.time() + 1))
    stage.done += 1


async def late(stage: Stage) -> None:
    """Hold all bytes, both ways, for longer than a poll lasts, and deliver them all."""
    await _shut(stage, "up", "down", seconds=15, loses=False)


async def one_way_down(stage: Stage) -> None:
    """Lose what the server sends, for 40 s."""
    await _shut(stage, "down", seconds=40, loses=True)


async def one_way_up(stage: Stage) -> None:
    """Lose what is sent to the server, for 40 s."""
    await _shut(stage, "up", seconds=40, loses=True)


def scenarios(starts: int, rate: float) -> dict[str, Scenario]:
    """Return all scenarios: *starts* is for the rolling restarts, and *rate* for all of them."""
    few = min(starts, 2_400)
    return {
        "rolling": Scenario("rolling restarts of 3 workers", rolling, starts, rate),
        "rolling-ends-polls": Scenario(
            "rolling restarts of 3 workers, server ends polls", rolling, min(starts, 6_000), rate, ends_polls=True
        ),
        # What is on its way to a worker, or in its hands, dies with it.
        "kills": Scenario("3 workers, one killed every 5 s", kills, few, rate, attempts=0, timeout=20, orphans=POLLS),
        "stall": Scenario("3 workers, one held for 15 s by turns", stall, few, rate),
        "server": Scenario(
            "server killed, twice", server, few, rate, attempts=0, timeout=30, orphans=3 * POLLS, keeps_state=True
        ),
        "late": Scenario("network held for 15 s, nothing lost", late, few, rate, workers=1),
        "one-way-down": Scenario(
            "40 s of the server's bytes lost", one_way_down, few, rate, workers=1, attempts=0, timeout=60, orphans=POLLS
        ),
        "one-way-up": Scenario(
            "40 s of the worker's bytes lost", one_way_up, few, rate, workers=1, attempts=0, timeout=60, orphans=POLLS
        ),
    }


# All of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario came to for one kind of worker."""

    scenario: Scenario
    kind: str
    account: Account
    records: Records
    rate: float
    faults: int
    fleet: Fleet

    @property
    def passed(self) -> bool | None:
        """Whether all is as it must be; the yardstick is neither right nor wrong."""
        if self.kind != _KINDS[0]:
            return None
        account = self.account
        # What the server has never sent is no worker's.
        never_sent = {orphan.attempt[0] for orphan in account.orphans if not orphan.is_sent}
        destroyed = sum(orphan.is_sent for orphan in account.orphans)
        return (
            never_sent.issuperset(account.lost)
            # What polls have brought and was not seen on its way proves that not all of it is seen.
            and account.sent >= account.answers
            and not (account.dropped or account.repeated or account.unexcused)
            and destroyed <= self.scenario.orphans * self.faults
            and set(self.fleet.exit_codes) <= {0}
        )

    def line(self) -> Line:
        """Return it as a line of the table."""
        account, ours = self.account, self.kind == _KINDS[0]
        brought = sum(bool(orphan.brought_to) for orphan in account.orphans)
        never = sum(not orphan.is_sent for orphan in account.orphans)
        whose = f" ({brought} brought by a poll, {never} never sent)" if ours and account.orphans else ""
        figures = [
            f"{self.faults} times, {self.rate:.0f} starts/s",
            f"{account.started - len(account.lost):,} of {account.started:,} completed",
            f"{len(account.lost)} lost",
            f"{len(account.doubled)} doubled ({len(account.unexcused)} without a reason)",
            f"{len(account.repeated)} attempts run twice",
            f"{len(account.orphans)} orphaned{whose}",
            *([f"{account.sent:,} tasks sent, {account.answers:,} brought by polls"] if ours else []),
            f"slowest stop {self.fleet.slowest:.1f} s",
        ]
        return Line(self.scenario.title, self.kind, ", ".join(figures), self.passed)

    def details(self) -> list[str]:
        """List which attempts the counts are about, and what polls ended with instead of an answer."""
        account = self.account
        return [
            *(f"orphaned: {orphan if self.kind == _KINDS[0] else orphan.attempt}" for orphan in account.orphans[:50]),
            *(f"run twice: {attempt}" for attempt in account.repeated[:50]),
            *(f"doubled without a reason: {name}" for name in account.unexcused[:50]),
            *(f"lost: {name}" for name in account.lost[:50]),
            *(f"{count} polls ended with {outcome}" for outcome, count in self.records.unanswered.items()),
            *([f"exit codes: {dict(self.fleet.exit_codes)}"] if set(self.fleet.exit_codes) - {0} else []),
        ]


async def play(scenario: Scenario, kind: str, folder: Path) -> Outcome:
    """Play a scenario with one kind of worker; their logs go to *folder*."""
    settings = {"frontend.enableCancelWorkerPollsOnShutdown": scenario.ends_polls}
    async with Server.running(folder, keeps_state=scenario.keeps_state, **settings) as server:
        valve = Valve(server.target)
        await valve.open()
        fleet = Fleet(kind, valve.target, folder)
        try:
            async with asyncio.timeout(_within(scenario) + 300):
                return await _play(scenario, kind, folder, Stage(fleet, server, valve, asyncio.Event()))
        finally:
            await fleet.kill_all()
            await valve.shut()


def _within(scenario: Scenario) -> float:
    """For how many seconds activities are started at most, on a machine that is too slow for the rate."""
    return 60 + 3 * scenario.starts / scenario.rate


async def _play(scenario: Scenario, kind: str, folder: Path, stage: Stage) -> Outcome:
    target, progress = stage.server.target, Progress(folder)
    load = await Load.on(target, progress, attempts=scenario.attempts, timeout=scenario.timeout)
    for _ in range(scenario.workers):
        await stage.fleet.start()
    async with asyncio.TaskGroup() as group:
        fault = group.create_task(scenario.play(stage))
        rate = await load.start_paced(scenario.starts, scenario.rate, _within(scenario))
        stage.enough.set()
        await fault
    # What is tried again is so after its timeout.
    await load.wait(30 if scenario.timeout == _HOUR else scenario.timeout + 15)
    unfinished = await load.unfinished()
    await stage.fleet.stop_all()
    records = Records.read(folder)
    account = Account.of(
        load.names,
        records,
        unfinished,
        stage.valve.tasks_sent(),
        killed=stage.fleet.killed,
        faults=stage.faults,
        timeout=scenario.timeout,
    )
    return Outcome(scenario, kind, account, records, rate, stage.done, stage.fleet)


async def run(options: argparse.Namespace) -> bool:
    """Play the scenarios, print their lines, and say whether all has gone well; SIGTERM cancels this."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    print("| scenario | worker | figures | verdict |\n|---|---|---|---|", flush=True)
    well = True
    for kind, name in ((kind, name) for name in options.only for kind in options.workers):
        starts = options.starts if kind == _KINDS[0] else min(options.starts, options.peer_starts)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(options.keep or scratch) / f"{name}-{kind}-{time.time():.0f}"
            folder.mkdir(parents=True)
            outcome = await play(scenarios(starts, options.rate)[name], kind, folder)
        print(outcome.line(), flush=True)
        for detail in outcome.details():
            print(f"  {detail}", file=sys.stderr, flush=True)
        print(f"{name}, {kind}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        well = well and outcome.passed is not False
    return well


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    names = list(scenarios(1, 1))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="600 starts in each scenario")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--workers", nargs="+", choices=_KINDS, default=_KINDS, help="whose")
    parser.add_argument("--starts", type=int, default=30_000, help="in rolling; at most 2,400 in others")
    parser.add_argument("--peer-starts", type=int, default=4_000, help="the same for temporalio's worker")
    parser.add_argument("--rate", type=float, default=45, help="starts per second")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the workers' logs and standard errors there")
    options = parser.parse_args(arguments)
    if options.quick:
        options.starts = options.peer_starts = 600
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, and exit with 1 if anything went wrong, with 143 after SIGTERM."""
    try:
        sys.exit(not asyncio.run(run(parse(arguments))))
    except asyncio.CancelledError:
        sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main()
