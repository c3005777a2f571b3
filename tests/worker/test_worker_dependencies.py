"""Dependencies of activities on a worker: made, passed, closed before the outcome is reported."""

import asyncio
import functools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any

import anyio
import pytest
from worker_helpers import QUEUE, run, until, worker_of

from asyncworker import ApplicationError, CancelReason, Depends, RetryPolicy, WorkerError, activity
from asyncworker.testing import FakeTemporal
from asyncworker.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


@pytest.fixture
async def temporal() -> AsyncIterator[FakeTemporal]:
    async with FakeTemporal() as temporal:
        yield temporal


class Engine:
    pass


class Session:
    def __init__(self, engine: Annotated[Engine, Depends()]) -> None:
        self.engine = engine


def one() -> int:
    return 1


async def two() -> int:
    await asyncio.sleep(0)
    return 2


def three() -> Iterator[int]:
    yield 3


async def four() -> AsyncIterator[int]:
    yield 4


@contextmanager
def five() -> Iterator[int]:
    yield 5


@asynccontextmanager
async def six() -> AsyncIterator[int]:
    yield 6


class Numbers:
    def seven(self) -> int:
        return 7

    async def __call__(self) -> int:
        return 8


class TestWhatADependencyIs:
    @pytest.mark.parametrize(
        ("dependency", "value"),
        [
            (one, 1),
            (two, 2),
            (three, 3),
            (four, 4),
            (five, 5),
            (six, 6),
            (Numbers().seven, 7),
            (Numbers(), 8),
            (functools.partial(int, "9"), 9),
            (functools.partial(lambda make: make(), two), 2),
        ],
        ids=[
            "function",
            "coroutine function",
            "generator",
            "async generator",
            "context manager",
            "async context manager",
            "method",
            "callable object",
            "partial",
            "function that returns a coroutine",
        ],
    )
    @pytest.mark.parametrize("scope", ["attempt", "worker"])
    async def test_the_activity_gets_its_value(self, temporal, dependency, value, scope):
        """Whatever makes the value, the activity gets it."""

        @activity.defn
        async def pack(order: str, it: Annotated[Any, Depends(dependency, scope=scope)]) -> str:
            return f"{order} {it}"

        assert (await run(temporal, pack, "order")).result == f"order {value}"

    async def test_a_class_is_made_with_its_own_dependencies(self, temporal):
        """The parameters of a class are dependencies, and a Depends without a function is the annotated class."""

        @activity.defn
        async def pack(session: Annotated[Session, Depends()]) -> str:
            return type(session.engine).__name__

        assert (await run(temporal, pack)).result == "Engine"

    async def test_the_default_may_say_it(self, temporal):
        """A Depends as the default of a parameter is the same as one in its annotation."""

        @activity.defn
        async def pack(order: str, *, number: int = Depends(one), session: Session = Depends()) -> str:
            return f"{order} {number} {type(session).__name__}"

        assert (await run(temporal, pack, "order")).result == "order 1 Session"

    async def test_an_empty_default_stands_beside_an_annotation(self, temporal):
        """``= Depends()`` beside an annotated one changes nothing: it is for type checkers."""

        @activity.defn
        async def pack(number: Annotated[int, Depends(one)] = Depends()) -> int:
            return number

        assert (await run(temporal, pack)).result == 1

    async def test_a_dependency_reads_the_context(self, temporal):
        """A dependency has the attempt's context, by the functions and as a parameter."""

        def attempt(context: activity.Context) -> int:
            assert context is activity.context()
            return activity.info().attempt

        @activity.defn
        async def pack(attempt: Annotated[int, Depends(attempt)]) -> int:
            return attempt

        assert (await run(temporal, pack)).result == 1

    async def test_parameters_without_a_dependency_keep_their_defaults(self, temporal):
        """A dependency's other parameters have defaults, which it is called with."""

        def number(factor: int = 3, *rest: int, base: Annotated[int, Depends(two)], **more: int) -> int:
            return factor * base + len(rest) + len(more)

        @activity.defn
        async def pack(it: Annotated[int, Depends(number)]) -> int:
            return it

        assert (await run(temporal, pack)).result == 6


