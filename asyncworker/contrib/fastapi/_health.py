"""Routes for probes and for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter

# FastAPI reads this annotation while the program runs.
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from asyncworker.worker import Worker

from ...worker._statistics import document_of
from ...worker.health._requests import HealthReport, report_on
from ._host import Host

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["health_router"]

_FRESH = {"Cache-Control": "no-store"}


def health_router(*workers: Worker, registry: CollectorRegistry | None = None) -> APIRouter:
    """Return a router with ``/livez`` and ``/readyz``, which respond with 200 or 503 and JSON, and ``/metrics``.

    They are not part of the app's OpenAPI schema. The workers are ready if all are; an app without workers is.

    Args:
        workers: Whose health is shown. Default: those of the app's :func:`lifespan`.
        registry: The registry of prometheus_client whose metrics ``/metrics`` shows; ``None``: there is no such route.

    Raises:
        TypeError: What is to be a worker is none.
        ModuleNotFoundError: There is a registry, and prometheus_client is not installed.
    """
    for worker in workers:
        if not isinstance(worker, Worker):
            raise TypeError(f"health_router() takes workers: health_router(worker); got {worker!r}")
    router = APIRouter(include_in_schema=False)

    async def probe(request: Request) -> Response:
        reports = _reports(request, workers)
        found = report_on("/" + request.scope["path"].rpartition("/")[2], reports)
        assert found is not None
        is_well, document = (True, {"status": "ok", "workers": []}) if not reports else found
        return JSONResponse(document, 200 if is_well else 503, _FRESH)

    for path in ("/livez", "/readyz"):
        router.add_api_route(path, probe, methods=["GET", "HEAD"])
    if registry is not None:
        _add_metrics(router, registry)
    return router


def _add_metrics(router: APIRouter, registry: CollectorRegistry) -> None:
    from ..prometheus import render

    def metrics(request: Request) -> Response:
        # In a thread of the app's, as a registry may call collectors that wait.
        body, content_type = render(registry, accept=request.headers.get("accept", ""))
        return Response(body, headers={"Content-Type": content_type})

    router.add_api_route("/metrics", metrics, methods=["GET", "HEAD"])


def _reports(request: Request, workers: Sequence[Worker]) -> list[HealthReport]:
    host = Host.of(request)
    if host is None and not workers:
        raise RuntimeError("no workers: health_router(worker), or FastAPI(lifespan=…fastapi.lifespan(worker))")
    hosted = [] if host is None else host.workers
    waiting = {it.worker: it.waiting_for for it in hosted}
    return [_report_of(it, waiting.get(it)) for it in workers or [it.worker for it in hosted]]


def _report_of(worker: Worker, waiting_for: str | None) -> HealthReport:
    health = worker.health()
    if waiting_for is not None:
        health = replace(health, reasons=(waiting_for,))
    return document_of(worker.task_queue, health, worker.statistics())
