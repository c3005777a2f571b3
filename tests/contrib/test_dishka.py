"""Parameters of activities that a dishka container fills."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
from dishka import Provider, Scope, make_async_container, make_container, provide

from asyncworker import RetryPolicy, Worker, activity
from asyncworker.client.activities._start import plan_start
from asyncworker.contrib.dishka import ActivityProvider, DishkaInterceptor, FromDishka, inject
from asyncworker.testing import FakeTemporal

QUEUE = "orders"


@dataclass
class Engine:
    name: str


@dataclass
class Session:
    engine: Engine
    attempt: int


@dataclass
class Order:
    id: str


@dataclass
class Packed:
    what: str


class Sessions(Provider):
    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []

    @provide(scope=Scope.APP)
    def engine(self) -> Iterator[Engine]:
        yield Engine("engine")
        self.log.append("engine closed")

    @provide(scope=Scope.REQUEST)
    def session(self, engine: Engine, info: activity.Info) -> Iterator[Session]:
        error = yield Session(engine, info.attempt)
        self.log.append(f"session closed after {error!r}")


@activity.defn(task_queue=QUEUE, start_to_close_timeout=5)
@inject
async def pack(order: Order, boxes: int = 1, *, session: FromDishka[Session]) -> Packed:
    if order.id == "0":
        raise ValueError("no boxes")
    return Packed(f"{order.id} {session.engine.name} {session.attempt} {boxes}")


@activity.defn
@inject
def weigh(order: str, *, session: FromDishka[Session]) -> str:
    return f"{order} {session.engine.name}"


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal() as temporal:
        yield temporal


async def test_each_attempt_has_a_container(temporal):
    """An attempt gets its values of a container of its own, which is closed before the outcome is reported."""
    provider = Sessions()
    container = make_async_container(provider, ActivityProvider())
    interceptors = [DishkaInterceptor(container)]
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[pack], interceptors=interceptors):
        task = temporal.add_task(pack, {"id": "7"}, 2, task_queue=QUEUE)
        await task.wait_closed()
        assert provider.log == ["session closed after None"]
    await container.close()

    assert task.result == {"what": "7 engine 1 2"}
    assert provider.log == ["session closed after None", "engine closed"]


async def test_a_container_is_shown_the_error(temporal):
    """What the container has made for an attempt sees the error with which the activity has ended."""
    provider = Sessions()
    container = make_async_container(provider, ActivityProvider())
    interceptors = [DishkaInterceptor(container)]
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[pack], interceptors=interceptors):
        task = temporal.add_task(pack, {"id": "0"}, task_queue=QUEUE)
        await task.wait_closed()

    assert task.failure.message == "no boxes"
    assert provider.log == ["session closed after ValueError('no boxes')"]


async def test_a_function_is_filled_from_a_container_that_awaits_nothing(temporal):
    """A ``def`` activity gets its values of a container without coroutines."""
    interceptors = [DishkaInterceptor(make_container(Sessions(), ActivityProvider()))]
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[weigh], interceptors=interceptors):
        task = temporal.add_task(weigh, "7", task_queue=QUEUE)
        await task.wait_closed()

    assert task.result == "7 engine"


@pytest.mark.parametrize("kind", ["none", "another"])
async def test_a_worker_without_a_container_says_so(temporal, kind):
    """An activity on a worker without the interceptor, or with the wrong container, fails with what to do."""
    interceptors = [] if kind == "none" else [DishkaInterceptor(make_container(Sessions(), ActivityProvider()))]
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[pack], interceptors=interceptors):
        task = temporal.add_task(pack, {"id": "7"}, task_queue=QUEUE)
        await task.wait_closed()

    assert "DishkaInterceptor" in task.failure.message


def test_callers_pass_the_payload_only():
    """A client passes the arguments of the payload, and reads the result as its type."""
    assert plan_start(pack, [Order("7")], {}).result_type is Packed
    with pytest.raises(TypeError, match=r"takes \(order, boxes=…\)"):
        plan_start(pack, [], {})


def test_what_is_filled_stands_last():
    """A parameter of the payload behind one that the container fills is refused where it is written."""

    async def store(session: FromDishka[Session], order: str) -> None: ...

    with pytest.raises(TypeError, match="'order' of the payload stands behind 'session'"):
        inject(store)


@pytest.mark.parametrize(
    ("fn", "make", "message"),
    [
        (pack, make_container, "an async def activity is filled from an AsyncContainer"),
        (weigh, make_async_container, "a def activity is filled from a Container, which awaits nothing"),
    ],
    ids=["async", "sync"],
)
async def test_an_activity_that_does_not_fit_the_container_fails_with_the_way_out(temporal, fn, make, message):
    """A worker has one container, of the kind that its activities need."""
    container = make(Sessions(), ActivityProvider())
    interceptors = [DishkaInterceptor(container)]
    async with Worker(temporal.client(), task_queue=QUEUE, activities=[fn], interceptors=interceptors):
        argument = {"id": "7"} if fn is pack else "7"
        task = temporal.add_task(fn, argument, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
        await task.wait_closed()

    assert task.failure.application_failure_info.type == "TypeError"
    assert message in task.failure.message


def test_a_function_without_parameters_for_the_container_is_left_alone():
    """``inject`` on a function that has nothing to inject changes nothing."""

    async def plain(order: str) -> None: ...

    assert inject(plain) is plain
