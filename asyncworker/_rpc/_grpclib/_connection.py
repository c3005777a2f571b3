"""Connections of grpclib: a channel that connects as a target says, its age, and the calls on it."""

from __future__ import annotations

import asyncio
import random
from contextlib import AbstractAsyncContextManager
from typing import Any

from grpclib.client import Channel, Handler
from grpclib.config import Configuration
from grpclib.protocol import H2Protocol

from ...exceptions import AsyncWorkerError, RPCError, RPCStatusCode
from .._dial import dial
from .._target import Target
from ..http2._headers import DiscreetEncoder
from ._codec import BytesCodec, BytesDetailsCodec

__all__ = ["GrpclibConnection", "TargetChannel"]


class GrpclibConnection:
    """One connection, and the calls on it."""

    def __init__(
        self, context: AbstractAsyncContextManager[Channel], channel: Channel, now: float, max_age: float | None
    ) -> None:
        self.channel = channel
        self.calls: set[asyncio.Task[Any]] = set()
        self._context: AbstractAsyncContextManager[Channel] | None = context
        self._max_age = max_age
        self._ends_at = None if max_age is None else now + max_age * random.uniform(0.9, 1.1)

    @classmethod
    async def open(
        cls, context: AbstractAsyncContextManager[Channel], now: float, max_age: float | None
    ) -> GrpclibConnection:
        return cls(context, await context.__aenter__(), now, max_age)

    @property
    def is_lost(self) -> bool:
        """Whether there was a connection, and it has ended."""
        protocol = self.channel._protocol
        return protocol is not None and bool(protocol.handler.connection_lost)  # type: ignore[attr-defined]

    def takes(self, now: float, timeout: float | None) -> bool:
        """Whether a call of so many seconds may begin here."""
        if self.is_lost:
            return False
        if self._ends_at is None or self._max_age is None:
            return True
        # A call that could take longer than a connection lives gets half of one: it will be cut off as often as not,
        # and all others must not pay for it with a connection each.
        return now + min(timeout or 0.0, self._max_age / 2) < self._ends_at

    async def close(self) -> None:
        """Close the connection; calls on it fail."""
        context, self._context = self._context, None
        if context is None:
            return
        for call in self.calls:
            call.cancel()
        if self.calls:
            # Each sends its RST_STREAM while there is a connection to send it on.
            await asyncio.wait(self.calls)
        await context.__aexit__(None, None, None)


class _Protocol(H2Protocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        # h2's own shows each header in hpack's log, API keys included.
        self.connection._connection.encoder = DiscreetEncoder()


class TargetChannel(Channel):
    """A channel that connects as a target says."""

    def __init__(self, target: Target) -> None:
        super().__init__(
            target.host,
            target.port,
            codec=BytesCodec(),
            status_details_codec=BytesDetailsCodec(),
            config=_configuration(target),
        )
        self._target = target
        self._scheme = "http" if target.tls is None else "https"
        self._authority = target.authority

    def _protocol_factory(self) -> H2Protocol:
        return _Protocol(Handler(), self._config, self._h2_config)

    async def _create_connection(self) -> H2Protocol:
        try:
            async with asyncio.timeout(self._target.connect_timeout):
                return await dial(self._target, self._protocol_factory)
        except TimeoutError as error:
            message = f"no connection to {self._target} within {self._target.connect_timeout:g} s"
            raise RPCError(message, RPCStatusCode.UNAVAILABLE) from error
        except (OSError, AsyncWorkerError) as error:
            raise RPCError(f"cannot connect to {self._target}: {error}", RPCStatusCode.UNAVAILABLE) from error


def _configuration(target: Target) -> Configuration:
    keep_alive = target.keep_alive
    if keep_alive is None:
        return Configuration()
    # grpclib stops after two PINGs without data, and sends one in five minutes at most, unless told otherwise.
    return Configuration(
        _keepalive_time=keep_alive.interval,
        _keepalive_timeout=keep_alive.timeout,
        _http2_max_pings_without_data=0,
        _http2_min_sent_ping_interval_without_data=keep_alive.interval / 2,
    )
