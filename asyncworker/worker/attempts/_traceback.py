"""Free what a failed activity held at the end of its attempt.

An exception holds the frames that it came through, and they hold everything that was in their variables. Where one of
them holds the exception as well (``error = ValueError(); raise error``, a list of errors that becomes a group, a future
that was awaited, asyncio's own TaskGroup), nothing is freed until the garbage collector comes, which in a worker is
seldom. From Python 3.12 on the frames also hold those that called them.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["drop_tracebacks"]

# As the base class has them: a class may refuse to have its attributes set, or have others of these names.
_cause: Any = BaseException.__dict__["__cause__"].__get__
_context: Any = BaseException.__dict__["__context__"].__get__
_members: Any = BaseExceptionGroup.__dict__["exceptions"].__get__


def drop_tracebacks(error: BaseException) -> None:
    """Take the tracebacks off *error*, and off all that led to it, is grouped in it or listed by it. Never raises."""
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
        waiting += _raised_by_validators(current)


def _raised_by_validators(error: BaseException) -> list[BaseException]:
    """Return the errors that pydantic's ``ValidationError`` lists: they are neither its cause nor its context."""
    pydantic_core = sys.modules.get("pydantic_core")
    if pydantic_core is None or type(error) is not pydantic_core.ValidationError:
        return []
    try:
        details = error.errors(include_url=False, include_input=False)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - it makes messages of them, and their `__str__` is user code
        return []
    listed = [each.get("ctx", {}).get("error") for each in details]
    return [each for each in listed if issubclass(type(each), BaseException)]
