"""Limits for connections to the codec server, which uvicorn has not: silent ones keep no other from being answered.

uvicorn waits for a request's head as long as the other side likes, and its ``limit_concurrency`` refuses the requests
of all as soon as there are so many connections, idle ones included.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["LimitedProtocol", "limited"]

# Each may have a request of 16 MiB in memory.
_MAX_CONNECTIONS = 64
# Seconds for the head of a request, from the connection's begin or the last response on: longer than the five that
# uvicorn leaves a connection open between requests.
_HEAD = 10.0
# Seconds from there to the response's end: longer than the application takes, for what the other side reads slowly.
_REQUEST = 60.0
_turns = itertools.count()


class LimitedProtocol(H11Protocol):
    """A connection that is closed when a request or its response takes too long, or so that another one may come.

    Attributes:
        max_connections: How many there may be. The one whose request has been awaited for longest gives way.
        head_timeout: Seconds that the head of a request may take.
        request_timeout: Seconds that the rest of it and the response may take.
    """

    max_connections = _MAX_CONNECTIONS
    head_timeout = _HEAD
    request_timeout = _REQUEST

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # uvicorn's object for the request that is under way.
        self._request: Any = None
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit(self.head_timeout)
        self._stay_within_limit()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._follow()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._follow()

    def _follow(self) -> None:
        request = self.cycle if self.cycle is not None and not self.cycle.response_complete else None
        if request is not self._request:
            self._request = request
            self._limit(self.head_timeout if request is None else self.request_timeout)

    def _limit(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._turn = next(_turns)
        # Not close(), which would wait until the other side has read everything.
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    @property
    def _awaits_request(self) -> bool:
        return self._request is None or self._request.more_body

    def _stay_within_limit(self) -> None:
        there = [it for it in self.connections if isinstance(it, LimitedProtocol) and not it.transport.is_closing()]
        if len(there) > self.max_connections:
            # It is this one if the requests of all others have come, and are being worked on.
            min((it for it in there if it._awaits_request), key=lambda it: it._turn).transport.abort()


def limited(**limits: float) -> type[LimitedProtocol]:
    """Return the protocol with other limits, named as its attributes are."""
    return type("LimitedProtocol", (LimitedProtocol,), limits)
