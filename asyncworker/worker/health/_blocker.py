"""Find out what blocks an event loop, from another thread: the attempt whose code runs, and where that code is.

No code of the user's runs for it, and no reference to a frame is kept.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import linecache
import os
import site
import sys
from asyncio import events
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import anyio

from ...activity import Info
from ...activity._context import current

if TYPE_CHECKING:
    from ..attempts._attempt import Attempt

__all__ = ["Blocker", "find_blocker"]

# Where code is that called the user's, from the loop's own up to the attempt's.
_CALLERS = tuple(
    str(path) + os.sep
    for path in (Path(asyncio.__file__).parent, Path(anyio.__file__).parent, Path(__file__).parents[1])
)
# Where code is that the user's calls. `sysconfig` has it too, at ten times the time of import.
_LIBRARIES = tuple(path + os.sep for path in (str(Path(os.__file__).parent), *site.getsitepackages()))
_DEBUGGERS = ("bdb.py", "pdb.py", "pydevd.py")
_MOST_FRAMES = 3
_MOST_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Blocker:
    """What a blocked loop runs.

    Attributes:
        attempt: Whose code it is, if it is that of an activity.
        info: Of that attempt.
        frames: Where it is, the innermost first, as ``file:line in function: source``.
    """

    attempt: Attempt | None
    info: Info | None
    frames: Sequence[str]


def find_blocker(loop: asyncio.AbstractEventLoop, thread: int, attempts: Iterable[Attempt]) -> Blocker | None:
    """Return what runs on *loop*, in the thread with this number; ``None`` if a debugger has stopped it there."""
    stack = list(_walk(sys._current_frames().get(thread)))
    try:
        if _is_debugged(stack):
            return None
        attempt = _attempt_of(loop, stack, attempts)
        info = None if attempt is None else attempt.info
        return Blocker(attempt, info, tuple(_describe(frame) for frame in _chosen(stack)))
    finally:
        # What the frames hold is the activity's to let go of.
        stack.clear()


def _walk(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


# Whose


def _attempt_of(
    loop: asyncio.AbstractEventLoop, stack: Sequence[FrameType], attempts: Iterable[Attempt]
) -> Attempt | None:
    task = asyncio.current_task(loop)
    context = _context_of_callback(stack) if task is None else _context_of_task(task)
    activity = None if context is None else context.get(current)
    for attempt in attempts:
        # Before the activity begins and after its end the task is the attempt's, and the context is not there yet.
        if attempt.runs_in(task) or (activity is not None and activity._cancellation is attempt.cancellation):
            return attempt
    return None


def _context_of_task(task: asyncio.Task[Any]) -> contextvars.Context | None:
    if hasattr(task, "get_context"):
        context: contextvars.Context = task.get_context()
        return context
    # Python 3.11 does not show it.
    return next((it for it in gc.get_referents(task) if isinstance(it, contextvars.Context)), None)


def _context_of_callback(stack: Sequence[FrameType]) -> contextvars.Context | None:
    """Return the context of a callback that runs outside of a task; uvloop's handles have no frame to read it from."""
    for frame in stack:
        if frame.f_code is events.Handle._run.__code__:
            return getattr(frame.f_locals.get("self"), "_context", None)
    return None


# Where


def _chosen(stack: Sequence[FrameType]) -> Sequence[FrameType]:
    """Return the innermost frames of the user's code, with the library's that it is in, if it is in one."""
    own: list[FrameType] = []
    for frame in stack:
        file = frame.f_code.co_filename
        if file.startswith(_CALLERS):
            break
        # Not the frames of an import.
        if not file.startswith("<frozen "):
            own.append(frame)
    if not own:
        return stack[:_MOST_FRAMES]
    users = [frame for frame in own if not frame.f_code.co_filename.startswith(_LIBRARIES)][:_MOST_FRAMES]
    if not users:
        # An application that is installed as a package.
        users = own[1:][-_MOST_FRAMES + 1 :]
    return users if users and users[0] is own[0] else [own[0], *users]


def _describe(frame: FrameType) -> str:
    code, number = frame.f_code, frame.f_lineno
    source = linecache.getline(code.co_filename, number or 0).strip()[:_MOST_CHARACTERS]
    return f"{code.co_filename}:{number} in {code.co_name}" + (f": {source}" if source else "")


# Debuggers


def _is_debugged(stack: Sequence[FrameType]) -> bool:
    """Whether a debugger traces the loop's thread, or waits for its user in it. Coverage is none."""
    if "pydevd" in sys.modules:
        return True
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        return True
    return any(
        Path(frame.f_code.co_filename).name in _DEBUGGERS or _is_debugger(getattr(frame, "f_trace", None))
        for frame in stack
    )


def _is_debugger(trace: Any) -> bool:
    home = getattr(trace, "__module__", None) or type(trace).__module__
    return trace is not None and home.split(".")[0] in ("bdb", "pdb", "pydevd", "_pydevd_bundle")
