"""Read how much of the machine's memory and CPU is used, or of what a container may use of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...exceptions import ConfigurationError
from ._cgroup import CpuTime, Gauges, find_gauges

__all__ = ["CpuMeter", "ResourceUsage", "System"]

# Counters of CPU time move in steps of 10 ms: less than this between two readings, in seconds, says nothing.
_SHORTEST_INTERVAL = 0.05


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """What is used, in fractions of what may be used.

    Attributes:
        memory: From 0 to 1, or above where a limit can be overrun.
        cpu: The same, since the reading before; ``None`` if there was none, or just now.
    """

    memory: float
    cpu: float | None


class CpuMeter:
    """CPU usage, from two readings of a counter of CPU time."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[CpuTime, float] | None = None

    def update(self, time: CpuTime, now: float) -> float | None:
        """Return the usage since the last reading; ``None`` if that is too recent, and is kept for the next time."""
        if self._last is None:
            self._last = (time, now)
            return None
        last, last_at = self._last
        elapsed = now - last_at
        if elapsed < _SHORTEST_INTERVAL:
            return None
        self._last = (time, now)
        return max(0.0, time.used - last.used) / (time.cores * elapsed)


class System:
    """The machine as this process may use it.

    Where a control group limits memory or CPU, it is the limit that usage is a fraction of; elsewhere it is what the
    machine has. Memory that could be freed at once, such as the page cache, does not count as used.

    Args:
        root: Where the file system begins; the machine's own figures come from psutil whatever this is.

    Raises:
        ConfigurationError: psutil is not installed.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        self._psutil = _import_psutil()
        self._gauges: Gauges = find_gauges(root)
        self._meters = [CpuMeter() for _ in self._gauges.cpu]
        self._host_meter = CpuMeter()

    def __repr__(self) -> str:
        memory = "limited" if self._gauges.memory else "the machine's"
        cpu = "limited" if self._gauges.cpu else "the machine's"
        return f"<System [memory: {memory}, cpu: {cpu}]>"

    def __call__(self, now: float) -> ResourceUsage:
        """Read all figures; takes well below a millisecond, and does not wait.

        Args:
            now: The time, in seconds on any clock that does not go back.
        """
        return ResourceUsage(self._memory(), self._cpu(now))

    def _memory(self) -> float:
        used = [usage for gauge in self._gauges.memory if (usage := gauge()) is not None]
        return max(used) if used else self._host_memory()

    def _cpu(self, now: float) -> float | None:
        if not self._gauges.cpu:
            return self._host_meter.update(self._host_cpu(), now)
        used = []
        for gauge, meter in zip(self._gauges.cpu, self._meters, strict=True):
            time = gauge()
            if time is not None and (usage := meter.update(time, now)) is not None:
                used.append(usage)
        return max(used, default=None)

    def _host_memory(self) -> float:
        memory = self._psutil.virtual_memory()
        return 1 - float(memory.available) / float(memory.total)

    def _host_cpu(self) -> CpuTime:
        times = self._psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts guests' time twice: in their own column, and in the user's.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        return CpuTime(sum(times) - idle - guests, self._psutil.cpu_count() or 1)


def _import_psutil() -> Any:
    try:
        import psutil
    except ImportError as error:
        raise ConfigurationError(
            "slots by resources need psutil, which is not installed:"
            ' pip install "temporal-asyncworker[resources]", or use FixedSizeSlotSupplier'
        ) from error
    return psutil
