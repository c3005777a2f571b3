"""A logger whose calls never raise, for code that must go on whatever the user's handlers and filters do."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

__all__ = ["SafeLogger", "get_logger"]

# The caller's frame, and not ours, is what a record names.
_CALLER = 3


class SafeLogger:
    """The logger called *name*, as the worker uses it.

    ``logging`` guards what a handler does in ``emit()``, but neither filters, nor ``handle()``, nor a handler's own
    ``emit()`` that guards nothing. What they raise costs the line, and is printed to stderr, as ``logging`` does with
    what it guards (``logging.raiseExceptions``). ``KeyboardInterrupt`` and ``SystemExit`` are let through.
    """

    __slots__ = ("_logger", "isEnabledFor")

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        #: Whether a line of a level may go anywhere; not a method, as each call is in the cost of every activity.
        self.isEnabledFor = self._logger.isEnabledFor

    def __repr__(self) -> str:
        return f"<SafeLogger {self._logger.name}>"

    def log(
        self, level: int, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        """Log a line, with what :meth:`logging.Logger.log` takes."""
        self._log(level, message, args, exc_info, extra)

    def debug(self, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level DEBUG."""
        self._log(logging.DEBUG, message, args, exc_info, extra)

    def info(self, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level INFO."""
        self._log(logging.INFO, message, args, exc_info, extra)

    def warning(self, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level WARNING."""
        self._log(logging.WARNING, message, args, exc_info, extra)

    def error(self, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level ERROR."""
        self._log(logging.ERROR, message, args, exc_info, extra)

    def critical(self, message: str, *args: Any, exc_info: Any = None, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level CRITICAL."""
        self._log(logging.CRITICAL, message, args, exc_info, extra)

    def exception(self, message: str, *args: Any, extra: Mapping[str, Any] | None = None) -> None:
        """Log a line of level ERROR with the traceback of the exception that is being handled."""
        self._log(logging.ERROR, message, args, True, extra)

    def log_with_trace(
        self, level: int, message: str, *args: Any, trace: str, extra: Mapping[str, Any] | None = None
    ) -> None:
        """Log a line with the text of a traceback, in place of the exception that it is of."""
        logger = self._logger
        try:
            if not logger.isEnabledFor(level):
                return
            file, number, function, _ = logger.findCaller(stacklevel=_CALLER - 1)
            record = logger.makeRecord(logger.name, level, file, number, message, args, None, function, extra)
            # Where a formatter keeps what it has made of an exception.
            record.exc_text = trace
            logger.handle(record)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # noqa: BLE001 - handlers and filters are user code
            _print(logger.name, problem)

    def _log(
        self, level: int, message: str, args: tuple[Any, ...], exc_info: Any, extra: Mapping[str, Any] | None
    ) -> None:
        try:
            if isinstance(exc_info, BaseException):
                # `logging` asks an exception whether it is true.
                exc_info = (type(exc_info), exc_info, exc_info.__traceback__)
            self._logger.log(level, message, *args, exc_info=exc_info, extra=extra, stacklevel=_CALLER)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as problem:  # noqa: BLE001 - handlers and filters are user code
            _print(self._logger.name, problem)


def get_logger(name: str) -> SafeLogger:
    """Return the logger called *name*, with calls that never raise."""
    return SafeLogger(name)


def _print(name: str, problem: BaseException) -> None:
    if not logging.raiseExceptions or sys.stderr is None:
        return
    with suppress(Exception):
        sys.stderr.write(f"--- a log handler or filter raised; a line of {name} is lost ---\n")
        traceback.print_exception(problem, limit=-10, file=sys.stderr)
