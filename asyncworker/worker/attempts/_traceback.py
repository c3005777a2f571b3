"""Free what a failed activity held at the end of its attempt.

An exception holds the frames that it came through, and they hold everything that was in their variables. Where one of
them holds the exception as well (``error = ValueError(); raise error``, a list of errors that becomes a group, a future
that was awaited, asyncio's own TaskGroup), nothing is freed until the garbage collector comes, which in a worker is
seldom. From Python 3.12 on the frames also hold those that called them.
"""

from __future__ import annotations

from typing import Any

__all__ = ["drop_tracebacks"]

# As the base class has them: a class may refuse to have its attributes set, or have others of these names.
_cause: Any = BaseException.__dict__["__cause__"].__get__
_context: Any = BaseException.__dict__["__context__"].__get__
_members: Any = BaseExceptionGroup.__dict__["exceptions"].__get__


def drop_tracebacks(error: BaseException) -> None:
    """Take the tracebacks off *error*, and off all that led to it or is grouped in it. Never raises."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        BaseException.with_traceback(current, None)
        waiting += [each for each in (_cause(current), _context(current)) if each is not None]
        if issubclass(type(current), BaseExceptionGroup):
            waiting += _members(current)
