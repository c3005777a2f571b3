"""Decide which heartbeat details may be encoded when they are sent, and not before.

Activity code may heartbeat in its innermost loop, and of thousands of heartbeats one is sent. Encoding its details
costs more than all the rest of one that is not sent. So details that are immutable, and cannot fail to be encoded once
others of their types have been, are encoded late. The rest must not be: a list may have grown by the time it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["can_defer"]

_ALWAYS = frozenset({bool, float, type(None)})
# A longer text may be longer than the namespace takes.
_MAX_TEXT = 1024
_MAX_INT = 1 << 63


def can_defer(details: Iterable[Any]) -> bool:
    """Return whether all are plain: bools, numbers of 64 bits, short ASCII text, ``None``; subclasses are not."""
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
