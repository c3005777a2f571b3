"""Whatever happens between an activity's end and its reply, a reply goes out."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sys
import threading

import anyio
import pytest
from worker_helpers import QUEUE, Rude, Worker, adjusted, run, until, worker_of

from asyncworker import ApplicationError, RetryPolicy, activity
from asyncworker._safe_logger import get_logger
from asyncworker.converter import DataConverter, DefaultFailureConverter
from asyncworker.exceptions import RPCStatusCode
from asyncworker.testing import FakeTemporal
from asyncworker.worker import ActivityFinished
from asyncworker.worker.attempts._run_environment import AttemptDurations


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    code: int = 7


@dataclasses.dataclass(frozen=True, slots=True)
class FrozenWithSlots(Exception):
    code: int = 7


class RefusesAttributes(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError(f"no {name}")


class HidesTraceback(Exception):
    @property
    def __traceback__(self):  # type: ignore[override]
        raise RuntimeError("no traceback")


class HidesClass(Exception):
    @property  # type: ignore[misc]
    def __class__(self):
        raise RuntimeError("no class")


class NoTruth(Exception):
    def __bool__(self) -> bool:
        raise RuntimeError("no truth")


class NoLength(Exception):
    def __len__(self) -> int:
        raise RuntimeError("no length")


class NoText(Exception):
    def __str__(self) -> str:
        raise Rude("no text")

    __repr__ = __str__


class NoEquality(Exception):
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")


class NamelessMeta(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise RuntimeError("no name")


class Nameless(Exception, metaclass=NamelessMeta):
    pass


class FrozenGroup(ExceptionGroup):
    def __setattr__(self, name: str, value: object) -> None:
        raise TypeError(f"no {name}")


def deep_group(depth: int) -> BaseException:
    error: Exception = ValueError("at the bottom")
    for level in range(depth):
        error = ExceptionGroup(f"level {level}", [error])
    return error


ODD = {
    "frozen": Frozen,
    "frozen with slots": FrozenWithSlots,
    "refuses attributes": RefusesAttributes,
    "hides its traceback": HidesTraceback,
    "hides its class": HidesClass,
    "has no truth": NoTruth,
    "has no length": NoLength,
    "has no text": NoText,
    "has no equality": NoEquality,
    "has no name": Nameless,
    "frozen group": lambda: FrozenGroup("some", [ValueError("one"), Frozen()]),
    "group 900 deep": lambda: deep_group(900),
    "group 5,000 deep": lambda: deep_group(5_000),
    "out of memory": MemoryError,
    "recursion": lambda: RecursionError("too deep"),
    "closed generator": GeneratorExit,
    "exit": lambda: SystemExit(3),
    "no exception": lambda: Rude("panic"),
    "stop iteration": lambda: StopAsyncIteration("stop"),
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
@pytest.mark.parametrize("how", ["raised", "as a cause", "in a group"])
async def test_an_exception_that_is_hard_to_report_is_reported(temporal, caplog, make, how):
    """Whatever an exception's class does with what is asked of it, the attempt fails with it."""
    error = make()
    if how == "as a cause":
        outer = ValueError("because")
        outer.__cause__ = error
        error = outer
    elif how == "in a group":
        error = BaseExceptionGroup("several", [error])

    @activity.defn
    async def pack() -> None:
        raise error

    task = await run(temporal, pack, retry_policy=RetryPolicy(maximum_attempts=1))

    expected = type.__dict__["__name__"].__get__(type(error))
    assert task.failure.application_failure_info.type == expected


@pytest.mark.parametrize("name", list(ODD))
async def test_an_exception_of_a_thread_that_is_hard_to_report_is_reported(temporal, name):
    """The same of a `def` activity."""

    @activity.defn
    def pack() -> None:
        error = ODD[name]()  # type: ignore[operator]
        raise error

    task = await run(temporal, pack, retry_policy=RetryPolicy(maximum_attempts=1))

    assert task.failure is not None


