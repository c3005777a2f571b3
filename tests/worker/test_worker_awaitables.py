"""Activities that are no `async def`, and return something to be awaited."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
import types
import weakref
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator
from worker_helpers import QUEUE, adjusted, run, until, worker_of

from asyncworker import ApplicationError, CancelledError, RetryPolicy, activity
from asyncworker.worker import ActivityInboundInterceptor, Interceptor
from asyncworker.worker.attempts._run_environment import AttemptDurations


class Wraps(Interceptor):
    """Passes everything on."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: Any) -> Any:
                return await super().execute_activity(input)

        return Inbound(next)


@pytest.fixture(params=["alone", "wrapped"])
def settings(request):
    return {"interceptors": [Wraps()]} if request.param == "wrapped" else {}


async def add_one(number: int) -> list[object]:
    await asyncio.sleep(0)
    return [number + 1, threading.current_thread() is threading.main_thread(), activity.info().activity_type]


class Cached:
    """A decorator that is an object, and fits functions and methods, as those of libraries do."""

    def __init__(self, fn: Any) -> None:
        functools.update_wrapper(self, fn)
        self.fn = fn

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    async def __call__(self, *args: Any) -> Any:
        return await self.fn(*args)


class Bound(Cached):
    """The same, bound as a method."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


class Updated(Cached):
    """The same, bound as what still shows the parameters of the function that it wraps."""

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else functools.update_wrapper(functools.partial(self, instance), self.fn)


class Plain:
    def __call__(self, number: int) -> Any:
        return add_one(number)


class Lazy:
    """Anything that can be awaited."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __await__(self) -> Any:
        return add_one(self.number).__await__()


def timed(fn: Any) -> Any:
    @functools.wraps(fn)
    def wrapper(*args: Any) -> Any:
        return fn(*args)

    return wrapper


@contextlib.contextmanager
def span():
    yield


def lazily(number: int) -> Any:
    return Lazy(number)


KINDS = {
    "object for methods": Cached(add_one),
    "wrapped": timed(add_one),
    "wrapped twice": timed(timed(add_one)),
    "cached": functools.lru_cache(maxsize=0)(add_one),
    "in a context": span()(add_one),
    "partial": functools.partial(timed(add_one)),
    "object": Plain(),
    "anything": lazily,
}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_awaitable_that_a_def_returns_is_awaited(temporal, settings, kind):
    """Whatever gives it, it is awaited on the event loop, in the attempt's context."""
    fn = activity.defn(name="add")(functools.partial(KINDS[kind]))

    task = await run(temporal, fn, 1, worker=settings)

    assert task.result == [2, True, "add"]


async def test_a_future_that_a_def_returns_is_awaited(temporal, settings):
    """A future, and a task, that a thread has made for the loop."""
    loop = asyncio.get_running_loop()

    @activity.defn
    def pack(number: int) -> asyncio.Future[int]:
        future = loop.create_future()
        loop.call_soon_threadsafe(future.set_result, number + 1)
        return future

    task = await run(temporal, pack, 1, worker=settings)

    assert task.result == 2


@pytest.mark.parametrize("decorator", [Cached, Bound, Updated, timed])
async def test_decorated_methods_are_awaited(temporal, settings, decorator):
    """A decorator that is an object makes activities of methods as well, with the context and without self."""

    class Orders:
        @activity.defn
        @decorator
        async def outside(self, ctx: activity.Context, number: int) -> list[object]:
            return [type(self).__name__, ctx.info.activity_type, number]

        @decorator
        @activity.defn
        async def inside(self, ctx: activity.Context, number: int) -> list[object]:
            return [type(self).__name__, ctx.info.activity_type, number]

    async with worker_of(temporal, Orders(), **settings) as worker:
        for name in worker.activities:
            task = temporal.add_task(name, 7, task_queue=QUEUE)
            await task.wait_closed()
            assert task.result == ["Orders", name, 7]

    assert worker.activities == ["inside", "outside"]


async def test_an_error_of_a_returned_awaitable_fails_the_attempt(temporal, settings):
    """A failure that was awaited is a failure like any other."""

    @activity.defn
    def pack() -> Any:
        async def fails() -> None:
            raise ApplicationError("no paper", type="Empty", non_retryable=True)

        return fails()

    task = await run(temporal, pack, worker=settings)

    assert task.failure.application_failure_info.type == "Empty"
    assert ", in fails" in task.failure.stack_trace


