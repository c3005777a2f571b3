"""Read what a Linux control group allows its processes, and what they use of it: both versions, nested groups too.

Theory of operation
-------------------
A container's limits are those of its control group and of every group above that. In a container the groups above are
usually out of sight, and the group's own files are at the root of the mount; without one (a systemd unit with
``MemoryMax=``) the whole path is there. So each directory on the path that has a limit becomes a gauge, and the
fullest counts.

Memory is what cannot be dropped: anonymous and shared memory. The page cache, which ``memory.current`` includes, grows
to the limit wherever files are read, and is given back on demand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

__all__ = ["CpuTime", "Gauges", "find_gauges"]

# Version 1 writes "no limit" as the largest number of pages that it can count.
_NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True)
class CpuTime:
    """CPU time that the processes of a group have used.

    Attributes:
        used: Seconds since some moment.
        cores: How many CPUs they may use at once.
    """

    used: float
    cores: float


#: Used memory as a fraction of its limit; ``None`` where there is no limit (any more).
MemoryGauge: TypeAlias = Callable[[], float | None]
CpuGauge: TypeAlias = Callable[[], CpuTime | None]


@dataclass(frozen=True, slots=True)
class Gauges:
    """The groups that have a limit, from the innermost to the outermost."""

    memory: tuple[MemoryGauge, ...] = ()
    cpu: tuple[CpuGauge, ...] = ()


def find_gauges(root: Path = Path("/")) -> Gauges:
    """Find the limits of this process; none at all where there are no control groups.

    Args:
        root: Where the file system begins.
    """
    memory: list[MemoryGauge] = []
    cpu: list[CpuGauge] = []
    mount = root / "sys/fs/cgroup"
    for controllers, path in _memberships(root / "proc/self/cgroup"):
        if not controllers:
            for directory in _lineage(mount, path):
                memory.append(partial(_memory_v2, directory))
                cpu.append(partial(_cpu_v2, directory))
        if "memory" in controllers:
            memory.extend(partial(_memory_v1, directory) for directory in _lineage(mount / "memory", path))
        if "cpu" in controllers:
            cpu.extend(
                partial(_cpu_v1, directory, mount / "cpuacct" / directory.relative_to(mount / "cpu"))
                for directory in _lineage(mount / "cpu", path)
            )
    return Gauges(
        memory=tuple(gauge for gauge in memory if gauge() is not None),
        cpu=tuple(gauge for gauge in cpu if gauge() is not None),
    )


def _memberships(listing: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield controllers and path of each group that this process is in; version 2 names no controllers."""
    try:
        lines = listing.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        yield tuple(filter(None, controllers.split(","))), path


def _lineage(mount: Path, path: str) -> Iterator[Path]:
    """Yield the group's directory and those above it, as far as they are in sight."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for depth in range(len(parts), -1, -1):
        directory = mount.joinpath(*parts[:depth])
        if directory.is_dir():
            yield directory


def _memory_v2(directory: Path) -> float | None:
    try:
        limit = int((directory / "memory.max").read_text())
        stat = _table(directory / "memory.stat")
        return (stat["anon"] + stat.get("shmem", 0)) / limit
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        # No file, or "max".
        return None


def _cpu_v2(directory: Path) -> CpuTime | None:
    try:
        quota, period = (directory / "cpu.max").read_text().split()
        used = _table(directory / "cpu.stat")["usage_usec"]
        return CpuTime(used / 1e6, int(quota) / int(period))
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return None


def _memory_v1(directory: Path) -> float | None:
    try:
        limit = int((directory / "memory.limit_in_bytes").read_text())
        if limit >= _NO_LIMIT:
            return None
        stat = _table(directory / "memory.stat")
        return (stat["total_rss"] + stat.get("total_shmem", 0)) / limit
    except (OSError, ValueError, KeyError, ZeroDivisionError):
        return None


def _cpu_v1(directory: Path, accounting: Path) -> CpuTime | None:
    try:
        quota = int((directory / "cpu.cfs_quota_us").read_text())
        if quota <= 0:
            return None
        period = int((directory / "cpu.cfs_period_us").read_text())
        used = int((accounting / "cpuacct.usage").read_text())
        return CpuTime(used / 1e9, quota / period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _table(path: Path) -> dict[str, int]:
    """Read lines of a name and a number."""
    return {name: int(number) for name, number in (line.split() for line in path.read_text().splitlines())}
