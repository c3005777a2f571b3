"""Browsers follow activities live: one long poll for each, however many readers, and only for those who may."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from shared_servers import SharedServer

from asyncworker import Client, RetryPolicy, Worker, activity
from asyncworker.common import RawValue
from asyncworker.contrib.fastapi import get_client
from asyncworker.contrib.progress import progress_router, progress_url
from asyncworker.contrib.progress._feeds import Feeds
from asyncworker.converter import Payload
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal

SECRET = "s" * 40


def may(authorization: str = Header("")) -> None:
    if authorization != "let me in":
        raise HTTPException(401)


IN = {"authorization": "let me in"}


@activity.defn(start_to_close_timeout=60)
async def wait(*details: Any) -> str:
    for each in details:
        activity.heartbeat(each)
    activity.raise_complete_async()


class Events:
    """The events of a response, as an EventSource reads them."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with anyio.fail_after(20):
            async for line in self._lines:
                if not line and found:
                    return {**found, "data": json.loads(found["data"])}
                name, _, value = line.partition(": ")
                if name:
                    found[name] = value
        return found

    async def comment(self) -> str:
        with anyio.fail_after(20):
            async for line in self._lines:
                if line.startswith(":"):
                    return line
        return ""


class Site:
    """The app under a real uvicorn in this process."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @asynccontextmanager
    async def follow(self, path: str, **headers: str) -> AsyncIterator[Events]:
        async with self._http.stream("GET", path, headers={**IN, **headers}) as response:
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/event-stream")
            yield Events(response)

    async def get(self, path: str, headers: dict[str, str] = IN) -> httpx.Response:
        return await self._http.get(path, headers=headers)


@asynccontextmanager
async def site(client: Client, **options: Any) -> AsyncIterator[Site]:
    app = FastAPI()
    options = options or {"dependencies": [Depends(may)]}
    app.include_router(progress_router(**options), prefix="/activities")
    app.dependency_overrides[get_client] = lambda: client
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    # Signals are the test runner's.
    server.capture_signals = lambda: memoryview(b"")  # type: ignore[assignment,return-value]
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        with anyio.fail_after(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await anyio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            yield Site(http)
        server.should_exit = True


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal() as temporal:
        yield temporal


@pytest.fixture
def client(temporal: FakeTemporal) -> Client:
    return temporal.client()


def long_polls(temporal: FakeTemporal) -> int:
    return sum(bool(it.long_poll_token) for it in temporal.requests("DescribeActivityExecution"))


async def polling(temporal: FakeTemporal, count: int) -> None:
    with anyio.fail_after(20):
        while long_polls(temporal) < count:  # noqa: ASYNC110 - a held call has no event
            await anyio.sleep(0.01)


class TestEvents:
    async def test_stream_has_the_state_each_heartbeat_and_the_end(self, temporal: FakeTemporal, client: Client):
        """A reader sees where the activity stands, then what changes, then that it has ended."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            handle = await client.start_activity(wait, task_queue="q", id="7")
            pending = client.get_async_activity_handle(activity_id="7")
            await temporal.activities[0].wait_for_attempt()
            async with http.follow("/activities/7/progress") as events:
                first = await events.next()
                await pending.heartbeat({"done": 3}, float("nan"))
                second = await events.next()
                await pending.complete("well")
                last = await events.next()
                nothing = await events.next()

        assert (first["event"], first["data"]["run_state"], first["data"]["attempt"]) == ("progress", "STARTED", 1)
        assert (first["data"]["run_id"], first["data"]["details"]) == (handle.run_id, [])
        assert (second["event"], second["data"]["details"]) == ("progress", [{"done": 3}, None])
        assert (last["event"], last["data"]["status"], nothing) == ("end", "COMPLETED", {})

    async def test_reader_that_comes_back_gets_what_has_changed(self, temporal: FakeTemporal, client: Client):
        """An EventSource that connects again with the last id is not sent that state again."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            await client.start_activity(wait, task_queue="q", id="7")
            pending = client.get_async_activity_handle(activity_id="7")
            await temporal.activities[0].wait_for_attempt()
            async with http.follow("/activities/7/progress") as events:
                seen = await events.next()
            async with http.follow("/activities/7/progress", **{"last-event-id": seen["id"]}) as events:
                await polling(temporal, 2)
                await pending.heartbeat("new")
                changed = await events.next()
                await pending.complete("well")
                end = await events.next()
            after = await http.get("/activities/7/progress", {**IN, "last-event-id": end["id"]})

        assert changed["data"]["details"] == ["new"]
        # What makes an EventSource stop.
        assert after.status_code == 204

    async def test_several_activities_share_a_stream(self, temporal: FakeTemporal, client: Client):
        """One stream follows many activities, and ends when all have; one that is unknown ends at once."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            for name in ("a", "b"):
                await client.start_activity(wait, task_queue="q", id=name)
            for each in temporal.activities:
                await each.wait_for_attempt()
            async with http.follow("/activities/progress?activity_id=a&activity_id=b&activity_id=c") as events:
                first = [await events.next() for _ in range(3)]
                for name in ("a", "b"):
                    await client.get_async_activity_handle(activity_id=name).complete("well")
                last = [await events.next() for _ in range(3)]

        def names(found: Sequence[dict[str, Any]]) -> set[tuple[str, str, str]]:
            return {(it["event"], it["data"]["activity_id"], it["data"]["status"]) for it in found if it}

        assert names(first) == {("progress", "a", "RUNNING"), ("progress", "b", "RUNNING"), ("end", "c", "NOT_FOUND")}
        assert names(last) == {("end", "a", "COMPLETED"), ("end", "b", "COMPLETED")}

    async def test_number_of_activities_of_a_stream_is_bounded(self, client: Client):
        """A stream that would follow more than a hundred is refused."""
        async with site(client) as http:
            many = "&".join(f"activity_id={number}" for number in range(101))
            response = await http.get(f"/activities/progress?{many}")

        assert response.status_code == 422

    async def test_details_that_need_their_type_are_null(self, temporal: FakeTemporal, client: Client):
        """What cannot be read without a type does not end the stream."""
        strange = RawValue(Payload(metadata={"encoding": b"of-their-own"}, data=b"x"))
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            await client.get_async_activity_handle(activity_id="7").heartbeat(strange, 2)
            async with http.follow("/activities/7/progress") as events:
                first = await events.next()

        assert first["data"]["details"] == [None, 2]

    async def test_silent_stream_is_kept_alive(self, temporal: FakeTemporal, client: Client):
        """A proxy sees that a stream without events is in use."""
        async with (
            Worker(client, task_queue="q", activities=[wait]),
            site(client, dependencies=[Depends(may)], keep_alive=0.05) as http,
        ):
            await client.start_activity(wait, task_queue="q", id="7")
            async with http.follow("/activities/7/progress") as events:
                assert (await events.comment()).startswith(":")

    async def test_outage_of_the_server_is_waited_out(
        self, temporal: FakeTemporal, client: Client, monkeypatch: pytest.MonkeyPatch
    ):
        """A stream stays open while the server is away, and goes on afterwards."""
        from asyncworker.contrib.progress import _feeds

        monkeypatch.setattr(_feeds, "_RETRY_INTERVAL", 0.01)
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            async with http.follow("/activities/7/progress") as events:
                await events.next()
                await polling(temporal, 1)
                with temporal.outage():
                    await anyio.sleep(0.05)
                await client.get_async_activity_handle(activity_id="7").complete("well")
                last = await events.next()

        assert last["event"] == "end"

    async def test_activity_that_is_deleted_ends_its_stream(self, temporal: FakeTemporal, client: Client):
        """What the server does not know any more ends."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            handle = await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            async with http.follow("/activities/7/progress") as events:
                await events.next()
                temporal.fail_next("DescribeActivityExecution", RPCStatusCode.NOT_FOUND, times=5)
                await client.get_async_activity_handle(activity_id="7").heartbeat(1)
                found = [await events.next(), await events.next()]
            assert handle.id == "7"

        assert [it["data"]["status"] for it in found if it][-1] == "NOT_FOUND"


class TestSharing:
    async def test_readers_of_an_activity_share_one_long_poll(self, temporal: FakeTemporal, client: Client):
        """However many follow an activity, the server has one call for it; one that leaves is not missed."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            pending = client.get_async_activity_handle(activity_id="7")
            async with http.follow("/activities/7/progress") as leaving:
                await leaving.next()
                await polling(temporal, 1)
                async with (
                    http.follow("/activities/7/progress") as one,
                    http.follow("/activities/7/progress") as two,
                    http.follow("/activities/7/progress") as three,
                ):
                    readers = [leaving, one, two, three]
                    states = [await it.next() for it in (one, two, three)]
                    polls_of_four = long_polls(temporal)
                    await pending.heartbeat("news")
                    states += [await it.next() for it in readers]
                    await polling(temporal, 2)
                    polls_after_heartbeat = long_polls(temporal)
                    await pending.complete("well")
                    ends = [await it.next() for it in readers]

        assert (polls_of_four, polls_after_heartbeat) == (1, 2)
        assert [it["data"]["details"] for it in states] == [[]] * 3 + [["news"]] * 4
        assert [it["event"] for it in ends] == ["end"] * 4

    async def test_reader_that_leaves_hands_the_long_poll_on(self, temporal: FakeTemporal, client: Client):
        """When the reader leaves that was polling, another one polls."""
        async with Worker(client, task_queue="q", activities=[wait]), site(client) as http:
            await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            async with http.follow("/activities/7/progress") as stays:
                async with http.follow("/activities/7/progress") as leaves:
                    await leaves.next()
                    await stays.next()
                await client.get_async_activity_handle(activity_id="7").complete("well")
                last = await stays.next()

        assert last["event"] == "end"

    async def test_activity_without_readers_is_not_polled(self, temporal: FakeTemporal, client: Client):
        """When the last reader has left, its long poll ends, and nothing is kept of it."""
        async with Worker(client, task_queue="q", activities=[wait]):
            await client.start_activity(wait, task_queue="q", id="7")
            await temporal.activities[0].wait_for_attempt()
            feeds = Feeds(5)
            feed = feeds.get(client, "7")
            same = feeds.get(client, "7") is feed
            seen = await feed.now()
            async with anyio.create_task_group() as group:
                group.start_soon(feed.after, seen)
                await polling(temporal, 1)
                group.cancel_scope.cancel()
            await client.get_async_activity_handle(activity_id="7").heartbeat(1)
            del feed
            gc.collect()
            kept = len(feeds._open)

        assert (same, kept, long_polls(temporal)) == (True, 0, 1)


