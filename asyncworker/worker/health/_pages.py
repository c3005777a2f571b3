"""Pages beside the health probes, such as ``/metrics``: what they show is the user's code, and may hang.

So each is rendered in a thread of its own, few at a time, and the probes go on: a collector that hangs must not have a
worker restarted.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import Any

from ..._log_throttle import LogThrottle
from ..._safe_logger import get_logger
from ...exceptions import ConfigurationError
from ._requests import PROBES, Page, PageRequest, page_response, refusal

__all__ = ["Pages", "pages_of"]

_logger = get_logger(__name__)

_MAX_THREADS = 4
# Seconds that the other side may take to read.
_TIMEOUT = 10.0


def pages_of(observers: Iterable[Any]) -> dict[str, Page]:
    """Return the pages that observers bring, in a mapping of theirs called ``health_pages``, by path.

    Raises:
        ConfigurationError: A path is none, or is that of a probe.
    """
    brought = (getattr(it, "health_pages", None) for it in observers)
    found = {path: page for pages in brought if isinstance(pages, Mapping) for path, page in pages.items()}
    for path in found:
        if not isinstance(path, str) or not path.startswith("/") or path in PROBES:
            raise ConfigurationError(
                f"health_pages: {path!r} is no path for a page: it begins with / and is not {' or '.join(PROBES)}"
            )
    return found


class Pages:
    """The pages at one address, by the workers that bring them."""

    def __init__(self) -> None:
        self._pages: dict[str, list[Page]] = {}
        self._threads = threading.BoundedSemaphore(_MAX_THREADS)
        self._errors = LogThrottle()

    def __repr__(self) -> str:
        return f"<Pages {', '.join(self.paths) or 'none'}>"

    @property
    def paths(self) -> tuple[str, ...]:
        """Where there are pages; of any thread."""
        return tuple(self._pages)

    def add(self, pages: Mapping[str, Page]) -> None:
        """Show the pages of a worker; those of a path that another worker's have are not shown, unless they go."""
        for path, page in pages.items():
            there = self._pages.get(path, [])
            if any(it != page for it in there):
                _logger.warning(
                    "%s shows the page of the worker that came first: give the workers of a process one observer", path
                )
            self._pages[path] = [*there, page]

    def remove(self, pages: Mapping[str, Page]) -> None:
        """Show them no more."""
        for path, page in pages.items():
            left = list(self._pages[path])
            left.remove(page)
            if left:
                self._pages[path] = left
            else:
                del self._pages[path]

    def respond(self, connection: socket.socket, wanted: PageRequest) -> None:
        """Respond to a request in a thread, and close its connection."""
        there = self._pages.get(wanted.path)
        if not there or not self._threads.acquire(blocking=False):
            _send(connection, refusal(HTTPStatus.SERVICE_UNAVAILABLE, wanted), timeout=0)
            return
        try:
            arguments = (connection, wanted, there[0])
            threading.Thread(target=self._render, args=arguments, name="asyncworker page", daemon=True).start()
        except RuntimeError:
            # There is no thread to be had.
            self._threads.release()
            _send(connection, refusal(HTTPStatus.SERVICE_UNAVAILABLE, wanted), timeout=0)

    def _render(self, connection: socket.socket, wanted: PageRequest, page: Page) -> None:
        try:
            _send(connection, self._response(wanted, page), timeout=_TIMEOUT)
        finally:
            self._threads.release()

    def _response(self, wanted: PageRequest, page: Page) -> bytes:
        try:
            return page_response(wanted, *page(wanted.accept))
        except Exception as error:
            if self._errors.should_log(f"{type(error).__name__}: {error}", monotonic()):
                _logger.exception("the page %s could not be rendered", wanted.path)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, wanted)


def _send(connection: socket.socket, response: bytes, *, timeout: float) -> None:
    with connection, suppress(OSError):
        connection.settimeout(timeout)
        connection.sendall(response)
