"""Remember when calls must be over: one heap, and so one timer, for all of them."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from ._call import Call

# Under this sweeping saves nothing worth the time.
_MIN_SWEEP = 256


class Deadlines:
    """The deadlines of calls, earliest first.

    Nearly every call is over long before its deadline. Nothing is done then: its entry is left in the heap, and thrown
    out when the heap has grown to twice what the last sweep left. ``loop.call_at`` and ``cancel`` do the same at three
    times the price, as their heap compares in Python.
    """

    __slots__ = ("_count", "_heap", "_sweep_at")

    def __init__(self) -> None:
        # The number keeps calls from being compared.
        self._heap: list[tuple[float, int, Call]] = []
        self._count = 0
        self._sweep_at = _MIN_SWEEP

    def __repr__(self) -> str:
        return f"<Deadlines [{len(self._heap)} entries]>"

    def add(self, when: float, call: Call) -> bool:
        """Note the deadline of a call; ``True`` if it is now the earliest."""
        self._count += 1
        if len(self._heap) >= self._sweep_at:
            self._sweep()
        heappush(self._heap, (when, self._count, call))
        return self._heap[0][2] is call

    def expire(self, now: float) -> list[Call]:
        """Take out the calls whose time is up and which are not over."""
        expired: list[Call] = []
        while self._heap and (self._heap[0][0] <= now or self._heap[0][2].is_over):
            call = heappop(self._heap)[2]
            if not call.is_over:
                expired.append(call)
        return expired

    @property
    def next_at(self) -> float | None:
        """The earliest deadline; after `expire` that of a call which is not over."""
        return self._heap[0][0] if self._heap else None

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if not entry[2].is_over]
        heapify(self._heap)
        self._sweep_at = max(_MIN_SWEEP, 2 * len(self._heap))
