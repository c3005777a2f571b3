"""Faults that tests ask for: refusals, delays, calls held back, and outages."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import betterproto2

from ...exceptions import RPCStatusCode
from ._cluster import Cluster
from ._refusal import Refusal


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal that waits for its call; *applied* ones come after the call has done its work."""

    refusal: Refusal
    applied: bool


class Faults:
    """Faults to come, by method."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._delays: dict[str, float] = {}
        self._held: set[str] = set()

    def add(
        self,
        method: str,
        status: RPCStatusCode,
        message: str,
        details: Sequence[betterproto2.Message],
        times: int,
        *,
        applied: bool,
    ) -> None:
        """Refuse the next calls of a method."""
        self._faults[method].extend([Fault(Refusal(message, status, details), applied)] * times)

    def delay(self, method: str, seconds: float) -> None:
        """Delay all calls of a method."""
        self._delays[method] = seconds

    @contextmanager
    def hold(self, method: str) -> Iterator[None]:
        """Hold all calls of a method within the block."""
        self._held.add(method)
        try:
            yield
        finally:
            self._held.discard(method)
            self._cluster.changes.notify()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Refuse all calls within the block, those under way too."""
        self._cluster.is_away = True
        self._cluster.changes.notify()
        try:
            yield
        finally:
            self._cluster.is_away = False

    async def before(self, method: str) -> Fault | None:
        """Wait as long as the call is delayed or held, refuse it, or return the fault for after it."""
        self._cluster.check_available()
        if method in self._delays:
            await anyio.sleep(self._delays[method])
        await self._cluster.changes.wait_for(lambda: method not in self._held or None)
        self._cluster.check_available()
        if not self._faults[method]:
            return None
        fault = self._faults[method].popleft()
        if not fault.applied:
            raise fault.refusal
        return fault