class TestPayloads:
    async def test_dependencies_may_stand_anywhere(self, temporal):
        """The payload fills the other parameters in their order, wherever dependencies stand between them."""

        @activity.defn
        async def pack(
            context: activity.Context,
            first: Annotated[int, Depends(one)],
            order: str,
            second: Annotated[int, Depends(two)],
            boxes: int = 7,
            third: int = Depends(three),
            *more: str,
            fourth: Annotated[int, Depends(four)],
        ) -> list[Any]:
            assert context is activity.context()
            return [first, order, second, boxes, third, *more, fourth]

        assert (await run(temporal, pack, "order")).result == [1, "order", 2, 7, 3, 4]
        assert (await run(temporal, pack, "order", 9)).result == [1, "order", 2, 9, 3, 4]
        assert (await run(temporal, pack, "order", 9, "a", "b")).result == [1, "order", 2, 9, 3, "a", "b", 4]

    async def test_dependencies_are_no_arguments(self, temporal):
        """A payload with more arguments than other parameters is refused: none reaches a dependency."""

        @activity.defn
        async def pack(order: str, number: Annotated[int, Depends(one)]) -> str:
            return order

        task = await run(temporal, pack, "order", 2, worker={})

        assert "takes 1 arguments (order), got 2" in str(task.failure.message)

    async def test_a_dynamic_activity_has_dependencies(self, temporal):
        """A dynamic activity has its sequence of payloads, and dependencies beside it."""

        @activity.defn(dynamic=True)
        async def anything(args: Any, *, number: Annotated[int, Depends(one)]) -> int:
            return number + len(args)

        async with worker_of(temporal, anything):
            task = temporal.add_task("pack", 1, 2, task_queue=QUEUE)
            await task.wait_closed()

        assert task.result == 3

    async def test_an_interceptor_sees_the_payload_only(self, temporal):
        """Interceptors wrap dependencies as well: they see the arguments of the payload, and may set the context."""
        seen = []

        class Sees(Interceptor, ActivityInboundInterceptor):
            def __init__(self) -> None:
                pass

            def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
                self.next = next
                return self

            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                seen.append([*input.args])
                result = await self.next.execute_activity(input)
                seen.append("closed" if log == ["closed"] else "open")
                return result

        log: list[str] = []

        def number() -> Iterator[int]:
            yield 1
            log.append("closed")

        @activity.defn
        async def pack(order: str, number: Annotated[int, Depends(number)]) -> str:
            return order

        assert (await run(temporal, pack, "order", worker={"interceptors": [Sees()]})).result == "order"
        assert seen == [["order"], "closed"]

    async def test_limits_are_waited_for_first(self, temporal):
        """Of an activity with a limit of its own none makes its dependencies before it may run."""
        open_sessions, most = 0, 0

        async def session() -> AsyncIterator[int]:
            nonlocal open_sessions, most
            open_sessions += 1
            most = max(most, open_sessions)
            await asyncio.sleep(0)
            yield open_sessions
            open_sessions -= 1

        @activity.defn(max_concurrent=1)
        async def pack(session: Annotated[int, Depends(session)]) -> None:
            await asyncio.sleep(0)

        async with worker_of(temporal, pack):
            tasks = [temporal.add_task(pack, task_queue=QUEUE) for _ in range(5)]
            for task in tasks:
                await task.wait_closed()

        assert (open_sessions, most) == (0, 1)


class TestSharing:
    async def test_one_value_per_attempt(self, temporal):
        """All that depend on the same in an attempt share one value, but for those that ask for their own."""

        def engine() -> Engine:
            return Engine()

        def session(engine: Annotated[Engine, Depends(engine)]) -> Engine:
            return engine

        @activity.defn
        async def pack(
            session: Annotated[Engine, Depends(session)],
            engine: Annotated[Engine, Depends(engine)],
            own: Annotated[Engine, Depends(engine, use_cache=False)],
            other: Annotated[Engine, Depends(engine, use_cache=False)],
        ) -> list[bool]:
            return [session is engine, own is engine, own is other]

        assert (await run(temporal, pack)).result == [True, False, False]

    async def test_one_value_per_worker(self, temporal):
        """A hundred attempts of several activities that ask at once have one value of the worker's scope."""
        made: list[Engine] = []

        async def engine() -> AsyncIterator[Engine]:
            await asyncio.sleep(0.01)
            made.append(Engine())
            yield made[-1]
            made.append(None)

        def session(engine: Annotated[Engine, Depends(engine, scope="worker")]) -> Engine:
            return engine

        @activity.defn
        async def pack(engine: Annotated[Engine, Depends(engine, scope="worker")]) -> bool:
            return engine is made[0]

        @activity.defn
        async def weigh(session: Annotated[Engine, Depends(session)]) -> bool:
            return session is made[0]

        async with worker_of(temporal, pack, weigh):
            tasks = [temporal.add_task(each, task_queue=QUEUE) for each in [pack, weigh] * 50]
            for task in tasks:
                await task.wait_closed()
            assert len(made) == 1

        assert all(task.result is True for task in tasks)
        assert made[1:] == [None]