class TestCancellation:
    """From when it is awaited on, it is cancelled as an `async def` is."""

    @pytest.mark.parametrize("options", [{}, {"no_thread_cancel_exception": True}, {"max_concurrent": 1}], ids=str)
    async def test_a_cancellation_reaches_a_returned_awaitable_once(self, temporal, settings, options):
        """It comes as asyncio's, once, so that clean-up may await and heartbeat."""
        heard = []

        async def waits() -> None:
            activity.heartbeat("waiting")
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(0.01)
                activity.heartbeat("cleaning up")
                heard.append(activity.is_cancelled())
                raise

        pack = activity.defn(name="pack", auto_heartbeat=True, **options)(timed(waits))
        async with worker_of(temporal, pack, **settings):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
            await task.wait_for_heartbeat()
            task.request_cancel()
            await task.wait_closed()

        assert (task.state, heard) == ("Canceled", [True])

    async def test_a_cancellation_while_the_awaitable_is_made_reaches_it(self, temporal, settings):
        """What the thread was not told, the coroutine that it returns is."""
        heard = []

        async def waits() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append(True)
                raise

        @activity.defn(auto_heartbeat=True)
        def pack() -> Any:
            activity.heartbeat("making it")
            assert activity.context().wait_for_cancelled_sync(5)
            return waits()

        async with worker_of(temporal, pack, **settings):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
            await task.wait_for_heartbeat()
            task.request_cancel()
            await task.wait_closed()

        assert (task.state, heard) == ("Canceled", [True])

    async def test_a_cancellation_that_the_thread_raised_is_not_raised_again(self, temporal, settings):
        """A clean-up that a heartbeat has led to is not cancelled in its turn."""

        async def cleans_up() -> str:
            await asyncio.sleep(0.01)
            activity.heartbeat("cleaning up")
            return "clean"

        @activity.defn
        def pack() -> Any:
            while True:
                try:
                    activity.heartbeat("going")
                except CancelledError:
                    return cleans_up()
                activity.context().wait_for_cancelled_sync(0.01)

        async with worker_of(temporal, pack, **settings):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
            await task.wait_for_heartbeat()
            task.request_cancel()
            await task.wait_closed()

        assert task.result == "clean"

    async def test_a_deadline_cancels_a_returned_awaitable(self, temporal, settings):
        """Its time is up when that of an `async def` would be."""
        heard = []

        async def waits() -> None:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                heard.append(activity.cancellation_details().timed_out)
                raise

        pack = activity.defn(name="pack")(timed(waits))
        worker = adjusted(worker_of(temporal, pack, **settings), attempt_durations=AttemptDurations(margin=0.0))
        async with worker:
            task = temporal.add_task(
                pack, task_queue=QUEUE, start_to_close_timeout=0.05, retry_policy=RetryPolicy(maximum_attempts=1)
            )
            await task.wait_for_attempt()
            await until(lambda: heard == [True])


@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize("settings", [{}, {"interceptors": [Interceptor()]}], ids=["alone", "with an interceptor"])
async def test_an_activity_can_free_its_arguments(temporal, settings, kind, number):
    """What an activity deletes of its arguments is freed at once: they are held by no other object while it runs."""

    class Parcel(dict):  # type: ignore[type-arg]
        pass

    refs: list[weakref.ref[Parcel]] = []

    def parcel(value: Any) -> Parcel:
        made = Parcel(value)
        refs.append(weakref.ref(made))
        return made

    class Wrapping(ActivityInboundInterceptor):
        pass

    if settings:
        settings["interceptors"][0].intercept_activity = Wrapping

    def count() -> int:
        return sum(ref() is not None for ref in refs)

    if kind == "def":

        def pack(a=None, b=None, c=None):
            before = count()
            del a, b, c
            return [before, count()]
    else:

        async def pack(a=None, b=None, c=None):  # type: ignore[misc]
            before = count()
            del a, b, c
            await asyncio.sleep(0)
            return [before, count()]

    pack.__annotations__ = dict.fromkeys("abc", Annotated[dict, AfterValidator(parcel)])
    task = await run(temporal, activity.defn(pack), *[{} for _ in range(number)], worker=settings)

    assert task.result == [number, 0]
