"""An app with workers serves while Temporal is away, tells probes how it is, and its activities have its state."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypedDict

import anyio
import httpx
import pytest
from fastapi import Depends, FastAPI, WebSocket
from prometheus_client import CollectorRegistry, Counter

from asyncworker import Client, Worker, activity
from asyncworker.contrib.fastapi import ClientDep, get_client, health_router, lifespan
from asyncworker.exceptions import ConfigurationError, RPCError, RPCStatusCode, WorkerError
from asyncworker.testing import FakeTemporal


class State(TypedDict):
    name: str


@activity.defn(task_queue="q", start_to_close_timeout=10)
async def greet(name: str) -> str:
    return f"hello {name}"


@activity.defn(task_queue="q", start_to_close_timeout=10)
async def shop_name() -> str:
    return activity.state(State)["name"]


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:
        yield temporal


def worker_on(temporal: FakeTemporal, *activities: Any, **options: Any) -> Worker:
    return Worker(temporal.client(), task_queue="q", activities=activities or [greet], **options)


def app_of(*routers: Any, **settings: Any) -> FastAPI:
    app = FastAPI(**settings)
    for router in routers or [health_router()]:
        app.include_router(router)

    @app.get("/count")
    async def count(client: ClientDep) -> int:
        return (await client.count_activities()).count

    @app.get("/greet/{name}")
    async def greet_by_activity(name: str, client: ClientDep) -> str:
        return await client.execute_activity(greet, name)

    return app


@asynccontextmanager
async def serving(app: FastAPI, *workers: Worker, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run *app* as a server does: its lifespan, and requests with the state of that."""
    async with lifespan(*workers, **options)(app) as state:

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "state": dict(state)}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url="http://shop") as http:
            yield http


async def until(fact: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(30):
        while not await fact():  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.02)


async def is_ready(http: httpx.AsyncClient) -> bool:
    return (await http.get("/readyz")).status_code == 200