class Log(list[str]):
    """What dependencies report, in its order."""

    def dependency(self, name: str, *needs: Any) -> Any:
        async def make(needed: Any = needs[0] if needs else None) -> AsyncIterator[str]:
            self.append(f"+{name}")
            try:
                yield name
            except BaseException as error:
                self.append(f"{name}: {type(error).__name__}")
                raise
            finally:
                self.append(f"-{name}")

        make.__qualname__ = name
        return make


class TestClosing:
    async def test_it_is_closed_in_reverse_before_the_reply(self, temporal):
        """What an attempt has made is closed, the last first, before the server has its result."""
        log = Log()
        outer = log.dependency("outer")
        inner = log.dependency("inner", Depends(outer))

        async def last(inner: Annotated[str, Depends(inner)]) -> AsyncIterator[str]:
            yield inner
            log.append("closed" if task.is_closed else "open")

        @activity.defn
        async def pack(last: Annotated[str, Depends(last)]) -> str:
            log.append("pack")
            return last

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()

            assert log == ["+outer", "+inner", "pack", "open", "-inner", "-outer"]
        assert task.result == "inner"

    async def test_it_sees_the_error_of_the_activity(self, temporal):
        """A dependency sees the activity's error, and the error is reported as it is."""
        log = Log()

        @activity.defn
        async def pack(session: Annotated[str, Depends(log.dependency("session"))]) -> None:
            raise ApplicationError("no boxes", type="Boxes", non_retryable=True)

        task = await run(temporal, pack)

        assert log == ["+session", "session: ApplicationError", "-session"]
        assert task.failure.message == "no boxes"
        assert task.failure.application_failure_info.non_retryable

    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_it_cannot_undo_a_failure(self, temporal, kind):
        """A dependency that swallows the activity's error changes nothing: the attempt has failed."""

        def session() -> Iterator[str]:
            with pytest.raises(ApplicationError):
                yield "session"

        @activity.defn(name="pack")
        async def coroutine(session: Annotated[str, Depends(session)]) -> None:
            raise ApplicationError("no boxes", non_retryable=True)

        @activity.defn(name="pack")
        def function(session: Annotated[str, Depends(session)]) -> None:
            raise ApplicationError("no boxes", non_retryable=True)

        task = await run(temporal, coroutine if kind == "async def" else function)

        assert task.failure.message == "no boxes"

    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_it_may_raise_another_error_instead(self, temporal, kind):
        """An error that a dependency makes for Temporal of the activity's own is reported in its place."""

        def session() -> Iterator[str]:
            try:
                yield "session"
            except OSError as error:
                raise ApplicationError("the disk", type="Disk", non_retryable=True) from error

        @activity.defn(name="pack")
        async def coroutine(session: Annotated[str, Depends(session)]) -> None:
            raise OSError("full")

        @activity.defn(name="pack")
        def function(session: Annotated[str, Depends(session)]) -> None:
            raise OSError("full")

        failure = (await run(temporal, coroutine if kind == "async def" else function)).failure

        assert (failure.message, failure.application_failure_info.type) == ("the disk", "Disk")
        assert failure.cause.message == "full"

    @pytest.mark.parametrize("fails", [False, True], ids=["after success", "after failure"])
    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_a_failure_to_close_names_the_dependency(self, temporal, kind, fails):
        """An attempt whose dependency cannot be closed fails with an error that says so, behind it the own one."""

        def get_session() -> Iterator[str]:
            try:
                yield "session"
            finally:
                raise OSError("connection reset")

        @activity.defn(name="pack")
        async def coroutine(session: Annotated[str, Depends(get_session)]) -> None:
            function(session)  # type: ignore[call-arg]

        @activity.defn(name="pack")
        def function(session: Annotated[str, Depends(get_session)]) -> None:
            if fails:
                raise ValueError("no boxes")

        fn = coroutine if kind == "async def" else function
        failure = (await run(temporal, fn)).failure

        assert failure.message.endswith("get_session failed when it was closed: OSError: connection reset")
        assert failure.application_failure_info.type == "OSError"
        assert failure.cause.message == "connection reset"
        assert (failure.cause.cause.message if fails else failure.cause.cause) == ("no boxes" if fails else None)

    async def test_the_others_are_closed_all_the_same(self, temporal):
        """A dependency that cannot be closed does not keep those before it open, and they see its error."""
        log = Log()

        async def broken(outer: Annotated[str, Depends(log.dependency("outer"))]) -> AsyncIterator[str]:
            yield outer
            raise OSError("connection reset")

        @activity.defn
        async def pack(broken: Annotated[str, Depends(broken)]) -> None:
            pass

        await run(temporal, pack)

        assert log == ["+outer", "outer: ApplicationError", "-outer"]

    async def test_completing_from_outside_is_no_error(self, temporal):
        """To what an activity depends on, leaving the completion to others is an ordinary end."""
        log = Log()

        @activity.defn
        async def pack(session: Annotated[str, Depends(log.dependency("session"))]) -> None:
            activity.raise_complete_async()

        async with worker_of(temporal, pack):
            temporal.add_task(pack, task_queue=QUEUE)
            await until(lambda: log == ["+session", "-session"])

    async def test_an_error_before_it_is_made_closes_what_is_there(self, temporal):
        """A dependency that cannot be made fails the attempt with its own error, and a note names it."""
        log = Log()

        async def get_session(engine: Annotated[str, Depends(log.dependency("engine"))]) -> str:
            raise ApplicationError("no license", type="License", non_retryable=True)

        get_session.__qualname__ = "get_session"

        @activity.defn
        async def pack(session: Annotated[str, Depends(get_session)]) -> None:
            log.append("pack")

        failure = (await run(temporal, pack)).failure

        assert log == ["+engine", "engine: ApplicationError", "-engine"]
        assert (failure.message, failure.application_failure_info.non_retryable) == ("no license", True)
        assert "raised by the dependency pack -> get_session" in failure.stack_trace


