"""What an observer costs the worker, in µs of CPU per activity: with none, with one that does nothing, with two, and
with the one for Prometheus.

``python -m benchmarks.bench_observers [--rounds N] [--count N]``

The workers take turns, in every round, at as many activities from the stub server as they can take. Rounds are short,
so that on a busy machine some are hardly disturbed: the mean of the best quarter is the figure to compare. Prints it,
what it is more than that of the worker without observers, and the median and the quartiles of what each round took more
than the same round of that worker.
"""

from __future__ import annotations

import argparse
import platform
import statistics
from collections import defaultdict
from contextlib import ExitStack

from ._processes import Contender, Stub, Worker, compile_everything

_MODULE = "benchmarks.workers.asyncworker_worker"
_CONTENDERS = [
    *(Contender(f"{number} observers", _MODULE, ("--observers", str(number)) if number else ()) for number in range(3)),
    Contender("prometheus", _MODULE, ("--prometheus",)),
]
_WARM_UP = 500


def measure(rounds: int, count: int) -> dict[str, list[float]]:
    """Return the microseconds of CPU per activity of each round, by contender."""
    used: dict[str, list[float]] = defaultdict(list)
    with Stub() as stub, ExitStack() as stack:
        workers = [stack.enter_context(Worker.ready(contender, stub)) for contender in _CONTENDERS]
        for worker in workers:
            stub.do("saturate", lane=worker.lane, count=_WARM_UP)
        for _ in range(rounds):
            for worker in workers:
                before = worker.cpu()
                stub.do("saturate", lane=worker.lane, count=count)
                used[worker.contender.name].append((worker.cpu() - before) / count * 1e6)
    return used


def undisturbed(rounds: list[float]) -> float:
    """Return the mean of the best quarter."""
    return statistics.mean(sorted(rounds)[: max(1, len(rounds) // 4)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--count", type=int, default=120)
    options = parser.parse_args()
    compile_everything()
    used = measure(options.rounds, options.count)
    print(f"Python {platform.python_version()}, {platform.platform()}")
    without = used[_CONTENDERS[0].name]
    for name, rounds in used.items():
        more = [one - other for one, other in zip(rounds, without, strict=True)]
        low, median, high = statistics.quantiles(more, n=4)
        best = undisturbed(rounds)
        print(
            f"{name}: {best:.1f} µs per activity in the best quarter ({best - undisturbed(without):+.1f});"
            f" median of the differences {median:+.1f} (quartiles {low:+.1f} and {high:+.1f})"
        )


if __name__ == "__main__":
    main()
