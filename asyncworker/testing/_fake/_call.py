"""A call as it arrives, and the functions that serve calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..._rpc._methods import Method


@dataclass(frozen=True, slots=True)
class Incoming:
    """A call as it arrived.

    Attributes:
        method: Its name, as in ``PollActivityTaskQueue``.
        request: Its message.
        metadata: Its metadata; keys are lower-case.
        remaining: Seconds that the caller gave it, or ``None`` for no limit.
    """

    method: str
    request: Any
    metadata: Mapping[str, str | bytes] = field(default_factory=dict)
    remaining: float | None = None


#: Calls that return at once, each from its request.
Handlers: TypeAlias = dict[Method[Any, Any], Callable[[Any], Any]]
#: Calls that may be held until there is something to return.
Holders: TypeAlias = dict[Method[Any, Any], Callable[[Any, Incoming], Awaitable[Any]]]
