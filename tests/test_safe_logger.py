"""A line in the log costs nothing but the line, whatever the handlers, filters and texts of the user's code do."""

from __future__ import annotations

import logging
import sys

import pytest

from asyncworker._safe_logger import get_logger
from asyncworker._safe_text import text_of

LOGGER = get_logger("asyncworker.test_safe_logger")
WAYS = [lambda: LOGGER.error("lost"), lambda: LOGGER.log_with_trace(logging.ERROR, "lost", trace="Traceback")]
both_ways = pytest.mark.parametrize("log", WAYS, ids=["log", "log_with_trace"])


@pytest.fixture
def raising():
    """A handler that raises what it is given."""

    class Raising(logging.Handler):
        error: BaseException = ValueError("no disk")

        def handle(self, record):
            raise self.error

    handler, logger = Raising(), logging.getLogger("asyncworker.test_safe_logger")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@both_ways
def test_an_error_of_a_handler_is_printed_and_not_raised(log, raising, capsys):
    """Standard error has the handler's error, and which logger has lost a line."""
    log()

    printed = capsys.readouterr().err
    assert "a line of asyncworker.test_safe_logger is lost" in printed
    assert "ValueError: no disk" in printed


@both_ways
def test_an_error_of_a_handler_is_not_printed_where_logging_prints_none(log, raising, capsys, monkeypatch):
    """``logging.raiseExceptions = False`` is how production says that it wants none of them."""
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log()

    assert capsys.readouterr().err == ""


@both_ways
def test_an_error_of_a_handler_is_lost_in_a_process_without_standard_error(log, raising, monkeypatch):
    """As in a program without a console on Windows."""
    monkeypatch.setattr(sys, "stderr", None)
    log()


@both_ways
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_handler_is_raised(log, raising, error):
    """Ctrl-C is not for the log to take."""
    raising.error = error()
    with pytest.raises(error):
        log()


def test_a_trace_below_the_loggers_level_is_not_logged(raising):
    """Neither its text nor where it comes from is looked for."""
    LOGGER.log_with_trace(logging.DEBUG, "not wanted", trace="Traceback")


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_text_is_raised(error):
    """Ctrl-C in the ``__str__`` of a user's object ends the program as it does elsewhere."""

    class Interrupted:
        def __str__(self):
            raise error

    with pytest.raises(error):
        text_of(Interrupted())