class TestAccess:
    @pytest.mark.parametrize("options", [{}, {"dependencies": []}, {"keep_alive": 5}])
    def test_router_without_dependencies_or_secrets_is_not_made(self, options: dict[str, Any]):
        """Heartbeat details are not for everyone: the user decides for whom, or signs."""
        with pytest.raises(ValueError, match=r"give it dependencies=\[Depends\(…\)\].* or secrets"):
            progress_router(**options)

    def test_dependency_that_is_none_is_named(self):
        """A function where `Depends(…)` belongs would never be called."""
        with pytest.raises(TypeError, match=r"fastapi.Depends\(…\), got <function may"):
            progress_router(dependencies=[may])  # type: ignore[list-item]

    @pytest.mark.parametrize("options", [{"secrets": "short"}, {"secrets": []}, {"secrets": SECRET, "keep_alive": 0}])
    def test_weak_secrets_and_wrong_times_are_refused(self, options: dict[str, Any]):
        """A router with them is not made."""
        with pytest.raises(ValueError):
            progress_router(**options)

    async def test_dependencies_decide_who_may_follow(self, client: Client, temporal: FakeTemporal):
        """Without what the dependency asks for there is no stream; an unknown activity is 404, an outage 503."""
        async with site(client, dependencies=[Depends(may)], timeout=0.1) as http:
            refused = [await http.get(f"/activities/{path}progress", {}) for path in ("7/", "")]
            unknown = await http.get("/activities/7/progress")
            with temporal.outage():
                away = await http.get("/activities/7/progress")

        assert [it.status_code for it in [*refused, unknown, away]] == [401, 401, 404, 503]
        assert away.headers["retry-after"] == "5"

    async def test_what_is_no_activity_is_not_found(self, client: Client, temporal: FakeTemporal):
        """An id that no activity can have is the asker's mistake, and neither an outage nor an error of the app."""
        async with site(client, dependencies=[Depends(may)]) as http:
            answers = [
                await http.get(f"/activities{path}")
                for path in ("//progress", "/7/progress?run_id=none", "/progress?activity_id=")
            ]

        assert [it.status_code for it in answers] == [404, 404, 422]

    async def test_signed_address_opens_the_activity_it_names(self, client: Client, temporal: FakeTemporal):
        """A signed address needs no login, and opens no other activity and no list."""
        urls: list[str] = []

        @activity.defn(start_to_close_timeout=60)
        async def shown() -> None:
            urls.append(progress_url(secrets=SECRET, base_url="http://shop.example/activities"))

        async with (
            Worker(client, task_queue="q", activities=[shown, wait]),
            site(client, secrets=SECRET) as http,
        ):
            await client.execute_activity(shown, task_queue="q", id="one/1")
            await client.start_activity(wait, task_queue="q", id="2")
            path = urls[0].removeprefix("http://shop.example")
            token = path.partition("?token=")[2]
            outside = progress_url("2", secrets=SECRET, base_url="http://shop.example/activities", expires_in=60)
            async with http.follow(path) as events:
                last = await events.next()
            async with http.follow(outside.removeprefix("http://shop.example")) as events:
                other = await events.next()
            refused = [
                await http.get("/activities/2/progress"),
                await http.get(f"/activities/2/progress?token={token}"),
                await http.get(f"{path}x"),
                await http.get("/activities/progress?activity_id=2"),
            ]

        assert (last["event"], last["data"]["activity_id"]) == ("end", "one/1")
        assert other["data"]["activity_id"] == "2"
        assert [it.status_code for it in refused] == [403, 403, 403, 404]

    async def test_activity_of_a_workflow_has_no_progress(self, client: Client, temporal: FakeTemporal):
        """The server describes standalone activities only."""

        @activity.defn(name="shown")
        async def shown() -> str:
            return progress_url(secrets=SECRET, base_url="http://shop.example")

        async with Worker(client, task_queue="q", activities=[shown]):
            task = temporal.add_task(shown, task_queue="q")
            await task.wait_closed()

        assert "standalone activities only" in task.failure.message


