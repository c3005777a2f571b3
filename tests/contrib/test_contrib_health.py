"""Health probes as an ASGI app."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from asyncworker import Worker, activity
from asyncworker.contrib.health import HealthApp
from asyncworker.testing import FakeTemporal


@activity.defn
async def pack() -> None: ...


async def probe(app, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path)


async def test_the_probes_are_mounted_into_an_app():
    """Where the app likes, and they follow the worker."""
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        worker = Worker(temporal.client(), task_queue="orders", activities=[pack])
        app = FastAPI()
        app.mount("/health", HealthApp(worker))
        before = await probe(app, "/health/readyz")
        async with worker:
            await temporal.wait_for("PollActivityTaskQueue")
            during = await probe(app, "/health/readyz")
        live = await probe(app, "/health/livez")

    assert (before.status_code, during.status_code, live.status_code) == (503, 200, 200)
    assert before.json()["workers"][0]["reasons"] == ["it does not run"]
    assert during.json()["workers"][0]["task_queue"] == "orders"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/metrics", 404), ("POST", "/livez", 405), ("HEAD", "/livez", 200)],
)
async def test_other_requests_are_refused(method, path, status):
    """By path and method, as with the listener of its own."""
    worker = Worker(task_queue="orders", activities=[pack])

    assert (await probe(HealthApp(worker), path, method)).status_code == status


async def test_what_is_no_http_request_is_refused_with_the_way_out():
    """An app that is served alone gets events of the server's life, which are not for it."""
    app = HealthApp(Worker(task_queue="orders", activities=[pack]))

    with pytest.raises(RuntimeError, match="got 'lifespan': mount it into an app"):
        await app({"type": "lifespan"}, None, None)


@pytest.mark.parametrize("workers", [(), ("orders",), ([],)])
def test_what_is_no_worker_is_refused(workers):
    """When the app is made."""
    with pytest.raises(TypeError, match=r"HealthApp\(worker\)"):
        HealthApp(*workers)
