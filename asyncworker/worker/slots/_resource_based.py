"""Give slots out while the machine has capacity for what they will hold."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from ..._safe_logger import get_logger
from ..._time import Seconds, to_seconds
from ._pid_controller import SlotDecision
from ._supplier import SlotPermit, SlotReservation, SlotSupplier
from ._system import ResourceUsage, System
from ._wait_queue import WaitQueue

__all__ = [
    "ResourceBasedSlotConfig",
    "ResourceBasedSlotSupplier",
    "ResourceBasedTunerConfig",
    "ResourceController",
    "ResourceSensor",
]

_logger = get_logger(__name__)

# Seconds between two readings.
_READING_INTERVAL = 0.1

#: Returns what is used, given the time in seconds of a clock that does not go back. Called on the event loop, so it
#: must be quick.
ResourceSensor: TypeAlias = Callable[[float], ResourceUsage]


@dataclass(frozen=True, slots=True)
class ResourceBasedTunerConfig:
    """How much of the machine may be used.

    Attributes:
        target_memory_usage: Above 0, up to 1, of the memory. Leave headroom: what an activity will need is not known
            when its slot is given. 0.8 is a good start.
        target_cpu_usage: Above 0, up to 1, of the CPU time. 0.9 is a good start.

    Raises:
        ValueError: Out of range.
    """

    target_memory_usage: float
    target_cpu_usage: float

    def __post_init__(self) -> None:
        for name in ("target_memory_usage", "target_cpu_usage"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be above 0 and at most 1, got {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True)
class ResourceBasedSlotConfig:
    """Between which bounds, and how fast, slots are given out.

    Attributes:
        minimum_slots: Given out whatever the machine's state.
        maximum_slots: Never more.
        ramp_throttle: Time between two slots beyond the minimum, so that what the last activity needs shows before the
            next begins; seconds or timedelta.

    Raises:
        ValueError: Not ``0 <= minimum_slots <= maximum_slots``, no slot at all, or a negative time.
    """

    minimum_slots: int = 1
    maximum_slots: int = 500
    ramp_throttle: Seconds = timedelta(milliseconds=50)

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_slots <= self.maximum_slots or self.maximum_slots < 1:
            raise ValueError(
                "must be 0 <= minimum_slots <= maximum_slots, and maximum_slots at least 1,"
                f" got minimum_slots={self.minimum_slots!r}, maximum_slots={self.maximum_slots!r}"
            )
        if not to_seconds(self.ramp_throttle) >= 0:
            raise ValueError(f"ramp_throttle must not be negative, got {self.ramp_throttle!r}")


class ResourceController:
    """Measures one machine for all suppliers that give its slots out: share one among the workers of a process.

    It reads when it is asked, ten times a second at most, and needs no task of its own.

    Args:
        config: How much may be used.
        sensor: What is used. Default: memory and CPU of the machine, or of the control group (container) that this
            process is in, by psutil.

    Raises:
        ConfigurationError: psutil is not installed, and no sensor was given.
    """

    def __init__(self, config: ResourceBasedTunerConfig, *, sensor: ResourceSensor | None = None) -> None:
        self.config = config
        #: The last reading, if there is one.
        self.usage: ResourceUsage | None = None
        self._decision = SlotDecision(config.target_memory_usage, config.target_cpu_usage)
        self._sensor: ResourceSensor = System() if sensor is None else sensor
        self._next_reading_at = -math.inf

    def __repr__(self) -> str:
        return f"<ResourceController [{'capacity' if self._decision.has_capacity else 'full'}, {self.usage}]>"

    def next_wait(self, now: float) -> float:
        """Decide how many seconds to wait before asking again for a slot that may be given; 0 is now.

        Args:
            now: The time, in seconds on a clock that does not go back.
        """
        if now >= self._next_reading_at:
            self._next_reading_at = now + _READING_INTERVAL
            self._read(now)
        return 0.0 if self._decision.has_capacity else self._next_reading_at - now

    def _read(self, now: float) -> None:
        try:
            self.usage = self._sensor(now)
        except Exception:
            _logger.exception("the machine's state could not be read, so no slots are given beyond the minimum")
            self._decision.has_capacity = False
            return
        self._decision.update(self.usage.memory, self.usage.cpu, now)


class ResourceBasedSlotSupplier(SlotSupplier):
    """As many slots as the machine has capacity for.

    Slots below the minimum are given at once. Beyond it each comes at least ``ramp_throttle`` after the last one, and
    only while memory and CPU are far enough from their targets. Slots that are out are never taken back. Waiting
    polls are served in the order in which they came.

    Args:
        slot_config: Bounds and pace.
        tuner_config: How much of the machine may be used; or a :class:`ResourceController`, to share one.

    Raises:
        ConfigurationError: psutil is not installed.
    """

    kind = "ResourceBased"

    def __init__(
        self,
        slot_config: ResourceBasedSlotConfig,
        tuner_config: ResourceBasedTunerConfig | ResourceController,
    ) -> None:
        self.controller: ResourceController = (
            tuner_config if isinstance(tuner_config, ResourceController) else ResourceController(tuner_config)
        )
        self._config = slot_config
        self._ramp = to_seconds(slot_config.ramp_throttle)
        self._issued = 0
        self._last_issued_at = -math.inf
        self._waiting = WaitQueue(self._next_wait, self._issue, lambda: self.release_slot(_PERMIT))

    def __repr__(self) -> str:
        bounds = f"from {self._config.minimum_slots} to {self._config.maximum_slots}"
        return f"<ResourceBasedSlotSupplier [{self._issued} reserved, {bounds}, {len(self._waiting)} waiting]>"

    async def reserve_slot(self, reservation: SlotReservation) -> SlotPermit:  # noqa: ARG002 - slots are all alike
        """Wait for a slot, first come, first served. Cancelling is safe; it raises what reading the usage raises."""
        if not self._waiting and not self._next_wait():
            self._issue()
        else:
            await self._waiting.wait()
        return _PERMIT

    def release_slot(self, permit: SlotPermit) -> None:  # noqa: ARG002 - slots are all alike
        self._issued -= 1
        if self._waiting:
            self._waiting.serve()

    def _next_wait(self) -> float:
        """Decide how many seconds to wait before one more slot may be asked for; 0 is: take it."""
        if self._issued < self._config.minimum_slots:
            return 0.0
        if self._issued >= self._config.maximum_slots:
            # A slot that is released ends the wait.
            return math.inf
        now = time.monotonic()
        if (rest := self._last_issued_at + self._ramp - now) > 0:
            return rest
        return self.controller.next_wait(now)

    def _issue(self) -> None:
        self._issued += 1
        self._last_issued_at = time.monotonic()


# Slots are all alike.
_PERMIT = SlotPermit()
