"""Find the user's code in tracebacks, below the frames of the command line and of asyncio."""

from __future__ import annotations

import functools
import sysconfig
import traceback
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

__all__ = ["in_a_line", "place_in", "users_traceback"]

_PACKAGE = str(Path(__file__).parents[1])
# Between the command and what it calls.
_LIBRARIES = ("typer", "click", "anyio", "uvloop")


def users_traceback(error: BaseException) -> str:
    """Return the traceback as Python shows it, from the first frame of the user's code on; all of it if there is none.

    What has led to *error* is shown as it is.
    """
    start = error.__traceback__
    while start is not None and not _is_users(start.tb_frame.f_code.co_filename):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))


def in_a_line(error: BaseException) -> str:
    """Return the error with its file and line, as the last lines of a traceback have them."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return f"{type(error).__name__}: {error}" + (f" ({place_in(last)})" if last else "")


def place_in(frames: Iterable[traceback.FrameSummary]) -> str:
    """Return the file and the line of the last of *frames* that is the user's, or else of the last one."""
    frames = list(frames)
    frame = next((it for it in reversed(frames) if _is_users(it.filename)), frames[-1])
    return f"{frame.filename}, line {frame.lineno}"


def _is_users(filename: str) -> bool:
    """Whether code is neither ours, nor Python's, nor between the two; it may well be installed beside us."""
    if filename.startswith(("<frozen", "uvloop/")):
        return False
    standard = sysconfig.get_path("stdlib")
    is_standard = _is_in(filename, standard) and "site-packages" not in Path(filename).parts
    return not is_standard and not any(_is_in(filename, each) for each in (_PACKAGE, *_library_folders()))


@functools.cache
def _library_folders() -> Sequence[str]:
    specs = map(find_spec, _LIBRARIES)
    return [str(Path(spec.origin).parent) for spec in specs if spec is not None and spec.origin is not None]


def _is_in(filename: str, folder: str) -> bool:
    return Path(filename).is_relative_to(folder)
