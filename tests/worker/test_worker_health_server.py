"""Health probes over HTTP: from a thread, while the event loop is blocked too, bounded in all directions."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from free_ports import free_address
from worker_helpers import QUEUE, until, worker_of

from asyncworker import activity
from asyncworker.exceptions import ConfigurationError
from asyncworker.worker.health import _pages, _server
from asyncworker.worker.health._liveness import why_not_live, why_not_ready
from asyncworker.worker.health._requests import MAX_HEAD, HealthReport, PageRequest, page_request, response_to

WELL = HealthReport(True, True, {"task_queue": "a"})
UNREADY = HealthReport(True, False, {"task_queue": "b"})
DEAD = HealthReport(False, False, {"task_queue": "c"})


@activity.defn
async def pack() -> None: ...


def ask(address: str, request: bytes) -> tuple[int, bytes]:
    """Make a request as a probe does, in whatever thread; return status and body."""
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        response = b""
        while data := connection.recv(65536):
            response += data
    head, _, body = response.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body


def get(address: str, path: str) -> tuple[int, dict]:
    status, body = ask(address, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return status, json.loads(body)


async def get_in_thread(address: str, path: str) -> tuple[int, dict]:
    return await asyncio.to_thread(get, address, path)


class TestRequests:
    @pytest.mark.parametrize(
        ("path", "reports", "status"),
        [
            ("/livez", [WELL, UNREADY], 200),
            ("/livez?verbose", [WELL], 200),
            ("/livez", [WELL, DEAD], 503),
            ("/livez", [], 200),
            ("/readyz", [WELL], 200),
            ("/readyz", [WELL, UNREADY], 503),
            ("/readyz", [], 503),
            ("/", [WELL], 404),
            ("/livez/", [WELL], 404),
            ("/metrics", [WELL], 404),
        ],
    )
    def test_a_probe_is_well_if_all_workers_are(self, path, reports, status):
        """The path says by which measure."""
        response = response_to(f"GET {path} HTTP/1.1\r\n\r\n".encode(), [lambda it=it: it for it in reports])

        assert response.startswith(f"HTTP/1.1 {status} ".encode())

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"POST /livez HTTP/1.1\r\n\r\n", 405),
            (b"DELETE /readyz HTTP/1.1\r\n\r\n", 405),
            (b"\r\n\r\n", 400),
            (b"GET /livez\r\n\r\n", 400),
            (b"GET  /livez HTTP/1.1\r\n\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01\n\n", 400),
            (b"GET /" + b"x" * MAX_HEAD + b" HTTP/1.1\r\n\r\n", 431),
        ],
    )
    def test_what_is_no_probe_is_refused(self, request_, status):
        """By its method, as no HTTP, or as too large."""
        assert response_to(request_, [lambda: WELL]).startswith(f"HTTP/1.1 {status} ".encode())

    def test_a_head_request_gets_no_body(self):
        """But the length that the body would have."""
        response = response_to(b"HEAD /livez HTTP/1.1\r\n\r\n", [lambda: WELL])
        full = response_to(b"GET /livez HTTP/1.1\r\n\r\n", [lambda: WELL])

        assert response.endswith(b"\r\n\r\n")
        assert full.startswith(response)


class TestLiveness:
    @pytest.mark.parametrize(
        ("blocked_for", "oldest_poll", "why"),
        [
            (None, None, None),
            (None, 69, None),
            (29, 200, None),
            (31, None, "the event loop has been blocked for 31 s, longer than 30 s"),
            (None, 101, "a poll has not ended for 101 s"),
        ],
    )
    def test_only_what_a_restart_would_mend_is_unlive(self, blocked_for, oldest_poll, why):
        """A block without end, and polls that nothing ends."""
        found = why_not_live(blocked_for=blocked_for, tolerance=30, oldest_poll=oldest_poll, longest_poll=70)

        assert found == why


class TestReadiness:
    @pytest.mark.parametrize(
        ("facts", "why"),
        [
            ({}, None),
            ({"blocked_for": 1.5, "is_polling": True}, "the event loop has been blocked for 1.5 s"),
            ({"silence": 21}, "the server has not responded for 21 s"),
            ({"silence": 20}, None),
            # No slot, or no rate: nothing is asked, so that the server's silence says nothing.
            ({"is_polling": False, "may_not_poll": True, "silence": 99}, None),
            (
                {"is_polling": False, "may_not_poll": True, "silence": 99, "was_answered": False},
                "the last call got no response",
            ),
            ({"is_polling": False, "may_not_poll": True, "silence": 20, "was_answered": False}, None),
            ({"is_polling": False, "has_just_polled": True, "silence": 99}, None),
            ({"is_polling": False}, "no poll is with the server"),
        ],
    )
    def test_a_worker_is_ready_if_it_takes_work_or_would_if_it_had_a_slot(self, facts, why):
        """A silence of two poll deadlines is the server's, unless there was nothing to ask it."""
        well = {
            "blocked_for": None,
            "silence": 0,
            "poll_timeout": 10,
            "was_answered": True,
            "is_polling": True,
            "may_not_poll": False,
            "has_just_polled": False,
        }

        assert why_not_ready(**(well | facts)) == why


