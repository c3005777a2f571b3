"""The routes behind the links: GET shows a page, POST acts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ..._arguments import check_count, check_duration
from ..._safe_logger import get_logger
from ..._time import Seconds
from ...client import Client
from ...exceptions import ActivityNotFoundError, RPCError, RPCStatusCode
from .._signing import ExpiredLink, InvalidLink, Secrets, Signer
from ..fastapi import get_client
from ._links import Link, link_signer, read_link
from ._pages import HEADERS, form_page, message_page
from ._results import InvalidResult, ResultType, result_types_of
from ._server import LinkedActivity
from ._standing import Standing

__all__ = ["completion_router"]

_logger = get_logger(__name__)

# As it is connected: each call here has a limit of its own, or none for a reason.
_AppClient = Annotated[Client, Depends(get_client)]

_RETRY_AFTER = "5"
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED})


class _Refusal(Exception):
    """A request gets this response, and nothing has changed."""

    def __init__(self, status: int, heading: str, text: str, **headers: str) -> None:
        super().__init__(heading)
        self.status = status
        self.heading = heading
        self.text = text
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def completion_router(
    secrets: Secrets, *, activities: Iterable[Any] = (), timeout: Seconds = 10.0, max_body_bytes: int = 64 * 1024
) -> APIRouter:
    """Return a router with the pages of the links that :func:`completion_url` makes.

    ``GET`` shows a page with a button and changes nothing, so that programs that look into mails approve nothing;
    ``POST`` acts. A link is all that is needed to act on its activity: the router asks for no cookie and no login.

    The responses:

    * 200: the page; after a POST: done;
    * 403: the link is not signed with one of the secrets, has expired or is from before a reset, or another site posts;
    * 409: the link fails the activity, which is just waiting to be retried;
    * 410: the activity has closed;
    * 413, 415: the body is too large, or neither a form nor JSON;
    * 422: the value is not of the activity's result type, with the reasons;
    * 501: the link asks for a result, and its activity is none of *activities*;
    * 503: the server is away; with ``Retry-After``.

    Args:
        secrets: At least 32 characters each. The newest first, if there are several: it signs, all are accepted. A
            function is called for each request.
        activities: Whose results may be posted: functions, objects with activity methods, or workers. Links with a
            result of their own are checked against these types too, where the activity is among them.
        timeout: How long one call to the server may take, in seconds or as a timedelta. A request makes three at most.
        max_body_bytes: How large a posted body may be.

    Raises:
        TypeError: A secret is neither a string nor bytes, an activity is none, or a function's result cannot be posted.
        ValueError: There is no secret or a short one, or a number is not positive.
    """
    service = _Service(
        link_signer(secrets),
        result_types_of(activities),
        check_duration("timeout", timeout).total_seconds(),
        check_count("max_body_bytes", max_body_bytes),
    )
    router = APIRouter(include_in_schema=False)

    @router.get("/{token}")
    async def show(token: str, request: Request, client: _AppClient) -> Response:
        return await _Exchange(service, token, request, client).show()

    @router.post("/{token}")
    async def act(token: str, request: Request, client: _AppClient) -> Response:
        return await _Exchange(service, token, request, client).act()

    return router


class _Service:
    """What all requests share."""

    def __init__(self, signer: Signer, types: dict[str, ResultType], timeout: float, max_body_bytes: int) -> None:
        self.signer = signer
        self.types = types
        self.timeout = timeout
        self.max_body_bytes = max_body_bytes


class _Exchange:
    """One request and its response."""

    def __init__(self, service: _Service, token: str, request: Request, client: Client) -> None:
        self._service = service
        self._token = token
        self._request = request
        self._client = client

    async def show(self) -> Response:
        """Show the page of the link."""
        try:
            _check_standing(await self._linked.standing())
            return HTMLResponse(form_page(self._link, self._asked_type()), headers=HEADERS)
        except (RPCError, _Refusal) as error:
            return self._refuse(error)

    async def act(self) -> Response:
        """Do what the link says."""
        try:
            _check_origin(self._request)
            link = self._link
            body = await self._body()
            # Before the value is looked at: who has a stale link is told nothing else.
            _check_standing(await self._linked.standing())
            result = self._result(body)
            if "error" in link.outcome and self._linked.waits_for_retry:
                # The server takes a result then, but no failure.
                raise _not_now()
            _check_standing(await self._linked.standing_for_completion())
            await (
                self._linked.fail(link.outcome["error"]) if "error" in link.outcome else self._linked.complete(result)
            )
        except InvalidResult as error:
            return self._invalid(error)
        except (RPCError, _Refusal) as error:
            return self._refuse(error)
        if self._wants_json:
            return JSONResponse({"action": link.action, "status": "done"}, headers=HEADERS)
        return HTMLResponse(message_page(f"{link.action}: done", "You can close this page."), headers=HEADERS)

    @cached_property
    def _link(self) -> Link:
        try:
            link = read_link(self._service.signer, self._token)
        except ExpiredLink:
            raise _Refusal(403, "This link has expired", "Ask for a new one.") from None
        except InvalidLink:
            raise _not_valid() from None
        if link.namespace != self._client.namespace:
            raise _not_valid()
        return link

    @cached_property
    def _linked(self) -> LinkedActivity:
        return LinkedActivity(self._client, self._link, self._service.timeout)

    def _asked_type(self) -> ResultType | None:
        if not self._link.asks_for_result:
            return None
        found = self._service.types.get(self._link.activity_type)
        if found is None:
            _logger.error(
                "A link asks for a result of activity %s, which is none of completion_router(…, activities=[…])",
                self._link.activity_type,
            )
            raise _Refusal(501, "No answer can be given here", "The application does not know this kind of question.")
        return found

    def _result(self, body: bytes) -> Any:
        link = self._link
        asked = self._asked_type()
        if asked is None:
            known = self._service.types.get(link.activity_type)
            result = link.outcome.get("result")
            return result if known is None or "error" in link.outcome else known.read(json.dumps(result))
        if self._content_type == _JSON:
            return asked.read(body)
        return asked.read_field(_posted_value(body))

    @property
    def _content_type(self) -> str:
        return self._request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def _wants_json(self) -> bool:
        return _JSON in self._request.headers.get("accept", "")

    async def _body(self) -> bytes:
        if self._content_type not in ("", _FORM, _JSON):
            raise _Refusal(415, "This cannot be read", f"Post {_FORM} or {_JSON}.")
        body = bytearray()
        try:
            async for chunk in self._request.stream():
                body += chunk
                if len(body) > self._service.max_body_bytes:
                    raise _Refusal(413, "This is too long", f"At most {self._service.max_body_bytes} bytes, please.")
        except ClientDisconnect:
            raise _Refusal(400, "The request ended early", "Nothing has changed.") from None
        return bytes(body)

    def _invalid(self, error: InvalidResult) -> Response:
        if self._wants_json:
            return JSONResponse({"detail": error.reasons}, 422, headers=HEADERS)
        asked = self._asked_type()
        return HTMLResponse(form_page(self._link, asked, error.reasons), 422, headers=HEADERS)

    def _refuse(self, error: RPCError | _Refusal) -> Response:
        refusal = error if isinstance(error, _Refusal) else _refusal_of(error)
        headers = {**HEADERS, **refusal.headers}
        if self._wants_json:
            return JSONResponse({"detail": f"{refusal.heading}. {refusal.text}"}, refusal.status, headers=headers)
        return HTMLResponse(message_page(refusal.heading, refusal.text), refusal.status, headers=headers)


def _not_valid() -> _Refusal:
    return _Refusal(403, "This link is not valid", "It may have been cut off. Copy the whole of it.")


def _not_now() -> _Refusal:
    return _Refusal(409, "This cannot be done now", "The question is being asked again. Try again in a moment.")


def _closed() -> _Refusal:
    return _Refusal(410, "This has been decided already", "There is nothing left to do here.")


def _check_standing(standing: Standing) -> None:
    if standing is Standing.CLOSED:
        raise _closed()
    if standing is Standing.VOID:
        raise _Refusal(
            403, "This link is no longer valid", "The question is asked anew. Use the link of the newest message."
        )


def _refusal_of(error: RPCError) -> _Refusal:
    """Return the response for a call that has failed."""
    if isinstance(error, ActivityNotFoundError):
        return _closed()
    if error.status is RPCStatusCode.FAILED_PRECONDITION:
        return _not_now()
    if error.status not in _AWAY:
        _logger.error("A link's call to the server has failed: %s", error)
    return _Refusal(
        503, "The service is not available", "Open the link again in a moment, and see.", Retry_After=_RETRY_AFTER
    )


def _check_origin(request: Request) -> None:
    """Refuse what another site's page posts: the link's own page is of this one."""
    site = request.headers.get("sec-fetch-site")
    # For browsers that do not say it. Where referrers are off, as on the link's page, the origin is "null".
    origin = request.headers.get("origin", "null") if site is None else "null"
    if site not in (None, "same-origin", "none") or origin not in ("null", _origin_of(request, origin)):
        raise _Refusal(403, "This comes from another site", "Open the link itself.")


def _origin_of(request: Request, like: str) -> str:
    # Behind a proxy that ends TLS the scheme is not known here.
    return f"{like.partition('://')[0]}://{request.headers.get('host')}"


def _posted_value(body: bytes) -> str:
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise InvalidResult(["this is no form"]) from None
    values = fields.get("value")
    if not values:
        raise InvalidResult(["there is no value: post it as 'value'"])
    return values[-1].replace("\r\n", "\n")
