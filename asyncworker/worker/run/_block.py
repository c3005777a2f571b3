"""The block of an ``async with worker``, which ends with the run and the run with it."""

from __future__ import annotations

import asyncio

from ..._safe_logger import get_logger
from ._host import RunHost

__all__ = ["Block"]

_logger = get_logger(__name__)


class Block:
    """The block of an ``async with worker``, entered in the running task.

    Args:
        host: Of the run. If it fails, the task is cancelled once: nothing in the block should go on as if it had not.
    """

    def __init__(self, host: RunHost) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._host = host
        self._task = task
        self._cancelling_before = task.cancelling()
        self._was_cancelled = False
        host.ended.add_done_callback(self._on_end)

    def __repr__(self) -> str:
        return f"<Block [{self._host!r}]>"

    async def leave(self, error: BaseException | None) -> None:
        """End the run, as the block has ended, with *error* or without.

        Raises:
            WorkerError: The worker could not go on, and the block has no error but the cancellation that came of it.
            CancelledError: The task was cancelled meanwhile, which begins the next stage each time.
        """
        ended = self._host.ended
        ended.remove_done_callback(self._on_end)
        self._host.run.stop()
        is_ours = await self._take_back(error)
        await self._host.drain()
        failure = ended.exception()
        if failure is None:
            return
        if error is None or is_ours:
            raise failure
        # The block's own error goes first.
        _logger.error("the worker had failed as well", exc_info=failure)

    def _on_end(self, ended: asyncio.Task[None]) -> None:
        if ended.cancelled() or ended.exception() is not None:
            self._was_cancelled = self._task.cancel()

    async def _take_back(self, error: BaseException | None) -> bool:
        """Take that cancellation back at the block's end; return whether *error*, which ended it, came of it alone."""
        if not self._was_cancelled:
            return False
        is_ours = self._task.uncancel() <= self._cancelling_before
        if isinstance(error, asyncio.CancelledError):
            return is_ours
        try:
            # Before Python 3.13 one that was not delivered yet still comes.
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if not is_ours:
                raise
        return False
