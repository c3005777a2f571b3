"""Wait for something, unless it is no longer wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["unless"]

T = TypeVar("T")


async def unless(unwanted: asyncio.Event, call: Coroutine[Any, Any, T]) -> T | None:
    """Await *call*, or give it up when *unwanted* is set: then ``None``.

    Cancelling gives it up as well.
    """
    loop = asyncio.get_running_loop()
    calling, waiting = loop.create_task(call), loop.create_task(unwanted.wait())
    try:
        await asyncio.wait({calling, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        was_given_up = calling.cancel()
    if not was_given_up:
        return calling.result()
    await asyncio.wait({calling})
    return None if calling.cancelled() else calling.result()
