"""Make calls with callbacks and await their outcome, so that the tests of awaited calls run for them too."""

from __future__ import annotations

import asyncio
from typing import Any

from asyncworker._rpc._callbacks import BackgroundTasks, unary_nowait_of


class Nowait:
    """A transport that makes every call by ``unary_nowait``."""

    def __init__(self, transport) -> None:
        self._transport = transport
        self._unary_nowait = unary_nowait_of(transport, BackgroundTasks())

    def __getattr__(self, name):
        return getattr(self._transport, name)

    async def unary(self, path, request, *, timeout, metadata=()):
        answer = Answer()
        self._unary_nowait(path, request, timeout=timeout, metadata=metadata, callbacks=answer)
        assert not answer.outcomes, "a callback was called before the call returned"
        try:
            return await answer.outcome
        finally:
            # Whatever else comes would come now.
            await asyncio.sleep(0)
            assert len(answer.outcomes) == 1, "not exactly one callback was called"


class Answer:
    """Callbacks whose outcome can be awaited."""

    def __init__(self) -> None:
        self.outcome = asyncio.get_running_loop().create_future()
        self.outcomes: list[Any] = []

    def on_reply(self, reply):
        self.outcomes.append(reply)
        if not self.outcome.done():
            self.outcome.set_result(reply)

    def on_failure(self, error):
        self.outcomes.append(error)
        if not self.outcome.done():
            self.outcome.set_exception(error)
