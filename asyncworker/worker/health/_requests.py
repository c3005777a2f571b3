"""The requests of probes and for pages, and the responses to them: HTTP/1.1 of the least extent, one request each."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

__all__ = [
    "MAX_HEAD",
    "PROBES",
    "HealthReport",
    "HealthSource",
    "Page",
    "PageRequest",
    "is_complete",
    "page_request",
    "page_response",
    "refusal",
    "report_on",
    "response_to",
]

#: Bytes that a request may have.
MAX_HEAD = 4096
PROBES = ("/livez", "/readyz")


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The health of one worker.

    Attributes:
        is_live: Whether restarting its process would not help.
        is_ready: Whether it takes work.
        document: What is shown of it, as JSON has it.
    """

    is_live: bool
    is_ready: bool
    document: Mapping[str, Any]


#: Describes a worker; called in another thread than the worker's.
HealthSource = Callable[[], HealthReport]

#: Renders a page beside the probes, such as ``/metrics``: from the request's ``Accept`` header to the body and its
#: content type. Called in a thread of its own.
Page = Callable[[str], tuple[bytes, str]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for a page.

    Attributes:
        path: Which.
        accept: Its ``Accept`` header; empty if it has none.
        has_body: Whether the body is wanted, and not only the head.
    """

    path: str
    accept: str
    has_body: bool


def is_complete(request: bytes) -> bool:
    """Whether the whole head has come."""
    return b"\r\n\r\n" in request or b"\n\n" in request


def response_to(request: bytes, sources: Sequence[HealthSource]) -> bytes:
    """Return the response to a request of which the head is there."""
    line = request.split(b"\n", 1)[0].rstrip(b"\r").decode("latin-1").split(" ")
    if len(request) > MAX_HEAD:
        return _response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if len(line) != 3 or not line[2].startswith("HTTP/1."):
        return _response(HTTPStatus.BAD_REQUEST)
    method, path = line[0], line[1].partition("?")[0]
    if method not in ("GET", "HEAD"):
        return _response(HTTPStatus.METHOD_NOT_ALLOWED)
    found = report_on(path, [source() for source in sources])
    if found is None:
        return _response(HTTPStatus.NOT_FOUND, has_body=method == "GET")
    is_well, document = found
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return _response(status, json.dumps(document).encode(), has_body=method == "GET")


def page_request(request: bytes, paths: Collection[str]) -> PageRequest | None:
    """Return what a request of which the head is there wants of a page; ``None`` if it is for none of *paths*."""
    first, *headers = request.decode("latin-1").splitlines()
    line = first.split(" ")
    path = line[1].partition("?")[0] if len(line) == 3 else ""
    if path not in paths or line[0] not in ("GET", "HEAD") or len(request) > MAX_HEAD:
        return None
    accept = [value.strip() for name, _, value in (it.partition(":") for it in headers) if name.lower() == "accept"]
    return PageRequest(path, ",".join(accept), line[0] == "GET")


def page_response(wanted: PageRequest, body: bytes, content_type: str) -> bytes:
    """Return the response with a page."""
    return _response(HTTPStatus.OK, body, has_body=wanted.has_body, content_type=content_type)


def refusal(status: HTTPStatus, wanted: PageRequest) -> bytes:
    """Return the response where there is no page for now."""
    return _response(status, has_body=wanted.has_body)


def report_on(path: str, reports: Sequence[HealthReport]) -> tuple[bool, dict[str, Any]] | None:
    """Return whether all is well by the probe of *path*, and its document; ``None`` where there is no such probe."""
    if path == PROBES[0]:
        is_well = all(report.is_live for report in reports)
    elif path == PROBES[1]:
        is_well = bool(reports) and all(report.is_ready for report in reports)
    else:
        return None
    return is_well, {"status": "ok" if is_well else "failing", "workers": [dict(it.document) for it in reports]}


def _response(
    status: HTTPStatus, body: bytes | None = None, *, has_body: bool = True, content_type: str = "application/json"
) -> bytes:
    if body is None:
        body = json.dumps({"status": status.phrase.lower()}).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *(["Allow: GET, HEAD"] if status is HTTPStatus.METHOD_NOT_ALLOWED else []),
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (body if has_body else b"")
