"""What worker heartbeats report of the machine that the worker runs on."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, NamedTuple

from ..._safe_logger import get_logger
from ...exceptions import ConfigurationError

if TYPE_CHECKING:
    from ..slots._system import System

__all__ = ["HostInfo", "HostInfoReader"]

_logger = get_logger(__name__)


class HostInfo(NamedTuple):
    """The machine and the process.

    Attributes:
        cpu: How much of the CPUs is used, from 0 to 1; 0 as well where that is not known.
        memory: The same for memory.
    """

    name: str
    process_id: int
    cpu: float
    memory: float


class HostInfoReader:
    """Reads the machine's usage again and again: CPU usage is that between two readings.

    The values come from psutil (``pip install "temporal-asyncworker[resources]"``), and are those of the container
    where one has limits. Without psutil they are 0: the load average, which is always there, measures something else.
    """

    __slots__ = ("_cpu", "_has_read", "_memory", "_name", "_system")

    def __init__(self) -> None:
        self._name = socket.gethostname() or "unknown"
        self._has_read = False
        self._system: System | None = None
        self._cpu = 0.0
        self._memory = 0.0

    def __repr__(self) -> str:
        return f"<HostInfoReader of {self._name!r} [{'psutil' if self._system else 'no psutil'}]>"

    def read(self, now: float) -> HostInfo:
        """Return the machine's present state.

        Args:
            now: The time, in seconds on any clock that does not go back.
        """
        if not self._has_read:
            # Not when it is made: psutil takes its time to import, and the worker's first polls come first.
            self._system, self._has_read = _find_system(), True
        if self._system is not None:
            self._read_usage(self._system, now)
        return HostInfo(self._name, os.getpid(), self._cpu, self._memory)

    def _read_usage(self, system: System, now: float) -> None:
        try:
            usage = system(now)
        except Exception:  # not every sandbox shows its counters, and a heartbeat goes out without them
            _logger.debug("the machine's usage cannot be read, and is not reported any more", exc_info=True)
            self._system = None
            return
        self._memory = _fraction(usage.memory)
        # Two readings in quick succession say nothing about the CPU: the earlier value stands.
        self._cpu = self._cpu if usage.cpu is None else _fraction(usage.cpu)


def _find_system() -> System | None:
    from ..slots._system import System

    try:
        return System()
    except ConfigurationError as error:
        _logger.debug("the machine's usage is not reported: %s", error)
    except Exception:
        _logger.debug("the machine's usage cannot be read, and is not reported", exc_info=True)
    return None


def _fraction(usage: float) -> float:
    return min(max(usage, 0.0), 1.0)
