"""The routes that stream the progress of activities."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from fastapi import APIRouter, Depends, Header, HTTPException, Query, params
from starlette.responses import Response

from ..._arguments import check_duration
from ..._safe_logger import get_logger
from ..._time import Seconds
from ...client import Client
from ...exceptions import RPCError, RPCStatusCode
from .._signing import InvalidLink, Secrets
from ..fastapi import get_client
from ._events import Event, event_of, missing
from ._feeds import Feed, Feeds
from ._links import progress_signer, run_of

try:
    from sse_starlette import EventSourceResponse, ServerSentEvent
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f'asyncworker.contrib.progress needs {_error.name}: pip install "temporal-asyncworker[progress]"',
        name=_error.name,
    ) from _error

__all__ = ["progress_router"]

_logger = get_logger(__name__)

# As it is connected: each call here has a limit of its own, or none for a reason.
_AppClient = Annotated[Client, Depends(get_client)]

_MAX_ACTIVITIES = 100
# Also for what no activity could be called: an id that is too long, a run id that is no UUID.
_UNKNOWN = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT})
# Seconds that a stream has to end by itself, so that its response is whole, when the server stops.
_SHUTDOWN_GRACE = 1.0
# The address may have a token in it.
_HEADERS = {"Referrer-Policy": "no-referrer"}

_LastEventId = Annotated[str, Header(alias="last-event-id")]


def progress_router(
    *,
    dependencies: Sequence[params.Depends] = (),
    secrets: Secrets | None = None,
    keep_alive: Seconds = 15.0,
    timeout: Seconds = 5.0,
) -> APIRouter:
    """Return a router with ``GET /{activity_id}/progress``: server-sent events of a standalone activity, until it ends.

    Each ``progress`` event has the activity's state as JSON: ``status``, ``run_state``, ``attempt``, times, and the
    heartbeat ``details``. The last one is named ``end``; the page then closes its ``EventSource``. Of states in quick
    succession only the newest is sent. A browser that reconnects gets what has changed since. All streams of an
    activity share one long poll. They end when uvicorn begins to stop.

    Heartbeat details may be confidential, and ids may be guessed: so the router needs *dependencies* that check who
    asks, or *secrets*, with which only addresses made by :func:`progress_url` are served, or both.

    Without *secrets*, ``GET /progress?activity_id=…&activity_id=…`` streams up to 100 activities at once: browsers open
    no more than six connections to a host over HTTP/1.1. One that is unknown ends at once.

    An unknown activity is answered with 404, a wrong or expired token with 403, and a server that is away with 503.

    Args:
        dependencies: As ``fastapi.Depends(…)``: each is called for each request, and raises to refuse it.
        secrets: At least 32 characters each; the newest first. A function is called for each request.
        keep_alive: A comment is sent when so much time has passed without an event; seconds or a timedelta.
        timeout: How long the server may take for the first description, in seconds or as a timedelta.

    Raises:
        TypeError: A dependency is none, or a secret is neither a string nor bytes.
        ValueError: There are neither dependencies nor secrets, a secret is too short, or a time is not positive.
    """
    _check_dependencies(dependencies)
    if not dependencies and secrets is None:
        raise ValueError(
            "progress_router() shows heartbeat details to everyone who asks: give it dependencies=[Depends(…)] that"
            " check who does, or secrets, for addresses that progress_url() has signed"
        )
    signer = None if secrets is None else progress_signer(secrets)
    feeds = Feeds(check_duration("timeout", timeout).total_seconds())
    stream = partial(_stream, keep_alive=check_duration("keep_alive", keep_alive).total_seconds())
    router = APIRouter(dependencies=list(dependencies), include_in_schema=False)

    if signer is None:

        @router.get("/progress")
        async def follow_several(
            client: _AppClient, activity_id: Annotated[list[str], Query()], last_event_id: _LastEventId = ""
        ) -> Response:
            if len(activity_id) > _MAX_ACTIVITIES:
                raise HTTPException(422, f"at most {_MAX_ACTIVITIES} activities can be followed at once")
            several = [feeds.get(client, each) for each in dict.fromkeys(activity_id) if each]
            if not several:
                raise HTTPException(422, "no activity_id to follow")
            return await stream(several, last_event_id, missing_ok=True)

    @router.get("/{activity_id:path}/progress")
    async def follow(
        client: _AppClient, activity_id: str, token: str = "", run_id: str = "", last_event_id: _LastEventId = ""
    ) -> Response:
        run = run_id or None
        if not activity_id:
            raise HTTPException(404, "there is no activity without an id")
        if signer is not None:
            try:
                run = run_of(signer, token, activity_id)
            except InvalidLink:
                raise HTTPException(403, "this address is not valid, or no longer") from None
        return await stream([feeds.get(client, activity_id, run)], last_event_id)

    return router


def _check_dependencies(dependencies: Sequence[params.Depends]) -> None:
    for each in dependencies:
        if not isinstance(each, params.Depends):
            raise TypeError(f"a dependency is given as fastapi.Depends(…), got {each!r}")


async def _stream(
    feeds: Sequence[Feed], last_event_id: str, *, keep_alive: float, missing_ok: bool = False
) -> Response:
    events = [await _first(feed, missing_ok=missing_ok) for feed in feeds]
    if last_event_id and all(event.name == "end" for event in events):
        # A browser that does not close its source connects again until it gets this.
        return Response(status_code=204)
    send, receive = anyio.create_memory_object_stream[ServerSentEvent]()
    stopping = anyio.Event()
    return EventSourceResponse(
        _each(receive),
        data_sender_callable=partial(_send_all, feeds, send, last_event_id, stopping),
        ping=keep_alive,
        headers=_HEADERS,
        shutdown_event=stopping,
        shutdown_grace_period=_SHUTDOWN_GRACE,
    )


async def _each(stream: MemoryObjectReceiveStream[ServerSentEvent]) -> AsyncIterator[ServerSentEvent]:
    async with stream:
        async for event in stream:
            yield event


async def _first(feed: Feed, *, missing_ok: bool) -> Event:
    """Return what there is to be sent first, as long as a failure can still be answered."""
    try:
        return event_of(await feed.now())
    except RPCError as error:
        if error.status in _UNKNOWN and missing_ok:
            return missing(feed.activity_id)
        if error.status in _UNKNOWN:
            raise HTTPException(404, f"there is no activity {feed.activity_id}") from None
        _logger.warning("No progress of activity %s: %s", feed.activity_id, error)
        raise HTTPException(503, "the Temporal server is not available", {"Retry-After": "5"}) from None


async def _send_all(
    feeds: Sequence[Feed], stream: MemoryObjectSendStream[ServerSentEvent], sent: str, stopping: anyio.Event
) -> None:
    """Send the events of activities until all have ended, or the server stops; the stream's end ends the response."""
    async with stream, anyio.create_task_group() as both:
        both.start_soon(_cancel_when, stopping, both.cancel_scope)
        async with anyio.create_task_group() as readers:
            for feed in feeds:
                readers.start_soon(_send, feed, stream, sent)
        both.cancel_scope.cancel()


async def _cancel_when(event: anyio.Event, scope: anyio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


async def _send(feed: Feed, stream: MemoryObjectSendStream[ServerSentEvent], sent: str) -> None:
    try:
        description = await feed.now()
        while True:
            event = event_of(description)
            if event.id != sent:
                await stream.send(_encoded(event))
                sent = event.id
            if event.name == "end":
                return
            description = await feed.after(description)
    except RPCError as error:
        if error.status in _UNKNOWN:
            await stream.send(_encoded(missing(feed.activity_id)))
        else:
            # The browser connects again, and is answered with the reason.
            _logger.warning("The progress of activity %s ends: %s", feed.activity_id, error)


def _encoded(event: Event) -> ServerSentEvent:
    return ServerSentEvent(event.data, event=event.name, id=event.id)
