"""Calls that nobody awaits, awaited: what holds for the ones is to hold for the others."""

from __future__ import annotations

import asyncio

from asyncworker._rpc._callbacks import BackgroundTasks, unary_nowait_of


class Posted:
    """A transport whose every call is posted."""

    def __init__(self, transport) -> None:
        self._transport = transport
        self._unary_nowait = unary_nowait_of(transport, BackgroundTasks())

    def __getattr__(self, name):
        return getattr(self._transport, name)

    async def unary(self, path, request, *, timeout, metadata=()):
        answer = Answer()
        self._unary_nowait(path, request, timeout=timeout, metadata=metadata, callbacks=answer)
        assert not answer.told, "told while it was asked"
        try:
            return await answer.outcome
        finally:
            # Whatever else comes would come now.
            await asyncio.sleep(0)
            assert len(answer.told) == 1, "told twice"


class Answer:
    """A receiver that can be awaited."""

    def __init__(self) -> None:
        self.outcome = asyncio.get_running_loop().create_future()
        self.told = []

    def on_reply(self, reply):
        self.told.append(reply)
        if not self.outcome.done():
            self.outcome.set_result(reply)

    def on_failure(self, error):
        self.told.append(error)
        if not self.outcome.done():
            self.outcome.set_exception(error)
