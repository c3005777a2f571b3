"""What the log says of an attempt: one line for what somebody may want to do something about."""

from __future__ import annotations

import logging
from traceback import format_exception, format_tb, walk_tb

from ..._log_throttle import LogThrottle
from ..._safe_logger import get_logger
from ..._safe_text import MAX_TEXT, class_name_of, text_of, traceback_of
from ...activity import Info
from ...activity._logger import identify
from ...common import CancelReason
from ...exceptions import ApplicationError, ApplicationErrorCategory, RPCError
from ._reply import is_closed

__all__ = [
    "log_abandoned",
    "log_end",
    "log_failed",
    "log_heartbeat",
    "log_lost_heartbeat",
    "log_no_heartbeat_timeout",
    "log_overdue",
    "log_unheard",
    "log_unreported",
]

_logger = get_logger("asyncworker.worker")
# Apart, so that the command line can show the ends of attempts alone.
_end_logger = get_logger("asyncworker.worker.attempts")


# What a frame takes in a traceback, about.
_FRAME = 150


def log_end(info: Info, outcome: str, took: float) -> None:
    """Log at DEBUG that an attempt has ended, and how."""
    if _end_logger.isEnabledFor(logging.DEBUG):
        _end_logger.debug("activity %s %s after %.3g s", info.activity_type, outcome, took, extra=identify(info))


def log_heartbeat(info: Info) -> None:
    """Log at DEBUG that the server has received a heartbeat."""
    if _logger.isEnabledFor(logging.DEBUG):
        _logger.debug("heartbeat of activity %s sent", info.activity_type, extra=identify(info))


def log_failed(info: Info, error: BaseException) -> None:
    """Say that an attempt failed: the user's business, hence a warning, or less if the activity calls it benign.

    It says no more of a failure than the server is told, whatever the log's handlers do with an exception: one that is
    longer comes as text. Nothing that an exception or a handler does is raised.
    """
    try:
        _log_failed(info, error)
    except Exception:
        _logger.exception("a failure of activity %s could not be logged", info.activity_type)


def _log_failed(info: Info, error: BaseException) -> None:
    # An exception's `__class__` may be a property that raises.
    is_application_error = issubclass(type(error), ApplicationError)
    benign = is_application_error and getattr(error, "category", None) is ApplicationErrorCategory.BENIGN
    level = logging.DEBUG if benign else logging.WARNING
    if not _logger.isEnabledFor(level):
        return
    message, said = "activity %s failed in attempt %d: %s", (info.activity_type, info.attempt, _shown(error))
    trace = _clipped_trace(error) if _may_be_long(error) else None
    if trace is None:
        _logger.log(level, message, *said, exc_info=error, extra=identify(info))
    else:
        _logger.log_with_trace(level, message, *said, trace=trace, extra=identify(info))


def _shown(error: BaseException) -> str:
    try:
        return text_of(repr(error))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - this is somebody's __repr__
        return f"<{class_name_of(error)}, whose __repr__ raised {class_name_of(problem)}>"


def _may_be_long(error: BaseException) -> bool:
    """Whether a traceback of *error*, with all that led to it, may be longer than what the server is told of it."""
    room, seen, ahead = MAX_TEXT, set[int](), [error]
    try:
        while ahead and room >= 0:
            each = ahead.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            # Python asks when it writes a traceback.
            bool(each)
            room -= len(str(each)) + sum(map(len, getattr(each, "__notes__", ())))
            room -= _FRAME * sum(1 for _ in walk_tb(traceback_of(each)))
            ahead += [it for it in (each.__cause__, each.__context__) if it is not None]
            ahead += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - this is somebody's __str__
        return True
    return room < 0


def _clipped_trace(error: BaseException) -> str | None:
    """Write the traceback as text, if it is too long to be left to the log's handlers, or cannot be written at all."""
    try:
        trace = "".join(format_exception(error))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - formatting calls code of the exceptions
        note = f"<no more than that: {class_name_of(problem)} while formatting it>"
        return text_of("".join([*format_tb(traceback_of(error)), note]))
    return text_of(trace).rstrip("\n") if len(trace) > MAX_TEXT else None


def log_unheard(info: Info, error: RPCError) -> None:
    """Say that a reply did not reach an attempt: because it is closed, which happens, or for a worse reason."""
    if is_closed(error):
        _logger.info(
            "activity %s ended, but the server had closed the attempt: %s",
            info.activity_type,
            error.message,
            extra=identify(info),
        )
        return
    _logger.error(
        "what became of activity %s could not be reported, so the server will time the attempt out: %s",
        info.activity_type,
        error,
        extra=identify(info),
    )


def log_unreported(info: Info, problem: BaseException) -> None:
    """Say that not even the plainest report of an attempt's end could be made."""
    _logger.error(
        "what became of activity %s could not be reported, so the server will time the attempt out",
        info.activity_type,
        exc_info=problem,
        extra=identify(info),
    )


def log_overdue(info: Info, reason: CancelReason | None, seconds: float) -> None:
    """Say that an activity has been asked to stop some time ago, and goes on."""
    _logger.warning(
        "activity %s was asked to stop (%s) %.0f s ago and has not: it still holds its slot",
        info.activity_type,
        "" if reason is None else reason.value,
        seconds,
        extra=identify(info),
    )


def log_abandoned(info: Info, *, is_open: bool) -> None:
    """Say that an attempt was given up, and what comes of it."""
    _logger.error(
        "activity %s %s",
        info.activity_type,
        "did not stop when asked to: it is reported as failed and left behind"
        if is_open
        else "has ended, but the server could not be told: it will time the attempt out",
        extra=identify(info),
    )


def log_lost_heartbeat(info: Info, error: BaseException, news: LogThrottle, now: float) -> None:
    """Say that a heartbeat did not arrive; that the attempt is closed goes without saying.

    In an outage those of thousands of attempts do not arrive: a warning is for the first, in any one minute.
    """
    if not (isinstance(error, RPCError) and is_closed(error)):
        why = text_of(error)
        _logger.log(
            logging.WARNING if news.should_log(why, now) else logging.DEBUG,
            "a heartbeat of activity %s did not arrive, the next one may: %s",
            info.activity_type,
            why,
            extra=identify(info),
        )


def log_no_heartbeat_timeout(info: Info, interval: float) -> None:
    """Say that heartbeats without a heartbeat timeout do half of what they could."""
    _logger.warning(
        "activity %s heartbeats, but was started without a heartbeat timeout: the server will not notice if it"
        " hangs, and a cancellation can take %g s to arrive",
        info.activity_type,
        interval,
        extra=identify(info),
    )