class TestServerThatIsAway:
    async def test_the_app_serves_without_it_and_the_worker_comes_later(self, temporal, caplog):
        """It is not ready and says why, routes respond with 503, and when the server is there all of it works."""
        worker = worker_on(temporal)
        with temporal.outage():
            async with serving(app_of(), worker, wait_for_server=False, rpc_timeout=0.3) as http:
                ready, live = await http.get("/readyz"), await http.get("/livez")
                refused = await http.get("/greet/you")

                assert (ready.status_code, live.status_code) == (503, 200)
                assert "it waits for the Temporal server: UNAVAILABLE" in ready.json()["workers"][0]["reasons"][0]
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
                assert refused.json() == {"detail": "Temporal is not available; try again later"}
        assert "is not ready, and is started later" in caplog.text
        assert not worker.is_running

    async def test_a_task_group_of_calls_responds_with_503(self, temporal):
        """A route that makes several calls at once raises their errors as a group; another error in it is the app's."""
        app = app_of()

        async def fail() -> None:
            raise LookupError("not Temporal's")

        @app.get("/both")
        async def both(client: ClientDep, is_wrong: bool = False) -> None:
            async with anyio.create_task_group() as group:
                group.start_soon(client.count_activities)
                with anyio.CancelScope(shield=True):
                    await client.count_activities() if not is_wrong else await fail()

        with temporal.outage():
            async with serving(app, worker_on(temporal), wait_for_server=False, rpc_timeout=0.3) as http:
                away = await http.get("/both")
                with pytest.raises(ExceptionGroup):
                    await http.get("/both", params={"is_wrong": True})

        assert (away.status_code, away.headers["retry-after"]) == (503, "1")

    async def test_the_worker_starts_when_the_server_is_there(self, temporal):
        """Without a restart of the app."""
        outage = temporal.outage()
        outage.__enter__()
        async with serving(app_of(), worker_on(temporal), wait_for_server=False) as http:
            before = await is_ready(http)
            outage.__exit__(None, None, None)
            await until(lambda: is_ready(http))
            greeting = await http.get("/greet/you")

        assert not before
        assert greeting.json() == "hello you"

    async def test_a_worker_without_a_client_shares_the_apps(self, temporal, monkeypatch):
        """It is made from the settings, and connects when the server is there."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)
        worker = Worker(task_queue="q", activities=[greet])

        async with lifespan(worker, wait_for_server=False)(FastAPI()) as state:
            assert worker.client is state["temporal_client"]

    async def test_an_app_that_nobody_listens_to_serves(self, monkeypatch):
        """A refused connection is a server that is away, and the app stops at once."""
        with socket.create_server(("127.0.0.1", 0)) as reserved:
            monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{reserved.getsockname()[1]}")
        worker = Worker(task_queue="q", activities=[greet])

        async with serving(app_of(), worker, wait_for_server=False, rpc_timeout=0.2) as http:
            assert (await http.get("/count")).status_code == 503
            assert not await is_ready(http)

    async def test_routes_without_workers_are_served(self, temporal, monkeypatch):
        """The routes' client connects at their first call."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.target)
        outage = temporal.outage()
        outage.__enter__()
        # Long enough for a busy machine to count.
        async with serving(app_of(), wait_for_server=False, rpc_timeout=4) as http:
            refused = await http.get("/count")
            outage.__exit__(None, None, None)
            counted = await http.get("/count")
            ready = await is_ready(http)

        assert (refused.status_code, counted.json(), ready) == (503, 0, True)

    async def test_what_the_server_refuses_at_first_keeps_the_app_from_starting(self, temporal):
        """A namespace that is not there is a mistake, and no outage."""
        worker = Worker(temporal.client(namespace="nowhere"), task_queue="q", activities=[greet])

        with pytest.raises(WorkerError, match="nowhere"):
            async with lifespan(worker, wait_for_server=False)(FastAPI()):
                pytest.fail("started")

    async def test_what_the_server_refuses_later_is_logged_and_tried_again(self, temporal, caplog):
        """A server that was away may be starting still: its namespaces come after it."""
        worker = Worker(temporal.client(namespace="new"), task_queue="q", activities=[greet])
        outage = temporal.outage()
        outage.__enter__()
        async with serving(app_of(), worker, wait_for_server=False) as http:
            outage.__exit__(None, None, None)
            with caplog.at_level(logging.ERROR):
                await until(lambda: _is_in("Namespace new", caplog))
            assert not await is_ready(http)
            temporal.namespaces.add("new")
            await until(lambda: is_ready(http))

    async def test_a_wrong_setting_keeps_the_app_from_starting(self, monkeypatch):
        """It is known without a server."""
        monkeypatch.setenv("TEMPORAL_ADDRESS", "no address")

        with pytest.raises(ConfigurationError, match="TEMPORAL_ADDRESS"):
            async with lifespan(Worker(task_queue="q", activities=[greet]), wait_for_server=False)(FastAPI()):
                pytest.fail("started")

    async def test_a_worker_that_fails_in_the_background_stops_the_app(self, temporal, caplog):
        """Its own lifespan is no matter of the server's."""

        @asynccontextmanager
        async def broken(worker: Worker) -> AsyncIterator[None]:
            raise OSError("no database")
            yield

        stopped = anyio.Event()
        worker = worker_on(temporal, lifespan=broken)

        async def serve() -> None:
            outage = temporal.outage()
            outage.__enter__()
            async with lifespan(worker, wait_for_server=False, stop_app=stopped.set)(FastAPI()):
                outage.__exit__(None, None, None)
                with anyio.fail_after(10):
                    await stopped.wait()

        with pytest.raises(WorkerError, match="no database"):
            await serve()
        assert "failed, and the app stops" in caplog.text

    async def test_workers_wait_for_the_server_side_by_side(self, temporal):
        """The app starts when each has asked for it once, and what one is refused ends them all."""
        other = Worker(temporal.client(namespace="nowhere"), task_queue="q", activities=[greet])
        outage = temporal.outage()
        outage.__enter__()
        async with serving(app_of(), worker_on(temporal), other, wait_for_server=False) as http:
            reasons = [worker["reasons"] for worker in (await http.get("/readyz")).json()["workers"]]
        outage.__exit__(None, None, None)

        assert all("it waits for the Temporal server" in reason for [reason] in reasons)
        started = worker_on(temporal)
        with pytest.raises(WorkerError, match="nowhere"):
            async with lifespan(other, started, other, wait_for_server=False)(FastAPI()):
                pytest.fail("started")
        assert not started.is_running

    async def test_cancelling_the_start_ends_it(self, temporal):
        """Also while the server hangs."""
        worker = worker_on(temporal)
        with temporal.hold("GetSystemInfo"), anyio.move_on_after(0.1) as scope:
            async with lifespan(worker, wait_for_server=False)(FastAPI()):
                pytest.fail("started")

        assert scope.cancelled_caught
        assert not worker.is_running