class TestCancellation:
    async def test_it_sees_the_cancellation(self, temporal):
        """A cancelled activity's dependencies see the cancellation, and may await while they are closed."""
        log, runs = Log(), asyncio.Event()

        async def slow(outer: Annotated[str, Depends(log.dependency("outer"))]) -> AsyncIterator[str]:
            try:
                yield outer
            finally:
                await asyncio.sleep(0.01)
                log.append(f"closed slowly, {activity.context().cancel_reason}")

        @activity.defn
        async def pack(slow: Annotated[str, Depends(slow)]) -> None:
            runs.set()
            while True:
                activity.heartbeat()
                await asyncio.sleep(0.01)

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.1)
            await runs.wait()
            task.request_cancel()
            await task.wait_closed()

        assert log == ["+outer", f"closed slowly, {CancelReason.CANCEL_REQUESTED}", "outer: CancelledError", "-outer"]
        assert task.state == "Canceled"

    @pytest.mark.parametrize("kind", ["async def", "def"])
    async def test_what_is_being_made_is_cancelled(self, temporal, kind):
        """A cancellation reaches a dependency that is being made, and the activity does not run."""
        log, runs = Log(), asyncio.Event()

        async def endless(outer: Annotated[str, Depends(log.dependency("outer"))]) -> str:
            runs.set()
            activity.heartbeat()
            await asyncio.sleep(1000)
            return outer

        @activity.defn(name="pack", auto_heartbeat=True)
        async def coroutine(endless: Annotated[str, Depends(endless)]) -> None:
            log.append("pack")

        @activity.defn(name="pack", auto_heartbeat=True)
        def function(endless: Annotated[str, Depends(endless)]) -> None:
            log.append("pack")

        async with worker_of(temporal, coroutine if kind == "async def" else function):
            task = temporal.add_task("pack", task_queue=QUEUE, heartbeat_timeout=0.2)
            await runs.wait()
            task.request_cancel()
            await task.wait_closed()

        assert log == ["+outer", "outer: CancelledError", "-outer"]
        assert task.state == "Canceled"

    async def test_what_is_being_closed_is_cancelled(self, temporal):
        """The time of the attempt includes closing: a shutdown's grace holds for it, and then cancels it."""
        log, closes = Log(), asyncio.Event()

        async def endless(outer: Annotated[str, Depends(log.dependency("outer"))]) -> AsyncIterator[str]:
            yield outer
            closes.set()
            await asyncio.sleep(1000)

        @activity.defn
        async def pack(endless: Annotated[str, Depends(endless)]) -> str:
            return endless

        async with worker_of(temporal, pack, graceful_shutdown_timeout=0.05):
            task = temporal.add_task(pack, task_queue=QUEUE)
            await closes.wait()
        assert log == ["+outer", "outer: CancelledError", "-outer"]
        assert task.last_failure.application_failure_info.type == "WorkerShutdown"

    async def test_heartbeats_go_on_while_it_closes(self, temporal):
        """A dependency that is being closed heartbeats, and its details arrive before the outcome does."""
        release = asyncio.Event()

        async def slow() -> AsyncIterator[str]:
            yield "slow"
            activity.heartbeat("closing")
            await release.wait()

        @activity.defn
        async def pack(slow: Annotated[str, Depends(slow)]) -> str:
            return slow

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=5)
            assert await task.wait_for_heartbeat() == [["closing"]]
            assert not task.is_closed
            release.set()
            await task.wait_closed()

        assert task.result == "slow"

    async def test_waiting_for_the_worker_is_cancelled_alone(self, temporal):
        """A cancelled attempt waits no longer for a value of the worker, which is made all the same for others."""
        release, begun = asyncio.Event(), asyncio.Event()

        async def engine() -> str:
            begun.set()
            await release.wait()
            return "engine"

        @activity.defn(auto_heartbeat=True)
        async def pack(engine: Annotated[str, Depends(engine, scope="worker")]) -> str:
            return engine

        async with worker_of(temporal, pack):
            first = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.2)
            second = temporal.add_task(pack, task_queue=QUEUE)
            await begun.wait()
            first.request_cancel()
            await first.wait_closed()
            assert first.state == "Canceled"
            release.set()
            await second.wait_closed()

        assert second.result == "engine"


