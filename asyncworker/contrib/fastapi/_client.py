"""The app's client, for its routes."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, WebSocketException

# FastAPI reads this annotation while the program runs.
from starlette.requests import HTTPConnection

from asyncworker.client import Client
from asyncworker.exceptions import RPCError, RPCStatusCode

from ..._safe_logger import get_logger
from ._host import CLIENT_KEY, DEFAULT_RPC_TIMEOUT, Host

__all__ = ["ClientDep", "get_client"]

_logger = get_logger(__name__)

# What a server looks like that is away, does not respond, or is overloaded.
_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
    }
)
_DETAIL = "Temporal is not available; try again later"
# The code of a websocket's end for "try again later".
_TRY_AGAIN_LATER = 1013


async def get_client(connection: HTTPConnection) -> Client:
    """Return the app's client as it was connected: ``client: Annotated[Client, Depends(get_client)]``.

    Its calls have their own limits, and a route that lets their errors through responds with 500; see
    :data:`ClientDep`. Tests may override it: ``app.dependency_overrides[get_client]``. It waits for nothing, so
    cancelling does nothing.

    Raises:
        RuntimeError: The app does not run :func:`lifespan`.
    """
    client = getattr(connection.state, CLIENT_KEY, None)
    if not isinstance(client, Client):
        raise RuntimeError("no client: create the app with FastAPI(lifespan=asyncworker.contrib.fastapi.lifespan(…))")
    return client


async def bounded_client(
    connection: HTTPConnection, client: Annotated[Client, Depends(get_client)]
) -> AsyncIterator[Client]:
    """Lend a route the app's client, each of whose calls has a limit.

    Raises:
        HTTPException: 503 with ``Retry-After``, where the route lets through that the server is away.
        WebSocketException: The same for a websocket.
    """
    host = Host.of(connection)
    limit = DEFAULT_RPC_TIMEOUT if host is None else host.rpc_timeout
    try:
        yield host.bounded if host is not None and client is host.client else _bounded(client, limit)
    except (RPCError, ExceptionGroup) as error:
        reason = _away_in(error)
        if reason is None:
            raise
        _logger.warning("%s: Temporal is not available: %s", connection.url.path, reason)
        if connection.scope["type"] == "websocket":
            raise WebSocketException(_TRY_AGAIN_LATER, _DETAIL) from error
        raise HTTPException(503, _DETAIL, {"Retry-After": str(math.ceil(limit))}) from error


def _away_in(error: Exception) -> RPCError | None:
    """Return why the server is away, if *error* says nothing else; a route's task group has an error of each task."""
    if isinstance(error, ExceptionGroup):
        found = [_away_in(each) for each in error.exceptions]
        return found[0] if all(found) else None
    if isinstance(error, RPCError) and error.status in _AWAY and not error.is_message_too_large:
        return error
    return None


def _bounded(client: Client, limit: float) -> Client:
    # A test may put in its place what is no client.
    return client.with_rpc_timeout(limit) if isinstance(client, Client) else client


#: The annotation of a route's parameter that receives the app's client. Each of its calls takes at most the
#: ``rpc_timeout`` of :func:`lifespan`, and a route that lets through that the server is away responds with 503.
ClientDep = Annotated[Client, Depends(bounded_client)]
