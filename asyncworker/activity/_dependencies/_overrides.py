"""Check what is to stand for a dependency in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from .._callables import describe
from ._graph import Override, identity_of
from ._plan import Plan

__all__ = ["checked_override"]


def checked_override(function: Callable[..., Any], replacement: Callable[..., Any], plans: Iterable[Plan]) -> Override:
    """Return the override of *function* by *replacement*.

    Args:
        function: A dependency.
        replacement: What stands for it.
        plans: Of the activities.

    Raises:
        TypeError: One of them cannot be called.
        ValueError: No activity depends on *function*; the message names those that are alike.
    """
    for each in (function, replacement):
        if not callable(each):
            raise TypeError(f"override takes two functions, a dependency and what stands for it; got {each!r}")
    known = {identity_of(node.declared): node.declared for plan in plans for node in plan.nodes}
    if identity_of(function) not in known:
        names = sorted({describe(each) for each in known.values()})
        near = get_close_matches(describe(function), names) or names
        raise ValueError(
            f"no activity of this worker depends on {describe(function)}: it cannot be overridden;"
            f" {', '.join(near) if near else 'nothing'} can"
        )
    return Override(function, replacement)
