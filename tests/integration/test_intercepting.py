"""Interceptors see, and may change, what passes between a worker and its activities."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shared_servers import SharedServer

from asyncworker import Client, Worker, activity
from asyncworker.client import Interceptor as ClientInterceptor, OutboundInterceptor, StartActivityInput
from asyncworker.converter import Payload
from asyncworker.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from .calls import Caller

pytestmark = pytest.mark.server


@activity.defn
async def double_async(number: int) -> list[Any]:
    activity.heartbeat(number)
    return [number * 2, activity.info().activity_id]


@activity.defn
def double_sync(number: int) -> list[Any]:
    activity.heartbeat(number)
    return [number * 2, activity.info().activity_id]


class Watching(Interceptor):
    """Notes what passes, and changes a little of it."""

    def __init__(self, name: str, notes: list[Any]) -> None:
        self.name = name
        self.notes = notes

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Inbound(next, self)


class _Inbound(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, watching: Watching) -> None:
        super().__init__(next)
        self.watching = watching

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self.watching))

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        name, notes = self.watching.name, self.watching.notes
        notes.append((name, "begins", activity.in_activity(), [*input.args]))
        input.args = [input.args[0] + 1]
        result = await self.next.execute_activity(input)
        notes.append((name, "ends", result[0]))
        return [result[0] + 1, result[1]]


class _Outbound(ActivityOutboundInterceptor):
    def __init__(self, next: ActivityOutboundInterceptor, watching: Watching) -> None:
        super().__init__(next)
        self.watching = watching

    def info(self) -> activity.Info:
        return replace(super().info(), activity_id="hidden")

    def heartbeat(self, *details: Any) -> None:
        self.watching.notes.append((self.watching.name, "beat", *details))
        super().heartbeat(*details, self.watching.name)


@pytest.mark.parametrize("fn", [double_async, double_sync], ids=["async", "sync"])
async def test_they_wrap_each_other(caller: Caller, fn: Any):
    """The first interceptor is the outermost, of what comes in and of what goes out; what it changes is changed."""
    notes: list[Any] = []
    async with caller.worker(fn, interceptors=[Watching("outer", notes), Watching("inner", notes)]):
        result = await caller.result(fn, 1, heartbeat_timeout=5)

    assert result == [8, "hidden"]
    assert notes == [
        ("outer", "begins", True, [1]),
        ("inner", "begins", True, [2]),
        # What goes out passes the inner one first.
        ("inner", "beat", 3),
        ("outer", "beat", 3, "inner"),
        ("inner", "ends", 6),
        ("outer", "ends", 7),
    ]


async def test_an_interceptor_may_answer_itself(caller: Caller):
    """An interceptor that does not pass a call on decides on its result."""

    class Refusing(Interceptor):
        def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
            return _Answer(next)

    class _Answer(ActivityInboundInterceptor):
        async def execute_activity(self, input: ExecuteActivityInput) -> Any:
            return "not today"

    async with caller.worker(double_async, interceptors=[Refusing()]):
        assert await caller.result(double_async, 1) == "not today"


# Headers: from the caller's interceptor to the worker's


class Bearing(Interceptor, ClientInterceptor):
    """Sends a header along where an activity is started, and reads it where one runs."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Stamping(next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Reading(next, self.read)


class _Stamping(OutboundInterceptor):
    async def start_activity(self, input: StartActivityInput) -> Any:
        input.headers = {**input.headers, "trace": Payload(metadata={"encoding": b"json/plain"}, data=b'"t1"')}
        return await super().start_activity(input)


class _Reading(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, read: list[bytes]) -> None:
        super().__init__(next)
        self.read = read

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        assert activity.context().headers == input.headers
        self.read.append(input.headers["trace"].data)
        return await super().execute_activity(input)


async def test_a_client_s_interceptor_works_on_its_workers(server: SharedServer, task_queue: str):
    """An interceptor of both kinds, given to a client, sends headers with starts and reads them in its workers."""
    both = Bearing()
    async with (
        await Client.connect(server.target, interceptors=[both]) as client,
        Worker(client, task_queue=task_queue, activities=[double_async]),
    ):
        await client.execute_activity(double_async, 1, id=task_queue, task_queue=task_queue, start_to_close_timeout=5)

    assert both.read == [b'"t1"']
