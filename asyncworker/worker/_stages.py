"""The stages of a shutdown: drain, cancel, abandon; each begins once, and may end waits of the stages before."""

from __future__ import annotations

import asyncio
import math

import anyio

__all__ = ["ShutdownStages", "Stage"]


class Stage:
    """A stage of the shutdown, which begins once."""

    __slots__ = ("_event", "_scopes")

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._scopes: list[anyio.CancelScope] = []

    def __repr__(self) -> str:
        return f"<Stage [{'begun' if self.has_begun else 'not begun'}]>"

    @property
    def has_begun(self) -> bool:
        """Whether the shutdown has come so far."""
        return self._event.is_set()

    def begin(self) -> None:
        """Begin this stage: release what waits for it, and cancel the scopes that it ends."""
        self._event.set()
        scopes, self._scopes = self._scopes, []
        for scope in scopes:
            scope.cancel()

    def ends(self, scope: anyio.CancelScope) -> anyio.CancelScope:
        """Have *scope* cancelled when this stage begins; return it."""
        if self.has_begun:
            scope.cancel()
        else:
            self._scopes.append(scope)
        return scope

    async def wait(self) -> None:
        """Wait until this stage begins. Cancelling is safe."""
        await self._event.wait()

    async def wait_until(self, when: float) -> None:
        """Wait until this stage begins, but no longer than until the event loop's clock reads *when*."""
        with anyio.CancelScope(deadline=when):
            await self._event.wait()


class ShutdownStages:
    """How far the shutdown of one run has come.

    Attributes:
        drain: No new poll begins; attempts have the grace period to end by themselves.
        cancel: Attempts are cancelled.
        abandon: Attempts that do not heed that are left behind, and open polls are cut.
        drain_began_at: On the event loop's clock; infinite before.
        is_torn_down: Whether the event loop ends before the run has.
    """

    __slots__ = ("abandon", "cancel", "drain", "drain_began_at", "is_torn_down")

    def __init__(self) -> None:
        self.drain = Stage()
        self.cancel = Stage()
        self.abandon = Stage()
        self.drain_began_at = math.inf
        self.is_torn_down = False

    def __repr__(self) -> str:
        stages = {"abandon": self.abandon, "cancel": self.cancel, "drain": self.drain}
        return f"<ShutdownStages [{next((name for name, stage in stages.items() if stage.has_begun), 'not begun')}]>"

    def begin(self, now: float) -> None:
        """Begin to drain, if the shutdown has not begun."""
        if not self.drain.has_begun:
            self.drain_began_at = now
            self.drain.begin()

    def escalate(self, now: float) -> None:
        """Begin the next stage."""
        if not self.drain.has_begun:
            self.begin(now)
        elif not self.cancel.has_begun:
            self.cancel.begin()
        else:
            self.abandon.begin()

    def tear_down(self, now: float) -> None:
        """Begin all stages, as the event loop ends."""
        self.is_torn_down = True
        self.begin(now)
        self.cancel.begin()
        self.abandon.begin()