class TestServing:
    async def test_a_running_worker_is_live_and_ready(self, temporal):
        """And shows what it does, without the ids of activities."""
        address = free_address()
        async with worker_of(temporal, pack, health_address=address) as worker:
            await until(lambda: worker.is_ready)
            live, ready = [await get_in_thread(address, path) for path in ("/livez", "/readyz")]

        assert (live[0], ready[0]) == (200, 200)
        (shown,) = ready[1]["workers"]
        assert (ready[1]["status"], shown["task_queue"], shown["reasons"]) == ("ok", QUEUE, [])
        assert (shown["state"], shown["slots_used"], shown["loop_blocks"]) == ("running", 0, 0)

    async def test_a_blocked_loop_is_live_and_not_ready(self, temporal):
        """The thread responds meanwhile."""
        address = free_address()
        seen = []

        @activity.defn
        async def blocks() -> None:
            until_at = time.monotonic() + 10
            while not seen and time.monotonic() < until_at:
                status, found = get(address, "/readyz")
                if "blocked" in " ".join(found["workers"][0]["reasons"]):
                    seen.append((status, get(address, "/livez")[0]))

        async with worker_of(temporal, blocks, health_address=address, loop_block_threshold=0.2):
            await temporal.add_task(blocks, task_queue=QUEUE).wait_closed(timeout=15)

        assert seen == [(503, 200)]

    async def test_a_loop_that_is_blocked_for_longer_than_the_tolerance_is_not_live(self, temporal):
        """A restart is what helps."""
        address = free_address()
        seen = []

        @activity.defn
        async def blocks() -> None:
            until_at = time.monotonic() + 10
            while not seen and time.monotonic() < until_at:
                status, found = get(address, "/livez")
                if status == 503:
                    seen.extend(found["workers"][0]["reasons"])

        options = {"health_address": address, "loop_block_threshold": 0.2, "loop_block_tolerance": 0.5}
        async with worker_of(temporal, blocks, **options) as worker:
            await temporal.add_task(blocks, task_queue=QUEUE).wait_closed(timeout=15)
            await until(lambda: worker.health().is_live)

        assert "longer than 0.5 s" in seen[0]

    async def test_a_server_that_is_away_makes_a_worker_unready_and_never_unlive(self, temporal):
        """Its attempts have results that are to survive the outage."""
        address = free_address()
        async with worker_of(temporal, pack, health_address=address) as worker:
            await until(lambda: worker.is_ready)
            with temporal.outage():
                await until(lambda: not worker.is_ready)
                live, ready = [await get_in_thread(address, path) for path in ("/livez", "/readyz")]

        assert (live[0], ready[0]) == (200, 503)
        assert ready[1]["workers"][0]["reasons"] == ["no poll is with the server"]

    async def test_workers_of_a_process_share_a_listener(self, temporal):
        """The last one to go closes it."""
        address = free_address()
        async with worker_of(temporal, pack, health_address=address) as one:
            async with worker_of(temporal, pack, health_address=address) as other:
                await until(lambda: one.is_ready and other.is_ready)
                _, both = await get_in_thread(address, "/readyz")
            _, left = await get_in_thread(address, "/readyz")

        assert (len(both["workers"]), len(left["workers"])) == (2, 1)
        assert _server._servers == {}
        with pytest.raises(ConnectionRefusedError):
            await get_in_thread(address, "/livez")

    async def test_a_worker_that_stops_is_live_and_not_ready(self, temporal):
        """It still drains."""
        address = free_address()
        held = asyncio.Event()

        @activity.defn
        async def hold() -> None:
            await held.wait()

        async with worker_of(temporal, hold, health_address=address) as worker:
            temporal.add_task(hold, task_queue=QUEUE)
            await until(lambda: worker.slots_used == 1)
            stopping = asyncio.create_task(worker.shutdown())
            await asyncio.sleep(0)
            live, ready = [await get_in_thread(address, path) for path in ("/livez", "/readyz")]
            held.set()
            await stopping

        assert (live[0], ready[0], ready[1]["workers"][0]["reasons"]) == (200, 503, ["it is stopping"])

    async def test_many_silent_connections_do_not_keep_a_probe_away_for_ever(self, temporal, monkeypatch):
        """Those above the limit are closed, those below it have a time limit."""
        monkeypatch.setattr(_server, "_TIMEOUT", 0.2)
        address = free_address()
        host, port = address.split(":")
        async with worker_of(temporal, pack, health_address=address) as worker:
            await until(lambda: worker.is_ready)
            silent = [socket.create_connection((host, int(port))) for _ in range(20)]
            try:
                for connection in silent:
                    connection.settimeout(10)
                ends = await asyncio.to_thread(lambda: [connection.recv(1) for connection in silent])
            finally:
                for connection in silent:
                    connection.close()
            status, _ = await get_in_thread(address, "/readyz")

        assert ends == [b""] * 20
        assert status == 200

    async def test_a_probe_takes_the_place_of_the_oldest_silent_connection(self, temporal, monkeypatch):
        """Connections that others hold open get no process restarted: a probe is responded to all the same."""
        monkeypatch.setattr(_server, "_TIMEOUT", 600)
        address = free_address()
        host, port = address.split(":")
        async with worker_of(temporal, pack, health_address=address) as worker:
            await until(lambda: worker.is_ready)
            silent = [socket.create_connection((host, int(port))) for _ in range(100)]
            try:
                statuses = [(await get_in_thread(address, "/livez"))[0] for _ in range(3)]
            finally:
                for connection in silent:
                    connection.close()

        assert statuses == [200, 200, 200]

    async def test_a_request_may_come_in_pieces(self, temporal):
        """As slow networks deliver it."""
        address = free_address()
        host, port = address.split(":")
        async with worker_of(temporal, pack, health_address=address):
            reader, writer = await asyncio.open_connection(host, int(port))
            for piece in (b"GET /li", b"vez HTTP/1.1\r\nHo", b"st: x\r\n", b"\r\n"):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            response = await reader.read()
            writer.close()

        assert response.startswith(b"HTTP/1.1 200 OK\r\n")

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
    async def test_a_forked_child_does_not_keep_the_port(self, temporal):
        """It may outlive the worker."""
        address = free_address()
        reading, writing = os.pipe()
        async with worker_of(temporal, pack, health_address=address):
            child = os.fork()
            if not child:
                os.close(writing)
                os.read(reading, 1)
                os._exit(0)
        try:
            os.close(reading)
            with pytest.raises(ConnectionRefusedError):
                await get_in_thread(address, "/livez")
        finally:
            os.close(writing)
            await asyncio.to_thread(os.waitpid, child, 0)


