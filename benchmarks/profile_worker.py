"""Where the worker's time goes: profile it under load from the stub server, in µs per activity.

``python -m benchmarks.profile_worker [saturated|paced|heartbeating] [--count N] [--uvloop] [--tls] …``

With ``py-spy`` on PATH the worker is sampled from outside, which costs it next to nothing; attaching may need
privileges. Without it the worker runs under cProfile, which makes what calls much look two to three times as
expensive as it is. Shares of samples are scaled to the CPU time that the process used per activity, or per heartbeat
that it sent.
"""

from __future__ import annotations

import argparse
import pstats
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ._on_stub import HOLD_RATE, wait_until_steady
from ._processes import Contender, Stub, Worker, compile_everything

_RATE = 300.0
_FRAME = re.compile(r"(?P<name>.+) \((?P<file>.+?)(?::(?P<line>\d+))?\)")

# The first that fits a file names the part that it belongs to.
_PARTS = (
    ("asyncworker/_proto", "codec (_proto, _wire)"),
    ("asyncworker/_wire", "codec (_proto, _wire)"),
    ("asyncworker/_rpc/_service", "service (_rpc/_service, _retry, _methods)"),
    ("asyncworker/_rpc/_caller", "service (_rpc/_service, _retry, _methods)"),
    ("asyncworker/_rpc/_metadata", "service (_rpc/_service, _retry, _methods)"),
    ("asyncworker/_rpc/_retry", "service (_rpc/_service, _retry, _methods)"),
    ("asyncworker/_rpc/_methods", "service (_rpc/_service, _retry, _methods)"),
    ("asyncworker/_rpc", "transport (_rpc)"),
    ("asyncworker/worker", "worker"),
    ("asyncworker/activity", "activity"),
    ("asyncworker/converter", "converter"),
    ("asyncworker/", "asyncworker, other"),
    ("hpack", "transport (_rpc)"),
    ("grpclib", "grpclib, h2"),
    ("h2/", "grpclib, h2"),
    ("hyperframe", "grpclib, h2"),
    ("pydantic", "pydantic"),
    ("asyncio/sslproto", "TLS"),
    ("ssl.py", "TLS"),
    ("asyncio/selector_events", "asyncio: reading and writing the socket"),
    ("selectors", "asyncio: waiting for the socket"),
    ("asyncio/", "asyncio: the loop, tasks, futures, timers"),
    ("benchmarks/workers", "the activity itself"),
)


@dataclass(slots=True)
class Profile:
    """Samples by where they were taken."""

    own: Counter[str] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    total: float = 0.0


def part_of(file: str) -> str:
    """Name the part of the program that *file* is."""
    return next((part for marker, part in _PARTS if marker in file), "other")


def read_folded(text: str) -> Profile:
    """Read py-spy's raw format: a stack per line, its frames divided by semicolons, then how often it was seen."""
    profile = Profile()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        samples = int(count)
        frames = [match for frame in stack.split(";") if (match := _FRAME.fullmatch(frame))]
        # A thread that waits for work looks busy at times.
        if not frames or "_bootstrap" in frames[0]["name"]:
            continue
        profile.total += samples
        last = frames[-1]
        profile.own[_function(last)] += samples
        profile.lines[f"{_short(last['file'])}:{last['line']} {last['name']}"] += samples
        profile.parts[part_of(last["file"])] += samples
        for function in {_function(frame) for frame in frames}:
            profile.inclusive[function] += samples
    return profile


def read_cprofile(path: Path) -> Profile:
    """Read cProfile's statistics."""
    profile = Profile()
    statistics = pstats.Stats(str(path))
    for (file, line, name), (_, _, own, inclusive, _) in statistics.stats.items():  # type: ignore[attr-defined]
        if "select.epoll" in name or "kqueue" in name:
            continue
        function = f"{_short(file)} {name}"
        profile.total += own
        profile.own[function] += own
        profile.lines[f"{_short(file)}:{line} {name}"] += own
        profile.inclusive[function] += inclusive
        profile.parts[part_of(file) if file != "~" else "built-in functions"] += own
    return profile


def _function(frame: re.Match[str]) -> str:
    return f"{_short(frame['file'])} {frame['name']}"


def _short(file: str) -> str:
    for marker in ("asyncworker/", "benchmarks/", "site-packages/"):
        if marker in file:
            return file[file.rindex(marker) :].removeprefix("site-packages/")
    return "/".join(file.rsplit("/", 2)[-2:])


