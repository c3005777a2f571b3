"""Limit the memory that a decoded message takes.

A decoder compares its depth with a limit once for each message, and once for each entry of a map. Where bytes could
come to more than is allowed it gets a depth that counts these comparisons; anywhere else the count would be a cost
without a use.
"""

from __future__ import annotations

from .._wire_primitives import MAX_DEPTH, DecodeError

__all__ = ["MOST_PER_BYTE", "TooMuchError", "metered_depth"]

# What an empty message takes; the fields of one share their dict's keys.
_MESSAGE_SIZE = 256
#: Bytes in memory that a byte on the wire may come to: a message may take two.
MOST_PER_BYTE = _MESSAGE_SIZE // 2 + 1


class TooMuchError(DecodeError):
    """The bytes would come to more, once they are decoded, than is allowed."""


class _Meter:
    __slots__ = ("budget", "left", "levels")

    def __init__(self, budget: int, size: int) -> None:
        self.budget = budget
        self.left = budget - size
        # A decoder looks one or two levels ahead of the deepest.
        self.levels = [_Depth(level) for level in range(MAX_DEPTH + 4)]
        for level in self.levels:
            level.meter = self


class _Depth(int):
    meter: _Meter

    def __gt__(self, limit: int) -> bool:
        meter = self.meter
        meter.left -= _MESSAGE_SIZE
        if meter.left < 0:
            raise TooMuchError(f"received message comes to more than {meter.budget} bytes in memory")
        return int.__gt__(self, limit)

    def __add__(self, levels: int) -> int:
        return self.meter.levels[int.__add__(self, levels)]


def metered_depth(size: int, budget: int) -> int:
    """Return the depth at which to begin to decode *size* bytes; it refuses what comes to more than *budget*."""
    return _Meter(budget, size).levels[0]