class TestMisuse:
    async def test_an_address_that_is_taken_ends_the_start(self, temporal):
        """With the address in the message, and nothing left behind."""
        address = free_address()
        with closing(socket.socket()) as other:
            other.bind(("127.0.0.1", int(address.split(":")[1])))
            other.listen()
            with pytest.raises(
                ConfigurationError, match=f"health_address: cannot listen on {address}: Address already"
            ):
                async with worker_of(temporal, pack, health_address=address):
                    pass

        assert _server._servers == {}

    @pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
    async def test_an_address_of_another_machine_ends_the_start(self, temporal, host):
        """One that does not exist, too."""
        with pytest.raises(ConfigurationError, match=f"health_address: cannot listen on {host}:8081: "):
            async with worker_of(temporal, pack, health_address=f"{host}:8081"):
                pass

    async def test_the_address_can_be_configured_before_a_run(self, temporal):
        """As the command line does."""
        address = free_address()
        worker = worker_of(temporal, pack)
        with pytest.raises(ValueError, match="health_address must be host:port"):
            worker.configure(health_address="8081")
        worker.configure(health_address=address)
        async with worker:
            status, _ = await get_in_thread(address, "/livez")

        assert status == 200

    async def test_a_worker_that_does_not_run_is_live_and_not_ready(self, temporal):
        """Nothing is wrong with it."""
        health = worker_of(temporal, pack).health()

        assert (health.is_live, health.is_ready, health.reasons) == (True, False, ("it does not run",))


