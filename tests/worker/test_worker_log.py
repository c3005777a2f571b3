"""A failure's line in the log is as long as what the server is told, and costs no report, whatever was raised."""

from __future__ import annotations

import asyncio
import io
import logging
from contextlib import suppress
from dataclasses import replace

import pytest
from worker_helpers import QUEUE, run, until, worker_of

from asyncworker import activity
from asyncworker.cli._logging import _JSONFormatter, _TextFormatter
from asyncworker.common import RetryPolicy
from asyncworker.exceptions import ApplicationError, ApplicationErrorCategory
from asyncworker.testing import ActivityEnvironment
from asyncworker.worker.attempts._log import log_failed

HUGE = "x" * 3_000_000
# The message and the traceback, as the server is told of each.
LIMIT = 60_000


class Handler(logging.Handler):
    """A handler that writes all of the exception that it gets, as those of other libraries do."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.stream = io.StringIO()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.stream.write(self.format(record))
        if record.exc_info:
            self.stream.write(logging.Formatter().formatException(record.exc_info))

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture(params=[logging.Formatter, _TextFormatter, _JSONFormatter])
def log(request):
    """What a handler with one or another formatter has written."""
    handler, logger = Handler(request.param()), logging.getLogger("asyncworker.worker")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def huge_message():
    raise ValueError(HUGE)


def huge_cause():
    try:
        raise ValueError(HUGE)
    except ValueError as error:
        raise RuntimeError("short") from error


def huge_context():
    try:
        raise ValueError(HUGE)
    except ValueError:
        raise RuntimeError("short")  # noqa: B904 - that is the case


def huge_member():
    raise ExceptionGroup("several", [ValueError("short"), ValueError(HUGE)])


def huge_note():
    error = ValueError("short")
    error.add_note(HUGE)
    raise error


def huge_repr():
    class Odd(Exception):
        def __repr__(self) -> str:
            return HUGE

    raise Odd("short")


def huge_depth():
    def even(left):
        odd(left - 1)

    def odd(left):
        if left < 0:
            raise ValueError("deep")
        even(left - 1)

    even(800)


@pytest.mark.parametrize(
    "fail", [huge_message, huge_cause, huge_context, huge_member, huge_note, huge_repr, huge_depth]
)
async def test_a_failure_is_not_logged_longer_than_it_is_reported(temporal, log, fail):
    """Whatever is huge about a failure is clipped in the log, both in its message and in its traceback."""

    @activity.defn(name="fail")
    async def failing() -> None:
        fail()

    task = await run(temporal, failing, worker={"graceful_shutdown_timeout": 0})

    assert task.last_failure
    assert "activity fail failed in attempt 1" in log.text
    assert "Traceback" in log.text
    assert len(log.text) < LIMIT


async def test_a_failure_of_a_usual_size_is_logged_with_its_exception(temporal, log):
    """Error trackers get the exception itself."""

    @activity.defn(name="fail")
    async def failing() -> None:
        raise ValueError("y" * 5_000) from KeyError("why")

    await run(temporal, failing)

    (record,) = log.records
    kind, error, trace = record.exc_info
    assert (kind, str(error)) == (ValueError, "y" * 5_000)
    assert trace is not None
    assert "KeyError" in log.text


def raising(name, kind=RuntimeError):
    """An exception of which one method raises."""

    def method(self, *args):
        raise kind("no")

    return type(f"No{name}", (Exception,), {name: method})("what it holds")


def deep_group():
    error = ValueError("inmost")
    for _ in range(3_000):
        error = ExceptionGroup("", [error])
    return error


@pytest.mark.parametrize(
    "error",
    [raising("__str__"), raising("__repr__"), raising("__bool__"), raising("__len__"), raising("__eq__")],
    ids=lambda error: type(error).__name__,
)
async def test_a_failure_with_an_odd_exception_is_logged(temporal, log, error):
    """What an exception refuses is not asked for, or left out."""

    @activity.defn(name="fail")
    async def failing() -> None:
        raise error

    task = await run(temporal, failing)

    assert task.last_failure
    assert "activity fail failed in attempt 1" in log.text
    assert type(error).__name__ in log.text


async def test_a_failure_with_an_endless_exception_group_is_logged(log):
    """A depth that no traceback can be made of costs the traceback."""
    info = ActivityEnvironment().info

    log_failed(info, deep_group())

    assert "failed in attempt 1" in log.text


def test_an_error_of_a_log_handler_is_not_raised():
    """A handler costs a line."""
    logger = logging.getLogger("asyncworker.worker")
    handler = logging.Handler()
    handler.emit = raising_emit
    logger.addHandler(handler)
    try:
        log_failed(ActivityEnvironment().info, ValueError("x"))
    finally:
        logger.removeHandler(handler)


def raising_emit(_: logging.LogRecord) -> None:
    raise RuntimeError("no")


class TestLevels:
    """How loud a failure is."""

    @pytest.mark.parametrize(
        ("attempt", "level", "has_trace"),
        [
            (1, "WARNING", True),
            (2, "INFO", False),
            (10, "WARNING", True),
            (101, "INFO", False),
            (1000, "WARNING", True),
        ],
    )
    def test_an_activity_that_fails_again_and_again_is_a_warning_in_each_power_of_ten(
        self, caplog, attempt, level, has_trace
    ):
        """The attempts between are one line each, at INFO."""
        caplog.set_level(logging.DEBUG, "asyncworker")
        info = replace(ActivityEnvironment().info, attempt=attempt, retry_policy=RetryPolicy())

        log_failed(info, raised(ValueError("x")))

        (record,) = caplog.records
        assert (record.levelname, bool(record.exc_info)) == (level, has_trace)

    def test_the_last_attempt_is_an_error(self, caplog):
        """A failure that ends the activity is louder than one that is retried."""
        info = replace(ActivityEnvironment().info, attempt=2, retry_policy=RetryPolicy(maximum_attempts=2))

        log_failed(info, raised(ValueError("x")))

        (record,) = caplog.records
        assert (record.levelname, bool(record.exc_info)) == ("ERROR", True)
        assert "failed in attempt 2, its last: ValueError('x')" in record.getMessage()

    def test_a_benign_failure_is_debug_in_the_last_attempt_too(self, caplog):
        """An expected failure raises no alarm, not even the one that ends the activity."""
        caplog.set_level(logging.DEBUG, "asyncworker")
        error = ApplicationError("x", non_retryable=True, category=ApplicationErrorCategory.BENIGN)

        log_failed(ActivityEnvironment().info, raised(error))

        assert [record.levelname for record in caplog.records] == ["DEBUG"]

    async def test_a_record_adds_the_identity_of_the_attempt_and_nothing_else(self, temporal, caplog):
        """What the worker itself adds to a record has neither arguments nor tokens."""

        @activity.defn(name="fail")
        async def failing(secret: str) -> None:
            activity.heartbeat(secret)
            raise ValueError("x")

        caplog.set_level(logging.DEBUG)
        await run(temporal, failing, "the secret")

        usual = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
        added = {key: value for record in caplog.records for key, value in vars(record).items() if key not in usual}
        assert {key for key in added if not key.startswith("temporal.")} == set()
        assert "the secret" not in caplog.text + repr(added)
        assert set(added) >= {"temporal.activity_id", "temporal.attempt", "temporal.task_queue"}


class TestShutdown:
    """What a shutdown ends is counted, and not listed."""

    async def test_activities_that_a_shutdown_has_ended_are_a_summary(self, temporal, caplog):
        """Two hundred activities that are cut short are one line, and those that are lost another."""

        @activity.defn
        async def wait() -> None:
            await asyncio.sleep(60)

        caplog.set_level(logging.INFO, "asyncworker")
        options = {"max_concurrent_activities": 300, "graceful_shutdown_timeout": 0}
        async with worker_of(temporal, wait, **options) as worker:
            for number in range(200):
                policy = RetryPolicy(maximum_attempts=1 if number < 3 else 0)
                temporal.add_task(wait, task_queue=QUEUE, retry_policy=policy)
            await until(lambda: worker.slots_used == 200)

        lines = [(record.levelname, record.getMessage()) for record in caplog.records if "ended" in record.getMessage()]
        assert lines == [
            ("WARNING", "the shutdown has ended 197 attempts of activities that may be tried again: wait 197"),
            ("ERROR", "the shutdown has ended 3 attempts of activities that will not be tried again: wait 3"),
        ]
        assert len(caplog.records) < 10

    async def test_activities_that_are_abandoned_are_one_line(self, temporal, caplog):
        """Fifty activities that heed no cancellation are named once, with their number."""

        @activity.defn
        async def stubborn() -> None:
            while not is_over.is_set():
                with suppress(asyncio.CancelledError):
                    await is_over.wait()

        is_over = asyncio.Event()
        options = {"graceful_shutdown_timeout": 0, "hard_shutdown_timeout": 0.05}
        async with worker_of(temporal, stubborn, **options) as worker:
            for _ in range(50):
                temporal.add_task(stubborn, task_queue=QUEUE)
            await until(lambda: worker.slots_used == 50)
        is_over.set()
        await asyncio.sleep(0)

        (line,) = [record for record in caplog.records if "did not heed" in record.getMessage()]
        assert "activity stubborn did not heed its cancellation: 50 attempts are reported" in line.getMessage()
        assert line.levelname == "ERROR"


def raised(error: BaseException) -> BaseException:
    """Return *error* with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught
