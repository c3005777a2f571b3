"""Health probes as an ASGI app, to be mounted into an application that workers run in.

::

    from asyncworker.contrib.health import HealthApp

    app.mount("/health", HealthApp(worker))   # /health/livez and /health/readyz

The app runs on the event loop that it speaks of: while that is blocked it does not respond at all, so that a probe with
a short timeout cannot tell a block of some seconds from one without end. Neither does it respond when the web server is
overloaded. ``Worker(health_address=…)`` responds from a thread.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from asyncworker.worker import Worker

from ..worker._statistics import document_of
from ..worker.health._requests import report_on

__all__ = ["HealthApp"]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class HealthApp:
    """An ASGI app with ``/livez`` and ``/readyz``, which respond with 200 or 503 and JSON.

    Args:
        workers: Whose health is shown; ready if all are.

    Raises:
        TypeError: There is none, or one is no worker.
    """

    def __init__(self, *workers: Worker) -> None:
        if not workers or not all(isinstance(worker, Worker) for worker in workers):
            raise TypeError(f"HealthApp() takes workers: HealthApp(worker); got {workers!r}")
        self._workers = workers

    def __repr__(self) -> str:
        return f"<HealthApp of {list(self._workers)!r}>"

    async def __call__(self, scope: Scope, receive: Callable[[], Awaitable[Any]], send: Send) -> None:  # noqa: ARG002
        """Respond to one request. Cancelling is safe.

        Raises:
            RuntimeError: It is no HTTP request; only an app that is not mounted gets others.
        """
        if scope["type"] != "http":
            raise RuntimeError(f"HealthApp responds to HTTP requests only, got {scope['type']!r}: mount it into an app")
        path = scope["path"]
        root = scope.get("root_path", "")
        found = report_on(path.removeprefix(root), self._reports())
        allowed = scope["method"] in ("GET", "HEAD")
        if not allowed:
            status, document = 405, {"status": "method not allowed"}
        elif found is None:
            status, document = 404, {"status": "not found"}
        else:
            status, document = (200 if found[0] else 503), found[1]
        body = json.dumps(document).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *([] if allowed else [(b"allow", b"GET, HEAD")]),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _reports(self) -> list[Any]:
        return [document_of(it.task_queue, it.health(), it.statistics()) for it in self._workers]
