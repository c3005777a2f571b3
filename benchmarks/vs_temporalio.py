"""The worker side by side with ``temporalio``'s: what an activity costs, how fast it is, what it holds.

``python -m benchmarks.vs_temporalio [--quick] [--full] [--only NAME …] [--activities N …] [--peer-on-uvloop]
[--bridged] [--against REV] [--gc-threshold N] [--json FILE] [--readme]``

All contenders run the same activities in turn, round by round, and ratios are taken within a round. README.md has the
method, and what to make of the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from . import _on_stub
from ._figures import Sample, Samples
from ._on_stub import Effort
from ._processes import BRIDGED, CONTENDERS, PEER_ON_UVLOOP, Contender, compile_everything, tree_at

_QUICK = Effort(
    rounds=4,
    saturated=1_000,
    paced_rounds=4,
    paced_seconds=1.0,
    starts=3,
    held=(1_000,),
    heartbeating=(1_000,),
    watch_seconds=4.0,
)
_NORMAL = Effort(
    rounds=8,
    saturated=2_000,
    paced_rounds=8,
    paced_seconds=2.0,
    starts=7,
    held=(10_000,),
    heartbeating=(10_000,),
    watch_seconds=4.0,
)
_FULL = Effort(
    rounds=15,
    saturated=3_000,
    paced_rounds=15,
    paced_seconds=3.0,
    starts=15,
    held=(1_000, 10_000, 50_000),
    heartbeating=(1_000, 10_000, 50_000),
    watch_seconds=4.0,
)

# Activities per round on the dev server, and rounds; a quick run takes half of each.
_WORKFLOW_ACTIVITIES = 1_000
_STANDALONE_ACTIVITIES = 200
_SERVER_ROUNDS = 3

_README = Path(__file__).with_name("README.md")
_BEGIN, _END = "<!-- numbers -->", "<!-- end of numbers -->"

Measurement = Callable[[Sequence[Contender], Effort], Iterator[Sample]]


def _server(name: str, count: int) -> Measurement:
    """Make a measurement on the dev server look like one on the stub."""

    def measure(contenders: Sequence[Contender], effort: Effort) -> Iterator[Sample]:
        # Starts threads: not before it is needed.
        from . import _on_server

        is_quick = effort.rounds <= _QUICK.rounds
        run: Callable[[Sequence[Contender], int, int], AsyncIterator[Sample]] = getattr(_on_server, name)
        samples = run(contenders, 2 if is_quick else _SERVER_ROUNDS, count // 2 if is_quick else count)
        yield from asyncio.run(_collect(samples))

    return measure


async def _collect(samples: AsyncIterator[Sample]) -> list[Sample]:
    return [sample async for sample in samples]


_MEASUREMENTS: dict[str, Measurement] = {
    "load": _on_stub.load,
    "tls": _on_stub.paced_tls,
    "start": _on_stub.starts,
    "import": _on_stub.imports,
    "sleeping": _on_stub.sleeping,
    "heartbeating": _on_stub.heartbeating,
    "workflows": _server("workflows", _WORKFLOW_ACTIVITIES),
    "standalone": _server("standalone", _STANDALONE_ACTIVITIES),
}


def setting() -> str:
    """Describe what it was measured on."""
    packages = ("temporalio", "temporal-asyncworker", "uvloop", "betterproto2", "hpack", "anyio", "pydantic")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    system = f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{time.strftime('%Y-%m-%d')}; {python}; {system}; {versions}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    much = parser.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_const", dest="effort", const=_QUICK, help="a little of each, in 90 s")
    much.add_argument(
        "--full", action="store_const", dest="effort", const=_FULL, help="with 50,000 activities at a time"
    )
    parser.add_argument("--only", nargs="+", choices=list(_MEASUREMENTS), metavar="NAME", help=", ".join(_MEASUREMENTS))
    parser.add_argument(
        "--activities",
        nargs="+",
        type=int,
        choices=_FULL.held,
        metavar="N",
        help=f"how many are held at a time: {', '.join(map(str, _FULL.held))}",
    )
    parser.add_argument("--peer-on-uvloop", action="store_true", help="temporalio on uvloop as well")
    parser.add_argument("--bridged", action="store_true", help="our worker with temporalio's activities as well")
    parser.add_argument(
        "--gc-threshold", type=int, metavar="N", help="have Python look for garbage after N new objects"
    )
    parser.add_argument(
        "--against", metavar="REV", help="compare this tree with that git revision, not with temporalio"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample to this file")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    parser.set_defaults(effort=_NORMAL)
    options = parser.parse_args(arguments)
    if options.against and (options.readme or options.peer_on_uvloop or options.bridged):
        parser.error("--against leaves temporalio out: it goes with none of --readme, --peer-on-uvloop and --bridged")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return the exit code."""
    options = parse(arguments)
    compile_everything()
    if options.against is None:
        contenders: tuple[Contender, ...] = CONTENDERS
        if options.peer_on_uvloop:
            contenders += (PEER_ON_UVLOOP,)
        if options.bridged:
            contenders += (BRIDGED,)
        return _measure(options, contenders)
    with tree_at(options.against) as root:
        ours = [contender for contender in CONTENDERS if contender.name == "asyncworker"]
        before = [replace(contender, name=f"asyncworker at {options.against}", root=root) for contender in ours]
        return _measure(options, [*before, *ours])


def _measure(options: argparse.Namespace, contenders: Sequence[Contender]) -> int:
    contenders = _available(contenders)
    if options.gc_threshold is not None:
        more = ("--gc-threshold", str(options.gc_threshold))
        contenders = [replace(contender, arguments=(*contender.arguments, *more)) for contender in contenders]
    if options.activities:
        options.effort = replace(options.effort, held=options.activities, heartbeating=options.activities)
    samples = Samples()
    failed = False
    for name in options.only or _usual(options.effort):
        began = time.monotonic()
        try:
            samples.add(_MEASUREMENTS[name](contenders, options.effort))
        except RuntimeError as error:
            # What was measured so far is worth a table.
            failed = True
            _say(f"{name} failed: {error}")
        else:
            _say(f"{name}: {time.monotonic() - began:.0f} s")
    numbers = "\n".join(
        [
            setting(),
            "",
            *samples.table([contender.name for contender in contenders], with_targets=options.against is None),
        ]
    )
    print(numbers)
    if options.readme:
        _write_readme(numbers)
    if options.json:
        options.json.write_text(json.dumps({"setting": setting(), "samples": samples.as_json()}, indent=1))
    return 1 if failed else 0


def _usual(effort: Effort) -> list[str]:
    return [name for name in _MEASUREMENTS if effort.rounds > _QUICK.rounds or name != "standalone"]


def _write_readme(numbers: str) -> None:
    head, _, rest = _README.read_text().partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    _README.write_text(f"{head}{_BEGIN}\n{numbers}\n{_END}{tail}")


def _available(contenders: Sequence[Contender]) -> list[Contender]:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        _say("uvloop is not installed: what runs on it is left out")
        return [contender for contender in contenders if "--uvloop" not in contender.arguments]
    return list(contenders)


if __name__ == "__main__":
    sys.exit(main())