async def _is_in(text: str, caplog: pytest.LogCaptureFixture) -> bool:
    return text in caplog.text


class Away:
    """A client whose server is away."""

    async def count_activities(self) -> None:
        raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE)


class TestClientOfARoute:
    async def test_a_server_that_hangs_is_away(self, temporal):
        """The limit is that of the whole call."""
        async with serving(app_of(), worker_on(temporal), rpc_timeout=0.2) as http:
            with temporal.hold("CountActivityExecutions"):
                response = await http.get("/count")

        assert response.status_code == 503

    async def test_other_errors_are_the_routes(self, temporal):
        """What the server answers is no outage."""
        async with serving(app_of(), worker_on(temporal)) as http:
            temporal.fail_next("CountActivityExecutions", RPCStatusCode.INVALID_ARGUMENT, "no such attribute")
            with pytest.raises(Exception, match="no such attribute"):
                await http.get("/count")

    async def test_the_apps_client_keeps_its_own_limits(self, temporal):
        """``get_client`` is what was connected."""
        app = app_of()

        @app.get("/is-it")
        async def route(
            own: Annotated[Client, Depends(get_client)], bounded: ClientDep, again: ClientDep
        ) -> list[bool]:
            return [own is client, bounded is not own, bounded is again, bounded.service is own.service]

        client = temporal.client()
        async with serving(app, Worker(client, task_queue="q", activities=[greet])) as http:
            assert (await http.get("/is-it")).json() == [True] * 4

    async def test_a_test_may_override_it(self, temporal):
        """Without the lifespan, with a client of its own."""
        app, client = app_of(), temporal.client()
        app.dependency_overrides[get_client] = lambda: client

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
            assert (await http.get("/count")).json() == 0

    async def test_a_websocket_is_closed_for_another_try(self):
        """With the code of the protocol that stands for that."""
        app = app_of()
        app.dependency_overrides[get_client] = Away
        sent = []

        @app.websocket("/live")
        async def live(websocket: WebSocket, client: ClientDep) -> None:
            await websocket.accept()
            await client.count_activities()

        async def receive() -> dict[str, str]:
            return {"type": "websocket.connect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "websocket", "path": "/live", "headers": [], "query_string": b"", "subprotocols": []}
        await app(scope | {"scheme": "ws", "server": ("shop", 80)}, receive, send)

        assert sent[-1]["type"] == "websocket.close"
        assert (sent[-1]["code"], sent[-1]["reason"]) == (1013, "Temporal is not available; try again later")

    @pytest.mark.parametrize(("limit", "error"), [(0, ValueError), ("5s", TypeError)])
    def test_what_is_no_limit_is_refused(self, limit, error):
        """When the lifespan is made."""
        with pytest.raises(error, match="rpc_timeout"):
            lifespan(rpc_timeout=limit)


class TestHealthRouter:
    async def test_it_shows_the_workers_of_the_lifespan(self, temporal):
        """Without being given any."""
        async with serving(app_of(), worker_on(temporal)) as http:
            await until(lambda: is_ready(http))
            response = await http.get("/readyz")
            head = await http.head("/livez")

        assert [worker["task_queue"] for worker in response.json()["workers"]] == ["q"]
        assert response.headers["cache-control"] == "no-store"
        assert (head.status_code, head.content) == (200, b"")

    async def test_it_shows_the_workers_that_it_is_given(self, temporal):
        """Those run where the app likes."""
        async with (
            worker_on(temporal) as worker,
            serving(app_of(health_router(worker)), connect=temporal_client(temporal)) as http,
        ):
            await until(lambda: is_ready(http))

    async def test_it_may_have_a_prefix(self, temporal):
        """As any router."""
        app = FastAPI()
        app.include_router(health_router(), prefix="/health")

        async with serving(app, worker_on(temporal)) as http:
            assert (await http.get("/health/livez")).status_code == 200
        assert app.openapi()["paths"] == {}

    async def test_it_shows_metrics_where_it_has_a_registry(self, temporal):
        """In the format that the scraper asks for; without a registry there is no such route."""
        registry = CollectorRegistry()
        Counter("orders", "Orders.", registry=registry).inc()

        async with serving(app_of(health_router(registry=registry)), worker_on(temporal)) as http:
            text = await http.get("/metrics")
            openmetrics = await http.get("/metrics", headers={"Accept": "application/openmetrics-text"})
        async with serving(app_of(), worker_on(temporal)) as http:
            without = await http.get("/metrics")

        assert "orders_total 1.0" in text.text
        assert text.headers["content-type"].startswith("text/plain")
        assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
        assert without.status_code == 404

    async def test_an_app_without_workers_is_told_so(self):
        """There is nothing to show, and that is a mistake."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app_of()), base_url="http://shop") as http:
            with pytest.raises(RuntimeError, match="no workers: health_router"):
                await http.get("/readyz")

    @pytest.mark.parametrize("make", [health_router, lifespan])
    def test_what_is_no_worker_is_refused(self, make):
        """When it is made, by its name."""
        with pytest.raises(TypeError, match=rf"{make.__name__}\(\) takes workers"):
            make("worker")


def temporal_client(temporal: FakeTemporal) -> Callable[[], Awaitable[Client]]:
    async def connect() -> Client:
        return temporal.client()

    return connect


class TestState:
    async def test_activities_have_the_state_of_the_app(self, temporal):
        """What its lifespan yields for the routes, without a global."""

        @asynccontextmanager
        async def own(app: FastAPI) -> AsyncIterator[State]:
            yield {"name": app.title}

        app = app_of(title="shop")
        async with serving(app, worker_on(temporal, shop_name), app_lifespan=own):
            task = temporal.add_task("shop_name", task_queue="q")
            await task.wait_closed()

        assert task.result == "shop"

    async def test_a_workers_own_lifespan_goes_first(self, temporal):
        """Its state is that of its activities, and the app's that of the routes."""

        @asynccontextmanager
        async def app_lifespan(app: FastAPI) -> AsyncIterator[State]:
            yield {"name": "the app"}

        @asynccontextmanager
        async def worker_lifespan(worker: Worker) -> AsyncIterator[State]:
            yield {"name": "the worker"}

        worker = worker_on(temporal, shop_name, lifespan=worker_lifespan)
        async with serving(FastAPI(), worker, app_lifespan=app_lifespan):
            task = temporal.add_task("shop_name", task_queue="q")
            await task.wait_closed()

        assert task.result == "the worker"

    async def test_a_worker_may_be_made_in_the_apps_lifespan(self, temporal):
        """With what that has opened, where objects have the activities."""

        class Shop:
            def __init__(self, name: str) -> None:
                self.name = name

            @activity.defn
            async def title(self) -> str:
                return self.name

        @asynccontextmanager
        async def own(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
            worker = worker_on(temporal, Shop(app.title))
            async with lifespan(worker)(app) as state:
                yield {**state, "name": app.title}

        async with own(FastAPI(title="shop")) as state:
            task = temporal.add_task("title", task_queue="q")
            await task.wait_closed()

        assert (task.result, state["name"]) == ("shop", "shop")
