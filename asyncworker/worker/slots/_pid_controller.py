"""Decide whether the machine has capacity for one more activity: two PID controllers and the thresholds they must pass.

Theory of operation
-------------------
For each resource the *error* is target − measured: how much of it is left, as a fraction of the whole. The output is::

    P · error  +  I · ∫ error dt  +  D · d(error)/dt

With the default gains, P = 5, I = 0, D = 1, that is five times the capacity there will be in D/P = 0.2 s if usage goes
on changing as it does now. A slot may be given while memory is below its target and each output is above its threshold:
capacity of 0.25/5 = 5 % of the memory and of 0.05/5 = 1 % of the CPU.

Gains and thresholds are those of Temporal's Go and Core SDKs. Unlike there, a controller is fed once for each reading
and its output holds until the next: fed with the same reading many times over it would see no change, then a leap.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CPU_THRESHOLD", "MEMORY_THRESHOLD", "Pid", "PidGains", "SlotDecision"]

MEMORY_THRESHOLD = 0.25
CPU_THRESHOLD = 0.05

# No term and no output goes beyond this, so that a long time far from the target does not take as long to forget.
_LIMIT = 100.0
# Readings closer together than this, in seconds, would make a slope of their noise.
_SHORTEST_STEP = 0.001


@dataclass(frozen=True, slots=True)
class PidGains:
    """How much the error, its sum over time and its change count."""

    proportional: float = 5.0
    integral: float = 0.0
    derivative: float = 1.0


class Pid:
    """One controller.

    Args:
        target: What the measured value is to stay below.
        gains: Weights of the three terms.
    """

    __slots__ = ("_gains", "_integral", "_last", "output", "target")

    def __init__(self, target: float, gains: PidGains | None = None) -> None:
        self.target = target
        self.output = 0.0
        self._gains = gains or PidGains()
        self._integral = 0.0
        self._last: tuple[float, float] | None = None

    def __repr__(self) -> str:
        return f"<Pid [target {self.target:g}, output {self.output:.3f}]>"

    def update(self, measured: float, now: float) -> float:
        """Return the output, updated by what was *measured* at *now*, in seconds on any clock that does not go back."""
        error = self.target - measured
        slope = 0.0
        if self._last is not None:
            last_error, last_at = self._last
            step = max(now - last_at, _SHORTEST_STEP)
            self._integral = _clamp(self._integral + self._gains.integral * error * step)
            slope = (error - last_error) / step
        self._last = (error, now)
        self.output = _clamp(
            _clamp(self._gains.proportional * error) + self._integral + _clamp(self._gains.derivative * slope)
        )
        return self.output


class SlotDecision:
    """Whether one more activity fits, as of the last reading.

    Args:
        target_memory: Fraction of the memory that may be used.
        target_cpu: Fraction of the CPU time that may be used.
    """

    __slots__ = ("cpu", "has_capacity", "memory")

    def __init__(self, target_memory: float, target_cpu: float) -> None:
        self.memory = Pid(target_memory)
        self.cpu = Pid(target_cpu)
        self.has_capacity = False

    def __repr__(self) -> str:
        return f"<SlotDecision [{'capacity' if self.has_capacity else 'full'}, memory {self.memory}, cpu {self.cpu}]>"

    def update(self, memory: float, cpu: float | None, now: float) -> bool:
        """Update by what is used, in fractions of the whole; return whether one more activity fits.

        A *cpu* that is not known yet leaves no capacity.
        """
        capacity = self.memory.update(memory, now)
        cpu_capacity = 0.0 if cpu is None else self.cpu.update(cpu, now)
        self.has_capacity = memory < self.memory.target and capacity > MEMORY_THRESHOLD and cpu_capacity > CPU_THRESHOLD
        return self.has_capacity


def _clamp(value: float) -> float:
    return max(-_LIMIT, min(_LIMIT, value))