class Shows:
    """An observer that brings a page."""

    def __init__(self, page, path="/metrics"):
        self.health_pages = {path: page}

    def __call__(self, event): ...


class TestPages:
    @pytest.mark.parametrize(
        ("head", "wanted"),
        [
            (b"GET /metrics HTTP/1.1", PageRequest("/metrics", "", True)),
            (
                b"GET /metrics?a=b HTTP/1.1\r\nACCEPT:  text/plain \r\nHost: x",
                PageRequest("/metrics", "text/plain", True),
            ),
            (b"HEAD /metrics HTTP/1.1\r\nAccept: a\r\nAccept: b", PageRequest("/metrics", "a,b", False)),
            (b"POST /metrics HTTP/1.1", None),
            (b"GET /livez HTTP/1.1", None),
            (b"GET /metrics", None),
            (b"", None),
        ],
    )
    def test_a_request_for_a_page_says_what_it_accepts(self, head, wanted):
        """All else is for the probes to respond to."""
        assert page_request(head + b"\r\n\r\n", ["/metrics"]) == wanted

    async def test_an_observers_page_is_at_the_health_address_while_the_worker_runs(self, temporal):
        """It gets the request's Accept header, and the probes are beside it."""
        address = free_address()
        observer = Shows(lambda accept: (f"for {accept}".encode(), "text/x-figures"))
        request = b"%s /metrics HTTP/1.1\r\nAccept: text/plain\r\n\r\n"
        async with worker_of(temporal, pack, health_address=address, observers=[observer]):
            page = await asyncio.to_thread(ask, address, request % b"GET")
            head = await asyncio.to_thread(ask, address, request % b"HEAD")
            live, _ = await get_in_thread(address, "/livez")

        assert (page, head, live) == ((200, b"for text/plain"), (200, b""), 200)

    async def test_a_page_that_hangs_does_not_hold_up_the_probes(self, temporal):
        """A restart would cost attempts; further requests for pages are refused meanwhile."""
        address = free_address()
        hangs, ends = threading.Semaphore(0), threading.Event()

        def page(accept):
            hangs.release()
            ends.wait(10)
            return b"late", "text/plain"

        request = b"GET /metrics HTTP/1.1\r\n\r\n"
        async with worker_of(temporal, pack, health_address=address, observers=[Shows(page)]):
            waiting = []
            for _ in range(_pages._MAX_THREADS):
                waiting.append(asyncio.create_task(asyncio.to_thread(ask, address, request)))
                await asyncio.to_thread(hangs.acquire)
            live, _ = await get_in_thread(address, "/livez")
            refused, _ = await asyncio.to_thread(ask, address, request)
            ends.set()
            late = await asyncio.gather(*waiting)

        assert (live, refused) == (200, 503)
        assert set(late) == {(200, b"late")}

    async def test_a_page_is_refused_where_no_thread_can_be_started(self, temporal, monkeypatch):
        """A process at its limit of threads goes on, and has a page again when there is one."""
        address, start, has_threads = free_address(), threading.Thread.start, False

        def start_if_any(thread):
            if thread.name == "asyncworker page" and not has_threads:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", start_if_any)
        request = b"GET /metrics HTTP/1.1\r\n\r\n"
        page = lambda accept: (b"here", "text/plain")  # noqa: E731
        async with worker_of(temporal, pack, health_address=address, observers=[Shows(page)]):
            refused = [await asyncio.to_thread(ask, address, request) for _ in range(_pages._MAX_THREADS + 1)]
            has_threads = True
            shown = await asyncio.to_thread(ask, address, request)

        assert {status for status, _ in refused} == {503}
        assert shown == (200, b"here")

    async def test_a_page_that_fails_is_an_error_in_the_log_and_costs_nothing_else(self, temporal, caplog):
        """It is logged once a minute, however often it is asked for."""
        address = free_address()
        request = b"GET /metrics HTTP/1.1\r\n\r\n"
        async with worker_of(temporal, pack, health_address=address, observers=[Shows(lambda accept: 1 / 0)]):
            statuses = [(await asyncio.to_thread(ask, address, request))[0] for _ in range(3)]
            live, _ = await get_in_thread(address, "/livez")

        assert (statuses, live) == ([500, 500, 500], 200)
        assert caplog.text.count("the page /metrics could not be rendered") == 1

    @pytest.mark.parametrize("path", ["/livez", "metrics", 7])
    async def test_a_page_in_the_place_of_a_probe_ends_the_start(self, temporal, path):
        """Or one at what is no path."""
        observer = Shows(lambda accept: (b"", "text/plain"), path)
        with pytest.raises(ConfigurationError, match=r"health_pages: .* is no path for a page"):
            async with worker_of(temporal, pack, health_address=free_address(), observers=[observer]):
                pass

    async def test_workers_that_share_an_address_and_an_observer_share_its_page(self, temporal, caplog):
        """It is there until the last one has ended."""
        address = free_address()
        observer = Shows(lambda accept: (b"both", "text/plain"))
        request = b"GET /metrics HTTP/1.1\r\n\r\n"
        async with worker_of(temporal, pack, health_address=address, observers=[observer]):
            async with worker_of(temporal, pack, health_address=address, observers=[observer]):
                pass
            left = await asyncio.to_thread(ask, address, request)

        assert left == (200, b"both")
        assert "/metrics shows" not in caplog.text

    async def test_of_two_pages_with_one_path_the_first_is_shown(self, temporal, caplog):
        """A line in the log says so, and when its worker has ended the other's is shown."""
        address = free_address()
        one, other = (worker_of(temporal, pack, health_address=address, observers=[it]) for it in map(Shows, PAGES))
        request = b"GET /metrics HTTP/1.1\r\n\r\n"
        async with one:
            await other.__aenter__()
            both = await asyncio.to_thread(ask, address, request)
        left = await asyncio.to_thread(ask, address, request)
        await other.__aexit__(None, None, None)

        assert (both, left) == ((200, b"one"), (200, b"other"))
        assert "/metrics shows the page of the worker that came first" in caplog.text


