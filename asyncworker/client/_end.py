"""The end of the chain of interceptors."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ._interceptor import OutboundInterceptor

if TYPE_CHECKING:
    from ._client import Client

__all__ = ["End"]


class End(OutboundInterceptor):
    """Where interceptors end: what comes next makes the calls."""

    def __init__(self, client: Client) -> None:
        # Not the parent's: the next link is made when the first call comes.
        self._client = client

    @cached_property
    def next(self) -> OutboundInterceptor:  # type: ignore[override] # nobody sets it
        # A worker makes its calls without all this, and starts sooner without importing it.
        from ._completion_calls import CompletionCalls
        from .activities._calls import ActivityCalls

        class Calls(ActivityCalls, CompletionCalls):
            """All calls that there are."""

        return Calls(self._client)