class TestThreads:
    async def test_functions_run_in_the_thread_of_the_activity(self, temporal):
        """A ``def`` activity's ``def`` dependencies are made, used and closed in one thread, not the loop's."""
        threads: list[int] = []

        def connection() -> Iterator[str]:
            threads.append(threading.get_ident())
            yield "connection"
            threads.append(threading.get_ident())

        @activity.defn
        def pack(order: str, connection: Annotated[str, Depends(connection)]) -> str:
            threads.append(threading.get_ident())
            return order + connection

        assert (await run(temporal, pack, "order ")).result == "order connection"
        assert len(threads) == 3
        assert set(threads) != {threading.get_ident()}
        assert len(set(threads)) == 1

    async def test_what_is_awaited_is_made_on_the_loop(self, temporal):
        """What a ``def`` activity depends on and is to be awaited is made on the event loop, with what that needs."""
        threads: dict[str, int] = {}

        def settings() -> str:
            threads["settings"] = threading.get_ident()
            return "settings"

        async def session(settings: Annotated[str, Depends(settings)]) -> AsyncIterator[str]:
            threads["session"] = threading.get_ident()
            yield "session"
            threads["closed"] = threading.get_ident()

        def cursor(session: Annotated[str, Depends(session)]) -> Iterator[str]:
            threads["cursor"] = threading.get_ident()
            yield "cursor"

        @activity.defn
        def pack(session: Annotated[str, Depends(session)], order: str, cursor: Annotated[str, Depends(cursor)]) -> str:
            threads["pack"] = threading.get_ident()
            return f"{order} {session} {cursor}"

        assert (await run(temporal, pack, "order")).result == "order session cursor"
        loop = threading.get_ident()
        assert [name for name, thread in threads.items() if thread == loop] == ["settings", "session", "closed"]

    @pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])
    async def test_an_awaitable_is_awaited_before_closing(self, temporal, fails):
        """What a ``def`` activity returns and is awaited is part of it: what it depends on is closed after that."""
        log: list[str] = []

        def connection() -> Iterator[str]:
            try:
                yield "connection"
            except ValueError as error:
                log.append(str(error))
                raise
            finally:
                log.append("closed")

        async def later(value: str) -> str:
            await asyncio.sleep(0.01)
            log.append("awaited")
            if fails:
                raise ValueError("no boxes")
            return value

        @activity.defn
        def pack(connection: Annotated[str, Depends(connection)]) -> Any:
            return later(connection)

        task = await run(temporal, pack)

        assert log == ["awaited", *(["no boxes"] if fails else []), "closed"]
        assert task.state == ("Failed" if fails else "Completed")

    async def test_a_refused_cancellation_does_not_cut_closing(self, temporal):
        """A ``def`` activity that returns although it was cancelled has what it depends on closed in peace."""
        log = Log()

        async def session() -> AsyncIterator[str]:
            yield "session"
            await asyncio.sleep(0.01)
            log.append("closed")

        @activity.defn(no_thread_cancel_exception=True, auto_heartbeat=True)
        def pack(session: Annotated[str, Depends(session)]) -> str:
            log.append("runs")
            while not activity.is_cancelled():
                time.sleep(0.005)
            return session

        async with worker_of(temporal, pack):
            task = temporal.add_task(pack, task_queue=QUEUE, heartbeat_timeout=0.2)
            await until(lambda: bool(log))
            task.request_cancel()
            await task.wait_closed()

        assert log == ["runs", "closed"]
        assert task.state == "Completed"