PAGES = (lambda accept: (b"one", "text/plain"), lambda accept: (b"other", "text/plain"))


EXHAUSTED = """
import os, resource, socket, sys
from asyncworker.worker.health._requests import HealthReport
from asyncworker.worker.health._server import serving

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
address = ("127.0.0.1", int(sys.argv[1]))
with serving(address, lambda: HealthReport(True, True, {}), {}), socket.socket() as client:
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        pass
    client.settimeout(20)
    client.connect(address)
    client.sendall(b"GET /livez HTTP/1.1\\r\\n\\r\\n")
    print(client.recv(4096).split(b"\\r\\n")[0].decode())
    # What measures the coverage writes a file at the end.
    for each in held:
        os.close(each)
"""


@pytest.mark.process
class TestFileDescriptors:
    @pytest.mark.skipif(not hasattr(os, "fork"), reason="no limit to set")
    def test_probes_are_responded_to_where_no_file_descriptor_is_left(self):
        """A process at its limit is not restarted for that: its attempts go on."""
        _, port = free_address().split(":")

        done = subprocess.run(
            [sys.executable, "-c", EXHAUSTED, port], capture_output=True, text=True, check=False, timeout=60
        )

        assert (done.stdout.splitlines(), done.stderr) == (["HTTP/1.1 200 OK"], "")
