"""Calls to a server in this process without a connection: no bytes on a wire, and no timers of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import anyio

from ..._rpc._long_poll import LongPoll
from ..._rpc._methods import Method
from ..._rpc._retry import Failures, RetryRules
from ..._rpc._service import WorkflowService
from ..._rpc._transport import Metadata
from ...exceptions import ClientClosedError, RPCError, RPCStatusCode
from .._fake._refusal import Refusal
from .._fake._wire import Wire
from ._time import NEVER

__all__ = ["MemoryTransport", "VirtualService"]


class MemoryTransport:
    """Calls a server's methods in the task of the caller."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._methods: Mapping[str, Method[Any, Any]] = {method.path: method for method in wire.methods}
        self._calls: dict[anyio.CancelScope, None] = {}
        self._is_closed = False
        self._all_ended = anyio.Event()

    def __repr__(self) -> str:
        return f"<MemoryTransport [{'closed, ' if self._is_closed else ''}{len(self._calls)} calls]>"

    async def unary(self, path: str, request: bytes, *, timeout: float | None, metadata: Metadata = ()) -> bytes:
        """See :meth:`.Transport.unary`."""
        if self._is_closed:
            raise ClientClosedError
        method = self._methods.get(path)
        if method is None:
            _, service, name = path.split("/")
            raise RPCError(f"unknown method {name} for service {service}", RPCStatusCode.UNIMPLEMENTED)
        limit = None if timeout is None or timeout > NEVER / 2 else timeout
        scope = anyio.CancelScope()
        if limit is not None:
            scope.deadline = anyio.current_time() + limit
        self._calls[scope] = None
        try:
            with scope:
                # As with a network, the caller's next step is never in the same turn of the event loop.
                await asyncio.sleep(0)
                return await self._wire.respond(method, request, dict(_joined(metadata)), timeout)
        except Refusal as refusal:
            raise RPCError(refusal.message, refusal.status, (refusal.encode(),)) from None
        finally:
            is_cut = self._calls.pop(scope, True)
            if not self._calls:
                self._all_ended.set()
        if is_cut:
            raise RPCError("the connection was lost", RPCStatusCode.UNAVAILABLE)
        raise RPCError("deadline exceeded", RPCStatusCode.DEADLINE_EXCEEDED)

    async def close(self) -> None:
        """See :meth:`.Transport.close`."""
        self._is_closed = True
        try:
            if self._calls:
                self._all_ended = anyio.Event()
                await self._all_ended.wait()
        finally:
            self.cut()

    def cut(self) -> None:
        """Fail all calls that are under way, as if their connection had been lost."""
        calls, self._calls = self._calls, {}
        for scope in calls:
            scope.cancel()


class VirtualService(WorkflowService):
    """A service whose long polls have no deadline but their caller's own: in virtual time each would be a jump."""

    __slots__ = ()

    async def poll(
        self,
        method: Method[Any, Any],
        request: Any,
        long_poll: LongPoll,
        *,
        timeout: float,  # noqa: ARG002
    ) -> Any:
        """See :meth:`.WorkflowService.poll`."""
        return await super().poll(method, request, long_poll, timeout=NEVER)

    async def call(
        self,
        method: Method[Any, Any],
        request: Any,
        *,
        timeout: float | None = None,
        retry: RetryRules | None = None,
        until: float | None = None,
        metadata: Metadata = (),
        failures: Failures | None = None,
    ) -> Any:
        """See :meth:`.WorkflowService.call`."""
        if method.long_poll and timeout is None:
            timeout = NEVER
        return await super().call(
            method, request, timeout=timeout, retry=retry, until=until, metadata=metadata, failures=failures
        )

    async def call_bytes(self, method: Method[Any, Any], request: bytes, *, timeout: float) -> bytes:
        """See :meth:`.WorkflowService.call_bytes`."""
        return await super().call_bytes(method, request, timeout=NEVER if method.long_poll else timeout)


def _joined(metadata: Metadata) -> Iterable[tuple[str, str | bytes]]:
    return ((key.lower(), value) for key, value in metadata)
