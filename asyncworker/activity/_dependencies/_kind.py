"""How the value is had of what a dependency calls."""

from __future__ import annotations

from enum import Enum

__all__ = ["Kind"]


class Kind(Enum):
    """How the value is had of what a dependency calls.

    Attributes:
        VALUE: It is returned.
        COROUTINE: It is awaited.
        MANAGER: A context manager is entered for it.
        ASYNC_MANAGER: An asynchronous context manager is entered for it.
    """

    VALUE = "value"
    COROUTINE = "coroutine"
    MANAGER = "manager"
    ASYNC_MANAGER = "async manager"