class Refusing(logging.Filter):
    """Lets the rest of logging pass, and raises at what this package logs."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def filter(self, record: logging.LogRecord) -> bool:
        raise self.error


class Raising(logging.Handler):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def emit(self, record: logging.LogRecord) -> None:
        raise self.error


@pytest.fixture(params=["filter", "handler"])
def broken_logging(request):
    """Everything that `asyncworker` logs raises."""
    error = Rude("no log")
    logger = logging.getLogger("asyncworker")
    names = [name for name in logging.root.manager.loggerDict if name.startswith("asyncworker")]
    loggers = [logging.getLogger(name) for name in names]
    level, logger.level = logger.level, logging.DEBUG
    part = Refusing(error) if request.param == "filter" else Raising(error)
    for each in loggers:
        each.addFilter(part) if isinstance(part, Refusing) else each.addHandler(part)
    yield
    for each in loggers:
        each.removeFilter(part) if isinstance(part, Refusing) else each.removeHandler(part)
    logger.level = level


@pytest.mark.usefixtures("broken_logging")
async def test_logging_that_raises_costs_no_report(temporal, capsys):
    """A handler or filter that raises costs a line, which stderr shows, and nothing else."""

    @activity.defn
    async def fail() -> None:
        raise ValueError("no paper")

    @activity.defn
    async def work() -> str:
        return "done"

    @activity.defn
    async def unsendable() -> object:
        return object()

    async with worker_of(temporal, fail, work, unsendable):
        tasks = [
            temporal.add_task(each, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            for each in (fail, work, unsendable)
        ]
        for task in tasks:
            await task.wait_closed()

    assert tasks[0].failure.message == "no paper"
    assert tasks[1].result == "done"
    assert "cannot be written" in tasks[2].failure.message
    assert "a log handler or filter raised" in capsys.readouterr().err


@pytest.mark.usefixtures("broken_logging")
async def test_a_shutdown_whose_logging_raises_leaves_stubborn_activities_behind(temporal):
    """The clock of a shutdown goes on, whatever becomes of the lines that it logs."""
    go_on = asyncio.Event()

    @activity.defn
    async def stubborn() -> None:
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    with anyio.fail_after(10):
        async with worker_of(temporal, stubborn, graceful_shutdown_timeout=0, hard_shutdown_timeout=0.1):
            task = temporal.add_task(stubborn, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await task.wait_for_attempt()
    go_on.set()

    assert task.failure.application_failure_info.type == "WorkerShutdown"


class Breaking(DefaultFailureConverter):
    """Raises while it writes a failure."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def to_failure(self, exception, payload_converter):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), Rude("no"), MemoryError(), RecursionError(), GeneratorExit(), asyncio.CancelledError()],
    ids=lambda error: type(error).__name__,
)
async def test_a_failure_converter_that_raises_costs_no_report(error):
    """Where a failure cannot be written as it should be, a plainer one goes out."""
    converter = DataConverter(failure_converter=Breaking(error))
    async with FakeTemporal(capabilities={"worker_poll_complete_on_shutdown": True}) as temporal:

        @activity.defn
        async def fail() -> None:
            raise ApplicationError("no paper", type="Empty")

        client = temporal.client(data_converter=converter)
        async with Worker(client, task_queue=QUEUE, activities=[fail]):
            task = temporal.add_task(fail, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await task.wait_closed()

    assert "no paper" not in task.failure.message
    assert type(error).__name__ in task.failure.message


class TestForeignCancellation:
    """A CancelledError that neither the server nor the worker has asked for."""

    async def test_a_foreign_cancellation_of_the_activitys_task_is_a_failure(self, temporal):
        """An activity that cancels its own task has failed."""

        @activity.defn
        async def pack() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)

        task = await run(temporal, pack, retry_policy=RetryPolicy(maximum_attempts=1))

        assert task.failure.application_failure_info.type == "CancelledError"

    @pytest.mark.parametrize("times", [1, 2, 5])
    async def test_a_repeated_foreign_cancellation_is_a_failure(self, temporal, times):
        """A job's task that a web handler cancels has failed, and is reported however often that is done."""
        running: list[asyncio.Task[None]] = []

        @activity.defn
        async def pack() -> None:
            running.append(asyncio.current_task())  # type: ignore[arg-type]
            await asyncio.sleep(30)

        async with worker_of(temporal, pack) as worker:
            task = temporal.add_task(pack, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
            await until(lambda: bool(running))
            for _ in range(times):
                running[0].cancel()
                await asyncio.sleep(0)
            await task.wait_closed()
            await until(lambda: worker.slots_used == 0)

        assert task.failure.application_failure_info.type == "CancelledError"

    async def test_a_foreign_cancellation_does_not_lose_the_reply_under_way(self, temporal):
        """A result is sent, although the task that sends it is cancelled."""
        running: list[asyncio.Task[None]] = []

        @activity.defn
        async def pack() -> str:
            running.append(asyncio.current_task())  # type: ignore[arg-type]
            return "packed"

        async with worker_of(temporal, pack):
            with temporal.hold("RespondActivityTaskCompleted"):
                task = temporal.add_task(pack, task_queue=QUEUE)
                await temporal.wait_for("RespondActivityTaskCompleted")
                running[0].cancel()
                await anyio.wait_all_tasks_blocked()
            await task.wait_closed()
            await asyncio.wait(running)

        assert task.result == "packed"
        assert running[0].cancelled()

    async def test_a_cancellation_of_a_child_after_a_handled_group_is_a_failure(self, temporal):
        """Before Python 3.13 a handled failure of a TaskGroup leaves a request to cancel behind: it changes nothing."""

        @activity.defn
        async def pack() -> None:
            async def fail() -> None:
                raise ValueError("handled")

            with pytest.raises(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(fail())
            child = asyncio.ensure_future(asyncio.sleep(30))
            asyncio.get_running_loop().call_soon(child.cancel)
            await child

        task = await run(temporal, pack, retry_policy=RetryPolicy(maximum_attempts=1))

        assert task.failure.application_failure_info.type == "CancelledError"

    async def test_a_foreign_cancellation_while_arguments_are_decoded_is_a_failure(self, temporal):
        """A future that a codec shares, and that is given up elsewhere, fails the attempt."""

        @activity.defn
        async def pack() -> None:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                await future

        task = await run(temporal, pack, retry_policy=RetryPolicy(maximum_attempts=1))

        assert task.failure.application_failure_info.type == "CancelledError"

    async def test_a_foreign_cancellation_goes_on_in_bounded_time_without_a_server(self, temporal, caplog):
        """Where the server is away, the cancellation goes on after a while."""
        running: list[asyncio.Task[None]] = []

        @activity.defn
        async def pack() -> None:
            running.append(asyncio.current_task())  # type: ignore[arg-type]
            await asyncio.sleep(30)

        async with adjusted(
            worker_of(temporal, pack, graceful_shutdown_timeout=0, hard_shutdown_timeout=0),
            attempt_durations=AttemptDurations(least_reply=0.3),
        ):
            with temporal.hold("RespondActivityTaskFailed"):
                temporal.add_task(pack, task_queue=QUEUE)
                await until(lambda: bool(running))
                running[0].cancel()
                done, _ = await asyncio.wait(running, timeout=5)

        assert done == set(running)
        assert "could not be reported" in caplog.text


class TestOutcomes:
    """What observers are told is what the server was told."""

    async def observed(self, temporal, fn, **options) -> tuple[str, BaseException | None]:
        events: list[ActivityFinished] = []

        def observe(event) -> None:
            if isinstance(event, ActivityFinished):
                events.append(event)

        async with worker_of(temporal, fn, observers=[observe]):
            temporal.add_task(fn, task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1), **options)
            await until(lambda: bool(events))
        return events[0].outcome, events[0].error

    async def test_a_result_that_cannot_be_sent_is_a_failure(self, temporal, caplog):
        """It is logged and observed as the failure that it becomes."""

        @activity.defn
        async def pack() -> object:
            return object()

        outcome, error = await self.observed(temporal, pack)

        assert outcome == "failed"
        assert isinstance(error, ApplicationError)
        assert error.type == "ConverterError"
        assert "activity pack failed in attempt 1" in caplog.text

    async def test_an_activity_that_is_left_open_is_pending(self, temporal):
        """raise_complete_async() is an outcome of its own."""

        @activity.defn
        async def pack() -> None:
            activity.raise_complete_async()

        assert await self.observed(temporal, pack) == ("pending", None)

    async def test_an_attempt_that_the_server_has_closed_is_lost(self, temporal):
        """So is one whose reply comes too late, whatever it says."""

        @activity.defn
        async def pack() -> str:
            task.terminate()
            return "too late"

        events: list[ActivityFinished] = []

        def observe(event) -> None:
            if isinstance(event, ActivityFinished):
                events.append(event)

        async with worker_of(temporal, pack, observers=[observe]):
            task = temporal.start_activity(pack, task_queue=QUEUE)
            await until(lambda: bool(events))

        assert events[0].outcome == "lost"

    async def test_a_reply_that_the_server_refuses_is_unreported(self, temporal):
        """An end that the server never heard of is no completion."""

        @activity.defn
        async def pack() -> str:
            return "packed"

        temporal.fail_next("RespondActivityTaskCompleted", RPCStatusCode.PERMISSION_DENIED)

        assert await self.observed(temporal, pack) == ("unreported", None)


async def test_details_from_a_thread_go_with_the_failure_that_follows(temporal):
    """A heartbeat that a helper thread has made before the activity fails is what the next attempt begins with."""
    seen: list[object] = []

    @activity.defn
    async def pack() -> None:
        seen.append(activity.heartbeat_details(str, default=""))
        if len(seen) > 1:
            return
        context = activity.context()
        thread = threading.Thread(target=context.heartbeat, args=("from a thread",))
        thread.start()
        thread.join()
        raise ValueError("again")

    await run(temporal, pack, retry_policy=RetryPolicy(initial_interval=0.01))

    assert seen == ["", "from a thread"]


def test_a_record_names_the_line_that_logs(caplog):
    """What never raises is no frame of the record."""
    with caplog.at_level(logging.INFO):
        get_logger("asyncworker.tests").info("here")
        get_logger("asyncworker.tests").log(logging.INFO, "here")
        try:
            raise ValueError
        except ValueError:
            get_logger("asyncworker.tests").exception("here")

    assert {(record.filename, record.funcName) for record in caplog.records} == {
        ("test_worker_reporting.py", sys._getframe().f_code.co_name)
    }


OUT_OF_FILES = """
import asyncio, os, resource, sys

from asyncworker import Client, Worker, activity


@activity.defn
async def leak() -> None:
    # Longer than a worker takes to import what comes after its first poll.
    await asyncio.sleep(1)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    held = []
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))


async def main():
    async with await Client.connect(sys.argv[1]) as client, Worker(client, task_queue=sys.argv[2], activities=[leak]):
        await asyncio.Event().wait()


asyncio.run(main())
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of open files")
async def test_the_first_failure_is_reported_by_a_process_that_can_open_no_file(temporal):
    """A process that has leaked its files cannot import what a failure needs any more."""
    task = temporal.add_task("leak", task_queue=QUEUE, retry_policy=RetryPolicy(maximum_attempts=1))
    program = [sys.executable, "-c", OUT_OF_FILES, temporal.target, QUEUE]
    async with await anyio.open_process(program, stdout=None, stderr=None) as process:
        try:
            await task.wait_closed()
        finally:
            process.kill()

    assert "Too many open files" in task.failure.message
