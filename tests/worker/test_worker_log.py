"""A failure's line in the log is as long as what the server is told, and costs no report, whatever was raised."""

from __future__ import annotations

import io
import logging

import pytest
from worker_helpers import run

from asyncworker import activity
from asyncworker.cli._logging import _JSONFormatter, _TextFormatter
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