class TestWorkerScope:
    async def test_it_is_closed_in_reverse_after_the_last_attempt(self, temporal):
        """What the worker has made is closed, the last first, when its last attempt has ended."""
        log, runs = Log(), asyncio.Event()
        outer = log.dependency("outer")
        inner = log.dependency("inner", Depends(outer, scope="worker"))

        @activity.defn
        async def pack(inner: Annotated[str, Depends(inner, scope="worker")]) -> str:
            runs.set()
            await asyncio.sleep(0.02)
            log.append("pack")
            return inner

        async with worker_of(temporal, pack):
            temporal.add_task(pack, task_queue=QUEUE)
            await runs.wait()

        assert log == ["+outer", "+inner", "pack", "-inner", "-outer"]

    async def test_it_is_made_at_first_use_and_anew_in_each_run(self, temporal):
        """A worker makes nothing before an attempt asks for it, and makes it anew in its next run."""
        log = Log()

        @activity.defn
        async def pack(engine: Annotated[str, Depends(log.dependency("engine"), scope="worker")]) -> str:
            return engine

        worker = worker_of(temporal, pack)
        async with worker:
            await asyncio.sleep(0)
        assert log == []
        for _ in range(2):
            async with worker:
                for _ in range(2):
                    await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert log == ["+engine", "-engine"] * 2

    async def test_no_activity_is_around_it(self, temporal):
        """What the worker makes does not belong to the attempt that happened to ask first, when it is closed either."""
        log: list[bool] = []

        async def engine() -> AsyncIterator[str]:
            log.append(activity.in_activity())
            yield "engine"
            log.append(activity.in_activity())

        @activity.defn
        async def pack(engine: Annotated[str, Depends(engine, scope="worker")]) -> bool:
            return activity.in_activity()

        assert (await run(temporal, pack)).result is True
        assert log == [False, False]

    async def test_a_failure_is_tried_again(self, temporal):
        """A value of the worker that cannot be made fails the attempts that wait for it; the next tries again."""
        calls: list[str] = []

        async def get_engine() -> str:
            calls.append("call")
            await asyncio.sleep(0.01)
            if len(calls) == 1:
                raise ConnectionError("no database")
            return "engine"

        @activity.defn
        async def pack(engine: Annotated[str, Depends(get_engine, scope="worker")]) -> str:
            return engine

        async with worker_of(temporal, pack):
            tasks = [
                temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy(initial_interval=0.01))
                for _ in range(10)
            ]
            for task in tasks:
                await task.wait_closed()

        assert [task.result for task in tasks] == ["engine"] * 10
        assert len(calls) == 2
        failure = tasks[0].last_failure
        assert failure.message == "no database"
        assert "raised by the dependency pack -> " in failure.stack_trace

    async def test_a_task_group_may_stay_open(self, temporal):
        """What belongs to the task that opened it can be left open by a dependency of the worker."""
        log: list[str] = []

        async def background() -> AsyncIterator[anyio.abc.TaskGroup]:
            async with anyio.create_task_group() as group:
                yield group
                group.cancel_scope.cancel()
            log.append("closed")

        async def other() -> AsyncIterator[str]:
            with anyio.CancelScope():
                yield "other"
            log.append("other")

        @activity.defn
        async def pack(group: Annotated[anyio.abc.TaskGroup, Depends(background, scope="worker")]) -> None:
            group.start_soon(anyio.sleep_forever)

        @activity.defn
        async def weigh(other: Annotated[str, Depends(other, scope="worker")]) -> None:
            pass

        async with worker_of(temporal, pack, weigh):
            for each in (pack, weigh):
                await temporal.add_task(each, task_queue=QUEUE).wait_closed()

        assert log == ["other", "closed"]

    async def test_a_failing_task_group_stops_the_worker(self, temporal):
        """A dependency of the worker whose task group fails ends the worker, with the error of the group's task."""
        may_fail, ran = anyio.Event(), asyncio.Event()

        async def fail() -> None:
            await may_fail.wait()
            raise OSError("connection reset")

        async def background() -> AsyncIterator[anyio.abc.TaskGroup]:
            async with anyio.create_task_group() as group:
                group.start_soon(fail)
                yield group

        @activity.defn
        async def pack(group: Annotated[anyio.abc.TaskGroup, Depends(background, scope="worker")]) -> None:
            ran.set()

        worker = worker_of(temporal, pack)
        running = asyncio.create_task(worker.run(handle_signals=False))
        temporal.add_task(pack, task_queue=QUEUE)
        await ran.wait()
        may_fail.set()

        with pytest.raises(WorkerError, match=r"background failed when the worker closed it: .*connection reset"):
            await asyncio.wait_for(running, 10)

    async def test_a_cancelled_dependency_stops_the_worker(self, temporal):
        """A dependency of the worker that a scope of its own cancels ends the worker, which names it."""
        scopes = []

        async def limited() -> AsyncIterator[str]:
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                yield "limited"

        limited.__qualname__ = "get_limited"

        @activity.defn
        async def pack(limited: Annotated[str, Depends(limited, scope="worker")]) -> str:
            return limited

        worker = worker_of(temporal, pack)
        running = asyncio.create_task(worker.run(handle_signals=False))
        await temporal.add_task(pack, task_queue=QUEUE).wait_closed()
        scopes[0].cancel()

        with pytest.raises(WorkerError, match="one of the dependencies get_limited was cancelled while the worker ran"):
            await asyncio.wait_for(running, 10)

    async def test_all_failures_to_close_are_logged(self, temporal, caplog):
        """Of several dependencies that cannot be closed the worker raises one, and logs all."""

        def failing(name: str) -> Any:
            async def dependency() -> AsyncIterator[str]:
                yield name
                raise OSError(f"{name} is gone")

            return Depends(dependency, scope="worker")

        @activity.defn
        async def pack(*, one: str = failing("one"), other: str = failing("other")) -> None: ...

        with pytest.raises(WorkerError):
            async with worker_of(temporal, pack):
                await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert "one is gone" in caplog.text
        assert "other is gone" in caplog.text

    async def test_a_failure_to_close_is_the_worker_s(self, temporal):
        """A worker that cannot close what it has made closes the rest, and ends with an error that names it."""
        log = Log()

        async def get_engine(outer: Annotated[str, Depends(log.dependency("outer"), scope="worker")]) -> Any:
            yield outer
            raise OSError("connection reset")

        @activity.defn
        async def pack(engine: Annotated[str, Depends(get_engine, scope="worker")]) -> str:
            return engine

        with pytest.raises(WorkerError, match="get_engine failed when the worker closed it: OSError"):
            async with worker_of(temporal, pack):
                await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert log == ["+outer", "-outer"]

    async def test_the_shutdown_bounds_closing(self, temporal, caplog):
        """Closing takes no longer than the shutdown may: then it is cancelled, and the log names it."""
        log = Log()

        async def endless(outer: Annotated[str, Depends(log.dependency("outer"), scope="worker")]) -> Any:
            yield outer
            await asyncio.sleep(1000)

        endless.__qualname__ = "get_endless"

        @activity.defn
        async def pack(endless: Annotated[str, Depends(endless, scope="worker")]) -> str:
            return endless

        async with worker_of(temporal, pack, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05):
            await temporal.add_task(pack, task_queue=QUEUE).wait_closed()

        assert log == ["+outer", "-outer"]
        assert "dependencies were not closed within the time of the shutdown: get_endless" in caplog.text

    @pytest.mark.parametrize("when", ["closed", "made"])
    async def test_a_dependency_that_does_not_heed_its_cancellation_is_left_behind(self, temporal, caplog, when):
        """The worker ends without it, with an error that names it and a log that names what it depends on."""
        begun, may_end, log = asyncio.Event(), asyncio.Event(), Log()

        async def hang() -> None:
            begun.set()
            while not may_end.is_set():
                with suppress(asyncio.CancelledError):
                    await may_end.wait()

        async def stubborn(outer: Annotated[str, Depends(log.dependency("outer"), scope="worker")]) -> Any:
            if when == "made":
                await hang()
            yield outer
            await hang()

        stubborn.__qualname__ = "get_stubborn"

        @activity.defn
        async def pack(stubborn: Annotated[str, Depends(stubborn, scope="worker")]) -> str:
            return stubborn

        async def run_once() -> None:
            async with worker_of(temporal, pack, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.05):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await (begun.wait() if when == "made" else task.wait_closed())

        with pytest.raises(WorkerError, match="get_stubborn did not heed its cancellation, and is left behind"):
            await run_once()

        assert "get_stubborn did not heed its cancellation, and is left behind; not closed were outer" in caplog.text
        assert log == ["+outer"]
        may_end.set()
        await until(lambda: log == ["+outer", "-outer"])

    async def test_the_end_does_not_wait_for_what_is_being_made(self, temporal):
        """A value of the worker that is being made for attempts that have ended is cancelled at the end."""
        begun, log = asyncio.Event(), Log()

        async def endless() -> str:  # type: ignore[return]
            begun.set()
            try:
                await asyncio.sleep(1000)
            finally:
                log.append("cancelled")

        @activity.defn
        async def pack(endless: Annotated[str, Depends(endless, scope="worker")]) -> str:
            return endless

        async with worker_of(temporal, pack, graceful_shutdown_timeout=0):
            temporal.add_task(pack, task_queue=QUEUE)
            await begun.wait()

        assert log == ["cancelled"]