def load(stub: Stub, worker: Worker, how: str, count: int) -> float:
    """Put *count* activities on the worker, and return the seconds of CPU that each, or each heartbeat, cost."""
    before = worker.cpu()
    if how == "paced":
        stub.do("pace", lane=worker.lane, rate=_RATE, seconds=count / _RATE)
    elif how == "heartbeating":
        count = stub.do("watch", lane=worker.lane, seconds=8)["heartbeats"]
    else:
        stub.do("saturate", lane=worker.lane, count=count)
    return (worker.cpu() - before) / count


def begin(stub: Stub, worker: Worker, how: str, count: int) -> None:
    """Warm up, or start the activities that are to heartbeat."""
    load(stub, worker, "saturated", 500)
    if how == "heartbeating":
        stub.do("hold", lane=worker.lane, count=count, activity="heartbeat", rate=HOLD_RATE)
        wait_until_steady(worker)


def sample(stub: Stub, options: argparse.Namespace, arguments: tuple[str, ...]) -> tuple[Profile, float]:
    """Profile with py-spy; also return µs of CPU per activity without it."""
    contender = Contender("asyncworker", "benchmarks.workers.asyncworker_worker", arguments)
    spy = shutil.which("py-spy")
    assert spy is not None
    with Worker.ready(contender, stub, tls=options.tls) as worker, tempfile.TemporaryDirectory() as directory:
        begin(stub, worker, options.load, options.count)
        cost = load(stub, worker, options.load, options.count) * 1e6
        output = Path(directory, "profile.txt")
        command = [spy, "record", "--pid", str(worker.pid), "--rate", str(options.hertz), "--format", "raw"]
        recording = subprocess.Popen(
            [*command, "--output", str(output), "--duration", "600"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Attaching takes a moment, and says nothing when it has.
        time.sleep(1.0)
        load(stub, worker, options.load, options.count)
        recording.send_signal(2)
        recording.wait()
        return read_folded(output.read_text()), cost


def trace(stub: Stub, options: argparse.Namespace, arguments: tuple[str, ...]) -> tuple[Profile, float]:
    """Profile with cProfile; also return µs of CPU per activity without it."""
    plain = Contender("asyncworker", "benchmarks.workers.asyncworker_worker", arguments)
    with Worker.ready(plain, stub, tls=options.tls) as worker:
        begin(stub, worker, options.load, options.count)
        cost = load(stub, worker, options.load, options.count) * 1e6
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "profile")
        traced = Contender(
            "asyncworker", "benchmarks.workers.asyncworker_worker", (*arguments, "--profile", str(output))
        )
        with Worker.ready(traced, stub, tls=options.tls) as worker:
            begin(stub, worker, options.load, options.count)
            load(stub, worker, options.load, options.count)
            worker.interrupt()
        return read_cprofile(output), cost


def report(profile: Profile, cost: float, top: int) -> Iterator[str]:
    """Write the profile as tables."""
    yield f"{cost:.0f} µs of CPU per activity, or heartbeat, in user and system mode\n"
    for title, counter in (
        ("By part, own time", profile.parts),
        ("By function, own time", profile.own),
        ("By line, own time", profile.lines),
        ("By function, with what it calls", profile.inclusive),
    ):
        yield f"{title}:"
        for name, samples in counter.most_common(top):
            yield f"  {samples / profile.total * cost:7.1f} µs  {samples / profile.total:6.1%}  {name}"
        yield ""


def main() -> None:
    """Profile as the arguments say, and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("load", nargs="?", choices=["saturated", "paced", "heartbeating"], default="saturated")
    parser.add_argument("--count", type=int, help="how many activities")
    parser.add_argument("--hertz", type=int, default=500, help="samples per second, with py-spy")
    parser.add_argument("--top", type=int, default=40, help="lines per table")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    parser.add_argument("--transport", choices=["default", "grpclib"], default="default")
    parser.add_argument("--tracing", action="store_true", help="use cProfile even if there is py-spy")
    options = parser.parse_args()
    options.count = options.count or {"saturated": 40_000, "paced": 3_000, "heartbeating": 10_000}[options.load]
    slots = options.count + 10 if options.load == "heartbeating" else 100
    arguments = ("--slots", str(slots), "--transport", options.transport, *(("--uvloop",) if options.uvloop else ()))
    compile_everything()
    profiler = trace if options.tracing or shutil.which("py-spy") is None else sample
    with Stub() as stub:
        profile, cost = profiler(stub, options, arguments)
    print("\n".join(report(profile, cost, options.top)))


if __name__ == "__main__":
    main()
