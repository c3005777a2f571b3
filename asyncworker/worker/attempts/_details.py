"""Decide which heartbeat details may wait to be written until they leave.

Activity code may heartbeat in its innermost loop, and of thousands of heartbeats one leaves. Writing its details costs
more than all the rest of one that does not leave. So those which nobody can change in the meantime, and which cannot
fail to be written once their like has been, may wait. The rest must not: a list may have grown by the time it leaves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["may_wait"]

_ALWAYS = frozenset({bool, float, type(None)})
# What is longer may be longer than the namespace takes.
_MAX_TEXT = 1024
_MAX_INT = 1 << 63


def may_wait(details: Iterable[Any]) -> bool:
    """Whether all of *details* are plain: flags, numbers of 64 bits, short ASCII text, ``None``; subclasses are not."""
    for value in details:
        kind = type(value)
        if kind is int:
            if not -_MAX_INT <= value < _MAX_INT:
                return False
        elif kind is str:
            if len(value) > _MAX_TEXT or not value.isascii():
                return False
        elif kind not in _ALWAYS:
            return False
    return True
