"""The root of the chain of interceptors: it makes the calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ._interceptor import OutboundInterceptor

if TYPE_CHECKING:
    from ._client import Client

__all__ = ["RootOutbound"]


class RootOutbound(OutboundInterceptor):
    """Passes calls on to what makes them, which is imported at the first call."""

    def __init__(self, client: Client) -> None:
        # Not the parent's, which sets `next`.
        self._client = client

    @cached_property
    def next(self) -> OutboundInterceptor:  # type: ignore[override] # it is never set
        # A worker makes its calls without these modules, and starts sooner without importing them.
        from ._completion_calls import CompletionCalls
        from .activities._calls import ActivityCalls

        class AllCalls(ActivityCalls, CompletionCalls):
            """Makes every call of a client."""

        return AllCalls(self._client)
