"""A server that is nothing but load: it hands out activities and counts what comes back.

It runs as a process of its own (``python -m benchmarks.stub_server``) and is driven by lines of JSON on its standard
input; each gets one line of JSON as its answer:

``{"do": "listen", "tls": false}``
    Open a *lane*: a port with a queue of its own, for one worker. Answers with its number and its port.
``{"do": "first_poll", "lane": 0}``
    Wait for the first poll since the last such command, and say when it came (``time.monotonic()``).
``{"do": "saturate", "lane": 0, "count": 5000}``
    Answer every poll at once until *count* activities are handed out; answers when all have completed.
``{"do": "pace", "lane": 0, "rate": 300, "seconds": 5}``
    Hand out so many activities per second, evenly spaced, and say how long each took from its being scheduled to its
    completion.
``{"do": "hold", "lane": 0, "count": 10000, "activity": "sleep", "rate": 1000}``
    Hand out activities that are not going to end, so many per second; answers when the last one was handed out.
``{"do": "watch", "lane": 0, "seconds": 5}``
    Count heartbeats for a while.

Requests may be compressed with gzip, as temporalio's are; answers never are.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from . import _stub_answers as answers
from ._stub_http2 import Connection

_PREFIX = len(b"/temporal.api.workflowservice.v1.WorkflowService/")
# The real server answers an activity poll with nothing after a minute.
_POLL_SECONDS = 60.0
_UNIMPLEMENTED = 12
# Seconds a worker may take to start, and to end what it was given.
_PATIENCE = 30.0
_LONG_PATIENCE = 150.0

now = time.monotonic


class Lane:
    """One worker's queue: what is due, who asks for it, what was handed out and not yet reported."""

    def __init__(self) -> None:
        self._tasks = answers.Tasks()
        self._polls: deque[tuple[Connection, int, float]] = deque()
        self._due: deque[tuple[str, float]] = deque()
        self._outstanding: dict[int, float] = {}
        self._next_number = 0
        self._changed = asyncio.Event()
        self._latencies: list[float] | None = None
        self.first_poll_at: float | None = None
        self.counts: Counter[str] = Counter()

    # What the loads do

    def schedule(self, activity: str) -> None:
        """Make one activity due now."""
        self._due.append((activity, now()))
        self._hand_out()

    async def schedule_evenly(self, activity: str, count: int, rate: float) -> None:
        """Make *count* activities due, *rate* per second."""
        began = now()
        for number in range(count):
            wait = began + number / rate - now()
            if wait > 0:
                await asyncio.sleep(wait)
            self.schedule(activity)

    async def drain(self) -> None:
        """Wait until everything has been handed out and reported."""
        await self._wait_until(lambda: not self._due and not self._outstanding)

    async def wait_until_taken(self) -> None:
        """Wait until everything has been handed out."""
        await self._wait_until(lambda: not self._due)

    async def wait_for_poll(self) -> float:
        """Return when the first poll came."""
        while self.first_poll_at is None:
            await self._next_change()
        first, self.first_poll_at = self.first_poll_at, None
        return first

    def take_latencies(self) -> list[float]:
        """Begin to keep latencies, and return those kept since the last time."""
        kept, self._latencies = self._latencies, []
        return kept or []

    def forget(self) -> None:
        """Expect nothing any more of what was handed out."""
        self._due.clear()
        self._outstanding.clear()
        self._polls.clear()

    def expire(self) -> None:
        """Send empty responses to polls that have waited long enough."""
        while self._polls and self._polls[0][2] < now() - _POLL_SECONDS:
            connection, stream, _ = self._polls.popleft()
            connection.answer(stream, b"")

    async def _wait_until(self, condition: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(_LONG_PATIENCE):
                while not condition():
                    await self._next_change()
        except TimeoutError:
            state = f"{len(self._due)} due, {len(self._outstanding)} outstanding, {len(self._polls)} polls open"
            raise RuntimeError(f"the worker does not get on: {state}, {dict(self.counts)}") from None

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    # What the worker says

    def call(self, connection: Connection, stream: int, path: bytes, request: bytes) -> None:
        """Respond to a call of the WorkflowService."""
        method = path[_PREFIX:]
        if method == b"PollActivityTaskQueue":
            self._on_poll(connection, stream)
        elif method.startswith(b"RespondActivityTask"):
            connection.answer(stream, b"")
            self._on_report(method, answers.number_of(request))
        elif method == b"RecordActivityTaskHeartbeat":
            self.counts["heartbeats"] += 1
            connection.answer(stream, b"")
        elif method == b"ShutdownWorker":
            self._end_polls()
            connection.answer(stream, b"")
        elif (answer := answers.ANSWERS.get(method)) is not None:
            connection.answer(stream, answer)
        # Other long polls wait for ever: there is never anything for them.
        elif not method.startswith(b"Poll"):
            connection.refuse(stream, _UNIMPLEMENTED, b"not in the stub server: " + method)

    def _on_poll(self, connection: Connection, stream: int) -> None:
        if self.first_poll_at is None:
            self.first_poll_at = now()
            self._changed.set()
        self._polls.append((connection, stream, now()))
        if self._due:
            self._hand_out()

    def _on_report(self, method: bytes, number: int) -> None:
        scheduled = self._outstanding.pop(number, None)
        if scheduled is None:
            self.counts["duplicates"] += 1
            return
        self.counts["completed" if method == b"RespondActivityTaskCompleted" else "failed"] += 1
        if self._latencies is not None:
            self._latencies.append(now() - scheduled)
        if not self._outstanding:
            self._changed.set()

    def _hand_out(self) -> None:
        due, polls = self._due, self._polls
        while due and polls:
            connection, stream, _ = polls.popleft()
            if not connection.is_waiting(stream):
                continue
            activity, scheduled = due.popleft()
            number = self._next_number = self._next_number + 1
            self._outstanding[number] = scheduled
            connection.answer(stream, self._tasks.make(activity, number))
        if not due:
            self._changed.set()

    def _end_polls(self) -> None:
        for connection, stream, _ in self._polls:
            connection.answer(stream, b"")
        self._polls.clear()


class StubServer:
    """The lanes, and what may be asked of them."""

    def __init__(self) -> None:
        self._lanes: list[Lane] = []
        self._servers: list[asyncio.Server] = []
        self._context: ssl.SSLContext | None = None
        self._certificate = ""

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command."""
        name = command.pop("do")
        if "lane" in command:
            command["lane"] = self._lanes[command["lane"]]
        handler: Coroutine[Any, Any, dict[str, Any]] = getattr(self, f"_{name}")(**command)
        return await handler

    async def keep_time(self) -> None:
        """End polls as they come of age."""
        while True:
            await asyncio.sleep(1)
            for lane in self._lanes:
                lane.expire()

    async def _listen(self, *, tls: bool = False) -> dict[str, Any]:
        lane = Lane()
        context = self._tls() if tls else None
        loop = asyncio.get_running_loop()
        server = await loop.create_server(partial(Connection, lane), "127.0.0.1", 0, ssl=context)
        self._lanes.append(lane)
        self._servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return {"lane": len(self._lanes) - 1, "port": port, "certificate": self._certificate if tls else None}

    async def _first_poll(self, lane: Lane) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE):
            return {"at": await lane.wait_for_poll()}

    async def _saturate(self, lane: Lane, count: int) -> dict[str, Any]:
        lane.counts.clear()
        began, cpu = now(), time.process_time()
        for _ in range(count):
            lane.schedule("greet")
        await lane.drain()
        return {"seconds": now() - began, "stub_cpu": time.process_time() - cpu, **lane.counts}

    async def _pace(self, lane: Lane, rate: float, seconds: float) -> dict[str, Any]:
        lane.counts.clear()
        lane.take_latencies()
        began, cpu = now(), time.process_time()
        await lane.schedule_evenly("greet", int(rate * seconds), rate)
        await lane.drain()
        took, cpu = now() - began, time.process_time() - cpu
        return {"seconds": took, "stub_cpu": cpu, "latencies": lane.take_latencies(), **lane.counts}

    async def _hold(self, lane: Lane, count: int, activity: str, rate: float) -> dict[str, Any]:
        lane.counts.clear()
        began = now()
        await lane.schedule_evenly(activity, count, rate)
        await lane.wait_until_taken()
        return {"seconds": now() - began}

    async def _watch(self, lane: Lane, seconds: float) -> dict[str, Any]:
        lane.counts.clear()
        began = now()
        await asyncio.sleep(seconds)
        return {"seconds": now() - began, **lane.counts}

    async def _forget(self, lane: Lane) -> dict[str, Any]:
        lane.forget()
        return {}

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            import trustme

            authority = trustme.CA()
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._context.set_alpn_protocols(["h2"])
            authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._context)
            with tempfile.NamedTemporaryFile(suffix=".pem", delete=False) as file:
                file.write(authority.cert_pem.bytes())
            self._certificate = file.name
        return self._context


async def serve() -> None:
    """Carry out commands until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    server = StubServer()
    clock = loop.create_task(server.keep_time())
    while line := await reader.readline():
        try:
            answer = await server.do(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    clock.cancel()


def main() -> None:
    """Run on uvloop if there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())


if __name__ == "__main__":
    main()
