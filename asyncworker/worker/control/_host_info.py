"""What a worker's heartbeats say of the machine that it runs on."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..._safe_logger import get_logger
from ...exceptions import ConfigurationError

if TYPE_CHECKING:
    from ..slots._system import System

__all__ = ["Host", "HostWatch"]

_logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Host:
    """The machine and the process.

    Attributes:
        cpu: How much of the CPUs is used, from 0 to 1; 0 as well where that is not known.
        memory: The same for memory.
    """

    name: str
    process_id: int
    cpu: float
    memory: float


class HostWatch:
    """Looks at the machine again and again: CPU usage is that between two looks.

    The figures come from psutil (``pip install "temporal-asyncworker[resources]"``), and are those of the container
    where one has limits. Without psutil they are 0: the load average, which is always there, measures something else.
    """

    __slots__ = ("_cpu", "_has_looked", "_memory", "_name", "_system")

    def __init__(self) -> None:
        self._name = socket.gethostname() or "unknown"
        self._has_looked = False
        self._system: System | None = None
        self._cpu = 0.0
        self._memory = 0.0

    def __repr__(self) -> str:
        return f"<HostWatch of {self._name!r} [{'psutil' if self._system else 'no psutil'}]>"

    def look(self, now: float) -> Host:
        """Answer what there is to say.

        Args:
            now: The time, in seconds on any clock that does not go back.
        """
        if not self._has_looked:
            # Not when it is made: psutil takes its time to import, and the worker's first polls come first.
            self._system, self._has_looked = _find_system(), True
        if self._system is not None:
            self._read(self._system, now)
        return Host(self._name, os.getpid(), self._cpu, self._memory)

    def _read(self, system: System, now: float) -> None:
        try:
            usage = system(now)
        except Exception:  # not every sandbox shows its counters, and a heartbeat is worth more than they are
            _logger.debug("the machine's usage cannot be read, and is not told any more", exc_info=True)
            self._system = None
            return
        self._memory = _fraction(usage.memory)
        # Two looks in quick succession tell nothing of the CPU: what the earlier one told stands.
        self._cpu = self._cpu if usage.cpu is None else _fraction(usage.cpu)


def _find_system() -> System | None:
    from ..slots._system import System

    try:
        return System()
    except ConfigurationError as error:
        _logger.debug("the machine's usage is not told: %s", error)
    except Exception:
        _logger.debug("the machine's usage cannot be read, and is not told", exc_info=True)
    return None


def _fraction(usage: float) -> float:
    return min(max(usage, 0.0), 1.0)
