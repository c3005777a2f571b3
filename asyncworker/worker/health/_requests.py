"""The requests of health probes, and the responses to them: HTTP/1.1 of the least extent, with one request each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

__all__ = ["MAX_HEAD", "HealthReport", "HealthSource", "is_complete", "report_on", "response_to"]

#: Bytes that a request may have.
MAX_HEAD = 4096


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


def report_on(path: str, reports: Sequence[HealthReport]) -> tuple[bool, dict[str, Any]] | None:
    """Return whether all is well by the probe of *path*, and its document; ``None`` where there is no such probe."""
    if path == "/livez":
        is_well = all(report.is_live for report in reports)
    elif path == "/readyz":
        is_well = bool(reports) and all(report.is_ready for report in reports)
    else:
        return None
    return is_well, {"status": "ok" if is_well else "failing", "workers": [dict(it.document) for it in reports]}


def _response(status: HTTPStatus, body: bytes | None = None, *, has_body: bool = True) -> bytes:
    if body is None:
        body = json.dumps({"status": status.phrase.lower()}).encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Connection: close",
        *(["Allow: GET, HEAD"] if status is HTTPStatus.METHOD_NOT_ALLOWED else []),
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + (body if has_body else b"")
