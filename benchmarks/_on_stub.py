"""Measurements against the stub server: each yields its samples as it goes, all contenders in turn in every round."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ._figures import Sample
from ._processes import Contender, Stub, Worker, environment

__all__ = [
    "HOLD_RATE",
    "Effort",
    "heartbeating",
    "imports",
    "load",
    "paced_tls",
    "sleeping",
    "starts",
    "wait_until_steady",
]

_RATE = 300.0
_WARM_UP = 500
# Seconds until what a worker allocated while it took its activities in has settled.
_SETTLE = 1.0
_PATIENCE = 120.0
# Activities that heartbeat begin one after the other, so that they do not all do so in the same moment.
HOLD_RATE = 1_000.0
_AT_ONCE = 1e9
# Each activity's heartbeats leave once in so many seconds: 80 % of the heartbeat timeout.
_HEARTBEAT_INTERVAL = 4.0
# As many activities of each worker can heartbeat at the same time on two cores.
_ALL_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure."""

    rounds: int
    saturated: int
    paced_rounds: int
    paced_seconds: float
    starts: int
    held: Sequence[int]
    heartbeating: Sequence[int]
    watch_seconds: float


def load(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """As many activities as the worker can take, then 300 per second; memory before and after."""
    with Stub() as stub, ExitStack() as stack:
        workers = [stack.enter_context(Worker.ready(contender, stub)) for contender in contenders]
        time.sleep(_SETTLE)
        for worker in workers:
            yield Sample("rss idle", worker.contender.name, worker.rss())
            yield Sample("pss idle", worker.contender.name, worker.pss())
            yield Sample("threads", worker.contender.name, worker.threads())
        for worker in workers:
            stub.do("saturate", lane=worker.lane, count=_WARM_UP)
        for _ in range(effort.rounds):
            for worker in workers:
                yield from _saturate(stub, worker, effort.saturated)
        for _ in range(effort.paced_rounds):
            for worker in workers:
                yield from _pace(stub, worker, effort.paced_seconds, "paced")
        for worker in workers:
            yield Sample("rss after", worker.contender.name, worker.rss())


def paced_tls(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """300 activities per second over TLS."""
    with Stub() as stub, ExitStack() as stack:
        workers = [stack.enter_context(Worker.ready(contender, stub, tls=True)) for contender in contenders]
        for worker in workers:
            stub.do("saturate", lane=worker.lane, count=_WARM_UP)
        for _ in range(effort.paced_rounds):
            for worker in workers:
                yield from _pace(stub, worker, effort.paced_seconds, "paced TLS")


def _saturate(stub: Stub, worker: Worker, count: int) -> Iterator[Sample]:
    before = worker.cpu()
    answer = stub.do("saturate", lane=worker.lane, count=count)
    used = worker.cpu() - before
    _check(answer, worker, count)
    yield Sample("saturated cpu", worker.contender.name, used / count)
    yield Sample("saturated throughput", worker.contender.name, count / answer["seconds"])


def _pace(stub: Stub, worker: Worker, seconds: float, figure: str) -> Iterator[Sample]:
    before = worker.cpu()
    answer = stub.do("pace", lane=worker.lane, rate=_RATE, seconds=seconds)
    used = worker.cpu() - before
    latencies = answer.pop("latencies")
    _check(answer, worker, len(latencies))
    centiles = statistics.quantiles(latencies, n=100)
    yield Sample(f"{figure} cpu", worker.contender.name, used / len(latencies))
    yield Sample(f"{figure} p50", worker.contender.name, centiles[49])
    yield Sample(f"{figure} p99", worker.contender.name, centiles[98])


def _check(answer: dict[str, float], worker: Worker, count: int) -> None:
    if answer.get("completed") != count or answer.get("duplicates") or answer.get("failed"):
        raise RuntimeError(f"{worker.contender.name} did not complete {count} activities once each: {answer}")


def starts(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """From the start of the process to the first poll that the server sees."""
    with Stub() as stub:
        for _ in range(effort.starts):
            for contender in contenders:
                with Worker.on_stub(contender, stub) as worker:
                    first = stub.do("first_poll", lane=worker.lane)["at"]
                    yield Sample("start", contender.name, first - worker.started_at)
                    yield Sample("start cpu", contender.name, worker.cpu())


_IMPORTS = {
    "temporalio": "import temporalio.client, temporalio.worker, temporalio.activity",
    "temporalio + uvloop": "import uvloop, temporalio.client, temporalio.worker, temporalio.activity",
    "asyncworker": "from asyncworker import Client, Worker, activity",
    "asyncworker + uvloop": "import uvloop; from asyncworker import Client, Worker, activity",
}
_TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def _imports_of(contender: Contender) -> str:
    peer = "temporalio" if contender.module.endswith("temporalio_worker") else "asyncworker"
    return _IMPORTS[f"{peer} + uvloop" if "--uvloop" in contender.arguments else peer]


def imports(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """What a fresh interpreter takes to import what a worker needs."""
    for _ in range(effort.starts):
        for contender in contenders:
            code = _TIMED.format(_imports_of(contender))
            took = subprocess.run(
                [sys.executable, "-c", code], cwd=contender.root, env=environment(), capture_output=True, check=True
            )
            yield Sample("import", contender.name, float(took.stdout))


def sleeping(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """The memory of activities that sleep."""
    for count in effort.held:
        for contender in contenders:
            with Stub() as stub, _roomy(contender, stub, count) as worker:
                yield Sample(f"sleeping {count}", contender.name, _hold(stub, worker, count, "sleep"))


def heartbeating(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
    """Activities that heartbeat each second, of which the worker lets one in four seconds out."""
    for count in effort.heartbeating:
        # They go on while it is another one's turn, and of more there would be too many.
        groups = [contenders] if count <= _ALL_AT_ONCE else [[contender] for contender in contenders]
        failures = []
        for group in groups:
            try:
                yield from _heartbeating(group, effort, count)
            except RuntimeError as error:
                # It is too much for one; the others are worth measuring.
                failures.append(str(error))
        if failures:
            raise RuntimeError("; ".join(failures))


def _heartbeating(contenders: Sequence[Contender], effort: Effort, count: int) -> Iterator[Sample]:
    with Stub() as stub, ExitStack() as stack:
        workers = [stack.enter_context(_roomy(contender, stub, count)) for contender in contenders]
        for worker in workers:
            memory = _hold(stub, worker, count, "heartbeat")
            yield Sample(f"heartbeat memory {count}", worker.contender.name, memory)
        for _ in range(effort.rounds):
            for worker in workers:
                before = worker.cpu()
                answer = stub.do("watch", lane=worker.lane, seconds=effort.watch_seconds)
                used = worker.cpu() - before
                if not answer.get("heartbeats"):
                    raise RuntimeError(f"{worker.contender.name} heartbeats no more: {count} activities are too many")
                yield Sample(f"heartbeat cpu {count}", worker.contender.name, used / answer["heartbeats"])
                rate = answer["heartbeats"] / answer["seconds"]
                yield Sample(f"heartbeat rate {count}", worker.contender.name, rate)


def _roomy(contender: Contender, stub: Stub, count: int) -> Worker:
    # Polls hold slots too.
    return Worker.ready(contender, stub, "--slots", str(count + 10))


def _hold(stub: Stub, worker: Worker, count: int, activity: str) -> float:
    """Give the worker *count* activities that do not end, and return the bytes that each costs."""
    stub.do("saturate", lane=worker.lane, count=_WARM_UP)
    time.sleep(_SETTLE)
    before = worker.rss()
    rate = HOLD_RATE if activity == "heartbeat" else _AT_ONCE
    stub.do("hold", lane=worker.lane, count=count, activity=activity, rate=rate)
    wait_until_steady(worker, _HEARTBEAT_INTERVAL if activity == "heartbeat" else _SETTLE)
    return (worker.rss() - before) / count


def wait_until_steady(worker: Worker, seconds: float = _HEARTBEAT_INTERVAL) -> None:
    """Wait until the worker has taken in what it was given: until its memory has not grown for so many seconds."""
    deadline = time.monotonic() + _PATIENCE
    grown = 0
    while worker.rss() > 1.01 * grown:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{worker.contender.name} does not come to rest")
        grown = worker.rss()
        time.sleep(seconds)
