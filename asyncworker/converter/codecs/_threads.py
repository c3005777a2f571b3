"""Work on large payloads in a thread, where the event loop goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from anyio import to_thread

__all__ = ["in_thread_if_large"]

P = ParamSpec("P")
T = TypeVar("T")

# Compressing this much takes about a millisecond, and a thread costs a tenth of that.
_LARGE = 64 * 1024


async def in_thread_if_large(
    work: Callable[Concatenate[bytes, P], T], data: bytes, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return ``work(data, *args)``, done in a thread where *data* has 64 KiB or more.

    Cancelling returns at once; the thread ends with its work, whose result is dropped.
    """
    if len(data) < _LARGE:
        return work(data, *args, **kwargs)
    return await to_thread.run_sync(lambda: work(data, *args, **kwargs), abandon_on_cancel=True)
