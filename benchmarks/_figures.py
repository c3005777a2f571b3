"""What is measured, what is wanted of it, and how the numbers become a table."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["FIGURES", "Figure", "Sample", "Samples"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        title: What is measured.
        unit: Its unit, after *scale* has been applied.
        scale: From the base unit (seconds, bytes) to *unit*.
        digits: After the decimal point.
        reach: The ratio to temporalio that is wanted.
        dream: The ratio that would be wonderful.
        more_is_better: Whether the ratio is to be above those instead of below.
    """

    title: str
    unit: str
    scale: float = 1.0
    digits: int = 0
    reach: float | None = None
    dream: float | None = None
    more_is_better: bool = False

    def show(self, value: float) -> str:
        """Write a value with its unit."""
        return f"{value * self.scale:,.{self.digits}f} {self.unit}"

    def verdict(self, ratio: float) -> str:
        """Return which target a ratio meets."""
        for target, name in ((self.dream, "dream"), (self.reach, "reach")):
            if target is not None and (ratio >= target if self.more_is_better else ratio <= target):
                return name
        return "" if self.reach is None else "**missed**"


def _cpu(title: str, reach: float | None = None, dream: float | None = None) -> Figure:
    return Figure(title, "µs", 1e6, 0, reach, dream)


def _memory(title: str, reach: float | None = None, dream: float | None = None) -> Figure:
    return Figure(title, "MB", 1e-6, 1, reach, dream)


def _held(title: str, reach: float | None = None, dream: float | None = None) -> Figure:
    return Figure(title, "kB", 1e-3, 1, reach, dream)


#: In the order of the table.
FIGURES = {
    "saturated cpu": _cpu("CPU per activity, saturated", 0.25, 0.15),
    "saturated throughput": Figure("throughput, saturated", "/s", reach=3, dream=4, more_is_better=True),
    "paced cpu": _cpu("CPU per activity, 300/s", 0.4, 0.25),
    "paced p50": Figure("schedule to completion, p50, 300/s", "ms", 1e3, 2, 0.5, 0.35),
    "paced p99": Figure("schedule to completion, p99, 300/s", "ms", 1e3, 2, 0.5, 0.25),
    "paced TLS cpu": _cpu("CPU per activity, 300/s, TLS", 0.45, 0.3),
    "paced TLS p50": Figure("schedule to completion, p50, 300/s, TLS", "ms", 1e3, 2),
    "paced TLS p99": Figure("schedule to completion, p99, 300/s, TLS", "ms", 1e3, 2),
    "rss idle": _memory("RSS, idle", 0.55, 0.5),
    "rss after": _memory("RSS, after saturated and paced", 0.55, 0.5),
    "pss idle": _memory("PSS, idle"),
    "threads": Figure("threads, idle", ""),
    "start": Figure("start to first poll", "ms", 1e3, 0, 0.6, 0.4),
    "start cpu": Figure("CPU until first poll", "ms", 1e3, 0),
    "import": Figure("import, wall", "ms", 1e3, 0),
    "sleeping 1000": _held("memory per sleeping activity, 1,000"),
    "sleeping 10000": _held("memory per sleeping activity, 10,000", 0.5, 0.3),
    "sleeping 50000": _held("memory per sleeping activity, 50,000"),
    "heartbeat cpu 1000": _cpu("CPU per heartbeat RPC, 1,000 activities"),
    "heartbeat rate 1000": Figure("heartbeat RPCs, 1,000 activities", "/s", more_is_better=True),
    "heartbeat memory 1000": _held("memory per heartbeating activity, 1,000"),
    "heartbeat cpu 10000": _cpu("CPU per heartbeat RPC, 10,000 activities", 0.35, 0.2),
    "heartbeat rate 10000": Figure("heartbeat RPCs, 10,000 activities", "/s", more_is_better=True),
    "heartbeat memory 10000": _held("memory per heartbeating activity, 10,000"),
    "heartbeat cpu 50000": _cpu("CPU per heartbeat RPC, 50,000 activities"),
    "heartbeat rate 50000": Figure("heartbeat RPCs, 50,000 activities", "/s", more_is_better=True),
    "heartbeat memory 50000": _held("memory per heartbeating activity, 50,000"),
    "workflow cpu": _cpu("dev server, workflow fan-out: CPU per activity", 0.4, 0.3),
    "workflow throughput": Figure("dev server, workflow fan-out: throughput", "/s", more_is_better=True),
    "standalone cpu": _cpu("dev server, 16 standalone at a time: CPU per activity"),
    "standalone throughput": Figure("dev server, 16 standalone at a time: throughput", "/s", more_is_better=True),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One round's value of a figure, in seconds, bytes or per second."""

    figure: str
    contender: str
    value: float


class Samples:
    """All that was measured."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, samples: Iterable[Sample]) -> None:
        """Take them in, one by one, as they are made."""
        for sample in samples:
            self._values[sample.figure][sample.contender].append(sample.value)

    def table(self, contenders: Sequence[str], *, with_targets: bool = True) -> Iterator[str]:
        """Write the table; the first of *contenders* is what the others are compared to.

        The targets are ratios to temporalio: *with_targets* leaves them out where that is not the first.
        """
        targets = ("reach / dream", "met") if with_targets else ()
        yield _row("figure", *contenders, *(f"ratio, {name}" for name in contenders[1:]), *targets)
        yield _row("---", *["---:"] * (2 * len(contenders) - 1), *["---"] * len(targets))
        for name, figure in FIGURES.items():
            values = self._values.get(name)
            if values:
                cells = list(self._cells(figure, values, contenders))
                yield _row(figure.title, *(cells if with_targets else cells[:-2]))

    def _cells(self, figure: Figure, values: dict[str, list[float]], contenders: Sequence[str]) -> Iterator[str]:
        for contender in contenders:
            yield figure.show(statistics.median(values[contender])) if values.get(contender) else "–"
        ours = None
        for contender in contenders[1:]:
            ratios = _ratios(values.get(contenders[0], []), values.get(contender, []))
            if ratios:
                ours = statistics.median(ratios) if ours is None else ours
                yield _spread(ratios)
            else:
                yield "–"
        yield f"{figure.reach} / {figure.dream}" if figure.reach is not None else ""
        yield figure.verdict(ours) if ours is not None else ""

    def as_json(self) -> dict[str, Any]:
        """Return every value, by figure and contender, in base units."""
        return {name: dict(self._values[name]) for name in FIGURES if name in self._values}


def _ratios(yardstick: list[float], values: list[float]) -> list[float]:
    """The ratio of each round: what slows the machine down for a while slows both down."""
    return [value / base for value, base in zip(values, yardstick, strict=False) if base]


def _spread(ratios: list[float]) -> str:
    middle = f"{statistics.median(ratios):.2f}"
    return middle if len(ratios) == 1 else f"{middle} ({min(ratios):.2f}–{max(ratios):.2f})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