def test_the_end_of_the_event_loop_closes_attempts_first():
    """When the event loop ends, attempts close what they have made, and after them the worker does."""
    log, kept = Log(), []
    engine = log.dependency("engine")

    async def session(engine: Annotated[str, Depends(engine, scope="worker")]) -> AsyncIterator[str]:
        try:
            yield engine
        finally:
            await asyncio.sleep(0.01)
            log.append("-session")

    @activity.defn
    async def pack(session: Annotated[str, Depends(session)]) -> None:
        log.append("pack")
        await asyncio.sleep(1000)

    async def main() -> None:
        async with FakeTemporal() as temporal:
            worker = worker_of(temporal, pack)
            kept.append(asyncio.create_task(worker.run(handle_signals=False)))
            temporal.add_task(pack, task_queue=QUEUE)
            await until(lambda: "pack" in log)

    asyncio.run(main())

    assert log == ["+engine", "pack", "-session", "-engine"]


class TestOverride:
    async def test_another_function_stands_for_a_dependency(self, temporal):
        """Within the block attempts get what the replacement makes, in sub-dependencies too, and afterwards not."""

        def get_engine() -> str:
            return "engine"

        def get_session(engine: Annotated[str, Depends(get_engine, scope="worker")]) -> str:
            return f"session on {engine}"

        def get_fake(number: Annotated[int, Depends(one, scope="worker")]) -> str:
            return f"fake {number}"

        @activity.defn
        async def pack(session: Annotated[str, Depends(get_session, scope="worker")]) -> str:
            return session

        async def result() -> str:
            task = temporal.add_task(pack, task_queue=QUEUE)
            await task.wait_closed()
            return task.result

        worker = worker_of(temporal, pack)
        async with worker:
            assert await result() == "session on engine"
            with worker.override(get_engine, get_fake):
                assert await result() == "session on fake 1"
                with worker.override(get_session, lambda: "inner"), worker.override(one, lambda: 7):
                    assert await result() == "inner"
                with worker.override(one, lambda: 7):
                    assert await result() == "session on fake 7"
            assert await result() == "session on engine"

    async def test_a_replacement_may_wrap_what_it_replaces(self, temporal):
        """The replacement may depend on the dependency that it stands for."""

        def get_session() -> str:
            return "session"

        def get_logged(session: Annotated[str, Depends(get_session)]) -> str:
            return f"logged {session}"

        def get_counted(session: Annotated[str, Depends(get_session)]) -> str:
            return f"counted {session}"

        @activity.defn
        async def pack(session: Annotated[str, Depends(get_session)]) -> str:
            return session

        worker = worker_of(temporal, pack)
        with worker.override(get_session, get_logged), worker.override(get_session, get_counted):
            async with worker:
                task = temporal.add_task(pack, task_queue=QUEUE)
                await task.wait_closed()

        assert task.result == "counted logged session"

    async def test_an_unknown_dependency_is_refused(self, temporal):
        """Overriding what no activity depends on is an error, which names what is alike."""

        def get_session() -> str:
            return "session"

        def get_sessions() -> str:
            return "sessions"

        @activity.defn
        async def pack(session: Annotated[str, Depends(get_session)]) -> str:
            return session

        worker = worker_of(temporal, pack)
        with (
            pytest.raises(ValueError, match=r"depends on .*get_sessions: it cannot be overridden; .*get_session can"),
            worker.override(get_sessions, get_session),
        ):
            pass
        with pytest.raises(TypeError, match="override takes two functions"), worker.override(get_session, "session"):
            pass

    async def test_a_replacement_that_cannot_work_is_refused(self, temporal):
        """A replacement with a parameter that nothing fills in is refused with its path, and nothing has changed."""

        def get_session() -> str:
            return "session"

        def get_other(url: str) -> str:
            return url

        @activity.defn
        async def pack(session: Annotated[str, Depends(get_session)]) -> str:
            return session

        worker = worker_of(temporal, pack)
        with (
            pytest.raises(TypeError, match=r"pack -> .*get_other: parameter 'url'"),
            worker.override(get_session, get_other),
        ):
            pass
        with worker.override(get_session, lambda: "fake"):
            pass
