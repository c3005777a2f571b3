"""Waiting for a fact about the server's state."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


class Changes:
    """Lets waiters look at their fact again each time that anything has changed."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def notify(self) -> None:
        """Announce that something has changed."""
        self._event.set()
        self._event = anyio.Event()

    async def wait_for(self, fact: Callable[[], T | None], timeout: float | None = None) -> T | None:
        """Return what *fact* returns as soon as that is not ``None``, or ``None`` after *timeout* seconds.

        Cancelling is safe: nothing is awaited between the fact and the return.
        """
        with anyio.move_on_after(math.inf if timeout is None else timeout):
            while True:
                found = fact()
                if found is not None:
                    return found
                await self._event.wait()
        return None
