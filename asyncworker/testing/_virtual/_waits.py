"""Which tasks may wait for an event from outside, rather than for a timer or for another task."""

from __future__ import annotations

import asyncio
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import anyio
import grpclib

__all__ = ["place_of", "waits_for_events"]

_OURS = str(Path(__file__).parents[2]) + os.sep
_GRPCLIB = str(Path(grpclib.__file__ or "").parent) + os.sep
_STANDARD = sysconfig.get_path("stdlib") + os.sep
_OTHERS = tuple(_STANDARD + name for name in ("site-packages", "dist-packages"))
_ANYIO = str(Path(anyio.__file__ or "").parent) + os.sep
# Where a task waits for nothing but time, or for other tasks of the loop, which are looked at themselves.
_KNOWN = {
    ("asyncio.tasks", "sleep"),
    ("asyncio.tasks", "wait"),
    ("asyncio.tasks", "_wait"),
    ("asyncio.tasks", "wait_for"),
    ("asyncio.taskgroups", "TaskGroup.__aexit__"),
    # From Python 3.13 on.
    ("asyncio.taskgroups", "TaskGroup._aexit"),
    ("_backends._asyncio", "TaskGroup.__aexit__"),
    ("_backends._asyncio", "AsyncIOBackend.sleep"),
}
_ANYIO_READERS = ("SocketStream.", "UNIXSocketStream.", "StreamReaderWrapper.", "UDPSocket.", "ConnectedUDPSocket.")


def waits_for_events(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a task of the user's waits for something that is neither time, nor another task, nor the kit's."""
    return any(_may_wait_for_events(task) for task in asyncio.all_tasks(loop))


def place_of(task: asyncio.Task[Any]) -> str | None:
    """Return where the user's code in *task* waits, as ``file:line``, or ``None`` if there is none of it."""
    last = None
    for code, line in _chain(task):
        if not (_is_of_library(code.co_filename) or code.co_filename.startswith((_OURS, _GRPCLIB))):
            last = f"{code.co_filename}:{line}"
    return last


def _may_wait_for_events(task: asyncio.Task[Any]) -> bool:
    chain = [code for code, _ in _chain(task)]
    owners = [code.co_filename for code in chain if not _is_of_library(code.co_filename)]
    last = next((file for file in reversed(owners) if not file.startswith(_GRPCLIB)), owners[-1] if owners else None)
    if last is None:
        # A test framework's, as a rule, which waits for the test.
        return any(_reads(code) for code in chain)
    if last.startswith((_OURS, _GRPCLIB)):
        # It is the kit's, or waits for something of the kit's, which knows of it.
        return False
    waiter = getattr(task, "_fut_waiter", None)
    if isinstance(waiter, asyncio.Task | asyncio.tasks._GatheringFuture):  # type: ignore[attr-defined]
        return False
    return _place(chain[-1]) not in _KNOWN


def _is_of_library(file: str) -> bool:
    """Whether it is of the standard library or of anyio, which wait on behalf of their callers."""
    return file.startswith(_ANYIO) or (file.startswith(_STANDARD) and not file.startswith(_OTHERS))


def _reads(code: CodeType) -> bool:
    """Whether it waits for a connection on behalf of its caller."""
    if code.co_filename.startswith(_ANYIO):
        return code.co_qualname.startswith(_ANYIO_READERS)
    return Path(code.co_filename).name == "streams.py" or code.co_name.startswith("sock_")


def _place(code: CodeType) -> tuple[str, str]:
    path = Path(code.co_filename)
    return f"{path.parent.name}.{path.stem}", code.co_qualname


def _chain(task: asyncio.Task[Any]) -> Iterator[tuple[CodeType, int]]:
    """Iterate over the coroutines that a task is in, from its own to the one that waits."""
    each: Any = task.get_coro()
    while each is not None:
        code = next((found for kind in ("cr", "gi", "ag") if (found := getattr(each, f"{kind}_code", None))), None)
        frame = next((found for kind in ("cr", "gi", "ag") if (found := getattr(each, f"{kind}_frame", None))), None)
        if code is not None:
            yield code, frame.f_lineno if frame is not None else 0
        each = next(
            (found for name in ("cr_await", "gi_yieldfrom", "ag_await") if (found := getattr(each, name, None))), None
        )