APP = """
import os

from fastapi import Depends, FastAPI

from asyncworker import Worker, activity
from asyncworker.contrib.fastapi import lifespan
from asyncworker.contrib.progress import progress_router

QUEUE = os.environ["TEMPORAL_TASK_QUEUE"]


@activity.defn(task_queue=QUEUE, start_to_close_timeout=60)
async def wait() -> None:
    activity.raise_complete_async()


app = FastAPI(lifespan=lifespan(Worker(task_queue=QUEUE, activities=[wait])))
app.include_router(progress_router(dependencies=[Depends(lambda: None)]))
"""


@pytest.mark.server
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
async def test_server_that_stops_ends_the_streams(dev_server: SharedServer, task_queue: str, tmp_path: Path):
    """On the real server: a SIGTERM ends open streams, and uvicorn in an orderly way, while their activity goes on."""
    (tmp_path / "shop.py").write_text(APP)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TEMPORAL_ADDRESS": dev_server.target,
        "TEMPORAL_TASK_QUEUE": task_queue,
    }
    command = [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(port)]
    async with (
        await Client.connect(dev_server.target) as client,
        await anyio.open_process(command, cwd=tmp_path, env=environment, stderr=subprocess.STDOUT) as process,
    ):
        handle = await client.start_activity(
            "wait", task_queue=task_queue, id=task_queue, start_to_close_timeout=60, retry_policy=RetryPolicy()
        )
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            with anyio.fail_after(30):
                while not await listens(port):  # noqa: ASYNC110 - a process has no event
                    await anyio.sleep(0.05)
            async with http.stream("GET", f"/{task_queue}/progress") as response:
                events = Events(response)
                pending = client.get_async_activity_handle(activity_id=task_queue)
                state = await events.next()
                while state["data"]["run_state"] != "STARTED":
                    state = await events.next()
                await pending.heartbeat("half")
                heartbeat = await events.next()
                process.send_signal(signal.SIGTERM)
                with anyio.fail_after(30):
                    rest = await events.next()
                    code = await process.wait()
                output = b"".join([chunk async for chunk in process.stdout]).decode()
        status = (await handle.describe()).status
        await handle.terminate()

    assert heartbeat["data"]["details"] == ["half"]
    assert "ERROR" not in output
    # uvicorn raises the signal again when it is done.
    assert (rest, code, status.name) == ({}, -signal.SIGTERM, "RUNNING")


async def listens(port: int) -> bool:
    try:
        await (await anyio.connect_tcp("127.0.0.1", port)).aclose()
    except OSError:
        return False
    return True
